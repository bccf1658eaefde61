// Package audio turns what is said into text: capture, levels, voice activity,
// utterances, recognition, filters, transcription events.
//
// Every source has a pipeline of its own, run by one goroutine; recognisers run
// beside it, one call at a time. A source without its device, a recogniser that
// is away and a reader that does not read delay nobody else. What a recogniser
// could not take waits on disk and is recognised later. No text is ever dropped
// in silence: what the filters take away is counted and can be looked at.
//
// The package does not know who reads the text.
package audio

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"landale/audio/dsp"
	"landale/event"
)

// Options is what the part needs from the rest of the program; main fills it.
type Options struct {
	// Publish takes each event; it must not block.
	Publish func(event.Event)
	// Levels takes the levels of a source, 30 times a second; it must not block.
	// Nil is allowed.
	Levels func(source string, l Levels)
	// Session names the session that speech at a time belongs to.
	Session func(time.Time) string
	// Began is when the broadcast began that is live, zero for none; nil is
	// allowed. Times in transcript files count from it.
	Began func() time.Time
	// Names are words that the recogniser should know: chatters, vocabulary, the
	// game. Nil is allowed.
	Names func() []string
	// Dir is where sound that waits for a recogniser and transcript files go.
	Dir string
	// Worker makes the command of the recogniser's child process, which must call
	// RunWorker(libs); nil starts the program's own executable with WorkerArg.
	Worker func(libs string) *exec.Cmd
	Log    *slog.Logger
}

// Levels is how loud a source is, see dsp.Levels.
type Levels = dsp.Levels

// stopGrace is how long open utterances may take when the part stops.
const stopGrace = 3 * time.Second

// Audio is the part. All methods may be called from any goroutine.
type Audio struct {
	o Options

	mu      sync.Mutex
	cfg     Config
	changed chan struct{} // closed when cfg was changed
	sources map[string]*SourceStatus
	network *network
	files   *transcriptFiles
	filter  *filter
	spool   *spool
	listen  string // where the network port is open; "" while it is not
	engine  Recogniser
	reason  string // why nothing is recognised
	paused  bool
	muted   map[string]bool // sources
	inputs  map[string]bool // inputs in OBS that are muted

	downloads map[string]*Download

	page     *browserEngine
	library  *library
	installs chan ModelInfo // eight may wait
	figures  figures
}

// SourceStatus is what the dashboard shows of one source.
type SourceStatus struct {
	Name   string `json:"name"`
	Kind   string `json:"kind"`
	Device string `json:"device"`
	// State is listening, speech, recognising, muted, away or idle.
	State string  `json:"state"`
	Lag   float64 `json:"lag"` // seconds
	Gaps  uint64  `json:"gaps"`
	Error string  `json:"error,omitempty"`
	// LastFrame is when sound last came.
	LastFrame time.Time `json:"last_frame,omitzero"`

	// A network source has one for each connection: a plugin that comes again
	// while the old one finishes has two for a moment.
	pipelines []*pipeline
}

// New makes the part; nothing is opened before Serve.
func New(cfg Config, o Options) *Audio {
	if o.Began == nil {
		o.Began = func() time.Time { return time.Time{} }
	}
	if o.Worker == nil {
		o.Worker = workerCommand
	}
	return &Audio{
		o: o, cfg: cfg, changed: make(chan struct{}), sources: map[string]*SourceStatus{}, muted: map[string]bool{}, inputs: map[string]bool{}, downloads: map[string]*Download{},
		page: newBrowserEngine(), library: newLibrary(filepath.Join(o.Dir, "models")), installs: make(chan ModelInfo, 8),
	}
}

// String names the part.
func (a *Audio) String() string { return "audio" }

// Configure changes the settings of a running part: sources and engine are
// closed and opened anew, open utterances finished first.
func (a *Audio) Configure(cfg Config) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.cfg = cfg
	close(a.changed)
	a.changed = make(chan struct{})
}

