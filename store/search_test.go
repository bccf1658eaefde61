package store

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"landale/event"
)

func TestParseSearch(t *testing.T) {
	for text, want := range map[string]string{
		"hello world":      `{text who} : ("hello" AND "world")`,
		` "a b"  c `:       `{text who} : ("a b" AND "c")`,
		"dra*":             `{text who} : ("dra*" *)`,
		`"good mor"*`:      `{text who} : ("good mor" *)`,
		"a -b -\"c d\"":    `{text who} : (("a") NOT ("b" OR "c d"))`,
		"spider-man":       `{text who} : ("spider-man")`,
		`open "quote`:      `{text who} : ("open" AND "quote")`,
		"“typed on a Mac”": `{text who} : ("typed on a Mac")`,
		"AND OR":           `{text who} : ("AND" AND "OR")`,
		"🐉 dragon ...":     `{text who} : ("dragon")`,
		`say"hi"`:          `{text who} : ("say" AND "hi")`,
	} {
		s, err := parseSearch(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.match(nil); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
	for _, text := range []string{strings.Repeat("a", searchBytes+1), strings.Repeat("a ", searchTerms+1)} {
		var bad *event.InvalidError
		if _, err := parseSearch(text); !errors.As(err, &bad) || bad.Fields[0].Field != "text" {
			t.Errorf("%d bytes: got %v", len(text), err)
		}
	}
}

func TestSnippet(t *testing.T) {
	long := strings.Repeat("lorem ipsum dolor ", 30)
	for _, c := range []struct{ text, words, want string }{
		{"Hello World", "world", "Hello [World]"},
		{"Ein Café in München", "cafe munchen", "Ein [Café] in [München]"},
		{"cafe\u0301 bar", "café", "[cafe\u0301] bar"},
		{"naïve résumé", "NAÏVE resume", "[naïve] [résumé]"},
		{"good morning everyone", `"good morning"`, "[good morning] everyone"},
		{"morning good", `good morning`, "[morning] [good]"},
		{"dragons and drag", "drag*", "[dragons] and [drag]"},
		{"🐉 dragon 🐉", "dragon", "🐉 [dragon] 🐉"},
		{"👨‍👩‍👧family", "family", "👨‍👩‍👧[family]"},
		{"مرحبا بالعالم", "بالعالم", "مرحبا [بالعالم]"},
		{"日本語 テスト", "日本*", "[日本語] テスト"},
		{"fake \x02mark\x03 here", "here", "fake mark [here]"},
		{"no match here", "somebody", "no match here"},
		{"a a a", "a", "[a] [a] [a]"},
		{long + "needle " + long, "needle", "…lorem ipsum dolor lorem ipsum dolor lorem ipsum dolor [needle] lorem ipsum dolor lorem ipsum dolor lorem ipsum dolor lorem ipsum dolor lorem ipsum dolor lorem ipsum dolor lorem ipsum dolor lorem ipsum dolor lorem ipsum dolor lorem ipsum dolor lorem ipsum dolor lorem ipsum…"},
	} {
		s, err := parseSearch(c.words)
		if err != nil {
			t.Fatal(err)
		}
		got := strings.NewReplacer("\u0002", "[", "\u0003", "]").Replace(s.snippet(c.text))
		if got != c.want {
			t.Errorf("%s in %q: got %q, want %q", c.words, c.text, got, c.want)
		}
	}
}

func FuzzSnippet(f *testing.F) {
	f.Add("hello world", "world")
	f.Add(strings.Repeat("日本語🐉", 100), "日本*")
	f.Add(strings.Repeat("e\u0301", 300), "e*")
	f.Add(strings.Repeat("👨‍👩‍👧 ", 100)+"x", "x")
	f.Fuzz(func(t *testing.T, text, words string) {
		s, err := parseSearch(words)
		if err != nil || !utf8.ValidString(text) {
			t.Skip()
		}
		got := s.snippet(text)
		if !utf8.ValidString(got) {
			t.Errorf("broken runes: %q", got)
		}
		if a, b := strings.Count(got, "\u0002"), strings.Count(got, "\u0003"); a != b {
			t.Errorf("%d marks open and %d close", a, b)
		}
		plain := strings.NewReplacer("\u0002", "", "\u0003", "")
		cut := strings.TrimSuffix(strings.TrimPrefix(plain.Replace(got), "…"), "…")
		if !strings.Contains(plain.Replace(text), cut) && !strings.Contains(text, "…") {
			t.Errorf("%q is no part of %q", cut, text)
		}
	})
}

// The splitter of snippets and ranking finds the words that the index finds.
func TestTokensAgreeWithIndex(t *testing.T) {
	s := open(t)
	texts := []string{
		"Ångström Ünïcödé ÉCOLE", "Ελληνικά ΤΈΛΟΣ τέλος", "Привет ЁЛКА ёлка", "straße STRASSE", "İstanbul ısı", "x² ½ Ⅷ",
		"naïve cafe\u0301 o\u0308l", "don't can’t", "a_b c-d e.f", "日本語テキスト 한국어", "हिन्दी", "ﬁne Ǆ ǆ", "tiếng Việt ơ Ệ", "1,000 3.14 #tag @name",
	}
	for i, text := range texts {
		put(t, s, typed(day.Add(time.Duration(i)*time.Second), 1, "", text))
	}
	for _, text := range texts {
		for _, w := range tokens(text, nil) {
			found := slices.ContainsFunc(pages(t, s, event.Query{Text: text[w.start:w.end]}), func(ev event.Event) bool { return ev.Text() == text })
			if !found {
				t.Errorf("%q of %q is not found", text[w.start:w.end], text)
			}
		}
		p, err := s.Events(t.Context(), event.Query{Text: `"` + text + `"`})
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Hits) != 1 || !strings.Contains(p.Hits[0].Snippet, "\u0002") {
			t.Errorf("%q: got %d hits", text, len(p.Hits))
		}
	}
}

func TestRank(t *testing.T) {
	s := open(t)
	put(t, s,
		said(day, "x", "the dragon dragon dragon is here"),
		said(day.Add(time.Minute), "x", "there was once upon a time in a land far away from here a very small and rather sleepy dragon"),
		said(day.Add(2*time.Minute), "x", "a dragon"),
		typed(day.Add(3*time.Minute), 1, "dragon", "hello"),
	)
	var got []string
	for _, ev := range pages(t, s, event.Query{Text: "dragon", Rank: true, Limit: 1, Oldest: true}) {
		got = append(got, strings.Fields(ev.Text())[1%len(strings.Fields(ev.Text()))])
	}
	if want := []string{"dragon", "dragon", "hello", "was"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
