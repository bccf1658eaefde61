package obs

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/andreykaipov/goobs/api"
	"github.com/andreykaipov/goobs/api/closecodes"
	"github.com/andreykaipov/goobs/api/events/subscriptions"
	"github.com/andreykaipov/goobs/api/opcodes"
	"github.com/gorilla/websocket"
)

// The link speaks obs-websocket 5 with goobs' messages, requests and answers but
// not with its client, of which these were met: one late answer blocks it and its
// Disconnect for good; one request at a time, and none at all in a batch; the
// oldest events are thrown away in silence; and a peer that says hello and hangs
// up makes it send on a closed channel, which ends the whole program.

const (
	dialTimeout     = 1500 * time.Millisecond
	identifyTimeout = 2 * time.Second
	writeTimeout    = time.Second
	maxMessage      = 64 << 20 // a screenshot of a 4K canvas as PNG has 20 MB
	eventQueue      = 1000     // a full queue loses the newest and asks for a fresh read

	opHello, opIdentify, opIdentified, opEvent = 0, 1, 2, 5
	opRequest, opResponse, opBatch, opBatchEnd = 6, 7, 8, 9
)

// link is one identified connection. Any number of requests may be on their way.
// It ends when the peer or close ends it; done is closed then and err says why.
type link struct {
	conn  *websocket.Conn
	hello opcodes.Hello
	rpc   int

	// events has what OBS sent, in its order; lost is set when the queue was full.
	events chan opcodes.Event
	lost   atomic.Bool
	heard  atomic.Int64 // when the last message came, Unix nanoseconds

	write sync.Mutex
	mu    sync.Mutex
	next  uint64
	wait  map[string]chan message
	taps  []*tap
	err   error
	done  chan struct{}
	read  chan struct{} // closed when the reader has ended
}

// message is what came for a request: an answer, or the answers to a batch.
type message struct {
	opcodes.RequestResponse
	Results []opcodes.RequestResponse `json:"results"`
}

// tap is somebody who waits for an event.
type tap struct {
	types []string
	c     chan opcodes.Event
}

// dial connects and identifies. Nothing is left behind when it fails.
func dial(ctx context.Context, url, password string) (*link, error) {
	d := websocket.Dialer{
		NetDialContext:   (&net.Dialer{Timeout: dialTimeout}).DialContext,
		HandshakeTimeout: identifyTimeout,
		Subprotocols:     []string{"obswebsocket.json"},
	}
	conn, _, err := d.DialContext(ctx, url, nil)
	if err != nil {
		return nil, err
	}
	conn.SetReadLimit(maxMessage)
	l := &link{
		conn: conn, events: make(chan opcodes.Event, eventQueue), wait: map[string]chan message{},
		done: make(chan struct{}), read: make(chan struct{}),
	}
	stop := context.AfterFunc(ctx, func() { conn.NetConn().Close() })
	err = l.identify(password)
	if !stop() || err != nil {
		conn.NetConn().Close()
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, err
	}
	go l.reader()
	return l, nil
}

func (l *link) identify(password string) error {
	deadline := time.Now().Add(identifyTimeout)
	_ = l.conn.SetReadDeadline(deadline) // a closed connection says so when it is read
	_ = l.conn.SetWriteDeadline(deadline)
	if err := l.expect(opHello, &l.hello); err != nil {
		return fmt.Errorf("wait for OBS's hello: %w", err)
	}
	id := opcodes.Identify{RPCVersion: 1, EventSubscriptions: subscriptions.All}
	if a := l.hello.Authentication; a.Challenge != "" {
		if password == "" {
			return &authError{noPassword}
		}
		id.Authentication = digest(digest(password+a.Salt) + a.Challenge)
	}
	if err := l.conn.WriteJSON(envelope{opIdentify, id}); err != nil {
		return fmt.Errorf("identify to OBS: %w", err)
	}
	var answer opcodes.Identified
	err := l.expect(opIdentified, &answer)
	if websocket.IsCloseError(err, closecodes.AuthenticationFailed) {
		return &authError{wrongPassword}
	}
	if err != nil {
		return fmt.Errorf("identify to OBS: %w", err)
	}
	l.rpc = answer.NegotiatedRPCVersion
	return l.conn.SetReadDeadline(time.Time{})
}

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base64.StdEncoding.EncodeToString(sum[:])
}

