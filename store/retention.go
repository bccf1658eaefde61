package store

import (
	"context"
	"database/sql"
	"time"
)

const (
	// chunkTarget is how long a chunk of deletes may hold the writer; chunkLimit
	// is what it must not exceed, so a chunk that comes near halves the next.
	chunkTarget = 15 * time.Millisecond
	chunkStart  = 100
	chunkMax    = 5_000
)

// inChunks deletes a little at a time until f, which is told how many rows to
// take and says whether there may be more, is done. A chunk that took long makes
// the next one smaller. Between chunks the writer has twice as long as the chunk
// took.
func (s *Store) inChunks(ctx context.Context, f func(tx *sql.Tx, n int) (more bool, err error)) error {
	for n, more := chunkStart, true; more; {
		var began time.Time
		err := s.update(ctx, func(tx *sql.Tx) (err error) {
			began = time.Now()
			more, err = f(tx, n)
			return err
		})
		if err != nil {
			return err
		}
		took := time.Since(began)
		switch {
		case took > chunkTarget:
			n = max(n/2, 1)
		case took < chunkTarget/2:
			n = min(n*3/2+1, chunkMax)
		}
		select {
		case <-time.After(2 * took):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
