package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"

	"landale/event"
)

const (
	maxPage  = 1000 // hits in an answer
	rankPool = 3000 // newest matches that ranking looks at
)

// Events answers a query. Hits are in the order in which things happened, by
// time and then by Seq, the newest first unless Oldest is asked for: what was
// heard of late stands where it happened. With Rank they are in the order of how
// well they match, and Oldest means nothing.
//
// What is not a word in the text (an emoji, a dash) is passed over, and a text
// without any word finds nothing. Errors are event.ErrBadCursor, and
// *event.InvalidError for a text that is too long.
//
// A cursor goes on behind the last event that was seen, so events that arrive
// between two pages make it neither skip nor repeat one.
func (s *Store) Events(ctx context.Context, q event.Query) (event.Page, error) {
	page := event.Page{Hits: []event.Hit{}}
	limit := pageSize(q.Limit)
	after, err := openCursor(q)
	if err != nil {
		return page, err
	}
	tx, err := s.reader.BeginTx(ctx, &sql.TxOptions{ReadOnly: true}) // one state of the file for all that follows
	if err != nil {
		return page, fmt.Errorf("find events: %w", err)
	}
	defer tx.Rollback()
	f, err := s.finder(ctx, tx, q)
	if err != nil || f == nil {
		return page, err
	}
	var evs []event.Event
	if q.Rank && len(f.words.want) > 0 {
		evs, page.Next, err = f.ranked(q, after, limit)
	} else {
		evs, page.Next, err = f.page(q, after, limit)
	}
	if err != nil {
		return page, fmt.Errorf("find events: %w", err)
	}
	return page, f.hits(&page, evs)
}

// hits makes the answer's entries.
func (f *finder) hits(page *event.Page, evs []event.Event) error {
	if len(evs) == 0 {
		return nil
	}
	begin, end := evs[0].Time, evs[0].Time
	for _, ev := range evs {
		if ev.Time.Before(begin) {
			begin = ev.Time
		}
		if ev.Time.After(end) {
			end = ev.Time
		}
	}
	live, err := broadcastsIn(f.ctx, f.tx, begin.UnixMilli(), end.UnixMilli()+1)
	if err != nil {
		return err
	}
	for _, ev := range evs {
		h := event.Hit{Event: ev, Stream: live.at(ev.Time)}
		if len(f.words.want) > 0 {
			h.Snippet = f.words.snippet(ev.Text())
		}
		page.Hits = append(page.Hits, h)
	}
	return nil
}

// page finds the events of one answer in the order of time.
func (f *finder) page(q event.Query, after place, limit int) (evs []event.Event, next string, err error) {
	places, err := f.find(after, limit+1)
	if err != nil {
		return nil, "", err
	}
	if len(places) > limit {
		places = places[:limit]
		next = places[limit-1].cursor(q)
	}
	evs, err = f.load(places)
	return evs, next, err
}

// ranked finds the events of one answer in the order of how well they match. Its
// cursor holds the newest key that there was at the first page, so that the
// matches and thus their scores stay the same, and how many were seen.
func (f *finder) ranked(q event.Query, seen place, limit int) (evs []event.Event, next string, err error) {
	if seen == (place{}) {
		if err := f.tx.QueryRowContext(f.ctx, `SELECT coalesce(max(key), 0) FROM events`).Scan(&seen.key); err != nil {
			return nil, "", err
		}
	}
	f.filter(`e.key <= ?`, seen.key)
	f.oldest = false
	places, err := f.find(place{}, rankPool)
	if err != nil {
		return nil, "", err
	}
	if evs, err = f.load(places); err != nil {
		return nil, "", err
	}
	texts := make([]string, len(evs))
	order := make([]int, len(evs))
	for i, ev := range evs {
		texts[i], order[i] = ev.Text(), i
	}
	scores := f.words.rank(texts)
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(scores[b], scores[a]) })
	from := min(int(seen.time), len(order))
	to := min(from+limit, len(order))
	hits := make([]event.Event, 0, to-from)
	for _, i := range order[from:to] {
		hits = append(hits, evs[i])
	}
	if to < len(order) {
		next = place{time: int64(to), key: seen.key}.cursor(q)
	}
	return hits, next, nil
}

// place is where an event stands in the order of an answer.
type place struct{ time, key int64 }

func (p place) compare(o place) int {
	return cmp.Or(cmp.Compare(p.time, o.time), cmp.Compare(p.key, o.key))
}

// cursor writes a place together with the question it belongs to.
func (p place) cursor(q event.Query) string {
	b := append([]byte{1}, question(q)...)
	b = binary.AppendVarint(b, p.time)
	b = binary.AppendVarint(b, p.key)
	return base64.RawURLEncoding.EncodeToString(b)
}

// openCursor reads a question's cursor. The zero place, which no event has, is
// the beginning.
func openCursor(q event.Query) (p place, err error) {
	if q.Cursor == "" {
		return place{}, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(q.Cursor)
	head := append([]byte{1}, question(q)...)
	if err != nil || len(b) < len(head) || string(b[:len(head)]) != string(head) {
		return place{}, event.ErrBadCursor
	}
	b = b[len(head):]
	var n, m int
	if p.time, n = binary.Varint(b); n <= 0 {
		return place{}, event.ErrBadCursor
	}
	if p.key, m = binary.Varint(b[n:]); m <= 0 || n+m != len(b) || p.time < 0 || p.key <= 0 {
		return place{}, event.ErrBadCursor
	}
	return p, nil
}

// question names what was asked, apart from how much of it.
func question(q event.Query) []byte {
	q.Limit, q.Cursor = 0, ""
	q.From, q.To = q.From.UTC(), q.To.UTC()
	b, err := json.Marshal(q)
	if err != nil {
		b = fmt.Appendf(nil, "%+v", q) // a time outside of the years that JSON has
	}
	sum := sha256.Sum256(b)
	return sum[:8]
}
