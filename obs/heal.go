package obs

import (
	"context"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/andreykaipov/goobs/api/requests/inputs"
	"github.com/andreykaipov/goobs/api/requests/sources"

	"landale/event"
)

// BrowserSource is a browser source in OBS that shows one of Landale's pages.
type BrowserSource struct {
	Name string `json:"name"`
	URL  string `json:"url"`
	// Page is the page's name, like alerts.
	Page   string `json:"page"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
	// Shutdown says that OBS ends the page while it is not visible.
	Shutdown bool `json:"shutdown"`
	// State is live, waiting (not heard of yet), hidden (not judged), gone, frozen
	// or broken (could not be mended).
	State string `json:"state"`
	// Attempts counts how often Landale tried to mend it since it last lived.
	Attempts int       `json:"attempts"`
	LastSeen time.Time `json:"last_seen,omitzero"`
}

const (
	// healGrace is given to pages that were open before Landale: they look for it
	// every ten seconds.
	healGrace = 5 * time.Second
	healMost  = 5 * time.Minute // between two attempts
	healTries = 4               // attempts without success that make a source broken
	swapPause = 500 * time.Millisecond
	// parked is where a source waits while its URL is swapped. The URL behind it
	// brings the source back when Landale or OBS ended in between.
	parked = "about:blank#"
)

// healer knows which pages live. Its mutex guards everything; session.look is the
// only one who mends.
type healer struct {
	mu    sync.Mutex
	pages map[string]beat
	cases map[string]*healing // by source name
}

// beat is what was last heard of a page.
type beat struct {
	at     time.Time
	frames int
	moved  time.Time // when frames last rose
}

// healing is one source's story.
type healing struct {
	since    time.Time // when it was first known, or last mended
	attempts int
	busy     bool
	state    string
	url      string
}

func newHealer() *healer { return &healer{pages: map[string]beat{}, cases: map[string]*healing{}} }

// PageAlive says that a page, like alerts or /overlay/alerts, gave a sign of life:
// main calls it for each connected client in OBS. frames counts what the page has
// painted; below zero it is not known.
func (p *OBS) PageAlive(page string, at time.Time, frames int) {
	h := p.healer
	h.mu.Lock()
	defer h.mu.Unlock()
	name := pageName(page)
	b, known := h.pages[name]
	if !known && len(h.pages) >= 200 {
		return // names come from outside
	}
	if at.After(b.at) {
		b.at = at
	}
	if frames < 0 || frames != b.frames || b.moved.IsZero() {
		b.moved = b.at
	}
	b.frames = frames
	h.pages[name] = b
}

// pageName is the last part of a page's path.
func pageName(p string) string {
	if p = path.Base(strings.TrimSuffix(p, "/")); p == "." || p == "/" {
		return ""
	}
	return strings.TrimSuffix(p, ".html")
}

// ours takes apart a URL that leads to one of the addresses.
func ours(u string, addresses []string) (page string, ok bool) {
	at, err := url.Parse(u)
	if err != nil || at.Host == "" {
		return "", false
	}
	for _, a := range addresses {
		if base, err := url.Parse(a); err == nil && strings.EqualFold(base.Host, at.Host) && base.Scheme == at.Scheme {
			return pageName(at.Path), true
		}
	}
	return "", false
}

// begin gives every source time to come alive with an OBS that was just met.
func (h *healer) begin(now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range h.cases {
		*c = healing{since: now.Add(healGrace), state: "waiting", url: c.url}
	}
}

// sources finds the browser sources that are ours in a new state of OBS.
func (h *healer) sources(s *Snapshot, addresses []string, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := []BrowserSource{}
	for _, in := range s.Inputs {
		page, ok := ours(strings.TrimPrefix(in.url, parked), addresses)
		if in.Kind != browserKind || !ok {
			continue
		}
		c := h.cases[in.Name]
		if c == nil || c.url != strings.TrimPrefix(in.url, parked) {
			c = &healing{since: now.Add(healGrace), state: "waiting", url: strings.TrimPrefix(in.url, parked)}
			h.cases[in.Name] = c
		}
		list = append(list, BrowserSource{
			Name: in.Name, URL: c.url, Page: page, Width: in.width, Height: in.height, Shutdown: in.shutdown,
			State: c.state, Attempts: c.attempts, LastSeen: h.pages[page].at,
		})
	}
	for name := range h.cases {
		if !slices.ContainsFunc(list, func(b BrowserSource) bool { return b.Name == name }) {
			delete(h.cases, name)
		}
	}
	s.Sources = list
}

// judge says how a source is: live, or gone or frozen since when. due says that
// it is time to mend it.
func (h *healer) judge(b BrowserSource, after time.Duration, now time.Time) (state string, due bool) {
	c, seen := h.cases[b.Name], h.pages[b.Page]
	pause := min(after<<min(c.attempts, 10), healMost)
	last := seen.at
	state = "gone"
	switch {
	case now.Sub(seen.at) >= after:
	case now.Sub(seen.moved) >= after:
		last, state = seen.moved, "frozen"
	default:
		return "live", false
	}
	if c.since.After(last) {
		last = c.since
	}
	if now.Sub(last) < pause {
		if c.attempts == 0 && seen.at.IsZero() {
			state = "waiting"
		}
		return state, false
	}
	return state, true
}

// heal looks at each source once a second and mends what is broken.
func (s *session) heal(ctx context.Context, now time.Time) {
	h := s.healer
	for i := range s.state.Sources {
		b := &s.state.Sources[i]
		h.mu.Lock()
		c := h.cases[b.Name]
		if c == nil || c.busy {
			h.mu.Unlock()
			continue
		}
		state, due := h.judge(*b, s.cfg.Heal.After, now)
		var healed int
		switch {
		case state == "live":
			healed, c.attempts = c.attempts, 0
			c.since = time.Time{}
		case c.attempts >= healTries:
			state = "broken"
		case c.state == "hidden" && !due:
			state = "hidden"
		}
		c.state = state
		attempt := due && s.cfg.Heal.Enabled
		if attempt {
			c.busy = true
		}
		shown := *b
		shown.State, shown.Attempts, shown.LastSeen = c.state, c.attempts, h.pages[b.Page].at
		h.mu.Unlock()
		if shown.State != b.State || shown.Attempts != b.Attempts {
			s.changed = true
		}
		*b = shown
		if healed > 0 {
			e := event.OBSSourceHealed{InputName: b.Name, Page: b.Page, Attempts: healed}
			e.SessionID = s.id
			s.publish(event.New(event.OBS, now, e))
			s.o.Log.Info("browser source lives again", "source", b.Name, "attempts", healed)
		}
		if attempt {
			source := *b
			s.wg.Go(func() { s.mend(ctx, source) })
		}
	}
}

// mend makes one attempt: a refresh, the next time a swap of the URL, and so on
// in turns. A source that nobody sees is left alone: OBS does not let its page
// paint, and may have ended it on purpose.
func (s *session) mend(ctx context.Context, b BrowserSource) {
	h := s.healer
	var state string
	attempt := 0
	defer func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if c := h.cases[b.Name]; c != nil {
			c.busy, c.since = false, time.Now()
			if attempt > 0 {
				c.attempts = attempt
			}
			if state != "" {
				c.state = state
			}
		}
	}()
	active, err := do[sources.GetSourceActiveResponse](ctx, s.OBS, sources.NewGetSourceActiveParams().WithSourceName(b.Name))
	if err != nil {
		return
	}
	if !active.VideoShowing {
		state = "hidden"
		return
	}
	attempt = b.Attempts + 1
	reason := b.State
	if reason != "frozen" {
		reason = "gone"
	}
	e := event.OBSSourceHealing{InputName: b.Name, Page: b.Page, Attempt: attempt, Method: "refresh", Reason: reason}
	if attempt%2 == 0 {
		e.Method = "swap"
	}
	e.SessionID = s.id
	s.count(func(c *counts) { c.heals++ })
	s.o.Log.Warn("browser source is mended", "source", b.Name, "page", b.Page, "reason", reason, "method", e.Method, "attempt", attempt)
	s.publish(event.New(event.OBS, time.Now(), e))
	if e.Method == "refresh" {
		_, err = s.RefreshSource(ctx, b.Name)
	} else {
		err = s.swap(ctx, b)
	}
	if err != nil {
		s.o.Log.Warn("browser source could not be mended", "source", b.Name, "error", err)
	}
}

// swap takes a source's URL away and gives it back, which makes OBS load the page
// from the beginning.
func (s *session) swap(ctx context.Context, b BrowserSource) error {
	if _, err := s.SetSourceURL(ctx, b.Name, parked+b.URL); err != nil {
		return err
	}
	select {
	case <-time.After(swapPause):
	case <-ctx.Done():
	case <-s.l.done:
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commandTimeout) // also while Landale stops
	defer cancel()
	_, err := call[struct{}](ctx, s.l, inputs.NewSetInputSettingsParams().WithInputName(b.Name).WithInputSettings(map[string]any{"url": b.URL}).WithOverlay(true))
	return err
}

// unpark gives sources their URL back that were left without when Landale or OBS
// ended in the middle of a swap.
func (s *session) unpark(ctx context.Context) {
	for _, in := range s.state.Inputs {
		u, left := strings.CutPrefix(in.url, parked)
		if _, ok := ours(u, s.o.Addresses()); !left || !ok {
			continue
		}
		name := in.Name
		s.wg.Go(func() {
			if _, err := s.SetSourceURL(ctx, name, u); err != nil {
				s.o.Log.Warn("browser source has no page", "source", name, "error", err)
			}
		})
	}
}
