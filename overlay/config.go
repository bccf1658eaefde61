package overlay

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"landale/event"
)

// Config is the section [overlay] of the config file.
type Config struct {
	// MaxWait is how long an alert waits while no page is there to play it; then
	// it is missed, and one click replays it.
	MaxWait time.Duration `toml:"max_wait"`
	// GiftWindow is how long gift subs are gathered into one alert.
	GiftWindow time.Duration `toml:"gift_window"`
	// SubTrain is how long a sub train waits for the next sub; 0 is no train.
	SubTrain time.Duration `toml:"sub_train"`
	// Ticker is how long a card stays; 0 shows none.
	Ticker time.Duration `toml:"ticker"`
	// Volume is that of all sounds, 0 to 1.
	Volume  float64       `toml:"volume"`
	Players PlayersConfig `toml:"players"`
	// Shows are the owner's three when there is none.
	Shows  []Show `toml:"show"`
	Alerts []Rule `toml:"alert"`
}

// PlayersConfig names, for each layer, the pages that may play it, the best
// first. One connected page of them plays, the others show the same in silence.
type PlayersConfig struct {
	Foreground []string `toml:"foreground"`
	Midground  []string `toml:"midground"`
	Background []string `toml:"background"`
}

// Show is one [[overlay.show]]: how the screen is while a category is streamed.
type Show struct {
	ID   string `toml:"id"`
	Name string `toml:"name"`
	// Categories are ids of Twitch categories; Words are what a category's name
	// contains, without accents: all words of one text must be in it.
	Categories []string `toml:"categories"`
	Words      []string `toml:"words"`
	// Ticker are the cards, in order.
	Ticker []string `toml:"ticker"`
	// Foreground, Midground and Background are the content types of each layer.
	// What stands in none goes to the background.
	Foreground []string `toml:"foreground"`
	Midground  []string `toml:"midground"`
	Background []string `toml:"background"`
}

// Rule is one [[overlay.alert]]: which events become an alert, and which one.
// Conditions that are left out hold for every event.
type Rule struct {
	// ID names the rule in lists and traces; without one it has its number.
	ID string `toml:"id"`
	// Type is an event's type, or a short name of it: "cheer".
	Type string `toml:"type"`
	// Exact, Min and Max judge the amount: bits, viewers, months, gifts.
	Exact int64 `toml:"exact"`
	Min   int64 `toml:"min"`
	Max   int64 `toml:"max"`
	// Tier is 1, 2 or 3.
	Tier string `toml:"tier"`
	// User is a login or a display name.
	User string `toml:"user"`
	// Reward is the title of a channel-point reward.
	Reward string `toml:"reward"`
	// Message judges whether something was typed with it.
	Message string `toml:"message" enum:"any,with,without"`
	// Test judges whether the event is a simulated one.
	Test string `toml:"test" enum:"any,only,never"`
	// Show is the id of the show that must be on.
	Show string `toml:"show"`

	// Priority is 1 to 10, 5 if left out. Higher goes first.
	Priority int `toml:"priority"`
	// Interrupt says whether the alert cuts a lower one short: urgent ones
	// (priority 9 and 10) do if left out.
	Interrupt string `toml:"interrupt" enum:"urgent,always,never"`
	// Duration is how long it is on screen, 10s if left out.
	Duration time.Duration `toml:"duration"`
	// Sound is a sound's name or file; empty is silence. Volume is 0 to 1, where 0
	// is as if left out: full.
	Sound  string  `toml:"sound"`
	Volume float64 `toml:"volume"`
	// Template is the text, with names in braces: "{username} cheered {amount}!".
	Template string `toml:"template"`
	// Layer overrides the show's table; "none" shows nothing.
	Layer string `toml:"layer" enum:"foreground,midground,background,none"`
	// Content is the content type, alert if left out.
	Content string `toml:"content"`
	// Animation is passed on to the page.
	Animation string `toml:"animation"`
	// Cooldown is how long, after one alert, the rule makes no other.
	Cooldown time.Duration `toml:"cooldown"`
}

