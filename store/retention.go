package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"landale/event"
)

const (
	// chunkRows is how many rows a step of deletes takes. It is the most that a
	// chunk can be late by: about 1 ms.
	chunkRows = 8
	// chunkFor is how long a chunk may go on taking steps. With its last step and its
	// commit it then holds the writer for about 5 ms, far from the 50 that it may: on
	// a machine with seven times the work that it can do, what takes 5 ms of the
	// processor takes 100 now and then, whatever it is.
	chunkFor = 4 * time.Millisecond
	// chunkLate is when a chunk took too long for the next one to be as large.
	chunkLate = 20 * time.Millisecond
)

// inChunks deletes in transactions of a few milliseconds until step, which is
// told how many rows to take and says whether there may be more, is done. Between
// two of them the writer has twice as long as the last one took, and whoever
// waits for the writing connection gets it first.
func (s *Store) inChunks(ctx context.Context, step func(tx *sql.Tx, n int) (more bool, err error)) error {
	budget := chunkFor / 2
	for more := true; more; {
		var began time.Time
		err := s.update(ctx, func(tx *sql.Tx) (err error) {
			began = time.Now() // now it holds the lock
			for more && time.Since(began) < budget {
				if more, err = step(tx, chunkRows); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		took := time.Since(began)
		s.longestChunk.Store(max(s.longestChunk.Load(), int64(took)))
		if s.chunkTook != nil {
			s.chunkTook(took)
		}
		if took > chunkLate {
			budget = max(budget/2, chunkFor/16)
		} else {
			budget = min(budget*5/4, chunkFor)
		}
		select {
		case <-time.After(2 * took):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// Tidy removes what is older than the config keeps, a little at a time beside
// the writer. What the config does not limit is kept for ever, and so are
// counts, people, broadcasts and the ids of alerts.
func (s *Store) Tidy(ctx context.Context, now time.Time) error {
	if err := s.forgetRecent(ctx, now); err != nil {
		return err
	}
	for _, k := range []struct {
		kind event.Kind
		days int
	}{{event.Speech, s.cfg.KeepSpeechDays}, {event.Chat, s.cfg.KeepChatDays}, {event.Happening, s.cfg.KeepEventsDays}} {
		if k.days <= 0 {
			continue
		}
		gone, err := s.forgetKind(ctx, k.kind, now.AddDate(0, 0, -k.days))
		if err != nil {
			return fmt.Errorf("remove %s before %d days: %w", k.kind, k.days, err)
		}
		if gone > 0 {
			s.log.Info("old rows removed", "kind", k.kind, "rows", gone, "older_than_days", k.days)
		}
	}
	return nil
}

// forgetKind removes the events of one kind that were published before a time.
func (s *Store) forgetKind(ctx context.Context, kind event.Kind, before time.Time) (gone int, err error) {
	types, err := s.typesOf(ctx, kind)
	if err != nil {
		return 0, err
	}
	for _, t := range types {
		err := s.inChunks(ctx, func(tx *sql.Tx, n int) (bool, error) {
			keys, err := oldKeys(ctx, tx, t, int64(event.SeqAt(before)), n)
			if err != nil {
				return false, err
			}
			for _, table := range []string{
				`DELETE FROM words WHERE rowid IN (SELECT value FROM json_each(?))`,
				`DELETE FROM transcripts WHERE key IN (SELECT value FROM json_each(?))`,
				`DELETE FROM events WHERE key IN (SELECT value FROM json_each(?))`,
			} {
				if _, err := tx.ExecContext(ctx, table, keys.list); err != nil {
					return false, err
				}
			}
			gone += keys.n
			return keys.n == n, nil
		})
		if err != nil {
			return gone, err
		}
	}
	return gone, nil
}

// keySet is a JSON list, which one statement takes whatever its length.
type keySet struct {
	list string
	n    int
}

// oldKeys reads from the index alone.
func oldKeys(ctx context.Context, tx *sql.Tx, kind, before int64, n int) (k keySet, err error) {
	err = tx.QueryRowContext(ctx, `
		SELECT json_group_array(key), count(*) FROM (
			SELECT key FROM events WHERE type = ? AND key < ? ORDER BY key LIMIT ?)`, kind, before, n).Scan(&k.list, &k.n)
	return k, err
}

// typesOf lists the types of one kind that have rows.
func (s *Store) typesOf(ctx context.Context, kind event.Kind) ([]int64, error) {
	// A loose scan of the index (type, key): one look-up for each type.
	rows, err := s.reader.QueryContext(ctx, `
		WITH RECURSIVE t (type) AS (
			SELECT min(type) FROM events
			UNION ALL
			SELECT (SELECT min(type) FROM events WHERE type > t.type) FROM t WHERE t.type IS NOT NULL)
		SELECT type, name FROM t JOIN names ON names.id = t.type`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var types []int64
	for rows.Next() {
		var id int64
		var name string
		if err := rows.Scan(&id, &name); err != nil {
			return nil, err
		}
		if (event.Event{Type: event.Type(name)}).Kind() == kind {
			types = append(types, id)
		}
	}
	return types, rows.Err()
}
