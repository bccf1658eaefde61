package audio

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestSpool(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSpool(filepath.Join(t.TempDir(), "spool"), slog.New(slog.DiscardHandler))
		at := time.Now()
		for i, seg := range []string{"poison", "a", "b"} {
			if err := s.put(spooled{At: at.Add(time.Duration(i) * time.Second), Segment: seg}, silence(time.Second*time.Duration(3-i))); err != nil {
				t.Fatal(err)
			}
		}
		orphan := filepath.Join(s.dir, "1-1.wav")
		if err := os.WriteFile(orphan, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		var out []string
		done := make(chan struct{})
		go func() {
			defer close(done)
			s.serve(ctx, stumbler{}, func() Hints { return Hints{} }, func() bool { return true }, func(m spooled, _ []float32, _ Result) { out = append(out, m.Segment) })
		}()
		time.Sleep(time.Minute)
		cancel()
		<-done
		if strings.Join(out, " ") != "a b" {
			t.Errorf("recognised %q, want a and b", out)
		}
		if left := s.names(); len(left) != 1 {
			t.Errorf("%d sounds wait, want the one that cannot be recognised", len(left))
		}
		if _, err := os.Stat(orphan); err == nil {
			t.Error("sound without a description stays")
		}
	})
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := newSpool(file, slog.New(slog.DiscardHandler)).put(spooled{}, silence(time.Second)); err == nil {
		t.Error("no error from a folder that is a file")
	}
}

// stumbler cannot recognise three seconds.

type stumbler struct{}

func (stumbler) String() string { return "stumbler" }

func (stumbler) Warm(context.Context) error { return nil }

func (stumbler) Transcribe(_ context.Context, pcm []float32, h Hints) (Result, error) {
	if len(pcm) == 3*16000 || !h.Patient {
		return Result{}, ErrBusy
	}
	return Result{Text: "so"}, nil
}
