package static_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// speaker says things on transcription:live, as the program's speech part does.
type speaker struct {
	h      *fakeHub
	source string
	seq    int
}

func (s *speaker) event(kind, segment, text string, fields map[string]any) map[string]any {
	s.seq++
	all := map[string]any{"segment_id": segment, "text": text, "duration": 1.0, "source_name": s.source, "is_final": kind == "transcription.final"}
	for k, v := range fields {
		all[k] = v
	}
	return flat(len(s.source)*100_000+s.seq, time.Now().Add(-time.Second), kind, "audio", all)
}

func (s *speaker) partial(segment, text string, stable int) {
	s.h.push("transcription:live", "events", map[string]any{"events": []any{s.event("transcription.partial", segment, text, map[string]any{"stable_words": stable})}})
}

func (s *speaker) final(segment, text string) {
	s.h.push("transcription:live", "events", map[string]any{"events": []any{s.event("transcription.final", segment, text, nil)}})
}

// captionsPage opens the captions; the font is there, as it is after the first
// moment of a stream.
func captionsPage(t *testing.T, h *fakeHub, query string, width, height int64) *tab {
	t.Helper()
	tb := newTab(t, width, height)
	tb.countFrames()
	tb.run(emulation.SetDefaultBackgroundColorOverride(), chromedp.Navigate(h.url("/overlay/captions"+query)))
	tb.until(`document.documentElement.dataset.connected === "true" && document.fonts.status === "loaded" && document.fonts.check("600 48px 'Inter Variable'")`)
	tb.untilJoined(h, "transcription:live")
	return tb
}

func (tb *tab) untilJoined(h *fakeHub, topic string) {
	tb.t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for {
		h.mu.Lock()
		joined := slices.Contains(h.joins, topic)
		h.mu.Unlock()
		if joined {
			break
		}
		if time.Now().After(deadline) {
			tb.t.Fatalf("it did not join %s", topic)
		}
		<-time.After(10 * time.Millisecond)
	}
}

const shown = `[...document.querySelectorAll(".caption:not([data-state=leaving]) .caption-plate")].map(e => e.textContent)`

// A committed word that moves makes a reader lose the place.
func TestCaptionWordsKeepTheirPlace(t *testing.T) {
	h := newFakeHub(t)
	tb := captionsPage(t, h, "", 1920, 1080)
	// Looks at every committed word in every frame, relative to its line.
	tb.run(chromedp.Evaluate(`
		window.places = new Map(); window.moved = []; window.samples = 0
		const look = () => {
			window.samples++
			for (const line of document.querySelectorAll(".caption:not([data-state=leaving])")) {
				const base = line.getBoundingClientRect()
				for (const w of line.querySelectorAll(".caption-word[data-stable=true]")) {
					const r = w.getBoundingClientRect()
					const place = [r.left - base.left, r.top - base.top]
					const before = window.places.get(w)
					if (before && Math.hypot(before[0] - place[0], before[1] - place[1]) > 0.5) window.moved.push(w.textContent + " " + before + " -> " + place)
					window.places.set(w, place)
				}
			}
			if (!window.halt) requestAnimationFrame(look)
		}
		look()`, nil))
	s := &speaker{h: h, source: "mic"}
	words := strings.Fields("okay so the plan is to skip the forest pick up the repel and hope that nobody looks at us funny while we do it")
	for n := 2; n <= len(words); n += 3 {
		text := strings.Join(words[:n], " ")
		s.partial("a", text+" um", max(0, n-2))
		tb.until(fmt.Sprintf(`(%s).join(" ").endsWith(" um")`, shown))
		tb.run(chromedp.Evaluate(`new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))`, nil, awaitPromise))
	}
	s.final("a", strings.Join(words, " "))
	tb.until(`!document.querySelector(".caption-word[data-stable=false]")`)
	tb.until(shown + `.length === 2`)
	tb.run(chromedp.Evaluate(`window.halt = true`, nil))
	if moved := eval[[]string](tb, "window.moved"); len(moved) > 0 {
		t.Errorf("committed words moved: %v", moved)
	}
	if n := eval[int](tb, "window.samples"); n < 10 {
		t.Errorf("%d frames were looked at, want more", n)
	}
	if got := eval[string](tb, `(`+shown+`).join(" ")`); !strings.HasSuffix(got, "nobody looks at us funny while we do it") {
		t.Errorf("it shows %q", got)
	}
	tb.clean(h)
}

