package twitch

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	refreshBefore = 5 * time.Minute
	validateEvery = time.Hour
	// A refresh that fails is tried again after a minute, two, four, up to an hour,
	// for ever.
	refreshRetry    = time.Minute
	refreshRetryMax = time.Hour
	validateRetry   = 30 * time.Second
)

// keeper is the one owner of the token: it alone reads, validates, refreshes and
// stores it. Two refreshers once raced and signed the owner out.
type keeper struct {
	oauth oauth
	vault vault
	log   *slog.Logger

	mu        sync.Mutex
	tok       token
	problem   string // why there is no good token; what mends it
	signInDue bool   // only a new sign-in helps
	failures  int    // refreshes in a row
	refreshAt time.Time
	validAt   time.Time     // when it is validated next
	flight    chan struct{} // closed when the refresh under way is done; nil without one
	changed   chan struct{} // closed at each change
	signIn    SignIn
	device    deviceAnswer

	kick    chan struct{} // wakes serve
	flights sync.WaitGroup
}

func newKeeper(o oauth, v vault, log *slog.Logger) *keeper {
	return &keeper{oauth: o, vault: v, log: log, changed: make(chan struct{}), kick: make(chan struct{}, 1),
		signIn: SignIn{State: "none"}, problem: "not signed in to Twitch: sign in on the dashboard", signInDue: true}
}

// serve keeps the token good until ctx ends.
func (k *keeper) serve(ctx context.Context) {
	defer k.flights.Wait()
	k.load()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-k.kick:
		}
		timer.Reset(k.step(ctx))
	}
}

func (k *keeper) load() {
	var tok token
	err := k.vault.load(&tok)
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		k.log.Error("the stored token cannot be used", "error", err)
		k.problem = "the stored token cannot be read: sign in again on the dashboard"
	default:
		k.adopt(tok)
	}
}

// adopt takes a token over. The lock is held.
func (k *keeper) adopt(tok token) {
	k.tok, k.problem, k.signInDue, k.failures = tok, "", false, 0
	k.refreshAt = time.Time{}
	if !tok.Expires.IsZero() {
		k.refreshAt = tok.Expires.Add(-refreshBefore)
	}
	k.announce()
}

// announce wakes everybody who waits for a change. The lock is held.
func (k *keeper) announce() {
	close(k.changed)
	k.changed = make(chan struct{})
	select {
	case k.kick <- struct{}{}:
	default:
	}
}

// step does what is due and says when to look again.
func (k *keeper) step(ctx context.Context) time.Duration {
	k.mu.Lock()
	tok, now := k.tok, time.Now()
	refresh := tok.Access != "" && tok.Refresh != "" && !k.refreshAt.IsZero() && !now.Before(k.refreshAt) && k.flight == nil
	validate := tok.Access != "" && !now.Before(k.validAt) && !refresh
	poll := k.signIn.State == "waiting" && !now.Before(k.signIn.next)
	k.mu.Unlock()
	if refresh {
		_, _ = k.renew(ctx, tok.Access) // what failed is in the state and in the log
	}
	if validate {
		k.validate(ctx, tok)
	}
	if poll {
		k.pollSignIn(ctx)
	}

	k.mu.Lock()
	defer k.mu.Unlock()
	next := time.Now().Add(time.Hour)
	soon := func(t time.Time) {
		if !t.IsZero() && t.Before(next) {
			next = t
		}
	}
	if k.tok.Access != "" {
		soon(k.validAt)
		if k.flight == nil && k.tok.Refresh != "" {
			soon(k.refreshAt)
		}
	}
	if k.signIn.State == "waiting" {
		soon(k.signIn.next)
	}
	return max(time.Until(next), 10*time.Millisecond)
}

// validate asks Twitch whose token it is. A token that Twitch no longer knows is
// refreshed at once; a Twitch that does not answer says nothing about the token.
func (k *keeper) validate(ctx context.Context, tok token) {
	a, err := k.oauth.validate(ctx, tok.Access)
	var refusal *Error
	if errors.As(err, &refusal) && refusal.Status == 401 {
		k.set(func() { k.validAt = time.Now().Add(validateRetry) })
		if _, err := k.renew(ctx, tok.Access); err == nil {
			k.set(func() { k.validAt = time.Now(); k.announce() })
		}
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.tok.Access != tok.Access {
		return // another one came meanwhile, and will be validated
	}
	if err != nil {
		k.validAt = time.Now().Add(validateRetry)
		k.log.Warn("the token could not be validated", "error", err)
		return
	}
	k.validAt = time.Now().Add(validateEvery)
	fresh := k.tok
	fresh.UserID, fresh.Login, fresh.Scopes, fresh.ClientID = a.UserID, a.Login, a.Scopes, a.ClientID
	if a.Expires > 0 {
		fresh.Expires = expiry(a.Expires)
		k.refreshAt = fresh.Expires.Add(-refreshBefore)
	}
	known := k.tok.UserID == fresh.UserID && k.tok.ClientID == fresh.ClientID && slices.Equal(k.tok.Scopes, fresh.Scopes)
	k.tok = fresh
	if known {
		return
	}
	if err := k.vault.save(fresh); err != nil {
		k.log.Error("the token cannot be stored", "error", err)
	}
	k.log.Info("signed in to Twitch", "login", fresh.Login, "scopes", len(fresh.Scopes))
	k.announce()
}

func (k *keeper) set(change func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	change()
}

// current is the token as it is; ok is false while there is no good one whose
// owner is known.
func (k *keeper) current() (tok token, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.tok, k.tok.Access != "" && k.tok.UserID != "" && k.problem == ""
}

// wait is current together with a channel that closes at the next change.
func (k *keeper) wait() (tok token, ok bool, changed <-chan struct{}) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.tok, k.tok.Access != "" && k.tok.UserID != "" && k.problem == "", k.changed
}

