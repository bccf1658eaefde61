package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"landale/event"
)

// Answers are in the order in which things happened: by time, and by Seq where
// the time is the same. Rows lie in the order in which events were published,
// which is the same but for a few seconds, except for those that the schema
// calls late (more than ten seconds between the two). So a page is read in two
// goes: in the order of keys, over-reading by twice ten seconds, and from the
// few late ones; both are then sorted by time. Neither needs an index on time.
const (
	lateMS     = 10_000
	late       = `abs((e.key >> 20) - e.time_ms) > 10000`
	inTime     = `abs((e.key >> 20) - e.time_ms) <= 10000`
	maxPage    = 1000 // hits in an answer
	rankPool   = 3000 // newest matches that ranking looks at
	fewLate    = 500  // late events that are looked at one by one
	fewOf      = 5000 // events of a person among which words are looked for one by one
	typesAlone = 100  // types that are found by the index of types; SQLite joins at most 500 selects
)

// Events answers a query. What is not a word in its text (an emoji, a dash) is
// passed over, and a text without any word finds nothing; with Rank, Oldest
// means nothing. Errors are event.ErrBadCursor, and *event.InvalidError for a
// text that is too long.
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

// driver is an index that finds rows in the order of their keys.
type driver struct {
	from string // FROM and WHERE
	key  string // the column that is the key there, for bounds and order
	args []any
}

// finder is a question in SQL: the drivers that find rows, joined, and the
// filters that each row must pass.
type finder struct {
	ctx   context.Context
	tx    *sql.Tx
	store *Store

	words    search
	oldest   bool
	from, to int64 // of time_ms
	drivers  []driver
	plain    bool // the driver finds all rows
	where    strings.Builder
	args     []any
}

func (f *finder) filter(cond string, args ...any) {
	f.where.WriteString(" AND ")
	f.where.WriteString(cond)
	f.args = append(f.args, args...)
}

// never is a bound that no time reaches and whose key has room for lateMS.
const never = math.MaxInt64>>20 - 2*lateMS

// finder makes SQL of a query; nil when nothing can match.
func (s *Store) finder(ctx context.Context, tx *sql.Tx, q event.Query) (*finder, error) {
	words, err := parseSearch(q.Text)
	if err != nil {
		return nil, err
	}
	if strings.TrimSpace(q.Text) != "" && len(words.want)+len(words.not) == 0 {
		return nil, nil
	}
	f := &finder{ctx: ctx, tx: tx, store: s, words: words, oldest: q.Oldest, to: never}
	if !q.From.IsZero() {
		f.from = min(max(ceilMS(q.From), 0), never)
	}
	if !q.To.IsZero() {
		f.to = min(ceilMS(q.To), never)
	}
	if q.Stream != 0 {
		st, err := first(streams(tx.QueryContext(ctx, `SELECT `+streamColumns+` FROM streams WHERE id = ?`, q.Stream)))
		if errors.Is(err, event.ErrNotFound) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		f.from = max(f.from, st.Started.UnixMilli())
		if !st.Ended.IsZero() {
			f.to = min(f.to, st.Ended.UnixMilli())
		}
	}
	if f.from >= f.to {
		return nil, nil
	}
	if !q.Tests {
		f.filter(`e.flags & ` + strconv.Itoa(int(event.Test)) + ` = 0`)
	}
	if q.Source != "" {
		id, ok, err := s.names.lookup(ctx, string(q.Source))
		if err != nil || !ok {
			return nil, err
		}
		f.filter(`e.source = ?`, id)
	}
	if ok, err := f.narrow(q); err != nil || !ok {
		return nil, err
	}
	return f, nil
}

