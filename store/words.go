package store

import (
	"context"
	"database/sql"
	"fmt"
)

// mergePages is how much one step of merging writes. One after each batch keeps
// up with a flood, and takes 0.1 ms mostly and 2 ms at times; four times as much
// after every fourth took 10 ms at times, in which events waited.
const mergePages = 16

// mergeWords does a small step of the work that FTS5 leaves after each commit:
// putting the words of many commits together, so that a search reads few
// places. Left to itself, FTS5 does it inside a commit that happens to be the
// sixteenth, sixteen times sixteenth and so on, and that one takes long.
func (s *Store) mergeWords(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	err := s.update(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO words (words, rank) VALUES ('merge', ?)`, mergePages)
		return err
	})
	if err != nil {
		return fmt.Errorf("merge words: %w", err)
	}
	return nil
}
