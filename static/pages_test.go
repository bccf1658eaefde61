package static_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// Every content type says what it is told, on its layer, in each show.
func TestEveryContentTypeIsShown(t *testing.T) {
	noon := "2026-11-24T12:34:00Z"
	cards := []struct {
		content string
		data    map[string]any
		want    []string
	}{
		{"emote_stats", map[string]any{"top_today": []any{
			map[string]any{"emote": "avalonHYPE", "count": 1234, "type": "native"}, map[string]any{"emote": "Kappa", "count": 56, "type": "regular"},
			map[string]any{"emote": "unseenEmote", "count": 7, "type": "regular"}, map[string]any{"emote": "fourth", "count": 1, "type": "regular"},
		}}, []string{"Emotes", "1,234", "56", "unseenEmote"}},
		{"recent_follows", map[string]any{"recent_followers": []any{map[string]any{"user_name": "quietriver", "followed_at": noon}, map[string]any{"user_name": "tidepool"}}}, []string{"New followers", "quietriver", "tidepool"}},
		{"daily_stats", map[string]any{"total_messages": 4821, "total_follows": 14, "started_at": noon}, []string{"Today", "4,821", "messages", "14", "follows"}},
		{"stream_goals", map[string]any{"sub_goal": map[string]any{"current": 42, "target": 100, "description": "New chair", "percentage": 42.0}}, []string{"Goals", "42 / 100", "New chair"}},
		{"ironmon_run_stats", map[string]any{"run_number": 1482, "checkpoints_cleared": 5, "total_checkpoints": 24, "current_checkpoint": "MISTY", "trainer": "Misty", "clear_rate": 12.5}, []string{"#1,482", "5 / 24", "MISTY", "12.5%"}},
		{"ironmon_run_stats", map[string]any{"message": "No run yet"}, []string{"IronMON", "No run yet"}},
		{"ironmon_progression", map[string]any{"has_active_run": true, "current_checkpoint": "BROCK", "trainer": "Brock", "clear_rate": 0.125, "last_cleared_seed": 1399, "attempts_on_record": 310}, []string{"BROCK", "12.5%", "#1,399", "310"}},
		{"ironmon_deaths", map[string]any{"total": 31, "deaths": []any{map[string]any{"pokemon": "Pidgey", "cause": "crit"}}}, []string{"31", "Pidgey", "crit"}},
		{"events_timeline", map[string]any{"events": []any{
			map[string]any{"type": "channel.follow", "user_name": "one"}, map[string]any{"type": "channel.cheer", "user_name": "two", "bits": 500},
			map[string]any{"type": "channel.subscription.gift", "user_name": "three", "total": 5}, map[string]any{"type": "channel.raid", "user_name": "four", "viewers": 30},
		}}, []string{"one", "followed", "two", "500 bits", "three", "gave 5 subs", "four", "raided with 30"}},
		{"latest_event", map[string]any{"type": "channel.subscribe", "user_name": "pixelwitch", "tier": "3000"}, []string{"Latest", "pixelwitch", "T3"}},
		{"commit_stats", map[string]any{"commits": 12, "additions": 340, "deletions": 41}, []string{"Commits", "12", "+340", "−41"}},
		{"build_status", map[string]any{"status": "passing", "project": "landale"}, []string{"Build", "Passing", "landale"}},
		{"daily_stats", map[string]any{"fallback": true, "message": "Daily stats temporarily unavailable"}, []string{"temporarily unavailable"}},
		{"something_new", map[string]any{"widgets": 3}, []string{"Something new", "3", "widgets"}},
		{"recent_follows", map[string]any{"recent_followers": "nonsense"}, []string{"New followers", "Follow to be the first"}},
	}
	above := []struct {
		layer, content string
		data           map[string]any
		want           []string
	}{
		{"midground", "sub_train", map[string]any{"subscriber": "first_one", "latest_subscriber": "newest", "tier": "1000", "latest_tier": "2000", "count": 7}, []string{"Sub train", "7", "newest", "T2", "first_one"}},
		{"midground", "cheer_celebration", map[string]any{"user_name": "kaffeekanne", "bits": 1500, "message": "for the next seed"}, []string{"kaffeekanne cheered", "1,500", "for the next seed"}},
		{"midground", "follow_celebration", map[string]any{"user_name": "quietriver"}, []string{"quietriver follows"}},
		{"midground", "level_up", map[string]any{"pokemon": "Charmander", "level": 16}, []string{"Charmander grew", "16"}},
		{"midground", "gym_badge", map[string]any{"badge": "Boulder Badge"}, []string{"Boulder Badge"}},
		{"midground", "commit_celebration", map[string]any{"message": "hub: resume from the ring"}, []string{"hub: resume"}},
		{"midground", "pr_merged", map[string]any{"title": "Alerts, once"}, []string{"Merged", "Alerts, once"}},
		{"foreground", "alert", map[string]any{}, []string{"Breaking News"}},
		{"foreground", "alert", map[string]any{"message": "The kettle boils"}, []string{"The kettle boils"}},
		{"foreground", "manual_override", map[string]any{"message": "Break until nine"}, []string{"Break until nine"}},
		{"foreground", "death_alert", map[string]any{"pokemon": "Rattata", "level": 12, "cause": "Poisoned in the forest"}, []string{"Rattata is gone", "12", "Poisoned"}},
		{"foreground", "shiny_encounter", map[string]any{"pokemon": "Gyarados", "location": "Route 12"}, []string{"A shiny Gyarados", "Route 12"}},
		{"foreground", "elite_four_alert", map[string]any{"trainer": "Lorelai"}, []string{"Elite Four", "Lorelai"}},
		{"foreground", "build_failure", map[string]any{"project": "landale", "error": "exit status 1"}, []string{"Build failed", "landale", "exit status 1"}},
		{"foreground", "deployment_alert", map[string]any{"project": "landale"}, []string{"Deployed", "landale"}},
		{"foreground", "raid_alert", map[string]any{"from_broadcaster_user_name": "ellie_builds", "viewers": 214}, []string{"ellie_builds raids", "214"}},
		{"foreground", "host_alert", map[string]any{"user_name": "ellie_builds"}, []string{"ellie_builds hosts"}},
		{"foreground", "checkpoint_clear", map[string]any{"checkpoint_name": "BROCK", "seed_id": 1482}, []string{"BROCK cleared", "1,482"}},
	}
	h := newFakeHub(t)
	d := newDirector(h)
	tb := overlayPage(t, h, "/overlay/omnibar", 1920, 1080)
	tb.reducedMotion()
	n := 0
	check := func(layer string, item map[string]any, want []string) {
		t.Helper()
		d.layer(layer, item)
		where := fmt.Sprintf(`document.querySelector('[data-layer=%s][data-content-type=%s] [data-event-id="%s"]')`, layer, item["type"], item["id"])
		for _, text := range want {
			tb.until(fmt.Sprintf(`%s?.innerText.replace(/\s+/g, " ").includes(%q) || [...%s?.querySelectorAll("img") ?? []].some(i => i.alt === %q)`, where, text, where, text))
		}
	}
	for _, show := range []string{"variety", "coding", "ironmon"} {
		d.show(show)
		tb.until(fmt.Sprintf(`document.documentElement.dataset.show === %q`, show))
		for _, c := range cards {
			n++
			check("background", aCard(fmt.Sprint("card-", n), c.content, c.data), c.want)
		}
		for _, c := range above {
			n++
			check(c.layer, anItem(fmt.Sprint("item-", n), "alert", c.content, c.data), c.want)
		}
		tb.shots("omnibar-" + show)
		d.layer("foreground", nil)
		check("midground", anItem(fmt.Sprint("train-", n), "sub_train", "sub_train", above[0].data), above[0].want)
		tb.state("midground", "active")
		tb.shots("train-" + show)
		d.layer("foreground", nil)
		d.layer("midground", nil)
	}
	tb.clean(h)
}

