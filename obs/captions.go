package obs

import (
	"cmp"
	"context"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode"

	"github.com/andreykaipov/goobs/api/requests/config"
	"golang.org/x/text/unicode/norm"

	"landale/event"
)

// Closed captions are text in the video that a viewer switches on. OBS takes the
// whole caption each time, at most 128 bytes of it, shows it at once and keeps it
// until another comes. A caption here is two lines of 32 columns that roll up:
// the upper one is complete, the lower one grows.
const (
	captionColumns = 32
	captionRows    = 2
	captionSpan    = 300 * time.Millisecond // between two captions, so that a decoder skips none
	captionBacklog = 64                     // lines that wait; two minutes of fast speech would have to come at once
)

// fold writes text with the letters that every caption decoder has: ASCII.
// Letters lose their accents, quotes and dashes become plain; what has no such
// form is left out.
func fold(text string) string {
	var b strings.Builder
	space := true // none at the beginning
	for _, r := range norm.NFKD.String(text) {
		s := ""
		switch {
		case unicode.IsSpace(r):
			if !space {
				b.WriteByte(' ')
			}
			space = true
			continue
		case r > ' ' && r < unicode.MaxASCII:
			s = string(r)
		default:
			s = foldings[r]
		}
		if s != "" {
			b.WriteString(s)
			space = false
		}
	}
	return strings.TrimSuffix(b.String(), " ")
}

var foldings = map[rune]string{
	'‘': "'", '’': "'", '‚': "'", '‛': "'", '“': `"`, '”': `"`, '„': `"`, '«': `"`, '»': `"`, '‹': "'", '›': "'", '′': "'", '″': `"`,
	'‐': "-", '‑': "-", '‒': "-", '–': "-", '—': "-", '―': "-", '−': "-", '⁄': "/", '•': "*", '·': ".", '×': "x", '÷': "/",
	'ß': "ss", 'ẞ': "SS", 'æ': "ae", 'Æ': "AE", 'œ': "oe", 'Œ': "OE", 'ø': "o", 'Ø': "O", 'ł': "l", 'Ł': "L", 'đ': "d", 'Đ': "D",
	'ð': "d", 'Ð': "D", 'þ': "th", 'Þ': "Th", 'ı': "i", 'ħ': "h", 'Ħ': "H", '€': "EUR", '£': "GBP", '¿': "?", '¡': "!", '♪': "*",
}

