package store

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
)

// origin is a type that a source has made events of, both as ids of names.
type origin struct{ source, kind int64 }

// origins is the table of that name in memory, so that the writer adds what is
// new only. A reader finds the events of a source by its types.
type origins struct {
	mu    sync.RWMutex
	known map[origin]bool
}

func loadOrigins(ctx context.Context, reader *sql.DB) (*origins, error) {
	o := &origins{known: make(map[origin]bool)}
	rows, err := reader.QueryContext(ctx, `SELECT source, type FROM origins LIMIT ?`, namesCached)
	if err != nil {
		return nil, fmt.Errorf("read origins: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var at origin
		if err := rows.Scan(&at.source, &at.kind); err != nil {
			return nil, fmt.Errorf("read origins: %w", err)
		}
		o.known[at] = true
	}
	return o, rows.Err()
}

func (o *origins) has(at origin) bool {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.known[at]
}

// learn takes what a batch has committed.
func (o *origins) learn(added map[origin]bool) {
	if len(added) == 0 {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for at := range added {
		if len(o.known) >= namesCached {
			return // more than a person's file ever has: past it each event asks the table
		}
		o.known[at] = true
	}
}

// origin enters the source and type of an event if they are new together.
func (b *batch) origin(at origin) error {
	if b.origins[at] || b.s.origins.has(at) {
		return nil
	}
	_, err := b.tx.ExecContext(b.ctx, `
		INSERT INTO origins (source, type)
		VALUES (?, ?)
		ON CONFLICT DO NOTHING`, at.source, at.kind)
	if err != nil {
		return fmt.Errorf("origins: %w", err)
	}
	if b.origins == nil {
		b.origins = make(map[origin]bool)
	}
	b.origins[at] = true
	return nil
}
