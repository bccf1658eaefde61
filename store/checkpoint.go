package store

import (
	"context"
	"fmt"
	"time"
)

const (
	// checkpointBatches is how many batches go into the log before it is copied into
	// the file: about 1,500 pages of a flood, two seconds of a lively stream.
	checkpointBatches = 50
	// checkpointEvery is the same for quiet times.
	checkpointEvery = 10 * time.Second
)

// signalCheckpoint asks for a checkpoint when it is time.
func (s *Store) signalCheckpoint() {
	if s.written.Load()%checkpointBatches == 0 {
		select {
		case s.checkpoint <- struct{}{}:
		default: // one is running
		}
	}
}

// checkpoints copies the write-ahead log into the file beside the writer, on a
// connection of its own. In the writer's commit the same work is its slowest
// moment: it syncs the disk twice.
func (s *Store) checkpoints(ctx context.Context) {
	tick := time.NewTicker(checkpointEvery)
	defer tick.Stop()
	var done uint64
	for {
		select {
		case <-tick.C:
		case <-s.checkpoint:
		case <-ctx.Done():
			return
		}
		n := s.written.Load()
		if n == done {
			continue
		}
		if _, err := s.keeper.ExecContext(ctx, `PRAGMA wal_checkpoint(PASSIVE)`); err != nil && ctx.Err() == nil {
			s.log.Debug("checkpoint", "error", err) // the writer sees the same trouble and reports it
		}
		done = n
	}
}

// foldLog empties the write-ahead log into the file, as far as readers let it.
func (s *Store) foldLog(ctx context.Context) error {
	if _, err := s.writer.ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	return nil
}
