package hub

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"landale/event"
)

// Hub is the part that browsers, plugins and scripts talk to. Make one with New;
// its methods may be called from any goroutine.
type Hub struct {
	cfg Config
	o   Options
	log *slog.Logger

	epoch   string // names this process to clients that come back
	started time.Time

	mu        sync.Mutex
	listeners []net.Listener // pages, API and socket first, then the health port
	addr      string         // the address last listened on: a restart takes the same port

	web *web // the HTTP side

	*state
	*registry
	*commands
}

// New makes a hub that does nothing until Serve.
func New(cfg Config, o Options) *Hub {
	h := &Hub{
		cfg:     cfg,
		o:       o,
		log:     o.Log,
		epoch:   string(event.NewShortID()),
		started: time.Now(),
		addr:    cfg.Listen,
	}
	h.state = newState()
	h.registry = newRegistry()
	h.commands = newCommands()
	h.web = newWeb(h)
	return h
}

// String names the part.
func (h *Hub) String() string { return "hub" }

// Epoch names this process to clients: versions of state documents are counted
// anew in each.
func (h *Hub) Epoch() string { return h.epoch }

// Seq is the Seq of the newest event that was handed to the sessions.
func (h *Hub) Seq() uint64 { return h.o.Bus.LastSeq() }

// Status is what the hub says of itself.
func (h *Hub) Status() event.Status { return event.Status{State: event.Running} }

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
			return fmt.Errorf("listen %s: %w", addr, err)
		}
		h.listeners = append(h.listeners, l)
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

// Serve listens and serves until ctx ends; then it stops accepting, tells every
// session that the program is going away (1001), and returns when they are gone
// or two seconds are over.
func (h *Hub) Serve(ctx context.Context) error {
	if err := h.Listen(); err != nil {
		return err
	}
	h.mu.Lock()
	listeners := h.listeners
	h.listeners = nil
	h.mu.Unlock()
	handlers := []http.Handler{h.routes(), h.healthRoutes()}
	var servers []*http.Server
	done := make(chan error, len(listeners))
	for i, l := range listeners {
		srv := newServer(handlers[i])
		servers = append(servers, srv)
		go func() { done <- srv.Serve(l) }()
	}
	<-ctx.Done()
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	for _, srv := range servers {
		if srv.Shutdown(stop) != nil {
			srv.Close()
		}
	}
	for range servers {
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			return err
		}
	}
	return ctx.Err()
}
