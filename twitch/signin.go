package twitch

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"
)

// SignIn is how far a sign-in by device code is: the owner opens the address on
// any device and types the code, which is in the address already.
type SignIn struct {
	// State is none, waiting, done, expired, denied or failed.
	State           string    `json:"state"`
	UserCode        string    `json:"user_code,omitempty"`
	VerificationURI string    `json:"verification_uri,omitempty"`
	ExpiresAt       time.Time `json:"expires_at,omitzero"`
	// Error says what went wrong.
	Error string `json:"error,omitempty"`

	next     time.Time
	interval time.Duration
}

// StartSignIn begins a sign-in, or begins it anew. Serve must be running: it asks
// Twitch until the owner has agreed.
func (t *Twitch) StartSignIn(ctx context.Context) (SignIn, error) {
	if t.cfg.ClientID == "" {
		return SignIn{}, refused("twitch.client_id is empty: register an application at dev.twitch.tv/console/apps and put its id into config.toml")
	}
	a, err := t.keeper.oauth.device(ctx)
	if err != nil {
		return SignIn{}, err
	}
	if a.DeviceCode == "" {
		return SignIn{}, &Error{Code: "unexpected_format", Message: "Twitch answered without a device code"}
	}
	k := t.keeper
	k.mu.Lock()
	defer k.mu.Unlock()
	interval := max(time.Duration(a.Interval)*time.Second, t.pollFloor)
	k.device = a
	k.signIn = SignIn{
		State: "waiting", UserCode: a.UserCode, VerificationURI: a.VerificationURI,
		ExpiresAt: time.Now().Add(time.Duration(cmp.Or(a.ExpiresIn, 1800)) * time.Second).UTC(),
		interval:  interval, next: time.Now().Add(interval),
	}
	k.log.Info("a sign-in has begun", "address", a.VerificationURI)
	k.announce()
	return k.signIn, nil
}

// SignInState is how far the newest sign-in is.
func (t *Twitch) SignInState() SignIn {
	t.keeper.mu.Lock()
	defer t.keeper.mu.Unlock()
	return t.keeper.signIn
}

// pollSignIn asks once whether the owner has agreed.
func (k *keeper) pollSignIn(ctx context.Context) {
	k.mu.Lock()
	device, until := k.device, k.signIn.ExpiresAt
	k.mu.Unlock()
	end := func(state, message string) {
		k.mu.Lock()
		defer k.mu.Unlock()
		if k.device == device {
			k.signIn = SignIn{State: state, Error: message}
			k.log.Info("a sign-in has ended", "state", state)
			k.announce()
		}
	}
	later := func(slower time.Duration) {
		k.mu.Lock()
		defer k.mu.Unlock()
		if k.device == device {
			k.signIn.interval += slower
			k.signIn.next = time.Now().Add(k.signIn.interval)
		}
	}
	if time.Now().After(until) {
		end("expired", "the code has run out: begin again")
		return
	}
	tok, err := k.oauth.exchange(ctx, device.DeviceCode)
	if err == nil {
		if err = k.put(ctx, tok); err != nil {
			end("failed", err.Error())
			return
		}
		end("done", "")
		return
	}
	var refusal *Error
	if !errors.As(err, &refusal) || refusal.temporary() {
		later(0)
		return
	}
	switch message := strings.ToLower(refusal.Message); {
	case strings.Contains(message, "pending"):
		later(0)
	case strings.Contains(message, "slow"):
		later(5 * time.Second)
	case strings.Contains(message, "denied"):
		end("denied", "the sign-in was refused on Twitch")
	case strings.Contains(message, "invalid device code"), strings.Contains(message, "expired"):
		end("expired", "the code has run out: begin again")
	default:
		end("failed", refusal.Message)
	}
}

// UploadToken takes over a token that was made elsewhere, as a JSON object:
// access_token, and refresh_token, expires_in, scope or scopes where they are
// known. Twitch is asked whose it is before it takes the place of another.
func (t *Twitch) UploadToken(ctx context.Context, object []byte) error {
	var in struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
		Expires int    `json:"expires_in"`
	}
	if json.Unmarshal(object, &in) != nil {
		return refused("want a JSON object with access_token and refresh_token")
	}
	in.Access = strings.TrimPrefix(strings.TrimSpace(in.Access), "oauth:")
	if in.Access == "" {
		return refused("access_token is missing")
	}
	return t.keeper.put(ctx, token{Access: in.Access, Refresh: strings.TrimSpace(in.Refresh), Expires: expiry(cmp.Or(in.Expires, 3600))})
}

// RefreshToken refreshes the token now.
func (t *Twitch) RefreshToken(ctx context.Context) error {
	tok := t.keeper.tokenOf()
	if tok.Access == "" {
		return &Error{Code: "unauthorized", Message: "not signed in to Twitch"}
	}
	t.keeper.set(func() { t.keeper.refreshAt = time.Now() })
	_, err := t.keeper.renew(ctx, tok.Access)
	return err
}

// SignOut forgets the token.
func (t *Twitch) SignOut() error {
	k := t.keeper
	if err := k.vault.forget(); err != nil {
		return &Error{Code: "operation_failed", Message: "the token cannot be removed", cause: err}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.tok = token{}
	k.signIn = SignIn{State: "none"}
	k.fail("not signed in to Twitch: sign in on the dashboard", true)
	return nil
}

// Token is what may be shown of the token: never itself.
type Token struct {
	Connected     bool      `json:"connected"`
	Valid         bool      `json:"valid"`
	Login         string    `json:"login,omitempty"`
	UserID        string    `json:"user_id,omitempty"`
	ExpiresAt     time.Time `json:"expires_at,omitzero"`
	Scopes        []string  `json:"scopes"`
	MissingScopes []string  `json:"missing_scopes"`
	// SignInDue says that only a new sign-in helps; Problem says why.
	SignInDue bool   `json:"sign_in_due"`
	Problem   string `json:"problem,omitempty"`
	// Failures counts refreshes in a row that failed.
	Failures int `json:"failures"`
}

// Token says how the token is.
func (t *Twitch) Token() Token {
	k := t.keeper
	k.mu.Lock()
	defer k.mu.Unlock()
	out := Token{
		Connected: k.tok.Access != "", Valid: k.tok.Access != "" && k.problem == "",
		Login: k.tok.Login, UserID: k.tok.UserID, ExpiresAt: k.tok.Expires,
		Scopes: append([]string{}, k.tok.Scopes...), MissingScopes: []string{},
		SignInDue: k.signInDue, Problem: k.problem, Failures: k.failures,
	}
	if out.Connected && k.tok.UserID != "" {
		out.MissingScopes = append(out.MissingScopes, k.tok.missing()...)
	}
	return out
}
