package overlay

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"landale/event"
)

var update = flag.Bool("update", false, "write golden files")

func TestMostSpecificWins(t *testing.T) {
	cfg := quiet()
	cfg.Alerts = []Rule{
		{ID: "any", Type: "cheer"},
		{ID: "hundred", Type: "cheer", Min: 100},
		{ID: "hundreds", Type: "cheer", Min: 100, Max: 999},
		{ID: "420", Type: "channel.cheer", Exact: 420},
		{ID: "ten-typed", Type: "cheer", Min: 10, Message: "with"},
		{ID: "ten", Type: "cheer", Min: 10},
		{ID: "friend", Type: "cheer", User: "Sunday"},
		{ID: "tests", Type: "raid", Test: "only"},
		{ID: "t3", Type: "sub", Tier: "3000"},
		{ID: "ironmon", Type: "follow", Show: "ironmon"},
		{ID: "hydrate", Type: "redemption", Reward: "hydrate"},
	}
	if ps := cfg.Validate(); len(ps) > 0 {
		t.Fatalf("got %v", ps)
	}
	rules := newRuleset(cfg)
	redeemed := func(title string) event.Payload {
		return event.ChannelPointsCustomRewardRedemptionAdd{Redemption: event.Redemption{User: user1("A"), Reward: event.Reward{Title: title, Cost: 300}}}
	}
	for _, c := range []struct {
		p    event.Payload
		test bool
		show string
		want string
	}{
		{cheerOf("A", 5, ""), false, "", "any"},
		{cheerOf("A", 50, ""), false, "", "ten"},
		{cheerOf("A", 50, "hi"), false, "", "ten-typed"},
		{cheerOf("A", 500, ""), false, "", "hundreds"},
		{cheerOf("A", 5000, ""), false, "", "hundred"},
		{cheerOf("A", 420, ""), false, "", "420"},
		{cheerOf("Sunday", 5, ""), false, "", "friend"},
		{cheerOf("sunday", 420, ""), false, "", "420"},
		{raidOf("A", 3), true, "", "tests"},
		{raidOf("A", 3), false, "", "built-in raid"},
		{event.ChannelSubscribe{User: user1("A"), Tier: "3000"}, false, "", "t3"},
		{event.ChannelSubscribe{User: user1("A"), Tier: "1000"}, false, "", "built-in subscribe"},
		{follow("A"), false, "ironmon", "ironmon"},
		{follow("A"), false, "coding", "built-in follow"},
		{redeemed("Hydrate"), false, "", "hydrate"},
		{redeemed("Stretch"), false, "", "built-in redemption"},
		{event.ChannelGoalEnd{Goal: event.Goal{GoalType: "follower"}}, false, "", ""},
	} {
		ev := event.New(event.Twitch, time.Now(), c.p)
		if c.test {
			ev.Flags = event.Test
		}
		f := factsOf(ev)
		got := ""
		if r := rules.find(&f, c.show); r != nil {
			got = r.name
		}
		explained, _ := rules.explain(&f, c.show)
		if got != c.want || (explained == nil) != (got == "") || explained != nil && explained.name != got {
			t.Errorf("%s %+v: got %q and explained %v, want %q", ev.Type, c.p, got, explained, c.want)
		}
	}
}

func TestBadRules(t *testing.T) {
	cfg := quiet()
	cfg.Alerts = []Rule{
		{Type: "follow", Template: "good"},
		{Type: "folow"},
		{},
		{Type: "channel.chat.message"},
		{Type: "cheer", Min: 10, Max: 5},
		{Type: "cheer", Exact: 5, Min: 10},
		{Type: "sub", Tier: "4"},
		{Type: "sub", Show: "nowhere"},
		{Type: "sub", Priority: 11},
		{Type: "sub", Duration: time.Millisecond},
		{Type: "sub", Volume: 2},
		{Type: "sub", Sound: `..\..\secret`},
		{Type: "sub", Template: "{nonsense} and {user}"},
		{Type: "sub", Cooldown: -1},
		{ID: "a", Type: "custom.thing"},
		{ID: "a", Type: "raid"},
	}
	var got []string
	for _, p := range cfg.Validate() {
		if p.Hint == "" {
			t.Errorf("%s has no hint", p.Key)
		}
		got = append(got, p.Key)
	}
	equal(t, "keys", got, []string{
		"alert[1].type", "alert[2].type", "alert[3].type", "alert[4].max", "alert[5].exact", "alert[6].tier", "alert[7].show",
		"alert[8].priority", "alert[9].duration", "alert[10].volume", "alert[11].sound", "alert[12].template", "alert[13].cooldown", "alert[15].id",
	})
	// The others go on.
	f := factsOf(event.New(event.Twitch, time.Now(), follow("A")))
	if r := newRuleset(cfg).find(&f, ""); r == nil || r.Template != "good" {
		t.Errorf("got %v, want the good rule", r)
	}
	if ps := DefaultConfig().Validate(); len(ps) > 0 {
		t.Errorf("the defaults: got %v", ps)
	}
}

