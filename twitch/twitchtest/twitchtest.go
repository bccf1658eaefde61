// Package twitchtest is a Twitch on real sockets for tests: EventSub over
// WebSocket, Helix, OAuth with device codes, and the hosts that emotes come from.
// It holds its clients to the rules (scopes, one subscription of a kind, the
// session's id, reconnect addresses to the letter) and can be told to break them:
// repeat, burst, hang, fall silent, move, revoke, close with any code, answer
// with any status.
package twitchtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// The channel that everything is about.
const (
	UserID   = "38981465"
	Login    = "avalonstar"
	ClientID = "testclient"
)

// Twitch is one fake. All methods may be called at any time from any goroutine.
type Twitch struct {
	URL string

	tb     testing.TB
	server *httptest.Server

	mu         sync.Mutex
	sessions   map[string]*session
	moves      map[string]*session // by reconnect id
	next       int
	keepalive  time.Duration
	mute       bool
	down       bool
	badShakes  int // handshakes that are answered with 400
	unusedAt   time.Duration
	failures   []*failure
	counts     map[string]int
	bodies     map[string][]json.RawMessage
	tokens     map[string]*grant // by access token
	refreshes  map[string]*grant // by refresh token
	device     *deviceCode
	tokenLife  time.Duration
	lists      map[string][]any // by Helix path
	sameCursor bool
	scopes     []string
	logins     map[string]string // user ids
}

type failure struct {
	path   string
	status int
	times  int
	header http.Header
	hang   bool
}

// Option changes a fake before it starts.
type Option func(*Twitch)

// Keepalive sets how often a keepalive is sent and what the welcome says.
func Keepalive(d time.Duration) Option { return func(f *Twitch) { f.keepalive = d } }

// New starts a fake; it ends with the test.
func New(tb testing.TB, options ...Option) *Twitch {
	f := &Twitch{
		tb: tb, sessions: map[string]*session{}, moves: map[string]*session{}, keepalive: 10 * time.Second, unusedAt: 10 * time.Second,
		counts: map[string]int{}, bodies: map[string][]json.RawMessage{}, tokens: map[string]*grant{}, refreshes: map[string]*grant{},
		tokenLife: 4 * time.Hour, lists: map[string][]any{}, scopes: AllScopes(), logins: map[string]string{Login: UserID},
	}
	for _, o := range options {
		o(f)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/ws", f.serveWS)
	mux.HandleFunc("/helix/", f.serveHelix)
	mux.HandleFunc("/oauth2/", f.serveOAuth)
	mux.HandleFunc("/emotes/", f.serveEmotes)
	f.server = httptest.NewServer(f.counted(mux))
	f.URL = f.server.URL
	tb.Cleanup(f.Close)
	return f
}

// Close ends it.
func (f *Twitch) Close() {
	f.Drop()
	f.server.CloseClientConnections()
	f.server.Close()
}

// EventSubURL, HelixURL, OAuthURL and EmotesURL are its addresses.
func (f *Twitch) EventSubURL() string { return "ws" + strings.TrimPrefix(f.URL, "http") + "/ws" }
func (f *Twitch) HelixURL() string    { return f.URL + "/helix" }
func (f *Twitch) OAuthURL() string    { return f.URL + "/oauth2" }
func (f *Twitch) EmotesURL() string   { return f.URL + "/emotes" }

// counted counts requests and lets them fail as told.
func (f *Twitch) counted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		f.counts[r.URL.Path]++
		down := f.down
		var hit *failure
		for _, fail := range f.failures {
			if fail.times != 0 && (fail.path == r.URL.Path || strings.HasSuffix(fail.path, "*") && strings.HasPrefix(r.URL.Path, strings.TrimSuffix(fail.path, "*"))) {
				hit = fail
				fail.times--
				break
			}
		}
		f.mu.Unlock()
		switch {
		case down:
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				conn.Close()
			}
		case hit != nil && hit.hang:
			<-r.Context().Done()
		case hit != nil:
			for k, v := range hit.header {
				w.Header()[k] = v
			}
			f.answer(w, hit.status, map[string]any{"error": http.StatusText(hit.status), "status": hit.status, "message": "told to fail"})
		default:
			next.ServeHTTP(w, r)
		}
	})
}

func (f *Twitch) answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if body != nil {
		json.NewEncoder(w).Encode(body)
	}
}

// Down makes it unreachable, or reachable again; what is connected is cut.
func (f *Twitch) Down(down bool) {
	f.mu.Lock()
	f.down = down
	f.mu.Unlock()
	if down {
		f.Drop()
	}
}

// Fail answers the next so many requests of a path with a status; a path that
// ends in * covers all that begin so, and -1 is for ever. Header may be nil.
func (f *Twitch) Fail(path string, status, times int, header http.Header) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.failures = append(f.failures, &failure{path: path, status: status, times: times, header: header})
}

// Hang answers the next so many requests of a path never.
func (f *Twitch) Hang(path string, times int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.failures = append(f.failures, &failure{path: path, times: times, hang: true})
}

// Heal ends all that Fail and Hang began.
func (f *Twitch) Heal() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.failures = nil
}

// Requests is how many requests of a path have come.
func (f *Twitch) Requests(path string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.counts[path]
}

// Bodies are what was posted or patched to a Helix path, with the query as the
// member "query".
func (f *Twitch) Bodies(path string) []json.RawMessage {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.bodies[path])
}

// List sets what a Helix path such as "/channels/followers" lists, in order.
func (f *Twitch) List(path string, items ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lists[path] = items
}