// What was counted while a card is on screen changes it in place.
func TestCountsChangeTheCardInPlace(t *testing.T) {
	h := newFakeHub(t)
	d := newDirector(h)
	tb := overlayPage(t, h, "/overlay/omnibar", 1920, 1080)
	d.layer("background", aCard("c1", "emote_stats", map[string]any{"top_today": []any{map[string]any{"emote": "avalonHYPE", "count": 41, "type": "native"}}}))
	tb.until(`document.querySelector(".entry .figure")?.innerText === "41"`)
	tb.run(chromedp.Evaluate(`window.before = document.querySelector(".entry .figure")`, nil))
	h.push("stream:overlays", "content_update", map[string]any{"type": "emote_increment", "data": map[string]any{"emotes": []string{"Kappa"}, "native_emotes": []string{"avalonHYPE"}, "username": "tidepool"}})
	tb.until(`before.isConnected && before.innerText === "42"`)
	tb.rests(t)
	tb.clean(h)
}

var evening = []map[string]any{
	anAlert("follow", "channel.follow", "quietriver follows", "quietriver", nil),
	anAlert("resub", "channel.subscription.message", "pixelwitch subscribed for 38 months", "pixelwitch", map[string]any{"cumulative_months": 38, "tier": "2000", "message": "three years and a bit, still no Champ 🎉"}),
	anAlert("gift", "channel.subscription.gift", "Nightjar_ gave 25 subs", "Nightjar_", map[string]any{"total": 25, "tier": "1000"}),
	anAlert("cheer", "channel.cheer", "kaffeekanne cheered 1500 bits!", "kaffeekanne", map[string]any{"bits": 1500, "message": "for the next seed"}),
	anAlert("raid", "channel.raid", "ellie_builds raids with 214 viewers!", "ellie_builds", map[string]any{"viewers": 214}),
	anAlert("redeem", "channel.channel_points_custom_reward_redemption.add", "tidepool redeemed Name the starter", "tidepool", map[string]any{"user_input": "Gerald"}),
	anItem("death", "alert", "death_alert", map[string]any{"pokemon": "Rattata", "level": 12, "cause": "Poisoned, one step from the Pokémon Center"}),
	anAlert("long", "channel.subscription.message", strings.Repeat("W", 60)+" subscribed for 100 months", strings.Repeat("W", 60), map[string]any{"cumulative_months": 100, "message": strings.Repeat("a message that goes on ", 22)}),
	anAlert("rtl", "channel.follow", "مستخدم_طويل_جدا follows 🏳️‍🌈👩‍👩‍👧‍👦", "مستخدم_طويل_جدا", nil),
	anAlert("markup", "channel.cheer", script+" cheered", script, map[string]any{"bits": 1e15, "message": script}),
}

