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
// that waits in one system call (BenchmarkFlood: 2 to 3 times the deliveries of
// melody's writer with the same messages).
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
}

// write sends what is put into the outbox, all that waits in one system call,
// until the session ends. It closes the connection.
func (s *session) write(conn net.Conn) {
	ended := sync.OnceFunc(func() { close(s.ended) })
	defer ended()
	defer conn.Close()
	ping := time.NewTicker(pingPeriod)
	defer ping.Stop()
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
			items, last := s.out.take()
			if len(items) == 0 && last == nil {
				break
			}
			if last != nil {
				items = append(items, last)
			}
			if err := writeAll(conn, items); err != nil {
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

// writeAll writes whole messages, as many together as fit.
func writeAll(conn net.Conn, items [][]byte) error {
	if len(items) == 1 {
		return writeTo(conn, items[0])
	}
	pooled := buffers.Get().(*[]byte)
	defer buffers.Put(pooled)
	buf := (*pooled)[:0]
	for _, item := range items {
		if len(buf)+len(item) > coalesce {
			if err := writeTo(conn, buf); err != nil {
				return err
			}
			buf = buf[:0]
		}
		if len(item) > coalesce {
			if err := writeTo(conn, item); err != nil {
				return err
			}
			continue
		}
		buf = append(buf, item...)
	}
	return writeTo(conn, buf)
}

// writeTo gives each piece its own time, so that a slow link is not taken for a
// client that does not read.
func writeTo(conn net.Conn, data []byte) error {
	for len(data) > 0 {
		piece := data[:min(len(data), coalesce)]
		data = data[len(piece):]
		if err := conn.SetWriteDeadline(time.Now().Add(writeWait)); err != nil {
			return err
		}
		if _, err := conn.Write(piece); err != nil {
			return err
		}
	}
	return nil
}
