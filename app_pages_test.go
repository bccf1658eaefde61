package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// The pages on the real program: an alert is drawn by the page that plays it and
// not a second time in the omnibar, is told to have been shown, can be skipped;
// a takeover covers; the console's simulation comes back to the page; the
// streamer's style arrives.
func TestPages(t *testing.T) {
	h := newHome(t, quietConfig)
	a := startApp(t, h)
	alerts := startBrowser(t, 1920, 1080)
	alerts.run(chromedp.Navigate(a.URL() + "/overlay/alerts?debug"))
	alerts.until(`document.documentElement.dataset.player === "true" && window.debug`)
	omnibar := openTab(t, alerts.ctx, 1920, 1080)
	omnibar.run(chromedp.Navigate(a.URL() + "/overlay/omnibar"))
	omnibar.until(`document.documentElement.dataset.connected === "true"`)

	const front = `document.querySelector("[data-layer=foreground]")`
	alerts.run(chromedp.Evaluate(`void debug.simulate.raid("ellie_builds", 214)`, nil))
	alerts.until(front + `.dataset.state === "active" && ` + front + `.innerText.includes("ellie_builds raids with 214 viewers")`)
	omnibar.until(front + `.dataset.state === "active"`)
	if got := eval[string](omnibar, front+`.innerText.trim()`); got != "" {
		t.Errorf("the omnibar shows the alert too: %q", got)
	}
	alerts.shot("real-raid")
	eventually(t, "word that it is shown", func() bool {
		var history []map[string]any
		call(t, "GET", a.URL()+"/api/overlay/history", nil, &history)
		return eval[bool](alerts, `typeof debug.stream.getState().layers.foreground.ends_at === "number"`)
	})
	call(t, "POST", a.URL()+"/api/overlay/skip", nil, nil)
	alerts.until(front + `.dataset.state === "hidden"`)

	call(t, "POST", a.URL()+"/api/overlay/takeover", map[string]any{"type": "please-stand-by", "message": "Back soon", "duration": nil}, nil)
	cover := openTab(t, alerts.ctx, 1280, 720)
	cover.run(chromedp.Navigate(a.URL() + "/overlay/takeover"))
	cover.until(`document.querySelector(".takeover")?.innerText.includes("Back soon")`)
	alerts.run(chromedp.Evaluate(`void debug.takeover.clear()`, nil))
	cover.until(`!document.querySelector(".takeover")`)

	dir := filepath.Join(h.data, "custom")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "theme.css"), []byte(":root { --layer-accent: rgb(1, 2, 3) }"), 0o600); err != nil {
		t.Fatal(err)
	}
	omnibar.until(`getComputedStyle(document.documentElement).getPropertyValue("--layer-accent").trim() === "rgb(1, 2, 3)"`)
	for _, tb := range []*tab{alerts, omnibar, cover} {
		tb.clean(a.URL())
	}
}
