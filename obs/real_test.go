package obs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"landale/event"
)

// realOBS is an OBS that a test started, see scripts/obs-headless.sh.
type realOBS struct {
	dir, password string
	port          int
}

func (r *realOBS) url() string { return fmt.Sprintf("ws://127.0.0.1:%d", r.port) }

func (r *realOBS) script(command string) error {
	c := exec.Command("bash", "../scripts/obs-headless.sh", command)
	c.Env = append(os.Environ(), "OBS_NO_INSTALL=1", "OBS_DIR="+r.dir, "OBS_WS_PORT="+strconv.Itoa(r.port), "OBS_WS_PASSWORD="+r.password, "OBS_WAIT=40", "OBS_SIZE=640x360", "OBS_FPS=30")
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("obs-headless.sh %s: %w: %s", command, err, out)
	}
	return nil
}

func (r *realOBS) pid(t testing.TB) int {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(r.dir, "obs.pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

func (r *realOBS) signal(t testing.TB, s syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(r.pid(t), s); err != nil {
		t.Fatal(err)
	}
}

func needOBS(t testing.TB) {
	t.Helper()
	for _, tool := range []string{"obs", "Xvfb"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("%s is not installed: scripts/obs-headless.sh install", tool)
			}
			t.Skipf("%s is not installed: scripts/obs-headless.sh install", tool)
		}
	}
}

// startOBS starts an OBS of the test's own.
func startOBS(t testing.TB, password string) *realOBS {
	t.Helper()
	needOBS(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	dir, err := os.MkdirTemp("", "obs-test")
	if err != nil {
		t.Fatal(err)
	}
	r := &realOBS{dir: dir, port: port, password: password}
	t.Cleanup(func() {
		if err := r.script("stop"); err != nil {
			t.Error(err)
		}
		os.RemoveAll(dir)
	})
	if err := r.script("start"); err != nil {
		t.Fatal(err)
	}
	return r
}

// rig is a part that runs, with what it published.
type rig struct {
	*OBS
	t      testing.TB
	mu     sync.Mutex
	events []event.Event
	news   chan struct{} // closed at the next event or state
}

func serve(t testing.TB, cfg Config, change func(*Options)) *rig {
	t.Helper()
	r := &rig{t: t, news: make(chan struct{})}
	o := Options{
		Publish: func(e event.Event) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.events = append(r.events, e)
			close(r.news)
			r.news = make(chan struct{})
		},
		State: func(Snapshot) {
			r.mu.Lock()
			defer r.mu.Unlock()
			close(r.news)
			r.news = make(chan struct{})
		},
		Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelInfo})),
	}
	if change != nil {
		change(&o)
	}
	r.OBS = New(cfg, o)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			if !errors.Is(err, context.Canceled) {
				t.Errorf("got %v from Serve, want context.Canceled", err)
			}
		case <-time.After(5 * time.Second):
			t.Error("Serve does not end")
		}
	})
	return r
}

// until waits for a state or an event to make the condition true.
func (r *rig) until(what string, limit time.Duration, ok func() bool) time.Duration {
	r.t.Helper()
	began, end := time.Now(), time.After(limit)
	for {
		r.mu.Lock()
		news := r.news
		r.mu.Unlock()
		if ok() {
			return time.Since(began)
		}
		select {
		case <-news:
		case <-time.After(100 * time.Millisecond): // for what is not told
		case <-end:
			r.t.Fatalf("not within %v: %s; state %+v, status %+v", limit, what, r.Snapshot(), r.Status())
		}
	}
}

func (r *rig) connected() time.Duration {
	r.t.Helper()
	return r.until("connected", 10*time.Second, func() bool { return r.Snapshot().Connected })
}

func (r *rig) of(types ...event.Type) (list []event.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.events {
		if slices.Contains(types, e.Type) {
			list = append(list, e)
		}
	}
	return list
}

func settings(url string) Config {
	cfg := DefaultConfig()
	cfg.URL = url
	return cfg
}

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
