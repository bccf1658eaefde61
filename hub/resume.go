package hub

import (
	"context"
	"errors"
	"sort"
	"strconv"
	"time"

	"landale/event"
)

const (
	maxMissed      = 10_000          // events of its topic that a client may have missed
	maxMissedBytes = 16 << 20        // and bytes of them
	maxScanned     = 100_000         // events of all topics that are looked through for them: hours of a busy stream
	recallWait     = 3 * time.Second // how long the store may take
	recallPause    = 25 * time.Millisecond
	recallPage     = 1000
	settleTime     = time.Second // a stored event is in the store this long after it was published
	lastStretch    = 64          // events that are encoded while the hub's mutex is held
	replays        = 4           // clients that may be caught up at a time
)

var (
	errFuture    = errors.New("since is later than the newest event")
	errTooMany   = errors.New("more events were missed than are sent again")
	errNoHistory = errors.New("there is no store")
	errLate      = errors.New("the store does not have the newest events yet")
)

// recall reads from the store what was published after seq, page by page. It
// waits until the store has need and, if settled is not zero, until then.
func (h *Hub) recall(ctx context.Context, seq, need uint64, settled time.Time, take func([]event.Event) error) error {
	if h.o.History == nil {
		return errNoHistory
	}
	ctx, cancel := context.WithTimeout(ctx, recallWait)
	defer cancel()
	for {
		// Looked up before the read, so that what was committed since is not missed.
		enough := !time.Now().Before(settled)
		evs, more, err := h.o.History.Since(ctx, seq, recallPage)
		if err != nil {
			return err
		}
		if len(evs) > 0 {
			seq = evs[len(evs)-1].Seq
		}
		if err := take(evs); err != nil {
			return err
		}
		if more {
			continue
		}
		if seq >= need && enough {
			return nil
		}
		select {
		case <-time.After(recallPause):
		case <-ctx.Done():
			return errLate
		}
	}
}

// replay collects what a client missed of one topic while it was away.
type replay struct {
	place place
	form  form
	batch bool
	at    uint64 // everything up to here was looked at
	seen  int
	found int
	bytes int
	items [][]byte
}

// take looks at events in order and keeps those of the topic, as messages.
func (r *replay) take(h *Hub, evs []event.Event) error {
	if r.seen += len(evs); r.seen > maxScanned {
		return errTooMany
	}
	var due []delivery
	for len(evs) > 0 {
		n := min(len(evs), event.MaxBatch)
		due = due[:0]
		for _, ev := range evs[:n] {
			if push, ok := pushIn(r.place, ev); ok {
				due = append(due, newDelivery(ev, push, h.flat(ev)))
			}
			r.at = ev.Seq
		}
		if len(due) > 0 {
			item := appendEvents(nil, r.form, r.place.topic, due, r.batch)
			r.found += len(due)
			r.bytes += len(item)
			if r.found > maxMissed || r.bytes > maxMissedBytes {
				return errTooMany
			}
			r.items = append(r.items, item)
		}
		evs = evs[n:]
	}
	return nil
}

// pushIn is the name of the push of an event in a place; ok is false if it does
// not go there.
func pushIn(p place, ev event.Event) (push string, ok bool) {
	for _, d := range event.Deliveries(ev) {
		if d.Topic == p.topic || d.Topic == allRooms && p.pattern == dashboardRoom {
			return d.Push, true
		}
	}
	return "", false
}

// catchUp brings a replay up to the last stretch before the hub's position. The
// stretch itself is for whoever holds the mutex: see join.
func (h *Hub) catchUp(ctx context.Context, r *replay) error {
	if r.at > h.Seq() {
		return errFuture
	}
	select {
	case h.replaying <- struct{}{}:
		defer func() { <-h.replaying }()
	case <-ctx.Done():
		return ctx.Err()
	}
	for {
		h.mu.Lock()
		if r.at >= h.sure && r.at >= h.newest[r.place.feed()] {
			// A quiet topic: nothing came in it, however long ago its last event was.
			r.at = h.Seq()
		}
		evs, ok := h.ring.after(r.at, recallPage)
		need, start := h.ring.stored, h.ring.start
		h.mu.Unlock()
		switch {
		case !ok:
			// Events of before the hub ran may still be on their way to the store.
			var settled time.Time
			if start == h.began {
				settled = event.SeqTime(start).Add(settleTime)
			}
			err := h.recall(ctx, r.at, need, settled, func(stored []event.Event) error {
				// What comes after start is in the ring, with what the store does not keep.
				n := sort.Search(len(stored), func(i int) bool { return stored[i].Seq > start })
				return r.take(h, stored[:n])
			})
			if err != nil {
				return err
			}
			r.at = start
		case len(evs) <= lastStretch:
			return nil
		default:
			if err := r.take(h, evs); err != nil {
				return err
			}
		}
	}
}

// parseSeq reads a Seq, which travels as text; a number is taken too.
func parseSeq(raw []byte) (uint64, bool) {
	if n := len(raw); n >= 2 && raw[0] == '"' {
		raw = raw[1 : n-1]
	}
	seq, err := strconv.ParseUint(string(raw), 10, 63)
	return seq, err == nil
}
