package twitch

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"landale/event"
)

// The kinds of messages on an EventSub socket.
const (
	welcomeMessage    = "session_welcome"
	keepaliveMessage  = "session_keepalive"
	reconnectMessage  = "session_reconnect"
	revocationMessage = "revocation"
	notification      = "notification"
)

// message is what comes on an EventSub socket.
type message struct {
	Metadata struct {
		ID        string    `json:"message_id"`
		Kind      string    `json:"message_type"`
		Timestamp looseTime `json:"message_timestamp"`
		Type      string    `json:"subscription_type"`
	} `json:"metadata"`
	Payload struct {
		Session      *sessionInfo      `json:"session"`
		Subscription *subscriptionInfo `json:"subscription"`
		Event        json.RawMessage   `json:"event"`
	} `json:"payload"`

	scanned string // the event again, known to be valid; "" if it is not
}

type sessionInfo struct {
	ID               string `json:"id"`
	KeepaliveSeconds int    `json:"keepalive_timeout_seconds"`
	ReconnectURL     string `json:"reconnect_url"`
}

type subscriptionInfo struct {
	ID     string `json:"id"`
	Status string `json:"status"`
	Type   string `json:"type"`
}

// readMessage takes a message's envelope apart. A field of a wrong type that is
// not needed does not make the message unreadable.
func readMessage(data []byte) (message, error) {
	if m, ok := scanMessage(data); ok {
		return m, nil
	}
	var m message
	err := json.Unmarshal(data, &m)
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		err = nil // the rest is there
	}
	if err == nil && m.Metadata.Kind == "" {
		err = errors.New("no message_type")
	}
	if err != nil {
		return m, fmt.Errorf("read a message: %w", err)
	}
	return m, nil
}

// looseTime reads a time as Twitch writes it, also one without a zone, which is
// taken for UTC. What is no time is the zero time, never an error.
type looseTime struct{ time.Time }

func (t *looseTime) UnmarshalJSON(data []byte) error {
	t.Time = time.Time{}
	if len(data) < 2 || data[0] != '"' {
		return nil
	}
	t.Time, _ = parseTime(string(data[1 : len(data)-1]))
	return nil
}

func parseTime(s string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999"} {
		if t, err := time.Parse(layout, s); err == nil && t.Year() >= 1970 && t.Year() <= 9999 {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// normaliser makes flat events of notifications.
type normaliser struct {
	prefix  string // of the channel's own emotes
	channel string // the login that stands as source id
}

// event makes the event of a notification. It always makes one: what does not
// fit its type's struct is mended as far as that goes without inventing
// anything, and what then still lacks a needed field keeps its JSON as an unknown
// payload. odd says what was not as Twitch documents it, or is nil.
func (n normaliser) event(m message, now time.Time) (ev event.Event, odd error) {
	kind := m.Metadata.Type
	if kind == "" && m.Payload.Subscription != nil {
		kind = m.Payload.Subscription.Type
	}
	p, odd := n.payload(event.Type(kind), m)
	at := m.Metadata.Timestamp.Time
	if at.IsZero() {
		at = now
	}
	ev = event.New(event.Twitch, at, p)
	if id := m.Metadata.ID; id != "" && len(id) <= event.MaxIDLen {
		ev = ev.WithID(event.ID(id))
	}
	ev.SourceID = n.channel
	ev.Raw = m.Payload.Event
	return ev, odd
}

// payload makes the flat payload of a notification's event.
func (n normaliser) payload(kind event.Type, m message) (event.Payload, error) {
	object := m.Payload.Event
	if !validKind(kind) {
		u, _ := n.unknown("twitch.unknown", object)
		return u, fmt.Errorf("%q is no type", kind)
	}
	shape, known := shapes[kind]
	if !known {
		return n.unknown(kind, object)
	}
	var p event.Payload
	var err error
	if chat, ok := n.scannedChat(kind, m.scanned); ok {
		p = chat
	} else {
		p, err = shape(n, object)
	}
	if err != nil {
		mended, changed := mend(object, func(member []byte) error { _, err := shape(n, member); return err })
		if p, err = shape(n, mended); err != nil || len(changed) == 0 {
			u, _ := n.unknown(kind, object)
			return u, fmt.Errorf("%s: not as documented", kind)
		}
		err = fmt.Errorf("%s: %v not as documented", kind, changed)
	}
	if invalid := event.Validate(p); invalid != nil {
		if lacks(invalid) {
			u, _ := n.unknown(kind, object)
			return u, invalid
		}
		// Twitch may allow tomorrow what the catalogue does not know today; an alert
		// is worth more than a rule.
		err = invalid
	}
	return p, err
}

func (normaliser) unknown(kind event.Type, object []byte) (event.Payload, error) {
	u, err := event.NewUnknown(kind, object)
	if err != nil {
		// A notification without an event, or with one that is no object.
		u, _ = event.NewUnknown(kind, []byte(`{}`))
		return u, fmt.Errorf("%s: no event", kind)
	}
	return u, nil
}

// lacks reports whether a needed field is missing.
func lacks(err error) bool {
	var invalid *event.InvalidError
	if !errors.As(err, &invalid) {
		return false
	}
	for _, f := range invalid.Fields {
		if f.Message == "is missing" {
			return true
		}
	}
	return false
}

// validKind accepts what may be a type: words joined by dots.
func validKind(kind event.Type) bool {
	if kind == "" || len(kind) > 100 || kind[0] == '.' || kind[len(kind)-1] == '.' {
		return false
	}
	for i, r := range kind {
		switch {
		case r == '.' && kind[i-1] != '.':
		case r == '_' || r == '-' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z':
		default:
			return false
		}
	}
	return true
}

// mend puts an object together again from the members that decode by
// themselves; those that do not are tried as a time in UTC, as text and as a
// number, and else left out. It returns the names of what it changed.
func mend(object []byte, decodes func([]byte) error) (mended []byte, changed []string) {
	var members map[string]json.RawMessage
	if json.Unmarshal(object, &members) != nil {
		return nil, nil
	}
	one := func(name string, value []byte) []byte {
		b, _ := json.Marshal(map[string]json.RawMessage{name: value})
		return b
	}
	for name, value := range members {
		if decodes(one(name, value)) == nil {
			continue
		}
		changed = append(changed, name)
		delete(members, name)
		for _, other := range readings(value) {
			if decodes(one(name, other)) == nil {
				members[name] = other
				break
			}
		}
	}
	mended, _ = json.Marshal(members)
	return mended, changed
}

// readings are what a value of a wrong type may have meant.
func readings(value []byte) (list []json.RawMessage) {
	var s string
	if json.Unmarshal(value, &s) != nil {
		var number json.Number
		if json.Unmarshal(value, &number) == nil {
			list = append(list, []byte(`"`+number.String()+`"`))
		}
		return list
	}
	if t, ok := parseTime(s); ok {
		b, _ := t.MarshalJSON()
		list = append(list, b)
	}
	var number json.Number
	if json.Unmarshal([]byte(s), &number) == nil && number != "" {
		list = append(list, []byte(number))
	}
	return list
}
