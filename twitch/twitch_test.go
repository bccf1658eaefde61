package twitch

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"landale/event"
	"landale/twitch/twitchtest"
)

// rig is the part beside a fake Twitch. What it publishes goes through a real
// Bus.
type rig struct {
	tb   testing.TB
	fake *twitchtest.Twitch
	t    *Twitch
	dir  string
	log  *lockedBuffer
	bus  *event.Bus

	mu     sync.Mutex
	events []event.Event
	seen   chan struct{} // closed and replaced at each event
	stop   context.CancelFunc
	done   chan struct{}
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func newRig(tb testing.TB, fake *twitchtest.Twitch, dir string) *rig {
	tb.Helper()
	r := &rig{tb: tb, fake: fake, dir: dir, log: &lockedBuffer{}, bus: event.NewBus(0), seen: make(chan struct{})}
	cfg := DefaultConfig()
	cfg.ClientID = twitchtest.ClientID
	cfg.EventSubURL, cfg.HelixURL, cfg.OAuthURL = fake.EventSubURL(), fake.HelixURL(), fake.OAuthURL()
	e := fake.EmotesURL()
	r.t = New(cfg, Options{
		Publish: func(ev event.Event) bool {
			ev, fresh := r.bus.Publish(ev)
			if fresh {
				r.mu.Lock()
				r.events = append(r.events, ev)
				close(r.seen)
				r.seen = make(chan struct{})
				r.mu.Unlock()
			}
			return fresh
		},
		Dir:        dir,
		Log:        slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		EmoteHosts: EmoteHosts{TwitchCDN: e + "/cdn/twitch", BTTV: e + "/bttv", BTTVCDN: e + "/cdn/bttv", FFZ: e + "/ffz", SevenTV: e + "/7tv", SevenTVCDN: e + "/cdn/7tv"},
	})
	r.t.pollFloor = 20 * time.Millisecond
	tb.Cleanup(func() {
		r.halt()
		if tb.Failed() {
			tb.Logf("log:\n%s", r.log)
		}
	})
	return r
}

// start runs the part; the owner is signed in.
func (r *rig) start() *rig {
	r.tb.Helper()
	if err := r.t.UploadToken(r.tb.Context(), r.fake.Token()); err != nil {
		r.tb.Fatal(err)
	}
	return r.serve()
}

func (r *rig) serve() *rig {
	ctx, stop := context.WithCancel(context.Background())
	r.stop, r.done = stop, make(chan struct{})
	go func() {
		defer close(r.done)
		r.t.Serve(ctx)
	}()
	return r
}

func (r *rig) halt() {
	if r.stop != nil {
		r.stop()
		<-r.done
		r.stop = nil
	}
}

// until waits for a condition, which is looked at when an event comes and every
// few milliseconds.
func (r *rig) until(within time.Duration, what string, ok func() bool) {
	r.tb.Helper()
	end := time.After(within)
	for !ok() {
		r.mu.Lock()
		seen := r.seen
		r.mu.Unlock()
		select {
		case <-seen:
		case <-time.After(5 * time.Millisecond):
		case <-end:
			r.tb.Fatalf("waited %v for %s; status %+v", within, what, r.t.Status())
		}
	}
}

func (r *rig) running() *rig {
	r.tb.Helper()
	r.until(20*time.Second, "running", func() bool { return r.t.Status().State == event.Running })
	return r
}

// all are the published events of a type.
func (r *rig) all(kind event.Type) (list []event.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, ev := range r.events {
		if ev.Type == kind {
			list = append(list, ev)
		}
	}
	return list
}

func chatLine(n int) string {
	return fmt.Sprintf(`{"broadcaster_user_id":"38981465","broadcaster_user_login":"avalonstar","broadcaster_user_name":"A","chatter_user_id":"2","chatter_user_login":"b","chatter_user_name":"B","message_id":"line-%d","message":{"text":"line %d","fragments":[{"type":"text","text":"line %d"}]},"color":"","badges":[],"message_type":"text"}`, n, n, n)
}

func followBy(n int, at time.Time) string {
	return fmt.Sprintf(`{"user_id":"%d","user_login":"u%d","user_name":"U%d","broadcaster_user_id":"38981465","broadcaster_user_login":"avalonstar","broadcaster_user_name":"A","followed_at":%q}`, n, n, n, at.UTC().Format(time.RFC3339Nano))
}

func TestSubscribesToEverythingCriticalFirst(t *testing.T) {
	r := newRig(t, twitchtest.New(t), t.TempDir()).start().running()
	if got := len(r.fake.Subscribed()); got != len(wanted) {
		t.Errorf("%d subscriptions, want %d", got, len(wanted))
	}
	var order []string
	for _, b := range r.fake.Bodies("/eventsub/subscriptions") {
		var in struct {
			Type, Version string
			Condition     map[string]string
		}
		json.Unmarshal(b, &in)
		order = append(order, in.Type)
		for i, w := range wanted {
			if string(w.kind) == in.Type && (in.Version != wanted[i].version || len(in.Condition) != len(w.condition)) {
				t.Errorf("%s: version %s, condition %v", in.Type, in.Version, in.Condition)
			}
		}
	}
	for _, w := range wanted[:5] {
		if !slices.Contains(order[:5], string(w.kind)) {
			t.Errorf("%s is not among the first five: %v", w.kind, order[:5])
		}
	}
	id := r.fake.Notify("channel.chat.message", chatLine(1))
	r.until(5*time.Second, "the line", func() bool { return len(r.all("channel.chat.message")) == 1 })
	ev := r.all("channel.chat.message")[0]
	if string(ev.ID) != id || ev.SourceID != twitchtest.Login || ev.Flags != 0 || ev.Source != event.Twitch {
		t.Errorf("got %s", ev.AppendJSON(nil))
	}
	states := r.all("twitch.service_status")
	last := states[len(states)-1].Payload.(event.TwitchServiceStatus)
	if !last.Connected || last.SubscriptionCount != len(wanted) || last.SessionID == "" {
		t.Errorf("the last state published is %+v", last)
	}
	if link := r.t.LinkStatus(); link.Status != "healthy" || link.SubscriptionCount != len(wanted) {
		t.Errorf("twitch:status says %+v", link)
	}
}

// The original's timer was not re-armed by notifications, so a busy chat forced a
// reconnect and 42 subscriptions every 20 seconds (F7).
func TestBusyChatWithoutKeepalives(t *testing.T) {
	r := newRig(t, twitchtest.New(t, twitchtest.Keepalive(time.Second)), t.TempDir()).start().running()
	r.fake.Mute(true)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for i := range 40 { // four seconds, almost three times the limit
		<-tick.C
		r.fake.Notify("channel.chat.message", chatLine(i))
	}
	r.until(5*time.Second, "all lines", func() bool { return len(r.all("channel.chat.message")) == 40 })
	if n := r.fake.Requests("/ws"); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
}

func TestSilenceIsSaidAndHealed(t *testing.T) {
	r := newRig(t, twitchtest.New(t, twitchtest.Keepalive(time.Second)), t.TempDir()).start().running()
	r.fake.Mute(true)
	began := time.Now()
	r.until(10*time.Second, "the alarm", func() bool { return r.t.Status().State != event.Running })
	if st := r.t.Status(); !strings.Contains(st.Reason, "nothing came from Twitch") {
		t.Errorf("the reason is %q", st.Reason)
	}
	if waited := time.Since(began); waited > 3*time.Second {
		t.Errorf("said after %v with a keepalive of 1 s", waited)
	}
	r.fake.Mute(false)
	r.running()
	r.until(5*time.Second, "the digest", func() bool { return r.t.Digest() != nil })
	if d := r.t.Digest(); !strings.Contains(d.Reason, "nothing came") || !d.Start.Before(d.End) {
		t.Errorf("got %+v", d)
	}
	if silenceLimit(keepalive) >= 15*time.Second {
		t.Errorf("with Twitch's keepalive deafness is said after %v", silenceLimit(keepalive))
	}
}

// What is lost or doubled in a move to another address, under fifty events a
// second. LANDALE_MOVES raises the number of moves.
func TestMoveLosesAndDoublesNothing(t *testing.T) {
	moves := 8
	if n := os.Getenv("LANDALE_MOVES"); n != "" {
		fmt.Sscan(n, &moves)
	}
	r := newRig(t, twitchtest.New(t), t.TempDir()).start().running()
	made := r.fake.Requests("/helix/eventsub/subscriptions")
	stop, sent := make(chan struct{}), make(chan int)
	go func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for n := 0; ; n++ {
			select {
			case <-tick.C:
				r.fake.Notify("channel.chat.message", chatLine(n))
			case <-stop:
				sent <- n
				return
			}
		}
	}()
	for i := range moves {
		r.fake.Move()
		r.until(10*time.Second, "the move", func() bool { return r.fake.Requests("/ws") == i+2 })
		lines := len(r.all("channel.chat.message"))
		r.until(10*time.Second, "lines after the move", func() bool { return len(r.all("channel.chat.message")) > lines+5 })
	}
	close(stop)
	n := <-sent
	r.until(5*time.Second, "the last line", func() bool { return len(r.all("channel.chat.message")) >= n })
	lines := r.all("channel.chat.message")
	seen := map[string]bool{}
	for _, ev := range lines {
		seen[ev.Payload.(event.ChannelChatMessage).MessageID] = true
	}
	if len(lines) != n || len(seen) != n {
		t.Errorf("%d sent, %d published, %d different", n, len(lines), len(seen))
	}
	if again := r.fake.Requests("/helix/eventsub/subscriptions"); again != made {
		t.Errorf("%d subscriptions were made again: they move by themselves", again-made)
	}
	if r.t.Status().State != event.Running || r.t.Digest() != nil {
		t.Errorf("a move is no gap: %+v, %+v", r.t.Status(), r.t.Digest())
	}
	t.Logf("%d moves, %d lines", moves, n)
}

