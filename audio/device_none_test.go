//go:build !cgo || noaudio

package audio

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"landale/event"
)

// TestNoDevices: a build that cannot open devices says so, and hears files.
func TestNoDevices(t *testing.T) {
	if _, err := Devices(); !errors.Is(err, ErrNoDevices) {
		t.Errorf("devices: got %v", err)
	}
	file := filepath.Join(t.TempDir(), "voice.wav")
	if err := os.WriteFile(file, encodeWAV(slices.Concat(goForward(t), silence(time.Second))), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := DefaultConfig()
	cfg.Engine, cfg.Network.Listen = "browser", ""
	cfg.Sources = []Source{{Name: "mic"}, {Name: "talk", Kind: "file", Path: file, Fast: true}}
	a := New(cfg, Options{Publish: func(event.Event) {}, Session: func(time.Time) string { return "s" }, Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = a.Serve(ctx) })
	defer wg.Wait()
	defer cancel()
	deadline := time.Now().Add(20 * time.Second)
	for a.LastSpeech().IsZero() || !strings.Contains(a.Status().Reason, "without cgo") {
		if time.Now().After(deadline) {
			t.Fatalf("got %+v, last speech %v", a.Status(), a.LastSpeech())
		}
		time.Sleep(time.Millisecond) // the state is what is waited for
	}
	if _, err := a.Try(ctx, "", time.Second); !errors.Is(err, ErrNoDevices) {
		t.Errorf("try: got %v", err)
	}
}
