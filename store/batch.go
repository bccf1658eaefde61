package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"landale/event"
)

// insertSQL are the statements of a batch. They are prepared once: parsing them
// would cost more than running them.
var insertSQL = struct{ event, words, transcript, recent, once string }{
	event: `
		INSERT INTO events (key, id, time_ms, type, raw_type, source, source_id, user_id, flags, cause, payload, raw)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (key) DO NOTHING`,
	words: `
		INSERT INTO words (rowid, text, who, kind)
		VALUES (?, ?, ?, ?)`,
	transcript: `
		INSERT INTO transcripts (key, time_ms, session, duration_ms, confidence)
		VALUES (?, ?, ?, ?, ?)`,
	recent: `
		INSERT INTO recent (key, id)
		VALUES (?, ?)`,
	once: `
		INSERT INTO once (id, key)
		VALUES (?, ?)
		ON CONFLICT (id) DO NOTHING`,
}

// statements are insertSQL prepared on the writing connection.
type statements struct {
	event, words, transcript, recent, once, minute, hour, person, again *sql.Stmt
}

func prepare(ctx context.Context, db *sql.DB) (st statements, err error) {
	for _, p := range []struct {
		to    **sql.Stmt
		query string
	}{
		{&st.event, insertSQL.event},
		{&st.words, insertSQL.words},
		{&st.transcript, insertSQL.transcript},
		{&st.recent, insertSQL.recent},
		{&st.once, insertSQL.once},
		{&st.minute, minuteSQL},
		{&st.hour, hourSQL},
		{&st.person, personSQL},
		{&st.again, againSQL},
	} {
		if *p.to, err = db.PrepareContext(ctx, p.query); err != nil {
			return st, fmt.Errorf("prepare: %w", err)
		}
	}
	return st, nil
}

func (st statements) in(ctx context.Context, tx *sql.Tx) statements {
	return statements{
		event:      tx.StmtContext(ctx, st.event),
		words:      tx.StmtContext(ctx, st.words),
		transcript: tx.StmtContext(ctx, st.transcript),
		recent:     tx.StmtContext(ctx, st.recent),
		once:       tx.StmtContext(ctx, st.once),
		minute:     tx.StmtContext(ctx, st.minute),
		hour:       tx.StmtContext(ctx, st.hour),
		person:     tx.StmtContext(ctx, st.person),
		again:      tx.StmtContext(ctx, st.again),
	}
}

// outcome is what became of a batch.
type outcome struct {
	stored  int
	repeats map[uint64]bool // by Seq: their id was stored before, under another one
}

// write stores events in one transaction: all of them or none. A repeat, and
// what is stored already, is left out without an error.
func (s *Store) write(ctx context.Context, evs []event.Event) error {
	_, err := s.writeBatch(ctx, evs)
	return err
}

func (s *Store) writeBatch(ctx context.Context, evs []event.Event) (outcome, error) {
	return s.writeWith(ctx, evs, nil)
}

// writeWith is writeBatch with something more in the same transaction.
func (s *Store) writeWith(ctx context.Context, evs []event.Event, more func(context.Context, *sql.Tx) error) (outcome, error) {
	// A batch takes milliseconds. A context that can end would cost a goroutine a
	// statement, which is half of what inserting a row costs.
	begin := context.WithoutCancel(ctx)
	if more != nil {
		begin = ctx // somebody waits for this one, and not for ever
	}
	ctx = context.WithoutCancel(ctx)
	began := time.Now()
	b := batch{s: s, ctx: ctx, added: make(map[string]int64), counts: make(map[cell]int64), people: make(map[int64]*seen), claimed: make(map[event.ID]int64)}
	err := s.update(begin, func(tx *sql.Tx) error {
		b.tx, b.st = tx, s.st.in(ctx, tx)
		for i := range evs {
			if err := b.insert(&evs[i]); err != nil {
				return fmt.Errorf("%s %s: %w", evs[i].Type, evs[i].ID, err)
			}
		}
		if err := b.writeCounts(); err != nil {
			return fmt.Errorf("count: %w", err)
		}
		if err := b.beside("people", b.writePeople); err != nil {
			return err
		}
		if len(b.emotes) > 0 {
			if err := b.beside("emotes", b.writeEmotes); err != nil {
				return err
			}
		}
		if more != nil {
			if err := more(ctx, tx); err != nil {
				return err
			}
		}
		return s.cover(ctx, tx, began)
	})
	if err != nil {
		return outcome{}, fmt.Errorf("write %d events: %w", len(evs), err)
	}
	s.names.learn(b.added)
	s.origins.learn(b.origins)
	s.recent.add(b.claimed)
	s.stats.wrote(b.out, time.Since(began))
	return b.out, nil
}

// batch is one transaction of the writer.
type batch struct {
	s       *Store
	ctx     context.Context
	tx      *sql.Tx
	st      statements
	added   map[string]int64 // names that this transaction made
	counts  map[cell]int64
	people  map[int64]*seen
	claimed map[event.ID]int64
	origins map[origin]bool // those that this transaction entered
	emotes  map[used]int64
	out     outcome
}

