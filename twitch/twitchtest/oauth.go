package twitchtest

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// grant is one sign-in.
type grant struct {
	access, refresh string
	scopes          []string
	expires         time.Time
}

type deviceCode struct {
	code   string
	agreed bool
	denied bool
}

// AllScopes are the scopes of a full sign-in.
func AllScopes() []string {
	return strings.Fields(`channel:read:subscriptions channel:read:redemptions channel:read:polls channel:read:predictions
		channel:read:hype_train channel:read:goals channel:read:charity channel:read:vips channel:read:ads
		channel:manage:broadcast channel:manage:redemptions channel:manage:videos channel:manage:ads channel:edit:commercial channel:bot
		moderator:read:followers moderator:read:shoutouts moderator:read:chat_settings moderator:read:shield_mode
		moderator:read:banned_users moderator:read:moderators moderator:manage:announcements moderator:manage:shoutouts
		user:read:chat user:write:chat user:bot chat:read chat:edit bits:read clips:edit`)
}

// Scopes sets what later sign-ins are allowed.
func (f *Twitch) Scopes(scopes ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.scopes = scopes
}

// TokenLife sets how long tokens given from now on are good.
func (f *Twitch) TokenLife(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tokenLife = d
}

// Token gives a token as an upload has it.
func (f *Twitch) Token() []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	g := f.grant()
	return fmt.Appendf(nil, `{"access_token":%q,"refresh_token":%q,"expires_in":%d,"scope":%q}`,
		g.access, g.refresh, int(f.tokenLife.Seconds()), strings.Join(g.scopes, " "))
}

// grant makes a token. The lock is held.
func (f *Twitch) grant() *grant {
	f.next++
	g := &grant{fmt.Sprintf("access-secret-%d", f.next), fmt.Sprintf("refresh-secret-%d", f.next), f.scopes, time.Now().Add(f.tokenLife)}
	f.tokens[g.access], f.refreshes[g.refresh] = g, g
	return g
}

// Expire makes every access token invalid; refresh tokens stay good.
func (f *Twitch) Expire() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.tokens)
}

// SignOut makes every token invalid, as a person does in Twitch's settings.
func (f *Twitch) SignOut() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.tokens)
	clear(f.refreshes)
}

// Agree lets the owner agree to the sign-in that waits; Deny refuses it.
func (f *Twitch) Agree() { f.decide(func(d *deviceCode) { d.agreed = true }) }
func (f *Twitch) Deny()  { f.decide(func(d *deviceCode) { d.denied = true }) }

func (f *Twitch) decide(how func(*deviceCode)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.device != nil {
		how(f.device)
	}
}

func (f *Twitch) serveOAuth(w http.ResponseWriter, r *http.Request) {
	r.ParseForm()
	f.mu.Lock()
	defer f.mu.Unlock()
	refuse := func(status int, message string) {
		f.answer(w, status, map[string]any{"status": status, "message": message})
	}
	switch strings.TrimPrefix(r.URL.Path, "/oauth2") {
	case "/device":
		if r.Form.Get("client_id") != ClientID || r.Form.Get("scopes") == "" {
			refuse(400, "invalid client")
			return
		}
		f.next++
		f.device = &deviceCode{code: fmt.Sprintf("device-secret-%d", f.next)}
		f.answer(w, 200, map[string]any{"device_code": f.device.code, "user_code": "ABCDEFGH", "verification_uri": "https://www.twitch.tv/activate?device-code=ABCDEFGH", "expires_in": 1800, "interval": 0})
	case "/token":
		f.serveToken(w, r, refuse)
	case "/validate":
		g := f.tokens[strings.TrimPrefix(r.Header.Get("Authorization"), "OAuth ")]
		if g == nil || time.Now().After(g.expires) {
			refuse(401, "invalid access token")
			return
		}
		f.answer(w, 200, map[string]any{"client_id": ClientID, "login": Login, "user_id": UserID, "scopes": g.scopes, "expires_in": int(time.Until(g.expires).Seconds())})
	default:
		http.NotFound(w, r)
	}
}

func (f *Twitch) serveToken(w http.ResponseWriter, r *http.Request, refuse func(int, string)) {
	give := func() {
		g := f.grant()
		f.answer(w, 200, map[string]any{"access_token": g.access, "refresh_token": g.refresh, "expires_in": int(f.tokenLife.Seconds()), "scope": g.scopes, "token_type": "bearer"})
	}
	switch r.Form.Get("grant_type") {
	case "urn:ietf:params:oauth:grant-type:device_code":
		switch d := f.device; {
		case d == nil || d.code != r.Form.Get("device_code"):
			refuse(400, "invalid device code")
		case d.denied:
			refuse(400, "access_denied")
		case !d.agreed:
			refuse(400, "authorization_pending")
		default:
			f.device = nil
			give()
		}
	case "refresh_token":
		// A public application's refresh token is good once.
		old := f.refreshes[r.Form.Get("refresh_token")]
		if old == nil {
			refuse(400, "Invalid refresh token")
			return
		}
		delete(f.refreshes, old.refresh)
		delete(f.tokens, old.access)
		give()
	default:
		refuse(400, "missing grant type")
	}
}