func TestLosses(t *testing.T) {
	for _, tc := range []struct {
		name   string
		lose   func(*twitchtest.Twitch)
		reason string
	}{
		{"4000", func(f *twitchtest.Twitch) { f.CloseAll(4000) }, "(4000)"},
		{"4001", func(f *twitchtest.Twitch) { f.CloseAll(4001) }, "(4001)"},
		{"4002", func(f *twitchtest.Twitch) { f.CloseAll(4002) }, "(4002)"},
		{"4003", func(f *twitchtest.Twitch) { f.CloseAll(4003) }, "(4003)"},
		{"4004", func(f *twitchtest.Twitch) { f.CloseAll(4004) }, "(4004)"},
		{"4005", func(f *twitchtest.Twitch) { f.CloseAll(4005) }, "(4005)"},
		{"4006", func(f *twitchtest.Twitch) { f.CloseAll(4006) }, "(4006)"},
		{"4007", func(f *twitchtest.Twitch) { f.CloseAll(4007) }, "(4007)"},
		{"reset", func(f *twitchtest.Twitch) { f.Drop() }, "broke"},
		{"a huge message", func(f *twitchtest.Twitch) { f.Send(`{"x":"` + strings.Repeat("x", maxMessage) + `"}`) }, ""},
		{"an address to move to that is not there", func(f *twitchtest.Twitch) { f.MoveTo("ws://127.0.0.1:1/ws") }, "move"},
		{"an address that Twitch does not know", func(f *twitchtest.Twitch) { f.MoveTo(f.EventSubURL() + "?reconnect_id=old") }, "(4007)"},
		{"no address to move to", func(f *twitchtest.Twitch) { f.MoveTo("") }, "where"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, twitchtest.New(t), t.TempDir()).start().running()
			session := r.t.LinkStatus().SessionID
			tc.lose(r.fake)
			r.until(15*time.Second, "a new session", func() bool {
				return r.t.Status().State == event.Running && r.t.LinkStatus().SessionID != session
			})
			if !strings.Contains(r.log.String(), tc.reason) {
				t.Errorf("the log does not say %q", tc.reason)
			}
			r.fake.Notify("channel.chat.message", chatLine(1))
			r.until(5*time.Second, "a line", func() bool { return len(r.all("channel.chat.message")) == 1 })
		})
	}
}

