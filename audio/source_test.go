package audio

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"landale/audio/audiotest"
)

// fileSamples reads a file as fast as possible.
func fileSamples(t *testing.T, path string) (pcm []float32, rate int, last time.Time) {
	t.Helper()
	began := time.Date(2026, 11, 24, 20, 0, 0, 0, time.UTC)
	err := readFile(context.Background(), path, began, false, func(_ context.Context, f Frame) error {
		pcm, rate, last = append(pcm, f.PCM...), f.Rate, f.At.Add(f.duration())
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if d := last.Sub(began) - soundTime(len(pcm)); rate == 16000 && (d > time.Millisecond || d < -time.Millisecond) {
		t.Errorf("times are %v off the samples", d)
	}
	return pcm, rate, last
}

// TestFiles: every form of a file is the same sound.
func TestFiles(t *testing.T) {
	want := goForward(t)
	dir := t.TempDir()
	wav := filepath.Join(dir, "a.wav")
	if err := os.WriteFile(wav, encodeWAV(want), 0o600); err != nil {
		t.Fatal(err)
	}
	files := []string{wav}
	if _, err := exec.LookPath("sox"); err != nil {
		audiotest.Missing(t, "sox")
	}
	for _, args := range [][]string{{"-b", "24", "b.wav"}, {"-e", "float", "-b", "32", "c.wav"}, {"d.flac"}} {
		name := filepath.Join(dir, args[len(args)-1])
		args = append(append([]string{"-D", wav}, args[:len(args)-1]...), name)
		if out, err := exec.Command("sox", args...).CombinedOutput(); err != nil {
			t.Fatalf("sox %v: %v\n%s", args, err, out)
		}
		files = append(files, name)
	}
	for _, file := range files {
		got, rate, _ := fileSamples(t, file)
		if rate != 16000 || len(got) != len(want) {
			t.Errorf("%s: %d samples at %d Hz, want %d at 16000", filepath.Base(file), len(got), rate, len(want))
			continue
		}
		for i := range got {
			if d := got[i] - want[i]; d > 1e-4 || d < -1e-4 {
				t.Errorf("%s: sample %d is %v, want %v", filepath.Base(file), i, got[i], want[i])
				break
			}
		}
	}
}

func TestFilesThatAreNone(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{"empty.wav": "", "text.wav": "hello there", "cut.flac": "fLaC\x00\x00"} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := readFile(context.Background(), path, time.Now(), false, func(context.Context, Frame) error { return nil }); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if err := readFile(context.Background(), filepath.Join(dir, "none"), time.Now(), false, nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want that there is no such file", err)
	}
}
