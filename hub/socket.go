package hub

import (
	"errors"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/olahol/melody"
)

const (
	writeWait  = 2 * time.Second  // a client that takes nothing for so long is closed
	idleWait   = 90 * time.Second // and one that says nothing, not even pong
	pingPeriod = 30 * time.Second
	maxMessage = 128 << 10 // bytes of one message from a client: a transcript may have 10,000 characters
	maxClients = 1000
	coalesce   = 64 << 10 // bytes that one system call writes
)

// newMelody sets up the WebSocket library, which is known to this file only. It
// shakes hands and reads; compression stays off.
//
// It does not write: its writer makes one system call a message, keeps no order
// of importance, and a session whose buffer is full loses the newest message
// and lives on until a write has blocked for WriteWait; closing it from the error
// handler recurses without end. The session's own writer sends everything
// that waits in one system call. Measured on two shared cores with 100 clients
// (BenchmarkFlood): 4.7 times the deliveries of melody's writer for a sixth of
// the CPU each, 12 times with batching; unsaturated (BenchmarkFanout) no later
// than melody's and 1.3 times bare TCP writes.
func (h *Hub) newMelody() *melody.Melody {
	m := melody.New()
	m.Config.MaxMessageSize = maxMessage
	m.Config.WriteWait = writeWait
	m.Config.PongWait = idleWait
	m.Config.PingPeriod = 1 << 62 // the session's writer pings: two writers would mix their bytes
	m.Config.MessageBufferSize = 1
	m.Upgrader.CheckOrigin = h.originAllowed
	m.Upgrader.HandshakeTimeout = 5 * time.Second
	m.HandleConnect(func(ms *melody.Session) { h.connected(sessionOf(ms), ms) })
	m.HandleMessage(func(ms *melody.Session, data []byte) {
		ms.WebsocketConnection().SetReadDeadline(time.Now().Add(idleWait))
		h.receive(sessionOf(ms), data)
	})
	m.HandleMessageBinary(func(ms *melody.Session, data []byte) { h.receiveBinary(sessionOf(ms)) })
	m.HandleClose(func(ms *melody.Session, code int, _ string) error {
		s := sessionOf(ms)
		if code == melody.CloseNoStatusReceived {
			code = melody.CloseNormalClosure
		}
		s.out.end(closeMessage(code, ""))
		select { // melody closes the connection when this returns
		case <-s.ended:
		case <-time.After(time.Second):
		}
		return nil
	})
	return m
}

func sessionOf(ms *melody.Session) *session { return ms.Keys["session"].(*session) }

// serveSocket upgrades one client at /socket/websocket and returns when it is
// gone.
func (h *Hub) serveSocket(w http.ResponseWriter, r *http.Request) {
	s := newSession(r, h.o.Build)
	if err := h.add(s); err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	defer h.remove(s)
	// A refused upgrade has had its answer; a lost connection needs none.
	_ = h.melody.HandleRequestWithKeys(w, r, map[string]any{"session": s})
	s.cancel()
	s.work.Wait()
}

// connected runs before anything is read from the client.
func (h *Hub) connected(s *session, ms *melody.Session) {
	ws := ms.WebsocketConnection()
	ws.SetPingHandler(func(data string) error {
		ws.SetReadDeadline(time.Now().Add(idleWait))
		s.out.put(control(opPong, []byte(data)))
		return nil
	})
	s.work.Go(func() { s.write(ws.NetConn()) })
	h.log.Debug("client connected", "client", s.id, "page", s.page, "environment", s.environment, "address", s.address, "correlation_id", string(s.correlation))
}

// write sends what is put into the outbox, all that waits in one system call,
// until the session ends. It closes the connection.
func (s *session) write(conn net.Conn) {
	ended := sync.OnceFunc(func() { close(s.ended) })
	defer ended()
	defer conn.Close()
	ping := time.NewTicker(pingPeriod)
	defer ping.Stop()
	w := writer{conn: conn}
	var items [][]byte
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-ping.C:
			s.out.put(control(opPing, nil))
			continue
		case <-s.out.bell:
		}
		for {
			var last []byte
			if cap(items) > outboxMessages { // of a resume: not kept
				items = nil
			}
			if items, last = s.out.take(items); len(items) == 0 && last == nil {
				break
			}
			if last != nil {
				items = append(items, last)
			}
			if err := w.all(items); err != nil {
				var ne net.Error
				if errors.As(err, &ne) && ne.Timeout() {
					s.out.stop()
				}
				if tcp, ok := conn.(*net.TCPConn); ok {
					tcp.SetLinger(0) // what it did not read is not kept for it
				}
				return
			}
			if last != nil {
				ended()
				s.linger(conn)
				return
			}
		}
	}
}

// linger waits until the client has answered the close message. A connection
// that is closed with unread bytes in it is reset, and the code would be lost.
func (s *session) linger(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.CloseWrite()
	}
	conn.SetReadDeadline(time.Now().Add(time.Second))
	select {
	case <-s.ctx.Done():
	case <-time.After(time.Second):
	}
}

var buffers = sync.Pool{New: func() any { b := make([]byte, 0, coalesce); return &b }}

// writer writes to a connection and keeps its deadline ahead.
type writer struct {
	conn net.Conn
	set  time.Time // when the deadline was set
}

// all writes whole messages, as many together as fit.
func (w *writer) all(items [][]byte) error {
	if len(items) == 1 {
		return w.one(items[0])
	}
	pooled := buffers.Get().(*[]byte)
	defer buffers.Put(pooled)
	buf := (*pooled)[:0]
	for _, item := range items {
		if len(buf)+len(item) > coalesce {
			if err := w.one(buf); err != nil {
				return err
			}
			buf = buf[:0]
		}
		if len(item) > coalesce {
			if err := w.one(item); err != nil {
				return err
			}
			continue
		}
		buf = append(buf, item...)
	}
	return w.one(buf)
}

// one gives each piece its own time, so that a slow link is not taken for a
// client that does not read. The deadline is moved at most four times in
// writeWait: setting it costs a tenth of a small write.
func (w *writer) one(data []byte) error {
	for len(data) > 0 {
		piece := data[:min(len(data), coalesce)]
		data = data[len(piece):]
		if now := time.Now(); now.Sub(w.set) > writeWait/4 {
			if err := w.conn.SetWriteDeadline(now.Add(writeWait + writeWait/4)); err != nil {
				return err
			}
			w.set = now
		}
		if _, err := w.conn.Write(piece); err != nil {
			return err
		}
	}
	return nil
}
