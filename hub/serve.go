package hub

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/olahol/melody"

	"landale/event"
)

// stopWait is how long sessions and requests have to end when the hub stops.
const stopWait = 2 * time.Second

// Hub is the part that browsers, plugins and scripts talk to. Make one with New;
// its methods may be called from any goroutine.
//
// One mutex guards who is there, what they joined, the ring and the documents.
// It is held for as long as it takes to put ready bytes into queues, never while
// something is waited for.
type Hub struct {
	cfg     Config
	o       Options
	log     *slog.Logger
	epoch   string // names this process to clients that come back
	started time.Time
	web     *web // the HTTP side
	melody  *melody.Melody
	lines   *lines

	seq          atomic.Uint64 // of the newest event that was handed on
	listening    atomic.Int64  // memberships
	crowdChanged atomic.Bool   // who is connected, since the dashboard was told
	figures      figures
	speech       speechFigures
	replaying    chan struct{} // a token for each client that is caught up

	mu        sync.Mutex
	listeners []net.Listener // pages, API and socket first, then the health port
	addr      string         // the address last listened on: a restart takes the same port
	serving   bool
	stopping  bool
	sessions  map[*session]struct{}
	left      chan struct{} // closed when a session leaves
	topics    map[string]*topic
	rooms     map[*topic]struct{} // of the dashboard
	ring      ring
	newest    map[string]uint64 // Seq of the newest event after sure, by topic
	sure      uint64
	documents map[string]*stateDoc
	changed   chan struct{} // a document did
	logSeq    uint64        // of the newest line of the log that was pushed

	// The fan-out's own.
	sub     *event.Subscription // from the first Serve on, for good
	began   uint64              // Seq of the newest event before that
	lost    uint64              // events that the bus dropped and that were made up for
	touched []*topic
}

// New makes a hub that does nothing until Serve.
func New(cfg Config, o Options) *Hub {
	h := &Hub{
		cfg:       cfg,
		o:         o,
		log:       o.Log,
		epoch:     string(event.NewShortID()),
		started:   time.Now(),
		addr:      cfg.Listen,
		lines:     newLines(),
		speech:    speechFigures{busy: make(chan struct{}, 1)},
		replaying: make(chan struct{}, replays),
		sessions:  map[*session]struct{}{},
		left:      make(chan struct{}),
		topics:    map[string]*topic{},
		rooms:     map[*topic]struct{}{},
		newest:    map[string]uint64{},
		documents: newDocuments(),
		changed:   make(chan struct{}, 1),
	}
	h.web = newWeb(h)
	h.melody = h.newMelody()
	return h
}

// String names the part.
func (h *Hub) String() string { return "hub" }

// Epoch names this process to clients: versions of state documents are counted
// anew in each.
func (h *Hub) Epoch() string { return h.epoch }

// Seq is the Seq of the newest event that was handed to the sessions, 0 before
// the first Serve.
func (h *Hub) Seq() uint64 { return h.seq.Load() }

// Listen opens the listeners, so that a port that is taken is known before
// anything else starts. Serve does it if it was not done.
func (h *Hub) Listen() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.listeners) > 0 {
		return nil
	}
	for _, addr := range []string{h.addr, h.cfg.Health} {
		if addr == "" {
			continue
		}
		l, err := net.Listen("tcp", addr)
		if err != nil {
			for _, l := range h.listeners {
				l.Close()
			}
			h.listeners = nil
			return fmt.Errorf("listen on %s: %w", addr, err)
		}
		h.listeners = append(h.listeners, l)
	}
	if len(h.listeners) == 0 {
		return errors.New("http.listen is empty")
	}
	h.addr = h.listeners[0].Addr().String()
	return nil
}

// Addr is the address that pages, API and socket are served on, after Listen.
func (h *Hub) Addr() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.addr
}

// Serve listens and serves until ctx ends; then it stops accepting, hands on what
// was published, tells every session that the program is going away (1001), and
// returns when they are gone or two seconds are over.
//
// It may be called again after it returned: the bus goes on to be heard in
// between, and the epoch stays, so that sessions resume.
func (h *Hub) Serve(ctx context.Context) error {
	if err := h.Listen(); err != nil {
		return err
	}
	h.subscribe()
	h.mu.Lock()
	listeners := h.listeners
	h.listeners = nil
	h.serving, h.stopping = true, false
	h.mu.Unlock()

	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var running sync.WaitGroup
	run := func(name string, fn func(context.Context) error) {
		running.Go(func() { cancel(h.guardPanic(name, func() error { return fn(ctx) })) })
	}
	run("fan-out", h.fanOut)
	run("state", h.pushStates)
	run("watch", h.watch)
	run("log topic", h.pushLogs)
	if h.cfg.Tailnet {
		run("tailnet", h.serveTailnet)
	}
	handlers := []http.Handler{h.routes(), h.healthRoutes()}
	var servers []*http.Server
	for i, l := range listeners {
		srv := newServer(handlers[i])
		servers = append(servers, srv)
		run("listener", func(context.Context) error { return srv.Serve(l) })
	}
	h.log.Info("serving", "address", h.Addr())
	<-ctx.Done()

	h.mu.Lock()
	h.serving, h.stopping = false, true
	h.mu.Unlock()
	stop, end := context.WithTimeout(context.WithoutCancel(ctx), stopWait)
	defer end()
	for _, srv := range servers {
		closeServer(stop, srv)
	}
	running.Wait() // the fan-out has handed on all that was published
	if !h.dismiss(stop, melody.CloseGoingAway, "going away") {
		h.log.Warn("a command did not end in time")
	}
	return context.Cause(ctx)
}

// closeServer stops accepting and waits for requests until ctx ends. Sockets are
// not its own any more.
func closeServer(ctx context.Context, srv *http.Server) {
	if srv.Shutdown(ctx) != nil {
		srv.Close()
	}
}

// guardPanic makes of a panic an error, so that the supervisor restarts the hub
// instead of losing the program.
func (h *Hub) guardPanic(name string, fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s panicked: %v\n%s", name, p, debug.Stack())
		}
	}()
	if err := fn(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// subscribe listens to the bus, once for the hub's life, and finds out which
// event was the last before it did.
func (h *Hub) subscribe() {
	if h.sub != nil {
		return
	}
	for {
		last := h.o.Bus.LastSeq()
		sub := h.o.Bus.Subscribe("hub", busQueue, event.DropOldest, nil)
		if h.o.Bus.LastSeq() == last {
			h.sub, h.began = sub, last
			break
		}
		sub.Close() // something was published meanwhile: before or after?
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seq.Store(h.began)
	h.sure = h.began
	h.ring = newRing(h.cfg.Ring, h.began)
}
