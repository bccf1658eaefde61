package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"landale/twitch/twitchtest"
)

// A follow on Twitch reaches the overlay's socket, once, though Twitch says it
// twice; and what the dashboard asks is answered by Twitch.
func TestTwitch(t *testing.T) {
	f := twitchtest.New(t)
	h := newHome(t, fmt.Sprintf(`%s[twitch]
client_id = "landale"
eventsub_url = "%s"
helix_url = "%s"
oauth_url = "%s"
emote_providers = []
`, quietConfig, f.EventSubURL(), f.HelixURL(), f.OAuthURL()))
	a := startApp(t, h)
	part := func() (state, reason string) {
		for _, p := range a.parts.Parts() {
			if p.Name == "twitch" {
				return string(p.State), p.Reason
			}
		}
		return "", ""
	}
	eventually(t, "a reason to sign in", func() bool {
		state, reason := part()
		return state == "waiting" && strings.Contains(reason, "sign in")
	})
	call(t, "POST", a.URL()+"/api/oauth/upload", json.RawMessage(f.Token()), nil)
	eventually(t, "the subscriptions", func() bool {
		state, _ := part()
		return state == "running" && slices.Contains(f.Subscribed(), "channel.follow")
	})

	overlay := dial(t, a.URL())
	overlay.join("events:interactions", map[string]any{"batch": true})
	const follow = `{"user_id":"1234","user_login":"wanderer","user_name":"Wanderer","broadcaster_user_id":"38981465","broadcaster_user_login":"avalonstar","broadcaster_user_name":"Avalonstar","followed_at":"2026-11-24T20:00:00Z"}`
	id := f.Notify("channel.follow", follow)
	if evs := overlay.events(); len(evs) != 1 || string(evs[0].ID) != id || evs[0].Flags != 0 {
		t.Fatalf("got %v, want the follow %s", evs, id)
	}
	f.NotifyAs(id, "channel.follow", follow, time.Now())
	second := f.Notify("channel.raid", `{"from_broadcaster_user_id":"77","from_broadcaster_user_login":"raider","from_broadcaster_user_name":"Raider","to_broadcaster_user_id":"38981465","to_broadcaster_user_login":"avalonstar","to_broadcaster_user_name":"Avalonstar","viewers":42}`)
	if evs := overlay.events(); len(evs) != 1 || string(evs[0].ID) != second {
		t.Errorf("got %v, want only the raid %s", evs, second)
	}
	eventually(t, "the row", func() bool {
		var page struct{ Hits []struct{ Snippet string } }
		call(t, "GET", a.URL()+"/api/search?q=wanderer", nil, &page)
		return len(page.Hits) == 1
	})
	var status struct{ Status string }
	call(t, "GET", a.URL()+"/api/twitch/status", nil, &status)
	if status.Status != "healthy" {
		t.Errorf("the link is %s, want healthy", status.Status)
	}
}
