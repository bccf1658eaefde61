// Package twitch is the link to the owner's channel on Twitch: the sign-in, the
// EventSub session, Helix and emotes. It makes channel.*, stream.*, user.* and
// twitch.* events.
//
// It promises never to be silently deaf. A connection that brings nothing for
// longer than Twitch's keepalive allows, a session without its subscriptions and
// a time in which the program was down are gaps: they are said within fifteen
// seconds, in Status, in the log and as a twitch.service_status event, and what
// Helix still knows of them is published once they are over, flagged backfill.
// Status never says running with fewer subscriptions than wanted.
//
// A notification is published once, at the moment it is read; Publish must not
// block. Methods may be called from any goroutine, also when Serve is not
// running; what then needs Twitch fails with the code not_connected.
package twitch

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"landale/event"
)

// Options are what a Twitch needs beside its config.
type Options struct {
	// Publish takes an event on; false means that its id was published before.
	Publish func(event.Event) bool
	// Dir is the folder for token, key, memory and emotes. It is made if it is not
	// there; what is secret in it only the owner may read.
	Dir string
	// Log is the part's logger; nil is none.
	Log *slog.Logger
	// HTTP makes every call; nil is a client of its own.
	HTTP *http.Client
	// EmoteHosts are where emotes come from; the zero value is the real ones.
	EmoteHosts EmoteHosts
}

// Twitch is the part.
type Twitch struct {
	cfg       Config
	o         Options
	log       *slog.Logger
	dial      dialer
	pollFloor time.Duration // of asking whether a sign-in was agreed to

	keeper *keeper
	helix  *helix
	subs   *subscriptions
	memory *memory
	emotes *Emotes
	gaps   chan Gap // out, to the backfill
	run    sync.Mutex

	heard    atomic.Int64 // when something came last, in milliseconds since 1970
	clock    atomic.Int64 // how far Twitch's clock is ahead of ours, in nanoseconds
	notified atomicCounts

	mu         sync.Mutex
	state      string    // connecting, connected, reconnecting, disconnected
	sessionID  string    // "" without a session
	connected  time.Time // when the session began
	attempts   int       // connections in a row that failed
	lastError  string
	lost       time.Time // when the gap at hand began; zero without one
	lostReason string
	said       string // the state that was published last
	digest     *Digest
	stream     *Stream
	streamAt   time.Time // when stream was asked for last and answered
}

// atomicCounts are the part's counters.
type atomicCounts struct{ published, repeats, odd, backfilled atomic.Uint64 }

// New makes the part; Serve runs it.
func New(cfg Config, o Options) *Twitch {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.HTTP == nil {
		o.HTTP = &http.Client{Timeout: 20 * time.Second}
	}
	if o.Publish == nil {
		o.Publish = func(event.Event) bool { return true }
	}
	t := &Twitch{cfg: cfg, o: o, log: o.Log, dial: dialWebSocket, pollFloor: time.Second, gaps: make(chan Gap, 8), state: "disconnected"}
	auth := oauth{base: strings.TrimRight(cfg.OAuthURL, "/"), clientID: cfg.ClientID, secret: cfg.ClientSecret, http: o.HTTP}
	t.keeper = newKeeper(auth, vault{o.Dir}, o.Log)
	t.helix = &helix{base: strings.TrimRight(cfg.HelixURL, "/"), http: o.HTTP, keeper: t.keeper, guard: newGuard(hostOf(cfg.HelixURL)), limit: &limit{}}
	t.subs = newSubscriptions(t.helix.unguarded(), t.keeper, o.Log)
	t.subs.session = func() string { t.mu.Lock(); defer t.mu.Unlock(); return t.sessionID }
	t.subs.settled = t.evaluate
	t.memory = newMemory(o.Dir, o.Log)
	t.emotes = newEmotes(t, o.EmoteHosts)
	return t
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return u.Host
}

// String is the part's name.
func (t *Twitch) String() string { return "twitch" }