// narrow chooses the drivers, the most selective that the question allows, and
// adds the rest as filters. It returns false when nothing can match.
func (f *finder) narrow(q event.Query) (ok bool, err error) {
	var narrow []driver // of few rows

	if q.Chain != "" {
		narrow = append(narrow, driver{`events e INDEXED BY events_cause WHERE e.cause = ?`, `e.key`, []any{idValue(q.Chain)}})
		begin, err := f.store.findID(f.ctx, f.tx, q.Chain, false)
		if err != nil {
			return false, err
		}
		if begin != 0 {
			narrow = append(narrow, driver{`events e WHERE e.key = ?`, `e.key`, []any{begin}})
		}
	}
	if q.Session != "" {
		id, ok, err := f.store.names.lookup(f.ctx, q.Session)
		if err != nil || !ok {
			return false, err
		}
		if narrow == nil {
			narrow = append(narrow, driver{`transcripts t INDEXED BY transcripts_session CROSS JOIN events e ON e.key = t.key WHERE t.session = ?`, `t.key`, []any{id}})
		} else {
			f.filter(`EXISTS (SELECT 1 FROM transcripts t WHERE t.key = e.key AND t.session = ?)`, id)
		}
	}
	if q.User != "" {
		users, err := f.users(q.User)
		if err != nil || len(users) == 0 {
			return false, err
		}
		f.filter(`e.user_id IN (` + numberList(users) + `)`)
		few := true
		if len(f.words.want) > 0 {
			var n int
			if err := f.tx.QueryRowContext(f.ctx, `
				SELECT count(*) FROM (SELECT 1 FROM events e WHERE e.user_id IN (`+numberList(users)+`) LIMIT ?)`, fewOf).Scan(&n); err != nil {
				return false, err
			}
			few = n < fewOf
		}
		if narrow == nil && few {
			for _, u := range users {
				narrow = append(narrow, driver{`events e INDEXED BY events_user WHERE e.user_id = ?`, `e.key`, []any{u}})
			}
		}
	}
	types, not, err := f.types(q)
	if err != nil {
		return false, err
	}
	if types != nil {
		if len(types) == 0 {
			return false, nil
		}
		f.filter(`e.type IN (` + numberList(types) + `)`)
	}
	if len(not) > 0 {
		f.filter(`e.type NOT IN (` + numberList(not) + `)`)
	}

	has := `EXISTS (SELECT 1 FROM words WHERE words MATCH ? AND rowid = e.key)`
	switch {
	case len(f.words.want) > 0 && narrow == nil:
		f.drivers = []driver{{`words CROSS JOIN events e ON e.key = words.rowid WHERE words MATCH ?`, `words.rowid`, []any{f.words.match(q.Kinds)}}}
	case len(f.words.want) > 0:
		f.filter(has, f.words.match(nil))
		f.drivers = narrow
	case len(f.words.not) > 0:
		f.filter(`NOT `+has, f.words.unwanted())
		f.drivers = narrow
	default:
		f.drivers = narrow
	}
	if f.drivers == nil && types != nil && len(types) <= typesAlone {
		for _, id := range types {
			f.drivers = append(f.drivers, driver{`events e INDEXED BY events_type WHERE e.type = ?`, `e.key`, []any{id}})
		}
	}
	if f.drivers == nil {
		f.drivers = []driver{{`events e NOT INDEXED WHERE true`, `e.key`, nil}}
		f.plain = true
	}
	return true, nil
}

// users finds whom a question means: a user id, or everybody whose login it is.
func (f *finder) users(ref string) ([]int64, error) {
	ref = strings.TrimPrefix(ref, "@")
	ids, err := logins(f.ctx, f.tx, ref)
	if err != nil {
		return nil, err
	}
	if id, err := strconv.ParseInt(ref, 10, 64); err == nil && !slices.Contains(ids, id) {
		ids = append(ids, id)
	}
	return ids, nil
}

// types finds which types a question lets through: only these (nil: all), and
// not those.
func (f *finder) types(q event.Query) (only, not []int64, err error) {
	if len(q.Types) == 0 && len(q.Kinds) == 0 {
		return nil, nil, nil
	}
	kindOf := func(name string) event.Kind { return event.Event{Type: event.Type(name)}.Kind() }
	byKind := func(name string) bool { return len(q.Kinds) == 0 || slices.Contains(q.Kinds, kindOf(name)) }
	if len(q.Types) == 0 && slices.Contains(q.Kinds, event.Happening) {
		// Everything but, since most names are of this kind.
		return nil, f.store.names.matching(func(name string) bool { return kindOf(name) != event.Happening && !byKind(name) }), nil
	}
	if len(q.Types) == 0 {
		return nonNil(f.store.names.matching(func(name string) bool { return kindOf(name) != event.Happening && byKind(name) })), nil, nil
	}
	only = []int64{}
	for _, t := range q.Types {
		prefix, all := strings.CutSuffix(string(t), "*")
		if all && (prefix == "" || strings.HasSuffix(prefix, ".")) {
			only = append(only, f.store.names.matching(func(name string) bool { return strings.HasPrefix(name, prefix) && byKind(name) })...)
			continue
		}
		id, ok, err := f.store.names.lookup(f.ctx, string(t))
		if err != nil {
			return nil, nil, err
		}
		if ok && byKind(string(t)) {
			only = append(only, id)
		}
	}
	slices.Sort(only)
	return slices.Compact(only), nil, nil
}