func TestOddMessagesDoNotEndTheSession(t *testing.T) {
	r := newRig(t, twitchtest.New(t), t.TempDir()).start().running()
	for _, text := range []string{"", "{", "null", "[]", `{"metadata":{"message_type":"session_party"}}`, `{"metadata":{"message_type":"notification"},"payload":null}`,
		`{"metadata":{"message_type":"revocation"}}`, string(bytes.Repeat([]byte("["), 20000)), "\xff"} {
		r.fake.Send(text)
	}
	id := r.fake.Notify("channel.chat.message", chatLine(1))
	for range 5 {
		r.fake.NotifyAs(id, "channel.chat.message", chatLine(1), time.Now())
	}
	r.fake.Notify("channel.cheer", `{"user_id":"2","user_login":"b","user_name":"B","is_anonymous":false,"bits":"many"}`)
	r.fake.Notify("channel.chat.message", chatLine(2))
	r.until(5*time.Second, "the second line", func() bool { return len(r.all("channel.chat.message")) == 2 })
	if n := len(r.all("channel.cheer")); n != 1 {
		t.Errorf("%d odd cheers, want it kept", n)
	}
	if n := r.fake.Requests("/ws"); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
	if d := r.t.Status().Details; d["repeats"] != uint64(5) || d["odd"].(uint64) < 8 {
		t.Errorf("got %v", d)
	}
}

