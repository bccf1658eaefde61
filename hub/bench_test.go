//go:build unix

package hub

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/olahol/melody"

	"landale/event"
)

// The figures of the fan-out are ratios to a baseline in the same run: absolute
// times are the machine's. Clients read in the same process, so a ratio of CPU
// has their share on both sides. Run them with -benchtime 3x: one iteration is
// one round of all contestants.

const (
	benchClients = 100
	benchRate    = 100 // events a second
	benchRound   = 2 * time.Second
)

// ear is a client that counts what it gets and how late, in bytes that are
// framed as a WebSocket server does it.
type ear struct {
	conn   net.Conn
	events atomic.Int64
	late   []time.Duration // of each event that says when it was published
	done   chan struct{}
}

var stampKey, seqKey = []byte(`"at":"`), []byte(`"seq":"`)

func (e *ear) listen() {
	defer close(e.done)
	buf := make([]byte, 0, 256<<10)
	for {
		if len(buf) == cap(buf) {
			buf = slices.Grow(buf, cap(buf))
		}
		n, err := e.conn.Read(buf[len(buf):cap(buf)])
		if err != nil {
			return
		}
		now := time.Now()
		buf = buf[:len(buf)+n]
		rest := buf
		for {
			body, size := benchFrame(rest)
			if size == 0 {
				break
			}
			rest = rest[size:]
			if n := bytes.Count(body, seqKey); n > 0 {
				if i := bytes.Index(body, stampKey); i >= 0 {
					i += len(stampKey)
					at, _ := strconv.ParseInt(string(body[i:i+19]), 10, 64)
					e.late = append(e.late, now.Sub(time.Unix(0, at)))
				}
				e.events.Add(int64(n))
			}
		}
		buf = buf[:copy(buf[:cap(buf)], rest)]
	}
}

// benchFrame takes one message off; size is 0 when it is not whole yet.
func benchFrame(b []byte) (body []byte, size int) {
	if len(b) < 2 {
		return nil, 0
	}
	n, head := int(b[1]), 2
	switch {
	case n == 126 && len(b) >= 4:
		n, head = int(binary.BigEndian.Uint16(b[2:])), 4
	case n == 127 && len(b) >= 10:
		n, head = int(binary.BigEndian.Uint64(b[2:])), 10
	case n >= 126:
		return nil, 0
	}
	if len(b) < head+n {
		return nil, 0
	}
	return b[head : head+n], head + n
}

// contestant is one way to deliver an event to all ears.
type contestant struct {
	name  string
	ears  []*ear
	send  func(n int)
	stop  func()
	p50s  []time.Duration
	cpus  []time.Duration // for each delivery
	rates []float64
}

func (c *contestant) received() (least, all int64) {
	least = 1 << 62
	for _, e := range c.ears {
		n := e.events.Load()
		least, all = min(least, n), all+n
	}
	return least, all
}

func (c *contestant) close() {
	for _, e := range c.ears {
		e.conn.Close()
		<-e.done
	}
	c.stop()
}

func benchEvent(at time.Time) event.Event {
	u, err := event.NewUnknown("custom.bench", fmt.Appendf(nil, `{"at":"%d","text":"%s"}`, at.UnixNano(), strings.Repeat("x", 40)))
	if err != nil {
		panic(err)
	}
	ev := event.New(event.Operator, at, u)
	ev.Seq = event.SeqAt(at)
	return ev // about 300 bytes on the wire
}

func benchMessage(at time.Time) []byte {
	return appendMessage(nil, arrays, nil, nil, "events:operator", "unknown_event", benchEvent(at).AppendJSON(nil))
}

func newEar(conn net.Conn) *ear {
	e := &ear{conn: conn, done: make(chan struct{})}
	go e.listen()
	return e
}

// bareTCP writes the same bytes to every connection in turn: the least that a
// Go program can do.
func bareTCP(b *testing.B) *contestant {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	c := &contestant{name: "tcp"}
	var conns []net.Conn
	for range benchClients {
		out, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		in, err := l.Accept()
		if err != nil {
			b.Fatal(err)
		}
		conns = append(conns, in)
		c.ears = append(c.ears, newEar(out))
	}
	c.send = func(int) {
		msg := benchMessage(time.Now())
		for _, conn := range conns {
			if _, err := conn.Write(msg); err != nil {
				b.Error(err)
			}
		}
	}
	c.stop = func() {
		for _, conn := range conns {
			conn.Close()
		}
		l.Close()
	}
	return c
}

