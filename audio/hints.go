package audio

import (
	"strings"
	"unicode/utf8"
)

// maxPrompt is how many characters of prompt engines are given: Whisper takes
// 224 tokens, which names use up quickly.
const maxPrompt = 200

// maxBefore is how many characters of the sentence before go with them: Whisper
// cuts a prompt that is too long at its beginning, where the names are.
const maxBefore = 150

// ending is the end of a text, from a word on.
func ending(text string) string {
	r := []rune(text)
	if len(r) <= maxBefore {
		return text
	}
	_, rest, _ := strings.Cut(string(r[len(r)-maxBefore:]), " ")
	return rest
}

// prompt puts names behind the owner's own line, the most important first; the
// least important are cut.
func prompt(own string, names []string) string {
	own = strings.TrimSpace(own)
	left := maxPrompt - utf8.RuneCountInString(own) - 2
	var used []string
	for _, n := range names {
		n = strings.TrimSpace(n)
		size := utf8.RuneCountInString(n)
		if n == "" || size > 50 {
			continue
		}
		if left -= size + 2; left < 0 {
			break
		}
		used = append(used, n)
	}
	if len(used) == 0 {
		return own
	}
	return strings.TrimSpace(own + " " + strings.Join(used, ", ") + ".")
}
