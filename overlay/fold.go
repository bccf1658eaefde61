package overlay

import (
	"fmt"
	"slices"
	"time"

	"landale/event"
)

const (
	// bombOpen is how long the single subs of a gift bomb are waited for.
	bombOpen = time.Minute
	// bombHeld bounds how long singles may hold back their alert.
	bombHeld = 10 * time.Second
	// pairOpen is how far apart the two events of one cheer may be.
	pairOpen = 10 * time.Second
)

// bomb is a gift bomb of which singles may still come.
type bomb struct {
	Item  string      `json:"item"`
	Login string      `json:"login"`
	Tier  string      `json:"tier"`
	Left  int         `json:"left"`
	Ends  time.Time   `json:"ends"`
	Flags event.Flags `json:"flags,omitempty"`
}

// cheer is one that came as one of its two events and may come as the other.
type cheer struct {
	Type  event.Type  `json:"type"`
	Login string      `json:"login"`
	Bits  int64       `json:"bits"`
	Ends  time.Time   `json:"ends"`
	Flags event.Flags `json:"flags,omitempty"`
}

// pair recognises the second event of a cheer: channel.cheer and
// channel.bits.use both tell of it. The result is the type of the first.
func (d *Director) pair(ev event.Event, f facts, now time.Time) event.Type {
	if f.kind != (event.ChannelCheer{}).EventType() {
		return ""
	}
	d.st.Cheers = slices.DeleteFunc(d.st.Cheers, func(c cheer) bool { return !now.Before(c.Ends) })
	at := slices.IndexFunc(d.st.Cheers, func(c cheer) bool {
		return c.Type != ev.Type && c.Bits == f.amount && c.Flags == ev.Flags && (c.Login == f.login || c.Login == "" || f.login == "")
	})
	if at >= 0 {
		first := d.st.Cheers[at].Type
		d.st.Cheers = slices.Delete(d.st.Cheers, at, at+1)
		return first
	}
	d.st.Cheers = append(d.st.Cheers, cheer{ev.Type, f.login, f.amount, now.Add(pairOpen), ev.Flags})
	if n := len(d.st.Cheers) - 1000; n > 0 {
		d.st.Cheers = slices.Delete(d.st.Cheers, 0, n)
	}
	return ""
}

// single is a sub that somebody was given. It belongs to a gift bomb that came
// before it, or waits a moment for the one that comes after it, together with
// others of its tier.
func (d *Director) single(ev event.Event, f facts, now time.Time) string {
	d.st.Gifts = slices.DeleteFunc(d.st.Gifts, func(b *bomb) bool { return b.Left <= 0 || !now.Before(b.Ends) })
	for _, b := range d.st.Gifts {
		if b.Tier == f.tier && b.Flags == ev.Flags {
			b.Left--
			d.stale = true
			d.foldedInto(ev, b.Item, now, "it belongs to a gift")
			return b.Item
		}
	}
	if i := d.heldSingles(f.tier, ev.Flags); i != nil {
		i.Count++
		i.Amount++
		i.Held = minTime(now.Add(d.cfg.GiftWindow), i.Queued.Add(bombHeld))
		d.redress(i, now)
		d.foldedInto(ev, i.ID, now, "together with other gifts")
		d.touch(i)
		return i.ID
	}
	i := d.judge(ev, f, now)
	if i == nil {
		return ""
	}
	if d.cfg.GiftWindow > 0 {
		i.Held = now.Add(d.cfg.GiftWindow)
	}
	return d.enqueue(i, ev, now)
}

// heldSingles is the item in which singles of a tier are gathered.
func (d *Director) heldSingles(tier string, flags event.Flags) *item {
	for _, i := range d.waiting {
		if !i.Held.IsZero() && i.Tier == tier && i.Flags == flags && i.Sends == 0 {
			return i
		}
	}
	return nil
}

