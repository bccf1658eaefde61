package overlay

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// page is one connected page that may play.
type page struct {
	id, name, environment string
	since                 time.Time
	silent                [layers]time.Time // passed over until then
}

func (p *page) String() string { return p.name + " (" + p.environment + ", client " + p.id + ")" }

// pageChange is a page that came, or went.
type pageChange struct {
	page *page
	left string
}

// PageJoined tells of a page that shows the screen: the client's id, its page
// and its environment (obs, dock, browser, development). It never waits.
func (d *Director) PageJoined(name, id, environment string) {
	d.pageChanged(pageChange{page: &page{id: id, name: name, environment: environment, since: time.Now()}})
}

// PageLeft tells that a client is gone. What it played is owed again.
func (d *Director) PageLeft(id string) { d.pageChanged(pageChange{left: id}) }

func (d *Director) pageChanged(c pageChange) {
	d.mu.Lock()
	d.incoming = append(d.incoming, c)
	d.mu.Unlock()
	select {
	case d.wake <- struct{}{}:
	default: // it looks soon
	}
}

// takePages takes over who came and went.
func (d *Director) takePages(now time.Time) {
	d.mu.Lock()
	changes := d.incoming
	d.incoming = nil
	d.mu.Unlock()
	for _, c := range changes {
		if c.page == nil {
			d.lose(c.left, now)
			continue
		}
		if p := d.page(c.page.id); p != nil {
			p.name, p.environment = c.page.name, c.page.environment
			continue
		}
		d.pages = append(d.pages, c.page)
	}
}

// lose takes a page off the list and what it played back into the queue.
func (d *Director) lose(id string, now time.Time) {
	d.pages = slices.DeleteFunc(d.pages, func(p *page) bool { return p.id == id })
	for l := range layers {
		if i := d.active[l]; i != nil && i.Player == id {
			d.traces.itemStep(i, now, "owed again", "client "+id+" is gone")
			d.giveBack(i, now)
		}
	}
}

func (d *Director) page(id string) *page {
	for _, p := range d.pages {
		if p.id == id {
			return p
		}
	}
	return nil
}

// environments in the order in which their pages play: viewers see OBS.
var environments = []string{"obs", "browser", "dock", "development"}

// elect is the page that plays a layer: in OBS before elsewhere, the better page
// before the other, the longest connected. A page that did not answer lately is
// passed over.
func (d *Director) elect(l layer, now time.Time) *page {
	names := [layers][]string{d.cfg.Players.Foreground, d.cfg.Players.Midground, d.cfg.Players.Background}[l]
	rank := func(list []string, s string) int {
		if i := slices.Index(list, s); i >= 0 {
			return i
		}
		return len(list)
	}
	var best *page
	for _, p := range d.pages {
		if !slices.Contains(names, p.name) || now.Before(p.silent[l]) {
			continue
		}
		if best == nil || cmp.Or(
			cmp.Compare(rank(environments, p.environment), rank(environments, best.environment)),
			cmp.Compare(rank(names, p.name), rank(names, best.name)),
			p.since.Compare(best.since)) < 0 {
			best = p
		}
	}
	return best
}

// Shown takes a page's word that it has begun to show an item. Only the page
// that plays it may say so.
func (d *Director) Shown(ctx context.Context, client, id string) error {
	_, err := ask(ctx, d, func(now time.Time) (struct{}, error) { return struct{}{}, d.shown(client, id, now) })
	return err
}

func (d *Director) shown(client, id string, now time.Time) error {
	i, err := d.playing(client, id)
	if i == nil || i.Shown {
		return err
	}
	i.Shown, i.Silent, i.By = true, 0, client
	if i.First.IsZero() {
		i.First = now
	}
	if p := d.page(client); p != nil {
		p.silent[i.Layer] = time.Time{}
		d.traces.itemStep(i, now, "shown", "by "+p.String())
	}
	d.touch(i)
	return nil
}

// Finished takes a page's word that it has shown an item to the end.
func (d *Director) Finished(ctx context.Context, client, id string) error {
	_, err := ask(ctx, d, func(now time.Time) (struct{}, error) { return struct{}{}, d.finished(client, id, now) })
	return err
}

func (d *Director) finished(client, id string, now time.Time) error {
	i, err := d.playing(client, id)
	if i == nil {
		return err
	}
	if !i.Shown {
		if err := d.shown(client, id, now); err != nil {
			return err
		}
	}
	d.finish(i, now, "says client "+client)
	return nil
}

// playing is the item that a client plays. Both are nil for one that has left
// the screen a moment ago.
func (d *Director) playing(client, id string) (*item, error) {
	for _, i := range d.active {
		if i == nil || i.ID != id {
			continue
		}
		if i.Player != client {
			return nil, &Error{"forbidden", "another page plays this item"}
		}
		return i, nil
	}
	if d.ended.has(id, client) {
		return nil, nil
	}
	return nil, &Error{"not_found", "this item is not on screen"}
}
