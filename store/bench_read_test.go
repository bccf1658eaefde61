package store

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"landale/event"
)

// The benchmarks of reading build their files once, in the folder for temporary
// files, and find them there the next time. By default they are small; the
// figures of docs/ARCHITECTURE.md come from
//
//	go test ./store -run '^$' -bench Read -rows 10000000 -lines 1000000
var (
	benchRows  = flag.Int("rows", 200_000, "events in the file that BenchmarkReadBuckets counts")
	benchLines = flag.Int("lines", 20_000, "lines in the file that BenchmarkReadSearch searches")
)

// benchEnd is when the last event of a benchmark's file happened.
var benchEnd = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// benchStore opens the file of a benchmark, and makes it if it is not there.
func benchStore(b *testing.B, name string, fill func(*Store)) *Store {
	b.Helper()
	dir := filepath.Join(os.TempDir(), "landale-bench")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		b.Fatal(err)
	}
	path := filepath.Join(dir, name)
	if _, err := os.Stat(path); err != nil {
		made := path + ".new"
		for _, old := range []string{made, made + "-wal", made + "-shm"} {
			os.Remove(old)
		}
		s, err := Open(b.Context(), made, Options{Config: DefaultConfig()})
		if err != nil {
			b.Fatal(err)
		}
		began := time.Now()
		fill(s)
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
		b.Logf("made %s in %s", name, time.Since(began).Round(time.Second))
		if err := os.Rename(made, path); err != nil {
			b.Fatal(err)
		}
	}
	return openAt(b, path)
}

// vocabulary is words whose frequency falls as those of a language do.
type vocabulary struct {
	r    *rand.Rand
	zipf *rand.Zipf
}

func newVocabulary(r *rand.Rand) vocabulary { return vocabulary{r, rand.NewZipf(r, 1.1, 3, 30_000)} }

// word spells the n-th most frequent word.
func (v vocabulary) word(n uint64) string {
	const syllables = "bacedifoguhajekilomunapereqisotuvawexiyozu"
	var b strings.Builder
	for n += 40; n > 0; n /= 21 {
		i := n % 21 * 2
		b.WriteString(syllables[i : i+2])
	}
	return b.String()
}

func (v vocabulary) line() string {
	words := make([]string, 6+v.r.IntN(14))
	for i := range words {
		words[i] = v.word(v.zipf.Uint64())
	}
	return strings.Join(words, " ")
}

