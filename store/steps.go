package store

import (
	"time"

	"landale/event"
)

// interval is the time of one bucket, in milliseconds; both ends are whole
// minutes, which is as fine as counts are kept.
type interval struct {
	start, end int64
	stream     int64
}

// maxBuckets bounds an answer: two weeks of minutes, two years of hours.
const maxBuckets = 20_000

// intervals cuts a time into steps. The first one begins at or before from and
// the last ends at or after to.
func intervals(from, to time.Time, step event.Step, zone *time.Location) ([]interval, error) {
	var start, next func(time.Time) time.Time
	switch step {
	case event.ByMinute:
		start = func(t time.Time) time.Time { return t.Truncate(time.Minute) }
		next = func(t time.Time) time.Time { return t.Add(time.Minute) }
	case event.ByHour:
		start, next = startOfHour, nextHour
	case event.ByDay:
		start = func(t time.Time) time.Time { return startOfDay(t.Year(), t.Month(), t.Day(), zone) }
		next = nextDay
	default:
		return nil, invalid("step", "is %q; want minute, hour, day or stream", step)
	}
	var list []interval
	for t := start(from.In(zone)); t.Before(to); {
		if len(list) == maxBuckets {
			return nil, invalid("step", "would give more than %d buckets; ask for a wider step or a shorter time", maxBuckets)
		}
		end := next(t)
		list = append(list, interval{start: t.UnixMilli() / minuteMS * minuteMS, end: end.UnixMilli() / minuteMS * minuteMS})
		t = end
	}
	return list, nil
}

// intoHour is how long ago the hour began on the wall.
func intoHour(t time.Time) time.Duration {
	return time.Duration(t.Minute())*time.Minute + time.Duration(t.Second())*time.Second + time.Duration(t.Nanosecond())
}

// startOfHour and nextHour find the full hours on the wall. Where the clock is
// changed by less than an hour (Lord Howe: half of one) the change ends an hour
// early, so that no bucket has two offsets.
func startOfHour(t time.Time) time.Time {
	hour := t.Add(-intoHour(t))
	if changed, _ := t.ZoneBounds(); !changed.IsZero() && changed.After(hour) {
		return changed
	}
	return hour
}

func nextHour(t time.Time) time.Time {
	hour := t.Add(time.Hour - intoHour(t))
	if _, change := t.ZoneBounds(); !change.IsZero() && change.Before(hour) {
		return change
	}
	return hour
}

// startOfDay is the first instant of a day: midnight, the first of two
// midnights, or, where the clock is put forward at midnight, the change.
func startOfDay(year int, month time.Month, day int, zone *time.Location) time.Time {
	noon := time.Date(year, month, day, 12, 0, 0, 0, zone)
	midnight := noon.Add(-12 * time.Hour)
	changed, _ := noon.ZoneBounds()
	if changed.IsZero() || midnight.After(changed) {
		return midnight
	}
	_, offset := changed.Add(-1).Zone()
	before := time.Date(year, month, day, 0, 0, 0, 0, time.FixedZone("", offset)).In(zone)
	if before.Before(changed) {
		return before
	}
	return changed
}

func nextDay(t time.Time) time.Time {
	for n := 1; ; n++ {
		d := time.Date(t.Year(), t.Month(), t.Day()+n, 12, 0, 0, 0, time.UTC)
		// Samoa had no 30 December 2011: its start is not after that of the 29th.
		if next := startOfDay(d.Year(), d.Month(), d.Day(), t.Location()); next.After(t) && next.In(t.Location()).Day() != t.Day() {
			return next
		}
	}
}
