package audio

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"
)

// DictationConfig is the section [audio.partial]: when words appear while
// somebody speaks.
type DictationConfig struct {
	// Interval is how much new sound there must be before the open utterance is
	// recognised again; 0 shows finals only.
	Interval time.Duration `toml:"interval"`
	// MinAudio is how much sound the first partial needs, from where the voice was
	// first heard.
	MinAudio time.Duration `toml:"min_audio"`
	// MaxLag is the lag beyond which partials stop until finals have caught up.
	MaxLag time.Duration `toml:"max_lag"`
}

// DefaultDictationConfig are the values that speech.md simulated as the best
// balance of delay and load.
func DefaultDictationConfig() DictationConfig {
	return DictationConfig{Interval: 600 * time.Millisecond, MinAudio: 500 * time.Millisecond, MaxLag: 1500 * time.Millisecond}
}

// maxFinals is how many finals wait in memory; what comes then goes to the spool.
const maxFinals = 3

// Phrase is what dictation hands on: a partial while somebody speaks, or a final.
type Phrase struct {
	// Number names the utterance; it is the same from the first partial to the
	// final.
	Number int
	Final  bool
	// Committed are the words that stay, Tail those that may change; a final has
	// all of its words in Committed.
	Committed, Tail []string
	Result          Result
	// At is when the sound's first sample was captured, Onset when the voice was
	// first heard in it, SpeechEnd when that ended, Voiced how much of it was voice.
	At, Onset, SpeechEnd time.Time
	Voiced               time.Duration
	// Ended is when the pause was recognised as the end; zero for a partial.
	Ended time.Time
	// EngineStart and EngineEnd are when the recogniser worked.
	EngineStart, EngineEnd time.Time
	// PCM is the sound, for the filters and the spool.
	PCM []float32
	// Gone says that what was shown of this utterance was no speech after all.
	Gone bool
	// Unheard carries the sound of a final that the recogniser could not take now.
	Unheard error
}

// dictation decides what the recogniser is asked, and when, for one source: a
// partial each interval while it is idle, an eager final at the first pause, the
// final at the end. Partials never queue and give way to finals; finals are
// never dropped.
//
// All methods are called by the one goroutine that owns the source; only the
// recogniser runs beside it, one call at a time.
type dictation struct {
	cfg    DictationConfig
	engine Recogniser
	hints  func() Hints
	out    func(Phrase)
	// doubt says whether the engine may do better when asked once more; nil never.
	doubt func(Result) bool
	log   *slog.Logger

	open    *utterance // somebody speaks, or paused
	agree   agreement
	shown   bool // a partial of the open utterance went out
	partial int  // length of the sound of the newest partial
	slow    time.Duration

	eager  *request // waits or is done; never beside a later state of the utterance
	finals []*request
	job    *request // with the recogniser
	done   chan answer
	before string // the text of the newest final
}

type request struct {
	kind   requestKind
	phrase Phrase
	start  time.Time
	cancel context.CancelFunc
	// void: the answer is of no use any more.
	void   bool
	again  bool // the second time
	answer *answer
}

type requestKind int

const (
	wantPartial requestKind = iota
	wantEager
	wantFinal
)

type answer struct {
	request *request
	result  Result
	err     error
	end     time.Time
}

func newDictation(cfg DictationConfig, engine Recogniser, hints func() Hints, out func(Phrase), log *slog.Logger) *dictation {
	return &dictation{cfg: cfg, engine: engine, hints: hints, out: out, log: log, done: make(chan answer, 1)}
}

// heard takes in what the segmenter reports.
func (d *dictation) heard(ctx context.Context, p phase, u *utterance) {
	switch p {
	case began:
		d.open, d.agree, d.shown, d.partial = u, agreement{}, false, 0
	case paused:
		d.voidPartial()
		d.eager = &request{kind: wantEager, phrase: d.phrase(u)}
	case resumed:
		d.dropEager()
	case ended:
		d.voidPartial()
		d.finish(u)
		d.open = nil
	case dropped:
		d.voidPartial()
		d.dropEager()
		if d.shown {
			d.out(Phrase{Number: u.number, Gone: true})
		}
		d.open = nil
	}
	d.dispatch(ctx)
}

// answered takes in what came out of done.
func (d *dictation) answered(ctx context.Context, a answer) {
	r := a.request
	r.cancel()
	d.job = nil
	r.answer = &a
	switch {
	case r.void:
	case r.kind == wantPartial:
		d.partialAnswer(a)
	case r.kind == wantEager:
		if a.err != nil {
			d.eager = nil // the final will be asked for anew
		}
	default:
		d.final(r)
	}
	d.dispatch(ctx)
}

// lag is how long the oldest final that is not out has been waiting.
func (d *dictation) lag(now time.Time) time.Duration {
	var oldest time.Time
	if d.job != nil && d.job.kind == wantFinal && !d.job.void {
		oldest = d.job.phrase.Ended
	} else if len(d.finals) > 0 {
		oldest = d.finals[0].phrase.Ended
	}
	if oldest.IsZero() {
		return 0
	}
	return now.Sub(oldest)
}

func (d *dictation) phrase(u *utterance) Phrase {
	return Phrase{Number: u.number, At: u.at, Onset: u.at.Add(soundTime(u.lead)), SpeechEnd: u.at.Add(soundTime(u.speechEnd)), Voiced: u.voicedTime(), PCM: u.audio()}
}

