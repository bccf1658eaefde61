package audio

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"landale/audio/dsp"
)

// TestStopLosesNothing: a final that is with the recogniser when the part stops

// comes out with its sound, to be recognised after the next start; one that the

// recogniser answers within the grace is heard.

func TestStopLosesNothing(t *testing.T) {
	for name, c := range map[string]struct {
		took    time.Duration
		unheard bool
	}{"hangs": {time.Hour, true}, "answers": {2 * time.Second, false}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log := slog.New(slog.DiscardHandler)
				var out []Phrase
				d := newDictation(DefaultDictationConfig(), &tableEngine{took: func(time.Duration) time.Duration { return c.took }}, func() Hints { return Hints{} }, func(p Phrase) { out = append(out, p) }, log)
				p := newPipeline("mic", DefaultVADConfig(), d, func(dsp.Levels) {}, log)
				ctx, stop := context.WithCancel(context.Background())
				in, done := make(chan Frame), make(chan struct{})
				go func() {
					p.run(ctx, in, 3*time.Second)
					close(done)
				}()
				for f := range live(slices.Concat(goForward(t), silence(time.Second)), 16000) {
					time.Sleep(time.Until(f.At.Add(f.duration())))
					in <- f
				}
				stop()
				<-done
				last := out[len(out)-1]
				if !last.Final || (last.Unheard != nil) != c.unheard {
					t.Fatalf("got final %v, unheard %v", last.Final, last.Unheard)
				}
				if c.unheard && (!again(last.Unheard) || len(last.PCM) == 0) {
					t.Errorf("got %v with %d samples, want sound to try again", last.Unheard, len(last.PCM))
				}
			})
		})
	}
}

// twice answers once with a loop, and better or worse when asked again.

type twice struct {
	second Result
	err    error
	hints  []Hints
}

func (e *twice) String() string { return "twice" }

func (e *twice) Warm(context.Context) error { return nil }

func (e *twice) Transcribe(_ context.Context, _ []float32, h Hints) (Result, error) {
	e.hints = append(e.hints, h)
	if h.Again {
		return e.second, e.err
	}
	return Result{Text: "well then well then well then well then"}, nil
}

// TestLoopIsAskedAgain: an engine that ran in a circle gets one more chance, with

// nothing that may have led to it; what it says then counts.

func TestLoopIsAskedAgain(t *testing.T) {
	for name, c := range map[string]struct {
		second Result
		err    error
		want   string
	}{
		"better": {Result{Text: "go forward ten metres"}, nil, "go forward ten metres"},
		"worse":  {Result{Text: "well then well then well then"}, nil, "well then well then well then"},
		"away":   {Result{}, ErrAway, "well then well then well then well then"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f, err := newFilter(DefaultFilterConfig())
				if err != nil {
					t.Fatal(err)
				}
				e := &twice{second: c.second, err: c.err}
				var out []Phrase
				cfg := DefaultDictationConfig()
				cfg.Interval = 0
				d := newDictation(cfg, e, func() Hints { return Hints{Prompt: "well then"} }, func(p Phrase) { out = append(out, p) }, slog.New(slog.DiscardHandler))
				d.doubt = f.doubts
				p := newPipeline("mic", DefaultVADConfig(), d, func(dsp.Levels) {}, d.log)
				in := make(chan Frame)
				go func() {
					for fr := range live(goForward(t), 16000) {
						in <- fr
					}
					close(in)
				}()
				p.run(context.Background(), in, 3*time.Second)
				if len(out) != 1 || out[0].Result.Text != c.want || out[0].Unheard != nil {
					t.Fatalf("got %+v, want %q once", out, c.want)
				}
				if len(e.hints) != 2 || e.hints[0].Prompt == "" || e.hints[1].Prompt != "" {
					t.Errorf("asked with %+v, want the second time without a prompt", e.hints)
				}
			})
		})
	}
}

// TestSpeechServers: what servers say in their own way, and what they are asked.

// TestSpool: sound that an engine stumbles over holds up no other, a description

// that was never written leaves no sound behind, and a folder that cannot be

// written is an error.

// TestTranscriptFiles pins what the files look like: cue times, what is escaped,

// one set a session.

// TestComesAgain: a plugin whose connection broke is back before its old sentence

// is done; mute and the dashboard's word on the source follow the new one.

// TestSaid: what a page or a program recognised is dressed like what Landale

// heard, and not taken while captions are paused.
