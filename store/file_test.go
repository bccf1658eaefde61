package store

import (
	"bytes"
	"compress/gzip"
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"landale/event"
)

var keepFile = flag.Bool("keep-v1", false, "write testdata/v1.db.gz anew; only ever before the first release")

// schemaOf lists what a file has, but for comments and spaces.
func schemaOf(t *testing.T, db *sql.DB) string {
	t.Helper()
	rows, err := db.Query(`SELECT type, name, ifnull(sql, '') FROM sqlite_schema ORDER BY type, name`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var b strings.Builder
	for rows.Next() {
		var kind, name, text string
		if err := rows.Scan(&kind, &name, &text); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(text) {
			line, _, _ = strings.Cut(line, "--")
			b.WriteString(strings.Join(strings.Fields(line), " ") + " ")
		}
		fmt.Fprintf(&b, "(%s %s)\n", kind, name)
	}
	return b.String()
}

func TestMigrationsReachSchema(t *testing.T) {
	want := func() string {
		db, err := sql.Open("sqlite", dsn(filepath.Join(t.TempDir(), "schema.db"), nil))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		text, err := os.ReadFile("schema.sql")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec(string(text)); err != nil {
			t.Fatal(err)
		}
		return schemaOf(t, db)
	}()
	if got := schemaOf(t, open(t).reader); got != want {
		t.Errorf("a new file has\n%s\nschema.sql says\n%s", got, want)
	}

	path := filepath.Join(t.TempDir(), "landale.db")
	if *keepFile {
		keepV1(t, path)
	}
	unpack(t, "testdata/v1.db.gz", path)
	s := openAt(t, path)
	if got := schemaOf(t, s.reader); got != want {
		t.Errorf("the oldest file becomes\n%s\nschema.sql says\n%s", got, want)
	}
	for query, want := range map[string]int64{
		`SELECT count(*) FROM events`:                            3,
		`SELECT count(*) FROM words WHERE words MATCH 'hallway'`: 1,
		`SELECT sum(count) FROM minutes`:                         3,
		`SELECT count(*) FROM once`:                              1,
		`SELECT messages FROM people WHERE login = 'viewer_1'`:   1,
	} {
		if got := count(t, s, query); got != want {
			t.Errorf("%s: got %d, want %d", query, got, want)
		}
	}
}

func keepV1(t *testing.T, path string) {
	s := openAt(t, path)
	put(t, s, chat(evening, 1, "down the hallway"), follow(evening, 2),
		event.New(event.Audio, evening, event.TranscriptionFinal{Transcript: event.Transcript{StreamSessionID: "stream_2026_11_24", Message: "hello chat", Duration: 1.5, IsFinal: true}}))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Write(b)
	w.Close()
	if err := os.WriteFile("testdata/v1.db.gz", out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

func unpack(t *testing.T, from, to string) {
	t.Helper()
	f, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// A file that cannot be used is refused in words that say what to do, and not a
// byte of it is changed.
func TestRefusedFiles(t *testing.T) {
	with := func(statements string) func(t *testing.T, path string) {
		return func(t *testing.T, path string) {
			db, err := sql.Open("sqlite", writeDSN(path))
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if _, err := db.Exec(statements); err != nil {
				t.Fatal(err)
			}
		}
	}
	bytesOf := func(b []byte) func(t *testing.T, path string) {
		return func(t *testing.T, path string) {
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, c := range []struct {
		name string
		make func(t *testing.T, path string)
		want error
		says string
	}{
		{"newer", with(fmt.Sprintf(`PRAGMA application_id = %d; PRAGMA user_version = 99; CREATE TABLE t (a)`, applicationID)), ErrNewer, "install the newer Landale again"},
		{"another program's", with(`CREATE TABLE bookmarks (a); PRAGMA user_version = 1`), ErrForeign, "choose another data folder"},
		{"not SQLite", bytesOf([]byte(strings.Repeat("this is a diary\n", 1000))), ErrCorrupt, "restore a backup"},
		{"cut short", func(t *testing.T, path string) {
			s := openAt(t, path)
			put(t, s, newShow(time.Second).events(200)...)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if err := os.Truncate(path, 5000); err != nil {
				t.Fatal(err)
			}
		}, ErrCorrupt, "restore a backup"},
		{"scribbled over", func(t *testing.T, path string) {
			s := openAt(t, path)
			put(t, s, newShow(time.Second).events(200)...)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			f, err := os.OpenFile(path, os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if _, err := f.WriteAt(bytes.Repeat([]byte{0xa5}, 8000), 100); err != nil {
				t.Fatal(err)
			}
		}, ErrCorrupt, "restore a backup"},
		{"a folder", func(t *testing.T, path string) {
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
		}, ErrForeign, "it is a folder"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "landale.db")
			c.make(t, path)
			before, _ := os.ReadFile(path)
			s, err := Open(t.Context(), path, Options{})
			if err == nil {
				s.Close()
			}
			if !errors.Is(err, c.want) || !strings.Contains(fmt.Sprint(err), c.says) {
				t.Errorf("got %v, want %v and %q", err, c.want, c.says)
			}
			if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
				t.Error("the file was changed")
			}
		})
	}
}

// tmpfs mounts a small file system, or skips the test where it may not.
func tmpfs(t *testing.T, options string) (dir string) {
	t.Helper()
	if runtime.GOOS != "linux" || os.Geteuid() != 0 {
		t.Skip("only root on Linux can mount a small file system")
	}
	dir = t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", options, "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("mount: %v: %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %v: %s", err, out)
		}
	})
	return dir
}

func TestUnwritableFolder(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no mode bits for folders")
	}
	var dir string
	var protect func()
	if os.Geteuid() == 0 { // whom mode bits do not stop
		dir = tmpfs(t, "size=4m")
		protect = func() {
			if out, err := exec.Command("mount", "-o", "remount,ro", dir).CombinedOutput(); err != nil {
				t.Skipf("remount: %v: %s", err, out)
			}
		}
	} else {
		dir = t.TempDir()
		protect = func() { os.Chmod(dir, 0o500) }
		t.Cleanup(func() { os.Chmod(dir, 0o700) })
	}
	old := filepath.Join(dir, "old.db")
	if err := openAt(t, old).Close(); err != nil {
		t.Fatal(err)
	}
	protect()
	for _, path := range []string{old, filepath.Join(dir, "new.db"), filepath.Join(dir, "sub", "new.db")} {
		s, err := Open(t.Context(), path, Options{})
		if err == nil {
			s.Close()
		}
		if !errors.Is(err, ErrUnwritable) {
			t.Errorf("%s: got %v, want ErrUnwritable", filepath.Base(path), err)
		}
	}
}

