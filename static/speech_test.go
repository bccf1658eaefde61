package static_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// fakeSpeech is a browser's recogniser that hears what the test says; without
// is a browser that has none.
const fakeSpeech = `
	window.SpeechRecognition = window.webkitSpeechRecognition = class {
		constructor() { window.recogniser = this; window.recognisers = (window.recognisers ?? 0) + 1 }
		start() { setTimeout(() => this.onstart?.()) }
		abort() { this.onend?.() }
		say(text, isFinal = false) { this.onresult?.({ resultIndex: 0, results: [Object.assign([{ transcript: text, confidence: 0.87 }], { isFinal })] }) }
	}
	navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", "NotReadableError"))`

const noSpeech = `delete window.SpeechRecognition; delete window.webkitSpeechRecognition; window.SpeechRecognition = window.webkitSpeechRecognition = undefined`

func TestSpeechPage(t *testing.T) {
	h := newFakeHub(t)
	h.api["/api/parts"] = []any{map[string]any{"name": "audio", "state": "running", "details": map[string]any{"language": "en"}}}
	tb := newTab(t, 1280, 800)
	tb.run(chromedp.ActionFunc(addOnNewDocument(fakeSpeech)), chromedp.Navigate(h.url("/speech")))
	tb.untilJoined(h, "transcription:live")
	tb.until(`document.querySelector(".speech-facts").innerText.includes("from config.toml")`)
	tb.shot("speech-stopped")
	tb.run(chromedp.Click(".speech-switch"))
	tb.until(`document.querySelector(".speech-state").innerText === "Listening"`)
	if got := h.waitCommand("speech_page", func(p map[string]any) bool { return p["listening"] == true }); got == nil {
		t.Error("it did not say that it listens")
	}
	tb.run(chromedp.Evaluate(`recogniser.onspeechstart(); recogniser.say("we are about"); recogniser.say("we are about to lose")`, nil))
	tb.until(`document.querySelector("[data-partial]").innerText === "we are about to lose"`)
	tb.shot("speech-partial")
	partial := h.waitCommand("submit_partial", func(p map[string]any) bool { return p["text"] == "we are about to lose" })
	tb.run(chromedp.Evaluate(`recogniser.say("We are about to lose.", true)`, nil))
	tb.until(`document.querySelector(".speech-said").innerText.includes("We are about to lose.")`)
	final := h.waitCommand("submit_transcription", func(p map[string]any) bool { return p["text"] == "We are about to lose." })
	if partial == nil || final == nil || partial["segment_id"] != final["segment_id"] || partial["source_id"] != "browser" || final["source_id"] != "browser" || final["confidence"] != 0.87 || partial["stable_words"] != 3.0 {
		t.Errorf("it sent %v, then %v", partial, final)
	}
	// What is said in an outage arrives after it.
	h.stop()
	tb.until(`document.querySelector(".status").dataset.state === "lost"`)
	tb.run(chromedp.Evaluate(`recogniser.say("Nobody heard this.", true)`, nil))
	h.start()
	if got := h.waitCommand("submit_transcription", func(p map[string]any) bool { return p["text"] == "Nobody heard this." }); got == nil {
		t.Error("what was said in the outage is lost")
	}
	tb.run(chromedp.Evaluate(`recogniser.onerror({ error: "not-allowed" })`, nil))
	tb.until(`document.querySelector(".speech-trouble").innerText.includes("allow the microphone")`)
	tb.shot("speech-refused")
	tb.run(chromedp.EmulateViewport(360, 640))
	tb.shot("speech-narrow")
	if eval[bool](tb, `document.documentElement.scrollWidth > innerWidth`) {
		t.Error("it is wider than a narrow window")
	}
	tb.clean(h, "WebSocket connection to", "Failed to load resource")
}

func TestSpeechPageWithoutRecogniser(t *testing.T) {
	h := newFakeHub(t)
	h.api["/api/parts"] = []any{}
	tb := newTab(t, 800, 400)
	tb.run(chromedp.ActionFunc(addOnNewDocument(noSpeech)), chromedp.Navigate(h.url("/speech")))
	tb.until(`document.querySelector(".speech-trouble").innerText.includes("Open this page in Chrome or Edge")`)
	if eval[bool](tb, `!!document.querySelector(".speech-switch")`) {
		t.Error("it offers to start")
	}
	tb.clean(h)
}

// waitCommand gives the payload of a command that a page sent, nil when it does
// not come.
func (h *fakeHub) waitCommand(name string, is func(map[string]any) bool) map[string]any {
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); <-time.After(10 * time.Millisecond) {
		h.mu.Lock()
		at := slices.IndexFunc(h.commands, func(c command) bool { return c.name == name && is(c.payload) })
		var found map[string]any
		if at >= 0 {
			found = h.commands[at].payload
		}
		h.mu.Unlock()
		if found != nil {
			return found
		}
	}
	return nil
}

// command is what a page asked for on a topic.
type command struct {
	topic, name string
	payload     map[string]any
}

func (h *fakeHub) heard(topic, name string, payload json.RawMessage) {
	c := command{topic: topic, name: name}
	json.Unmarshal(payload, &c.payload)
	h.mu.Lock()
	h.commands = append(h.commands, c)
	h.mu.Unlock()
}
