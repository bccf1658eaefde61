package hub

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"landale/event"
)

const (
	lookSpan      = 250 * time.Millisecond // how often the hub looks whether its neighbours changed
	telemetrySpan = 2 * time.Second
	speechSpan    = time.Minute // how long figures of a day's speech are good for
	speechPage    = 1000
	speechMost    = 5000 // transcripts that these figures look at, the newest
)

// figures count what the hub did.
type figures struct {
	connections atomic.Uint64
	deliveries  atomic.Uint64 // events times sessions
	resumes     atomic.Uint64
	resets      atomic.Uint64
	slow        atomic.Uint64
	malformed   atomic.Uint64
	healed      atomic.Uint64 // events that were read from the store after an overflow
	fresh       atomic.Int64  // unix ms of the newest event that was handed on
}

// socketFigures are what the socket counted since the program began.
func (h *Hub) socketFigures() (connections, deliveries, slow uint64) {
	return h.figures.connections.Load(), h.figures.deliveries.Load(), h.figures.slow.Load()
}

// Status is what the hub says of itself.
func (h *Hub) Status() event.Status {
	h.mu.Lock()
	sessions, listening := len(h.sessions), h.serving
	h.mu.Unlock()
	s := event.Status{State: event.Running, Details: map[string]any{
		"sessions":    sessions,
		"connections": h.figures.connections.Load(),
		"deliveries":  h.figures.deliveries.Load(),
		"resumes":     h.figures.resumes.Load(),
		"resets":      h.figures.resets.Load(),
		"slow_closed": h.figures.slow.Load(),
		"malformed":   h.figures.malformed.Load(),
		"healed":      h.figures.healed.Load(),
	}}
	if ms := h.figures.fresh.Load(); ms > 0 {
		s.Fresh = time.UnixMilli(ms).UTC()
	}
	if !listening {
		s.State = event.Starting
	}
	return s
}

// watch looks at the hub's neighbours until ctx ends: who is connected and how
// each part is. With no dashboard open it only looks for parts that change.
func (h *Hub) watch(ctx context.Context) error {
	tick := time.NewTicker(lookSpan)
	defer tick.Stop()
	known := states(h.parts())
	for n := 0; ; n++ {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		h.mu.Lock()
		rooms, services, live := len(h.rooms) > 0, h.topics[dashboardServices] != nil, h.topics[transcriptionLive] != nil
		h.mu.Unlock()
		if n%2 == 0 {
			parts := h.parts()
			if now := states(parts); now != known {
				known = now
				h.SetState("dashboard", "parts", parts)
				h.changeHealth(parts)
			}
			h.SetState("dashboard", "problems", h.problems())
		}
		full := n%int(telemetrySpan/lookSpan) == 0
		if rooms && (full || h.crowdChanged.Swap(false)) {
			h.SetState("dashboard", "clients", h.Clients())
		}
		if full && rooms {
			h.refresh()
		}
		if n%int(speechSpan/lookSpan) == 0 && live {
			if stats := h.speech.get(ctx, h, time.Now()); stats != nil {
				h.pushTo(transcriptionLive, "transcription_stats", stats)
			}
		}
		if full && services {
			h.pushTo(dashboardServices, "telemetry_update", h.telemetry(ctx))
		}
	}
}

// states is how the parts are, in a form that can be compared.
func states(parts []event.Part) string {
	s := ""
	for _, p := range parts {
		s += fmt.Sprintf("%s\x00%s\x00%s\x00%d\x00%s\x00", p.Name, p.State, p.Reason, p.Restarts, p.LastError)
	}
	return s
}

// changeHealth tells dashboards that a part changed.
func (h *Hub) changeHealth(parts []event.Part) {
	update := h.healthUpdate(time.Now())
	h.pushTo(dashboardServices, "health_update", update)
	h.pushRooms("health_update", update)
}

func (h *Hub) healthUpdate(now time.Time) map[string]any {
	health := h.Health()
	return map[string]any{"status": health.Status, "message": health.Message, "timestamp": now.UTC().Format(timeFormat), "parts": health.Parts}
}

