// Package obs keeps the link to OBS: a mirror of its state that is always right,
// commands that are always answered, closed captions into the stream, browser
// sources that heal, and a watchdog.
//
// One goroutine, Serve's, owns the connection and the mirror. Nothing here blocks
// another part: OBS may be closed, hung or on another host, commands are then
// refused at once and nothing is kept for later. What OBS says is published as
// obs.* events before the mirror is brought up to date.
package obs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"landale/event"
)

// Options is what the part needs from the rest of the program; main fills it.
type Options struct {
	// Publish takes each event; it must not block.
	Publish func(event.Event)
	// State gets the whole state after each change, at most 30 times a second, in
	// order; it must not block nor change what it is given. Nil is allowed.
	State func(Snapshot)
	// Addresses are the beginnings of URLs that lead to this program, like
	// http://127.0.0.1:7175, the one to put into new browser sources first.
	Addresses func() []string
	// TwitchLive says whether Twitch shows the channel as live; known is false while
	// Twitch is not connected. Nil is allowed.
	TwitchLive func() (live, known bool)
	// Speech is when the microphone last heard speech; nil is allowed.
	Speech func() time.Time
	Log    *slog.Logger
}

const (
	leastWait   = 250 * time.Millisecond
	longestWait = 1500 * time.Millisecond // OBS is found within three seconds of its start
	refusedWait = 30 * time.Second        // between attempts with a password that OBS refused
	pushSpan    = 33 * time.Millisecond
)

// OBS is the part. All methods may be called from any goroutine.
type OBS struct {
	o        Options
	types    map[string]event.Type
	captions *captioner
	healer   *healer

	mu      sync.Mutex
	cfg     Config
	changed chan struct{} // closed when cfg was changed
	link    *link         // nil while OBS is away
	shown   Snapshot      // what Snapshot gives; never changed once it is here
	counts  counts

	// state is Serve's own.
	state Snapshot
}

// counts are figures for telemetry.
type counts struct {
	connects, failures, requests, timeouts, reads, differences, lost, heals uint64
}

// New makes the part; nothing is opened before Serve.
func New(cfg Config, o Options) *OBS {
	if o.Publish == nil {
		o.Publish = func(event.Event) {}
	}
	if o.Addresses == nil {
		o.Addresses = func() []string { return nil }
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	p := &OBS{o: o, types: typesByRawName(), cfg: cfg, changed: make(chan struct{}), state: empty(), shown: empty()}
	p.captions = newCaptioner()
	p.healer = newHealer()
	return p
}

// String names the part.
func (p *OBS) String() string { return "obs" }

// Configure changes the settings of a running part. Another address or password
// connects anew; the rest takes effect at once.
func (p *OBS) Configure(cfg Config) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cfg = cfg
	close(p.changed)
	p.changed = make(chan struct{})
}

func (p *OBS) settings() (Config, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cfg, p.changed
}

// Snapshot is the state of OBS as it is known now. It must not be changed.
func (p *OBS) Snapshot() Snapshot {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.shown
}

// show makes the state visible to others.
func (p *OBS) show() {
	p.state.Version++
	s := p.state.clone()
	p.mu.Lock()
	p.shown = s
	p.mu.Unlock()
	if p.o.State != nil {
		p.o.State(s)
	}
}

// Status says whether OBS is connected and what is wrong with it.
func (p *OBS) Status() event.Status {
	p.mu.Lock()
	s, c, l := p.shown, p.counts, p.link
	p.mu.Unlock()
	st := event.Status{State: event.Running, Details: map[string]any{
		"connection_state": s.ConnectionState, "obs_version": s.OBSVersion, "program_scene": s.ProgramScene,
		"streaming": s.Stream.Active, "recording": s.Record.Active, "connects": c.connects, "failed_attempts": c.failures,
		"requests": c.requests, "timeouts": c.timeouts, "reads": c.reads, "resync_differences": c.differences,
		"lost_events": c.lost, "heal_attempts": c.heals, "captions_sent": p.captions.sent.Load(),
	}}
	if l != nil {
		if ns := l.heard.Load(); ns != 0 {
			st.Fresh = time.Unix(0, ns).UTC()
		}
	}
	switch {
	case s.ConnectionState == "refused":
		st.State, st.Reason = event.Failed, s.Reason
	case !s.Connected:
		st.State, st.Reason = event.Waiting, cmp.Or(s.Reason, "looking for OBS")
	case len(s.Warnings) > 0:
		st.State, st.Reason = event.Degraded, s.Warnings[0].Message
	}
	return st
}

// Serve keeps the link to OBS until ctx ends.
func (p *OBS) Serve(ctx context.Context) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { p.captions.serve(ctx, p) })
	attempts := 0
	for ctx.Err() == nil {
		cfg, changed := p.settings()
		if cfg.URL == "" {
			p.away("off", "no OBS is set up: set obs.url")
			select {
			case <-changed:
			case <-ctx.Done():
			}
			continue
		}
		connected, err := p.session(ctx, cfg, changed)
		if ctx.Err() != nil {
			break
		}
		if connected {
			attempts = 0
		}
		attempts++
		wait := min(leastWait<<min(attempts-1, 4), longestWait)
		state := "disconnected"
		var auth *authError
		switch {
		case errors.As(err, &auth):
			state, wait = "refused", refusedWait
		case errors.Is(err, errReconfigured):
			attempts, wait = 0, 0
		}
		// One line an outage: that the link ended, or that there is none.
		if p.away(state, sentence(cfg.URL, err, connected)) && !errors.Is(err, errReconfigured) && (attempts == 1 || state == "refused") {
			p.o.Log.Warn("obs is not connected", "error", err, "was_connected", connected)
		}
		p.count(func(c *counts) { c.failures++ })
		select {
		case <-time.After(wait + rand.N(wait/4+1)):
		case <-changed:
		case <-ctx.Done():
		}
	}
	p.away("disconnected", errStopping.Error())
	return ctx.Err()
}

// away shows that OBS is not connected; it reports whether that is news.
func (p *OBS) away(state, reason string) bool {
	if !p.state.Connected && p.state.ConnectionState == state && p.state.Reason == reason {
		return false
	}
	p.state.Connected, p.state.ConnectionState, p.state.Reason = false, state, reason
	p.state.Warnings = []Warning{}
	for _, o := range []*Output{&p.state.Stream, &p.state.Record, &p.state.ReplayBuffer, &p.state.VirtualCam} {
		o.Active, o.State, o.BitrateKbps = false, "unknown", 0
	}
	p.show()
	return true
}

// sentence says why there is no OBS.
func sentence(url string, err error, connected bool) string {
	var auth *authError
	switch {
	case errors.As(err, &auth):
		return auth.sentence
	case connected:
		return fmt.Sprintf("the link to OBS ended: %v", err)
	}
	return fmt.Sprintf("OBS does not answer at %s: start OBS, and switch on its WebSocket server under Tools", url)
}

// errReconfigured ends a session whose address or password was changed.
var errReconfigured = errors.New("the settings were changed")

func (p *OBS) count(f func(*counts)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f(&p.counts)
}
