package main

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"landale/event"
	"landale/store"
)

// patience is how long a test waits for what should happen within milliseconds:
// the machine may be busy.
const patience = 30 * time.Second

// asLandale makes this test binary be Landale: tests that kill it start it so.
const asLandale = "TEST_AS_LANDALE"

func TestMain(m *testing.M) {
	if os.Getenv(asLandale) != "" {
		main()
	}
	os.Exit(m.Run())
}

// home is a folder in which a Landale can live.
type home struct {
	dir  string
	file string
	data string
}

func newHome(t testing.TB, config string) home {
	t.Helper()
	dir := t.TempDir()
	h := home{dir, filepath.Join(dir, "config.toml"), filepath.Join(dir, "data")}
	h.write(t, config)
	return h
}

// write saves the config, in a way that keeps tests from each other's ports.
func (h home) write(t testing.TB, config string) {
	t.Helper()
	if err := os.WriteFile(h.file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
}

const quietConfig = "[http]\nlisten = \"127.0.0.1:0\"\nhealth = \"\"\n[audio]\nengine = \"off\"\n"

func (h home) input(flags map[string]string) ConfigInput {
	return ConfigInput{Place: Place{File: h.file, Data: h.data}, Flags: flags}
}

// startApp runs the whole program in this process until the test ends.
func startApp(t *testing.T, h home) *App {
	t.Helper()
	a, stop := runApp(t, h)
	t.Cleanup(stop)
	return a
}

// runApp is startApp with a stop that waits for the end.
func runApp(t testing.TB, h home) (*App, func()) {
	t.Helper()
	a := NewApp(Options{Config: h.input(nil)})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	select {
	case <-a.Up():
	case err := <-done:
		cancel()
		t.Fatalf("landale ended: %v", err)
	case <-time.After(patience):
		cancel()
		t.Fatal("landale did not start")
	}
	return a, sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("landale ended: %v", err)
			}
		case <-time.After(patience):
			t.Error("landale did not stop")
		}
	})
}

// process is a Landale of its own.
type process struct {
	cmd *exec.Cmd
	url string

	mu    sync.Mutex
	lines []string
	ended chan struct{}
}

// landale starts a process; await its url with up.
func landale(t *testing.T, args ...string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(os.Args[0], args...), ended: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), asLandale+"=1", "DISPLAY=", "WAYLAND_DISPLAY=")
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stdout, p.cmd.Stderr = w, w
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	go func() {
		defer close(p.ended)
		for s := bufio.NewScanner(r); s.Scan(); {
			p.mu.Lock()
			p.lines = append(p.lines, s.Text())
			p.mu.Unlock()
		}
		r.Close()
		_ = p.cmd.Wait() // the exit code is asked for where it matters
	}()
	t.Cleanup(p.kill)
	return p
}

// run starts a process with the home's config and data.
func (h home) run(t *testing.T, args ...string) *process {
	t.Helper()
	return landale(t, append([]string{"run", "--config", h.file, "--data", h.data, "--no-browser"}, args...)...)
}

func (p *process) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.lines, "\n")
}

var urlInLine = regexp.MustCompile(`url=(http://\S+)`)

// up waits for the first line, which has the URL, and for the pages.
func (p *process) up(t *testing.T) *process {
	t.Helper()
	eventually(t, "a first line", func() bool { return p.output() != "" || p.isOver() })
	first, _, _ := strings.Cut(p.output(), "\n")
	m := urlInLine.FindStringSubmatch(first)
	if m == nil {
		t.Fatalf("the first line has no URL: %s", p.output())
	}
	p.url = m[1]
	eventually(t, "/health", func() bool { return isLandale(t.Context(), p.url) })
	return p
}

func (p *process) isOver() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// wait waits for the end and gives the exit code.
func (p *process) wait(t *testing.T) int {
	t.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		t.Fatalf("the process did not end:\n%s", p.output())
	}
	return p.cmd.ProcessState.ExitCode()
}

func (p *process) kill() {
	if !p.isOver() {
		_ = p.cmd.Process.Kill() // it may have ended meanwhile
		<-p.ended
	}
}

