package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"landale/event"
	"landale/overlay"
	"landale/store"
)

// showing is one item that a page showed.
type showing struct {
	item, source string
	priority     int
	late         bool
	at           time.Time
}

// watched is what pages in OBS showed over all lives of the program.
type watched struct {
	mu    sync.Mutex
	shows []showing
}

// browserTab is one browser tab: it shows what it is told to play and says so, until it
// dies.
type browserTab struct {
	id   string
	seen map[string]bool
}

// life is one run of the program between two kills.
type life struct {
	*watched
	t      *testing.T
	rng    *rand.Rand
	store  *store.Store
	bus    *event.Bus
	d      *overlay.Director
	mu     sync.Mutex
	dead   bool // what happens now never reaches a page or the file
	tab    *browserTab
	layers chan map[string]*overlay.Item
	stop   context.CancelFunc
	wg     sync.WaitGroup
}

var errKilled = errors.New("killed")

// mortal is a store that stops writing at the moment of the kill.
type mortal struct {
	*store.Store
	l *life
}

func (m mortal) SaveScreen(ctx context.Context, c event.ScreenChange) error {
	if m.l.killed() {
		return errKilled
	}
	return m.Store.SaveScreen(ctx, c)
}

func (l *life) killed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dead
}

func begin(t *testing.T, path string, w *watched, rng *rand.Rand) *life {
	t.Helper()
	s, err := store.Open(context.Background(), path, store.Options{Config: store.DefaultConfig()})
	if err != nil {
		t.Fatal(err)
	}
	l := &life{watched: w, t: t, rng: rng, store: s, bus: event.NewBus(s.LastSeq()), layers: make(chan map[string]*overlay.Item, 1000)}
	s.Subscribe(l.bus)
	cfg := overlay.DefaultConfig()
	cfg.Ticker = 0
	l.d = overlay.New(cfg, overlay.Options{Bus: l.bus, Store: mortal{s, l}, History: s, Changed: func(_, member string, v any) {
		if member != "layers" || l.killed() {
			return
		}
		var m map[string]*overlay.Item
		if err := json.Unmarshal(v.(json.RawMessage), &m); err != nil {
			t.Error(err)
		}
		l.layers <- m
	}})
	ctx, cancel := context.WithCancel(context.Background())
	l.stop = cancel
	for _, part := range []func(context.Context) error{s.Serve, l.d.Serve, l.browse} {
		l.wg.Go(func() {
			if err := part(ctx); err != nil && !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		})
	}
	l.open()
	synctest.Wait()
	return l
}

func (l *life) open() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tab = &browserTab{id: string(event.NewShortID()), seen: map[string]bool{}}
	l.d.PageJoined("alerts", l.tab.id, "obs")
}

// closeTab lets the tab die at once; another one comes after a while.
func (l *life) closeTab() {
	l.mu.Lock()
	id := l.tab.id
	l.tab = &browserTab{}
	l.mu.Unlock()
	l.d.PageLeft(id)
}

// browse is the tab's own life.
func (l *life) browse(ctx context.Context) error {
	for {
		select {
		case m := <-l.layers:
			for _, i := range m {
				if i == nil || i.Kind == "sub_train" {
					continue
				}
				l.mu.Lock()
				tab, dead := l.tab, l.dead
				l.mu.Unlock()
				late := slices.Contains(i.Flags, "late")
				sent := i.ID + fmt.Sprint(late, i.Remaining)
				if dead || tab.id == "" || i.Player != tab.id || i.StartedAt != nil || tab.seen[sent] {
					continue
				}
				tab.seen[sent] = true
				l.watched.mu.Lock()
				l.shows = append(l.shows, showing{i.ID, string(i.Source), i.Priority, late, time.Now()})
				l.watched.mu.Unlock()
				l.wg.Go(func() {
					if err := l.d.Shown(ctx, tab.id, i.ID); err != nil && ctx.Err() == nil {
						l.t.Logf("shown: %v", err) // the item may have been taken back meanwhile
					}
				})
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// kill is kill -9, as far as file and pages can tell.
func (l *life) kill() {
	l.mu.Lock()
	l.dead = true
	l.mu.Unlock()
	l.stop()
	l.wg.Wait()
	if err := l.store.Close(); err != nil {
		l.t.Error(err)
	}
}

// Three hundred alerts, while the program and the tab are killed twenty times
// each: every alert is shown, none twice unless it says that it is late, and
// those of one priority in their order.
func TestAlertsSurviveKills(t *testing.T) {
	for seed := range uint64(2) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { killTwenty(t, rand.New(rand.NewPCG(seed, 7))) })
		})
	}
}