// wrap breaks folded text into lines. More words at the end change the last line
// only; a word that is wider than a line is broken.
func wrap(text string) (lines []string) {
	line := ""
	for word := range strings.FieldsSeq(text) {
		for len(word) > captionColumns {
			if line != "" {
				lines, line = append(lines, line), ""
			}
			lines = append(lines, word[:captionColumns])
			word = word[captionColumns:]
		}
		switch {
		case word == "":
		case line == "":
			line = word
		case len(line)+1+len(word) <= captionColumns:
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// roll is what was said, as lines, and how far of it was shown.
type roll struct {
	done    string // text of utterances that are over, from the beginning of a line
	segment string
	current string // of the utterance that goes on
	shown   int    // the line that was shown last, counted in lines(); -1 for none
	text    string // as it was sent
	skipped int
}

func newRoll() roll { return roll{shown: -1} }

// add takes the words of an utterance that will not change any more.
func (r *roll) add(segment, text string, final bool) {
	if segment != r.segment && r.current != "" {
		r.finish()
	}
	r.segment, r.current = segment, fold(text)
	if final {
		r.finish()
		r.segment = ""
	}
	r.trim()
}

func (r *roll) finish() {
	r.done = strings.TrimSpace(r.done + " " + r.current)
	r.current = ""
}

func (r *roll) lines() []string { return wrap(r.done + " " + r.current) }

// trim forgets lines that rolled out. What is left begins where a line began, so
// it breaks into the same lines.
func (r *roll) trim() {
	lines := wrap(r.done)
	forget := min(r.shown-captionRows, len(lines)-1)
	if over := len(r.lines()) - r.shown - captionBacklog; over > 0 && r.shown >= 0 {
		r.skipped += over
		r.shown += over
		forget = min(r.shown-captionRows, len(lines)-1)
	}
	if forget <= 0 {
		return
	}
	r.done = strings.Join(lines[forget:], " ")
	r.shown -= forget
}

// next is the caption to send now; ok is false when the newest one was sent. No
// word is left out: the roll goes up by one line at a time, and the line that was
// the lower one is complete when it is the upper one.
func (r *roll) next() (caption string, ok bool) {
	lines := r.lines()
	for {
		last := min(len(lines)-1, r.shown+1)
		if last < 0 {
			return "", false
		}
		caption = strings.Join(lines[max(0, last-captionRows+1):last+1], "\n")
		news := caption != r.text
		if !news && last == r.shown {
			return "", false
		}
		r.shown, r.text = last, caption
		if news { // else two pairs of lines are alike
			return caption, true
		}
	}
}

// captioner paces captions into the stream. OBS puts them in behind its stream
// delay, so they wait for as long as the picture does.
type captioner struct {
	sent  atomic.Uint64
	delay atomic.Int64 // nanoseconds

	mu   sync.Mutex
	roll roll
	wait []utterance   // until their time comes; the oldest goes when there are too many
	news chan struct{} // has room for one: something was said
}

type utterance struct {
	due           time.Time
	segment, text string
	final         bool
}

const captionsWaiting = 2000 // a stream delay of minutes, with a partial each half second

func newCaptioner() *captioner { return &captioner{roll: newRoll(), news: make(chan struct{}, 1)} }

// Caption takes what was said so far in an utterance and will not change any
// more. It never blocks; while the stream is off or captions are, it does nothing.
func (p *OBS) Caption(segment, text string, final bool) {
	p.mu.Lock()
	on := p.cfg.Captions.Enabled && p.shown.Connected && p.shown.Stream.Active
	p.mu.Unlock()
	if !on {
		return
	}
	c := p.captions
	c.mu.Lock()
	if len(c.wait) == captionsWaiting {
		c.wait = c.wait[1:]
	}
	c.wait = append(c.wait, utterance{time.Now().Add(time.Duration(c.delay.Load())), segment, text, final})
	c.mu.Unlock()
	select {
	case c.news <- struct{}{}:
	default:
	}
}

// Transcript is Caption for the events of the recogniser: a final's text, and of
// a partial the words that it will not take back. Other events are ignored.
func (p *OBS) Transcript(e event.Event) {
	switch t := e.Payload.(type) {
	case event.TranscriptionFinal:
		if !t.Late { // recognised long after it was said
			p.Caption(t.SegmentID, t.Message, true)
		}
	case event.TranscriptionPartial:
		if words := strings.Fields(t.Message); t.StableWords > 0 {
			p.Caption(t.SegmentID, strings.Join(words[:min(t.StableWords, len(words))], " "), false)
		}
	}
}

// next takes up what is due and gives the caption to send now, or else how long
// to wait for the next one; below zero nothing waits.
func (c *captioner) next(now time.Time) (caption string, ok bool, wait time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.wait) > 0 && !c.wait[0].due.After(now) {
		c.roll.add(c.wait[0].segment, c.wait[0].text, c.wait[0].final)
		c.wait = c.wait[1:]
	}
	if caption, ok = c.roll.next(); ok || len(c.wait) == 0 {
		return caption, ok, -1
	}
	return "", false, c.wait[0].due.Sub(now)
}

func (c *captioner) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.roll, c.wait = newRoll(), nil
}

// serve sends captions until ctx ends: one at a time, none sooner than 300 ms
// after the one before, and an empty one when nothing more is said.
func (c *captioner) serve(ctx context.Context, p *OBS) {
	var clear, due <-chan time.Time
	for {
		select {
		case <-c.news:
		case <-due:
		case <-clear:
			clear = nil
			c.mu.Lock()
			c.roll = newRoll()
			c.mu.Unlock()
			c.send(ctx, p, "")
			continue
		case <-ctx.Done():
			return
		}
		due = nil
		for {
			caption, ok, wait := c.next(time.Now())
			if !ok {
				if wait >= 0 {
					due = time.After(wait)
				}
				break
			}
			if !c.send(ctx, p, caption) {
				c.forget() // nothing is kept for a stream to come
				break
			}
			cfg, _ := p.settings()
			clear = time.After(cfg.Captions.Clear)
			select {
			case <-time.After(captionSpan):
			case <-ctx.Done():
				return
			}
		}
	}
}

func (c *captioner) send(ctx context.Context, p *OBS, caption string) bool {
	if s := p.Snapshot(); !s.Connected || !s.Stream.Active {
		return false
	}
	if _, err := p.Request(ctx, "SendStreamCaption", map[string]any{"captionText": caption}); err != nil {
		p.o.Log.Debug("caption was not sent", "error", err)
		return false
	}
	c.sent.Add(1)
	return true
}

// readDelay asks for how long OBS holds the stream back. The names of its settings
// differ between OBS's simple and advanced output, these are those of both.
func (s *session) readDelay(ctx context.Context) {
	var on, seconds string
	var a asks
	parameter := func(name string, into *string) {
		ask(&a, config.NewGetProfileParameterParams().WithParameterCategory("Output").WithParameterName(name), true, func(r config.GetProfileParameterResponse) {
			*into = cmp.Or(r.ParameterValue, r.DefaultParameterValue)
		})
	}
	parameter("DelayEnable", &on)
	parameter("DelaySec", &seconds)
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	if err := a.send(ctx, s.l); err != nil {
		return // captions then come as early as they can
	}
	delay := 0
	if n, err := strconv.Atoi(seconds); err == nil && on == "true" {
		delay = min(max(n, 0), 1800)
	}
	s.captions.delay.Store(int64(delay) * int64(time.Second))
}
