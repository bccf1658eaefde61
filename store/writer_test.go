package store

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"landale/event"
)

var evening = time.Date(2026, 11, 24, 20, 0, 0, 0, time.UTC)

func follow(at time.Time, user int) event.Event {
	return event.New(event.Twitch, at, event.ChannelFollow{User: viewer(user), FollowedAt: at})
}

func viewer(n int) event.User {
	return event.User{UserID: strconv.Itoa(n), UserLogin: fmt.Sprintf("viewer_%d", n), UserName: fmt.Sprintf("Viewer_%d", n)}
}

func chat(at time.Time, user int, text string) event.Event {
	return event.New(event.Twitch, at, event.ChannelChatMessage{User: viewer(user), Message: text})
}

func unknown(t testing.TB, at time.Time, kind event.Type, object string) event.Event {
	t.Helper()
	p, err := event.NewUnknown(kind, []byte(object))
	if err != nil {
		t.Fatal(err)
	}
	return event.New(event.Twitch, at, p)
}

// serve runs the store until the test, or the returned function, stops it.
func serve(t testing.TB, s *Store) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx) }()
	var done bool
	stop = func() error {
		if done {
			return nil
		}
		done = true
		cancel()
		return <-ended
	}
	t.Cleanup(func() { stop() })
	return stop
}

