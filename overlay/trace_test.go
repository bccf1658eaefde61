package overlay

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"landale/event"
)

func TestTrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := quiet()
		cfg.Alerts = []Rule{{ID: "big", Type: "cheer", Min: 5000}}
		r := run(t, cfg, newMemory())
		r.join("alerts", "a")
		r.publish(cheerOf("A", 2000, ""), "1")
		r.shown("a", r.on("foreground"))
		r.wait(time.Second)
		r.publish(raidOf("R", 200), "2")
		r.publish(cheerOf("A", 2000, ""), "1") // the bus drops it
		r.wait(time.Second)
		r.d.PageLeft("a")
		r.join("omnibar", "o")
		for r.on("foreground") != nil {
			r.shown("o", r.on("foreground"))
			r.wait(time.Second)
		}
		tr, err := r.d.Trace(t.Context(), "1")
		if err != nil {
			t.Fatal(err)
		}
		var what []string
		for _, s := range tr.Steps {
			what = append(what, s.What)
		}
		equal(t, "steps", what, []string{"received", "rule", "queued", "sent", "shown", "interrupted", "sent", "shown", "finished"})
		equal(t, "tried", tr.Tried[:2], []Tried{{"big", "min = 5000, but the amount is 2000"}, {"built-in cheer-one", "exact = 1, but the amount is 2000"}})
		equal(t, "shown by", tr.Steps[4].Why, "by alerts (obs, client a)")
		if took := tr.Steps[8].At - tr.Steps[0].At; took < 10_000 {
			t.Errorf("got %d ms from first to last, want all of it", took)
		}
		if _, err := r.d.Trace(t.Context(), "x"); !errors.Is(err, event.ErrNotFound) {
			t.Errorf("got %v, want not found", err)
		}
	})
}

// After a restart the history still knows when it was shown and how it ended.
func TestTraceOfAnEarlierRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newMemory()
		r := run(t, quiet(), store)
		r.join("alerts", "a")
		r.publish(follow("A"), "1")
		r.play("a")
		r.stop()
		<-r.done
		r = run(t, quiet(), store)
		tr, err := r.d.Trace(t.Context(), "1")
		if err != nil {
			t.Fatal(err)
		}
		var what []string
		for _, s := range tr.Steps {
			what = append(what, s.What)
		}
		equal(t, "steps", what, []string{"queued", "shown", "finished"})
	})
}

func TestTracesAreBounded(t *testing.T) {
	tr := newTraces()
	for i := range tracesKept + 100 {
		ev := event.New(event.Twitch, time.Now(), follow("A"))
		tr.begin(ev, time.Now())
		it := &item{ID: string(ev.ID), Source: ev.ID}
		for range i % 80 {
			tr.itemStep(it, time.Now(), "sent", "")
		}
	}
	if len(tr.byEvent) != tracesKept || len(tr.byItem) > tracesKept {
		t.Errorf("got %d and %d, want at most %d", len(tr.byEvent), len(tr.byItem), tracesKept)
	}
	for _, it := range tr.byItem {
		if len(it.steps) > stepsKept {
			t.Fatalf("got %d steps", len(it.steps))
		}
	}
}

func TestWouldTake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, quiet(), newMemory())
		ev, err := Simulated("raid", map[string]any{"viewers": "150", "user": "Big Name"}, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		v, err := r.d.WouldTake(t.Context(), ev)
		if err != nil || v.Rule != "built-in raid-100" || v.Item.Text != "Big Name raids with 150 viewers!" {
			t.Errorf("got %+v and %v", v, err)
		}
		equal(t, "nothing happened", len(r.queue()), 0)
		rules, err := r.d.Rules(t.Context())
		if err != nil || len(rules) != len(builtinRules) {
			t.Errorf("got %d rules and %v, want %d", len(rules), err, len(builtinRules))
		}
	})
}

func TestSimulateEveryType(t *testing.T) {
	for _, spec := range event.Catalogue() {
		ev, err := Simulated(string(spec.Type), nil, time.Now())
		if err != nil {
			t.Errorf("%s: %v", spec.Type, err)
			continue
		}
		if !ev.Flags.Has(event.Test) || ev.Type != spec.Type {
			t.Errorf("got %s flagged %s, want %s flagged test", ev.Type, ev.Flags, spec.Type)
		}
	}
}

func TestSimulatedFields(t *testing.T) {
	for _, c := range []struct {
		name   string
		fields map[string]any
		text   string
	}{
		{"raid", map[string]any{"viewers": "42", "user": "x"}, "x raids with 42 viewers"},
		{"follow", map[string]any{"username": "ÄÖÜ 日本"}, "ÄÖÜ 日本 follows"},
		{"cheer", map[string]any{"amount": 1}, "SundayGamer cheered 1 bit"},
		{"cheer", map[string]any{"bits": 50, "anonymous": true}, "Anonymous cheered 50 bits"},
		{"gift", map[string]any{"count": 20, "tier": 2}, "SundayGamer gave 20 subs"},
		{"sub", map[string]any{"tier": "3"}, "SundayGamer subscribed at tier 3"},
		{"resub", map[string]any{"months": 24}, "SundayGamer subscribed for 24 months"},
		{"redemption", map[string]any{"reward": "Dance", "input": "now"}, "SundayGamer redeemed Dance"},
		{"charity", map[string]any{"amount": 12}, "SundayGamer gave 12.00 USD to Example Charity"},
		{"hype_train", nil, "A hype train sets off"},
		{"goal", nil, "Goal reached: fifty new followers"},
	} {
		ev, err := Simulated(c.name, c.fields, time.Now())
		if err != nil {
			t.Errorf("%s %v: %v", c.name, c.fields, err)
			continue
		}
		d := New(quiet(), Options{Bus: event.NewBus(0)})
		i := d.judge(ev, factsOf(ev), time.Now())
		if i == nil || i.Text != c.text {
			t.Errorf("%s %v: got %v, want %q", c.name, c.fields, i, c.text)
		}
	}
	var invalid *event.InvalidError
	if _, err := Simulated("raid", map[string]any{"viewers": -1}, time.Now()); !errors.As(err, &invalid) {
		t.Errorf("got %v, want what is wrong with viewers", err)
	}
	if _, err := Simulated("nonsense", nil, time.Now()); errCode(err) != "validation_failed" {
		t.Errorf("got %v, want validation_failed", err)
	}
}

func TestBurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, quiet(), newMemory())
		n, err := r.d.Burst(t.Context(), "follow", nil, 200, 2*time.Second)
		if n != 400 || err != nil {
			t.Errorf("got %d and %v, want 400", n, err)
		}
		synctest.Wait()
		if c := r.d.Counts(); c.Queued+c.Folded != 400 || len(r.queue()) != waitingMax {
			t.Errorf("got %+v and %d waiting", c, len(r.queue()))
		}
		for _, q := range r.queue() {
			equal(t, "flags", q.Flags, []string{"test"})
		}
		if _, err := r.d.Burst(t.Context(), "follow", nil, 1000, time.Second); errCode(err) != "validation_failed" {
			t.Errorf("got %v", err)
		}
	})
}
