package audio

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"landale/event"
)

// NetworkConfig is the section [audio.network]: the port of the owner's OBS
// plugins.
type NetworkConfig struct {
	// Listen is the address; empty means none.
	Listen string `toml:"listen"`
}

const (
	maxMessage = 1 << 20 // a packet has less than 100 kB
	maxNetwork = 8       // sources of one connection
	maxSockets = 64      // connections
	feedQueue  = 64      // messages that wait for one reader; more, and it is closed
	feedWait   = 2 * time.Second
)

// network serves port 8889: sound comes in on any path, and goes out as text on
// /events, /captions and /ws/captions.
type network struct {
	ctx    context.Context // ends with the settings that it was made for
	named  []string        // sources that the config names; empty lets any in
	accept func(name string) (chan<- Frame, func())
	log    *slog.Logger

	mu      sync.Mutex
	feeds   map[*feed]struct{}
	packets map[string]int // of each source
	sockets int
	served  sync.WaitGroup // of sockets

	badPackets atomic.Uint64
	refused    atomic.Uint64
}

func newNetwork(ctx context.Context, named []string, accept func(string) (chan<- Frame, func()), log *slog.Logger) *network {
	return &network{ctx: ctx, named: named, accept: accept, log: log, feeds: map[*feed]struct{}{}, packets: map[string]int{}}
}

// enter lets a socket in unless there are too many or ctx has ended.
func (n *network) enter() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.sockets >= maxSockets || n.ctx.Err() != nil {
		return false
	}
	n.sockets++
	n.served.Add(1)
	return true
}

func (n *network) leave() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.sockets--
	n.served.Done()
}

// wait returns when no socket is served any more. It is called after ctx has
// ended.
func (n *network) wait() {
	n.mu.Lock() // whoever enters after this finds that ctx has ended
	served := &n.served
	n.mu.Unlock()
	served.Wait()
}

// serve listens until ctx ends. An address that is taken is tried again: another
// program may leave it.
func (n *network) serve(ctx context.Context, listen string, ready func(net.Addr, error)) {
	for wait := 250 * time.Millisecond; ; wait = min(2*wait, 30*time.Second) {
		var lc net.ListenConfig
		l, err := lc.Listen(ctx, "tcp", listen)
		ready(addr(l), err)
		if err == nil {
			n.serveListener(ctx, l)
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
	}
}

func addr(l net.Listener) net.Addr {
	if l == nil {
		return nil
	}
	return l.Addr()
}

func (n *network) serveListener(ctx context.Context, l net.Listener) {
	srv := &http.Server{
		Handler:           n,
		ReadHeaderTimeout: 5 * time.Second,
		MaxHeaderBytes:    16 << 10,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ErrorLog:          slog.NewLogLogger(n.log.Handler(), slog.LevelDebug),
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			n.log.Warn("audio port ended", "error", err)
		}
	}()
	select {
	case <-ctx.Done():
		_ = srv.Close() // sockets are hijacked and end with ctx
		<-done
	case <-done:
	}
}

// ServeHTTP upgrades every request to a WebSocket; the path says what for.
func (n *network) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	upgrader := websocket.Upgrader{
		HandshakeTimeout: 5 * time.Second,
		// Plugins send no Origin. A web page would, and none may listen in.
		CheckOrigin: func(r *http.Request) bool { return r.Header.Get("Origin") == "" },
		Error: func(w http.ResponseWriter, _ *http.Request, status int, _ error) {
			http.Error(w, "this port speaks WebSocket to audio and caption plugins", status)
		},
	}
	if !n.enter() {
		http.Error(w, "too many plugins are connected, or Landale is ending", http.StatusServiceUnavailable)
		return
	}
	defer n.leave()
	c, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // Upgrade has answered
	}
	c.SetReadLimit(maxMessage)
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(n.ctx, cancel)() // the hub's sockets outlive the settings
	switch r.URL.Path {
	case "/events":
		n.feed(ctx, c, feedEvents)
	case "/captions":
		n.feed(ctx, c, feedCaptions)
	case "/ws/captions":
		n.feed(ctx, c, feedSegments)
	default:
		n.audio(ctx, c)
	}
}

