package main

import (
	"context"
	"errors"
	"net"
	"reflect"
	"sync"

	"landale/event"
	"landale/hub"
)

// hubPart is the hub as a part that can take new settings while the program
// runs: a hub is made anew with them, and clients come back and resume.
type hubPart struct {
	mu  sync.Mutex
	hub *hub.Hub
	cfg Config // that it was made with
}

// String names the part.
func (p *hubPart) String() string { return "hub" }

// Serve runs the hub of the moment.
func (p *hubPart) Serve(ctx context.Context) error { return p.now().Serve(ctx) }

// Status is that of the hub of the moment.
func (p *hubPart) Status() event.Status { return p.now().Status() }

func (p *hubPart) now() *hub.Hub {
	h, _ := p.get()
	return h
}

func (p *hubPart) get() (*hub.Hub, Config) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.hub, p.cfg
}

func (p *hubPart) set(h *hub.Hub, cfg Config) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hub, p.cfg = h, cfg
}

// renewHub puts a hub with other settings in the place of the one that runs. An
// address that is not free is a problem of the config; then the old hub stays.
// Nothing happens when the settings are those that it was made with.
func (a *App) renewHub(ctx context.Context, cfg Config) []event.Problem {
	h, old := a.hub.get()
	if reflect.DeepEqual(old.HTTP, cfg.HTTP) && old.General.Timezone == cfg.General.Timezone {
		return nil
	}
	was := cfg
	if cfg.HTTP.Listen == old.HTTP.Listen {
		cfg.HTTP.Listen = h.Addr() // what port 0 became stays
	} else if p := a.notFree("http.listen", cfg.HTTP.Listen); p != nil {
		return []event.Problem{*p}
	}
	if cfg.HTTP.Health != "" && cfg.HTTP.Health != old.HTTP.Health {
		if p := a.notFree("http.health", cfg.HTTP.Health); p != nil {
			return []event.Problem{*p}
		}
	}
	h = a.newHub(cfg)
	a.hub.set(h, was)
	a.setState(h)
	if err := a.parts.Restart(ctx, a.hub.String()); err != nil {
		a.log.Error("hub not restarted", "error", err)
	}
	return nil
}

// notFree is the problem with an address that cannot be listened on. It may be
// gone a moment later, when the hub listens; then the part fails and says so.
func (a *App) notFree(key, addr string) *event.Problem {
	l, err := net.Listen("tcp", addr)
	if err == nil {
		err = l.Close()
	}
	if err == nil {
		return nil
	}
	message, hint := err.Error(), "the old address stays: write another one and save"
	var op *net.OpError
	if errors.As(err, &op) {
		message = op.Err.Error()
	}
	if who := portOwner(addr); addressInUse(err) && who != "" {
		message = "is taken by " + who
	}
	return &event.Problem{File: a.o.Config.File, Key: key, Value: addr, Message: message, Hint: hint}
}
