package hub

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"strconv"
	"strings"
	"time"

	"landale/event"
)

// The commands that the hub answers itself.

// ping gives the payload back, with what a client needs to measure the way.
func ping(_ context.Context, c ask) (any, error) {
	var o map[string]json.RawMessage
	if json.Unmarshal(c.payload, &o) != nil || o == nil {
		o = map[string]json.RawMessage{"payload": c.payload}
	}
	o = maps.Clone(o)
	o["pong"] = json.RawMessage("true")
	o["timestamp"] = encode(time.Now().UTC().Format(timeFormat))
	o["topic"] = encode(c.place.topic)
	return o, nil
}

func latency(_ context.Context, c ask) (any, error) {
	var p struct {
		MS float64 `json:"ms"`
	}
	if err := json.Unmarshal(c.payload, &p); err != nil {
		return nil, err
	}
	c.s.latency.Store(&p.MS)
	c.h.crowdChanged.Store(true)
	return struct{}{}, nil
}

func shout(_ context.Context, c ask) (any, error) {
	c.h.mu.Lock()
	defer c.h.mu.Unlock()
	c.h.push(c.h.topics[c.place.topic], "shout", c.payload)
	return struct{}{}, nil
}

func broadcast(_ context.Context, c ask) (any, error) {
	if _, err := members(c.payload); err != nil {
		return nil, err
	}
	c.h.mu.Lock()
	defer c.h.mu.Unlock()
	t := c.h.topics[c.place.topic]
	if t == nil {
		return map[string]int{"receivers": 0}, nil // it left meanwhile
	}
	c.h.push(t, c.name, c.payload)
	return map[string]int{"receivers": len(t.members)}, nil
}