func (b *batch) insert(ev *event.Event) error {
	fresh, err := b.claim(ev)
	if err != nil || !fresh {
		return err
	}
	var kind, rawType, source, sourceID any
	for _, n := range []struct {
		to   *any
		name string
	}{{&kind, string(ev.Type)}, {&rawType, ev.RawType}, {&source, string(ev.Source)}, {&sourceID, ev.SourceID}} {
		if n.name == "" {
			continue
		}
		if *n.to, err = b.intern(n.name); err != nil {
			return err
		}
	}
	user, _ := ev.Actor()
	key, ms := int64(ev.Seq), ev.Time.UnixMilli()
	var raw any
	if ev.Raw != nil {
		raw = string(ev.Raw)
	}
	res, err := b.st.event.ExecContext(b.ctx, key, idValue(ev.ID), ms, kind, rawType, source, sourceID,
		userValue(user), int64(ev.Flags), causeValue(*ev), string(ev.SparseJSON()), raw)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil {
		return err
	} else if n == 0 {
		return b.sameRow(ev)
	}
	b.out.stored++
	if err := b.origin(origin{source.(int64), kind.(int64)}); err != nil {
		return err
	}
	// A follow says nothing, and is still found by who did it.
	if text := ev.Text(); text != "" || user.UserLogin != "" {
		if _, err := b.st.words.ExecContext(b.ctx, key, text, user.UserLogin, string(ev.Kind())); err != nil {
			return fmt.Errorf("words: %w", err)
		}
	}
	if t, ok := ev.Payload.(event.TranscriptionFinal); ok {
		if err := b.transcript(key, ms, t); err != nil {
			return fmt.Errorf("transcript: %w", err)
		}
	}
	if ev.Flags.Has(event.Test) || ev.Flags.Has(event.Replay) {
		return nil // never enters statistics
	}
	b.count(ms, kind.(int64))
	b.countEmotes(ev)
	b.see(ev, user, ms)
	if changesBroadcast(ev.Type) {
		return b.beside("streams", func() error { return b.broadcast(ev) })
	}
	return nil
}

// claim enters the event's id where repeats are recognised. It reports false
// for an event whose id was stored before.
func (b *batch) claim(ev *event.Event) (bool, error) {
	switch _, ours := ev.ID.Time(); {
	case event.Once(*ev):
		return b.claimOnce(ev)
	case ours || ev.ID == "":
		// A UUIDv7 is our own, made for this event alone; keeping those would make the
		// last ten days of the file a tenth larger.
		return true, nil
	}
	key, known := b.claimed[ev.ID]
	if !known {
		key, known = b.s.recent.key(ev.ID)
	}
	if known {
		if key != int64(ev.Seq) {
			b.repeat(ev)
		}
		return false, nil
	}
	if _, err := b.st.recent.ExecContext(b.ctx, int64(ev.Seq), idValue(ev.ID)); err != nil {
		return false, fmt.Errorf("recent: %w", err)
	}
	b.claimed[ev.ID] = int64(ev.Seq)
	return true, nil
}

func (b *batch) claimOnce(ev *event.Event) (bool, error) {
	res, err := b.st.once.ExecContext(b.ctx, idValue(ev.ID), int64(ev.Seq))
	if err != nil {
		return false, fmt.Errorf("once: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return err == nil, err
	}
	var key int64
	if err := b.tx.QueryRowContext(b.ctx, `SELECT key FROM once WHERE id = ?`, idValue(ev.ID)).Scan(&key); err != nil {
		return false, fmt.Errorf("once: %w", err)
	}
	if key != int64(ev.Seq) {
		b.repeat(ev)
	}
	return false, nil
}

func (b *batch) repeat(ev *event.Event) {
	if b.out.repeats == nil {
		b.out.repeats = make(map[uint64]bool)
	}
	b.out.repeats[ev.Seq] = true
}

// errSeqTaken means that two events have one Seq, which a bus never gives.
var errSeqTaken = errors.New("another event has its place")

// sameRow tells an event that is stored already from one whose place is taken.
func (b *batch) sameRow(ev *event.Event) error {
	var id any
	if err := b.tx.QueryRowContext(b.ctx, `SELECT id FROM events WHERE key = ?`, int64(ev.Seq)).Scan(&id); err != nil {
		return err
	}
	if idFrom(id) != ev.ID {
		return errSeqTaken
	}
	return nil
}

func (b *batch) transcript(key, ms int64, t event.TranscriptionFinal) (err error) {
	var session, confidence any
	if t.StreamSessionID != "" {
		if session, err = b.intern(t.StreamSessionID); err != nil {
			return err
		}
	}
	if t.Confidence != nil {
		confidence = *t.Confidence
	}
	_, err = b.st.transcript.ExecContext(b.ctx, key, ms, session, int64(t.Duration*1000+0.5), confidence)
	return err
}

// beside runs f so that it cannot take the events with it: what fails is undone
// and logged. Only an error of the whole file (full, gone) is returned.
func (b *batch) beside(what string, f func() error) error {
	if _, err := b.tx.ExecContext(b.ctx, `SAVEPOINT beside`); err != nil {
		return err
	}
	err := f()
	if err != nil && fileTrouble(err) {
		return fmt.Errorf("%s: %w", what, err)
	}
	end := `RELEASE beside`
	if err != nil {
		b.s.log.Warn("not kept beside the event", "what", what, "error", err)
		end = `ROLLBACK TO beside; RELEASE beside`
	}
	_, err = b.tx.ExecContext(b.ctx, end)
	return err
}

// intern finds or makes the id of a name; what it makes is learned after the
// commit.
func (b *batch) intern(name string) (int64, error) {
	if id, ok := b.s.names.cached(name); ok {
		return id, nil
	}
	if id, ok := b.added[name]; ok {
		return id, nil
	}
	var id int64
	err := b.tx.QueryRowContext(b.ctx, `SELECT id FROM names WHERE name = ?`, name).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		err = b.tx.QueryRowContext(b.ctx, `INSERT INTO names (name) VALUES (?) RETURNING id`, name).Scan(&id)
	}
	if err != nil {
		return 0, fmt.Errorf("name %q: %w", name, err)
	}
	b.added[name] = id
	return id, nil
}
