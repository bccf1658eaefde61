package obs

import (
	"strings"
	"testing"
	"time"

	"landale/event"
	"landale/obs/obstest"
)

const page = "http://127.0.0.1:7175/overlay/alerts"

func here() []string { return []string{"http://127.0.0.1:7175", "http://demi:7175"} }

// TestJudge walks through a source's life by the clock.
func TestJudge(t *testing.T) {
	const after = 10 * time.Second
	t0 := time.Date(2026, 11, 24, 20, 0, 0, 0, time.UTC)
	at := func(s int) time.Time { return t0.Add(time.Duration(s) * time.Second) }
	p := New(DefaultConfig(), Options{})
	h := p.healer
	s := empty()
	s.Inputs = []Input{{Name: "Alerts", Kind: browserKind, url: page, width: 1920, height: 1080}, {Name: "Else", Kind: browserKind, url: "https://example.com/overlay/alerts"}}
	h.sources(&s, here(), t0)
	if len(s.Sources) != 1 || s.Sources[0].Page != "alerts" {
		t.Fatalf("got %+v", s.Sources)
	}
	b := s.Sources[0]
	judge := func(sec int, wantState string, wantDue bool) {
		t.Helper()
		if state, due := h.judge(b, after, at(sec)); state != wantState || due != wantDue {
			t.Errorf("after %d s: got %s %v, want %s %v", sec, state, due, wantState, wantDue)
		}
	}
	judge(0, "waiting", false)
	judge(14, "waiting", false) // a page that was open before Landale looks every ten seconds
	judge(15, "gone", true)
	p.PageAlive("/overlay/alerts", at(16), 5)
	judge(17, "live", false)
	p.PageAlive("alerts", at(20), 6)
	p.PageAlive("alerts", at(25), 6)
	judge(29, "live", false)
	judge(30, "frozen", true) // it beats, and has not painted since 20
	p.PageAlive("alerts", at(31), 7)
	judge(32, "live", false)
	judge(40, "live", false)
	judge(41, "gone", true)
	c := h.cases["Alerts"]
	c.attempts, c.since = 1, at(41)
	judge(60, "gone", false) // the pause doubles
	judge(61, "gone", true)
	c.attempts, c.since = 8, at(61)
	judge(61+299, "gone", false)
	judge(61+300, "gone", true)
	p.PageAlive("alerts", at(400), -1) // a page that does not count its frames
	p.PageAlive("alerts", at(415), -1)
	judge(416, "live", false)
}

func TestOurs(t *testing.T) {
	for u, want := range map[string]string{
		page: "alerts", "http://127.0.0.1:7175/overlay/chat/?debug=true": "chat", "http://DEMI:7175/overlay/takeover.html": "takeover",
		"http://127.0.0.1:7175/": "", "http://127.0.0.1:8080/overlay/alerts": "no", "https://127.0.0.1:7175/x": "no", "about:blank": "no", "": "no", "::": "no",
	} {
		got, ok := ours(u, here())
		if !ok {
			got = "no"
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", u, got, want)
		}
	}
}

// healing rigs start with short patience: the clock of a real socket is not ours.
func healingRig(t *testing.T, s *obstest.Server) *rig {
	cfg := settings(s.URL())
	cfg.Heal.After = 2 * time.Second
	return serve(t, cfg, func(o *Options) { o.Addresses = here })
}

// past makes the part believe that it has known its sources for long.
func (r *rig) past(d time.Duration) {
	h := r.healer
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range h.cases {
		c.since = c.since.Add(-d)
	}
}

func TestASourceIsRefreshedThenSwappedUntilItLives(t *testing.T) {
	t.Parallel()
	s := obstest.Start(t, "")
	s.AddBrowser("Game", "Alerts", page)
	r := healingRig(t, s)
	r.connected()
	r.past(time.Minute)
	press := s.Wait(t, "PressInputPropertiesButton", 1)
	if press.Data["inputName"] != "Alerts" || press.Data["propertyName"] != "refreshnocache" {
		t.Errorf("got %+v", press)
	}
	r.past(time.Minute)
	away := s.Wait(t, "SetInputSettings", 1)
	if u := away.Data["inputSettings"].(map[string]any)["url"].(string); !strings.HasPrefix(u, "about:blank") {
		t.Errorf("got %s", u)
	}
	s.Wait(t, "SetInputSettings", 2)
	if got := s.URLOf("Alerts"); got != page {
		t.Errorf("got %s", got)
	}
	r.until("two attempts are shown", 3*time.Second, func() bool { src := r.Snapshot().Sources; return len(src) == 1 && src[0].Attempts == 2 })
	r.PageAlive("alerts", time.Now(), 1)
	r.until("healed", 3*time.Second, func() bool { return len(r.of("obs.source_healed")) == 1 })
	tries := r.of("obs.source_healing")
	if len(tries) != 2 || tries[0].Payload.(event.OBSSourceHealing).Method != "refresh" || tries[1].Payload.(event.OBSSourceHealing).Method != "swap" {
		t.Errorf("got %+v", tries)
	}
	if e := r.of("obs.source_healed")[0].Payload.(event.OBSSourceHealed); e.Attempts != 2 {
		t.Errorf("got %+v", e)
	}
	if n := r.Status().Details["heal_attempts"]; n != uint64(2) {
		t.Errorf("got %v", n)
	}
}

