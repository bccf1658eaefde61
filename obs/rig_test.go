package obs

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"landale/event"
)

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

// in makes a subtest of a test of this rig.
func (r *rig) in(f func(*testing.T, *rig)) func(*testing.T) {
	return func(t *testing.T) {
		parent := r.t
		r.t = t
		defer func() { r.t = parent }()
		f(t, r)
	}
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

// waitOrDone lets time pass where nothing is to happen.
func waitOrDone(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
