package hub

import (
	"encoding/json"
	"net"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"landale/event"
)

// Every event of the catalogue reaches every topic that it belongs to once, under
// the name that old clients know (dashboards once got each event twice), and is
// one push "events" for a client that batches.
func TestEveryEventReachesEachTopicOnce(t *testing.T) {
	h := run(t, func(c *Config, _ *Options) { c.Window = 0 })
	topics := []string{"dashboard:main", "dashboard:other", "dashboard:services", "stream:overlays", "stream:queue", "overlay:broadcast",
		"transcription:live", "transcription:session:s1"}
	for _, f := range event.Filters() {
		topics = append(topics, "events:"+f)
	}
	for _, o := range event.OverlayTypes() {
		topics = append(topics, "overlay:"+o)
	}
	plain, batch := dial(t, h.Addr(), objects), dial(t, h.Addr(), arrays)
	for _, topic := range topics {
		plain.join(topic, nil)
		batch.join(topic, map[string]bool{"batch": true})
	}
	var events []event.Event
	for _, spec := range event.Catalogue() {
		ev := event.New(spec.Source, time.Now(), spec.Example)
		if p, ok := spec.Example.(event.TranscriptionFinal); ok {
			p.StreamSessionID = "s1"
			ev.Payload = p
		}
		ev, _ = h.bus.Publish(ev)
		events = append(events, ev)
	}
	end, _ := h.bus.Publish(note(1))
	batch.settled("events:all", end.Seq)
	plain.settled("events:all", end.Seq)
	for _, topic := range topics {
		var wantPush, wantTypes []string
		for _, ev := range append(events, end) {
			p, err := findPlace(topic)
			if err != nil {
				t.Fatal(err)
			}
			if push, ok := pushIn(p, ev); ok {
				wantPush = append(wantPush, push)
				wantTypes = append(wantTypes, string(ev.Type))
			}
		}
		var gotPush []string
		for _, m := range plain.all() {
			switch m.event {
			case "phx_reply", "initial_state", "stream_state", "queue_state", "connection_established", "telemetry_update":
				continue
			case "health_update":
				if !strings.Contains(string(m.payload), `"seq"`) {
					continue
				}
			}
			if m.topic == topic {
				gotPush = append(gotPush, m.event)
			}
		}
		if !slices.Equal(gotPush, wantPush) {
			t.Errorf("%s: got %v, want %v", topic, gotPush, wantPush)
		}
		var gotTypes []string
		for _, f := range batch.events(topic) {
			gotTypes = append(gotTypes, f.Type)
		}
		if !slices.Equal(gotTypes, wantTypes) {
			t.Errorf("%s batched: got %v, want %v", topic, gotTypes, wantTypes)
		}
	}
	for _, m := range batch.all() {
		if m.event == "takeover" || m.event == "chat_message" || m.event == "new_transcription" {
			t.Errorf("a client that batches got a push %s", m.event)
		}
	}
}

func TestTakeoverKeepsTheShapeThatOverlaysKnow(t *testing.T) {
	h := run(t)
	c := dial(t, h.Addr(), objects)
	c.join("stream:overlays", nil)
	h.bus.Publish(event.New(event.Operator, time.Now(), event.StreamTakeoverStarted{TakeoverType: event.ScreenCover}))
	var got struct{ Type, Timestamp string }
	m := c.push("stream:overlays", "takeover")
	if err := json.Unmarshal(m.payload, &got); err != nil || got.Type != event.ScreenCover || got.Timestamp == "" {
		t.Errorf("got %s", m.payload)
	}
}

// What follows within the window goes out together; what is critical does not
// wait for it.
func TestBurstIsOnePush(t *testing.T) {
	h := run(t, func(c *Config, _ *Options) { c.Window = 50 * time.Millisecond })
	c := dial(t, h.Addr(), arrays)
	c.join("events:all", map[string]bool{"batch": true})
	seqs := publish(h.bus, 100)
	c.settled("events:all", seqs[99])
	pushes := 0
	for _, m := range c.all() {
		if m.event == "events" {
			pushes++
		}
	}
	if pushes > 10 {
		t.Errorf("100 events came in %d pushes", pushes)
	}
}

// rawDial opens a socket that is read by nobody.
func rawDial(t testing.TB, addr string, join ...string) net.Conn {
	t.Helper()
	ws, _, err := websocket.DefaultDialer.Dial("ws://"+addr+socketPath+"?vsn=2.0.0&page=stalled", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ws.Close() })
	for _, topic := range join {
		if err := ws.WriteJSON([]any{"1", "1", topic, "phx_join", struct{}{}}); err != nil {
			t.Fatal(err)
		}
		// The reply, so that it is a member; reading stops here.
		if _, _, err := ws.ReadMessage(); err != nil {
			t.Fatal(err)
		}
	}
	return ws.NetConn()
}

