package store

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"time"

	"landale/event"
)

// Counts are kept by minute and by hour of UTC. An hour that lies in one bucket
// is read whole, one that a bucket's edge cuts is read by its minutes: so a year
// of days in Kolkata (+5:30) costs two half hours a day and not half a million
// minutes.

// Buckets counts what happened from from to before to, by step: tests and
// replays apart, and only these types if any are given ("channel.*" is all that
// begin so). The bounds are widened to whole steps. Every step has its bucket,
// also one in which nothing happened. Minutes and hours are those of the clock
// on the wall in zone (nil: the owner's), a day has 23 or 25 hours when the
// clock is changed; with ByStream there is a bucket for each broadcast that
// touches the time, from the minute in which it began to the one in which it
// ended. A zero from is the beginning of all, a zero to is now.
//
// An *event.InvalidError names the step when it is unknown or would give more
// than 20,000 buckets.
func (s *Store) Buckets(ctx context.Context, from, to time.Time, step event.Step, types []event.Type, zone *time.Location) ([]event.Bucket, error) {
	if zone == nil {
		zone = s.zone
	}
	tx, err := s.reader.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, fmt.Errorf("count events: %w", err)
	}
	defer tx.Rollback()
	c := &counter{ctx: ctx, tx: tx, names: s.names, types: make(map[int64]event.Type)}
	if err := c.only(s, types); err != nil {
		return nil, fmt.Errorf("count events: %w", err)
	}
	if to.IsZero() {
		to = time.Now()
	}
	if from.IsZero() {
		if from, err = c.beginning(to); err != nil {
			return nil, fmt.Errorf("count events: %w", err)
		}
	}
	if from.After(to) {
		return nil, invalid("to", "must not be before from")
	}
	if from.Equal(to) {
		return []event.Bucket{}, nil
	}
	var list []interval
	if step == event.ByStream {
		list, err = c.broadcasts(from, to)
	} else {
		list, err = intervals(from, to, step, zone)
	}
	if err != nil {
		return nil, err
	}
	buckets := make([]event.Bucket, len(list))
	for i, in := range list {
		buckets[i] = event.Bucket{
			Start:  time.UnixMilli(in.start).In(zone),
			End:    time.UnixMilli(in.end).In(zone),
			Counts: make(map[event.Type]int64),
			Stream: in.stream,
		}
	}
	if step == event.ByStream {
		for i := range list { // one by one: nothing promises that two do not touch
			if err := c.count(list[i:i+1], buckets[i:i+1]); err != nil {
				return nil, fmt.Errorf("count events: %w", err)
			}
		}
		return buckets, nil
	}
	if err := c.count(list, buckets); err != nil {
		return nil, fmt.Errorf("count events: %w", err)
	}
	return buckets, nil
}

// counter reads counts into buckets.
type counter struct {
	ctx   context.Context
	tx    *sql.Tx
	names *names
	all   bool                 // every type counts
	types map[int64]event.Type // those that count, and their names; "" for one that does not
}

func (c *counter) only(s *Store, types []event.Type) error {
	c.all = len(types) == 0
	ids, _, err := s.types(c.ctx, types, nil)
	if err != nil {
		return err
	}
	for _, id := range ids {
		name, err := c.names.text(id)
		if err != nil {
			return err
		}
		c.types[id] = event.Type(name)
	}
	return nil
}

// beginning is when the first thing is known of; to, if nothing is.
func (c *counter) beginning(to time.Time) (time.Time, error) {
	var ms sql.NullInt64
	err := c.tx.QueryRowContext(c.ctx, `
		SELECT min(ms) FROM (
		  SELECT min(minute) * 60000 AS ms FROM minutes
		  UNION ALL SELECT min(from_ms) FROM coverage)`).Scan(&ms)
	if err != nil || !ms.Valid || ms.Int64 > to.UnixMilli() {
		return to, err
	}
	return time.UnixMilli(ms.Int64), nil
}

// broadcasts are the intervals of those that touch a time; one that is live ends
// at to.
func (c *counter) broadcasts(from, to time.Time) ([]interval, error) {
	live, err := broadcastsIn(c.ctx, c.tx, from.UnixMilli(), ceilMS(to))
	if err != nil {
		return nil, err
	}
	if len(live) > maxBuckets {
		return nil, invalid("step", "would give more than %d buckets; ask for a shorter time", maxBuckets)
	}
	list := make([]interval, len(live))
	for i, st := range live {
		ended := st.Ended
		if ended.IsZero() {
			ended = to
		}
		list[i] = interval{
			start:  st.Started.UnixMilli() / minuteMS * minuteMS,
			end:    (ended.UnixMilli() + minuteMS - 1) / minuteMS * minuteMS,
			stream: st.ID,
		}
	}
	return list, nil
}