// DefaultConfig has no shows and alerts of its own: the built-in ones are enough.
func DefaultConfig() Config {
	return Config{
		MaxWait:    10 * time.Minute,
		GiftWindow: 3 * time.Second,
		SubTrain:   300 * time.Second,
		Ticker:     15 * time.Second,
		Volume:     1,
		Players: PlayersConfig{
			Foreground: []string{"alerts", "omnibar"},
			Midground:  []string{"omnibar", "alerts"},
			Background: []string{"omnibar"},
		},
	}
}

// shows are those of the config, or the owner's.
func (c Config) shows() []Show {
	if len(c.Shows) > 0 {
		return c.Shows
	}
	return []Show{
		{
			ID: "variety", Name: "Variety", Categories: []string{"509658"}, Words: []string{"just chatting"},
			Ticker:     []string{"emote_stats", "recent_follows", "stream_goals", "daily_stats"},
			Foreground: []string{"raid_alert", "host_alert", "alert", "manual_override"},
			Midground:  []string{"sub_train", "cheer_celebration", "follow_celebration"},
			Background: []string{"emote_stats", "recent_follows", "stream_goals", "daily_stats"},
		},
		{
			ID: "coding", Name: "Coding", Categories: []string{"1469308723"}, Words: []string{"software", "development"},
			Ticker:     []string{"commit_stats", "build_status", "emote_stats", "recent_follows"},
			Foreground: []string{"build_failure", "deployment_alert", "alert", "manual_override"},
			Midground:  []string{"commit_celebration", "pr_merged", "sub_train"},
			Background: []string{"recent_follows", "emote_stats"},
		},
		{
			ID: "ironmon", Name: "IronMON", Categories: []string{"13332"}, Words: []string{"pokemon fire"},
			Ticker:     []string{"ironmon_run_stats", "ironmon_progression"},
			Foreground: []string{"death_alert", "elite_four_alert", "shiny_encounter", "alert", "manual_override"},
			Midground:  []string{"level_up", "gym_badge", "sub_train", "cheer_celebration"},
			Background: []string{"ironmon_run_stats", "ironmon_deaths", "recent_follows", "emote_stats"},
		},
	}
}

// Validate reports what cannot work, by keys relative to [overlay].
func (c Config) Validate() []event.Problem {
	var ps []event.Problem
	say := func(key, message, hint string) {
		ps = append(ps, event.Problem{Key: key, Message: message, Hint: hint})
	}
	span := func(key string, d, least, most time.Duration, hint string) {
		if d < least || d > most {
			say(key, "out of range", hint)
		}
	}
	span("max_wait", c.MaxWait, time.Second, 24*time.Hour, `want "1s" to "24h"`)
	span("gift_window", c.GiftWindow, 0, 30*time.Second, `want "0s" to "30s"`)
	span("sub_train", c.SubTrain, 0, 24*time.Hour, `want "0s" to "24h"`)
	if c.Ticker != 0 {
		span("ticker", c.Ticker, time.Second, time.Hour, `want "1s" to "1h", or "0s" for no cards`)
	}
	if c.Volume < 0 || c.Volume > 1 {
		say("volume", "out of range", "want 0 to 1")
	}
	shows := map[string]int{}
	for i, s := range c.Shows {
		key := fmt.Sprintf("show[%d].id", i)
		if j, taken := shows[s.ID]; taken {
			say(key, fmt.Sprintf("show %d has this id already", j+1), "each show needs an id of its own")
		} else if s.ID == "" {
			say(key, "a show needs an id", `give it one, like id = "art"`)
		}
		shows[s.ID] = i
	}
	ids := map[string]int{}
	for i, r := range c.Alerts {
		if j, taken := ids[r.ID]; taken && r.ID != "" {
			say(fmt.Sprintf("alert[%d].id", i), fmt.Sprintf("alert %d has this id already", j+1), "each alert needs an id of its own, or none")
		}
		ids[r.ID] = i
		for _, p := range r.problems(c.shows()) {
			p.Key = fmt.Sprintf("alert[%d].%s", i, p.Key)
			ps = append(ps, p)
		}
	}
	return ps
}

