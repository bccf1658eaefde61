package store

import (
	"context"
	"database/sql"
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
	fewLate     = 500  // late events that are looked at one by one
	fewSearched = 50   // the same where each must be looked up in the index of words
	fewOf       = 1000 // events of a person among which words are looked for one by one
	typesAlone  = 100  // types that are found by the index of types; SQLite joins at most 500 selects
)

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
	if q.Source != "" {
		source, ok, err := f.store.names.lookup(f.ctx, string(q.Source))
		if err != nil || !ok {
			return false, err
		}
		f.filter(`e.source = ?`, source)
		if types == nil {
			if types, err = numbers(f.tx.QueryContext(f.ctx, `SELECT type FROM origins WHERE source = ?`, source)); err != nil || len(types) == 0 {
				return false, err
			}
		}
	}
	switch {
	case f.drivers != nil:
	case types != nil && len(types) <= typesAlone:
		for _, id := range types {
			f.drivers = append(f.drivers, driver{`events e INDEXED BY events_type WHERE e.type = ?`, `e.key`, []any{id}})
		}
	default:
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
