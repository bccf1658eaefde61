package audio

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"landale/audio/dsp"
	"landale/event"
)

// running is one state of the settings while it is served.
type running struct {
	*Audio
	cfg    Config
	filter *filter
	engine Recogniser
	spool  *spool
}

// source listens to a device or a file, and to a device again when it returns.
func (s *running) source(ctx context.Context, src Source) {
	frames, done := s.start(ctx, src)
	defer func() {
		close(frames)
		<-done
	}()
	out := func(ctx context.Context, f Frame) error {
		select {
		case frames <- f:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if src.Kind == "file" {
		s.setSource(src, src.Path, "listening", nil)
		err := readFile(ctx, src.Path, time.Now(), !src.Fast, out)
		s.setSource(src, src.Path, "idle", err)
		if err != nil && ctx.Err() == nil {
			s.o.Log.Warn("sound file ended", "source", src.Name, "error", err)
		}
		return
	}
	const shortest, longest = 250 * time.Millisecond, 5 * time.Second
	wait, periods, failures := shortest, 0, 0
	for ctx.Err() == nil {
		err := capture(ctx, src.Device, periods, func(device string) {
			s.setSource(src, device, "listening", nil)
			s.o.Log.Info("microphone open", "source", src.Name, "device", device, "failures", failures)
			wait, failures = shortest, 0
		}, out)
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, errOverrun):
			periods++
			s.o.Log.Warn("microphone opened again with longer periods", "source", src.Name, "error", err)
			continue
		case failures == 0:
			s.o.Log.Warn("microphone is away", "source", src.Name, "error", err)
		}
		failures++
		s.setSource(src, "", "away", err)
		if errors.Is(err, ErrNoDevices) {
			<-ctx.Done()
			return
		}
		select {
		case <-time.After(wait + rand.N(wait/4)):
		case <-ctx.Done():
			return
		}
		wait = min(2*wait, longest)
	}
}

// frameQueue is how many frames may wait for a pipeline: a second of a device's.
const frameQueue = 100

// start runs a pipeline for a source; it ends when the frames are closed or ctx
// ends, and done is closed when all that it held has been handed on.
func (s *running) start(ctx context.Context, src Source) (frames chan Frame, done chan struct{}) {
	frames, done = make(chan Frame, frameQueue), make(chan struct{})
	sink := s.sink(src)
	d := newDictation(s.cfg.Partial, s.recogniser(), s.hints, sink.phrase, s.o.Log)
	d.doubt = s.filter.doubts
	p := newPipeline(src.Name, s.cfg.VAD, d, func(l dsp.Levels) {
		if s.o.Levels != nil {
			s.o.Levels(src.Name, l)
		}
	}, s.o.Log)
	s.setSource(src, "", "listening", nil)
	s.addPipeline(src.Name, p)
	go func() {
		defer close(done)
		p.run(ctx, frames, stopGrace)
		s.removePipeline(src.Name, p)
	}()
	return frames, done
}

// accept gives a network source its pipeline for as long as its connection
// lasts. A name that is connected twice has two pipelines: two microphones.
func (s *running) accept(ctx context.Context) func(string) (chan<- Frame, func()) {
	return func(name string) (chan<- Frame, func()) {
		src := Source{Name: name, Kind: "network"}
		frames, done := s.start(ctx, src)
		return frames, func() {
			close(frames)
			<-done
		}
	}
}

func (s *running) sink(src Source) *sink {
	engine := ""
	if s.engine != nil {
		engine = s.engine.String()
	}
	return &sink{
		source: src, run: event.NewShortID(), filter: s.filter, language: s.cfg.Language, engine: engine,
		prompt: func() string { return s.hints().Prompt }, session: s.o.Session, publish: s.o.Publish, spool: s.spool, figures: &s.figures,
	}
}

// recogniser is the engine, or one that hears nothing while there is none.
func (s *running) recogniser() Recogniser {
	if s.engine == nil {
		return deaf{}
	}
	return s.engine
}

// deaf is no engine: voice activity and levels go on without one.
type deaf struct{}

func (deaf) String() string { return "none" }

func (deaf) Warm(context.Context) error { return errDeaf }

func (deaf) Transcribe(context.Context, []float32, Hints) (Result, error) { return Result{}, errDeaf }

var errDeaf = errors.New("there is no recogniser")

func (s *running) hints() Hints {
	h := Hints{Language: s.cfg.Language, Prompt: s.cfg.Prompt}
	if s.o.Names != nil {
		h.Prompt = prompt(s.cfg.Prompt, s.o.Names())
	}
	return h
}

// idle reports whether nobody speaks and no final waits.
func (s *running) idle() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, src := range s.sources {
		for _, p := range src.pipelines {
			if p.health.speaking.Load() || p.health.lag.Load() > 0 {
				return false
			}
		}
	}
	return true
}

// loadTime is how long a server may take to load its model for the first answer.
const loadTime = 2 * time.Minute

// probe warms the engine up, so that the first words do not wait for its model,
// and says what is wrong with it, until it answers.
func (s *running) probe(ctx context.Context, engine Recogniser) {
	for wait := time.Second; ; wait = min(2*wait, 30*time.Second) {
		call, cancel := context.WithTimeout(ctx, loadTime)
		err := engine.Warm(call)
		cancel()
		if ctx.Err() != nil {
			return
		}
		s.mu.Lock()
		s.reason = ""
		if err != nil {
			s.reason = err.Error()
		}
		s.mu.Unlock()
		if err == nil {
			s.o.Log.Info("recogniser answers", "engine", engine.String())
			return
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
	}
}
