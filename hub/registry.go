package hub

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"time"
)

// Client is one connected client as dashboards see it.
type Client struct {
	// ID is the connection's id, eight hex characters.
	ID          string `json:"id"`
	Page        string `json:"page"`
	Environment string `json:"environment"`
	Build       string `json:"build"`
	// Outdated says that the page is of another build than the program.
	Outdated      bool      `json:"outdated"`
	Topics        []string  `json:"topics"`
	ConnectedAt   time.Time `json:"connected_at"`
	LastHeartbeat time.Time `json:"last_heartbeat"`
	// LatencyMS is the round trip the page measured; nil until it did.
	LatencyMS *float64 `json:"latency_ms"`
	// Drops counts state pushes that were left out because the client was behind;
	// it gets the full state once it has caught up.
	Drops   uint64 `json:"drops"`
	Address string `json:"address"`
}

var errCrowded = errors.New("too many clients")

// add registers a session that is about to connect.
func (h *Hub) add(s *session) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stopping || len(h.sessions) >= maxClients {
		return errCrowded
	}
	h.sessions[s] = struct{}{}
	h.figures.connections.Add(1)
	h.crowdChanged.Store(true)
	return nil
}

// remove forgets a session that is gone.
func (h *Hub) remove(s *session) {
	s.cancel()
	h.mu.Lock()
	for _, m := range s.joined {
		h.leave(m)
	}
	delete(h.sessions, s)
	close(h.left)
	h.left = make(chan struct{})
	h.mu.Unlock()
	h.crowdChanged.Store(true)
	h.log.Debug("client left", "client", s.id, "page", s.page, "correlation_id", string(s.correlation), "stayed", time.Since(s.connected).Round(time.Millisecond))
	if s.out.isSlow() {
		h.figures.slow.Add(1)
		h.log.Warn("client did not read and was closed", "client", s.id, "page", s.page, "address", s.address)
	}
}

// Clients lists who is connected, the longest connected first.
func (h *Hub) Clients() []Client {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := make([]Client, 0, len(h.sessions))
	for s := range h.sessions {
		list = append(list, Client{
			ID: s.id, Page: s.page, Environment: s.environment, Build: s.build, Outdated: s.outdated,
			Topics:        slices.Sorted(maps.Keys(s.joined)),
			ConnectedAt:   s.connected,
			LastHeartbeat: time.UnixMilli(s.heartbeat.Load()).UTC(),
			LatencyMS:     s.latency.Load(),
			Drops:         s.drops.Load(),
			Address:       s.address,
		})
	}
	slices.SortFunc(list, func(a, b Client) int {
		return cmp.Or(a.ConnectedAt.Compare(b.ConnectedAt), cmp.Compare(a.ID, b.ID))
	})
	return list
}

// dismiss ends every session with the code and waits until they are gone; what
// is left when ctx ends is cut off. It reports whether all are gone: a command's
// handler that ignores its context can hold one back.
func (h *Hub) dismiss(ctx context.Context, code int, reason string) bool {
	last := closeMessage(code, reason)
	h.mu.Lock()
	for s := range h.sessions {
		s.out.end(last)
	}
	h.mu.Unlock()
	if h.empty(ctx) {
		return true
	}
	h.mu.Lock()
	for s := range h.sessions {
		s.cancel()
	}
	h.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	return h.empty(ctx)
}

// empty waits until there is no session, or for ctx.
func (h *Hub) empty(ctx context.Context) bool {
	for {
		h.mu.Lock()
		n, left := len(h.sessions), h.left
		h.mu.Unlock()
		if n == 0 {
			return true
		}
		select {
		case <-left:
		case <-ctx.Done():
			return false
		}
	}
}