func TestAlertsOfAnEvening(t *testing.T) {
	h := newFakeHub(t)
	d := newDirector(h)
	tb := overlayPage(t, h, "/overlay/alerts", 1920, 1080)
	for i, item := range evening {
		d.show([]string{"variety", "coding", "ironmon"}[i%3])
		d.layer("foreground", item)
		tb.until(fmt.Sprintf(`document.querySelector('[data-layer=foreground][data-state=active] [data-event-id="%s"]')`, item["id"]))
		if out := eval[string](tb, `[...document.querySelectorAll(".alert *")].filter(e => { const r = e.getBoundingClientRect(); return r.left < 0 || r.top < 0 || r.right > innerWidth || r.bottom > innerHeight }).map(e => e.className).join()`); out != "" {
			t.Errorf("%s: %s stand outside the picture", item["id"], out)
		}
		tb.shots("alert-" + item["id"].(string))
	}
	if eval[bool](tb, `window.hacked !== undefined || document.querySelector(".alert img, .alert script") !== null`) {
		t.Error("markup in a name was taken for markup")
	}
	d.layer("foreground", nil)
	tb.state("foreground", "hidden")
	tb.rests(t)
	tb.clean(h)
}

// The page that plays says shown once, makes the sound, says finished; another
// one shows the same and says nothing.
func TestOnePagePlaysAnAlert(t *testing.T) {
	h := newFakeHub(t)
	d := newDirector(h)
	const watch = `{ window.played = []; const real = HTMLMediaElement.prototype.play; HTMLMediaElement.prototype.play = function () { played.push(new URL(this.src).pathname + " " + this.volume); return real.call(this).catch(() => {}) } }`
	first := overlayPage(t, h, "/overlay/alerts", 1280, 720)
	second := overlayPage(t, h, "/overlay/alerts", 1280, 720)
	d.set(map[string]any{"players": map[string]any{"foreground": "00000001", "midground": "", "background": ""}})
	first.until(`document.documentElement.dataset.player === "true"`)
	second.until(`document.documentElement.dataset.player === "false"`)
	for _, tb := range []*tab{first, second} {
		tb.run(chromedp.Evaluate(watch, nil))
	}
	item := with(evening[0], map[string]any{"sound": "follow", "volume": 0.5})
	d.layer("foreground", item)
	first.state("foreground", "active")
	second.state("foreground", "active")
	if got := eval[string](first, "played.join()"); got != "/sounds/follow.ogg 0.5" {
		t.Errorf("the player played %q", got)
	}
	if got := eval[string](second, "played.join()"); got != "" {
		t.Errorf("the other page played %q", got)
	}
	said := h.sent("shown")
	if len(said) != 1 || said[0].client != "00000001" || said[0].payload["id"] != "follow" {
		t.Errorf("shown was said so: %v", said)
	}
	// Its clock runs; the page knows the end.
	end := time.Now().Add(700 * time.Millisecond)
	d.layer("foreground", with(item, map[string]any{"started_at": time.Now().UnixMilli(), "ends_at": end.UnixMilli()}))
	for len(h.sent("finished")) == 0 && time.Since(end) < 5*time.Second {
		<-time.After(20 * time.Millisecond)
	}
	if said := h.sent("finished"); len(said) != 1 || said[0].client != "00000001" || said[0].at.Before(end.Add(-100*time.Millisecond)) {
		t.Errorf("finished was said so: %v, its end was %v", said, end)
	}
	d.layer("foreground", nil)
	first.state("foreground", "hidden")

	// Muted, there is no sound; nor in the middle of an alert that goes on.
	d.set(map[string]any{"muted": true})
	first.until(`document.documentElement.dataset.muted === "true"`)
	d.layer("foreground", with(item, map[string]any{"id": "quiet"}))
	first.state("foreground", "active")
	d.layer("foreground", nil)
	first.state("foreground", "hidden")
	d.set(map[string]any{"muted": false})
	d.layer("foreground", with(item, map[string]any{"id": "half", "remaining": 4000}))
	first.state("foreground", "active")
	if got := eval[string](first, "played.join()"); got != "/sounds/follow.ogg 0.5" {
		t.Errorf("the player played %q", got)
	}
	first.clean(h)
	second.clean(h)
}

