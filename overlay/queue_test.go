package overlay

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"landale/event"
)

func TestFollowIsPlayedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, quiet(), newMemory())
		r.join("alerts", "a")
		began := time.Now()
		ev := r.publish(follow("Sunday"), "f1")
		i := r.on("foreground")
		if i == nil || i.Text != "Sunday follows" || i.Source != ev.ID || i.Player != "a" || i.StartedAt != nil {
			t.Fatalf("got %+v, want the follow, which nobody has shown yet", i)
		}
		r.wait(time.Second)
		r.shown("a", i)
		if i = r.on("foreground"); *i.EndsAt != began.Add(6*time.Second).UnixMilli() {
			t.Errorf("got end %d, want five seconds after it was shown", *i.EndsAt)
		}
		r.publish(follow("Sunday"), "f1")
		r.wait(5 * time.Second)
		if i := r.on("foreground"); i != nil {
			t.Errorf("got %v after its time", i)
		}
		if err := r.d.Finished(t.Context(), "a", i.ID); err != nil {
			t.Errorf("a page that says finished a little late: %v", err)
		}
		if c := r.d.Counts(); c.Queued != 1 || c.Shown != 1 {
			t.Errorf("got %+v, want one queued and one shown", c)
		}
	})
}

// In the original all timers began when alerts came, so three at once ended
// together and two were never seen.
func TestWaitingBurnsNoTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, quiet(), newMemory())
		r.join("alerts", "a")
		r.publish(cheerOf("A", 50, ""), "1")
		r.publish(follow("B"), "2")
		r.publish(cheerOf("C", 51, ""), "3")
		r.publish(cheerOf("D", 2000, ""), "4")
		r.publish(cheerOf("E", 52, ""), "5")
		equal(t, "queue", r.texts(), []string{"A cheered 50 bits", "D cheered 2000 bits!", "C cheered 51 bits", "E cheered 52 bits", "B follows"})
		began := time.Now()
		equal(t, "played", r.play("a"), []string{"A cheered 50 bits", "D cheered 2000 bits!", "C cheered 51 bits", "E cheered 52 bits", "B follows"})
		if got := time.Since(began); got != 30*time.Second {
			t.Errorf("took %v, want 5+10+5+5+5 s", got)
		}
	})
}

func TestUrgentInterrupts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, quiet(), newMemory())
		r.join("alerts", "a")
		r.publish(cheerOf("A", 2000, ""), "1")
		r.publish(follow("B"), "2")
		r.shown("a", r.on("foreground"))
		r.wait(4 * time.Second)
		r.publish(raidOf("C", 300), "3")
		if i := r.on("foreground"); i.Text != "C raids with 300 viewers!" {
			t.Fatalf("got %q on screen, want the raid", i.Text)
		}
		r.shown("a", r.on("foreground"))
		r.wait(15 * time.Second)
		i := r.on("foreground")
		if i.Text != "A cheered 2000 bits!" || i.Remaining != 6000 {
			t.Errorf("got %q with %d ms left, want the cheer with the 6 s it had", i.Text, i.Remaining)
		}
		equal(t, "flags", i.Flags, []string{"late"})
		r.wait(5999 * time.Millisecond) // the page has said shown, and need not again
		equal(t, "almost", r.on("foreground").Text, "A cheered 2000 bits!")
		r.wait(time.Millisecond)
		equal(t, "then", r.on("foreground").Text, "B follows")
	})
}