// Twitch's own advice is to drop what is older than ten minutes; it is kept, and
// flagged, since it did not happen just now.
func TestOldMessagesAreFlagged(t *testing.T) {
	r := newRig(t, twitchtest.New(t), t.TempDir()).start().running()
	r.fake.NotifyAs("old", "channel.chat.message", chatLine(1), time.Now().Add(-11*time.Minute))
	r.fake.NotifyAs("fresh", "channel.chat.message", chatLine(2), time.Now().Add(-9*time.Minute))
	r.until(5*time.Second, "both", func() bool { return len(r.all("channel.chat.message")) == 2 })
	both := r.all("channel.chat.message")
	if both[0].Flags != event.Backfill || both[1].Flags != 0 {
		t.Errorf("flags %v and %v", both[0].Flags, both[1].Flags)
	}
	// A clock here that is ten minutes off flags nothing.
	r.t.setClock(-10 * time.Minute)
	r.fake.NotifyAs("skewed", "channel.chat.message", chatLine(3), time.Now().Add(-15*time.Minute))
	r.until(5*time.Second, "the third", func() bool { return len(r.all("channel.chat.message")) == 3 })
	if ev := r.all("channel.chat.message")[2]; ev.Flags != 0 {
		t.Errorf("flags %v", ev.Flags)
	}
}

func TestRevocation(t *testing.T) {
	r := newRig(t, twitchtest.New(t), t.TempDir()).start().running()
	r.fake.Revoke("channel.follow", "authorization_revoked")
	r.until(5*time.Second, "degraded", func() bool { return r.t.Status().State == event.Degraded })
	if st := r.t.Status(); !strings.Contains(st.Reason, "channel.follow") {
		t.Errorf("the reason is %q", st.Reason)
	}
	// A new sign-in brings it back without a new connection.
	if err := r.t.UploadToken(t.Context(), r.fake.Token()); err != nil {
		t.Fatal(err)
	}
	r.running()
	if n := r.fake.Requests("/ws"); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
}

func TestAllRevokedIsDeaf(t *testing.T) {
	r := newRig(t, twitchtest.New(t), t.TempDir()).start().running()
	r.fake.SignOut()
	for _, kind := range r.fake.Subscribed() {
		r.fake.Revoke(kind, "authorization_revoked")
	}
	r.until(5*time.Second, "the alarm", func() bool { return strings.Contains(r.t.Status().Reason, "deaf since") })
	r.until(5*time.Second, "the button", func() bool { return r.t.Token().SignInDue })
}

