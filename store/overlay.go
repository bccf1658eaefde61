package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"landale/event"
)

// missedSpan is how far before the newest judged event one may be that was not:
// events are judged in order, but for those that a full queue left behind.
const missedSpan = uint64(time.Hour/time.Millisecond) << 20

// missedMax bounds what is judged late at once; what is more is left to the
// history.
const missedMax = 10_000

// LoadScreen reads what was on screen, and the events that can become an alert
// but were never judged.
func (s *Store) LoadScreen(ctx context.Context) (event.Screen, error) {
	var screen event.Screen
	var seq, since uint64
	err := s.reader.QueryRowContext(ctx, `SELECT seq, since, state FROM screen`).Scan(&seq, &since, &screen.State)
	if errors.Is(err, sql.ErrNoRows) {
		return screen, nil
	}
	if err != nil {
		return screen, fmt.Errorf("read screen: %w", err)
	}
	if screen.Items, err = s.screenItems(ctx, `SELECT id, source, open, item FROM screen_items WHERE open = 1 ORDER BY id`); err != nil {
		return screen, err
	}
	if seq > missedSpan {
		since = max(since, seq-missedSpan)
	}
	screen.Missed, err = s.missed(ctx, since)
	return screen, err
}

// missed reads the events of the types that can become an alert which were
// stored after a Seq and not judged.
func (s *Store) missed(ctx context.Context, after uint64) ([]event.Event, error) {
	rows, err := s.reader.QueryContext(ctx, `
		SELECT `+eventColumns+`
		FROM events AS e
		JOIN once ON once.id = e.id AND once.key = e.key
		WHERE e.key > ? AND NOT EXISTS (SELECT 1 FROM screen_taken WHERE event = e.id)
		ORDER BY e.key LIMIT ?`, int64(after), missedMax)
	if err != nil {
		return nil, fmt.Errorf("read missed events: %w", err)
	}
	defer rows.Close()
	var list []event.Event
	for rows.Next() {
		ev, err := s.scanEvent(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, ev)
	}
	return list, rows.Err()
}

// SaveScreen writes one change of the screen in one transaction, with the events
// that it came of: those are stored when it returns, whatever the writer has in
// hand.
func (s *Store) SaveScreen(ctx context.Context, c event.ScreenChange) error {
	write := func(ctx context.Context, tx *sql.Tx) error { return writeScreen(ctx, tx, c) }
	_, err := s.writeWith(ctx, c.Events, write)
	if err != nil && !fileTrouble(err) && ctx.Err() == nil {
		// An event cannot be stored as it is; the writer says so. The screen goes on.
		_, err = s.writeWith(ctx, nil, write)
	}
	if err != nil {
		return fmt.Errorf("write screen: %w", err)
	}
	return nil
}

func writeScreen(ctx context.Context, tx *sql.Tx, c event.ScreenChange) error {
	for _, t := range c.Taken {
		if _, err := tx.ExecContext(ctx, `
			INSERT INTO screen_taken (event, item) VALUES (?, ?)
			ON CONFLICT (event) DO NOTHING`, idValue(t.Event), t.Item); err != nil {
			return fmt.Errorf("event %s: %w", t.Event, err)
		}
	}
	for _, i := range c.Items {
		var source any
		if i.Source != "" {
			source = idValue(i.Source)
		}
		if _, err := tx.ExecContext(ctx, `
			INSERT INTO screen_items (id, source, open, item) VALUES (?, ?, ?, ?)
			ON CONFLICT (id) DO UPDATE SET open = excluded.open, item = excluded.item`,
			i.ID, source, i.Open, string(i.JSON)); err != nil {
			return fmt.Errorf("item %s: %w", i.ID, err)
		}
	}
	if _, err := tx.ExecContext(ctx, `
		INSERT INTO screen (id, seq, since, state) VALUES (1, ?1, ?1, ?2)
		ON CONFLICT (id) DO UPDATE SET seq = max(seq, ?1), state = ?2`, int64(c.Seq), string(c.State)); err != nil {
		return fmt.Errorf("state: %w", err)
	}
	return nil
}

// ScreenTaken tells which events were judged before, or repeat a stored one.
func (s *Store) ScreenTaken(ctx context.Context, evs []event.Event) (map[event.ID]bool, error) {
	var taken map[event.ID]bool
	for _, ev := range evs {
		var known bool
		err := s.reader.QueryRowContext(ctx, `
			SELECT EXISTS (SELECT 1 FROM screen_taken WHERE event = ?1)
				OR EXISTS (SELECT 1 FROM once WHERE id = ?1 AND key <> ?2)`, idValue(ev.ID), int64(ev.Seq)).Scan(&known)
		if err != nil {
			return taken, fmt.Errorf("look up %s: %w", ev.ID, err)
		}
		if known {
			if taken == nil {
				taken = map[event.ID]bool{}
			}
			taken[ev.ID] = true
		}
	}
	return taken, nil
}

// ScreenItem finds an item by its id, or the newest that came of the event of
// this id; event.ErrNotFound.
func (s *Store) ScreenItem(ctx context.Context, id string) (event.ScreenItem, error) {
	list, err := s.screenItems(ctx, `
		SELECT id, source, open, item FROM screen_items WHERE id = ?1
		UNION ALL
		SELECT id, source, open, item FROM screen_items WHERE source = ?2
		UNION ALL
		SELECT id, source, open, item FROM screen_items WHERE id = (SELECT item FROM screen_taken WHERE event = ?2)
		LIMIT 1`, id, idValue(event.ID(id)))
	switch {
	case err != nil:
		return event.ScreenItem{}, err
	case len(list) == 0:
		return event.ScreenItem{}, fmt.Errorf("item %s: %w", id, event.ErrNotFound)
	}
	return list[0], nil
}

// ScreenItems lists items, the newest first, those before the one of this id.
func (s *Store) ScreenItems(ctx context.Context, before string, limit int) ([]event.ScreenItem, error) {
	return s.screenItems(ctx, `
		SELECT id, source, open, item FROM screen_items
		WHERE ?1 = '' OR id < ?1
		ORDER BY id DESC LIMIT ?2`, before, limit)
}

func (s *Store) screenItems(ctx context.Context, query string, args ...any) ([]event.ScreenItem, error) {
	rows, err := s.reader.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read items: %w", err)
	}
	defer rows.Close()
	var list []event.ScreenItem
	for rows.Next() {
		var i event.ScreenItem
		var source any
		if err := rows.Scan(&i.ID, &source, &i.Open, &i.JSON); err != nil {
			return nil, fmt.Errorf("read items: %w", err)
		}
		if source != nil {
			i.Source = idFrom(source)
		}
		list = append(list, i)
	}
	return list, rows.Err()
}
