package static_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// director says what is on screen, as the program's overlay part does.
type director struct {
	h *fakeHub

	mu      sync.Mutex
	version int
	state   map[string]any
}

func newDirector(h *fakeHub) *director {
	d := &director{h: h, state: map[string]any{
		"show":   map[string]any{"id": "variety", "name": "Variety", "category_name": "Just Chatting", "title": "An evening"},
		"layers": map[string]any{"foreground": nil, "midground": nil, "background": nil},
		"ticker": map[string]any{"list": []string{}, "index": 0, "next_at": nil}, "takeover": nil, "muted": false, "blank": false,
	}}
	d.set(nil)
	return d
}

// set changes members: pages that are there get a patch, later ones the whole.
func (d *director) set(members map[string]any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	base := d.version
	d.version++
	maps.Copy(d.state, members)
	full := maps.Clone(d.state)
	full["version"], full["epoch"], full["server_time"] = d.version, "00c0ffee", time.Now().UTC()
	d.h.mu.Lock()
	d.h.initial["stream:overlays"] = []push{{"stream_state", full}}
	d.h.mu.Unlock()
	d.h.push("stream:overlays", "state_patch", map[string]any{"state": "stream", "epoch": "00c0ffee", "base": base, "version": d.version, "set": members})
}

// layer puts something on a layer, nil for nothing.
func (d *director) layer(name string, item map[string]any) {
	d.mu.Lock()
	layers := maps.Clone(d.state["layers"].(map[string]any))
	d.mu.Unlock()
	layers[name] = nil
	if item != nil {
		layers[name] = item
	}
	d.set(map[string]any{"layers": layers})
}

func (d *director) show(id string) {
	d.set(map[string]any{"show": map[string]any{"id": id, "name": strings.ToUpper(id[:1]) + id[1:], "category_name": "A game", "title": "Kaizo until it hurts"}})
}

func anItem(id, kind, content string, data map[string]any) map[string]any {
	return map[string]any{
		"id": id, "type": content, "kind": kind, "data": data, "priority": 5, "duration": 10_000, "remaining": 10_000,
		"started_at": nil, "ends_at": nil, "source": "0197-" + id, "flags": []string{}, "player": "00000001",
	}
}

func with(item map[string]any, more map[string]any) map[string]any {
	m := maps.Clone(item)
	maps.Copy(m, more)
	return m
}

func anAlert(id, event, text, name string, data map[string]any) map[string]any {
	all := map[string]any{"event_type": event, "username": name, "text": text}
	maps.Copy(all, data)
	return with(anItem(id, "alert", "alert", all), map[string]any{"text": text, "rule": "built-in"})
}

func aCard(id, content string, data map[string]any) map[string]any {
	return anItem(id, "ticker", content, data)
}

// overlayPage opens a page of the screen, on nothing: what OBS composes.
func overlayPage(t *testing.T, h *fakeHub, path string, width, height int64) *tab {
	t.Helper()
	tb := newTab(t, width, height)
	tb.countFrames()
	tb.run(emulation.SetDefaultBackgroundColorOverride(), chromedp.Navigate(h.url(path)))
	tb.until(`document.documentElement.dataset.connected === "true"`)
	tb.run(chromedp.Evaluate(`document.fonts.load("800 48px 'Inter Variable'").then(() => true)`, nil, awaitPromise))
	return tb
}

// sampler notes, each frame until it is stopped, what each layer looks like.
const sampler = `{
	window.samples = []
	window.sampling = true
	const look = now => {
		const row = { t: performance.now() }
		for (const e of document.querySelectorAll(".layer")) {
			const s = getComputedStyle(e), m = new DOMMatrix(s.transform)
			row[e.dataset.layer] = { o: +s.opacity, y: m.f, s: m.a, state: e.dataset.state, text: e.innerText.trim() }
		}
		samples.push(row)
		if (window.sampling) raf.call(window, look)
	}
	const raf = window.real_raf ?? requestAnimationFrame
	raf.call(window, look)
}`

type pose struct {
	O, Y, S float64
	State   string
	Text    string
}