func TestMissingScopes(t *testing.T) {
	fake := twitchtest.New(t)
	fake.Scopes(slices.DeleteFunc(twitchtest.AllScopes(), func(s string) bool { return s == "bits:read" || s == "moderator:read:followers" })...)
	r := newRig(t, fake, t.TempDir()).start()
	r.until(10*time.Second, "degraded with the rest", func() bool { return len(fake.Subscribed()) == len(wanted)-3 && r.t.Status().State == event.Degraded })
	r.until(5*time.Second, "the reason", func() bool { return strings.Contains(r.t.Status().Reason, "sign in again to allow channel.follow") })
	if got := r.t.Token().MissingScopes; !slices.Contains(got, "bits:read") || !slices.Contains(got, "moderator:read:followers") {
		t.Errorf("missing %v", got)
	}
	fake.Scopes(twitchtest.AllScopes()...)
	if err := r.t.UploadToken(t.Context(), fake.Token()); err != nil {
		t.Fatal(err)
	}
	r.running()
}

func TestRefusedSubscriptions(t *testing.T) {
	t.Run("409 is there already", func(t *testing.T) {
		fake := twitchtest.New(t)
		fake.Fail("/helix/eventsub/subscriptions", 409, 3, nil)
		newRig(t, fake, t.TempDir()).start().running()
	})
	t.Run("403 is shown and harms no other", func(t *testing.T) {
		fake := twitchtest.New(t)
		fake.Fail("/helix/eventsub/subscriptions", 403, 1, nil)
		r := newRig(t, fake, t.TempDir()).start()
		r.until(10*time.Second, "degraded", func() bool {
			return strings.Contains(r.t.Status().Reason, fmt.Sprintf("%d of %d", len(wanted)-1, len(wanted)))
		})
	})
	t.Run("503 is tried again", func(t *testing.T) {
		fake := twitchtest.New(t)
		fake.Fail("/helix/eventsub/subscriptions", 503, 3, nil)
		r := newRig(t, fake, t.TempDir()).start()
		r.until(10*time.Second, "the first pass", func() bool { return len(fake.Subscribed()) == len(wanted)-3 })
		if st := r.t.Status(); st.State == event.Running {
			t.Errorf("running with %d of %d", len(fake.Subscribed()), len(wanted))
		}
		r.running()
	})
	t.Run("400 of a handshake is tried again at once", func(t *testing.T) {
		fake := twitchtest.New(t)
		fake.RefuseHandshakes(2)
		r := newRig(t, fake, t.TempDir()).start().running()
		if strings.Contains(r.log.String(), "session with Twitch ended") {
			t.Error("it counted as a loss")
		}
	})
}

func TestServerGoneAndBack(t *testing.T) {
	r := newRig(t, twitchtest.New(t), t.TempDir()).start().running()
	r.fake.Down(true)
	r.until(5*time.Second, "the alarm", func() bool { return strings.HasPrefix(r.t.Status().Reason, "deaf since") })
	r.until(10*time.Second, "two tries", func() bool { return r.t.attempt() >= 3 })
	// The calls of others meanwhile once kept the new session from subscribing.
	for range 6 {
		r.t.Users(t.Context(), "a")
	}
	r.fake.Down(false)
	back := r.fake.Requests("/ws")
	r.until(10*time.Second, "a connection", func() bool { return r.fake.Requests("/ws") > back })
	answered := time.Now()
	r.running()
	t.Logf("all %d subscriptions %v after it answered", len(wanted), time.Since(answered).Round(time.Millisecond))
	if time.Since(answered) > 10*time.Second {
		t.Error("took longer than 10 s")
	}
	if _, err := r.t.Users(t.Context(), "a"); err != nil {
		t.Errorf("calls after it is back: %v", err)
	}
}

