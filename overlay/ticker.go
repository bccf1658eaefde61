package overlay

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"landale/event"
)

// card is the ticker's card on screen.
type card struct {
	id, kind string
	data     map[string]any
	since    time.Time
}

// expire ends what has an end, and turns the ticker.
func (d *Director) expire(now time.Time) {
	if t := d.st.Takeover; t != nil && !t.Ends.IsZero() && !now.Before(t.Ends) {
		d.uncover("expired", event.System, now)
	}
	if t := d.st.Train; t != nil && !now.Before(t.Ends) {
		d.st.Train = nil
		d.stale = true
	}
	list := d.show().Ticker
	switch {
	case d.cfg.Ticker <= 0 || len(list) == 0:
		if d.card != nil || !d.st.NextCard.IsZero() {
			d.card, d.st.NextCard = nil, time.Time{}
			d.stale = true
		}
	case d.st.NextCard.IsZero() || d.card == nil && now.Before(d.st.NextCard):
		d.st.Index %= len(list)
		d.turn(list, now)
	case !now.Before(d.st.NextCard):
		d.st.Index = (d.st.Index + 1) % len(list)
		d.turn(list, now)
	}
}

// turn shows the card at the ticker's place: one that has nothing to show is
// passed over, and with nothing at all the last one stays.
func (d *Director) turn(list []string, now time.Time) {
	d.st.NextCard = now.Add(d.cfg.Ticker)
	d.stale = true
	for range list {
		kind := list[d.st.Index]
		data, own := d.cardData(kind)
		if !own {
			data = d.cards[kind]
			d.fetch(kind)
		}
		if data != nil {
			d.card = &card{id: kind + "-" + strconv.FormatInt(now.UnixMilli(), 10), kind: kind, data: data, since: now}
			return
		}
		if !own && d.o.Figures != nil && !d.unknownCard(kind) {
			d.card = &card{id: kind + "-" + strconv.FormatInt(now.UnixMilli(), 10), kind: kind, since: now,
				data: map[string]any{"fallback": true, "message": cardName(kind) + " temporarily unavailable"}}
			return
		}
		d.st.Index = (d.st.Index + 1) % len(list)
	}
	if d.card == nil {
		d.card = &card{id: "quiet", since: now} // nothing to show: a quiet background
	}
}

func cardName(kind string) string {
	s := strings.ReplaceAll(kind, "_", " ")
	return strings.ToUpper(s[:1]) + s[1:]
}

// unknownCard reports whether Figures said that it does not know the card.
func (d *Director) unknownCard(kind string) bool {
	data, asked := d.cards[kind]
	return asked && data == nil
}

// cardData is the data of the cards that the director keeps itself; nil when
// there is nothing to show yet.
func (d *Director) cardData(kind string) (data map[string]any, own bool) {
	switch kind {
	case "recent_follows":
		if len(d.st.Follows) > 0 {
			data = map[string]any{"recent_followers": d.st.Follows[:min(len(d.st.Follows), 5)]}
		}
	case "stream_goals":
		p := d.st.Goals.payload()
		data = map[string]any{}
		for name, g := range map[string]*event.GoalState{"follower_goal": p.FollowerGoal, "sub_goal": p.SubGoal, "new_sub_goal": p.NewSubGoal} {
			if g != nil {
				data[name] = *g
			}
		}
		if len(data) == 0 {
			data = nil
		}
	case "latest_event":
		if len(d.st.Latest) > 0 {
			l := d.st.Latest[0]
			data = map[string]any{"type": l.Type, "user_name": l.Name, "timestamp": l.Timestamp, "tier": l.Tier, "total": l.Total,
				"bits": l.Bits, "viewers": l.Viewers, "cumulative_months": l.Months, "recipient_user_name": l.Recipient, "message": l.Message}
		}
	case "events_timeline":
		if len(d.st.Latest) > 0 {
			data = map[string]any{"events": d.st.Latest[:min(len(d.st.Latest), 6)]}
		}
	default:
		return nil, false
	}
	return data, true
}

// renew shows new data on the card that is on screen.
func (d *Director) renew(kind string, now time.Time) {
	d.stale = true
	if d.card == nil || d.card.kind != kind && d.card.kind != "" {
		return
	}
	if d.card.kind == "" { // nothing was there to show before
		d.st.NextCard = time.Time{}
		return
	}
	if data, _ := d.cardData(kind); data != nil {
		d.card.data = data
	}
}

// fetch asks Figures for a card's data, beside the director.
func (d *Director) fetch(kind string) {
	if d.o.Figures == nil || d.unknownCard(kind) {
		return
	}
	d.fetches.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		data, err := d.o.Figures.Card(ctx, kind)
		select {
		case d.answers <- func(now time.Time) { d.fetched(kind, data, err, now) }:
		case <-ctx.Done(): // the director is busy or gone: the next turn asks again
		}
	})
}

func (d *Director) fetched(kind string, data map[string]any, err error, now time.Time) {
	switch {
	case errors.Is(err, event.ErrNotFound):
		d.cards[kind] = nil
		if d.card != nil && d.card.kind == kind {
			d.st.NextCard = now // the next one instead
		}
		return
	case err != nil:
		d.log.Warn("card has no figures", "card", kind, "error", err)
		return
	}
	d.cards[kind] = data
	if d.card != nil && d.card.kind == kind {
		d.card.data = data
		d.stale = true
	}
}

// emotes tells pages of emotes in a chat line while the card is on screen, at
// most ten times a second.
func (d *Director) emotes(ev event.Event, now time.Time) {
	m, ok := ev.Payload.(event.ChannelChatMessage)
	if !ok || d.card == nil || d.card.kind != "emote_stats" || now.Sub(d.emoted) < 100*time.Millisecond {
		return
	}
	d.emoted = now
	p := event.StreamEmoteIncrement{Username: m.UserName}
	for _, e := range m.Emotes {
		p.Emotes = append(p.Emotes, e.Name)
	}
	for _, e := range m.NativeEmotes {
		p.NativeEmotes = append(p.NativeEmotes, e.Name)
	}
	d.announced = append(d.announced, event.New(event.System, now, p).CausedBy(ev))
}