type sample struct {
	T                                 float64
	Foreground, Midground, Background pose
}

func (s sample) of(layer string) pose {
	return map[string]pose{"foreground": s.Foreground, "midground": s.Midground, "background": s.Background}[layer]
}

func (tb *tab) sample() { tb.run(chromedp.Evaluate(sampler, nil)) }

func (tb *tab) samples() []sample {
	tb.t.Helper()
	text := eval[string](tb, `(window.sampling = false, JSON.stringify(samples))`)
	var list []sample
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		tb.t.Fatal(err)
	}
	return list
}

// during gives the frames in which the layer was in the state, with their time
// in ms since the frame before the first of them.
func during(list []sample, layer, state string) (times []float64, poses []pose) {
	start := -1.0
	for i, s := range list {
		if s.of(layer).State != state {
			if len(poses) > 0 {
				return times, poses
			}
			continue
		}
		if start < 0 {
			start = s.T
			if i > 0 {
				start = list[i-1].T
			}
		}
		times, poses = append(times, s.T-start), append(poses, s.of(layer))
	}
	return times, poses
}

func (tb *tab) state(layer, want string) {
	tb.t.Helper()
	tb.until(fmt.Sprintf(`document.querySelector("[data-layer=%s]").dataset.state === %q`, layer, want))
}

func layerScene(t *testing.T) (*director, *tab) {
	h := newFakeHub(t)
	d := newDirector(h)
	return d, overlayPage(t, h, "/overlay/omnibar", 1920, 1080)
}

var (
	front = anAlert("f1", "channel.follow", "front follows", "front", nil)
	mid   = anItem("m1", "sub_train", "sub_train", map[string]any{"latest_subscriber": "middle", "count": 3})
	back  = aCard("b1", "daily_stats", map[string]any{"total_messages": 1200, "total_follows": 14})
)

// spare is how many frames of 60 Hz may lie between a sample and the one before:
// what is drawn in a frame may be of the time of the frame before it.
func spare(list []sample, i int) float64 {
	return math.Max(1, math.Ceil((list[i].T-list[max(i-2, 0)].T)/16.7-0.2))
}

// jump is where a layer's opacity changed between two frames by more than the
// curve's own slope allows in the time between them, or "".
func jump(list []sample, layer string, perFrame float64) string {
	for i := 1; i < len(list); i++ {
		a, b := list[i-1].of(layer), list[i].of(layer)
		if step := math.Abs(a.O - b.O); step > perFrame*spare(list, i)+0.02 && a.State == b.State {
			return fmt.Sprintf("%s jumps from %.3f to %.3f in %.0f ms (%s)", layer, a.O, b.O, list[i].T-list[i-1].T, b.State)
		}
	}
	return ""
}

// steady plays a motion again while a layer jumps in it. A frame that a busy
// machine draws late looks like a jump; a wrong motion jumps every time.
func steady(t *testing.T, play func(round int) string) {
	t.Helper()
	var first string
	for round := range 6 {
		said := play(round)
		if said == "" {
			return
		}
		first = cmp.Or(first, said)
	}
	t.Error(first, "and in every other of six rounds")
}

