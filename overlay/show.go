package overlay

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"landale/event"
)

// ShowState is the show that is on, as pages are told of it. ChangedAt is in
// milliseconds since 1970, null before the first change.
type ShowState struct {
	ID           string `json:"id"`
	Name         string `json:"name"`
	CategoryID   string `json:"category_id"`
	CategoryName string `json:"category_name"`
	Title        string `json:"title"`
	ChangedAt    *int64 `json:"changed_at"`
}

func (d *Director) firstShow() Show {
	return d.cfg.shows()[0]
}

// knownShow is the id of a show that exists: the given one, or the first.
func (d *Director) knownShow(id string) string {
	if slices.ContainsFunc(d.cfg.shows(), func(s Show) bool { return s.ID == id }) {
		return id
	}
	return d.firstShow().ID
}

// show is the settings of the show that is on.
func (d *Director) show() Show {
	for _, s := range d.cfg.shows() {
		if s.ID == d.st.Show.ID {
			return s
		}
	}
	return d.firstShow()
}

// showOf is the show of a category: by its id, else by words of its name, else
// the first one.
func showOf(shows []Show, id, name string) (string, bool) {
	for _, s := range shows {
		if id != "" && slices.Contains(s.Categories, id) {
			return s.ID, true
		}
	}
	name = plain(name)
	for _, s := range shows {
		for _, phrase := range s.Words {
			all := true
			for word := range strings.FieldsSeq(plain(phrase)) {
				all = all && strings.Contains(name, word)
			}
			if all && strings.TrimSpace(phrase) != "" {
				return s.ID, true
			}
		}
	}
	if len(shows) == 0 {
		return "", false
	}
	return shows[0].ID, false
}

// plain is a name in small letters without accents, of those that Latin names
// have: "Pokémon" is "pokemon".
func plain(s string) string {
	const with = "àáâãäåāçćčèéêëēėęìíîïīñńòóôõöøōùúûüūýÿžźżšśł"
	const without = "aaaaaaaccceeeeeeeiiiiinnooooooouuuuuyyzzzssl"
	from := []rune(with)
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) { // an accent that stands by itself
			return -1
		}
		if r = unicode.ToLower(r); r < 0x80 {
			return r
		}
		if i := slices.Index(from, r); i >= 0 {
			return rune(without[i])
		}
		return r
	}, s)
}

// layerFor is the layer of a content type in the show that is on.
func (d *Director) layerFor(content string) layer {
	s := d.show()
	for l, types := range [layers][]string{s.Foreground, s.Midground, s.Background} {
		if slices.Contains(types, content) {
			return layer(l)
		}
	}
	if content == kindOverride || content == alertContent {
		return foreground // also where the file's table forgot them
	}
	return background
}

// category takes over what Twitch says of the channel.
func (d *Director) category(u event.ChannelUpdate, now time.Time) {
	was := d.st.Show
	d.st.Show.Title, d.st.Show.CategoryID, d.st.Show.CategoryName = u.Title, u.CategoryID, u.CategoryName
	d.stale = true
	id, _ := showOf(d.cfg.shows(), u.CategoryID, u.CategoryName)
	if u.CategoryID != was.CategoryID || u.CategoryName != was.CategoryName {
		d.setShowByID(id, now)
	}
}

// setShowByID puts a show on: the ticker begins anew, alerts stay.
func (d *Director) setShowByID(id string, now time.Time) {
	changed := id != d.st.Show.ID
	d.st.Show.ID = id
	d.st.Show.Name = d.show().Name
	d.stale = true
	if !changed {
		return
	}
	d.st.Show.ChangedAt = ms(now)
	d.st.Index, d.st.NextCard, d.card = 0, time.Time{}, nil
	d.announce(event.StreamShowChanged{
		Show: id, Game: event.Game{ID: d.st.Show.CategoryID, Name: d.st.Show.CategoryName}, Title: d.st.Show.Title,
		ChangedAt: now.UTC().Truncate(time.Millisecond),
	}, event.System, now)
}

// announce publishes an event after the change that it tells of is written down.
func (d *Director) announce(p event.Payload, by event.Source, now time.Time) {
	d.announced = append(d.announced, event.New(by, now, p))
}

// happened takes over what an event changes beside the queue.
func (d *Director) happened(ev event.Event, now time.Time) {
	live := !ev.Flags.Has(event.Test) && !ev.Flags.Has(event.Replay)
	switch p := ev.Payload.(type) {
	case event.ChannelUpdate:
		if live {
			d.category(p, now)
		}
	case event.StreamOffline:
		// What waits may still be played, and a takeover is the operator's; a train
		// needs a stream.
		if live && d.st.Train != nil {
			d.st.Train, d.stale = nil, true
		}
	case event.ChannelFollow:
		if live {
			d.st.Follows = slices.Insert(d.st.Follows, 0, follower{p.UserName, p.FollowedAt})
			d.st.Follows = d.st.Follows[:min(len(d.st.Follows), 20)]
			d.renew("recent_follows", now)
		}
	case event.ChannelSubscribe:
		d.board(ev, p.UserName, p.Tier, 1, now)
	case event.ChannelSubscriptionMessage:
		d.board(ev, p.UserName, p.Tier, p.CumulativeMonths, now)
	case event.ChannelGoalBegin:
		d.goal(p.Goal, live, now)
	case event.ChannelGoalProgress:
		d.goal(p.Goal, live, now)
	case event.ChannelGoalEnd:
		d.goal(p.Goal, live, now)
	}
	if l, ok := latestOf(ev); ok && live {
		d.st.Latest = slices.Insert(d.st.Latest, 0, l)
		d.st.Latest = d.st.Latest[:min(len(d.st.Latest), 20)]
		d.stale = true
		d.renew("latest_event", now)
		d.renew("events_timeline", now)
	}
}