// count fills buckets, whose intervals are sorted and do not overlap.
func (c *counter) count(list []interval, buckets []event.Bucket) error {
	if len(list) == 0 {
		return nil
	}
	var hours, minutes []span64
	add := func(to *[]span64, start, end int64) {
		if start >= end {
			return
		}
		if n := len(*to); n > 0 && (*to)[n-1].end == start {
			(*to)[n-1].end = end
			return
		}
		*to = append(*to, span64{start, end})
	}
	for _, in := range list {
		first, last := (in.start+hourMS-1)/hourMS, in.end/hourMS
		if first >= last {
			add(&minutes, in.start/minuteMS, in.end/minuteMS)
			continue
		}
		add(&minutes, in.start/minuteMS, first*60)
		add(&hours, first, last)
		add(&minutes, last*60, in.end/minuteMS)
	}
	for _, r := range hours {
		if err := c.read(`SELECT hour << 32 | type, count FROM hours WHERE hour >= ? AND hour < ? ORDER BY hour`, r, hourMS, list, buckets); err != nil {
			return err
		}
	}
	for _, r := range minutes {
		if err := c.read(`SELECT minute << 32 | type, count FROM minutes WHERE minute >= ? AND minute < ? ORDER BY minute`, r, minuteMS, list, buckets); err != nil {
			return err
		}
	}
	return c.known(list, buckets)
}

// span64 is a range of minutes or hours.
type span64 struct{ start, end int64 }

func (c *counter) read(query string, r span64, width int64, list []interval, buckets []event.Bucket) error {
	rows, err := c.tx.QueryContext(c.ctx, query, r.start, r.end)
	if err != nil {
		return err
	}
	defer rows.Close()
	i, _ := slices.BinarySearchFunc(list, r.start*width, func(in interval, ms int64) int {
		if in.end <= ms {
			return -1
		}
		return 1
	})
	for rows.Next() {
		var cell, n int64 // two columns instead of three save a sixth of the time
		if err := rows.Scan(&cell, &n); err != nil {
			return err
		}
		at, id := cell>>32, cell&math.MaxUint32
		for i < len(list) && list[i].end <= at*width {
			i++
		}
		if i == len(list) {
			break
		}
		name, ok := c.types[id]
		if !ok && c.all {
			text, err := c.names.text(id)
			if err != nil {
				return err
			}
			name = event.Type(text)
			c.types[id] = name
		}
		b := &buckets[i]
		b.Known = true
		if name != "" {
			b.Counts[name] += n
			b.Total += n
		}
	}
	return rows.Err()
}

// known marks the buckets in which the program was running.
func (c *counter) known(list []interval, buckets []event.Bucket) error {
	rows, err := c.tx.QueryContext(c.ctx, `
		SELECT from_ms, to_ms FROM coverage WHERE to_ms > ? AND from_ms < ? ORDER BY from_ms`,
		list[0].start, list[len(list)-1].end)
	if err != nil {
		return err
	}
	defer rows.Close()
	i := 0
	for rows.Next() {
		var from, to int64
		if err := rows.Scan(&from, &to); err != nil {
			return err
		}
		for i < len(list) && list[i].end <= from {
			i++
		}
		for j := i; j < len(list) && list[j].start < to; j++ {
			buckets[j].Known = true
		}
	}
	return rows.Err()
}

// TranscriptStats sums up what was said from from to before to, tests and
// replays apart. Zero means no bound.
func (s *Store) TranscriptStats(ctx context.Context, from, to time.Time) (event.TranscriptStats, error) {
	var st event.TranscriptStats
	lo, hi := bounds(from, to)
	var confidence sql.NullFloat64
	err := s.reader.QueryRowContext(ctx, `
		SELECT count(*), coalesce(sum(t.duration_ms), 0) / 1000.0, count(DISTINCT t.session), avg(t.confidence)
		FROM transcripts t CROSS JOIN events e ON e.key = t.key
		WHERE t.time_ms >= ? AND t.time_ms < ? AND e.flags & ? = 0`, lo, hi, int64(event.Test|event.Replay)).
		Scan(&st.Count, &st.Duration, &st.Sessions, &confidence)
	if err != nil {
		return st, fmt.Errorf("sum up transcripts: %w", err)
	}
	if confidence.Valid {
		st.Confidence = &confidence.Float64
	}
	return st, nil
}

// mostActive is how many of the people who wrote most ActivityStats names.
const mostActive = 10

