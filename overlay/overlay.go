// Package overlay is the director: it decides what is on screen. Pages draw it.
//
// An event that can become an alert becomes at most one, by the rules, also
// after a restart; it waits without losing display time, is given to one page,
// and is owed until that page has said shown and its time is over. What is owed
// again is flagged late. Nothing is lost silently: what was folded into another,
// missed or cleared is in the history, counted and logged.
//
// One goroutine, Serve's, owns the state; every other method sends it a message
// and may be called from anywhere. A change is written to the store before any
// page hears of it. While the file cannot be written the show goes on from
// memory, and Status says so.
package overlay

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"landale/event"
)

// queueSize is how many events may wait for the director: a minute of a flood of
// 150 a second. What is lost beyond it is fetched from the store again.
const queueSize = 10_000

// batchSize is how many events share one transaction when they stand in line.
const batchSize = 64

// Store keeps what is on screen. Nil in Options keeps it in memory only.
type Store interface {
	LoadScreen(ctx context.Context) (event.Screen, error)
	SaveScreen(ctx context.Context, change event.ScreenChange) error
	// ScreenTaken tells which of the events were judged before, or are repeats of
	// stored ones: those must not become an alert again.
	ScreenTaken(ctx context.Context, events []event.Event) (map[event.ID]bool, error)
}

// History finds items that are no longer on screen.
type History interface {
	// ScreenItem finds one by its id; event.ErrNotFound.
	ScreenItem(ctx context.Context, id string) (event.ScreenItem, error)
	// ScreenItems lists the newest first, those before the item of this id (empty:
	// all).
	ScreenItems(ctx context.Context, before string, limit int) ([]event.ScreenItem, error)
}

// Figures gives the data of cards.
type Figures interface {
	// Card is the data of a card of this type ("daily_stats", "emote_stats");
	// event.ErrNotFound for a type that it does not know.
	Card(ctx context.Context, kind string) (map[string]any, error)
}

// Options is what the director needs from the rest of the program. Bus must be
// there.
type Options struct {
	Bus     *event.Bus
	Store   Store
	History History
	Figures Figures
	// Changed hears every member of the documents "stream" and "queue" that has
	// changed, from the director's goroutine; it must not wait for the director.
	Changed func(doc, member string, value any)
	// Log gets what a person should know; nil discards it.
	Log *slog.Logger
}

// Director is the part.
type Director struct {
	o   Options
	log *slog.Logger
	cfg Config

	// The state; Serve's alone.
	rules   *ruleset
	st      state
	waiting []*item // in play order
	active  [layers]*item
	card    *card
	cards   map[string]map[string]any // the last good data of each
	cool    map[string]time.Time      // until when a rule makes no other alert
	alone   [layers]time.Time         // since when no page can play the layer
	pages   []*page
	traces  *traces
	ended   endedItems
	loaded  bool

	// What the next save writes, and what it makes pages hear.
	change    event.ScreenChange
	dirty     map[string]*item
	order     []string // of dirty
	stale     bool     // the state is not written as it is
	failing   bool     // the newest save failed
	retry     time.Time
	told      map[string]string
	toldQueue time.Time
	untold    bool // the queue changed since
	replies   []func()
	announced []event.Event
	emoted    time.Time

	sub, chat *event.Subscription
	lost      uint64
	asks      chan func(time.Time) // in
	answers   chan func(time.Time) // in, from the director's own fetches
	wake      chan struct{}        // in: pages came or went
	fetches   sync.WaitGroup

	mu       sync.Mutex // guards what follows
	incoming []pageChange
	counts   Counts
	running  bool
	fresh    time.Time
	trouble  string
}

// New makes the director of a config that passed Validate. It hears the bus from
// now on; nothing moves before Serve.
func New(cfg Config, o Options) *Director {
	d := &Director{
		o: o, log: o.Log, cfg: cfg,
		rules:   newRuleset(cfg),
		cards:   map[string]map[string]any{},
		cool:    map[string]time.Time{},
		traces:  newTraces(),
		dirty:   map[string]*item{},
		told:    map[string]string{},
		asks:    make(chan func(time.Time)),
		answers: make(chan func(time.Time), 8),
		wake:    make(chan struct{}, 1),
	}
	if d.log == nil {
		d.log = slog.New(slog.DiscardHandler)
	}
	d.st.Show.ID = d.firstShow().ID
	d.sub = o.Bus.Subscribe("overlay", queueSize, event.DropNewest, concerns)
	d.chat = o.Bus.Subscribe("overlay_emotes", 200, event.DropOldest, hasEmotes)
	return d
}

// String is the part's name.
func (d *Director) String() string { return "overlay" }

// Status is how the part is.
func (d *Director) Status() event.Status {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := event.Status{State: event.Running, Fresh: d.fresh, Details: d.counts.details()}
	switch {
	case !d.running:
		s.State = event.Stopped
	case d.trouble != "":
		s.State, s.Reason = event.Degraded, "the screen cannot be written down and would be lost in a crash: "+d.trouble
	}
	return s
}

// Serve directs until ctx ends. What is on screen stays in the store, and the
// next Serve, also of another process, goes on with it.
func (d *Director) Serve(ctx context.Context) error {
	if err := d.load(ctx); err != nil {
		return err
	}
	d.setRunning(true)
	defer d.setRunning(false)
	defer d.fetches.Wait()

	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case ev := <-d.sub.Events():
			d.takeBatch(ctx, ev)
		case ev := <-d.chat.Events():
			d.emotes(ev, time.Now())
		case f := <-d.asks:
			f(time.Now())
		case f := <-d.answers:
			f(time.Now())
		case <-d.wake:
		case <-timer.C:
		case <-ctx.Done():
			d.rest(context.WithoutCancel(ctx))
			return ctx.Err()
		}
		next := d.settle(ctx, time.Now())
		timer.Reset(time.Until(next))
	}
}

