package static_test

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strings"
	"time"
)

// The scenes are what a dashboard may have to show: nothing yet, a busy evening,
// and names and texts by people who want to break it.

type part = map[string]any

func newPart(name, state, reason string, since time.Duration, restarts int, lastError string) part {
	now := time.Now()
	p := part{"name": name, "state": state, "reason": reason, "since": now.Add(-since), "restarts": restarts, "last_error": lastError, "fresh": now.Add(-since / 900)}
	if lastError != "" {
		p["last_error_at"] = now.Add(-since)
	}
	return p
}

// speechPart has a microphone that speaks, a muted one and one that is away.
func speechPart(p part) part {
	p["details"] = map[string]any{
		"engine": "local: Moonshine base",
		"sources": []any{
			map[string]any{"name": "mic", "kind": "device", "device": "RODE NT-USB", "state": "speech", "lag": 0.4, "gaps": 0},
			map[string]any{"name": "guest", "kind": "network", "device": "", "state": "muted", "lag": 0, "gaps": 0},
			map[string]any{"name": "desktop", "kind": "device", "device": "", "state": "away", "lag": 0, "gaps": 0, "error": "no device is called \"CABLE Output\""},
		},
		"downloads":        []any{map[string]any{"id": "parakeet-110m-en", "done": 41_000_000, "total": 108_035_095}},
		"final_latency_ms": map[string]any{"p50": 570, "p95": 930},
	}
	return p
}

func (h *fakeHub) setSpeech(lines []map[string]any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	model := func(id, title, speed string, bytes int, installed bool) map[string]any {
		return map[string]any{"id": id, "title": title, "language": "en", "licence": "MIT", "speed": speed, "bytes": bytes, "installed": installed}
	}
	h.api["/api/transcriptions"] = lines
	h.api["/api/speech/models"] = []any{model("moonshine-base-en", "Moonshine base", "fair", 250_807_309, true), model("parakeet-110m-en", "Parakeet TDT 110M", "light", 108_035_095, false), model("whisper-small-en", "Whisper small", "heavy", 635_693_775, false)}
	h.api["/api/speech/models/whisper-small-en/install"] = map[string]any{}
	h.api["/api/speech/devices"] = []any{map[string]any{"name": "RODE NT-USB", "default": true}, map[string]any{"name": "CABLE Output (VB-Audio Virtual Cable)", "default": false}}
	h.api["/api/speech/pause"] = func(r *http.Request) any {
		var body map[string]any
		json.NewDecoder(r.Body).Decode(&body)
		return body
	}
	h.api["/api/speech/test"] = map[string]any{"device": "RODE NT-USB", "text": "Okay, does this thing work?", "peak_dbfs": -9.2, "seconds": 5.0, "voice": true}
	h.api["/api/transcriptions/search"] = func(r *http.Request) any {
		found := []any{}
		for _, l := range lines {
			if strings.Contains(strings.ToLower(l["text"].(string)), strings.ToLower(r.URL.Query().Get("q"))) {
				found = append(found, map[string]any{"event": l, "stream": 7})
			}
		}
		return map[string]any{"query": r.URL.Query().Get("q"), "hits": found, "next": ""}
	}
}

func (h *fakeHub) setState(parts, clients, problems []map[string]any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.initial["dashboard:main"] = []push{{"initial_state", map[string]any{
		"connected": true, "epoch": "00c0ffee", "seq": "1", "version": 1,
		"state": map[string]any{
			"parts": parts, "clients": clients, "problems": problems,
			"bus":       map[string]any{"published": 48211, "repeats": 3, "subscribers": []any{}},
			"telemetry": map[string]any{"system": map[string]any{"uptime": 11_520, "version": "2026.11.24", "environment": "production"}},
		},
	}}}
	h.initial["stream:overlays"] = []push{{"stream_state", map[string]any{
		"version": 1, "epoch": "00c0ffee", "server_time": time.Now(),
		"show":   map[string]any{"id": "ironmon", "name": "IronMON", "category_name": "Pokémon FireRed/LeafGreen", "title": "Kaizo until it hurts"},
		"layers": map[string]any{"foreground": nil, "midground": nil, "background": nil}, "ticker": map[string]any{}, "takeover": nil,
	}}}
}

