package hub

import (
	"errors"
	"maps"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

var someParams = []param{
	textParam("q", "").upTo(10),
	wholeParam("limit", "", 50, 1, 1000),
	wholeParam("capped", "", 25, 1, 100).clamped(),
	wholeParam("id", "", 0, 1, math.MaxInt64),
	timeParam("from", ""),
	boolParam("tests", ""),
	oneOfParam("order", "", "newest", "oldest"),
	typeParam("type", "").repeatable(),
}

func parseSome(query string) (args, error) {
	return parseArgs(someParams, query, func(string) string { return "" })
}

func TestQueryValues(t *testing.T) {
	at := time.Date(2026, 11, 24, 19, 0, 0, 0, time.UTC)
	tests := []struct {
		query, name string
		want        any
	}{
		{"", "limit", int64(50)},
		{"", "q", nil},
		{"q=", "q", nil},
		{"q=a+b%20c", "q", "a b c"},
		{"q=%E2%9C%93%F0%9F%98%80", "q", "✓😀"},
		{"limit=7", "limit", int64(7)},
		{"capped=5000", "capped", int64(100)},
		{"from=2026-11-24T19:00:00Z", "from", at},
		{"from=2026-11-24T20:00:00%2B01:00", "from", at},
		{"from=2026-11-24T20:00:00+01:00", "from", at}, // a plus that nobody escaped
		{"from=2026-11-24T19:00:00.000Z", "from", at},
		{"from=1795546800000", "from", at},
		{"from=0", "from", time.Unix(0, 0).UTC()},
		{"tests=true", "tests", true},
		{"tests=0", "tests", false},
		{"order=oldest", "order", "oldest"},
	}
	for _, tt := range tests {
		a, err := parseSome(tt.query)
		if err != nil {
			t.Errorf("%q: %v", tt.query, err)
			continue
		}
		if got := a[tt.name]; got != tt.want {
			t.Errorf("%q: got %v, want %v", tt.query, got, tt.want)
		}
	}
	a, err := parseSome("type=channel.follow&type=obs.*")
	if err != nil || !slices.Equal(a.texts("type"), []string{"channel.follow", "obs.*"}) {
		t.Errorf("got %v, %v", a.texts("type"), err)
	}
}

// All problems are told at once, by field.
func TestQueryProblems(t *testing.T) {
	tests := []struct {
		query  string
		fields []string
	}{
		{"limit=0", []string{"limit"}},
		{"limit=1001", []string{"limit"}},
		{"limit=1e3", []string{"limit"}},
		{"limit=99999999999999999999", []string{"limit"}},
		{"capped=-1", []string{"capped"}},
		{"limit=1&limit=2", []string{"limit"}},
		{"from=yesterday", []string{"from"}},
		{"from=-1", []string{"from"}},
		{"from=253402300800000", []string{"from"}},
		{"from=1969-12-31T00:00:00Z", []string{"from"}},
		{"tests=yes", []string{"tests"}},
		{"order=best", []string{"order"}},
		{"type=channel..follow", []string{"type"}},
		{"type=*", []string{"type"}},
		{"type=a%20b&type=ok", []string{"type"}},
		{"q=12345678901", []string{"q"}},
		{"q=%ff%fe", []string{"q"}},
		{"q=a%00b", []string{"q"}},
		{"q=%zz", []string{"query"}},
		{"q=a;b", []string{"query"}},
		{"limti=5", []string{"limti"}},
		{"%ff=5", []string{`"\xff"`}},
		{"limit=x&from=y&tests=z&nothing=1", []string{"from", "limit", "nothing", "tests"}},
		{strings.Repeat("q=a&", 3000), []string{"query"}},
		{strings.Repeat("type=a&", 101), []string{"type"}},
	}
	for _, tt := range tests {
		_, err := parseSome(tt.query)
		var e *Error
		if !errors.As(err, &e) || e.Code != "invalid_parameters" {
			t.Errorf("%.40q: got %v, want invalid_parameters", tt.query, err)
			continue
		}
		if got := fieldsOf(t, e); !slices.Equal(got, tt.fields) {
			t.Errorf("%.40q: got problems with %q, want %q", tt.query, got, tt.fields)
		}
	}
}

func TestMissingParameters(t *testing.T) {
	params := []param{textParam("q", "").required(), timeParam("from", "").required()}
	_, err := parseArgs(params, "", nil)
	var e *Error
	if !errors.As(err, &e) || e.Code != "missing_parameters" || !slices.Equal(fieldsOf(t, e), []string{"from", "q"}) {
		t.Errorf("got %v", err)
	}
	_, err = parseArgs(params, "from=x", nil)
	if !errors.As(err, &e) || e.Code != "invalid_parameters" || !slices.Equal(fieldsOf(t, e), []string{"from", "q"}) {
		t.Errorf("missing and wrong: got %v", err)
	}
}

// fieldsOf are the names of the fields that an error complains of.
func fieldsOf(t *testing.T, e *Error) []string {
	t.Helper()
	a := answer{&http.Response{}, mustJSON(fail(e, time.Now()))}
	_, bad := a.failure(t)
	return slices.Sorted(maps.Keys(bad))
}

func FuzzQuery(f *testing.F) {
	for _, s := range []string{
		"", "q=a+b&limit=5", "from=2026-11-24T20:00:00+01:00", "from=1795546800000", "limit=-1&limit=2", "%zz=%", "q=%ff", "a;b", "type=channel.*&type=x", "=", "&&&", "q=\x00",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, query string) {
		a, err := parseSome(query)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || codes[e.Code] != 400 || len(fieldsOf(t, e)) == 0 {
				t.Fatalf("%q: got %v, want a named problem", query, err)
			}
			return
		}
		if n := a.int("limit"); n < 1 || n > 1000 {
			t.Errorf("%q: limit is %d", query, n)
		}
		if n := a.int("capped"); n < 1 || n > 100 {
			t.Errorf("%q: capped is %d", query, n)
		}
		if q := a.text("q"); !utf8.ValidString(q) || utf8.RuneCountInString(q) > 10 {
			t.Errorf("%q: q is %q", query, q)
		}
		if at := a.time("from"); a.has("from") && (at.Year() < 1970 || at.Year() > 9999) {
			t.Errorf("%q: from is %v", query, at)
		}
		for _, name := range a.texts("type") {
			if strings.ContainsAny(name, " \x00;") || name == "" {
				t.Errorf("%q: type is %q", query, name)
			}
		}
	})
}
