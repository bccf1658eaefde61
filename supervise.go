package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/thejerf/suture/v4"

	"landale/event"
)

// How a part is restarted, how long it may take to stop, and how often its own
// word of its state is looked at.
const (
	backoffMin = 250 * time.Millisecond
	backoffMax = 30 * time.Second
	// healthy is how long a part must run before its next failure counts as the
	// first one again.
	healthy    = time.Minute
	stopGrace  = 10 * time.Second
	watchEvery = 250 * time.Millisecond
)

// stage orders the parts: a stage starts when the one before it has started, and
// stops when the one after it has stopped.
type stage int

// Core is what everything stands on (store), edge what talks to clients (hub),
// sources what makes events.
const (
	core stage = iota
	edge
	sources
)

// service is a part of the program. Serve runs until ctx ends, drains, flushes
// and returns; an error or a nil return has it started again, unless it is
// suture.ErrDoNotRestart. String is the part's name, in the field's words.
type service interface {
	Serve(ctx context.Context) error
	String() string
}

// A part may say how it is. Status is called from any goroutine, four times a
// second, and must not wait.
type hasStatus interface{ Status() event.Status }

// A part may say when it is up: the channel is closed once, in its first run.
// The next stage waits for it, and a core part that fails before is fatal.
type hasReady interface{ Ready() <-chan struct{} }

var (
	errRestart   = errors.New("restart was asked for")
	errNilReturn = errors.New("returned without an error")
)

// panicError is what a panic in a part becomes.
type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

// supervisor keeps the parts running: each under a suture supervisor of its own,
// so that a flapping one delays no other. Add comes before Start, Start before
// Stop; Parts, Restart and Changed may be called at any time by anyone.
type supervisor struct {
	log   *slog.Logger // without a part: each line gets the part's own
	grace time.Duration
	parts []*part // in the order of Add; fixed once Start is called

	mu      sync.Mutex
	changed chan struct{} // closed and replaced at each change of a part's state

	stopWatch context.CancelFunc
	watching  chan struct{} // closed when the watcher has ended
}

func newSupervisor(log *slog.Logger) *supervisor {
	return &supervisor{log: log, grace: stopGrace, changed: make(chan struct{})}
}

// part is one service with what its supervisor saw of it.
type part struct {
	owner   *supervisor
	name    string
	stage   stage
	service service
	log     *slog.Logger

	cancel context.CancelFunc // stops it for good
	done   <-chan error       // its suture supervisor has ended; nil before Start
	failed chan error         // its first failure, if that came before it was ready

	// Guarded by owner.mu.
	state     event.State // the supervisor's word
	reason    string
	since     time.Time
	shown     event.State // what Parts said last, with the part's own word merged in
	shownWhy  string
	restarts  int
	failures  int           // in a row, for the backoff
	pause     time.Duration // before the next run
	again     bool          // Restart was asked for and has not happened
	lastError string
	lastAt    time.Time
	interrupt context.CancelCauseFunc // ends the run or the wait of the moment
}

// Add takes a part in. Its name must be its own.
func (s *supervisor) Add(at stage, svc service) {
	name := svc.String()
	if slices.ContainsFunc(s.parts, func(p *part) bool { return p.name == name }) {
		panic("two parts are called " + name)
	}
	s.parts = append(s.parts, &part{
		owner: s, name: name, stage: at, service: svc, log: s.log.With("part", name),
		failed: make(chan error, 1), state: event.Stopped, since: time.Now().UTC().Truncate(time.Millisecond),
	})
}