// stop asks for an orderly end.
func (p *process) stop(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code := p.wait(t); code != exitOK {
		t.Fatalf("exit code %d:\n%s", code, p.output())
	}
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("no %s within %s", what, patience)
		}
		time.Sleep(10 * time.Millisecond) // between two looks at the condition
	}
}

// call asks the API and decodes data into out.
func call(t testing.TB, method, address string, body, out any) {
	t.Helper()
	if err := ask(method, address, body, out); err != nil {
		t.Fatal(err)
	}
}

func ask(method, address string, body, out any) error {
	var r io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		r = bytes.NewReader(b)
	}
	req, err := http.NewRequest(method, address, r)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK && res.StatusCode != http.StatusCreated {
		return fmt.Errorf("%s %s: %s: %s", method, address, res.Status, b)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(b, &struct {
		Data any `json:"data"`
	}{out})
}

// socket is a client of the program's socket.
type socket struct {
	t    *testing.T
	conn *websocket.Conn
}

func dial(t *testing.T, base string) *socket {
	t.Helper()
	return dialAs(t, base, "test")
}

// dialAs is dial for a page of this name.
func dialAs(t *testing.T, base, page string) *socket {
	t.Helper()
	at := "ws" + strings.TrimPrefix(base, "http") + "/socket/websocket?vsn=2.0.0&environment=browser&page=" + page
	conn, _, err := websocket.DefaultDialer.DialContext(t.Context(), at, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &socket{t, conn}
}

// join joins a topic and gives the data of the answer.
func (s *socket) join(topic string, payload map[string]any) (data struct {
	Epoch          string
	Seq            string
	Resumed, Reset bool
}) {
	s.t.Helper()
	if err := s.conn.WriteJSON([]any{"1", "1", topic, "phx_join", payload}); err != nil {
		s.t.Fatal(err)
	}
	f := s.next(func(f frame) bool { return f.event == "phx_reply" && f.ref == "1" })
	var reply struct {
		Status   string
		Response struct{ Data any }
	}
	reply.Response.Data = &data
	if err := json.Unmarshal(f.payload, &reply); err != nil || reply.Status != "ok" {
		s.t.Fatalf("join %s: %v %s", topic, err, f.payload)
	}
	return data
}

// send asks a command on a topic that was joined.
func (s *socket) send(topic, command string, payload any) {
	s.t.Helper()
	if err := s.conn.WriteJSON([]any{"1", "2", topic, command, payload}); err != nil {
		s.t.Fatal(err)
	}
}

// next waits for a message that is wanted.
func (s *socket) next(want func(frame) bool) frame {
	s.t.Helper()
	if err := s.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		s.t.Fatal(err)
	}
	for {
		var f frame
		if err := s.conn.ReadJSON(&f); err != nil {
			s.t.Fatalf("socket: %v", err)
		}
		if want(f) {
			return f
		}
	}
}

// events waits for events of a batching topic.
func (s *socket) events() []event.Event {
	s.t.Helper()
	f := s.next(func(f frame) bool { return f.event == "events" })
	var push struct{ Events []json.RawMessage }
	if err := json.Unmarshal(f.payload, &push); err != nil {
		s.t.Fatal(err)
	}
	var evs []event.Event
	for _, raw := range push.Events {
		ev, err := event.DecodeStored(raw)
		if err != nil {
			s.t.Fatal(err)
		}
		evs = append(evs, ev)
	}
	return evs
}

func follow(name string) event.ChannelFollow {
	spec, _ := event.Lookup("channel.follow")
	f := spec.Example.(event.ChannelFollow)
	f.UserName, f.UserLogin = name, strings.ToLower(name)
	return f
}