// renew gives a token other than the stale one. However many ask, there is one
// refresh, and it is not given up with whoever asked for it: Twitch takes the old
// refresh token away as soon as it has answered.
func (k *keeper) renew(ctx context.Context, stale string) (token, error) {
	k.mu.Lock()
	if k.tok.Access != stale && k.tok.Access != "" {
		defer k.mu.Unlock()
		return k.tok, nil
	}
	if k.tok.Refresh == "" {
		if k.tok.Access != "" {
			k.fail("Twitch refuses the token and it cannot be refreshed: sign in again on the dashboard", true)
		}
		defer k.mu.Unlock()
		return token{}, &Error{Code: "unauthorized", Message: k.problem}
	}
	if k.flight == nil && k.problem != "" && time.Now().Before(k.refreshAt) {
		defer k.mu.Unlock() // it has failed just now: its own time has not come
		return token{}, &Error{Code: "unauthorized", Message: k.problem}
	}
	if k.flight == nil {
		k.flight = make(chan struct{})
		k.flights.Go(func() { k.refresh(context.WithoutCancel(ctx), k.tokenOf()) })
	}
	done := k.flight
	k.mu.Unlock()
	select {
	case <-done:
	case <-ctx.Done():
		return token{}, &Error{Code: "not_connected", Message: "refresh the token", cause: ctx.Err()}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.tok.Access == stale || k.problem != "" {
		return token{}, &Error{Code: "unauthorized", Message: cmp.Or(k.problem, "the token could not be refreshed")}
	}
	return k.tok, nil
}

func (k *keeper) tokenOf() token {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.tok
}

func (k *keeper) refresh(ctx context.Context, old token) {
	o := k.oauth
	if old.ClientID != "" {
		o.clientID = old.ClientID
	}
	fresh, err := o.refresh(ctx, old.Refresh)
	k.mu.Lock()
	defer k.mu.Unlock()
	close(k.flight)
	k.flight = nil
	if k.tok.Access != old.Access {
		return // a sign-in was quicker
	}
	if err != nil {
		var refusal *Error
		revoked := errors.As(err, &refusal) && (refusal.Status == 400 || refusal.Status == 401)
		wait := min(refreshRetry<<min(k.failures, 10), refreshRetryMax)
		if revoked {
			wait = refreshRetryMax
		}
		wait += rand.N(wait/10 + 1)
		k.failures++
		k.refreshAt = time.Now().Add(min(wait, refreshRetryMax))
		level := slog.LevelWarn
		if k.failures == 3 || revoked && k.failures == 1 {
			level = slog.LevelError
		}
		k.log.Log(ctx, level, "the token could not be refreshed", "error", err, "attempt", k.failures, "wait", wait)
		switch {
		case revoked:
			k.fail("Twitch no longer accepts the sign-in: sign in again on the dashboard", true)
		case !old.Expires.IsZero() && time.Now().After(old.Expires):
			k.fail("the token has run out and Twitch does not answer: it is tried again", false)
		default:
			k.announce()
		}
		return
	}
	if fresh.Refresh == "" {
		fresh.Refresh = old.Refresh
	}
	if len(fresh.Scopes) == 0 {
		fresh.Scopes = old.Scopes
	}
	fresh.UserID, fresh.Login, fresh.ClientID = old.UserID, old.Login, o.clientID
	if err := k.vault.save(fresh); err != nil {
		k.log.Error("the token cannot be stored", "error", err)
	}
	k.log.Info("the token is refreshed", "attempts", k.failures+1)
	k.adopt(fresh)
}

// fail says what is wrong with the token. The lock is held.
func (k *keeper) fail(problem string, signInDue bool) {
	k.problem, k.signInDue = problem, signInDue
	k.announce()
}

// put takes a new token over: it is looked at by Twitch first, so that a wrong
// one never takes a good one's place.
func (k *keeper) put(ctx context.Context, tok token) error {
	a, err := k.oauth.validate(ctx, tok.Access)
	if err != nil {
		return err
	}
	tok.UserID, tok.Login, tok.Scopes, tok.ClientID = a.UserID, a.Login, a.Scopes, a.ClientID
	if a.Expires > 0 {
		tok.Expires = expiry(a.Expires)
	}
	if err := k.vault.save(tok); err != nil {
		return &Error{Code: "operation_failed", Message: "the token cannot be stored", cause: err}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.validAt = time.Now().Add(validateEvery)
	k.log.Info("signed in to Twitch", "login", tok.Login, "scopes", len(tok.Scopes))
	k.adopt(tok)
	return nil
}

// missing are the scopes that Landale wants and the token lacks.
func (t token) missing() []string {
	var list []string
	for _, s := range scopes {
		if !t.has(s) {
			list = append(list, s)
		}
	}
	return list
}

// has reports whether the token has a scope, or one that includes it.
func (t token) has(scope string) bool {
	if scope == "" || slices.Contains(t.Scopes, scope) {
		return true
	}
	manage := strings.Replace(scope, ":read:", ":manage:", 1)
	return manage != scope && slices.Contains(t.Scopes, manage)
}
