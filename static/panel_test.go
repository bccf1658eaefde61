package static_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
)

const saidTexts = `[...document.querySelectorAll("[data-panel=speech] .said .said-text")].map(e => e.firstChild.textContent.trim())`

func TestSpeechPanelFollowsWhatIsSaid(t *testing.T) {
	h := newFakeHub(t)
	busyScene(h)
	tb := newTab(t, 1440, 900)
	tb.run(chromedp.Navigate(h.url("/")))
	const panel = `document.querySelector("[data-panel=speech]")`
	for _, want := range []string{"local: Moonshine base", "speech, lag 0.4 s", "muted", `away: no device is called "CABLE Output"`, "final 570 ms · p95 930 ms", "52 %", "0.6 s"} {
		tb.until(panel + `.innerText.includes(` + quote(want) + `)`)
	}
	// Meters move with the levels, and rest when none come.
	tb.untilJoined(h, "audio:levels")
	stop := h.play("mic", -20)
	tb.until(`new DOMMatrix(getComputedStyle(document.querySelector(".source-meter span")).transform).a > 0.4`)
	mic := &speaker{h: h, source: "mic"}
	say := func(kind, segment, text string, fields map[string]any) {
		h.push("dashboard:main", "events", map[string]any{"events": []any{mic.event(kind, segment, text, fields)}})
	}
	say("transcription.partial", "x", "we are about to lose", map[string]any{"stable_words": 3})
	tb.until(panel + `.querySelector("[data-partial] .said-tail")?.innerText === "to lose"`)
	tb.run(chromedp.Evaluate(`new Promise(done => setTimeout(() => done(true), 200))`, nil, awaitPromise))
	tb.shot("speech-panel")
	stop()
	tb.until(`new DOMMatrix(getComputedStyle(document.querySelector(".source-meter span")).transform).a === 0`)
	say("transcription.final", "x", "We are about to loose.", map[string]any{"confidence": 0.71, "latency": map[string]any{"published_ms": 640}})
	tb.until(`!` + panel + `.querySelector("[data-partial]") && ` + saidTexts + `[0] === "We are about to loose."`)

	// A correction takes the line's place; the original is there on demand.
	ref := "0197-300002"
	h.mu.Lock()
	h.api["/api/transcriptions/"+ref] = func(r *http.Request) any {
		var body map[string]any
		json.NewDecoder(r.Body).Decode(&body)
		if r.Method != "PUT" {
			return nil
		}
		e := mic.event("transcription.final", "x", body["text"].(string), map[string]any{"is_revision": true, "raw_text": "We are about to loose."})
		go h.push("dashboard:main", "events", map[string]any{"events": []any{e}})
		return e
	}
	h.mu.Unlock()
	const line = `document.querySelector('[data-segment="x"]')`
	tb.run(chromedp.Evaluate(line+`.querySelector(".said-actions .small").click()`, nil))
	tb.until(`document.activeElement.matches(".said-edit input")`)
	tb.run(chromedp.Evaluate(`{ const box = document.activeElement; box.value = ""; box.dispatchEvent(new Event("input", { bubbles: true })) }`, nil), chromedp.SendKeys(".said-edit input", "We are about to lose.\r"))
	tb.until(saidTexts + `[0] === "We are about to lose."`)
	if n := eval[int](tb, `document.querySelectorAll('[data-segment="x"]').length`); n != 1 {
		t.Errorf("the utterance has %d lines, want 1", n)
	}
	tb.run(chromedp.Evaluate(line+`.querySelector("button.flag").click()`, nil))
	tb.until(line + `.querySelector(".said-before").innerText === "We are about to loose."`)
	tb.shot("speech-corrected")
	tb.run(chromedp.SendKeys(".speech-tools input", "seed"))
	tb.until(saidTexts + `.length === 1 && ` + saidTexts + `[0].startsWith("Somebody in chat")`)
	tb.until(`/^1:0[34]:/.test(` + panel + `.querySelector(".said-actions .small:last-child").innerText)`)
	tb.shot("speech-search")
	tb.clean(h)
}

func TestSpeechPanelSetsUp(t *testing.T) {
	h := newFakeHub(t)
	busyScene(h)
	tb := newTab(t, 900, 700)
	tb.run(chromedp.Navigate(h.url("/")))
	tb.until(`document.querySelectorAll(".row").length > 50`)
	tb.run(chromedp.KeyEvent("2"))
	tb.until(`document.querySelectorAll("[data-panel=speech] .source").length === 3`)
	click := func(text string) {
		t.Helper()
		tb.until(`[...document.querySelectorAll("[data-panel=speech] button:enabled")].some(b => b.innerText === ` + quote(text) + `)`)
		tb.run(chromedp.Evaluate(`[...document.querySelectorAll("[data-panel=speech] button")].find(b => b.innerText === `+quote(text)+`).click()`, nil))
	}
	click("Pause")
	tb.until(`document.querySelector("[data-panel=speech] .chip").innerText === "Paused · go on"`)
	click("Paused · go on")
	tb.until(`document.querySelector("[data-panel=speech] .chip").innerText === "Pause"`)
	click("Setup")
	tb.until(`document.querySelector("[data-model=parakeet-110m-en] progress")?.value === 41000000`)
	tb.run(chromedp.Evaluate(`document.querySelector("[data-model=whisper-small-en] button").click()`, nil))
	click("Test for 5 s")
	tb.until(`document.querySelector(".setup-trial")?.innerText.includes("Okay, does this thing work?") && document.querySelector(".setup-trial").innerText.includes("The level is good.")`)
	for _, want := range []string{"POST /api/speech/models/whisper-small-en/install", "POST /api/speech/test", "POST /api/speech/pause"} {
		if !slices.Contains(h.requests(), want) {
			t.Errorf("it did not ask %s", want)
		}
	}
	tb.shot("speech-setup")
	tb.clean(h)
}

// A program without its speech part is a hint, not a broken panel.
func TestSpeechPanelWithoutSpeech(t *testing.T) {
	h := newFakeHub(t)
	emptyScene(h)
	tb := newTab(t, 360, 640)
	tb.run(chromedp.Navigate(h.url("/")))
	tb.until(`document.querySelector(".status").dataset.state === "connected"`)
	tb.run(chromedp.KeyEvent("2"))
	tb.until(`document.querySelector("[data-panel=speech]").innerText.includes("no microphone is chosen")`)
	tb.run(chromedp.Evaluate(`[...document.querySelectorAll("[data-panel=speech] .segment")][1].click()`, nil))
	tb.until(`document.querySelector("[data-panel=speech]").innerText.includes("the store is not available")`)
	tb.run(chromedp.Evaluate(`document.querySelector("[data-panel=speech] .chip").click()`, nil))
	tb.until(`document.querySelector("[data-panel=speech] [role=alert]")?.innerText.includes("Captions cannot be paused now")`)
	tb.shot("speech-none")
	tb.clean(h, "Failed to load resource")
}

func quote(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}