// ownTelemetry is what the dashboard's document shows beside parts and clients.
func (h *Hub) ownTelemetry(now time.Time) map[string]any {
	return map[string]any{"timestamp": now.UnixMilli(), "system": h.systemTelemetry(now), "hub": h.Status().Details}
}

// environment tells a release from a build of the source.
func (h *Hub) environment() string {
	if strings.HasPrefix(h.o.Version, "development") {
		return "development"
	}
	return "production"
}

func (h *Hub) systemTelemetry(now time.Time) map[string]any {
	return map[string]any{
		"uptime":      int64(now.Sub(h.started).Seconds()),
		"version":     h.o.Version,
		"build":       h.o.Build,
		"environment": h.environment(),
		"status":      h.Health().Status,
		"goroutines":  runtime.NumGoroutine(),
	}
}

// telemetry is the push telemetry_update and the answer to get_telemetry.
func (h *Hub) telemetry(ctx context.Context) map[string]any {
	now := time.Now()
	services := map[string]any{}
	for _, p := range h.parts() {
		s := map[string]any{"connected": p.State == event.Running || p.State == event.Degraded, "status": p.State, "restarts": p.Restarts}
		if p.Reason != "" {
			s["error"] = p.Reason
		}
		if len(p.Details) > 0 {
			s["metadata"] = p.Details
		}
		services[p.Name] = s
	}
	type overlay struct {
		Name        string    `json:"name"`
		Page        string    `json:"page"`
		JoinedAt    time.Time `json:"joined_at"`
		SocketID    string    `json:"socket_id"`
		Environment string    `json:"environment"`
		Latency     *float64  `json:"latency"`
		Drops       uint64    `json:"drops"`
	}
	overlays := []overlay{}
	h.mu.Lock()
	if t := h.topics[streamOverlays]; t != nil {
		for s := range t.members {
			overlays = append(overlays, overlay{s.overlayType, s.page, s.connected, s.id, s.environment, s.latency.Load(), s.drops.Load()})
		}
	}
	h.mu.Unlock()
	t := map[string]any{
		"timestamp": now.UnixMilli(), "services": services, "system": h.systemTelemetry(now), "overlays": overlays,
		"hub": h.Status().Details, "bus": h.o.Bus.Stats(),
	}
	if speech := h.speech.get(ctx, h, now); speech != nil {
		t["transcription"] = speech
	}
	return t
}

func getTelemetry(ctx context.Context, c ask) (any, error) { return c.h.telemetry(ctx), nil }

func systemServices(_ context.Context, c ask) (any, error) { return c.h.parts(), nil }

func systemStatus(_ context.Context, c ask) (any, error) {
	health := c.h.Health()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	up := time.Since(c.h.started)
	services, well := map[string]any{}, 0
	for _, p := range health.Parts {
		services[p.Name] = p.State
		if p.State == event.Running || p.State == event.Waiting {
			well++
		}
	}
	percent := 100.0
	if n := len(health.Parts); n > 0 {
		percent = 100 * float64(well) / float64(n)
	}
	return map[string]any{
		"status":    health.Status,
		"timestamp": time.Now().UTC().Format(timeFormat),
		"uptime":    map[string]any{"seconds": int64(up.Seconds()), "formatted": up.Round(time.Second).String()},
		"memory":    map[string]any{"total": m.Sys, "processes": m.HeapInuse, "system": m.Sys - m.HeapInuse},
		"services":  services,
		"summary":   map[string]any{"healthy_services": well, "total_services": len(health.Parts), "health_percentage": percent},
	}, nil
}

// hourCount is how much was said in an hour.
type hourCount struct {
	Hour  string `json:"hour"`
	Count int    `json:"count"`
}

// speechFigures sum up a day of speech, once a minute at most.
type speechFigures struct {
	busy chan struct{} // holds a token while one counts; guards the rest
	at   time.Time
	last map[string]any
}

// get gives the figures, or nil when there is no store. While another counts it
// gives none rather than wait longer than ctx.
func (f *speechFigures) get(ctx context.Context, h *Hub, now time.Time) map[string]any {
	if h.o.History == nil || h.o.Figures == nil {
		return nil
	}
	select {
	case f.busy <- struct{}{}:
		defer func() { <-f.busy }()
	case <-ctx.Done():
		return nil
	}
	if now.Sub(f.at) < speechSpan {
		return f.last
	}
	ctx, cancel := context.WithTimeout(ctx, commandWait/2)
	defer cancel()
	f.at = now // also after an error: it is not asked again and again
	figures, err := h.countSpeech(ctx, now)
	if err != nil {
		h.log.Warn("figures of speech could not be read", "error", err)
		return f.last
	}
	f.last = figures
	return figures
}

