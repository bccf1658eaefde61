package store

import (
	"encoding/json"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"landale/event"
)

func TestCards(t *testing.T) {
	zone := time.FixedZone("owner's", 2*60*60)
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "landale.db"), Options{Config: DefaultConfig(), Zone: zone})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	// Half past midnight of the owner's day is still yesterday in UTC.
	now := time.Date(2026, 11, 24, 23, 0, 0, 0, time.UTC)
	chat := func(at time.Time, emotes, native []string, flags event.Flags) event.Event {
		m := event.ChannelChatMessage{User: event.User{UserID: "1", UserLogin: "a", UserName: "A"}, MessageID: "m", Message: "x"}
		for _, e := range emotes {
			m.Emotes = append(m.Emotes, event.Emote{ID: "1", Name: e})
		}
		for _, e := range native {
			m.NativeEmotes = append(m.NativeEmotes, event.Emote{ID: "2", Name: e})
		}
		ev := event.New(event.Twitch, at, m)
		ev.Flags = flags
		return ev
	}
	put(t, s,
		chat(now.Add(-3*time.Hour), []string{"Kappa"}, []string{"avalonHYPE"}, 0),
		chat(now.Add(-30*time.Minute), []string{"Kappa", "Kappa"}, []string{"avalonHYPE"}, 0),
		follow(now.Add(-30*time.Minute), 1),
		chat(now.Add(-29*time.Minute), nil, []string{"avalonHYPE", "avalonHYPE", "avalonSAD"}, 0),
		chat(now.Add(-28*time.Minute), []string{"Kappa"}, nil, event.Test),
	)
	for kind, want := range map[string]string{
		"daily_stats": `{"started_at":1795557600000,"total_follows":1,"total_messages":2}`,
		"emote_stats": `{"native_emotes":{"avalonHYPE":{"today":3,"alltime":4,"type":"native"},"avalonSAD":{"today":1,"alltime":1,"type":"native"}},` +
			`"regular_emotes":{"Kappa":{"today":2,"alltime":3,"type":"regular"}},` +
			`"top_alltime":[{"emote":"avalonHYPE","count":4,"type":"native"},{"emote":"Kappa","count":3,"type":"regular"},{"emote":"avalonSAD","count":1,"type":"native"}],` +
			`"top_today":[{"emote":"avalonHYPE","count":3,"type":"native"},{"emote":"Kappa","count":2,"type":"regular"},{"emote":"avalonSAD","count":1,"type":"native"}]}`,
	} {
		var card map[string]any
		if kind == "daily_stats" {
			card, err = s.dailyStats(t.Context(), now)
		} else {
			card, err = s.emoteStats(t.Context(), now)
		}
		got, _ := json.Marshal(card)
		if err != nil || string(got) != want {
			t.Errorf("%s: got %s and %v, want %s", kind, got, err, want)
		}
	}
	if _, err := s.Card(t.Context(), "commit_stats"); !errors.Is(err, event.ErrNotFound) {
		t.Errorf("got %v, want not found", err)
	}
	if card, err := s.Card(t.Context(), "daily_stats"); err != nil || len(card) != 3 {
		t.Errorf("got %v and %v", card, err)
	}
}
