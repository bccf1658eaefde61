package twitch

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"testing"
	"time"

	"landale/twitch/twitchtest"
)

func get(e *Emotes, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	e.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

func TestEmotes(t *testing.T) {
	fake, dir := twitchtest.New(t), t.TempDir()
	fake.List("/chat/emotes/global", map[string]any{"id": "25", "name": "Kappa"})
	fake.List("/chat/emotes", map[string]any{"id": "300", "name": "avalonHYPE"}, map[string]any{"id": "text1", "name": "avalonBAD"})
	r := newRig(t, fake, dir).start()
	e := r.t.Emotes()
	r.until(10*time.Second, "the manifest", func() bool { _, err := os.Stat(e.manifest()); return err == nil })
	want := map[string]Emote{
		"Kappa":        {Provider: "twitch", ID: "25"},
		"avalonHYPE":   {Provider: "twitch", ID: "300", Channel: true, Native: true},
		"avalonBAD":    {Provider: "twitch", ID: "text1", Channel: true, Native: true},
		"FeelsGoodMan": {Provider: "bttv", ID: "b1"},
		"SoSnowy":      {Provider: "bttv", ID: "b2", ZeroWidth: true},
		"avalonDance":  {Provider: "bttv", ID: "b3", Channel: true, Native: true},
		"LilZ":         {Provider: "ffz", ID: "9"},
		"RainTime":     {Provider: "7tv", ID: "7a", ZeroWidth: true},
	}
	var list []Emote
	if err := json.Unmarshal(get(e, "/manifest.json").Body.Bytes(), &list); err != nil || len(list) != len(want) {
		t.Fatalf("got %+v, %v", list, err)
	}
	for _, emote := range list {
		w := want[emote.Name]
		w.Name, w.URL = emote.Name, emote.URL
		if emote != w {
			t.Errorf("got %+v, want %+v", emote, w)
		}
	}

	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if w := get(e, "/bttv/b1"); w.Code != 200 || w.Header().Get("Content-Type") != "image/png" {
				t.Errorf("got %d, %v", w.Code, w.Header())
			}
		})
	}
	wg.Wait()
	if n := fake.Requests("/emotes/cdn/bttv/b1/3x"); n != 1 {
		t.Errorf("fetched %d times", n)
	}
	for path, status := range map[string]int{
		"/twitch/25": 200, "/twitch/999": 200, "/7tv/7a": 200, "/ffz/9": 200, // 999 is another channel's
		"/twitch/text1": 502, "/bttv/nope": 404, "/x/25": 404, "/twitch/..%2f..%2ftwitch.key": 404, "/twitch/": 404, "/twitch": 404,
	} {
		if w := get(e, path); w.Code != status {
			t.Errorf("%s: got %d, want %d", path, w.Code, status)
		}
	}
	r.halt()

	// After a restart without any provider everything that was shown is there.
	fake.Fail("/emotes/*", 503, -1, nil)
	fake.Fail("/helix/chat/*", 503, -1, nil)
	again := newRig(t, fake, dir).serve()
	again.until(10*time.Second, "the old manifest", func() bool { return len(again.t.Emotes().List()) == len(want) })
	again.until(10*time.Second, "a try", func() bool { return fake.Requests("/emotes/7tv/emote-sets/global") >= 2 })
	if got := len(again.t.Emotes().List()); got != len(want) {
		t.Errorf("%d emotes with the providers down, want %d", got, len(want))
	}
	if w := get(again.t.Emotes(), "/bttv/b1"); w.Code != 200 {
		t.Errorf("a cached one: %d", w.Code)
	}
}

// One provider that is down or writes nonsense leaves the others.
func TestEmotesWithoutOneProvider(t *testing.T) {
	fake := twitchtest.New(t)
	fake.Fail("/emotes/bttv/*", 500, -1, nil)
	r := newRig(t, fake, t.TempDir()).start()
	r.until(10*time.Second, "the others", func() bool { return len(r.t.Emotes().of("7tv")) == 1 && len(r.t.Emotes().of("ffz")) == 1 })
	if n := len(r.t.Emotes().of("bttv")); n != 0 {
		t.Errorf("%d of BTTV", n)
	}
}

func TestConfigProblems(t *testing.T) {
	if ps := DefaultConfig().Validate(); len(ps) > 0 {
		t.Errorf("the defaults: %v", ps)
	}
	c := DefaultConfig()
	c.ClientID, c.EmoteProviders = "Not An Id", []string{"bttv", "yahoo"}
	c.EventSubURL, c.HelixURL, c.OAuthURL = "https://x", "", "id.twitch.tv"
	var keys []string
	for _, p := range c.Validate() {
		keys = append(keys, p.Key)
	}
	if got, want := len(keys), 5; got != want {
		t.Errorf("got %v", keys)
	}
}