// A follow goes in, over HTTP and on the bus, and comes out on an overlay's
// socket, as a row, as a search hit, and in a bucket.
func TestFollowFromEndToEnd(t *testing.T) {
	a := startApp(t, newHome(t, quietConfig))
	overlay := dial(t, a.URL())
	overlay.join("events:interactions", map[string]any{"batch": true})

	posted := map[string]any{}
	if err := json.Unmarshal(event.New(event.Twitch, time.Now(), follow("Wanderer")).AppendJSON(nil), &posted); err != nil {
		t.Fatal(err)
	}
	var answer struct{ Events []struct{ ID, Seq string } }
	call(t, "POST", a.URL()+"/api/events", posted, &answer)
	evs := overlay.events()
	if len(evs) != 1 || string(evs[0].ID) != answer.Events[0].ID || !evs[0].Flags.Has(event.Test) {
		t.Errorf("the overlay got %v, want the posted follow, flagged test", evs)
	}

	ev, _ := a.bus.Publish(event.New(event.Twitch, time.Now(), follow("Stargazer")))
	if evs := overlay.events(); len(evs) != 1 || evs[0].ID != ev.ID {
		t.Errorf("the overlay got %v, want the published follow once", evs)
	}

	for ref, name := range map[string]string{answer.Events[0].ID: "Wanderer", string(ev.ID): "Stargazer"} {
		var row event.User
		eventually(t, "row", func() bool { return ask("GET", a.URL()+"/api/events/"+ref, nil, &row) == nil })
		if row.UserName != name {
			t.Errorf("event %s is of %q, want %q", ref, row.UserName, name)
		}
	}
	var page struct {
		Hits []struct{ Event struct{ ID string } }
	}
	call(t, "GET", a.URL()+"/api/search?q=stargazer", nil, &page)
	if len(page.Hits) != 1 || page.Hits[0].Event.ID != string(ev.ID) {
		t.Errorf("search found %v, want the follow", page.Hits)
	}
	var buckets struct {
		Buckets []struct {
			Counts map[string]int
			Total  int
		}
	}
	query := url.Values{"step": {"minute"}, "type": {"channel.follow"},
		"from": {ev.Time.Add(-2 * time.Minute).Format(time.RFC3339)}, "to": {ev.Time.Add(2 * time.Minute).Format(time.RFC3339)}}
	call(t, "GET", a.URL()+"/api/buckets?"+query.Encode(), nil, &buckets)
	total := 0
	for _, b := range buckets.Buckets {
		total += b.Counts["channel.follow"]
	}
	if total != 1 {
		t.Errorf("the buckets count %d follows, want the one that is no test", total)
	}
}

// numbered are events that tell which one they are.
func numbered(first, n int) []map[string]any {
	list := make([]map[string]any, n)
	for i := range list {
		list[i] = map[string]any{"type": "custom.numbered", "number": first + i}
	}
	return list
}