func nonNil(list []int64) []int64 {
	if list == nil {
		return []int64{}
	}
	return list
}

// find returns the first n places after one, in the order of time.
func (f *finder) find(after place, n int) ([]place, error) {
	found, edge, err := f.findInTime(after, n)
	if err != nil {
		return nil, err
	}
	behind, err := f.findLate(after, n, edge)
	if err != nil {
		return nil, err
	}
	found = append(found, behind...)
	slices.SortFunc(found, func(a, b place) int {
		if f.oldest {
			return a.compare(b)
		}
		return b.compare(a)
	})
	return found[:min(n, len(found))], nil
}

// findInTime finds places that are not late, in the order of keys, and at least
// the first n of them in the order of time. Edge is the time at which it
// stopped, if it did before the end.
func (f *finder) findInTime(after place, n int) (found []place, edge *int64, err error) {
	lo, hi := f.from-lateMS, f.to+lateMS
	if after != (place{}) && f.oldest {
		lo = max(lo, after.time-lateMS)
	} else if after != (place{}) {
		hi = min(hi, after.time+lateMS+1)
	}
	lo, hi = max(lo, 0)<<20, hi<<20
	cond, args := f.bounds(after, inTime)

	var query strings.Builder
	var all []any
	for i, d := range f.drivers {
		if i > 0 {
			query.WriteString(" UNION ALL ")
		}
		fmt.Fprintf(&query, `SELECT %s, e.time_ms FROM %s AND %s >= ? AND %s < ?%s`, d.key, d.from, d.key, d.key, cond)
		all = append(append(append(all, d.args...), lo, hi), args...)
	}
	query.WriteString(" ORDER BY 1")
	if !f.oldest {
		query.WriteString(" DESC")
	}
	rows, err := f.tx.QueryContext(f.ctx, query.String(), all...)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var p place
		if err := rows.Scan(&p.key, &p.time); err != nil {
			return nil, nil, err
		}
		found = append(found, p)
		// With n places at hand, those that could still come between them lie
		// within lateMS of the farthest.
		if len(found) == n {
			farthest := p.time
			for _, o := range found {
				if f.oldest == (o.time > farthest) {
					farthest = o.time
				}
			}
			edge = &farthest
		}
		if at := p.key >> 20; edge != nil && (f.oldest && at-lateMS > *edge || !f.oldest && at+lateMS < *edge) {
			break
		}
	}
	return found, edge, rows.Err()
}

