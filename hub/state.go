package hub

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"strconv"
	"time"

	"landale/event"
)

const timeFormat = event.TimeFormat

const (
	stateSpan = 50 * time.Millisecond  // a state document is pushed at most so often
	slowSpan  = 250 * time.Millisecond // what changes all the time, at most so often
	behind    = 50                     // items that wait for a client which is spared state pushes
)

// slowMembers change with every heartbeat.
var slowMembers = map[string]bool{"parts": true, "clients": true, "bus": true, "telemetry": true}

// stateDoc is one state that pages render: members with a version that rises by
// one with each push. The hub's mutex guards it.
type stateDoc struct {
	name    string
	version uint64
	members map[string]json.RawMessage
	dirty   map[string]bool // since the last push
	pushed  time.Time
	slow    time.Time // when slow members were pushed
}

func newDocuments() map[string]*stateDoc {
	make := func(name string, members map[string]any) *stateDoc {
		d := &stateDoc{name: name, version: 1, members: map[string]json.RawMessage{}, dirty: map[string]bool{}}
		for k, v := range members {
			d.members[k] = encode(v)
		}
		return d
	}
	// What a page shows until the part that owns the state says something else.
	return map[string]*stateDoc{
		"dashboard": make("dashboard", map[string]any{
			"parts": []event.Part{}, "clients": []Client{}, "problems": []event.Problem{},
			"bus": event.BusStats{Subscribers: []event.SubscriptionStats{}}, "telemetry": struct{}{},
		}),
		"stream": make("stream", map[string]any{
			"show":     map[string]any{"id": "variety", "name": "Variety", "category_id": "", "category_name": "", "title": "", "changed_at": nil},
			"layers":   map[string]any{"foreground": nil, "midground": nil, "background": nil},
			"ticker":   map[string]any{"list": []any{}, "index": 0, "next_at": nil},
			"takeover": nil,
		}),
		"queue": make("queue", map[string]any{
			"queue":         []any{},
			"metrics":       map[string]any{"total_items": 0, "active_items": 0, "pending_items": 0, "average_wait_time": 0, "last_processed": nil},
			"is_processing": false,
		}),
	}
}

// SetState replaces one top-level member of a state document ("dashboard",
// "stream" or "queue"). Clients hear of it when it differs from before: at once,
// or together with what follows within 50 ms (parts, clients, bus and telemetry:
// 250 ms). A document that does not exist, or a value that is not JSON, is a bug
// of the caller and is logged.
func (h *Hub) SetState(doc, member string, value any) {
	b, err := json.Marshal(value)
	if err != nil {
		h.log.Error("state could not be encoded", "state", doc, "member", member, "error", err)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	d := h.documents[doc]
	if d == nil {
		h.log.Error("no such state", "state", doc, "member", member)
		return
	}
	if bytes.Equal(d.members[member], b) {
		return
	}
	d.members[member] = b
	d.dirty[member] = true
	select {
	case h.changed <- struct{}{}:
	default:
	}
}

// State is the full snapshot for GET /api/state:
// {epoch, seq, dashboard:{version,…}, stream:{version,…}, queue:{version,…}}.
func (h *Hub) State() any {
	h.refresh()
	h.mu.Lock()
	defer h.mu.Unlock()
	all := map[string]any{"epoch": h.epoch, "seq": strconv.FormatUint(h.Seq(), 10)}
	for name, d := range h.documents {
		m := make(map[string]any, len(d.members)+1)
		for k, v := range d.members {
			m[k] = v
		}
		m["version"] = d.version
		all[name] = m
	}
	return all
}

// fullPush is the name of the push that carries a whole document.
func fullPush(doc string) string {
	switch doc {
	case "stream":
		return "stream_state"
	case "queue":
		return "queue_state"
	}
	return "initial_state"
}

// full is a whole document as its push carries it; the hub's mutex is held.
func (h *Hub) full(doc string, now time.Time) json.RawMessage {
	d := h.documents[doc]
	at := now.UTC().Format(timeFormat)
	if doc == "dashboard" {
		return encode(struct {
			Connected bool                       `json:"connected"`
			Timestamp string                     `json:"timestamp"`
			Epoch     string                     `json:"epoch"`
			Seq       string                     `json:"seq"`
			Version   uint64                     `json:"version"`
			State     map[string]json.RawMessage `json:"state"`
		}{true, at, h.epoch, strconv.FormatUint(h.Seq(), 10), d.version, d.members})
	}
	m := make(map[string]any, len(d.members)+3)
	for k, v := range d.members {
		m[k] = v
	}
	m["epoch"], m["version"], m["server_time"] = h.epoch, d.version, at
	return encode(m)
}

// requestState answers with the document of the topic, and pushes it, so that a
// page has one place that takes it.
func requestState(_ context.Context, c ask) (any, error) {
	c.h.mu.Lock()
	defer c.h.mu.Unlock()
	doc := c.place.document()
	full := c.h.full(doc, time.Now())
	if m := c.s.joined[c.place.topic]; m != nil {
		m.stale = false
		c.s.send(m.joinRef, nil, c.place.topic, fullPush(doc), full)
	}
	return full, nil
}

// pushStates pushes what changed in the documents until ctx ends.
func (h *Hub) pushStates(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-h.changed:
		case <-timer.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		if wait := h.pushDue(time.Now()); wait > 0 {
			timer.Reset(wait)
		}
	}
}

