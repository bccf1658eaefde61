package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"hash/maphash"
	"slices"
	"sync"
	"time"

	"landale/event"
)

const (
	// recentDays is how long upstream's ids are kept of events that are not
	// remembered for ever: longer than any upstream delivers again.
	recentDays = 10
	// recentKept bounds what is kept of them in memory: 300,000 are 7 MB, and ten
	// days of 20 chat lines a minute around the clock.
	recentKept = 300_000
	// busRemembers is how many ids the bus has room for.
	busRemembers = 50_000
)

var idSeed = maphash.MakeSeed()

// hashID stands for an id in memory. Two of 300,000 ids are taken for one with a
// probability of one in four hundred million.
func hashID(id event.ID) uint64 { return maphash.String(idSeed, string(id)) }

// recentIDs knows what is in the table recent: the key of an id's event by the
// id's hash.
type recentIDs struct {
	mu   sync.RWMutex
	keys map[uint64]int64
}

func loadRecent(ctx context.Context, db *sql.DB) (*recentIDs, error) {
	r := &recentIDs{keys: make(map[uint64]int64)}
	rows, err := db.QueryContext(ctx, `SELECT key, id FROM recent ORDER BY key DESC LIMIT ?`, recentKept)
	if err != nil {
		return nil, fmt.Errorf("read recent ids: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var key int64
		var id any
		if err := rows.Scan(&key, &id); err != nil {
			return nil, fmt.Errorf("read recent ids: %w", err)
		}
		r.keys[hashID(idFrom(id))] = key
	}
	return r, rows.Err()
}

// key finds the event that has the id, if it came in the last ten days and its
// id is upstream's.
func (r *recentIDs) key(id event.ID) (key int64, ok bool) {
	h := hashID(id)
	r.mu.RLock()
	defer r.mu.RUnlock()
	key, ok = r.keys[h]
	return key, ok
}

// add takes what a batch has committed. A flood that fills the memory starts it
// anew: the bus still knows the newest 50,000 ids.
func (r *recentIDs) add(keys map[event.ID]int64) {
	if len(keys) == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.keys)+len(keys) > recentKept {
		clear(r.keys)
	}
	for id, key := range keys {
		r.keys[hashID(id)] = key
	}
}

// RecentIDs are the ids that a bus should know when it starts, oldest first:
// upstream's newest, of each type that can become an alert its newest thousand,
// and our own newest, which a client may send again.
func (s *Store) RecentIDs(ctx context.Context) ([]event.ID, error) {
	type known struct {
		key int64
		id  event.ID
	}
	var ids []known
	read := func(query string, args ...any) error {
		rows, err := s.reader.QueryContext(ctx, query, args...)
		if err != nil {
			return fmt.Errorf("read recent ids: %w", err)
		}
		defer rows.Close()
		for rows.Next() {
			var k known
			var id any
			if err := rows.Scan(&k.key, &id); err != nil {
				return fmt.Errorf("read recent ids: %w", err)
			}
			k.id = idFrom(id)
			ids = append(ids, k)
		}
		return rows.Err()
	}
	for _, spec := range event.Catalogue() {
		kind, ok, err := s.names.lookup(ctx, string(spec.Type))
		if err != nil {
			return nil, fmt.Errorf("read recent ids: %w", err)
		}
		if !spec.Once || !ok {
			continue
		}
		if err := read(`SELECT key, id FROM events WHERE type = ? ORDER BY key DESC LIMIT 1000`, kind); err != nil {
			return nil, err
		}
	}
	if err := read(`SELECT key, id FROM events ORDER BY key DESC LIMIT 5000`); err != nil {
		return nil, err
	}
	if err := read(`SELECT key, id FROM recent ORDER BY key DESC LIMIT ?`, max(busRemembers-len(ids), 0)); err != nil {
		return nil, err
	}
	slices.SortFunc(ids, func(a, b known) int { return cmp.Compare(a.key, b.key) })
	ids = slices.Compact(ids)
	out := make([]event.ID, len(ids))
	for i, k := range ids {
		out[i] = k.id
	}
	return out, nil
}

// forgetRecent removes the ids that are older than ten days.
func (s *Store) forgetRecent(ctx context.Context, now time.Time) error {
	cutoff := int64(event.SeqAt(now.AddDate(0, 0, -recentDays)))
	return s.inChunks(ctx, func(tx *sql.Tx, n int) (bool, error) {
		res, err := tx.ExecContext(ctx, `
			DELETE FROM recent WHERE key IN (
				SELECT key FROM recent WHERE key < ? ORDER BY key LIMIT ?)`, cutoff, n)
		if err != nil {
			return false, fmt.Errorf("forget ids: %w", err)
		}
		gone, err := res.RowsAffected()
		return gone == int64(n), err
	})
}
