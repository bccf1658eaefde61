package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"landale/event"
	"landale/store"
)

// benchRows is how large the data file of BenchmarkProcess is. The figures of
// the documents are for a million: go test -bench Process -rows 1000000 .
var benchRows = flag.Int("rows", 50_000, "events in the data file of BenchmarkProcess")

// idleFor is how long the idle program is watched.
const idleFor = 10 * time.Second

// BenchmarkProcess starts the program as it is shipped on a file with a history,
// and reports how long the first /health 200 took, how much memory it holds and
// how much of a core it uses when nothing happens.
func BenchmarkProcess(b *testing.B) {
	if runtime.GOOS != "linux" {
		b.Skip("reads /proc")
	}
	dir := b.TempDir()
	exe := filepath.Join(dir, "landale")
	if out, err := exec.Command("go", "build", "-o", exe, ".").CombinedOutput(); err != nil {
		b.Fatalf("build: %v\n%s", err, out)
	}
	h := home{dir, filepath.Join(dir, "config.toml"), filepath.Join(dir, "data")}
	if err := os.WriteFile(h.file, []byte(quietConfig), 0o600); err != nil {
		b.Fatal(err)
	}
	fill(b, h, *benchRows)
	var toHealth time.Duration
	var rss, cpu float64
	for b.Loop() {
		began := time.Now()
		cmd := exec.Command(exe, "run", "--config", h.file, "--data", h.data, "--no-browser")
		cmd.Stderr = os.Stderr
		if testing.Verbose() {
			cmd.Stdout = os.Stdout
		} else {
			cmd.Stderr = nil
		}
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		if _, err := running(b.Context(), h.data, patience); err != nil {
			b.Fatal(err)
		}
		toHealth += time.Since(began)
		before := cpuTime(b, cmd.Process.Pid)
		watched := time.Now()
		time.Sleep(idleFor) // the program is watched doing nothing
		cpu += (cpuTime(b, cmd.Process.Pid) - before).Seconds() / time.Since(watched).Seconds()
		rss += residentMB(b, cmd.Process.Pid)
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			b.Fatal(err)
		}
		if err := cmd.Wait(); err != nil {
			b.Fatal(err)
		}
	}
	n := float64(b.N)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(*benchRows), "rows")
	b.ReportMetric(float64(toHealth.Milliseconds())/n, "ms-to-health")
	b.ReportMetric(rss/n, "MB-resident")
	b.ReportMetric(100*cpu/n, "%core-idle")
}

// fill makes a data file with a history of chat, speech and follows.
func fill(b *testing.B, h home, rows int) {
	b.Helper()
	if err := os.MkdirAll(h.data, 0o700); err != nil {
		b.Fatal(err)
	}
	s, err := store.Open(b.Context(), filepath.Join(h.data, store.FileName), store.Options{Config: store.DefaultConfig()})
	if err != nil {
		b.Fatal(err)
	}
	bus := event.NewBus(0)
	s.Subscribe(bus)
	ctx, stop := context.WithCancel(b.Context())
	defer stop()
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx) }()

	words := strings.Fields("the a of to and in that it is was for on with as at by this have from or one had not but what all were when we there can an your which their said if do will each about how up out them then she many some so these would other into has more her two like him see time could no make than first been its who now people my made over did down only way find use may water long little very after words called just where most know")
	sentence := func() string {
		var b strings.Builder
		for range 6 + rand.IntN(14) {
			b.WriteString(words[rand.IntN(len(words))] + " ")
		}
		return strings.TrimSpace(b.String())
	}
	chat := example[event.ChannelChatMessage]("channel.chat.message")
	spoken := example[event.TranscriptionFinal]("transcription.final")
	for i := range rows {
		if i%500 == 0 {
			for bus.Stats().Subscribers[0].Waiting > 5000 {
				time.Sleep(time.Millisecond) // the writer has room for 10,000
			}
		}
		var p event.Payload = chat
		switch user := rand.IntN(2000); i % 3 {
		case 0:
			chat.UserID, chat.UserLogin, chat.UserName = strconv.Itoa(1000+user), fmt.Sprintf("chatter%d", user), fmt.Sprintf("Chatter%d", user)
			chat.Message = sentence()
			p = chat
		case 1:
			spoken.Message = sentence()
			p = spoken
		default:
			p = follow(fmt.Sprintf("Chatter%d", user))
		}
		bus.Publish(event.New(event.Twitch, time.Now(), p))
	}
	stop()
	if err := <-done; err != nil && ctx.Err() == nil {
		b.Fatal(err)
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
}

func example[P event.Payload](t event.Type) P {
	spec, _ := event.Lookup(t)
	return spec.Example.(P)
}

// cpuTime is what a process has used of the processors.
func cpuTime(b *testing.B, pid int) time.Duration {
	b.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Fatal(err)
	}
	// After the name in parentheses: state is field 3, utime 14, stime 15, in
	// hundredths of a second.
	f := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	var ticks int64
	for _, text := range f[11:13] {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			b.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

func residentMB(b *testing.B, pid int) float64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			if err != nil {
				b.Fatal(err)
			}
			return kb / 1024
		}
	}
	b.Fatal("no VmRSS")
	return 0
}
