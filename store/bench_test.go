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

// show makes the events of an evening: 45 % chat, 15 % speech, 38 % OBS and
// other machinery, 2 % follows; words by Zipf's law; so long on the wire
// as BenchmarkSize says.
type show struct {
	rng   *rand.Rand
	words *rand.Zipf
	users *rand.Zipf // few write most of the lines
	at    time.Time
	step  time.Duration
	seq   uint64
}

func newShow(step time.Duration) *show {
	rng := rand.New(rand.NewPCG(1, 2))
	return &show{rng: rng, words: rand.NewZipf(rng, 1.2, 8, 20_000), users: rand.NewZipf(rng, 1.2, 8, 5_000), at: time.Date(2026, 3, 1, 18, 0, 0, 0, time.UTC), step: step}
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
	case k < 45:
		ev = event.New(event.Twitch, s.at, event.ChannelChatMessage{User: user, Broadcaster: channel, MessageID: string(s.id()), Message: s.text(2 + s.rng.IntN(8))}).WithID(s.id())
	case k < 60:
		ev = event.New(event.Audio, s.at, event.TranscriptionFinal{Transcript: event.Transcript{StreamSessionID: "stream_2026_03_01", Message: s.text(6 + s.rng.IntN(14)), Duration: 2.25, IsFinal: true, SourceName: "microphone"}})
	case k < 98:
		kind := []event.Type{"obs.input_volume_meters_changed", "obs.scene_item_enable_state_changed", "obs.current_program_scene_changed", "music.playing", "system.telemetry"}[s.rng.IntN(5)]
		p, err := event.NewUnknown(kind, fmt.Appendf(nil, `{"scene_name":"Gameplay","scene_item_id":%d,"enabled":true}`, s.rng.IntN(100)))
		if err != nil {
			panic(err)
		}
		ev = event.New(event.OBS, s.at, p)
		ev.SourceID = "demi"
	default:
		ev = event.New(event.Twitch, s.at, event.ChannelFollow{User: user, Broadcaster: channel, FollowedAt: s.at}).WithID(s.id())
	}
	s.seq = max(s.seq+1, event.SeqAt(s.at))
	ev.Seq = s.seq
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

// wordless gives events types that nobody knows, so that they have the same JSON
// and no words.
func wordless(b *testing.B, evs []event.Event) {
	for i := range evs {
		p, err := event.NewUnknown("custom."+evs[i].Type, evs[i].PayloadJSON())
		if err != nil {
			b.Fatal(err)
		}
		evs[i].Type, evs[i].Payload = p.EventType(), p
	}
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

// BenchmarkIngest writes as the writer does in a flood. An op is an event.
// "x_plain" is how many times as many events a second as the plain table takes
// in the same run, in batches of the same size.
func BenchmarkIngest(b *testing.B) {
	for _, words := range []bool{true, false} {
		b.Run(fmt.Sprintf("words=%v", words), func(b *testing.B) {
			s, plain := open(b), plainTable(b)
			sh := newShow(10 * time.Millisecond)
			var mine, theirs, mineCPU, theirsCPU time.Duration
			const round = 4 // batches; what makes the events is not measured, nor is its garbage
			for done := 0; done < b.N; done += round * backlog {
				evs := sh.events(round * backlog)
				if !words {
					wordless(b, evs)
				}
				runtime.GC()
				t, c := time.Now(), cpuTime()
				for batch := range slices.Chunk(evs, backlog) {
					s.pending = append(s.pending, batch...)
					if err := s.writePending(b.Context()); err != nil {
						b.Fatal(err)
					}
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

// BenchmarkSize tells the bytes a row costs all told: indexes, words, rollups;
// for an evening as it is, and for its events of about 320 bytes on the wire,
// which have few or no words.
func BenchmarkSize(b *testing.B) {
	for _, c := range []struct {
		name    string
		longest int
	}{{"evening", 1 << 20}, {"320_bytes", 420}} {
		b.Run(c.name, func(b *testing.B) { benchSize(b, c.longest) })
	}
}

func benchSize(b *testing.B, longest int) {
	s, plain := open(b), plainTable(b)
	sh := newShow(100 * time.Millisecond)
	wire := 0
	const rows = 50_000
	for range b.N {
		var evs []event.Event
		for range rows {
			ev := sh.next()
			n := len(ev.AppendJSON(nil))
			for n > longest {
				ev = sh.next()
				n = len(ev.AppendJSON(nil))
			}
			wire += n
			if evs = append(evs, ev); len(evs) == event.MaxBatch {
				s.pending = append(s.pending, evs...)
				if err := s.writePending(b.Context()); err != nil {
					b.Fatal(err)
				}
				writePlain(b, plain, evs)
				evs = evs[:0]
			}
		}
	}
	size := func(db *sql.DB) float64 {
		var pages, free, bytes float64
		for q, to := range map[string]*float64{`PRAGMA page_count`: &pages, `PRAGMA freelist_count`: &free, `PRAGMA page_size`: &bytes} {
			if err := db.QueryRow(q).Scan(to); err != nil {
				b.Fatal(err)
			}
		}
		return (pages - free) * bytes / float64(rows*b.N)
	}
	b.ReportMetric(float64(wire)/float64(rows*b.N), "wire_B/row")
	b.ReportMetric(size(s.writer), "B/row")
	b.ReportMetric(size(s.writer)/(float64(wire)/float64(rows*b.N)), "x_wire")
	b.ReportMetric(size(plain)/size(s.writer), "x_plain")
}
