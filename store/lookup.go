package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"strconv"

	"landale/event"
)

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
	if ask(`SELECT key FROM once WHERE id = ?`, v) {
		return key, err
	}
	if recent, ok := s.recent.key(id); ok && ask(`SELECT key FROM events WHERE key = ? AND id = ?`, recent, v) {
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