// measure runs f often and gives the times at 50 and 95 of 100.
func measure(b *testing.B, n int, f func(i int)) (p50, p95 time.Duration) {
	b.Helper()
	took := make([]time.Duration, n)
	for i := range took {
		began := time.Now()
		f(i)
		took[i] = time.Since(began)
	}
	slices.Sort(took)
	return took[n/2], took[n*95/100]
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// BenchmarkReadBuckets counts ten events a second of twenty types by minute and
// hour, and compares with reading the rows.
func BenchmarkReadBuckets(b *testing.B) {
	n := *benchRows
	begin := benchEnd.Add(-time.Duration(n) * 100 * time.Millisecond)
	s := benchStore(b, fmt.Sprintf("buckets-%d.db", n), func(s *Store) { fillRows(b, s, n, begin) })
	whole := func(from time.Time, step event.Step) func(int) {
		return func(int) {
			list, err := s.Buckets(b.Context(), from, benchEnd, step, nil, time.UTC)
			if err != nil || len(list) == 0 || list[0].Total == 0 {
				b.Fatal(len(list), err)
			}
		}
	}
	raw := func(from time.Time, width int64) func(int) {
		return func(int) {
			counts, err := rawCounts(b.Context(), s, from, benchEnd, width)
			if err != nil || len(counts) == 0 {
				b.Fatal(err)
			}
		}
	}
	day := benchEnd.Add(-24 * time.Hour)
	if day.Before(begin) {
		day = begin
	}
	for _, c := range []struct {
		name  string
		from  time.Time
		step  event.Step
		width int64
		limit float64 // ms
	}{
		{"hour_by_minute", benchEnd.Add(-time.Hour), event.ByMinute, minuteMS, 2},
		{"day_by_minute", day, event.ByMinute, minuteMS, 25},
		{"all_by_hour", begin, event.ByHour, hourMS, 500},
	} {
		b.Run(c.name, func(b *testing.B) {
			whole(c.from, c.step)(0)
			rawRuns := 3
			if c.name == "all_by_hour" && n > 1_000_000 {
				rawRuns = 1
			}
			scan, _ := measure(b, rawRuns, raw(c.from, c.width))
			for b.Loop() {
				whole(c.from, c.step)(0)
			}
			p50, p95 := measure(b, 50, whole(c.from, c.step))
			b.ReportMetric(ms(p50), "p50-ms")
			b.ReportMetric(ms(p95), "p95-ms")
			b.ReportMetric(c.limit, "reach-ms")
			b.ReportMetric(float64(scan)/float64(p50), "x-faster-than-rows")
		})
	}
}

// rawCounts is the baseline: the rows themselves, counted by SQLite.
func rawCounts(ctx context.Context, s *Store, from, to time.Time, width int64) (map[[2]int64]int64, error) {
	rows, err := s.reader.QueryContext(ctx, `
		SELECT time_ms / ?3, type, count(*) FROM events WHERE key >= ?1 AND key < ?2 GROUP BY 1, 2`,
		int64(event.SeqAt(from)), int64(event.SeqAt(to)), width)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	counts := make(map[[2]int64]int64)
	for rows.Next() {
		var at, kind, n int64
		if err := rows.Scan(&at, &kind, &n); err != nil {
			return nil, err
		}
		counts[[2]int64{at, kind}] = n
	}
	return counts, rows.Err()
}

// fillRows writes rows and rollups straight: ten million through the writer
// would take half an hour on a busy machine.
func fillRows(b *testing.B, s *Store, n int, begin time.Time) {
	b.Helper()
	ctx := b.Context()
	for i := range 20 {
		if _, err := s.writer.ExecContext(ctx, `INSERT INTO names (id, name) VALUES (?, ?)`, i+1000, fmt.Sprint("bench.type_", i)); err != nil {
			b.Fatal(err)
		}
	}
	payload := `{"user_id":"141981764","user_login":"sundaygamer","user_name":"SundayGamer","message":"` + strings.Repeat("lorem ipsum ", 12) + `"}`
	r := rand.New(rand.NewPCG(1, 1))
	type cell struct{ at, kind int64 }
	const chunk = 50_000
	for from := 0; from < n; from += chunk {
		err := s.update(ctx, func(tx *sql.Tx) error {
			insert, err := tx.PrepareContext(ctx, `INSERT INTO events (key, id, time_ms, type, source, flags, payload) VALUES (?, ?, ?, ?, 1000, 0, ?)`)
			if err != nil {
				return err
			}
			defer insert.Close()
			minutes, hours := make(map[cell]int64), make(map[cell]int64)
			for i := from; i < min(from+chunk, n); i++ {
				at := begin.Add(time.Duration(i) * 100 * time.Millisecond)
				kind := int64(1000 + r.IntN(20))
				ms := at.UnixMilli()
				if _, err := insert.ExecContext(context.Background(), ms<<20, idValue(event.NewID(at)), ms, kind, payload); err != nil {
					return err
				}
				minutes[cell{ms / minuteMS, kind}]++
				hours[cell{ms / hourMS, kind}]++
			}
			for c, n := range minutes {
				if _, err := tx.ExecContext(ctx, `INSERT INTO minutes VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count`, c.at, c.kind, n); err != nil {
					return err
				}
			}
			for c, n := range hours {
				if _, err := tx.ExecContext(ctx, `INSERT INTO hours VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count`, c.at, c.kind, n); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkReadSearch searches lines of speech and chat, a line every three
// seconds and one in a hundred of them late, and compares with looking through
// the rows.
func BenchmarkReadSearch(b *testing.B) {
	n := *benchLines
	begin := benchEnd.Add(-time.Duration(n) * 3 * time.Second)
	s := benchStore(b, fmt.Sprintf("search-%d.db", n), func(s *Store) {
		r := rand.New(rand.NewPCG(2, 2))
		v := newVocabulary(r)
		batch := make([]event.Event, 0, 2000)
		for i := range n {
			at := begin.Add(time.Duration(i) * 3 * time.Second)
			happened := at
			if r.IntN(100) == 0 {
				happened = at.Add(-time.Duration(r.IntN(3600)) * time.Second)
			}
			user := r.IntN(2000)
			ev := said(happened, "stream_2025_01_01", v.line())
			if r.IntN(2) == 0 {
				ev = typed(happened, 1+user, fmt.Sprint("login", user), v.line())
			}
			batch = append(batch, publishedAt(ev, at, 0))
			if len(batch) == cap(batch) || i == n-1 {
				if err := s.write(b.Context(), batch); err != nil {
					b.Fatal(err)
				}
				batch = batch[:0]
			}
		}
	})
	v := newVocabulary(rand.New(rand.NewPCG(3, 3)))
	ask := func(q event.Query) int {
		p, err := s.Events(b.Context(), q)
		if err != nil {
			b.Fatal(err)
		}
		return len(p.Hits)
	}
	// Words by their place in the order of frequency: the first ten are in every
	// second to tenth line, the 300th in one of some hundred.
	words := func(from, to uint64) []string {
		var list []string
		for i := range uint64(40) {
			list = append(list, v.word(from+i*(to-from)/40))
		}
		return list
	}
	common, middling, rare := words(0, 40), words(200, 1000), words(15_000, 29_000)
	var prefixes []string
	for _, w := range middling {
		prefixes = append(prefixes, w[:2]+"*")
	}
	for _, c := range []struct {
		name  string
		words []string
		query event.Query
		limit float64
	}{
		{"newest20/common", common, event.Query{Limit: 20}, 20},
		{"newest20/middling", middling, event.Query{Limit: 20}, 20},
		{"newest20/rare", rare, event.Query{Limit: 20}, 20},
		{"newest20/two_letters", prefixes, event.Query{Limit: 20}, 20},
		{"newest20/chat", middling, event.Query{Limit: 20, Kinds: []event.Kind{event.Chat}}, 20},
		{"newest20/user", common, event.Query{Limit: 20, User: "login7"}, 100},
		{"newest20/a_year_ago", middling, event.Query{Limit: 20, To: begin.Add(benchEnd.Sub(begin) / 10)}, 20},
		{"oldest20/middling", middling, event.Query{Limit: 20, Oldest: true}, 20},
		{"ranked/middling", middling, event.Query{Limit: 20, Rank: true}, 150},
		{"ranked/common", common, event.Query{Limit: 20, Rank: true}, 150},
		{"ranked/two_letters", prefixes, event.Query{Limit: 20, Rank: true}, 150},
		{"around", []string{""}, event.Query{From: benchEnd.Add(-time.Hour), To: benchEnd.Add(-59 * time.Minute), Oldest: true}, 20},
		{"newest50", []string{""}, event.Query{}, 20},
		{"newest50/chat", []string{""}, event.Query{Kinds: []event.Kind{event.Chat}}, 20},
	} {
		b.Run(c.name, func(b *testing.B) {
			hits := 0
			run := func(i int) {
				q := c.query
				q.Text = c.words[i%len(c.words)]
				hits += ask(q)
			}
			measure(b, len(c.words), run) // warms the cache
			for i := 0; b.Loop(); i++ {
				run(i)
			}
			hits = 0
			p50, p95 := measure(b, 200, run)
			b.ReportMetric(float64(hits)/200, "hits")
			b.ReportMetric(ms(p50), "p50-ms")
			b.ReportMetric(ms(p95), "p95-ms")
			b.ReportMetric(c.limit, "reach-ms")
			if c.name == "newest20/rare" {
				scan, _ := measure(b, 1, func(int) {
					var found int
					if err := s.reader.QueryRowContext(b.Context(), `SELECT count(*) FROM events WHERE payload LIKE ?`, "%"+c.words[0]+"%").Scan(&found); err != nil {
						b.Fatal(err)
					}
				})
				b.ReportMetric(float64(scan)/float64(p50), "x-faster-than-rows")
			}
		})
	}
}
