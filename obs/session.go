package obs

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/andreykaipov/goobs/api/opcodes"
	"github.com/andreykaipov/goobs/api/requests/general"
	"github.com/andreykaipov/goobs/api/requests/record"
	"github.com/andreykaipov/goobs/api/requests/stream"

	"landale/event"
)

const (
	probeSpan   = 5 * time.Second
	probeWait   = 2 * time.Second // an OBS that does not answer for so long is hung
	resyncSpan  = time.Minute
	rereadDelay = 20 * time.Millisecond  // a change of lists comes as a handful of events
	rereadSpan  = 200 * time.Millisecond // between two reads
	volumeSpan  = 250 * time.Millisecond // a slider sends sixty volumes a second
	lookSpan    = time.Second            // of watchdog and healer
)

// session is one connection to OBS; Serve's goroutine runs it and owns its fields.
type session struct {
	*OBS
	l   *link
	id  string
	cfg Config

	// Events since the read that is on its way began, in order.
	reading bool
	since   []opcodes.Event
	reads   chan readResult
	dirty   bool // another read is needed
	resync  bool // the read on its way is the one of each minute
	lastEnd time.Time

	// program is the scene on air by OBS's events; a read may know the next one
	// before its event comes.
	program string

	// volumes are events of a moving slider, the newest for each input.
	volumes map[string]event.Event
	quiet   map[string]time.Time

	changed bool // since the last show
	probing bool
	probes  chan probe
	watch   watchdog

	wg sync.WaitGroup
}

var errStopping = errors.New("the program stops")

type readResult struct {
	state Snapshot
	err   error
}

// probe is what is asked every five seconds.
type probe struct {
	stats  Stats
	stream *stream.GetStreamStatusResponse
	record *record.GetRecordStatusResponse
	err    error
}

// session connects and runs until the connection ends, ctx ends or the settings
// make another connection necessary; changed is closed when they are others than
// cfg. connected says that OBS's state was known.
func (p *OBS) session(ctx context.Context, cfg Config, changed <-chan struct{}) (connected bool, err error) {
	l, err := dial(ctx, cfg.URL, cfg.Password)
	if err != nil {
		return false, err
	}
	s := &session{
		OBS: p, l: l, id: string(event.NewShortID()), cfg: cfg, reads: make(chan readResult, 1), probes: make(chan probe, 1),
		volumes: map[string]event.Event{}, quiet: map[string]time.Time{},
	}
	defer func() {
		p.mu.Lock()
		p.link = nil
		p.mu.Unlock()
		why := err
		if ctx.Err() != nil {
			why = errStopping
		}
		l.leave(why)
		s.wg.Wait()
		if connected {
			for _, w := range s.state.Warnings {
				s.clear(w, time.Now())
			}
			lost := event.OBSConnectionLost{ConnectionState: "disconnected", Reason: why.Error(), Reconnecting: ctx.Err() == nil}
			lost.SessionID = s.id
			s.publish(event.New(event.OBS, time.Now(), lost))
		}
	}()
	if err := s.first(ctx); err != nil {
		return false, err
	}
	return true, s.run(ctx, changed)
}

// first reads OBS's state before anybody is told that OBS is connected.
func (s *session) first(ctx context.Context) error {
	deadline := time.Now().Add(readTimeout)
	for {
		state, err := read(ctx, s.l, s.cfg.Microphone)
		switch {
		case err == nil:
			state.adopt(&s.state)
			s.state = state
		case status(err) == statusNotReady && time.Now().Before(deadline):
			// OBS is loading a scene collection.
			select {
			case <-time.After(rereadSpan):
				continue
			case <-s.l.done:
				return s.l.ended()
			case <-ctx.Done():
				return ctx.Err()
			}
		default:
			if why := s.l.ended(); why != nil {
				return why
			}
			return err
		}
		break
	}
	s.program = s.state.ProgramScene
	s.state.Connected, s.state.ConnectionState, s.state.Reason, s.state.SessionID = true, "connected", "", s.id
	s.mu.Lock()
	s.link = s.l
	failures := s.counts.failures
	s.counts.connects++
	s.counts.failures = 0
	s.mu.Unlock()
	s.healer.begin(time.Now())
	s.healer.sources(&s.state, s.o.Addresses(), time.Now())
	s.show()
	s.o.Log.Info("obs connected", "obs", s.state.OBSVersion, "websocket", s.state.WebsocketVersion, "after_attempts", failures)
	e := event.OBSConnectionEstablished{
		ConnectionState: "connected", WebsocketVersion: s.state.WebsocketVersion, RPCVersion: s.l.rpc, Authentication: s.l.hello.Authentication.Challenge != "",
	}
	e.SessionID = s.id
	s.publish(event.New(event.OBS, time.Now(), e))
	s.lastEnd = time.Now()
	s.unpark(ctx)
	if s.state.Stream.Active {
		s.wg.Go(func() { s.readDelay(ctx) })
	}
	return nil
}

