package twitch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"landale/event"
)

// Rules of time, in virtual time: the sockets are channels and the calls
// functions.

// world is a Twitch without sockets.
type world struct {
	mu       sync.Mutex
	dials    []time.Time
	refuse   bool // connections
	silent   bool // no keepalives
	stuck    bool // the second dial never ends
	calls    map[string][]time.Time
	answers  map[string]func(n int) (status int, body string)
	sockets  []*channelSocket
	events   []event.Event
	lifetime time.Duration
	given    time.Time // when the token was
}

type channelSocket struct {
	in     chan string
	closed chan struct{}
	once   sync.Once
}

func (s *channelSocket) Read(ctx context.Context) ([]byte, error) {
	select {
	case text := <-s.in:
		return []byte(text), nil
	case <-s.closed:
		return nil, io.EOF
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (s *channelSocket) Close() { s.once.Do(func() { close(s.closed) }) }

func (w *world) dial(ctx context.Context, address string, heard func()) (socket, error) {
	w.mu.Lock()
	w.dials = append(w.dials, time.Now())
	n, refuse, stuck := len(w.dials), w.refuse, w.stuck
	w.mu.Unlock()
	if refuse {
		return nil, errors.New("connection refused")
	}
	if stuck && n > 1 {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	s := &channelSocket{in: make(chan string, 100), closed: make(chan struct{})}
	s.in <- fmt.Sprintf(`{"metadata":{"message_type":"session_welcome","message_timestamp":%q},"payload":{"session":{"id":"s%d","keepalive_timeout_seconds":10}}}`, time.Now().UTC().Format(time.RFC3339Nano), n)
	w.mu.Lock()
	w.sockets = append(w.sockets, s)
	w.mu.Unlock()
	go func() {
		tick := time.NewTicker(10 * time.Second)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				w.mu.Lock()
				silent := w.silent
				w.mu.Unlock()
				if !silent {
					s.in <- `{"metadata":{"message_type":"session_keepalive"},"payload":{}}`
				}
			case <-s.closed:
				return
			}
		}
	}()
	return s, nil
}

// RoundTrip answers every call at once.
func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		io.Copy(io.Discard, r.Body)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls[r.URL.Path] = append(w.calls[r.URL.Path], time.Now())
	status, body := 200, `{"data":[]}`
	if answer := w.answers[r.URL.Path]; answer != nil {
		status, body = answer(len(w.calls[r.URL.Path]))
	} else {
		switch r.URL.Path {
		case "/oauth/validate":
			body = fmt.Sprintf(`{"client_id":"app","login":"avalonstar","user_id":"1","scopes":["%s"],"expires_in":%d}`, strings.Join(scopes, `","`), int((w.lifetime - time.Since(w.given)).Seconds()))
		case "/oauth/token":
			n := len(w.calls[r.URL.Path])
			w.given = time.Now()
			body = fmt.Sprintf(`{"access_token":"a%d","refresh_token":"r%d","expires_in":%d}`, n, n, int(w.lifetime.Seconds()))
		case "/helix/eventsub/subscriptions":
			status, body = 202, `{"data":[{"id":"x"}]}`
		}
	}
	if status == 0 {
		return nil, errors.New("network is unreachable")
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

// in runs a test in a bubble, with the part running and the owner signed in.
func (w *world) in(t *testing.T, run func(t *testing.T, p *Twitch)) {
	synctest.Test(t, func(t *testing.T) {
		w.calls, w.given = map[string][]time.Time{}, time.Now()
		if w.answers == nil {
			w.answers = map[string]func(int) (int, string){}
		}
		if w.lifetime == 0 {
			w.lifetime = 30 * 24 * time.Hour
		}
		cfg := DefaultConfig()
		cfg.ClientID, cfg.HelixURL, cfg.OAuthURL, cfg.EmoteProviders = "app", "http://twitch/helix", "http://twitch/oauth", nil
		p := New(cfg, Options{Dir: t.TempDir(), HTTP: &http.Client{Transport: w}, Log: slog.New(slog.DiscardHandler), Publish: func(ev event.Event) bool {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.events = append(w.events, ev)
			return true
		}})
		p.dial = w.dial
		if err := p.keeper.vault.save(token{Access: "a0", Refresh: "r0", Expires: time.Now().Add(w.lifetime), UserID: "1", Login: "avalonstar", Scopes: scopes, ClientID: "app"}); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); p.Serve(ctx) }()
		defer func() {
			stop()
			<-done
			for _, s := range w.sockets {
				s.Close()
			}
			synctest.Wait()
		}()
		run(t, p)
	})
}