// The program goes away while an alert is on screen: it leaves at its end, the
// card of the ticker stays, and nothing tells viewers.
func TestScreenWithoutTheProgram(t *testing.T) {
	h := newFakeHub(t)
	d := newDirector(h)
	tb := overlayPage(t, h, "/overlay/omnibar", 1280, 720)
	d.layer("background", with(back, map[string]any{"started_at": time.Now().UnixMilli(), "ends_at": time.Now().Add(time.Second).UnixMilli()}))
	d.layer("foreground", with(front, map[string]any{"started_at": time.Now().UnixMilli(), "ends_at": time.Now().Add(1500 * time.Millisecond).UnixMilli()}))
	tb.state("foreground", "active")
	h.stop()
	tb.until(`document.documentElement.dataset.connected === "false"`)
	tb.state("foreground", "hidden")
	tb.state("background", "active")
	if got := eval[string](tb, `document.body.innerText`); strings.Contains(strings.ToLower(got), "connect") {
		t.Errorf("viewers read %q", got)
	}
	// What comes back with the old end is over; a new end is a new life.
	h.start()
	tb.until(`document.documentElement.dataset.connected === "true"`)
	d.layer("foreground", with(front, map[string]any{"flags": []string{"late"}, "started_at": time.Now().UnixMilli(), "ends_at": time.Now().Add(time.Minute).UnixMilli()}))
	tb.state("foreground", "active")
	tb.clean(h, "WebSocket connection to", "Failed to load resource")
}