// Serve listens until ctx ends.
func (a *Audio) Serve(ctx context.Context) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { a.installer(ctx) })
	for ctx.Err() == nil {
		a.mu.Lock()
		cfg, changed := a.cfg, a.changed
		a.mu.Unlock()
		run, cancel := context.WithCancel(ctx)
		stop := make(chan struct{})
		go func() {
			defer close(stop)
			select {
			case <-changed:
				cancel()
			case <-run.Done():
			}
		}()
		err := a.run(run, cfg)
		cancel()
		<-stop
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// run serves one state of the settings until ctx ends.
func (a *Audio) run(ctx context.Context, cfg Config) error {
	flt, err := newFilter(cfg.Filter)
	if err != nil {
		return fmt.Errorf("audio filter: %w", err)
	}
	engine, partials, reason := a.newEngine(cfg)
	if !partials {
		cfg.Partial.Interval = 0
	}
	spool := newSpool(filepath.Join(a.o.Dir, "spool"), a.o.Log)
	files := newTranscriptFiles(cfg.Files, filepath.Join(a.o.Dir, "transcripts"), a.o.Began, a.o.Log)
	s := &running{Audio: a, cfg: cfg, filter: flt, engine: engine, spool: spool}
	named := []string{}
	for _, src := range cfg.Sources {
		if src.Kind == "network" {
			named = append(named, src.Name)
		}
	}
	net := newNetwork(ctx, named, s.accept(ctx), a.o.Log)
	a.mu.Lock()
	a.engine, a.reason, a.network, a.files, a.filter, a.spool = engine, reason, net, files, flt, spool
	a.sources = map[string]*SourceStatus{}
	a.mu.Unlock()

	var wg sync.WaitGroup
	sources := cfg.sources()
	if cfg.Engine == "off" {
		sources, cfg.Network.Listen = nil, ""
	}
	if cfg.Network.Listen != "" {
		wg.Go(func() { net.serve(ctx, cfg.Network.Listen, a.listening) })
	}
	for _, src := range sources {
		switch src.Kind {
		case "network": // comes when its plugin does
			a.setSource(src, "", "idle", nil)
		default:
			wg.Go(func() { s.source(ctx, src) })
		}
	}
	if engine != nil {
		late := s.sink(Source{Name: "late"})
		wg.Go(func() { spool.serve(ctx, engine, s.hints, s.idle, late.late) })
	}
	if engine != nil {
		wg.Go(func() { s.probe(ctx, engine) })
	}
	<-ctx.Done()
	wg.Wait()
	net.wait()
	if l, ok := engine.(*localEngine); ok {
		l.close()
	}
	files.close()
	return nil
}

func (a *Audio) newEngine(cfg Config) (r Recogniser, partials bool, reason string) {
	engine := cfg.Engine
	if engine == "auto" && cfg.OpenAI.BaseURL != "" {
		engine = "openai"
	}
	switch engine {
	case "openai":
		o := newOpenAI(cfg.OpenAI)
		return o, o.partials(), ""
	case "auto", "local":
		l, err := newLocal(cfg.Local, a.library, cfg.Language, a.o.Worker, a.o.Log)
		if err == nil {
			return l, true, ""
		}
		if engine == "local" {
			return nil, false, err.Error()
		}
	case "off":
		return nil, false, "nothing is listened to; set audio.engine to change that"
	}
	return nil, false, ""
}

func (a *Audio) listening(addr net.Addr, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.listen = ""
	if err != nil {
		a.o.Log.Warn("audio port is not open", "error", err)
		return
	}
	a.listen = addr.String()
	a.o.Log.Info("audio port open", "address", a.listen)
}

// NetworkAddr is where plugins can send sound to, "" while the port is closed.
func (a *Audio) NetworkAddr() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.listen
}

// Captions serves the socket /ws/captions for mounting beside the pages: the
// owner's caption plugin lets its port be chosen.
func (a *Audio) Captions() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		n := a.network
		a.mu.Unlock()
		if n == nil {
			http.Error(w, "captions are not ready", http.StatusServiceUnavailable)
			return
		}
		n.ServeHTTP(w, r)
	})
}

// Heard takes in every transcript that the program publishes, whoever made it:
// readers of the audio port and the transcript files get it. It does not wait for
// a reader.
func (a *Audio) Heard(e event.Event) {
	a.mu.Lock()
	n, f := a.network, a.files
	a.mu.Unlock()
	if n != nil {
		n.caption(e)
		f.add(e)
	}
}

// Mute stops recognition of a source while its microphone is muted elsewhere;
// levels go on.
func (a *Audio) Mute(source string, muted bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.muted[source] = muted
	a.applyMute()
}

// InputMuted tells that an input in OBS was muted or unmuted: sources that follow
// it do the same.
func (a *Audio) InputMuted(input string, muted bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.inputs[input] = muted // a source may be set to follow it later
	a.applyMute()
}

// Paused reports whether Pause holds recognition.
func (a *Audio) Paused() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.paused
}

// Pause stops recognition of everything until it is called with false.
func (a *Audio) Pause(paused bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.paused = paused
	a.applyMute()
}