func count(t testing.TB, s *Store, query string, args ...any) (n int64) {
	t.Helper()
	if err := s.reader.QueryRowContext(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

// eventually waits for a condition; it fails the test after ten seconds.
func eventually(t testing.TB, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !cond(); {
		if time.Now().After(end) {
			t.Fatalf("%s did not happen", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// What is published before Serve begins, while it runs and just before it ends
// is all stored, in order, and the log is folded into the file.
func TestEverythingPublishedIsStored(t *testing.T) {
	s := open(t)
	bus := event.NewBus(s.LastSeq())
	s.Subscribe(bus)
	const n = 10_000
	sh := newShow(time.Millisecond)
	for range n / 2 {
		bus.Publish(sh.next())
	}
	stop := serve(t, s)
	for range n / 2 {
		bus.Publish(sh.next())
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if got := fileSize(s.path + "-wal"); got != 0 {
		t.Errorf("the log has %d bytes after a stop, want 0", got)
	}
	if got := count(t, s, `SELECT count(*) FROM events`); got != n {
		t.Errorf("got %d events, want %d", got, n)
	}
	if got := s.LastSeq(); got != bus.LastSeq() {
		t.Errorf("got last Seq %d, want %d", got, bus.LastSeq())
	}
	if st := s.Status(); st.State != event.Stopped || st.Details["stored"] != uint64(n) {
		t.Errorf("got %+v", st)
	}
	if got := count(t, s, `SELECT count(*) FROM coverage`); got != 1 {
		t.Errorf("got %d coverage rows, want 1", got)
	}

	// A source that stops late.
	late, _ := bus.Publish(follow(time.Now(), 1))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if got := openAt(t, s.path).LastSeq(); got != late.Seq {
		t.Errorf("got last Seq %d, want that of an event published after Serve, %d", got, late.Seq)
	}
}

func TestCommitIsOnDisk(t *testing.T) {
	s := open(t)
	bus := event.NewBus(0)
	s.Subscribe(bus)
	serve(t, s)
	for i := range 20 {
		chatted, _ := bus.Publish(chat(time.Now(), i, "before it"))
		ev, _ := bus.Publish(follow(time.Now(), i))
		if err := s.Commit(t.Context(), ev); err != nil {
			t.Fatal(err)
		}
		for _, want := range []event.Event{chatted, ev} {
			if n := count(t, s, `SELECT count(*) FROM events WHERE key = ?`, int64(want.Seq)); n != 1 {
				t.Fatalf("%s is not on disk after Commit", want.Type)
			}
		}
	}
	if err := s.Commit(t.Context(), follow(time.Now(), 1)); err == nil {
		t.Error("an event that was not published was committed")
	}
	if n := count(t, s, `SELECT sum(count) FROM minutes`); n != 40 {
		t.Errorf("counted %d, want 40: committing must not count twice", n)
	}
}

// EventSub delivers at least once, also across a restart of the program.
func TestRepeatsAreRecognisedAfterRestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "landale.db")
	const alertID, chatID = event.ID("befa7b53-d79d-478f-86b9-120f112b044e"), event.ID("a message of some upstream's own numbering")
	a, c := follow(evening, 1).WithID(alertID), chat(evening, 1, "hello").WithID(chatID)
	s := openAt(t, path)
	put(t, s, a, c)
	put(t, s, a, c)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openAt(t, path)
	put(t, s, a, c, follow(evening, 2))
	for query, want := range map[string]int64{
		`SELECT count(*) FROM events`:                            3,
		`SELECT sum(count) FROM minutes`:                         3,
		`SELECT count(*) FROM once`:                              2,
		`SELECT count(*) FROM recent`:                            1,
		`SELECT messages + events FROM people WHERE user_id = 1`: 2,
	} {
		if got := count(t, s, query); got != want {
			t.Errorf("%s: got %d, want %d", query, got, want)
		}
	}
	if got := s.Status().Details["repeats"]; got != uint64(2) {
		t.Errorf("got %v repeats, want 2", got)
	}

	ids, err := s.RecentIDs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	bus := event.NewBus(s.LastSeq())
	bus.Remember(ids...)
	for _, ev := range []event.Event{a, c} {
		if _, ok := bus.Publish(ev); ok {
			t.Errorf("%s was published again after a restart", ev.Type)
		}
	}

	// One that the bus has forgotten.
	bus = event.NewBus(s.LastSeq())
	s.Subscribe(bus)
	serve(t, s)
	again, _ := bus.Publish(a)
	if err := s.Commit(t.Context(), again); !errors.Is(err, ErrRepeat) {
		t.Errorf("got %v, want ErrRepeat", err)
	}
}

// A clock that jumps back an hour neither stops the writer nor mixes the order
// up, and what happened "earlier" is found by time.
func TestClockJumpsBack(t *testing.T) {
	s := open(t)
	now := time.Now().UTC().Truncate(time.Millisecond)
	bus := event.NewBus(event.SeqAt(now.Add(time.Hour)))
	s.Subscribe(bus)
	stop := serve(t, s)
	first, _ := bus.Publish(chat(now.Add(time.Hour), 1, "before the jump"))
	second, _ := bus.Publish(chat(now, 1, "after it"))
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if second.Seq <= first.Seq {
		t.Fatalf("Seq went back")
	}
	if n := count(t, s, `SELECT key FROM events INDEXED BY events_late WHERE abs((key >> 20) - time_ms) > 10000 AND time_ms = ?`, now.UnixMilli()); uint64(n) != second.Seq {
		t.Errorf("got %d by time, want %d", n, second.Seq)
	}
}

// An event that the file refuses, or a Seq given twice, holds up nothing else.
func TestOneBadEventHoldsUpNothing(t *testing.T) {
	s := open(t)
	evs := []event.Event{chat(evening, 1, "one"), chat(evening, 2, "two"), chat(evening, 3, "three")}
	for i := range evs {
		evs[i].Seq = event.SeqAt(evening) + uint64(i)
	}
	evs[1].Source = "" // NOT NULL
	evs[2].Seq = evs[0].Seq
	s.pending = append(s.pending, evs...)
	s.pending = append(s.pending, chat(evening, 4, "four"))
	s.pending[3].Seq = event.SeqAt(evening) + 9
	if err := s.writePending(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := count(t, s, `SELECT count(*) FROM events`); n != 2 {
		t.Errorf("got %d events, want 2", n)
	}
	if st := s.Status(); st.State != event.Degraded || st.Details["refused"] != uint64(2) {
		t.Errorf("got %+v, want degraded with 2 refused", st)
	}
}

// The original lost a follow because the follower's row could not be written.
func TestBadPersonTakesNoEvent(t *testing.T) {
	s := open(t)
	if _, err := s.writer.Exec(`
		CREATE TRIGGER t BEFORE INSERT ON people WHEN NEW.user_id = 2
		BEGIN SELECT RAISE(ABORT, 'no'); END`); err != nil {
		t.Fatal(err)
	}
	put(t, s, follow(evening, 1), follow(evening, 2), follow(evening, 3))
	if n := count(t, s, `SELECT count(*) FROM events`); n != 3 {
		t.Errorf("got %d events, want 3", n)
	}
	if n := count(t, s, `SELECT count(*) FROM people`); n != 2 {
		t.Errorf("got %d people, want 2", n)
	}
}

func TestPeopleAreCounted(t *testing.T) {
	s := open(t)
	renamed := event.New(event.Twitch, evening.Add(time.Hour), event.ChannelChatMessage{User: event.User{UserID: "1", UserLogin: "new", UserName: "New"}})
	put(t, s, chat(evening, 1, "a"), renamed, chat(evening.Add(-time.Hour), 1, "late"), follow(evening, 1))
	test := follow(evening, 9)
	test.Flags = event.Test
	put(t, s, test)
	var login string
	var first, last, messages, events int64
	if err := s.reader.QueryRow(`SELECT login, first_seen_ms, last_seen_ms, messages, events FROM people`).Scan(&login, &first, &last, &messages, &events); err != nil {
		t.Fatal(err)
	}
	if login != "new" || first != evening.Add(-time.Hour).UnixMilli() || last != evening.Add(time.Hour).UnixMilli() || messages != 3 || events != 1 {
		t.Errorf("got %s %d %d %d %d", login, first, last, messages, events)
	}
	if n := count(t, s, `SELECT count(*) FROM people`); n != 1 {
		t.Errorf("a test's user was counted")
	}
}

func TestBroadcasts(t *testing.T) {
	at := func(minutes int) time.Time { return evening.Add(time.Duration(minutes) * time.Minute) }
	online := func(minutes int, id string) event.Event {
		return unknown(t, at(minutes), "stream.online", fmt.Sprintf(`{"stream_id":%q,"started_at":%q}`, id, at(minutes).Format(time.RFC3339)))
	}
	offline := func(minutes int) event.Event { return unknown(t, at(minutes), "stream.offline", `{}`) }
	update := func(minutes int, title string) event.Event {
		return unknown(t, at(minutes), "channel.update", fmt.Sprintf(`{"title":%q,"category_id":"1","category_name":"Coding"}`, title))
	}
	test := online(500, "x")
	test.Flags = event.Test
	ran := func(from, to int) [2]time.Time { return [2]time.Time{at(from), at(to)} }
	for _, c := range []struct {
		name string
		ran  [][2]time.Time
		evs  []event.Event
		want string // start+length title; minutes
	}{
		{"one", nil, []event.Event{update(-5, "Hi"), online(0, "a"), update(10, "Ho"), offline(60)}, "0+60 Ho"},
		{"a short break", nil, []event.Event{online(0, "a"), offline(60), online(69, "b"), offline(100)}, "0+100 "},
		{"a long break", nil, []event.Event{online(0, "a"), offline(60), online(70, "b"), update(80, "Two")}, "0+60 , 70+live Two"},
		{"told twice", nil, []event.Event{online(0, "a"), online(0, "a")}, "0+live "},
		{"the end was not heard", [][2]time.Time{ran(-1, 30), ran(600, 700)}, []event.Event{online(0, "a"), online(620, "b")}, "0+30 , 620+live "},
		{"the program crashed within", [][2]time.Time{ran(-1, 30), ran(33, 50)}, []event.Event{online(0, "a"), online(45, "a"), offline(50)}, "0+50 "},
		{"a test", nil, []event.Event{test}, ""},
		{"an odd payload holds up nothing", nil, []event.Event{unknown(t, at(0), "channel.update", `{"title":7}`), online(0, "a"), unknown(t, at(1), "stream.offline", `{"stream_id":7}`), update(10, "Ho")}, "0+live Ho"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := open(t)
			for _, r := range c.ran {
				if _, err := s.writer.Exec(`INSERT INTO coverage VALUES (?, ?)`, r[0].UnixMilli(), r[1].UnixMilli()); err != nil {
					t.Fatal(err)
				}
			}
			put(t, s, c.evs...)
			rows, err := s.reader.Query(`SELECT started_ms, ifnull(ended_ms, -1), title, session FROM streams ORDER BY started_ms`)
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			var got []string
			for rows.Next() {
				var from, to int64
				var title, session string
				if err := rows.Scan(&from, &to, &title, &session); err != nil {
					t.Fatal(err)
				}
				length := "live"
				if to >= 0 {
					length = fmt.Sprint((to - from) / minuteMS)
				}
				got = append(got, fmt.Sprintf("%d+%s %s", (from-evening.UnixMilli())/minuteMS, length, title))
			}
			if got := strings.Join(got, ", "); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// Raw rows and rollups count the same, whatever comes, and tests and replays
// are in neither.
func TestCountsAgree(t *testing.T) {
	for seed := range uint64(fewer(20)) {
		rng := rand.New(rand.NewPCG(seed, 7))
		s := open(t)
		var batch []event.Event
		at := evening
		for range 500 {
			at = at.Add(time.Duration(rng.IntN(90)) * time.Second)
			when := at
			switch rng.IntN(10) {
			case 0:
				when = at.Add(-time.Duration(rng.IntN(100)) * time.Hour) // late
			case 1:
				when = at.Add(time.Duration(rng.IntN(3)) * time.Hour) // a clock that is ahead
			}
			var ev event.Event
			switch rng.IntN(3) {
			case 0:
				ev = chat(when, rng.IntN(5), "hello")
			case 1:
				ev = follow(when, rng.IntN(5))
			default:
				ev = unknown(t, when, event.Type("custom."+string(rune('a'+rng.IntN(4)))), `{}`)
			}
			for _, flag := range []event.Flags{event.Test, event.Replay, event.Backfill} {
				if rng.IntN(4) == 0 {
					ev.Flags |= flag
				}
			}
			if len(batch) > 0 && rng.IntN(20) == 0 {
				ev = batch[rng.IntN(len(batch))] // a repeat
			}
			batch = append(batch, ev)
			if rng.IntN(30) == 0 {
				put(t, s, batch...)
				batch = nil
			}
		}
		put(t, s, batch...)
		for table, step := range map[string]int{"minutes": minuteMS, "hours": hourMS} {
			column := strings.TrimSuffix(table, "s")
			diff := count(t, s, fmt.Sprintf(`
				WITH raw AS (SELECT time_ms / %d AS at, type, count(*) AS n FROM events WHERE flags & 3 = 0 GROUP BY 1, 2),
				     rolled AS (SELECT %s AS at, type, count AS n FROM %s)
				SELECT (SELECT count(*) FROM (SELECT * FROM raw EXCEPT SELECT * FROM rolled)) +
				       (SELECT count(*) FROM (SELECT * FROM rolled EXCEPT SELECT * FROM raw))`, step, column, table))
			if diff != 0 {
				t.Errorf("seed %d: %s differs from the rows in %d places", seed, table, diff)
			}
		}
	}
}

// Somebody who invents a type for each event costs a row each, and no memory.
func TestManyNames(t *testing.T) {
	s := open(t)
	ids := make(map[string]int64, namesCached)
	for i := range namesCached {
		ids[fmt.Sprintf("fill_%d", i)] = -int64(i + 1)
	}
	s.names.learn(ids)
	for i := range 3 {
		put(t, s, unknown(t, evening, event.Type(fmt.Sprintf("custom.invented_%d", i)), `{}`))
	}
	if n := len(s.names.id); n > namesCached {
		t.Errorf("%d names in memory, want at most %d", n, namesCached)
	}
	id, ok, err := s.names.lookup(t.Context(), "custom.invented_1")
	if err != nil || !ok {
		t.Fatalf("got %v, %v", ok, err)
	}
	if name, err := s.names.text(id); err != nil || name != "custom.invented_1" {
		t.Errorf("got %q, %v", name, err)
	}
}

// A kill lost up to 146 ms of history: an event that had stood in line for a
// commit then waited for a whole window of its own.
func TestBatchWaitsFromPublishing(t *testing.T) {
	for _, c := range []struct{ waited, want time.Duration }{
		{0, gatherFor},
		{10 * time.Millisecond, gatherFor - 10*time.Millisecond},
		{gatherFor, 0},
		{time.Minute, 0},
		{-time.Hour, gatherFor}, // the clock jumped back
	} {
		ev := event.Event{Seq: event.SeqAt(evening)}
		if got := gatherLeft(ev, evening.Add(c.waited)); got != c.want {
			t.Errorf("after %v: got %v, want %v", c.waited, got, c.want)
		}
	}
}

// killedEnv makes the test binary a writer that is to be killed.
const killedEnv = "STORE_TEST_KILLED"

func TestMain(m *testing.M) {
	if path := os.Getenv(killedEnv); path != "" {
		fmt.Println("error", publishForever(path))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// killedRate is how many events a second it publishes: 400 when not set.
const killedRate = "STORE_TEST_KILLED_RATE"

// publishForever publishes and tells each event on standard output.
func publishForever(path string) error {
	ctx := context.Background()
	s, err := Open(ctx, path, Options{})
	if err != nil {
		return err
	}
	bus := event.NewBus(s.LastSeq())
	s.Subscribe(bus)
	go func() { fmt.Println("error", s.Serve(ctx)) }()
	sh := newShow(0)
	sh.rng, sh.at = rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1)), time.Now()
	rate, err := strconv.Atoi(cmp.Or(os.Getenv(killedRate), "400"))
	if err != nil {
		return err
	}
	for range time.Tick(5 * time.Millisecond) {
		for range rate / 200 {
			if ev, ok := bus.Publish(sh.next()); ok && event.Stored(ev) {
				fmt.Println(ev.Seq)
			}
		}
	}
	return nil
}

func TestKillLosesAtMostTheLastBatch(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "landale.db")
	rounds := 5
	if testing.Short() {
		rounds = 2
	}
	var seqs []uint64
	for round := range rounds {
		cmd := exec.Command(exe)
		cmd.Env = append(os.Environ(), killedEnv+"="+path)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		began := len(seqs)
		kill := time.Duration(0)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			seq, err := strconv.ParseUint(lines.Text(), 10, 64)
			if err != nil {
				t.Fatalf("the writer says %q", lines.Text())
			}
			seqs = append(seqs, seq)
			if len(seqs) == began+100 { // it is under way: die at a random moment
				kill = time.Duration(rand.IntN(400)) * time.Millisecond
				time.AfterFunc(kill, func() { cmd.Process.Kill() })
			}
		}
		cmd.Wait() // it was killed
		if err := checkAfterKill(t, path, seqs); err != nil {
			t.Fatalf("round %d, killed after %v: %v", round, kill, err)
		}
		// What was lost is lost: the next round looks at its own.
		seqs = seqs[:0]
	}
}

// checkAfterKill opens what a kill left, as the program would, and compares it
// with what was published.
func checkAfterKill(t *testing.T, path string, published []uint64) error {
	s, err := Open(t.Context(), path, Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	var ok string
	if err := s.reader.QueryRow(`PRAGMA integrity_check`).Scan(&ok); err != nil || ok != "ok" {
		return fmt.Errorf("integrity_check: %q, %v", ok, err)
	}
	last := s.LastSeq()
	missing := 0
	for _, seq := range published {
		if seq > last {
			missing++
		}
	}
	stored := count(t, s, `SELECT count(*) FROM events WHERE key >= ?`, int64(published[0]))
	if kept := len(published) - missing; stored < int64(kept) {
		return fmt.Errorf("a hole: %d of %d events before the last one", stored, kept)
	}
	// 50 ms by design; the rest is for a machine that is busy with other tests.
	span := event.SeqTime(published[len(published)-1]).Sub(event.SeqTime(last))
	t.Logf("published %d, the last %d (%v) are lost", len(published), missing, span)
	if span > 500*time.Millisecond {
		return fmt.Errorf("the last %v are lost", span)
	}
	return nil
}
