package audio

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"landale/event"
)

func TestSaid(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Engine, cfg.Network.Listen = "browser", ""
	cfg.Sources = []Source{{Name: "mic", Kind: "network"}}
	cfg.Filter.Replace = []Replacement{{"av alon", "Avalon"}}
	cfg.Filter.Profanity, cfg.Filter.Swearwords = "drop", []string{"heck"}
	var mu sync.Mutex
	var got []event.Transcript
	a := New(cfg, Options{Publish: func(e event.Event) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, e.Payload.(event.TranscriptionPartial).Transcript)
	}, Session: func(time.Time) string { return "stream_2026_11_24" }, Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = a.Serve(ctx) })
	defer wg.Wait()
	defer cancel()
	for deadline := time.Now().Add(5 * time.Second); len(a.Sources()) == 0; time.Sleep(time.Millisecond) { // the part starts in its own goroutine
		if time.Now().After(deadline) {
			t.Fatal("the part did not start")
		}
	}
	said := event.Transcript{Message: "av alon is here"}
	if err := a.Said(time.Now(), &said); err != nil || said.Message != "Avalon is here" || said.RawText != "av alon is here" || said.StreamSessionID != "stream_2026_11_24" {
		t.Errorf("got %+v, %v", said, err)
	}
	if err := a.Said(time.Now(), &event.Transcript{Message: "heck"}); !errors.Is(err, ErrMasked) {
		t.Errorf("got %v, want that nothing is left", err)
	}
	a.PagePartial("browser", "s1", "av alon is", 3)
	a.Pause(true)
	if err := a.Said(time.Now(), &event.Transcript{Message: "secret"}); !errors.Is(err, ErrPaused) {
		t.Errorf("got %v, want that captions are paused", err)
	}
	a.PagePartial("browser", "s1", "secret", 1)
	a.PagePartial("browser", "s1", "", 0)
	mu.Lock()
	defer mu.Unlock()
	if len(got) != 2 || got[0].Message != "Avalon is" || got[0].StableWords != 2 || got[1].Message != "" {
		t.Errorf("got %+v", got)
	}
}
