package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"landale/event"
)

// patience is how long a test waits for what should happen at once.
const patience = 30 * time.Second

// memory stands for the store: it keeps what the bus publishes, the moment it is
// published or, with late, after that time.
type memory struct {
	mu     sync.Mutex
	events []event.Event
	away   bool
	late   time.Duration
}

// attach makes it hear a bus, from Publish itself.
func (m *memory) attach(bus *event.Bus) {
	bus.Subscribe("memory", 1, event.DropNewest, func(ev event.Event) bool {
		if event.Stored(ev) {
			m.mu.Lock()
			m.events = append(m.events, ev)
			m.mu.Unlock()
		}
		return false
	})
}

func (m *memory) Since(_ context.Context, seq uint64, limit int) ([]event.Event, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.away {
		return nil, false, errors.New("the disk is gone")
	}
	visible := len(m.events)
	for m.late > 0 && visible > 0 && time.Since(event.SeqTime(m.events[visible-1].Seq)) < m.late {
		visible--
	}
	i, _ := slices.BinarySearchFunc(m.events[:visible], seq+1, func(e event.Event, s uint64) int {
		return int(int64(e.Seq) - int64(s))
	})
	end := min(i+limit, visible)
	return slices.Clone(m.events[i:end]), end < visible, nil
}

func (m *memory) Events(_ context.Context, q event.Query) (event.Page, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var page event.Page
	for _, ev := range m.events {
		if len(q.Types) > 0 && !slices.Contains(q.Types, ev.Type) || q.Session != "" && ev.Session() != q.Session || ev.Time.Before(q.From) {
			continue
		}
		page.Hits = append(page.Hits, event.Hit{Event: ev})
	}
	if !q.Oldest {
		slices.Reverse(page.Hits)
	}
	if q.Limit > 0 && len(page.Hits) > q.Limit {
		page.Hits = page.Hits[:q.Limit]
	}
	return page, nil
}

func (m *memory) Event(context.Context, string) (event.Event, error) {
	return event.Event{}, event.ErrNotFound
}

// running is a hub that serves.
type running struct {
	*Hub
	bus    *event.Bus
	memory *memory
	crew   *crew
	stop   func() // ends Serve and waits for it
}

// run starts a hub on a free port; change may alter what it is made of.
func run(t testing.TB, change ...func(*Config, *Options)) *running {
	t.Helper()
	r := &running{bus: event.NewBus(event.SeqAt(time.Now().Add(-time.Hour))), memory: &memory{}, crew: &crew{}}
	r.crew.list = []event.Part{{Name: "store", State: event.Running}, {Name: "obs", State: event.Waiting, Reason: "OBS is not running"}}
	cfg := DefaultConfig()
	cfg.Listen, cfg.Health = "127.0.0.1:0", ""
	o := Options{Bus: r.bus, Version: "1.2.3", Build: "b1", Zone: time.UTC, History: r.memory, Parts: r.crew,
		Log: slog.New(slog.DiscardHandler)}
	for _, c := range change {
		c(&cfg, &o)
	}
	if o.Bus != r.bus {
		r.bus = o.Bus
	}
	r.memory.attach(r.bus)
	r.Hub = New(cfg, o)
	r.serve(t)
	return r
}

// serve runs Serve until the test ends or stop is called.
func (r *running) serve(t testing.TB) {
	t.Helper()
	if err := r.Listen(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Serve(ctx) }()
	r.stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-done:
			if !errors.Is(err, context.Canceled) {
				t.Errorf("Serve ended with %v", err)
			}
		case <-time.After(patience):
			t.Error("Serve did not end")
		}
	})
	t.Cleanup(func() { r.stop() })
	eventually(t, "serving", func() bool { return r.Status().State == event.Running })
}

// alive fails when the connection has ended.
func (c *client) alive() {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		c.t.Fatalf("the connection ended: %v", c.err)
	}
}

// eventually waits for a condition that nothing announces.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	end := time.After(patience)
	for !ok() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("waited %v for: %s", patience, what)
		}
	}
}

// said is one message that a client got.
type said struct {
	joinRef, ref, topic, event string
	payload                    json.RawMessage
}

// client speaks the protocol as a page does, in one of the two forms.
type client struct {
	t    testing.TB
	form form
	ws   *websocket.Conn
	refs int

	mu   sync.Mutex
	got  []said
	err  error
	news chan struct{} // closed and replaced when something arrives
	done chan struct{}
}