// findLate finds the first n late places, in the order of time, up to the edge.
func (f *finder) findLate(after place, n int, edge *int64) ([]place, error) {
	from, to := f.from, f.to
	if after != (place{}) && f.oldest {
		from = max(from, after.time)
	} else if after != (place{}) {
		to = min(to, after.time+1)
	}
	if edge != nil && f.oldest {
		to = min(to, *edge+1)
	} else if edge != nil {
		from = max(from, *edge)
	}
	order := ` ORDER BY 2, 1 LIMIT ?`
	if !f.oldest {
		order = ` ORDER BY 2 DESC, 1 DESC LIMIT ?`
	}
	cond, args := f.bounds(after, late)
	var (
		query strings.Builder
		all   []any
	)
	var count int
	err := f.tx.QueryRowContext(f.ctx, `
		SELECT count(*) FROM (SELECT 1 FROM events e INDEXED BY events_late
		WHERE `+late+` AND e.time_ms >= ? AND e.time_ms < ? LIMIT ?)`, from, to, fewLate).Scan(&count)
	if err != nil || count == 0 {
		return nil, err
	}
	if f.plain || edge != nil || count < fewLate {
		// One by one, each against what the question asks.
		fmt.Fprintf(&query, `SELECT e.key, e.time_ms FROM events e INDEXED BY events_late WHERE e.time_ms >= ? AND e.time_ms < ?%s`, cond)
		all = append(append(all, from, to), args...)
		if each, args := f.each(); each != "" {
			query.WriteString(each)
			all = append(all, args...)
		}
	} else {
		// The question found fewer than a page in time: it is the narrower of the two.
		for i, d := range f.drivers {
			if i > 0 {
				query.WriteString(" UNION ALL ")
			}
			fmt.Fprintf(&query, `SELECT %s, e.time_ms FROM %s%s`, d.key, d.from, cond)
			all = append(append(all, d.args...), args...)
		}
	}
	rows, err := f.tx.QueryContext(f.ctx, query.String()+order, append(all, n)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []place
	for rows.Next() {
		var p place
		if err := rows.Scan(&p.key, &p.time); err != nil {
			return nil, err
		}
		found = append(found, p)
	}
	return found, rows.Err()
}

// each is the drivers as a condition on one row.
func (f *finder) each() (cond string, args []any) {
	if f.plain {
		return "", nil
	}
	parts := make([]string, len(f.drivers))
	for i, d := range f.drivers {
		source, where, _ := strings.Cut(d.from, " WHERE ")
		switch table, _, _ := strings.Cut(source, " "); table {
		case "events":
			parts[i] = where
		case "words":
			parts[i] = `EXISTS (SELECT 1 FROM words WHERE words MATCH ? AND rowid = e.key)`
		default:
			parts[i] = `EXISTS (SELECT 1 FROM transcripts t WHERE t.key = e.key AND t.session = ?)`
		}
		args = append(args, d.args...)
	}
	return " AND (" + strings.Join(parts, " OR ") + ")", args
}

// bounds is what each row must pass besides its driver.
func (f *finder) bounds(after place, when string) (string, []any) {
	cond := ` AND ` + when + ` AND e.time_ms >= ? AND e.time_ms < ?`
	args := []any{f.from, f.to}
	if after != (place{}) {
		if f.oldest {
			cond += ` AND (e.time_ms, e.key) > (?, ?)`
		} else {
			cond += ` AND (e.time_ms, e.key) < (?, ?)`
		}
		args = append(args, after.time, after.key)
	}
	return cond + f.where.String(), append(args, f.args...)
}

// load reads the events at places, in their order.
func (f *finder) load(places []place) ([]event.Event, error) {
	if len(places) == 0 {
		return nil, nil
	}
	at := make(map[uint64]int, len(places))
	keys := make([]int64, len(places))
	for i, p := range places {
		at[uint64(p.key)], keys[i] = i, p.key
	}
	slices.Sort(keys)
	rows, err := f.tx.QueryContext(f.ctx, `
		SELECT `+eventColumns+` FROM json_each(?) j CROSS JOIN events e ON e.key = j.value`, "["+numberList(keys)+"]")
	if err != nil {
		return nil, err
	}
	evs := make([]event.Event, len(places))
	return evs, f.store.scanEvents(rows, func(ev event.Event) error {
		evs[at[ev.Seq]] = ev
		return nil
	})
}

// scanEvents hands each row's event on and closes rows.
func (s *Store) scanEvents(rows *sql.Rows, to func(event.Event) error) error {
	defer rows.Close()
	for rows.Next() {
		ev, err := s.scanEvent(rows)
		if err != nil {
			return err
		}
		if err := to(ev); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Event finds one by its id or its Seq in decimal; event.ErrNotFound. An id is
// found at once if it is of a type that can become an alert, if it is not older
// than ten days, if it was made here (a UUIDv7), or if something followed from
// it; else it is looked for among the newest events only.
func (s *Store) Event(ctx context.Context, ref string) (event.Event, error) {
	tx, err := s.reader.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return event.Event{}, fmt.Errorf("find event: %w", err)
	}
	defer tx.Rollback()
	var list []event.Event
	byKey := func(key int64) error {
		rows, err := tx.QueryContext(ctx, `SELECT `+eventColumns+` FROM events e WHERE e.key = ?`, key)
		if err != nil {
			return err
		}
		return s.scanEvents(rows, func(ev event.Event) error { list = append(list, ev); return nil })
	}
	if key, err := strconv.ParseInt(ref, 10, 64); err == nil {
		if err := byKey(key); err != nil || len(list) > 0 {
			return first(list, err)
		}
	}
	key, err := s.findID(ctx, tx, event.ID(ref), true)
	if err == nil && key != 0 {
		err = byKey(key)
	}
	if err != nil {
		return event.Event{}, fmt.Errorf("find event: %w", err)
	}
	return first(list, nil)
}

// scanned is how many rows findID reads in search of an id that no index knows:
// 0.1 s.
const scanned = 100_000

// findID finds the key of the event with an id, 0 if there is none, or none that
// can be found without reading the whole file. With far it reads the newest
// events as the last resort.
func (s *Store) findID(ctx context.Context, tx *sql.Tx, id event.ID, far bool) (key int64, err error) {
	if id == "" || len(id) > event.MaxIDLen {
		return 0, nil
	}
	v := idValue(id)
	ask := func(query string, args ...any) bool {
		err = tx.QueryRowContext(ctx, query, args...).Scan(&key)
		if errors.Is(err, sql.ErrNoRows) {
			err = nil
			return false
		}
		return true
	}
	if ask(`SELECT key FROM once WHERE id = ?`, v) || ask(`SELECT key FROM recent WHERE id = ?`, v) {
		return key, err
	}
	if t, ok := id.Time(); ok {
		// Made when it happened, which is when it was published, or late.
		ms := t.UnixMilli()
		if ask(`SELECT key FROM events WHERE key >= ? AND key < ? AND id = ? LIMIT 1`, max(ms-lateMS, 0)<<20, (ms+lateMS+1)<<20, v) ||
			ask(`SELECT key FROM events e INDEXED BY events_late WHERE `+late+` AND time_ms >= ? AND time_ms <= ? AND id = ? LIMIT 1`, ms-lateMS, ms+lateMS, v) {
			return key, err
		}
	}
	if ask(`SELECT key FROM events WHERE cause = ? ORDER BY key LIMIT 1`, v) {
		if err != nil {
			return 0, err
		}
		if ask(`SELECT key FROM (SELECT key, id FROM events WHERE key < ? ORDER BY key DESC LIMIT ?) WHERE id = ? LIMIT 1`, key, scanned/10, v) {
			return key, err
		}
	}
	if far && ask(`SELECT key FROM (SELECT key, id FROM events ORDER BY key DESC LIMIT ?) WHERE id = ? LIMIT 1`, scanned, v) {
		return key, err
	}
	return 0, err
}

// Since gives what was published after seq, in the order of Seq, at most limit
// events (50 when 0, at most 10,000); more says that there are others after
// them.
func (s *Store) Since(ctx context.Context, seq uint64, limit int) (evs []event.Event, more bool, err error) {
	if limit <= 0 {
		limit = 50
	}
	limit = min(limit, 10_000)
	rows, err := s.reader.QueryContext(ctx, `
		SELECT `+eventColumns+` FROM events e WHERE e.key > ? ORDER BY e.key LIMIT ?`, int64(min(seq, math.MaxInt64)), limit+1)
	if err != nil {
		return nil, false, fmt.Errorf("read events: %w", err)
	}
	if err := s.scanEvents(rows, func(ev event.Event) error { evs = append(evs, ev); return nil }); err != nil {
		return nil, false, fmt.Errorf("read events: %w", err)
	}
	if len(evs) > limit {
		return evs[:limit], true, nil
	}
	return evs, false, nil
}

// ceilMS is the first whole millisecond that is not before t.
func ceilMS(t time.Time) int64 {
	ms := t.UnixMilli()
	if t.After(time.UnixMilli(ms)) {
		ms++
	}
	return ms
}

func numberList(list []int64) string {
	b := make([]byte, 0, 8*len(list))
	for i, n := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, n, 10)
	}
	return string(b)
}
