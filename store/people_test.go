package store

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"landale/event"
)

func TestPeople(t *testing.T) {
	s := open(t)
	put(t, s,
		typed(day, 1, "anna", "x"), typed(day.Add(1*time.Minute), 2, "annabel", "x"), typed(day.Add(2*time.Minute), 3, "under_score", "x"),
		typed(day.Add(3*time.Minute), 4, "underxscore", "x"), typed(day.Add(4*time.Minute), 5, "12345", "x"), typed(day.Add(5*time.Minute), 12345, "number", "x"),
		typed(day.Add(6*time.Minute), 6, "anna", "took the login over"))
	if _, err := s.EditPerson(t.Context(), "3", event.PersonEdit{Nickname: ptr("Annegret")}); err != nil {
		t.Fatal(err)
	}
	for prefix, want := range map[string]string{
		"":       "6 12345 5 4 3 2 1",
		"ann":    "6 3 2 1",
		"@ANNA":  "6 2 1",
		"under_": "3",
		"%":      "",
		`\`:      "",
		"NUMB":   "12345",
		"bel":    "",
	} {
		list, err := s.People(t.Context(), prefix, 0)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, p := range list {
			ids = append(ids, p.UserID)
		}
		if got := strings.Join(ids, " "); got != want {
			t.Errorf("%q: got %q, want %q", prefix, got, want)
		}
	}
	if list, err := s.People(t.Context(), "", 2); err != nil || len(list) != 2 {
		t.Errorf("two: got %d, %v", len(list), err)
	}
	for ref, want := range map[string]string{"1": "1", "Anna": "6", "12345": "12345", "@annabel": "2"} {
		if p, err := s.Person(t.Context(), ref); err != nil || p.UserID != want {
			t.Errorf("%q: got %q, %v, want %q", ref, p.UserID, err, want)
		}
	}
	for _, ref := range []string{"", "nobody", "77"} {
		if _, err := s.Person(t.Context(), ref); !errors.Is(err, event.ErrNotFound) {
			t.Errorf("%q: got %v, want ErrNotFound", ref, err)
		}
	}
}

func TestEditPerson(t *testing.T) {
	s := open(t)
	put(t, s, typed(day, 1, "anna", "x"))
	p, err := s.EditPerson(t.Context(), "1", event.PersonEdit{Nickname: ptr(strings.Repeat("ü", 50)), Pronouns: ptr(" she/her ")})
	if err != nil || p.Pronouns != "she/her" || p.UserLogin != "anna" || p.Messages != 1 || !p.FirstSeen.Equal(day) {
		t.Errorf("got %+v, %v", p, err)
	}
	if p, err = s.EditPerson(t.Context(), "1", event.PersonEdit{Notes: ptr("knows Go")}); err != nil || p.Notes != "knows Go" || p.Pronouns != "she/her" {
		t.Errorf("got %+v, %v", p, err)
	}
	var bad *event.InvalidError
	_, err = s.EditPerson(t.Context(), "1", event.PersonEdit{Nickname: ptr(strings.Repeat("x", 51)), Pronouns: ptr(strings.Repeat("x", 21)), Notes: ptr(strings.Repeat("x", 501))})
	if !errors.As(err, &bad) || fmt.Sprint(bad.Fields) != "[nickname has 51 characters, more than 50 notes has 501 characters, more than 500 pronouns has 21 characters, more than 20]" {
		t.Errorf("got %v", err)
	}
	for _, id := range []string{"2", "anna", ""} {
		if _, err := s.EditPerson(t.Context(), id, event.PersonEdit{Notes: ptr("x")}); !errors.Is(err, event.ErrNotFound) {
			t.Errorf("%q: got %v, want ErrNotFound", id, err)
		}
	}
}

func ptr[T any](v T) *T { return &v }

func TestStreams(t *testing.T) {
	s := open(t)
	want := addStreams(t, s, 5)
	if _, err := s.writer.ExecContext(t.Context(), `UPDATE streams SET ended_ms = NULL, twitch_id = 'x' WHERE id = 5`); err != nil {
		t.Fatal(err)
	}
	list, err := s.Streams(t.Context(), 0, 2)
	if err != nil || len(list) != 2 || list[0].ID != 5 || !list[0].Ended.IsZero() || list[0].TwitchID != "x" {
		t.Fatalf("got %+v, %v", list, err)
	}
	if list, err = s.Streams(t.Context(), list[1].ID, 0); err != nil || len(list) != 3 || list[0].ID != 3 || !list[0].Started.Equal(want[2].Started) {
		t.Errorf("got %+v, %v", list, err)
	}
	if st, err := s.Stream(t.Context(), 2); err != nil || st.Title != "day 1" || !st.Ended.Equal(want[1].Ended) {
		t.Errorf("got %+v, %v", st, err)
	}
	if _, err := s.Stream(t.Context(), 9); !errors.Is(err, event.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
}
