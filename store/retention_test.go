package store

import (
	"context"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"landale/event"
)

func TestRetention(t *testing.T) {
	now, n := evening, fewer(150) // events of a kind and day
	speech := func(at time.Time) event.Event {
		return event.New(event.Audio, at, event.TranscriptionFinal{Transcript: event.Transcript{Message: "words that were said", Duration: 1}})
	}
	days := func(n int) time.Time { return now.AddDate(0, 0, -n) }
	fill := func(t *testing.T, s *Store) {
		for _, age := range []int{400, 100, 50, 5, 0} {
			var evs []event.Event
			for i := range n {
				at := days(age).Add(-time.Duration(i) * time.Second)
				evs = append(evs, speech(at), chat(at, i, "words that were typed").WithID(event.ID(at.String())), follow(at, i))
			}
			put(t, s, evs...)
		}
	}
	for _, c := range []struct {
		name                 string
		cfg                  Config
		speech, chat, events int64 // days of
	}{
		{"off", DefaultConfig(), 5, 5, 5},
		{"each kind by itself", Config{KeepSpeechDays: 30, KeepChatDays: 90, KeepEventsDays: 365}, 2, 3, 4},
		{"only chat", Config{KeepChatDays: 1}, 5, 1, 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := Open(t.Context(), filepath.Join(t.TempDir(), "landale.db"), Options{Config: c.cfg})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			// Seq rises, so what is older has to come first.
			fill(t, s)
			if err := s.Tidy(t.Context(), now); err != nil {
				t.Fatal(err)
			}
			for query, want := range map[string]int64{
				`SELECT count(*) FROM events`: c.speech + c.chat + c.events,
				`SELECT count(*) FROM events WHERE type = (SELECT id FROM names WHERE name = 'transcription.final')`: c.speech,
				`SELECT count(*) FROM events WHERE type = (SELECT id FROM names WHERE name = 'channel.follow')`:      c.events,
				`SELECT count(*) FROM transcripts`:                     c.speech,
				`SELECT count(*) FROM words WHERE words MATCH 'said'`:  c.speech,
				`SELECT count(*) FROM words WHERE words MATCH 'typed'`: c.chat,
				`SELECT sum(count) FROM minutes`:                       15,
				`SELECT sum(count) FROM hours`:                         15,
				`SELECT count(*) FROM once`:                            5,
				`SELECT count(*) FROM recent`:                          2,
			} {
				if got := count(t, s, query); got != want*int64(n) {
					t.Errorf("%s: got %d, want %d", query, got, want*int64(n))
				}
			}
			if got := count(t, s, `SELECT count(*) FROM people`); got != int64(n-1) { // nobody has the number 0
				t.Errorf("got %d people, want %d", got, n-1)
			}
			var ok string
			if err := s.reader.QueryRow(`PRAGMA integrity_check`).Scan(&ok); err != nil || ok != "ok" {
				t.Errorf("integrity_check: %q, %v", ok, err)
			}
			if _, err := s.writer.Exec(`INSERT INTO words (words, rank) VALUES ('integrity-check', 0)`); err != nil {
				t.Errorf("words: %v", err)
			}
		})
	}
}

// BenchmarkRetention removes 50,000 chat lines while the writer goes on, and
// tells how long the chunks held it. "busy" are the same figures of work that
// holds nothing: as much of the processor, in the same minute on the same machine.
func BenchmarkRetention(b *testing.B) {
	for range b.N {
		b.StopTimer()
		s := open(b)
		sh := newShow(100 * time.Millisecond)
		for range 110 {
			s.pending = append(s.pending, sh.events(backlog)...)
			writeOne(b, s)
		}
		var held, busy []time.Duration
		s.chunkTook = func(d time.Duration) { held = append(held, d) }
		ctx, cancel := context.WithCancel(b.Context())
		var wg sync.WaitGroup
		wg.Go(func() { s.checkpoints(ctx) })
		more := sh.events(10 * event.MaxBatch) // what is published meanwhile
		spins := spinsFor(5 * time.Millisecond)
		wg.Go(func() {
			for ctx.Err() == nil {
				if len(more) > 0 {
					if err := s.write(ctx, more[:20]); err != nil {
						b.Error(err)
					}
					more = more[20:]
				}
				began := time.Now()
				spin(spins)
				busy = append(busy, time.Since(began))
				<-time.After(30 * time.Millisecond)
			}
		})
		b.StartTimer()
		began := time.Now()
		gone, err := s.forgetKind(b.Context(), event.Chat, sh.at.Add(-time.Hour))
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(gone)/time.Since(began).Seconds(), "rows/s")
		cancel()
		wg.Wait()
		for name, list := range map[string][]time.Duration{"": held, "busy_": busy} {
			slices.Sort(list)
			at := func(q float64) float64 { return float64(list[int(q*float64(len(list)-1))].Microseconds()) / 1000 }
			b.ReportMetric(at(0.5), name+"p50_ms")
			b.ReportMetric(at(0.99), name+"p99_ms")
			b.ReportMetric(at(1), name+"max_ms")
		}
	}
}

var spun uint64

func spin(n int) {
	for i := range n {
		spun = spun*6364136223846793005 + uint64(i)
	}
}

// spinsFor is how many spins take so long: the quickest of a few tries.
func spinsFor(d time.Duration) int {
	const n = 1_000_000
	best := time.Hour
	for range 10 {
		began := time.Now()
		spin(n)
		best = min(best, time.Since(began))
	}
	return int(n * int64(d) / int64(best))
}
