// Package obstest is an OBS to test against: obs-websocket 5 on a real socket,
// with scenes, inputs, outputs and what Debian's OBS lacks (browser sources,
// chapters), and with faults to choose: it can reset, hang, answer late, close
// and send nonsense.
package obstest

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

const (
	salt      = "lM1GncleQOaCu9lT1yeUZhFYnqhsLLP1G5lAGo3ixaI="
	challenge = "+IxH4CnCiqpX1rM9scsNynZzbOe4KhDeYcTNS3PDaeY="
)

// Server is one OBS. All methods may be called from any goroutine.
type Server struct {
	listener net.Listener
	http     *http.Server
	wg       sync.WaitGroup

	mu       sync.Mutex
	conns    map[*peer]struct{}
	password string
	dials    int
	log      []Call
	news     chan struct{} // closed at the next call
	// faults
	hang, silentHello, helloOnly bool
	late                         time.Duration
	refuse                       map[string]Refusal

	world
}

// Call is a request that the server got.
type Call struct {
	Type string
	Data map[string]any
}

// Refusal is a no to a request.
type Refusal struct {
	Code    int
	Comment string
}

func (r Refusal) Error() string { return r.Comment }

// Start starts an OBS on a port of 127.0.0.1 that ends with the test. An empty
// password means no authentication.
func Start(t testing.TB, password string) *Server {
	t.Helper()
	s, err := listen("127.0.0.1:0", password)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// Restart is another OBS at the address of one that was closed.
func Restart(t testing.TB, old *Server) *Server {
	t.Helper()
	s, err := listen(old.listener.Addr().String(), old.password)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func listen(address, password string) (*Server, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	s := &Server{listener: l, password: password, conns: map[*peer]struct{}{}, news: make(chan struct{}), refuse: map[string]Refusal{}, world: newWorld()}
	s.http = &http.Server{Handler: http.HandlerFunc(s.serve), ReadHeaderTimeout: 5 * time.Second}
	s.wg.Go(func() { _ = s.http.Serve(l) }) // ends with Close
	return s, nil
}

// URL is where it listens.
func (s *Server) URL() string { return "ws://" + s.listener.Addr().String() }

// Close ends it as a closed OBS ends: every connection with a goodbye.
func (s *Server) Close() {
	s.each(func(p *peer) { p.bye(websocket.CloseGoingAway, "") })
	s.http.Close()
	s.each(func(p *peer) { p.conn.Close() })
	s.wg.Wait()
}

// Reset cuts every connection without a goodbye.
func (s *Server) Reset() {
	s.each(func(p *peer) {
		if tcp, ok := p.conn.NetConn().(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		p.conn.NetConn().Close()
	})
}

// Hang stops answering while connections stay open, as a modal dialog does; what
// came meanwhile is answered when it is set back.
func (s *Server) Hang(on bool) {
	s.mu.Lock()
	s.hang = on
	s.mu.Unlock()
	if !on {
		s.each(func(p *peer) { p.catchUp() })
	}
}

// SilentHello accepts connections and says nothing; HelloOnly says hello and hangs up.
func (s *Server) SilentHello(on bool) { s.mu.Lock(); defer s.mu.Unlock(); s.silentHello = on }

// HelloOnly says hello and hangs up at once.
func (s *Server) HelloOnly(on bool) { s.mu.Lock(); defer s.mu.Unlock(); s.helloOnly = on }

// Late answers each request so much later.
func (s *Server) Late(d time.Duration) { s.mu.Lock(); defer s.mu.Unlock(); s.late = d }

// Refuse says no to a type of request; code 0 takes that back.
func (s *Server) Refuse(request string, code int, comment string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if code == 0 {
		delete(s.refuse, request)
		return
	}
	s.refuse[request] = Refusal{code, comment}
}

// SetPassword changes the password for connections to come.
func (s *Server) SetPassword(password string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.password = password
}

// Dials counts connections that were opened.
func (s *Server) Dials() int { s.mu.Lock(); defer s.mu.Unlock(); return s.dials }

// Connections counts those that are open.
func (s *Server) Connections() int { s.mu.Lock(); defer s.mu.Unlock(); return len(s.conns) }

// Calls are the requests of a type that came so far.
func (s *Server) Calls(request string) (list []Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.log {
		if c.Type == request {
			list = append(list, c)
		}
	}
	return list
}

// Wait waits for the nth request of a type.
func (s *Server) Wait(t testing.TB, request string, n int) Call {
	t.Helper()
	end := time.After(10 * time.Second)
	for {
		s.mu.Lock()
		news := s.news
		s.mu.Unlock()
		if calls := s.Calls(request); len(calls) >= n {
			return calls[n-1]
		}
		select {
		case <-news:
		case <-end:
			t.Fatalf("got %d requests %s, want %d", len(s.Calls(request)), request, n)
		}
	}
}

// Emit sends an event to all.
func (s *Server) Emit(event string, data any) {
	s.each(func(p *peer) { p.event(event, data) })
}

// Raw sends any text to all.
func (s *Server) Raw(text string) {
	s.each(func(p *peer) { p.write([]byte(text)) })
}

func (s *Server) each(f func(*peer)) {
	s.mu.Lock()
	var list []*peer
	for p := range s.conns {
		list = append(list, p)
	}
	s.mu.Unlock()
	for _, p := range list {
		f(p)
	}
}

// peer is one connection.
type peer struct {
	s    *Server
	conn *websocket.Conn
	mu   sync.Mutex
	held [][]byte // while the server hangs
}

func (p *peer) write(data []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.s.hanging() {
		p.held = append(p.held, data)
		return
	}
	_ = p.conn.WriteMessage(websocket.TextMessage, data) // a peer that went is seen by the reader
}

func (p *peer) catchUp() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, data := range p.held {
		_ = p.conn.WriteMessage(websocket.TextMessage, data)
	}
	p.held = nil
}

func (s *Server) hanging() bool { s.mu.Lock(); defer s.mu.Unlock(); return s.hang }

func (p *peer) send(op int, d any) {
	data, err := json.Marshal(map[string]any{"op": op, "d": d})
	if err != nil {
		panic(err) // a fault in this package
	}
	p.write(data)
}

func (p *peer) event(name string, data any) {
	p.send(5, map[string]any{"eventType": name, "eventIntent": 1, "eventData": data})
}

func (p *peer) bye(code int, text string) {
	_ = p.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, text), time.Now().Add(time.Second))
}

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	s.wg.Add(1)
	defer s.wg.Done()
	up := websocket.Upgrader{Subprotocols: []string{"obswebsocket.json"}, CheckOrigin: func(*http.Request) bool { return true }}
	conn, err := up.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer conn.Close()
	p := &peer{s: s, conn: conn}
	s.mu.Lock()
	s.dials++
	s.conns[p] = struct{}{}
	password, silent, helloOnly := s.password, s.silentHello, s.helloOnly
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.conns, p)
		s.mu.Unlock()
	}()
	if silent {
		_, _, _ = conn.ReadMessage() // until the other gives up
		return
	}
	hello := map[string]any{"obsWebSocketVersion": "5.6.3", "rpcVersion": 1}
	if password != "" {
		hello["authentication"] = map[string]any{"challenge": challenge, "salt": salt}
	}
	p.send(0, hello)
	if helloOnly {
		return
	}
	identified := false
	var late sync.WaitGroup
	defer late.Wait()
	for {
		var m struct {
			Op int             `json:"op"`
			D  json.RawMessage `json:"d"`
		}
		if err := conn.ReadJSON(&m); err != nil {
			return
		}
		switch {
		case m.Op == 1:
			var id struct{ Authentication string }
			_ = json.Unmarshal(m.D, &id)
			if password != "" && id.Authentication != digest(digest(password+salt)+challenge) {
				p.bye(4009, "Authentication failed.")
				return
			}
			identified = true
			p.send(2, map[string]any{"negotiatedRpcVersion": 1})
		case !identified:
			p.bye(4007, "You attempted to send a non-Identify message before identifying.")
			return
		case m.Op == 6 || m.Op == 8:
			s.mu.Lock()
			wait := s.late
			s.mu.Unlock()
			if wait == 0 {
				p.handle(m.Op, m.D)
				continue
			}
			late.Go(func() {
				time.Sleep(wait) // the fault that was asked for
				p.handle(m.Op, m.D)
			})
		default:
			p.bye(4006, "Unknown OpCode.")
			return
		}
	}
}

