package overlay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"landale/event"
)

const (
	tracesKept = 4096 // events
	stepsKept  = 64   // of one event or item
)

// Trace is what became of one event, and why.
type Trace struct {
	Event event.ID   `json:"event"`
	Type  event.Type `json:"type"`
	// Seq is the event's place on the bus, as text.
	Seq   string  `json:"seq"`
	Flags string  `json:"flags,omitempty"`
	Item  string  `json:"item,omitempty"`
	Tried []Tried `json:"tried"`
	Steps []Step  `json:"steps"`
}

// Step is one thing that happened to an event or its item.
type Step struct {
	// At is in milliseconds since 1970.
	At   int64  `json:"at"`
	What string `json:"what"`
	Why  string `json:"why,omitempty"`
}

// traces keeps those of the newest events.
type traces struct {
	byEvent map[event.ID]*eventTrace
	byItem  map[string]*itemTrace
	ring    []event.ID
	items   []string
	next    int
	nextOf  int
}

// eventTrace is a Trace in the making. What each rule said is worked out when
// somebody asks: in words it takes fifty times as long as finding the rule.
type eventTrace struct {
	Trace
	rules *ruleset
	facts facts
	show  string
}

type itemTrace struct{ steps []Step }

func newTraces() *traces {
	return &traces{byEvent: map[event.ID]*eventTrace{}, byItem: map[string]*itemTrace{}}
}

func (t *traces) knows(id event.ID) bool { return t.byEvent[id] != nil }

// begin notes that an event came.
func (t *traces) begin(ev event.Event, now time.Time) *eventTrace {
	tr := &eventTrace{Trace: Trace{Event: ev.ID, Type: ev.Type, Seq: fmt.Sprint(ev.Seq), Flags: ev.Flags.String(), Tried: []Tried{}}}
	tr.Steps = []Step{{now.UnixMilli(), "received", "it happened " + ev.Time.UTC().Format(event.TimeFormat)}}
	if len(t.ring) < tracesKept {
		t.ring = append(t.ring, ev.ID)
	} else {
		delete(t.byEvent, t.ring[t.next])
		t.ring[t.next] = ev.ID
		t.next = (t.next + 1) % tracesKept
	}
	t.byEvent[ev.ID] = tr
	return tr
}

func (t *traces) step(ev event.Event, now time.Time, what, why string) {
	tr := t.byEvent[ev.ID]
	if tr == nil {
		tr = t.begin(ev, now)
	}
	tr.Steps = addStep(tr.Steps, now, what, why)
}

func addStep(steps []Step, now time.Time, what, why string) []Step {
	if len(steps) >= stepsKept { // the beginning and the newest tell most
		steps = slices.Delete(steps, stepsKept/2, stepsKept/2+1)
	}
	return append(steps, Step{now.UnixMilli(), what, why})
}

// tried remembers what the rules were asked.
func (t *traces) tried(id event.ID, rules *ruleset, f facts, show string) {
	if tr := t.byEvent[id]; tr != nil {
		tr.rules, tr.facts, tr.show = rules, f, show
	}
}

// joins says in which item an event is shown.
func (t *traces) joins(id event.ID, item string) {
	if tr := t.byEvent[id]; tr != nil {
		tr.Item = item
	}
}

func (t *traces) itemStep(i *item, now time.Time, what, why string) {
	it := t.byItem[i.ID]
	if it == nil {
		it = &itemTrace{}
		if len(t.items) < tracesKept {
			t.items = append(t.items, i.ID)
		} else {
			delete(t.byItem, t.items[t.nextOf])
			t.items[t.nextOf] = i.ID
			t.nextOf = (t.nextOf + 1) % tracesKept
		}
		t.byItem[i.ID] = it
		t.joins(i.Source, i.ID)
	}
	it.steps = addStep(it.steps, now, what, why)
}

// Trace tells what became of an event: when it came, which rules were tried and
// what failed, and what happened to its alert. That much is known of the newest
// 4096 events of this run; of older ones, what the history has of the alert.
// event.ErrNotFound if the event never became one.
func (d *Director) Trace(ctx context.Context, id event.ID) (Trace, error) {
	tr, err := ask(ctx, d, func(time.Time) (Trace, error) { return d.traces.of(id) })
	if !errors.Is(err, event.ErrNotFound) || d.o.History == nil {
		return tr, err
	}
	s, missing := d.o.History.ScreenItem(ctx, string(id))
	if errors.Is(missing, event.ErrNotFound) {
		return Trace{}, err
	}
	if missing != nil {
		return Trace{}, missing
	}
	i, err := decodeItem(s)
	if err != nil {
		return Trace{}, err
	}
	return i.trace(id), nil
}

