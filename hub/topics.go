package hub

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"landale/event"
)

// The patterns of the topics that can be joined, as documents and the table of
// commands name them.
const (
	dashboardServices = "dashboard:services"
	dashboardLogs     = "dashboard:logs"
	dashboardRoom     = "dashboard:<room>"
	eventsFilter      = "events:<filter>"
	overlayBroadcast  = "overlay:broadcast"
	overlayType       = "overlay:<type>"
	streamOverlays    = "stream:overlays"
	streamQueue       = "stream:queue"
	transcriptionLive = "transcription:live"
	transcriptionOne  = "transcription:session:<id>"
	audioLevels       = "audio:levels"

	// What a command may be listed under beside a topic.
	streamAny        = "stream:*"
	transcriptionAny = "transcription:*"
	anyTopic         = "*"
)

// Topics lists the patterns of the topics that can be joined, in the order of
// the documentation.
func Topics() []string {
	return []string{dashboardServices, dashboardLogs, dashboardRoom, eventsFilter, overlayBroadcast, overlayType,
		streamOverlays, streamQueue, transcriptionLive, transcriptionOne, audioLevels}
}

// place is a topic that can be joined.
type place struct {
	topic   string
	pattern string
	arg     string // what stands for the <…>
}

// document is the state document that the topic shows, or "".
func (p place) document() string {
	switch p.pattern {
	case dashboardRoom:
		return "dashboard"
	case streamOverlays:
		return "stream"
	case streamQueue:
		return "queue"
	}
	return ""
}

// allRooms is what event.Deliveries calls the rooms of the dashboard together.
const allRooms = "dashboard:*"

// feed is the topic under which the hub remembers the newest event of a place.
func (p place) feed() string {
	switch p.pattern {
	case dashboardRoom:
		return allRooms
	case transcriptionOne:
		return transcriptionLive // sessions would never be forgotten
	}
	return p.topic
}

// covers reports whether commands listed under key are asked here.
func (p place) covers(key string) bool {
	return key == p.pattern || key == anyTopic ||
		strings.HasSuffix(key, ":*") && strings.HasPrefix(p.topic, key[:len(key)-1])
}

// findPlace takes a topic apart, or says why it cannot be joined.
func findPlace(topic string) (place, error) {
	p := place{topic: topic}
	group, rest, ok := strings.Cut(topic, ":")
	p.arg = rest
	if !ok || rest == "" {
		return p, errors.New("unknown topic: want one of " + strings.Join(Topics(), ", "))
	}
	switch group {
	case "dashboard":
		switch rest {
		case "services":
			p.pattern = dashboardServices
		case "logs":
			p.pattern = dashboardLogs
		default:
			p.pattern = dashboardRoom
		}
		return p, nil
	case "events":
		if slices.Contains(event.Filters(), rest) {
			p.pattern = eventsFilter
			return p, nil
		}
		return p, errors.New("unknown filter: want one of " + strings.Join(event.Filters(), ", "))
	case "overlay":
		if rest == "broadcast" {
			p.pattern = overlayBroadcast
			return p, nil
		}
		if slices.Contains(event.OverlayTypes(), rest) {
			p.pattern = overlayType
			return p, nil
		}
		return p, errors.New("unknown overlay: want broadcast or one of " + strings.Join(event.OverlayTypes(), ", "))
	case "stream":
		switch rest {
		case "overlays":
			p.pattern = streamOverlays
			return p, nil
		case "queue":
			p.pattern = streamQueue
			return p, nil
		}
		return p, errors.New("unknown stream topic: want stream:overlays or stream:queue")
	case "audio":
		if topic == audioLevels {
			p.pattern = audioLevels
			return p, nil
		}
		return p, errors.New("unknown audio topic: want " + audioLevels)
	case "transcription":
		if rest == "live" {
			p.pattern = transcriptionLive
			return p, nil
		}
		if id, ok := strings.CutPrefix(rest, "session:"); ok && id != "" {
			p.pattern, p.arg = transcriptionOne, id
			return p, nil
		}
		return p, errors.New("unknown transcription topic: want transcription:live or transcription:session:<id>")
	}
	return p, errors.New("unknown topic: want one of " + strings.Join(Topics(), ", "))
}

// topic is one that somebody joined.
type topic struct {
	place
	members map[*session]*member
	due     []delivery // of the batch at hand; the fan-out's own, under the hub's mutex
}

// member is a session in a topic.
type member struct {
	s       *session
	topic   *topic
	joinRef json.RawMessage
	batch   bool // events come as one push "events"
	patches bool // state comes as patches
	stale   bool // a patch was left out: the full state comes next
}

// enter makes a session a member; the hub's mutex is held.
func (h *Hub) enter(s *session, p place, m *member) {
	t := h.topics[p.topic]
	if t == nil {
		t = &topic{place: p, members: map[*session]*member{}}
		h.topics[p.topic] = t
		if p.pattern == dashboardRoom {
			h.rooms[t] = struct{}{}
		}
	}
	m.s, m.topic = s, t
	t.members[s] = m
	s.joined[p.topic] = m
	h.listening.Add(1)
	if h.o.Joined != nil {
		h.o.Joined(p.topic, s.id, s.page, s.environment)
	}
	h.crowdChanged.Store(true)
}

// leave takes a member out again; the hub's mutex is held.
func (h *Hub) leave(m *member) {
	delete(m.s.joined, m.topic.topic)
	delete(m.topic.members, m.s)
	h.listening.Add(-1)
	if h.o.Left != nil {
		h.o.Left(m.topic.topic, m.s.id)
	}
	h.crowdChanged.Store(true)
	if len(m.topic.members) == 0 {
		delete(h.topics, m.topic.topic)
		delete(h.rooms, m.topic)
	}
}

// push queues a message for everybody in a topic, encoded once for each form;
// the hub's mutex is held.
func (h *Hub) push(t *topic, name string, payload []byte) {
	if t == nil {
		return
	}
	var encoded [forms][]byte
	for _, m := range t.members {
		f := m.s.currentForm()
		if encoded[f] == nil {
			encoded[f] = appendMessage(nil, f, nil, nil, t.topic, name, payload)
		}
		m.s.out.put(encoded[f])
	}
}

// pushTo is push for whoever joined the topic of this name.
func (h *Hub) pushTo(name, push string, payload any) {
	b := encode(payload)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.push(h.topics[name], push, b)
}

// pushRooms is push for every room of the dashboard.
func (h *Hub) pushRooms(push string, payload any) {
	b := encode(payload)
	h.mu.Lock()
	defer h.mu.Unlock()
	for t := range h.rooms {
		h.push(t, push, b)
	}
}
