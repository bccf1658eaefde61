// Package audiotest has what the tests of speech need of the outside world: a
// speech server that really recognises (PocketSphinx behind OpenAI's API, with a
// small language model of known sentences), and recordings with their text.
package audiotest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"mime/multipart"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const (
	acoustic   = "/usr/share/pocketsphinx/model/en-us/en-us"
	dictionary = "/usr/share/pocketsphinx/model/en-us/cmudict-en-us.dict"
	data       = "/usr/share/pocketsphinx/test/data"
)

// Recording is a file of mono 16-bit samples at 16 kHz and what is said in it.
type Recording struct {
	File string
	// Header is how many bytes come before the samples.
	Header int
	Text   string
}

// Recordings are the real voices of Debian's pocketsphinx-testdata. The test
// skips without them, and fails in CI.
func Recordings(t testing.TB) []Recording {
	t.Helper()
	rs := []Recording{
		{data + "/goforward.raw", 0, "go forward ten meters"},
		{data + "/something.raw", 0, "go somewhere and do something"},
	}
	for _, list := range []string{"cards/cards.transcription", "librivox/transcription"} {
		text, err := os.ReadFile(filepath.Join(data, list))
		if err != nil {
			Missing(t, "pocketsphinx-testdata")
		}
		for line := range strings.Lines(string(text)) {
			words, id, ok := strings.Cut(strings.TrimSpace(line), "</s> (")
			if !ok {
				continue
			}
			rs = append(rs, Recording{
				File:   filepath.Join(data, filepath.Dir(list), strings.TrimSuffix(id, ")")+".wav"),
				Header: 44,
				// A reader's slip stands twice in one transcript.
				Text: strings.Join(strings.Fields(strings.ReplaceAll(strings.TrimPrefix(words, "<s>"), "a more a amiable", "a more amiable")), " "),
			})
		}
	}
	return rs
}

// Missing skips a test at a desk and fails it in CI.
func Missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is not installed", what)
	}
	t.Skipf("%s is not installed", what)
}

// Sphinx is a speech server. It may be told to hang or fail while it runs.
type Sphinx struct {
	// Hang holds every request until the caller gives up, Fail answers 503.
	Hang, Fail atomic.Bool
	// Requests counts those that came.
	Requests atomic.Int64

	dir string
}

// NewSphinx prepares a server that knows the words of these sentences. It skips
// the test where PocketSphinx is not installed.
func NewSphinx(t testing.TB, sentences []string) *Sphinx {
	t.Helper()
	if _, err := exec.LookPath("pocketsphinx_continuous"); err != nil {
		Missing(t, "pocketsphinx")
	}
	if _, err := os.Stat(acoustic); err != nil {
		Missing(t, "pocketsphinx-en-us")
	}
	s := &Sphinx{dir: t.TempDir()}
	if err := os.WriteFile(filepath.Join(s.dir, "lm"), languageModel(sentences), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.writeDictionary(sentences); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *Sphinx) writeDictionary(sentences []string) error {
	want := map[string]bool{}
	for _, line := range sentences {
		for _, w := range strings.Fields(line) {
			want[w] = true
		}
	}
	in, err := os.Open(dictionary)
	if err != nil {
		return err
	}
	defer in.Close()
	var out strings.Builder
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		word, _, _ := strings.Cut(lines.Text(), " ")
		word, _, _ = strings.Cut(word, "(")
		if want[word] {
			fmt.Fprintln(&out, lines.Text())
		}
	}
	return errors.Join(lines.Err(), os.WriteFile(filepath.Join(s.dir, "dict"), []byte(out.String()), 0o600))
}

// ServeHTTP answers POST …/audio/transcriptions with verbose_json.
func (s *Sphinx) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.HasSuffix(r.URL.Path, "/audio/transcriptions") {
		http.Error(w, `{"error":{"message":"not here"}}`, http.StatusNotFound)
		return
	}
	s.Requests.Add(1)
	if s.Fail.Load() {
		http.Error(w, `{"error":{"message":"model is loading"}}`, http.StatusServiceUnavailable)
		return
	}
	if s.Hang.Load() {
		_, _ = io.Copy(io.Discard, r.Body) // only then does the server notice that the caller left
		<-r.Context().Done()
		return
	}
	f, _, err := r.FormFile("file")
	if err != nil {
		http.Error(w, `{"error":{"message":"no file"}}`, http.StatusBadRequest)
		return
	}
	defer f.Close()
	reply, err := s.recognise(r.Context(), f)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(reply) // the caller may have left
}

