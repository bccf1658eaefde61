package hub

import (
	"fmt"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"landale/event"
)

// wantSeqs fails unless a client's events are exactly these, in order.
func wantSeqs(t *testing.T, what string, got []flat, want []uint64) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		var g, w string
		if i < len(got) {
			g = got[i].Seq
		}
		if i < len(want) {
			w = strconv.FormatUint(want[i], 10)
		}
		if g != w {
			t.Fatalf("%s: event %d of %d is %q, want %q (of %d)", what, i, len(got), g, w, len(want))
		}
	}
}

// settled waits until a client has got the event of this Seq.
func (c *client) settled(topic string, seq uint64) []flat {
	c.t.Helper()
	want := strconv.FormatUint(seq, 10)
	var list []flat
	eventually(c.t, "event "+want, func() bool {
		list = c.events(topic)
		if len(list) == 0 || list[len(list)-1].Seq != want {
			c.alive()
		}
		return len(list) > 0 && list[len(list)-1].Seq == want
	})
	return list
}

// publish publishes notes and returns their Seqs.
func publish(bus *event.Bus, n int) []uint64 {
	seqs := make([]uint64, n)
	for i := range n {
		ev, _ := bus.Publish(note(i))
		seqs[i] = ev.Seq
	}
	return seqs
}

func TestResume(t *testing.T) {
	for _, tt := range bothForms {
		for _, batch := range []bool{false, true} {
			name := fmt.Sprintf("%s batch %v", tt.name, batch)
			t.Run(name, func(t *testing.T) {
				h := run(t, func(c *Config, _ *Options) { c.Ring = 100 })
				c := dial(t, h.Addr(), tt.form)
				j := c.join("events:operator", map[string]any{"batch": batch})
				if j.Resumed || j.Reset || j.Epoch != h.Epoch() || j.Build != "b1" {
					t.Errorf("a first join got %+v", j)
				}
				seqs := publish(h.bus, 10)
				wantSeqs(t, "live", c.settled("events:operator", seqs[9]), seqs)
				c.ws.Close()

				missed := publish(h.bus, 50)
				eventually(t, "fan-out", func() bool { return h.Seq() == missed[49] })
				c = dial(t, h.Addr(), tt.form)
				j = c.join("events:operator", map[string]any{"batch": batch, "epoch": j.Epoch, "since": strconv.FormatUint(seqs[9], 10)})
				if !j.Resumed || j.Reset || j.Seq != strconv.FormatUint(missed[49], 10) {
					t.Errorf("the ring: got %+v", j)
				}
				wantSeqs(t, "from the ring", c.settled("events:operator", missed[49]), missed)
				live := publish(h.bus, 1)
				wantSeqs(t, "and live", c.settled("events:operator", live[0]), append(missed, live...))
				c.ws.Close()

				all := append([]uint64{}, append(missed[5:], live...)...)
				all = append(all, publish(h.bus, 3000)...)
				eventually(t, "fan-out", func() bool { return h.Seq() == all[len(all)-1] })
				c = dial(t, h.Addr(), tt.form)
				j = c.join("events:operator", map[string]any{"batch": batch, "since": missed[4]})
				if !j.Resumed {
					t.Errorf("the store: got %+v", j)
				}
				wantSeqs(t, "from the store and the ring", c.settled("events:operator", all[len(all)-1]), all)

				// The same without an event of the topic among them.
				j = c.join("events:chat", map[string]any{"batch": batch, "since": missed[4]})
				c.ask("events:chat", "ping", nil)
				if got := c.events("events:chat"); !j.Resumed || len(got) != 0 {
					t.Errorf("another topic: got %+v and %d events", j, len(got))
				}
			})
		}
	}
}