func TestLayerEntersOnceAndLeavesWithItsContent(t *testing.T) {
	d, tb := layerScene(t)
	tb.sample()
	d.layer("foreground", front)
	tb.state("foreground", "active")
	// The same again is no reason to move.
	d.layer("foreground", with(front, map[string]any{"started_at": time.Now().UnixMilli(), "ends_at": time.Now().Add(time.Minute).UnixMilli()}))
	d.layer("foreground", with(front, map[string]any{"text": "front follows, again"}))
	tb.until(`document.querySelector("[data-layer=foreground]").innerText.includes("again")`)
	d.layer("foreground", nil)
	tb.state("foreground", "hidden")
	list := tb.samples()

	highest, enters := 0.0, 0
	for i, s := range list {
		p := s.Foreground
		if p.State == "entering" && (i == 0 || list[i-1].Foreground.State != "entering") {
			enters++
		}
		switch p.State {
		case "entering", "active":
			if p.O < highest-0.001 {
				t.Errorf("it falls from %.3f to %.3f while %s", highest, p.O, p.State)
			}
			highest = math.Max(highest, p.O)
		case "exiting":
			if !strings.Contains(p.Text, "front follows") {
				t.Errorf("it leaves without its text: %q at opacity %.2f", p.Text, p.O)
			}
		}
	}
	if enters != 1 {
		t.Errorf("it entered %d times, want once", enters)
	}
	times, poses := during(list, "foreground", "entering")
	if n := len(times); n < 4 || times[n-1] < 250 || times[n-1] > 1500 {
		t.Errorf("it entered in %d frames and %.0f ms, want 400 ms", n, times[max(n-1, 0)])
	}
	// Height and size follow the same curve as opacity.
	for _, p := range poses {
		if math.Abs(p.Y-20*(1-p.O)) > 0.3 || math.Abs(p.S-(1-0.05*(1-p.O))) > 0.002 {
			t.Errorf("at opacity %.3f it stands at y %.2f, scale %.4f", p.O, p.Y, p.S)
		}
	}
	_, poses = during(list, "foreground", "exiting")
	for _, p := range poses {
		if math.Abs(p.Y+20*(1-p.O)) > 0.3 {
			t.Errorf("leaving at opacity %.3f it stands at y %.2f, want upwards", p.O, p.Y)
		}
	}
	steady(t, func(round int) string {
		if round > 0 {
			tb.sample()
			d.layer("foreground", with(front, map[string]any{"id": fmt.Sprint("again", round)}))
			tb.state("foreground", "active")
			d.layer("foreground", nil)
			tb.state("foreground", "hidden")
			list = tb.samples()
		}
		return jump(list, "foreground", 0.167)
	})
	tb.rests(t)
	tb.clean(d.h)
}

// The curves are power2's: what was measured at a time must be what the curve
// says for that time. A frame that comes late, because the machine is busy, is
// measured late; a wrong curve is wrong every time.
func TestLayersFollowTheirCurves(t *testing.T) {
	d, tb := layerScene(t)
	const tolerated, tries = 0.08, 8
	curves := map[string]func(ms float64) float64{
		"entering": func(ms float64) float64 { return 1 - math.Pow(1-math.Min(1, math.Max(0, ms/400)), 3) },
		"exiting":  func(ms float64) float64 { return 1 - math.Pow(math.Min(1, math.Max(0, ms/300)), 3) },
	}
	best := map[string]float64{"entering": math.Inf(1), "exiting": math.Inf(1)}
	for n := range tries {
		tb.sample()
		d.layer("foreground", with(front, map[string]any{"id": fmt.Sprint("curve", n)}))
		tb.state("foreground", "active")
		d.layer("foreground", nil)
		tb.state("foreground", "hidden")
		list := tb.samples()
		for state, curve := range curves {
			if times, poses := during(list, "foreground", state); len(times) >= 10 {
				best[state] = math.Min(best[state], offCurve(times, poses, curve))
			}
		}
		if best["entering"] <= tolerated && best["exiting"] <= tolerated {
			t.Logf("opacity is off its curve by %.3f entering and %.3f exiting, at most", best["entering"], best["exiting"])
			return
		}
	}
	t.Errorf("in %d rounds opacity was off its curve by %.3f entering and %.3f exiting at best", tries, best["entering"], best["exiting"])
}

// offCurve is how far the poses are from the curve at most. When it began is
// known to within a few frames only.
func offCurve(times []float64, poses []pose, curve func(ms float64) float64) float64 {
	least := math.Inf(1)
	for shift := -40.0; shift <= 60; shift++ {
		off := 0.0
		for i, ms := range times {
			off = math.Max(off, math.Abs(poses[i].O-curve(ms+shift)))
		}
		least = math.Min(least, off)
	}
	return least
}

