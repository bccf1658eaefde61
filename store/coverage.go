package store

import (
	"context"
	"database/sql"
	"time"
)

// coverEvery is how far a crash lets coverage lag behind.
const coverEvery = 15 * time.Second

// cover says in the file that the program ran until now. It costs a batch
// nothing most of the time, for it writes only every few seconds.
func (s *Store) cover(ctx context.Context, tx *sql.Tx, now time.Time) error {
	from, to := s.runMS.Load(), now.UnixMilli()
	if from == 0 || to-s.coveredMS.Load() < 5_000 {
		return nil
	}
	_, err := tx.ExecContext(ctx, `
		INSERT INTO coverage (from_ms, to_ms)
		VALUES (?1, max(?1, ?2))
		ON CONFLICT (from_ms) DO UPDATE SET to_ms = max(to_ms, excluded.to_ms)`, from, to)
	if err == nil {
		s.coveredMS.Store(to) // if the commit fails, the next one is a few seconds away
	}
	return err
}

// coverNow is cover in a transaction of its own, at the start, the end and in
// quiet times.
func (s *Store) coverNow(ctx context.Context) error {
	s.coveredMS.Store(0)
	return s.update(ctx, func(tx *sql.Tx) error { return s.cover(ctx, tx, time.Now()) })
}

// ranUntil is how long the program ran on from a time without a break of ten
// minutes: what was not heard to end until then ended in the break.
func ranUntil(ctx context.Context, tx *sql.Tx, fromMS int64) (int64, error) {
	rows, err := tx.QueryContext(ctx, `SELECT from_ms, to_ms FROM coverage WHERE to_ms >= ? ORDER BY from_ms`, fromMS)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	end := fromMS
	for rows.Next() {
		var from, to int64
		if err := rows.Scan(&from, &to); err != nil {
			return 0, err
		}
		if from-end >= breakMS {
			break
		}
		end = max(end, to)
	}
	return end, rows.Err()
}