func TestResumeSaysReset(t *testing.T) {
	h := run(t, func(c *Config, _ *Options) { c.Ring = 10 })
	seqs := publish(h.bus, 12_000)
	eventually(t, "fan-out", func() bool { return h.Seq() == seqs[len(seqs)-1] })
	for _, tt := range []struct {
		what  string
		since any
		away  bool
		want  bool
	}{
		{"more than 10,000 missed", fmt.Sprint(seqs[0]), false, true},
		{"just under 10,000 missed", fmt.Sprint(seqs[2500]), false, false},
		{"the future", fmt.Sprint(seqs[len(seqs)-1] + 1), false, true},
		{"no number", "yesterday", false, true},
		{"an object", map[string]int{}, false, true},
		{"the newest", fmt.Sprint(seqs[len(seqs)-1]), false, false},
		{"in the ring, with the store away", fmt.Sprint(seqs[len(seqs)-5]), true, false},
		{"before the ring, with the store away", fmt.Sprint(seqs[len(seqs)-50]), true, true},
	} {
		h.memory.mu.Lock()
		h.memory.away = tt.away
		h.memory.mu.Unlock()
		c := dial(t, h.Addr(), arrays)
		j := c.join("events:all", map[string]any{"since": tt.since})
		if j.Reset != tt.want || j.Resumed == tt.want {
			t.Errorf("%s: got %+v, want reset %v", tt.what, j, tt.want)
		}
		c.ws.Close()
	}
}

// A page whose topic is quiet knows an old seq only; that it missed nothing, or
// little, must not look as if it had missed everything.
func TestResumeOfAQuietTopic(t *testing.T) {
	h := run(t, func(c *Config, _ *Options) { c.Ring = 10 })
	start := h.bus.LastSeq()
	publish(h.bus, 20_000)
	eventually(t, "fan-out", func() bool { return h.Seq() == h.bus.LastSeq() })
	h.memory.mu.Lock()
	h.memory.away = true // it is not even asked
	h.memory.mu.Unlock()
	c := dial(t, h.Addr(), arrays)
	if j := c.join("events:twitch", map[string]any{"since": start}); !j.Resumed || j.Seq != strconv.FormatUint(h.Seq(), 10) {
		t.Errorf("nothing missed: got %+v", j)
	}
	h.memory.mu.Lock()
	h.memory.away = false
	h.memory.mu.Unlock()
	c.ws.Close()
	missed, _ := h.bus.Publish(follow.WithID("a new one"))
	publish(h.bus, 100)
	eventually(t, "fan-out", func() bool { return h.Seq() == h.bus.LastSeq() })
	c = dial(t, h.Addr(), arrays)
	if j := c.join("events:twitch", map[string]any{"since": start}); !j.Resumed {
		t.Errorf("one missed among many of other topics: got %+v", j)
	}
	wantSeqs(t, "the one", c.settled("events:twitch", missed.Seq), []uint64{missed.Seq})
}

// The hub of a new process has a new epoch and an empty ring; a page that knew
// the old one gets what it missed all the same.
func TestResumeAcrossARestartOfTheProgram(t *testing.T) {
	for _, tt := range bothForms {
		t.Run(tt.name, func(t *testing.T) {
			first := run(t)
			c := dial(t, first.Addr(), tt.form)
			j := c.join("events:operator", nil)
			seqs := publish(first.bus, 5)
			c.settled("events:operator", seqs[4])
			first.stop()
			if err := c.ended(); err == nil || err.Error() != "websocket: close 1001 (going away): going away" {
				t.Errorf("the old process closed with %v", err)
			}
			missed := publish(first.bus, 20) // while it stopped, say

			second := run(t, func(cfg *Config, o *Options) {
				cfg.Listen = first.Addr()
				o.Bus = event.NewBus(first.bus.LastSeq())
				o.History = first.memory
			})
			first.memory.attach(second.bus)
			c = dial(t, second.Addr(), tt.form)
			k := c.join("events:operator", map[string]any{"epoch": j.Epoch, "since": seqs[2]})
			if !k.Resumed || k.Epoch == j.Epoch {
				t.Errorf("got %+v after %+v", k, j)
			}
			live := publish(second.bus, 3)
			want := append(append(append([]uint64{}, seqs[3:]...), missed...), live...)
			wantSeqs(t, "after the restart", c.settled("events:operator", live[2]), want)
		})
	}
}

