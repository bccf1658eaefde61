package overlay

import (
	"time"

	"landale/event"
)

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
