package overlay

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"landale/event"
)

// takeover is what covers the screen.
type takeover struct {
	Type    string    `json:"type"`
	Message string    `json:"message"`
	Started time.Time `json:"started"`
	Ends    time.Time `json:"ends,omitzero"`
	By      string    `json:"by,omitempty"`
}

// TakeoverState is a takeover as pages are told of it; EndsAt is null until it
// is cleared.
type TakeoverState struct {
	Type      string `json:"type"`
	Message   string `json:"message"`
	StartedAt *int64 `json:"started_at"`
	EndsAt    *int64 `json:"ends_at"`
	By        string `json:"by"`
}

func (t *takeover) wire() *TakeoverState {
	if t == nil {
		return nil
	}
	return &TakeoverState{t.Type, t.Message, ms(t.Started), ms(t.Ends), t.By}
}

// Done is the data of the reply to a command.
type Done struct {
	Operation string `json:"operation"`
	ID        string `json:"id,omitempty"`
	Type      string `json:"type,omitempty"`
	// Count is how many items it concerned.
	Count  int  `json:"count,omitempty"`
	Paused bool `json:"paused"`
	Muted  bool `json:"muted"`
}

// steer runs a command on the director's goroutine and adds how the queue is.
func (d *Director) steer(ctx context.Context, f func(now time.Time) (Done, error)) (Done, error) {
	return ask(ctx, d, func(now time.Time) (Done, error) {
		done, err := f(now)
		done.Paused, done.Muted = d.st.Paused || d.st.Blank, d.st.Muted
		return done, err
	})
}

// Pause lets nothing new on screen; what is there plays to its end.
func (d *Director) Pause(ctx context.Context) (Done, error) {
	return d.steer(ctx, func(time.Time) (Done, error) {
		d.st.Paused, d.stale = true, true
		return Done{Operation: "paused"}, nil
	})
}

// Resume ends Pause and Panic.
func (d *Director) Resume(ctx context.Context) (Done, error) {
	return d.steer(ctx, func(time.Time) (Done, error) {
		d.st.Paused, d.st.Blank, d.stale = false, false, true
		return Done{Operation: "resumed"}, nil
	})
}

// Skip ends what is on screen: the item of this id, or, without one, the one on
// top. Without anything on screen it answers not_found.
func (d *Director) Skip(ctx context.Context, id string) (Done, error) {
	return d.steer(ctx, func(now time.Time) (Done, error) {
		for l := range layers {
			if i := d.active[l]; i != nil && (id == "" || i.ID == id) {
				d.drop(i, "skipped", now)
				d.count(func(c *Counts) { c.Skipped++ })
				return Done{Operation: "skipped", ID: i.ID}, nil
			}
		}
		if t := d.st.Train; t != nil && (id == "" || t.ID == id) {
			d.st.Train, d.stale = nil, true
			return Done{Operation: "skipped", ID: t.ID}, nil
		}
		return Done{}, &Error{"not_found", "nothing is on screen that can be skipped"}
	})
}

// drop ends an item by the operator's hand.
func (d *Director) drop(i *item, how string, now time.Time) {
	d.traces.itemStep(i, now, how, "by the operator")
	d.end(i, how, now)
	d.announce(event.StreamInterruptRemoved{ItemID: i.ID, ItemType: i.Kind, Reason: how}, event.Operator, now)
}

// Remove takes an item out of the queue, or off the screen.
func (d *Director) Remove(ctx context.Context, id string) (Done, error) {
	return d.steer(ctx, func(now time.Time) (Done, error) {
		if t := d.st.Train; t != nil && t.ID == id {
			d.st.Train, d.stale = nil, true
			return Done{Operation: "item_removed", ID: id}, nil
		}
		i := d.open(id)
		if i == nil {
			return Done{}, errNoItem(id)
		}
		d.drop(i, "removed", now)
		return Done{Operation: "item_removed", ID: id}, nil
	})
}

func errNoItem(id string) error {
	return &Error{"not_found", fmt.Sprintf("there is no item %s in the queue", id)}
}

// open finds an item that waits or is on screen.
func (d *Director) open(id string) *item {
	for _, i := range slices.Concat(d.active[:], d.waiting) {
		if i != nil && i.ID == id {
			return i
		}
	}
	return nil
}