func (t *traces) of(id event.ID) (Trace, error) {
	tr := t.byEvent[id]
	if tr == nil {
		return Trace{}, fmt.Errorf("trace of %s: %w", id, event.ErrNotFound)
	}
	out := tr.Trace
	if tr.rules != nil {
		_, out.Tried = tr.rules.explain(&tr.facts, tr.show)
	}
	out.Steps = slices.Clone(tr.Steps)
	if it := t.byItem[tr.Item]; it != nil {
		out.Steps = append(out.Steps, it.steps...)
		slices.SortStableFunc(out.Steps, func(a, b Step) int { return cmp.Compare(a.At, b.At) })
	}
	return out, nil
}

// trace is what an item itself knows of its way.
func (i *item) trace(id event.ID) Trace {
	tr := Trace{Event: id, Type: i.EventType, Flags: i.Flags.String(), Item: i.ID, Tried: []Tried{}}
	for _, s := range []struct {
		at        time.Time
		what, why string
	}{
		{i.Queued, "queued", "by the rule " + i.Rule},
		{i.First, "shown", "for the first time"},
		{i.Ended, i.How, ""},
	} {
		if !s.at.IsZero() {
			tr.Steps = append(tr.Steps, Step{s.at.UnixMilli(), s.what, s.why})
		}
	}
	return tr
}

// Verdict is the answer to "which rule would this event take?".
type Verdict struct {
	Rule  string  `json:"rule"`
	Tried []Tried `json:"tried"`
	Item  *Item   `json:"item"`
}

// WouldTake tells which rule an event would take, and the alert that it would
// become, without showing it.
func (d *Director) WouldTake(ctx context.Context, ev event.Event) (Verdict, error) {
	return ask(ctx, d, func(now time.Time) (Verdict, error) {
		f := factsOf(ev)
		r, tried := d.rules.explain(&f, d.st.Show.ID)
		v := Verdict{Tried: tried}
		if r != nil {
			v.Rule = r.name
			w := d.make(ev, f, r, now).wire()
			v.Item = &w
		}
		return v, nil
	})
}

// RuleInfo is one rule in the list of all.
type RuleInfo struct {
	Name     string `json:"name"`
	Builtin  bool   `json:"builtin"`
	Type     string `json:"type"`
	Exact    int64  `json:"exact,omitempty"`
	Min      int64  `json:"min,omitempty"`
	Max      int64  `json:"max,omitempty"`
	Tier     string `json:"tier,omitempty"`
	User     string `json:"user,omitempty"`
	Reward   string `json:"reward,omitempty"`
	Message  string `json:"message,omitempty"`
	Test     string `json:"test,omitempty"`
	Show     string `json:"show,omitempty"`
	Priority int    `json:"priority"`
	Duration int64  `json:"duration"`
	Sound    string `json:"sound"`
	Template string `json:"template"`
	Layer    string `json:"layer"`
	Content  string `json:"content"`
}

// Rules lists all rules by type, in the order in which they are tried.
func (d *Director) Rules(ctx context.Context) ([]RuleInfo, error) {
	return ask(ctx, d, func(time.Time) ([]RuleInfo, error) {
		list := []RuleInfo{}
		for _, name := range slices.Sorted(maps.Keys(d.rules.byType)) {
			for _, r := range d.rules.byType[name] {
				list = append(list, RuleInfo{
					Name: r.name, Builtin: r.builtin, Type: r.Type, Exact: r.Exact, Min: r.Min, Max: r.Max, Tier: r.Tier, User: r.User,
					Reward: r.Reward, Message: r.Message, Test: r.Test, Show: r.Show, Priority: r.Priority,
					Duration: r.Duration.Milliseconds(), Sound: r.Sound, Template: r.Template,
					Layer: cmp.Or(r.Layer, d.layerFor(r.Content).String()), Content: r.Content,
				})
			}
		}
		return list, nil
	})
}
