package overlay

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"landale/event"
)

// saveWait is how long a save may take before the show goes on without it.
const saveWait = time.Second

// keepEvery is how often it is noted that the program runs while something waits:
// the time in which it does not counts as waiting, too.
const keepEvery = time.Minute

// state is all that is kept beside the items. Its JSON is what the store keeps.
type state struct {
	Seq      uint64     `json:"seq"`
	Show     ShowState  `json:"show"`
	Index    int        `json:"index"`
	NextCard time.Time  `json:"next_card,omitzero"`
	Train    *train     `json:"train,omitempty"`
	Takeover *takeover  `json:"takeover,omitempty"`
	Paused   bool       `json:"paused,omitempty"`
	Blank    bool       `json:"blank,omitempty"` // after panic
	Muted    bool       `json:"muted,omitempty"`
	Order    []string   `json:"order,omitempty"` // of what waits
	Gifts    []*bomb    `json:"gifts,omitempty"`
	Cheers   []cheer    `json:"cheers,omitempty"`
	Goals    goals      `json:"goals"`
	Latest   []latest   `json:"latest,omitempty"`  // newest first
	Follows  []follower `json:"follows,omitempty"` // newest first
	Saved    time.Time  `json:"saved"`
}

// load takes over what an earlier run left, once.
func (d *Director) load(ctx context.Context) error {
	if d.loaded {
		return nil
	}
	now := time.Now()
	d.st.Seq = d.o.Bus.LastSeq()
	if d.o.Store == nil {
		d.loaded = true
		return nil
	}
	screen, err := d.o.Store.LoadScreen(ctx)
	if err != nil {
		return fmt.Errorf("read what was on screen: %w", err)
	}
	if screen.State == nil {
		// The first start of the director: what happened before it is history.
		screen.Missed = nil
	} else if err := json.Unmarshal(screen.State, &d.st); err != nil {
		d.log.Error("what was on screen cannot be read", "error", err)
	}
	d.st.Show.ID = d.knownShow(d.st.Show.ID)
	d.restore(screen.Items, now)
	d.takeAll(ctx, screen.Missed, now)
	d.loaded, d.stale = true, true
	return nil
}

// restore puts the open items back: in the order in which they waited, those
// that were on screen before them.
func (d *Director) restore(items []event.ScreenItem, now time.Time) {
	for _, s := range items {
		i, err := decodeItem(s)
		if err != nil {
			d.log.Error("item cannot be read", "error", err)
			continue
		}
		d.rewind(i, now)
		if i.Ended.IsZero() {
			d.waiting = append(d.waiting, i)
		}
	}
	place := func(i *item) int {
		n := slices.Index(d.st.Order, i.ID)
		switch {
		case i.Player != "": // what was with a page stands at the head
			return -1
		case n < 0:
			return len(d.st.Order)
		}
		return n
	}
	slices.SortStableFunc(d.waiting, func(a, b *item) int { return place(a) - place(b) })
	off := now.Sub(d.st.Saved)
	for _, i := range slices.Clone(d.waiting) {
		i.Player = ""
		d.touch(i)
		if off > d.cfg.MaxWait { // yesterday's alerts are not for today's viewers
			d.miss(i, now, "the program was off")
		}
	}
	if t := d.st.Takeover; t != nil && !t.Ends.IsZero() && now.Before(t.Started.Add(-time.Second)) {
		t.Ends = now.Add(t.Ends.Sub(t.Started)) // the clock went back: the whole time again
		t.Started = now
	}
}

// rewind is what a restart means for an item that was with a page: its clock ran
// on, since the page may have gone on showing it. One whose time is over has
// ended; one that was never shown has all of its time.
func (d *Director) rewind(i *item, now time.Time) {
	if i.Player == "" {
		return
	}
	switch ran := now.Sub(i.Started); {
	case i.Started.IsZero():
	case ran < 0: // the clock went back
		i.Started, i.Spent = time.Time{}, 0
	case i.Spent+ran >= i.Duration:
		i.Spent, i.Started = i.Duration, time.Time{}
		d.end(i, "finished", now)
	default:
		i.Spent = min(i.Spent+ran, i.Duration-minShown)
		i.Started = time.Time{}
	}
	i.Shown, i.Sent = false, time.Time{}
	if i.Ended.IsZero() {
		i.Back = now
	}
}

// busy reports whether something waits or is on screen.
func (d *Director) busy() bool { return len(d.waiting) > 0 || d.active != [layers]*item{} }

// touch marks an item as changed.
func (d *Director) touch(i *item) {
	if d.dirty[i.ID] == nil {
		d.order = append(d.order, i.ID)
	}
	d.dirty[i.ID] = i
	d.stale = true
}

// flush writes down what changed, then tells pages, then answers who asked.
func (d *Director) flush(ctx context.Context) {
	if now := time.Now(); (d.stale || len(d.change.Taken) > 0) && !now.Before(d.retry) {
		d.save(ctx, now)
	}
	d.tell()
	for _, ev := range d.announced {
		d.o.Bus.Publish(ev)
	}
	d.announced = d.announced[:0]
	for _, reply := range d.replies {
		reply()
	}
	clear(d.replies)
	d.replies = d.replies[:0]
}

// maxUnsaved is how many events wait for a file that cannot be written; the store
// has the same ones in its own queue.
const maxUnsaved = 10_000

func (d *Director) save(ctx context.Context, now time.Time) {
	d.st.Order = d.st.Order[:0]
	for _, i := range d.waiting {
		d.st.Order = append(d.st.Order, i.ID)
	}
	d.st.Saved = now
	if d.o.Store == nil {
		d.saved(now, nil)
		return
	}
	c := d.change
	c.Seq = d.st.Seq
	var err error
	if c.State, err = json.Marshal(&d.st); err != nil {
		d.saved(now, err)
		return
	}
	for _, id := range d.order {
		i := d.dirty[id]
		text, err := json.Marshal(i)
		if err != nil {
			d.log.Error("item cannot be written", "id", i.ID, "error", err)
			continue
		}
		c.Items = append(c.Items, event.ScreenItem{ID: i.ID, Source: i.Source, Open: i.Ended.IsZero(), JSON: text})
	}
	ctx, cancel := context.WithTimeout(ctx, saveWait)
	defer cancel()
	d.saved(now, d.o.Store.SaveScreen(ctx, c))
}

// saved takes note of how a save went. What could not be written stays for the
// next one.
func (d *Director) saved(now time.Time, err error) {
	if err != nil {
		if !d.failing {
			d.log.Error("what is on screen cannot be written down: the show goes on from memory", "error", err)
		}
		if n := len(d.change.Events) - maxUnsaved; n > 0 {
			d.change.Events = slices.Delete(d.change.Events, 0, n)
		}
	} else {
		if d.failing {
			d.log.Info("what is on screen is written down again")
		}
		d.change = event.ScreenChange{Events: d.change.Events[:0], Taken: d.change.Taken[:0]}
		clear(d.dirty)
		d.order, d.stale = d.order[:0], false
	}
	if d.failing = err != nil; d.failing {
		d.retry = now.Add(saveWait)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fresh, d.trouble = now, ""
	if err != nil {
		d.trouble = err.Error()
	}
}

// rest is the end of Serve: clocks stand until the next one.
func (d *Director) rest(ctx context.Context) {
	d.takePages(time.Now())
	d.flush(ctx)
}
