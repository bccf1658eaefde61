package twitch

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"landale/event"
)

// Gap is a time in which the link was deaf.
type Gap struct {
	Start  time.Time `json:"start"`
	End    time.Time `json:"end"`
	Reason string    `json:"reason"`
}

// Digest is what was missed in a gap and brought back.
type Digest struct {
	Gap
	// Counts has how many events of each type were published.
	Counts map[event.Type]int `json:"counts"`
	// IDs are those events, oldest first: to play each, play these.
	IDs []event.ID `json:"ids"`
	// Text is the digest in one line: "while away: 12 follows, 3 redemptions".
	Text string `json:"text"`
	// Problems are what could not be asked.
	Problems []string `json:"problems"`
}

// backfillWithin bounds one backfill.
const backfillWithin = 2 * time.Minute

// margin is how much before a gap is asked for again: what is known is dropped.
const margin = time.Minute

// serveBackfill fills one gap after another.
func (t *Twitch) serveBackfill(ctx context.Context) {
	for {
		select {
		case gap := <-t.gaps:
			t.backfill(ctx, gap)
		case <-ctx.Done():
			return
		}
	}
}

// backfill publishes what Helix knows of a gap. What cannot be asked leaves the
// rest as it is.
func (t *Twitch) backfill(ctx context.Context, gap Gap) {
	ctx, cancel := context.WithTimeout(ctx, backfillWithin)
	defer cancel()
	d := &Digest{Gap: gap, Counts: map[event.Type]int{}, IDs: []event.ID{}, Problems: []string{}}
	tok, ok := t.keeper.current()
	if !ok {
		return
	}
	us := event.Broadcaster{BroadcasterUserID: tok.UserID, BroadcasterUserLogin: tok.Login, BroadcasterUserName: tok.Login}
	publish := func(id string, at time.Time, p event.Payload, raw []byte) {
		ev := event.New(event.Twitch, at, p).WithID(event.ID(id))
		ev.SourceID, ev.Flags, ev.Raw = tok.Login, event.Backfill, raw
		if event.Validate(p) == nil && t.publish(ev) {
			d.Counts[ev.Type]++
			d.IDs = append(d.IDs, ev.ID)
		}
	}
	for _, step := range []struct {
		what, scope string
		fill        func(context.Context, event.Broadcaster, Gap, func(string, time.Time, event.Payload, []byte)) error
	}{
		{"stream", "", t.fillStream},
		{"follows", "moderator:read:followers", t.fillFollows},
		{"redemptions", "channel:read:redemptions", t.fillRedemptions},
		{"subscriptions", "channel:read:subscriptions", t.fillSubscribers},
		{"goals", "channel:read:goals", t.fillGoals},
	} {
		if !tok.has(step.scope) {
			continue
		}
		if err := step.fill(ctx, us, gap, publish); err != nil && ctx.Err() == nil {
			d.Problems = append(d.Problems, step.what+": "+err.Error())
			t.log.Warn("a gap could not be filled", "what", step.what, "error", err)
		}
	}
	d.Text = d.text()
	if gap.Start.Equal(gap.End) {
		return // the first time: nothing was missed
	}
	t.mu.Lock()
	t.digest = d
	t.mu.Unlock()
	t.log.Info("a gap is over", "seconds", int(gap.End.Sub(gap.Start).Seconds()), "reason", gap.Reason, "digest", d.Text)
}

// Digest is the newest one, nil without a gap so far.
func (t *Twitch) Digest() *Digest {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.digest
}

func (d *Digest) text() string {
	var parts []string
	for _, k := range []struct {
		kind event.Type
		one  string
		many string
	}{
		{"channel.follow", "follow", "follows"},
		{"channel.subscribe", "subscription", "subscriptions"},
		{"channel.channel_points_custom_reward_redemption.add", "redemption", "redemptions"},
		{"stream.online", "stream began", "streams began"},
		{"stream.offline", "stream ended", "streams ended"},
	} {
		switch n := d.Counts[k.kind]; n {
		case 0:
		case 1:
			parts = append(parts, "1 "+k.one)
		default:
			parts = append(parts, strconv.Itoa(n)+" "+k.many)
		}
	}
	if len(parts) == 0 {
		return "while away: nothing that Twitch still tells"
	}
	return "while away: " + strings.Join(parts, ", ")
}

// fillFollows asks for followers, newest first, back to the gap's start.
func (t *Twitch) fillFollows(ctx context.Context, us event.Broadcaster, gap Gap, publish func(string, time.Time, event.Payload, []byte)) error {
	q, err := t.self("broadcaster_id", "first", "100")
	if err != nil {
		return err
	}
	type follower struct {
		event.User
		FollowedAt time.Time `json:"followed_at"`
	}
	var found []follower
	var raws []json.RawMessage
	err = t.helix.pages(ctx, "/channels/followers", q, func(item json.RawMessage) bool {
		var f follower
		if json.Unmarshal(item, &f) != nil {
			return true
		}
		if f.FollowedAt.Before(gap.Start.Add(-margin)) {
			return false
		}
		found, raws = append(found, f), append(raws, item)
		return true
	})
	for i := len(found) - 1; i >= 0; i-- { // in the order in which they came
		f := found[i]
		publish(fmt.Sprintf("backfill-follow-%s-%d", f.UserID, f.FollowedAt.Unix()), f.FollowedAt,
			event.ChannelFollow{User: f.User, Broadcaster: us, FollowedAt: f.FollowedAt}, raws[i])
	}
	return err
}