// plainMelody broadcasts with the library's own writer.
func plainMelody(b *testing.B) *contestant {
	m := melody.New()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _ = m.HandleRequest(w, r) }))
	c := &contestant{name: "melody"}
	for range benchClients {
		ws, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(srv.URL, "http"), nil)
		if err != nil {
			b.Fatal(err)
		}
		c.ears = append(c.ears, newEar(ws.NetConn()))
	}
	c.send = func(int) {
		msg := benchMessage(time.Now())
		if err := m.Broadcast(msg[4:]); err != nil { // without the header
			b.Error(err)
		}
	}
	c.stop = func() {
		_ = m.Close()
		srv.Close()
	}
	return c
}

// wholeHub publishes on the bus.
func wholeHub(b *testing.B, name string, window time.Duration, batch bool, stalled int) *contestant {
	return hubOf(b, name, benchClients, window, batch, stalled)
}

func hubOf(b *testing.B, name string, clients int, window time.Duration, batch bool, stalled int) *contestant {
	h := run(b, func(c *Config, _ *Options) { c.Window = window })
	c := &contestant{name: name}
	for range stalled {
		rawDial(b, h.Addr(), "events:operator")
	}
	for range clients {
		ws, _, err := websocket.DefaultDialer.Dial("ws://"+h.Addr()+socketPath+"?vsn=2.0.0", nil)
		if err != nil {
			b.Fatal(err)
		}
		if err := ws.WriteJSON([]any{"1", "1", "events:operator", "phx_join", map[string]bool{"batch": batch}}); err != nil {
			b.Fatal(err)
		}
		if _, _, err := ws.ReadMessage(); err != nil {
			b.Fatal(err)
		}
		c.ears = append(c.ears, newEar(ws.NetConn()))
	}
	c.send = func(int) { h.bus.Publish(benchEvent(time.Now())) }
	c.stop = h.stop
	return c
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func median[T int64 | float64 | time.Duration](list []T) T {
	if len(list) == 0 {
		return 0
	}
	list = slices.Clone(list)
	slices.Sort(list)
	return list[len(list)/2]
}

// paced sends at a fixed rate and notes how late deliveries were and what each
// cost.
func (c *contestant) paced(b *testing.B, rate int, round time.Duration) {
	for _, e := range c.ears {
		e.late = e.late[:0]
	}
	_, before := c.received()
	start, cpu := time.Now(), cpuTime()
	tick := time.NewTicker(time.Second / time.Duration(rate))
	sent := 0
	for time.Since(start) < round {
		<-tick.C
		c.send(sent)
		sent++
	}
	tick.Stop()
	all := sent * len(c.ears)
	eventually(b, c.name+": all deliveries", func() bool { _, n := c.received(); return n == before+int64(all) })
	c.cpus = append(c.cpus, (cpuTime()-cpu)/time.Duration(all))
	var late []time.Duration
	for _, e := range c.ears {
		late = append(late, e.late...)
	}
	c.p50s = append(c.p50s, median(late))
}

// BenchmarkFanout: a 300-byte event to 100 clients, 100 times a second, against
// bare TCP writes of the same bytes. Goals: p50 ≤ 1.5×, CPU ≤ 2×, and a client
// that does not read changes neither, with the memory flat. Hub and stalled are
// measured without a window, the last one as a page is: with the default one, and
// with batching.
func BenchmarkFanout(b *testing.B) {
	all := []*contestant{bareTCP(b), plainMelody(b), wholeHub(b, "hub", 0, false, 0), wholeHub(b, "stalled", 0, false, 1),
		wholeHub(b, "window", DefaultConfig().Window, true, 0)}
	defer func() {
		for _, c := range all {
			c.close()
		}
	}()
	for _, c := range all {
		c.paced(b, benchRate, benchRound/4) // warm
		c.p50s, c.cpus = nil, nil
	}
	runtime.GC()
	var heap runtime.MemStats
	runtime.ReadMemStats(&heap)
	for b.Loop() {
		for _, c := range all {
			c.paced(b, benchRate, benchRound)
			for _, e := range c.ears {
				e.late = e.late[:0:0] // a figure, not the hub's memory
			}
		}
	}
	grown := heap.HeapAlloc
	runtime.GC()
	runtime.ReadMemStats(&heap)
	base := all[0]
	b.ReportMetric(float64(median(base.p50s).Microseconds()), "tcp-p50-µs")
	b.ReportMetric(float64(median(base.cpus).Nanoseconds())/1000, "tcp-cpu-µs")
	for _, c := range all[1:] {
		var p50, cpu []float64 // of each round, so that a slow minute counts for both
		for i := range c.p50s {
			p50 = append(p50, float64(c.p50s[i])/float64(base.p50s[i]))
			cpu = append(cpu, float64(c.cpus[i])/float64(base.cpus[i]))
		}
		b.ReportMetric(median(p50), c.name+"-p50/tcp")
		b.ReportMetric(median(cpu), c.name+"-cpu/tcp")
	}
	b.ReportMetric(float64(int64(heap.HeapAlloc)-int64(grown))/1024, "heap-growth-KB")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkWindow: what the default window saves when a thousand events a second
// go to ten clients, and what it costs when twenty do, against no window.
// Goals: CPU ≤ 0.5×, p50 ≤ 1.2×.
func BenchmarkWindow(b *testing.B) {
	const clients = 10
	each := hubOf(b, "each", clients, 0, true, 0)
	window := hubOf(b, "window", clients, DefaultConfig().Window, true, 0)
	defer each.close()
	defer window.close()
	for _, rate := range []int{20, 1000} {
		b.Run(fmt.Sprint(rate), func(b *testing.B) {
			all := []*contestant{each, window}
			for _, c := range all {
				c.p50s, c.cpus = nil, nil
			}
			for b.Loop() {
				for _, c := range all {
					c.paced(b, rate, benchRound)
				}
			}
			b.ReportMetric(float64(median(window.cpus))/float64(median(each.cpus)), "cpu/each")
			b.ReportMetric(float64(median(window.p50s))/float64(median(each.p50s)), "p50/each")
			b.ReportMetric(float64(median(window.p50s).Microseconds()), "p50-µs")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// flood sends as fast as the slowest ear keeps up with, at most window events
// ahead of it.
func (c *contestant) flood(b *testing.B, window int64, round time.Duration) {
	least, before := c.received()
	first := least
	start, cpu := time.Now(), cpuTime()
	sent := int64(0)
	for time.Since(start) < round {
		for sent-(least-first) < window {
			c.send(int(sent))
			sent++
		}
		least, _ = c.received()
		runtime.Gosched()
	}
	eventually(b, c.name+": all deliveries", func() bool { n, _ := c.received(); return n >= first+sent })
	took := time.Since(start)
	_, after := c.received()
	if lost := sent*benchClients - (after - before); lost != 0 {
		b.Errorf("%s: %d deliveries of %d lost", c.name, lost, sent*benchClients)
	}
	c.rates = append(c.rates, float64(after-before)/took.Seconds())
	c.cpus = append(c.cpus, (cpuTime()-cpu)/time.Duration(after-before))
}

// BenchmarkFlood: how many events a second reach 100 clients when there is no
// pause, against melody's own broadcast. Goal: with batching ≥ 2×, and nothing
// lost. Plain is the hub without batching: the same messages as melody's, by the
// session's own writer.
func BenchmarkFlood(b *testing.B) {
	all := []*contestant{plainMelody(b), wholeHub(b, "plain", DefaultConfig().Window, false, 0), wholeHub(b, "batch", DefaultConfig().Window, true, 0)}
	defer func() {
		for _, c := range all {
			c.close()
		}
	}()
	windows := []int64{128, 1000, 1000} // melody drops what is beyond 256
	for b.Loop() {
		for i, c := range all {
			c.flood(b, windows[i], benchRound)
		}
	}
	b.ReportMetric(median(all[0].rates), "melody-ev/s")
	for _, c := range all[1:] {
		var rate, cpu []float64
		for i := range c.rates {
			rate = append(rate, c.rates[i]/all[0].rates[i])
			cpu = append(cpu, float64(c.cpus[i])/float64(all[0].cpus[i]))
		}
		b.ReportMetric(median(rate), c.name+"/melody")
		b.ReportMetric(median(cpu), c.name+"-cpu/melody")
	}
	b.ReportMetric(0, "ns/op")
}

// BenchmarkDeliver is the fan-out without sockets: one event to a hundred
// members, as the goroutine that all events pass sees it.
func BenchmarkDeliver(b *testing.B) {
	h := run(b)
	p, err := findPlace("events:operator")
	if err != nil {
		b.Fatal(err)
	}
	var sessions []*session
	var used [benchClients][][]byte
	h.mu.Lock()
	for range benchClients {
		s := &session{out: newOutbox(), joined: map[string]*member{}}
		sessions = append(sessions, s)
		h.enter(s, p, &member{batch: true})
	}
	h.mu.Unlock()
	ev := benchEvent(time.Now())
	b.ReportAllocs()
	for b.Loop() {
		ev.Seq = h.Seq() + 1
		h.deliver([]event.Event{ev})
		for i, s := range sessions {
			used[i], _ = s.out.take(used[i])
		}
	}
}