type reply struct {
	Text     string    `json:"text"`
	Language string    `json:"language"`
	Duration float64   `json:"duration"`
	Words    []word    `json:"words"`
	Segments []segment `json:"segments"`
}

type word struct {
	Word  string  `json:"word"`
	Start float64 `json:"start"`
	End   float64 `json:"end"`
}

type segment struct {
	ID         int     `json:"id"`
	Start      float64 `json:"start"`
	End        float64 `json:"end"`
	Text       string  `json:"text"`
	AvgLogProb float64 `json:"avg_logprob"`
	NoSpeech   float64 `json:"no_speech_prob"`
}

func (s *Sphinx) recognise(ctx context.Context, f multipart.File) (reply, error) {
	tmp, err := os.CreateTemp(s.dir, "*.wav")
	if err != nil {
		return reply{}, err
	}
	defer os.Remove(tmp.Name())
	n, err := io.Copy(tmp, f)
	if err := errors.Join(err, tmp.Close()); err != nil {
		return reply{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, "pocketsphinx_continuous", "-infile", tmp.Name(), "-logfn", "/dev/null",
		"-hmm", acoustic, "-lm", filepath.Join(s.dir, "lm"), "-dict", filepath.Join(s.dir, "dict"), "-time", "yes").Output()
	if err != nil {
		return reply{}, err
	}
	r := reply{Language: "english", Duration: float64(n-44) / 32000, Words: []word{}}
	var text []string
	var sum float64
	for line := range strings.Lines(string(out)) {
		f := strings.Fields(line)
		if len(f) != 4 {
			continue // the sentence itself, without times
		}
		start, err1 := strconv.ParseFloat(f[1], 64)
		end, err2 := strconv.ParseFloat(f[2], 64)
		p, err3 := strconv.ParseFloat(f[3], 64)
		w, _, _ := strings.Cut(f[0], "(")
		if err1 != nil || err2 != nil || err3 != nil || strings.HasPrefix(w, "<") || strings.HasPrefix(w, "[") || strings.HasPrefix(w, "+") {
			continue
		}
		text = append(text, w)
		sum += math.Log(max(p, 1e-4))
		r.Words = append(r.Words, word{w, start, end})
	}
	r.Text = strings.Join(text, " ")
	// PocketSphinx's word posteriors say little: they only mark what is hopeless.
	r.Segments = []segment{{End: r.Duration, Text: r.Text, AvgLogProb: sum / float64(max(len(text), 1)) / 4}}
	return r, nil
}

// languageModel is an ARPA bigram model of the sentences: two thirds for what was
// seen, the rest for backing off to single words.
func languageModel(sentences []string) []byte {
	one, two := map[string]int{}, map[[2]string]int{}
	total := 0
	for _, line := range sentences {
		words := append(append([]string{"<s>"}, strings.Fields(line)...), "</s>")
		for i, w := range words {
			one[w]++
			total++
			if i > 0 {
				two[[2]string{words[i-1], w}]++
			}
		}
	}
	words := make([]string, 0, len(one))
	for w := range one {
		words = append(words, w)
	}
	slices.Sort(words)
	pairs := make([][2]string, 0, len(two))
	for p := range two {
		pairs = append(pairs, p)
	}
	slices.SortFunc(pairs, func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
	var b strings.Builder
	fmt.Fprintf(&b, "\\data\\\nngram 1=%d\nngram 2=%d\n\n\\1-grams:\n", len(words), len(pairs))
	for _, w := range words {
		fmt.Fprintf(&b, "%.4f %s %.4f\n", math.Log10(float64(one[w])/float64(total)), w, math.Log10(1.0/3))
	}
	fmt.Fprintf(&b, "\n\\2-grams:\n")
	for _, p := range pairs {
		fmt.Fprintf(&b, "%.4f %s %s\n", math.Log10(float64(two[p])/float64(one[p[0]])*2/3), p[0], p[1])
	}
	b.WriteString("\n\\end\\\n")
	return []byte(b.String())
}

// WordErrors counts substitutions, insertions and deletions between what was said
// and what was heard, without regard to case and punctuation.
func WordErrors(said, heard string) (errs, words int) {
	a, b := normal(said), normal(heard)
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j := range b {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)], len(a)
}

func normal(s string) []string {
	return strings.Fields(strings.Map(func(r rune) rune {
		switch r {
		case '.', ',', '!', '?', '"', ';', ':':
			return ' '
		}
		return r
	}, strings.ToLower(s)))
}
