package overlay

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"landale/event"
)

// layer is a place on screen; higher ones interrupt lower ones.
type layer int

const (
	foreground layer = iota
	midground
	background
	layers // how many there are
)

var layerNames = [layers]string{"foreground", "midground", "background"}

func (l layer) String() string { return layerNames[l] }

func layerOf(name string) (layer, bool) {
	i := slices.Index(layerNames[:], name)
	return layer(i), i >= 0
}

// MarshalText and UnmarshalText keep the name in JSON.
func (l layer) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText is the inverse of MarshalText; what it does not know is the
// foreground.
func (l *layer) UnmarshalText(text []byte) error {
	*l, _ = layerOf(string(text))
	*l = max(*l, foreground)
	return nil
}

// The kinds of items, as queue_state calls them.
const (
	kindAlert    = "alert"
	kindOverride = "manual_override"
	kindTrain    = "sub_train"
	kindTicker   = "ticker"
)

// item is one alert or override, from when it is queued until it is history.
type item struct {
	ID         string         `json:"id"`
	Kind       string         `json:"kind"`
	Type       string         `json:"type"` // content type
	Layer      layer          `json:"layer"`
	Source     event.ID       `json:"source,omitempty"`
	EventType  event.Type     `json:"event_type,omitempty"`
	Rule       string         `json:"rule,omitempty"`
	Group      string         `json:"group,omitempty"` // what can be folded into it
	Priority   int            `json:"priority"`
	Interrupts bool           `json:"interrupts,omitempty"`
	Data       map[string]any `json:"data"`
	Text       string         `json:"text,omitempty"`
	Sound      string         `json:"sound,omitempty"`
	Volume     float64        `json:"volume,omitempty"`
	Animation  string         `json:"animation,omitempty"`
	Duration   time.Duration  `json:"duration"`
	Flags      event.Flags    `json:"flags,omitempty"`
	Late       bool           `json:"late,omitempty"`
	Count      int            `json:"count"` // of events
	Amount     int64          `json:"amount,omitempty"`
	Login      string         `json:"login,omitempty"`
	Tier       string         `json:"tier,omitempty"`

	Queued  time.Time     `json:"queued"`
	Held    time.Time     `json:"held,omitzero"`    // waits for more of its kind until then
	Back    time.Time     `json:"back,omitzero"`    // when it last came back to the queue
	Sent    time.Time     `json:"sent,omitzero"`    // to the page that plays it now
	Started time.Time     `json:"started,omitzero"` // since when its clock runs; zero: it stands
	First   time.Time     `json:"first,omitzero"`   // when a page first said shown
	Spent   time.Duration `json:"spent,omitempty"`  // display time before Started
	Shown   bool          `json:"shown,omitempty"`  // said by the page that plays it now
	Sends   int           `json:"sends,omitempty"`
	Silent  int           `json:"silent,omitempty"` // pages that never said shown
	Player  string        `json:"player,omitempty"`
	By      string        `json:"by,omitempty"` // who said shown last
	Ended   time.Time     `json:"ended,omitzero"`
	How     string        `json:"how,omitempty"`
}

// left is the display time that it still has.
func (i *item) left(now time.Time) time.Duration {
	spent := i.Spent
	if !i.Started.IsZero() {
		spent += max(now.Sub(i.Started), 0)
	}
	return max(i.Duration-spent, 0)
}

// stop lets the clock stand.
func (i *item) stop(now time.Time) {
	if !i.Started.IsZero() {
		i.Spent += max(now.Sub(i.Started), 0)
		i.Started = time.Time{}
	}
}

// Item is an item as pages and lists are told of it. Times are milliseconds
// since 1970.
type Item struct {
	ID       string         `json:"id"`
	Type     string         `json:"type"`
	Kind     string         `json:"kind"`
	Data     map[string]any `json:"data"`
	Priority int            `json:"priority"`
	Layer    string         `json:"layer"`
	Duration int64          `json:"duration"`
	// StartedAt and EndsAt are null while the item's clock stands: before the page
	// that plays it said shown, and while a higher layer covers it. Remaining is
	// then the display time that it has left, in ms.
	StartedAt *int64   `json:"started_at"`
	EndsAt    *int64   `json:"ends_at"`
	Remaining int64    `json:"remaining"`
	Source    event.ID `json:"source"`
	Flags     []string `json:"flags"`
	Rule      string   `json:"rule,omitempty"`
	Text      string   `json:"text,omitempty"`
	Sound     string   `json:"sound,omitempty"`
	Volume    float64  `json:"volume,omitempty"`
	Animation string   `json:"animation,omitempty"`
	Count     int      `json:"count,omitempty"`
	// Player is the client that plays it, and alone makes sound and says shown and
	// finished.
	Player string `json:"player,omitempty"`
	// How it ended, and when, in the history.
	How      string `json:"how,omitempty"`
	QueuedAt *int64 `json:"queued_at,omitempty"`
	EndedAt  *int64 `json:"ended_at,omitempty"`
}

func ms(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	n := t.UnixMilli()
	return &n
}

// wire is the item as it stands at a time whose clock is written in Started, so
// that it does not change by itself.
func (i *item) wire() Item {
	w := Item{
		ID: i.ID, Type: i.Type, Kind: i.Kind, Data: i.Data, Priority: i.Priority, Layer: i.Layer.String(),
		Duration: i.Duration.Milliseconds(), Remaining: max(i.Duration-i.Spent, 0).Milliseconds(),
		Source: i.Source, Flags: i.flags(), Rule: i.Rule, Text: i.Text, Sound: i.Sound, Volume: i.Volume,
		Animation: i.Animation, Count: i.Count, Player: i.Player, How: i.How, QueuedAt: ms(i.Queued), EndedAt: ms(i.Ended),
	}
	if !i.Started.IsZero() {
		w.StartedAt = ms(i.Started.Add(-i.Spent))
		w.EndsAt = ms(i.Started.Add(i.Duration - i.Spent))
	}
	return w
}

func (i *item) flags() []string {
	list := []string{}
	if i.Flags.Has(event.Test) {
		list = append(list, "test")
	}
	if i.Flags.Has(event.Replay) {
		list = append(list, "replay")
	}
	if i.Flags.Has(event.Backfill) {
		list = append(list, "backfill")
	}
	if i.Late {
		list = append(list, "late")
	}
	return list
}

// again is a fresh copy of a past item, to be played once more.
func (i *item) again(now time.Time) *item {
	return &item{
		ID: string(event.NewID(now)), Kind: i.Kind, Type: i.Type, Layer: i.Layer, EventType: i.EventType, Rule: i.Rule,
		Priority: i.Priority, Interrupts: i.Interrupts, Data: maps.Clone(i.Data), Text: i.Text, Sound: i.Sound, Volume: i.Volume,
		Animation: i.Animation, Duration: i.Duration, Flags: i.Flags | event.Replay, Count: i.Count, Queued: now,
	}
}

func decodeItem(s event.ScreenItem) (*item, error) {
	var i item
	if err := json.Unmarshal(s.JSON, &i); err != nil {
		return nil, fmt.Errorf("item %s: %w", s.ID, err)
	}
	return &i, nil
}

// payloadData is what a page is told of an event's own fields: all but whose
// channel it was.
func payloadData(ev event.Event) map[string]any {
	data := map[string]any{}
	// PayloadJSON is always an object.
	_ = json.Unmarshal(ev.PayloadJSON(), &data)
	maps.DeleteFunc(data, func(k string, _ any) bool {
		return k == "broadcaster_user_id" || k == "broadcaster_user_login" || k == "broadcaster_user_name"
	})
	return data
}