// stored are the numbers in the data file, in order.
func stored(t *testing.T, h home) []int {
	t.Helper()
	s, err := store.Open(t.Context(), filepath.Join(h.data, store.FileName), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var numbers []int
	for seq, more := uint64(0), true; more; {
		var evs []event.Event
		if evs, more, err = s.Since(t.Context(), seq, 1000); err != nil {
			t.Fatal(err)
		}
		for _, ev := range evs {
			seq = ev.Seq
			if ev.Type != "custom.numbered" {
				continue
			}
			var m struct{ Number int }
			if err := json.Unmarshal(ev.PayloadJSON(), &m); err != nil {
				t.Fatal(err)
			}
			numbers = append(numbers, m.Number)
		}
	}
	return numbers
}

func TestNothingIsLostOnAnOrderlyStop(t *testing.T) {
	h := newHome(t, quietConfig)
	p := h.run(t).up(t)
	const total, each = 10_000, 200
	for first := 0; first < total; first += each {
		call(t, "POST", p.url+"/api/events", numbered(first, each), nil)
	}
	p.stop(t)
	got := stored(t, h)
	for i, n := range got {
		if n != i {
			t.Fatalf("event %d is in place %d of %d\n%s", n, i, len(got), p.output())
		}
	}
	if len(got) != total {
		t.Fatalf("%d events are stored, want %d\n%s", len(got), total, p.output())
	}
}

// Killed at a random moment, again and again: the file stays whole, and what is
// missing is the end, not a hole, and no older than a batch.
func TestKillCostsAtMostTheLastBatch(t *testing.T) {
	h := newHome(t, quietConfig)
	next := 0
	for round := range 4 {
		p := h.run(t).up(t)
		type posted struct {
			last int
			at   time.Time
		}
		answered := make(chan posted, 1000)
		go func(first int) {
			defer close(answered)
			for range 90 { // the limit is 100 a minute
				if ask("POST", p.url+"/api/events", numbered(first, 5), nil) != nil {
					return
				}
				first += 5
				answered <- posted{first - 1, time.Now()}
			}
		}(next)
		var newest posted
		var all []posted
		for a := range answered {
			newest = a
			all = append(all, a)
			if len(all) == 20+rand.IntN(30) {
				break
			}
		}
		killed := time.Now()
		p.kill()
		for a := range answered { // the poster ends at the first refusal
			newest = a
			all = append(all, a)
		}

		integrity(t, h)
		got := stored(t, h)
		for i, n := range got {
			if n != i {
				t.Fatalf("round %d: event %d is in place %d: a hole", round, n, i)
			}
		}
		next = len(got)
		if next > newest.last+5 { // one post may have been taken without an answer
			t.Fatalf("round %d: %d events are stored, %d were posted", round, next, newest.last+1)
		}
		for _, a := range all {
			// The answer comes a moment after the publishing, so this is lenient by that;
			// the rest is for a machine that is busy.
			if lost := a.last >= next; lost && killed.Sub(a.at) > 50*time.Millisecond+busy {
				t.Errorf("round %d: event %d was answered %s before the kill and is not stored", round, a.last, killed.Sub(a.at))
			}
		}
		t.Logf("round %d: %d answered, %d stored", round, newest.last+1, next)
	}
}

// busy is what a loaded machine may add to the 50 ms that a crash may cost.
const busy = 150 * time.Millisecond

// integrity asks SQLite whether the file is whole.
func integrity(t *testing.T, h home) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.ToSlash(filepath.Join(h.data, store.FileName)))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var answer string
	if err := db.QueryRow(`PRAGMA integrity_check`).Scan(&answer); err != nil || answer != "ok" {
		t.Fatalf("integrity_check: %s %v", answer, err)
	}
}

// A client that was connected before a restart gets what it missed, in order,
// once, also what happened while it was away from the new process.
func TestClientResumesOverARestart(t *testing.T) {
	h := newHome(t, quietConfig)
	p := h.run(t).up(t)
	s := dial(t, p.url)
	joined := s.join("events:operator", map[string]any{"batch": true})
	call(t, "POST", p.url+"/api/events", numbered(0, 10), nil)
	var seen []event.Event
	for len(seen) < 4 {
		seen = append(seen, s.events()...)
	}
	s.conn.Close()
	since := strconv.FormatUint(seen[3].Seq, 10)
	p.stop(t)

	p = h.run(t).up(t)
	call(t, "POST", p.url+"/api/events", numbered(10, 5), nil)
	s = dial(t, p.url)
	again := s.join("events:operator", map[string]any{"batch": true, "epoch": joined.Epoch, "since": since})
	if !again.Resumed || again.Reset || again.Epoch == joined.Epoch {
		t.Errorf("joined with %+v, want resumed in another epoch", again)
	}
	call(t, "POST", p.url+"/api/events", numbered(15, 5), nil)
	var numbers []int
	for len(numbers) < 16 {
		for _, ev := range s.events() {
			var m struct{ Number int }
			if err := json.Unmarshal(ev.PayloadJSON(), &m); err != nil {
				t.Fatal(err)
			}
			numbers = append(numbers, m.Number)
		}
	}
	for i, n := range numbers {
		if n != i+4 {
			t.Fatalf("got %v, want 4 to 19, each once", numbers)
		}
	}
}

func TestSecondStartHandsOver(t *testing.T) {
	h := newHome(t, quietConfig)
	first := h.run(t).up(t)
	second := h.run(t)
	if code := second.wait(t); code != exitOK || !strings.Contains(second.output(), "already running at "+first.url) {
		t.Errorf("exit code %d: %s", code, second.output())
	}
	var shown []string
	a := NewApp(Options{Config: h.input(nil), Browser: func(url string) error { shown = append(shown, url); return nil }})
	var over *handedOver
	if err := a.Run(t.Context()); !errors.As(err, &over) || len(shown) != 1 || shown[0] != first.url {
		t.Errorf("got %v and opened %v, want the dashboard at %s", err, shown, first.url)
	}
	first.kill()
	h.run(t).up(t) // the lock went with the process
}

