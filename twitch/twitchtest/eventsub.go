package twitchtest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// session is one EventSub session; conn changes when it moves.
type session struct {
	id   string
	conn *client
	subs map[string]subscription // by type
}

type subscription struct {
	ID        string            `json:"id"`
	Status    string            `json:"status"`
	Type      string            `json:"type"`
	Version   string            `json:"version"`
	Condition map[string]string `json:"condition"`
	Cost      int               `json:"cost"`
}

// client is one connection. Its messages go out in the order in which they are
// queued.
type client struct {
	ws   *websocket.Conn
	out  chan []byte
	done chan struct{}
	once sync.Once
	code websocket.StatusCode // set before done is closed; 0 cuts
}

func (c *client) send(data []byte) {
	select {
	case c.out <- data:
	case <-c.done:
	}
}

func (c *client) end(code websocket.StatusCode) {
	c.once.Do(func() {
		c.code = code
		close(c.done)
	})
}

func envelope(kind, id string, payload any) []byte {
	b, _ := json.Marshal(map[string]any{
		"metadata": map[string]any{"message_id": id, "message_type": kind, "message_timestamp": time.Now().UTC().Format(time.RFC3339Nano)},
		"payload":  payload,
	})
	return b
}

func (f *Twitch) id(prefix string) string {
	f.next++
	return fmt.Sprintf("%s-%d", prefix, f.next)
}

func (f *Twitch) serveWS(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	if f.badShakes > 0 {
		f.badShakes--
		f.mu.Unlock()
		http.Error(w, "bad request", http.StatusBadRequest)
		return
	}
	f.mu.Unlock()
	ws, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	c := &client{ws: ws, out: make(chan []byte, 4096), done: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() { // a client may send nothing but pongs
		if _, _, err := ws.Read(ctx); err == nil {
			c.end(4001)
			return
		}
		cancel()
	}()

	f.mu.Lock()
	move := r.URL.Query().Get("reconnect_id")
	s := f.moves[move]
	switch {
	case move != "" && s == nil:
		f.mu.Unlock()
		ws.Close(4007, "")
		return
	case s != nil:
		delete(f.moves, move)
	default:
		s = &session{id: f.id("session"), subs: map[string]subscription{}}
	}
	old := s.conn
	c.send(envelope("session_welcome", f.id("welcome"), map[string]any{"session": map[string]any{
		"id": s.id, "status": "connected", "keepalive_timeout_seconds": max(int(f.keepalive.Seconds()), 1), "reconnect_url": nil, "connected_at": time.Now().UTC(),
	}}))
	s.conn = c
	f.sessions[s.id] = s
	keepalive, unusedAt := f.keepalive, f.unusedAt
	f.mu.Unlock()
	if old != nil { // as Twitch does, some time later
		time.AfterFunc(3*time.Second, func() { old.end(4004) })
	}

	idle := time.NewTimer(keepalive)
	unused := time.NewTimer(unusedAt)
	defer idle.Stop()
	defer unused.Stop()
	for {
		select {
		case data := <-c.out:
			if err := ws.Write(ctx, websocket.MessageText, data); err != nil {
				c.end(0)
				return
			}
			idle.Reset(keepalive)
		case <-idle.C:
			f.mu.Lock()
			mute := f.mute
			id := f.id("keepalive")
			f.mu.Unlock()
			if !mute {
				c.send(envelope("session_keepalive", id, map[string]any{}))
			}
			idle.Reset(keepalive)
		case <-unused.C:
			f.mu.Lock()
			none := len(s.subs) == 0
			f.mu.Unlock()
			if none {
				c.end(4003)
			}
		case <-c.done:
			if c.code == 0 {
				ws.CloseNow()
			} else {
				ws.Close(c.code, "")
			}
			return
		case <-ctx.Done():
			c.end(0)
			f.mu.Lock()
			if s.conn == c {
				delete(f.sessions, s.id)
			}
			f.mu.Unlock()
			return
		}
	}
}

var scopeOf = map[string]string{
	"channel.follow": "moderator:read:followers", "channel.chat.message": "user:read:chat", "channel.cheer": "bits:read",
	"channel.subscribe": "channel:read:subscriptions",
}

// subscribe makes a subscription. The lock is held.
func (f *Twitch) subscribe(w http.ResponseWriter, g *grant, body []byte) {
	var in struct {
		subscription
		Transport struct {
			Method    string `json:"method"`
			SessionID string `json:"session_id"`
		} `json:"transport"`
	}
	refuse := func(status int, message string) {
		f.answer(w, status, map[string]any{"error": http.StatusText(status), "status": status, "message": message})
	}
	if err := json.Unmarshal(body, &in); err != nil || in.Transport.Method != "websocket" {
		refuse(400, "bad request")
		return
	}
	s := f.sessions[in.Transport.SessionID]
	if s == nil {
		refuse(400, "websocket transport session does not exist or has already disconnected")
		return
	}
	for _, id := range in.Condition {
		if id != UserID {
			refuse(403, "subscription missing proper authorization")
			return
		}
	}
	if scope := scopeOf[in.Type]; scope != "" && !slices.Contains(g.scopes, scope) {
		refuse(403, "subscription missing proper authorization")
		return
	}
	if _, there := s.subs[in.Type]; there {
		refuse(409, "subscription already exists")
		return
	}
	in.subscription.ID, in.Status = f.id("sub"), "enabled"
	s.subs[in.Type] = in.subscription
	f.answer(w, http.StatusAccepted, map[string]any{"data": []any{in.subscription}, "total": len(s.subs), "total_cost": 0, "max_total_cost": 10})
}

// Subscribed lists the types that a session is subscribed to, in order.
func (f *Twitch) Subscribed() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var list []string
	for _, s := range f.sessions {
		for kind := range s.subs {
			list = append(list, kind)
		}
	}
	slices.Sort(list)
	return list
}