// A part is restarted by its supervisor: the address, the epoch and what was
// published meanwhile stay.
func TestServeAgain(t *testing.T) {
	h := run(t)
	addr := h.Addr()
	c := dial(t, addr, arrays)
	c.join("events:operator", nil)
	seqs := publish(h.bus, 3)
	c.settled("events:operator", seqs[2])
	h.stop()
	missed := publish(h.bus, 3)
	h.serve(t)
	if h.Addr() != addr {
		t.Errorf("serves on %s, want %s again", h.Addr(), addr)
	}
	c = dial(t, h.Addr(), arrays)
	if j := c.join("events:operator", map[string]any{"since": seqs[0]}); !j.Resumed {
		t.Errorf("got %+v", j)
	}
	wantSeqs(t, "after Serve began again", c.settled("events:operator", missed[2]), append(seqs[1:], missed...))
}

// Pages come and go while a thousand events a second flow; each must see every
// event once and in order, whatever it was interrupted in.
func TestNoGapAndNoRepeatUnderFire(t *testing.T) {
	for _, tt := range bothForms {
		for _, batch := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s batch %v", tt.name, batch), func(t *testing.T) {
				t.Parallel()
				// A ring of a tenth of a second, so that the store answers too, and a store
				// that is late, as the real one is.
				h := run(t, func(c *Config, _ *Options) { c.Ring = 100 })
				h.memory.late = 60 * time.Millisecond
				var (
					mu   sync.Mutex
					seqs []uint64
					wg   sync.WaitGroup
					stop = make(chan struct{})
				)
				wg.Go(func() {
					tick := time.NewTicker(10 * time.Millisecond)
					defer tick.Stop()
					for {
						select {
						case <-stop:
							return
						case <-tick.C:
						}
						mu.Lock()
						seqs = append(seqs, publish(h.bus, 10)...)
						mu.Unlock()
					}
				})
				var got []flat
				since := strconv.FormatUint(h.bus.LastSeq(), 10)
				for visit := range 12 {
					c := dial(t, h.Addr(), tt.form)
					c.join("events:dashboard", nil) // another one, that has nothing
					j := c.join("events:operator", map[string]any{"batch": batch, "since": since})
					if !j.Resumed {
						t.Fatalf("visit %d, since %s: got %+v", visit, since, j)
					}
					eventually(t, "some events", func() bool { return len(c.events("events:operator")) > 20 })
					c.ws.Close()
					<-c.done
					part := c.events("events:operator")
					got = append(got, part...)
					since = part[len(part)-1].Seq
					if visit%3 == 2 { // away for long enough that the ring has forgotten
						from := h.Seq()
						eventually(t, "two hundred events", func() bool {
							mu.Lock()
							defer mu.Unlock()
							n := 0
							for _, s := range seqs {
								if s > from {
									n++
								}
							}
							return n > 200
						})
					}
				}
				close(stop)
				wg.Wait()
				last := got[len(got)-1].Seq
				mu.Lock()
				defer mu.Unlock()
				for i, s := range seqs {
					if strconv.FormatUint(s, 10) == last {
						wantSeqs(t, "all visits", got, seqs[:i+1])
						return
					}
				}
				t.Errorf("got an event %s that was not published", last)
			})
		}
	}
}

// The bus drops what the hub is too slow for; sessions must not notice more than
// a pause.
func TestOverflowOfTheHubsOwnQueueIsHealedFromTheStore(t *testing.T) {
	for _, tt := range bothForms {
		t.Run(tt.name, func(t *testing.T) {
			h := run(t)
			c := dial(t, h.Addr(), tt.form)
			c.join("events:operator", map[string]any{"batch": true})
			first := publish(h.bus, 3)
			c.settled("events:operator", first[2])

			h.mu.Lock() // the fan-out is held up
			seqs := publish(h.bus, busQueue+1500)
			if h.sub.Dropped() == 0 {
				t.Error("nothing was dropped: the test tests nothing")
			}
			h.mu.Unlock()
			more := publish(h.bus, 10)
			want := append(append(first, seqs...), more...)
			wantSeqs(t, "through the overflow", c.settled("events:operator", more[9]), want)
			if r := c.ask("events:operator", "ping", nil); r.Status != "ok" {
				t.Errorf("the session afterwards: %+v", r)
			}
		})
	}
}

