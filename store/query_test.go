package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"landale/event"
)

// day is a day in the past, so that the clock of the machine does not matter.
var day = time.Date(2025, 3, 14, 18, 0, 0, 0, time.UTC)

func typed(at time.Time, user int, login, text string) event.Event {
	return event.New(event.Twitch, at, event.ChannelChatMessage{
		User:    event.User{UserID: strconv.Itoa(user), UserLogin: login, UserName: strings.ToUpper(login)},
		Message: text,
	})
}

func said(at time.Time, session, text string) event.Event {
	return event.New(event.Audio, at, event.TranscriptionFinal{Transcript: event.Transcript{
		StreamSessionID: session, Message: text, Duration: 1.5, IsFinal: true,
	}})
}

func followed(at time.Time, user int, login string) event.Event {
	return event.New(event.Twitch, at, event.ChannelFollow{
		User:       event.User{UserID: strconv.Itoa(user), UserLogin: login, UserName: login},
		FollowedAt: at,
	})
}

// other is an event of a type that no catalogue has.
func other(t testing.TB, at time.Time, kind string) event.Event {
	t.Helper()
	p, err := event.NewUnknown(event.Type(kind), []byte(`{"n":1}`))
	if err != nil {
		t.Fatal(err)
	}
	return event.New(event.IronMON, at, p)
}

// publishedAt puts an event into the order of the bus at a time of its own.
func publishedAt(ev event.Event, at time.Time, n uint64) event.Event {
	ev.Seq = event.SeqAt(at) + n
	return ev
}