// RepeatCursor makes every page of a listing have the same cursor.
func (f *Twitch) RepeatCursor() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sameCursor = true
}

// User makes an account that Helix knows.
func (f *Twitch) User(login, id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.logins[login] = id
}

const pageSize = 20

func (f *Twitch) serveHelix(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/helix")
	access := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	f.mu.Lock()
	defer f.mu.Unlock()
	g := f.tokens[access]
	if g == nil || time.Now().After(g.expires) {
		f.answer(w, http.StatusUnauthorized, map[string]any{"error": "Unauthorized", "status": 401, "message": "Invalid OAuth token"})
		return
	}
	if r.Header.Get("Client-Id") != ClientID {
		f.answer(w, http.StatusUnauthorized, map[string]any{"error": "Unauthorized", "status": 401, "message": "Client ID and OAuth token do not match"})
		return
	}
	w.Header().Set("Ratelimit-Limit", "800")
	w.Header().Set("Ratelimit-Remaining", "799")
	w.Header().Set("Ratelimit-Reset", fmt.Sprint(time.Now().Unix()+60))
	var body json.RawMessage
	if r.Method != http.MethodGet {
		var buf bytes.Buffer
		buf.ReadFrom(http.MaxBytesReader(w, r.Body, 1<<20))
		body = buf.Bytes()
		kept := map[string]any{"query": r.URL.RawQuery}
		json.Unmarshal(body, &kept)
		b, _ := json.Marshal(kept)
		f.bodies[path] = append(f.bodies[path], b)
	}
	switch {
	case path == "/eventsub/subscriptions" && r.Method == http.MethodPost:
		f.subscribe(w, g, body)
	case path == "/users":
		var found []any
		for _, login := range r.URL.Query()["login"] {
			if id := f.logins[login]; id != "" {
				found = append(found, map[string]any{"id": id, "login": login, "display_name": login, "created_at": "2016-12-14T20:32:28Z"})
			}
		}
		f.answer(w, 200, map[string]any{"data": found})
	case path == "/chat/messages":
		f.next++
		f.answer(w, 200, map[string]any{"data": []any{map[string]any{"message_id": fmt.Sprintf("sent-%d", f.next), "is_sent": true}}})
	case path == "/streams/markers":
		f.answer(w, 200, map[string]any{"data": []any{map[string]any{"id": "123", "created_at": "2026-11-24T20:00:00Z", "description": "", "position_seconds": 244}}})
	case path == "/clips":
		f.answer(w, 202, map[string]any{"data": []any{map[string]any{"id": "FiveWordsForClipSlug", "edit_url": "https://clips.twitch.tv/FiveWordsForClipSlug/edit"}}})
	case r.Method == http.MethodPatch, r.Method == http.MethodPost:
		w.WriteHeader(http.StatusNoContent)
	default:
		f.page(w, r.URL.Query(), f.lists[path])
	}
}

// page answers with one page of a list. The lock is held.
func (f *Twitch) page(w http.ResponseWriter, q url.Values, items []any) {
	from := 0
	if f.sameCursor {
		f.answer(w, 200, map[string]any{"data": items[:min(pageSize, len(items))], "pagination": map[string]any{"cursor": "again"}})
		return
	}
	fmt.Sscanf(q.Get("after"), "c%d", &from)
	from = min(from, len(items))
	to := min(from+pageSize, len(items))
	pagination := map[string]any{}
	if to < len(items) {
		pagination["cursor"] = fmt.Sprintf("c%d", to)
	}
	page := append([]any{}, items[from:to]...)
	f.answer(w, 200, map[string]any{"data": page, "total": len(items), "pagination": pagination})
}

// png is the smallest picture.
var png = []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89")

// serveEmotes is every host that emotes come from: bttv/, ffz/, 7tv/ list them,
// cdn/ has the images.
func (f *Twitch) serveEmotes(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/emotes")
	emote := func(id, name string) map[string]any {
		return map[string]any{"id": id, "code": name, "name": name, "data": map[string]any{"flags": 0}}
	}
	switch {
	case strings.HasPrefix(path, "/cdn/"):
		if strings.Contains(path, "text") {
			w.Write([]byte("<html>this is no picture</html>"))
			return
		}
		w.Write(png)
	case path == "/bttv/cached/emotes/global":
		f.answer(w, 200, []any{emote("b1", "FeelsGoodMan"), emote("b2", "SoSnowy")})
	case path == "/bttv/cached/users/twitch/"+UserID:
		f.answer(w, 200, map[string]any{"channelEmotes": []any{emote("b3", "avalonDance")}, "sharedEmotes": []any{emote("../b4", "evil")}})
	case path == "/ffz/set/global":
		f.answer(w, 200, map[string]any{"default_sets": []int{3}, "sets": map[string]any{
			"3": map[string]any{"emoticons": []any{map[string]any{"id": 9, "name": "LilZ", "urls": map[string]string{"1": f.URL + "/emotes/cdn/ffz/9/1"}}}},
			"4": map[string]any{"emoticons": []any{map[string]any{"id": 10, "name": "OnlySome", "urls": map[string]string{"1": f.URL + "/emotes/cdn/ffz/10/1"}}}},
		}})
	case path == "/7tv/emote-sets/global":
		f.answer(w, 200, map[string]any{"emotes": []any{map[string]any{"id": "7a", "name": "RainTime", "flags": 1}}})
	default:
		f.answer(w, 404, map[string]any{"message": "no such channel"})
	}
}
