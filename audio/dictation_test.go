package audio

import (
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"landale/audio/dsp"
	"landale/audio/silero"
)

// tableEngine answers after the time that a base-size model on one core was
// measured to take, with a word for each 300 ms of sound.
type tableEngine struct {
	took  func(sound time.Duration) time.Duration
	err   func() error
	calls []time.Duration
}

func (e *tableEngine) String() string { return "table" }

// baseModel is sherpa-onnx, base, int8, one thread.
func baseModel(sound time.Duration) time.Duration {
	points := []struct{ sound, took float64 }{{0, 0.08}, {1.9, 0.16}, {3.0, 0.24}, {5.3, 0.52}, {11, 1.39}, {30, 4.3}}
	s := sound.Seconds()
	for i := 1; i < len(points); i++ {
		if a, b := points[i-1], points[i]; s <= b.sound {
			return time.Duration((a.took + (s-a.sound)/(b.sound-a.sound)*(b.took-a.took)) * float64(time.Second))
		}
	}
	return 5 * time.Second
}

func (e *tableEngine) Warm(context.Context) error { return nil }

func (e *tableEngine) Transcribe(ctx context.Context, pcm []float32, h Hints) (Result, error) {
	sound := soundTime(len(pcm))
	e.calls = append(e.calls, sound)
	select {
	case <-time.After(e.took(sound)):
	case <-ctx.Done():
		return Result{}, ctx.Err()
	}
	if e.err != nil {
		if err := e.err(); err != nil {
			return Result{}, err
		}
	}
	var words []Word
	for i := range int(sound.Seconds() / 0.3) {
		words = append(words, Word{Text: fmt.Sprintf("w%d", i), Start: 0.3 * float64(i), End: 0.3 * float64(i+1), Prob: -1})
	}
	r := Result{Words: words, LogProb: math.NaN(), NoSpeech: math.NaN()}
	for _, w := range words {
		r.Text += w.Text + " "
	}
	r.Text = strings.TrimSpace(r.Text)
	return r, nil
}

// said is a phrase with the moment at which it came out.
type said struct {
	Phrase
	out time.Time
}

// listen plays mono sound at 16 kHz into a pipeline in virtual time, 20 ms at a
// time, and returns what comes out. Call it inside a synctest bubble.
func listen(engine Recogniser, frames func(yield func(Frame) bool), grace time.Duration) (out []said, p *pipeline) {
	log := slog.New(slog.DiscardHandler)
	d := newDictation(DefaultDictationConfig(), engine, func() Hints { return Hints{} }, func(ph Phrase) { out = append(out, said{ph, time.Now()}) }, log)
	p = newPipeline("mic", DefaultVADConfig(), d, func(dsp.Levels) {}, log)
	in := make(chan Frame)
	done := make(chan struct{})
	go func() {
		p.run(context.Background(), in, grace)
		close(done)
	}()
	for f := range frames {
		if d := time.Until(f.At.Add(f.duration())); d > 0 {
			time.Sleep(d) // a frame is there once it has been spoken
		}
		in <- f
	}
	close(in)
	<-done
	return out, p
}

// live makes frames of pcm from now on.
func live(pcm []float32, rate int) func(func(Frame) bool) {
	return func(yield func(Frame) bool) {
		at, step := time.Now(), rate/50
		for i := 0; i+step <= len(pcm); i += step {
			f := Frame{At: at.Add(time.Duration(i) * time.Second / time.Duration(rate)), Rate: rate, Channels: 1, PCM: pcm[i : i+step]}
			if !yield(f) {
				return
			}
		}
	}
}

func goForward(t testing.TB) []float32 {
	t.Helper()
	return rawPCM(t, "silero/testdata/goforward.raw", 0)
}