type envelope struct {
	Op int `json:"op"`
	D  any `json:"d"`
}

// expect reads the message that has to come next.
func (l *link) expect(op int, into any) error {
	var m opcodes.Message
	if err := l.conn.ReadJSON(&m); err != nil {
		return err
	}
	if m.Op != op {
		return fmt.Errorf("got message %d, want %d", m.Op, op)
	}
	return json.Unmarshal(m.D, into)
}

// reader hands out what comes until the connection ends.
func (l *link) reader() {
	defer close(l.read)
	for {
		_, data, err := l.conn.ReadMessage()
		if err != nil {
			l.close(reason(err))
			return
		}
		l.heard.Store(time.Now().UnixNano())
		if err := l.receive(data); err != nil {
			l.close(fmt.Errorf("OBS sent what is no message: %w", err))
			return
		}
	}
}

// reason says in the streamer's words why a connection ended.
func reason(err error) error {
	var c *websocket.CloseError
	switch {
	case !errors.As(err, &c):
		return err
	case c.Code == websocket.CloseGoingAway || c.Code == websocket.CloseNormalClosure:
		return errors.New("OBS closed the connection")
	case c.Code == closecodes.SessionInvalidated:
		return errors.New("OBS ended this session from its WebSocket settings")
	case c.Code == websocket.CloseAbnormalClosure:
		return errors.New("OBS is gone")
	}
	return err
}

func (l *link) receive(data []byte) error {
	var m opcodes.Message
	if err := json.Unmarshal(data, &m); err != nil {
		return err
	}
	switch m.Op {
	case opEvent:
		var e opcodes.Event
		if err := json.Unmarshal(m.D, &e); err != nil {
			return err
		}
		l.deliver(e)
	case opResponse, opBatchEnd:
		var a message
		if err := json.Unmarshal(m.D, &a); err != nil {
			return err
		}
		l.mu.Lock()
		c := l.wait[a.ID]
		delete(l.wait, a.ID)
		l.mu.Unlock()
		if c != nil { // else the answer came too late
			c <- a
		}
	}
	return nil
}

func (l *link) deliver(e opcodes.Event) {
	l.mu.Lock()
	for _, t := range l.taps {
		if slices.Contains(t.types, e.Type) {
			select {
			case t.c <- e:
			default: // who waits for one of its kind has enough
			}
		}
	}
	l.mu.Unlock()
	select {
	case l.events <- e:
	default:
		l.lost.Store(true)
	}
}

// tap passes on the next events of the given types, sixteen at most, until stop.
func (l *link) tap(types ...string) (c <-chan opcodes.Event, stop func()) {
	t := &tap{types, make(chan opcodes.Event, 16)}
	l.mu.Lock()
	l.taps = append(l.taps, t)
	l.mu.Unlock()
	return t.c, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.taps = slices.DeleteFunc(l.taps, func(o *tap) bool { return o == t })
	}
}

// close ends the link at once, whatever OBS does; the first reason stays.
func (l *link) close(why error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return
	}
	l.err = cmp.Or(why, errClosed)
	l.conn.NetConn().Close()
	close(l.done)
}

// leave says goodbye to OBS, then closes and waits for the reader.
func (l *link) leave(why error) {
	bye := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
	_ = l.conn.WriteControl(websocket.CloseMessage, bye, time.Now().Add(100*time.Millisecond)) // a courtesy
	l.close(why)
	<-l.read
}

var errClosed = errors.New("the connection was closed")