func TestCoveredClockStands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := quiet()
		cfg.Alerts = []Rule{{Type: "cheer", Content: "cheer_celebration", Duration: 10 * time.Second, Template: "yay {amount}"}}
		r := run(t, cfg, newMemory())
		r.join("alerts", "a")
		r.join("omnibar", "o")
		r.publish(cheerOf("A", 100, ""), "1")
		r.shown("o", r.on("midground"))
		r.wait(3 * time.Second)
		r.publish(follow("B"), "2")
		if i := r.on("midground"); i.EndsAt != nil || i.Remaining != 7000 {
			t.Errorf("got end %v and %d ms left, want a clock that stands at 7 s", i.EndsAt, i.Remaining)
		}
		r.wait(2 * time.Second)
		r.shown("a", r.on("foreground"))
		r.wait(5 * time.Second)
		if i := r.on("midground"); i.EndsAt == nil || *i.EndsAt != time.Now().Add(7*time.Second).UnixMilli() {
			t.Errorf("got %+v, want seven seconds from now", i)
		}
		r.wait(7 * time.Second)
		if i := r.on("midground"); i != nil {
			t.Errorf("got %v after its time", i)
		}
	})
}

func TestPlayers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, quiet(), newMemory())
		r.d.PageJoined("alerts", "browser1", "browser")
		r.wait(time.Second)
		r.d.PageJoined("omnibar", "obs1", "obs")
		r.wait(time.Second)
		r.d.PageJoined("alerts", "obs2", "obs")
		r.wait(time.Second)
		r.d.PageJoined("alerts", "obs3", "obs")
		r.wait(time.Second)
		for _, want := range []string{"obs2", "obs3", "obs1", "browser1"} {
			var players map[string]string
			r.member("stream.players", &players)
			if players["foreground"] != want {
				t.Errorf("got player %q, want %q", players["foreground"], want)
			}
			r.d.PageLeft(want)
			synctest.Wait()
		}
	})
}

func TestPageDiesMidAlert(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, quiet(), newMemory())
		r.join("alerts", "a")
		r.join("alerts", "b")
		r.publish(cheerOf("A", 2000, ""), "1")
		r.shown("a", r.on("foreground"))
		r.wait(4 * time.Second)
		r.d.PageLeft("a")
		synctest.Wait()
		i := r.on("foreground")
		if i.Player != "b" || i.Remaining != 6000 {
			t.Errorf("got player %s with %d ms, want b with what was left", i.Player, i.Remaining)
		}
		equal(t, "flags", i.Flags, []string{"late"})
		if err := r.d.Shown(t.Context(), "a", i.ID); errCode(err) != "forbidden" {
			t.Errorf("the dead page says shown: got %v", err)
		}
		r.d.PageLeft("b")
		synctest.Wait()
		if i := r.on("foreground"); i != nil {
			t.Errorf("got %v on screen without a page", i)
		}
		r.wait(9 * time.Minute)
		r.join("alerts", "c")
		equal(t, "waited for a page", r.on("foreground").Remaining, 6000)
	})
}

func errCode(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func TestSilentPageIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, quiet(), newMemory())
		r.join("alerts", "hung")
		r.wait(time.Second)
		r.join("alerts", "well")
		began := time.Now()
		r.publish(follow("A"), "1")
		equal(t, "player", r.on("foreground").Player, "hung")
		for r.on("foreground").Player == "hung" {
			r.wait(time.Second)
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("replaced after %v, want at most 10 s", took)
		}
		equal(t, "flags", r.on("foreground").Flags, []string{"late"})
		equal(t, "left", r.on("foreground").Remaining, 5000)
	})
}

// A page that never answers must not show the same alert over and over.
func TestOnlyPageIsSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, quiet(), newMemory())
		r.join("alerts", "hung")
		r.publish(follow("A"), "1")
		shows := 0
		for range 600 {
			if r.on("foreground") != nil {
				shows++
			}
			r.wait(time.Second)
		}
		if shows > 3*6 || r.d.Counts().Missed != 1 {
			t.Errorf("got %d s on screen and %d missed, want three tries and one missed", shows, r.d.Counts().Missed)
		}
	})
}

func TestMissedAndReplayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, quiet(), newMemory())
		ev := r.publish(cheerOf("A", 5, ""), "1")
		r.wait(10*time.Minute - time.Second)
		equal(t, "waits", len(r.queue()), 1)
		r.wait(time.Second)
		equal(t, "waits no more", len(r.queue()), 0)
		equal(t, "missed", r.d.Counts().Missed, 1)
		r.join("alerts", "a")
		if _, err := r.d.Replay(t.Context(), string(ev.ID)); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		i := r.on("foreground")
		equal(t, "text", i.Text, "A cheered 5 bits")
		equal(t, "flags", i.Flags, []string{"replay"})
		if _, err := r.d.Replay(t.Context(), "nothing"); !errors.Is(err, event.ErrNotFound) {
			t.Errorf("got %v, want not found", err)
		}
	})
}

func TestRestart(t *testing.T) {
	for _, c := range []struct {
		name      string
		shown     bool
		plays     time.Duration
		down      time.Duration
		text      string
		remaining int64
		late      bool
	}{
		{"mid-alert", true, 4 * time.Second, time.Second, "A cheered 2000 bits!", 5000, true},
		{"a second is left at least", true, 9 * time.Second, 500 * time.Millisecond, "A cheered 2000 bits!", 1000, true},
		{"its time is over", true, 4 * time.Second, 9 * time.Minute, "B follows", 5000, false},
		{"sent, never shown", false, 2 * time.Second, 9 * time.Minute, "A cheered 2000 bits!", 10_000, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store, bus := newMemory(), event.NewBus(0)
				r := runOn(t, quiet(), store, bus)
				r.join("alerts", "a")
				r.publish(cheerOf("A", 2000, ""), "1")
				r.publish(follow("B"), "2")
				if c.shown {
					r.shown("a", r.on("foreground"))
				}
				r.wait(c.plays)
				r.stop()
				<-r.done
				time.Sleep(c.down)

				r = runOn(t, quiet(), store, event.NewBus(0))
				r.join("alerts", "a2")
				r.publish(cheerOf("A", 2000, ""), "1") // upstream delivers again; the new bus does not know it
				i := r.on("foreground")
				if i == nil || i.Text != c.text || i.Remaining != c.remaining || (len(i.Flags) > 0) != c.late {
					t.Errorf("got %+v, want %q with %d ms, late %v", i, c.text, c.remaining, c.late)
				}
				equal(t, "no repeats", r.d.Counts().Duplicates, 1)
			})
		})
	}
}

// Yesterday's alerts are not for today's viewers; a queue that was held for hours
// and a quick restart are another matter.
func TestOffForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newMemory()
		r := run(t, quiet(), store)
		r.publish(follow("A"), "1")
		if _, err := r.d.Pause(t.Context()); err != nil {
			t.Fatal(err)
		}
		r.wait(5 * time.Hour)
		r.stop()
		<-r.done
		time.Sleep(time.Minute)
		r = run(t, quiet(), store)
		equal(t, "after a minute", r.texts(), []string{"A follows"})
		r.stop()
		<-r.done
		time.Sleep(8 * time.Hour)
		r = run(t, quiet(), store)
		equal(t, "the next day", len(r.queue()), 0)
		h, err := r.d.History(t.Context(), "", 10)
		if err != nil || len(h) != 1 || h[0].How != "missed" {
			t.Errorf("got %+v and %v, want it missed, in the history", h, err)
		}
	})
}

// What was fetched after a gap waits in the history for the streamer to play it.
// Upstream's clock may be wrong in all others.
func TestBackfillAndClockSkew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, quiet(), newMemory())
		for i, c := range []struct {
			ago   time.Duration
			flags event.Flags
		}{{time.Hour, 0}, {time.Hour, event.Backfill}, {time.Minute, event.Backfill}} {
			ev := event.New(event.Twitch, time.Now().Add(-c.ago), follow(fmt.Sprint("V", i)))
			ev.Flags = c.flags
			r.bus.Publish(ev)
		}
		synctest.Wait()
		equal(t, "queue", r.texts(), []string{"V0 follows"})
		equal(t, "missed", r.d.Counts().Missed, 2)
		h, err := r.d.History(t.Context(), "", 10)
		i := slices.IndexFunc(h, func(i Item) bool { return i.How == "missed" })
		if err != nil || i < 0 {
			t.Fatalf("got %v and %v, want a missed one in the history", h, err)
		}
		if _, err := r.d.Replay(t.Context(), h[i].ID); err != nil {
			t.Fatal(err)
		}
		equal(t, "queue after a replay", len(r.texts()), 2)
	})
}

