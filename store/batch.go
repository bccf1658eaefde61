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
var insertSQL = struct{ event, words, transcripts, recent, once string }{
	event: `
		INSERT INTO events (key, id, time_ms, type, raw_type, source, source_id, user_id, flags, cause, payload, raw)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (key) DO NOTHING`,
	words: `
		INSERT INTO words (rowid, text, who, kind)
		VALUES (?, ?, ?, ?)`,
	transcripts: `
		INSERT INTO transcripts (key, time_ms, session, duration_ms, confidence)
		VALUES `,
	recent: `
		INSERT INTO recent (key, id)
		VALUES `,
	once: `
		INSERT INTO once (id, key)
		VALUES (?, ?)
		ON CONFLICT (id) DO NOTHING`,
}

// statements are insertSQL prepared on the writing connection.
type statements struct {
	event, words, once, minute, hour, person, again *sql.Stmt

	transcripts, recent rowsStmt
}

func prepare(ctx context.Context, db *sql.DB) (st statements, err error) {
	for _, p := range []struct {
		to    **sql.Stmt
		query string
	}{
		{&st.event, insertSQL.event},
		{&st.words, insertSQL.words},
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
	if st.transcripts, err = prepareRows(ctx, db, insertSQL.transcripts, 5); err != nil {
		return st, fmt.Errorf("prepare: %w", err)
	}
	if st.recent, err = prepareRows(ctx, db, insertSQL.recent, 2); err != nil {
		return st, fmt.Errorf("prepare: %w", err)
	}
	return st, nil
}

// in binds the statements that write one row to a transaction.
func (st statements) in(ctx context.Context, tx *sql.Tx) statements {
	for _, s := range []**sql.Stmt{&st.event, &st.words, &st.once, &st.minute, &st.hour, &st.person, &st.again} {
		*s = tx.StmtContext(ctx, *s)
	}
	return st
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

// writeWith is writeBatch with something more in the same transaction. It begins
// anew, carefully, when something cannot be kept beside the events.
func (s *Store) writeWith(ctx context.Context, evs []event.Event, more func(context.Context, *sql.Tx) error) (outcome, error) {
	out, err := s.tryBatch(ctx, evs, more, false)
	if errors.Is(err, errBeside) {
		out, err = s.tryBatch(ctx, evs, more, true)
	}
	return out, err
}

func (s *Store) tryBatch(ctx context.Context, evs []event.Event, more func(context.Context, *sql.Tx) error, careful bool) (outcome, error) {
	// A batch takes milliseconds. A context that can end would cost a goroutine a
	// statement, which is half of what inserting a row costs.
	begin := context.WithoutCancel(ctx)
	if more != nil {
		begin = ctx // somebody waits for this one, and not for ever
	}
	ctx = context.WithoutCancel(ctx)
	began := time.Now()
	b := batch{s: s, ctx: ctx, careful: careful, added: make(map[string]int64), counts: make(map[cell]int64), people: make(map[int64]*seen), claimed: make(map[event.ID]int64)}
	err := s.update(begin, func(tx *sql.Tx) error {
		b.tx, b.st = tx, s.st.in(ctx, tx)
		if err := b.write(evs); err != nil {
			return err
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
	now := time.Now()
	s.stats.wrote(b.out, now.Sub(began))
	if len(evs) > 0 {
		s.stats.waited(now.Sub(event.SeqTime(evs[0].Seq)))
	}
	return b.out, nil
}

// batch is one transaction of the writer.
type batch struct {
	s       *Store
	ctx     context.Context
	tx      *sql.Tx
	st      statements
	careful bool // what fails beside the events is left out

	transcripts rowWriter
	added       map[string]int64 // names that this transaction made
	counts      map[cell]int64
	people      map[int64]*seen
	claimed     map[event.ID]int64
	origins     map[origin]bool // those that this transaction entered
	emotes      map[used]int64
	out         outcome
}

func (b *batch) write(evs []event.Event) error {
	fresh, err := b.claimAll(evs)
	if err != nil {
		return err
	}
	b.transcripts = b.st.transcripts.in(b.ctx, b.tx)
	for _, ev := range fresh {
		if err := b.insert(ev); err != nil {
			return fmt.Errorf("%s %s: %w", ev.Type, ev.ID, err)
		}
	}
	if err := b.writePeople(); err != nil {
		return err
	}
	if len(b.emotes) > 0 {
		if err := b.beside("emotes", b.writeEmotes); err != nil {
			return err
		}
	}
	if err := b.writeCounts(); err != nil {
		return fmt.Errorf("count: %w", err)
	}
	if err := b.transcripts.flush(); err != nil {
		return fmt.Errorf("transcripts: %w", err)
	}
	return nil
}

func (b *batch) insert(ev *event.Event) (err error) {
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

// claimAll enters the events' ids where repeats are recognised, and returns
// those whose id was not stored before.
func (b *batch) claimAll(evs []event.Event) (fresh []*event.Event, err error) {
	fresh = make([]*event.Event, 0, len(evs))
	rows := b.st.recent.in(b.ctx, b.tx)
	for i := range evs {
		ok, err := b.claim(&evs[i], &rows)
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", evs[i].Type, evs[i].ID, err)
		}
		if ok {
			fresh = append(fresh, &evs[i])
		}
	}
	if err := rows.flush(); err != nil {
		return nil, fmt.Errorf("recent: %w", err)
	}
	return fresh, nil
}

// claim reports false for an event whose id was stored before.
func (b *batch) claim(ev *event.Event, recent *rowWriter) (bool, error) {
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
	recent.add(int64(ev.Seq), idValue(ev.ID))
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

var (
	// errSeqTaken means that two events have one Seq, which a bus never gives.
	errSeqTaken = errors.New("another event has its place")
	// errBeside means that what stands beside an event was refused.
	errBeside = errors.New("refused beside the event")
	// errPayload means that the fields of a known type are not what they should be.
	errPayload = errors.New("unexpected payload")
)

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
	b.transcripts.add(key, ms, session, int64(t.Duration*1000+0.5), confidence)
	return nil
}

// beside runs f so that it cannot take the events with it: what fails in a
// careful batch is undone and logged. It hardly ever fails, and a savepoint costs
// a batch a tenth of its time, so other batches have none and answer errBeside.
// Any other error is one of the whole file (full, gone).
func (b *batch) beside(what string, f func() error) error {
	if !b.careful {
		err := f()
		if err != nil && !fileTrouble(err) {
			return fmt.Errorf("%s: %w: %w", what, errBeside, err)
		}
		return err
	}
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
