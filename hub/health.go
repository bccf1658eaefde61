package hub

import (
	"fmt"
	"net/http"
	"os"
	"runtime"
	"strings"
	"time"

	"landale/event"
)

// healthTable is what both ports answer.
var healthTable = []route{
	{
		method: "GET", path: "/health", serve: (*Hub).serveHealth, media: "application/json",
		doc: "How the program is, part by part. 200 when healthy or degraded, 503 when the store or the hub is down.",
	},
	{
		method: "GET", path: "/status", serve: (*Hub).serveHealth, media: "application/json",
		doc: "The same as /health.",
	},
	{
		method: "GET", path: "/ready", serve: (*Hub).serveReady, media: "application/json",
		doc: "200 when what happens is remembered, else 503.",
	},
	{
		method: "GET", path: "/metrics", serve: (*Hub).serveMetrics, media: "text/plain",
		doc: "Figures for Prometheus.",
	},
}

// The words for how the whole program is. A part that waits for its peer does
// not make it degraded: OBS that is closed is no fault.
const (
	healthy   = "healthy"
	degraded  = "degraded"
	unhealthy = "unhealthy"
)

// Health is what /health answers. Its first members are those that checks of
// the earlier system read.
type Health struct {
	Status string `json:"status"`
	// Timestamp is in seconds since 1970, Time the same in words.
	Timestamp     int64        `json:"timestamp"`
	Time          time.Time    `json:"time"`
	Service       string       `json:"service"`
	Version       string       `json:"version"`
	Build         string       `json:"build"`
	UptimeSeconds float64      `json:"uptime_seconds"`
	WebSocket     socketHealth `json:"websocket"`
	// Message says what is wrong, if anything is.
	Message string       `json:"message,omitempty"`
	Parts   []PartHealth `json:"parts"`
}

// socketHealth has the members under which the earlier audio service told of
// its link to the hub. Both are one program now.
type socketHealth struct {
	Connected           bool   `json:"connected"`
	State               string `json:"state"`
	ReconnectAttempts   int    `json:"reconnect_attempts"`
	CircuitBreakerTrips int    `json:"circuit_breaker_trips"`
	Clients             int    `json:"clients"`
}

// PartHealth is one part in Health. Freshness tells how many seconds ago the
// part last heard or did what it is there for; null if it never did.
type PartHealth struct {
	Name        string      `json:"name"`
	State       event.State `json:"state"`
	Reason      string      `json:"reason"`
	Since       time.Time   `json:"since"`
	Restarts    int         `json:"restarts"`
	LastError   string      `json:"last_error"`
	LastErrorAt time.Time   `json:"last_error_at,omitzero"`
	Fresh       time.Time   `json:"fresh,omitzero"`
	Freshness   *float64    `json:"freshness_seconds"`
}

// Health tells how the program is now.
func (h *Hub) Health() Health {
	now := time.Now()
	health := Health{
		Status:        healthy,
		Timestamp:     now.Unix(),
		Time:          now.UTC().Truncate(time.Millisecond),
		Service:       "landale",
		Version:       h.o.Version,
		Build:         h.o.Build,
		UptimeSeconds: now.Sub(h.started).Round(time.Millisecond).Seconds(),
		WebSocket:     socketHealth{Connected: true, State: "connected", Clients: len(h.Clients())},
		Parts:         []PartHealth{},
	}
	var wrong []string
	for _, p := range h.parts() {
		ph := PartHealth{p.Name, p.State, p.Reason, p.Since, p.Restarts, p.LastError, p.LastErrorAt, p.Fresh, nil}
		if !p.Fresh.IsZero() {
			age := max(now.Sub(p.Fresh), 0).Round(time.Millisecond).Seconds()
			ph.Freshness = &age
		}
		health.Parts = append(health.Parts, ph)
		switch p.State {
		case event.Running, event.Waiting, event.Starting:
			continue
		}
		if core := p.Name == "store" || p.Name == "hub"; core && p.State != event.Degraded {
			health.Status = unhealthy
		} else if health.Status == healthy {
			health.Status = degraded
		}
		wrong = append(wrong, strings.TrimSuffix(fmt.Sprintf("%s is %s: %s", p.Name, p.State, p.Reason), ": "))
		if p.Name == "hub" {
			health.WebSocket.Connected, health.WebSocket.State = p.State == event.Degraded, string(p.State)
		}
	}
	health.Message = strings.Join(wrong, "; ")
	return health
}

// parts is what is known of the parts, also where nobody supervises: then the
// hub answers for itself.
func (h *Hub) parts() []event.Part {
	if h.o.Parts != nil {
		return h.o.Parts.Parts()
	}
	s := h.Status()
	return []event.Part{{Name: h.String(), State: s.State, Reason: s.Reason, Since: h.started, Fresh: s.Fresh}}
}

func (s Health) code() int {
	if s.Status == unhealthy {
		return http.StatusServiceUnavailable
	}
	return http.StatusOK
}

func (h *Hub) serveHealth(w http.ResponseWriter, r *http.Request) {
	health := h.Health()
	h.writeJSON(w, r, health.code(), health)
}

// serveReady judges the store by its own word: a question to it would wait
// behind whatever it is busy with.
func (h *Hub) serveReady(w http.ResponseWriter, r *http.Request) {
	database := h.o.History != nil
	for _, p := range h.parts() {
		if p.Name == "store" {
			database = p.State == event.Running || p.State == event.Degraded
		}
	}
	status, word := http.StatusOK, "ready"
	if !database {
		status, word = http.StatusServiceUnavailable, "not_ready"
	}
	h.writeJSON(w, r, status, map[string]any{
		"status":    word,
		"timestamp": time.Now().Unix(),
		"checks":    map[string]bool{"database": database},
	})
}

// apiHealth is Health with what tools of the earlier system look for.
type apiHealth struct {
	Health
	Services apiServices `json:"services"`
	System   apiSystem   `json:"system"`
}

type apiServices struct {
	OBS           serviceHealth `json:"obs"`
	Twitch        serviceHealth `json:"twitch"`
	Database      serviceHealth `json:"database"`
	Subscriptions serviceHealth `json:"subscriptions"`
	WebSocket     serviceHealth `json:"websocket"`
}

// serviceHealth is one service by the state of its own part.
type serviceHealth struct {
	Connected bool        `json:"connected"`
	State     event.State `json:"state"`
	Reason    string      `json:"reason"`
}

type apiSystem struct {
	Uptime      float64 `json:"uptime"` // seconds
	Version     string  `json:"version"`
	Environment string  `json:"environment"`
	Platform    string  `json:"platform"`
	PID         int     `json:"pid"`
}

func (h *Hub) getHealth(*call) (any, error) {
	health := h.Health()
	of := func(name string) serviceHealth {
		for _, p := range health.Parts {
			if p.Name == name {
				return serviceHealth{p.State == event.Running || p.State == event.Degraded, p.State, p.Reason}
			}
		}
		return serviceHealth{State: event.Stopped, Reason: "not part of this program"}
	}
	all := apiHealth{
		Health: health,
		// Subscriptions are Twitch's to the same session, kept by the same part.
		Services: apiServices{of("obs"), of("twitch"), of("store"), of("twitch"), of("hub")},
		System:   apiSystem{health.UptimeSeconds, h.o.Version, h.environment(), runtime.GOOS + "/" + runtime.GOARCH, os.Getpid()},
	}
	if health.Status == unhealthy {
		return nil, &Error{Code: "service_unavailable", Message: health.Message, Details: map[string]any{"health": all}}
	}
	return all, nil
}
