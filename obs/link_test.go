package obs

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"landale/event"
	"landale/obs/obstest"
)

func TestWrongPasswordIsSaidOnceAndHealedByTheConfig(t *testing.T) {
	t.Parallel()
	s := obstest.Start(t, "right")
	cfg := settings(s.URL())
	cfg.Password = "wrong"
	r := serve(t, cfg, nil)
	r.until("refused", 5*time.Second, func() bool { return r.Status().State == event.Failed })
	if got := r.Status().Reason; got != wrongPassword {
		t.Errorf("got %q, want %q", got, wrongPassword)
	}
	// Two seconds would be five attempts for an OBS that is merely closed.
	waitOrDone(t.Context(), 2*time.Second)
	if n := s.Dials(); n != 1 {
		t.Errorf("got %d attempts, want 1", n)
	}
	cfg.Password = ""
	r.Configure(cfg)
	r.until("no password", 5*time.Second, func() bool { return r.Status().Reason == noPassword })
	cfg.Password = "right"
	r.Configure(cfg)
	if d := r.connected(); d > time.Second {
		t.Errorf("took %v", d)
	}
	r.until("told", time.Second, func() bool { return len(r.of("obs.connection_established")) > 0 })
	if e := r.of("obs.connection_established"); len(e) != 1 || !e[0].Payload.(event.OBSConnectionEstablished).Authentication {
		t.Errorf("got %+v", e)
	}
	if e := r.of("obs.connection_lost"); len(e) != 0 {
		t.Errorf("lost what was never had: %+v", e)
	}
}

func TestNothingIsQueuedWhileOBSIsAway(t *testing.T) {
	t.Parallel()
	s := obstest.Start(t, "")
	s.Close()
	r := serve(t, settings(s.URL()), nil)
	r.until("waiting", 5*time.Second, func() bool { return r.Status().State == event.Waiting })
	began := time.Now()
	for _, run := range []func(context.Context) (Done, error){r.StopStream, r.StartStream, r.StartRecord, r.SaveReplay, r.Transit} {
		_, err := run(t.Context())
		if !errors.Is(err, ErrNotConnected) || ErrNotConnected.ErrorCode() != "not_connected" {
			t.Errorf("got %v", err)
		}
	}
	if d := time.Since(began); d > 100*time.Millisecond {
		t.Errorf("took %v to say so", d)
	}
	s = obstest.Restart(t, s)
	r.connected()
	waitOrDone(t.Context(), 300*time.Millisecond)
	for _, request := range []string{"StopStream", "StartStream", "StartRecord", "SaveReplayBuffer", "TriggerStudioModeTransition"} {
		if n := len(s.Calls(request)); n != 0 {
			t.Errorf("%s came %d times after the connect", request, n)
		}
	}
}

func TestOutputsAreConfirmed(t *testing.T) {
	t.Parallel()
	s := obstest.Start(t, "")
	r := serve(t, settings(s.URL()), nil)
	r.connected()
	ctx := t.Context()
	for _, c := range []struct {
		run         func(context.Context) (Done, error)
		state, path string
	}{
		{r.StartStream, "started", ""}, {r.StopStream, "stopped", ""},
		{r.StartRecord, "started", ""}, {r.PauseRecord, "paused", ""}, {r.ResumeRecord, "started", ""},
		{func(ctx context.Context) (Done, error) { return r.Chapter(ctx, "boss") }, "", ""},
		{r.StopRecord, "stopped", "D:/Videos/take.mp4"},
		{r.StartReplay, "started", ""}, {r.SaveReplay, "", "D:/Videos/Replay.mkv"}, {r.StopReplay, "stopped", ""},
		{r.StartVirtualCam, "started", ""}, {r.StopVirtualCam, "stopped", ""},
	} {
		if done, err := c.run(ctx); err != nil || done.State != c.state || done.Path != c.path {
			t.Errorf("got %+v %v, want %s %s", done, err, c.state, c.path)
		}
	}
	// OBS 29 says yes to a replay buffer without a video source, and does nothing.
	s.Refuse("StartReplayBuffer", 100, "")
	if _, err := r.StartReplay(ctx); err == nil || !strings.Contains(err.Error(), "put a video source into the scene") {
		t.Errorf("got %v", err)
	}
	s.Refuse("StartStream", 100, "")
	began := time.Now()
	if _, err := r.StartStream(ctx); err == nil || err.(*Error).Code != "service_timeout" || time.Since(began) > 1100*time.Millisecond {
		t.Errorf("got %v after %v", err, time.Since(began))
	}
}

