package hub

import (
	"fmt"
	"time"

	"landale/event"
)

// maxBuckets bounds one answer: over five years by hour, a month by minute.
const maxBuckets = 50_000

// figureRoutes count what happened.
var figureRoutes = []route{
	{
		method: "GET", path: "/api/buckets", handle: (*Hub).getBuckets, data: bucketList{},
		doc: "How many of each type happened in each minute, hour, day (of the owner's time zone) or broadcast. Without a time: the last hour.",
		params: []param{
			timeParam("from", "Not before this time; an hour before to when missing."),
			timeParam("to", "Before this time; now when missing."),
			oneOfParam("step", "How wide a bucket is.", string(event.ByMinute), string(event.ByHour), string(event.ByDay), string(event.ByStream)).
				or(string(event.ByMinute)),
			typeParam("type", "Only these types; channel.* means all that begin so.").repeatable(),
		},
	},
	{
		method: "GET", path: "/api/activity/stats", handle: (*Hub).getActivityStats, data: activityStats{},
		doc:    "What happened in the last hours, summed up.",
		params: []param{hoursParam},
	},
}

var hoursParam = wholeParam("hours", "How many hours back.", 24, 1, 24*366*10)

type bucketList struct {
	Buckets []event.Bucket `json:"buckets"`
}

func (h *Hub) getBuckets(c *call) (any, error) {
	if h.o.Figures == nil {
		return nil, errUnavailable("counting")
	}
	from, to, step := c.time("from"), c.time("to"), event.Step(c.text("step"))
	if to.IsZero() {
		to = time.Now()
	}
	if from.IsZero() {
		from = to.Add(-time.Hour)
	}
	if err := checkSpan(from, to); err != nil {
		return nil, err
	}
	width := map[event.Step]time.Duration{event.ByMinute: time.Minute, event.ByHour: time.Hour}[step]
	if width > 0 && to.Sub(from)/width > maxBuckets {
		return nil, badParam("step", fmt.Sprintf("would make more than %d buckets of this time; ask for wider ones", maxBuckets))
	}
	zone := h.o.Zone
	if zone == nil {
		zone = time.Local
	}
	buckets, err := h.o.Figures.Buckets(c.ctx, from, to, step, typesOf(c.texts("type")), zone)
	return bucketList{listed(buckets)}, err
}

type activityStats struct {
	Stats      activityTotals        `json:"stats"`
	MostActive []event.ActivityCount `json:"most_active_users"`
	Hours      int64                 `json:"time_window_hours"`
}

type activityTotals struct {
	Events        int64 `json:"total_events"`
	Users         int64 `json:"unique_users"`
	ChatMessages  int64 `json:"chat_messages"`
	Follows       int64 `json:"follows"`
	Subscriptions int64 `json:"subscriptions"`
	Cheers        int64 `json:"cheers"`
}

func (h *Hub) getActivityStats(c *call) (any, error) {
	if h.o.Figures == nil {
		return nil, errUnavailable("counting")
	}
	from, to := lastHours(c.int("hours"))
	s, err := h.o.Figures.ActivityStats(c.ctx, from, to)
	totals := activityTotals{s.Events, s.Users, s.ChatMessages, s.Follows, s.Subscriptions, s.Cheers}
	return activityStats{totals, listed(s.MostActive), c.int("hours")}, err
}

// lastHours is the time up to and with this very millisecond.
func lastHours(n int64) (from, to time.Time) {
	to = time.Now().Add(time.Millisecond)
	return to.Add(-time.Duration(n) * time.Hour), to
}