func TestTemplates(t *testing.T) {
	streak := 7
	resub := event.ChannelSubscriptionMessage{User: event.User{UserID: "1", UserLogin: "sunday", UserName: "Sunday"}, Tier: "2000", Message: "hi {amount}",
		CumulativeMonths: 8, StreakMonths: &streak, DurationMonths: 3}
	gift := giftOf("Giver", 5)
	money := event.ChannelCharityCampaignDonate{User: user1("A"), CharityName: "Good", Amount: event.Amount{Value: 1205, DecimalPlaces: 2, Currency: "USD"}}
	for _, c := range []struct {
		p        event.Payload
		template string
		want     string
	}{
		{resub, "{username} {displayName} {name} {user} %user% {{username}}", "Sunday Sunday Sunday Sunday Sunday Sunday"},
		{resub, "{amount} {months} {cumulative_months} {streak} {streak_months} {duration_months} {tier} {tierRaw}", "8 8 8 7 7 3 2 2000"},
		{resub, "{message} | {messageRaw} | {userMessage}", "hi {amount} | hi {amount} | hi {amount}"},
		{resub, "{text} {messageTemplate} {display_text} {announcement}", strings.TrimSpace(strings.Repeat("Sunday subscribed for 8 months ", 4))},
		{gift, "{gifter} {sender} {amount} {count} {quantity} {total}{recipient}", "Giver Giver 5 5 5 5"},
		{given("R"), "{recipient} {gifted}", "R R"},
		{money, "{amount} {currency} / {formattedAmount} to {charity}", "12.05 USD / 12.05 USD to Good"},
		{cheerOf("A", 100, ""), "{bits}{ not a name }{}{{ {BITS} 100%", "100{ not a name }{}{{ 100 100%"},
		{raidOf("R", 42), "{viewers} from {login}", "42 from r"},
		{cheerOf("A", 1, ""), "{audio} {audioVolume} {duration}s{image}{video}", "bell 0.5 10s"},
	} {
		ev := event.New(event.Twitch, time.Now(), c.p)
		cfg := quiet()
		cfg.Alerts = []Rule{{Type: string(ev.Type), Template: c.template, Sound: "bell", Volume: 0.5}}
		if ps := cfg.Validate(); len(ps) > 0 {
			t.Errorf("%s: got %v", c.template, ps)
		}
		d := New(cfg, Options{Bus: event.NewBus(0)})
		f := factsOf(ev)
		if i := d.judge(ev, f, time.Now()); i == nil || i.Text != c.want {
			t.Errorf("%s: got %v, want %q", c.template, i, c.want)
		}
	}
}