// finish makes the ended utterance a final: the eager one where there is one, of
// which only silence is missing.
func (d *dictation) finish(u *utterance) {
	now := time.Now()
	if r := d.eager; r != nil && r.phrase.Number == u.number {
		d.eager = nil
		r.kind, r.phrase.Ended = wantFinal, now
		switch {
		case r.answer != nil:
			d.final(r)
		case d.job != r: // not yet asked
			d.queue(r)
		}
		return
	}
	r := &request{kind: wantFinal, phrase: d.phrase(u)}
	r.phrase.Ended = now
	d.queue(r)
}

// queue adds a final; the oldest goes to the spool when there are too many.
func (d *dictation) queue(r *request) {
	d.finals = append(d.finals, r)
	if len(d.finals) > maxFinals {
		oldest := d.finals[0]
		d.finals = slices.Delete(d.finals, 0, 1)
		oldest.again = false // its sound is asked anew, whatever came of it
		d.unheard(oldest, ErrBusy)
	}
}

func (d *dictation) unheard(r *request, err error) {
	r.phrase.Final, r.phrase.Unheard = true, err
	d.out(r.phrase)
}

func (d *dictation) voidPartial() {
	if d.job != nil && d.job.kind == wantPartial {
		d.job.void = true
		d.job.cancel()
	}
}

func (d *dictation) dropEager() {
	if d.eager == nil {
		return
	}
	if d.job == d.eager {
		d.job.void = true
		d.job.cancel()
	}
	d.eager = nil
}

// dispatch asks the recogniser if it is idle and there is something to ask.
func (d *dictation) dispatch(ctx context.Context) {
	if d.job != nil || ctx.Err() != nil {
		return
	}
	switch {
	case len(d.finals) > 0:
		r := d.finals[0]
		d.finals = slices.Delete(d.finals, 0, 1)
		d.ask(ctx, r)
	case d.eager != nil && d.eager.answer == nil:
		d.ask(ctx, d.eager)
	case d.wantsPartial():
		d.partial = len(d.open.pcm)
		d.ask(ctx, &request{kind: wantPartial, phrase: d.phrase(d.open)})
	}
}

func (d *dictation) wantsPartial() bool {
	if d.open == nil || d.cfg.Interval == 0 || d.eager != nil {
		return false
	}
	if d.lag(time.Now()) > d.cfg.MaxLag {
		return false
	}
	// An engine that needs longer than the interval is asked half as often.
	interval := d.cfg.Interval
	for interval < d.slow {
		interval *= 2
	}
	grown := len(d.open.pcm) - d.partial
	spoken := len(d.open.pcm) - d.open.lead
	return spoken >= samples(d.cfg.MinAudio) && (d.partial == 0 || grown >= samples(interval))
}

func (d *dictation) ask(ctx context.Context, r *request) {
	hints := d.hints()
	hints.Partial, hints.Again = r.kind == wantPartial, r.again
	hints.Before = d.before
	if r.again {
		hints.Prompt, hints.Before = "", ""
	}
	// A call outlives the source: drain gives it time, and ends it.
	call, cancel := context.WithTimeout(context.WithoutCancel(ctx), deadline(soundTime(len(r.phrase.PCM))))
	r.cancel, r.start = cancel, time.Now()
	d.job = r
	go func() { // ends with call; its owner reads done, or drain does
		res, err := d.engine.Transcribe(call, r.phrase.PCM, hints)
		d.done <- answer{request: r, result: res, err: err, end: time.Now()}
	}()
}

func (d *dictation) partialAnswer(a answer) {
	took := a.end.Sub(a.request.start)
	d.slow = (3*d.slow + took) / 4
	if a.err != nil || d.open == nil || d.open.number != a.request.phrase.Number {
		return
	}
	p := a.request.phrase
	p.Committed, p.Tail = d.agree.add(texts(a.result))
	p.Committed, p.Tail = slices.Clone(p.Committed), slices.Clone(p.Tail)
	p.Result, p.EngineStart, p.EngineEnd = a.result, a.request.start, a.end
	d.shown = true
	d.out(p)
}

// final hands on a final that the recogniser has answered.
func (d *dictation) final(r *request) {
	a := r.answer
	if a.err != nil && r.again { // the first answer stays
		a.err, a.result = nil, r.phrase.Result
	}
	if a.err != nil {
		d.unheard(r, a.err)
		return
	}
	if !r.again && d.doubt != nil && d.doubt(a.result) {
		r.again, r.answer, r.phrase.Result = true, nil, a.result
		d.finals = slices.Insert(d.finals, 0, r)
		return
	}
	p := r.phrase
	p.Final, p.Committed, p.Result = true, texts(a.result), a.result
	p.EngineStart, p.EngineEnd = r.start, a.end
	if text := strings.TrimSpace(a.result.Text); text != "" {
		d.before = text
	}
	d.out(p)
}

// drain waits until the recogniser has answered or ctx ends, and hands every
// final that is left on as unheard: the source stops.
func (d *dictation) drain(ctx context.Context) {
	for d.job != nil || len(d.finals) > 0 || d.eager != nil {
		if d.job == nil {
			d.dispatch(ctx)
		}
		if d.job == nil {
			break
		}
		select {
		case a := <-d.done:
			d.answered(ctx, a)
		case <-ctx.Done():
			d.job.cancel()
			a := <-d.done // Transcribe returns soon after its context ends
			if errors.Is(a.err, context.Canceled) {
				a.err = fmt.Errorf("%w: the source ended", ErrBusy) // it can be tried again
			}
			d.answered(ctx, a)
		}
	}
	for _, r := range d.finals {
		if r.again {
			r.answer = &answer{err: ErrBusy}
			d.final(r)
			continue
		}
		d.unheard(r, ErrBusy)
	}
	d.finals = nil
}

// texts are the words of a result as they are written: the list of words is for
// times, and many engines leave the punctuation out of it.
func texts(r Result) []string { return strings.Fields(r.Text) }