// Start starts the parts stage by stage and returns when all are up or trying.
// An error means that a core part did not come up, or that ctx ended meanwhile;
// Stop must be called in any case.
func (s *supervisor) Start(ctx context.Context) error {
	watch, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stopWatch, s.watching = stop, make(chan struct{})
	go s.watch(watch)
	for at := core; at <= sources; at++ {
		var started []*part
		for _, p := range s.parts {
			if p.stage == at {
				p.start(context.WithoutCancel(ctx))
				started = append(started, p)
			}
		}
		for _, p := range started {
			if err := p.wait(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// start runs the part under a suture supervisor that never pauses: the waits
// between restarts are ours.
func (p *part) start(ctx context.Context) {
	ctx, p.cancel = context.WithCancel(ctx)
	sup := suture.New(p.name, suture.Spec{
		FailureThreshold: 1e300,
		Timeout:          p.owner.grace,
		// The hook runs inside suture's loop: it only notes.
		EventHook: func(ev suture.Event) {
			if ev.Type() == suture.EventTypeStopTimeout {
				p.log.Error("part does not stop and is left behind", "grace", p.owner.grace)
				p.set(event.Failed, fmt.Sprintf("did not stop within %s", p.owner.grace))
			}
		},
	})
	sup.Add(p)
	p.done = sup.ServeBackground(ctx)
}

// wait returns when the part is up. A core part that fails first is an error.
func (p *part) wait(ctx context.Context) error {
	r, ok := p.service.(hasReady)
	if !ok {
		return nil
	}
	select {
	case <-r.Ready():
		return nil
	case err := <-p.failed:
		if p.stage == core {
			return fmt.Errorf("start %s: %w", p.name, err)
		}
		return nil // it goes on trying, and says so
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Stop stops the parts in reverse order and returns when all have ended, or have
// used up their grace. Parts of one stage stop side by side.
func (s *supervisor) Stop() {
	for at := sources; at >= core; at-- {
		var stopping []*part
		for _, p := range s.parts {
			if p.stage == at && p.done != nil {
				p.cancel()
				stopping = append(stopping, p)
			}
		}
		for _, p := range stopping {
			<-p.done
		}
	}
	if s.stopWatch != nil {
		s.stopWatch()
		<-s.watching
	}
}

// Serve is one run of the part, after the wait that its earlier failures ask
// for; suture calls it again at once when it returns.
func (p *part) Serve(ctx context.Context) error {
	if err := p.backoff(ctx); err != nil {
		p.set(event.Stopped, "")
		return err
	}
	run, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	p.entered(cancel)
	began := time.Now()
	err := p.run(run)
	switch {
	case ctx.Err() != nil:
		p.stopped(err)
		return ctx.Err()
	case errors.Is(err, suture.ErrDoNotRestart):
		p.set(event.Stopped, "is done")
		p.tell(err)
		p.log.Info("part is done")
		return suture.ErrDoNotRestart
	case context.Cause(run) == errRestart:
		p.restarting()
		return errRestart
	}
	p.broke(err, time.Since(began))
	return errRestart
}

// String implements suture's idea of a name.
func (p *part) String() string { return p.name }

// run calls the part and turns a panic into an error.
func (p *part) run(ctx context.Context) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &panicError{v, debug.Stack()}
		}
	}()
	return p.service.Serve(ctx)
}

// backoff waits before a run, unless Restart cuts it short.
func (p *part) backoff(ctx context.Context) error {
	wait, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	p.owner.mu.Lock()
	pause := p.pause
	if p.again {
		pause = 0
	}
	p.interrupt = cancel
	p.owner.mu.Unlock()
	if pause > 0 {
		t := time.NewTimer(pause)
		defer t.Stop()
		select {
		case <-t.C:
		case <-wait.Done():
		}
	}
	return ctx.Err()
}

// pauseAfter is how long to wait after so many failures in a row: 0.25 s, doubled
// each time up to 30 s, a quarter more or less.
func pauseAfter(failures int) time.Duration {
	d := backoffMax
	if failures <= 7 {
		d = min(backoffMin<<(failures-1), backoffMax)
	}
	return min(time.Duration(float64(d)*(0.75+rand.Float64()/2)), backoffMax)
}

// entered notes that a run begins.
func (p *part) entered(interrupt context.CancelCauseFunc) {
	p.owner.mu.Lock()
	defer p.owner.mu.Unlock()
	p.interrupt, p.pause, p.again = interrupt, 0, false
	p.become(event.Running, "")
}

// broke notes that the part ended by itself.
func (p *part) broke(err error, ran time.Duration) {
	if err == nil {
		err = errNilReturn
	}
	p.owner.mu.Lock()
	if ran >= healthy {
		p.failures = 0
	}
	p.failures++
	p.restarts++
	p.pause = pauseAfter(p.failures)
	n, pause := p.failures, p.pause.Round(time.Millisecond)
	p.lastError, p.lastAt = err.Error(), time.Now().UTC().Truncate(time.Millisecond)
	p.become(event.Failed, fmt.Sprintf("starts again in %s: %s", pause, err))
	p.owner.mu.Unlock()
	p.tell(err)
	attrs := []any{"error", err, "failures", n, "wait", pause}
	var panicked *panicError
	if errors.As(err, &panicked) {
		attrs = append(attrs, "stack", string(panicked.stack))
	}
	p.log.Error("part failed", attrs...)
}

// tell passes the first failure on to wait.
func (p *part) tell(err error) {
	select {
	case p.failed <- err:
	default:
	}
}

// restarting notes that the part ended because it was asked to.
func (p *part) restarting() {
	p.owner.mu.Lock()
	defer p.owner.mu.Unlock()
	p.failures = 0
	p.restarts++
	p.become(event.Starting, "")
}

// stopped notes that the part ended with the program.
func (p *part) stopped(err error) {
	if err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, suture.ErrDoNotRestart) {
		p.log.Error("part stopped with an error", "error", err)
		p.owner.mu.Lock()
		p.lastError, p.lastAt = err.Error(), time.Now().UTC().Truncate(time.Millisecond)
		p.owner.mu.Unlock()
	}
	p.set(event.Stopped, "")
}

func (p *part) set(state event.State, reason string) {
	p.owner.mu.Lock()
	defer p.owner.mu.Unlock()
	p.become(state, reason)
}

// become changes the supervisor's word; owner.mu is held.
func (p *part) become(state event.State, reason string) {
	if p.state == state && p.reason == reason {
		return
	}
	p.state, p.reason = state, reason
	close(p.owner.changed)
	p.owner.changed = make(chan struct{})
}

// Restart asks a part to end its run, or its wait for the next one, and to begin
// again. It returns when the part was told to: event.ErrNotFound for a name that
// no part has, an error for a part that has stopped.
func (s *supervisor) Restart(ctx context.Context, name string) error {
	i := slices.IndexFunc(s.parts, func(p *part) bool { return p.name == name })
	if i < 0 {
		return fmt.Errorf("part %s: %w", name, event.ErrNotFound)
	}
	p := s.parts[i]
	s.mu.Lock()
	if p.interrupt == nil || p.state == event.Stopped {
		s.mu.Unlock()
		return fmt.Errorf("restart %s: it has stopped", name)
	}
	p.again = true
	p.become(event.Starting, "stops to start again")
	interrupt := p.interrupt
	s.mu.Unlock()
	p.log.InfoContext(ctx, "part restarts as asked")
	interrupt(errRestart)
	return nil
}

// Parts tells how each part is: the supervisor's word, and while it runs the
// part's own.
func (s *supervisor) Parts() []event.Part {
	list, _ := s.look()
	return list
}

// look merges both words; moved says that a state or reason is another than at
// the last look.
func (s *supervisor) look() (list []event.Part, moved bool) {
	own := make([]event.Status, len(s.parts))
	for i, p := range s.parts {
		own[i] = p.ask()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	list = make([]event.Part, len(s.parts))
	for i, p := range s.parts {
		state, reason := p.state, p.reason
		if state == event.Running && own[i].State != "" {
			state, reason = own[i].State, own[i].Reason
		}
		if state != p.shown || reason != p.shownWhy {
			if state != p.shown {
				p.since = time.Now().UTC().Truncate(time.Millisecond)
			}
			p.shown, p.shownWhy, moved = state, reason, true
		}
		list[i] = event.Part{
			Name: p.name, State: state, Reason: reason, Since: p.since,
			Restarts: p.restarts, LastError: p.lastError, LastErrorAt: p.lastAt,
			Fresh: own[i].Fresh, Details: own[i].Details,
		}
	}
	return list, moved
}

// ask gets the part's own word. One that panics is degraded, not the end of the
// program.
func (p *part) ask() (st event.Status) {
	h, ok := p.service.(hasStatus)
	if !ok {
		return event.Status{}
	}
	defer func() {
		if v := recover(); v != nil {
			st = event.Status{State: event.Degraded, Reason: fmt.Sprintf("its status is unknown: panic: %v", v)}
		}
	}()
	return h.Status()
}

// Changed is closed when a part's state or reason becomes another than it is at
// the call, within watchEvery where the part's own word changed.
func (s *supervisor) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

// watch notices changes of the parts' own words, which nobody announces.
func (s *supervisor) watch(ctx context.Context) {
	defer close(s.watching)
	t := time.NewTicker(watchEvery)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			if _, moved := s.look(); moved {
				s.mu.Lock()
				close(s.changed)
				s.changed = make(chan struct{})
				s.mu.Unlock()
			}
		case <-ctx.Done():
			return
		}
	}
}
