package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"landale/event"
)

func export(t testing.TB, s *Store) string {
	t.Helper()
	var b bytes.Buffer
	n, err := s.Export(t.Context(), &b, time.Time{}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if lines := bytes.Count(b.Bytes(), []byte("\n")); lines != n {
		t.Fatalf("got %d lines, want %d", lines, n)
	}
	return b.String()
}

// strange are events that a round trip could damage.
func strange(t testing.TB) []event.Event {
	t.Helper()
	unknown := func(kind, object string) event.Event {
		p, err := event.NewUnknown(event.Type(kind), []byte(object))
		if err != nil {
			t.Fatal(err)
		}
		return event.New(event.Operator, day, p)
	}
	raws := []string{`{"a": 1,  "b":[1.0,1e2]}`, "{\n\"pretty\": true}", `"text"`, "not json", "\xff\xfe", ``, `[1, 2]`, ` {"a":1} `, `{"emoji":"🐉\u2028"}`}
	var evs []event.Event
	for _, raw := range raws {
		ev := unknown("custom.raw", `{"x":1}`)
		ev.Raw = []byte(raw)
		evs = append(evs, ev)
	}
	evs = append(evs,
		unknown("custom.numbers", `{"big":12345678901234567890123, "f":1.0, "e":1E5 , "dup":1,"dup":2}`),
		unknown("custom.empty", `{}`),
		unknown("custom.spaces", "{ \"a\" :\t[ 1 , 2 ] }"),
		unknown("custom.escapes", `{"s":"\u00e9\/\ud83d\ude00","\u0061":"<&>","raw":1,"event":{"type":"x"}}`),
		unknown("custom.shadow", `{"id":"theirs","type":"theirs"}`),
		typed(day, 1, "a", "emoji 🐉 rtl مرحبا nul-ish \u0001 sep \u2028 quote \" slash \\ <b>"),
		typed(day, 1, "a", ""),
		typed(day, 2, "b", strings.Repeat("long ", 2000)),
		typed(day, 3, "c", "x").WithID("an id of its own"),
		followed(day, 4, "d").WithID("5d4a2f58-6f5c-4a2e-9a0c-0a4e6a5c1f11"),
		typed(day, 5, "e", "caused").CausedBy(followed(day, 4, "d")),
	)
	for i := range evs {
		evs[i].Flags = event.Flags(i % 8)
		if i%3 == 0 {
			evs[i].RawType, evs[i].SourceID = "SomeType", "mic 1 / ü"
		}
		evs[i] = publishedAt(evs[i], day.Add(time.Duration(i)*time.Second), uint64(i))
	}
	return evs
}

func TestExportRoundTrip(t *testing.T) {
	a := open(t)
	store(t, a, strange(t)...)
	world(t, a, rand.New(rand.NewPCG(21, 22)), 1200)
	first := export(t, a)
	b := open(t)
	report, err := b.Import(t.Context(), strings.NewReader(first))
	if err != nil || report.Bad != 0 || report.Known != 0 {
		t.Fatalf("got %+v, %v", report, err)
	}
	second := export(t, b)
	if first != second {
		x, y := strings.Split(first, "\n"), strings.Split(second, "\n")
		for i := range min(len(x), len(y)) {
			if x[i] != y[i] {
				t.Fatalf("line %d: got %s, want %s", i+1, y[i], x[i])
			}
		}
		t.Fatalf("got %d lines, want %d", len(y), len(x))
	}
	for _, table := range []string{"events", "minutes", "hours", "people", "transcripts", "once"} {
		if x, y := rowsOf(t, a, table), rowsOf(t, b, table); x != y {
			t.Errorf("%s: got %d rows, want %d", table, y, x)
		}
	}
	q := event.Query{Text: "hello", Limit: 1000}
	if x, y := len(pages(t, a, q)), len(pages(t, b, q)); x != y || x == 0 {
		t.Errorf("words: got %d, want %d", y, x)
	}
	again, err := b.Import(t.Context(), strings.NewReader(first))
	if err != nil || again.Stored != 0 || again.Known != report.Lines || export(t, b) != first {
		t.Errorf("a second time: got %+v, %v", again, err)
	}
}

func rowsOf(t testing.TB, s *Store, table string) (n int) {
	t.Helper()
	if err := s.reader.QueryRowContext(t.Context(), `SELECT count(*) FROM `+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestExportBounds(t *testing.T) {
	s := open(t)
	evs := world(t, s, rand.New(rand.NewPCG(23, 24)), 1500)
	from, to := day.Add(20*time.Minute), day.Add(70*time.Minute)
	var b bytes.Buffer
	n, err := s.Export(t.Context(), &b, from, to)
	if err != nil {
		t.Fatal(err)
	}
	var want bytes.Buffer
	for _, ev := range evs {
		if !ev.Time.Before(from) && ev.Time.Before(to) {
			want.Write(append(ev.AppendJSON(nil), '\n'))
		}
	}
	if b.String() != want.String() {
		t.Errorf("got %d events, want %d", n, bytes.Count(want.Bytes(), []byte("\n")))
	}
}

// writerFunc lets a function be an io.Writer.
type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

func TestExportNeverWritesHalfALine(t *testing.T) {
	s := open(t)
	world(t, s, rand.New(rand.NewPCG(25, 26)), 1500)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	lines := 0
	n, err := s.Export(ctx, writerFunc(func(b []byte) (int, error) {
		if !bytes.HasSuffix(b, []byte("\n")) {
			t.Errorf("a write ends with %q", b[max(0, len(b)-20):])
		}
		lines += bytes.Count(b, []byte("\n"))
		cancel()
		return len(b), nil
	}), time.Time{}, time.Time{})
	if !errors.Is(err, context.Canceled) || n != lines || n == 0 || n == 1500 {
		t.Errorf("got %d of %d lines, %v", n, lines, err)
	}
	full := errors.New("disk full")
	if n, err := s.Export(t.Context(), writerFunc(func([]byte) (int, error) { return 0, full }), time.Time{}, time.Time{}); n != 0 || !errors.Is(err, full) {
		t.Errorf("got %d, %v", n, err)
	}
}

func TestImportOfOtherFiles(t *testing.T) {
	s := open(t)
	put(t, s, typed(day, 1, "a", "was here").WithID("here"))
	taken := fmt.Sprint(event.SeqAt(day))
	file := strings.Join([]string{
		"\ufeff" + `{"type":"channel.chat.message","timestamp":"2025-03-14T18:00:00.000Z","id":"here","message":"was here"}`,
		`{"type":"custom.a","timestamp":"2025-03-14T18:00:00Z","seq":"` + taken + `","id":"taken"}`,
		``,
		`{"type":"custom.b","timestamp":"2025-03-14T18:00:00Z"}` + "\r",
		`{"type":"custom.b","timestamp":"2025-03-14T18:00:00Z"}`,
		`{"type":"custom.c","timestamp":"2099-01-01T00:00:00Z","id":"future"}`,
		`{"type":"custom.d","seq":"1741975200000000007","id":"no time"}`,
		`{"type":"custom.e"`,
		`{"type":"custom.f"}`,
		`[1]`,
		"\xff",
		`{"type":"transcription.partial","timestamp":"2025-03-14T18:00:00Z","text":"hel"}`,
		strings.Repeat("x", lineBytes+10),
		`{"type":"channel.follow","timestamp":"2025-03-14T18:00:00Z","id":"wrong","user_id":5}`,
		`{"type":"custom.last","timestamp":"2025-03-14T18:00:00Z","id":"last"}`,
	}, "\n")
	r, err := s.Import(t.Context(), strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	if r.Lines != 14 || r.Stored != 6 || r.Known != 2 || r.Bad != 6 {
		t.Errorf("got %+v", r)
	}
	var bad []int
	for _, e := range r.Errors {
		bad = append(bad, e.Line)
	}
	if got, want := fmt.Sprint(bad), "[8 9 10 11 12 13]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for id, seq := range map[string]uint64{"taken": event.SeqAt(day) + 1, "last": event.SeqAt(day) + 4} {
		if ev, err := s.Event(t.Context(), id); err != nil || ev.Seq != seq {
			t.Errorf("%s: got %d, %v, want %d", id, ev.Seq, err, seq)
		}
	}
	if s.LastSeq() > event.SeqAt(time.Now()) {
		t.Errorf("an event from the future has a Seq in the future")
	}
	if ev, err := s.Event(t.Context(), "future"); err != nil || ev.Time.Year() != 2099 {
		t.Errorf("got %v, %v", ev.Time, err)
	}
}

// A file that cannot be read to its end leaves what was read before it.
func TestImportOfBrokenReader(t *testing.T) {
	s := open(t)
	gone := errors.New("network gone")
	r, err := s.Import(t.Context(), io.MultiReader(strings.NewReader(`{"type":"custom.a","timestamp":"2025-03-14T18:00:00Z"}`+"\n"), errReader{gone}))
	if !errors.Is(err, gone) || r.Stored != 1 {
		t.Errorf("got %+v, %v", r, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Import(ctx, strings.NewReader(`{"type":"custom.b","timestamp":"2025-03-14T18:00:00Z"}`)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }

func FuzzImport(f *testing.F) {
	for _, line := range []string{`{"raw":{"a":1},"event":{"type":"custom.x","timestamp":"2025-03-14T18:00:00Z"}}`, `{"raw_base64":"AA==","event":{}}`, `{"raw":1}`, `{"type":"a","timestamp":"2025-03-14T18:00:00Z","seq":1}`, "{}\n\n{", "\xef\xbb\xbf", `{"type":"channel.follow","timestamp":"2025-03-14T18:00:00Z","seq":9007199254740993}`} {
		f.Add([]byte(line))
	}
	s := open(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := s.Import(t.Context(), bytes.NewReader(data)); err != nil {
			t.Fatal(err)
		}
		// Whatever came in comes out as it would come in again.
		before := export(t, s)
		again := openAt(t, t.TempDir()+"/again.db")
		if r, err := again.Import(t.Context(), strings.NewReader(before)); err != nil || r.Bad > 0 {
			t.Fatalf("%v, %+v", err, r)
		}
		if after := export(t, again); after != before {
			t.Fatalf("got %s, want %s", after, before)
		}
	})
}