func (h *fakeHub) setEvents(events []map[string]any) {
	hits := make([]any, len(events))
	for i, e := range events {
		hits[len(events)-1-i] = map[string]any{"event": e}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.api["/api/events"] = func(r *http.Request) any {
		q := strings.ToLower(r.URL.Query().Get("q"))
		if q == "" {
			return map[string]any{"hits": hits, "next": ""}
		}
		found := []any{}
		for _, hit := range hits {
			e := hit.(map[string]any)["event"].(map[string]any)
			text, _ := e["message"].(string)
			if said, ok := e["text"].(string); ok {
				text = said
			}
			if at := strings.Index(strings.ToLower(text), q); at >= 0 {
				found = append(found, map[string]any{"event": e, "snippet": text[:at] + "\x02" + text[at:at+len(q)] + "\x03" + text[at+len(q):]})
			}
		}
		return map[string]any{"hits": found, "next": "more"}
	}
	for _, e := range events {
		h.api["/api/events/"+e["id"].(string)+"/chain"] = map[string]any{"hits": hits[:min(3, len(hits))]}
		h.api["/api/events/"+e["id"].(string)+"/around"] = map[string]any{"hits": hits[:min(9, len(hits))]}
	}
}

// setFigures answers any range of buckets with a curve that has a gap.
func (h *fakeHub) setFigures(height float64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.api["/api/buckets"] = func(r *http.Request) any {
		from, _ := time.Parse(time.RFC3339, r.URL.Query().Get("from"))
		to, _ := time.Parse(time.RFC3339, r.URL.Query().Get("to"))
		width := time.Minute
		if r.URL.Query().Get("step") == "hour" {
			width = time.Hour
		}
		buckets := []any{}
		for i, t := 0, from; t.Before(to); i, t = i+1, t.Add(width) {
			at := float64(t.Sub(from)) / float64(to.Sub(from))
			known := at < 0.3 || at > 0.38
			b := map[string]any{"start": t, "end": t.Add(width), "known": known, "counts": map[string]any{}, "total": 0}
			if known && t.Before(time.Now()) && height > 0 {
				wave := height * width.Minutes() * (0.35 + 0.3*math.Sin(at*9) + 0.2*math.Sin(at*41) + 0.15*math.Sin(float64(i)*2.4))
				chat, said := int(math.Max(0, wave)), int(math.Max(0, wave/3))
				b["counts"] = map[string]any{"channel.chat.message": chat, "transcription.final": said, "channel.follow": i % 3, "obs.current_program_scene_changed": i % 2}
				b["total"] = chat + said + i%3 + i%2
			}
			buckets = append(buckets, b)
		}
		return map[string]any{"buckets": buckets}
	}
}

func (h *fakeHub) setLive(since time.Duration, title string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if since == 0 {
		h.api["/api/streams"] = []any{}
		return
	}
	h.api["/api/streams"] = []any{map[string]any{"id": 7, "started_at": time.Now().Add(-since), "title": title, "category_name": "Software"}}
}

func (h *fakeHub) setLog(lines []map[string]any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.initial["dashboard:logs"] = []push{{"log_lines", map[string]any{"lines": lines}}}
}

func client(page, environment string, latency any, drops int, outdated bool) map[string]any {
	return map[string]any{
		"id": "1a2b3c4d", "page": page, "environment": environment, "build": "x", "outdated": outdated, "topics": []string{"stream:overlays"},
		"connected_at": time.Now().Add(-47 * time.Minute), "last_heartbeat": time.Now(), "latency_ms": latency, "drops": drops, "address": "127.0.0.1:50123",
	}
}

func emptyScene(h *fakeHub) {
	h.setState([]map[string]any{
		newPart("store", "running", "", 20*time.Second, 0, ""), newPart("hub", "running", "", 20*time.Second, 0, ""),
		newPart("audio", "waiting", "no microphone is chosen: set audio.device in config.toml", 19*time.Second, 0, ""),
		newPart("obs", "waiting", "OBS does not answer on 127.0.0.1:4455", 19*time.Second, 0, ""),
		newPart("twitch", "waiting", "not signed in", 19*time.Second, 0, ""),
	}, []map[string]any{client("dashboard", "browser", nil, 0, false)}, nil)
	h.setEvents(nil)
	h.setFigures(0)
	h.setLive(0, "")
	h.api["/api/transcriptions"] = []any{}
	h.setLog([]map[string]any{logLine(1, "INFO", "app", "started", map[string]any{"version": "2026.11.24", "address": "127.0.0.1:7175"})})
}

func logLine(seq int, level, part, message string, attrs map[string]any) map[string]any {
	return map[string]any{"seq": seq, "time": time.Now().Add(-time.Duration(200-seq) * 7 * time.Second), "level": level, "part": part, "message": message, "attrs": attrs}
}

func user(name string, more map[string]any) map[string]any {
	m := map[string]any{"user_id": "141981764", "user_login": strings.ToLower(name), "user_name": name, "broadcaster_user_login": "avalonstar"}
	for k, v := range more {
		m[k] = v
	}
	return m
}

func busyScene(h *fakeHub) {
	h.setState([]map[string]any{
		newPart("store", "running", "", 192*time.Minute, 0, ""), newPart("hub", "running", "", 192*time.Minute, 0, ""),
		speechPart(newPart("audio", "running", "", 14*time.Minute, 2, "device \"RODE NT-USB\" vanished")),
		newPart("obs", "running", "", 190*time.Minute, 0, ""),
		newPart("twitch", "degraded", "2 of 42 subscriptions are missing: the token lacks channel:read:ads", 31*time.Minute, 1, "read: connection reset by peer"),
		newPart("ai", "failed", "restarting in 12 s", 4*time.Minute, 9, "post http://127.0.0.1:1234/v1/chat/completions: model \"qwen3-14b\" is not loaded"),
		newPart("config", "running", "", 192*time.Minute, 0, ""),
	}, []map[string]any{
		client("alerts", "obs", 0.8, 0, false), client("omnibar", "obs", 1.2, 0, false), client("captions", "obs", 1.1, 0, true),
		client("dashboard", "browser", 0.6, 0, false), client("dashboard", "dock", 2.4, 0, false), client("chat", "obs", 41.0, 12, false), client("", "browser", nil, 0, false),
	}, []map[string]any{
		{"file": `C:\Users\bryan\AppData\Roaming\Landale\config.toml`, "line": 12, "column": 15, "key": "audio.sample_rate", "message": "44100 does not work for speech", "hint": "want 16000 or 48000"},
		{"file": "config.toml", "line": 31, "column": 1, "key": "twich", "message": "unknown section", "hint": "did you mean [twitch]?"},
	})
	chat := []struct{ name, colour, text string }{
		{"SundayGamer", "#0000FF", "that transition was so clean avalonHYPE"},
		{"pixelwitch", "#FF69B4", "wait did you just one-shot Brock?"},
		{"Nightjar_", "#1E90FF", "LET'S GOOO"},
		{"kaffeekanne", "#8A2BE2", "the captions are keeping up with you today, what changed?"},
		{"Moobot", "", "New here? Type !run for the rules of the Kaizo IronMON challenge and how far today's seeds have come."},
		{"tidepool", "#2E8B57", "o7"},
	}
	now := time.Now()
	events := []map[string]any{}
	add := func(ago time.Duration, kind, source string, fields map[string]any) {
		events = append(events, flat(len(events), now.Add(-ago), kind, source, fields))
	}
	for i := range 60 {
		c := chat[i%len(chat)]
		add(time.Duration(900-i*12)*time.Second, "channel.chat.message", "twitch", user(c.name, map[string]any{"message": c.text, "color": c.colour}))
		if i%4 == 1 {
			add(time.Duration(895-i*12)*time.Second, "transcription.final", "audio", map[string]any{"text": "Okay, so the plan is to skip the forest, pick up the repel and hope that nobody looks at us funny.", "duration": 4.2})
		}
	}
	add(120*time.Second, "obs.current_program_scene_changed", "obs", map[string]any{"scene_name": "Game + Cam", "previous_scene": "Starting soon"})
	add(112*time.Second, "ironmon.checkpoint", "ironmon", map[string]any{"checkpoint_name": "BROCK", "seed_count": 1482})
	add(98*time.Second, "channel.follow", "twitch", user("quietriver", nil))
	add(90*time.Second, "channel.subscription.message", "twitch", user("pixelwitch", map[string]any{"tier": "1000", "cumulative_months": 38, "streak_months": 12, "message": "three years and a bit, still no Champ"}))
	add(83*time.Second, "channel.chat.message", "twitch", user("SundayGamer", map[string]any{"message": "38 MONTHS", "color": "#0000FF"}))
	add(71*time.Second, "channel.subscription.gift", "twitch", user("Nightjar_", map[string]any{"tier": "1000", "total": 5, "cumulative_total": 85, "is_anonymous": false}))
	add(64*time.Second, "channel.cheer", "twitch", user("kaffeekanne", map[string]any{"bits": 1500, "is_anonymous": false, "message": "Cheer1500 for the next seed"}))
	add(52*time.Second, "channel.channel_points_custom_reward_redemption.add", "twitch", user("tidepool", map[string]any{"reward": map[string]any{"title": "Name the starter", "cost": 5000}, "user_input": "Gerald"}))
	add(40*time.Second, "channel.raid", "twitch", map[string]any{"from_broadcaster_user_name": "ellie_builds", "viewers": 214})
	add(33*time.Second, "rainwave.song_changed", "music", map[string]any{"song_title": "To Zanarkand", "artist": "Nobuo Uematsu", "album": "Final Fantasy X"})
	add(20*time.Second, "channel.follow", "twitch", user("test_follower", map[string]any{"flags": []string{"test"}}))
	add(12*time.Second, "transcription.final", "audio", map[string]any{"text": "Welcome raiders! Ellie, how was the build? Sit down, we are about to lose to a Rattata."})
	add(5*time.Second, "channel.chat.message", "twitch", user("ellie_builds", map[string]any{"message": "it compiled on the first try, I'm scared", "color": "#DAA520"}))
	h.setEvents(events)
	h.setFigures(30)
	h.setLive(2*time.Hour+14*time.Minute, "Kaizo until it hurts")
	said := []map[string]any{}
	for i, text := range []string{
		"Let's see whether the Rattata has learned anything.",
		"I did not say that, but the captions did.",
		"Somebody in chat asked how long this seed has been going, and honestly, I would rather not look.",
		"Okay.",
	} {
		said = append(said, flat(5000-i, now.Add(-time.Duration(20+i*25)*time.Minute), "transcription.final", "audio", map[string]any{
			"segment_id": fmt.Sprint("old-", i), "text": text, "duration": 3.1, "confidence": []any{0.94, 0.52, 0.88, nil}[i], "source_name": "mic", "late": i == 1,
			"latency": map[string]any{"engine_start_ms": 200, "engine_end_ms": 540, "published_ms": 560 + i*70},
		}))
	}
	h.setSpeech(said)
	lines := []map[string]any{}
	for i := range 40 {
		switch i % 8 {
		case 3:
			lines = append(lines, logLine(160+i, "WARN", "twitch", "socket ended", map[string]any{"error": "read: connection reset by peer", "attempt": 2, "wait": "1.4s"}))
		case 6:
			lines = append(lines, logLine(160+i, "ERROR", "ai", "summary refused", map[string]any{"error": "model \"qwen3-14b\" is not loaded", "status": 404}))
		default:
			lines = append(lines, logLine(160+i, "INFO", "hub", "client joined", map[string]any{"page": "alerts", "environment": "obs", "topic": "stream:overlays"}))
		}
	}
	h.setLog(lines)
}

// script would run if any text was treated as HTML.
const script = `<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>`

func hostileScene(h *fakeHub) {
	long := strings.Repeat("W", 60)
	zalgo := "Z" + strings.Repeat("\u0334\u0321\u0353\u0348", 30) + "algo"
	now := time.Now()
	events := []map[string]any{}
	add := func(kind, source string, fields map[string]any) {
		events = append(events, flat(len(events), now.Add(time.Duration(len(events)-60)*time.Second), kind, source, fields))
	}
	add("channel.chat.message", "twitch", user(long, map[string]any{"message": strings.Repeat("ha", 250), "color": "#000000"}))
	add("channel.chat.message", "twitch", user(script, map[string]any{"message": script, "color": `red;background:url(https://evil.example/x)`}))
	add("channel.follow", "twitch", user("\u202e\u202eelttil a si siht", nil))
	add("channel.cheer", "twitch", user("مستخدم_طويل_جدا", map[string]any{"bits": 1e15, "message": "שלום לכולם, זה משפט ארוך מאוד בעברית עם emoji 🎉🏳️‍🌈👩‍👩‍👧‍👦 ועוד"}))
	add("channel.chat.message", "twitch", user(zalgo, map[string]any{"message": zalgo + " 🎉🎉🎉 \u0000\u0007\u2028 日本語のとても長いメッセージ", "color": "#12"}))
	add("channel.raid", "twitch", map[string]any{"from_broadcaster_user_name": map[string]any{"not": "text"}, "viewers": "many"})
	add("channel.subscription.gift", "twitch", map[string]any{"total": nil, "user_name": nil, "tier": []int{1}})
	add("custom."+strings.Repeat("very_long_type_", 8), "operator", map[string]any{"a": script, "b": 1, "c": true, "d": long + long, "e": map[string]any{}, "__proto__": map[string]any{"x": 1}})
	add("constructor", "operator", map[string]any{"toString": "x"})
	h.setState([]map[string]any{
		newPart(long, "failed", strings.Repeat("a reason that goes on ", 12), 400*24*time.Hour, 99999, script+long+long),
		newPart("hub", "a state of the future", "", time.Second, 0, ""),
		{"name": "audio", "state": "running", "since": time.Now(), "details": map[string]any{"engine": long, "sources": []any{map[string]any{"name": script + long, "state": "away", "lag": "much", "error": strings.Repeat("a reason that goes on ", 12)}, 7, nil}, "downloads": "none"}},
	}, []map[string]any{client(script, long, 123456.7, 99999, true), client(long, "browser", 0, 0, false)}, []map[string]any{
		{"file": "/" + long + "/" + long + ".toml", "line": 99999, "column": 99999, "key": long, "message": script, "hint": long},
	})
	h.setEvents(events)
	h.setFigures(200_000)
	h.setLive(900*time.Hour, script+long)
	h.setSpeech([]map[string]any{flat(1, now, "transcription.final", "audio", map[string]any{"text": long + script + zalgo, "source_name": script + long, "confidence": 7, "latency": "fast", "raw_text": script})})
	h.setLog([]map[string]any{logLine(1, "ERROR", long, script+strings.Repeat(" long", 100), map[string]any{"k": script, long: fmt.Sprint(long, long)})})
}