func TestTakeoverCoversEverything(t *testing.T) {
	h := newFakeHub(t)
	d := newDirector(h)
	tb := overlayPage(t, h, "/overlay/takeover", 1920, 1080)
	tb.rests(t)
	if got := eval[string](tb, `document.body.innerText.trim()`); got != "" {
		t.Errorf("it shows %q before anybody asks", got)
	}
	covered := `document.querySelector(".takeover[data-active=true]") && getComputedStyle(document.querySelector(".takeover")).opacity === "1" && (r => r.left <= 0 && r.top <= 0 && r.right >= innerWidth && r.bottom >= innerHeight)(document.querySelector(".takeover").getBoundingClientRect())`
	for _, c := range []struct{ kind, message, want string }{
		{"technical-difficulties", "Technical Difficulties - BRB!", "BRB!"},
		{"please-stand-by", "", "resume shortly"},
		{"screen-cover", "", ""},
		{"custom", "Dinner. Back at nine, and then we finish this run whatever it takes, promise", "Back at nine"},
	} {
		d.set(map[string]any{"takeover": map[string]any{"type": c.kind, "message": c.message, "started_at": time.Now().UnixMilli(), "ends_at": nil, "by": "operator"}})
		tb.until(fmt.Sprintf(`document.querySelector(".takeover[data-type=%s]")`, c.kind))
		tb.until(covered)
		tb.until(fmt.Sprintf(`document.querySelector(".takeover").innerText.includes(%q)`, c.want))
		if got := eval[string](tb, `getComputedStyle(document.querySelector(".takeover")).backgroundColor`); !strings.HasPrefix(got, "rgb(") {
			t.Errorf("%s: the cover's colour is %s, want an opaque one", c.kind, got)
		}
		tb.shots("takeover-" + c.kind)
	}
	// It is there again after a reload, in the first state.
	tb.run(chromedp.Reload())
	tb.until(covered + ` && document.querySelector(".takeover").innerText.includes("Back at nine")`)
	// A new one replaces the old one and its end.
	d.set(map[string]any{"takeover": map[string]any{"type": "custom", "message": "short", "started_at": time.Now().UnixMilli(), "ends_at": time.Now().Add(400 * time.Millisecond).UnixMilli()}})
	d.set(map[string]any{"takeover": map[string]any{"type": "custom", "message": "open", "started_at": time.Now().UnixMilli(), "ends_at": nil}})
	tb.until(`document.querySelector(".takeover")?.innerText.includes("open")`)
	tb.run(chromedp.Evaluate(`new Promise(done => setTimeout(done, 1200))`, nil, awaitPromise))
	tb.until(covered)
	d.set(map[string]any{"takeover": nil})
	tb.until(`!document.querySelector(".takeover")`)
	tb.rests(t)
	tb.clean(h)
}

func chatLine(seq int, name, colour string, fragments []any, more map[string]any) map[string]any {
	fields := user(name, map[string]any{"user_id": "u-" + name, "message_id": fmt.Sprint("m", seq), "message": "text", "fragments": fragments, "color": colour, "badges": []any{}, "message_type": "text"})
	for k, v := range more {
		fields[k] = v
	}
	return flat(seq, time.Now(), "channel.chat.message", "twitch", fields)
}

func says(text string) []any { return []any{map[string]any{"type": "text", "text": text}} }

func emote(id, name string) map[string]any {
	return map[string]any{"type": "emote", "text": name, "emote": map[string]any{"id": id}}
}

