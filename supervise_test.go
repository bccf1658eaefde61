package main

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/thejerf/suture/v4"

	"landale/event"
)

// testPart is a part that does in each run what the test says.
type testPart struct {
	name  string
	runs  []func(ctx context.Context) error // the last one repeats
	ready chan struct{}

	mu     sync.Mutex
	starts []time.Time
	status event.Status
}

func (p *testPart) String() string { return p.name }

func (p *testPart) Serve(ctx context.Context) error {
	p.mu.Lock()
	n := min(len(p.starts), len(p.runs)-1)
	p.starts = append(p.starts, time.Now())
	p.mu.Unlock()
	return p.runs[n](ctx)
}

func (p *testPart) Status() event.Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.status
}

func (p *testPart) say(st event.Status) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.status = st
}

func (p *testPart) started() []time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.starts)
}

// readyPart also says when it is up.
type readyPart struct{ *testPart }

func (p readyPart) Ready() <-chan struct{} { return p.ready }

func runs(name string, fs ...func(context.Context) error) *testPart {
	return &testPart{name: name, runs: fs}
}

func untilDone(ctx context.Context) error { <-ctx.Done(); return nil }

func fails(context.Context) error { return errors.New("no luck") }

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func find(t *testing.T, s *supervisor, name string) event.Part {
	t.Helper()
	for _, p := range s.Parts() {
		if p.Name == name {
			return p
		}
	}
	t.Fatalf("no part %s", name)
	return event.Part{}
}

// start starts the parts and waits until each runs.
func start(t *testing.T, s *supervisor) {
	t.Helper()
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	synctest.Wait()
}

// A part that panics, one that flaps and one that returns nil leave the healthy
// one alone, and each is told as it is.
func TestFaultyPartsHarmNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSupervisor(quiet())
		healthyPart := runs("healthy", untilDone)
		s.Add(core, healthyPart)
		s.Add(edge, runs("panics", func(context.Context) error { panic("out of range") }, untilDone))
		s.Add(sources, runs("flaps", fails))
		s.Add(sources, runs("returns", func(context.Context) error { return nil }, untilDone))
		start(t, s)
		defer s.Stop()
		time.Sleep(5 * time.Minute)

		if got := len(healthyPart.started()); got != 1 {
			t.Errorf("healthy part started %d times, want once", got)
		}
		p := find(t, s, "panics")
		if p.State != event.Running || p.Restarts != 1 || p.LastError != "panic: out of range" || p.LastErrorAt.IsZero() {
			t.Errorf("panics is %+v, want running after one restart with its last error kept", p)
		}
		if p := find(t, s, "flaps"); p.State != event.Failed || p.Restarts < 10 || !strings.Contains(p.Reason, "no luck") {
			t.Errorf("flaps is %+v, want failed, with its reason", p)
		}
		if p := find(t, s, "returns"); p.State != event.Running || p.Restarts != 1 || p.LastError != errNilReturn.Error() {
			t.Errorf("returns is %+v, want running after one restart", p)
		}
	})
}

func TestBackoffDoublesToThirtySecondsAndResets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		long := func(ctx context.Context) error {
			select {
			case <-time.After(healthy):
				return errors.New("after a healthy minute")
			case <-ctx.Done():
				return nil
			}
		}
		p := runs("flaps", fails, fails, fails, fails, fails, fails, fails, fails, fails, long, untilDone)
		s := newSupervisor(quiet())
		s.Add(sources, p)
		start(t, s)
		defer s.Stop()
		time.Sleep(10 * time.Minute)

		at := p.started()
		if len(at) != 11 {
			t.Fatalf("started %d times, want 11", len(at))
		}
		want := backoffMin
		for i := 1; i < 10; i++ {
			got := at[i].Sub(at[i-1])
			if got < want*3/4 || got > want*5/4 || got > backoffMax {
				t.Errorf("wait %d was %s, want about %s", i, got, want)
			}
			want = min(want*2, backoffMax)
		}
		if got := at[10].Sub(at[9]) - healthy; got > backoffMin*5/4 {
			t.Errorf("wait after a healthy minute was %s, want about %s", got, backoffMin)
		}
	})
}

func TestPartsStopInReverseAndAHangingOneIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var order []string
		note := func(name string, drain time.Duration) func(context.Context) error {
			return func(ctx context.Context) error {
				<-ctx.Done()
				time.Sleep(drain)
				mu.Lock()
				defer mu.Unlock()
				order = append(order, name)
				return ctx.Err()
			}
		}
		release := make(chan struct{})
		s := newSupervisor(quiet())
		s.Add(core, runs("store", note("store", 0)))
		s.Add(edge, runs("hub", note("hub", time.Second)))
		s.Add(sources, runs("obs", note("obs", 2*time.Second)))
		s.Add(sources, runs("hangs", func(context.Context) error { <-release; return nil }))
		start(t, s)

		began := time.Now()
		s.Stop()
		if got, want := time.Since(began), stopGrace+time.Second; got != want {
			t.Errorf("stop took %s, want %s: the grace of the one that hangs, then the hub", got, want)
		}
		if got := strings.Join(order, " "); got != "obs hub store" {
			t.Errorf("stopped %q, want obs hub store", got)
		}
		if p := find(t, s, "hangs"); p.State != event.Failed || !strings.Contains(p.Reason, "did not stop") {
			t.Errorf("hangs is %+v, want failed: did not stop", p)
		}
		if p := find(t, s, "store"); p.State != event.Stopped {
			t.Errorf("store is %s, want stopped", p.State)
		}
		close(release)
	})
}

