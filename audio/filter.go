package audio

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// FilterConfig is the section [audio.filter]: what a recogniser makes up is not
// taken for speech.
type FilterConfig struct {
	// NoSpeech and LogProb drop what the engine itself doubts: a no-speech
	// probability above the one and a mean log probability below the other.
	NoSpeech float64 `toml:"no_speech"`
	LogProb  float64 `toml:"log_prob"`
	// Compression is how often text may repeat itself: its length over its
	// compressed length.
	Compression float64 `toml:"compression"`
	// MaxWordsPerSecond is how fast anybody talks, by voiced time.
	MaxWordsPerSecond float64 `toml:"max_words_per_second"`
	// Phrases are dropped, beside the built-in ones of the language, when they are
	// the whole of a doubtful utterance.
	Phrases []string `toml:"phrases"`
	// Replace changes what is shown and stored; the recogniser's own text is kept
	// beside it.
	Replace []Replacement `toml:"replace"`
	// Profanity says what happens to words of Swearwords: off, mask or drop.
	Profanity  string   `toml:"profanity" enum:"off,mask,drop"`
	Swearwords []string `toml:"swearwords"`
}

// Replacement is one [[audio.filter.replace]]: a regular expression, matched on
// whole words without regard to case, and what stands there instead.
type Replacement struct {
	Match string `toml:"match"`
	With  string `toml:"with"`
}

// DefaultFilterConfig are the values of Whisper's own decoder and of speech.md.
func DefaultFilterConfig() FilterConfig {
	return FilterConfig{NoSpeech: 0.6, LogProb: -1, Compression: 2.4, MaxWordsPerSecond: 7, Profanity: "off"}
}

// stock are the phrases that recognisers make of silence and music, by language:
// the ends of the videos that they were trained on.
var stock = map[string][]string{
	"en": {"thanks for watching", "thank you for watching", "thank you very much for watching", "please subscribe", "please like and subscribe", "subscribe to my channel", "see you in the next video", "subtitles by", "subtitles by the amara org community", "transcription by", "captions by", "amara org", "thank you", "bye", "you"},
	"de": {"vielen dank fürs zuschauen", "danke fürs zuschauen", "untertitel der amara org community", "untertitel von", "untertitelung des zdf", "bis zum nächsten mal"},
	"fr": {"merci d avoir regardé", "merci d avoir regardé cette vidéo", "sous titres réalisés par la communauté d amara org", "sous titrage", "abonnez vous"},
	"es": {"gracias por ver", "gracias por ver el video", "subtítulos realizados por la comunidad de amara org", "suscríbete"},
	"ja": {"ご視聴ありがとうございました", "チャンネル登録お願いします"},
}

// verdict is what the filters make of a final. Dropped says why there is no
// text.
type verdict struct {
	Text    string
	Dropped string
}

// doubts reports whether a result looks like an engine that ran in a circle: once
// more, without the prompt and with its whole context, it may find its way.
func (f *filter) doubts(r Result) bool {
	text := tidy(r.Text)
	_, looped := unloop(text)
	return looped || ratio(text) > f.cfg.Compression
}

// filter is FilterConfig made ready.
type filter struct {
	cfg     FilterConfig
	phrases map[string]bool
	replace []replacement
	swear   *regexp.Regexp
}

type replacement struct {
	match *regexp.Regexp
	with  string
}

// newFilter compiles the settings; the error names the expression.
func newFilter(cfg FilterConfig) (*filter, error) {
	f := &filter{cfg: cfg, phrases: map[string]bool{}}
	for _, p := range cfg.Phrases {
		f.phrases[spoken(p)] = true
	}
	for _, r := range cfg.Replace {
		re, err := regexp.Compile(`(?i)(^|[^\pL\pN])(?:` + r.Match + `)($|[^\pL\pN])`)
		if err != nil {
			return nil, fmt.Errorf("replace %q: %w", r.Match, err)
		}
		f.replace = append(f.replace, replacement{re, "${1}" + strings.ReplaceAll(r.With, "$", "$$") + "${2}"})
	}
	if len(cfg.Swearwords) > 0 {
		words := make([]string, len(cfg.Swearwords))
		for i, w := range cfg.Swearwords {
			words[i] = regexp.QuoteMeta(w)
		}
		f.swear = regexp.MustCompile(`(?i)(^|[^\pL\pN])(` + strings.Join(words, "|") + `)($|[^\pL\pN])`)
	}
	return f, nil
}