// rawPCM reads 16-bit mono after a header of some bytes.
func rawPCM(t testing.TB, file string, header int) []float32 {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	raw = raw[header:]
	pcm := make([]float32, len(raw)/2)
	for i := range pcm {
		pcm[i] = float32(int16(binary.LittleEndian.Uint16(raw[2*i:]))) / 32768
	}
	return pcm
}

func silence(d time.Duration) []float32 { return make([]float32, samples(d)) }

func finals(out []said) (fs []said) {
	for _, s := range out {
		if s.Final {
			fs = append(fs, s)
		}
	}
	return fs
}

// TestDictation is the main job: partials while somebody speaks, then one final
// with the whole utterance, soon after the pause.
func TestDictation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		pcm := slices.Concat(silence(time.Second), goForward(t), silence(2*time.Second))
		out, _ := listen(&tableEngine{took: baseModel}, live(pcm, 16000), time.Second)
		fs := finals(out)
		if len(fs) != 1 {
			t.Fatalf("got %d finals, want 1", len(fs))
		}
		if len(out) < 3 {
			t.Errorf("got %d partials, want some while the voice goes on", len(out)-1)
		}
		for i, s := range out {
			if s.Number != fs[0].Number {
				t.Errorf("phrase %d belongs to utterance %d, want %d", i, s.Number, fs[0].Number)
			}
			if i > 0 && !s.Final && !slices.Equal(out[i-1].Committed, s.Committed[:len(out[i-1].Committed)]) {
				t.Errorf("phrase %d takes back committed words: %v, then %v", i, out[i-1].Committed, s.Committed)
			}
		}
		if last := out[len(out)-1]; !last.Final {
			t.Error("a partial came after the final")
		}
		if f := fs[0]; f.out.Sub(f.SpeechEnd) > 950*time.Millisecond {
			t.Errorf("final came %v after the voice ended", f.out.Sub(f.SpeechEnd))
		}
		if at := fs[0].At.Sub(began); at < 700*time.Millisecond || at > 1900*time.Millisecond {
			t.Errorf("utterance begins at %v, want within the first words", at)
		}
	})
}

// TestEagerFinal: the sound asked for at the first pause is the final's, so that
// the recogniser is not asked twice.
func TestEagerFinal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &tableEngine{took: func(time.Duration) time.Duration { return 50 * time.Millisecond }}
		pcm := slices.Concat(goForward(t), silence(2*time.Second))
		fs := finals(first(listen(e, live(pcm, 16000), time.Second)))
		if len(fs) != 1 {
			t.Fatalf("got %d finals, want 1", len(fs))
		}
		if got := fs[0].out.Sub(fs[0].Ended); got != 0 {
			t.Errorf("final came %v after the end was known, want at once", got)
		}
	})
}

func first(out []said, _ *pipeline) []said { return out }

// TestEngineAway: what the engine could not take comes out with its sound, to be
// recognised later; nothing is lost, and no partial waits.
func TestEngineAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &tableEngine{took: func(time.Duration) time.Duration { return 10 * time.Millisecond }, err: func() error { return ErrAway }}
		pcm := slices.Concat(goForward(t), silence(time.Second), goForward(t), silence(time.Second))
		fs := finals(first(listen(e, live(pcm, 16000), time.Second)))
		if len(fs) != 2 {
			t.Fatalf("got %d finals, want 2", len(fs))
		}
		for _, f := range fs {
			if f.Unheard == nil || len(f.PCM) < 16000 {
				t.Errorf("final without its sound: %v, %d samples", f.Unheard, len(f.PCM))
			}
		}
	})
}

