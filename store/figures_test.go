package store

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sort"
	"testing"
	"time"

	"landale/event"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Skipf("no time zones on this machine: %v", err)
	}
	return z
}

// changes are the days around which the clock is put forward and back.
var changes = []struct {
	zone          string
	forward, back time.Time
}{
	{"Europe/Berlin", time.Date(2025, 3, 30, 1, 0, 0, 0, time.UTC), time.Date(2025, 10, 26, 1, 0, 0, 0, time.UTC)},
	{"America/Los_Angeles", time.Date(2025, 3, 9, 10, 0, 0, 0, time.UTC), time.Date(2025, 11, 2, 9, 0, 0, 0, time.UTC)},
	{"Asia/Kolkata", time.Date(2025, 3, 30, 0, 0, 0, 0, time.UTC), time.Date(2025, 10, 26, 0, 0, 0, 0, time.UTC)},
	{"Australia/Lord_Howe", time.Date(2025, 10, 4, 15, 30, 0, 0, time.UTC), time.Date(2025, 4, 5, 15, 0, 0, 0, time.UTC)},
}

// Buckets and a count of the rows themselves always agree: over random streams
// with late events, tests and replays, across every change of the clock, for
// each step and with types.
func TestBucketsAgreeWithRows(t *testing.T) {
	s := open(t)
	r := rand.New(rand.NewPCG(11, 12))
	var evs []event.Event
	n := uint64(0)
	for _, c := range changes {
		for _, middle := range []time.Time{c.forward, c.back} {
			for range fewer(250) {
				at := middle.Add(time.Duration(r.Int64N(int64(72*time.Hour))) - 36*time.Hour)
				ev := []event.Event{typed(at, 1, "a", "x"), followed(at, 2, "b"), other(t, at, "custom.x")}[r.IntN(3)]
				switch r.IntN(10) {
				case 0:
					ev.Flags |= event.Test
				case 1:
					ev.Flags |= event.Replay
				case 2:
					ev.Flags |= event.Backfill
				}
				published := at
				if r.IntN(4) == 0 {
					published = at.Add(time.Duration(r.IntN(100_000)) * time.Second)
				}
				n++
				evs = append(evs, publishedAt(ev, published, n))
			}
		}
	}
	store(t, s, evs...)
	for _, c := range changes {
		z := zone(t, c.zone)
		for _, middle := range []time.Time{c.forward, c.back} {
			for _, step := range []event.Step{event.ByMinute, event.ByHour, event.ByDay} {
				for _, types := range [][]event.Type{nil, {"channel.*"}, {"custom.x", "no.such"}} {
					from := middle.Add(-time.Duration(r.Int64N(int64(30 * time.Hour))))
					to := middle.Add(time.Duration(r.Int64N(int64(30 * time.Hour))))
					name := fmt.Sprint(c.zone, " ", step, " ", types, " ", from, " ", to)
					got, err := s.Buckets(t.Context(), from, to, step, types, z)
					if err != nil {
						t.Fatal(name, err)
					}
					checkSteps(t, name, got, from, to)
					want := make([]map[event.Type]int64, len(got))
					for _, ev := range evs {
						i := sort.Search(len(got), func(i int) bool { return ev.Time.Before(got[i].End) })
						if i < len(got) && !ev.Time.Before(got[i].Start) && ev.Flags&(event.Test|event.Replay) == 0 &&
							(types == nil || ev.Type == types[0] || types[0] == "channel.*" && ev.Type != "custom.x") {
							if want[i] == nil {
								want[i] = make(map[event.Type]int64)
							}
							want[i][ev.Type]++
						}
					}
					for i, b := range got {
						var total int64
						for _, n := range want[i] {
							total += n
						}
						if !maps.Equal(b.Counts, want[i]) || b.Total != total {
							t.Fatalf("%s: %s to %s: got %v, want %v", name, b.Start, b.End, b.Counts, want[i])
						}
					}
				}
			}
		}
	}
}

// checkSteps checks that buckets cover a time without gap or overlap.
func checkSteps(t *testing.T, name string, list []event.Bucket, from, to time.Time) {
	t.Helper()
	if len(list) == 0 || list[0].Start.After(from) || !list[0].End.After(from) || list[len(list)-1].End.Before(to) || !list[len(list)-1].Start.Before(to) {
		t.Fatalf("%s: %d buckets do not cover the time", name, len(list))
	}
	for i := 1; i < len(list); i++ {
		if !list[i].Start.Equal(list[i-1].End) {
			t.Fatalf("%s: %s follows %s", name, list[i].Start, list[i-1].End)
		}
	}
}

