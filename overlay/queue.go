package overlay

import (
	"fmt"
	"slices"
	"time"

	"landale/event"
)

const (
	// waitingMax is how many alerts wait; what comes on top is folded.
	waitingMax = 50
	// shownWait is how long a page may take to say shown before another one is
	// asked: with the election the screen is never empty for 10 s.
	shownWait = 5 * time.Second
	// silentPause is how long a page that did not answer is passed over.
	silentPause = 30 * time.Second
	// silentMax is how many pages may be silent before an alert counts as missed.
	silentMax = 3
)

// take judges one event: what it changes, and whether it becomes an alert.
func (d *Director) take(ev event.Event, now time.Time) {
	d.st.Seq = max(d.st.Seq, ev.Seq)
	if !judged(ev) {
		d.happened(ev, now)
		return
	}
	if d.traces.knows(ev.ID) {
		d.traces.step(ev, now, "duplicate", "its id was seen before")
		d.count(func(c *Counts) { c.Duplicates++ })
		return
	}
	d.traces.begin(ev, now)
	f := factsOf(ev)
	d.happened(ev, now)
	id := d.become(ev, f, now)
	d.change.Events = append(d.change.Events, ev)
	d.change.Taken = append(d.change.Taken, event.ScreenTaken{Event: ev.ID, Item: id})
	d.stale = true
}

// become makes an event an alert, or a part of one; the result is the item's id,
// or "" when it becomes nothing.
func (d *Director) become(ev event.Event, f facts, now time.Time) string {
	if other := d.pair(ev, f, now); other != "" {
		d.traces.step(ev, now, "folded", "the same cheer came as "+string(other))
		return ""
	}
	if f.gifted {
		return d.single(ev, f, now)
	}
	i := d.judge(ev, f, now)
	if i == nil {
		return ""
	}
	if ev.Type == (event.ChannelSubscriptionGift{}).EventType() {
		if into := d.moreGifts(ev, i, now); into != nil {
			return into.ID
		}
		id := d.enqueue(i, ev, now)
		d.openBomb(i, id, int(f.amount), now)
		return id
	}
	return d.enqueue(i, ev, now)
}

// judge finds the rule of an event and makes the item; nil if there is none.
func (d *Director) judge(ev event.Event, f facts, now time.Time) *item {
	r := d.rules.find(&f, d.st.Show.ID)
	d.traces.tried(ev.ID, d.rules, f, d.st.Show.ID)
	switch {
	case r == nil:
		d.traces.step(ev, now, "no alert", "no rule fits")
	case r.Layer == "none":
		d.traces.step(ev, now, "no alert", "the rule "+r.name+" shows nothing")
	case now.Before(d.cool[r.name]):
		d.count(func(c *Counts) { c.Cooled++ })
		d.traces.step(ev, now, "no alert", fmt.Sprintf("the rule %s rests for %s", r.name, d.cool[r.name].Sub(now).Round(time.Second)))
	default:
		if r.Cooldown > 0 {
			d.cool[r.name] = now.Add(r.Cooldown)
		}
		d.traces.step(ev, now, "rule", r.name)
		return d.make(ev, f, r, now)
	}
	return nil
}

// make is the item of an event and its rule.
func (d *Director) make(ev event.Event, f facts, r *rule, now time.Time) *item {
	i := &item{
		ID: string(event.NewID(now)), Kind: kindAlert, Source: ev.ID, EventType: ev.Type, Flags: ev.Flags,
		Count: 1, Amount: f.amount, Login: f.login, Tier: f.tier, Queued: now, Data: payloadData(ev),
	}
	d.dress(i, f, r)
	return i
}

// dress gives an item what its rule says.
func (d *Director) dress(i *item, f facts, r *rule) {
	i.Type, i.Rule, i.Priority, i.Duration = r.Content, r.name, r.Priority, r.Duration
	i.Sound, i.Animation, i.Volume = r.Sound, r.Animation, r.Volume*d.cfg.Volume
	i.Interrupts = r.Interrupt == "always" || (r.Interrupt == "" || r.Interrupt == "urgent") && r.Priority >= urgent
	i.Layer = d.layerFor(r.Content)
	if l, ok := layerOf(r.Layer); ok {
		i.Layer = l
	}
	i.Group = fmt.Sprintf("%s %s %s", r.name, i.Layer, i.Flags)
	plain := d.rules.plainText(&f, d.st.Show.ID)
	i.Text = plain
	if r.Template != "" {
		i.Text = r.text.render(&values{facts: f, text: plain, sound: i.Sound, volume: i.Volume, duration: i.Duration.Milliseconds()})
	}
	i.Data["event_type"] = string(i.EventType)
	i.Data["username"] = f.name
	i.Data["text"] = i.Text
	i.Data["amount"] = f.shown()
	if f.tier != "" {
		i.Data["tier_name"] = "T" + f.tier
	}
	if _, typed := i.Data["message"]; !typed {
		i.Data["message"] = f.message
	}
}

