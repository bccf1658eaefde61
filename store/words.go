package store

import (
	"context"
	"database/sql"
	"fmt"
)

// mergePages is how much one step of merging writes, mergeBatches after how many
// batches one is made.
const (
	mergePages   = 64
	mergeBatches = 4
)

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