func (s *session) publish(e event.Event) {
	e.SourceID = s.id
	s.o.Publish(e)
}

// run is the session's loop.
func (s *session) run(ctx context.Context, settings <-chan struct{}) error {
	probes, resyncs, looks := time.NewTicker(probeSpan), time.NewTicker(resyncSpan), time.NewTicker(lookSpan)
	defer probes.Stop()
	defer resyncs.Stop()
	defer looks.Stop()
	var reread, push <-chan time.Time
	pushed := time.Now()
	for {
		if s.l.lost.Swap(false) {
			s.count(func(c *counts) { c.lost++ })
			s.dirty = true
		}
		if s.dirty && !s.reading && reread == nil {
			reread = time.After(max(rereadDelay, time.Until(s.lastEnd.Add(rereadSpan))))
		}
		if s.changed && push == nil {
			push = time.After(time.Until(pushed.Add(pushSpan)))
		}
		select {
		case e := <-s.l.events:
			s.event(ctx, e)
		case r := <-s.reads:
			if err := s.finishRead(r); err != nil {
				return err
			}
		case <-reread:
			reread = nil
			s.startRead(ctx, false)
		case <-resyncs.C:
			if !s.reading {
				s.startRead(ctx, true)
			}
		case <-probes.C:
			s.startProbe(ctx)
		case r := <-s.probes:
			if err := s.finishProbe(r); err != nil {
				return err
			}
		case now := <-looks.C:
			s.look(ctx, now)
		case <-push:
			push, pushed, s.changed = nil, time.Now(), false
			s.show()
		case <-settings:
			var cfg Config
			cfg, settings = s.settings()
			if cfg.URL != s.cfg.URL || cfg.Password != s.cfg.Password {
				return errReconfigured
			}
			s.dirty = s.dirty || cfg.Microphone != s.cfg.Microphone
			s.cfg = cfg
		case <-s.l.done:
			s.drain(ctx)
			return s.l.ended()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// drain publishes what OBS said before it went.
func (s *session) drain(ctx context.Context) {
	for {
		select {
		case e := <-s.l.events:
			s.event(ctx, e)
		default:
			return
		}
	}
}

// event publishes what happened and brings the mirror up to date.
func (s *session) event(ctx context.Context, e opcodes.Event) {
	now := time.Now()
	ev, err := translate(s.types, e, now, s.id, s.extras(e))
	if err != nil {
		s.o.Log.Warn("obs event was not understood", "type", e.Type, "error", err)
		return
	}
	if v, ok := ev.Payload.(event.OBSInputVolumeChanged); ok {
		s.volume(v.InputName, ev, now)
	} else {
		s.o.Publish(ev)
	}
	if e.Type == "CurrentProgramSceneChanged" {
		s.program = decode[fields](e.Data).SceneName
	}
	if e.Type == "StreamStateChanged" && decode[fields](e.Data).OutputActive {
		s.wg.Go(func() { s.readDelay(ctx) })
	}
	if s.reading {
		s.since = append(s.since, e)
	}
	changed, reread := s.state.apply(e)
	if e.Type == "InputSettingsChanged" && changed {
		s.healer.sources(&s.state, s.o.Addresses(), now)
	}
	s.changed = s.changed || changed
	s.dirty = s.dirty || reread
}

// volume publishes the first volume of a moving slider at once and the newest of
// what follows four times a second.
func (s *session) volume(input string, e event.Event, now time.Time) {
	if now.Sub(s.quiet[input]) >= volumeSpan {
		s.quiet[input] = now
		delete(s.volumes, input)
		s.o.Publish(e)
		return
	}
	s.volumes[input] = e
}

func (s *session) flushVolumes(now time.Time) {
	for input, e := range s.volumes {
		if now.Sub(s.quiet[input]) >= volumeSpan {
			s.quiet[input] = now
			delete(s.volumes, input)
			s.o.Publish(e)
		}
	}
	for input, at := range s.quiet {
		if now.Sub(at) > 10*volumeSpan {
			delete(s.quiet, input)
		}
	}
}

func (s *session) startRead(ctx context.Context, resync bool) {
	s.reading, s.resync, s.dirty, s.since = true, resync, false, nil
	mic := s.cfg.Microphone
	s.wg.Go(func() {
		state, err := read(ctx, s.l, mic)
		s.reads <- readResult{state, err} // has room: one read at a time
	})
}

func (s *session) finishRead(r readResult) error {
	s.reading, s.lastEnd = false, time.Now()
	s.count(func(c *counts) { c.reads++ })
	if r.err != nil {
		if status(r.err) != 0 { // OBS said no to something: it is changing, ask again
			s.dirty = true
			s.since = nil
			return nil
		}
		if why := s.l.ended(); why != nil {
			return why
		}
		return r.err
	}
	state := r.state
	state.adopt(&s.state)
	quiet := len(s.since) == 0 // else the read may have seen more than we have
	for _, e := range s.since {
		_, reread := state.apply(e)
		s.dirty = s.dirty || reread
	}
	s.since = nil
	if s.resync && !s.dirty && quiet {
		if names := differences(s.state, state); len(names) > 0 {
			s.count(func(c *counts) { c.differences++ })
			s.o.Log.Warn("obs differed from its mirror", "members", names) // or changed what it has no event for
		}
	}
	s.state, s.changed = state, true
	s.healer.sources(&s.state, s.o.Addresses(), time.Now())
	return nil
}

// startProbe asks whether OBS still answers, and for the figures that change.
func (s *session) startProbe(ctx context.Context) {
	if s.probing {
		return
	}
	s.probing = true
	streaming, recording := s.state.Stream.Active, s.state.Record.Active
	s.wg.Go(func() {
		ctx, cancel := context.WithTimeout(ctx, probeWait)
		defer cancel()
		var p probe
		var a asks
		ask(&a, &general.GetStatsParams{}, false, func(r general.GetStatsResponse) { p.stats = statsOf(r) })
		if streaming {
			ask(&a, &stream.GetStreamStatusParams{}, false, func(r stream.GetStreamStatusResponse) { p.stream = &r })
		}
		if recording {
			ask(&a, &record.GetRecordStatusParams{}, false, func(r record.GetRecordStatusResponse) { p.record = &r })
		}
		p.err = a.send(ctx, s.l)
		s.probes <- p // has room: one probe at a time
	})
}

func (s *session) finishProbe(p probe) error {
	s.probing = false
	switch {
	case errors.Is(p.err, ErrTimeout):
		return fmt.Errorf("OBS has not answered for %v: it hangs", probeWait)
	case p.err != nil && status(p.err) == 0:
		if why := s.l.ended(); why != nil {
			return why
		}
		return p.err
	case p.err != nil:
		return nil // OBS answers, if only that it is not ready
	}
	s.state.Stats, s.changed = p.stats, true
	// Whether they run comes from events; here are only figures.
	if r := p.stream; r != nil && s.state.Stream.Active {
		o := &s.state.Stream
		o.measure(int64(r.OutputBytes), r.OutputTimecode, int64(r.OutputDuration))
		o.Congestion, o.SkippedFrames, o.TotalFrames = r.OutputCongestion, int64(r.OutputSkippedFrames), int64(r.OutputTotalFrames)
	}
	if r := p.record; r != nil && s.state.Record.Active {
		s.state.Record.measure(int64(r.OutputBytes), r.OutputTimecode, int64(r.OutputDuration))
	}
	return nil
}

// look is what happens once a second.
func (s *session) look(ctx context.Context, now time.Time) {
	s.flushVolumes(now)
	s.heal(ctx, now)
	s.guard(now)
}