func TestChatShowsAndTakesAway(t *testing.T) {
	h := newFakeHub(t)
	newDirector(h)
	badge := func(set string) map[string]any { return map[string]any{"set_id": set, "id": "1", "info": ""} }
	h.api["/api/events"] = map[string]any{"hits": []any{map[string]any{"event": chatLine(0, "earlier", "#FF69B4", says("I was here before"), nil)}}, "next": ""}
	tb := overlayPage(t, h, "/overlay/chat", 400, 800)
	tb.until(`document.querySelector('[data-message-id=m0]')`)
	speak := func(events ...any) { h.push("events:chat", "events", map[string]any{"events": events}) }
	speak(
		chatLine(1, "SundayGamer", "#0000FF", []any{map[string]any{"type": "text", "text": "that transition was so clean "}, emote("emotesv2_hype", "avalonHYPE")}, map[string]any{"badges": []any{badge("moderator"), badge("subscriber")}}),
		chatLine(2, "avalonstar", "#5BE058", []any{map[string]any{"type": "mention", "text": "@SundayGamer"}, map[string]any{"type": "text", "text": " thank you! catJAM"}}, map[string]any{"badges": []any{badge("broadcaster")}, "reply_parent_message_id": "m1", "reply_parent_user_name": "SundayGamer", "reply_parent_message_body": "that transition was so clean avalonHYPE"}),
		chatLine(3, "Nightjar_", "#000000", []any{emote("emotesv2_hype", "avalonHYPE"), map[string]any{"type": "text", "text": " "}, emote("emotesv2_love", "avalonLOVE"), map[string]any{"type": "text", "text": " "}, emote("25", "Kappa")}, map[string]any{"badges": []any{badge("vip")}}),
		chatLine(4, script, "red;background:url(https://evil.example/x)", says(script), nil),
		chatLine(5, strings.Repeat("W", 60), "", says(strings.Repeat("ha", 120)), nil),
		chatLine(6, "مستخدم", "#8A2BE2", says("שלום לכולם 🎉"), nil),
		chatLine(7, "troll", "#FF0000", says("buy followers"), nil),
		chatLine(8, "troll", "#FF0000", says("cheap followers"), nil),
		chatLine(9, "tidepool", "#2E8B57", []any{map[string]any{"type": "text", "text": "o7 "}, emote("missing", "goneEmote")}, nil),
	)
	tb.until(`document.querySelectorAll(".line").length === 10`)
	tb.until(`document.querySelector('[data-message-id=m1] img')?.naturalWidth > 0 && document.querySelector('[data-message-id=m2] img')`)
	tb.until(`document.querySelector('[data-message-id=m9]').innerText.includes("goneEmote")`)
	tb.shots("chat")
	tb.run(chromedp.EmulateViewport(400, 800))
	tb.shot("chat-400")
	if eval[bool](tb, `window.hacked !== undefined`) {
		t.Error("markup was taken for markup")
	}
	// Names can be read on their plate, whatever colour was chosen.
	if low := eval[string](tb, `[...document.querySelectorAll(".line")].filter(l => {
		const c = getComputedStyle(l.querySelector(".line-name")).color.match(/\d+/g).map(v => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4 })
		return .2126 * c[0] + .7152 * c[1] + .0722 * c[2] + .05 < 4.3 * .0632
	}).map(l => l.dataset.messageId).join()`); low != "" {
		t.Errorf("the names of %s are too dark", low)
	}
	quick := func(what, gone string, e map[string]any) {
		t.Helper()
		began := time.Now()
		speak(e)
		tb.until(gone)
		if took := time.Since(began); took > 300*time.Millisecond {
			t.Errorf("%s took %v, want at most 300ms", what, took)
		}
	}
	quick("a deletion", `!document.querySelector('[data-message-id=m6]')`, flat(20, time.Now(), "channel.chat.message_delete", "twitch", map[string]any{"message_id": "m6", "target_user_id": "x"}))
	quick("a time-out", `!document.body.innerText.includes("followers")`, flat(21, time.Now(), "channel.chat.clear_user_messages", "twitch", map[string]any{"target_user_id": "u-troll"}))
	var many []any
	for i := range 200 {
		many = append(many, chatLine(100+i, "SundayGamer", "#0000FF", says(fmt.Sprint("line ", i)), nil))
	}
	speak(many...)
	tb.until(`document.body.innerText.includes("line 199")`)
	if n := eval[int](tb, `document.querySelectorAll(".line").length`); n > 40 {
		t.Errorf("%d lines are kept, want a bound of 40", n)
	}
	quick("a clear", `document.querySelectorAll(".line").length === 0`, flat(400, time.Now(), "channel.chat.clear", "twitch", nil))
	tb.rests(t)
	tb.clean(h, "/emotes/twitch/missing")
}

func TestEmotesRainAndComeToRest(t *testing.T) {
	h := newFakeHub(t)
	newDirector(h)
	tb := overlayPage(t, h, "/overlay/emotes?delay=50&lifetime=4", 1920, 1080)
	tb.rests(t)
	fragments := []any{}
	for i := range 30 {
		fragments = append(fragments, emote([]string{"25", "emotesv2_hype", "emotesv2_love"}[i%3], "x"))
	}
	h.push("events:chat", "events", map[string]any{"events": []any{chatLine(1, "SundayGamer", "#0000FF", fragments, nil)}})
	tb.until(`+document.documentElement.dataset.bodies >= 20`)
	tb.run(chromedp.Evaluate(`new Promise(done => setTimeout(done, 1500))`, nil, awaitPromise))
	tb.shots("emotes")
	tb.until(`+document.documentElement.dataset.bodies === 0`)
	tb.rests(t)
	// More than there is room for is counted and left out.
	for i := range 10 {
		h.push("events:chat", "events", map[string]any{"events": []any{chatLine(10+i, "SundayGamer", "#0000FF", fragments, nil)}})
	}
	tb.until(`+document.documentElement.dataset.dropped >= 200`)
	h.push("overlay:broadcast", "emote_clear", map[string]any{})
	tb.until(`+document.documentElement.dataset.bodies === 0`)
	tb.clean(h)
}

