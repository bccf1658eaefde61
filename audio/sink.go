package audio

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"landale/event"
)

// sink makes events of what one source's dictation hands on.
type sink struct {
	source   Source
	run      event.ID // tells this run's segments from those of an earlier one
	filter   *filter
	language string
	prompt   func() string
	engine   string
	session  func(time.Time) string
	publish  func(event.Event)
	spool    *spool
	figures  *figures

	// before is the newest final: when its voice ended, and its text.
	before struct {
		end  time.Time
		text string
	}
}

// mergeGap is the pause within which two finals are one sentence.
const mergeGap = 700 * time.Millisecond

// phrase is called by the goroutine that owns the source.
func (s *sink) phrase(p Phrase) {
	switch {
	case p.Gone:
		s.partial(p, "")
	case errors.Is(p.Unheard, errDeaf):
		s.figures.count("unheard")
	case p.Unheard != nil:
		s.partial(p, "")
		s.figures.fail(p.Unheard)
		if again(p.Unheard) && s.spool != nil &&
			s.spool.put(spooled{At: p.At, SpeechEnd: p.SpeechEnd, Voiced: p.Voiced, Source: s.source.Name, Segment: s.segment(p)}, p.PCM) == nil {
			s.figures.count("spooled")
			return
		}
		s.figures.count("failed")
	case p.Final:
		s.final(p)
	default:
		s.partial(p, s.filter.partial(strings.Join(slices.Concat(p.Committed, p.Tail), " ")))
	}
}

func (s *sink) segment(p Phrase) string {
	return fmt.Sprintf("%s-%s-%d", s.session(p.At), s.run, p.Number)
}

func (s *sink) event(at time.Time, payload event.Payload) event.Event {
	e := event.New(event.Audio, at, payload)
	e.SourceID = s.source.Name
	return e
}

// partial shows words that may change; an empty text takes back what was shown.
func (s *sink) partial(p Phrase, text string) {
	stable := min(len(p.Committed), len(strings.Fields(text)))
	s.figures.count("partials")
	s.publish(s.event(p.At, event.TranscriptionPartial{Transcript: event.Transcript{
		SegmentID:       s.segment(p),
		StreamSessionID: s.session(p.At),
		Message:         text,
		Duration:        soundTime(len(p.PCM)).Seconds(),
		StableWords:     stable,
		SourceName:      s.source.Name,
		Model:           s.engine,
	}}))
}

func (s *sink) final(p Phrase) {
	v := s.filter.final(p.Result, p.Voiced, s.prompt(), s.language)
	if v.Dropped != "" {
		s.figures.drop(v.Dropped, p.Result.Text)
		s.partial(p, "")
		return
	}
	now := time.Now()
	t := s.transcript(p.Result, v, p.At, soundTime(len(p.PCM)))
	t.SegmentID = s.segment(p)
	gap := p.Onset.Sub(s.before.end)
	t.Continues = gap < mergeGap && gap > -mergeGap && !strings.ContainsAny(lastRune(s.before.text), ".!?…。！？")
	s.before.end, s.before.text = p.SpeechEnd, t.Message
	t.Latency = &event.TranscriptLatency{
		EngineStart: p.EngineStart.Sub(p.SpeechEnd).Milliseconds(),
		EngineEnd:   p.EngineEnd.Sub(p.SpeechEnd).Milliseconds(),
		Published:   now.Sub(p.SpeechEnd).Milliseconds(),
	}
	s.figures.final(*t.Latency, p.EngineEnd.Sub(p.EngineStart), soundTime(len(p.PCM)))
	s.publish(s.event(p.At, event.TranscriptionFinal{Transcript: t}))
}

func lastRune(text string) string {
	_, n := utf8.DecodeLastRuneInString(text)
	return text[len(text)-n:]
}

// late publishes what was recognised after the engine had been away.
func (s *sink) late(m spooled, pcm []float32, r Result) {
	v := s.filter.final(r, m.Voiced, "", s.language)
	if v.Dropped != "" {
		s.figures.drop(v.Dropped, r.Text)
		return
	}
	t := s.transcript(r, v, m.At, soundTime(len(pcm)))
	t.SegmentID, t.SourceName, t.Late = m.Segment, m.Source, true
	e := s.event(m.At, event.TranscriptionFinal{Transcript: t})
	e.SourceID = m.Source
	s.figures.count("late")
	s.figures.recovered()
	s.publish(e)
}

