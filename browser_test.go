package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"landale/event"
)

// chromium is the browser itself: Debian's wrapper in /usr/bin would leave it
// running when it is killed.
const chromium = "/usr/lib/chromium/chromium-headless-shell"

// tab is a page in a browser, and what went wrong in it.
type tab struct {
	t   testing.TB
	ctx context.Context

	mu       sync.Mutex
	trouble  []string // console errors and exceptions
	requests []string
}

// startBrowser starts one with an empty page. More pages come from its ctx.
func startBrowser(t testing.TB, width, height int64) *tab {
	t.Helper()
	if _, err := os.Stat(chromium); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("no browser: %v", err)
		}
		t.Skipf("no browser: %v", err)
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
	)
	alloc, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	return openTab(t, alloc, width, height)
}

func openTab(t testing.TB, parent context.Context, width, height int64) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(parent)
	t.Cleanup(cancel)
	tb := &tab{t: t, ctx: ctx}
	chromedp.ListenTarget(ctx, tb.heard)
	tb.run(network.Enable(), log.Enable(), runtime.Enable(), chromedp.EmulateViewport(width, height))
	return tb
}

func (tb *tab) heard(ev any) {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	switch ev := ev.(type) {
	case *runtime.EventExceptionThrown:
		tb.trouble = append(tb.trouble, ev.ExceptionDetails.Error())
	case *runtime.EventConsoleAPICalled:
		if ev.Type == runtime.APITypeError || ev.Type == runtime.APITypeWarning {
			text := string(ev.Type)
			for _, a := range ev.Args {
				text += " " + string(a.Value) + a.Description
			}
			tb.trouble = append(tb.trouble, text)
		}
	case *log.EventEntryAdded:
		if ev.Entry.Level == log.LevelError || ev.Entry.Level == log.LevelWarning {
			tb.trouble = append(tb.trouble, ev.Entry.Text+" "+ev.Entry.URL)
		}
	case *network.EventRequestWillBeSent:
		tb.requests = append(tb.requests, ev.Request.URL)
	case *network.EventWebSocketCreated:
		tb.requests = append(tb.requests, ev.URL)
	}
}

func (tb *tab) run(actions ...chromedp.Action) {
	tb.t.Helper()
	if err := chromedp.Run(tb.ctx, actions...); err != nil {
		tb.t.Fatalf("browser: %v", err)
	}
}