func TestShowFrames(t *testing.T) {
	h := newFakeHub(t)
	d := newDirector(h)
	h.api["/api/events"] = map[string]any{"hits": []any{map[string]any{"event": flat(1, time.Now(), "ironmon.seed", "ironmon", map[string]any{"seed_count": 1481})}}, "next": ""}
	tb := overlayPage(t, h, "/overlay/show", 1920, 1080)
	tb.until(`document.documentElement.dataset.show === "variety" && document.body.innerText.includes("An evening")`)
	tb.shots("show-variety")
	d.show("coding")
	tb.until(`document.documentElement.dataset.show === "coding"`)
	tb.shots("show-coding")
	d.show("ironmon")
	d.layer("background", aCard("c1", "ironmon_run_stats", map[string]any{"run_number": 1482, "current_checkpoint": "MISTY", "clear_rate": 12.5, "last_cleared_seed": 1399}))
	tb.until(`document.querySelector(".seed")?.innerText.includes("1,481")`)
	h.push("events:ironmon", "events", map[string]any{"events": []any{
		flat(2, time.Now(), "ironmon.seed", "ironmon", map[string]any{"seed_count": 1482}),
		flat(3, time.Now(), "ironmon.checkpoint", "ironmon", map[string]any{"checkpoint_id": 5, "checkpoint_name": "BROCK", "seed_count": 1482}),
	}})
	tb.until(`document.querySelector(".seed").innerText.includes("1,482") && document.querySelectorAll("[data-reached=true]").length === 5 && document.body.innerText.includes("MISTY")`)
	tb.shots("show-ironmon")
	tb.rests(t)
	tb.clean(h)
}

// The streamer's own files are loaded if they are there, and a change takes
// effect at once.
func TestOwnThemeAndScript(t *testing.T) {
	h := newFakeHub(t)
	d := newDirector(h)
	h.own["/custom/theme.css"] = `:root { --layer-accent: rgb(1, 2, 3) }`
	h.own["/custom/overlay.js"] = `window.own = []; document.addEventListener("landale:layer", e => own.push(e.detail.layer + " " + e.detail.state))`
	tb := overlayPage(t, h, "/overlay/omnibar", 1920, 1080)
	if n := eval[int](tb, `document.querySelectorAll("[data-custom]").length`); n != 0 {
		t.Errorf("%d files are asked for that nobody spoke of", n)
	}
	d.set(map[string]any{"custom": map[string]any{"theme": "a1", "script": "b1"}})
	accent := `getComputedStyle(document.documentElement).getPropertyValue("--layer-accent").trim()`
	tb.until(accent + ` === "rgb(1, 2, 3)" && window.own`)
	d.layer("foreground", front)
	tb.until(`own.includes("foreground active")`)
	h.mu.Lock()
	h.own["/custom/theme.css"] = `:root { --layer-accent: rgb(4, 5, 6) }`
	h.mu.Unlock()
	d.set(map[string]any{"custom": map[string]any{"theme": "a2", "script": "b1"}})
	tb.until(accent + ` === "rgb(4, 5, 6)" && document.querySelectorAll("link[data-custom]").length === 1`)
	// A new script needs a new page, which waits for the alert to end.
	tb.run(chromedp.Evaluate(`window.old = true`, nil))
	d.set(map[string]any{"custom": map[string]any{"theme": "a2", "script": "b2"}})
	d.layer("foreground", nil)
	tb.until(`!window.old && window.own && ` + accent + ` === "rgb(4, 5, 6)"`)
	tb.clean(h)
}

