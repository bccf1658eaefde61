//go:build cgo && !noaudio

package audio

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"landale/audio/audiotest"
	"landale/event"
)

// wavFile writes mono samples at 16 kHz where a player finds them.
func wavFile(t *testing.T, pcm []float32) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "sound.wav")
	if err := os.WriteFile(file, encodeWAV(pcm), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestCapture listens to a real device: a tone that is played comes out with its
// pitch, level and length.
func TestCapture(t *testing.T) {
	do := audiotest.Microphone(t, "../scripts/pulse-headless.sh")
	devices, err := Devices()
	if err != nil {
		t.Fatal(err)
	}
	if i := slices.IndexFunc(devices, func(d Device) bool { return d.Name == "TestMicrophone" }); i < 0 || !devices[i].Default {
		t.Fatalf("got %v, want TestMicrophone as the default", devices)
	}
	tone := make([]float32, 3*16000)
	for i := range tone {
		tone[i] = float32(0.5 * math.Sin(2*math.Pi*440*float64(i)/16000))
	}
	file := wavFile(t, tone)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	opened := make(chan string, 1)
	go func() {
		select {
		case <-opened:
			do("play", file)
			time.AfterFunc(300*time.Millisecond, cancel)
		case <-ctx.Done():
		}
	}()
	var pcm []float32
	rate := 0
	err = capture(ctx, "testmicro", 2, func(name string) { opened <- name }, func(_ context.Context, f Frame) error {
		rate = f.Rate
		for i := 0; i < len(f.PCM); i += f.Channels {
			pcm = append(pcm, f.PCM[i])
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("capture ended with %v", err)
	}
	loud, crossings := 0, 0
	for i, v := range pcm {
		if v > 0.05 || v < -0.05 {
			loud++
		}
		if i > 0 && (v >= 0) != (pcm[i-1] >= 0) && (v > 0.01 || v < -0.01 || pcm[i-1] > 0.01 || pcm[i-1] < -0.01) {
			crossings++
		}
	}
	if got := float64(loud) / float64(rate); got < 2.6 || got > 3.1 {
		t.Errorf("heard %.2f s of a tone of 3 s at %d Hz", got, rate)
	}
	if got := float64(crossings) / 2 / 3; got < 420 || got > 460 {
		t.Errorf("heard %.0f Hz, want 440", got)
	}
	if peak := slices.Max(pcm); peak < 0.45 || peak > 0.55 {
		t.Errorf("peak %.2f, want 0.5", peak)
	}
}

// TestUnplug: a microphone that is pulled out says so within three seconds, and
// capture returns though its device hangs for ever.
func TestUnplug(t *testing.T) {
	do := audiotest.Microphone(t, "../scripts/pulse-headless.sh")
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	began := time.Now()
	err := capture(ctx, "TestMicrophone", 2, func(string) { go do("unplug") }, func(context.Context, Frame) error { return nil })
	if !errors.Is(err, errGone) {
		t.Fatalf("capture ended with %v, want that the device is gone", err)
	}
	t.Logf("noticed %v after the start", time.Since(began).Round(100*time.Millisecond))
	do("plug")
	ctx2, cancel2 := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel2()
	if err := capture(ctx2, "TestMicrophone", 2, func(string) { cancel2() }, func(context.Context, Frame) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("after it was put back: %v", err)
	}
}

// TestFrozen: a sound server that hangs holds up nobody: capture says that the
// device is gone, a new try ends with its context, and sound comes again after it.
func TestFrozen(t *testing.T) {
	do := audiotest.Microphone(t, "../scripts/pulse-headless.sh")
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	nothing := func(context.Context, Frame) error { return nil }
	err := capture(ctx, "TestMicrophone", 2, func(string) { do("freeze") }, nothing)
	thawed := false
	thaw := func() {
		if !thawed {
			thawed = true
			do("thaw")
		}
	}
	defer thaw()
	if !errors.Is(err, errGone) {
		t.Fatalf("capture ended with %v, want that the device is gone", err)
	}
	short, stop := context.WithTimeout(context.Background(), time.Second)
	defer stop()
	began := time.Now()
	if err := capture(short, "TestMicrophone", 2, func(string) {}, nothing); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("while it hangs: %v", err)
	}
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("a try ended %v after its context", took-time.Second)
	}
	thaw()
	again, heard := context.WithTimeout(context.Background(), 30*time.Second)
	defer heard()
	for again.Err() == nil {
		if err := capture(again, "TestMicrophone", 2, func(string) { heard() }, nothing); !errors.Is(err, errGone) {
			break
		}
	}
	if !errors.Is(again.Err(), context.Canceled) {
		t.Error("nothing is heard after the sound server went on")
	}
}

// TestMicrophone is the main job on real sound: recordings are played into a
// microphone that the part listens to, and come out as text, with words while
// they are spoken; then the microphone is pulled out in the middle of a sentence
// and put back.
func TestMicrophone(t *testing.T) {
	if testing.Short() {
		t.Skip("plays for half a minute")
	}
	do := audiotest.Microphone(t, "../scripts/pulse-headless.sh")
	cfg := DefaultConfig()
	cfg.Network.Listen = ""
	cfg.Sources = []Source{{Name: "mic", Device: "TestMicrophone"}}
	a, _, h := start(t, cfg)
	source := func() SourceStatus {
		if all := a.Sources(); len(all) == 1 {
			return all[0]
		}
		return SourceStatus{} // the part has not begun
	}
	state := func(want string) {
		t.Helper()
		deadline := time.Now().Add(15 * time.Second)
		for source().State != want {
			if time.Now().After(deadline) {
				t.Fatalf("the source is %+v, want %s", source(), want)
			}
			time.Sleep(5 * time.Millisecond) // a state of another goroutine
		}
	}
	listening := func() {
		t.Helper()
		deadline := time.Now().Add(15 * time.Second)
		for source().LastFrame.Before(time.Now().Add(-500 * time.Millisecond)) {
			if time.Now().After(deadline) {
				t.Fatalf("no sound comes: %+v", source())
			}
			time.Sleep(5 * time.Millisecond)
		}
	}
	listening()
	recordings := audiotest.Recordings(t)
	errs, words := 0, 0
	for i, r := range append(slices.Clone(recordings[:2]), recordings[len(recordings)-4:]...) {
		before := len(h.finals(t, 0, time.Second))
		played := time.Now()
		do("play", wavFile(t, rawPCM(t, r.File, r.Header)))
		h.finals(t, before+1, 20*time.Second)
		settle(t, a)
		var text []string
		for _, f := range h.finals(t, before+1, time.Second)[before:] {
			text = append(text, f.Message)
		}
		e, n := audiotest.WordErrors(r.Text, strings.Join(text, " "))
		if e > 0 {
			t.Logf("%d of %d words wrong: %q, said %q", e, n, strings.Join(text, " "), r.Text)
		}
		errs, words = errs+e, words+n
		h.mu.Lock()
		at := h.all[len(h.all)-1].Time
		h.mu.Unlock()
		if at.Before(played.Add(-time.Second)) || at.After(time.Now()) {
			t.Errorf("recording %d: time %v, played at %v", i, at, played)
		}
	}
	h.mu.Lock()
	committed, contradicted := contradictions(h.all)
	h.mu.Unlock()
	t.Logf("%d of %d words wrong; %d words committed while they were spoken, %d of them contradicted", errs, words, committed, contradicted)
	if 100*errs > 8*words {
		t.Errorf("%d of %d words wrong, want at most 8 %%", errs, words)
	}
	if committed == 0 {
		t.Error("no word was shown before its sentence was over")
	}

	before := len(h.finals(t, 0, time.Second))
	long := recordings[len(recordings)-5] // seven seconds
	file := wavFile(t, rawPCM(t, long.File, long.Header))
	played := make(chan struct{})
	go func() {
		defer close(played)
		do("play", file)
	}()
	state("speech")
	time.AfterFunc(2*time.Second, func() { do("unplug") })
	state("away")
	<-played
	h.finals(t, before+1, 20*time.Second) // the half that was heard
	do("plug")
	listening()
	before = len(h.finals(t, 0, time.Second))
	do("play", wavFile(t, goForward(t)))
	if f := h.finals(t, before+1, 20*time.Second)[before]; f.Message == "" {
		t.Error("no text after the microphone was put back")
	}
}

// contradictions counts the words that partials had committed, and those of them
// that the final of the same segment does not have in that place.
func contradictions(all []event.Event) (committed, contradicted int) {
	stable := map[string][]string{}
	for _, e := range all {
		switch p := e.Payload.(type) {
		case event.TranscriptionPartial:
			if w := strings.Fields(p.Message); p.StableWords <= len(w) && p.StableWords > len(stable[p.SegmentID]) {
				stable[p.SegmentID] = w[:p.StableWords]
			}
		case event.TranscriptionFinal:
			said, final := stable[p.SegmentID], strings.Fields(p.Message)
			wrong, n := audiotest.WordErrors(strings.Join(said, " "), strings.Join(final[:min(len(said), len(final))], " "))
			committed, contradicted = committed+n, contradicted+wrong
		}
	}
	return committed, contradicted
}
