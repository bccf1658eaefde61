package static_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// chromium is the browser itself: Debian's wrapper in /usr/bin would leave it
// running when it is killed.
const chromium = "/usr/lib/chromium/chromium-headless-shell"

var browser struct {
	once sync.Once
	ctx  context.Context
	stop func()
	err  error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if browser.stop != nil {
		browser.stop()
	}
	os.Exit(code)
}

// tab is one page in the browser and what went wrong in it.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu       sync.Mutex
	trouble  []string // console errors and exceptions
	requests []string
}

// newTab opens a page of its own; the browser is started with the first.
func newTab(t *testing.T, width, height int64) *tab {
	t.Helper()
	if _, err := os.Stat(chromium); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("no browser: %v", err)
		}
		t.Skipf("no browser: %v", err)
	}
	browser.once.Do(func() {
		options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
			chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.DisableGPU,
			chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-dev-shm-usage", true),
			chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
		)
		alloc, stopAlloc := chromedp.NewExecAllocator(context.Background(), options...)
		ctx, stop := chromedp.NewContext(alloc)
		browser.ctx, browser.stop = ctx, func() { stop(); stopAlloc() }
		browser.err = chromedp.Run(ctx)
	})
	if browser.err != nil {
		t.Fatalf("start the browser: %v", browser.err)
	}
	ctx, cancel := chromedp.NewContext(browser.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	ctx, cancelTime := context.WithTimeout(ctx, 60*time.Second)
	t.Cleanup(cancelTime)
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
	tb.run(chromedp.Evaluate(expression, &v))
	return v
}

