package store

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"landale/event"
)

// mix is what a show is made of, in percent; the rest is machinery.
type mix struct{ chat, speech, follows int }

var (
	// chatty is an evening with a busy chat: 490 bytes an event on the wire.
	chatty = mix{chat: 45, speech: 15, follows: 2}
	// game is an evening where OBS and the game's tracker talk most: 330 bytes.
	game = mix{chat: 4, speech: 4, follows: 1}
)

// mixes are measured each by itself: a line of chat costs three times as much
// as most else, for its words.
var mixes = []struct {
	name string
	mix  mix
}{{"evening", chatty}, {"320_bytes", game}}

// show makes the events of an evening; words by Zipf's law.
type show struct {
	mix   mix
	rng   *rand.Rand
	words *rand.Zipf
	users *rand.Zipf // few write most of the lines
	at    time.Time
	step  time.Duration
	seq   uint64
}

func newShow(step time.Duration) *show {
	rng := rand.New(rand.NewPCG(1, 2))
	return &show{mix: chatty, rng: rng, words: rand.NewZipf(rng, 1.2, 8, 20_000), users: rand.NewZipf(rng, 1.2, 8, 5_000), at: time.Date(2026, 3, 1, 18, 0, 0, 0, time.UTC), step: step}
}

var syllables = strings.Fields("ka lo mi ter an ve ru si po gan tel ur em dis ho ny bra qui zo fel")

func (s *show) text(n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(' ')
		}
		for w := s.words.Uint64() + 20; w > 0; w /= 20 {
			b.WriteString(syllables[w%20])
		}
	}
	return b.String()
}

func (s *show) next() event.Event {
	s.at = s.at.Add(s.step)
	n := s.users.Uint64()
	user := event.User{UserID: fmt.Sprint(100000 + n), UserLogin: fmt.Sprintf("viewer_%d", n), UserName: fmt.Sprintf("Viewer_%d", n)}
	channel := event.Broadcaster{BroadcasterUserID: "38981465", BroadcasterUserLogin: "avalonstar", BroadcasterUserName: "Avalonstar"}
	var ev event.Event
	switch k := s.rng.IntN(100); {
	case k < s.mix.chat:
		ev = event.New(event.Twitch, s.at, event.ChannelChatMessage{User: user, Broadcaster: channel, MessageID: string(s.id()), Message: s.text(2 + s.rng.IntN(8))}).WithID(s.id())
	case k < s.mix.chat+s.mix.speech:
		ev = event.New(event.Audio, s.at, event.TranscriptionFinal{Transcript: event.Transcript{StreamSessionID: "stream_2026_03_01", Message: s.text(6 + s.rng.IntN(14)), Duration: 2.25, IsFinal: true, SourceName: "microphone"}})
	case k < s.mix.chat+s.mix.speech+s.mix.follows:
		ev = event.New(event.Twitch, s.at, event.ChannelFollow{User: user, Broadcaster: channel, FollowedAt: s.at}).WithID(s.id())
	case s.mix == game && k >= 12:
		ev = s.machine()
	default:
		kind := []event.Type{"obs.input_volume_meters_changed", "obs.scene_item_enable_state_changed", "obs.current_program_scene_changed", "music.playing", "system.telemetry"}[s.rng.IntN(5)]
		p, err := event.NewUnknown(kind, fmt.Appendf(nil, `{"scene_name":"Gameplay","scene_item_id":%d,"enabled":true}`, s.rng.IntN(100)))
		if err != nil {
			panic(err)
		}
		ev = event.New(event.OBS, s.at, p)
		ev.SourceID = "demi"
	}
	s.seq = max(s.seq+1, event.SeqAt(s.at))
	ev.Seq = s.seq
	return ev
}

// machine is what OBS or the game's tracker says.
func (s *show) machine() event.Event {
	kinds := []event.Type{
		"obs.input_mute_state_changed", "ironmon.seed", "ironmon.run_started",
		"ironmon.stats_update", "ironmon.pokemon_update", "ironmon.location", "ironmon.battle_start", "ironmon.battle_end", "ironmon.item_update", "ironmon.error",
	}
	kind := kinds[s.rng.IntN(len(kinds))]
	spec, ok := event.Lookup(kind)
	if !ok {
		panic("no type " + kind)
	}
	source, id := event.IronMON, ""
	if strings.HasPrefix(string(kind), "obs.") {
		source, id = event.OBS, "demi"
	}
	ev := event.New(source, s.at, spec.Example)
	ev.SourceID = id
	return ev
}