// Emotes serves the emotes, see Emotes.
func (t *Twitch) Emotes() *Emotes { return t.emotes }

// Serve keeps the link until ctx ends.
func (t *Twitch) Serve(ctx context.Context) error {
	t.run.Lock() // a restart waits for the end of what was before
	defer t.run.Unlock()
	t.memory.load()
	defer t.memory.close()
	if heard, ok := t.memory.heard(); ok {
		t.lose(heard, "Landale was not running")
	}

	ctx, cancel := context.WithCancelCause(ctx)
	var parts sync.WaitGroup
	defer parts.Wait()
	defer cancel(nil)
	for _, part := range []func(context.Context){t.keeper.serve, t.serveBackfill, t.serveStream, t.memory.serve, t.emotes.serve} {
		parts.Go(func() {
			defer func() {
				if p := recover(); p != nil { // a supervisor only sees panics of Serve itself
					cancel(fmt.Errorf("panic: %v", p))
				}
			}()
			part(ctx)
		})
	}
	t.serveSession(ctx)
	return context.Cause(ctx)
}

// Backoff of connections: a second, two, four, up to thirty, each less by up to
// half, so that not all come back at once.
const (
	backoffFirst = time.Second
	backoffMax   = 30 * time.Second
	healthyAfter = time.Minute
)

// serveSession keeps one session after another.
func (t *Twitch) serveSession(ctx context.Context) {
	for ctx.Err() == nil {
		tok, ok, changed := t.keeper.wait()
		if !ok {
			t.say("disconnected", "")
			select {
			case <-changed:
			case <-ctx.Done():
			}
			continue
		}
		t.subs.clear()
		t.say(map[bool]string{true: "connecting", false: "reconnecting"}[t.attempt() == 0], "")
		began := time.Now()
		s := &session{t: t, tok: tok}
		err := s.run(ctx)
		if ctx.Err() != nil {
			break
		}
		attempt, wait := t.lostSession(err, time.Since(began) > healthyAfter)
		t.log.Log(ctx, levelOf(attempt), "the session with Twitch ended", "error", err, "attempt", attempt, "wait", wait)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
	}
	t.say("disconnected", "")
	t.subs.clear()
}

// levelOf makes the first loss loud and its repeats quiet.
func levelOf(attempt int) slog.Level {
	if attempt == 1 {
		return slog.LevelWarn
	}
	return slog.LevelDebug
}

func (t *Twitch) attempt() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.attempts
}

// lostSession notes the loss and says how long to wait.
func (t *Twitch) lostSession(err error, healthy bool) (attempt int, wait time.Duration) {
	t.lose(t.lastHeard(), err.Error())
	t.subs.clear()
	t.mu.Lock()
	if healthy {
		t.attempts = 0
	}
	t.attempts++
	attempt = t.attempts
	t.sessionID = ""
	t.mu.Unlock()
	t.say("reconnecting", err.Error())
	wait = min(backoffFirst<<min(attempt-1, 10), backoffMax)
	return attempt, wait/2 + jitter(wait/2)
}

func (t *Twitch) lastHeard() time.Time {
	if ms := t.heard.Load(); ms > 0 {
		return time.UnixMilli(ms).UTC()
	}
	return time.Now().UTC()
}

func (t *Twitch) heardNow() { t.heard.Store(time.Now().UnixMilli()) }

// setClock notes how far Twitch's clock is ahead of ours.
func (t *Twitch) setClock(ahead time.Duration) {
	t.clock.Store(int64(ahead))
	if ahead.Abs() > time.Minute {
		t.log.Warn("this PC's clock is off", "by", -ahead.Round(time.Second))
	}
}

// welcomed notes a session, a new one or one that has moved.
func (t *Twitch) welcomed(id string, moved bool) {
	t.heardNow()
	t.mu.Lock()
	t.sessionID = id
	if !moved {
		t.connected = time.Now().UTC()
	}
	t.mu.Unlock()
	if moved {
		t.say("connected", "")
	}
}

