package store

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"landale/event"

	"golang.org/x/text/unicode/norm"
)

// What a person types into the search box is taken apart here and put together
// again as a question that FTS5 always understands: each word goes to it as a
// quoted string. The same words, split and folded as the tokenizer of the index
// does, find their places in a text again for snippets and ranking, since the
// index holds no text.

// searchBytes and searchTerms bound what one question may ask.
const (
	searchBytes = 1000
	searchTerms = 64
)

// term is one thing to look for: a word, or a phrase of several.
type term struct {
	text   string   // for FTS5, which splits it itself
	words  []string // folded, at least one
	prefix bool     // the last word may go on
}

// search is a question's text. Words that nothing can be found by, such as a
// lone emoji or dash, are not in it.
type search struct {
	want, not []term
}

// parseSearch takes the text of a question apart: words, "phrases", beginnings*
// and -words that must not be there. A quote that is not closed goes on to the
// end.
func parseSearch(text string) (s search, err error) {
	if len(text) > searchBytes {
		return s, invalid("text", "has %d bytes, more than %d", len(text), searchBytes)
	}
	// FTS5 reads a C string, so a zero byte would cut a quote open.
	rest := strings.NewReplacer("\x00", " ", "“", `"`, "”", `"`, "„", `"`).Replace(strings.ToValidUTF8(text, " "))
	for {
		rest = strings.TrimLeftFunc(rest, unicode.IsSpace)
		if rest == "" {
			break
		}
		var t term
		bare := strings.TrimLeft(rest, "-")
		not := len(bare) < len(rest)
		rest = bare
		if phrase, ok := strings.CutPrefix(rest, `"`); ok {
			t.text, rest, _ = strings.Cut(phrase, `"`)
			rest, t.prefix = strings.CutPrefix(rest, "*")
		} else {
			end := strings.IndexFunc(rest, func(r rune) bool { return r == '"' || unicode.IsSpace(r) })
			if end < 0 {
				end = len(rest)
			}
			t.text, rest = rest[:end], rest[end:]
			t.prefix = strings.HasSuffix(t.text, "*")
		}
		for _, w := range tokens(t.text, nil) {
			t.words = append(t.words, w.word)
		}
		switch {
		case len(t.words) == 0:
		case not:
			s.not = append(s.not, t)
		default:
			s.want = append(s.want, t)
		}
	}
	if n := len(s.want) + len(s.not); n > searchTerms {
		return s, invalid("text", "has %d words, more than %d", n, searchTerms)
	}
	return s, nil
}

// match is what FTS5 is asked for the words that are wanted; kinds, if there are
// any, narrow it. The kind is a column of the index too, so words are looked for
// in the others only.
func (s search) match(kinds []event.Kind) string {
	expr := join(s.want, " AND ")
	if len(s.not) > 0 {
		expr = "(" + expr + ") NOT (" + join(s.not, " OR ") + ")"
	}
	expr = "{text who} : (" + expr + ")"
	if len(kinds) > 0 {
		names := make([]string, len(kinds))
		for i, k := range kinds {
			names[i] = quote(string(k))
		}
		expr += " AND {kind} : (" + strings.Join(names, " OR ") + ")"
	}
	return expr
}

// unwanted is what FTS5 is asked when only words that must not be there are
// given.
func (s search) unwanted() string { return "{text who} : (" + join(s.not, " OR ") + ")" }

func join(ts []term, between string) string {
	parts := make([]string, len(ts))
	for i, t := range ts {
		parts[i] = quote(t.text)
		if t.prefix {
			parts[i] += " *"
		}
	}
	return strings.Join(parts, between)
}

