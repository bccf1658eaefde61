package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"landale/audio"
	"landale/event"
	"landale/hub"
	"landale/obs"
	"landale/overlay"
	"landale/static"
	"landale/store"
)

// Options is how a Landale is started. The zero value runs where Place points
// to, silently and without a browser.
type Options struct {
	// Config is where settings come from.
	Config ConfigInput
	// Terminal gets the log as text; nil is none.
	Terminal io.Writer
	// Browser shows the dashboard at the start; nil does not.
	Browser func(url string) error
	// CrashLog has the Go runtime write a crash of the process to logs/crash.log,
	// too. It concerns the whole process, so tests leave it.
	CrashLog bool
}

// App is the whole program: it builds the parts, connects them, and keeps them
// running. Run is called once; the other methods may be called from any
// goroutine.
type App struct {
	o    Options
	logs *logs
	log  *slog.Logger // of main itself
	up   chan struct{}

	// Built by Run, in this order.
	lock  *dataLock
	store *store.Store
	bus   *event.Bus
	hub   *hubPart
	parts *supervisor
	audio *audio.Audio
	dir   string // of the data

	names    *audio.Names
	sessions *sessions
	twitch   *twitchPart
	overlay  *overlay.Director
	obs      *obs.OBS
	custom   *customFiles

	mu       sync.Mutex
	cfg      Config
	problems []event.Problem
	url      string
}

// handedOver says that another Landale runs already, and where.
type handedOver struct{ url string }

func (e *handedOver) Error() string { return "Landale is already running at " + e.url }

// NewApp makes an App that does nothing until Run.
func NewApp(o Options) *App {
	l := newLogs(o.Terminal)
	return &App{o: o, logs: l, log: l.Logger("main"), up: make(chan struct{})}
}

// Up is closed when every part is started and the pages are served.
func (a *App) Up() <-chan struct{} { return a.up }

// URL is where the dashboard is, once Up is closed.
func (a *App) URL() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.url
}

// Problems are those of the config file as it was last read.
func (a *App) Problems() []event.Problem {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.problems
}

// config is what the program runs with.
func (a *App) config() Config {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.cfg
}

// Run runs the program until ctx ends, then stops its parts in order. An error
// means that it could not start, with what a person can do about it; for
// *handedOver that is nothing.
func (a *App) Run(ctx context.Context) (err error) {
	defer func() { err = errors.Join(err, a.logs.Close()) }()
	cfg, configErr := a.loadConfig()
	dir := a.o.Config.Place.DataDir(cfg)

	if a.lock, err = lockData(dir); errors.Is(err, errLocked) {
		return a.handOver(ctx, dir)
	} else if err != nil {
		return fmt.Errorf("%w: choose another folder with --data, or data in the section [general] of %s", err, a.o.Config.File)
	}
	defer func() { err = errors.Join(err, a.lock.release()) }()

	if err := a.build(ctx, cfg, dir); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.store.Close()) }()
	a.announce(cfg, dir)
	if configErr != nil {
		a.log.Warn("config file not written", "error", configErr)
	}
	a.logProblems()
	return a.serve(ctx)
}

// handOver finds the Landale that has the data folder and shows its dashboard.
func (a *App) handOver(ctx context.Context, dir string) error {
	in, err := running(ctx, dir, handoverWait)
	if err != nil {
		return fmt.Errorf("another Landale (process %d) uses %s, but %w: end it and start again", in.PID, dir, err)
	}
	a.browse(in.URL)
	return &handedOver{in.URL}
}

// build makes the parts and connects them. The store is open when it returns
// without an error, and closed otherwise.
func (a *App) build(ctx context.Context, cfg Config, dir string) (err error) {
	a.store, err = store.Open(ctx, filepath.Join(dir, store.FileName), store.Options{
		Config: cfg.Store, Zone: cfg.General.Location(), Log: a.logs.Logger("store"), Version: programVersion(),
	})
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.store.Close())
		}
	}()
	a.bus = event.NewBus(a.store.LastSeq())
	recent, err := a.store.RecentIDs(ctx)
	if err != nil {
		return err
	}
	a.bus.Remember(recent...)
	a.store.Subscribe(a.bus)

	a.parts = newSupervisor(a.logs.Logger(""))
	a.dir = dir
	a.newAudio(cfg, dir)
	a.twitch = &twitchPart{now: a.newTwitch(cfg, dir)}
	a.newOverlay(cfg)
	a.newOBS(cfg)
	a.custom = &customFiles{dir: filepath.Join(dir, "custom"), tell: func(c custom) { a.hub.now().SetState("stream", "custom", c) }}
	if err := a.sessions.restore(ctx, a.store); err != nil {
		return err
	}
	h, err := a.listen(ctx, cfg)
	if err != nil {
		return err
	}
	a.hub = &hubPart{hub: h, cfg: cfg}
	a.parts.Add(core, a.store)
	a.parts.Add(edge, a.hub)
	a.parts.Add(edge, a.overlay)
	a.parts.Add(edge, a.newListener())
	a.parts.Add(edge, a.custom)
	a.parts.Add(sources, a.audio)
	a.parts.Add(sources, a.twitch)
	a.parts.Add(sources, a.obs)
	a.parts.Add(sources, obsPages{a})
	a.parts.Add(sources, a.newReload(cfg))
	return nil
}

