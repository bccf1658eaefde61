// Package event is the spine of Landale: the envelope that everything that
// happens travels in, one payload struct per type, the catalogue that says what
// a type is, and the Bus that gives events their one order.
//
// It promises three things. Publish never blocks. Every subscriber sees events
// in the order of their Seq. A type that the catalogue does not know keeps its
// JSON and comes back out as it went in.
//
// The package imports nothing but the standard library, and no part imports
// another part: what two parts share stands here.
package event

import (
	"cmp"
	"time"
)

//go:generate go run ./gen

// Type names what happened, spelled as its owner spells it: "channel.follow",
// "obs.current_program_scene_changed", "transcription.final".
type Type string

// Source says who made an event.
type Source string

// The sources. A source that is not in this list is refused when decoding.
const (
	Twitch   Source = "twitch"
	OBS      Source = "obs"
	Audio    Source = "audio"
	AI       Source = "ai"
	IronMON  Source = "ironmon"
	Music    Source = "music"
	System   Source = "system"
	Operator Source = "operator"
)

// Sources lists every source in the order in which the documentation names them.
func Sources() []Source {
	return []Source{Twitch, OBS, Audio, AI, IronMON, Music, System, Operator}
}

// Flags mark events that did not happen just now in the world.
type Flags uint8

// Test events come from simulators and never enter statistics, Replay events
// are shown again, Backfill events were fetched after a gap.
const (
	Test Flags = 1 << iota
	Replay
	Backfill
)

// Has reports whether all of the given flags are set.
func (f Flags) Has(want Flags) bool { return f&want == want }

// Payload is what happened, as a struct whose fields stand on the wire at the
// same level as the core fields. A payload field never shadows a core field.
type Payload interface {
	// EventType is the type that this payload has.
	EventType() Type
}

// Event is the envelope. It is a value: whoever receives one may keep it, and
// nobody changes a payload after Publish.
type Event struct {
	// ID is upstream's own id where it has one (EventSub's message_id), else a
	// UUIDv7.
	ID ID
	// Seq is the event's place in the bus's one order: milliseconds since 1970
	// at Publish << 20 | a counter. It rises strictly, also across restarts and
	// when the clock jumps back, and is the key of the event's row.
	Seq uint64
	// CorrelationID is the id of the socket or event that began the chain. An
	// event that begins one itself has its own ID here.
	CorrelationID ID
	// Time is when it happened at its source, in UTC, in whole milliseconds.
	Time time.Time
	// Type is fixed by the payload.
	Type Type
	// RawType is upstream's spelling ("CurrentProgramSceneChanged"); empty means
	// the same as Type.
	RawType string
	// Source is who made it.
	Source Source
	// SourceID says which one of them: a microphone, an OBS host, a channel. It
	// may be empty.
	SourceID string
	// Flags tell tests, replays and backfills from what happened live.
	Flags Flags
	// Payload holds the type's own fields.
	Payload Payload
	// Raw is upstream's own JSON where it differs from the flat form. It is
	// stored beside the payload and never sent to clients. Nil is usual.
	Raw []byte
}

// New makes an event that happened at the given time, with a fresh id that also
// begins a new chain.
func New(source Source, at time.Time, payload Payload) Event {
	id := NewID(at)
	return Event{
		ID:            id,
		CorrelationID: id,
		Time:          at.UTC().Truncate(time.Millisecond),
		Type:          payload.EventType(),
		Source:        source,
		Payload:       payload,
	}
}

// CausedBy returns the event as a consequence of another: it joins that one's
// chain and inherits its flags, so that what follows from a test is a test.
func (e Event) CausedBy(cause Event) Event {
	e.CorrelationID = cmp.Or(cause.CorrelationID, cause.ID)
	e.Flags |= cause.Flags
	return e
}

// WithID returns the event under upstream's own id. An event that began its
// own chain goes on doing so under the new id.
func (e Event) WithID(id ID) Event {
	if e.CorrelationID == e.ID {
		e.CorrelationID = id
	}
	e.ID = id
	return e
}

// Begins reports whether the event begins its chain, that is, was not caused by
// another one.
func (e Event) Begins() bool { return e.CorrelationID == e.ID || e.CorrelationID == "" }