// fillRedemptions asks for what is not fulfilled of each reward. Twitch tells a
// program only of the rewards that the same application made.
func (t *Twitch) fillRedemptions(ctx context.Context, us event.Broadcaster, gap Gap, publish func(string, time.Time, event.Payload, []byte)) error {
	q, err := t.self("broadcaster_id", "only_manageable_rewards", "true")
	if err != nil {
		return err
	}
	var rewards data[struct {
		ID string `json:"id"`
	}]
	if err := t.helix.call(ctx, http.MethodGet, "/channel_points/custom_rewards", q, nil, &rewards); err != nil {
		return err
	}
	for _, reward := range rewards.Data {
		q, err := t.self("broadcaster_id", "reward_id", reward.ID, "status", "UNFULFILLED", "sort", "NEWEST", "first", "50")
		if err != nil {
			return err
		}
		err = t.helix.pages(ctx, "/channel_points/custom_rewards/redemptions", q, func(item json.RawMessage) bool {
			var r struct {
				event.Redemption
				ID string `json:"id"`
			}
			if json.Unmarshal(item, &r) != nil {
				return true
			}
			if r.RedeemedAt.Before(gap.Start.Add(-margin)) {
				return false
			}
			r.Redemption.RedemptionID, r.Broadcaster, r.Status = r.ID, us, strings.ToLower(r.Status)
			publish("backfill-redemption-"+r.ID, r.RedeemedAt, event.ChannelPointsCustomRewardRedemptionAdd{Redemption: r.Redemption}, item)
			return true
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// fillSubscribers compares who subscribes with who did. Helix does not say since
// when, so a new subscription has the time of the gap's end.
func (t *Twitch) fillSubscribers(ctx context.Context, us event.Broadcaster, gap Gap, publish func(string, time.Time, event.Payload, []byte)) error {
	now, raws, err := t.subscribers(ctx)
	if err != nil {
		return err
	}
	t.memory.mu.Lock()
	before := t.memory.state.Subscribers
	tiers := make(map[string]string, len(now))
	for _, s := range now {
		tiers[s.UserID] = s.Tier
	}
	t.memory.state.Subscribers = tiers
	t.memory.mu.Unlock()
	if before == nil {
		return nil // the first time: nobody is new
	}
	for i, s := range now {
		if _, known := before[s.UserID]; !known && s.UserID != us.BroadcasterUserID {
			publish(fmt.Sprintf("backfill-subscribe-%s-%d", s.UserID, gap.End.Unix()), gap.End,
				event.ChannelSubscribe{User: s.User, Broadcaster: us, Tier: s.Tier, IsGift: s.IsGift}, raws[i])
		}
	}
	return nil
}

type subscriber struct {
	event.User
	Tier   string `json:"tier"`
	IsGift bool   `json:"is_gift"`
}

func (t *Twitch) subscribers(ctx context.Context) (list []subscriber, raws []json.RawMessage, err error) {
	q, err := t.self("broadcaster_id", "first", "100")
	if err != nil {
		return nil, nil, err
	}
	err = t.helix.pages(ctx, "/subscriptions", q, func(item json.RawMessage) bool {
		var s subscriber
		if json.Unmarshal(item, &s) == nil {
			list, raws = append(list, s), append(raws, item)
		}
		return true
	})
	return list, raws, err
}

// fillStream makes good for a broadcast that began or ended unheard.
func (t *Twitch) fillStream(ctx context.Context, us event.Broadcaster, gap Gap, publish func(string, time.Time, event.Payload, []byte)) error {
	stream, err := t.Stream(ctx)
	if err != nil {
		return err
	}
	t.noteStream(stream)
	t.memory.mu.Lock()
	before := t.memory.state.StreamID
	t.memory.mu.Unlock()
	if before != "" && (stream == nil || stream.ID != before) {
		publish("backfill-offline-"+before, gap.End, event.StreamOffline{Broadcaster: us}, nil)
	}
	if stream != nil && stream.ID != before {
		publish("backfill-online-"+stream.ID, stream.StartedAt,
			event.StreamOnline{Broadcaster: us, StreamID: stream.ID, StreamType: stream.Type, StartedAt: stream.StartedAt}, nil)
	}
	return nil
}

// fillGoals publishes how far each goal is: no history but the state as it is
// now, so it has no flag and no place in the digest. The same state is told once
// an hour at most.
func (t *Twitch) fillGoals(ctx context.Context, us event.Broadcaster, _ Gap, _ func(string, time.Time, event.Payload, []byte)) error {
	goals, err := t.Goals(ctx)
	if err != nil {
		return err
	}
	now := time.Now().UTC()
	for _, raw := range goals {
		p, err := shapes["channel.goal.progress"](normaliser{}, raw)
		g, ok := p.(event.ChannelGoalProgress)
		if err != nil || !ok {
			t.oddity("a goal is not as documented", err)
			continue
		}
		if g.StartedAt.IsZero() { // Helix calls it otherwise
			var at struct {
				CreatedAt time.Time `json:"created_at"`
			}
			_ = json.Unmarshal(raw, &at) // validation finds a goal without it
			g.StartedAt = at.CreatedAt
		}
		g.Broadcaster = us
		if event.Validate(g) != nil {
			continue
		}
		ev := event.New(event.Twitch, now, g)
		if id := fmt.Sprintf("goal-%s-%d-%s", g.GoalID, g.CurrentAmount, now.Format("2006010215")); len(id) <= event.MaxIDLen {
			ev = ev.WithID(event.ID(id))
		}
		ev.SourceID, ev.Raw = us.BroadcasterUserLogin, raw
		t.publish(ev)
	}
	return nil
}