// audio takes one plugin's sound. One connection may carry several sources.
func (n *network) audio(ctx context.Context, c *websocket.Conn) {
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	tell := func(receiving bool) bool {
		_ = c.SetWriteDeadline(time.Now().Add(feedWait)) // a deadline in the future is always set
		return c.WriteJSON(map[string]any{"type": "status", "connected": true, "receiving": receiving, "bufferSize": 0, "transcribing": receiving, "droppedEvents": 0, "queueSize": 0}) == nil
	}
	receiving := false
	if !tell(false) {
		return
	}
	type input struct {
		frames chan<- Frame
		leave  func()
		clock  stampClock
	}
	inputs := map[string]*input{}
	leave := func() {
		for _, in := range inputs {
			if in.leave != nil {
				in.leave()
			}
		}
		clear(inputs)
	}
	defer leave()
	for {
		kind, b, err := c.ReadMessage()
		if err != nil {
			return
		}
		arrival := time.Now()
		p, command, err := decodeMessage(kind, b)
		if err != nil {
			if n.badPackets.Add(1)%1000 == 1 {
				n.log.Warn("audio packet dropped", "error", err, "dropped", n.badPackets.Load())
			}
			continue
		}
		switch command {
		case "stop":
			leave() // its pipelines finish what they hold
			if receiving = false; !tell(false) {
				return
			}
			continue
		case "":
		default:
			continue
		}
		name := p.name
		if name == "" {
			name = p.sourceID
		}
		in := inputs[name]
		if in == nil {
			if len(inputs) >= maxNetwork {
				continue
			}
			in = &input{}
			if n.allowed(name) {
				in.frames, in.leave = n.accept(name)
			} else if n.refused.Add(1) == 1 {
				n.log.Warn("audio source refused", "source", name, "named", n.named)
			}
			inputs[name] = in
		}
		if in.frames == nil || len(p.pcm) == 0 {
			continue
		}
		f := Frame{Rate: p.rate, Channels: p.channels, PCM: p.pcm}
		f.At = in.clock.time(p.stamp, arrival, f.duration())
		select {
		case in.frames <- f:
		case <-ctx.Done():
			return
		}
		n.heard(name, len(b))
		if !receiving {
			if receiving = true; !tell(true) {
				return
			}
		}
	}
}

// decodeMessage tells sound from commands.
func decodeMessage(kind int, b []byte) (p packet, command string, err error) {
	if kind == websocket.BinaryMessage {
		p, err = decodePacket(b)
		return p, "", err
	}
	var m struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(b, &m); err != nil {
		return p, "", fmt.Errorf("%w: neither sound nor JSON", errPacket)
	}
	if m.Type == "audio_data" {
		p, err = decodeJSONPacket(b)
		return p, "", err
	}
	return p, cmp.Or(m.Type, "unknown"), nil
}

func (n *network) allowed(name string) bool {
	return name != "" && len(name) <= 255 && (len(n.named) == 0 || slices.Contains(n.named, name))
}

// The feeds differ in what their messages look like.
type feedKind int

const (
	feedEvents feedKind = iota
	feedCaptions
	feedSegments
)

// feed is one reader of text.
type feed struct {
	kind feedKind
	out  chan any
	gone func()
}

// feed serves one reader until it leaves or does not read.
func (n *network) feed(ctx context.Context, c *websocket.Conn, kind feedKind) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	f := &feed{kind: kind, out: make(chan any, feedQueue), gone: cancel}
	if kind == feedSegments {
		f.out <- map[string]string{"type": "connected"}
	}
	n.mu.Lock()
	n.feeds[f] = struct{}{}
	n.mu.Unlock()
	defer func() {
		n.mu.Lock()
		delete(n.feeds, f)
		n.mu.Unlock()
	}()
	read := make(chan struct{})
	go func() { // ends when c is closed below
		defer close(read)
		defer cancel()
		for {
			_, b, err := c.ReadMessage()
			if err != nil {
				return
			}
			var m struct {
				Type string `json:"type"`
			}
			if kind == feedSegments && json.Unmarshal(b, &m) == nil && m.Type == "ping" {
				f.send(map[string]string{"type": "pong"})
			}
		}
	}()
	for open := true; open; {
		select {
		case m := <-f.out:
			_ = c.SetWriteDeadline(time.Now().Add(feedWait)) // a deadline in the future is always set
			open = c.WriteJSON(m) == nil
		case <-ctx.Done():
			open = false
		}
	}
	c.Close()
	<-read
}

// send never waits: a reader that is 64 messages behind is closed, so that it
// delays nobody.
func (f *feed) send(m any) {
	select {
	case f.out <- m:
	default:
		f.gone()
	}
}

func (n *network) broadcast(message func(feedKind) any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for f := range n.feeds {
		if m := message(f.kind); m != nil {
			f.send(m)
		}
	}
}

// heard tells /events of sound, twice a second for each source.
func (n *network) heard(name string, size int) {
	n.mu.Lock()
	n.packets[name]++
	tell := n.packets[name]%50 == 1
	n.mu.Unlock()
	if !tell {
		return
	}
	n.broadcast(func(k feedKind) any {
		if k != feedEvents {
			return nil
		}
		return map[string]any{"type": "audio:chunk", "timestamp": time.Now().UnixMicro(), "source_id": name, "source_name": name, "size": size}
	})
}

// caption tells every reader what was said.
func (n *network) caption(e event.Event) {
	var t event.Transcript
	switch p := e.Payload.(type) {
	case event.TranscriptionPartial:
		t = p.Transcript
	case event.TranscriptionFinal:
		t = p.Transcript
	default:
		return
	}
	n.broadcast(func(k feedKind) any {
		switch {
		case k == feedCaptions:
			return map[string]any{"type": "caption", "timestamp": e.Time.UnixMilli(), "text": t.Message, "is_final": t.IsFinal}
		case k == feedSegments:
			return map[string]any{"type": "transcription", "data": map[string]any{"text": t.Message, "segment_id": t.SegmentID, "is_revision": t.IsRevision, "is_final": t.IsFinal}}
		case t.IsFinal: // /events
			return map[string]any{"type": "audio:transcription", "timestamp": e.Time.UnixMicro(), "duration": t.Duration, "text": t.Message}
		}
		return nil
	})
}