// enqueue puts a new item in line; the result is the id of what shows it, which
// is another one when the line is full.
func (d *Director) enqueue(i *item, ev event.Event, now time.Time) string {
	// What was fetched after a gap is told as one digest; the streamer decides
	// whether each is played (Replay) or only logged.
	why := ""
	switch {
	case i.Flags.Has(event.Backfill):
		why = "it was fetched after a gap"
	case now.Sub(event.SeqTime(ev.Seq)) > d.cfg.MaxWait:
		why = "it is older than max_wait"
	}
	if why != "" {
		d.touch(i)
		d.miss(i, now, why)
		return i.ID
	}
	if len(d.waiting) >= waitingMax {
		if into := d.fold(i, ev, now); into != nil {
			return into.ID
		}
	}
	d.insert(i)
	d.touch(i)
	d.count(func(c *Counts) { c.Queued++ })
	d.traces.itemStep(i, now, "queued", fmt.Sprintf("%s, priority %d, %d waiting", i.Layer, i.Priority, len(d.waiting)))
	return i.ID
}

// insert puts an item behind those of its priority.
func (d *Director) insert(i *item) {
	at := slices.IndexFunc(d.waiting, func(w *item) bool { return w.Priority < i.Priority })
	if at < 0 {
		at = len(d.waiting)
	}
	d.waiting = slices.Insert(d.waiting, at, i)
}

// giveBack puts an item that was with a page before those of its priority.
func (d *Director) giveBack(i *item, now time.Time) {
	i.stop(now)
	i.Player, i.Sent, i.Shown, i.Back = "", time.Time{}, false, now
	at := slices.IndexFunc(d.waiting, func(w *item) bool { return w.Priority <= i.Priority })
	if at < 0 {
		at = len(d.waiting)
	}
	d.waiting = slices.Insert(d.waiting, at, i)
	if d.active[i.Layer] == i {
		d.active[i.Layer] = nil
	}
	d.touch(i)
}

// end makes an item history.
func (d *Director) end(i *item, how string, now time.Time) {
	i.stop(now)
	i.Ended, i.How = now, how
	d.waiting = slices.DeleteFunc(d.waiting, func(w *item) bool { return w == i })
	if d.active[i.Layer] == i {
		d.active[i.Layer] = nil
	}
	d.ended.add(i)
	d.touch(i)
}

// held reports whether nothing new may come on screen.
func (d *Director) held() bool { return d.st.Paused || d.st.Blank || d.st.Takeover != nil }

// promote puts the next item of a layer on screen, if it may and a page is there
// to play it.
func (d *Director) promote(l layer, now time.Time) {
	if d.held() {
		return
	}
	at := slices.IndexFunc(d.waiting, func(w *item) bool { return w.Layer == l && !now.Before(w.Held) })
	if at < 0 {
		return
	}
	next, on := d.waiting[at], d.active[l]
	if on != nil && !(next.Interrupts && next.Priority > on.Priority) {
		return
	}
	player := d.elect(l, now)
	if player == nil {
		return
	}
	if on != nil {
		d.giveBack(on, now)
		d.count(func(c *Counts) { c.Interrupted++ })
		d.traces.itemStep(on, now, "interrupted", "by "+next.ID+" of priority "+fmt.Sprint(next.Priority))
	}
	d.waiting = slices.DeleteFunc(d.waiting, func(w *item) bool { return w == next })
	next.Player, next.Sent, next.Held = player.id, now, time.Time{}
	// A page that has shown it before the interruption need not say so again.
	next.Shown = next.By == player.id
	next.Sends++
	next.Late = next.Late || next.Sends > 1
	d.active[l] = next
	d.touch(next)
	d.waited(now.Sub(next.Queued), now)
	d.traces.itemStep(next, now, "sent", "to "+player.String())
}

// covered reports whether something hides a layer, so that clocks stand.
func (d *Director) covered(l layer) bool {
	if d.st.Takeover != nil || d.st.Blank {
		return true
	}
	for h := range l {
		if d.active[h] != nil {
			return true
		}
	}
	return false
}

// clocks lets the clock of each item run exactly while it can be seen.
func (d *Director) clocks(now time.Time) {
	for l := range layers {
		i := d.active[l]
		if i == nil {
			continue
		}
		switch covered := d.covered(l); {
		case covered && !i.Started.IsZero():
			i.stop(now)
			d.touch(i)
			d.traces.itemStep(i, now, "covered", "its clock stands")
		case !covered && i.Shown && i.Started.IsZero():
			i.Spent = min(i.Spent, i.Duration-minShown)
			i.Started = now
			d.touch(i)
		}
	}
}

// finishDue ends what was on screen for its time, and takes an item from a page
// that does not answer.
func (d *Director) finishDue(now time.Time) {
	for l := range layers {
		i := d.active[l]
		switch {
		case i == nil:
		case i.Shown && !i.Started.IsZero() && i.left(now) <= 0:
			d.finish(i, now, "its time is over")
		case !i.Shown && now.Sub(i.Sent) >= shownWait:
			d.silent(i, now)
		}
	}
}

