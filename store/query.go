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
// calls late: more than ten seconds lie between the two. So a page is read in
// the order of keys, twenty seconds further than it reaches, together with the
// few late ones that lie elsewhere, and is then sorted by time. Neither needs an
// index on time.
const (
	lateMS      = 10_000
	late        = `abs((e.key >> 20) - e.time_ms) > 10000`
	inTime      = `abs((e.key >> 20) - e.time_ms) <= 10000`
	maxPage     = 1000 // hits in an answer
	rankPool    = 3000 // newest matches that ranking looks at
	fewLate     = 500  // late events that are looked at one by one
	fewSearched = 50   // the same where each must be looked up in the index of words
	fewOf       = 1000 // events of a person among which words are looked for one by one
	typesAlone  = 100  // types that are found by the index of types; SQLite joins at most 500 selects
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
	f := &finder{ctx: ctx, tx: tx, store: s, words: words, oldest: q.Oldest}
	f.from, f.to = bounds(q.From, q.To)
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
	types, not, err := f.store.types(f.ctx, q.Types, q.Kinds)
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

// types finds the ids of the types that a question lets through: only these
// (nil: all), and not those.
func (s *Store) types(ctx context.Context, types []event.Type, kinds []event.Kind) (only, not []int64, err error) {
	kindOf := func(name string) event.Kind { return event.Event{Type: event.Type(name)}.Kind() }
	byKind := func(name string) bool { return len(kinds) == 0 || slices.Contains(kinds, kindOf(name)) }
	if len(types) == 0 {
		// Names hold more than types, and most types are of kind event: so name the
		// few of the other kinds.
		few := func(want bool) []int64 {
			return s.names.matching(func(name string) bool { return kindOf(name) != event.Happening && byKind(name) == want })
		}
		switch {
		case len(kinds) == 0:
			return nil, nil, nil
		case slices.Contains(kinds, event.Happening):
			return nil, few(false), nil
		}
		return append([]int64{}, few(true)...), nil, nil
	}
	only = []int64{}
	for _, t := range types {
		prefix, all := strings.CutSuffix(string(t), "*")
		if all && (prefix == "" || strings.HasSuffix(prefix, ".")) {
			only = append(only, s.names.matching(func(name string) bool { return strings.HasPrefix(name, prefix) && byKind(name) })...)
			continue
		}
		id, ok, err := s.names.lookup(ctx, string(t))
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

// find returns the first n places after one, in the order of time.
func (f *finder) find(after place, n int) ([]place, error) {
	found, read, err := f.findByKey(after, n)
	if err != nil {
		return nil, err
	}
	elsewhere, err := f.findLate(after, n, read)
	if err != nil {
		return nil, err
	}
	found = append(found, elsewhere...)
	slices.SortFunc(found, func(a, b place) int {
		if f.oldest {
			return a.compare(b)
		}
		return b.compare(a)
	})
	return found[:min(n, len(found))], nil
}

// reach is which keys were read, and the times of the places that these made
// sure of.
type reach struct {
	lo, hi   int64 // of keys
	from, to int64 // of times
	full     bool  // a page was found
}

// findByKey finds places in the order of keys: at least the first n of those
// that are not late, and what is late among the keys that it reads on its way.
func (f *finder) findByKey(after place, n int) (found []place, r reach, err error) {
	r.from, r.to = f.from, f.to
	if after != (place{}) && f.oldest {
		r.from = max(r.from, after.time)
	} else if after != (place{}) {
		r.to = min(r.to, after.time+1)
	}
	r.lo, r.hi = max(r.from-lateMS, 0)<<20, (r.to+lateMS)<<20

	query, args := f.byKey(after, r.lo, r.hi)
	rows, err := f.tx.QueryContext(f.ctx, query, args...)
	if err != nil {
		return nil, r, err
	}
	defer rows.Close()
	var edge int64 // the farthest time among the first n
	for inTime := 0; rows.Next(); {
		var p place
		if err := rows.Scan(&p.key, &p.time); err != nil {
			return nil, r, err
		}
		found = append(found, p)
		published := p.key >> 20
		if d := published - p.time; d <= lateMS && -d <= lateMS {
			if inTime++; inTime == 1 || inTime <= n && f.oldest == (p.time > edge) {
				edge = p.time
			}
		}
		// With n places at hand, others that belong between them lie within lateMS
		// of the farthest.
		if inTime >= n && (f.oldest && published-lateMS > edge || !f.oldest && published+lateMS < edge) {
			if r.full = true; f.oldest {
				r.hi, r.to = p.key+1, edge+1
			} else {
				r.lo, r.from = p.key, edge
			}
			break
		}
	}
	return found, r, rows.Err()
}

// byKey is the question for places in the order of keys, from lo to before hi.
func (f *finder) byKey(after place, lo, hi int64) (query string, args []any) {
	query, args = f.union(after, `%s >= ? AND %[1]s < ?`, lo, hi)
	if f.oldest {
		return query + ` ORDER BY 1`, args
	}
	return query + ` ORDER BY 1 DESC`, args
}

// findLate finds the first n late places whose time is within reach, but whose
// key is not.
func (f *finder) findLate(after place, n int, r reach) ([]place, error) {
	outside := late + ` AND e.time_ms >= ? AND e.time_ms < ? AND (e.key < ? OR e.key >= ?)`
	args := []any{r.from, r.to, r.lo, r.hi}
	few := fewLate
	if len(f.words.want) > 0 {
		few = fewSearched
	}
	var count int
	err := f.tx.QueryRowContext(f.ctx, `
		SELECT count(*) FROM (SELECT 1 FROM events e INDEXED BY events_late WHERE `+outside+` LIMIT ?)`, append(args, few)...).Scan(&count)
	if err != nil || count == 0 {
		return nil, err
	}
	var query string
	if f.plain || r.full || count < few {
		// One by one, each against what the question asks.
		conds, more := f.conditions(after)
		each, driven := f.each()
		query = `SELECT e.key, e.time_ms FROM events e INDEXED BY events_late WHERE ` + outside + conds + each
		args = append(append(args, more...), driven...)
	} else {
		// What the question asks for is the rarer: it did not fill a page.
		query, args = f.union(after, outside, args...)
	}
	if f.oldest {
		query += ` ORDER BY 2, 1 LIMIT ?`
	} else {
		query += ` ORDER BY 2 DESC, 1 DESC LIMIT ?`
	}
	rows, err := f.tx.QueryContext(f.ctx, query, append(args, n)...)
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

// union selects the places that the drivers find and that pass a condition, in
// which %s stands for the driver's key. SQLite merges its parts as they come,
// each in the order of its index.
func (f *finder) union(after place, cond string, args ...any) (query string, all []any) {
	conds, more := f.conditions(after)
	for i, d := range f.drivers {
		if i > 0 {
			query += ` UNION ALL `
		}
		c := cond
		if strings.Contains(c, "%s") {
			c = fmt.Sprintf(c, d.key)
		}
		query += `SELECT ` + d.key + `, e.time_ms FROM ` + d.from + ` AND ` + c + conds
		all = append(append(append(all, d.args...), args...), more...)
	}
	return query, all
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

// conditions are what each row must pass besides its driver.
func (f *finder) conditions(after place) (string, []any) {
	cond := ` AND e.time_ms >= ? AND e.time_ms < ?`
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
