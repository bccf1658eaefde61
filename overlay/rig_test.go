package overlay

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"landale/event"
)

// memory is a Store that a killed director leaves as it was.
type memory struct {
	mu     sync.Mutex
	state  []byte
	seq    uint64
	events map[event.ID]event.Event
	taken  map[event.ID]string
	items  map[string]event.ScreenItem
	fail   error
	saves  int
}

func newMemory() *memory {
	return &memory{events: map[event.ID]event.Event{}, taken: map[event.ID]string{}, items: map[string]event.ScreenItem{}}
}

func (m *memory) LoadScreen(context.Context) (event.Screen, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := event.Screen{State: m.state}
	for _, i := range m.items {
		if i.Open {
			s.Items = append(s.Items, i)
		}
	}
	slices.SortFunc(s.Items, func(a, b event.ScreenItem) int { return strings.Compare(a.ID, b.ID) })
	for id, ev := range m.events {
		if _, judged := m.taken[id]; !judged {
			s.Missed = append(s.Missed, ev)
		}
	}
	return s, nil
}

func (m *memory) SaveScreen(_ context.Context, c event.ScreenChange) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return m.fail
	}
	m.saves++
	m.state, m.seq = slices.Clone(c.State), c.Seq
	for _, ev := range c.Events {
		m.events[ev.ID] = ev
	}
	for _, t := range c.Taken {
		if _, known := m.taken[t.Event]; !known {
			m.taken[t.Event] = t.Item
		}
	}
	for _, i := range c.Items {
		m.items[i.ID] = i
	}
	return nil
}

func (m *memory) ScreenTaken(_ context.Context, evs []event.Event) (map[event.ID]bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	known := map[event.ID]bool{}
	for _, ev := range evs {
		if _, is := m.taken[ev.ID]; is {
			known[ev.ID] = true
		}
	}
	return known, nil
}

func (m *memory) ScreenItem(_ context.Context, id string) (event.ScreenItem, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if i, ok := m.items[id]; ok {
		return i, nil
	}
	if i, ok := m.items[m.taken[event.ID(id)]]; ok {
		return i, nil
	}
	return event.ScreenItem{}, event.ErrNotFound
}

func (m *memory) ScreenItems(context.Context, string, int) ([]event.ScreenItem, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var list []event.ScreenItem
	for _, i := range m.items {
		list = append(list, i)
	}
	slices.SortFunc(list, func(a, b event.ScreenItem) int { return strings.Compare(b.ID, a.ID) })
	return list, nil
}

// rig is a director in a bubble of virtual time, with what pages were told.
type rig struct {
	t     *testing.T
	d     *Director
	bus   *event.Bus
	store *memory
	heard []event.Event
	told  map[string]json.RawMessage
	stop  context.CancelFunc
	done  chan struct{}
	mu    sync.Mutex
}

// run starts a director and stops it with the test.
func run(t *testing.T, cfg Config, store *memory) *rig {
	return runOn(t, cfg, store, event.NewBus(0))
}

func runOn(t *testing.T, cfg Config, store *memory, bus *event.Bus) *rig {
	t.Helper()
	return runWith(t, cfg, store, bus, nil)
}

func runWith(t *testing.T, cfg Config, store *memory, bus *event.Bus, f Figures) *rig {
	t.Helper()
	r := &rig{t: t, bus: bus, store: store, told: map[string]json.RawMessage{}, done: make(chan struct{})}
	o := Options{Bus: r.bus, Figures: f, Changed: func(doc, member string, v any) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.told[doc+"."+member] = v.(json.RawMessage)
	}}
	if store != nil {
		o.Store, o.History = store, store
	}
	r.d = New(cfg, o)
	sub := r.bus.Subscribe("test", 10_000, event.DropOldest, func(ev event.Event) bool { return strings.HasPrefix(string(ev.Type), "stream.") })
	ctx, cancel := context.WithCancel(t.Context())
	r.stop = cancel
	go func() {
		defer close(r.done)
		if err := r.d.Serve(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("serve: %v", err)
		}
	}()
	t.Cleanup(func() { cancel(); <-r.done })
	synctest.Wait()
	go func() {
		for {
			select {
			case ev := <-sub.Events():
				r.mu.Lock()
				r.heard = append(r.heard, ev)
				r.mu.Unlock()
			case <-ctx.Done():
				return
			}
		}
	}()
	return r
}

