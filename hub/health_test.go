package hub

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"landale/event"
)

func TestHealthFollowsTheParts(t *testing.T) {
	s := newSite(t)
	tests := []struct {
		part   string
		state  event.State
		status string
		code   int
	}{
		{"obs", event.Waiting, "healthy", 200},
		{"obs", event.Failed, "degraded", 200},
		{"obs", event.Degraded, "degraded", 200},
		{"store", event.Degraded, "degraded", 200},
		{"store", event.Starting, "healthy", 200},
		{"store", event.Failed, "unhealthy", 503},
		{"store", event.Stopped, "unhealthy", 503},
		{"hub", event.Failed, "unhealthy", 503},
	}
	for _, tt := range tests {
		before := s.crew.Parts()
		s.crew.set(tt.part, tt.state)
		for _, path := range []string{"/health", "/status"} {
			a := s.get(t, path)
			var h Health
			if err := json.Unmarshal(a.body, &h); err != nil {
				t.Fatal(err)
			}
			if a.StatusCode != tt.code || h.Status != tt.status {
				t.Errorf("%s with %s %s: got %d %s, want %d %s", path, tt.part, tt.state, a.StatusCode, h.Status, tt.code, tt.status)
			}
			if fault := tt.status != "healthy"; fault != strings.Contains(h.Message, tt.part) {
				t.Errorf("with %s %s the message is %q", tt.part, tt.state, h.Message)
			}
		}
		if a := s.get(t, "/api/health"); a.StatusCode != tt.code {
			t.Errorf("/api/health with %s %s: got %d", tt.part, tt.state, a.StatusCode)
		}
		ready, code := s.get(t, "/ready"), 200
		if tt.part == "store" && tt.state != event.Degraded {
			code = 503
		}
		if ready.StatusCode != code {
			t.Errorf("/ready with %s %s: got %d %s", tt.part, tt.state, ready.StatusCode, ready.body)
		}
		s.crew.mu.Lock()
		s.crew.list = before
		s.crew.mu.Unlock()
	}
}

// Old checks read status, service, timestamp (seconds), uptime_seconds and
// websocket; new ones read the parts.
func TestHealthHasItsFields(t *testing.T) {
	s := newSite(t)
	s.crew.list[2].LastError, s.crew.list[2].LastErrorAt, s.crew.list[2].Restarts = "boom", time.Now(), 3
	var h struct {
		Status, Service, Version string
		Timestamp                int64
		UptimeSeconds            *float64 `json:"uptime_seconds"`
		WebSocket                map[string]any
		Parts                    []map[string]any
	}
	a := s.get(t, "/health")
	if err := json.Unmarshal(a.body, &h); err != nil {
		t.Fatal(err)
	}
	if h.Status != "healthy" || h.Service != "landale" || h.Version != "1.2.3" || h.UptimeSeconds == nil || time.Since(time.Unix(h.Timestamp, 0)) > time.Minute {
		t.Errorf("got %s", a.body)
	}
	for _, name := range []string{"connected", "state", "reconnect_attempts", "circuit_breaker_trips"} {
		if _, ok := h.WebSocket[name]; !ok {
			t.Errorf("websocket has no %s", name)
		}
	}
	obs := h.Parts[2]
	if obs["name"] != "obs" || obs["state"] != "waiting" || obs["reason"] != "OBS is not running" || obs["restarts"] != 3.0 || obs["last_error"] != "boom" || obs["since"] == nil {
		t.Errorf("obs is %v", obs)
	}
	if obs["freshness_seconds"] != nil || h.Parts[0]["freshness_seconds"] == nil {
		t.Error("freshness is not told truly")
	}
	api := decode[map[string]any](t, s.get(t, "/api/health").data(t))
	services := api["services"].(map[string]any)
	for name, connected := range map[string]bool{"database": true, "websocket": true, "obs": false, "twitch": false, "subscriptions": false} {
		if got := services[name].(map[string]any)["connected"]; got != connected {
			t.Errorf("%s: connected is %v", name, got)
		}
	}
	if api["status"] != "healthy" || api["system"].(map[string]any)["version"] != "1.2.3" {
		t.Errorf("got %v", api)
	}
}

func TestHealthPortHasHealthAlone(t *testing.T) {
	s := newSite(t)
	health := *s
	health.addr = serveOn(t, s.healthRoutes())
	for path, code := range map[string]int{"/health": 200, "/status": 200, "/ready": 200, "/metrics": 200, "/": 404, "/api/events": 404, "/overlay/status": 404, socketPath: 404} {
		if a := health.get(t, path); a.StatusCode != code {
			t.Errorf("%s: got %d, want %d", path, a.StatusCode, code)
		}
	}
	health.get(t, "/health", "Host", "evil.example").wantFailure(t, http.StatusForbidden, "forbidden")
	health.do(t, "POST", "/health", "").wantFailure(t, 405, "method_not_allowed")
}

func TestMetrics(t *testing.T) {
	s := newSite(t)
	sub := s.o.Bus.Subscribe("tiny", 1, event.DropNewest, nil)
	defer sub.Close()
	for range 3 {
		s.o.Bus.Publish(follow.WithID(event.NewID(time.Now())))
	}
	s.o.Bus.Publish(follow)
	s.o.Bus.Publish(follow)
	s.get(t, "/api/parts")
	s.get(t, "/api/events/x")
	s.get(t, "/overlay/status")
	s.get(t, "/overlay/../../etc/passwd")
	a := s.get(t, "/metrics")
	for _, line := range []string{
		"landale_bus_published_total 4",
		"landale_bus_repeats_total 1",
		`landale_bus_dropped_total{subscriber="tiny"} 3`,
		`landale_bus_waiting{subscriber="tiny"} 1`,
		`landale_part_state{part="store",state="running"} 1`,
		`landale_part_state{part="obs",state="running"} 0`,
		`landale_part_state{part="obs",state="waiting"} 1`,
		`landale_part_detail{name="rows",part="store"} 12`,
		`landale_socket_sessions{environment="obs"} 0`,
		"landale_socket_deliveries_total 0",
		"landale_socket_slow_closes_total 0",
		`landale_build_info{build="b1",version="1.2.3"} 1`,
		`landale_http_request_seconds_count{method="GET",route="/api/parts",status="200"} 1`,
		`landale_http_request_seconds_count{method="GET",route="/api/events/{ref}",status="404"} 1`,
		`landale_http_request_seconds_count{method="GET",route="page",status="200"} 1`,
		`landale_http_request_seconds_count{method="GET",route="page",status="404"} 1`,
		"go_goroutines ",
		"process_start_time_seconds ",
	} {
		if !strings.Contains(string(a.body), "\n"+line) {
			t.Errorf("no line %s", line)
		}
	}
	if a.StatusCode != 200 || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/plain") {
		t.Errorf("got %d %s", a.StatusCode, a.Header.Get("Content-Type"))
	}
	if strings.Contains(string(a.body), "passwd") {
		t.Error("a client's path is a label")
	}
}