func TestCoreThatFailsAtStartIsFatal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		later := runs("hub", untilDone)
		s := newSupervisor(quiet())
		s.Add(core, readyPart{&testPart{name: "store", runs: []func(context.Context) error{fails}, ready: make(chan struct{})}})
		s.Add(edge, later)
		err := s.Start(t.Context())
		s.Stop()
		if err == nil || err.Error() != "start store: no luck" {
			t.Errorf("got %v, want start store: no luck", err)
		}
		if len(later.started()) != 0 {
			t.Error("the hub started on a core that is not there")
		}
	})
}

func TestEdgeThatFailsAtStartGoesOnTrying(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ready := make(chan struct{})
		up := func(ctx context.Context) error { close(ready); return untilDone(ctx) }
		s := newSupervisor(quiet())
		s.Add(edge, readyPart{&testPart{name: "hub", runs: []func(context.Context) error{fails, fails, up}, ready: ready}})
		start(t, s)
		defer s.Stop()
		time.Sleep(2 * time.Second)
		if p := find(t, s, "hub"); p.State != event.Running || p.Restarts != 2 {
			t.Errorf("hub is %+v, want running after two restarts", p)
		}
	})
}

// The next stage waits for a part that says when it is up, and start ends when
// the program is told to stop meanwhile.
func TestStartEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		s := newSupervisor(quiet())
		s.Add(core, readyPart{&testPart{name: "store", runs: []func(context.Context) error{untilDone}, ready: make(chan struct{})}})
		if err := s.Start(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want deadline exceeded", err)
		}
		s.Stop()
	})
}

func TestDonePartStaysStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := runs("once", func(context.Context) error { return suture.ErrDoNotRestart })
		s := newSupervisor(quiet())
		s.Add(sources, p)
		start(t, s)
		defer s.Stop()
		time.Sleep(time.Hour)
		if got := find(t, s, "once"); got.State != event.Stopped || got.Restarts != 0 || len(p.started()) != 1 {
			t.Errorf("once is %+v after %d starts, want stopped after one", got, len(p.started()))
		}
		if err := s.Restart(t.Context(), "once"); err == nil {
			t.Error("a part that is done was restarted")
		}
	})
}

func TestRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		running := runs("running", untilDone)
		flaps := runs("flaps", fails, fails, fails, fails, fails, fails, fails, fails, untilDone)
		s := newSupervisor(quiet())
		s.Add(sources, running)
		s.Add(sources, flaps)
		start(t, s)
		defer s.Stop()
		time.Sleep(45 * time.Second) // flaps now waits half a minute
		before := len(flaps.started())

		for _, name := range []string{"running", "flaps"} {
			if err := s.Restart(t.Context(), name); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		if p := find(t, s, "running"); p.State != event.Running || p.Restarts != 1 || p.LastError != "" {
			t.Errorf("running is %+v, want running again without an error", p)
		}
		if got := len(flaps.started()); got != before+1 {
			t.Errorf("flaps started %d times more, want once, at once", got-before)
		}
		if err := s.Restart(t.Context(), "nobody"); !errors.Is(err, event.ErrNotFound) {
			t.Errorf("got %v, want not found", err)
		}
	})
}

// What a part says of itself is shown while it runs, with the moment it changed,
// and announced.
func TestOwnWordIsMergedAndAnnounced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := runs("obs", untilDone)
		s := newSupervisor(quiet())
		s.Add(sources, p)
		start(t, s)
		defer s.Stop()
		time.Sleep(time.Minute)

		changed := s.Changed()
		at := time.Now()
		p.say(event.Status{State: event.Waiting, Reason: "OBS is not open"})
		select {
		case <-changed:
		case <-time.After(time.Second):
			t.Fatal("the change was not announced")
		}
		got := find(t, s, "obs")
		if got.State != event.Waiting || got.Reason != "OBS is not open" || got.Since.Sub(at) > watchEvery {
			t.Errorf("obs is %+v, want waiting since a moment ago", got)
		}
		since := got.Since
		time.Sleep(time.Minute)
		if got := find(t, s, "obs"); !got.Since.Equal(since) {
			t.Errorf("since moved from %s to %s", since, got.Since)
		}
	})
}
