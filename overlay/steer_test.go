package overlay

import (
	"testing"
	"testing/synctest"
	"time"

	"landale/event"
)

func TestPauseSkipRemoveReorderClear(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newMemory()
		r := run(t, quiet(), store)
		ctx := t.Context()
		must := func(d Done, err error) Done {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			return d
		}
		must(r.d.Pause(ctx))
		r.join("alerts", "a")
		for i, name := range []string{"A", "B", "C", "D"} {
			r.publish(follow(name), string(rune('1'+i)))
		}
		q := r.queue()
		if r.on("foreground") != nil || q[0].Status != "paused" {
			t.Errorf("got %v on screen and %q, want a queue that is held", r.on("foreground"), q[0].Status)
		}
		must(r.d.Reorder(ctx, q[3].ID, 1))
		must(r.d.Remove(ctx, q[1].ID))
		equal(t, "order", r.texts(), []string{"D follows", "A follows", "C follows"})
		if _, err := r.d.Remove(ctx, "x"); errCode(err) != "not_found" {
			t.Errorf("got %v, want not_found", err)
		}
		if _, err := r.d.Skip(ctx, ""); errCode(err) != "not_found" {
			t.Errorf("got %v, want not_found", err)
		}

		// All of it survives.
		r.stop()
		<-r.done
		r = run(t, quiet(), store)
		r.join("alerts", "a")
		equal(t, "order after a restart", r.texts(), []string{"D follows", "A follows", "C follows"})
		if r.on("foreground") != nil {
			t.Error("the pause did not survive")
		}
		must(r.d.Resume(ctx))
		equal(t, "on screen", r.on("foreground").Text, "D follows")
		r.shown("a", r.on("foreground"))
		must(r.d.Skip(ctx, ""))
		equal(t, "after the skip", r.on("foreground").Text, "A follows")
		equal(t, "cleared", must(r.d.Clear(ctx)).Count, 1)
		equal(t, "queue", r.texts(), []string{"A follows"})
		if !must(r.d.Mute(ctx, true)).Muted {
			t.Error("not muted")
		}
		var muted bool
		r.wait(queueSpan)
		r.member("queue.muted", &muted)
		equal(t, "muted", muted, true)
		reasons := []string{}
		for _, ev := range r.heard {
			if p, ok := ev.Payload.(event.StreamInterruptRemoved); ok {
				reasons = append(reasons, p.Reason)
			}
		}
		equal(t, "told", reasons, []string{"skipped", "cleared"})
	})
}

func TestPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := DefaultConfig()
		store := newMemory()
		r := run(t, cfg, store)
		r.join("alerts", "a")
		r.join("omnibar", "o")
		r.publish(follow("A"), "1")
		r.publish(event.ChannelSubscribe{User: user1("S"), Tier: "1000"}, "2")
		r.publish(follow("B"), "3")
		for _, l := range layerNames {
			if r.on(l) == nil {
				t.Errorf("nothing on the %s to begin with", l)
			}
		}
		if _, err := r.d.Panic(t.Context()); err != nil {
			t.Fatal(err)
		}
		r.publish(follow("C"), "4")
		r.stop()
		<-r.done
		r = run(t, cfg, store)
		r.join("alerts", "a")
		r.wait(time.Minute)
		for _, l := range layerNames {
			if i := r.on(l); i != nil {
				t.Errorf("got %q on the %s after panic", i.Text, l)
			}
		}
		if _, err := r.d.Resume(t.Context()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		equal(t, "goes on", r.on("foreground").Text, "S subscribed")
	})
}

func TestForceContent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, quiet(), newMemory())
		r.join("alerts", "a")
		r.publish(follow("A"), "1")
		done, err := r.d.ForceContent(t.Context(), "notice", map[string]any{"message": "look"}, 5*time.Second)
		if err != nil || done.Operation != "override_sent" || done.Type != "notice" {
			t.Fatalf("got %+v and %v", done, err)
		}
		synctest.Wait()
		i := r.on("foreground")
		equal(t, "type", []any{i.Type, i.Kind, i.Data["type"], i.ID}, []any{"manual_override", "manual_override", "notice", done.ID})
		if _, err := r.d.ForceContent(t.Context(), "", nil, 0); errCode(err) != "validation_failed" {
			t.Errorf("got %v, want validation_failed", err)
		}
	})
}

func TestTakeover(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newMemory()
		r := run(t, quiet(), store)
		ctx := t.Context()
		r.join("alerts", "a")
		r.publish(cheerOf("A", 2000, ""), "1")
		r.shown("a", r.on("foreground"))
		r.wait(3 * time.Second)
		state := func() (s *TakeoverState) { r.member("stream.takeover", &s); return s }

		// An open-ended one once inherited the timer of the one before it.
		if _, err := r.d.Takeover(ctx, event.PleaseStandBy, "", 15*time.Second, "dash"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		equal(t, "text", state().Message, "Stream will resume shortly")
		if _, err := r.d.Takeover(ctx, event.CustomTakeover, "brb", 0, "dash"); err != nil {
			t.Fatal(err)
		}
		r.publish(follow("B"), "2")
		r.wait(time.Hour)
		if s := state(); s == nil || s.EndsAt != nil || s.Message != "brb" {
			t.Errorf("got %+v, want an open-ended one", s)
		}
		equal(t, "the alert's clock stands", r.on("foreground").Remaining, 7000)

		r.stop()
		<-r.done
		r = run(t, quiet(), store)
		if s := state(); s == nil || s.Message != "brb" || s.By != "dash" {
			t.Errorf("got %+v after a restart", s)
		}
		r.join("alerts", "a")
		if r.on("foreground") != nil {
			t.Error("an alert came out under the takeover")
		}
		if _, err := r.d.TakeoverClear(ctx); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		equal(t, "then", r.on("foreground").Text, "A cheered 2000 bits!")
		if _, err := r.d.Takeover(ctx, event.ScreenCover, "", 10*time.Second, ""); err != nil {
			t.Fatal(err)
		}
		r.wait(10 * time.Second)
		if s := state(); s != nil {
			t.Errorf("got %+v after its end", s)
		}
		var told []string
		for _, ev := range r.heard {
			switch p := ev.Payload.(type) {
			case event.StreamTakeoverStarted:
				told = append(told, p.TakeoverType)
				if err := event.Validate(p); err != nil {
					t.Error(err)
				}
			case event.StreamTakeoverCleared:
				told = append(told, p.Reason)
			}
		}
		equal(t, "told", told, []string{"command", "screen-cover", "expired"})
		for _, kind := range []string{"", "alert"} {
			if _, err := r.d.Takeover(ctx, kind, "x", 0, ""); errCode(err) != "validation_failed" {
				t.Errorf("%q: got %v", kind, err)
			}
		}
		if _, err := r.d.Takeover(ctx, event.CustomTakeover, "", 0, ""); errCode(err) != "validation_failed" {
			t.Errorf("custom without a message: got %v", err)
		}
	})
}

func TestNobodyDirects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := New(quiet(), Options{Bus: event.NewBus(0)})
		if _, err := d.Pause(t.Context()); errCode(err) != "service_unavailable" {
			t.Errorf("got %v, want service_unavailable", err)
		}
	})
}