// TestStall: after an engine that hung for half a minute, the lag is gone within
// one utterance and every utterance has come out once, in order.
func TestStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		e := &tableEngine{}
		e.took = func(sound time.Duration) time.Duration {
			if at := time.Since(began); at > 5*time.Second && at < 35*time.Second {
				return 35*time.Second - at
			}
			return baseModel(sound)
		}
		var pcm []float32
		for range 16 {
			pcm = append(pcm, slices.Concat(goForward(t), silence(time.Second))...)
		}
		out, _ := listen(e, live(pcm, 16000), 5*time.Second)
		fs := finals(out)
		seen := map[int]bool{}
		unheard := 0
		for _, f := range fs {
			if seen[f.Number] {
				t.Errorf("utterance %d came out twice", f.Number)
			}
			seen[f.Number] = true
			if f.Unheard != nil {
				unheard++
			}
		}
		if len(seen) != 16 {
			t.Errorf("got %d utterances, want 16", len(seen))
		}
		if unheard == 0 {
			t.Error("a stall of 30 s kept every final in memory")
		}
		worst := time.Duration(0)
		for _, f := range fs {
			if ended := f.Ended.Sub(began); f.Unheard == nil && ended > 42*time.Second {
				worst = max(worst, f.out.Sub(f.Ended))
			}
		}
		if worst > 1500*time.Millisecond {
			t.Errorf("after one utterance the lag was still %v", worst)
		}
		t.Logf("%d utterances, %d of them kept for later; after the one in which the engine came back the lag is %v at most", len(seen), unheard, worst.Round(time.Millisecond))
	})
}

// TestTenMinutes: an engine that is only just quick enough does not fall behind.
func TestTenMinutes(t *testing.T) {
	if raced || testing.Short() {
		t.Skip("ten minutes of sound")
	}
	synctest.Test(t, func(t *testing.T) {
		e := &tableEngine{took: func(sound time.Duration) time.Duration { return sound / 3 }}
		phrase := slices.Concat(goForward(t), silence(700*time.Millisecond))
		frames := func(yield func(Frame) bool) {
			at := time.Now()
			for i := range 10 * 60 * 50 {
				k := i * 320 % (len(phrase) / 320 * 320)
				if !yield(Frame{At: at.Add(soundTime(i * 320)), Rate: 16000, Channels: 1, PCM: phrase[k : k+320]}) {
					return
				}
			}
		}
		fs := finals(first(listen(e, frames, 5*time.Second)))
		if len(fs) < 150 {
			t.Errorf("got %d finals of some 170 sentences", len(fs))
		}
		for i, f := range fs {
			if f.Unheard != nil {
				t.Errorf("final %d was not heard: %v", i, f.Unheard)
			}
			if lag := f.out.Sub(f.SpeechEnd); lag > 2500*time.Millisecond {
				t.Errorf("final %d of %d came %v after the voice", i, len(fs), lag)
				break
			}
		}
	})
}

// TestMuteMidWord: ten seconds of mute in a sentence. Both halves become text,
// and the mute counts as neither.
func TestMuteMidWord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		pcm := goForward(t)
		half := len(pcm) / 2 / 320 * 320
		frames := func(yield func(Frame) bool) {
			at := time.Now()
			for i := 0; i+320 <= len(pcm); i += 320 {
				shift := time.Duration(0)
				if i >= half {
					shift = 10 * time.Second
				}
				if !yield(Frame{At: at.Add(shift + soundTime(i)), Rate: 16000, Channels: 1, PCM: pcm[i : i+320]}) {
					return
				}
			}
		}
		out, p := listen(&tableEngine{took: baseModel}, frames, 5*time.Second)
		fs := finals(out)
		if len(fs) != 2 {
			t.Fatalf("got %d finals, want both halves", len(fs))
		}
		if p.health.gaps.Load() != 1 {
			t.Errorf("counted %d gaps, want 1", p.health.gaps.Load())
		}
		if at := fs[1].At.Sub(began); at < 11*time.Second || at > 12500*time.Millisecond {
			t.Errorf("second half begins at %v, want after the mute", at)
		}
		sound := soundTime(len(fs[0].PCM) + len(fs[1].PCM))
		if speech := soundTime(len(pcm)); sound > speech+200*time.Millisecond {
			t.Errorf("halves have %v of sound, the sentence %v", sound, speech)
		}
	})
}