// Reorder moves a waiting item to a place among those that wait: 0 or 1 is the
// next one, what is beyond the last is the last.
func (d *Director) Reorder(ctx context.Context, id string, position int) (Done, error) {
	return d.steer(ctx, func(time.Time) (Done, error) {
		at := slices.IndexFunc(d.waiting, func(i *item) bool { return i.ID == id })
		if at < 0 {
			return Done{}, errNoItem(id)
		}
		i := d.waiting[at]
		d.waiting = slices.Delete(d.waiting, at, at+1)
		to := min(max(position-1, 0), len(d.waiting))
		d.waiting = slices.Insert(d.waiting, to, i)
		i.Held = time.Time{}
		d.touch(i)
		return Done{Operation: "reordered", ID: id}, nil
	})
}

// Clear empties the queue. What is on screen stays; what waited is in the
// history.
func (d *Director) Clear(ctx context.Context) (Done, error) {
	return d.steer(ctx, func(now time.Time) (Done, error) {
		list := slices.Clone(d.waiting)
		for _, i := range list {
			d.drop(i, "cleared", now)
		}
		return Done{Operation: "cleared", Count: len(list)}, nil
	})
}

// Mute turns the sound of alerts off or on.
func (d *Director) Mute(ctx context.Context, muted bool) (Done, error) {
	return d.steer(ctx, func(time.Time) (Done, error) {
		d.st.Muted, d.stale = muted, true
		return Done{Operation: "muted"}, nil
	})
}

// Panic takes everything off the screen at once and holds the queue until
// Resume. What was on screen is in the history; what waits goes on waiting.
func (d *Director) Panic(ctx context.Context) (Done, error) {
	return d.steer(ctx, func(now time.Time) (Done, error) {
		n := 0
		for _, i := range d.active {
			if i != nil {
				d.drop(i, "panic", now)
				n++
			}
		}
		d.st.Train = nil
		d.uncover("command", event.Operator, now)
		d.st.Blank, d.stale = true, true
		return Done{Operation: "panic", Count: n}, nil
	})
}

// Replay plays an item of the history again, flagged replay. The id of the event
// that it came of will do, too.
func (d *Director) Replay(ctx context.Context, id string) (Done, error) {
	past, err := d.past(ctx, id)
	if err != nil {
		return Done{}, err
	}
	return d.steer(ctx, func(now time.Time) (Done, error) {
		i := past.again(now)
		if len(d.waiting) >= waitingMax {
			return Done{}, &Error{"backpressure", "the queue is full"}
		}
		d.insert(i)
		d.touch(i)
		return Done{Operation: "replayed", ID: i.ID, Type: i.Type}, nil
	})
}

// past finds an item, open or not.
func (d *Director) past(ctx context.Context, id string) (*item, error) {
	i, err := ask(ctx, d, func(time.Time) (*item, error) {
		if i := d.open(id); i != nil {
			copied := *i
			copied.Data = maps.Clone(i.Data)
			return &copied, nil
		}
		return nil, nil
	})
	if err != nil || i != nil {
		return i, err
	}
	if d.o.History == nil {
		return nil, errNoItem(id)
	}
	s, err := d.o.History.ScreenItem(ctx, id)
	if err != nil {
		return nil, err
	}
	return decodeItem(s)
}

// History lists past and present items, the newest first, those before the item
// of this id (empty: all).
func (d *Director) History(ctx context.Context, before string, limit int) ([]Item, error) {
	if d.o.History == nil {
		return []Item{}, nil
	}
	rows, err := d.o.History.ScreenItems(ctx, before, limit)
	if err != nil {
		return nil, err
	}
	list := make([]Item, 0, len(rows))
	for _, s := range rows {
		i, err := decodeItem(s)
		if err != nil {
			return nil, err
		}
		list = append(list, i.wire())
	}
	return list, nil
}

// ForceContent puts content in front of everything else for a time.
func (d *Director) ForceContent(ctx context.Context, kind string, data map[string]any, duration time.Duration) (Done, error) {
	if kind == "" || duration <= 0 {
		return Done{}, &Error{"validation_failed", "type and duration are required"}
	}
	return d.steer(ctx, func(now time.Time) (Done, error) {
		data = maps.Clone(data)
		if data == nil {
			data = map[string]any{}
		}
		data["type"] = kind
		i := &item{
			ID: string(event.NewID(now)), Kind: kindOverride, Type: kindOverride, Layer: d.layerFor(kindOverride), Priority: 10,
			Interrupts: true, Data: data, Duration: max(duration, minShown), Count: 1, Queued: now, Volume: d.cfg.Volume,
		}
		if text, ok := data["message"].(string); ok {
			i.Text = text
		}
		d.insert(i)
		d.touch(i)
		return Done{Operation: "override_sent", Type: kind, ID: i.ID}, nil
	})
}