func TestSteps(t *testing.T) {
	for _, c := range []struct {
		zone     string
		step     event.Step
		from, to string
		want     string // lengths
	}{
		{"Europe/Berlin", event.ByDay, "2025-03-29T12:00", "2025-03-31T12:00", "[24h 23h 24h]"},
		{"Europe/Berlin", event.ByDay, "2025-10-25T12:00", "2025-10-27T12:00", "[24h 25h 24h]"},
		{"America/Los_Angeles", event.ByDay, "2025-03-08T12:00", "2025-03-10T12:00", "[24h 23h 24h]"},
		{"America/Los_Angeles", event.ByDay, "2025-11-01T12:00", "2025-11-03T12:00", "[24h 25h 24h]"},
		{"Australia/Lord_Howe", event.ByDay, "2025-10-04T12:00", "2025-10-06T12:00", "[24h 23h30m 24h]"},
		{"Australia/Lord_Howe", event.ByDay, "2025-04-05T12:00", "2025-04-07T12:00", "[24h 24h30m 24h]"},
		{"Australia/Lord_Howe", event.ByHour, "2025-10-05T01:10", "2025-10-05T04:00", "[1h 30m 1h]"},
		{"Australia/Lord_Howe", event.ByHour, "2025-04-06T01:10", "2025-04-06T03:00", "[1h 30m 1h]"},
		{"Europe/Berlin", event.ByHour, "2025-10-26T01:10", "2025-10-26T03:00", "[1h 1h 1h]"},
		{"Asia/Kolkata", event.ByHour, "2025-03-01T01:10", "2025-03-01T03:00", "[1h 1h]"},
		{"America/Havana", event.ByDay, "2025-11-01T12:00", "2025-11-03T12:00", "[24h 25h 24h]"},   // midnight twice
		{"America/Havana", event.ByDay, "2025-03-08T12:00", "2025-03-10T12:00", "[24h 23h 24h]"},   // no midnight
		{"America/Santiago", event.ByDay, "2025-04-04T12:00", "2025-04-06T12:00", "[24h 25h 24h]"}, // 23:00 twice
		{"America/Santiago", event.ByDay, "2025-09-06T12:00", "2025-09-08T12:00", "[24h 23h 24h]"},
		{"Pacific/Apia", event.ByDay, "2011-12-29T12:00", "2012-01-01T00:00", "[24h 24h]"}, // no 30 December
		{"UTC", event.ByMinute, "2025-01-01T00:00", "2025-01-01T00:02", "[1m 1m]"},
	} {
		z := zone(t, c.zone)
		at := func(s string) time.Time {
			v, err := time.ParseInLocation("2006-01-02T15:04", s, z)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		list, err := intervals(at(c.from), at(c.to), c.step, z)
		if err != nil {
			t.Fatal(err)
		}
		var lengths []string
		for _, in := range list {
			d := time.Duration(in.end-in.start) * time.Millisecond
			text := fmt.Sprintf("%dh%dm", d/time.Hour, d%time.Hour/time.Minute)
			switch {
			case d%time.Hour == 0:
				text = fmt.Sprintf("%dh", d/time.Hour)
			case d < time.Hour:
				text = fmt.Sprintf("%dm", d/time.Minute)
			}
			lengths = append(lengths, text)
		}
		if got := fmt.Sprint(lengths); got != c.want {
			t.Errorf("%s %s from %s: got %s, want %s", c.zone, c.step, c.from, got, c.want)
		}
	}
}

func TestBucketsKnowWhatTheyDoNotKnow(t *testing.T) {
	s := open(t)
	at := day
	put(t, s, typed(at.Add(3*time.Hour), 1, "a", "backfilled while off"))
	if _, err := s.writer.ExecContext(t.Context(), `INSERT INTO coverage (from_ms, to_ms) VALUES (?, ?)`,
		at.Add(30*time.Minute).UnixMilli(), at.Add(80*time.Minute).UnixMilli()); err != nil {
		t.Fatal(err)
	}
	list, err := s.Buckets(t.Context(), at, at.Add(5*time.Hour), event.ByHour, []event.Type{"channel.follow"}, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	var known []bool
	for _, b := range list {
		known = append(known, b.Known)
		if b.Total != 0 || b.Counts == nil {
			t.Errorf("got %v, %d", b.Counts, b.Total)
		}
	}
	if want := []bool{true, true, false, true, false}; !slices.Equal(known, want) {
		t.Errorf("got %v, want %v", known, want)
	}
}

func TestBucketsByStream(t *testing.T) {
	s := open(t)
	list := addStreams(t, s, 3)
	if _, err := s.writer.ExecContext(t.Context(), `UPDATE streams SET ended_ms = NULL WHERE id = 3`); err != nil {
		t.Fatal(err)
	}
	var evs []event.Event
	for i := range 300 {
		evs = append(evs, typed(day.Add(time.Duration(i)*time.Minute), 1, "a", "x"))
	}
	put(t, s, evs...)
	to := list[2].Started.Add(20 * time.Minute)
	got, err := s.Buckets(t.Context(), time.Time{}, to, event.ByStream, nil, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	var sums []string
	for _, b := range got {
		sums = append(sums, fmt.Sprint(b.Stream, ":", b.Total))
	}
	if want := []string{"1:60", "2:60", "3:20"}; !slices.Equal(sums, want) {
		t.Errorf("got %v, want %v", sums, want)
	}
}

func TestBucketsRefuse(t *testing.T) {
	s := open(t)
	for _, c := range []struct {
		from, to time.Time
		step     event.Step
		field    string
	}{
		{day, day.AddDate(0, 1, 0), event.ByMinute, "step"},
		{day, day.Add(time.Hour), "week", "step"},
		{day, day.Add(-time.Hour), event.ByHour, "to"},
	} {
		var bad *event.InvalidError
		if _, err := s.Buckets(t.Context(), c.from, c.to, c.step, nil, nil); !errors.As(err, &bad) || bad.Fields[0].Field != c.field {
			t.Errorf("%s from %s to %s: got %v", c.step, c.from, c.to, err)
		}
	}
	if list, err := s.Buckets(t.Context(), time.Time{}, time.Time{}, event.ByDay, nil, nil); err != nil || len(list) != 0 {
		t.Errorf("an empty file: got %v, %v", list, err)
	}
}

func TestTranscriptStats(t *testing.T) {
	s := open(t)
	half := 0.5
	sure := event.New(event.Audio, day, event.TranscriptionFinal{Transcript: event.Transcript{StreamSessionID: "a", Message: "x", Duration: 2, Confidence: &half}})
	test := said(day, "c", "not counted")
	test.Flags |= event.Test
	put(t, s, sure, said(day.Add(time.Minute), "a", "y"), said(day.Add(time.Hour), "b", "z"), test)
	st, err := s.TranscriptStats(t.Context(), day, day.Add(time.Hour))
	if err != nil || st.Count != 2 || st.Duration != 3.5 || st.Sessions != 1 || st.Confidence == nil || *st.Confidence != 0.5 {
		t.Errorf("got %+v, %v", st, err)
	}
	if st, err = s.TranscriptStats(t.Context(), day.Add(time.Hour), time.Time{}); err != nil || st.Count != 1 || st.Confidence != nil {
		t.Errorf("got %+v, %v", st, err)
	}
	if st, err = s.TranscriptStats(t.Context(), day.AddDate(1, 0, 0), time.Time{}); err != nil || st.Count != 0 || st.Duration != 0 {
		t.Errorf("nothing said: got %+v, %v", st, err)
	}
}

func TestActivityStats(t *testing.T) {
	s := open(t)
	test := typed(day, 9, "tester", "x")
	test.Flags |= event.Test
	late := publishedAt(typed(day.Add(30*time.Minute), 5, "late", "x"), day.Add(5*time.Hour), 0)
	put(t, s, typed(day.Add(-time.Hour), 1, "a", "before"), test, typed(day, 1, "a", "x"), typed(day.Add(time.Minute), 1, "a", "x"),
		typed(day.Add(time.Minute), 2, "b", "x"), followed(day.Add(2*time.Minute), 3, "c"), said(day.Add(3*time.Minute), "s", "x"),
		typed(day.Add(2*time.Hour), 1, "a", "after"))
	store(t, s, late)
	got, err := s.ActivityStats(t.Context(), day, day.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	want := event.ActivityStats{Events: 6, Users: 4, ChatMessages: 4, Follows: 1,
		MostActive: []event.ActivityCount{{UserLogin: "a", MessageCount: 2}, {UserLogin: "b", MessageCount: 1}, {UserLogin: "late", MessageCount: 1}}}
	if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got, err = s.ActivityStats(t.Context(), day.AddDate(1, 0, 0), time.Time{}); err != nil || got.Events != 0 || got.MostActive == nil {
		t.Errorf("nothing happened: got %+v, %v", got, err)
	}
}
