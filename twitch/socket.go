package twitch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

// keepalive is what is asked of Twitch: a keepalive wherever nothing else came for
// ten seconds. Silence of 1.4 times that is deafness, so that it is said within
// fifteen seconds.
const keepalive = 10 * time.Second

func silenceLimit(keepalive time.Duration) time.Duration { return keepalive * 14 / 10 }

// maxMessage bounds a message on the socket. Twitch's largest are some kilobytes;
// a larger one ends the connection, which is then made anew.
const maxMessage = 1 << 20

// socket is one connection to EventSub.
type socket interface {
	// Read gives the next message; only one may read.
	Read(ctx context.Context) ([]byte, error)
	// Close says goodbye, and does not wait long.
	Close()
}

// dialer opens a connection; heard is called for each sign of life that is no
// message.
type dialer func(ctx context.Context, address string, heard func()) (socket, error)

// wire is one connection with its reader.
type wire struct {
	socket
	heard atomic.Int64 // when something came last, in nanoseconds since 1970
	ready bool         // its welcome has come
	gone  bool         // its reader has ended
}

func (w *wire) touch() { w.heard.Store(time.Now().UnixNano()) }

// silent is how long nothing has come.
func (w *wire) silent() time.Duration { return time.Since(time.Unix(0, w.heard.Load())) }

// inbound is what a reader hands to the session.
type inbound struct {
	wire *wire
	data []byte
	err  error
}

// dialTries is how often a handshake that is refused is tried again at once:
// Twitch's edge sometimes answers one with 400.
const dialTries = 3

// dialWebSocket is the dialer of the real EventSub.
func dialWebSocket(ctx context.Context, address string, heard func()) (socket, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	var err error
	for range dialTries {
		var c *websocket.Conn
		var resp *http.Response
		c, resp, err = websocket.Dial(ctx, address, &websocket.DialOptions{
			CompressionMode: websocket.CompressionDisabled,
			OnPingReceived:  func(context.Context, []byte) bool { heard(); return true },
		})
		if err == nil {
			c.SetReadLimit(maxMessage)
			return &webSocket{c}, nil
		}
		if resp == nil || resp.StatusCode != http.StatusBadRequest {
			break
		}
	}
	return nil, fmt.Errorf("connect to EventSub: %w", withoutURL(err))
}

type webSocket struct{ conn *websocket.Conn }

func (w *webSocket) Read(ctx context.Context) ([]byte, error) {
	_, data, err := w.conn.Read(ctx)
	return data, err
}

// Close does not wait for the answer: coder's Close would, for five seconds.
func (w *webSocket) Close() {
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = w.conn.Close(websocket.StatusNormalClosure, "") // the connection ends either way
	}()
	select {
	case <-done:
	case <-time.After(time.Second):
		_ = w.conn.CloseNow()
		<-done
	}
}

// withKeepalive asks for keepalives where the address does not say itself.
func withKeepalive(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	q := u.Query()
	if !q.Has("keepalive_timeout_seconds") {
		q.Set("keepalive_timeout_seconds", strconv.Itoa(int(keepalive/time.Second)))
		u.RawQuery = q.Encode()
	}
	return u.String()
}

// closeReasons says what Twitch's close codes mean.
var closeReasons = map[websocket.StatusCode]string{
	4000: "Twitch had an internal error (4000)",
	4001: "Twitch says that we sent something, which nobody may (4001)",
	4002: "Twitch got no answer to its pings (4002)",
	4003: "nothing was subscribed to in time (4003)",
	4004: "the move to another address came too late (4004)",
	4005: "Twitch's network timed out (4005)",
	4006: "Twitch had a network error (4006)",
	4007: "the address to move to was not valid (4007)",
}

// lossReason says why a connection ended.
func lossReason(err error) string {
	if reason, ok := closeReasons[websocket.CloseStatus(err)]; ok {
		return reason
	}
	if code := websocket.CloseStatus(err); code >= 0 {
		return fmt.Sprintf("Twitch closed the connection (%d)", code)
	}
	var root error = err
	for u := errors.Unwrap(root); u != nil; u = errors.Unwrap(root) {
		root = u
	}
	return "the connection broke: " + root.Error()
}