func (s *sink) transcript(r Result, v verdict, at time.Time, sound time.Duration) event.Transcript {
	t := event.Transcript{
		StreamSessionID: s.session(at),
		Message:         v.Text,
		Duration:        sound.Seconds(),
		Confidence:      confidence(r),
		IsFinal:         true,
		SourceName:      s.source.Name,
		Language:        r.Language,
		Model:           s.engine,
	}
	if raw := tidy(r.Text); raw != v.Text {
		t.RawText = raw
	}
	for _, w := range r.Words {
		if w.End > 0 {
			t.Words = append(t.Words, event.TranscriptWord{Text: w.Text, Start: w.Start, End: w.End})
		}
	}
	return t
}

// confidence is what the engine says of its words, else of its tokens; nil where
// it says nothing: none is better than an invented one.
func confidence(r Result) *float64 {
	c, ok := meanProb(r.Words)
	if !ok {
		if math.IsNaN(r.LogProb) || r.LogProb == 0 {
			return nil
		}
		c = math.Exp(r.LogProb)
	}
	c = math.Round(max(0, min(1, c))*1000) / 1000
	return &c
}

// figures are what the dashboard and the metrics show of the speech part. Any
// goroutine may use it.
type figures struct {
	mu        sync.Mutex
	counts    map[string]int
	dropped   []Dropped
	latency   []event.TranscriptLatency // of the newest finals
	factor    []float64                 // real-time factor of the engine
	lastFinal time.Time
	lastError string
}

// Dropped is a text that a filter took away, for whoever wonders.
type Dropped struct {
	At   time.Time `json:"at"`
	Why  string    `json:"why"`
	Text string    `json:"text"`
}

// kept is how many of the newest finals the percentiles are made of.
const kept = 200

func (f *figures) count(what string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.counts == nil {
		f.counts = map[string]int{}
	}
	f.counts[what]++
}

func (f *figures) drop(why, text string) {
	f.count("dropped")
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dropped = append(f.dropped, Dropped{time.Now(), why, text})
	if len(f.dropped) > 50 {
		f.dropped = slices.Delete(f.dropped, 0, 1)
	}
}

func (f *figures) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lastError = err.Error()
}

// recovered says that the engine works again.
func (f *figures) recovered() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lastError = ""
}

func (f *figures) final(latency event.TranscriptLatency, engine, sound time.Duration) {
	f.count("finals")
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lastFinal, f.lastError = time.Now(), ""
	f.latency = append(f.latency, latency)
	f.factor = append(f.factor, engine.Seconds()/max(sound.Seconds(), 0.01))
	if len(f.latency) > kept {
		f.latency, f.factor = f.latency[1:], f.factor[1:]
	}
}

// details is the part's own telemetry.
func (f *figures) details() map[string]any {
	f.mu.Lock()
	defer f.mu.Unlock()
	d := map[string]any{"counts": cloneCounts(f.counts), "dropped": slices.Clone(f.dropped)}
	if len(f.latency) > 0 {
		r := slices.Sorted(slices.Values(f.factor))
		d["real_time_factor"] = map[string]float64{"p50": r[len(r)/2], "p95": r[len(r)*95/100]}
		// From the end of the voice on.
		for name, of := range map[string]func(event.TranscriptLatency) int64{
			"engine_start_ms":  func(l event.TranscriptLatency) int64 { return l.EngineStart },
			"engine_end_ms":    func(l event.TranscriptLatency) int64 { return l.EngineEnd },
			"final_latency_ms": func(l event.TranscriptLatency) int64 { return l.Published },
		} {
			ms := make([]int64, len(f.latency))
			for i, l := range f.latency {
				ms[i] = of(l)
			}
			slices.Sort(ms)
			d[name] = map[string]int64{"p50": ms[len(ms)/2], "p95": ms[len(ms)*95/100]}
		}
	}
	if f.lastError != "" {
		d["last_error"] = f.lastError
	}
	return d
}

func cloneCounts(m map[string]int) map[string]int {
	c := make(map[string]int, len(m))
	for k, v := range m {
		c[k] = v
	}
	return c
}
