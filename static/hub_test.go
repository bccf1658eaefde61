package static_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"landale/static"
)

// policy is as strict as the program's own: the pages load nothing from
// elsewhere and have no script or style in their HTML.
const policy = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"

// fakeHub serves the built pages and answers their socket, as far as a page
// needs it: joins, heartbeats and commands are answered with success. It can go
// away and come back on the same address.
type fakeHub struct {
	t     *testing.T
	addr  string
	build string

	mu       sync.Mutex
	deaf     bool // sockets are refused
	server   *httptest.Server
	conns    map[*conn]bool
	joins    []string          // topics, in order
	commands []command         // in order
	said     []sent            // the same with the page that sent it and when
	clients  int               // connections so far
	own      map[string]string // the streamer's own files by path
	paths    []string          // API requests, in order
	initial  map[string][]push // what a join of a topic is answered with, after its reply
	api      map[string]any    // data of the answer by path
}

type push struct {
	name    string
	payload any
}

// sent is a command of a page.
type sent struct {
	client, topic, name string
	payload             map[string]any
	at                  time.Time
}

type conn struct {
	ws *websocket.Conn
	id string
	mu sync.Mutex
}

func (c *conn) write(frame ...any) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ws.WriteJSON(frame)
}

func newFakeHub(t *testing.T) *fakeHub {
	t.Helper()
	h := &fakeHub{t: t, addr: "127.0.0.1:0", build: static.Build(), conns: map[*conn]bool{}, initial: map[string][]push{}, api: map[string]any{}, own: map[string]string{}}
	h.start()
	t.Cleanup(h.stop)
	return h
}

func (h *fakeHub) url(page string) string { return "http://" + h.addr + page }

// start listens, on the address of the first time from the second time on.
func (h *fakeHub) start() {
	h.t.Helper()
	listener, err := net.Listen("tcp", h.addr)
	if err != nil {
		h.t.Fatalf("listen: %v", err)
	}
	h.addr = listener.Addr().String()
	s := httptest.NewUnstartedServer(h)
	s.Listener.Close()
	s.Listener = listener
	h.server = s
	s.Start()
}

// stop ends every connection, as a program that stops does.
func (h *fakeHub) stop() {
	h.mu.Lock()
	s := h.server
	h.server = nil
	for c := range h.conns {
		c.ws.Close()
	}
	h.mu.Unlock()
	if s != nil {
		s.CloseClientConnections()
		s.Close()
	}
}

func (h *fakeHub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == "/socket/websocket":
		h.socket(w, r)
	case strings.HasPrefix(r.URL.Path, "/api/"):
		h.answer(w, r)
	case strings.HasPrefix(r.URL.Path, "/emotes/"):
		h.emote(w, r)
	case strings.HasPrefix(r.URL.Path, "/custom/"):
		h.custom(w, r)
	default:
		h.file(w, r)
	}
}

func (h *fakeHub) file(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
	if name == "" {
		name = "index.html"
	} else if path.Ext(name) == "" {
		name += ".html"
	}
	w.Header().Set("Content-Security-Policy", policy)
	w.Header().Set("Cache-Control", "no-cache")
	http.ServeFileFS(w, r, static.Files(), name)
}

// emote serves the manifest, and for any emote a round face in a colour of its own.
func (h *fakeHub) emote(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/emotes/")
	if name == "manifest.json" {
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode([]map[string]any{
			{"provider": "twitch", "id": "25", "name": "Kappa"}, {"provider": "twitch", "id": "emotesv2_hype", "name": "avalonHYPE"},
			{"provider": "twitch", "id": "emotesv2_love", "name": "avalonLOVE"}, {"provider": "7tv", "id": "catjam", "name": "catJAM"},
		})
		return
	}
	if strings.HasSuffix(name, "/missing") {
		http.NotFound(w, r)
		return
	}
	hue := 0
	for _, c := range name {
		hue = (hue*31 + int(c)) % 360
	}
	w.Header().Set("Content-Type", "image/svg+xml")
	fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" width="112" height="112" viewBox="0 0 112 112"><rect x="8" y="8" width="96" height="96" rx="40" fill="hsl(%d 80%% 60%%)"/><circle cx="40" cy="48" r="9"/><circle cx="72" cy="48" r="9"/><path d="M32 68q24 26 48 0z"/></svg>`, hue)
}