func (l *link) ended() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// roundtrip sends a message that is answered under its id.
func (l *link) roundtrip(ctx context.Context, op int, build func(id string) any) (message, error) {
	c := make(chan message, 1)
	l.mu.Lock()
	l.next++
	id := strconv.FormatUint(l.next, 10)
	if l.err != nil {
		l.mu.Unlock()
		return message{}, ErrNotConnected
	}
	l.wait[id] = c
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		delete(l.wait, id)
		l.mu.Unlock()
	}()
	data, err := json.Marshal(envelope{op, build(id)})
	if err != nil {
		return message{}, fmt.Errorf("encode request for OBS: %w", err)
	}
	l.write.Lock()
	_ = l.conn.SetWriteDeadline(time.Now().Add(writeTimeout)) // the write itself reports
	err = l.conn.WriteMessage(websocket.TextMessage, data)
	l.write.Unlock()
	if err != nil {
		l.close(fmt.Errorf("write to OBS: %w", err))
		return message{}, ErrNotConnected
	}
	select {
	case m := <-c:
		return m, nil
	case <-l.done:
		return message{}, ErrNotConnected
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return message{}, ErrTimeout
		}
		return message{}, ctx.Err()
	}
}

// request asks OBS one thing and gives the answer's data.
func (l *link) request(ctx context.Context, name string, params any) (json.RawMessage, error) {
	m, err := l.roundtrip(ctx, opRequest, func(id string) any { return opcodes.Request{Type: name, ID: id, Data: params} })
	if err != nil {
		return nil, err
	}
	if m.Status.Code != statusOK {
		return nil, refused(name, m.Status)
	}
	return m.Data, nil
}

// call is request for goobs' typed requests and answers.
func call[R any](ctx context.Context, l *link, params api.Params) (R, error) {
	var r R
	data, err := l.request(ctx, params.GetRequestName(), params)
	if err == nil && len(data) > 0 {
		if err = json.Unmarshal(data, &r); err != nil {
			err = fmt.Errorf("OBS's answer to %s: %w", params.GetRequestName(), err)
		}
	}
	return r, err
}

// Request is one request of a batch.
type Request struct {
	Type string `json:"type"`
	Data any    `json:"data,omitempty"`
}

// Result is OBS's answer to one request of a batch.
type Result struct {
	Type string          `json:"type"`
	OK   bool            `json:"ok"`
	Data json.RawMessage `json:"data,omitempty"`
	// Code and Comment say why it was refused.
	Code    int    `json:"code"`
	Comment string `json:"comment,omitempty"`
}

// into decodes the data of a result; a refused one is the error.
func (r Result) into(v any) error {
	if !r.OK {
		return refused(r.Type, opcodes.RequestResponseStatus{Code: r.Code, Comment: r.Comment})
	}
	if len(r.Data) == 0 {
		return nil
	}
	return json.Unmarshal(r.Data, v)
}

// batch asks several things in one message; OBS carries them out in order. With
// halt the first that is refused is the last.
func (l *link) batch(ctx context.Context, halt bool, requests []Request) ([]Result, error) {
	type one struct {
		Type string `json:"requestType"`
		Data any    `json:"requestData,omitempty"`
	}
	list := make([]one, len(requests))
	for i, r := range requests {
		list[i] = one(r)
	}
	m, err := l.roundtrip(ctx, opBatch, func(id string) any {
		return struct {
			ID       string `json:"requestId"`
			Halt     bool   `json:"haltOnFailure"`
			Requests []one  `json:"requests"`
		}{id, halt, list}
	})
	if err != nil {
		return nil, err
	}
	results := make([]Result, len(m.Results))
	for i, r := range m.Results {
		results[i] = Result{Type: r.Type, OK: r.Status.Code == statusOK, Data: r.Data, Code: r.Status.Code, Comment: r.Status.Comment}
	}
	if !halt && len(results) != len(requests) {
		return nil, fmt.Errorf("OBS answered %d of %d requests", len(results), len(requests))
	}
	return results, nil
}
