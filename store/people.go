package store

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"landale/event"
)

// What the owner writes about a person, in runes.
const (
	maxNickname = 50
	maxPronouns = 20
	maxNotes    = 500
)

const personColumns = `user_id, login, display_name, nickname, pronouns, notes, first_seen_ms, last_seen_ms, messages, events`

// People lists those whose login, display name or nickname begins with prefix,
// the last seen first; an empty prefix stands for everybody. ASCII letters are
// the same in either case. Limit is 50 when 0, at most 1000.
func (s *Store) People(ctx context.Context, prefix string, limit int) ([]event.Person, error) {
	prefix = strings.TrimPrefix(strings.TrimSpace(prefix), "@")
	if prefix == "" {
		return s.people(ctx, `SELECT `+personColumns+` FROM people ORDER BY last_seen_ms DESC, user_id LIMIT ?`, pageSize(limit))
	}
	like := strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(prefix) + "%"
	return s.people(ctx, `
		SELECT `+personColumns+` FROM people WHERE user_id IN (
		  SELECT user_id FROM people WHERE login LIKE ?1 ESCAPE '\'
		  UNION SELECT user_id FROM people WHERE display_name LIKE ?1 ESCAPE '\'
		  UNION SELECT user_id FROM people WHERE nickname LIKE ?1 ESCAPE '\'
		) ORDER BY last_seen_ms DESC, user_id LIMIT ?2`, like, pageSize(limit))
}

// Person finds one by Twitch user id or login, in that order; event.ErrNotFound.
// Of several who had the login one after another it is the last seen.
func (s *Store) Person(ctx context.Context, ref string) (event.Person, error) {
	ref = strings.TrimPrefix(strings.TrimSpace(ref), "@")
	if id, err := strconv.ParseInt(ref, 10, 64); err == nil {
		list, err := s.people(ctx, `SELECT `+personColumns+` FROM people WHERE user_id = ?`, id)
		if err != nil || len(list) > 0 {
			return first(list, err)
		}
	}
	return first(s.people(ctx, `
		SELECT `+personColumns+` FROM people WHERE login = ? COLLATE NOCASE
		ORDER BY last_seen_ms DESC LIMIT 1`, ref))
}

// EditPerson changes what the owner writes about a person and returns the
// result; event.ErrNotFound, or an *event.InvalidError that names every field
// that is too long: nickname 50, pronouns 20, notes 500 runes. It waits for the
// writer's batch at hand.
func (s *Store) EditPerson(ctx context.Context, userID string, edit event.PersonEdit) (event.Person, error) {
	var (
		bad  []event.FieldError
		sets []string
		args []any
	)
	for _, f := range []struct {
		name  string
		value *string
		limit int
	}{{"nickname", edit.Nickname, maxNickname}, {"notes", edit.Notes, maxNotes}, {"pronouns", edit.Pronouns, maxPronouns}} {
		if f.value == nil {
			continue
		}
		v := strings.TrimSpace(*f.value)
		switch n := utf8.RuneCountInString(v); {
		case !utf8.ValidString(v) || strings.ContainsRune(v, 0):
			bad = append(bad, event.FieldError{Field: f.name, Message: "must be text"})
		case n > f.limit:
			bad = append(bad, event.FieldError{Field: f.name, Message: fmt.Sprintf("has %d characters, more than %d", n, f.limit)})
		}
		sets = append(sets, f.name+" = ?")
		args = append(args, v)
	}
	if len(bad) > 0 {
		return event.Person{}, &event.InvalidError{Fields: bad}
	}
	id, err := strconv.ParseInt(userID, 10, 64)
	if err != nil {
		return event.Person{}, fmt.Errorf("person %q: %w", userID, event.ErrNotFound)
	}
	if len(sets) > 0 {
		err := s.update(ctx, func(tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, `UPDATE people SET `+strings.Join(sets, ", ")+` WHERE user_id = ?`, append(args, id)...)
			return err
		})
		if err != nil {
			return event.Person{}, fmt.Errorf("edit person %d: %w", id, err)
		}
	}
	return first(s.people(ctx, `SELECT `+personColumns+` FROM people WHERE user_id = ?`, id))
}

func (s *Store) people(ctx context.Context, query string, args ...any) ([]event.Person, error) {
	rows, err := s.reader.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read people: %w", err)
	}
	defer rows.Close()
	list := []event.Person{}
	for rows.Next() {
		var p event.Person
		var seen, last int64
		if err := rows.Scan(&p.UserID, &p.UserLogin, &p.UserName, &p.Nickname, &p.Pronouns, &p.Notes,
			&seen, &last, &p.Messages, &p.Events); err != nil {
			return nil, fmt.Errorf("read people: %w", err)
		}
		p.FirstSeen, p.LastSeen = time.UnixMilli(seen).UTC(), time.UnixMilli(last).UTC()
		list = append(list, p)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read people: %w", err)
	}
	return list, nil
}

// logins finds the ids of all whose login this is now, the last seen first.
func logins(ctx context.Context, tx *sql.Tx, login string) ([]int64, error) {
	ids, err := numbers(tx.QueryContext(ctx, `SELECT user_id FROM people WHERE login = ? COLLATE NOCASE ORDER BY last_seen_ms DESC`, login))
	if err != nil {
		return nil, fmt.Errorf("find login: %w", err)
	}
	return ids, nil
}

// numbers reads rows of one number.
func numbers(rows *sql.Rows, err error) (list []int64, _ error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var n int64
		if err := rows.Scan(&n); err != nil {
			return nil, err
		}
		list = append(list, n)
	}
	return list, rows.Err()
}

// first is the one thing that was asked for by name.
func first[T any](list []T, err error) (T, error) {
	var none T
	switch {
	case err != nil:
		return none, err
	case len(list) == 0:
		return none, event.ErrNotFound
	}
	return list[0], nil
}

// pageSize is how many a list answers with: 50 when not said, at most 1000.
func pageSize(limit int) int {
	if limit <= 0 {
		return 50
	}
	return min(limit, maxPage)
}
