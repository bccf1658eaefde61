package overlay

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"landale/event"
)

func TestShowOfCategory(t *testing.T) {
	for _, c := range []struct{ id, name, want string }{
		{"13332", "", "ironmon"},
		{"1", "Pokémon FireRed/LeafGreen", "ironmon"},
		{"1", "Poke\u0301mon Fire Ash", "ironmon"},
		{"1", "POKEMON FIRERED", "ironmon"},
		{"1", "Pokémon Emerald", "variety"},
		{"1469308723", "", "coding"},
		{"1", "Software and Game Development", "coding"},
		{"509658", "Just Chatting", "variety"},
		{"", "", "variety"},
		{"1", "Slots", "variety"},
	} {
		if got, _ := showOf(DefaultConfig().shows(), c.id, c.name); got != c.want {
			t.Errorf("%s %q: got %s, want %s", c.id, c.name, got, c.want)
		}
	}
}

func TestPlain(t *testing.T) {
	for in, want := range map[string]string{"Ça va, Málaga Øresund": "ca va, malaga oresund", "ÀÉÎÕÜ ñ ž ł": "aeiou n z l", "日本": "日本"} {
		if got := plain(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestShowChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newMemory()
		r := run(t, DefaultConfig(), store)
		r.publish(follow("A"), "1")
		r.publish(event.ChannelUpdate{Title: "Kaizo", CategoryID: "13332", CategoryName: "Pokémon FireRed/LeafGreen"}, "2")
		r.publish(event.ChannelUpdate{Title: "Kaizo 2", CategoryID: "13332", CategoryName: "Pokémon FireRed/LeafGreen"}, "3")
		var s ShowState
		r.member("stream.show", &s)
		if s.ID != "ironmon" || s.Title != "Kaizo 2" || s.ChangedAt == nil {
			t.Errorf("got %+v", s)
		}
		changes := 0
		for _, ev := range r.heard {
			if p, ok := ev.Payload.(event.StreamShowChanged); ok {
				changes++
				equal(t, "event", []string{p.Show, p.Game.ID, p.Title}, []string{"ironmon", "13332", "Kaizo"})
			}
		}
		equal(t, "announced once", changes, 1)
		equal(t, "alerts stay", r.texts(), []string{"A follows"})
		if _, err := r.d.SetShow(t.Context(), "coding"); err != nil {
			t.Fatal(err)
		}
		m, err := r.d.LayerMappings(t.Context())
		if err != nil || m.CurrentShow != "coding" || m.Mappings["build_failure"] != "foreground" || m.Mappings["manual_override"] != "foreground" || len(m.AvailableShows) != 3 {
			t.Errorf("got %+v and %v", m, err)
		}
		r.stop()
		<-r.done
		r = run(t, DefaultConfig(), store)
		r.member("stream.show", &s)
		equal(t, "survives", s.ID, "coding")
		if _, err := r.d.SetShow(t.Context(), "x"); errCode(err) != "not_found" {
			t.Errorf("got %v", err)
		}
	})
}

type figures map[string]map[string]any

func (f figures) Card(_ context.Context, kind string) (map[string]any, error) {
	if kind == "broken" {
		return nil, fmt.Errorf("no file")
	}
	if data, ok := f[kind]; ok {
		return data, nil
	}
	return nil, event.ErrNotFound
}

func TestTicker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := DefaultConfig()
		cfg.Shows = []Show{{ID: "s", Ticker: []string{"daily_stats", "commit_stats", "recent_follows", "broken"}, Foreground: []string{"alert"}}}
		r := runWith(t, cfg, newMemory(), event.NewBus(0), figures{"daily_stats": {"total_messages": 7}})
		r.join("alerts", "a")
		r.publish(follow("A"), "1") // covers the background for five seconds of each fifteen
		var seen []string
		for range 8 {
			r.wait(15 * time.Second)
			i := r.on("background")
			if i == nil {
				seen = append(seen, "-")
				continue
			}
			seen = append(seen, i.Type+fmt.Sprint(i.Data["fallback"] == true))
		}
		// commit_stats has no source and is passed over.
		equal(t, "cards", seen[2:], []string{"daily_statsfalse", "recent_followsfalse", "brokentrue", "daily_statsfalse", "recent_followsfalse", "brokentrue"})
	})
}