// A Landale with another data folder has the port: that one is shown.
func TestPortOfAnotherLandaleHandsOver(t *testing.T) {
	first := newHome(t, quietConfig).run(t).up(t)
	second := newHome(t, quietConfig).run(t, "--listen", strings.TrimPrefix(first.url, "http://"))
	if code := second.wait(t); code != exitOK || !strings.Contains(second.output(), "already running at "+first.url) {
		t.Errorf("exit code %d: %s", code, second.output())
	}
}

func TestTakenPortIsExplained(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	h := newHome(t, quietConfig)
	p := h.run(t, "--listen", l.Addr().String())
	code := p.wait(t)
	for _, want := range []string{"port " + port + " is taken by", "--listen"} {
		if code != exitFailure || !strings.Contains(p.output(), want) {
			t.Errorf("exit code %d, want %d and %q in: %s", code, exitFailure, want, p.output())
		}
	}
	if want := fmt.Sprintf("(process %d)", os.Getpid()); runtime.GOOS == "linux" && !strings.Contains(p.output(), want) {
		t.Errorf("want %q in: %s", want, p.output())
	}
}

// A health port that is taken is not worth a show.
func TestTakenHealthPortIsLeftOut(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	h := newHome(t, fmt.Sprintf("[http]\nlisten = \"127.0.0.1:0\"\nhealth = %q\n", l.Addr()))
	p := h.run(t)
	eventually(t, "warning", func() bool { return strings.Contains(p.output(), "health port is taken") || p.isOver() })
	if p.isOver() {
		t.Errorf("landale ended: %s", p.output())
	}
}

