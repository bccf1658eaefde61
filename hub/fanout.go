package hub

import (
	"context"
	"fmt"
	"strings"
	"time"

	"landale/event"
)

// busQueue is how many events may wait for the hub. It is as long as the default
// ring and holds 80 ms of the fastest flood measured (50,000 a second), more
// than any pause of the fan-out that was seen; what is lost beyond it is read
// from the store, see heal.
const busQueue = 4096

// delivery is one event on its way to one topic.
type delivery struct {
	push  string
	flat  []byte // its wire form
	plain []byte // what the push itself carries, see event.PushJSON
}

func newDelivery(ev event.Event, push string, flat []byte) delivery {
	switch push {
	case "takeover", "takeover_clear", "content_update":
		return delivery{push, flat, event.PushJSON(ev, push)}
	}
	return delivery{push, flat, flat}
}

// fanOut hands events on until ctx ends. It is the only one that moves the hub's
// position.
func (h *Hub) fanOut(ctx context.Context) error {
	event.Batch(ctx, h.sub.Events(), h.cfg.Window, event.Critical, func(evs []event.Event) {
		if lost := h.sub.Dropped(); lost != h.lost {
			h.log.Warn("hub fell behind the bus", "lost", lost-h.lost)
			h.lost = lost
			h.heal(ctx, evs)
			return
		}
		h.deliver(evs)
	})
	return ctx.Err()
}

// heal makes up for events that the bus dropped because the hub was too slow:
// it reads them from the store, so that sessions see a pause and no gap. If the
// store cannot tell in five seconds, every session is closed: one that comes
// back gets what it missed, or a reset.
//
// The bus drops the oldest, so all that is lost is older than the newest event
// that now waits; once the store has that one, it has everything.
func (h *Hub) heal(ctx context.Context, held []event.Event) {
	end := h.o.Bus.LastSeq()
	for len(held) == 0 || held[len(held)-1].Seq < end {
		ev, ok := <-h.sub.Events() // there: end was published, and the oldest are dropped
		if !ok {
			break
		}
		held = append(held, ev)
	}
	h.lost = h.sub.Dropped()
	var need uint64
	for _, ev := range held {
		if event.Stored(ev) {
			need = ev.Seq
		}
	}
	from := h.Seq()
	var missed []event.Event
	err := h.recall(ctx, from, need, time.Time{}, func(evs []event.Event) error {
		missed = append(missed, evs...)
		if len(missed) > maxMissed+busQueue {
			return errTooMany
		}
		return nil
	})
	if err != nil {
		h.log.Error("what the hub lost could not be read again: clients start afresh", "error", err)
		h.mu.Lock()
		h.ring.clear(end, need)
		h.sure = end // what was lost may have been in any topic
		h.seq.Store(max(h.Seq(), end))
		for s := range h.sessions {
			s.out.end(closeMessage(closeBehind, "behind"))
		}
		h.mu.Unlock()
		return
	}
	h.figures.healed.Add(uint64(len(missed)))
	var at uint64
	for len(missed) > 0 {
		n := min(len(missed), event.MaxBatch)
		at = missed[n-1].Seq
		h.deliver(missed[:n])
		missed = missed[n:]
	}
	for len(held) > 0 && held[0].Seq <= at {
		held = held[1:]
	}
	for len(held) > 0 {
		n := min(len(held), event.MaxBatch)
		h.deliver(held[:n])
		held = held[n:]
	}
}

// closeBehind is the close code of a session that the hub itself cannot keep up
// to date.
const closeBehind = 4009

// deliver hands a batch of events, in order, to whoever listens. Each event is
// encoded once, each message once for each form and for clients with and without
// batching. An event that was handed on before is left out.
func (h *Hub) deliver(evs []event.Event) {
	flats := make([][]byte, len(evs))
	if h.listening.Load() > 0 {
		for i, ev := range evs {
			flats[i] = h.flat(ev)
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.touched = h.touched[:0]
	for i, ev := range evs {
		if ev.Seq <= h.seq.Load() {
			continue
		}
		h.seq.Store(ev.Seq)
		h.ring.add(ev)
		if flats[i] == nil && len(h.topics) > 0 {
			flats[i] = h.flat(ev)
		}
		for _, d := range event.Deliveries(ev) {
			if !strings.HasPrefix(d.Topic, "transcription:session:") {
				h.newest[d.Topic] = ev.Seq
			}
			if d.Topic == allRooms {
				for t := range h.rooms {
					h.touch(t, newDelivery(ev, d.Push, flats[i]))
				}
			} else if t := h.topics[d.Topic]; t != nil {
				h.touch(t, newDelivery(ev, d.Push, flats[i]))
			}
		}
	}
	for _, t := range h.touched {
		var encoded [forms][2][]byte
		for _, m := range t.members {
			f, b := m.s.currentForm(), 0
			if m.batch {
				b = 1
			}
			if encoded[f][b] == nil {
				encoded[f][b] = appendEvents(nil, f, t.topic, t.due, m.batch)
			}
			m.s.out.put(encoded[f][b])
			h.figures.deliveries.Add(uint64(len(t.due)))
		}
		t.due = t.due[:0]
	}
	h.figures.fresh.Store(time.Now().UnixMilli())
}

func (h *Hub) touch(t *topic, d delivery) {
	if len(t.due) == 0 {
		h.touched = append(h.touched, t)
	}
	t.due = append(t.due, d)
}

// flat is the event's wire form. A payload that cannot be encoded is a bug of
// its publisher; it costs that event and nothing else.
func (h *Hub) flat(ev event.Event) (b []byte) {
	defer func() {
		if p := recover(); p != nil {
			h.log.Error("event could not be encoded", "event_type", string(ev.Type), "id", string(ev.ID), "error", fmt.Sprint(p))
			ev.Payload = nil
			b = ev.AppendJSON(nil)
		}
	}()
	return ev.AppendJSON(make([]byte, 0, 512))
}

// maxEvents bounds one push "events", in bytes of events.
const maxEvents = 256 << 10

// appendEvents writes a topic's events as messages: one push "events" for a
// client that batches (more only where it would grow large), else one each.
func appendEvents(dst []byte, f form, topic string, due []delivery, batch bool) []byte {
	if !batch {
		for _, d := range due {
			dst = appendMessage(dst, f, nil, nil, topic, d.push, d.plain)
		}
		return dst
	}
	for len(due) > 0 {
		payload := append(make([]byte, 0, 1024), `{"events":[`...)
		n := 0
		for n < len(due) && (n == 0 || len(payload)+len(due[n].flat) < maxEvents) {
			if n > 0 {
				payload = append(payload, ',')
			}
			payload = append(payload, due[n].flat...)
			n++
		}
		due = due[n:]
		dst = appendMessage(dst, f, nil, nil, topic, "events", append(payload, `]}`...))
	}
	return dst
}