func killTwenty(t *testing.T, rng *rand.Rand) {
	path := filepath.Join(t.TempDir(), "landale.db")
	w := &watched{}
	l := begin(t, path, w, rng)
	const alerts = 300
	order := map[string]int{}
	killAt, closeAt := map[int]bool{}, map[int]bool{}
	for _, m := range []map[int]bool{killAt, closeAt} {
		for len(m) < 20 {
			m[rng.IntN(alerts)] = true
		}
	}
	for n := range alerts {
		id := fmt.Sprintf("alert-%03d", n)
		order[id] = n
		var p event.Payload
		who := event.User{UserID: "1", UserLogin: "viewer", UserName: "Viewer"}
		switch rng.IntN(4) {
		case 0:
			p = event.ChannelCheer{MaybeUser: event.Named(who), Bits: 1 + n + 1000*rng.IntN(2)}
		case 1:
			p = event.ChannelSubscribe{User: who, Tier: "1000"}
		case 2:
			p = event.ChannelRaid{FromBroadcaster: event.FromBroadcaster{FromBroadcasterUserID: "2", FromBroadcasterUserLogin: "r", FromBroadcasterUserName: "R"}, Viewers: rng.IntN(200)}
		default:
			p = event.ChannelFollow{User: who, FollowedAt: time.Now()}
		}
		send := func() { l.bus.Publish(event.New(event.Twitch, time.Now(), p).WithID(event.ID(id))) }
		send()
		if closeAt[n] {
			time.Sleep(time.Duration(rng.IntN(3000)) * time.Millisecond)
			l.closeTab()
			time.Sleep(time.Duration(rng.IntN(5000)) * time.Millisecond)
			l.open()
		}
		if killAt[n] {
			time.Sleep(time.Duration(rng.IntN(2)*rng.IntN(8000)) * time.Millisecond)
			l.kill()
			time.Sleep(time.Duration(rng.IntN(4000)) * time.Millisecond)
			l = begin(t, path, w, rng)
		}
		if rng.IntN(5) == 0 {
			send() // upstream delivers at least once
		}
		time.Sleep(time.Duration(rng.IntN(16)) * time.Second)
	}
	time.Sleep(time.Hour)
	synctest.Wait()
	items, err := l.store.ScreenItems(t.Context(), "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	l.kill()

	first, plain := map[string]int{}, map[string]int{}
	newest := map[int]string{}
	for _, s := range w.shows {
		if _, again := first[s.source]; !again {
			first[s.source] = len(first)
			if before := newest[s.priority]; before != "" && order[before] > order[s.source] {
				t.Errorf("%s was shown after %s of the same priority %d", s.source, before, s.priority)
			}
			newest[s.priority] = s.source
		}
		if !s.late {
			plain[s.source]++
		}
	}
	for id, n := range plain {
		if n > 1 {
			t.Errorf("%s was shown %d times without being late", id, n)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(order)) {
		if _, ok := first[id]; !ok {
			t.Errorf("%s was never shown", id)
		}
	}
	if len(items) != alerts {
		t.Errorf("got %d items, want %d", len(items), alerts)
	}
	t.Logf("%d showings of %d alerts", len(w.shows), alerts)
}
