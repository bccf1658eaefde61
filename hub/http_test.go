package hub

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"landale/event"
)

// past answers for the store. It keeps the questions it was asked.
type past struct {
	mu      sync.Mutex
	asked   []event.Query
	events  []event.Event
	err     error
	panics  bool
	people  map[string]event.Person
	streams []event.Stream
	spans   [][2]time.Time
	edits   []event.PersonEdit
}

func (p *past) Events(_ context.Context, q event.Query) (event.Page, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.panics {
		panic("a bug")
	}
	p.asked = append(p.asked, q)
	if p.err != nil {
		return event.Page{}, p.err
	}
	if q.Cursor == "wrong" {
		return event.Page{}, event.ErrBadCursor
	}
	var page event.Page
	for _, ev := range p.events {
		if (q.From.IsZero() || !ev.Time.Before(q.From)) && (q.To.IsZero() || ev.Time.Before(q.To)) &&
			(q.Chain == "" || ev.CorrelationID == q.Chain || ev.ID == q.Chain) {
			page.Hits = append(page.Hits, event.Hit{Event: ev})
		}
	}
	if !q.Oldest {
		slices.Reverse(page.Hits)
	}
	if len(page.Hits) > q.Limit && q.Limit > 0 {
		page.Hits, page.Next = page.Hits[:q.Limit], "more"
	}
	return page, nil
}

func (p *past) Event(_ context.Context, ref string) (event.Event, error) {
	for _, ev := range p.events {
		if string(ev.ID) == ref || fmt.Sprint(ev.Seq) == ref {
			return ev, nil
		}
	}
	return event.Event{}, event.ErrNotFound
}

func (p *past) Since(context.Context, uint64, int) ([]event.Event, bool, error) {
	return nil, false, nil
}

func (p *past) last() event.Query {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.asked) == 0 {
		return event.Query{}
	}
	return p.asked[len(p.asked)-1]
}

func (p *past) Buckets(_ context.Context, from, to time.Time, _ event.Step, _ []event.Type, zone *time.Location) ([]event.Bucket, error) {
	p.spans = append(p.spans, [2]time.Time{from, to})
	return []event.Bucket{{Start: from.In(zone), End: to.In(zone), Counts: map[event.Type]int64{"channel.follow": 2}, Total: 2, Known: true}}, nil
}

func (p *past) TranscriptStats(_ context.Context, from, to time.Time) (event.TranscriptStats, error) {
	p.spans = append(p.spans, [2]time.Time{from, to})
	return event.TranscriptStats{Count: 3}, nil
}

func (p *past) ActivityStats(_ context.Context, from, to time.Time) (event.ActivityStats, error) {
	p.spans = append(p.spans, [2]time.Time{from, to})
	return event.ActivityStats{Events: 7, Users: 2}, nil
}

func (p *past) People(_ context.Context, prefix string, limit int) ([]event.Person, error) {
	var list []event.Person
	for _, who := range p.people {
		if strings.HasPrefix(who.UserLogin, prefix) && len(list) < limit {
			list = append(list, who)
		}
	}
	return list, nil
}

func (p *past) Person(_ context.Context, ref string) (event.Person, error) {
	for _, who := range p.people {
		if who.UserID == ref || who.UserLogin == ref {
			return who, nil
		}
	}
	return event.Person{}, event.ErrNotFound
}

func (p *past) EditPerson(_ context.Context, id string, edit event.PersonEdit) (event.Person, error) {
	p.edits = append(p.edits, edit)
	who := p.people[id]
	if edit.Nickname != nil {
		who.Nickname = *edit.Nickname
	}
	return who, nil
}

func (p *past) Streams(_ context.Context, before int64, limit int) ([]event.Stream, error) {
	var list []event.Stream
	for _, s := range p.streams {
		if (before == 0 || s.ID < before) && len(list) < limit {
			list = append(list, s)
		}
	}
	return list, nil
}

func (p *past) Stream(_ context.Context, id int64) (event.Stream, error) {
	for _, s := range p.streams {
		if s.ID == id {
			return s, nil
		}
	}
	return event.Stream{}, event.ErrNotFound
}

// crew is a set of parts.
type crew struct {
	mu        sync.Mutex
	list      []event.Part
	restarted []string
}

func (c *crew) Parts() []event.Part {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.list)
}

func (c *crew) Restart(_ context.Context, name string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.list {
		if p.Name == name {
			c.restarted = append(c.restarted, name)
			return nil
		}
	}
	return event.ErrNotFound
}

func (c *crew) set(name string, state event.State) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.list {
		if c.list[i].Name == name {
			c.list[i].State = state
		}
	}
}