// until waits for an expression to be true.
func (tb *tab) until(expression string) {
	tb.t.Helper()
	deadline := time.Now().Add(15 * time.Second)
	for !eval[bool](tb, "!!("+expression+")") {
		if time.Now().After(deadline) {
			tb.t.Fatalf("never true: %s\npage says: %.2000s\ntrouble: %v", expression, eval[string](tb, "document.body.innerText"), tb.trouble)
		}
		select {
		case <-tb.ctx.Done():
			tb.t.Fatalf("waiting for %s: %v", expression, tb.ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// clean fails the test if the page complained, or asked anything of another
// host. An outage makes the browser itself log refused connections; allowed
// lists what may be said.
func (tb *tab) clean(h *fakeHub, allowed ...string) {
	tb.t.Helper()
	tb.mu.Lock()
	defer tb.mu.Unlock()
	for _, text := range tb.trouble {
		if !slices.ContainsFunc(allowed, func(a string) bool { return strings.Contains(text, a) }) {
			tb.t.Errorf("the console says: %s", text)
		}
	}
	for _, url := range tb.requests {
		if !strings.Contains(url, "//"+h.addr+"/") && !strings.HasPrefix(url, "about:") {
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

// addOnNewDocument runs a script before those of the page.
func addOnNewDocument(script string) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := cdppage.AddScriptToEvaluateOnNewDocument(script).Do(ctx)
		return err
	}
}

// countFrames makes the page count the animation frames it asks for, from its
// first script on.
func (tb *tab) countFrames() {
	tb.run(chromedp.ActionFunc(addOnNewDocument(`
		window.frames_asked = 0
		const raf = window.requestAnimationFrame
		window.requestAnimationFrame = f => { window.frames_asked++; return raf.call(window, f) }
	`)))
}

func TestStatusIsInvisible(t *testing.T) {
	h := newFakeHub(t)
	emptyScene(h)
	tb := newTab(t, 1280, 720)
	tb.countFrames()
	tb.run(emulation.SetDefaultBackgroundColorOverride(), chromedp.Navigate(h.url("/overlay/status")))
	tb.until(`document.documentElement.dataset.connected === "true"`)
	if got := eval[string](tb, "document.body.innerText.trim()"); got != "" {
		t.Errorf("it shows %q, want nothing", got)
	}
	if got := eval[string](tb, "getComputedStyle(document.body).backgroundColor"); got != "rgba(0, 0, 0, 0)" {
		t.Errorf("its background is %s, want none", got)
	}
	if n := h.sockets(); n != 1 {
		t.Errorf("it opened %d sockets, want 1", n)
	}
	h.stop()
	tb.until(`document.documentElement.dataset.connected === "false"`)
	if got := eval[string](tb, "document.body.innerText.trim()"); got != "" {
		t.Errorf("viewers see %q when the connection is lost", got)
	}
	h.start()
	tb.until(`document.documentElement.dataset.connected === "true"`)
	tb.clean(h, "WebSocket connection to")
}

// An overlay that stands still costs OBS nothing: it asks for no frame.
func TestIdleOverlayAsksForNoFrames(t *testing.T) {
	h := newFakeHub(t)
	emptyScene(h)
	for _, query := range []string{"", "?debug"} {
		t.Run("status"+query, func(t *testing.T) {
			tb := newTab(t, 1280, 720)
			tb.countFrames()
			tb.run(chromedp.Navigate(h.url("/overlay/status" + query)))
			tb.until(`document.documentElement.dataset.connected === "true"`)
			if query != "" {
				tb.until(`document.querySelector(".badge")?.innerText.includes("Connected")`)
				tb.until(`getComputedStyle(document.querySelector(".badge")).opacity === "1"`)
			}
			// What moves comes to rest, and then nothing asks for a frame.
			quiet := `new Promise(done => { let last = -1; const look = setInterval(() => { if (window.frames_asked === last) { clearInterval(look); done(true) } last = window.frames_asked }, 400) })`
			tb.run(chromedp.Evaluate(quiet, nil, awaitPromise))
			asked := `new Promise(done => { const before = window.frames_asked; setTimeout(() => done(window.frames_asked - before), 3000) })`
			var n int
			tb.run(chromedp.Evaluate(asked, &n, awaitPromise))
			if n != 0 {
				t.Errorf("asked for %d frames in 3 s, want 0", n)
			}
			if got := eval[int](tb, "document.getAnimations().length"); got != 0 {
				t.Errorf("%d animations run, want 0", got)
			}
			// The animation library asks for one when it is loaded.
			if total := eval[int](tb, "window.frames_asked"); query == "" && total > 1 {
				t.Errorf("asked for %d frames since it was loaded, want at most 1", total)
			}
			tb.shot("status" + strings.Trim(query, "?"))
			tb.clean(h)
		})
	}
}

func awaitPromise(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }

func TestDashboardShowsWhatItIsTold(t *testing.T) {
	h := newFakeHub(t)
	busyScene(h)
	tb := newTab(t, 1440, 900)
	tb.run(chromedp.Navigate(h.url("/")))
	tb.until(`document.querySelectorAll(".part").length === 7`)
	tb.until(`document.querySelectorAll("[data-panel=feed] .row").length > 50`)
	for _, want := range []struct{ panel, text string }{
		{"parts", `post http://127.0.0.1:1234/v1/chat/completions: model "qwen3-14b" is not loaded`},
		{"parts", "2 of 42 subscriptions are missing"},
		{"parts", "9 restarts"},
		{"clients", "outdated"},
		{"clients", "12 lost"},
		{"config", "config.toml:12:15"},
		{"config", "did you mean [twitch]?"},
		{"feed", "ellie_builds raids with 214 viewers"},
		{"feed", "Nightjar_ gives 5 subs, tier 1, 85 in all"},
		{"log", "socket ended"},
	} {
		tb.until(fmt.Sprintf(`document.querySelector("[data-panel=%s]").innerText.replace(/\s+/g, " ").includes(%q)`, want.panel, want.text))
	}
	// The worst part stands first.
	if got := eval[string](tb, `document.querySelector(".part").dataset.part`); got != "ai" {
		t.Errorf("the first part is %s, want the failed one", got)
	}
	if n := h.sockets(); n != 1 {
		t.Errorf("it opened %d sockets, want 1", n)
	}

	// A live event stands on top, once, however often it comes.
	e := flat(9999, time.Now(), "channel.follow", "twitch", user("newcomer", nil))
	for range 2 {
		h.push("dashboard:main", "events", map[string]any{"events": []any{e}})
	}
	tb.until(`document.querySelector("[data-panel=feed] .row").innerText.includes("newcomer")`)
	if got := eval[int](tb, `document.querySelectorAll('[data-event-id="0197-009999"]').length`); got != 1 {
		t.Errorf("the event is listed %d times, want once", got)
	}
	// A patch changes what it names.
	h.push("dashboard:main", "state_patch", map[string]any{"state": "dashboard", "epoch": "00c0ffee", "base": 1, "version": 2, "set": map[string]any{"problems": []any{}}})
	tb.until(`document.querySelector("[data-panel=config]").innerText.includes("The config is fine.")`)
	tb.clean(h)
}

func TestDashboardSearchAndDetails(t *testing.T) {
	h := newFakeHub(t)
	busyScene(h)
	tb := newTab(t, 1440, 900)
	tb.run(chromedp.Navigate(h.url("/")))
	tb.until(`document.querySelectorAll(".row").length > 50`)
	tb.run(chromedp.KeyEvent("/"))
	tb.until(`document.activeElement.matches(".search input")`)
	tb.run(chromedp.Evaluate(`{ const box = document.activeElement; box.value = ""; box.dispatchEvent(new Event("input", { bubbles: true })) }`, nil), chromedp.SendKeys(".search input", "rattata"))
	tb.until(`document.querySelector("[data-panel=feed] mark")?.innerText === "Rattata"`)
	tb.shot("search")
	tb.run(chromedp.Click("[data-panel=feed] .row-button"))
	tb.until(`document.querySelector(".drawer .json")?.innerText.includes('"correlation_id"')`)
	tb.shot("details")
	tb.run(chromedp.Click(`.drawer .segment:nth-child(2)`))
	tb.until(`document.querySelectorAll(".drawer ol .row").length === 3`)
	tb.run(chromedp.Click(`.drawer .segment:nth-child(3)`))
	tb.until(`document.querySelectorAll(".drawer ol .row").length === 9`)
	tb.shot("around")
	tb.run(chromedp.KeyEvent("\x1b"))
	tb.until(`!document.querySelector(".drawer")`)
	// Closing gives the focus back to the row; from there the keys go on.
	if got := eval[string](tb, `document.activeElement.className`); got != "row-button" {
		t.Errorf("the focus is on %q, want the row that was open", got)
	}
	tb.run(chromedp.Evaluate(`{ const box = document.querySelector(".search input"); box.value = ""; box.dispatchEvent(new Event("input", { bubbles: true })) }`, nil))
	tb.until(`document.querySelectorAll(".row").length > 50`)
	for range 3 {
		tb.run(chromedp.KeyEvent("j"))
	}
	tb.run(chromedp.KeyEvent("k"))
	tb.until(`document.activeElement === document.querySelectorAll("[data-panel=feed] .row-button")[1]`)
	tb.run(chromedp.KeyEvent("\r"))
	tb.until(`document.querySelector(".drawer")`)
	tb.run(chromedp.KeyEvent("\x1b"))
	tb.until(`!document.querySelector(".drawer")`)
	tb.run(chromedp.KeyEvent("?"))
	tb.until(`document.querySelector(".help")`)
	tb.shot("help")
	tb.run(chromedp.KeyEvent("\x1b"))
	tb.until(`!document.querySelector(".help")`)
	tb.clean(h)
}

// A restart asks first, and is refused at once while there is no connection.
func TestDashboardRestartsAPart(t *testing.T) {
	h := newFakeHub(t)
	busyScene(h)
	h.api["/api/parts/ai/restart"] = map[string]any{}
	tb := newTab(t, 1440, 900)
	tb.run(chromedp.Navigate(h.url("/")))
	tb.until(`document.querySelector("[data-part=ai] button:enabled")`)
	restarts := func() bool { return slices.Contains(h.requests(), "POST /api/parts/ai/restart") }
	tb.run(chromedp.Click("[data-part=ai] button"))
	tb.until(`document.querySelector("[data-part=ai] button").innerText === "Restart ai"`)
	if restarts() {
		t.Error("it did not ask first")
	}
	tb.shot("restart")
	tb.run(chromedp.Click("[data-part=ai] button"))
	tb.until(`document.querySelector("[data-part=ai] .part-action").innerText === "restarting"`)
	if !restarts() {
		t.Error("nothing was restarted")
	}
	h.stop()
	tb.until(`document.querySelector("[data-part=hub] button").disabled`)
	tb.clean(h, "WebSocket connection to")
}

// What is typed survives an outage, and the page heals by itself.
func TestDashboardSurvivesAnOutage(t *testing.T) {
	h := newFakeHub(t)
	busyScene(h)
	tb := newTab(t, 1440, 900)
	tb.run(chromedp.Navigate(h.url("/")))
	tb.until(`document.querySelectorAll(".row").length > 50`)
	tb.run(chromedp.SendKeys(".search input", "rattata"), chromedp.SendKeys(".log-words", "socket"))
	tb.until(`document.querySelectorAll("[data-panel=feed] .row").length === 1`)
	h.stop()
	tb.until(`document.querySelector(".banner")`)
	tb.run(chromedp.SendKeys(".search input", " funny"))
	tb.shot("outage")
	if got := eval[int](tb, `document.querySelectorAll(".part").length`); got != 7 {
		t.Errorf("%d parts are shown while it is away, want those known before", got)
	}
	h.start()
	tb.until(`!document.querySelector(".banner") && document.querySelector(".status").dataset.state === "connected"`)
	if got := eval[string](tb, `document.querySelector(".search input").value + "|" + document.querySelector(".log-words").value`); got != "rattata funny|socket" {
		t.Errorf("what was typed is now %q", got)
	}
	// The search that met the outage has run.
	deadline := time.Now().Add(5 * time.Second)
	for !slices.ContainsFunc(h.requests(), func(r string) bool { return strings.Contains(r, "q=rattata+funny") }) {
		if time.Now().After(deadline) {
			t.Fatal("the search did not run after the outage")
		}
		<-time.After(20 * time.Millisecond)
	}
	tb.clean(h, "WebSocket connection to", "Failed to load resource")
}

// A page of another build reloads itself, once, but not under somebody's hands.
func TestPageOfAnotherBuildReloads(t *testing.T) {
	h := newFakeHub(t)
	h.build = "another"
	emptyScene(h)
	tb := newTab(t, 1280, 720)
	tb.run(chromedp.Navigate(h.url("/overlay/status")))
	tb.until(`performance.getEntriesByType("navigation")[0]?.type === "reload" && document.documentElement?.dataset.connected === "true"`)
	if got := eval[string](tb, `sessionStorage.getItem("landale-reloaded-for")`); got != "another" {
		t.Errorf("reloaded for %q, want another", got)
	}
	tb.clean(h)
}

// The first paint is the dashboard, connecting; it can be used, and comes alive
// by itself.
func TestDashboardBeforeTheProgramAnswers(t *testing.T) {
	h := newFakeHub(t)
	busyScene(h)
	h.setDeaf(true)
	tb := newTab(t, 1440, 900)
	tb.run(chromedp.Navigate(h.url("/")))
	tb.until(`document.querySelectorAll(".panel").length === 7`)
	tb.until(`document.querySelector(".banner")?.innerText.includes("Looking for Landale")`)
	tb.run(chromedp.SendKeys(".log-words", "socket"))
	tb.shot("connecting")
	if got := eval[string](tb, `document.querySelector(".status").dataset.state`); got != "connecting" {
		t.Errorf("the state is %q, want connecting", got)
	}
	h.setDeaf(false)
	tb.until(`document.querySelectorAll(".part").length === 7 && !document.querySelector(".banner")`)
	if got := eval[string](tb, `document.querySelector(".log-words").value`); got != "socket" {
		t.Errorf("what was typed is now %q", got)
	}
	tb.clean(h, "WebSocket connection to")
}

// One reads further down: the feed stands still and counts what is new.
func TestFeedHoldsStillWhileOneReads(t *testing.T) {
	h := newFakeHub(t)
	busyScene(h)
	tb := newTab(t, 360, 640)
	tb.run(chromedp.Navigate(h.url("/")))
	tb.until(`document.querySelectorAll(".row").length > 50`)
	h.push("dashboard:main", "events", map[string]any{"events": []any{flat(9000, time.Now(), "transcription.partial", "audio", map[string]any{"text": "and the next thing is"})}})
	tb.until(`document.querySelector(".speaking")?.innerText.includes("and the next thing is")`)
	tb.shot("speaking")
	tb.run(chromedp.Evaluate(`document.querySelector(".feed-scroll").scrollTop = 400`, nil))
	tb.until(`document.querySelector("[data-panel=feed] .pill")`)
	first := eval[string](tb, `document.querySelector(".row").dataset.eventId`)
	for i := range 3 {
		h.push("dashboard:main", "events", map[string]any{"events": []any{flat(9001+i, time.Now(), "channel.follow", "twitch", user("newcomer", nil))}})
	}
	tb.until(`document.querySelector("[data-panel=feed] .pill").innerText === "3 new ↑"`)
	if got := eval[string](tb, `document.querySelector(".row").dataset.eventId`); got != first {
		t.Errorf("the first row is now %s, want %s as before", got, first)
	}
	tb.shot("held")
	tb.run(chromedp.Click("[data-panel=feed] .pill"))
	tb.until(`document.querySelector(".row").dataset.eventId === "0197-009003" && document.querySelector(".feed-scroll").scrollTop === 0`)
	tb.clean(h)
}

// The badge comes in, tells of a loss and rests again; without motion where the
// viewer asked for none.
func TestBadgeMoves(t *testing.T) {
	h := newFakeHub(t)
	emptyScene(h)
	const badge = `document.querySelector(".badge")`
	resting := badge + ` && getComputedStyle(` + badge + `).opacity === "1" && new DOMMatrix(getComputedStyle(` + badge + `).transform).isIdentity && new DOMMatrix(getComputedStyle(document.querySelector(".badge-dot")).transform).isIdentity`
	t.Run("with motion", func(t *testing.T) {
		tb := newTab(t, 1280, 720)
		tb.run(chromedp.Navigate(h.url("/overlay/status?debug&bg=121517")), chromedp.Evaluate(`new Promise(done => {
			const seen = []
			const look = () => { const b = document.querySelector(".badge"); if (b) seen.push(+getComputedStyle(b).opacity); seen.at(-1) === 1 || seen.length > 240 ? done(window.seen = seen) : requestAnimationFrame(look) }
			look()
		})`, nil, awaitPromise))
		tb.until(resting)
		tb.shot("badge")
		if got := eval[string](tb, "getComputedStyle(document.body).backgroundColor"); got != "rgb(18, 21, 23)" {
			t.Errorf("the background is %s, want the one that was asked for", got)
		}
		h.stop()
		tb.until(badge + `.innerText.includes("Disconnected")`)
		tb.until(resting)
		h.start()
		tb.until(badge + `.innerText.includes("Connected")`)
		tb.until(resting)
		tb.clean(h, "WebSocket connection to")
	})
	t.Run("without", func(t *testing.T) {
		tb := newTab(t, 1280, 720)
		tb.run(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}}),
			chromedp.Navigate(h.url("/overlay/status?debug")))
		tb.until(resting)
		if got := eval[int](tb, `document.getAnimations().length`); got != 0 {
			t.Errorf("%d animations run, want 0", got)
		}
		tb.clean(h)
	})
}

func TestDashboardAtItsSizes(t *testing.T) {
	scenes := []struct {
		name string
		set  func(*fakeHub)
	}{{"empty", emptyScene}, {"busy", busyScene}, {"hostile", hostileScene}}
	sizes := []struct{ width, height int64 }{{1440, 900}, {1920, 400}, {300, 600}, {360, 800}, {800, 400}, {900, 700}}
	for _, scene := range scenes {
		t.Run(scene.name, func(t *testing.T) {
			h := newFakeHub(t)
			scene.set(h)
			tb := newTab(t, 1440, 900)
			tb.run(chromedp.Navigate(h.url("/")))
			tb.until(`document.querySelector(".status").dataset.state === "connected" && document.querySelectorAll(".part").length > 0`)
			tb.until(`document.querySelector(".legend-total").innerText.length > 0`)
			for _, size := range sizes {
				tb.run(chromedp.EmulateViewport(size.width, size.height))
				tb.until(`(e => e.scrollTop + e.clientHeight > e.scrollHeight - 24)(document.querySelector(".log-scroll"))`)
				views := []string{"feed"}
				if size.width < 1180 {
					views = []string{"feed", "speech", "chart", "parts", "clients", "config", "log"}
				}
				for i, view := range views {
					tb.run(chromedp.KeyEvent(fmt.Sprint(i + 1)))
					tb.until(fmt.Sprintf(`document.querySelector(".app").dataset.view === %q`, view))
					tb.run(chromedp.Evaluate(`new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(true), 60))))`, nil, awaitPromise))
					if over := eval[[]string](tb, overflowing); len(over) > 0 {
						t.Errorf("%d × %d, %s: too wide: %v", size.width, size.height, view, over)
					}
					tb.shot(fmt.Sprintf("%s-%dx%d-%s", scene.name, size.width, size.height, view))
				}
			}
			if eval[bool](tb, "'hacked' in window") {
				t.Error("a name was run as a script")
			}
			tb.clean(h)
		})
	}
}

// overflowing lists the panels and bars that are wider than their place.
const overflowing = `[...document.querySelectorAll("body, .panel, .status, .tabs, .scroll, .panel-head, .legend")]
	.filter(e => e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0 && getComputedStyle(e).visibility !== "hidden")
	.map(e => e.className + " " + (e.closest("[data-panel]")?.dataset.panel ?? "") + " " + e.scrollWidth + " > " + e.clientWidth)`
