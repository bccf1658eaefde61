package overlay

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"landale/event"
)

// Whatever is done in whatever order, these hold: one item a layer, each judged
// event in one item or in none for a reason, nothing waits that has ended, the
// queue is bounded, and all of it ends.
func TestAnythingInAnyOrder(t *testing.T) {
	seeds := uint64(4)
	if raceDetector {
		seeds = 1
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { anything(t, rand.New(rand.NewPCG(seed, 1))) })
		})
	}
}

func anything(t *testing.T, rng *rand.Rand) {
	cfg := DefaultConfig()
	cfg.Alerts = []Rule{
		{Type: "cheer", Exact: 7, Layer: "midground", Priority: 2, Template: "seven"},
		{Type: "cheer", Exact: 8, Interrupt: "always", Priority: 6, Template: "eight"},
		{Type: "raid", Max: 5, Layer: "none"},
	}
	store, bus := newMemory(), event.NewBus(0)
	r := runOn(t, cfg, store, bus)
	ctx := t.Context()
	clients := map[string]bool{}
	published := 0
	pick := func() string {
		q := r.queue()
		if len(q) == 0 {
			return "none"
		}
		return q[rng.IntN(len(q))].ID
	}
	for n := range 400 {
		who := fmt.Sprint("V", rng.IntN(5))
		var err error
		switch rng.IntN(20) {
		case 0, 1, 2, 3, 4, 5:
			p := []event.Payload{follow(who), cheerOf(who, 1+rng.IntN(12), "x"), raidOf(who, rng.IntN(300)), giftOf(who, 1+rng.IntN(4)), given(who),
				event.ChannelBitsUse{User: user1(who), Bits: 1 + rng.IntN(12), BitsType: "cheer"}, event.ChannelSubscribe{User: user1(who), Tier: "3000"}}[rng.IntN(7)]
			for range 1 + rng.IntN(4)*rng.IntN(8) {
				published++
				r.publish(p, fmt.Sprint("id", published))
			}
		case 6:
			id := fmt.Sprint("c", n)
			clients[id] = true
			r.d.PageJoined([]string{"alerts", "omnibar", "chat"}[rng.IntN(3)], id, environments[rng.IntN(4)])
		case 7:
			for id := range clients {
				delete(clients, id)
				r.d.PageLeft(id)
				break
			}
		case 8, 9, 10, 11:
			for _, l := range layerNames {
				if i := r.on(l); i != nil && i.Player != "" && rng.IntN(4) > 0 {
					_ = r.d.Shown(ctx, i.Player, i.ID)
				}
			}
		case 12:
			for _, l := range layerNames {
				if i := r.on(l); i != nil && i.Player != "" {
					_ = r.d.Finished(ctx, i.Player, i.ID)
				}
			}
		case 13:
			_, err = r.d.Takeover(ctx, event.ScreenCover, "", time.Duration(rng.IntN(5))*time.Second, "")
		case 14:
			_, err = r.d.TakeoverClear(ctx)
		case 15:
			if _, err = r.d.Pause(ctx); rng.IntN(2) == 0 {
				_, err = r.d.Panic(ctx)
			}
		case 16:
			_, err = r.d.Resume(ctx)
		case 17:
			_, _ = r.d.Skip(ctx, "")
			_, _ = r.d.Remove(ctx, pick())
		case 18:
			_, _ = r.d.Reorder(ctx, pick(), rng.IntN(60))
			_, err = r.d.ForceContent(ctx, "note", nil, time.Second)
		case 19:
			r.stop()
			<-r.done
			clients = map[string]bool{}
			bus = event.NewBus(bus.LastSeq())
			r = runOn(t, cfg, store, bus)
		}
		if err != nil {
			t.Fatal(err)
		}
		r.wait(time.Duration(rng.IntN(4000)) * time.Millisecond)
		waiting := 0
		for _, q := range r.queue() {
			if q.Position > 0 {
				waiting++
			}
			i, err := decodeItem(store.items[q.ID])
			if q.Type != kindTrain && (err != nil || !i.Ended.IsZero()) {
				t.Fatalf("step %d: %s is in the queue, but %v, ended %q", n, q.ID, err, i.How)
			}
		}
		if waiting > waitingMax+int(layers)+10 { // what was on screen, and what the operator forced, may come on top
			t.Fatalf("step %d: %d wait", n, waiting)
		}
	}
	if len(store.taken) != published {
		t.Errorf("got %d events judged, want %d", len(store.taken), published)
	}
	for id, item := range store.taken {
		if _, known := store.items[item]; item != "" && !known {
			t.Errorf("%s went into %s, which is not there", id, item)
		}
	}

	// With a page that does as it is told, all of it comes to its end.
	_, _ = r.d.TakeoverClear(ctx)
	if _, err := r.d.Resume(ctx); err != nil {
		t.Fatal(err)
	}
	for id := range clients {
		r.d.PageLeft(id)
	}
	r.join("alerts", "last")
	for range 3600 {
		for _, l := range layerNames {
			if i := r.on(l); i != nil && i.Player == "last" {
				_ = r.d.Shown(ctx, "last", i.ID)
			}
		}
		r.wait(time.Second)
	}
	for id, s := range store.items {
		if s.Open {
			i, _ := decodeItem(s)
			t.Errorf("%s never ended: %+v", id, i)
		}
	}
}