// Sessions is how many sessions are connected.
func (f *Twitch) Sessions() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.sessions)
}

// Notify sends a notification to every session that subscribed to its type and
// returns its id. The event is a JSON object.
func (f *Twitch) Notify(kind, object string) string {
	f.mu.Lock()
	id := f.id("message")
	f.mu.Unlock()
	f.NotifyAs(id, kind, object, time.Now())
	return id
}

// NotifyAs is Notify with an id and a time of its own: an id that was sent
// before is a repeat.
func (f *Twitch) NotifyAs(id, kind, object string, at time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.sessions {
		sub, ok := s.subs[kind]
		if !ok {
			continue
		}
		b, _ := json.Marshal(sub)
		s.conn.send(fmt.Appendf(nil, `{"metadata":{"message_id":%q,"message_type":"notification","message_timestamp":%q,"subscription_type":%q,"subscription_version":%q},"payload":{"subscription":%s,"event":%s}}`,
			id, at.UTC().Format(time.RFC3339Nano), kind, sub.Version, b, object))
	}
}

// Send sends any text to every session.
func (f *Twitch) Send(text string) {
	for _, c := range f.clients() {
		c.send([]byte(text))
	}
}

func (f *Twitch) clients() (list []*client) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.sessions {
		list = append(list, s.conn)
	}
	return list
}

// Move tells every session to move to another address.
func (f *Twitch) Move() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.sessions {
		move := f.id("move") + "+/=" // must come back as it was given
		f.moves[move] = s
		address := f.EventSubURL() + "?reconnect_id=" + strings.NewReplacer("+", "%2B", "/", "%2F", "=", "%3D").Replace(move)
		s.conn.send(envelope("session_reconnect", f.id("reconnect"), map[string]any{"session": map[string]any{
			"id": s.id, "status": "reconnecting", "keepalive_timeout_seconds": nil, "reconnect_url": address, "connected_at": time.Now().UTC(),
		}}))
	}
}

// MoveTo tells every session to move to an address of any kind.
func (f *Twitch) MoveTo(address string) {
	f.mu.Lock()
	id := f.id("reconnect")
	f.mu.Unlock()
	f.Send(string(envelope("session_reconnect", id, map[string]any{"session": map[string]any{"id": "x", "reconnect_url": address}})))
}

// Revoke takes a subscription away.
func (f *Twitch) Revoke(kind, status string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.sessions {
		sub, ok := s.subs[kind]
		if !ok {
			continue
		}
		delete(s.subs, kind)
		sub.Status = status
		s.conn.send(envelope("revocation", f.id("revocation"), map[string]any{"subscription": sub}))
	}
}

// CloseAll closes every session with a code.
func (f *Twitch) CloseAll(code int) { f.endAll(websocket.StatusCode(code)) }

// Drop cuts every connection without a word.
func (f *Twitch) Drop() { f.endAll(0) }

func (f *Twitch) endAll(code websocket.StatusCode) {
	f.mu.Lock()
	var list []*client
	for id, s := range f.sessions {
		list = append(list, s.conn)
		delete(f.sessions, id)
	}
	f.mu.Unlock()
	for _, c := range list {
		c.end(code)
	}
}

// Mute stops keepalives, as a connection that has died unnoticed does, or lets
// them begin again.
func (f *Twitch) Mute(mute bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mute = mute
}

// RefuseHandshakes answers the next so many handshakes with 400.
func (f *Twitch) RefuseHandshakes(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.badShakes = n
}
