package hub

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"landale/event"
)

// page is a Node process with the real phoenix client.
type page struct {
	t     *testing.T
	in    *json.Encoder
	mu    sync.Mutex
	lines []map[string]any
	done  chan struct{}
}

func newPage(t *testing.T, addr string) *page {
	t.Helper()
	absent := t.Skipf
	if os.Getenv("CI") == "true" {
		absent = t.Fatalf
	}
	node, err := exec.LookPath("node")
	if err != nil {
		absent("no node: %v", err)
	}
	module, err := filepath.Abs("../static/web/node_modules/phoenix/priv/static/phoenix.mjs")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(module); err != nil {
		absent("no phoenix client; npm ci in static/web brings it: %v", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, node, "--experimental-websocket", "testdata/phoenix/page.mjs", module, "ws://"+addr+"/socket")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &page{t: t, in: json.NewEncoder(in), done: make(chan struct{})}
	go func() {
		defer close(p.done)
		for s := bufio.NewScanner(out); s.Scan(); {
			var m map[string]any
			if err := json.Unmarshal(s.Bytes(), &m); err != nil {
				t.Errorf("the page said %q", s.Text())
				return
			}
			p.mu.Lock()
			p.lines = append(p.lines, m)
			p.mu.Unlock()
		}
	}()
	t.Cleanup(func() {
		in.Close()
		<-p.done
		if err := cmd.Wait(); err != nil {
			t.Errorf("node: %v", err)
		}
	})
	return p
}

// saw waits for the nth line that has the key.
func (p *page) saw(key string, n int) map[string]any {
	p.t.Helper()
	var found map[string]any
	defer func() {
		if found == nil {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.t.Logf("the page said, at last: %v", p.lines[max(0, len(p.lines)-20):])
		}
	}()
	eventually(p.t, fmt.Sprintf("%q number %d", key, n), func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		count := 0
		for _, m := range p.lines {
			if _, ok := m[key]; ok {
				if count++; count == n {
					found = m
					return true
				}
			}
		}
		return false
	})
	return found
}

// seqs are those of the events that the page saw, once there are n.
func (p *page) seqs(n int) []flat {
	p.t.Helper()
	p.saw("seq", n)
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []flat
	for _, m := range p.lines {
		if s, ok := m["seq"].(string); ok {
			list = append(list, flat{Seq: s})
		}
	}
	return list
}

func (p *page) push(command string, payload any) map[string]any {
	p.t.Helper()
	p.mu.Lock()
	n := 1
	for _, m := range p.lines {
		if _, ok := m["push"]; ok {
			n++
		}
	}
	p.mu.Unlock()
	if err := p.in.Encode(map[string]any{"push": command, "payload": payload}); err != nil {
		p.t.Fatal(err)
	}
	return p.saw("push", n)
}

// The official client joins, pushes, gets replies and refusals, comes back by
// itself when the program restarts on the same port, and sees every event once.
func TestPhoenixClient(t *testing.T) {
	first := run(t)
	p := newPage(t, first.Addr())
	join := p.saw("joined", 1)["joined"].(map[string]any)
	if join["epoch"] != first.Epoch() || join["resumed"] != false {
		t.Errorf("joined with %v", join)
	}
	if m := p.saw("refused", 1); m["refused"] != "not_found" || m["reason"] == "" {
		t.Errorf("the unknown filter was refused with %v", m)
	}
	if m := p.push("ping", map[string]int{"n": 7}); m["ok"].(map[string]any)["n"] != 7.0 {
		t.Errorf("ping: %v", m)
	}
	if m := p.push("dance", struct{}{}); m["error"] != "unknown_command" {
		t.Errorf("an unknown command: %v", m)
	}
	if m := p.push("latency", struct{}{}); m["error"] != "validation_failed" || m["details"] == nil {
		t.Errorf("a bad payload: %v", m)
	}
	want := publish(first.bus, 200)
	wantSeqs(t, "live", p.seqs(200), want)

	first.stop()
	if m := p.saw("closed", 1); m["closed"] != 1001.0 {
		t.Errorf("the client saw %v, want 1001", m)
	}
	bus := event.NewBus(first.bus.LastSeq())
	first.memory.attach(bus)
	want = append(want, publish(bus, 300)...)
	second := run(t, func(c *Config, o *Options) { c.Listen, o.Bus, o.History = first.Addr(), bus, first.memory })
	want = append(want, publish(bus, 50)...)
	join = p.saw("joined", 2)["joined"].(map[string]any)
	if join["epoch"] != second.Epoch() || join["resumed"] != true || join["reset"] != false {
		t.Errorf("came back with %v", join)
	}
	want = append(want, publish(bus, 50)...)
	wantSeqs(t, "through the restart", p.seqs(len(want)), want)

	// Three heartbeats later it is still the same connection.
	heartbeat := func() int64 {
		for _, c := range second.Clients() {
			return c.LastHeartbeat.UnixMilli()
		}
		return 0
	}
	for range 3 {
		before := heartbeat()
		eventually(t, "a heartbeat", func() bool { return heartbeat() > before })
	}
	if len(second.Clients()) != 1 {
		t.Errorf("clients: %+v", second.Clients())
	}
	if m := p.push("ping", map[string]string{"at": strconv.Itoa(8)}); m["ok"] == nil {
		t.Errorf("ping after the restart: %v", m)
	}
	if err := p.in.Encode(map[string]bool{"leave": true}); err != nil {
		t.Fatal(err)
	}
	p.saw("left", 1)
	// The client does not wait for the answer.
	eventually(t, "the topic to be left", func() bool { return len(second.Clients()[0].Topics) == 0 })
}
