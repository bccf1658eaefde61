package store

import (
	"cmp"

	"landale/event"
)

// personSQL makes a person, or counts one up. A login or name that was heard
// later wins: a backfilled event does not bring an old name back.
const personSQL = `
	INSERT INTO people (user_id, login, display_name, first_seen_ms, last_seen_ms, messages, events)
	VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
	ON CONFLICT (user_id) DO UPDATE SET
		login         = CASE WHEN ?5 >= last_seen_ms AND ?2 <> '' THEN ?2 ELSE login END,
		display_name  = CASE WHEN ?5 >= last_seen_ms AND ?3 <> '' THEN ?3 ELSE display_name END,
		first_seen_ms = min(first_seen_ms, ?4),
		last_seen_ms  = max(last_seen_ms, ?5),
		messages      = messages + ?6,
		events        = events + ?7`

// againSQL counts up a person who is known under these names. It leaves the
// columns alone that have an index: SQLite would write that anew also when
// nothing changed.
const againSQL = `
	UPDATE people SET
		first_seen_ms = min(first_seen_ms, ?4),
		last_seen_ms  = max(last_seen_ms, ?5),
		messages      = messages + ?6,
		events        = events + ?7
	WHERE user_id = ?1 AND login = ?2 AND display_name = ?3`

// seen is what a batch adds to one person.
type seen struct {
	login, name      string
	first, last      int64
	messages, events int64
}

func (b *batch) see(ev *event.Event, u event.User, ms int64) {
	id, ok := userValue(u).(int64)
	if !ok {
		return
	}
	p := b.people[id]
	if p == nil {
		p = &seen{first: ms, last: ms}
		b.people[id] = p
	}
	if ms >= p.last {
		p.login = cmp.Or(u.UserLogin, p.login)
		p.name = cmp.Or(u.UserName, p.name)
	}
	p.first, p.last = min(p.first, ms), max(p.last, ms)
	if ev.Kind() == event.Chat {
		p.messages++
	} else {
		p.events++
	}
}

// writePeople upserts a batch's people.
func (b *batch) writePeople() error {
	for id, p := range b.people {
		if err := b.beside("person", func() error { return b.person(id, p) }); err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) person(id int64, p *seen) error {
	res, err := b.st.again.ExecContext(b.ctx, id, p.login, p.name, p.first, p.last, p.messages, p.events)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return err
	}
	_, err = b.st.person.ExecContext(b.ctx, id, p.login, p.name, p.first, p.last, p.messages, p.events)
	return err
}