// TestClock: times are right to 100 ms after an hour with a crystal that is 100
// ppm off, which is what cheap interfaces do.
func TestClock(t *testing.T) {
	if raced {
		t.Skip("an hour of sound")
	}
	synctest.Test(t, func(t *testing.T) {
		const rate = 16000
		voice := goForward(t)
		began := time.Now()
		lead := 3600 * rate
		frames := func(yield func(Frame) bool) {
			block := make([]float32, 320)
			for i := 0; i < lead+len(voice)+2*rate; i += 320 {
				clear(block)
				if k := i - lead; k >= 0 && k+320 <= len(voice) {
					copy(block, voice[k:k+320])
				}
				real := time.Duration(float64(i) / rate * (1 + 100e-6) * float64(time.Second))
				if !yield(Frame{At: began.Add(real), Rate: rate, Channels: 1, PCM: block}) {
					return
				}
			}
		}
		fs := finals(first(listen(&tableEngine{took: baseModel}, frames, 5*time.Second)))
		if len(fs) != 1 {
			t.Fatalf("got %d finals, want 1", len(fs))
		}
		want := onset(t, voice) - DefaultVADConfig().Preroll
		got := fs[0].At.Sub(began) - time.Duration(3600*(1+100e-6)*float64(time.Second))
		if d := got - want; d > 100*time.Millisecond || d < -100*time.Millisecond {
			t.Errorf("after an hour the time is %v off", d)
		}
	})
}

// onset is when the detector, by itself, first hears the voice.
func onset(t *testing.T, pcm []float32) time.Duration {
	t.Helper()
	d, h := silero.New(), dsp.NewHighPass(silero.SampleRate, 80)
	w := make([]float32, silero.Window)
	for i := 0; i+silero.Window <= len(pcm); i += silero.Window {
		copy(w, pcm[i:])
		h.Apply(w)
		if d.Speech(w) >= 0.5 {
			return soundTime(i)
		}
	}
	t.Fatal("no voice")
	return 0
}

// TestLyingRate: a source that says 48 kHz and sends 44.1 kHz is found out, so
// that voices keep their pitch and times.
func TestLyingRate(t *testing.T) {
	var c rateClaim
	at := time.Now()
	got := 0
	for i := range 1000 {
		got = c.rate(Frame{At: at.Add(time.Duration(i) * 480 * time.Second / 44100), Rate: 48000, Channels: 1, PCM: make([]float32, 480)})
	}
	if got != 44100 {
		t.Errorf("got %d Hz, want 44100", got)
	}
	c = rateClaim{}
	for i := range 1000 {
		jitter := time.Duration(i%7) * 5 * time.Millisecond
		got = c.rate(Frame{At: at.Add(time.Duration(i)*10*time.Millisecond + jitter), Rate: 48000, Channels: 1, PCM: make([]float32, 480)})
	}
	if got != 48000 {
		t.Errorf("an honest source with jitter: got %d Hz, want 48000", got)
	}
}

// TestNoise: a minute of silence, of keyboard-like clicks and of hiss are no
// words: the recogniser is not even asked.
func TestNoise(t *testing.T) {
	if raced {
		t.Skip("three minutes of sound")
	}
	clicks, hiss := silence(time.Minute), silence(time.Minute)
	seed := uint32(1)
	random := func() float32 {
		seed = seed*1664525 + 1013904223
		return float32(int32(seed)) / (1 << 31)
	}
	for i := range clicks {
		if i%5600 < 160 { // a key every 350 ms, 10 ms long
			clicks[i] = random() * 0.3 * float32(math.Exp(-float64(i%5600)/40))
		}
		hiss[i] = random() * 0.02
	}
	for name, pcm := range map[string][]float32{"silence": silence(time.Minute), "keyboard": clicks, "hiss": hiss} {
		synctest.Test(t, func(t *testing.T) {
			e := &tableEngine{took: baseModel}
			if out := first(listen(e, live(pcm, 16000), time.Second)); len(finals(out)) != 0 {
				t.Errorf("%s: got %d finals", name, len(finals(out)))
			}
			if len(e.calls) != 0 {
				t.Errorf("%s: the recogniser was asked %d times", name, len(e.calls))
			}
		})
	}
}