// redress makes several singles one alert of gifts from nobody in particular.
func (d *Director) redress(i *item, now time.Time) {
	f := facts{
		kind: (event.ChannelSubscriptionGift{}).EventType(), name: anonymous, amount: i.Amount, tier: i.Tier,
		test: i.Flags.Has(event.Test),
	}
	if i.Login != "" && i.EventType == f.kind {
		f.login, f.name = i.Login, fmt.Sprint(i.Data["username"])
	}
	r := d.rules.find(&f, d.st.Show.ID)
	if r == nil || r.Layer == "none" {
		return
	}
	i.EventType = f.kind
	i.Data["total"] = i.Amount
	d.dress(i, f, r)
	d.waiting = slices.DeleteFunc(d.waiting, func(w *item) bool { return w == i })
	d.insert(i)
}

// openBomb lets a gift take its singles: those that came before it, and for a
// while those that come after it. id is the item that shows the gift.
func (d *Director) openBomb(i *item, id string, total int, now time.Time) {
	if s := d.heldSingles(i.Tier, i.Flags); s != nil {
		n := min(s.Count, total)
		total -= n
		if s.Count -= n; s.Count == 0 {
			d.traces.itemStep(s, now, "folded", "into the gift "+id)
			d.end(s, "folded", now)
		} else {
			s.Amount -= int64(n)
			d.redress(s, now)
			d.touch(s)
		}
		d.count(func(c *Counts) { c.Folded += int64(n) })
	}
	if total > 0 {
		d.st.Gifts = append(d.st.Gifts, &bomb{id, i.Login, i.Tier, total, now.Add(bombOpen), i.Flags})
		if n := len(d.st.Gifts) - 100; n > 0 {
			d.st.Gifts = slices.Delete(d.st.Gifts, 0, n)
		}
	}
}

// moreGifts adds a gift to one of the same giver that waits since a moment; nil
// if there is none.
func (d *Director) moreGifts(ev event.Event, i *item, now time.Time) *item {
	for _, w := range d.waiting {
		if w.EventType == i.EventType && w.Login == i.Login && i.Login != "" && w.Tier == i.Tier && w.Flags == i.Flags &&
			w.Sends == 0 && now.Sub(w.Queued) < d.cfg.GiftWindow {
			d.openBomb(w, w.ID, int(i.Amount), now)
			w.Count++
			w.Amount += i.Amount
			d.redress(w, now)
			d.touch(w)
			d.foldedInto(ev, w.ID, now, "together with another gift of the same giver")
			return w
		}
	}
	return nil
}

// fold makes room when the line is full: the new item becomes a part of one of
// its kind that waits, or else the least important one goes to the history. Nil
// means that there is room now.
func (d *Director) fold(i *item, ev event.Event, now time.Time) *item {
	for _, w := range slices.Backward(d.waiting) {
		if w.Group != i.Group || w.Sends > 0 {
			continue
		}
		w.Count += i.Count
		w.Amount += i.Amount
		names, _ := w.Data["names"].([]any)
		if len(names) < 5 {
			w.Data["names"] = append(names, i.Data["username"])
		}
		w.Data["folded"] = w.Count - 1
		base, ok := w.Data["first_text"].(string)
		if !ok {
			base = w.Text
			w.Data["first_text"] = base
		}
		w.Text = fmt.Sprintf("%s, and %d more", base, w.Count-1)
		w.Data["text"] = w.Text
		d.touch(w)
		d.foldedInto(ev, w.ID, now, "the queue is full")
		return w
	}
	victim := i
	for _, w := range slices.Backward(d.waiting) {
		if w.Sends == 0 && w.Priority < victim.Priority {
			victim = w
		}
	}
	d.touch(victim)
	d.end(victim, "overflowed", now)
	d.count(func(c *Counts) { c.Overflowed++ })
	d.traces.itemStep(victim, now, "overflowed", "the queue is full; it can be replayed")
	d.log.Warn("queue is full: an alert went to the history unseen", "item", victim.ID, "rule", victim.Rule)
	if victim == i {
		return i
	}
	return nil
}

func (d *Director) foldedInto(ev event.Event, id string, now time.Time, why string) {
	d.count(func(c *Counts) { c.Folded++ })
	d.traces.step(ev, now, "folded", why+": "+id)
	d.traces.joins(ev.ID, id)
}

func minTime(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
