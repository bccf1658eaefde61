package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"landale/event"
)

// watchCaptions notes when each stamped line stands in the captions.
const watchCaptions = `{
	window.seen = []
	const known = new Set()
	new MutationObserver(() => {
		const now = performance.timeOrigin + performance.now()
		for (const [m] of document.body.textContent.matchAll(/1[67]\d{14}/g)) {
			if (known.has(m)) continue
			known.add(m)
			const seen = { at: Number(m) / 1000, dom: now, frame: 0 }
			window.seen.push(seen)
			requestAnimationFrame(() => { seen.frame = performance.timeOrigin + performance.now() })
		}
	}).observe(document.body, { childList: true, subtree: true, characterData: true })
}`

// BenchmarkCaptionToDOM: from a transcript's publication, which is where an
// engine's answer has become an event, until its words stand in the captions page.
// Aim: p95 ≤ 30 ms.
func BenchmarkCaptionToDOM(b *testing.B) {
	a, stop := runApp(b, newHome(b, quietConfig))
	b.Cleanup(stop)
	page := startBrowser(b, 1920, 300)
	page.run(chromedp.Navigate(a.URL()+"/overlay/captions"), chromedp.Evaluate(watchCaptions, nil))
	say := func(segment int, text string, final bool) {
		t := event.Transcript{SegmentID: fmt.Sprint("bench-", segment), StreamSessionID: "bench", Message: text, Duration: 1, IsFinal: final, SourceName: "mic"}
		if final {
			a.bus.Publish(event.New(event.Audio, time.Now(), event.TranscriptionFinal{Transcript: t}))
		} else {
			a.bus.Publish(event.New(event.Audio, time.Now(), event.TranscriptionPartial{Transcript: t}))
		}
	}
	eventually(b, "captions", func() bool { // until the page has joined
		say(0, "at "+fmt.Sprint(time.Now().UnixMicro()), true)
		time.Sleep(50 * time.Millisecond)
		return eval[int](page, `window.seen.length`) > 0
	})
	page.run(chromedp.Evaluate(`window.seen = []`, nil))
	sent := 0
	for b.Loop() {
		for i := range 60 { // unevenly, so that they meet frames at any place
			say(1+sent/3, "words "+stamp(), i%3 == 2)
			sent++
			time.Sleep(time.Duration(100+rand.IntN(200)) * time.Millisecond)
		}
	}
	dom, frame := drawn(page, sent)
	b.ReportMetric(0, "ns/op")
	for name, late := range map[string][]time.Duration{"dom": dom, "frame": frame} {
		slices.Sort(late)
		b.ReportMetric(float64(at(late, 0.5).Microseconds())/1000, name+"-p50-ms")
		b.ReportMetric(float64(at(late, 0.95).Microseconds())/1000, name+"-p95-ms")
	}
}
