package store

import (
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"landale/event"
)

// contents hashes every row of every table, those of the search index too.
func contents(t *testing.T, path string) string {
	t.Helper()
	db, err := sql.Open("sqlite", readDSN(path))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	var tables []string
	each(t, db, `SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name`, func(row []any) {
		tables = append(tables, row[0].(string))
	})
	h := sha256.New()
	for _, table := range tables {
		fmt.Fprintln(h, table)
		each(t, db, `SELECT * FROM `+table+` ORDER BY 1, 2`, func(row []any) { fmt.Fprintf(h, "%#v\n", row) })
	}
	return fmt.Sprintf("%d tables %x", len(tables), h.Sum(nil))
}

func each(t *testing.T, db *sql.DB, query string, f func([]any)) {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	row, to := make([]any, len(columns)), make([]any, len(columns))
	for i := range row {
		to[i] = &row[i]
	}
	for rows.Next() {
		if err := rows.Scan(to...); err != nil {
			t.Fatal(err)
		}
		f(row)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

func namesOf(list []BackupInfo) (names []string) {
	for _, b := range list {
		names = append(names, b.Name)
	}
	return names
}

func TestRestoreGivesTheSameRows(t *testing.T) {
	path := filepath.Join(t.TempDir(), "landale.db")
	s := openAt(t, path)
	sh := newShow(time.Second)
	for range 5 {
		put(t, s, sh.events(200)...)
	}
	name, err := s.Backup(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := contents(t, path)
	put(t, s, sh.events(200)...)
	if contents(t, path) == want {
		t.Fatal("the hash does not see new rows")
	}
	backup := filepath.Join(s.backupDir(), name)
	before, err := os.ReadFile(backup)
	if err != nil {
		t.Fatal(err)
	}

	dir := filepath.Join(t.TempDir(), "new", "data")
	aside, err := Restore(t.Context(), backup, dir)
	if err != nil || aside != "" {
		t.Fatalf("got %q, %v", aside, err)
	}
	restored := filepath.Join(dir, FileName)
	if got := contents(t, restored); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	openAt(t, restored).Close()
	if got := contents(t, restored); got != want {
		t.Errorf("opened: got %s, want %s", got, want)
	}

	// Once more, over the file that is there now: it is moved aside.
	r := openAt(t, restored)
	put(t, r, sh.events(10)...)
	mine := contents(t, restored)
	if _, err := Restore(t.Context(), backup, dir); !errors.Is(err, ErrInUse) {
		t.Errorf("restoring under a running program: got %v, want ErrInUse", err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	aside, err = Restore(t.Context(), backup, dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := contents(t, aside); got != mine {
		t.Error("the file that was moved aside has other rows")
	}
	if got := contents(t, restored); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if after, _ := os.ReadFile(backup); !slices.Equal(before, after) {
		t.Error("restoring changed the backup")
	}
	if list, _ := filepath.Glob(filepath.Join(s.backupDir(), "*")); len(list) != 1 {
		t.Errorf("the folder of the backups has %q", list)
	}
}

func TestRestoreRefuses(t *testing.T) {
	s := open(t)
	put(t, s, newShow(time.Second).events(400)...)
	name, err := s.Backup(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(s.backupDir(), name))
	if err != nil {
		t.Fatal(err)
	}
	damaged := slices.Clone(b)
	for i := len(b) / 2; i < len(b)/2+20_000; i++ {
		damaged[i] ^= 0x5a
	}
	for what, c := range map[string]struct {
		b    []byte
		want error
	}{
		"damaged within": {damaged, ErrCorrupt},
		"cut short":      {b[:len(b)/2], ErrCorrupt},
		"no SQLite":      {[]byte(strings.Repeat("x", 5000)), ErrCorrupt},
		"empty":          {nil, ErrCorrupt},
	} {
		dir := t.TempDir()
		bad := filepath.Join(t.TempDir(), "bad.db")
		if err := os.WriteFile(bad, c.b, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Restore(t.Context(), bad, dir); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", what, err, c.want)
		}
		if list, _ := os.ReadDir(dir); len(list) != 0 {
			t.Errorf("%s: left %v in the data folder", what, list)
		}
	}
	if _, err := Restore(t.Context(), filepath.Join(t.TempDir(), "none.db"), t.TempDir()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v for a backup that is not there", err)
	}
}

func TestBackupsAreKeptByCount(t *testing.T) {
	s := newStore(filepath.Join(t.TempDir(), "landale.db"), Options{Config: Config{BackupCount: 2}, Version: "2026.11.24-b"})
	list, err := loadMigrations()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.open(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	make := func() string {
		name, err := s.Backup(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return name
	}
	first := make()
	if !strings.HasSuffix(first, "-2026.11.24_b.db") {
		t.Errorf("got name %q", first)
	}
	if err := s.Keep(first, true); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.backupDir(), "holiday.db"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	make()
	third, fourth := make(), make()
	got, err := s.Backups()
	if err != nil {
		t.Fatal(err)
	}
	kept := strings.TrimSuffix(first, ".db") + "-keep.db"
	if want := []string{fourth, third, kept}; !slices.Equal(namesOf(got), want) {
		t.Errorf("got %q, want %q", namesOf(got), want)
	}
	if b := got[2]; !b.Keep || b.Version != "2026.11.24_b" || b.Bytes == 0 || time.Since(b.Time) > time.Minute {
		t.Errorf("got %+v", b)
	}
	if _, err := os.Stat(filepath.Join(s.backupDir(), "holiday.db")); err != nil {
		t.Error("a file that is no backup was removed")
	}
	if err := s.Keep(kept, false); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"2026-01-01-000000-x.db", "../landale.db", "holiday.db", ""} {
		if err := s.Keep(name, true); !errors.Is(err, event.ErrNotFound) {
			t.Errorf("Keep(%q): got %v, want ErrNotFound", name, err)
		}
	}
}

// A backup that was due while the program was off is made up for; a new file
// has none due.
func TestBackupDue(t *testing.T) {
	s := open(t)
	now := time.Now().UTC()
	due := func(now time.Time) bool {
		d, err := s.backupDue(now)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	if due(now) {
		t.Error("a backup of nothing is due")
	}
	put(t, s, follow(now.AddDate(0, 0, -2), 1))
	if !due(now) {
		t.Error("no backup is due after two days")
	}
	if _, err := s.Backup(t.Context()); err != nil {
		t.Fatal(err)
	}
	if due(now) {
		t.Error("a backup is due right after one was made")
	}
	if !due(now.Add(25 * time.Hour)) {
		t.Error("no backup is due a day later")
	}
}

// The writer goes on while a backup is made: what is copied is one moment's
// state, and no commit waits for the copy.
func TestBackupBesideTheWriter(t *testing.T) {
	s := open(t)
	sh := newShow(time.Second)
	for range 20 {
		put(t, s, sh.events(200)...)
	}
	rows := count(t, s, `SELECT count(*) FROM events`)
	done := make(chan error, 1)
	var name string
	go func() {
		var err error
		name, err = s.Backup(t.Context())
		done <- err
	}()
	var slowest time.Duration
	var err error
	batches := int64(0)
	for running := true; running; batches++ {
		began := time.Now()
		put(t, s, sh.events(20)...)
		slowest = max(slowest, time.Since(began))
		select {
		case err = <-done:
			running = false
		default:
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d batches of 20 during the backup, the slowest took %v", batches, slowest)
	if slowest > time.Second {
		t.Errorf("a commit took %v while a backup was made", slowest)
	}
	b := openAt(t, filepath.Join(s.backupDir(), name))
	got := count(t, b, `SELECT count(*) FROM events`)
	if got < rows || got > rows+20*batches || (got-rows)%20 != 0 {
		t.Errorf("the backup has %d events: not the state of one moment", got)
	}
	if n := count(t, b, `SELECT sum(count) FROM minutes`); n != got {
		t.Errorf("the backup counts %d of %d events", n, got)
	}
}