// site is a hub served on a real port, and what stands behind it.
type site struct {
	*Hub
	past *past
	crew *crew
	log  *lockedBuffer
	addr string
	http *http.Client
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

var follow = event.New(event.Twitch, time.Date(2026, 11, 24, 20, 0, 0, 0, time.UTC), event.ChannelFollow{
	User:        event.User{UserID: "141981764", UserLogin: "sundaygamer", UserName: "SundayGamer"},
	Broadcaster: event.Broadcaster{BroadcasterUserID: "38981465", BroadcasterUserLogin: "avalonstar", BroadcasterUserName: "Avalonstar"},
	FollowedAt:  time.Date(2026, 11, 24, 20, 0, 0, 0, time.UTC),
})

// newSite serves the main port's routes until the test ends.
func newSite(t *testing.T, change ...func(*Options)) *site {
	t.Helper()
	s := &site{past: &past{}, crew: &crew{}, log: &lockedBuffer{}}
	s.crew.list = []event.Part{
		{Name: "store", State: event.Running, Since: time.Now(), Fresh: time.Now(), Details: map[string]any{"rows": 12, "path": "x"}},
		{Name: "hub", State: event.Running, Since: time.Now()},
		{Name: "obs", State: event.Waiting, Reason: "OBS is not running", Since: time.Now()},
	}
	o := Options{
		Bus: event.NewBus(0), Version: "1.2.3", Build: "b1", Zone: time.UTC,
		History: s.past, Figures: s.past, People: s.past, Streams: s.past, Parts: s.crew,
		Files: fstest.MapFS{
			"index.html":          {Data: []byte("<!doctype html><title>Landale</title>")},
			"overlay/status.html": {Data: []byte("<!doctype html><title>status</title>")},
			"assets/index.js":     {Data: []byte("export {}")},
			"favicon.svg":         {Data: []byte("<svg/>")},
		},
		Log: slog.New(slog.NewJSONHandler(s.log, nil)),
	}
	for _, f := range change {
		f(&o)
	}
	cfg := DefaultConfig()
	s.Hub = New(cfg, o)
	s.addr = serveOn(t, s.routes())
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	s.http = &http.Client{
		Transport: transport, Timeout: 10 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return s
}

// serveOn serves with the program's own server settings.
func serveOn(t *testing.T, handler http.Handler) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := newServer(handler)
	done := make(chan struct{})
	go func() { srv.Serve(l); close(done) }()
	t.Cleanup(func() { srv.Close(); <-done })
	return l.Addr().String()
}

type answer struct {
	*http.Response
	body []byte
}

func (s *site) do(t *testing.T, method, path, body string, headers ...string) answer {
	t.Helper()
	var r io.Reader
	if body != "" {
		r = strings.NewReader(body)
	}
	req, err := http.NewRequest(method, "http://"+s.addr+path, r)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i] == "Host" {
			req.Host = headers[i+1]
			continue
		}
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := s.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{res, b}
}

func (s *site) get(t *testing.T, path string, headers ...string) answer {
	t.Helper()
	return s.do(t, "GET", path, "", headers...)
}

// data is the wrapped answer's data.
func (a answer) data(t *testing.T) json.RawMessage {
	t.Helper()
	var w struct {
		Success bool
		Data    json.RawMessage
		Meta    struct {
			Timestamp     time.Time
			ServerVersion string `json:"server_version"`
		}
	}
	if err := json.Unmarshal(a.body, &w); err != nil || !w.Success || a.StatusCode != 200 || w.Meta.ServerVersion != "1.2.3" || w.Meta.Timestamp.IsZero() {
		t.Fatalf("got %d %s (%v), want a success", a.StatusCode, a.body, err)
	}
	return w.Data
}

// fields are the wrapped error's code and what is wrong, by field.
func (a answer) failure(t *testing.T) (code string, fields map[string]string) {
	t.Helper()
	var w struct {
		Success bool
		Error   struct {
			Code, Message, Timestamp string
			Details                  struct {
				Errors []struct {
					Field    string
					Messages []string
				}
			}
		}
	}
	if err := json.Unmarshal(a.body, &w); err != nil || w.Success || w.Error.Message == "" || w.Error.Timestamp == "" {
		t.Fatalf("got %d %s (%v), want a wrapped error", a.StatusCode, a.body, err)
	}
	fields = map[string]string{}
	for _, e := range w.Error.Details.Errors {
		fields[e.Field] = strings.Join(e.Messages, "; ")
	}
	return w.Error.Code, fields
}

func (a answer) wantFailure(t *testing.T, status int, code string, fields ...string) {
	t.Helper()
	got, bad := a.failure(t)
	if a.StatusCode != status || got != code {
		t.Errorf("got %d %s (%s), want %d %s", a.StatusCode, got, a.body, status, code)
	}
	if names := slices.Sorted(maps.Keys(bad)); len(fields) > 0 && !slices.Equal(names, fields) {
		t.Errorf("got problems with %q, want %q", names, fields)
	}
}

