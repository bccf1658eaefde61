package audio

import (
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"landale/audio/dsp"
	"landale/event"
)

// TestContinues: finals that are one sentence say so; a full stop, or a pause, ends
// it.
func TestContinues(t *testing.T) {
	flt, err := newFilter(DefaultFilterConfig())
	if err != nil {
		t.Fatal(err)
	}
	var got []bool
	s := &sink{source: Source{Name: "mic"}, filter: flt, prompt: func() string { return "" }, figures: &figures{},
		session: func(time.Time) string { return "s" },
		publish: func(e event.Event) { got = append(got, e.Payload.(event.TranscriptionFinal).Continues) }}
	at := time.Date(2026, 11, 24, 20, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		after time.Duration // from the end of the voice before
		text  string
	}{{0, "so I went"}, {600 * time.Millisecond, "to the shop."}, {600 * time.Millisecond, "And then"}, {800 * time.Millisecond, "a pause"}, {0, "was cut"}} {
		onset := at.Add(c.after)
		at = onset.Add(time.Second)
		s.phrase(Phrase{Final: true, Onset: onset, At: onset.Add(-352 * time.Millisecond), SpeechEnd: at, Voiced: time.Second,
			Result: Result{Text: c.text, LogProb: math.NaN(), NoSpeech: math.NaN()}})
	}
	for i, want := range []bool{false, true, false, false, true} {
		if i >= len(got) || got[i] != want {
			t.Fatalf("got %v", got)
		}
	}
}

// TestLyingSource: a source that says 48 kHz and sends 44.1 kHz loses the words of
// the first seconds at most; then its voice has its own length and times.
func TestLyingSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up, err := dsp.NewResampler(16000, 44100)
		if err != nil {
			t.Fatal(err)
		}
		voice := up.Append(nil, goForward(t))
		quiet := make([]float32, 10*44100)
		pcm := append(append(quiet, voice...), make([]float32, 2*44100)...)
		began := time.Now()
		frames := func(yield func(Frame) bool) {
			for i := 0; i+441 <= len(pcm); i += 441 {
				if !yield(Frame{At: began.Add(time.Duration(i) * time.Second / 44100), Rate: 48000, Channels: 1, PCM: pcm[i : i+441]}) {
					return
				}
			}
		}
		fs := finals(first(listen(&tableEngine{took: baseModel}, frames, 5*time.Second)))
		if len(fs) != 1 {
			t.Fatalf("got %d finals, want 1", len(fs))
		}
		want := 10*time.Second + onset(t, goForward(t))
		if d := fs[0].Onset.Sub(began) - want; d > 100*time.Millisecond || d < -100*time.Millisecond {
			t.Errorf("the voice begins %v off", d)
		}
		said := fs[0].SpeechEnd.Sub(fs[0].Onset)
		if d := said - soundTime(len(goForward(t))) + onset(t, goForward(t)); d > 100*time.Millisecond || d < -700*time.Millisecond {
			t.Errorf("the voice has %v, its recording %v", said, soundTime(len(goForward(t))))
		}
	})
}

// TestFolderModel tells kinds of models by the names that sherpa-onnx gives them.
func TestFolderModel(t *testing.T) {
	for name, c := range map[string]struct {
		kind, role, file string
		files            []string
	}{
		"sherpa-onnx-whisper-base":            {"whisper", "encoder", "base-encoder.int8.onnx", []string{"base-encoder.int8.onnx", "base-encoder.onnx", "base-decoder.int8.onnx", "base-tokens.txt"}},
		"sherpa-onnx-moonshine-base-en-int8":  {"moonshine", "cached_decoder", "cached_decode.int8.onnx", []string{"preprocess.onnx", "encode.int8.onnx", "uncached_decode.int8.onnx", "cached_decode.int8.onnx", "tokens.txt"}},
		"sherpa-onnx-nemo-parakeet-tdt":       {"nemo_transducer", "joiner", "joiner.int8.onnx", []string{"encoder.int8.onnx", "decoder.int8.onnx", "joiner.int8.onnx", "tokens.txt"}},
		"sherpa-onnx-zipformer-en-2023-06-26": {"transducer", "tokens", "tokens.txt", []string{"encoder-epoch-99.int8.onnx", "decoder-epoch-99.onnx", "joiner-epoch-99.int8.onnx", "tokens.txt"}},
		"sherpa-onnx-sense-voice-zh-en":       {"sensevoice", "model", "model.int8.onnx", []string{"model.int8.onnx", "model.onnx", "tokens.txt"}},
		"sherpa-onnx-nemo-ctc-en":             {"nemo_ctc", "model", "model.onnx", []string{"model.onnx", "tokens.txt"}},
	} {
		dir := filepath.Join(t.TempDir(), name)
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		for _, f := range c.files {
			if err := os.WriteFile(filepath.Join(dir, f), []byte("x"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		m, err := folderModel(dir)
		if err != nil || m.Kind != c.kind || m.Files[c.role] != filepath.Join(dir, c.file) {
			t.Errorf("%s: got %+v, %v", name, m, err)
		}
	}
	if _, err := newLocal(LocalConfig{Model: t.TempDir()}, newLibrary(t.TempDir()), "en", workerCommand, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("no error for an empty folder")
	}
}
