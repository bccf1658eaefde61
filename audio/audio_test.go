package audio

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"landale/audio/audiotest"
	"landale/event"
)

// heardEvents collects what the part publishes.
type heardEvents struct {
	mu   sync.Mutex
	all  []event.Event
	more chan struct{}
}

func (h *heardEvents) publish(e event.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all = append(h.all, e)
	select {
	case h.more <- struct{}{}:
	default:
	}
}

// finals waits until there are n and returns them.
func (h *heardEvents) finals(t *testing.T, n int, within time.Duration) []event.TranscriptionFinal {
	t.Helper()
	deadline := time.After(within)
	for {
		h.mu.Lock()
		var fs []event.TranscriptionFinal
		for _, e := range h.all {
			if f, ok := e.Payload.(event.TranscriptionFinal); ok {
				fs = append(fs, f)
			}
		}
		h.mu.Unlock()
		if len(fs) >= n {
			return fs
		}
		select {
		case <-h.more:
		case <-deadline:
			t.Fatalf("got %d finals within %v, want %d", len(fs), within, n)
		}
	}
}

// start runs the part with an engine that really recognises the recordings.
func start(t *testing.T, cfg Config) (*Audio, *audiotest.Sphinx, *heardEvents) {
	t.Helper()
	var sentences []string
	for _, r := range audiotest.Recordings(t) {
		sentences = append(sentences, r.Text)
	}
	sphinx := audiotest.NewSphinx(t, sentences)
	server := httptest.NewServer(sphinx)
	t.Cleanup(server.Close)
	cfg.OpenAI.BaseURL = server.URL + "/v1"
	if cfg.Network.Listen != "" {
		cfg.Network.Listen = "127.0.0.1:0"
	}
	h := &heardEvents{more: make(chan struct{}, 1)}
	var a *Audio
	a = New(cfg, Options{Publish: func(e event.Event) {
		h.publish(e)
		a.Heard(e)
	}, Session: func(at time.Time) string { return event.SessionName(at, time.UTC) }, Dir: t.TempDir(), Log: slog.New(slog.NewTextHandler(testLog{t}, nil))})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = a.Serve(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return a, sphinx, h
}

type testLog struct{ t *testing.T }

func (l testLog) Write(b []byte) (int, error) {
	l.t.Log(strings.TrimSpace(string(b)))
	return len(b), nil
}

// plugin connects as the owner's OBS audio plugin.
func plugin(t *testing.T, a *Audio, path string) *websocket.Conn {
	t.Helper()
	deadline := time.Now().Add(5 * time.Second)
	for a.NetworkAddr() == "" {
		if time.Now().After(deadline) {
			t.Fatal("the audio port did not open")
		}
		time.Sleep(time.Millisecond) // the port opens in the part's own goroutine
	}
	c, _, err := websocket.DefaultDialer.Dial("ws://"+a.NetworkAddr()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// send sends sound as the plugin does: 48 kHz stereo in packets of 10 ms, stamped
// with a monotonic clock of 20 days. It does not wait between packets.
func send(t *testing.T, c *websocket.Conn, name string, stamp *uint64, pcm []float32) {
	t.Helper()
	for i := 0; i+160 <= len(pcm); i += 160 {
		var b []byte
		for _, v := range pcm[i : i+160] {
			s := int16(v * 32767)
			for range 3 * 2 { // three times the rate, two channels
				b = append(b, byte(s), byte(s>>8))
			}
		}
		if err := c.WriteMessage(websocket.BinaryMessage, packetBytes(*stamp, 48000, 2, 16, name, name, b)); err != nil {
			t.Fatal(err)
		}
		*stamp += uint64(10 * time.Millisecond)
	}
}

const uptime = uint64(20 * 24 * time.Hour)

// TestRecordings is the main job with a real engine: every recording, sent over
// the audio port, comes out as its text, in order, at its time.
func TestRecordings(t *testing.T) {
	if testing.Short() || raced {
		t.Skip("recognises 12 recordings")
	}
	cfg := DefaultConfig()
	cfg.Sources = []Source{{Name: "Mic/Aux", Kind: "network"}}
	cfg.Files = FilesConfig{SRT: true, VTT: true, TXT: true}
	a, _, h := start(t, cfg)
	captions := plugin(t, a, "/ws/captions")
	c := plugin(t, a, "/audio")
	stamp := uptime
	send(t, c, "Mic/Aux", &stamp, silence(time.Second))
	var said []string
	want := 0
	errs, words, offline := 0, 0, 0
	whole := newOpenAI(a.cfg.OpenAI)
	for _, r := range audiotest.Recordings(t) {
		before := len(h.finals(t, want, time.Second))
		send(t, c, "Mic/Aux", &stamp, slices.Concat(rawPCM(t, r.File, r.Header), silence(1200*time.Millisecond)))
		want = before + 1
		h.finals(t, want, time.Minute)
		settle(t, a)
		fs := h.finals(t, want, time.Second)
		want = len(fs)
		var text []string
		for _, f := range fs[before:] {
			text = append(text, f.Message)
		}
		e, n := audiotest.WordErrors(r.Text, strings.Join(text, " "))
		if e > 0 {
			t.Logf("%d of %d words wrong: %q, said %q", e, n, strings.Join(text, " "), r.Text)
		}
		errs, words = errs+e, words+n
		said = append(said, strings.Join(text, " "))
		at, err := whole.Transcribe(context.Background(), rawPCM(t, r.File, r.Header), Hints{})
		if err != nil {
			t.Fatal(err)
		}
		e, _ = audiotest.WordErrors(r.Text, at.Text)
		offline += e
	}
	// What is cut into utterances must be heard as well as whole files are.
	if 100*(errs-offline) > 2*words {
		t.Errorf("%d words wrong, %d when each recording is recognised whole", errs, offline)
	}
	if rate := float64(errs) / float64(words); rate > 0.08 {
		t.Errorf("%d of %d words wrong: %.1f %%, want at most 8 %%", errs, words, 100*rate)
	} else {
		t.Logf("%d of %d words wrong in %d recordings: %.1f %%", errs, words, len(said), 100*rate)
	}
	// The newer caption plugin got the same finals.
	var got []string
	for len(got) < want {
		_ = captions.SetReadDeadline(time.Now().Add(5 * time.Second))
		var m struct {
			Type string
			Data struct {
				Text    string
				IsFinal bool `json:"is_final"`
			}
		}
		if err := captions.ReadJSON(&m); err != nil {
			t.Fatalf("captions: %v after %d finals", err, len(got))
		}
		if m.Data.IsFinal {
			got = append(got, m.Data.Text)
		}
	}
	if strings.Join(got, " ") != strings.Join(said, " ") {
		t.Errorf("captions got %q", got)
	}
	for _, ending := range []string{"srt", "vtt", "txt"} {
		files, _ := filepath.Glob(filepath.Join(a.o.Dir, "transcripts", "*."+ending))
		if len(files) != 1 {
			t.Errorf("%d %s files, want 1", len(files), ending)
			continue
		}
		b, err := os.ReadFile(files[0])
		if err != nil || !strings.Contains(string(b), got[0]) {
			t.Errorf("%s: %v, %q", ending, err, b)
		}
	}
}

// settle waits until nothing more will come of what was sent.
func settle(t *testing.T, a *Audio) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for quiet := 0; quiet < 20; {
		quiet++
		for _, s := range a.Sources() {
			if s.State == "speech" || s.Lag > 0 {
				quiet = 0
			}
		}
		if time.Now().After(deadline) {
			t.Fatal("the source did not settle")
		}
		time.Sleep(10 * time.Millisecond) // there is nothing to wait on: silence is what is waited for
	}
}

// TestContradicted: words that partials commit, on what a real engine makes of
// recordings as they grow, stand in the final.
func TestContradicted(t *testing.T) {
	if testing.Short() || raced {
		t.Skip("recognises 12 recordings, each some five times")
	}
	var sentences []string
	for _, r := range audiotest.Recordings(t) {
		sentences = append(sentences, r.Text)
	}
	server := httptest.NewServer(audiotest.NewSphinx(t, sentences))
	defer server.Close()
	cfg := DefaultOpenAIConfig()
	cfg.BaseURL = server.URL + "/v1"
	engine := newOpenAI(cfg)
	hear := func(pcm []float32) []string {
		r, err := engine.Transcribe(context.Background(), pcm, Hints{})
		if err != nil {
			t.Fatal(err)
		}
		return texts(r)
	}
	committed, contradicted := 0, 0
	for _, r := range audiotest.Recordings(t) {
		pcm := rawPCM(t, r.File, r.Header)
		var a agreement
		step := samples(DefaultDictationConfig().Interval)
		for n := step; n < len(pcm); n += step {
			a.add(hear(pcm[:n]))
		}
		final := hear(pcm)
		wrong, n := audiotest.WordErrors(strings.Join(a.committed, " "), strings.Join(final[:min(len(a.committed), len(final))], " "))
		if wrong > 0 {
			t.Logf("committed %q, then %q", a.committed, final)
		}
		committed, contradicted = committed+n, contradicted+wrong
	}
	t.Logf("%d committed words, %d later contradicted", committed, contradicted)
	if committed < 40 || 100*contradicted > committed {
		t.Errorf("%d of %d committed words were contradicted, want at most 1 %%", contradicted, committed)
	}
}

// TestEngineReturns: a speech server that fails loses nothing; its sound waits on
// disk and comes late, marked so.
func TestEngineReturns(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Sources = []Source{{Name: "mic", Kind: "network"}}
	a, sphinx, h := start(t, cfg)
	sphinx.Fail.Store(true)
	c := plugin(t, a, "/")
	stamp := uptime
	send(t, c, "mic", &stamp, slices.Concat(silence(time.Second), goForward(t), silence(1500*time.Millisecond)))
	spooled := filepath.Join(a.o.Dir, "spool", "*.json")
	deadline := time.Now().Add(20 * time.Second)
	for {
		if files, _ := filepath.Glob(spooled); len(files) == 1 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the sound was not kept")
		}
		time.Sleep(10 * time.Millisecond) // the file is what is waited for
	}
	sphinx.Fail.Store(false)
	f := h.finals(t, 1, 30*time.Second)[0]
	if e, _ := audiotest.WordErrors("go forward ten meters", f.Message); e > 1 || !f.Late {
		t.Errorf("got %q, late %v", f.Message, f.Late)
	}
}

// TestTwoSources: two voices at once are two clean transcripts.
func TestTwoSources(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Sources = []Source{{Name: "mic", Kind: "network"}, {Name: "guest", Kind: "network"}}
	a, _, h := start(t, cfg)
	rs := audiotest.Recordings(t)
	var wg sync.WaitGroup
	for i, name := range []string{"mic", "guest"} {
		c := plugin(t, a, "/audio")
		wg.Go(func() {
			stamp := uptime
			send(t, c, name, &stamp, slices.Concat(silence(time.Second), rawPCM(t, rs[i].File, rs[i].Header), silence(1500*time.Millisecond)))
		})
	}
	wg.Wait()
	for _, f := range h.finals(t, 2, time.Minute) {
		want := rs[0].Text
		if f.SourceName == "guest" {
			want = rs[1].Text
		}
		if e, _ := audiotest.WordErrors(want, f.Message); e > 1 {
			t.Errorf("%s: got %q, want %q", f.SourceName, f.Message, want)
		}
	}
}

// TestBadPackets: whatever a socket sends, the port goes on and so does the
// source beside it.
func TestBadPackets(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Sources = []Source{{Name: "mic", Kind: "network"}}
	a, _, h := start(t, cfg)
	bad := plugin(t, a, "/audio")
	huge := packetBytes(0, 48000, 2, 16, "", "", nil)
	copy(huge[20:], "\xff\xff\xff\xff\xff\xff\xff\xff")
	for _, b := range [][]byte{nil, {1}, huge, packetBytes(0, 48000, 0, 16, "mic", "mic", nil), packetBytes(1<<63, 48000, 1, 16, "mic", "mic", make([]byte, 2))} {
		if err := bad.WriteMessage(websocket.BinaryMessage, b); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range []string{"", "{", `{"type":"audio_data"}`, `{"type":"start"}`, `{"type":7}`, `[]`} {
		if err := bad.WriteMessage(websocket.TextMessage, []byte(s)); err != nil {
			t.Fatal(err)
		}
	}
	c := plugin(t, a, "/audio")
	stamp := uptime
	send(t, c, "mic", &stamp, slices.Concat(silence(time.Second), goForward(t), silence(1500*time.Millisecond)))
	if f := h.finals(t, 1, 30*time.Second)[0]; f.Message == "" {
		t.Error("no text")
	}
	if n := a.network.badPackets.Load(); n < 8 {
		t.Errorf("counted %d bad packets", n)
	}
}

// TestStopFlushes: the plugin's stop ends the sentence; what was held is text.
func TestStopFlushes(t *testing.T) {
	cfg := DefaultConfig()
	a, _, h := start(t, cfg)
	c := plugin(t, a, "/audio")
	var status map[string]any
	if err := c.ReadJSON(&status); err != nil || status["type"] != "status" {
		t.Fatalf("got %v, %v", status, err)
	}
	stamp := uptime
	voice := goForward(t)
	send(t, c, "anything", &stamp, slices.Concat(silence(time.Second), voice[:len(voice)*3/4]))
	b, _ := json.Marshal(map[string]string{"type": "stop"})
	if err := c.WriteMessage(websocket.TextMessage, b); err != nil {
		t.Fatal(err)
	}
	h.finals(t, 1, 30*time.Second)
}