// eval runs an expression in the page and gives its value.
func eval[T any](tb *tab, expression string) T {
	tb.t.Helper()
	var v T
	tb.run(chromedp.Evaluate(expression, &v, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
	return v
}

// until waits for an expression to be true.
func (tb *tab) until(expression string) {
	tb.t.Helper()
	deadline := time.Now().Add(patience)
	for !eval[bool](tb, "!!("+expression+")") {
		if time.Now().After(deadline) {
			tb.mu.Lock()
			defer tb.mu.Unlock()
			tb.t.Fatalf("never true: %s\npage says: %.2000s\ntrouble: %v", expression, eval[string](tb, "document.body.innerText"), tb.trouble)
		}
		<-time.After(20 * time.Millisecond) // between two looks
	}
}

// says waits for a panel to have a text, in whatever lines.
func (tb *tab) says(panel, text string) {
	tb.t.Helper()
	tb.until(fmt.Sprintf(`document.querySelector("[data-panel=%s]").innerText.replace(/\s+/g, " ").includes(%q)`, panel, text))
}

// clean fails the test if the page complained of anything else than allowed, or
// asked anything of another host.
func (tb *tab) clean(base string, allowed ...string) {
	tb.t.Helper()
	tb.mu.Lock()
	defer tb.mu.Unlock()
	for _, text := range tb.trouble {
		if !slices.ContainsFunc(allowed, func(a string) bool { return strings.Contains(text, a) }) {
			tb.t.Errorf("the console says: %s", text)
		}
	}
	host := "//" + strings.TrimPrefix(base, "http://") + "/"
	for _, url := range tb.requests {
		if !strings.Contains(url, host) && !strings.HasPrefix(url, "about:") {
			tb.t.Errorf("the page asked for %s", url)
		}
	}
}

// shot writes a picture to $LANDALE_SHOTS, for the eye.
func (tb *tab) shot(name string) {
	dir := os.Getenv("LANDALE_SHOTS")
	if dir == "" {
		return
	}
	tb.t.Helper()
	var png []byte
	tb.run(chromedp.CaptureScreenshot(&png))
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644); err != nil {
		tb.t.Fatal(err)
	}
}

// freePort is an address that nobody listens on; a program that is to come back
// on the same one is told it.
func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// The dashboard on the real program: what is posted appears, is counted and
// found; a mistake in the config stands there until it is mended; an outage of
// ten seconds costs neither what is typed nor an event.
func TestDashboard(t *testing.T) {
	config := strings.Replace(quietConfig, "127.0.0.1:0", freePort(t), 1)
	h := newHome(t, config)
	a, stop := runApp(t, h)
	t.Cleanup(func() { stop() })
	base := a.URL()
	tb := startBrowser(t, 1440, 900)
	tb.run(chromedp.Navigate(base))
	tb.until(`document.querySelector(".status").dataset.state === "connected"`)
	tb.says("parts", "store")
	tb.says("config", "The config is fine.")
	tb.says("feed", "Landale")
	tb.says("log", "landale is running")
	tb.until(`document.querySelector("[data-panel=clients]").innerText.includes("dashboard")`)

	// What a script posts is a test, and in the feed; what really happened counts.
	wanderer := map[string]any{"type": "channel.follow", "user_id": "1", "user_login": "wanderer", "user_name": "Wanderer",
		"broadcaster_user_id": "2", "broadcaster_user_login": "avalonstar", "broadcaster_user_name": "Avalonstar", "followed_at": time.Now()}
	call(t, "POST", base+"/api/events", wanderer, nil)
	tb.says("feed", "Wanderer follows")
	for i := range 20 {
		chat := example[event.ChannelChatMessage]("channel.chat.message")
		chat.UserName, chat.Message = fmt.Sprintf("Chatter%d", i%3), fmt.Sprintf("line %d about a quagsire", i)
		a.bus.Publish(event.New(event.Twitch, time.Now().Add(-time.Duration(i)*time.Minute), chat))
	}
	a.bus.Publish(event.New(event.Twitch, time.Now(), follow("Stargazer")))
	tb.says("feed", "Stargazer follows")
	chart := `document.querySelector("[data-panel=chart] [data-group=chat] b").innerText`
	tb.until(chart + ` === "20"`)
	tb.run(chromedp.Reload())
	tb.until(`document.querySelector(".status").dataset.state === "connected"`)
	tb.until(chart + ` === "20"`) // now from the store
	tb.until(`document.querySelector("[data-panel=chart] [data-group=support] b").innerText === "1"`)
	tb.says("feed", "Stargazer follows")
	for _, size := range []struct{ width, height int64 }{{1440, 900}, {1920, 400}, {300, 600}, {360, 800}} {
		tb.run(chromedp.EmulateViewport(size.width, size.height))
		eval[bool](tb, `new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(true), 60))))`)
		tb.shot(fmt.Sprintf("real-%dx%d", size.width, size.height))
	}
	tb.run(chromedp.EmulateViewport(1440, 900))

	tb.run(chromedp.SendKeys(".search input", "quagsire"))
	tb.until(`document.querySelectorAll("[data-panel=feed] mark").length === 20`)
	tb.shot("real-search")

	h.write(t, config+"[log]\nlevel = \"loud\"\n")
	tb.says("config", "log.level")
	tb.says("config", fmt.Sprintf("config.toml:%d:", strings.Count(config, "\n")+2))
	tb.shot("real-problem")
	h.write(t, config)
	tb.says("config", "The config is fine.")

	// Ten seconds away.
	tb.run(chromedp.SendKeys(".log-words", "running"))
	stop()
	tb.until(`document.querySelector(".banner")`)
	tb.run(chromedp.SendKeys(".search input", " line"))
	<-time.After(10 * time.Second) // this long
	tb.shot("real-outage")
	tb.until(`document.querySelector(".banner")`)
	a, stop = runApp(t, h)
	a.bus.Publish(event.New(event.Twitch, time.Now(), follow("Nightjar")))
	tb.until(`!document.querySelector(".banner") && document.querySelector(".status").dataset.state === "connected"`)
	if got := eval[string](tb, `document.querySelector(".search input").value + "|" + document.querySelector(".log-words").value`); got != "quagsire line|running" {
		t.Errorf("what was typed is now %q", got)
	}
	tb.until(`document.querySelectorAll("[data-panel=feed] mark").length === 40`)
	tb.run(chromedp.Click(".search input"), chromedp.KeyEvent("\x1b"))
	tb.says("feed", "Nightjar follows") // it came while the page was away
	for _, name := range []string{"Nightjar", "Stargazer", "Wanderer"} {
		if n := eval[int](tb, fmt.Sprintf(`[...document.querySelectorAll("[data-panel=feed] .row")].filter(e => e.innerText.includes(%q)).length`, name)); n != 1 {
			t.Errorf("%s is listed %d times, want once", name, n)
		}
	}
	tb.clean(base, "WebSocket connection to", "Failed to load resource")
}