// evaluate looks whether the session hears all that it should, after each pass
// over the subscriptions and each revocation.
func (t *Twitch) evaluate() {
	enabled, whole := t.subs.count()
	t.mu.Lock()
	id, attempts := t.sessionID, t.attempts
	t.mu.Unlock()
	if id == "" {
		return
	}
	if !whole {
		if enabled == 0 {
			t.lose(t.lastHeard(), "Twitch sends nothing: there is no subscription")
		}
		t.say("subscribing", "")
		return
	}
	t.mu.Lock()
	t.attempts = 0
	gap := Gap{Start: t.lost, End: time.Now().UTC(), Reason: t.lostReason}
	t.lost, t.lostReason = time.Time{}, ""
	t.mu.Unlock()
	t.memory.whole.Store(true)
	t.helix.guard.reset()
	if attempts > 0 {
		t.log.Info("recovered", "attempts", attempts)
	}
	t.say("connected", "")
	if gap.Start.IsZero() {
		if !t.memory.first() {
			return
		}
		gap.Start = gap.End // who subscribes and whether it is live must be known once
	}
	select {
	case t.gaps <- gap:
	default: // eight gaps wait to be filled: the newest is filled with the next one
		t.lose(gap.Start, gap.Reason)
	}
}

// lose begins a gap, if none has begun.
func (t *Twitch) lose(since time.Time, reason string) {
	t.memory.whole.Store(false)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.lost.IsZero() {
		t.lost = since.UTC()
	}
	t.lostReason = reason
}

// say publishes the state of the link where it has changed.
func (t *Twitch) say(state, problem string) {
	enabled, _ := t.subs.count()
	t.mu.Lock()
	t.state = state
	if problem != "" {
		t.lastError = problem
	}
	key := fmt.Sprint(state, t.sessionID, enabled, problem)
	repeat := key == t.said
	t.said = key
	p := event.TwitchServiceStatus{
		ServiceName: "twitch", Connected: state == "connected", ConnectionState: state,
		SessionID: event.Optional(t.sessionID), LastError: event.Optional(t.lastError), SubscriptionCount: enabled,
		WebsocketURL: event.Optional(t.cfg.EventSubURL),
	}
	if !t.connected.IsZero() {
		at := t.connected
		p.LastConnected = &at
	}
	t.mu.Unlock()
	if repeat {
		return
	}
	ev := event.New(event.Twitch, time.Now(), p)
	ev.SourceID = t.channel()
	t.o.Publish(ev)
}

// channel is the owner's login.
func (t *Twitch) channel() string { return t.keeper.tokenOf().Login }

// oldAge is what Twitch itself calls too old to be trusted.
const oldAge = 10 * time.Minute

// handOn publishes a notification.
func (t *Twitch) handOn(m message) {
	now := time.Now()
	ev, odd := normaliser{prefix: t.cfg.EmotePrefix, channel: t.channel()}.event(m, now)
	if odd != nil {
		t.oddity("a notification is not as documented", odd)
	}
	// Kept all the same, and flagged: it did not happen just now. Both times are
	// Twitch's, so a clock that is off here flags nothing.
	if age := now.Add(time.Duration(t.clock.Load())).Sub(ev.Time); age > oldAge {
		ev.Flags |= event.Backfill
	}
	t.subs.delivered(ev.Type, now.UTC())
	t.publish(ev)
}

// publish publishes what was not published before, by its id or by what it says.
func (t *Twitch) publish(ev event.Event) bool {
	if t.memory.repeat(ev) || !t.o.Publish(ev) {
		t.notified.repeats.Add(1)
		return false
	}
	t.memory.remember(ev)
	t.notified.published.Add(1)
	if ev.Flags.Has(event.Backfill) {
		t.notified.backfilled.Add(1)
	}
	return true
}

// oddity counts what Twitch should not have sent; it is no reason to stop.
func (t *Twitch) oddity(what string, err error) {
	t.notified.odd.Add(1)
	t.log.Warn("Twitch sent something odd", "what", what, "error", err)
}