// A migration that fails leaves the file at the version it had, and before it a
// backup was made.
func TestMigrationFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "landale.db")
	s := openAt(t, path)
	put(t, s, follow(evening, 1))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	list, err := loadMigrations()
	if err != nil {
		t.Fatal(err)
	}
	n := len(list)
	broken := append(list, migration{n + 1, "broken.sql", `CREATE TABLE more (a); CREATE TABLE events (a)`})
	good := append(list[:n:n], migration{n + 1, "good.sql", `CREATE TABLE more (a)`})

	s = bare(path)
	err = s.open(t.Context(), broken)
	s.Close()
	if err == nil || !strings.Contains(err.Error(), "broken.sql") {
		t.Fatalf("got %v, want an error that names the migration", err)
	}
	s = openAt(t, path)
	if got := count(t, s, `PRAGMA user_version`); got != int64(n) {
		t.Errorf("version %d after a migration that failed, want %d", got, n)
	}
	if got := count(t, s, `SELECT count(*) FROM sqlite_schema WHERE name = 'more'`); got != 0 {
		t.Error("half of a migration stayed")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = bare(path)
	defer s.Close()
	if err := s.open(t.Context(), good); err != nil {
		t.Fatal(err)
	}
	if got := count(t, s, `PRAGMA user_version`); got != int64(n+1) {
		t.Errorf("version %d, want %d", got, n+1)
	}
	list2, err := s.Backups()
	if err != nil || len(list2) != 2 {
		t.Errorf("got backups %v, %v, want one before each try", list2, err)
	}
}