// final judges a result. Voiced is how much of the sound was voice; prompt is
// what the engine was given, which some engines say back.
func (f *filter) final(r Result, voiced time.Duration, prompt, language string) verdict {
	text := tidy(r.Text)
	if text == "" {
		return verdict{Dropped: "empty"}
	}
	if r.NoSpeech > f.cfg.NoSpeech && r.LogProb < f.cfg.LogProb {
		return verdict{Dropped: "no speech"}
	}
	if p, ok := meanProb(r.Words); ok && p < 0.4 {
		return verdict{Dropped: "unsure"}
	}
	text, _ = unloop(text)
	if ratio(text) > f.cfg.Compression {
		return verdict{Dropped: "loop"}
	}
	// Under a second the rate says nothing: "yes of course it is" is quick.
	if s := voiced.Seconds(); s > 0 && float64(len(strings.Fields(text))) > max(4, f.cfg.MaxWordsPerSecond*s) {
		return verdict{Dropped: "too fast"}
	}
	if prompt != "" && len(spoken(text)) > 12 && strings.Contains(spoken(prompt), spoken(text)) {
		return verdict{Dropped: "echo of the prompt"}
	}
	if f.isStock(text, r.Language, language) && (voiced < 1200*time.Millisecond || r.LogProb < -0.5 || r.NoSpeech > 0.3) {
		return verdict{Dropped: "stock phrase"}
	}
	text = f.dress(text)
	if text == "" {
		return verdict{Dropped: "profanity"}
	}
	return verdict{Text: text}
}

// partial tidies words that are only shown.
func (f *filter) partial(text string) string { return f.dress(tidy(text)) }

func (f *filter) isStock(text, heard, configured string) bool {
	s := spoken(text)
	if f.phrases[s] {
		return true
	}
	for _, lang := range []string{heard, configured} {
		if slices.Contains(stock[lang], s) {
			return true
		}
	}
	return heard == "" && configured == "" && slices.Contains(stock["en"], s)
}

// dress applies the replace list and then the mask.
func (f *filter) dress(text string) string {
	for _, r := range f.replace {
		// Twice: matches that share a separator are found every other time.
		text = r.match.ReplaceAllString(r.match.ReplaceAllString(text, r.with), r.with)
	}
	if f.swear == nil || f.cfg.Profanity == "off" {
		return text
	}
	for range 2 {
		text = f.swear.ReplaceAllStringFunc(text, func(m string) string {
			g := f.swear.FindStringSubmatch(m)
			if f.cfg.Profanity == "drop" {
				return g[1] + g[3]
			}
			return g[1] + mask(g[2]) + g[3]
		})
	}
	return strings.Join(strings.Fields(text), " ")
}

func mask(word string) string {
	_, n := utf8.DecodeRuneInString(word)
	return word[:n] + strings.Repeat("*", utf8.RuneCountInString(word)-1)
}

var (
	bracketed = regexp.MustCompile(`\[[^\[\]]*\]|\([^()]*\)|\*[^*\s][^*]*\*|<\|[^|]*\|>`)
	stamp     = regexp.MustCompile(`(?m)^\s*\[?\d\d:\d\d:\d\d[.,]\d{3}\s*-->\s*\d\d:\d\d:\d\d[.,]\d{3}\]?`)
	notes     = strings.NewReplacer("♪", " ", "♫", " ", "♩", " ", "🎵", " ", "🎶", " ")
)

// tidy removes what is no speech: time stamps, [BLANK_AUDIO], (wind), *sighs*,
// notes; lines become one.
func tidy(text string) string {
	text = stamp.ReplaceAllString(text, " ")
	text = bracketed.ReplaceAllString(text, " ")
	text = strings.Join(strings.Fields(notes.Replace(text)), " ")
	if !strings.ContainsFunc(text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }) {
		return ""
	}
	return text
}

// spoken is text as it sounds: lower case, words apart by one space.
func spoken(text string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r)
	}), " ")
}

// unloop finds one to five words that stand three times or more in a row and
// leaves them once: what comes after a loop was said too. Up to four of one word
// are let through: people do say no no no.
func unloop(text string) (once string, looped bool) {
	words := strings.Fields(text)
	norm := make([]string, len(words))
	for i, w := range words {
		norm[i] = normal(w)
	}
	for i := 0; i < len(norm); i++ {
		for n := 1; n <= 5; n++ {
			times := 1
			for i+(times+1)*n <= len(norm) && slices.Equal(norm[i:i+n], norm[i+times*n:i+(times+1)*n]) {
				times++
			}
			least := 3
			if n == 1 {
				least = 5
			}
			if times >= least {
				words = slices.Delete(words, i+n, i+times*n)
				norm = slices.Delete(norm, i+n, i+times*n)
				looped = true
			}
		}
	}
	if !looped {
		return text, false
	}
	return strings.Join(words, " "), true
}

// ratio is the text's length over its length when compressed (zlib), Whisper's
// own measure of a loop.
func ratio(text string) float64 {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	_, _ = z.Write([]byte(text)) // a bytes.Buffer takes everything
	_ = z.Close()
	return float64(len(text)) / float64(b.Len())
}

func meanProb(words []Word) (p float64, ok bool) {
	n := 0
	for _, w := range words {
		if w.Prob >= 0 && !math.IsNaN(w.Prob) {
			p += w.Prob
			n++
		}
	}
	return p / float64(max(n, 1)), n > 0
}