func TestBatchAndScreenshot(t *testing.T) {
	t.Parallel()
	s := obstest.Start(t, "")
	r := serve(t, settings(s.URL()), nil)
	r.connected()
	batch := []Request{
		{"SetCurrentProgramScene", map[string]any{"sceneName": "Starting Soon"}},
		{"SetCurrentProgramScene", map[string]any{"sceneName": "Nowhere"}},
		{"GetVersion", nil},
	}
	results := must[[]Result](t)(r.Batch(t.Context(), batch, false))
	if len(results) != 3 || !results[0].OK || results[1].OK || results[1].Code != 600 || !results[2].OK || len(results[2].Data) == 0 {
		t.Errorf("got %+v", results)
	}
	if results := must[[]Result](t)(r.Batch(t.Context(), batch, true)); len(results) != 2 {
		t.Errorf("got %d results, want 2: the second was refused", len(results))
	}
	if _, err := r.Batch(t.Context(), nil, false); err == nil {
		t.Error("an empty batch was carried out")
	}
	r.until("scene", time.Second, func() bool { return r.Snapshot().ProgramScene == "Starting Soon" })
	if img := must[Image](t)(r.Screenshot(t.Context(), "", "png", 0)); img.Type != "image/png" || len(img.Data) == 0 {
		t.Errorf("got %+v", img)
	}
	if _, err := r.Screenshot(t.Context(), "", "gif", 0); err == nil {
		t.Error("a gif was taken")
	}
}

// TestLateAnswers is the goobs client's deadlock: a request times out, its answer
// comes late, and nothing ever works again.
func TestLateAnswers(t *testing.T) {
	t.Parallel()
	s := obstest.Start(t, "")
	r := serve(t, settings(s.URL()), nil)
	r.connected()
	s.Late(1200 * time.Millisecond)
	began := time.Now()
	if _, err := r.SetScene(t.Context(), "Starting Soon"); !errors.Is(err, ErrTimeout) {
		t.Errorf("got %v, want %v", err, ErrTimeout)
	}
	if d := time.Since(began); d > 1100*time.Millisecond {
		t.Errorf("took %v", d)
	}
	s.Late(0)
	for range 20 {
		if _, err := r.Request(t.Context(), "GetVersion", nil); err != nil {
			t.Fatal(err)
		}
	}
	waitOrDone(t.Context(), 400*time.Millisecond) // the late answer comes
	if _, err := r.SetScene(t.Context(), "Game"); err != nil {
		t.Error(err)
	}
	if !r.Snapshot().Connected || s.Dials() != 1 {
		t.Errorf("got %d connections", s.Dials())
	}
}

func TestHungOBS(t *testing.T) {
	t.Parallel()
	s := obstest.Start(t, "")
	r := serve(t, settings(s.URL()), nil)
	r.connected()
	s.Hang(true)
	began := time.Now()
	if _, err := r.StopStream(t.Context()); !errors.Is(err, ErrTimeout) {
		t.Errorf("got %v", err)
	}
	r.until("the hang is noticed", 8*time.Second, func() bool { return !r.Snapshot().Connected })
	t.Logf("noticed after %v", time.Since(began))
	if _, err := r.StopStream(t.Context()); !errors.Is(err, ErrNotConnected) {
		t.Errorf("got %v", err)
	}
	lost := r.of("obs.connection_lost")
	if len(lost) != 1 || !strings.Contains(lost[0].Payload.(event.OBSConnectionLost).Reason, "hangs") {
		t.Errorf("got %+v", lost)
	}
	s.Hang(false)
	if d := r.connected(); d > 3500*time.Millisecond {
		t.Errorf("took %v to come back", d)
	}
}