func TestDataFolderThatCannotBeWritten(t *testing.T) {
	h := newHome(t, quietConfig)
	if err := os.WriteFile(h.data, []byte("a file, not a folder"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := h.run(t)
	if code := p.wait(t); code == exitOK || !strings.Contains(p.output(), h.data) || !strings.Contains(p.output(), "--data") {
		t.Errorf("exit code %d: %s", code, p.output())
	}
	if b, err := os.ReadFile(h.data); err != nil || string(b) != "a file, not a folder" {
		t.Errorf("what was there is now %q, %v", b, err)
	}
}

// A typo in the file the evening of a show: it starts with what worked, in the
// same data folder, and says so.
func TestBrokenConfigAtStart(t *testing.T) {
	h := newHome(t, quietConfig+"[general]\ndata = \"elsewhere\"\n")
	_, stop := runApp(t, h)
	stop()
	h.write(t, quietConfig+"[general]\ndata = \"elsewhere\n")
	broken := strings.Count(quietConfig, "\n") + 2
	a := startApp(t, h)
	if got, want := a.lock.dir, filepath.Join(h.dir, "elsewhere"); got != want {
		t.Errorf("the data folder is %s, want %s", got, want)
	}
	var problems []event.Problem
	call(t, "GET", a.URL()+"/api/problems", nil, &problems)
	if len(problems) < 2 || problems[0].Message != stillGood || problems[1].Line != broken {
		t.Errorf("problems are %+v, want one that says what runs, and line %d", problems, broken)
	}

	h.write(t, quietConfig)
	eventually(t, "end of the problems", func() bool {
		var now []event.Problem
		return ask("GET", a.URL()+"/api/problems", nil, &now) == nil && len(now) == 1 && now[0].Key == "general.data"
	})
}

// With nothing that ever worked, a broken file starts with defaults for what is
// wrong with it.
func TestBrokenConfigAtTheVeryFirstStart(t *testing.T) {
	h := newHome(t, quietConfig+"[log]\nlevel = \"loud\"\n")
	a := startApp(t, h)
	var problems []event.Problem
	call(t, "GET", a.URL()+"/api/problems", nil, &problems)
	if len(problems) != 1 || problems[0].Key != "log.level" {
		t.Errorf("problems are %+v, want the one of log.level", problems)
	}
}

func TestConfigChangesWhileRunning(t *testing.T) {
	h := newHome(t, quietConfig)
	a := startApp(t, h)
	s := dial(t, a.URL())
	s.join("dashboard:main", nil)

	h.write(t, quietConfig+"[log]\nlevel = \"debug\"\n")
	eventually(t, "level debug", func() bool { return a.logs.enabled("hub", slog.LevelDebug) })

	if err := os.Remove(h.file); err != nil {
		t.Fatal(err)
	}
	eventually(t, "problem", func() bool { return len(a.Problems()) == 1 })
	if !a.logs.enabled("hub", slog.LevelDebug) {
		t.Error("a config that is gone changed what runs")
	}
	if !isLandale(t.Context(), a.URL()) {
		t.Error("landale does not answer without its config file")
	}

	// The hub takes a new address while the program runs.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	taken := l.Addr().String()
	h.write(t, strings.Replace(quietConfig, "127.0.0.1:0", taken, 1))
	eventually(t, "refusal of a taken port", func() bool {
		ps := a.Problems()
		return len(ps) == 1 && ps[0].Key == "http.listen" && strings.Contains(ps[0].Message, "taken")
	})
	if !isLandale(t.Context(), a.URL()) {
		t.Error("landale left its address for one that is taken")
	}
	l.Close()
	h.write(t, strings.Replace(quietConfig, "127.0.0.1:0", taken, 1)+"# again\n[log]\n")
	eventually(t, "the new address", func() bool { return isLandale(t.Context(), "http://"+taken) })
}

// The file cannot be written for a while, here because another program holds it:
// events still reach the pages, health says so, and what happened is stored
// afterwards.
func TestHubServesWithoutStore(t *testing.T) {
	a := startApp(t, newHome(t, quietConfig))
	s := dial(t, a.URL())
	s.join("events:interactions", map[string]any{"batch": true})
	health := func(code int) func() bool {
		return func() bool {
			res, err := http.Get(a.URL() + "/health")
			if err != nil {
				return false
			}
			res.Body.Close()
			return res.StatusCode == code
		}
	}
	eventually(t, "200", health(http.StatusOK))

	db, err := sql.Open("sqlite", "file:"+filepath.ToSlash(filepath.Join(a.lock.dir, store.FileName))+"?_txlock=immediate&_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	ev, _ := a.bus.Publish(event.New(event.Twitch, time.Now(), follow("Wanderer")))
	if evs := s.events(); len(evs) != 1 || evs[0].ID != ev.ID {
		t.Errorf("the overlay got %v, want the follow", evs)
	}
	eventually(t, "503", health(http.StatusServiceUnavailable))

	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "200 again", health(http.StatusOK))
	eventually(t, "row", func() bool { return ask("GET", a.URL()+"/api/events/"+string(ev.ID), nil, nil) == nil })
}

func TestTail(t *testing.T) {
	h := newHome(t, quietConfig)
	p := h.run(t).up(t)
	tail := landale(t, "events", "tail", "interactions", "--config", h.file, "--data", h.data)
	asJSON := landale(t, "events", "tail", "--json", "--url", p.url)
	var posted map[string]any
	if err := json.Unmarshal(event.New(event.Twitch, time.Now(), follow("Wanderer")).AppendJSON(nil), &posted); err != nil {
		t.Fatal(err)
	}
	delete(posted, "id")
	delete(posted, "correlation_id")
	eventually(t, "a line of both", func() bool {
		if err := ask("POST", p.url+"/api/events", posted, nil); err != nil {
			t.Fatal(err)
		}
		time.Sleep(700 * time.Millisecond) // below 100 posts a minute
		return strings.Contains(tail.output(), "channel.follow") && strings.Contains(tail.output(), "[test] Wanderer") &&
			strings.Contains(asJSON.output(), `"user_name":"Wanderer"`)
	})
	p.stop(t)
	eventually(t, "word of the end", func() bool { return strings.Contains(tail.output(), "trying again") })
	tail.stop(t)
	asJSON.stop(t)
}

func TestCommandLine(t *testing.T) {
	h := newHome(t, "[log]\nlevle = \"info\"\n")
	run := newHome(t, quietConfig)
	run.run(t).up(t)
	for _, c := range []struct {
		args   string
		code   int
		out    string // stands in what was asked for
		errors string // stands in the rest
	}{
		{"help", exitOK, "landale events tail [FILTER]", ""},
		{"--help", exitOK, "landale [run]", ""},
		{"help run", exitOK, "--no-browser", ""},
		{"events tail -h", exitOK, "--json", ""},
		{"version", exitOK, "landale development", ""},
		{"fly", exitUsage, "", `there is no command "fly"`},
		{"events", exitUsage, "", "events what?"},
		{"help fly", exitUsage, "", `there is no command "fly"`},
		{"run --fly", exitUsage, "", "-fly"},
		{"run quickly", exitUsage, "", "quickly"},
		{"run --listen nowhere --config " + run.file, exitUsage, "", "--listen"},
		{"restore", exitUsage, "", "FILE is missing"},
		{"check " + run.file, exitOK, "all is well", ""},
		{"check " + h.file, exitFailure, "level", ""},
		{"check " + filepath.Join(h.dir, "none.toml"), exitFailure, "no such file", ""},
		{"events tail weather", exitUsage, "", `no filter "weather"`},
		{"events tail --config " + h.file, exitFailure, "", "no Landale runs"},
		{"events export --config " + h.file, exitFailure, "", "no data yet"},
		{"restore " + run.file + " --config " + run.file, exitFailure, "", "Landale runs"},
		{"events import " + run.file + " --config " + run.file, exitFailure, "", "Landale runs"},
	} {
		var out, errors bytes.Buffer
		code := command(t.Context(), strings.Fields(c.args), console{in: strings.NewReader(""), out: &out, errors: &errors})
		if code != c.code || !strings.Contains(out.String(), c.out) || !strings.Contains(errors.String(), c.errors) {
			t.Errorf("%s: exit code %d, want %d\nout: %s\nerrors: %s", c.args, code, c.code, &out, &errors)
		}
	}
}

// Backup and export work while it runs; what restore and import make of them is
// the same.
func TestBackupRestoreExportImport(t *testing.T) {
	h := newHome(t, quietConfig)
	p := h.run(t).up(t)
	call(t, "POST", p.url+"/api/events", numbered(0, 200), nil)
	do := func(h home, args ...string) string {
		t.Helper()
		var out, errors bytes.Buffer
		code := command(t.Context(), append(args, "--config", h.file, "--data", h.data), console{out: &out, errors: &errors})
		if code != exitOK {
			t.Fatalf("%v: exit code %d: %s", args, code, &errors)
		}
		return strings.TrimSpace(out.String())
	}
	// The program's own start, and what its parts have to say of it, are events too.
	before := ""
	eventually(t, "quiet", func() bool {
		now := do(h, "events", "export")
		quiet := now == before && strings.Contains(now, "system.startup") && strings.Count(now, "custom.numbered") == 2*200
		before = now
		return quiet
	})
	backup := do(h, "backup", "--keep")
	exported := filepath.Join(h.dir, "events.jsonl")
	do(h, "events", "export", exported)
	p.stop(t)

	restored, imported := newHome(t, quietConfig), newHome(t, quietConfig)
	do(restored, "restore", backup)
	do(imported, "events", "import", exported)
	want, err := os.ReadFile(exported)
	if err != nil {
		t.Fatal(err)
	}
	for name, h := range map[string]home{"restored": restored, "imported": imported} {
		if got := do(h, "events", "export"); got != strings.TrimSpace(string(want)) {
			a, b := strings.Split(got, "\n"), strings.Split(strings.TrimSpace(string(want)), "\n")
			for i := range min(len(a), len(b)) {
				if a[i] != b[i] {
					t.Errorf("what was %s exports line %d as\n%s\nwant\n%s", name, i+1, a[i], b[i])
					break
				}
			}
			if len(a) != len(b) {
				t.Errorf("what was %s exports %d lines, want %d", name, len(a), len(b))
			}
		}
	}
}
