package static_test

import (
	"math"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// play pushes levels 30 times a second, of somebody who speaks at so many dB,
// until stop is called.
func (h *fakeHub) play(source string, db float64) (stop func()) {
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(time.Second / 30)
		defer tick.Stop()
		for n := 0; ; n++ {
			bands := make([]float64, 32)
			loud := db + 8*math.Sin(float64(n)/5)
			for i := range bands {
				bands[i] = loud + 10 - 40*math.Pow(float64(i-9)/24, 2) + 5*math.Sin(float64(n*i)/7)
			}
			h.push("audio:levels", "levels", map[string]any{"source": source, "rms": loud, "peak": loud + 6, "bands": bands})
			select {
			case <-tick.C:
			case <-done:
				return
			}
		}
	})
	return func() { close(done); wg.Wait() }
}

const framesOfASecond = `new Promise(done => { const before = window.frames_asked; setTimeout(() => done(window.frames_asked - before), 1000) })`

// inked counts the pixels that are drawn.
const inked = `(c => { const d = c.getContext("2d").getImageData(0, 0, c.width, c.height).data; let n = 0; for (let i = 3; i < d.length; i += 4) if (d[i] > 0) n++; return n })(document.querySelector("canvas"))`

func TestAudioOverlay(t *testing.T) {
	for _, style := range []string{"bars", "ring", "wave"} {
		t.Run(style, func(t *testing.T) {
			h := newFakeHub(t)
			emptyScene(h)
			tb := newTab(t, 1200, 360)
			tb.countFrames()
			tb.run(emulation.SetDefaultBackgroundColorOverride(), chromedp.Navigate(h.url("/overlay/audio?bg=121517&style="+style)))
			tb.untilJoined(h, "audio:levels")
			tb.until(`document.documentElement.dataset.show === "ironmon"`)
			stop := h.play("mic", -28)
			tb.until(`document.documentElement.dataset.state === "active"`)
			var n int
			tb.run(chromedp.Evaluate(framesOfASecond, &n, awaitPromise))
			if n < 35 {
				t.Errorf("%d frames in a second of sound, want more than levels arrive", n)
			}
			if n := eval[int](tb, inked); n < 500 {
				t.Errorf("%d pixels are drawn", n)
			}
			tb.shot("audio-" + style)
			// It stops when nothing comes any more, and in silence that goes on coming.
			stop()
			tb.until(`document.documentElement.dataset.state === "idle"`)
			stop = h.play("mic", -30)
			tb.until(`document.documentElement.dataset.state === "active"`)
			stop()
			stop = h.play("mic", -90)
			defer stop()
			tb.until(`document.documentElement.dataset.state === "idle"`)
			tb.run(chromedp.Evaluate(framesOfASecond, &n, awaitPromise))
			if n != 0 {
				t.Errorf("asked for %d frames in silence, want 0", n)
			}
			if n := eval[int](tb, inked); n != 0 {
				t.Errorf("%d pixels are drawn in silence", n)
			}
			tb.clean(h, "willReadFrequently")
		})
	}
}

func TestAudioOverlayWithoutMotion(t *testing.T) {
	h := newFakeHub(t)
	emptyScene(h)
	tb := newTab(t, 600, 240)
	tb.countFrames()
	tb.run(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}}),
		chromedp.Navigate(h.url("/overlay/audio?source=mic&show=coding&color=ff0000")))
	tb.untilJoined(h, "audio:levels")
	other := h.play("game", -20)
	stop := h.play("mic", -25)
	tb.until(inked + ` > 500`)
	if got := eval[string](tb, `(c => { const d = c.getContext("2d").getImageData(0, 0, c.width, c.height).data; for (let i = 3; i < d.length; i += 4) if (d[i] === 255) return [...d.slice(i - 3, i)].join() })(document.querySelector("canvas"))`); got != "255,0,0" {
		t.Errorf("it is drawn in %s, want the colour that was asked for", got)
	}
	stop()
	tb.until(inked + ` === 0`)
	other()
	if n := eval[int](tb, "window.frames_asked"); n > 1 {
		t.Errorf("asked for %d frames, want none", n)
	}
	tb.clean(h, "willReadFrequently")
}
