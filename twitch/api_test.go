package twitch

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"landale/twitch/twitchtest"
)

func code(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.ErrorCode()
	}
	return ""
}

func signedIn(t *testing.T) (*twitchtest.Twitch, *Twitch) {
	fake := twitchtest.New(t)
	r := newRig(t, fake, t.TempDir())
	if err := r.t.UploadToken(t.Context(), fake.Token()); err != nil {
		t.Fatal(err)
	}
	return fake, r.t
}

func last(t *testing.T, fake *twitchtest.Twitch, path string) string {
	t.Helper()
	bodies := fake.Bodies(path)
	if len(bodies) == 0 {
		t.Fatalf("nothing was sent to %s", path)
	}
	return string(bodies[len(bodies)-1])
}

func TestCommands(t *testing.T) {
	fake, p := signedIn(t)
	ctx := t.Context()
	if _, err := p.ChannelInfo(ctx); code(err) != "no_data" {
		t.Errorf("no channel: %v", err)
	}
	fake.List("/channels", map[string]any{"broadcaster_id": twitchtest.UserID, "title": "t", "anything_new": 7})
	if info, err := p.ChannelInfo(ctx); err != nil || !strings.Contains(string(info), `"anything_new":7`) {
		t.Errorf("got %s, %v", info, err)
	}
	fake.List("/search/categories", map[string]any{"id": "1", "name": `The "Best" Game`, "box_art_url": "u"})
	if found, err := p.SearchCategories(ctx, ` the "best" & more `); err != nil || len(found) != 1 || found[0].Name != `The "Best" Game` {
		t.Errorf("got %v, %v", found, err)
	}

	changes := func(s string) (m map[string]json.RawMessage) { json.Unmarshal([]byte(s), &m); return m }
	if err := p.UpdateChannel(ctx, changes(`{"title":"Kaizo","tags":[],"delay":0,"game_id":null,"branded_content":true}`)); err != nil {
		t.Fatal(err)
	}
	// The broadcaster belongs into the query (F6); what is null stays, what is
	// empty is set.
	if got, want := last(t, fake, "/channels"), `{"delay":0,"is_branded_content":true,"query":"broadcaster_id=`+twitchtest.UserID+`","tags":[],"title":"Kaizo"}`; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	for _, bad := range []string{`{}`, `{"title":null}`, `{"titel":"x"}`, `{"title":""}`, `{"title":7}`, `{"tags":"x"}`, `{"tags":["two words"]}`, `{"tags":["ein","zwei","3","4","5","6","7","8","9","10","11"]}`, `{"title":"` + strings.Repeat("👋", 141) + `"}`} {
		if err := p.UpdateChannel(ctx, changes(bad)); code(err) != "validation_failed" {
			t.Errorf("%s: %v", bad, err)
		}
	}
	if err := p.UpdateChannel(ctx, changes(`{"title":"`+strings.Repeat("👋", 140)+`"}`)); err != nil {
		t.Errorf("140 emoji: %v", err)
	}

	if id, err := p.SendChat(ctx, strings.Repeat("👋", 500), "parent"); err != nil || id == "" {
		t.Errorf("500 emoji: %v", err)
	}
	if got := last(t, fake, "/chat/messages"); !strings.Contains(got, `"reply_parent_message_id":"parent"`) || !strings.Contains(got, `"sender_id":"`+twitchtest.UserID+`"`) {
		t.Errorf("sent %s", got)
	}
	sent := fake.Requests("/helix/chat/messages")
	for _, bad := range []string{"", "  ", strings.Repeat("x", 501)} {
		if _, err := p.SendChat(ctx, bad, ""); code(err) != "validation_failed" {
			t.Errorf("%d characters: %v", len(bad), err)
		}
	}
	if fake.Requests("/helix/chat/messages") != sent {
		t.Error("what Twitch would refuse was sent")
	}
	if err := p.Announce(ctx, "hello", "pink"); code(err) != "validation_failed" {
		t.Errorf("a pink announcement: %v", err)
	}
	if err := p.Announce(ctx, "hello", ""); err != nil || !strings.Contains(last(t, fake, "/chat/announcements"), `"color":"primary"`) {
		t.Errorf("an announcement: %v", err)
	}
	fake.User("raider", "77")
	if err := p.Shoutout(ctx, " @Raider"); err != nil || !strings.Contains(last(t, fake, "/chat/shoutouts"), "to_broadcaster_id=77") {
		t.Errorf("a shoutout: %v", err)
	}
	if err := p.Shoutout(ctx, "nobody"); code(err) != "not_found" {
		t.Errorf("a shoutout to nobody: %v", err)
	}
	if err := p.Shoutout(ctx, twitchtest.Login); code(err) != "validation_failed" {
		t.Errorf("a shoutout to oneself: %v", err)
	}
	if m, err := p.CreateMarker(ctx, "boss"); err != nil || m.PositionSeconds != 244 {
		t.Errorf("got %+v, %v", m, err)
	}
	if c, err := p.CreateClip(ctx); err != nil || c.ID == "" {
		t.Errorf("got %+v, %v", c, err)
	}
	if s, err := p.Stream(ctx); s != nil || err != nil {
		t.Errorf("got %+v, %v", s, err)
	}
	if goals, err := p.Goals(ctx); len(goals) != 0 || err != nil {
		t.Errorf("got %v, %v", goals, err)
	}
}

