package store

import (
	"context"
	"fmt"
)

const (
	// checkpointEach is after how many transactions the log is looked at.
	checkpointEach = 50
	// checkpointPages is how long it may be (16 MB) before it is copied into the
	// file. More often would cost more than it saves: after each copy the writer
	// begins the log anew, and then waits for the disk once.
	checkpointPages = 4_000
)

// checkpoints copies the write-ahead log into the file beside the writer, on a
// connection of its own. In the writer's commit the same work is its slowest
// moment: it reads and writes 16 MB and waits for the disk twice.
func (s *Store) checkpoints(ctx context.Context) {
	for {
		select {
		case <-s.checkpoint:
		case <-ctx.Done():
			return
		}
		var busy, pages, copied int
		err := s.keeper.QueryRowContext(ctx, `PRAGMA wal_checkpoint(NOOP)`).Scan(&busy, &pages, &copied)
		if err == nil && pages-copied >= checkpointPages {
			_, err = s.keeper.ExecContext(ctx, `PRAGMA wal_checkpoint(PASSIVE)`)
		}
		if err != nil && ctx.Err() == nil {
			s.log.Debug("checkpoint", "error", err) // the writer meets the same trouble and reports it
		}
	}
}

// foldLog empties the write-ahead log into the file, as far as readers let it.
func (s *Store) foldLog(ctx context.Context) error {
	if _, err := s.writer.ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	return nil
}