func TestLowerLayersStepBackAndReturn(t *testing.T) {
	d, tb := layerScene(t)
	d.layer("background", back)
	d.layer("midground", mid)
	tb.state("midground", "active")
	tb.until(`getComputedStyle(document.querySelector("[data-layer=background]")).opacity === "0.5"`)
	var list []sample
	steady(t, func(round int) string {
		tb.sample()
		d.layer("foreground", with(front, map[string]any{"id": fmt.Sprint("front", round)}))
		tb.state("foreground", "active")
		tb.until(`getComputedStyle(document.querySelector("[data-layer=midground]")).opacity === "0.7"`)
		tb.shot("omnibar-three")
		d.layer("foreground", nil)
		tb.state("midground", "active")
		tb.until(`getComputedStyle(document.querySelector("[data-layer=midground]")).opacity === "1"`)
		list = tb.samples()
		return cmp.Or(jump(list, "midground", 0.075), jump(list, "background", 0.125))
	})
	_, poses := during(list, "midground", "interrupted")
	last := poses[len(poses)-1]
	if math.Abs(last.O-0.7) > 0.01 || math.Abs(last.Y-30) > 0.5 || math.Abs(last.S-0.95) > 0.002 {
		t.Errorf("interrupted midground stands at %+v, want opacity .7, y 30, scale .95", last)
	}
	for _, s := range list {
		if s.Background.State != "interrupted" {
			t.Fatalf("the background is %s while the midground is there", s.Background.State)
		}
		if s.Background.O < 0.48 {
			t.Errorf("the background flashes to %.2f", s.Background.O)
		}
	}
	b := list[len(list)-1].Background
	if math.Abs(b.Y-60) > 0.5 || math.Abs(b.S-0.9) > 0.002 {
		t.Errorf("interrupted background stands at %+v, want y 60, scale .9", b)
	}

	// The midground leaves under an alert: the background stays back.
	d.layer("foreground", with(front, map[string]any{"id": "f2"}))
	tb.state("foreground", "active")
	tb.sample()
	d.layer("midground", nil)
	tb.state("midground", "hidden")
	for _, s := range tb.samples() {
		if s.Background.State != "interrupted" || s.Background.O > 0.55 {
			t.Fatalf("the background comes forward under the alert: %+v", s.Background)
		}
	}
	d.layer("foreground", nil)
	tb.state("background", "active")
	tb.until(`getComputedStyle(document.querySelector("[data-layer=background]")).opacity === "1"`)
	tb.rests(t)
	tb.clean(d.h)
}

// An enter that is cut by an interruption, a return and a leave: no jump, and
// nothing moves afterwards.
func TestLayerIsRetargetedInFlight(t *testing.T) {
	d, tb := layerScene(t)
	steady(t, func(round int) string {
		tb.sample()
		d.layer("midground", with(mid, map[string]any{"id": fmt.Sprint("mid", round)}))
		tb.until(`samples.at(-1)?.midground.o > .3`)
		d.layer("foreground", with(front, map[string]any{"id": fmt.Sprint("front", round)}))
		tb.until(`samples.at(-1).foreground.o > .3`)
		d.layer("foreground", nil)
		tb.until(`samples.at(-1).midground.o > .9`)
		d.layer("midground", nil)
		tb.state("midground", "hidden")
		tb.state("foreground", "hidden")
		list := tb.samples()
		for i := 1; i < len(list); i++ {
			a, b := list[i-1], list[i]
			if step := math.Abs(a.Midground.O - b.Midground.O); step > 0.167*spare(list, i)+0.02 && b.Midground.State != "hidden" {
				return fmt.Sprintf("midground jumps from %.3f to %.3f in %.0f ms (%s)", a.Midground.O, b.Midground.O, b.T-a.T, b.Midground.State)
			}
		}
		return ""
	})
	tb.rests(t)
	tb.clean(d.h)
}