// custom serves the streamer's own files.
func (h *fakeHub) custom(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	body, ok := h.own[r.URL.Path]
	h.mu.Unlock()
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", map[string]string{".css": "text/css", ".js": "text/javascript"}[path.Ext(r.URL.Path)])
	io.WriteString(w, body)
}

// sent gives the commands of a name, in order.
func (h *fakeHub) sent(name string) (list []sent) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range h.said {
		if c.name == name {
			list = append(list, c)
		}
	}
	return list
}

func (h *fakeHub) answer(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	h.paths = append(h.paths, r.Method+" "+r.URL.RequestURI())
	data, ok := h.api[r.URL.Path]
	h.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	if f, dynamic := data.(func(*http.Request) any); dynamic {
		data = f(r)
	}
	if !ok {
		w.WriteHeader(http.StatusServiceUnavailable)
		io.WriteString(w, `{"success":false,"error":{"code":"service_unavailable","message":"the store is not available"}}`)
		return
	}
	json.NewEncoder(w).Encode(map[string]any{"success": true, "data": data, "meta": map[string]any{}})
}

func (h *fakeHub) socket(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	deaf := h.deaf
	h.mu.Unlock()
	if deaf {
		http.Error(w, "starting", http.StatusServiceUnavailable)
		return
	}
	ws, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
	if err != nil {
		return
	}
	c := &conn{ws: ws}
	h.mu.Lock()
	h.clients++
	c.id = fmt.Sprintf("%08x", h.clients)
	h.conns[c] = true
	h.mu.Unlock()
	defer func() {
		h.mu.Lock()
		delete(h.conns, c)
		h.mu.Unlock()
		ws.Close()
	}()
	for {
		var frame []json.RawMessage
		if err := ws.ReadJSON(&frame); err != nil || len(frame) != 5 {
			return
		}
		var topic, event string
		json.Unmarshal(frame[2], &topic)
		json.Unmarshal(frame[3], &event)
		reply := func(data any) error {
			return c.write(frame[0], frame[1], topic, "phx_reply", map[string]any{"status": "ok", "response": map[string]any{"success": true, "data": data}})
		}
		if event != "phx_join" {
			h.heard(topic, event, frame[4])
			said := sent{client: c.id, topic: topic, name: event, at: time.Now()}
			json.Unmarshal(frame[4], &said.payload)
			h.mu.Lock()
			h.said = append(h.said, said)
			h.mu.Unlock()
			reply(map[string]any{})
			continue
		}
		h.mu.Lock()
		h.joins = append(h.joins, topic)
		first := h.initial[topic]
		h.mu.Unlock()
		reply(map[string]any{"epoch": "00c0ffee", "seq": "1", "resumed": false, "reset": false, "build": h.build, "client": c.id})
		for _, p := range first {
			c.write(frame[0], nil, topic, p.name, p.payload)
		}
	}
}

// push sends to everyone; the topics of a page are few, so nobody is left out.
func (h *fakeHub) push(topic, name string, payload any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.conns {
		c.write(nil, nil, topic, name, payload)
	}
}

func (h *fakeHub) setDeaf(deaf bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.deaf = deaf
}

// sockets is how many connections there are.
func (h *fakeHub) sockets() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.conns)
}

func (h *fakeHub) requests() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]string(nil), h.paths...)
}

// flat makes an event's wire form.
func flat(seq int, at time.Time, kind, source string, fields map[string]any) map[string]any {
	id := fmt.Sprintf("0197-%06d", seq)
	e := map[string]any{
		"id": id, "seq": fmt.Sprint(1_900_000_000_000_000_000 + int64(seq)), "type": kind, "timestamp": at.UTC().Format("2006-01-02T15:04:05.000Z"),
		"correlation_id": id, "source": source, "source_id": "", "raw_type": kind,
	}
	for k, v := range fields {
		e[k] = v
	}
	return e
}
