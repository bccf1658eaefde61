package store

import "context"

func (s *Store) upkeep(ctx context.Context) { <-ctx.Done() }
