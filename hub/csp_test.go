package hub

import (
	"context"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/chromedp"
)

// The built pages run under the policy that they are served with, and reach the
// socket. A violation is silent in OBS: the page just stays empty.
func TestBuiltPagesRunUnderThePolicy(t *testing.T) {
	// Debian's wrapper adds flags of its own, so the binary itself comes first.
	browser := ""
	for _, name := range []string{"/usr/lib/chromium/chromium-headless-shell", "chromium-headless-shell", "chromium", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			browser = path
			break
		}
	}
	if browser == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("no Chromium")
		}
		t.Skip("no Chromium")
	}
	build, err := os.ReadFile("../static/dist/build.txt")
	if err != nil {
		t.Fatal(err)
	}
	h := run(t, func(_ *Config, o *Options) {
		o.Files, o.Build = os.DirFS("../static/dist"), strings.TrimSpace(string(build))
	})

	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	ctx, cancel = chromedp.NewExecAllocator(ctx, append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(browser), chromedp.NoSandbox)...)
	defer cancel()
	ctx, cancel = chromedp.NewContext(ctx)
	defer cancel()
	var mu sync.Mutex
	var refused []string
	chromedp.ListenTarget(ctx, func(ev any) {
		if e, ok := ev.(*log.EventEntryAdded); ok && (e.Entry.Source == log.SourceSecurity || strings.Contains(e.Entry.Text, "Content Security Policy")) {
			mu.Lock()
			defer mu.Unlock()
			refused = append(refused, e.Entry.Text)
		}
	})
	for path, page := range map[string]string{"/": "dashboard", "/overlay/status": "status"} {
		if err := chromedp.Run(ctx, log.Enable(), chromedp.Navigate("http://"+h.Addr()+path), chromedp.WaitReady("#root")); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		eventually(t, path+" reaches the socket", func() bool {
			return slices.ContainsFunc(h.Clients(), func(c Client) bool { return c.Page == page })
		})
	}
	// OBS puts the custom CSS of a browser source in like this.
	var colour string
	if err := chromedp.Run(ctx, chromedp.Evaluate(`(() => {
		const style = document.createElement("style")
		style.textContent = "body { color: rgb(1, 2, 3) }"
		document.head.append(style)
		return getComputedStyle(document.body).color
	})()`, &colour)); err != nil || colour != "rgb(1, 2, 3)" {
		t.Errorf("custom CSS: colour is %q, %v", colour, err)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(refused) > 0 {
		t.Errorf("the policy refused %q", refused)
	}
}