func TestCaptionsFinalReplacesPartialInPlace(t *testing.T) {
	h := newFakeHub(t)
	tb := captionsPage(t, h, "?hold=30&width=100%25", 1920, 200)
	s := &speaker{h: h, source: "mic"}
	s.partial("a", "we are about to loose to a", 5)
	tb.until(shown + `[0] === "we are about to loose to a"`)
	if got := eval[string](tb, `[...document.querySelectorAll(".caption-word[data-stable=false]")].map(w => w.textContent.trim()).join(" ")`); got != "to a" {
		t.Errorf("the dim tail is %q, want the words that are not committed", got)
	}
	tb.run(chromedp.Evaluate(`window.first = document.querySelector(".caption-word"); window.row = document.querySelector(".caption"); 0`, nil))
	s.final("a", "We are about to lose to a Rattata.")
	tb.until(shown + `[0] === "We are about to lose to a Rattata."`)
	if !eval[bool](tb, `window.first === document.querySelector(".caption-word") && window.row === document.querySelector(".caption") && document.querySelectorAll(".caption").length === 1`) {
		t.Error("the final has a line of its own, want the partial's")
	}
	// Late partials and corrections change only what is there.
	s.partial("a", "we are", 2)
	s.partial("b", "hello", 0)
	tb.until(shown + `.join("|") === "We are about to lose to a Rattata. hello"`)
	s.partial("b", "", 0)
	tb.until(shown + `.join("|") === "We are about to lose to a Rattata."`)
	// A final without a segment is the one of what its source is saying.
	s.partial("c", "it is", 0)
	tb.until(`(` + shown + `).join("|").includes("it is")`)
	s.final("", "It is over.")
	tb.until(shown + `.join("|") === "We are about to lose to a Rattata. It is over."`)
	// What was said before an outage of the recogniser is history.
	h.push("transcription:live", "events", map[string]any{"events": []any{s.event("transcription.final", "d", "long ago", map[string]any{"late": true})}})
	s.final("e", "Next.")
	tb.until(`(` + shown + `).join("|").includes("Next.")`)
	if got := eval[string](tb, `document.body.textContent`); strings.Contains(got, "long ago") {
		t.Errorf("it shows %q", got)
	}
	// The source gets another size in OBS.
	tb.run(chromedp.EmulateViewport(800, 200))
	tb.until(`getComputedStyle(document.querySelector(".captions")).fontSize === "36px"`)
	s.final("f", "Smaller.")
	tb.until(shown + `.join("|") === "Smaller."`)
	tb.clean(h)
}

// Nothing remains after silence, and then nothing asks for a frame.
func TestCaptionsClearAfterSilence(t *testing.T) {
	for _, reduced := range []bool{false, true} {
		h := newFakeHub(t)
		tb := captionsPage(t, h, "?hold=0.5", 1920, 200)
		if reduced {
			tb.run(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}}))
		}
		s := &speaker{h: h, source: "mic"}
		s.partial("a", "hello", 0)
		tb.until(shown + `[0] === "hello"`)
		s.final("a", "Hello.")
		tb.until(`document.querySelector(".captions").children.length === 0`)
		quiet := `new Promise(done => { let last = -1; const look = setInterval(() => { if (window.frames_asked === last) { clearInterval(look); done(true) } last = window.frames_asked }, 300) })`
		tb.run(chromedp.Evaluate(quiet, nil, awaitPromise))
		var n int
		tb.run(chromedp.Evaluate(`new Promise(done => { const before = window.frames_asked; setTimeout(() => done(window.frames_asked - before), 1500) })`, &n, awaitPromise))
		if n != 0 || eval[int](tb, "document.getAnimations().length") != 0 {
			t.Errorf("asked for %d frames in 1.5 s of silence, want 0", n)
		}
		tb.clean(h)
	}
}