func (h *Hub) countSpeech(ctx context.Context, now time.Time) (map[string]any, error) {
	from := now.Add(-24 * time.Hour)
	sum, err := h.o.Figures.TranscriptStats(ctx, from, now)
	if err != nil {
		return nil, err
	}
	q := event.Query{From: from, To: now, Types: []event.Type{event.TranscriptionFinal{}.EventType()}, Limit: speechPage}
	var said []event.Event // newest first
	for {
		page, err := h.o.History.Events(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, hit := range page.Hits {
			said = append(said, hit.Event)
		}
		if q.Cursor = page.Next; q.Cursor == "" || len(said) >= speechMost {
			break
		}
	}
	return sumSpeech(now, sum, said), nil
}

// sumSpeech makes the figures of said, which is newest first. Where no transcript
// has a confidence there is none: it is not invented.
func sumSpeech(now time.Time, sum event.TranscriptStats, said []event.Event) map[string]any {
	var low, high, total, older, newer float64
	var with, letters, nOlder, nNewer, few, some, many int
	half := now.Add(-12 * time.Hour)
	byHour := map[time.Time]int{}
	quarter := max((len(said)+3)/4, 1)
	var newest struct {
		confidence float64
		with, n    int
		letters    int
	}
	for i, ev := range said {
		p, ok := ev.Payload.(event.TranscriptionFinal)
		if !ok {
			continue
		}
		letters += len([]rune(p.Message))
		byHour[ev.Time.Truncate(time.Hour)]++
		if i < quarter {
			newest.n++
			newest.letters += len([]rune(p.Message))
		}
		if p.Confidence == nil {
			continue
		}
		c := *p.Confidence
		if with == 0 {
			low, high = c, c
		}
		with++
		low, high, total = min(low, c), max(high, c), total+c
		switch {
		case c >= 0.8:
			many++
		case c >= 0.5:
			some++
		default:
			few++
		}
		if ev.Time.Before(half) {
			older, nOlder = older+c, nOlder+1
		} else {
			newer, nNewer = newer+c, nNewer+1
		}
		if i < quarter {
			newest.with++
			newest.confidence += c
		}
	}
	confidence := map[string]any{"average": nil, "min": nil, "max": nil, "distribution": map[string]int{"high": many, "medium": some, "low": few}}
	if with > 0 {
		confidence["average"], confidence["min"], confidence["max"] = total/float64(with), low, high
	}
	trend := "stable"
	if nOlder > 0 && nNewer > 0 {
		switch d := newer/float64(nNewer) - older/float64(nOlder); {
		case d > 0.05:
			trend = "improving"
		case d < -0.05:
			trend = "declining"
		}
	}
	quality := "stable"
	if newest.with > 0 {
		c, l := newest.confidence/float64(newest.with), float64(newest.letters)/float64(newest.n)
		switch {
		case c >= 0.8 && l > 20:
			quality = "excellent"
		case c > 0.7 && l > 10:
			quality = "good"
		case c > 0.7:
			quality = "acceptable"
		default:
			quality = "needs_attention"
		}
	}
	volume := make([]hourCount, 24)
	for i := range volume {
		hour := now.Truncate(time.Hour).Add(time.Duration(i-23) * time.Hour)
		volume[i] = hourCount{hour.UTC().Format(timeFormat), byHour[hour.UTC()]}
	}
	average := 0.0
	if sum.Count > 0 {
		average = sum.Duration / float64(sum.Count)
	}
	return map[string]any{
		"timestamp":                now.UnixMilli(),
		"total_transcriptions_24h": sum.Count,
		"confidence":               confidence,
		"duration":                 map[string]any{"total_seconds": sum.Duration, "average_duration": average, "total_text_length": letters},
		"trends":                   map[string]any{"confidence_trend": trend, "hourly_volume": volume, "quality_trend": quality},
	}
}