func store(t testing.TB, s *Store, evs ...event.Event) {
	t.Helper()
	for batch := range slices.Chunk(evs, 200) {
		if err := s.write(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
	}
}

// world is a random history: speech, chat, follows and odd types at random times
// of a few hours, most published within a second, some late by up to two hours
// and a few from the future.
func world(t testing.TB, s *Store, r *rand.Rand, n int) []event.Event {
	t.Helper()
	words := []string{"hello", "Welt", "café", "naïve", "avalonCheer", "dragon", "shiny", "spider-man", "日本語", "привет"}
	line := func() string {
		var b []string
		for range 1 + r.IntN(6) {
			b = append(b, words[r.IntN(len(words))])
		}
		return strings.Join(b, " ")
	}
	var evs []event.Event
	at := day
	for i := range n {
		at = at.Add(time.Duration(r.IntN(4000)) * time.Millisecond)
		happened := at.Add(-time.Duration(r.IntN(1000)) * time.Millisecond)
		switch r.IntN(12) {
		case 0:
			happened = at.Add(-time.Duration(r.IntN(7200)) * time.Second)
		case 1:
			happened = at.Add(time.Duration(r.IntN(60)) * time.Second)
		case 2:
			happened = at.Add(-lateMS * time.Millisecond) // exactly on the edge of late
		}
		user := r.IntN(5)
		var ev event.Event
		switch r.IntN(6) {
		case 0, 1:
			ev = typed(happened, 100+user, fmt.Sprint("user", user), line())
		case 2, 3:
			ev = said(happened, fmt.Sprint("stream_2025_03_1", r.IntN(3)), line())
		case 4:
			ev = followed(happened, 100+user, fmt.Sprint("user", user))
		default:
			ev = other(t, happened, fmt.Sprint("custom.", []string{"a", "b"}[r.IntN(2)]))
		}
		if r.IntN(10) == 0 {
			ev.Flags |= event.Test
		}
		if len(evs) > 0 && r.IntN(5) == 0 {
			ev = ev.CausedBy(evs[r.IntN(len(evs))])
		}
		evs = append(evs, publishedAt(ev, at, uint64(i)))
	}
	store(t, s, evs...)
	return evs
}

// model is what a query means, said plainly.
func model(evs []event.Event, q event.Query, streams []event.Stream) []event.Event {
	s, err := parseSearch(q.Text)
	if err != nil {
		panic(err)
	}
	var found []event.Event
	for _, ev := range evs {
		u, _ := ev.Actor()
		ok := (q.Tests || !ev.Flags.Has(event.Test)) &&
			(q.From.IsZero() || !ev.Time.Before(q.From)) &&
			(q.To.IsZero() || ev.Time.Before(q.To)) &&
			(q.Source == "" || ev.Source == q.Source) &&
			(len(q.Kinds) == 0 || slices.Contains(q.Kinds, ev.Kind())) &&
			(len(q.Types) == 0 || slices.ContainsFunc(q.Types, func(t event.Type) bool {
				p, all := strings.CutSuffix(string(t), "*")
				return t == ev.Type || all && strings.HasPrefix(string(ev.Type), p)
			})) &&
			(q.User == "" || u.UserID == q.User || strings.EqualFold(u.UserLogin, q.User)) &&
			(q.Session == "" || ev.Session() == q.Session) &&
			(q.Chain == "" || ev.ID == q.Chain || ev.CorrelationID == q.Chain)
		if q.Stream != 0 {
			st := streams[q.Stream-1]
			ok = ok && !ev.Time.Before(st.Started) && ev.Time.Before(st.Ended)
		}
		for _, t := range s.want {
			ok = ok && (len(t.find(tokens(ev.Text(), nil), nil)) > 0 || len(t.find(tokens(u.UserLogin, nil), nil)) > 0)
		}
		for _, t := range s.not {
			ok = ok && len(t.find(tokens(ev.Text(), nil), nil)) == 0 && len(t.find(tokens(u.UserLogin, nil), nil)) == 0
		}
		if ok {
			found = append(found, ev)
		}
	}
	slices.SortFunc(found, func(a, b event.Event) int {
		c := place{a.Time.UnixMilli(), int64(a.Seq)}.compare(place{b.Time.UnixMilli(), int64(b.Seq)})
		if q.Oldest {
			return c
		}
		return -c
	})
	return found
}

// pages asks until the end.
func pages(t testing.TB, s *Store, q event.Query) []event.Event {
	t.Helper()
	var all []event.Event
	for range 10_000 {
		p, err := s.Events(t.Context(), q)
		if err != nil {
			t.Fatalf("%+v: %v", q, err)
		}
		for _, h := range p.Hits {
			all = append(all, h.Event)
		}
		if p.Next == "" {
			return all
		}
		q.Cursor = p.Next
	}
	t.Fatal("no end of pages")
	return nil
}

// addStreams puts broadcasts of an hour with pauses of half of one into the file.
func addStreams(t testing.TB, s *Store, n int) []event.Stream {
	t.Helper()
	var list []event.Stream
	for i := range n {
		st := event.Stream{ID: int64(i + 1), Started: day.Add(time.Duration(i) * 90 * time.Minute)}
		st.Ended = st.Started.Add(time.Hour)
		list = append(list, st)
		if _, err := s.writer.ExecContext(t.Context(), `
			INSERT INTO streams (id, started_ms, ended_ms, title, session) VALUES (?, ?, ?, ?, '')`,
			st.ID, st.Started.UnixMilli(), st.Ended.UnixMilli(), fmt.Sprint("day ", i)); err != nil {
			t.Fatal(err)
		}
	}
	return list
}

// Every field alone, then random combinations of all, page by page, against the
// model.
func TestQueryAgreesWithModel(t *testing.T) {
	s := open(t)
	r := rand.New(rand.NewPCG(1, 2))
	evs := world(t, s, r, 160+fewer(640))
	streams := addStreams(t, s, 2)
	caused := evs[slices.IndexFunc(evs, func(e event.Event) bool { return !e.Begins() })].CorrelationID
	when := func() time.Time { return day.Add(time.Duration(r.IntN(7000)) * time.Second) }
	fields := []func(*event.Query){
		func(q *event.Query) {
			q.Text = []string{"hello", "CAFE", "naive dragon", `"hello welt"`, "dra*", "hello -dragon", "-hello", "spider-man", "user1", "日本*", "Привет", "🐉 shiny", "-shiny -welt", `-"hello hello" hello`, "-user1", "user3 -hello"}[r.IntN(16)]
		},
		func(q *event.Query) { q.From = when() },
		func(q *event.Query) { q.To = when() },
		func(q *event.Query) {
			q.Types = [][]event.Type{{"channel.*"}, {"channel.follow"}, {"custom.a", "channel.chat.message"}, {"no.such"}, {"*"}}[r.IntN(5)]
		},
		func(q *event.Query) {
			q.Kinds = [][]event.Kind{{event.Speech}, {event.Chat}, {event.Happening}, {event.Chat, event.Happening}, {event.Chat, event.Speech}}[r.IntN(5)]
		},
		func(q *event.Query) {
			q.Source = []event.Source{event.Twitch, event.Audio, event.IronMON, event.OBS}[r.IntN(4)]
		},
		func(q *event.Query) { q.User = []string{"101", "user2", "USER3", "nobody", "999"}[r.IntN(5)] },
		func(q *event.Query) { q.Stream = int64(1 + r.IntN(2)) },
		func(q *event.Query) {
			q.Session = []string{"stream_2025_03_10", "stream_2025_03_11", "none"}[r.IntN(3)]
		},
		func(q *event.Query) { q.Chain = []event.ID{caused, evs[5].ID, "deadbeef"}[r.IntN(3)] },
		func(q *event.Query) { q.Tests = true },
		func(q *event.Query) { q.Oldest = true },
	}
	check := func(q event.Query) {
		t.Helper()
		got, want := pages(t, s, q), model(evs, q, streams)
		if len(got) != len(want) {
			t.Fatalf("%+v: got %d events, want %d", q, len(got), len(want))
		}
		for i := range got {
			if got[i].Seq != want[i].Seq {
				t.Fatalf("%+v: event %d is %d, want %d", q, i, got[i].Seq, want[i].Seq)
			}
		}
	}
	for _, f := range fields {
		for range fewer(6) {
			q := event.Query{Limit: 100}
			f(&q)
			check(q)
			q.Oldest, q.Limit = true, 50+r.IntN(1000)
			check(q)
		}
	}
	for range fewer(200) {
		q := event.Query{Limit: 1 + r.IntN(500)}
		for _, f := range fields {
			if r.IntN(4) == 0 {
				f(&q)
			}
		}
		check(q)
	}
}

func TestPagesWhileEventsArrive(t *testing.T) {
	s := open(t)
	r := rand.New(rand.NewPCG(3, 4))
	evs := world(t, s, r, 50+fewer(200))
	now := day.Add(10 * time.Hour)
	for _, q := range []event.Query{
		{Limit: 7, Tests: true},
		{Limit: 7, Tests: true, Kinds: []event.Kind{event.Chat}},
		{Limit: 3, Tests: true, Text: "hello"},
		{Limit: 3, Tests: true, Text: "hello dragon", Rank: true},
	} {
		want := make(map[uint64]bool)
		for _, ev := range model(evs, q, nil) {
			want[ev.Seq] = true
		}
		got := make(map[uint64]int)
		for {
			p, err := s.Events(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			for _, h := range p.Hits {
				got[h.Event.Seq]++
			}
			if q.Cursor = p.Next; p.Next == "" {
				break
			}
			// What arrives now is newer, but also late, from the middle of it all.
			now = now.Add(time.Second)
			fresh := []event.Event{typed(now, 101, "user1", "hello dragon"), typed(day.Add(time.Hour), 101, "user1", "hello late dragon")}
			for i, ev := range fresh {
				fresh[i] = publishedAt(ev, now, uint64(i))
			}
			store(t, s, fresh...)
			evs = append(evs, fresh...)
		}
		for seq, n := range got {
			if n > 1 {
				t.Errorf("%+v: event %d came %d times", q, seq, n)
			}
		}
		for seq := range want {
			if got[seq] == 0 {
				t.Errorf("%+v: event %d never came", q, seq)
			}
		}
	}
}

func TestCursorOfAnotherQuestion(t *testing.T) {
	s := open(t)
	world(t, s, rand.New(rand.NewPCG(5, 6)), 100)
	p, err := s.Events(t.Context(), event.Query{Limit: 5})
	if err != nil || p.Next == "" {
		t.Fatal(p.Next, err)
	}
	if _, err := s.Events(t.Context(), event.Query{Limit: 9, Cursor: p.Next}); err != nil {
		t.Errorf("another limit: got %v", err)
	}
	for _, q := range []event.Query{
		{Cursor: p.Next, Oldest: true},
		{Cursor: p.Next, Text: "hello"},
		{Cursor: p.Next[:len(p.Next)-1]},
		{Cursor: p.Next + "AA"},
		{Cursor: "!"},
		{Cursor: "AQ"},
	} {
		if _, err := s.Events(t.Context(), q); !errors.Is(err, event.ErrBadCursor) {
			t.Errorf("%+v: got %v, want ErrBadCursor", q, err)
		}
	}
}

// What was said, typed and happening within half a minute of a moment, in one
// list, also what was heard of an hour later.
func TestTimeline(t *testing.T) {
	s := open(t)
	addStreams(t, s, 1)
	at := day.Add(20 * time.Minute)
	evs := []event.Event{
		publishedAt(typed(at.Add(-31*time.Second), 1, "a", "too early"), at.Add(-31*time.Second), 0),
		publishedAt(said(at.Add(-20*time.Second), "x", "and then"), at.Add(-18*time.Second), 0),
		publishedAt(typed(at.Add(-19*time.Second), 1, "a", "lol"), at.Add(-19*time.Second), 0),
		publishedAt(other(t, at, "custom.scene"), at, 0),
		publishedAt(followed(at.Add(29*time.Second), 2, "b"), at.Add(time.Hour), 0),
		publishedAt(typed(at.Add(31*time.Second), 1, "a", "too late"), at.Add(31*time.Second), 0),
	}
	slices.SortFunc(evs, func(a, b event.Event) int { return int(int64(a.Seq - b.Seq)) })
	store(t, s, evs...)
	p, err := s.Events(t.Context(), event.Query{From: at.Add(-30 * time.Second), To: at.Add(30 * time.Second), Oldest: true})
	if err != nil {
		t.Fatal(err)
	}
	var got []event.Type
	for _, h := range p.Hits {
		got = append(got, h.Event.Type)
		if h.Stream != 1 {
			t.Errorf("%s: got stream %d, want 1", h.Event.Type, h.Stream)
		}
	}
	want := []event.Type{"transcription.final", "channel.chat.message", "custom.scene", "channel.follow"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// A viewer who renamed themselves is found by the new name, with what they wrote
// under the old one.
func TestUserAfterRename(t *testing.T) {
	s := open(t)
	put(t, s, typed(day, 7, "oldname", "one"), typed(day.Add(time.Hour), 7, "newname", "two"), typed(day.Add(2*time.Hour), 8, "oldname", "three"))
	for user, want := range map[string]string{"newname": "two one", "oldname": "three", "@NewName": "two one", "7": "two one", "9": ""} {
		var got []string
		for _, ev := range pages(t, s, event.Query{User: user}) {
			got = append(got, ev.Text())
		}
		if g := strings.Join(got, " "); g != want {
			t.Errorf("%s: got %q, want %q", user, g, want)
		}
	}
}

func TestEventByReference(t *testing.T) {
	s := open(t)
	once := followed(day, 1, "a").WithID("5d4a2f58-6f5c-4a2e-9a0c-0a4e6a5c1f11")
	upstream := typed(day.Add(time.Second), 1, "a", "hi").WithID("an id of its own")
	own := other(t, day.Add(2*time.Second), "custom.x")
	late := publishedAt(other(t, day.Add(-time.Hour), "custom.late"), day.Add(3*time.Second), 0)
	digits := other(t, day.Add(4*time.Second), "custom.digits").WithID("12345")
	evs := put(t, s, once, upstream, own)
	store(t, s, late)
	evs = append(evs, late)
	evs = append(evs, put(t, s, digits)...)
	for _, want := range evs {
		for _, ref := range []string{string(want.ID), strconv.FormatUint(want.Seq, 10)} {
			got, err := s.Event(t.Context(), ref)
			if err != nil || got.Seq != want.Seq {
				t.Errorf("%s: got %d, %v, want %d", ref, got.Seq, err, want.Seq)
			}
		}
	}
	for _, ref := range []string{"", "1", "none", string(event.NewID(day)), "-1", "99999999999999999999"} {
		if _, err := s.Event(t.Context(), ref); !errors.Is(err, event.ErrNotFound) {
			t.Errorf("%q: got %v, want ErrNotFound", ref, err)
		}
	}
}

func TestSince(t *testing.T) {
	s := open(t)
	evs := world(t, s, rand.New(rand.NewPCG(7, 8)), 300)
	var got []uint64
	seq, more := uint64(0), true
	for more {
		var page []event.Event
		var err error
		if page, more, err = s.Since(t.Context(), seq, 70); err != nil {
			t.Fatal(err)
		}
		for _, ev := range page {
			got, seq = append(got, ev.Seq), ev.Seq
		}
	}
	if len(got) != len(evs) || !slices.IsSorted(got) {
		t.Errorf("got %d events, sorted %v, want %d", len(got), slices.IsSorted(got), len(evs))
	}
	if page, more, err := s.Since(t.Context(), 1<<63+5, 10); len(page) > 0 || more || err != nil {
		t.Errorf("after the end: got %v, %v, %v", page, more, err)
	}
}

func TestQuestionEndsWithItsContext(t *testing.T) {
	s := open(t)
	world(t, s, rand.New(rand.NewPCG(9, 9)), 50)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Events(ctx, event.Query{Text: "hello"}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want Canceled", err)
	}
}

// No text that a person types may be an error of FTS5.
func FuzzSearchText(f *testing.F) {
	for _, text := range []string{"", "hello", `"`, `""`, `"""`, "*", "-", "--", `-"`, "a*", `"a b"*`, "NOT", "AND OR NEAR(", "text:hello", "{text}", "^a", "a+b", "\x00", "\xff", "a\x00b", "é", "日本", "🐉", "-🐉", "ا", "(", ")", "a -b -c", "who : x", "“a”", "ǅ", "\u0345", "\u0301"} {
		f.Add(text)
	}
	s := open(f)
	put(f, s, typed(day, 1, "sundaygamer", "hello world"), said(day, "x", "Hello there, dragon"))
	f.Fuzz(func(t *testing.T, text string) {
		for _, q := range []event.Query{{Text: text}, {Text: text, Rank: true, Kinds: []event.Kind{event.Chat}}, {Text: text, User: "sundaygamer"}} {
			_, err := s.Events(t.Context(), q)
			var bad *event.InvalidError
			if err != nil && !errors.As(err, &bad) {
				t.Errorf("%q: %v", text, err)
			}
		}
	})
}

// A question that sorts what it finds before it answers reads all of it: for a
// common word or type in a file of years that is seconds instead of a
// millisecond. Each must come out of its index in the order of keys.
func TestQuestionsDoNotSort(t *testing.T) {
	s := open(t)
	evs := world(t, s, rand.New(rand.NewPCG(31, 32)), 500)
	for _, q := range []event.Query{
		{},
		{Oldest: true},
		{Source: event.Audio},
		{Types: []event.Type{"channel.follow"}},
		{Types: []event.Type{"channel.*", "custom.*"}},
		{Kinds: []event.Kind{event.Chat, event.Speech}, Oldest: true},
		{Kinds: []event.Kind{event.Happening}},
		{User: "user1"},
		{User: "user1", Text: "hello"},
		{Session: "stream_2025_03_10"},
		{Chain: evs[0].ID},
		{Text: "hello"},
		{Text: "hello -dragon da*", Kinds: []event.Kind{event.Chat}, Oldest: true},
		{Text: "-hello"},
	} {
		tx, err := s.reader.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		f, err := s.finder(t.Context(), tx, q)
		if err != nil || f == nil {
			t.Fatalf("%+v: %v", q, err)
		}
		query, args := f.byKey(place{}, 0, 1<<62)
		rows, err := tx.QueryContext(t.Context(), `EXPLAIN QUERY PLAN `+query, args...)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var id, parent, unused int
			var step string
			if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(step, "TEMP B-TREE") || strings.HasPrefix(step, "SCAN e") && !f.plain {
				t.Errorf("%+v: %s", q, step)
			}
		}
		if err := errors.Join(rows.Err(), rows.Close(), tx.Rollback()); err != nil {
			t.Fatal(err)
		}
	}
}