// problems reports what is wrong with one rule.
func (r Rule) problems(shows []Show) []event.Problem {
	var ps []event.Problem
	say := func(key, message, hint string) {
		ps = append(ps, event.Problem{Key: key, Message: message, Hint: hint})
	}
	kind := longType(r.Type)
	switch spec, known := event.Lookup(kind); {
	case r.Type == "":
		say("type", "an alert needs the type of its events", `name it, like type = "channel.follow"`)
	case known && !spec.Once:
		say("type", fmt.Sprintf("%s does not become an alert", kind), "want one of "+strings.Join(alertTypes(), ", "))
	case !known && !strings.HasPrefix(string(kind), "custom."):
		say("type", fmt.Sprintf("there is no event %q", r.Type), "want one of "+strings.Join(alertTypes(), ", "))
	}
	if r.Exact != 0 && (r.Min > r.Exact || r.Max != 0 && r.Max < r.Exact) {
		say("exact", fmt.Sprintf("%d is not between min and max", r.Exact), "keep exact alone, or the range")
	}
	if r.Exact < 0 || r.Min < 0 || r.Max < 0 {
		say("min", "amounts are not below 0", "want a whole number above 0")
	}
	if r.Max != 0 && r.Max < r.Min {
		say("max", fmt.Sprintf("%d is less than min", r.Max), fmt.Sprintf("want %d or more", r.Min))
	}
	if r.Tier != "" && tierNumber(r.Tier) == "" {
		say("tier", fmt.Sprintf("there is no tier %q", r.Tier), `want "1", "2" or "3"`)
	}
	if r.Show != "" && !slices.ContainsFunc(shows, func(s Show) bool { return s.ID == r.Show }) {
		var known []string
		for _, s := range shows {
			known = append(known, s.ID)
		}
		say("show", fmt.Sprintf("there is no show %q", r.Show), "want one of "+strings.Join(known, ", "))
	}
	if r.Priority < 0 || r.Priority > 10 {
		say("priority", fmt.Sprintf("%d is out of range", r.Priority), "want 1 to 10")
	}
	if r.Duration != 0 && (r.Duration < minShown || r.Duration > 10*time.Minute) {
		say("duration", "out of range", `want "1s" to "10m"`)
	}
	if r.Volume < 0 || r.Volume > 1 {
		say("volume", "out of range", "want 0 to 1; for silence leave out the sound")
	}
	if strings.ContainsAny(r.Sound, `/\`) && (strings.Contains(r.Sound, "..") || strings.ContainsAny(r.Sound, `\:`) || strings.HasPrefix(r.Sound, "/")) {
		say("sound", "is not the name of a sound", `want a name, like "raid", or a file in the folder of sounds, like "meme.ogg"`)
	}
	for _, name := range unknownNames(r.Template) {
		say("template", fmt.Sprintf("there is no {%s}", name), "use names such as {username}, {amount}, {message}, {tier}, {months}")
	}
	if r.Cooldown < 0 || r.Cooldown > 24*time.Hour {
		say("cooldown", "out of range", `want "0s" to "24h"`)
	}
	return ps
}

// shortTypes are what people call the types; other short names are the type
// without "channel.".
var shortTypes = map[string]event.Type{
	"sub":        "channel.subscribe",
	"gift":       "channel.subscription.gift",
	"resub":      "channel.subscription.message",
	"bits":       "channel.cheer",
	"redemption": "channel.channel_points_custom_reward_redemption.add",
	"reward":     "channel.channel_points_custom_reward_redemption.add",
	"hype_train": "channel.hype_train.begin",
	"charity":    "channel.charity_campaign.donate",
	"goal":       "channel.goal.end",
	"checkpoint": "ironmon.checkpoint",
	"follower":   "channel.follow",
}

// longType is the type that a name stands for: "raid" is "channel.raid".
func longType(name string) event.Type {
	if t, ok := shortTypes[name]; ok {
		return t
	}
	if _, ok := event.Lookup(event.Type("channel." + name)); ok && name != "" {
		return event.Type("channel." + name)
	}
	return event.Type(name)
}

// alertTypes lists the types that can become an alert.
func alertTypes() []string {
	var names []string
	for _, s := range event.Catalogue() {
		if s.Once {
			names = append(names, string(s.Type))
		}
	}
	return names
}

// tierNumber is "1", "2" or "3" for a tier in either spelling, else "".
func tierNumber(tier string) string {
	switch tier {
	case "1", "1000":
		return "1"
	case "2", "2000":
		return "2"
	case "3", "3000":
		return "3"
	}
	return ""
}
