package audio

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"landale/event"
)

func TestComesAgain(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Engine = "browser"
	cfg.Network.Listen = "127.0.0.1:0"
	cfg.Sources = []Source{{Name: "mic", Kind: "network", OBSInput: "Mic/Aux"}}
	a := New(cfg, Options{Publish: func(event.Event) {}, Session: func(time.Time) string { return "s" }, Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
	a.InputMuted("Mic/Aux", true)
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = a.Serve(ctx) })
	defer wg.Wait()
	defer cancel()
	state := func(want string) {
		t.Helper()
		deadline := time.Now().Add(10 * time.Second)
		for {
			s := a.Sources()
			if len(s) == 1 && s[0].State == want {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("got %+v, want %s", s, want)
			}
			time.Sleep(time.Millisecond) // the state is what is waited for
		}
	}
	stamp := uptime
	first := plugin(t, a, "/audio")
	send(t, first, "mic", &stamp, silence(200*time.Millisecond))
	state("muted")
	second := plugin(t, a, "/audio")
	send(t, second, "mic", &stamp, silence(200*time.Millisecond))
	pipelines := func(want int) {
		t.Helper()
		deadline := time.Now().Add(10 * time.Second)
		for n := -1; n != want; {
			a.mu.Lock()
			n = len(a.sources["mic"].pipelines)
			a.mu.Unlock()
			if time.Now().After(deadline) {
				t.Fatalf("%d pipelines, want %d", n, want)
			}
			time.Sleep(time.Millisecond) // the pipelines are what is waited for
		}
	}
	pipelines(2)
	first.Close()
	pipelines(1)
	state("muted")
	a.InputMuted("Mic/Aux", false)
	state("listening")
	second.Close()
	state("idle")
}
