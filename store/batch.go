package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"landale/event"
)

// write stores events in one transaction: all of them or none.
func (s *Store) write(ctx context.Context, evs []event.Event) error {
	added := make(map[string]int64)
	err := s.update(ctx, func(tx *sql.Tx) error {
		for _, ev := range evs {
			if err := s.insert(ctx, tx, ev, added); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("write %d events: %w", len(evs), err)
	}
	s.names.learn(added)
	return nil
}

func (s *Store) insert(ctx context.Context, tx *sql.Tx, ev event.Event, added map[string]int64) error {
	name := func(n string) (any, error) {
		if n == "" {
			return nil, nil
		}
		return s.intern(ctx, tx, n, added)
	}
	kind, err := name(string(ev.Type))
	if err != nil {
		return err
	}
	source, err := name(string(ev.Source))
	if err != nil {
		return err
	}
	rawType, err := name(ev.RawType)
	if err != nil {
		return err
	}
	sourceID, err := name(ev.SourceID)
	if err != nil {
		return err
	}
	user, _ := ev.Actor()
	var raw any
	if ev.Raw != nil {
		raw = string(ev.Raw)
	}
	_, err = tx.ExecContext(ctx, `
		INSERT INTO events (key, id, time_ms, type, raw_type, source, source_id, user_id, flags, cause, payload, raw)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		int64(ev.Seq), idValue(ev.ID), ev.Time.UnixMilli(), kind, rawType, source, sourceID,
		userValue(user), int64(ev.Flags), causeValue(ev), string(ev.PayloadJSON()), raw)
	return err
}

// intern finds or makes the id of a name within a transaction; what it makes is
// added, for the cache to learn after the commit.
func (s *Store) intern(ctx context.Context, tx *sql.Tx, name string, added map[string]int64) (int64, error) {
	s.names.mu.RLock()
	id, ok := s.names.id[name]
	s.names.mu.RUnlock()
	if ok {
		return id, nil
	}
	if id, ok := added[name]; ok {
		return id, nil
	}
	err := tx.QueryRowContext(ctx, `SELECT id FROM names WHERE name = ?`, name).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		err = tx.QueryRowContext(ctx, `INSERT INTO names (name) VALUES (?) RETURNING id`, name).Scan(&id)
	}
	if err != nil {
		return 0, fmt.Errorf("name %q: %w", name, err)
	}
	added[name] = id
	return id, nil
}
