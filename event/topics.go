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
	topic  string
	passes func(Event) bool
}{
	{"all", "events:all", func(Event) bool { return true }},
	{"twitch", "events:twitch", from(Twitch)},
	{"obs", "events:obs", from(OBS)},
	{"ironmon", "events:ironmon", from(IronMON)},
	{"system", "events:system", from(System)},
	{"audio", "events:audio", from(Audio)},
	{"ai", "events:ai", from(AI)},
	{"operator", "events:operator", from(Operator)},
	{"music", "events:music", from(Music)},
	{"rainwave", "events:rainwave", from(Music)},
	{"stream", "events:stream", ownState},
	{"chat", "events:chat", prefix("channel.chat.")},
	{"goals", "events:goals", prefix("channel.goal.")},
	{"interactions", "events:interactions", func(e Event) bool {
		switch e.Type {
		case "channel.follow", "channel.subscribe", "channel.subscription.gift", "channel.subscription.message", "channel.cheer", "channel.raid":
			return true
		}
		return false
	}},
	{"dashboard", "events:dashboard", func(e Event) bool {
		switch e.Type {
		case "stream.online", "stream.offline", "channel.update":
			return true
		}
		return e.Source == OBS || e.Source == System || e.Source == IronMON || e.Source == Music
	}},
}

// ownState lets through what is on screen: the types "stream.*" that are not
// Twitch's.
func ownState(e Event) bool {
	return strings.HasPrefix(string(e.Type), "stream.") && e.Source != Twitch && e.Type.spec().Source != Twitch
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
	case ownState(e):
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
	switch p := e.Payload.(type) {
	case TwitchServiceStatus:
		switch {
		case p.Connected && p.ConnectionState == ConnectionConnected:
			return "twitch_connected"
		case p.ConnectionState == ConnectionDisconnected:
			return "twitch_disconnected"
		}
		return "twitch_connection_changed"
	case SystemHealthCheck:
		return "health_update"
	case SystemPerformanceMetric:
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

// overlays are the names after "overlay:" that push a source's events, and the
// push's name there.
var overlays = []struct {
	name   string
	topic  string
	source Source
	push   string
}{
	{"obs", "overlay:obs", OBS, "obs_event"},
	{"twitch", "overlay:twitch", Twitch, "twitch_event"},
	{"ironmon", "overlay:ironmon", IronMON, "ironmon_event"},
	{"music", "overlay:music", Music, "music_event"},
	{"system", "overlay:system", System, "system_event"},
}

// OverlayTypes are the names after "overlay:" that can be joined beside
// "broadcast".
func OverlayTypes() []string {
	names := make([]string, len(overlays))
	for i, o := range overlays {
		names[i] = o.name
	}
	return names
}

// Deliveries lists every topic that gets the event, each once, with the name of
// its push. Rooms of the dashboard are one topic here, "dashboard:*". What a
// push carries is PushJSON's to say.
func Deliveries(e Event) []Delivery {
	push := EventsPush(e)
	ds := make([]Delivery, 0, 8)
	to := func(push string, topics ...string) {
		for _, t := range topics {
			ds = append(ds, Delivery{t, push})
		}
	}
	for _, f := range filters {
		if f.passes(e) {
			to(push, f.topic)
		}
	}
	dashboard := DashboardPush(e)
	to(dashboard, "dashboard:*")
	for _, o := range overlays {
		if o.source != e.Source {
			continue
		}
		if dashboard == "health_update" || dashboard == "performance_update" {
			to(dashboard, o.topic)
		} else {
			to(o.push, o.topic)
		}
	}
	switch p := e.Payload.(type) {
	case TranscriptionFinal:
		to("new_transcription", speechTopics(p.StreamSessionID)...)
	case TranscriptionPartial:
		to("transcription_partial", speechTopics(p.StreamSessionID)...)
	case TranscriptionSessionStarted:
		to("session_started", speechTopics(p.StreamSessionID)...)
	case TranscriptionSessionEnded:
		to("session_ended", speechTopics(p.StreamSessionID)...)
	case StreamShowChanged:
		to("show_changed", "stream:overlays", "stream:queue")
	case StreamTakeoverStarted:
		to("takeover", "stream:overlays", "stream:queue")
	case StreamTakeoverCleared:
		to("takeover_clear", "stream:overlays", "stream:queue")
	case StreamEmoteIncrement, StreamGoalsUpdated:
		to("content_update", "stream:overlays")
	}
	return ds
}

func speechTopics(session string) []string {
	if session == "" {
		return []string{"transcription:live"}
	}
	return []string{"transcription:live", "transcription:session:" + session}
}

// PushJSON is what a push of the event carries: the flat event, except where
// the clients of a push have always read another shape.
//
//	takeover        {type, message, duration, timestamp}: type is the takeover's
//	takeover_clear  {timestamp}
//	content_update  {type, data, timestamp}: type is emote_increment or goals_update
func PushJSON(e Event, push string) []byte {
	stamp := e.Time.UTC().Format(TimeFormat)
	var shape any
	switch p := e.Payload.(type) {
	case StreamTakeoverStarted:
		if push == "takeover" {
			shape = struct {
				Type      string `json:"type"`
				Message   string `json:"message"`
				Duration  *int64 `json:"duration"`
				Timestamp string `json:"timestamp"`
			}{p.TakeoverType, p.Message, p.Duration, stamp}
		}
	case StreamTakeoverCleared:
		if push == "takeover_clear" {
			shape = map[string]string{"timestamp": stamp}
		}
	case StreamEmoteIncrement, StreamGoalsUpdated:
		if push == "content_update" {
			kind := "emote_increment"
			if _, goals := p.(StreamGoalsUpdated); goals {
				kind = "goals_update"
			}
			shape = struct {
				Type      string  `json:"type"`
				Data      Payload `json:"data"`
				Timestamp string  `json:"timestamp"`
			}{kind, p, stamp}
		}
	}
	if shape != nil {
		if b, err := marshal(shape); err == nil {
			return b
		}
	}
	return e.AppendJSON(nil)
}