// ActivityStats sums up what happened from from to before to, tests and replays
// apart. Zero means no bound. Events are counted by whole minutes, into which
// the bounds are widened; people exactly. A subscription is a new one
// (channel.subscribe, also a gift's receiver) or a resub that was shared.
func (s *Store) ActivityStats(ctx context.Context, from, to time.Time) (event.ActivityStats, error) {
	st := event.ActivityStats{MostActive: []event.ActivityCount{}}
	wrap := func(err error) (event.ActivityStats, error) { return st, fmt.Errorf("sum up activity: %w", err) }
	tx, err := s.reader.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return wrap(err)
	}
	defer tx.Rollback()
	lo, hi := bounds(from, to)
	if lo >= hi {
		return st, nil
	}
	c := &counter{ctx: ctx, tx: tx, names: s.names, all: true, types: make(map[int64]event.Type)}
	whole := []interval{{start: lo / minuteMS * minuteMS, end: (hi + minuteMS - 1) / minuteMS * minuteMS}}
	sum := []event.Bucket{{Counts: make(map[event.Type]int64)}}
	if err := c.count(whole, sum); err != nil {
		return wrap(err)
	}
	st.Events = sum[0].Total
	st.ChatMessages = sum[0].Counts["channel.chat.message"]
	st.Follows = sum[0].Counts["channel.follow"]
	st.Subscriptions = sum[0].Counts["channel.subscribe"] + sum[0].Counts["channel.subscription.message"]
	st.Cheers = sum[0].Counts["channel.cheer"]

	args := []any{
		sql.Named("lo", lo), sql.Named("hi", hi), sql.Named("off", int64(event.Test|event.Replay)),
		sql.Named("first", max(lo-lateMS, 0)<<20), sql.Named("end", min(hi+lateMS, never)<<20),
	}
	err = tx.QueryRowContext(ctx, `
		SELECT count(*) FROM (
		  SELECT p.user_id FROM people p
		  WHERE p.last_seen_ms >= :lo AND p.first_seen_ms < :hi AND EXISTS (
		    SELECT 1 FROM events e INDEXED BY events_user
		    WHERE e.user_id = p.user_id AND e.key >= :first AND e.key < :end
		    AND `+inTime+` AND e.time_ms >= :lo AND e.time_ms < :hi AND e.flags & :off = 0)
		  UNION
		  SELECT e.user_id FROM events e INDEXED BY events_late
		  WHERE `+late+` AND e.time_ms >= :lo AND e.time_ms < :hi AND e.user_id IS NOT NULL AND e.flags & :off = 0)`,
		args...).Scan(&st.Users)
	if err != nil {
		return wrap(err)
	}

	chat, ok, err := s.names.lookup(ctx, "channel.chat.message")
	if err != nil {
		return wrap(err)
	}
	if !ok {
		return st, nil
	}
	rows, err := tx.QueryContext(ctx, `
		SELECT coalesce(p.login, w.user_id), w.n FROM (
		  SELECT user_id, count(*) AS n FROM (
		    SELECT e.user_id FROM events e INDEXED BY events_type
		    WHERE e.type = :chat AND e.key >= :first AND e.key < :end
		    AND `+inTime+` AND e.time_ms >= :lo AND e.time_ms < :hi AND e.flags & :off = 0
		    UNION ALL
		    SELECT e.user_id FROM events e INDEXED BY events_late
		    WHERE `+late+` AND e.type = :chat AND e.time_ms >= :lo AND e.time_ms < :hi AND e.flags & :off = 0)
		  WHERE user_id IS NOT NULL GROUP BY user_id ORDER BY n DESC, user_id LIMIT :most) w
		LEFT JOIN people p ON p.user_id = w.user_id ORDER BY w.n DESC, 1`,
		append(args, sql.Named("chat", chat), sql.Named("most", mostActive))...)
	if err != nil {
		return wrap(err)
	}
	defer rows.Close()
	for rows.Next() {
		var a event.ActivityCount
		if err := rows.Scan(&a.UserLogin, &a.MessageCount); err != nil {
			return wrap(err)
		}
		st.MostActive = append(st.MostActive, a)
	}
	if err := rows.Err(); err != nil {
		return wrap(err)
	}
	return st, nil
}

// bounds are times as bounds of time_ms; a zero time is no bound.
func bounds(from, to time.Time) (lo, hi int64) {
	lo, hi = 0, never
	if !from.IsZero() {
		lo = min(max(ceilMS(from), 0), never)
	}
	if !to.IsZero() {
		hi = min(ceilMS(to), never)
	}
	return lo, hi
}