func (w *world) at(path string) []time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.calls[path]
}

func (w *world) set(change func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change()
}

func TestBackoffOfConnections(t *testing.T) {
	w := &world{refuse: true}
	w.in(t, func(t *testing.T, p *Twitch) {
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		if st := p.Status(); st.State != event.Waiting || !strings.Contains(st.Reason, "connection refused") {
			t.Errorf("got %+v", st)
		}
		distinct := map[time.Duration]bool{}
		for i := 1; i < len(w.dials); i++ {
			wait := w.dials[i].Sub(w.dials[i-1])
			most := min(time.Second<<min(i-1, 10), 30*time.Second)
			if wait > most || wait < most/2 {
				t.Errorf("wait %d is %v, want %v to %v", i, wait, most/2, most)
			}
			distinct[wait] = true
		}
		if len(w.dials) < 12 || len(distinct) < len(w.dials)-2 {
			t.Errorf("%d tries in five minutes, %d waits that differ", len(w.dials), len(distinct))
		}
		w.set(func() { w.refuse = false })
		time.Sleep(31 * time.Second)
		synctest.Wait()
		if st := p.Status(); st.State != event.Running {
			t.Errorf("got %+v", st)
		}
		if d := p.Digest(); d != nil && d.Start.After(d.End) {
			t.Errorf("got %+v", d)
		}
	})
}

// The alarm is said within fifteen seconds of the last that was heard, and says
// since when; a day of keepalives raises none.
func TestAlarmWithinFifteenSeconds(t *testing.T) {
	w := &world{}
	w.in(t, func(t *testing.T, p *Twitch) {
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		if len(w.dials) != 1 || p.Status().State != event.Running {
			t.Fatalf("%d connections, %+v", len(w.dials), p.Status())
		}
		w.set(func() { w.silent = true; w.refuse = true })
		heard := p.lastHeard()
		time.Sleep(time.Until(heard.Add(15 * time.Second)))
		synctest.Wait()
		if st := p.Status(); st.State != event.Waiting || !strings.Contains(st.Reason, "deaf since") || st.Details["deaf_since"] != heard {
			t.Errorf("got %+v, want deaf since %v", st, heard)
		}
		w.mu.Lock()
		said := w.events[len(w.events)-1]
		w.mu.Unlock()
		if s, ok := said.Payload.(event.TwitchServiceStatus); !ok || s.Connected || s.LastError == "" {
			t.Errorf("published last: %s", said.AppendJSON(nil))
		}
	})
}

func TestMoveThatTakesTooLong(t *testing.T) {
	w := &world{stuck: true}
	w.in(t, func(t *testing.T, p *Twitch) {
		time.Sleep(time.Second)
		synctest.Wait()
		w.sockets[0].in <- `{"metadata":{"message_type":"session_reconnect"},"payload":{"session":{"id":"s1","reconnect_url":"wss://elsewhere"}}}`
		time.Sleep(29 * time.Second)
		synctest.Wait()
		if st := p.Status(); st.State != event.Running {
			t.Errorf("the old connection is still good: %+v", st)
		}
		w.set(func() { w.stuck = false })
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if st := p.Status(); st.State != event.Running || len(w.dials) != 3 {
			t.Errorf("%d connections, %+v", len(w.dials), st)
		}
	})
}

func TestRefreshBeforeExpiry(t *testing.T) {
	w := &world{lifetime: 4 * time.Hour}
	w.in(t, func(t *testing.T, p *Twitch) {
		began := time.Now()
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		refreshes := w.at("/oauth/token")
		if len(refreshes) != 6 {
			t.Fatalf("%d refreshes of a token of four hours in a day, want 6", len(refreshes))
		}
		if at := refreshes[0].Sub(began); at < 3*time.Hour+54*time.Minute || at > 3*time.Hour+56*time.Minute {
			t.Errorf("the first refresh after %v, want five minutes before the end", at)
		}
		if n := len(w.at("/oauth/validate")); n < 24 || n > 32 {
			t.Errorf("%d validations in a day, want one an hour", n)
		}
		if len(w.dials) != 1 {
			t.Errorf("a refresh touched the socket: %d connections", len(w.dials))
		}
	})
}