// pushDue pushes what may be pushed now and says when to look again; 0 means
// that nothing waits.
func (h *Hub) pushDue(now time.Time) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	var next time.Duration
	later := func(at time.Time) {
		if d := max(at.Sub(now), time.Millisecond); next == 0 || d < next {
			next = d
		}
	}
	for _, d := range h.documents {
		set := map[string]json.RawMessage{}
		slow := false
		for name := range d.dirty {
			if slowMembers[name] {
				if at := d.slow.Add(slowSpan); now.Before(at) {
					later(at)
					continue
				}
				slow = true
			}
			if at := d.pushed.Add(stateSpan); now.Before(at) {
				later(at)
				continue
			}
			set[name] = d.members[name]
		}
		if len(set) > 0 {
			maps.DeleteFunc(d.dirty, func(name string, _ bool) bool { return set[name] != nil })
			d.version++
			d.pushed = now
			if slow {
				d.slow = now
			}
		}
		if h.pushDocument(d, set, now) {
			later(now.Add(slowSpan))
		}
	}
	return next
}

// pushDocument pushes a change, if there is one, to whoever shows the document,
// and the whole document to whoever was spared a change and has caught up. It
// reports whether some are still behind.
func (h *Hub) pushDocument(d *stateDoc, set map[string]json.RawMessage, now time.Time) (waiting bool) {
	var patch, full [forms][]byte
	var patchJSON, fullJSON []byte
	show := func(t *topic) {
		// The name of a room is part of a message.
		patch, full = [forms][]byte{}, [forms][]byte{}
		for _, m := range t.members {
			if len(set) == 0 && !m.stale {
				continue
			}
			if m.s.out.waiting() >= behind {
				if len(set) > 0 {
					m.s.drops.Add(1)
				}
				m.stale, waiting = true, true
				continue
			}
			f := m.s.currentForm()
			if m.patches && !m.stale {
				if patchJSON == nil {
					patchJSON = encode(struct {
						State   string                     `json:"state"`
						Epoch   string                     `json:"epoch"`
						Version uint64                     `json:"version"`
						Base    uint64                     `json:"base"`
						Set     map[string]json.RawMessage `json:"set"`
					}{d.name, h.epoch, d.version, d.version - 1, set})
				}
				if patch[f] == nil {
					patch[f] = appendMessage(nil, f, nil, nil, t.topic, "state_patch", patchJSON)
				}
				m.s.out.put(patch[f])
				continue
			}
			m.stale = false
			if fullJSON == nil {
				fullJSON = h.full(d.name, now)
			}
			if full[f] == nil {
				full[f] = appendMessage(nil, f, nil, nil, t.topic, fullPush(d.name), fullJSON)
			}
			m.s.out.put(full[f])
		}
	}
	switch d.name {
	case "dashboard":
		for t := range h.rooms {
			show(t)
		}
	case "stream":
		if t := h.topics[streamOverlays]; t != nil {
			show(t)
		}
	case "queue":
		if t := h.topics[streamQueue]; t != nil {
			show(t)
		}
	}
	return waiting
}

// refresh looks at everything that the dashboard's document shows of the hub's
// neighbours and of the hub itself.
func (h *Hub) refresh() {
	h.SetState("dashboard", "parts", listed(h.parts()))
	h.SetState("dashboard", "clients", h.Clients())
	h.SetState("dashboard", "problems", h.problems())
	h.SetState("dashboard", "bus", h.o.Bus.Stats())
	h.SetState("dashboard", "telemetry", h.ownTelemetry(time.Now()))
}

func (h *Hub) problems() []event.Problem {
	if h.o.Problems == nil {
		return []event.Problem{}
	}
	return listed(h.o.Problems())
}