func (d *Director) setRunning(is bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.running = is
}

// concerns lets through what can become an alert, or changes what is on screen.
func concerns(ev event.Event) bool {
	if event.Once(ev) {
		return true
	}
	switch ev.Payload.(type) {
	case event.ChannelUpdate, event.ChannelGoalBegin, event.ChannelGoalProgress, event.StreamOffline:
		return true
	case event.Unknown:
		return isCustom(ev.Type)
	}
	return false
}

func hasEmotes(ev event.Event) bool {
	m, ok := ev.Payload.(event.ChannelChatMessage)
	return ok && len(m.Emotes)+len(m.NativeEmotes) > 0
}

// takeBatch judges an event and those that stand in line behind it.
func (d *Director) takeBatch(ctx context.Context, ev event.Event) {
	batch := append(make([]event.Event, 0, 8), ev)
	for len(batch) < batchSize {
		select {
		case ev := <-d.sub.Events():
			batch = append(batch, ev)
			continue
		default:
		}
		break
	}
	d.takeAll(ctx, batch, time.Now())
	if n := d.sub.Dropped(); n > d.lost && d.o.Store != nil && len(d.sub.Events()) == 0 {
		d.catchUp(ctx, n)
	}
}

// catchUp fetches what the queue had no room for.
func (d *Director) catchUp(ctx context.Context, n uint64) {
	d.log.Warn("more events than the director could take: reading them again", "events", n-d.lost)
	d.flush(ctx) // so that the store knows what was judged
	screen, err := d.o.Store.LoadScreen(ctx)
	if err != nil {
		d.log.Error("events not read again", "error", err)
		return
	}
	d.lost = n
	d.takeAll(ctx, screen.Missed, time.Now())
}

func (d *Director) takeAll(ctx context.Context, batch []event.Event, now time.Time) {
	repeats := d.repeats(ctx, batch)
	for _, ev := range batch {
		if repeats[ev.ID] {
			d.traces.step(ev, now, "duplicate", "its id was seen before")
			d.count(func(c *Counts) { c.Duplicates++ })
			continue
		}
		d.take(ev, now)
	}
}

// repeats asks the store which events were judged before.
func (d *Director) repeats(ctx context.Context, batch []event.Event) map[event.ID]bool {
	if d.o.Store == nil {
		return nil
	}
	var once []event.Event
	for _, ev := range batch {
		if judged(ev) {
			once = append(once, ev)
		}
	}
	if len(once) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, saveWait)
	defer cancel()
	seen, err := d.o.Store.ScreenTaken(ctx, once)
	if err != nil {
		// The bus knows the newest 50,000 ids: better one alert too many than none.
		d.log.Error("repeats cannot be looked up", "error", err)
	}
	return seen
}

// judged reports whether an event can become an alert.
func judged(ev event.Event) bool { return event.Once(ev) || isCustom(ev.Type) }

func isCustom(t event.Type) bool { return len(t) > 7 && t[:7] == "custom." }

// settle does everything that is due, writes it down and tells pages; it returns
// when something is due next.
func (d *Director) settle(ctx context.Context, now time.Time) (next time.Time) {
	d.takePages(now)
	d.expire(now)
	d.finishDue(now)
	d.missOld(now)
	for l := range layers {
		d.promote(l, now)
	}
	d.clocks(now)
	if d.busy() && now.Sub(d.st.Saved) >= keepEvery {
		d.stale = true
	}
	d.flush(ctx)
	return d.nextDue(now)
}

// ask runs f on the director's goroutine and returns when its outcome is written
// down.
func ask[T any](ctx context.Context, d *Director, f func(now time.Time) (T, error)) (T, error) {
	type answer struct {
		v   T
		err error
	}
	done := make(chan answer, 1)
	patience := time.NewTimer(askWait)
	defer patience.Stop()
	var none T
	select {
	case d.asks <- func(now time.Time) {
		v, err := f(now)
		d.replies = append(d.replies, func() { done <- answer{v, err} })
	}:
	case <-ctx.Done():
		return none, ctx.Err()
	case <-patience.C:
		return none, &Error{"service_unavailable", "the director does not run"}
	}
	select {
	case a := <-done:
		return a.v, a.err
	case <-ctx.Done():
		return none, ctx.Err()
	case <-patience.C:
		return none, &Error{"service_timeout", "no answer in time"}
	}
}

const askWait = 5 * time.Second

// Error is a refusal with the code that clients are told.
type Error struct {
	Code    string
	Message string
}

func (e *Error) Error() string { return e.Message }

// ErrorCode is the code.
func (e *Error) ErrorCode() string { return e.Code }

// SetConfig takes over new settings; what is on screen stays.
func (d *Director) SetConfig(ctx context.Context, cfg Config) error {
	_, err := ask(ctx, d, func(now time.Time) (struct{}, error) {
		d.cfg = cfg
		d.rules = newRuleset(cfg)
		d.setShowByID(d.knownShow(d.st.Show.ID), now)
		d.stale = true
		return struct{}{}, nil
	})
	return err
}