// listen makes the hub and opens its ports, so that a port that is taken is
// known before anything starts.
func (a *App) listen(ctx context.Context, cfg Config) (*hub.Hub, error) {
	h := a.newHub(cfg)
	err := h.Listen()
	if err == nil || !addressInUse(err) {
		return h, err
	}
	taken := cfg.HTTP.Listen
	var op *net.OpError
	if errors.As(err, &op) && op.Addr != nil {
		taken = op.Addr.String()
	}
	if cfg.HTTP.Health != "" && samePort(taken, cfg.HTTP.Health) {
		// Nobody watches a stream on the health port: go on without it.
		a.log.Warn("health port is taken, so there is none", "address", taken, "by", portOwner(taken))
		cfg.HTTP.Health = ""
		return a.listen(ctx, cfg)
	}
	if url := "http://" + dialable(cfg.HTTP.Listen); isLandale(ctx, url) {
		a.browse(url)
		return nil, &handedOver{url}
	}
	return nil, portTaken(taken)
}

func (a *App) newHub(cfg Config) *hub.Hub {
	h := hub.New(cfg.HTTP, hub.Options{
		Bus:      a.bus,
		Version:  programVersion(),
		Build:    programBuild(),
		Files:    static.Files(),
		Zone:     cfg.General.Location(),
		History:  a.store,
		Figures:  a.store,
		People:   a.store,
		Streams:  a.store,
		Parts:    a.parts,
		Logs:     a.logs,
		Problems: a.Problems,
		Joined:   a.pageJoined,
		Left:     a.pageLeft,
		Said:     a.audio.Said,
		Routes:   slices.Concat(a.audioRoutes(), a.twitchRoutes(), a.chatRoutes(), a.overlayRoutes(), a.obsRoutes()),
		Mounts: []hub.Mount{
			{Pattern: "/ws/captions", Handler: a.audio.Captions()},
			{Pattern: "/custom/*", Handler: http.StripPrefix("/custom", a.custom)},
			{Pattern: "/emotes/*", Handler: http.StripPrefix("/emotes", a.twitch.emotes())},
		},
		Log: a.logs.Logger("hub"),
	})
	a.handleAudio(h)
	a.handleTwitch(h)
	a.handleOverlay(h)
	a.handleOBS(h)
	return h
}

// announce writes the first line of the log, which says where the program is,
// and begins the log file.
func (a *App) announce(cfg Config, dir string) {
	url := "http://" + dialable(a.hub.now().Addr())
	a.mu.Lock()
	a.url = url
	a.mu.Unlock()
	a.log.Info("landale is running", "url", url, "version", programVersion(), "data", dir)
	if err := a.logs.Open(filepath.Join(dir, "logs"), cfg.Log); err != nil {
		a.log.Error("log file cannot be written", "error", err)
	}
	if a.o.CrashLog {
		if err := crashLog(filepath.Join(dir, "logs", "crash.log")); err != nil {
			a.log.Warn("crashes are not logged", "error", err)
		}
	}
}

// crashLog appends what the runtime says of a crash to a file: a program without
// a console would take it to the grave.
func crashLog(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(debug.SetCrashOutput(f, debug.CrashOptions{}), f.Close())
}

// serve starts the parts, waits for ctx to end, and stops them.
func (a *App) serve(ctx context.Context) error {
	err := a.parts.Start(ctx)
	if err == nil {
		err = a.lock.tell(instance{os.Getpid(), a.URL(), programVersion(), time.Now().UTC()})
	}
	if err == nil {
		a.publish(event.SystemStartup{Version: programVersion()})
		a.setState(a.hub.now())
		close(a.up)
		a.browse(a.URL())
		a.show(ctx)
		a.publish(event.SystemShutdown{Version: programVersion(), Reason: "asked to stop"})
	}
	began := time.Now()
	a.parts.Stop()
	a.log.Info("landale has stopped", "took", time.Since(began).Round(time.Millisecond))
	if errors.Is(err, context.Canceled) {
		return nil // asked to stop while it was starting
	}
	return err
}

// setState gives a hub what dashboards are shown from here.
func (a *App) setState(h *hub.Hub) {
	h.SetState("dashboard", "parts", a.parts.Parts())
	h.SetState("dashboard", "problems", a.Problems())
	h.SetState("dashboard", "obs", a.obs.Snapshot())
	h.SetState("stream", "custom", a.custom.get())
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := a.screen(ctx, h); err != nil {
		a.log.Warn("screen is not shown", "error", err)
	}
}

// show keeps dashboards told of the parts until ctx ends, and the history of
// those that failed and came back.
func (a *App) show(ctx context.Context) {
	failed := map[string]bool{}
	for {
		changed := a.parts.Changed()
		parts := a.parts.Parts()
		a.hub.now().SetState("dashboard", "parts", parts)
		for _, p := range parts {
			switch {
			case p.State == event.Failed && !failed[p.Name]:
				failed[p.Name] = true
				a.publish(event.SystemServiceStopped{ServiceName: p.Name, ServiceStatus: string(p.State), Reason: p.Reason})
			case failed[p.Name] && (p.State == event.Running || p.State == event.Waiting) && time.Since(p.Since) > settled:
				failed[p.Name] = false
				a.publish(event.SystemServiceStarted{ServiceName: p.Name, ServiceStatus: string(p.State)})
			}
		}
		select {
		case <-changed:
		case <-time.After(settled):
		case <-ctx.Done():
			return
		}
	}
}

// settled is how long a part that failed must run to be told as back: one that
// flaps is told once.
const settled = 5 * time.Second

func (a *App) publish(p event.Payload) {
	a.bus.Publish(event.New(event.System, time.Now(), p))
}

// browse shows a page if the program may and the machine can.
func (a *App) browse(url string) {
	if a.o.Browser == nil || !a.config().General.OpenBrowser {
		return
	}
	if err := a.o.Browser(url); err != nil {
		a.log.Debug("browser not opened", "error", err)
	}
}

// samePort reports whether two addresses have the same port.
func samePort(a, b string) bool {
	_, p, err := net.SplitHostPort(a)
	_, q, err2 := net.SplitHostPort(b)
	return err == nil && err2 == nil && p == q
}