// applyMute is called with the lock held.
func (a *Audio) applyMute() {
	for name, s := range a.sources {
		muted := a.paused || a.muted[name]
		for _, src := range a.cfg.Sources {
			muted = muted || src.Name == name && src.OBSInput != "" && a.inputs[src.OBSInput]
		}
		for _, p := range s.pipelines {
			p.muted.Store(muted)
		}
	}
}

func (a *Audio) setSource(src Source, device, state string, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := a.sources[src.Name]
	if s == nil {
		s = &SourceStatus{Name: src.Name, Kind: cmp.Or(src.Kind, "device")}
		a.sources[src.Name] = s
	}
	s.State, s.Error = state, ""
	if device != "" {
		s.Device = device
	}
	if err != nil {
		s.Error = err.Error()
	}
}

func (a *Audio) addPipeline(name string, p *pipeline) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := a.sources[name]
	s.pipelines = append(s.pipelines, p)
	a.applyMute()
}

func (a *Audio) removePipeline(name string, p *pipeline) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := a.sources[name]
	s.pipelines = slices.DeleteFunc(s.pipelines, func(other *pipeline) bool { return other == p })
	if len(s.pipelines) == 0 && s.State == "listening" {
		s.State = "idle"
	}
}

// Sources tells how each source is, by name.
func (a *Audio) Sources() []SourceStatus {
	a.mu.Lock()
	defer a.mu.Unlock()
	list := make([]SourceStatus, 0, len(a.sources))
	for _, name := range slices.Sorted(maps.Keys(a.sources)) {
		s := *a.sources[name]
		for _, p := range s.pipelines {
			s.Lag = max(s.Lag, time.Duration(p.health.lag.Load()).Seconds())
			s.Gaps += p.health.gaps.Load()
			if ns := p.health.lastFrame.Load(); ns != 0 {
				s.LastFrame = later(s.LastFrame, time.Unix(0, ns).UTC())
			}
			switch {
			case s.State != "listening":
			case p.muted.Load():
				s.State = "muted"
			case p.health.speaking.Load():
				s.State = "speech"
			}
		}
		if s.State == "listening" && s.Lag > 0 {
			s.State = "recognising"
		}
		s.pipelines = nil
		list = append(list, s)
	}
	return list
}

// LastSpeech is when somebody was last heard to speak, zero for never.
func (a *Audio) LastSpeech() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	var last time.Time
	for _, s := range a.sources {
		for _, p := range s.pipelines {
			if ns := p.health.lastSpeech.Load(); ns != 0 {
				last = later(last, time.Unix(0, ns))
			}
		}
	}
	return last
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// Status says whether anything is heard and recognised.
func (a *Audio) Status() event.Status {
	sources := a.Sources()
	a.mu.Lock()
	reason, engine, port, spool := a.reason, a.engine, a.listen, a.spool
	language, paused, choice := a.cfg.Language, a.paused, a.cfg.Engine
	downloads := make([]Download, 0, len(a.downloads))
	for _, d := range a.downloads {
		downloads = append(downloads, *d)
	}
	a.mu.Unlock()
	st := event.Status{State: event.Running, Details: a.figures.details()}
	st.Details["sources"] = sources
	st.Details["audio_port"] = port
	st.Details["language"], st.Details["paused"], st.Details["engine_choice"] = language, paused, choice
	st.Details["downloads"] = downloads
	if spool != nil {
		st.Details["waiting"] = spool.waiting.Load()
	}
	if engine != nil {
		st.Details["engine"] = engine.String()
	}
	var away []string
	heard := false
	for _, s := range sources {
		if s.LastFrame.After(st.Fresh) {
			st.Fresh = s.LastFrame
		}
		switch s.State {
		case "away":
			away = append(away, s.Name+": "+s.Error)
		case "listening", "speech", "recognising", "muted":
			heard = true
		}
	}
	switch {
	case len(away) > 0 && heard:
		st.State, st.Reason = event.Degraded, strings.Join(away, "; ")
	case len(away) > 0:
		st.State, st.Reason = event.Waiting, strings.Join(away, "; ")
	case reason != "":
		st.State, st.Reason = event.Waiting, reason
	case engine == nil && !a.page.connected():
		st.State, st.Reason = event.Waiting, "no recogniser yet: install a model, name a speech server, or open the page /speech in Chrome or Edge"
	}
	if err, ok := st.Details["last_error"]; ok && st.State == event.Running {
		st.State, st.Reason = event.Degraded, fmt.Sprint(err)
	}
	return st
}