// While the program is down and while the link is deaf, Twitch keeps what it
// keeps; each of it is published once, whatever comes late.
func TestBackfill(t *testing.T) {
	fake, dir := twitchtest.New(t), t.TempDir()
	now := time.Now().UTC().Truncate(time.Second)
	sub := func(id, tier string) any {
		return map[string]any{"user_id": id, "user_login": "s" + id, "user_name": "S" + id, "tier": tier, "is_gift": false}
	}
	follower := func(n int, at time.Time) any {
		return map[string]any{"user_id": fmt.Sprint(n), "user_login": fmt.Sprintf("u%d", n), "user_name": fmt.Sprintf("U%d", n), "followed_at": at.Format(time.RFC3339)}
	}
	fake.List("/subscriptions", sub("1", "1000"))
	fake.List("/channels/followers", follower(99, now.Add(-24*time.Hour)))
	r := newRig(t, fake, dir).start().running()
	r.until(5*time.Second, "the subscribers", func() bool { return fake.Requests("/helix/subscriptions") > 0 })
	seenLive := followBy(1, now.Add(300*time.Millisecond))
	fake.Notify("channel.follow", seenLive)
	r.until(5*time.Second, "a live follow", func() bool { return len(r.all("channel.follow")) == 1 })
	r.halt()
	if got := len(r.all("channel.subscribe")); got != 0 {
		t.Errorf("%d subscriptions at the first start, want none", got)
	}

	var list []any
	for i := 30; i >= 2; i-- { // newest first, over two pages
		list = append(list, follower(i, now.Add(time.Duration(i)*time.Second)))
	}
	list = append(list, follower(1, now), follower(99, now.Add(-24*time.Hour)))
	fake.List("/channels/followers", list...)
	fake.List("/subscriptions", sub("1", "1000"), sub("7", "2000"))
	fake.List("/goals", map[string]any{"id": "g1", "type": "follower", "description": "", "current_amount": 22, "target_amount": 50, "created_at": "2026-11-01T00:00:00Z"})
	fake.List("/channel_points/custom_rewards", map[string]any{"id": "reward-1"})
	fake.List("/channel_points/custom_rewards/redemptions", map[string]any{"id": "red-1", "user_id": "2", "user_login": "b", "user_name": "B", "user_input": "", "status": "UNFULFILLED", "redeemed_at": now.Format(time.RFC3339), "reward": map[string]any{"id": "reward-1", "title": "Hydrate", "cost": 5, "prompt": ""}})
	fake.List("/streams", map[string]any{"id": "stream-1", "type": "live", "viewer_count": 3, "started_at": now.Format(time.RFC3339)})

	again := newRig(t, fake, dir).serve().running()
	again.until(10*time.Second, "the digest", func() bool { return again.t.Digest() != nil })
	d := again.t.Digest()
	if d.Text != "while away: 29 follows, 1 subscription, 1 redemption, 1 stream began" || d.Reason != "Landale was not running" {
		t.Errorf("got %q, %q, %v", d.Text, d.Reason, d.Problems)
	}
	if len(d.IDs) != 32 {
		t.Errorf("%d ids, want 32", len(d.IDs))
	}
	if goals := again.all("channel.goal.progress"); len(goals) != 1 || goals[0].Flags != 0 || goals[0].Payload.(event.ChannelGoalProgress).GoalType != "follower" {
		t.Errorf("goals: %v", goals)
	}
	follows := again.all("channel.follow")
	for i, ev := range follows {
		if ev.Flags != event.Backfill || i > 0 && ev.Time.Before(follows[i-1].Time) {
			t.Errorf("follow %d: flags %v at %v", i, ev.Flags, ev.Time)
		}
	}
	// What comes late.
	fake.Notify("channel.follow", followBy(2, now.Add(2*time.Second)))
	fake.Notify("channel.subscribe", `{"user_id":"7","user_login":"s7","user_name":"S7","broadcaster_user_id":"38981465","tier":"2000","is_gift":false}`)
	fake.Notify("stream.online", `{"id":"stream-1","type":"live","started_at":"`+now.Format(time.RFC3339)+`","broadcaster_user_id":"38981465"}`)
	fake.Notify("channel.chat.message", chatLine(1))
	again.until(5*time.Second, "the line", func() bool { return len(again.all("channel.chat.message")) == 1 })
	if f, s, o := len(again.all("channel.follow")), len(again.all("channel.subscribe")), len(again.all("stream.online")); f != 29 || s != 1 || o != 1 {
		t.Errorf("%d follows, %d subscriptions, %d online: what came late was doubled", f, s, o)
	}
	again.halt()

	// A third start finds nothing new, and the stream's end.
	fake.List("/streams")
	third := newRig(t, fake, dir).serve().running()
	third.until(10*time.Second, "the digest", func() bool { return third.t.Digest() != nil })
	if d := third.t.Digest(); d.Text != "while away: 1 stream ended" {
		t.Errorf("got %q", d.Text)
	}
}

