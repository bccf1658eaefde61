package event

import (
	"fmt"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func plain(id string) Event {
	return New(System, exampleTime, SystemStartup{}).WithID(ID(id))
}

// drain reads what waits.
func drain(s *Subscription) (evs []Event) {
	for {
		select {
		case ev, ok := <-s.Events():
			if !ok {
				return evs
			}
			evs = append(evs, ev)
		default:
			return evs
		}
	}
}

func TestBusOrder(t *testing.T) {
	const publishers, each = 8, 500
	bus := NewBus(0)
	subs := []*Subscription{
		bus.Subscribe("a", publishers*each, DropNewest, nil),
		bus.Subscribe("b", publishers*each, DropOldest, nil),
	}
	var wg sync.WaitGroup
	for p := range publishers {
		wg.Go(func() {
			var last uint64
			for i := range each {
				ev, ok := bus.Publish(plain(fmt.Sprintf("%d-%d", p, i)))
				if !ok || ev.Seq <= last {
					t.Errorf("publisher %d: event %d has Seq %d after %d (%v)", p, i, ev.Seq, last, ok)
				}
				last = ev.Seq
			}
		})
	}
	wg.Wait()
	var orders [2][]Event
	for i, s := range subs {
		orders[i] = drain(s)
		if len(orders[i]) != publishers*each {
			t.Fatalf("subscriber %d got %d events, want %d", i, len(orders[i]), publishers*each)
		}
		for j := 1; j < len(orders[i]); j++ {
			if orders[i][j].Seq <= orders[i][j-1].Seq {
				t.Fatalf("subscriber %d: Seq %d after %d", i, orders[i][j].Seq, orders[i][j-1].Seq)
			}
		}
	}
	for i := range orders[0] {
		if orders[0][i].ID != orders[1][i].ID {
			t.Fatalf("place %d: %s for one subscriber, %s for the other", i, orders[0][i].ID, orders[1][i].ID)
		}
	}
	if got := bus.LastSeq(); got != orders[0][len(orders[0])-1].Seq {
		t.Errorf("LastSeq %d, want the newest event's", got)
	}
}

func TestBusOverflow(t *testing.T) {
	bus := NewBus(0)
	newest := bus.Subscribe("keeps what waits", 3, DropNewest, nil)
	oldest := bus.Subscribe("keeps the new", 3, DropOldest, nil)
	none := bus.Subscribe("no room", 0, DropOldest, nil)
	picky := bus.Subscribe("picky", 3, DropNewest, func(e Event) bool { return e.ID == "4" })
	for i := range 5 {
		bus.Publish(plain(strconv.Itoa(i)))
	}
	for _, tc := range []struct {
		sub     *Subscription
		want    string
		dropped uint64
	}{
		{newest, "[0 1 2]", 2}, {oldest, "[2 3 4]", 2}, {none, "[]", 5}, {picky, "[4]", 0},
	} {
		ids := []ID{}
		waiting := len(tc.sub.Events())
		for _, ev := range drain(tc.sub) {
			ids = append(ids, ev.ID)
		}
		if got := fmt.Sprint(ids); got != tc.want || tc.sub.Dropped() != tc.dropped {
			t.Errorf("%s: got %s with %d dropped, want %s with %d", tc.sub.name, got, tc.sub.Dropped(), tc.want, tc.dropped)
		}
		if waiting != len(ids) {
			t.Errorf("%s: %d waited, got %d", tc.sub.name, waiting, len(ids))
		}
	}
	st := bus.Stats()
	if st.Published != 5 || len(st.Subscribers) != 4 || st.Subscribers[1] != (SubscriptionStats{"keeps the new", 0, 3, 2}) {
		t.Errorf("stats %+v", st)
	}
}

func TestBusRepeats(t *testing.T) {
	bus := NewBus(0)
	sub := bus.Subscribe("s", 10, DropNewest, nil)
	bus.Remember("before the restart")
	for _, tc := range []struct {
		id   string
		want bool
	}{{"a", true}, {"a", false}, {"before the restart", false}, {"b", true}, {"", true}, {"", true}} {
		if _, ok := bus.Publish(plain(tc.id)); ok != tc.want {
			t.Errorf("publish %q: got %v, want %v", tc.id, ok, tc.want)
		}
	}
	if got := len(drain(sub)); got != 4 {
		t.Errorf("got %d events, want 4", got)
	}
	if st := bus.Stats(); st.Repeats != 2 || st.Published != 4 {
		t.Errorf("got %d repeats of %d, want 2 of 4", st.Repeats, st.Published)
	}
}

// The set forgets the oldest ids, never the newest.
func TestRecentSetIsBounded(t *testing.T) {
	r := newRecentSet(3)
	for i := range 10 {
		if !r.add(ID(strconv.Itoa(i))) {
			t.Errorf("%d is new", i)
		}
	}
	if len(r.known) != 3 || r.add("9") || r.add("7") || !r.add("6") {
		t.Errorf("knows %v, want the newest three", r.known)
	}
}

func TestSeqRisesWhenTheClockJumpsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// The last run ended with its clock an hour ahead of ours.
		ahead := SeqAt(time.Now().Add(time.Hour)) + 7
		bus := NewBus(ahead)
		first, _ := bus.Publish(plain("a"))
		second, _ := bus.Publish(plain("b"))
		if first.Seq != ahead+1 || second.Seq != ahead+2 {
			t.Errorf("got %d and %d after %d, want the next two", first.Seq, second.Seq, ahead)
		}
		time.Sleep(2 * time.Hour)
		third, _ := bus.Publish(plain("c"))
		if third.Seq != SeqAt(time.Now()) || !SeqTime(third.Seq).Equal(time.Now()) {
			t.Errorf("got %d of %v, want the clock's %d once it has caught up", third.Seq, SeqTime(third.Seq), SeqAt(time.Now()))
		}
	})
	if SeqAt(time.UnixMilli(-5)) != 0 {
		t.Error("a time before 1970 has Seq 0")
	}
}

func TestCloseWhilePublishing(t *testing.T) {
	bus := NewBus(0)
	var publishers, readers sync.WaitGroup
	stop := make(chan struct{})
	for range 2 {
		publishers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					bus.Publish(New(System, exampleTime, SystemStartup{}))
				}
			}
		})
	}
	for range 50 {
		s := bus.Subscribe("short-lived", 4, DropOldest, nil)
		readers.Go(func() {
			for range s.Events() { // ends when it is closed
			}
		})
		<-time.After(100 * time.Microsecond)
		s.Close()
		s.Close()
	}
	close(stop)
	publishers.Wait()
	readers.Wait()
	if n := len(bus.Stats().Subscribers); n != 0 {
		t.Errorf("%d subscribers are left", n)
	}
}

func TestWhatWaitsCanBeReadAfterClose(t *testing.T) {
	bus := NewBus(0)
	s := bus.Subscribe("s", 4, DropNewest, nil)
	bus.Publish(plain("a"))
	s.Close()
	bus.Publish(plain("b"))
	if ev, ok := <-s.Events(); !ok || ev.ID != "a" {
		t.Errorf("got %v, %v; want a", ev.ID, ok)
	}
	if _, ok := <-s.Events(); ok {
		t.Error("the channel is still open")
	}
}