// What replaces another waits until that one is gone; of several, the latest.
func TestLatestWins(t *testing.T) {
	d, tb := layerScene(t)
	d.layer("foreground", front)
	tb.state("foreground", "active")
	tb.run(chromedp.Evaluate(`{
		window.seen = []
		new MutationObserver(list => { for (const m of list) for (const n of m.addedNodes) if (n.dataset?.eventId) seen.push(n.dataset.eventId) })
			.observe(document.body, { childList: true, subtree: true })
	}`, nil))
	for _, id := range []string{"f2", "f3", "f4"} {
		d.layer("foreground", with(front, map[string]any{"id": id}))
	}
	tb.until(`document.querySelector("[data-event-id=f4]") && document.querySelector("[data-layer=foreground]").dataset.state === "active"`)
	if got := eval[string](tb, `seen.join()`); got != "f4" {
		t.Errorf("it showed %s, want f4 alone", got)
	}
	tb.rests(t)
}

// rests waits until nothing moves and then wants no frame for a second.
func (tb *tab) rests(t *testing.T) {
	t.Helper()
	tb.until(`document.getAnimations().length === 0`)
	quiet := `new Promise(done => { let last = -1; const look = setInterval(() => { if (window.frames_asked === last) { clearInterval(look); done(true) } last = window.frames_asked }, 400) })`
	tb.run(chromedp.Evaluate(quiet, nil, awaitPromise))
	var n int
	tb.run(chromedp.Evaluate(`new Promise(done => { const before = window.frames_asked; setTimeout(() => done(window.frames_asked - before), 1000) })`, &n, awaitPromise))
	if n != 0 {
		t.Errorf("at rest it asks for %d frames a second", n)
	}
}

// Alerts come and go 500 times, at any moment of each other, and leave nothing.
func TestManyCyclesLeaveNothing(t *testing.T) {
	d, tb := layerScene(t)
	count := `document.querySelectorAll("*").length`
	d.layer("background", back)
	tb.state("background", "active")
	before := eval[int](tb, count)
	for n := range 500 {
		item := with(front, map[string]any{"id": fmt.Sprint("c", n)})
		if n%3 == 2 {
			item = nil
		}
		d.layer([]string{"foreground", "midground"}[n%2], item)
		if n%7 == 0 { // lets some get on their way
			tb.until(`true`)
		}
	}
	d.layer("foreground", nil)
	d.layer("midground", nil)
	tb.state("foreground", "hidden")
	tb.state("midground", "hidden")
	tb.state("background", "active")
	tb.rests(t)
	if after := eval[int](tb, count); after != before {
		t.Errorf("%d elements before, %d after", before, after)
	}
	tb.clean(d.h)
}

// pictures are what a page may lie over: a dark and a bright game.
var pictures = map[string]string{
	"dark":   `radial-gradient(circle at 30% 40%, #3a4a2c 0, transparent 40%), radial-gradient(circle at 75% 60%, #1d2b4a 0, transparent 45%), linear-gradient(#0c0f14, #1a1510)`,
	"bright": `radial-gradient(circle at 30% 30%, #fffbe8 0, transparent 40%), radial-gradient(circle at 70% 70%, #9fe27a 0, transparent 45%), linear-gradient(#8fd3ff 55%, #d8f2b0 55%)`,
}

var sizes = [][2]int64{{1280, 720}, {1920, 1080}, {2560, 1440}}

// shots takes pictures of what the page shows over both pictures in all sizes,
// if somebody wants to look at them.
func (tb *tab) shots(name string) {
	if os.Getenv("LANDALE_SHOTS") == "" {
		return
	}
	tb.t.Helper()
	for _, size := range sizes {
		for picture, css := range pictures {
			if size[0] != 1920 && (picture == "bright" || os.Getenv("LANDALE_SHOTS_ALL") == "") {
				continue // they look the same at any size
			}
			tb.run(chromedp.EmulateViewport(size[0], size[1]), chromedp.Evaluate(fmt.Sprintf(`document.documentElement.style.background = %q`, css), nil))
			tb.until(`document.getAnimations().length === 0`)
			tb.shot(fmt.Sprintf("%s-%s-%d", name, picture, size[0]))
		}
	}
	tb.run(chromedp.Evaluate(`document.documentElement.style.background = ""`, nil))
}

// reducedMotion is what a viewer's system may ask of a page.
func (tb *tab) reducedMotion() {
	tb.run(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}}))
}