// TestPeersThatMisbehave must leave the part looking for a better OBS.
func TestPeersThatMisbehave(t *testing.T) {
	t.Parallel()
	s := obstest.Start(t, "")
	s.HelloOnly(true)
	r := serve(t, settings(s.URL()), nil)
	r.until("three tries", 10*time.Second, func() bool { return s.Dials() >= 3 })
	s.HelloOnly(false)
	r.connected()
	for _, text := range []string{`{`, `{"op":5,"d":7}`, `[]`, `{"op":7,"d":[]}`} {
		dials := s.Dials()
		s.Raw(text)
		r.until("another connection after "+text, 5*time.Second, func() bool { return s.Dials() > dials && r.Snapshot().Connected })
	}
	for _, text := range []string{`{"op":77,"d":{}}`, `{"op":7,"d":{"requestId":"99999"}}`, `{"op":5,"d":{"eventType":"SomethingNew","eventData":{"fooBar":1,"type":"x"}}}`, `{"op":5,"d":{"eventType":"InputMuteStateChanged","eventData":null}}`} {
		s.Raw(text)
	}
	r.until("an event nobody knows", 2*time.Second, func() bool { return len(r.of("obs.something_new")) == 1 })
	if got := string(r.of("obs.something_new")[0].AppendJSON(nil)); !strings.Contains(got, `"foo_bar":1`) || !strings.Contains(got, `"raw_type":"SomethingNew"`) {
		t.Errorf("got %s", got)
	}
	if s.Connections() != 1 || !r.Snapshot().Connected {
		t.Errorf("got %d connections", s.Connections())
	}
	s.SilentHello(true)
	s.Reset()
	r.until("lost", 2*time.Second, func() bool { return !r.Snapshot().Connected })
	s.SilentHello(false)
	r.connected()
}

// TestReconnects counts goroutines after OBS went away 200 times in every way.
func TestReconnects(t *testing.T) {
	s := obstest.Start(t, "secret")
	cfg := settings(s.URL())
	cfg.Password = "secret"
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	p := New(cfg, Options{})
	one := func(i int) {
		session, stop := context.WithCancel(ctx)
		done := make(chan error, 1)
		go func() {
			_, err := p.session(session, cfg, nil)
			done <- err
		}()
		end := time.Now().Add(5 * time.Second)
		for {
			if _, err := p.linked(); err == nil || time.Now().After(end) {
				break
			}
			runtime.Gosched()
		}
		switch i % 4 {
		case 0:
			s.Reset()
		case 1:
			stop()
		case 2:
			s.Raw("nonsense")
		case 3:
			go s.Reset()
			_, _ = p.Request(ctx, "GetVersion", nil) // either end of it is right
		}
		select {
		case <-done:
		case <-time.After(5 * time.Second):
			t.Fatalf("session %d does not end", i)
		}
		stop()
	}
	for i := range 8 {
		one(i)
	}
	before := settled(s)
	for i := range 200 {
		one(i)
	}
	if after := settled(s); after > before+2 {
		buf := make([]byte, 1<<20)
		t.Errorf("got %d goroutines after 200 reconnects, had %d\n%s", after, before, buf[:runtime.Stack(buf, true)])
	}
}

// settled counts goroutines once the server's own have ended.
func settled(s *obstest.Server) int {
	for range 100 {
		if s.Connections() == 0 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	time.Sleep(50 * time.Millisecond) // those that end after their connection is counted off
	return runtime.NumGoroutine()
}

func TestVolumesOfAMovingSlider(t *testing.T) {
	t.Parallel()
	s := obstest.Start(t, "")
	r := serve(t, settings(s.URL()), nil)
	r.connected()
	for i := range 100 {
		s.Emit("InputVolumeChanged", map[string]any{"inputName": "Mic/Aux", "inputVolumeDb": -float64(i), "inputVolumeMul": 1})
	}
	r.until("the mirror has the last one", 2*time.Second, func() bool { in := r.Snapshot(); return in.input("Mic/Aux").VolumeDB == -99 })
	r.until("the last one is told", 3*time.Second, func() bool {
		e := r.of("obs.input_volume_changed")
		return len(e) > 0 && e[len(e)-1].Payload.(event.OBSInputVolumeChanged).InputVolumeDB == -99
	})
	if n := len(r.of("obs.input_volume_changed")); n > 10 {
		t.Errorf("got %d events of 100 steps, want a few", n)
	}
}

func TestOffWithoutAnAddress(t *testing.T) {
	t.Parallel()
	s := obstest.Start(t, "")
	r := serve(t, settings(""), nil)
	r.until("off", time.Second, func() bool { return r.Snapshot().ConnectionState == "off" })
	r.Configure(settings(s.URL()))
	r.connected()
	r.Configure(settings(""))
	r.until("off again", time.Second, func() bool { return r.Snapshot().ConnectionState == "off" })
}

func TestConfigValidate(t *testing.T) {
	if ps := DefaultConfig().Validate(); len(ps) != 0 {
		t.Errorf("got %+v", ps)
	}
	bad := Config{URL: "127.0.0.1:4455"}
	var keys []string
	for _, p := range bad.Validate() {
		keys = append(keys, p.Key)
	}
	want := "[url captions.clear heal.after watchdog.lost_frames]"
	if got := fmt.Sprint(keys); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