// An event that the store has and the director never judged, since the process
// was killed between the two, becomes an alert at the next start.
func TestKilledBeforeItJudged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newMemory()
		r := run(t, quiet(), store)
		r.stop()
		<-r.done
		ev := event.New(event.Twitch, time.Now(), follow("A"))
		ev.Seq = event.SeqAt(time.Now())
		store.events[ev.ID] = ev
		r = run(t, quiet(), store)
		equal(t, "queue", r.texts(), []string{"A follows"})
	})
}

func TestFileCannotBeWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newMemory()
		r := run(t, quiet(), store)
		r.join("alerts", "a")
		store.mu.Lock()
		store.fail = errors.New("disk full")
		store.mu.Unlock()
		r.publish(follow("A"), "1")
		equal(t, "the show goes on", r.on("foreground").Text, "A follows")
		if s := r.d.Status(); s.State != event.Degraded {
			t.Errorf("got %v, want degraded", s.State)
		}
		store.mu.Lock()
		store.fail = nil
		store.mu.Unlock()
		r.wait(2 * time.Second)
		if _, kept := store.taken["1"]; !kept || r.d.Status().State != event.Running {
			t.Errorf("got state %v and taken %v, want what was owed written down", r.d.Status().State, store.taken)
		}
	})
}

// 200 events a second for a minute: nothing is lost silently, the queue stays
// bounded, every event is in one item.
func TestFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newMemory()
		r := run(t, quiet(), store)
		r.join("alerts", "a")
		n := 200 * 60
		if raceDetector {
			n /= 10 // its virtual minute takes forty real seconds
		}
		longest := 0
		for i := range n {
			r.bus.Publish(event.New(event.Twitch, time.Now(), follow(fmt.Sprintf("V%d", i))).WithID(event.ID(fmt.Sprint("id", i))))
			time.Sleep(5 * time.Millisecond)
			if i%200 == 0 {
				synctest.Wait()
				longest = max(longest, len(r.queue()))
				if on := r.on("foreground"); on.StartedAt == nil {
					r.shown("a", on)
				}
			}
		}
		synctest.Wait()
		if longest > waitingMax+1 {
			t.Errorf("got %d in the queue, want at most %d and one on screen", longest, waitingMax)
		}
		events := 0
		for _, i := range store.items {
			it, err := decodeItem(i)
			if err != nil {
				t.Fatal(err)
			}
			events += it.Count
		}
		if events != n || len(store.taken) != n {
			t.Errorf("got %d events in items and %d judged, want %d", events, len(store.taken), n)
		}
		if c := r.d.Counts(); c.Folded+c.Queued != int64(n) || r.d.sub.Dropped() != 0 {
			t.Errorf("got %+v, want all %d queued or folded", c, n)
		}
	})
}

func TestFullQueueOfAllKinds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newMemory()
		r := run(t, quiet(), store)
		for i := range waitingMax {
			r.publish(follow(fmt.Sprint("V", i)), fmt.Sprint(i))
		}
		r.publish(raidOf("R", 50), "raid")
		q := r.queue()
		if len(q) != waitingMax || q[0].Text != "R raids with 50 viewers" {
			t.Errorf("got %d waiting and %q first, want 50 with the raid at the head", len(q), q[0].Text)
		}
		r.publish(follow("last"), "last")
		q = r.queue()
		equal(t, "folded", q[len(q)-1].Text, "V48 follows, and 1 more")
		equal(t, "overflowed", r.d.Counts().Overflowed, 1)
		h, err := r.d.History(t.Context(), "", 100)
		if err != nil || len(h) != 51 {
			t.Errorf("got %d items and %v in the history, want all 51", len(h), err)
		}
	})
}