func TestErrorsOfCalls(t *testing.T) {
	fake, p := signedIn(t)
	for _, tc := range []struct {
		status int
		code   string
	}{{400, "api_error"}, {401, "unauthorized"}, {403, "forbidden"}, {404, "not_found"}, {500, "api_error"}} {
		fake.Fail("/helix/users", tc.status, 2, nil)
		if _, err := p.Users(t.Context(), "a"); code(err) != tc.code {
			t.Errorf("%d: %v", tc.status, err)
		}
		fake.Heal()
	}
	fake.Hang("/helix/users", 1)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := p.Users(ctx, "a"); code(err) != "not_connected" || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a hang: %v", err)
	}
	signedOut := newRig(t, fake, t.TempDir())
	if _, err := signedOut.t.Users(t.Context(), "a"); code(err) != "not_connected" {
		t.Errorf("signed out: %v", err)
	}
}

// While Twitch allows nothing, nothing is asked; its clock counts, not ours.
func TestRateLimit(t *testing.T) {
	fake, p := signedIn(t)
	h := http.Header{}
	h.Set("Ratelimit-Remaining", "0")
	h.Set("Date", "Tue, 24 Nov 2026 20:00:00 GMT")
	h.Set("Ratelimit-Reset", "1795550402") // two seconds later
	fake.Fail("/helix/users", 429, 1, h)
	_, err := p.Users(t.Context(), "a")
	var e *Error
	if !errors.As(err, &e) || e.Code != "rate_limited" || e.RetryAfter < time.Second || e.RetryAfter > 2*time.Second {
		t.Fatalf("got %+v", err)
	}
	asked := fake.Requests("/helix/users")
	if _, err := p.Users(t.Context(), "a"); code(err) != "rate_limited" || fake.Requests("/helix/users") != asked {
		t.Errorf("got %v, %d more calls", err, fake.Requests("/helix/users")-asked)
	}
	if wait := p.helix.limit.wait(); wait > 2*time.Second {
		t.Errorf("no call for %v", wait)
	}
}

func TestBreaker(t *testing.T) {
	fake, p := signedIn(t)
	fake.Fail("/helix/users", 503, -1, nil)
	for range 10 {
		p.Users(t.Context(), "a")
	}
	if n := fake.Requests("/helix/users"); n != 5 {
		t.Errorf("%d calls of a host that fails, want 5", n)
	}
	if _, err := p.Users(t.Context(), "a"); code(err) != "service_unavailable" {
		t.Errorf("got %v", err)
	}
	if wait := p.helix.guard.wait(); wait < 9*time.Second || wait > 10*time.Second {
		t.Errorf("left alone for %v", wait)
	}
	// A refusal is an answer, and sign-in has no breaker.
	fake2, p2 := signedIn(t)
	fake2.Fail("/helix/users", 400, -1, nil)
	for range 10 {
		p2.Users(t.Context(), "a")
	}
	if n := fake2.Requests("/helix/users"); n != 10 {
		t.Errorf("%d calls, want 10", n)
	}
	if err := p.RefreshToken(t.Context()); err != nil {
		t.Errorf("refresh beside an open breaker: %v", err)
	}
}
