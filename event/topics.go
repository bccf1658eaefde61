package event

import "strings"

// Delivery is one place that an event is pushed to: a topic of the socket, and
// the name of the push there.
type Delivery struct {
	Topic string
	Push  string
}

// Filters are the names after "events:" that can be joined, in the order of the
// documentation. A client that joins one gets what passes it.
func Filters() []string {
	names := make([]string, len(filters))
	for i, f := range filters {
		names[i] = f.name
	}
	return names
}

var filters = []struct {
	name   string
	passes func(Event) bool
}{
	{"all", func(Event) bool { return true }},
	{"twitch", from(Twitch)},
	{"obs", from(OBS)},
	{"ironmon", from(IronMON)},
	{"system", from(System)},
	{"audio", from(Audio)},
	{"ai", from(AI)},
	{"operator", from(Operator)},
	{"music", from(Music)},
	{"rainwave", from(Music)},
	{"stream", func(e Event) bool { return strings.HasPrefix(string(e.Type), "stream.") && e.Source != Twitch }},
	{"chat", prefix("channel.chat.")},
	{"goals", prefix("channel.goal.")},
	{"interactions", func(e Event) bool {
		switch e.Type {
		case "channel.follow", "channel.subscribe", "channel.subscription.gift", "channel.subscription.message", "channel.cheer", "channel.raid":
			return true
		}
		return false
	}},
	{"dashboard", func(e Event) bool {
		switch e.Type {
		case "stream.online", "stream.offline", "channel.update":
			return true
		}
		return e.Source == OBS || e.Source == System || e.Source == IronMON || e.Source == Music
	}},
}

func from(s Source) func(Event) bool { return func(e Event) bool { return e.Source == s } }

func prefix(p string) func(Event) bool {
	return func(e Event) bool { return strings.HasPrefix(string(e.Type), p) }
}

// Passes reports whether an event passes the filter of this name; ok is false
// for a name that is not in Filters.
func Passes(filter string, e Event) (passes, ok bool) {
	for _, f := range filters {
		if f.name == filter {
			return f.passes(e), true
		}
	}
	return false, false
}

// EventsPush is the name under which the topics "events:<filter>" push an event.
func EventsPush(e Event) string {
	switch e.Type {
	case "channel.chat.message":
		return "chat_message"
	case "channel.chat.clear":
		return "chat_clear"
	case "channel.chat.message_delete":
		return "message_delete"
	case "channel.follow":
		return "follower"
	case "channel.subscribe":
		return "subscription"
	case "channel.subscription.gift":
		return "gift_subscription"
	case "channel.cheer":
		return "cheer"
	case "channel.update":
		return "channel_update"
	}
	switch {
	case e.Source == Twitch:
		return "twitch_event"
	case e.Source == OBS:
		return "obs_event"
	case e.Source == IronMON:
		return "ironmon_event"
	case strings.HasPrefix(string(e.Type), "stream."):
		return "stream_event"
	case e.Source == System:
		return "system_event"
	case e.Source == Music:
		return "rainwave_event"
	}
	return "unknown_event"
}

// DashboardPush is the name under which the topics "dashboard:<room>" push an
// event.
func DashboardPush(e Event) string {
	switch e.Type {
	case "twitch.service_status":
		return "twitch_connection_changed"
	case "system.health_check":
		return "health_update"
	case "system.performance_metric":
		return "performance_update"
	}
	switch e.Source {
	case Twitch:
		return "twitch_event"
	case OBS:
		return "obs_event"
	case IronMON:
		return "ironmon_event"
	case Music:
		return "rainwave_event"
	case Audio:
		return "audio_event"
	case AI:
		return "ai_event"
	}
	return "system_event"
}

// overlaySources are the names after "overlay:" that push a source's events, and
// the push's name there.
var overlaySources = map[string]struct {
	source Source
	push   string
}{
	"obs":     {OBS, "obs_event"},
	"twitch":  {Twitch, "twitch_event"},
	"ironmon": {IronMON, "ironmon_event"},
	"music":   {Music, "music_event"},
	"system":  {System, "system_event"},
}

// OverlayTypes are the names after "overlay:" that can be joined beside
// "broadcast".
func OverlayTypes() []string { return []string{"obs", "twitch", "ironmon", "music", "system"} }

// Deliveries lists every topic that gets the event, each once, with the name of
// its push. Rooms of the dashboard are one topic here, "dashboard:*".
func Deliveries(e Event) []Delivery {
	push := EventsPush(e)
	ds := make([]Delivery, 0, 8)
	for _, f := range filters {
		if f.passes(e) {
			ds = append(ds, Delivery{"events:" + f.name, push})
		}
	}
	ds = append(ds, Delivery{"dashboard:*", DashboardPush(e)})
	for _, name := range OverlayTypes() {
		if o := overlaySources[name]; o.source == e.Source {
			d := Delivery{"overlay:" + name, o.push}
			if p := DashboardPush(e); p == "health_update" || p == "performance_update" {
				d.Push = p
			}
			ds = append(ds, d)
		}
	}
	switch p := e.Payload.(type) {
	case TranscriptionFinal:
		ds = append(ds, Delivery{"transcription:live", "new_transcription"})
		if p.StreamSessionID != "" {
			ds = append(ds, Delivery{"transcription:session:" + p.StreamSessionID, "new_transcription"})
		}
	case TranscriptionPartial:
		ds = append(ds, Delivery{"transcription:live", "transcription_partial"})
		if p.StreamSessionID != "" {
			ds = append(ds, Delivery{"transcription:session:" + p.StreamSessionID, "transcription_partial"})
		}
	case TranscriptionSessionStarted:
		ds = append(ds, Delivery{"transcription:live", "session_started"})
	case TranscriptionSessionEnded:
		ds = append(ds, Delivery{"transcription:live", "session_ended"})
	case StreamShowChanged:
		ds = append(ds, Delivery{"stream:overlays", "show_changed"}, Delivery{"stream:queue", "show_changed"})
	case StreamTakeoverStarted:
		ds = append(ds, Delivery{"stream:overlays", "takeover"}, Delivery{"stream:queue", "takeover"})
	case StreamTakeoverCleared:
		ds = append(ds, Delivery{"stream:overlays", "takeover_clear"}, Delivery{"stream:queue", "takeover_clear"})
	case StreamEmoteIncrement, StreamGoalsUpdated:
		ds = append(ds, Delivery{"stream:overlays", "content_update"})
	}
	return ds
}