func bare(path string) *Store { return newStore(path, Options{Config: DefaultConfig()}) }

// Full disk: events wait in memory, questions are answered, Status says what is
// wrong, and all is written when there is space again.
func TestDiskFull(t *testing.T) {
	t.Run("file system", func(t *testing.T) {
		dir := tmpfs(t, "size=3m")
		ballast := filepath.Join(dir, "ballast")
		testDiskFull(t, filepath.Join(dir, "landale.db"), func(s *Store) {
			f, err := os.Create(ballast)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			for zero := make([]byte, 4096); err == nil; {
				_, err = f.Write(zero)
			}
		}, func(*Store) {
			if err := os.Remove(ballast); err != nil {
				t.Fatal(err)
			}
		})
	})
	t.Run("page limit", func(t *testing.T) {
		limit := func(s *Store, pages int) {
			if _, err := s.writer.Exec(fmt.Sprintf(`PRAGMA max_page_count = %d`, pages)); err != nil {
				t.Fatal(err)
			}
		}
		testDiskFull(t, filepath.Join(t.TempDir(), "landale.db"),
			func(s *Store) { limit(s, 1) }, // SQLite makes it the pages that there are
			func(s *Store) { limit(s, 1_000_000) })
	})
}

func testDiskFull(t *testing.T, path string, fill, free func(*Store)) {
	s := openAt(t, path)
	bus := event.NewBus(0)
	s.Subscribe(bus)
	sh := newShow(time.Second)
	put(t, s, sh.events(200)...)
	stop := serve(t, s)
	fill(s)
	published := 200
	eventually(t, "a full disk", func() bool {
		bus.Publish(sh.next())
		published++
		return s.Status().State == event.Failed
	})
	for range 300 {
		bus.Publish(sh.next())
		published++
	}
	alert, _ := bus.Publish(follow(time.Now(), 1))
	published++
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := s.Commit(ctx, alert); sentinel(err) != ErrFull {
		t.Errorf("Commit on a full disk: got %v, want disk full", err)
	}
	st := s.Status()
	if !strings.Contains(st.Reason, "is full: free some space") || !strings.Contains(st.Reason, "wait in memory") {
		t.Errorf("got reason %q", st.Reason)
	}
	if n := count(t, s, `SELECT count(*) FROM events`); n < 200 {
		t.Errorf("a question on a full disk found %d events, want 200 or more", n)
	}
	free(s)
	eventually(t, "all events to be written", func() bool {
		return count(t, s, `SELECT count(*) FROM events`) == int64(published)
	})
	if st := s.Status(); st.State != event.Running || st.Reason != "" {
		t.Errorf("got %+v after there was space again, want running", st)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

// A store that stops while the disk is full says how much it could not write,
// does not hang, and
// writes it when it is closed if there is space by then.
func TestStopOnFullDisk(t *testing.T) {
	s := open(t)
	bus := event.NewBus(0)
	s.Subscribe(bus)
	stop := serve(t, s)
	if _, err := s.writer.Exec(`PRAGMA max_page_count = 1`); err != nil {
		t.Fatal(err)
	}
	sh := newShow(time.Second)
	eventually(t, "a full disk", func() bool { bus.Publish(sh.next()); return s.Status().State == event.Failed })
	if err := stop(); err == nil || !strings.Contains(err.Error(), "could not be written") {
		t.Errorf("got %v", err)
	}
	if _, err := s.writer.Exec(`PRAGMA max_page_count = 1000000`); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if got := openAt(t, s.path).LastSeq(); got != bus.LastSeq() {
		t.Errorf("got last Seq %d after closing with space again, want %d", got, bus.LastSeq())
	}
}