func TestCaptionsOfHardTexts(t *testing.T) {
	h := newFakeHub(t)
	tb := captionsPage(t, h, "?hold=60&lines=3", 800, 200)
	s := &speaker{h: h, source: "mic"}
	texts := []struct {
		name, text, dir string
	}{
		{"long", strings.Repeat("Donaudampfschifffahrtsgesellschaft", 3), "ltr"},
		{"hebrew", "שלום לכולם, זה משפט ארוך מאוד בעברית עם OBS 31 באמצע", "rtl"},
		{"arabic", "مرحبا بالجميع، هذا بث مباشر طويل جدا", "rtl"},
		{"japanese", "日本語のとても長い字幕です。「改行」の規則も守ります、きっと。そして続きます。", "ltr"},
		{"emoji", "that was close 🎉🏳️‍🌈👩‍👩‍👧‍👦 wow", "ltr"},
		{"markup", script, "ltr"},
	}
	for i, text := range texts {
		s.final(fmt.Sprint(i), text.text)
		want := eval[string](tb, fmt.Sprintf(`%q.replace(/\s+/g, "").slice(-5)`, text.text))
		tb.until(fmt.Sprintf(`(%s).join("").replace(/\s+/g, "").endsWith(%q)`, shown, want))
		tb.run(chromedp.Evaluate(`new Promise(done => setTimeout(() => done(true), 350))`, nil, awaitPromise))
		if got := eval[string](tb, `[...document.querySelectorAll(".caption:not([data-state=leaving])")].at(-1).dir`); got != text.dir {
			t.Errorf("%s runs %s, want %s", text.name, got, text.dir)
		}
		wide := eval[[]string](tb, `[...document.querySelectorAll(".caption:not([data-state=leaving])")].filter(c => { const p = c.querySelector(".caption-plate").getBoundingClientRect(); const r = c.getBoundingClientRect(); return p.left < r.left - 1 || p.right > r.right + 1 || r.top < -1 || r.bottom > innerHeight + 1 }).map(c => c.textContent)`)
		if len(wide) > 0 {
			t.Errorf("%s does not fit: %v", text.name, wide)
		}
		tb.shot("captions-hard-" + text.name)
	}
	if eval[bool](tb, "'hacked' in window") {
		t.Error("a text was run as a script")
	}
	tb.clean(h)
}

// Ten finals at once, as after a stall: the newest are read, nothing is left
// behind.
func TestCaptionsOfABurst(t *testing.T) {
	h := newFakeHub(t)
	tb := captionsPage(t, h, "?hold=1", 1920, 1080)
	s := &speaker{h: h, source: "mic"}
	events := []any{}
	for i := range 10 {
		events = append(events, s.event("transcription.final", fmt.Sprint(i), fmt.Sprintf("Sentence number %d is as long as a sentence is.", i), nil))
	}
	h.push("transcription:live", "events", map[string]any{"events": events})
	tb.until(shown + `.length === 2`)
	if got := eval[string](tb, `(`+shown+`).join("|")`); got != "Sentence number 8 is as long as a sentence is.|Sentence number 9 is as long as a sentence is." {
		t.Errorf("it shows %q, want the two newest", got)
	}
	tb.until(`document.querySelector(".captions").children.length === 0`)
	tb.clean(h)
}

func TestCaptionsNameTheirSources(t *testing.T) {
	h := newFakeHub(t)
	tb := captionsPage(t, h, "?hold=60&label=1", 1920, 200)
	mic, guest := &speaker{h: h, source: "mic"}, &speaker{h: h, source: "Ellie"}
	mic.partial("a", "how was the build", 2)
	guest.partial("b", "it compiled", 1)
	tb.until(shown + `.length === 2`)
	if got := eval[string](tb, `[...document.querySelectorAll(".caption")].map(c => c.querySelector(".caption-label").textContent + ":" + c.querySelector(".caption-plate").textContent).join("|")`); got != "mic:how was the build|Ellie:it compiled" {
		t.Errorf("it shows %q", got)
	}
	if eval[bool](tb, `(c => getComputedStyle(c[0]).color === getComputedStyle(c[1]).color)(document.querySelectorAll(".caption-name"))`) {
		t.Error("both sources have one colour")
	}
	tb.run(chromedp.Evaluate(`new Promise(done => setTimeout(() => done(true), 350))`, nil, awaitPromise))
	tb.shot("captions-labels")
	tb.clean(h)
}

