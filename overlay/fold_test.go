package overlay

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"landale/event"
)

// Twitch tells of a gift bomb once for the giver and once for each receiver, in
// any order, and sometimes only the latter. It is one alert.
func TestGiftBombs(t *testing.T) {
	type step struct {
		after time.Duration
		p     event.Payload
		test  bool
	}
	singles := func(n int, first time.Duration) (list []step) {
		for i := range n {
			s := step{100 * time.Millisecond, given(fmt.Sprint("R", i+1)), false}
			if i == 0 {
				s.after = first
			}
			list = append(list, s)
		}
		return list
	}
	for _, c := range []struct {
		name  string
		steps []step
		want  []string
	}{
		{"bundle first", append([]step{{0, giftOf("G", 5), false}}, singles(5, 0)...), []string{"G gave 5 subs"}},
		{"singles first", append(singles(5, 0), step{time.Second, giftOf("G", 5), false}), []string{"G gave 5 subs"}},
		{"in the middle", append(append(singles(2, 0), step{0, giftOf("G", 5), false}), singles(3, time.Second)...), []string{"G gave 5 subs"}},
		{"the bundle never comes", singles(3, 0), []string{"Anonymous gave 3 subs"}},
		{"one single", singles(1, 0), []string{"R1 was given a sub"}},
		{"a single more than the bundle", append([]step{{0, giftOf("G", 2), false}}, singles(3, 0)...), []string{"G gave 2 subs", "R3 was given a sub"}},
		{"three clicks of one giver", []step{{0, follow("F"), false}, {0, giftOf("G", 1), false}, {0, giftOf("G", 1), false}, {time.Second, giftOf("G", 3), false}},
			[]string{"F follows", "G gave 5 subs"}},
		{"two givers", []step{{0, giftOf("G", 1), false}, {0, giftOf("H", 1), false}}, []string{"G gave a sub", "H gave a sub"}},
		{"a test takes no real single", append([]step{{0, giftOf("G", 5), true}}, singles(1, 0)...), []string{"G gave 5 subs", "R1 was given a sub"}},
		{"long after", append([]step{{0, giftOf("G", 5), false}}, singles(1, 2*time.Minute)...), []string{"G gave 5 subs", "R1 was given a sub"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newMemory()
				r := run(t, quiet(), store)
				r.join("alerts", "a")
				var texts []string
				take := func() {
					if r.on("foreground") != nil {
						texts = append(texts, r.play("a")...)
					}
				}
				for i, s := range c.steps {
					if s.after > 30*time.Second {
						take()
					}
					time.Sleep(s.after)
					ev := event.New(event.Twitch, time.Now(), s.p).WithID(event.ID(fmt.Sprint(i)))
					if s.test {
						ev.Flags = event.Test
					}
					r.bus.Publish(ev)
					synctest.Wait()
				}
				for range 5 {
					take()
					r.wait(4 * time.Second)
				}
				equal(t, "alerts", texts, c.want)
				if len(store.taken) != len(c.steps) {
					t.Errorf("got %d events judged, want %d", len(store.taken), len(c.steps))
				}
			})
		})
	}
}

// The moment in which singles wait for their bundle survives a crash.
func TestHeldSinglesSurvive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newMemory()
		r := run(t, quiet(), store)
		r.publish(given("A"), "1")
		r.publish(given("B"), "2")
		r.stop()
		<-r.done
		r = run(t, quiet(), store)
		r.join("alerts", "a")
		if i := r.on("foreground"); i != nil {
			t.Errorf("got %q at once, want it to wait for its bundle", i.Text)
		}
		r.publish(giftOf("G", 2), "3")
		equal(t, "alerts", r.play("a"), []string{"G gave 2 subs"})
	})
}

func TestOneCheerTwoEvents(t *testing.T) {
	use := func(name string, bits int, kind string) event.ChannelBitsUse {
		return event.ChannelBitsUse{User: user1(name), Bits: bits, BitsType: kind, Message: "cheer"}
	}
	anonymousCheer := event.ChannelCheer{IsAnonymous: true, Bits: 100}
	for _, c := range []struct {
		name string
		evs  []event.Payload
		want []string
	}{
		{"cheer first", []event.Payload{cheerOf("A", 100, "x"), use("A", 100, "cheer")}, []string{"A cheered 100 bits"}},
		{"bits first", []event.Payload{use("A", 100, "cheer"), cheerOf("A", 100, "x")}, []string{"A cheered 100 bits"}},
		{"two cheers alike", []event.Payload{use("A", 100, "cheer"), use("A", 100, "cheer"), cheerOf("A", 100, "x"), cheerOf("A", 100, "x")},
			[]string{"A cheered 100 bits", "A cheered 100 bits"}},
		{"two people", []event.Payload{use("A", 100, "cheer"), cheerOf("B", 100, "x")}, []string{"A cheered 100 bits", "B cheered 100 bits"}},
		{"anonymous", []event.Payload{anonymousCheer, use("AnAnonymousCheerer", 100, "cheer")}, []string{"Anonymous cheered 100 bits"}},
		{"a power-up is its own", []event.Payload{use("A", 100, "power_up"), cheerOf("A", 100, "x")}, []string{"A cheered 100 bits", "A used 100 bits"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := run(t, quiet(), newMemory())
				for _, p := range c.evs {
					r.publish(p, "")
				}
				equal(t, "queue", r.texts(), c.want)
			})
		})
	}
}