func quote(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

// token is a word of a text as the index sees it, and the bytes it stands in.
type token struct {
	word       string
	start, end int
}

// tokens splits a text as FTS5's unicode61 with remove_diacritics 2 does, and
// appends to dst.
func tokens(text string, dst []token) []token {
	start := -1
	var word []byte
	flush := func(end int) {
		if start >= 0 {
			dst = append(dst, token{string(word), start, end})
			start, word = -1, word[:0]
		}
	}
	for i, r := range text {
		switch {
		case unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.Is(unicode.Co, r):
			if start < 0 {
				start = i
			}
			word = utf8.AppendRune(word, fold(r))
		case start >= 0 && 0x300 <= r && r <= 0x331: // a mark on the letter before it
		default:
			flush(i)
		}
	}
	flush(len(text))
	return dst
}

// fold makes letters the same that the index takes for the same: upper and lower
// case, and Latin ones with and without marks.
func fold(r rune) rune {
	if r < 0x80 {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}
	if d := norm.NFD.PropertiesString(string(r)).Decomposition(); len(d) > 0 {
		base, n := utf8.DecodeRune(d)
		marks := true
		for _, m := range string(d[n:]) {
			marks = marks && unicode.Is(unicode.Mn, m)
		}
		if marks && n < len(d) && unicode.Is(unicode.Latin, base) {
			return fold(base)
		}
	}
	r = unicode.ToLower(r)
	if r == 'ς' {
		return 'σ'
	}
	return r
}

// span is a place in a text, in bytes.
type span struct{ start, end int }

// find appends where the term stands among the words of a text.
func (t term) find(words []token, dst []span) []span {
	last := len(t.words) - 1
next:
	for i := 0; i+last < len(words); i++ {
		for j, w := range t.words {
			have := words[i+j].word
			if have != w && !(j == last && t.prefix && strings.HasPrefix(have, w)) {
				continue next
			}
		}
		dst = append(dst, span{words[i].start, words[i+last].end})
	}
	return dst
}

// The marks around a match in a snippet.
const (
	markStart = '\u0002'
	markEnd   = '\u0003'
)

// snippetBytes is how long a snippet is at most without its marks, snippetLead
// how much of it stands before the first match. Most lines of chat and speech
// are shorter and are given whole.
const (
	snippetBytes = 280
	snippetLead  = 60
)

// snippet is the part of a text where most of the matches stand, with each match
// between U+0002 and U+0003, and "…" where it was cut. Without a match (the word
// was the login) it is the beginning.
func (s search) snippet(text string) string {
	words := tokens(text, nil)
	var spans []span
	for _, t := range s.want {
		spans = t.find(words, spans)
	}
	slices.SortFunc(spans, func(a, b span) int { return a.start - b.start })
	spans = merged(spans)
	from, to := excerpt(text, spans)

	var b strings.Builder
	plain := func(from, to int) {
		for _, r := range text[from:to] {
			if r != markStart && r != markEnd { // a text may not fake a match
				b.WriteRune(r)
			}
		}
	}
	if from > 0 {
		b.WriteRune('…')
	}
	at := from
	for _, m := range spans {
		if m.start < from || m.end > to {
			continue
		}
		plain(at, m.start)
		b.WriteRune(markStart)
		end := min(wholeRune(text, m.end), to)
		plain(m.start, end)
		b.WriteRune(markEnd)
		at = end
	}
	plain(at, to)
	if to < len(text) {
		b.WriteRune('…')
	}
	return b.String()
}

// merged joins spans that overlap; they are sorted by start.
func merged(spans []span) []span {
	out := spans[:0]
	for _, m := range spans {
		if n := len(out); n > 0 && m.start < out[n-1].end {
			out[n-1].end = max(out[n-1].end, m.end)
			continue
		}
		out = append(out, m)
	}
	return out
}

// excerpt chooses the part of a text that a snippet shows.
func excerpt(text string, spans []span) (from, to int) {
	if len(text) <= snippetBytes {
		return 0, len(text)
	}
	best, most := 0, 0
	for i, first := range spans {
		n := 0
		for _, m := range spans[i:] {
			if m.end > first.start+snippetBytes-snippetLead {
				break
			}
			n++
		}
		if n > most {
			best, most = first.start, n
		}
	}
	from = max(0, min(best-snippetLead, len(text)-snippetBytes))
	to = min(len(text), from+snippetBytes)
	if from > 0 {
		if i := strings.IndexByte(text[from:max(from, best)], ' '); i >= 0 {
			from += i + 1
		} else {
			from = wholeRune(text, from)
		}
	}
	if to < len(text) {
		if i := strings.LastIndexByte(text[from:to], ' '); i > snippetBytes/2 {
			to = from + i
		} else {
			to = wholeRune(text, to)
		}
	}
	return from, to
}

// wholeRune moves a place in a text on until what a reader sees as one character
// is not cut: past the rest of a rune, marks, joiners and variation selectors.
func wholeRune(text string, at int) int {
	for at < len(text) && !utf8.RuneStart(text[at]) {
		at++
	}
	for at < len(text) {
		r, n := utf8.DecodeRuneInString(text[at:])
		before, _ := utf8.DecodeLastRuneInString(text[:at])
		const joiner = '\u200d'
		skin := 0x1f3fb <= r && r <= 0x1f3ff
		if !(unicode.In(r, unicode.Mn, unicode.Mc, unicode.Me) || r == joiner || skin || before == joiner) {
			break
		}
		at += n
	}
	return at
}

// rank scores texts by Okapi BM25 over the texts themselves: the newest few
// thousand matches. FTS5's own bm25() counts every match of each word first
// (0.2 s for a common word in a million lines), and its scores move while new
// lines arrive, so that a cursor would skip and repeat. A match in the login
// alone scores as one word of an average text.
func (s search) rank(texts []string) []float64 {
	const k1, b = 1.2, 0.75
	var (
		words  []token
		spans  []span
		length = make([]float64, len(texts))
		counts = make([]float64, len(texts)*len(s.want))
		total  float64
	)
	having := make([]float64, len(s.want))
	for i, text := range texts {
		words = tokens(text, words[:0])
		length[i] = float64(len(words))
		total += length[i]
		for j, t := range s.want {
			spans = t.find(words, spans[:0])
			counts[i*len(s.want)+j] = float64(len(spans))
			if len(spans) > 0 {
				having[j]++
			}
		}
	}
	mean := max(total/float64(max(len(texts), 1)), 1)
	scores := make([]float64, len(texts))
	for i := range texts {
		for j := range s.want {
			n, size := counts[i*len(s.want)+j], length[i]
			if n == 0 {
				n, size = 1, mean
			}
			idf := math.Log(1 + (float64(len(texts))-having[j]+0.5)/(having[j]+0.5))
			scores[i] += idf * n * (k1 + 1) / (n + k1*(1-b+b*size/mean))
		}
	}
	return scores
}

// invalid is the error for a question or an edit that cannot be, by its field.
func invalid(field, format string, args ...any) error {
	return &event.InvalidError{Fields: []event.FieldError{{Field: field, Message: fmt.Sprintf(format, args...)}}}
}