func TestAHiddenSourceIsLeftAlone(t *testing.T) {
	t.Parallel()
	s := obstest.Start(t, "")
	s.AddBrowser("Starting Soon", "Alerts", page)
	s.Show("Alerts", false)
	r := healingRig(t, s)
	r.connected()
	r.past(time.Minute)
	s.Wait(t, "GetSourceActive", 2)
	if n := len(s.Calls("PressInputPropertiesButton")); n != 0 {
		t.Errorf("a source that nobody sees was refreshed %d times", n)
	}
	if got := r.Snapshot().Sources[0].State; got != "hidden" && got != "gone" {
		t.Errorf("got %s", got)
	}
	s.Show("Alerts", true)
	s.Wait(t, "PressInputPropertiesButton", 1)
}

func TestABrokenSourceIsAWarning(t *testing.T) {
	t.Parallel()
	s := obstest.Start(t, "")
	s.AddBrowser("Game", "Alerts", page)
	r := healingRig(t, s)
	r.connected()
	for i := range healTries {
		r.past(time.Hour)
		r.until("an attempt", 5*time.Second, func() bool { return len(r.of("obs.source_healing")) > i })
		r.until("it is over", 5*time.Second, func() bool {
			r.healer.mu.Lock()
			defer r.healer.mu.Unlock()
			return !r.healer.cases["Alerts"].busy
		})
	}
	r.until("the warning", 5*time.Second, func() bool { return r.Status().State == event.Degraded })
	if w := r.Snapshot().Warnings; len(w) != 1 || w[0].Kind != "source_broken" || w[0].Subject != "Alerts" {
		t.Errorf("got %+v", w)
	}
	r.PageAlive("alerts", time.Now(), 1)
	r.until("it is over", 5*time.Second, func() bool { return r.Status().State == event.Running })
	if len(r.of("obs.warning_raised")) != 1 || len(r.of("obs.warning_cleared")) != 1 {
		t.Errorf("got %v %v", r.of("obs.warning_raised"), r.of("obs.warning_cleared"))
	}
}

// TestASwapThatWasCutShort: OBS kept about:blank because the program ended
// between taking the URL away and giving it back.
func TestASwapThatWasCutShort(t *testing.T) {
	t.Parallel()
	s := obstest.Start(t, "")
	s.AddBrowser("Game", "Alerts", parked+page)
	s.AddBrowser("Game", "Not ours", parked+"https://example.com/")
	r := healingRig(t, s)
	r.connected()
	s.Wait(t, "SetInputSettings", 1)
	r.until("it is back", 2*time.Second, func() bool { return s.URLOf("Alerts") == page })
	if got := s.URLOf("Not ours"); got != parked+"https://example.com/" {
		t.Errorf("got %s", got)
	}
}

func TestHealingIsASetting(t *testing.T) {
	t.Parallel()
	s := obstest.Start(t, "")
	s.AddBrowser("Game", "Alerts", page)
	cfg := settings(s.URL())
	cfg.Heal = HealConfig{Enabled: false, After: 300 * time.Millisecond}
	r := serve(t, cfg, func(o *Options) { o.Addresses = here })
	r.connected()
	r.past(time.Minute)
	r.until("it is known to be gone", 3*time.Second, func() bool { return r.Snapshot().Sources[0].State == "gone" })
	if n := len(s.Calls("GetSourceActive")); n != 0 {
		t.Errorf("got %d looks", n)
	}
}

func TestCreateOverlay(t *testing.T) {
	t.Parallel()
	s := obstest.Start(t, "")
	r := serve(t, settings(s.URL()), func(o *Options) { o.Addresses = here })
	r.connected()
	must[Done](t)(r.CreateOverlay(t.Context(), "Game", "Landale alerts", page, 1920, 1080))
	r.until("it is ours", 2*time.Second, func() bool { return len(r.Snapshot().Sources) == 1 && len(r.Snapshot().Items) == 1 })
	if b := r.Snapshot().Sources[0]; b.Name != "Landale alerts" || b.Width != 1920 || b.Shutdown {
		t.Errorf("got %+v", b)
	}
	settings := s.Calls("CreateInput")[0].Data["inputSettings"].(map[string]any)
	if settings["shutdown"] != false || settings["reroute_audio"] != true {
		t.Errorf("got %v", settings)
	}
	if _, err := r.CreateOverlay(t.Context(), "Game", "Landale alerts", page, 1920, 1080); err == nil || !strings.Contains(err.Error(), "already exists") {
		t.Errorf("got %v", err)
	}
}

func TestPreflight(t *testing.T) {
	t.Parallel()
	s := obstest.Start(t, "")
	s.AddBrowser("Game", "Alerts", page)
	s.AddBrowser("Game", "Chat", "http://demi:7175/overlay/chat")
	s.Mute("Mic/Aux", true)
	s.SetStats(map[string]any{"availableDiskSpace": 900.0})
	r := serve(t, settings(s.URL()), func(o *Options) { o.Addresses = here })
	r.connected()
	r.PageAlive("chat", time.Now(), 1)
	r.until("chat lives", 3*time.Second, func() bool {
		return len(r.Snapshot().Sources) == 2 && r.Snapshot().Sources[1].State == "live"
	})
	bad := map[string]bool{}
	for _, f := range r.Preflight(t.Context()) {
		if !f.OK {
			bad[f.Check+" "+f.Subject] = true
			if f.Mend == "" || f.Message == "" {
				t.Errorf("%s does not say how to mend it: %+v", f.Check, f)
			}
		}
	}
	want := []string{"obs_disk ", "obs_microphone Mic/Aux", "browser_source Alerts"}
	if len(bad) != len(want) {
		t.Errorf("got %v, want %q", bad, want)
	}
	for _, w := range want {
		if !bad[w] {
			t.Errorf("got %v, want %q", bad, w)
		}
	}
	s.Hang(true)
	if f := r.Preflight(t.Context()); len(f) != 1 || f[0].OK {
		t.Errorf("got %+v from a hung OBS", f)
	}
}
