package twitch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// EmoteHosts are the addresses that emotes come from.
type EmoteHosts struct{ TwitchCDN, BTTV, BTTVCDN, FFZ, SevenTV, SevenTVCDN string }

func (h EmoteHosts) withDefaults() EmoteHosts {
	for _, d := range []struct {
		host *string
		real string
	}{
		{&h.TwitchCDN, "https://static-cdn.jtvnw.net/emoticons/v2"},
		{&h.BTTV, "https://api.betterttv.net/3"},
		{&h.BTTVCDN, "https://cdn.betterttv.net/emote"},
		{&h.FFZ, "https://api.frankerfacez.com/v1"},
		{&h.SevenTV, "https://7tv.io/v3"},
		{&h.SevenTVCDN, "https://cdn.7tv.app/emote"},
	} {
		if *d.host == "" {
			*d.host = d.real
		}
	}
	return h
}

// Emote is one emote of the manifest. Its image is served at provider/id below
// wherever Emotes is mounted.
type Emote struct {
	Provider  string `json:"provider"` // twitch, bttv, ffz or 7tv
	ID        string `json:"id"`
	Name      string `json:"name"`
	Channel   bool   `json:"channel"` // the channel's own, not everybody's
	Native    bool   `json:"native"`  // its name has the channel's prefix
	ZeroWidth bool   `json:"zero_width,omitempty"`

	URL string `json:"source_url"` // where the image comes from
}

const (
	emotesEvery = 6 * time.Hour
	emotesRetry = 5 * time.Minute
	maxImage    = 2 << 20
	// maxImages bounds the cache: emotes of other channels come in through chat.
	maxImages = 20_000
)

// Emotes are the emotes of Twitch and others: a manifest with all names and the
// images, kept on disk. It is an http.Handler for manifest.json and
// <provider>/<id>; an image is fetched when it is asked for first, and each
// provider may be down without harm to the others or to what is cached.
type Emotes struct {
	t     *Twitch
	hosts EmoteHosts
	dir   string

	mu     sync.Mutex
	lists  map[string][]Emote // by provider
	byID   map[string]Emote   // "provider/id"
	images int
	busy   map[string]chan struct{}
	slots  chan struct{}
}

func newEmotes(t *Twitch, hosts EmoteHosts) *Emotes {
	return &Emotes{t: t, hosts: hosts.withDefaults(), dir: filepath.Join(t.o.Dir, "emotes"), lists: map[string][]Emote{}, byID: map[string]Emote{}, busy: map[string]chan struct{}{}, slots: make(chan struct{}, 4)}
}

func (e *Emotes) manifest() string { return filepath.Join(e.dir, "manifest.json") }

// serve reads the manifest of the last run and keeps it fresh.
func (e *Emotes) serve(ctx context.Context) {
	var kept []Emote
	if raw, err := os.ReadFile(e.manifest()); err == nil && json.Unmarshal(raw, &kept) == nil {
		lists := map[string][]Emote{}
		for _, emote := range kept {
			lists[emote.Provider] = append(lists[emote.Provider], emote)
		}
		for provider, list := range lists {
			e.take(provider, list)
		}
	}
	files, _ := filepath.Glob(filepath.Join(e.dir, "*", "*")) // the pattern is well formed
	e.mu.Lock()
	e.images = len(files)
	e.mu.Unlock()
	var owner string
	var due time.Time
	for {
		tok, ok, changed := e.t.keeper.wait()
		if ok && (tok.UserID != owner || !time.Now().Before(due)) {
			owner, due = tok.UserID, time.Now().Add(emotesRetry)
			if e.Refresh(ctx, owner) {
				due = time.Now().Add(emotesEvery)
			}
		}
		timer := time.NewTimer(max(time.Until(due), emotesRetry/10))
		select {
		case <-ctx.Done():
		case <-changed:
		case <-timer.C:
		}
		timer.Stop()
		if ctx.Err() != nil {
			return
		}
	}
}

// Refresh asks every provider for its emotes and reports whether all answered.
func (e *Emotes) Refresh(ctx context.Context, userID string) bool {
	whole := true
	for _, p := range []struct {
		name string
		list func(context.Context, string) ([]Emote, error)
	}{{"twitch", e.twitch}, {"bttv", e.bttv}, {"ffz", e.ffz}, {"7tv", e.sevenTV}} {
		if p.name != "twitch" && !slices.Contains(e.t.cfg.EmoteProviders, p.name) {
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
		list, err := p.list(ctx, userID)
		cancel()
		if err != nil {
			whole = false
			e.t.log.Warn("emotes could not be asked for", "provider", p.name, "error", err)
		}
		if err == nil || len(list) > 0 && len(e.of(p.name)) == 0 { // a half is better than nothing
			e.take(p.name, list)
		}
	}
	raw, err := json.Marshal(e.List())
	if err == nil {
		err = writeFile(e.manifest(), raw, false)
	}
	if err != nil {
		e.t.log.Error("the emotes' manifest cannot be written", "error", err)
	}
	return whole
}

func (e *Emotes) of(provider string) []Emote {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.lists[provider]
}

func (e *Emotes) take(provider string, list []Emote) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, old := range e.lists[provider] {
		delete(e.byID, provider+"/"+old.ID)
	}
	kept := list[:0:0]
	for _, emote := range list {
		if !plainID(emote.ID) || emote.Name == "" {
			continue
		}
		emote.Provider = provider
		emote.Native = e.t.cfg.EmotePrefix != "" && strings.HasPrefix(emote.Name, e.t.cfg.EmotePrefix)
		kept = append(kept, emote)
		e.byID[provider+"/"+emote.ID] = emote
	}
	e.lists[provider] = kept
}