// A refresh that fails is tried for ever, after a minute, two, four, up to an
// hour.
func TestRefreshThatFails(t *testing.T) {
	w := &world{lifetime: time.Hour, answers: map[string]func(int) (int, string){
		"/oauth/token": func(int) (int, string) { return 0, "" },
	}}
	w.in(t, func(t *testing.T, p *Twitch) {
		w.set(func() { // Twitch is gone for all but the sockets
			w.answers["/oauth/validate"] = func(int) (int, string) { return 0, "" }
		})
		time.Sleep(12 * time.Hour)
		synctest.Wait()
		tries := w.at("/oauth/token")
		for i := 1; i < len(tries); i++ {
			wait, least := tries[i].Sub(tries[i-1]), min(time.Minute<<min(i-1, 10), time.Hour)
			if wait < least-time.Second || wait > min(least+least/10, time.Hour)+time.Second {
				t.Errorf("try %d after %v, want %v and up to a tenth more", i, wait, least)
			}
		}
		if len(tries) < 14 {
			t.Errorf("%d tries in 12 h", len(tries))
		}
		if tok := p.Token(); tok.Valid || tok.SignInDue || tok.Failures != len(tries) {
			t.Errorf("got %+v: nobody need sign in again", tok)
		}
		w.set(func() { clear(w.answers) })
		time.Sleep(time.Hour + time.Minute)
		synctest.Wait()
		if tok := p.Token(); !tok.Valid || tok.Failures != 0 {
			t.Errorf("got %+v", tok)
		}
	})
}

// Missing is not zero.
func TestViewerSamples(t *testing.T) {
	w := &world{answers: map[string]func(int) (int, string){
		"/helix/streams": func(n int) (int, string) {
			switch {
			case n%3 == 0:
				return 500, ""
			case n > 30:
				return 200, `{"data":[]}`
			}
			return 200, fmt.Sprintf(`{"data":[{"id":"7","type":"live","viewer_count":%d,"started_at":"2000-01-01T00:00:00Z","title":"t","game_id":"1","game_name":"g"}]}`, n%2)
		},
	}}
	w.in(t, func(t *testing.T, p *Twitch) {
		time.Sleep(time.Hour)
		synctest.Wait()
		zero, one := 0, 0
		for _, ev := range w.events {
			if s, ok := ev.Payload.(event.TwitchViewerSample); ok {
				if err := event.Validate(s); err != nil {
					t.Error(err)
				}
				if s.Viewers == 0 {
					zero++
				} else {
					one++
				}
			}
		}
		if zero != 10 || one < 9 || one > 10 { // the first answer of all is the backfill's
			t.Errorf("%d samples of nobody and %d of one", zero, one)
		}
	})
}

// One subscription that Twitch cannot make is never forgotten and keeps the
// part from saying that all is well.
func TestOneSubscriptionThatFails(t *testing.T) {
	w := &world{}
	w.answers = map[string]func(int) (int, string){"/helix/eventsub/subscriptions": func(n int) (int, string) {
		if n == 20 || n > len(wanted) && n < len(wanted)+6 {
			return 503, ""
		}
		return 202, `{"data":[{"id":"x"}]}`
	}}
	w.in(t, func(t *testing.T, p *Twitch) {
		for range 100 {
			time.Sleep(time.Second)
			synctest.Wait()
			enabled, _ := p.subs.count()
			if running := p.Status().State == event.Running; running != (enabled == len(wanted)) {
				t.Fatalf("%v with %d of %d", p.Status(), enabled, len(wanted))
			}
		}
		time.Sleep(20 * time.Minute)
		synctest.Wait()
		if st := p.Status(); st.State != event.Running {
			t.Errorf("got %+v", st)
		}
	})
}