// id is one of upstream's: a random UUID.
func (s *show) id() event.ID {
	var b [16]byte
	for i := range b {
		b[i] = byte(s.rng.Uint32())
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return event.IDFromUUID(b)
}

func (s *show) events(n int) []event.Event {
	evs := make([]event.Event, n)
	for i := range evs {
		evs[i] = s.next()
	}
	return evs
}

// plainTable is what one would write first: a row of JSON under a text uuid, and
// an index for each question.
func plainTable(b *testing.B) *sql.DB {
	db, err := sql.Open("sqlite", writeDSN(filepath.Join(b.TempDir(), "plain.db")))
	if err != nil {
		b.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	b.Cleanup(func() { db.Close() })
	if _, err := db.Exec(`
		CREATE TABLE events (id TEXT PRIMARY KEY, timestamp TEXT, type TEXT, source TEXT, user_id TEXT, correlation_id TEXT, data TEXT);
		CREATE INDEX a ON events (timestamp);
		CREATE INDEX b ON events (type, timestamp);
		CREATE INDEX c ON events (user_id, timestamp);
		CREATE INDEX d ON events (correlation_id)`); err != nil {
		b.Fatal(err)
	}
	return db
}

func writePlain(b *testing.B, db *sql.DB, evs []event.Event) {
	tx, err := db.Begin()
	if err != nil {
		b.Fatal(err)
	}
	st, err := tx.Prepare(`INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?)`)
	if err != nil {
		b.Fatal(err)
	}
	for _, ev := range evs {
		u, _ := ev.Actor()
		if _, err := st.Exec(string(ev.ID), ev.Time.Format(event.TimeFormat), string(ev.Type), string(ev.Source), u.UserID, string(ev.CorrelationID), string(ev.AppendJSON(nil))); err != nil {
			b.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		b.Fatal(err)
	}
}

// writeOne writes the batch in hand and merges, as Serve does.
func writeOne(b *testing.B, s *Store) {
	b.Helper()
	if err := s.writePending(b.Context()); err != nil {
		b.Fatal(err)
	}
	s.mergeAfter(b.Context())
}

// BenchmarkIngest writes as the writer does in a flood, with search words,
// rollups and people. An op is an event. "x_plain" is how many times as many
// events a second, and per second of the processor, as the plain table takes in
// the same run in batches of the same size.
func BenchmarkIngest(b *testing.B) {
	for _, m := range mixes {
		b.Run(m.name, func(b *testing.B) {
			s, plain := open(b), plainTable(b)
			sh := newShow(10 * time.Millisecond)
			sh.mix = m.mix
			var mine, theirs, mineCPU, theirsCPU time.Duration
			wire := 0
			const round = 4 // batches; what makes the events is not measured, nor is its garbage
			for done := 0; done < b.N; done += round * backlog {
				evs := sh.events(round * backlog)
				for _, ev := range evs {
					wire += len(ev.AppendJSON(nil))
				}
				runtime.GC()
				t, c := time.Now(), cpuTime()
				for batch := range slices.Chunk(evs, backlog) {
					s.pending = append(s.pending, batch...)
					writeOne(b, s)
				}
				mine, mineCPU = mine+time.Since(t), mineCPU+cpuTime()-c
				runtime.GC()
				t, c = time.Now(), cpuTime()
				for batch := range slices.Chunk(evs, backlog) {
					writePlain(b, plain, batch)
				}
				theirs, theirsCPU = theirs+time.Since(t), theirsCPU+cpuTime()-c
			}
			n := (b.N + round*backlog - 1) / (round * backlog) * (round * backlog)
			b.ReportMetric(float64(wire)/float64(n), "wire_B")
			b.ReportMetric(float64(n)/mine.Seconds(), "events/s")
			b.ReportMetric(float64(n)/mineCPU.Seconds(), "events/cpu_s")
			b.ReportMetric(float64(theirs)/float64(mine), "x_plain")
			b.ReportMetric(float64(theirsCPU)/float64(mineCPU), "x_plain_cpu")
			b.ReportMetric(float64(mine.Nanoseconds())/float64(n), "ns/op")
		})
	}
}

// BenchmarkCommit publishes 200 events a second and measures how long each takes
// until it is stored.
func BenchmarkCommit(b *testing.B) {
	s := open(b)
	bus := event.NewBus(0)
	s.Subscribe(bus)
	type sent struct {
		seq uint64
		at  time.Time
	}
	published := make(chan sent, 100_000)
	took := make([]time.Duration, 0, b.N)
	done := make(chan struct{})
	go func() { // a reader that looks every millisecond
		defer close(done)
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		var last uint64
		for p := range published {
			for last < p.seq {
				<-tick.C
				last = s.LastSeq()
			}
			took = append(took, time.Since(p.at))
		}
	}()
	ctx, cancel := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx) }()
	sh := newShow(0)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	b.ResetTimer()
	for range b.N {
		<-tick.C
		ev := sh.next()
		at := time.Now()
		ev, _ = bus.Publish(ev)
		published <- sent{ev.Seq, at}
	}
	close(published)
	<-done
	b.StopTimer()
	cancel()
	if err := <-ended; err != nil {
		b.Fatal(err)
	}
	slices.Sort(took)
	at := func(q float64) float64 { return float64(took[int(q*float64(len(took)-1))].Microseconds()) / 1000 }
	b.ReportMetric(at(0.5), "p50_ms")
	b.ReportMetric(at(0.99), "p99_ms")
	b.ReportMetric(at(1), "max_ms")
	b.ReportMetric(at(0.99)/(float64(gatherFor.Microseconds())/1000), "x_window")
}

// BenchmarkSize tells the bytes a row costs all told: indexes, words, rollups.
// With -v it tells them of each table and index.
func BenchmarkSize(b *testing.B) {
	for _, m := range mixes {
		b.Run(m.name, func(b *testing.B) {
			const rows = 50_000
			for range b.N {
				s, plain := open(b), plainTable(b)
				sh := newShow(time.Second)
				sh.mix = m.mix
				wire := 0
				for range rows / event.MaxBatch {
					evs := sh.events(event.MaxBatch)
					for _, ev := range evs {
						wire += len(ev.AppendJSON(nil))
					}
					s.pending = append(s.pending, evs...)
					writeOne(b, s)
					writePlain(b, plain, evs)
				}
				b.ReportMetric(float64(wire)/rows, "wire_B/row")
				b.ReportMetric(pagesSize(b, s.writer)/rows, "B/row")
				b.ReportMetric(pagesSize(b, s.writer)/float64(wire), "x_wire")
				b.ReportMetric(pagesSize(b, plain)/pagesSize(b, s.writer), "x_plain")
				logSizes(b, s.writer, rows)
			}
		})
	}
}

// pagesSize is how many bytes of a file are in use.
func pagesSize(b *testing.B, db *sql.DB) (n float64) {
	b.Helper()
	if err := db.QueryRow(`SELECT sum(pgsize) FROM dbstat`).Scan(&n); err != nil {
		b.Fatal(err)
	}
	return n
}

// logSizes tells what each table and index costs a row.
func logSizes(b *testing.B, db *sql.DB, rows int64) {
	b.Helper()
	list, err := db.Query(`
		SELECT name, 1.0 * sum(pgsize) / ?1 FROM dbstat
		GROUP BY name HAVING sum(pgsize) > ?1 ORDER BY sum(pgsize) DESC`, rows)
	if err != nil {
		b.Fatal(err)
	}
	defer list.Close()
	for list.Next() {
		var name string
		var each float64
		if err := list.Scan(&name, &each); err != nil {
			b.Fatal(err)
		}
		b.Logf("%-20s %6.1f B/row", name, each)
	}
	if err := list.Err(); err != nil {
		b.Fatal(err)
	}
}