// The pictures are for the eye: LANDALE_SHOTS=/somewhere.
func TestCaptionsOverPictures(t *testing.T) {
	pictures := map[string]string{
		"dark":   `radial-gradient(circle at 30% 40%, #35434b, #0d0a11 60%), #121517`,
		"bright": `repeating-linear-gradient(100deg, #fff 0 40px, #ffe28a 40px 80px, #9fe3ff 80px 120px)`,
	}
	sizes := []struct {
		width, height int64
		query         string
	}{{1920, 200, ""}, {800, 200, ""}, {1920, 1080, ""}, {1920, 1080, "?position=top&align=left&lines=3&size=large&label=1"}, {1920, 200, "?lines=3&align=right&width=100%25"}, {800, 200, "?lines=1"}}
	h := newFakeHub(t)
	for i, size := range sizes {
		query := size.query
		if query == "" {
			query = "?hold=60"
		} else {
			query += "&hold=60"
		}
		tb := captionsPage(t, h, query, size.width, size.height)
		s := &speaker{h: h, source: "mic", seq: i * 1000}
		s.final("a", "Welcome raiders! Ellie, how was the build?")
		s.partial("b", "sit down we are about to lose to a Rattata and it will be the third time this evening", 12)
		tb.until(`document.querySelector(".caption-word[data-stable=false]")`)
		tb.run(chromedp.Evaluate(`new Promise(done => setTimeout(() => done(true), 400))`, nil, awaitPromise))
		if bad := eval[[]string](tb, `[...document.querySelectorAll(".caption")].map(c => c.getBoundingClientRect()).filter(r => r.top < 0 || r.bottom > innerHeight || r.left < 0 || r.right > innerWidth).map(r => JSON.stringify(r))`); len(bad) > 0 {
			t.Errorf("%d × %d %s: lines outside the picture: %v", size.width, size.height, size.query, bad)
		}
		for name, picture := range pictures {
			tb.run(chromedp.Evaluate(fmt.Sprintf(`document.body.style.background = %q`, picture), nil))
			tb.shot(fmt.Sprintf("captions-%dx%d-%d-%s", size.width, size.height, i, name))
		}
		tb.clean(h)
	}
}

// From the arrival of the message to the words in the page. A browser on a busy
// machine decides what is reached; the bound only catches a page that waits for
// frames or timers.
func TestCaptionLatency(t *testing.T) {
	h := newFakeHub(t)
	tb := newTab(t, 1920, 200)
	tb.run(chromedp.ActionFunc(addOnNewDocument(`
		window.took = []
		window.WebSocket = class extends WebSocket {
			set onmessage(f) {
				super.onmessage = e => {
					const began = performance.now()
					const before = document.querySelector(".captions")?.textContent
					f(e)
					if (document.querySelector(".captions")?.textContent !== before) window.took.push(performance.now() - began)
				}
			}
		}`)), chromedp.Navigate(h.url("/overlay/captions?hold=60")))
	tb.until(`document.documentElement.dataset.connected === "true"`)
	tb.untilJoined(h, "transcription:live")
	s := &speaker{h: h, source: "mic"}
	words := strings.Fields(strings.Repeat("okay so the plan is to skip the forest and hope ", 3))
	count := 0
	for segment := range 8 {
		for n := 3; n <= len(words); n += 2 {
			s.partial(fmt.Sprint(segment), strings.Join(words[:n], " "), n-2)
			count++
			tb.until(fmt.Sprintf(`window.took.length >= %d`, count))
		}
		s.final(fmt.Sprint(segment), strings.Join(words, " ")+".")
		count++
		tb.until(fmt.Sprintf(`window.took.length >= %d`, count))
	}
	took := eval[[]float64](tb, "window.took")
	slices.Sort(took)
	p50, p95 := took[len(took)/2], took[len(took)*95/100]
	t.Logf("message to DOM, %d updates: p50 %.2f ms, p95 %.2f ms, longest %.2f ms", len(took), p50, p95, took[len(took)-1])
	if p95 > 30 {
		t.Errorf("p95 is %.1f ms, want at most 30", p95)
	}
	tb.clean(h)
}
