package audio

import (
	"strings"
	"unicode"
)

// Word is one word that a recogniser heard, with its time from the beginning of
// the sound that it was given. Engines without word times leave Start and End 0.
type Word struct {
	Text       string
	Start, End float64 // seconds
	// Prob is how sure the engine is, 0 to 1; negative where it does not say.
	Prob float64
}

// agreement decides which words of a growing utterance will stay: those on which
// the newest two hypotheses agree from the beginning on (LocalAgreement-2, Macháček
// et al. 2023). What is committed is never taken back before the final.
type agreement struct {
	committed []string
	last      []string // the words after the committed ones in the newest hypothesis
}

// add takes the newest hypothesis of the whole utterance and returns the words
// that stay and those that may still change.
func (a *agreement) add(words []string) (committed, tail []string) {
	rest := a.align(words)
	n := 0
	for n < len(rest) && n < len(a.last) && normal(rest[n]) == normal(a.last[n]) {
		n++
	}
	a.committed = append(a.committed, rest[:n]...)
	a.last = rest[n:]
	return a.committed, a.last
}

// align gives the hypothesis's words that come after the committed ones: after
// the place, at most two words from the expected one, where the newest three
// committed words stand again. An engine may hear a word more or less in what it
// told before; the screen keeps what it has.
func (a *agreement) align(words []string) []string {
	n := len(a.committed)
	k := min(3, n)
	for _, off := range []int{0, -1, 1, -2, 2} {
		at := n + off
		if at < k || at > len(words) {
			continue
		}
		same := true
		for i := range k {
			same = same && normal(words[at-k+i]) == normal(a.committed[n-k+i])
		}
		if same {
			return words[at:]
		}
	}
	if len(words) <= n {
		return nil
	}
	return words[n:]
}

// normal is a word without case and punctuation, for comparing hypotheses.
func normal(w string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\'' || r == '’':
			return -1
		case unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r):
			return unicode.ToLower(r)
		}
		return -1
	}, w)
}