// debugEvent passes on what a page has to say. The log gets its type only: a page
// may say what was typed in chat.
func debugEvent(_ context.Context, c ask) (any, error) {
	var p struct {
		Type string          `json:"type"`
		Data json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(c.payload, &p); err != nil {
		return nil, err
	}
	c.h.mu.Lock()
	page := c.s.page
	c.h.mu.Unlock()
	c.h.log.Info("page reports", "type", p.Type, "page", page, "client", c.s.id, "correlation_id", string(c.s.correlation))
	if p.Data == nil {
		p.Data = json.RawMessage("null")
	}
	c.h.pushRooms("debug_event", map[string]any{
		"type": p.Type, "data": p.Data, "page": page, "client": c.s.id, "timestamp": time.Now().UTC().Format(timeFormat),
	})
	return struct{}{}, nil
}

func service(c ask) (string, error) {
	var p struct {
		Service string `json:"service"`
	}
	err := json.Unmarshal(c.payload, &p)
	return p.Service, err
}

func restart(ctx context.Context, c ask) (any, error) {
	name, err := service(c)
	if err != nil {
		return nil, err
	}
	if c.h.o.Parts == nil {
		return nil, errUnavailable("restart")
	}
	if err := c.h.o.Parts.Restart(ctx, name); errors.Is(err, event.ErrNotFound) {
		return nil, invalidService(name)
	} else if err != nil {
		return nil, err
	}
	p, _ := c.h.part(name)
	c.h.log.Info("part restarted on request", "service", name, "client", c.s.id, "correlation_id", string(c.s.correlation))
	c.h.pushTo(dashboardServices, "service_restarting", map[string]any{
		"service": name, "action": "restart", "response": p, "timestamp": time.Now().UTC().Format(timeFormat),
	})
	return p, nil
}

func getStatus(_ context.Context, c ask) (any, error) {
	name, err := service(c)
	if err != nil {
		return nil, err
	}
	p, ok := c.h.part(name)
	if !ok {
		return nil, invalidService(name)
	}
	return p, nil
}

func invalidService(name string) error {
	return &Error{Code: "invalid_service", Message: "there is no part " + strconv.Quote(name)}
}

func (h *Hub) part(name string) (event.Part, bool) {
	for _, p := range h.parts() {
		if p.Name == name {
			return p, true
		}
	}
	return event.Part{}, false
}

// greeting is a push that whoever joins gets first.
type greeting struct {
	push    string
	payload any
}

// greetings are what a topic says after a join, beside its state.
func (h *Hub) greetings(p place) []greeting {
	at := time.Now().UTC().Format(timeFormat)
	switch p.pattern {
	case transcriptionLive:
		return []greeting{{"connection_established", map[string]any{"type": "transcription:live", "timestamp": at, "status": "connected"}}}
	case transcriptionOne:
		return []greeting{{"connection_established", map[string]any{"type": "transcription:session", "session_id": p.arg, "timestamp": at, "status": "connected"}}}
	case dashboardServices:
		return []greeting{{"health_update", h.healthUpdate(time.Now())}}
	case overlayType:
		data := map[string]any{"connected": true}
		switch p.arg {
		case "obs", "twitch":
			part, ok := h.part(p.arg)
			data["connected"], data["status"] = ok && part.State == event.Running, cmp.Or(string(part.State), "absent")
		case "system":
			data["timestamp"] = at
		}
		return []greeting{{"initial_state", map[string]any{"type": p.arg, "data": data}}}
	}
	return nil
}

// submitTranscription publishes what another recogniser heard as an ordinary
// final transcript: published first, stored beside it.
func submitTranscription(_ context.Context, c ask) (any, error) {
	var p struct {
		Timestamp  time.Time       `json:"timestamp"`
		Duration   json.RawMessage `json:"duration"`
		Text       string          `json:"text"`
		SourceID   string          `json:"source_id"`
		SegmentID  string          `json:"segment_id"`
		Session    string          `json:"stream_session_id"`
		Confidence *float64        `json:"confidence"`
		Metadata   map[string]any  `json:"metadata"`
	}
	if err := json.Unmarshal(c.payload, &p); err != nil {
		return nil, &Error{Code: "invalid_payload", Message: jsonProblem(err)}
	}
	if p.Timestamp.Year() < 1970 || p.Timestamp.Year() > 9999 {
		return nil, invalidFields("validation_failed", "submit_transcription: the payload is not valid",
			[]event.FieldError{{Field: "timestamp", Message: "must be a time from 1970 to 9999"}})
	}
	duration, _ := number(p.Duration, true) // checked by the table's rules
	if p.Session == "" && c.place.pattern == transcriptionOne {
		p.Session = c.place.arg
	}
	said := event.TranscriptionFinal{Transcript: event.Transcript{
		SegmentID:       p.SegmentID,
		SourceName:      p.SourceID,
		StreamSessionID: p.Session,
		Message:         strings.ToValidUTF8(p.Text, "\uFFFD"),
		Duration:        duration,
		Confidence:      p.Confidence,
		IsFinal:         true,
		Metadata:        p.Metadata,
	}}
	if c.h.o.Said != nil {
		if err := c.h.o.Said(p.Timestamp, &said.Transcript); err != nil {
			return nil, &Error{Code: "refused", Message: err.Error()}
		}
	}
	if err := event.Validate(said); err != nil {
		return nil, err
	}
	ev := event.New(event.Audio, p.Timestamp, said)
	ev.SourceID, ev.CorrelationID = p.SourceID, c.s.correlation
	ev, _ = c.h.o.Bus.Publish(ev) // its id is new
	return map[string]any{"transcription_id": ev.ID}, nil
}

// spoken lists final transcripts.
func (h *Hub) spoken(ctx context.Context, q event.Query) ([]event.Event, error) {
	if h.o.History == nil {
		return nil, errUnavailable("history")
	}
	q.Types = []event.Type{event.TranscriptionFinal{}.EventType()}
	q.Tests = true
	page, err := h.o.History.Events(ctx, q)
	if err != nil {
		return nil, err
	}
	list := make([]event.Event, len(page.Hits))
	for i, hit := range page.Hits {
		list[i] = hit.Event
	}
	return list, nil
}

func getRecent(ctx context.Context, c ask) (any, error) {
	p := struct {
		Minutes *float64 `json:"minutes"`
	}{}
	if err := json.Unmarshal(c.payload, &p); err != nil {
		return nil, err
	}
	minutes := 5.0
	if p.Minutes != nil {
		minutes = *p.Minutes
	}
	q := event.Query{From: time.Now().Add(-time.Duration(minutes * float64(time.Minute))), Limit: 1000}
	if c.place.pattern == transcriptionOne {
		q.Session = c.place.arg
	}
	list, err := c.h.spoken(ctx, q)
	if err != nil {
		return nil, err
	}
	return map[string]any{"transcriptions": list, "count": len(list)}, nil
}

func getSession(ctx context.Context, c ask) (any, error) {
	if c.place.pattern != transcriptionOne {
		return nil, &Error{Code: "invalid_parameters", Message: "get_session_transcriptions is asked on transcription:session:<id>"}
	}
	var p struct {
		Limit json.RawMessage `json:"limit"`
	}
	if err := json.Unmarshal(c.payload, &p); err != nil {
		return nil, err
	}
	limit := 100
	if n, ok := number(p.Limit, true); ok {
		limit = int(n)
	}
	list, err := c.h.spoken(ctx, event.Query{Session: c.place.arg, Oldest: true, Limit: limit})
	if err != nil {
		return nil, err
	}
	return map[string]any{"session_id": c.place.arg, "transcriptions": list, "count": len(list)}, nil
}