type request struct {
	Type string         `json:"requestType"`
	ID   string         `json:"requestId"`
	Data map[string]any `json:"requestData"`
}

func (p *peer) handle(op int, d json.RawMessage) {
	if op == 6 {
		var r request
		_ = json.Unmarshal(d, &r)
		answer, events := p.s.answer(r)
		p.send(7, answer)
		p.s.emitAll(events)
		return
	}
	var b struct {
		ID       string `json:"requestId"`
		Halt     bool   `json:"haltOnFailure"`
		Requests []request
	}
	_ = json.Unmarshal(d, &b)
	results, all := []any{}, []emitted{}
	for _, r := range b.Requests {
		answer, events := p.s.answer(r)
		delete(answer, "requestId")
		results = append(results, answer)
		all = append(all, events...)
		if b.Halt && !answer["requestStatus"].(map[string]any)["result"].(bool) {
			break
		}
	}
	p.send(9, map[string]any{"requestId": b.ID, "results": results})
	p.s.emitAll(all)
}

func (s *Server) emitAll(events []emitted) {
	for _, e := range events {
		s.Emit(e.name, e.data)
	}
}

func (s *Server) answer(r request) (map[string]any, []emitted) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = append(s.log, Call{r.Type, r.Data})
	if len(s.log) > 10_000 {
		s.log = slices.Delete(s.log, 0, 5_000)
	}
	close(s.news)
	s.news = make(chan struct{})
	var data any
	err, refused := error(nil), Refusal{}
	s.events = nil
	if refused, ok := s.refuse[r.Type]; ok {
		err = refused
	} else {
		data, err = s.world.do(r.Type, r.Data)
	}
	status := map[string]any{"result": true, "code": 100}
	if err != nil {
		refused = err.(Refusal)
		status = map[string]any{"result": false, "code": refused.Code, "comment": refused.Comment}
	}
	a := map[string]any{"requestType": r.Type, "requestId": r.ID, "requestStatus": status}
	if data != nil {
		a["responseData"] = data
	}
	return a, s.events
}

func no(code int, format string, args ...any) error {
	return Refusal{code, fmt.Sprintf(format, args...)}
}