// publish is what upstream sends: the payload under an id.
func (r *rig) publish(p event.Payload, id string) event.Event {
	r.t.Helper()
	ev := event.New(event.Twitch, time.Now(), p)
	if id != "" {
		ev = ev.WithID(event.ID(id))
	}
	ev, _ = r.bus.Publish(ev)
	synctest.Wait()
	return ev
}

func (r *rig) wait(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func (r *rig) member(name string, v any) {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := json.Unmarshal(r.told[name], v); err != nil {
		r.t.Fatalf("%s: %v: %s", name, err, r.told[name])
	}
}

// on is what a layer shows; nil is nothing.
func (r *rig) on(layer string) *Item {
	r.t.Helper()
	var m map[string]*Item
	r.member("stream.layers", &m)
	return m[layer]
}

// queue is what pages know of it, 25 ms later.
func (r *rig) queue() []QueueItem {
	r.t.Helper()
	r.wait(queueSpan)
	var q []QueueItem
	r.member("queue.queue", &q)
	return q
}

func (r *rig) texts() []string {
	var list []string
	for _, q := range r.queue() {
		list = append(list, q.Text)
	}
	return list
}

// join lets a page in OBS come.
func (r *rig) join(name, id string) {
	r.d.PageJoined(name, id, "obs")
	synctest.Wait()
}

func (r *rig) shown(client string, i *Item) {
	r.t.Helper()
	if i == nil {
		r.t.Fatal("nothing is on screen")
	}
	if err := r.d.Shown(r.t.Context(), client, i.ID); err != nil {
		r.t.Fatalf("shown %s: %v", i.Text, err)
	}
	synctest.Wait()
}

// play has the page show whatever comes until the foreground is empty, and
// returns the texts in order.
func (r *rig) play(client string) (texts []string) {
	r.t.Helper()
	for range 1000 {
		i := r.on("foreground")
		if i == nil {
			return texts
		}
		texts = append(texts, i.Text)
		r.shown(client, i)
		r.wait(time.Duration(i.Remaining) * time.Millisecond)
	}
	r.t.Fatal("it never ends")
	return nil
}

func quiet() Config {
	c := DefaultConfig()
	c.Ticker, c.SubTrain = 0, 0
	return c
}

func follow(name string) event.ChannelFollow {
	return event.ChannelFollow{User: user1(name), FollowedAt: time.Now()}
}

func user1(name string) event.User {
	return event.User{UserID: "1", UserLogin: strings.ToLower(name), UserName: name}
}

func cheerOf(name string, bits int, message string) event.ChannelCheer {
	return event.ChannelCheer{MaybeUser: event.Named(user1(name)), Bits: bits, Message: message}
}

func raidOf(name string, viewers int) event.ChannelRaid {
	return event.ChannelRaid{FromBroadcaster: event.FromBroadcaster{FromBroadcasterUserID: "2", FromBroadcasterUserLogin: strings.ToLower(name), FromBroadcasterUserName: name}, Viewers: viewers}
}

func giftOf(name string, n int) event.ChannelSubscriptionGift {
	return event.ChannelSubscriptionGift{MaybeUser: event.Named(user1(name)), Tier: "1000", Total: n}
}

func given(name string) event.ChannelSubscribe {
	return event.ChannelSubscribe{User: user1(name), Tier: "1000", IsGift: true}
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	g, _ := json.Marshal(got)
	w, _ := json.Marshal(want)
	if string(g) != string(w) {
		t.Errorf("%s: got %s, want %s", what, g, w)
	}
}