// Every tool works on the page that viewers see.
func TestDebugTools(t *testing.T) {
	h := newFakeHub(t)
	d := newDirector(h)
	tb := overlayPage(t, h, "/overlay/alerts?debug", 1920, 1080)
	tb.until(`window.debug && document.querySelector(".badge")`)
	tb.run(chromedp.Evaluate(`debug.layers.show("foreground", { type: "alert", data: { message: "From the console" } })`, nil))
	tb.until(`document.querySelector("[data-layer=foreground][data-state=active]")?.innerText.includes("From the console")`)
	tb.run(chromedp.Evaluate(`debug.layers.interrupt("foreground")`, nil))
	tb.state("foreground", "interrupted")
	tb.run(chromedp.Evaluate(`debug.layers.interrupt("foreground", false)`, nil))
	tb.state("foreground", "active")
	tb.run(chromedp.Evaluate(`debug.layers.freeze(); debug.layers.hide("foreground")`, nil))
	tb.state("foreground", "exiting")
	tb.run(chromedp.Evaluate(`debug.layers.freeze(false)`, nil))
	tb.state("foreground", "hidden")
	d.layer("foreground", front)
	tb.state("foreground", "active")
	tb.run(chromedp.Evaluate(`debug.layers.clear()`, nil))
	tb.state("foreground", "hidden")
	tb.run(chromedp.Evaluate(`debug.layers.restore()`, nil))
	tb.state("foreground", "active")
	for _, c := range []struct{ call, command string }{
		{`debug.simulate.raid("ellie", 42)`, `simulate map[data:map[user:ellie viewers:42] type:channel.raid]`},
		{`debug.simulate.sub("ellie", 12, 2)`, `simulate map[data:map[months:12 tier:2 user:ellie] type:channel.subscription.message]`},
		{`debug.simulate.burst(100, 1000)`, `burst map[count:100 duration:1000 type:channel.follow]`},
		{`debug.stream.setShow("ironmon")`, `set_show map[id:ironmon]`},
		{`debug.takeover.show("custom", "x", null)`, `takeover map[duration:<nil> message:x type:custom]`},
		{`debug.takeover.clear()`, `takeover_clear map[]`},
		{`debug.stream.sendEvent("custom.hello", { a: 1 })`, `simulate map[data:map[a:1] type:custom.hello]`},
	} {
		tb.run(chromedp.Evaluate(c.call, nil, awaitPromise))
		h.mu.Lock()
		last := h.said[len(h.said)-1]
		h.mu.Unlock()
		if got := fmt.Sprint(last.name, " ", last.payload); got != c.command {
			t.Errorf("%s sent %s, want %s", c.call, got, c.command)
		}
	}
	if got := eval[string](tb, `debug.audio.volume(.25) + " " + debug.audio.mute() + " " + debug.audio.status().muted + " " + debug.audio.mute(false)`); got != "0.25 true true false" {
		t.Errorf("audio says %q", got)
	}
	if eval[int](tb, `debug.socket.messages("state_patch").length`) == 0 || !eval[bool](tb, `debug.help().includes("simulate") && debug.inspect().socket.state === "connected"`) {
		t.Error("the console knows nothing of the connection")
	}
	tb.run(chromedp.Evaluate(`debug.socket.disconnect()`, nil))
	tb.until(`document.documentElement.dataset.connected === "false"`)
	tb.run(chromedp.Evaluate(`debug.socket.connect()`, nil))
	tb.until(`document.documentElement.dataset.connected === "true"`)
	tb.clean(h, "WebSocket connection to")

	quiet := overlayPage(t, h, "/overlay/alerts", 1280, 720)
	if eval[bool](quiet, `window.debug !== undefined`) {
		t.Error("the tools are there without being asked for")
	}
}

// A page with nothing to show is not there at all.
func TestIdlePagesAreTransparentAndStill(t *testing.T) {
	h := newFakeHub(t)
	newDirector(h)
	h.api["/api/events"] = map[string]any{"hits": []any{}, "next": ""}
	for _, page := range []string{"alerts", "omnibar", "takeover", "chat", "emotes"} {
		t.Run(page, func(t *testing.T) {
			tb := overlayPage(t, h, "/overlay/"+page, 1280, 720)
			if got := eval[string](tb, `document.body.innerText.trim()`); got != "" {
				t.Errorf("it shows %q", got)
			}
			if got := eval[string](tb, `getComputedStyle(document.body).backgroundColor`); got != "rgba(0, 0, 0, 0)" {
				t.Errorf("its background is %s", got)
			}
			tb.rests(t)
			tb.clean(h)
		})
	}
}

func TestReducedMotionChangesStatesWithoutTravel(t *testing.T) {
	h := newFakeHub(t)
	d := newDirector(h)
	tb := overlayPage(t, h, "/overlay/omnibar", 1280, 720)
	tb.reducedMotion()
	d.layer("midground", mid)
	d.layer("foreground", front)
	tb.until(`document.querySelector("[data-layer=foreground]").dataset.state === "active" && getComputedStyle(document.querySelector("[data-layer=midground]")).opacity === "0.7"`)
	if n := eval[int](tb, `document.getAnimations().length`); n != 0 {
		t.Errorf("%d animations run", n)
	}
	d.layer("foreground", nil)
	tb.state("midground", "active")
	tb.clean(h)
}