func TestCursorThatRepeats(t *testing.T) {
	fake := twitchtest.New(t)
	fake.RepeatCursor()
	r := newRig(t, fake, t.TempDir()).start().running()
	fake.List("/channels/followers", map[string]any{"user_id": "1", "followed_at": time.Now().Format(time.RFC3339)})
	q, _ := r.t.self("broadcaster_id")
	n := 0
	if err := r.t.helix.pages(t.Context(), "/channels/followers", q, func(json.RawMessage) bool { n++; return true }); err != nil || n != 2 {
		t.Errorf("%d items, %v", n, err)
	}
}

func TestFlood(t *testing.T) {
	seconds := 2
	if n := os.Getenv("LANDALE_FLOOD_SECONDS"); n != "" {
		fmt.Sscan(n, &seconds)
	}
	r := newRig(t, twitchtest.New(t), t.TempDir()).start().running()
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	follows, lines := 0, 0
	began := time.Now()
	for range seconds * 100 {
		<-tick.C
		for range 2 {
			follows++
			r.fake.Notify("channel.follow", followBy(follows, began.Add(time.Duration(follows)*time.Minute)))
		}
		lines++
		r.fake.Notify("channel.chat.message", chatLine(lines))
		if lines == seconds*50 {
			r.fake.Expire() // a refresh in the middle
			go r.t.ChannelInfo(t.Context())
			go r.t.ChannelInfo(t.Context())
		}
	}
	r.until(10*time.Second, "all", func() bool {
		return len(r.all("channel.follow")) >= follows && len(r.all("channel.chat.message")) >= lines
	})
	if f, l := len(r.all("channel.follow")), len(r.all("channel.chat.message")); f != follows || l != lines {
		t.Errorf("%d of %d follows, %d of %d lines", f, follows, l, lines)
	}
	var waits []time.Duration
	for _, ev := range r.all("channel.chat.message") {
		waits = append(waits, event.SeqTime(ev.Seq).Sub(ev.Time))
	}
	slices.Sort(waits)
	r.until(5*time.Second, "the refresh", func() bool { return r.fake.Requests("/oauth2/token") == 1 })
	runtime.ReadMemStats(&after)
	t.Logf("%d events in %v; sent to published p50 %v, p99 %v; heap %+d kB", follows+lines, time.Since(began).Round(time.Millisecond),
		waits[len(waits)/2], waits[len(waits)*99/100], (int64(after.HeapInuse)-int64(before.HeapInuse))/1024)
}

func TestSecretsStayOut(t *testing.T) {
	r := newRig(t, twitchtest.New(t), t.TempDir()).start().running()
	r.fake.Expire()
	r.t.ChannelInfo(t.Context())
	r.fake.SignOut()
	r.t.ChannelInfo(t.Context())
	r.fake.Down(true)
	r.t.ChannelInfo(t.Context())
	r.until(5*time.Second, "the loss", func() bool { return r.t.Status().State != event.Running })
	shown, _ := json.Marshal(map[string]any{"status": r.t.Status(), "link": r.t.LinkStatus(), "token": r.t.Token(), "sign_in": r.t.SignInState()})
	for _, text := range []string{r.log.String(), string(shown)} {
		if strings.Contains(text, "secret-") {
			t.Errorf("a secret is in %s", text)
		}
	}
	files, _ := filepath.Glob(filepath.Join(r.dir, "*"))
	for _, file := range files {
		if raw, err := os.ReadFile(file); err == nil && bytes.Contains(raw, []byte("secret-")) {
			t.Errorf("a secret is in %s", file)
		}
	}
}
