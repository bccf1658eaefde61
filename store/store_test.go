package store

import (
	"path/filepath"
	"testing"
	"time"

	"landale/event"
)

// open opens a new file in a folder of the test's own.
func open(t testing.TB) *Store {
	t.Helper()
	return openAt(t, filepath.Join(t.TempDir(), "landale.db"))
}

func openAt(t testing.TB, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), path, Options{Config: DefaultConfig()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// put numbers events by their time, as a bus that hears of them at once would,
// and stores them.
func put(t testing.TB, s *Store, evs ...event.Event) []event.Event {
	t.Helper()
	seq := s.LastSeq()
	for i := range evs {
		seq = max(seq+1, event.SeqAt(evs[i].Time))
		evs[i].Seq = seq
	}
	if err := s.write(t.Context(), evs); err != nil {
		t.Fatal(err)
	}
	return evs
}

func TestEventComesBack(t *testing.T) {
	s := open(t)
	at := time.Date(2026, 11, 24, 20, 0, 0, 0, time.UTC)
	in := put(t, s, event.New(event.Twitch, at, event.ChannelFollow{User: event.User{UserID: "7", UserLogin: "a", UserName: "A"}, FollowedAt: at}))
	rows, err := s.reader.QueryContext(t.Context(), `SELECT `+eventColumns+` FROM events AS e`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	if !rows.Next() {
		t.Fatal("no row")
	}
	got, err := s.scanEvent(rows)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := string(got.AppendJSON(nil)), string(in[0].AppendJSON(nil)); a != b {
		t.Errorf("got %s, want %s", a, b)
	}
}