func TestTickerShowsNews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, DefaultConfig(), newMemory())
		if i := r.on("background"); i != nil {
			t.Errorf("got %v, want nothing while there is nothing to show", i)
		}
		r.publish(follow("A"), "1")
		i := r.on("background")
		equal(t, "card", i.Type, "recent_follows")
		r.publish(follow("B"), "2")
		j := r.on("background")
		var names []string
		for _, f := range j.Data["recent_followers"].([]any) {
			names = append(names, f.(map[string]any)["user_name"].(string))
		}
		equal(t, "in place", []any{i.ID == j.ID, names}, []any{true, []string{"B", "A"}})
		r.publish(event.ChannelGoalProgress{Goal: event.Goal{GoalID: "g", GoalType: "follower", CurrentAmount: 412, TargetAmount: 500}}, "3")
		r.wait(15 * time.Second)
		equal(t, "goal", r.on("background").Data["follower_goal"], map[string]any{"current": 412, "description": "", "percentage": 82.4, "target": 500})
		goals := 0
		for _, ev := range r.heard {
			if _, ok := ev.Payload.(event.StreamGoalsUpdated); ok {
				goals++
			}
		}
		equal(t, "goals told", goals, 1)
	})
}

func TestSubTrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := quiet()
		cfg.SubTrain = 300 * time.Second
		store := newMemory()
		r := run(t, cfg, store)
		sub := func(name, id string) { r.publish(event.ChannelSubscribe{User: user1(name), Tier: "2000"}, id) }
		sub("A", "1")
		first := r.on("midground")
		r.wait(299 * time.Second)
		sub("B", "2")
		i := r.on("midground")
		var data map[string]any
		b, _ := json.Marshal(i.Data)
		if err := json.Unmarshal(b, &data); err != nil {
			t.Fatal(err)
		}
		delete(data, "started_at")
		equal(t, "train", data, map[string]any{"count": 2, "latest_subscriber": "B", "latest_tier": "2000", "subscriber": "A", "tier": "2000", "total_months": 1})
		if i.ID != first.ID || *i.EndsAt != time.Now().Add(300*time.Second).UnixMilli() {
			t.Errorf("got %+v, want the same train with a new window", i)
		}
		if _, err := r.d.Simulate(t.Context(), "sub", nil); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		equal(t, "a test does not board", r.on("midground").Data["count"], 2)
		r.stop()
		<-r.done
		r = run(t, cfg, store)
		r.wait(299 * time.Second)
		if r.on("midground") == nil {
			t.Fatal("the train did not survive")
		}
		r.wait(time.Second)
		if r.on("midground") != nil {
			t.Error("the train never ends")
		}
		sub("C", "3")
		equal(t, "a new one", r.on("midground").Data["count"], 1)
		r.publish(event.StreamOffline{}, "")
		if r.on("midground") != nil {
			t.Error("the train goes on after the stream")
		}
	})
}

func TestEmotesWhileTheirCardIsOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := DefaultConfig()
		cfg.Shows = []Show{{ID: "s", Ticker: []string{"emote_stats"}}}
		r := runWith(t, cfg, newMemory(), event.NewBus(0), figures{"emote_stats": {"top_today": []any{}}})
		r.wait(31 * time.Second)
		for range 50 {
			r.publish(event.ChannelChatMessage{User: user1("A"), NativeEmotes: event.List[event.Emote]{{ID: "1", Name: "avalonHYPE"}}}, "")
		}
		r.wait(time.Second)
		n := 0
		for _, ev := range r.heard {
			if p, ok := ev.Payload.(event.StreamEmoteIncrement); ok {
				n++
				equal(t, "increment", []any{p.Username, p.NativeEmotes}, []any{"A", []string{"avalonHYPE"}})
			}
		}
		if n != 1 {
			t.Errorf("got %d increments within an instant, want 1", n)
		}
	})
}
