package hub

import (
	"sort"

	"landale/event"
)

// ring keeps the newest events for clients that come back. It has every event
// after start, up to the hub's position.
type ring struct {
	events []event.Event // oldest at head
	head   int
	size   int
	start  uint64 // Seq of the newest event that is no longer in it
	stored uint64 // Seq of the newest one among those that the store keeps
}

func newRing(size int, start uint64) ring {
	size = max(size, 0)
	return ring{events: make([]event.Event, 0, min(size, 256)), size: size, start: start}
}

func (r *ring) at(i int) *event.Event { return &r.events[(r.head+i)%len(r.events)] }

func (r *ring) add(ev event.Event) {
	if len(r.events) < r.size {
		r.events = append(r.events, ev)
		return
	}
	if r.size == 0 {
		r.gone(ev)
		return
	}
	r.gone(r.events[r.head])
	r.events[r.head] = ev
	r.head = (r.head + 1) % r.size
}

func (r *ring) gone(ev event.Event) {
	r.start = ev.Seq
	if event.Stored(ev) {
		r.stored = ev.Seq
	}
}

// clear forgets everything up to seq, of which stored is the newest that the
// store keeps.
func (r *ring) clear(seq, stored uint64) {
	r.events, r.head = r.events[:0], 0
	r.start, r.stored = max(r.start, seq), max(r.stored, stored)
}

// after copies at most limit events that come after seq; ok is false when older
// ones than it has come after seq too.
func (r *ring) after(seq uint64, limit int) (evs []event.Event, ok bool) {
	if seq < r.start {
		return nil, false
	}
	n := len(r.events)
	i := sort.Search(n, func(i int) bool { return r.at(i).Seq > seq })
	for ; i < n && len(evs) < limit; i++ {
		evs = append(evs, *r.at(i))
	}
	return evs, true
}
