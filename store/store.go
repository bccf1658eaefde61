// Package store remembers everything in one SQLite file.
//
// One connection writes, in batches of at most 200 events or 30 ms (1,000 of
// those that already stand in line), each in one immediate transaction: the
// event's row, its words, transcript, rollups, the person and the broadcast. A
// pool of read-only connections answers questions meanwhile; WAL lets neither
// wait for the other. Events are stored in the order of their Seq, which is the
// key of their row.
//
// An event that was published before Serve began, or while the file could not
// be written, waits in the store's subscription (10,000 events); only when that
// is full is one lost, and then Status says so.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"landale/event"

	_ "modernc.org/sqlite" // the driver
)

// readers is how many questions are answered at once: enough for a dashboard
// that draws while somebody searches, few enough that their caches stay small.
const readers = 4

// queue is how many events may wait for the writer: with the batch in hand, over three minutes at 50 a second while the disk is full.
const queue = 10_000

// Options are what a Store needs beside its path. The zero value works.
type Options struct {
	Config Config
	// Zone is the owner's; it names the session of a broadcast. Nil means UTC.
	Zone *time.Location
	// Log gets what a person should know; nil discards it.
	Log *slog.Logger
	// Version is the program's own, for the names of backups.
	Version string
}

// Store is the open file. All methods may be called from any goroutine.
type Store struct {
	path    string
	cfg     Config
	zone    *time.Location
	log     *slog.Logger
	version string

	writer  *sql.DB // one connection, immediate transactions
	reader  *sql.DB // read-only
	keeper  *sql.DB // one connection for checkpoints, deletes and backups beside the writer
	names   *names
	origins *origins
	recent  *recentIDs
	st      statements

	commits      chan commit   // in, to Serve
	checkpoint   chan struct{} // in, to Serve's checkpoints
	pending      []event.Event // the batch in hand; Serve's alone, kept from one Serve to the next
	written      atomic.Uint64 // transactions since Open
	runMS        atomic.Int64  // when Serve first began; coverage's from_ms
	coveredMS    atomic.Int64
	longestChunk atomic.Int64 // how long deletes held the writer at most, in ns
	stats        stats
	backing      sync.Mutex          // held while a backup is made
	chunkTook    func(time.Duration) // told how long each chunk of deletes held the writer; nil outside of benchmarks

	mu  sync.Mutex
	sub *event.Subscription // nil until Subscribe
}

// Open opens the file, or makes a new one, and brings its schema up to date
// after a backup. A file that this program cannot use is left as it is, and the
// error (ErrNewer, ErrForeign, ErrCorrupt, ErrUnwritable) says what to do.
func Open(ctx context.Context, path string, o Options) (*Store, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	s := newStore(path, o)
	list, err := loadMigrations()
	if err == nil {
		err = s.open(ctx, list)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, advise(err, path)), s.Close())
	}
	return s, nil
}

func newStore(path string, o Options) *Store {
	s := &Store{
		path: path, cfg: o.Config, zone: o.Zone, log: o.Log, version: o.Version,
		commits: make(chan commit), checkpoint: make(chan struct{}, 1),
	}
	if s.zone == nil {
		s.zone = time.UTC
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	return s
}

func (s *Store) open(ctx context.Context, list []migration) (err error) {
	if err := os.MkdirAll(filepath.Dir(s.path), 0o700); err != nil {
		return fmt.Errorf("%w: %w", ErrUnwritable, err)
	}
	version, err := inspect(ctx, s.path, readDSN(s.path), len(list))
	if err != nil {
		return err
	}
	if s.writer, err = sql.Open("sqlite", writeDSN(s.path)); err != nil {
		return err
	}
	s.writer.SetMaxOpenConns(1)
	// A transaction that writes nothing shows whether one could.
	if err := s.update(ctx, func(*sql.Tx) error { return nil }); err != nil {
		return err
	}
	if err := s.migrate(ctx, version, list); err != nil {
		return err
	}
	if s.reader, err = sql.Open("sqlite", readDSN(s.path)); err != nil {
		return err
	}
	s.reader.SetMaxOpenConns(readers)
	s.reader.SetMaxIdleConns(readers)
	if s.keeper, err = sql.Open("sqlite", writeDSN(s.path)); err != nil {
		return err
	}
	s.keeper.SetMaxOpenConns(1)
	if s.st, err = prepare(ctx, s.writer); err != nil {
		return err
	}
	if s.names, err = loadNames(ctx, s.path, s.reader); err != nil {
		return err
	}
	if s.origins, err = loadOrigins(ctx, s.reader); err != nil {
		return err
	}
	s.recent, err = loadRecent(ctx, s.reader)
	return err
}

// Close writes what was published after Serve ended, and closes the file. End
// Serve's context, and wait for it, first.
func (s *Store) Close() error {
	var errs []error
	if sub := s.subscription(); sub != nil {
		sub.Close()
		errs = append(errs, s.drain(context.Background(), sub))
	}
	if s.names != nil {
		errs = append(errs, s.names.close())
	}
	for _, db := range []*sql.DB{s.reader, s.keeper, s.writer} { // the last one to close folds the WAL into the file
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// String is the part's name.
func (s *Store) String() string { return "store" }

// update runs one transaction on the writing connection, after any batch that
// is being written. f must be quick: events wait meanwhile.
func (s *Store) update(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // after a commit it does nothing
	if err := f(tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	if s.written.Add(1)%checkpointEach == 0 {
		select {
		case s.checkpoint <- struct{}{}:
		default: // one is running
		}
	}
	return nil
}

// LastSeq is the Seq of the newest event that is stored, 0 in a new file.
func (s *Store) LastSeq() uint64 {
	var key sql.NullInt64
	if err := s.reader.QueryRow(`SELECT max(key) FROM events`).Scan(&key); err != nil {
		s.log.Error("newest event cannot be read", "error", err)
	}
	return uint64(key.Int64)
}