func TestAnswersCarryTheirHeaders(t *testing.T) {
	s := newSite(t)
	for _, path := range []string{"/", "/api/parts", "/health", "/nothing", "/api/nothing"} {
		a := s.get(t, path)
		for name, want := range map[string]string{
			"X-Frame-Options":        "DENY",
			"X-Content-Type-Options": "nosniff",
			"Referrer-Policy":        "same-origin",
		} {
			if got := a.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
		if csp := a.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'self'") ||
			!strings.Contains(csp, "ws://"+s.addr) || strings.Contains(csp, "*") {
			t.Errorf("%s: policy is %q", path, csp)
		}
		if a.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s allows other origins without being asked", path)
		}
	}
	if got := s.get(t, "/api/parts").Header.Get("Content-Type"); got != "application/json; charset=utf-8" {
		t.Errorf("content type is %q", got)
	}
}

func TestCorrelationIDIsHonouredAndReturned(t *testing.T) {
	s := newSite(t)
	if got := s.get(t, "/api/parts", "X-Correlation-Id", "abc-123").Header.Get("X-Correlation-Id"); got != "abc-123" {
		t.Errorf("got %q, want the client's own", got)
	}
	for _, odd := range []string{"", strings.Repeat("x", 65), "a b", `a"b`, "ä"} {
		if got := s.get(t, "/health", "X-Correlation-Id", odd).Header.Get("X-Correlation-Id"); len(got) != 8 {
			t.Errorf("for %q got %q, want a new one of 8 hex characters", odd, got)
		}
	}
}

func TestPanicIsA500AndALogLine(t *testing.T) {
	s := newSite(t)
	s.past.panics = true
	s.get(t, "/api/events", "X-Correlation-Id", "chain-1").wantFailure(t, 500, "service_error")
	if log := s.log.String(); !strings.Contains(log, "request panicked") || !strings.Contains(log, "chain-1") || !strings.Contains(log, "a bug") {
		t.Errorf("log is %s", log)
	}
	if strings.Contains(string(s.get(t, "/api/events").body), "a bug") {
		t.Error("the answer tells what panicked")
	}
	if s.get(t, "/health").StatusCode != 200 {
		t.Error("the program is not well afterwards")
	}
}

func TestWrongMethodsAreToldTheRightOnes(t *testing.T) {
	s := newSite(t)
	tests := []struct{ method, path, allow string }{
		{"DELETE", "/api/events", "OPTIONS, GET, HEAD, POST"},
		{"POST", "/api/parts", "OPTIONS, GET, HEAD"},
		{"GET", "/api/parts/obs/restart", "OPTIONS, POST"},
		{"POST", "/health", "OPTIONS, GET, HEAD"},
		{"DELETE", "/api/users/a%2Fb", "OPTIONS, GET, HEAD, PUT"},
		{"PROPFIND", "/api/state", "OPTIONS, GET, HEAD"},
	}
	for _, tt := range tests {
		a := s.do(t, tt.method, tt.path, "")
		if got := a.Header.Get("Allow"); got != tt.allow {
			t.Errorf("%s %s: Allow is %q, want %q", tt.method, tt.path, got, tt.allow)
		}
		a.wantFailure(t, 405, "method_not_allowed")
	}
	if a := s.do(t, "OPTIONS", "/api/events", ""); a.StatusCode != 204 || a.Header.Get("Allow") != "OPTIONS, GET, HEAD, POST" {
		t.Errorf("OPTIONS: got %d, Allow %q", a.StatusCode, a.Header.Get("Allow"))
	}
	a := s.do(t, "POST", "/overlay/status", "")
	if a.StatusCode != 405 || a.Header.Get("Allow") != "GET, HEAD" {
		t.Errorf("POST to a page: got %d, Allow %q", a.StatusCode, a.Header.Get("Allow"))
	}
}

func TestHeadAnswersLikeGet(t *testing.T) {
	s := newSite(t)
	for _, path := range []string{"/", "/api/parts", "/health", "/api/openapi.json", "/metrics"} {
		a := s.do(t, "HEAD", path, "")
		if a.StatusCode != 200 || len(a.body) != 0 || a.Header.Get("Content-Type") == "" {
			t.Errorf("HEAD %s: got %d, %d bytes, type %q", path, a.StatusCode, len(a.body), a.Header.Get("Content-Type"))
		}
	}
}

func TestUnknownAddresses(t *testing.T) {
	s := newSite(t)
	for _, path := range []string{"/api", "/api/", "/api/nothing", "/api/events/x/y", "/api/%2e%2e/health", "/api%2Fparts"} {
		a := s.get(t, path)
		if strings.HasPrefix(path, "/api%") {
			if a.StatusCode != 404 {
				t.Errorf("%s: got %d, want 404", path, a.StatusCode)
			}
			continue
		}
		a.wantFailure(t, 404, "not_found")
	}
}

// raw sends a request line as it is, since net/http's client would mend it.
func (s *site) raw(t *testing.T, request string) (status int, body string) {
	t.Helper()
	conn, err := net.DialTimeout("tcp", s.addr, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("%q: %v", request, err)
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(b)
}

func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}
