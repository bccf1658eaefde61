package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
)

// namesCached bounds the dictionary in memory. A channel has a few hundred names
// in all; only somebody who invents types gets past it, and then a look-up costs
// a query instead of memory.
const namesCached = 20_000

// names is the dictionary of types, sources, source ids and sessions. Ids are
// never changed and never reused, so what is cached stays right.
type names struct {
	db *sql.DB // for look-ups past the cache; its one connection is free while rows are read on others

	mu   sync.RWMutex
	id   map[string]int64
	name map[int64]string
}

func loadNames(ctx context.Context, path string, reader *sql.DB) (*names, error) {
	db, err := sql.Open("sqlite", readDSN(path))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	n := &names{db: db, id: make(map[string]int64), name: make(map[int64]string)}
	rows, err := reader.QueryContext(ctx, `SELECT id, name FROM names ORDER BY id LIMIT ?`, namesCached)
	if err != nil {
		return nil, fmt.Errorf("read names: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var name string
		if err := rows.Scan(&id, &name); err != nil {
			return nil, fmt.Errorf("read names: %w", err)
		}
		n.id[name], n.name[id] = id, name
	}
	return n, rows.Err()
}

func (n *names) close() error { return n.db.Close() }

// learn puts committed names into the cache.
func (n *names) learn(ids map[string]int64) {
	if len(ids) == 0 {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for name, id := range ids {
		if len(n.id) >= namesCached {
			return
		}
		n.id[name], n.name[id] = id, name
	}
}

// cached finds the id of a name that is in memory.
func (n *names) cached(name string) (id int64, ok bool) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	id, ok = n.id[name]
	return id, ok
}

// lookup finds the id of a name; ok is false when nothing was ever stored under
// it.
func (n *names) lookup(ctx context.Context, name string) (id int64, ok bool, err error) {
	n.mu.RLock()
	id, ok = n.id[name]
	full := len(n.id) >= namesCached
	n.mu.RUnlock()
	if ok || !full {
		return id, ok, nil
	}
	err = n.db.QueryRowContext(ctx, `SELECT id FROM names WHERE name = ?`, name).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	return id, err == nil, err
}

// text finds the name of an id.
func (n *names) text(id int64) (string, error) {
	n.mu.RLock()
	name, ok := n.name[id]
	n.mu.RUnlock()
	if ok {
		return name, nil
	}
	// A name that was committed a moment ago and not yet learned, or one past the cache.
	err := n.db.QueryRow(`SELECT name FROM names WHERE id = ?`, id).Scan(&name)
	if err != nil {
		return "", fmt.Errorf("name %d: %w", id, err)
	}
	return name, nil
}

// matching lists the ids of the cached names that f lets through: for a filter
// such as "channel.*".
func (n *names) matching(f func(string) bool) []int64 {
	n.mu.RLock()
	defer n.mu.RUnlock()
	var ids []int64
	for name, id := range n.id {
		if f(name) {
			ids = append(ids, id)
		}
	}
	return ids
}