// takeoverTexts are what a takeover says when it is given no message.
var takeoverTexts = map[string]string{
	event.TechnicalDifficulties: "Technical Difficulties - BRB!",
	event.ScreenCover:           "",
	event.PleaseStandBy:         "Stream will resume shortly",
}

// Takeover covers the screen; a new one takes the place and the time of the old
// one. Duration 0 holds it until it is cleared. By is who asked.
func (d *Director) Takeover(ctx context.Context, kind, message string, duration time.Duration, by string) (Done, error) {
	if _, known := takeoverTexts[kind]; !known && kind != event.CustomTakeover {
		return Done{}, &Error{"validation_failed", fmt.Sprintf("there is no takeover %q", kind)}
	}
	if message == "" {
		message = takeoverTexts[kind]
	}
	if kind == event.CustomTakeover && message == "" {
		return Done{}, &Error{"validation_failed", "a custom takeover needs a message"}
	}
	if duration < 0 {
		return Done{}, &Error{"validation_failed", "the duration is below 0"}
	}
	return d.steer(ctx, func(now time.Time) (Done, error) {
		d.uncover("replaced", event.Operator, now)
		t := &takeover{Type: kind, Message: message, Started: now, By: by}
		p := event.StreamTakeoverStarted{TakeoverType: kind, Message: message}
		if duration > 0 {
			t.Ends = now.Add(duration)
			n := max(duration.Milliseconds(), 1)
			p.Duration = &n
		}
		d.st.Takeover, d.stale = t, true
		d.announce(p, event.Operator, now)
		return Done{Operation: "takeover_sent", Type: kind}, nil
	})
}

// TakeoverClear uncovers the screen.
func (d *Director) TakeoverClear(ctx context.Context) (Done, error) {
	return d.steer(ctx, func(now time.Time) (Done, error) {
		d.uncover("command", event.Operator, now)
		return Done{Operation: "takeover_cleared"}, nil
	})
}

func (d *Director) uncover(why string, by event.Source, now time.Time) {
	t := d.st.Takeover
	if t == nil {
		return
	}
	d.st.Takeover, d.stale = nil, true
	d.announce(event.StreamTakeoverCleared{TakeoverType: t.Type, Reason: why}, by, now)
}

// SetShow puts a show on by hand, until the category changes.
func (d *Director) SetShow(ctx context.Context, id string) (Done, error) {
	return d.steer(ctx, func(now time.Time) (Done, error) {
		if !slices.ContainsFunc(d.cfg.shows(), func(s Show) bool { return s.ID == id }) {
			return Done{}, &Error{"not_found", fmt.Sprintf("there is no show %q", id)}
		}
		d.setShowByID(id, now)
		return Done{Operation: "show_set", ID: id}, nil
	})
}

// Mappings is the layer of each content type in the show that is on.
type Mappings struct {
	CurrentShow    string            `json:"current_show"`
	Mappings       map[string]string `json:"mappings"`
	AvailableShows []string          `json:"available_shows"`
}

// LayerMappings tells the layer of each content type. What is not in it goes to
// the background.
func (d *Director) LayerMappings(ctx context.Context) (Mappings, error) {
	return ask(ctx, d, func(time.Time) (Mappings, error) {
		m := Mappings{d.st.Show.ID, map[string]string{kindOverride: foreground.String()}, []string{}}
		s := d.show()
		for l, types := range [layers][]string{s.Foreground, s.Midground, s.Background} {
			for _, t := range types {
				m.Mappings[t] = layer(l).String()
			}
		}
		for _, s := range d.cfg.shows() {
			m.AvailableShows = append(m.AvailableShows, s.ID)
		}
		return m, nil
	})
}

// State is every member of the documents "stream" and "queue" as they are now,
// by document and name.
func (d *Director) State(ctx context.Context) (map[string]map[string]json.RawMessage, error) {
	return ask(ctx, d, func(time.Time) (map[string]map[string]json.RawMessage, error) {
		docs := map[string]map[string]json.RawMessage{"stream": {}, "queue": {}}
		for _, m := range append(d.streamMembers(), d.queueMembers()...) {
			b, err := json.Marshal(m.value)
			if err != nil {
				return nil, fmt.Errorf("encode %s.%s: %w", m.doc, m.name, err)
			}
			docs[m.doc][m.name] = b
		}
		return docs, nil
	})
}