func dial(t testing.TB, addr string, f form, query ...string) *client {
	t.Helper()
	if f == arrays {
		query = append(query, "vsn=2.0.0")
	}
	ws, resp, err := websocket.DefaultDialer.Dial("ws://"+addr+socketPath+"?"+strings.Join(query, "&"), nil)
	if err != nil {
		t.Fatalf("dial: %v (%v)", err, resp)
	}
	c := &client{t: t, form: f, ws: ws, news: make(chan struct{}), done: make(chan struct{})}
	go c.read()
	t.Cleanup(func() {
		ws.Close()
		<-c.done
	})
	return c
}

func (c *client) read() {
	defer close(c.done)
	for {
		_, data, err := c.ws.ReadMessage()
		var m said
		if err == nil {
			m, err = c.decode(data)
		}
		c.mu.Lock()
		if err != nil {
			c.err = err
		} else {
			c.got = append(c.got, m)
		}
		close(c.news)
		c.news = make(chan struct{})
		c.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// decode insists on the client's own form.
func (c *client) decode(data []byte) (said, error) {
	str := func(raw json.RawMessage) string { return strings.Trim(strings.TrimPrefix(string(raw), "null"), `"`) }
	if c.form == arrays {
		var p []json.RawMessage
		if err := json.Unmarshal(data, &p); err != nil || len(p) != 5 {
			return said{}, fmt.Errorf("not a message of five: %s", data)
		}
		return said{str(p[0]), str(p[1]), str(p[2]), str(p[3]), p[4]}, nil
	}
	var o struct {
		Topic   string          `json:"topic"`
		Event   string          `json:"event"`
		Payload json.RawMessage `json:"payload"`
		Ref     json.RawMessage `json:"ref"`
		JoinRef json.RawMessage `json:"join_ref"`
	}
	if err := json.Unmarshal(data, &o); err != nil || o.Topic == "" {
		return said{}, fmt.Errorf("not an object message: %s", data)
	}
	return said{str(o.JoinRef), str(o.Ref), o.Topic, o.Event, o.Payload}, nil
}

// write sends a message under the next ref, which it returns.
func (c *client) write(topic, name string, payload any) string {
	c.t.Helper()
	c.refs++
	ref := strconv.Itoa(c.refs)
	raw, ok := payload.(json.RawMessage)
	if !ok {
		raw, _ = json.Marshal(payload)
	}
	var data []byte
	if c.form == arrays {
		data, _ = json.Marshal([]any{ref, ref, topic, name, raw})
	} else {
		data, _ = json.Marshal(map[string]any{"topic": topic, "event": name, "payload": raw, "ref": ref})
	}
	c.raw(websocket.TextMessage, data)
	return ref
}

func (c *client) raw(kind int, data []byte) {
	c.t.Helper()
	if err := c.ws.WriteMessage(kind, data); err != nil {
		c.t.Fatalf("write: %v", err)
	}
}

// wait returns the first message, from number from on, that fits.
func (c *client) wait(what string, from int, fits func(said) bool) (said, int) {
	c.t.Helper()
	end := time.After(patience)
	for {
		c.mu.Lock()
		for i := from; i < len(c.got); i++ {
			if fits(c.got[i]) {
				m := c.got[i]
				c.mu.Unlock()
				return m, i
			}
		}
		from = len(c.got)
		err, news := c.err, c.news
		c.mu.Unlock()
		if err != nil {
			c.t.Fatalf("waiting for %s: %v", what, err)
		}
		select {
		case <-news:
		case <-end:
			c.t.Fatalf("waited %v for %s", patience, what)
		}
	}
}

// ended waits until the connection is over and returns why.
func (c *client) ended() error {
	c.t.Helper()
	select {
	case <-c.done:
	case <-time.After(patience):
		c.t.Fatal("the connection did not end")
	}
	return c.err
}

// all is what came so far.
func (c *client) all() []said {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.got)
}

// push waits for a push on a topic.
func (c *client) push(topic, name string) said {
	c.t.Helper()
	m, _ := c.wait(topic+" "+name, 0, func(m said) bool { return m.topic == topic && m.event == name })
	return m
}

// reply is what a command was answered.
type reply struct {
	Status   string `json:"status"`
	Response struct {
		Success bool            `json:"success"`
		Data    json.RawMessage `json:"data"`
		Reason  string          `json:"reason"`
		Meta    struct {
			Timestamp     time.Time `json:"timestamp"`
			ServerVersion string    `json:"server_version"`
		} `json:"meta"`
		Error struct {
			Code    string `json:"code"`
			Message string `json:"message"`
			Details struct {
				Reason string `json:"reason"`
				Errors []struct {
					Field    string   `json:"field"`
					Messages []string `json:"messages"`
				} `json:"errors"`
			} `json:"details"`
		} `json:"error"`
	} `json:"response"`
}

func (r reply) code() string { return r.Response.Error.Code }

// fields lists what was wrong in the order of the answer.
func (r reply) fields() string {
	var names []string
	for _, e := range r.Response.Error.Details.Errors {
		names = append(names, e.Field)
	}
	return strings.Join(names, " ")
}

// answer waits for the reply to a ref.
func (c *client) answer(ref string) reply {
	c.t.Helper()
	m, _ := c.wait("the reply to "+ref, 0, func(m said) bool { return m.event == "phx_reply" && m.ref == ref })
	var r reply
	if err := json.Unmarshal(m.payload, &r); err != nil {
		c.t.Fatalf("reply %s: %v", m.payload, err)
	}
	return r
}

// ask sends a command and waits for its reply.
func (c *client) ask(topic, name string, payload any) reply {
	c.t.Helper()
	return c.answer(c.write(topic, name, payload))
}

// joined is the data of a join's reply.
type joined struct {
	Epoch   string `json:"epoch"`
	Seq     string `json:"seq"`
	Resumed bool   `json:"resumed"`
	Reset   bool   `json:"reset"`
	Build   string `json:"build"`
}

// join joins a topic, which must succeed.
func (c *client) join(topic string, payload any) joined {
	c.t.Helper()
	r := c.ask(topic, "phx_join", payload)
	if r.Status != "ok" || !r.Response.Success {
		c.t.Fatalf("join %s: got %+v, want ok", topic, r)
	}
	var j joined
	if err := json.Unmarshal(r.Response.Data, &j); err != nil {
		c.t.Fatal(err)
	}
	return j
}

// flat is what tests look at in an event.
type flat struct {
	ID   string `json:"id"`
	Seq  string `json:"seq"`
	Type string `json:"type"`
	Text string `json:"text"`
}

// events lists the events that came on a topic, batched or not, in order.
func (c *client) events(topic string) []flat {
	c.t.Helper()
	var list []flat
	for _, m := range c.all() {
		if m.topic != topic || m.event == "phx_reply" {
			continue
		}
		if m.event == "events" {
			var p struct{ Events []flat }
			if err := json.Unmarshal(m.payload, &p); err != nil {
				c.t.Fatal(err)
			}
			list = append(list, p.Events...)
			continue
		}
		var f flat
		if json.Unmarshal(m.payload, &f) == nil && f.Seq != "" && f.Type != "" {
			list = append(list, f)
		}
	}
	return list
}

// note makes an event that is easy to tell.
func note(n int) event.Event {
	u, err := event.NewUnknown("custom.note", fmt.Appendf(nil, `{"n":%d,"text":"note %d"}`, n, n))
	if err != nil {
		panic(err)
	}
	return event.New(event.Operator, time.Now(), u)
}

var bothForms = []struct {
	name string
	form form
}{{"objects", objects}, {"arrays", arrays}}

func TestUpgradeIsRefusedForForeignPages(t *testing.T) {
	h := run(t)
	for _, tt := range []struct {
		origin string
		want   int
	}{
		{"", http.StatusSwitchingProtocols},
		{"http://localhost:5173", http.StatusSwitchingProtocols},
		{"http://" + h.Addr(), http.StatusSwitchingProtocols},
		{"https://evil.example", http.StatusForbidden},
		{"null", http.StatusForbidden},
	} {
		header := http.Header{}
		if tt.origin != "" {
			header.Set("Origin", tt.origin)
		}
		ws, resp, err := websocket.DefaultDialer.Dial("ws://"+h.Addr()+socketPath, header)
		if err == nil {
			ws.Close()
		}
		if resp == nil || resp.StatusCode != tt.want {
			t.Errorf("origin %q: got %v, want %d", tt.origin, resp, tt.want)
		}
	}
}