// TestLatencyFigures prints what a viewer waits, in virtual time, over every
// recording that pocketsphinx-testdata has.
func TestLatencyFigures(t *testing.T) {
	if raced {
		t.Skip("the same paths as the tests above")
	}
	const data = "/usr/share/pocketsphinx/test/data"
	var files []string
	for _, pattern := range []string{"cards/*.wav", "librivox/*.wav", "*.raw"} {
		found, _ := filepath.Glob(filepath.Join(data, pattern))
		files = append(files, found...)
	}
	if len(files) == 0 {
		missing(t, "pocketsphinx-testdata")
	}
	var partial, final []time.Duration
	for _, file := range files {
		header := 0
		if strings.HasSuffix(file, ".wav") {
			header = 44
		}
		voice := rawPCM(t, file, header)
		synctest.Test(t, func(t *testing.T) {
			out, _ := listen(&tableEngine{took: baseModel}, live(slices.Concat(silence(time.Second), voice, silence(2*time.Second)), 16000), 5*time.Second)
			heard := map[int]bool{}
			for _, s := range out {
				onset := s.At.Add(DefaultVADConfig().Preroll)
				switch {
				case s.Final:
					final = append(final, s.out.Sub(s.SpeechEnd))
				case !heard[s.Number]:
					heard[s.Number] = true
					partial = append(partial, s.out.Sub(onset))
				}
			}
		})
	}
	slices.Sort(partial)
	slices.Sort(final)
	q := func(d []time.Duration, p float64) time.Duration {
		return d[int(p*float64(len(d)-1))].Round(10 * time.Millisecond)
	}
	t.Logf("%d utterances: first partial p50 %v p95 %v, final p50 %v p95 %v", len(final), q(partial, .5), q(partial, .95), q(final, .5), q(final, .95))
	if got := q(partial, .5); got > 850*time.Millisecond {
		t.Errorf("first partial p50 %v, want at most 850ms", got)
	}
	if got := q(partial, .95); got > 1300*time.Millisecond {
		t.Errorf("first partial p95 %v, want at most 1.3s", got)
	}
	if got := q(final, .5); got > 600*time.Millisecond {
		t.Errorf("final p50 %v, want at most 600ms", got)
	}
	if got := q(final, .95); got > 950*time.Millisecond {
		t.Errorf("final p95 %v, want at most 950ms", got)
	}
}

// missing skips a test at a desk and fails it in CI.
func missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is not installed", what)
	}
	t.Skipf("%s is not installed", what)
}

// BenchmarkPipeline is what a frame of a device costs when nobody speaks: 10 ms of
// 48 kHz stereo through mix, meter, rate, filter and detector, with a hum too loud
// for the gate before that.
func BenchmarkPipeline(b *testing.B) {
	log := slog.New(slog.DiscardHandler)
	d := newDictation(DefaultDictationConfig(), deaf{}, func() Hints { return Hints{} }, func(Phrase) {}, log)
	p := newPipeline("mic", DefaultVADConfig(), d, func(dsp.Levels) {}, log)
	pcm := make([]float32, 960)
	for i := range pcm {
		pcm[i] = float32(math.Sin(2*math.Pi*1000*float64(i/2)/48000)) / 100
	}
	ctx, at := context.Background(), time.Now()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		p.take(ctx, Frame{At: at.Add(time.Duration(i) * 10 * time.Millisecond), Rate: 48000, Channels: 2, PCM: pcm})
	}
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/10e6*100, "%core")
}
