package event

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// seqShift is how many low bits of a Seq count events within a millisecond.
const seqShift = 20

// recentIDs is how many ids the bus remembers to recognise a repeat: over ten
// minutes of EventSub's redelivery window at 80 events a second. What is older
// the store recognises.
const recentIDs = 50_000

// SeqAt is the lowest Seq that an event published at t can have.
func SeqAt(t time.Time) uint64 { return uint64(max(t.UnixMilli(), 0)) << seqShift }

// SeqTime is when an event with this Seq was published, to the millisecond.
func SeqTime(seq uint64) time.Time { return time.UnixMilli(int64(seq >> seqShift)).UTC() }

// Overflow says what a subscription does with an event when its buffer is full.
type Overflow int

// DropNewest loses the event at hand and keeps those that wait; DropOldest makes
// room for it.
const (
	DropNewest Overflow = iota
	DropOldest
)

// Bus gives events their one order and offers each to every subscriber. All
// methods may be called from any goroutine; none of them waits for a subscriber.
type Bus struct {
	mu     sync.Mutex
	last   uint64
	recent recentSet
	subs   []*Subscription

	published atomic.Uint64
	repeats   atomic.Uint64
}

// NewBus makes a bus whose first event comes after last, the highest Seq that
// any earlier run of the program gave (0 for a new installation).
func NewBus(last uint64) *Bus {
	return &Bus{last: last, recent: newRecentSet(recentIDs)}
}

// Remember tells the bus of ids that were published before this run, so that a
// repeat is recognised after a restart. It keeps the newest ones it has room
// for; give them oldest first.
func (b *Bus) Remember(ids ...ID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, id := range ids {
		b.recent.add(id)
	}
}

// Publish numbers the event, offers it to each subscriber and returns it with
// its Seq. It returns false, and offers nothing, for an event whose ID was
// already published: upstreams deliver at least once. It never blocks.
func (b *Bus) Publish(ev Event) (Event, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.recent.add(ev.ID) {
		b.repeats.Add(1)
		return ev, false
	}
	b.last = max(b.last+1, SeqAt(time.Now()))
	ev.Seq = b.last
	for _, s := range b.subs {
		s.offer(ev)
	}
	b.published.Add(1)
	return ev, true
}

// LastSeq is the Seq of the newest event.
func (b *Bus) LastSeq() uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.last
}

// Subscribe adds a subscriber under a name that telemetry shows. It hears every
// event that wants lets through (nil: all), from the next one on. Size is the
// number of events that may wait for it.
//
// Wants is called inside Publish: it must be quick and must not call the bus.
func (b *Bus) Subscribe(name string, size int, full Overflow, wants func(Event) bool) *Subscription {
	s := &Subscription{bus: b, name: name, full: full, wants: wants, events: make(chan Event, size)}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.subs = append(b.subs, s)
	return s
}

// BusStats is what telemetry shows of the bus.
type BusStats struct {
	Published   uint64              `json:"published"`
	Repeats     uint64              `json:"repeats"`
	Subscribers []SubscriptionStats `json:"subscribers"`
}

// SubscriptionStats is what telemetry shows of one subscriber.
type SubscriptionStats struct {
	Name     string `json:"name"`
	Waiting  int    `json:"waiting"`
	Capacity int    `json:"capacity"`
	Dropped  uint64 `json:"dropped"`
}

// Stats tells how many events were published and how each subscriber keeps up.
func (b *Bus) Stats() BusStats {
	b.mu.Lock()
	defer b.mu.Unlock()
	st := BusStats{Published: b.published.Load(), Repeats: b.repeats.Load(), Subscribers: []SubscriptionStats{}}
	for _, s := range b.subs {
		st.Subscribers = append(st.Subscribers, SubscriptionStats{s.name, len(s.events), cap(s.events), s.Dropped()})
	}
	return st
}

// Subscription is one subscriber's bounded queue.
type Subscription struct {
	bus     *Bus
	name    string
	full    Overflow
	wants   func(Event) bool
	events  chan Event
	dropped atomic.Uint64
}

// Events is the queue. It stays open until Close, also while nobody reads it.
func (s *Subscription) Events() <-chan Event { return s.events }

// Dropped counts the events that were lost because the queue was full.
func (s *Subscription) Dropped() uint64 { return s.dropped.Load() }

// Close ends the subscription. What still waits can be read; then the channel is
// closed. Closing twice is harmless.
func (s *Subscription) Close() {
	s.bus.mu.Lock()
	defer s.bus.mu.Unlock()
	if i := slices.Index(s.bus.subs, s); i >= 0 {
		s.bus.subs = slices.Delete(s.bus.subs, i, i+1)
		close(s.events)
	}
}

// offer is called with the bus's lock held, so it is the only sender.
func (s *Subscription) offer(ev Event) {
	if s.wants != nil && !s.wants(ev) {
		return
	}
	select {
	case s.events <- ev:
		return
	default:
	}
	if s.full == DropOldest {
		// Counted before it is gone: a reader that gets what came after it and then
		// finds the same count may trust that nothing is missing.
		s.dropped.Add(1)
		select {
		case <-s.events:
		default: // the reader was quicker, and nothing is lost
			s.dropped.Add(^uint64(0))
		}
		select {
		case s.events <- ev:
			return
		default: // only a queue of size 0 has no room now
		}
	}
	s.dropped.Add(1)
}

// recentSet remembers the last n ids in a ring.
type recentSet struct {
	ring  []ID
	next  int
	known map[ID]struct{}
}

func newRecentSet(n int) recentSet {
	return recentSet{ring: make([]ID, 0, n), known: make(map[ID]struct{})}
}

// add reports whether the id is new. The empty id always is.
func (r *recentSet) add(id ID) bool {
	if id == "" {
		return true
	}
	if _, seen := r.known[id]; seen {
		return false
	}
	if len(r.ring) < cap(r.ring) {
		r.ring = append(r.ring, id)
	} else {
		delete(r.known, r.ring[r.next])
		r.ring[r.next] = id
		r.next = (r.next + 1) % len(r.ring)
	}
	r.known[id] = struct{}{}
	return true
}