// What each type looks like to a page when the file says nothing.
func TestBuiltinGolden(t *testing.T) {
	cfg := quiet()
	type line struct {
		Type  event.Type
		Rule  string
		Alert *Item
	}
	var lines []line
	at := time.Date(2026, 11, 24, 20, 0, 0, 0, time.UTC)
	for _, spec := range event.Catalogue() {
		if !spec.Once {
			continue
		}
		d := New(cfg, Options{Bus: event.NewBus(0)})
		d.setShowByID("ironmon", at)
		ev := event.New(spec.Source, at, spec.Example).WithID("event")
		l := line{Type: spec.Type}
		if i := d.judge(ev, factsOf(ev), at); i != nil {
			i.ID = "item"
			w := i.wire()
			l.Rule, l.Alert = w.Rule, &w
		}
		lines = append(lines, l)
	}
	got, err := json.MarshalIndent(lines, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	const golden = "testdata/builtin.json"
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if strings.ReplaceAll(string(want), "\r\n", "\n") != string(got) {
		t.Errorf("got\n%s\nwant what %s says; -update writes it", got, golden)
	}
}

func TestCooldown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := quiet()
		cfg.Alerts = []Rule{{ID: "f", Type: "follow", Cooldown: 30 * time.Second, Template: "{name}"}, {Type: "raid", Layer: "none"}}
		r := run(t, cfg, newMemory())
		r.publish(follow("A"), "1")
		r.publish(follow("B"), "2")
		r.publish(raidOf("R", 500), "3")
		r.wait(30 * time.Second)
		r.publish(follow("C"), "4")
		equal(t, "queue", r.texts(), []string{"A", "C"})
		tr, err := r.d.Trace(t.Context(), "2")
		if err != nil || tr.Steps[len(tr.Steps)-1].Why != "the rule f rests for 30s" {
			t.Errorf("got %+v and %v, want that the rule rests", tr, err)
		}
	})
}

func TestReloadChangesRules(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, quiet(), newMemory())
		r.publish(follow("A"), "1")
		cfg := quiet()
		cfg.Alerts = []Rule{{Type: "follow", Template: "hello {name}"}}
		if err := r.d.SetConfig(t.Context(), cfg); err != nil {
			t.Fatal(err)
		}
		r.publish(follow("B"), "2")
		equal(t, "queue", r.texts(), []string{"hello B", "A follows"})
	})
}

func TestCustomEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := quiet()
		cfg.Alerts = []Rule{{Type: "custom.tip", Min: 5, Template: "{username} tipped {amount}: {message}"}}
		r := run(t, cfg, newMemory())
		p, err := event.NewUnknown("custom.tip", []byte(`{"user_name":"A","user_login":"a","amount":7,"message":"hi"}`))
		if err != nil {
			t.Fatal(err)
		}
		r.publish(p, "tip1")
		r.publish(p, "tip1")
		equal(t, "queue", r.texts(), []string{"A tipped 7: hi"})
	})
}

// The right rule among a hundred is found in less than 10 µs.
func BenchmarkRuleLookup(b *testing.B) {
	cfg := quiet()
	for i := range 100 {
		cfg.Alerts = append(cfg.Alerts, Rule{ID: fmt.Sprint("r", i), Type: "cheer", Exact: int64(1000 + i), User: fmt.Sprint("user", i)})
	}
	rules := newRuleset(cfg)
	f := factsOf(event.New(event.Twitch, time.Now(), cheerOf("A", 1050, "hi")))
	b.ReportAllocs()
	for b.Loop() {
		if r := rules.find(&f, "variety"); r == nil || !r.builtin {
			b.Fatal(r)
		}
	}
}

// With the reason of each rule that does not fit, as every event is traced.
func BenchmarkRuleExplained(b *testing.B) {
	cfg := quiet()
	for i := range 100 {
		cfg.Alerts = append(cfg.Alerts, Rule{ID: fmt.Sprint("r", i), Type: "cheer", Exact: int64(1000 + i)})
	}
	rules := newRuleset(cfg)
	f := factsOf(event.New(event.Twitch, time.Now(), cheerOf("A", 5, "hi")))
	b.ReportAllocs()
	for b.Loop() {
		rules.explain(&f, "variety")
	}
}

func FuzzTemplate(f *testing.F) {
	for _, s := range []string{"{username}", "{{x}}", "{", "%user%", "{{", "}", "{a{b}c}", "100% {amount}%"} {
		f.Add(s)
	}
	ev := factsOf(event.New(event.Twitch, time.Now(), cheerOf("A", 5, "hi")))
	f.Fuzz(func(t *testing.T, s string) {
		got := parseTemplate(s).render(&values{facts: ev})
		if !strings.ContainsAny(s, "{%") && got != s {
			t.Errorf("a text without names changes: %q", s)
		}
		if len(unknownNames(s)) == 0 && len(got) > 20*len(s)+20 {
			t.Errorf("%q grows to %q", s, got)
		}
	})
}
