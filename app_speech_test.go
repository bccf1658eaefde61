//go:build cgo && !noaudio

package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"landale/audio"
	"landale/audio/audiotest"
	"landale/event"
)

// playable makes a WAV file of a recording without a header.
func playable(t *testing.T, r audiotest.Recording) string {
	t.Helper()
	if r.Header > 0 {
		return r.File
	}
	raw, err := os.ReadFile(r.File)
	if err != nil {
		t.Fatal(err)
	}
	head := []byte("RIFF")
	head = binary.LittleEndian.AppendUint32(head, uint32(36+len(raw)))
	head = append(head, "WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00"...)
	head = binary.LittleEndian.AppendUint32(head, 16000)
	head = binary.LittleEndian.AppendUint32(head, 32000)
	head = append(head, "\x02\x00\x10\x00data"...)
	head = binary.LittleEndian.AppendUint32(head, uint32(len(raw)))
	file := filepath.Join(t.TempDir(), "speech.wav")
	if err := os.WriteFile(file, append(head, raw...), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// The main job, whole: what is said into a microphone is pushed to a page while
// it is said, is a row in the store, and is found by its words.
func TestSpeech(t *testing.T) {
	do := audiotest.Microphone(t, "scripts/pulse-headless.sh")
	recordings := audiotest.Recordings(t)
	var sentences []string
	for _, r := range recordings {
		sentences = append(sentences, r.Text)
	}
	engine := httptest.NewServer(audiotest.NewSphinx(t, sentences))
	t.Cleanup(engine.Close)
	h := newHome(t, fmt.Sprintf(`[http]
listen = "127.0.0.1:0"
health = ""
[audio.openai]
base_url = "%s/v1"
[audio.network]
listen = ""
[[audio.source]]
name = "mic"
device = "TestMicrophone"
`, engine.URL))
	a := startApp(t, h)
	page := dial(t, a.URL())
	page.join("transcription:live", map[string]any{"batch": true})
	page.join("audio:levels", nil)
	if f := page.next(func(f frame) bool { return f.event == "levels" }); !strings.Contains(string(f.payload), `"source":"mic"`) {
		t.Errorf("levels: got %s", f.payload)
	}
	captions := startBrowser(t, 1920, 200)
	captions.run(chromedp.Navigate(a.URL() + "/overlay/captions?bg=%23224466"))
	said := recordings[0]
	before := time.Now()
	do("play", playable(t, said))
	var final *event.TranscriptionFinal
	partials := 0
	for final == nil {
		for _, e := range page.events() {
			switch p := e.Payload.(type) {
			case event.TranscriptionPartial:
				partials++
			case event.TranscriptionFinal:
				final = &p
				if e.Time.Before(before.Add(-time.Second)) || e.Time.After(time.Now()) {
					t.Errorf("said at %v, want after %v", e.Time, before)
				}
			}
		}
	}
	if wrong, n := audiotest.WordErrors(said.Text, final.Message); wrong > 1 {
		t.Errorf("%d of %d words wrong: %q", wrong, n, final.Message)
	}
	if partials == 0 {
		t.Error("no word was shown while it was said")
	}
	if final.Latency == nil || final.Latency.Published <= 0 || final.SourceName != "mic" {
		t.Errorf("got %+v", final)
	}
	captions.until(fmt.Sprintf(`document.body.innerText.replace(/\s+/g, " ").includes(%q)`, final.Message))
	captions.shot("speech-captions")
	captions.clean(a.URL())
	word := strings.Fields(final.Message)[0]
	eventually(t, "a search hit", func() bool {
		var page struct{ Hits []struct{ Snippet string } }
		call(t, "GET", a.URL()+"/api/search?kind=speech&q="+word, nil, &page)
		return len(page.Hits) == 1 && strings.Contains(page.Hits[0].Snippet, "\x02")
	})

	got := metrics(t, a.URL())
	for _, stage := range []string{`"engine_start_ms_p50",part="audio"`, `"engine_end_ms_p95",part="audio"`, `"final_latency_ms_p50",part="audio"`, `"stored_ms_p95",part="store"`} {
		if !strings.Contains(got, "landale_part_detail{name="+stage+"}") {
			t.Errorf("the metrics lack %s", stage)
		}
	}

	// Five seconds of the microphone, recorded beside what listens to it already.
	played := make(chan struct{})
	go func() {
		defer close(played)
		do("play", playable(t, said))
	}()
	var trial audio.Trial
	call(t, "POST", a.URL()+"/api/speech/test", map[string]string{"device": "TestMicrophone"}, &trial)
	<-played
	if wrong, n := audiotest.WordErrors(said.Text, trial.Text); wrong > 1 || !trial.Voice || trial.PeakDB < -40 || trial.PeakDB > 0 {
		t.Errorf("the test of the microphone: %d of %d words wrong: %+v", wrong, n, trial)
	}

	// A correction stands beside the original, under the same segment.
	var list []map[string]any
	call(t, "GET", a.URL()+"/api/transcriptions", nil, &list)
	if len(list) == 0 {
		t.Fatal("no transcript")
	}
	var corrected map[string]any
	call(t, "PUT", a.URL()+"/api/transcriptions/"+fmt.Sprint(list[len(list)-1]["id"]), map[string]string{"text": "go forward, ten metres"}, &corrected)
	if corrected["segment_id"] != final.SegmentID || corrected["is_revision"] != true || corrected["raw_text"] != final.Message {
		t.Errorf("corrected to %v", corrected)
	}
}

func metrics(t *testing.T, base string) string {
	t.Helper()
	resp, err := http.Get(base + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
