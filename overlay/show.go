package overlay

import (
	"context"
	"errors"
	"slices"
	"strconv"
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

// train is a sub train: subs that follow each other within a window.
type train struct {
	ID      string      `json:"id"`
	First   string      `json:"first"`
	Tier    string      `json:"tier"`
	Latest  string      `json:"latest"`
	LastTie string      `json:"latest_tier"`
	Count   int         `json:"count"`
	Months  int         `json:"months"`
	Source  event.ID    `json:"source"`
	Flags   event.Flags `json:"flags,omitempty"`
	Started time.Time   `json:"started"`
	Ends    time.Time   `json:"ends"`
}

// board lets a sub step on the train, or a train set off. A test never rides with
// real ones.
func (d *Director) board(ev event.Event, name, tier string, months int, now time.Time) {
	if d.cfg.SubTrain <= 0 || ev.Flags.Has(event.Backfill) {
		return
	}
	t := d.st.Train
	flags := ev.Flags & event.Test
	if t != nil && flags != t.Flags {
		if flags.Has(event.Test) {
			return
		}
		t = nil
	}
	if t == nil {
		t = &train{ID: string(event.NewID(now)), First: name, Tier: tier, Source: ev.ID, Flags: flags}
	}
	t.Count++
	t.Latest, t.LastTie, t.Months = name, tier, max(t.Months, months)
	t.Started, t.Ends = now, now.Add(d.cfg.SubTrain)
	d.st.Train = t
	d.stale = true
}

func (t *train) item() *item {
	return &item{
		ID: t.ID, Kind: kindTrain, Type: kindTrain, Layer: midground, Source: t.Source, Priority: 5, Flags: t.Flags,
		Duration: t.Ends.Sub(t.Started), Started: t.Started, Shown: true, Queued: t.Started,
		Data: map[string]any{
			"subscriber": t.First, "tier": t.Tier, "latest_subscriber": t.Latest, "latest_tier": t.LastTie,
			"count": t.Count, "total_months": t.Months, "started_at": t.Started.UnixMilli(),
		},
	}
}

type follower struct {
	Name string    `json:"user_name"`
	At   time.Time `json:"followed_at"`
}

// latest is one line of the latest events.
type latest struct {
	ID        event.ID `json:"id"`
	Type      string   `json:"type"`
	Name      string   `json:"user_name"`
	Timestamp int64    `json:"timestamp"`
	Tier      string   `json:"tier,omitempty"`
	Total     int64    `json:"total,omitempty"`
	Bits      int64    `json:"bits,omitempty"`
	Viewers   int64    `json:"viewers,omitempty"`
	Months    int64    `json:"cumulative_months,omitempty"`
	Recipient string   `json:"recipient_user_name,omitempty"`
	Message   string   `json:"message,omitempty"`
}

func latestOf(ev event.Event) (latest, bool) {
	f := factsOf(ev)
	l := latest{ID: ev.ID, Type: string(ev.Type), Name: f.name, Timestamp: ev.Time.UnixMilli(), Message: f.message}
	if f.tier != "" {
		l.Tier = f.tier + "000"
	}
	switch ev.Payload.(type) {
	case event.ChannelFollow:
	case event.ChannelSubscribe:
		if f.gifted {
			l.Recipient = f.name
		}
	case event.ChannelSubscriptionGift:
		l.Total = f.amount
	case event.ChannelSubscriptionMessage:
		l.Months = f.months
	case event.ChannelCheer:
		l.Bits = f.amount
	case event.ChannelRaid:
		l.Viewers = f.amount
	default:
		return latest{}, false
	}
	return l, true
}

// goals are those that there are, by goal_type.
type goals map[string]event.GoalState

func (d *Director) goal(g event.Goal, live bool, now time.Time) {
	if !live {
		return
	}
	state := event.GoalState{Current: g.CurrentAmount, Target: g.TargetAmount, Description: g.Description}
	if g.TargetAmount > 0 {
		state.Percentage = float64(g.CurrentAmount*1000/g.TargetAmount) / 10
	}
	if d.st.Goals == nil {
		d.st.Goals = goals{}
	}
	d.st.Goals[g.GoalType] = state
	d.stale = true
	d.renew("stream_goals", now)
	d.announce(d.st.Goals.payload(), event.System, now)
}

func (g goals) payload() event.StreamGoalsUpdated {
	one := func(names ...string) *event.GoalState {
		for _, n := range names {
			if s, ok := g[n]; ok {
				return &s
			}
		}
		return nil
	}
	return event.StreamGoalsUpdated{
		FollowerGoal: one("follower", "follow"),
		SubGoal:      one("subscription", "subscription_count"),
		NewSubGoal:   one("new_subscription", "new_subscription_count"),
	}
}

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