func TestOverflowWithoutAStoreSaysReset(t *testing.T) {
	h := run(t)
	c := dial(t, h.Addr(), arrays)
	c.join("events:operator", nil)
	first := publish(h.bus, 1)
	c.settled("events:operator", first[0])
	h.memory.mu.Lock()
	h.memory.away = true
	h.memory.mu.Unlock()
	h.mu.Lock()
	publish(h.bus, busQueue+1500)
	h.mu.Unlock()
	if err := c.ended(); err == nil || err.Error() != "websocket: close 4009: behind" {
		t.Errorf("closed with %v, want 4009", err)
	}
	c = dial(t, h.Addr(), arrays)
	if j := c.join("events:operator", map[string]any{"since": first[0]}); !j.Reset {
		t.Errorf("got %+v, want reset", j)
	}
	if j := c.join("events:chat", map[string]any{"since": first[0]}); !j.Reset {
		t.Errorf("a quiet topic: got %+v, want reset: what was lost may have been in it", j)
	}
	last := publish(h.bus, 1)
	wantSeqs(t, "afterwards", c.settled("events:operator", last[0]), last)
}

func TestRing(t *testing.T) {
	r := newRing(4, 10)
	for i := range 6 {
		ev := note(i)
		ev.Seq = uint64(11 + i)
		r.add(ev)
	}
	for _, tt := range []struct {
		seq   uint64
		limit int
		want  string
		ok    bool
	}{
		{11, 10, "[]", false},
		{12, 10, "[13 14 15 16]", true},
		{12, 2, "[13 14]", true},
		{14, 10, "[15 16]", true},
		{16, 10, "[]", true},
		{99, 10, "[]", true},
	} {
		evs, ok := r.after(tt.seq, tt.limit)
		got := []uint64{}
		for _, ev := range evs {
			got = append(got, ev.Seq)
		}
		if fmt.Sprint(got) != tt.want || ok != tt.ok {
			t.Errorf("after %d: got %v %v, want %s %v", tt.seq, got, ok, tt.want, tt.ok)
		}
	}
	if r.start != 12 || r.stored != 12 {
		t.Errorf("start %d, stored %d, want 12 and 12", r.start, r.stored)
	}
	r.clear(20, 19)
	if evs, ok := r.after(20, 10); len(evs) != 0 || !ok || r.start != 20 || r.stored != 19 {
		t.Errorf("after clear: %v %v", evs, r.start)
	}
}

// The store may be behind by a commit: recall waits for what must be there, and
// gives up on one that never gets it.
func TestRecallWaitsForTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := event.NewBus(0)
		m := &memory{late: 200 * time.Millisecond}
		m.attach(bus)
		h := &Hub{o: Options{Bus: bus, History: m}}
		seqs := publish(bus, 3)
		start := time.Now()
		var evs []event.Event
		take := func(more []event.Event) error { evs = append(evs, more...); return nil }
		err := h.recall(t.Context(), seqs[0], seqs[2], time.Time{}, take)
		if err != nil || len(evs) != 2 {
			t.Errorf("got %d events, %v", len(evs), err)
		}
		if took := time.Since(start); took < 190*time.Millisecond || took > 300*time.Millisecond {
			t.Errorf("took %v, want the 200 ms that the store is late", took)
		}
		if err := h.recall(t.Context(), seqs[0], seqs[2]+1, time.Time{}, take); err == nil {
			t.Error("an event that never comes was found")
		}
	})
}
