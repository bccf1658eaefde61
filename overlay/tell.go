package overlay

import (
	"encoding/json"
	"time"
)

// queueSpan is how often pages hear of the queue at most: encoding fifty items is
// most of what an event costs in a flood. What is on screen is told at once.
const queueSpan = 25 * time.Millisecond

// tell gives pages every member of the two documents that has changed.
func (d *Director) tell() {
	if d.o.Changed == nil {
		return
	}
	d.tellMembers(d.streamMembers())
	if now := time.Now(); now.Sub(d.toldQueue) >= queueSpan {
		d.toldQueue, d.untold = now, false
		d.tellMembers(d.queueMembers())
	} else {
		d.untold = true
	}
}

func (d *Director) tellMembers(members []member) {
	for _, m := range members {
		b, err := json.Marshal(m.value)
		if err != nil {
			d.log.Error("state cannot be encoded", "state", m.doc, "member", m.name, "error", err)
			continue
		}
		key := m.doc + "." + m.name
		if d.told[key] == string(b) {
			continue
		}
		d.told[key] = string(b)
		d.o.Changed(m.doc, m.name, json.RawMessage(b))
	}
}

type member struct {
	doc, name string
	value     any
}

// streamMembers are those of the document stream. Times in it are milliseconds
// since 1970.
func (d *Director) streamMembers() []member {
	show := d.st.Show
	show.Name = d.show().Name
	list := d.show().Ticker
	if list == nil {
		list = []string{}
	}
	return []member{
		{"stream", "show", show},
		{"stream", "layers", d.layerItems()},
		{"stream", "ticker", map[string]any{"list": list, "index": d.st.Index, "next_at": ms(d.st.NextCard)}},
		{"stream", "takeover", d.st.Takeover.wire()},
		{"stream", "players", d.players()},
		{"stream", "blank", d.st.Blank},
		{"stream", "muted", d.st.Muted},
	}
}

// queueMembers are those of the document queue; times likewise.
func (d *Director) queueMembers() []member {
	queue := d.queueItems()
	return []member{
		{"queue", "queue", queue},
		{"queue", "metrics", d.metrics(queue)},
		{"queue", "is_processing", d.active != [layers]*item{}},
		{"queue", "paused", d.st.Paused || d.st.Blank},
		{"queue", "muted", d.st.Muted},
		{"queue", "holding", d.holding()},
	}
}

// holding says why nothing new comes on screen: "paused", "panic", "takeover" or
// "".
func (d *Director) holding() string {
	switch {
	case d.st.Blank:
		return "panic"
	case d.st.Paused:
		return "paused"
	case d.st.Takeover != nil:
		return "takeover"
	}
	return ""
}

// layerItems is what each layer shows: the alert that plays there, else the sub
// train or the ticker's card.
func (d *Director) layerItems() map[string]*Item {
	m := map[string]*Item{}
	for l := range layers {
		m[l.String()] = nil
		if i := d.onLayer(l); i != nil && !d.st.Blank {
			w := i.wire()
			m[l.String()] = &w
		}
	}
	return m
}

func (d *Director) onLayer(l layer) *item {
	switch {
	case d.active[l] != nil:
		return d.active[l]
	case l == d.trainLayer() && d.st.Train != nil:
		i := d.st.Train.item()
		i.Layer = l
		return i
	case l == background && d.card != nil && d.card.kind != "":
		return &item{ID: d.card.id, Kind: kindTicker, Type: d.card.kind, Layer: background, Priority: 1, Data: d.card.data,
			Volume: 0, Duration: d.cfg.Ticker, Started: d.card.since, Queued: d.card.since}
	}
	return nil
}

func (d *Director) trainLayer() layer { return d.layerFor(kindTrain) }

// players names, for each layer, the client that plays it: the one that its item
// was given to, else the one that would be given the next. Empty is none.
func (d *Director) players() map[string]string {
	m := map[string]string{}
	for l := range layers {
		m[l.String()] = ""
		if i := d.active[l]; i != nil {
			m[l.String()] = i.Player
		} else if p := d.elect(l, time.Now()); p != nil {
			m[l.String()] = p.id
		}
	}
	return m
}

// QueueItem is one line of queue_state.
type QueueItem struct {
	ID          string         `json:"id"`
	Type        string         `json:"type"`
	Priority    int            `json:"priority"`
	ContentType string         `json:"content_type"`
	Layer       string         `json:"layer"`
	Data        map[string]any `json:"data"`
	Text        string         `json:"text"`
	Duration    int64          `json:"duration"`
	Remaining   int64          `json:"remaining"`
	StartedAt   *int64         `json:"started_at"`
	EndsAt      *int64         `json:"ends_at"`
	QueuedAt    *int64         `json:"queued_at"`
	// Status is active, pending or, while the queue is held, paused.
	Status   string   `json:"status"`
	Position int      `json:"position"`
	Flags    []string `json:"flags"`
	Count    int      `json:"count"`
	Source   string   `json:"source"`
}

// queueItems is what is on screen and what waits, in play order; those on screen
// have position 0.
func (d *Director) queueItems() []QueueItem {
	list := []QueueItem{}
	add := func(i *item, status string, position int) {
		w := i.wire()
		list = append(list, QueueItem{
			ID: w.ID, Type: w.Kind, Priority: w.Priority, ContentType: w.Type, Layer: w.Layer, Data: w.Data, Text: w.Text,
			Duration: w.Duration, Remaining: w.Remaining, StartedAt: w.StartedAt, EndsAt: w.EndsAt, QueuedAt: w.QueuedAt,
			Status: status, Position: position, Flags: w.Flags, Count: w.Count, Source: string(w.Source),
		})
	}
	for l := range layers {
		if d.active[l] != nil {
			add(d.active[l], "active", 0)
		}
	}
	if d.st.Train != nil && d.active[midground] == nil && !d.st.Blank {
		add(d.st.Train.item(), "active", 0)
	}
	waits := "pending"
	if d.held() {
		waits = "paused"
	}
	for n, i := range d.waiting {
		add(i, waits, n+1)
	}
	return list
}

func (d *Director) metrics(queue []QueueItem) map[string]any {
	active := 0
	for _, q := range queue {
		if q.Status == "active" {
			active++
		}
	}
	c := d.Counts()
	average := int64(0)
	if c.waits > 0 {
		average = (c.waited / time.Duration(c.waits)).Milliseconds()
	}
	m := map[string]any{
		"total_items": len(queue), "active_items": active, "pending_items": len(d.waiting),
		"average_wait_time": average, "last_processed": ms(c.lastEnd),
	}
	for name, n := range c.details() {
		m[name] = n
	}
	return m
}