// List is the manifest: Twitch's emotes first, and of each provider everybody's
// before the channel's, so that a later one of the same name wins.
func (e *Emotes) List() []Emote {
	e.mu.Lock()
	defer e.mu.Unlock()
	list := []Emote{}
	for _, provider := range []string{"twitch", "bttv", "ffz", "7tv"} {
		list = append(list, e.lists[provider]...)
	}
	return list
}

// plainID accepts what may be a file's name.
func plainID(id string) bool {
	if id == "" || len(id) > 80 {
		return false
	}
	for _, r := range id {
		if !(r == '_' || r == '-' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z') {
			return false
		}
	}
	return true
}

// ServeHTTP serves /manifest.json and /<provider>/<id>.
func (e *Emotes) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		http.Error(w, "GET only", http.StatusMethodNotAllowed)
		return
	}
	if path == "manifest.json" || path == "" {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-cache")
		_ = json.NewEncoder(w).Encode(e.List()) // the client is gone
		return
	}
	provider, id, ok := strings.Cut(path, "/")
	if !ok || !plainID(id) || !slices.Contains([]string{"twitch", "bttv", "ffz", "7tv"}, provider) {
		http.NotFound(w, r)
		return
	}
	file, err := e.image(r.Context(), provider, id)
	var missing *Error
	switch {
	case errors.As(err, &missing) && missing.Code == "not_found":
		http.NotFound(w, r)
		return
	case err != nil:
		e.t.log.Debug("an emote could not be fetched", "provider", provider, "id", id, "error", err)
		http.Error(w, "the emote cannot be had now", http.StatusBadGateway)
		return
	}
	f, err := os.Open(file)
	if err != nil {
		http.Error(w, "the emote cannot be read", http.StatusInternalServerError)
		return
	}
	defer f.Close()
	head := make([]byte, 512)
	n, _ := io.ReadFull(f, head) // shorter is as well
	w.Header().Set("Content-Type", http.DetectContentType(head[:n]))
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "public, max-age=604800, immutable")
	http.ServeContent(w, r, "", time.Time{}, f)
}

// image is the file of an emote, fetched once however many ask.
func (e *Emotes) image(ctx context.Context, provider, id string) (string, error) {
	file := filepath.Join(e.dir, provider, id)
	for {
		if _, err := os.Stat(file); err == nil {
			return file, nil
		}
		e.mu.Lock()
		wait, busy := e.busy[file]
		if !busy {
			break
		}
		e.mu.Unlock()
		select {
		case <-wait:
			if _, err := os.Stat(file); err != nil {
				return "", &Error{Code: "service_unavailable", Message: "the emote could not be fetched"}
			}
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
	emote, known := e.byID[provider+"/"+id]
	if !known && provider == "twitch" { // of another channel, as chat brings it
		emote, known = Emote{URL: e.hosts.TwitchCDN + "/" + id + "/default/dark/3.0"}, true
	}
	if !known || e.images >= maxImages {
		e.mu.Unlock()
		return "", &Error{Code: "not_found", Message: "there is no such emote"}
	}
	done := make(chan struct{})
	e.busy[file] = done
	e.mu.Unlock()
	err := e.fetch(ctx, emote.URL, file)
	e.mu.Lock()
	delete(e.busy, file)
	if err == nil {
		e.images++
	}
	e.mu.Unlock()
	close(done)
	return file, err
}

func (e *Emotes) fetch(ctx context.Context, address, file string) error {
	select {
	case e.slots <- struct{}{}:
		defer func() { <-e.slots }()
	case <-ctx.Done():
		return ctx.Err()
	}
	raw, err := e.get(ctx, address, maxImage)
	if err != nil {
		return err
	}
	if kind := http.DetectContentType(raw); !strings.HasPrefix(kind, "image/") {
		return &Error{Code: "unexpected_format", Message: "the emote is no picture but " + kind}
	}
	return writeFile(file, raw, false)
}

func (e *Emotes) get(ctx context.Context, address string, most int64) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, &Error{Code: "api_error", Message: "fetch emotes", cause: err}
	}
	resp, err := e.t.o.HTTP.Do(req)
	if err != nil {
		return nil, &Error{Code: "not_connected", Message: "fetch emotes", cause: err}
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, &Error{Code: codeOf(resp.StatusCode), Message: fmt.Sprintf("fetch emotes: %s", resp.Status), Status: resp.StatusCode}
	}
	raw, err := io.ReadAll(io.LimitReader(resp.Body, most+1))
	if err == nil && int64(len(raw)) > most {
		err = &Error{Code: "unexpected_format", Message: "fetch emotes: the answer is too long"}
	}
	return raw, err
}

func (e *Emotes) json(ctx context.Context, address string, into any) error {
	raw, err := e.get(ctx, address, maxAnswer)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return &Error{Code: "unexpected_format", Message: "fetch emotes", cause: err}
	}
	return nil
}