func (d *Director) finish(i *item, now time.Time, why string) {
	d.traces.itemStep(i, now, "finished", why)
	d.end(i, "finished", now)
	d.count(func(c *Counts) { c.Shown++ })
}

// silent is for a page that was given an item and did not say shown.
func (d *Director) silent(i *item, now time.Time) {
	p := d.page(i.Player)
	d.log.Warn("page did not say that it shows the alert", "client", i.Player, "layer", i.Layer, "item", i.ID)
	d.traces.itemStep(i, now, "no answer", "from client "+i.Player)
	if p != nil {
		p.silent[i.Layer] = now.Add(silentPause)
	}
	i.Silent++
	if i.Silent >= silentMax {
		d.miss(i, now, "no page said that it shows it")
		return
	}
	d.giveBack(i, now)
}

// missOld ends what waited too long for a page.
func (d *Director) missOld(now time.Time) {
	if d.held() {
		return
	}
	for l := range layers {
		if d.elect(l, now) != nil {
			d.alone[l] = time.Time{}
			continue
		}
		if d.alone[l].IsZero() {
			d.alone[l] = now
		}
		for _, i := range slices.Clone(d.waiting) {
			if i.Layer == l && now.Sub(d.waitsSince(i)) >= d.cfg.MaxWait {
				d.miss(i, now, "no page was there to play it")
			}
		}
	}
}

// waitsSince is since when an item waits for a page.
func (d *Director) waitsSince(i *item) time.Time {
	since := d.alone[i.Layer]
	for _, t := range []time.Time{i.Queued, i.Back} {
		if t.After(since) {
			since = t
		}
	}
	return since
}

func (d *Director) miss(i *item, now time.Time, why string) {
	d.log.Warn("alert missed", "item", i.ID, "rule", i.Rule, "reason", why)
	d.traces.itemStep(i, now, "missed", why)
	d.end(i, "missed", now)
	d.count(func(c *Counts) { c.Missed++ })
}

// nextDue is when something is due if nothing comes before.
func (d *Director) nextDue(now time.Time) time.Time {
	next := now.Add(time.Hour)
	at := func(t time.Time) {
		if !t.IsZero() && t.Before(next) {
			next = t
		}
	}
	for l := range layers {
		switch i := d.active[l]; {
		case i == nil:
		case !i.Shown:
			at(i.Sent.Add(shownWait))
		case !i.Started.IsZero():
			at(i.Started.Add(i.Duration - i.Spent))
		}
		for _, p := range d.pages {
			if t := p.silent[l]; t.After(now) {
				at(t)
			}
		}
	}
	for _, i := range d.waiting {
		if i.Held.After(now) {
			at(i.Held)
		}
		if !d.alone[i.Layer].IsZero() && !d.held() {
			at(d.waitsSince(i).Add(d.cfg.MaxWait))
		}
	}
	if t := d.st.Takeover; t != nil {
		at(t.Ends)
	}
	if t := d.st.Train; t != nil {
		at(t.Ends)
	}
	at(d.st.NextCard)
	if d.busy() {
		at(d.st.Saved.Add(keepEvery))
	}
	if d.untold {
		at(d.toldQueue.Add(queueSpan))
	}
	if d.failing {
		at(d.retry)
	}
	if floor := now.Add(time.Millisecond); next.Before(floor) {
		return floor
	}
	return next
}

// endedItems remembers the newest items that left, for pages that say finished a
// little after.
type endedItems struct {
	ring [64]struct{ id, player string }
	next int
}

func (e *endedItems) add(i *item) {
	e.ring[e.next%len(e.ring)] = struct{ id, player string }{i.ID, i.Player}
	e.next++
}

func (e *endedItems) has(id, player string) bool {
	return slices.ContainsFunc(e.ring[:], func(x struct{ id, player string }) bool {
		return x.id == id && x.player == player && id != ""
	})
}

// Counts is what became of events since the program began.
type Counts struct {
	Queued, Shown, Folded, Missed, Overflowed, Duplicates, Cooled, Interrupted, Skipped int64

	waits   int64 // of items, for the average
	waited  time.Duration
	lastEnd time.Time
}

func (c *Counts) details() map[string]any {
	return map[string]any{
		"queued": c.Queued, "shown": c.Shown, "folded": c.Folded, "missed": c.Missed, "overflowed": c.Overflowed,
		"duplicates": c.Duplicates, "cooled": c.Cooled, "interrupted": c.Interrupted, "skipped": c.Skipped,
	}
}

func (d *Director) count(f func(*Counts)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f(&d.counts)
}

func (d *Director) waited(wait time.Duration, now time.Time) {
	d.count(func(c *Counts) {
		c.waits++
		c.waited += wait
		c.lastEnd = now
	})
}

// Counts tells what became of events since the program began.
func (d *Director) Counts() Counts {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.counts
}
