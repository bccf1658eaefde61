package store

import (
	"context"

	"errors"
	"testing"
	"time"

	"landale/event"
)

func change(seq uint64, evs ...event.Event) event.ScreenChange {
	c := event.ScreenChange{Events: evs, State: []byte(`{"a":1}`), Seq: seq}
	for _, ev := range evs {
		c.Taken = append(c.Taken, event.ScreenTaken{Event: ev.ID, Item: "item-" + string(ev.ID)})
		c.Items = append(c.Items, event.ScreenItem{ID: "item-" + string(ev.ID), Source: ev.ID, Open: true, JSON: []byte(`{}`)})
	}
	return c
}

func numbered(ev event.Event, id event.ID) event.Event {
	ev = ev.WithID(id)
	ev.Seq = event.SeqAt(ev.Time)
	return ev
}

func TestScreenAndItsEventAreOne(t *testing.T) {
	s := open(t)
	at := time.Date(2026, 11, 24, 20, 0, 0, 0, time.UTC)
	if screen, err := s.LoadScreen(t.Context()); err != nil || screen.State != nil {
		t.Errorf("got %+v and %v, want nothing in a new file", screen, err)
	}
	a := numbered(follow(at, 1), "a")
	if err := s.SaveScreen(t.Context(), change(a.Seq, a)); err != nil {
		t.Fatal(err)
	}
	// The writer has the same event in its own queue, and stores it once.
	if err := s.write(t.Context(), []event.Event{a}); err != nil {
		t.Fatal(err)
	}
	if n := count(t, s, `SELECT count(*) FROM events`); n != 1 {
		t.Errorf("got %d events, want 1", n)
	}
	screen, err := s.LoadScreen(t.Context())
	if err != nil || string(screen.State) != `{"a":1}` || len(screen.Items) != 1 || screen.Items[0].Source != "a" || len(screen.Missed) != 0 {
		t.Errorf("got %+v and %v", screen, err)
	}
}

// What the writer stored and the director never judged, since the process was
// killed between the two, comes back at the next start.
func TestScreenMissed(t *testing.T) {
	s := open(t)
	at := time.Date(2026, 11, 24, 20, 0, 0, 0, time.UTC)
	before := numbered(follow(at, 1), "before")
	first := numbered(follow(at.Add(time.Minute), 1), "first")
	late := numbered(follow(at.Add(2*time.Minute), 2), "late")
	last := numbered(follow(at.Add(3*time.Minute), 3), "last")
	if err := s.write(t.Context(), []event.Event{before, first, late, last}); err != nil {
		t.Fatal(err)
	}
	for _, ev := range []event.Event{first, last} {
		if err := s.SaveScreen(t.Context(), change(ev.Seq, ev)); err != nil {
			t.Fatal(err)
		}
	}
	screen, err := s.LoadScreen(t.Context())
	if err != nil || len(screen.Missed) != 1 || screen.Missed[0].ID != "late" {
		t.Errorf("got %+v and %v, want the one that was passed over, and nothing from before the first state", screen.Missed, err)
	}
}

func TestScreenTaken(t *testing.T) {
	s := open(t)
	at := time.Date(2026, 11, 24, 20, 0, 0, 0, time.UTC)
	judged, stored := numbered(follow(at, 1), "judged"), numbered(follow(at.Add(time.Second), 2), "stored")
	if err := s.SaveScreen(t.Context(), change(judged.Seq, judged)); err != nil {
		t.Fatal(err)
	}
	if err := s.write(t.Context(), []event.Event{stored}); err != nil {
		t.Fatal(err)
	}
	repeat := stored
	repeat.Seq += 1 << 30
	taken, err := s.ScreenTaken(t.Context(), []event.Event{judged, stored, numbered(follow(at, 3), "new")})
	if err != nil || len(taken) != 1 || !taken["judged"] {
		t.Errorf("got %v and %v, want the judged one alone", taken, err)
	}
	if taken, err = s.ScreenTaken(t.Context(), []event.Event{repeat}); err != nil || !taken["stored"] {
		t.Errorf("got %v and %v, want a repeat of a stored event known", taken, err)
	}
}

func TestScreenItems(t *testing.T) {
	s := open(t)
	at := time.Date(2026, 11, 24, 20, 0, 0, 0, time.UTC)
	for i, id := range []event.ID{"a", "b", "c"} {
		ev := numbered(follow(at.Add(time.Duration(i)*time.Second), i), id)
		if err := s.SaveScreen(t.Context(), change(ev.Seq, ev)); err != nil {
			t.Fatal(err)
		}
	}
	fold := event.ScreenChange{State: []byte(`{}`), Taken: []event.ScreenTaken{{Event: "d", Item: "item-b"}},
		Items: []event.ScreenItem{{ID: "item-c", Open: false, JSON: []byte(`{"how":"finished"}`)}}}
	if err := s.SaveScreen(t.Context(), fold); err != nil {
		t.Fatal(err)
	}
	list, err := s.ScreenItems(t.Context(), "", 2)
	if err != nil || len(list) != 2 || list[0].ID != "item-c" || list[0].Open || list[0].Source != "c" {
		t.Errorf("got %+v and %v", list, err)
	}
	if list, err = s.ScreenItems(t.Context(), "item-b", 2); err != nil || len(list) != 1 || list[0].ID != "item-a" {
		t.Errorf("got %+v and %v", list, err)
	}
	for _, id := range []string{"item-b", "b", "d"} {
		if i, err := s.ScreenItem(t.Context(), id); err != nil || i.ID != "item-b" {
			t.Errorf("%s: got %+v and %v, want item-b", id, i, err)
		}
	}
	if _, err := s.ScreenItem(t.Context(), "x"); !errors.Is(err, event.ErrNotFound) {
		t.Errorf("got %v, want not found", err)
	}
}

// The show goes on while the file is held by somebody else.
func TestScreenDoesNotWaitForEver(t *testing.T) {
	s := open(t)
	hold, err := s.writer.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer hold.Rollback()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := s.SaveScreen(ctx, change(1)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want it to give up", err)
	}
}

// An alert's commit: the event, its place in the queue and the state.
func BenchmarkSaveScreen(b *testing.B) {
	s := open(b)
	at := time.Date(2026, 11, 24, 20, 0, 0, 0, time.UTC)
	state := make([]byte, 0, 4096)
	state = append(state, '"')
	for len(state) < 4000 {
		state = append(state, 'x')
	}
	state = append(state, '"')
	n := 0
	for b.Loop() {
		n++
		ev := follow(at, n)
		ev.Seq = event.SeqAt(at) + uint64(n)
		c := change(ev.Seq, ev)
		c.State = state
		if err := s.SaveScreen(b.Context(), c); err != nil {
			b.Fatal(err)
		}
	}
}