// A client that never reads is closed, memory stays flat, and the others get
// everything.
func TestClientThatNeverReads(t *testing.T) {
	h := run(t)
	if err := rawDial(t, h.Addr(), "events:all").(*net.TCPConn).SetReadBuffer(4 << 10); err != nil {
		t.Fatal(err)
	}
	good := dial(t, h.Addr(), arrays)
	good.join("events:all", map[string]bool{"batch": true})
	big, err := event.NewUnknown("custom.big", []byte(`{"text":"`+strings.Repeat("x", 2000)+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var want []uint64
	gone := func() bool { return h.figures.slow.Load() == 1 }
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	end := time.After(patience)
	for !gone() {
		for range 20 {
			ev, _ := h.bus.Publish(event.New(event.Operator, time.Now(), big))
			want = append(want, ev.Seq)
		}
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("still there after %d events", len(want))
		}
	}
	wantSeqs(t, "the healthy client", good.settled("events:all", want[len(want)-1]), want)
	if n := len(h.Clients()); n != 1 {
		t.Errorf("%d clients are left, want the healthy one", n)
	}
	h.memory.mu.Lock()
	h.memory.events = nil
	h.memory.mu.Unlock()
	good.mu.Lock()
	good.got = nil
	good.mu.Unlock()
	runtime.GC()
	runtime.ReadMemStats(&after)
	ring := uint64(h.cfg.Ring) * 3000
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > int64(ring)+8<<20 {
		t.Errorf("the heap grew by %d KB over %d events", grown>>10, len(want))
	}
}

// A client that stalls for a moment and reads again is told why it was closed.
func TestSlowClientIsTold4008(t *testing.T) {
	h := run(t)
	conn := rawDial(t, h.Addr(), "events:all")
	h.mu.Lock()
	var s *session
	for s = range h.sessions {
	}
	h.mu.Unlock()
	item := appendMessage(nil, arrays, nil, nil, "events:all", "x", []byte(`"`+strings.Repeat("x", 60_000)+`"`))
	for s.out.put(item) { // until the kernel's buffers and the outbox are full
		runtime.Gosched()
	}
	buf := make([]byte, 64<<10)
	var tail []byte
	conn.SetReadDeadline(time.Now().Add(patience))
	for {
		n, err := conn.Read(buf)
		tail = append(tail, buf[:n]...)
		tail = tail[max(0, len(tail)-len(slowMessage)):]
		if err != nil {
			break
		}
	}
	if string(tail) != string(slowMessage) {
		t.Errorf("the connection ended with % x, want the close message % x", tail, slowMessage)
	}
}

func TestStopTellsEverySession(t *testing.T) {
	h := run(t)
	var clients []*client
	for range 5 {
		c := dial(t, h.Addr(), arrays)
		c.join("events:operator", nil)
		clients = append(clients, c)
	}
	rawDial(t, h.Addr(), "events:operator")
	last := publish(h.bus, 50)
	start := time.Now()
	h.stop()
	if took := time.Since(start); took > stopWait+2*time.Second {
		t.Errorf("stopping took %v", took)
	}
	for i, c := range clients {
		if err := c.ended(); !websocket.IsCloseError(err, websocket.CloseGoingAway) {
			t.Errorf("client %d: closed with %v, want 1001", i, err)
		}
		wantSeqs(t, "what was published before the stop", c.events("events:operator"), last)
	}
	if _, err := net.DialTimeout("tcp", h.Addr(), time.Second); err == nil {
		t.Error("still accepting")
	}
}

func TestCloseOfTheClientIsAnswered(t *testing.T) {
	h := run(t)
	c := dial(t, h.Addr(), arrays)
	c.raw(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""))
	if err := c.ended(); !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
		t.Errorf("got %v, want the close returned", err)
	}
	eventually(t, "the session to go", func() bool { return len(h.Clients()) == 0 })
}

func TestPingIsAnswered(t *testing.T) {
	h := run(t)
	c := dial(t, h.Addr(), arrays)
	pong := make(chan string, 1)
	c.ws.SetPongHandler(func(s string) error { pong <- s; return nil })
	c.raw(websocket.PingMessage, []byte("there?"))
	select {
	case got := <-pong:
		if got != "there?" {
			t.Errorf("got %q", got)
		}
	case <-time.After(patience):
		t.Fatal("no pong")
	}
}

func TestOutbox(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOutbox()
		for i := range 3 * outboxMessages { // a burst
			if !o.put([]byte{1}) {
				t.Fatalf("message %d was refused at once", i)
			}
		}
		time.Sleep(outboxWait + 1)
		if o.put([]byte{1}) || !o.isSlow() {
			t.Error("one too many was taken from a client that does not read")
		}
		items, last := o.take(nil)
		if len(items) != 0 || string(last) != string(slowMessage) {
			t.Errorf("left are %d items and % x, want the close message alone", len(items), last)
		}
		if o.put([]byte{1}) {
			t.Error("taken after the end")
		}
	})

	big := make([]byte, outboxBytes/2+1)
	o := newOutbox()
	if !o.put(big) || o.put(big) {
		t.Error("the bytes that wait are not bounded")
	}

	o = newOutbox()
	o.missed([][]byte{big, big, big}) // does not count
	if !o.put([]byte{2}) {
		t.Error("refused because of what was missed")
	}
	o.end([]byte{9})
	if o.put([]byte{3}) {
		t.Error("taken after the end")
	}
	items, last := o.take(nil)
	if len(items) != 4 || len(last) != 1 {
		t.Errorf("got %d items and % x", len(items), last)
	}
}
