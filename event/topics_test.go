package event

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// An event reaches each topic at most once, under one name: in the original
// dashboards got everything twice.
func TestOncePerTopic(t *testing.T) {
	for _, s := range Catalogue() {
		for _, source := range append(Sources(), s.Source) {
			ev := golden(s)
			ev.Source = source
			seen := map[string]bool{}
			for _, d := range Deliveries(ev) {
				if seen[d.Topic] {
					t.Errorf("%s from %s goes to %s twice", s.Type, source, d.Topic)
				}
				seen[d.Topic] = true
				if d.Push == "" {
					t.Errorf("%s has no name on %s", s.Type, d.Topic)
				}
				if filter, ok := strings.CutPrefix(d.Topic, "events:"); ok {
					if passes, known := Passes(filter, ev); !passes || !known {
						t.Errorf("%s goes to %s, and Passes says %v, %v", s.Type, d.Topic, passes, known)
					}
				}
			}
			if !seen["events:all"] || !seen["dashboard:*"] {
				t.Errorf("%s reaches %v, want at least events:all and the dashboard", s.Type, seen)
			}
		}
	}
}

func custom(source Source, t Type) Event {
	return Event{ID: "x", Type: t, Source: source, Payload: Unknown{kind: t}}
}

func of(source Source, p Payload) Event { return New(source, exampleTime, p) }

// §1.6 to §1.10 of the hub's reference, event by event.
func TestDeliveries(t *testing.T) {
	status := func(connected bool, state string) Event {
		return of(Twitch, TwitchServiceStatus{Connected: connected, ConnectionState: state})
	}
	speech := Transcript{StreamSessionID: "stream_2026_11_24"}
	for _, tc := range []struct {
		event Event
		want  string // topic=push, sorted
	}{
		{of(Twitch, exampleChat), "dashboard:*=twitch_event events:all=chat_message events:chat=chat_message events:twitch=chat_message overlay:twitch=twitch_event"},
		{of(Twitch, ChannelChatClear{}), "dashboard:*=twitch_event events:all=chat_clear events:chat=chat_clear events:twitch=chat_clear overlay:twitch=twitch_event"},
		{of(Twitch, ChannelChatMessageDelete{}), "dashboard:*=twitch_event events:all=message_delete events:chat=message_delete events:twitch=message_delete overlay:twitch=twitch_event"},
		{of(Twitch, ChannelChatNotification{}), "dashboard:*=twitch_event events:all=twitch_event events:chat=twitch_event events:twitch=twitch_event overlay:twitch=twitch_event"},
		{of(Twitch, ChannelChatSettingsUpdate{}), "dashboard:*=twitch_event events:all=twitch_event events:twitch=twitch_event overlay:twitch=twitch_event"},
		{of(Twitch, ChannelFollow{}), "dashboard:*=twitch_event events:all=follower events:interactions=follower events:twitch=follower overlay:twitch=twitch_event"},
		{of(Twitch, ChannelSubscribe{}), "dashboard:*=twitch_event events:all=subscription events:interactions=subscription events:twitch=subscription overlay:twitch=twitch_event"},
		{of(Twitch, ChannelSubscriptionGift{}), "dashboard:*=twitch_event events:all=gift_subscription events:interactions=gift_subscription events:twitch=gift_subscription overlay:twitch=twitch_event"},
		{of(Twitch, ChannelSubscriptionMessage{}), "dashboard:*=twitch_event events:all=twitch_event events:interactions=twitch_event events:twitch=twitch_event overlay:twitch=twitch_event"},
		{of(Twitch, ChannelSubscriptionEnd{}), "dashboard:*=twitch_event events:all=twitch_event events:twitch=twitch_event overlay:twitch=twitch_event"},
		{of(Twitch, ChannelCheer{}), "dashboard:*=twitch_event events:all=cheer events:interactions=cheer events:twitch=cheer overlay:twitch=twitch_event"},
		{of(Twitch, ChannelRaid{}), "dashboard:*=twitch_event events:all=twitch_event events:interactions=twitch_event events:twitch=twitch_event overlay:twitch=twitch_event"},
		{of(Twitch, ChannelUpdate{}), "dashboard:*=twitch_event events:all=channel_update events:dashboard=channel_update events:twitch=channel_update overlay:twitch=twitch_event"},
		{of(Twitch, StreamOnline{}), "dashboard:*=twitch_event events:all=twitch_event events:dashboard=twitch_event events:twitch=twitch_event overlay:twitch=twitch_event"},
		{of(Operator, StreamOffline{}), "dashboard:*=system_event events:all=unknown_event events:dashboard=unknown_event events:operator=unknown_event"},
		{of(Twitch, ChannelGoalEnd{}), "dashboard:*=twitch_event events:all=twitch_event events:goals=twitch_event events:twitch=twitch_event overlay:twitch=twitch_event"},
		{status(true, "connected"), "dashboard:*=twitch_connected events:all=twitch_event events:twitch=twitch_event overlay:twitch=twitch_event"},
		{status(false, "disconnected"), "dashboard:*=twitch_disconnected events:all=twitch_event events:twitch=twitch_event overlay:twitch=twitch_event"},
		{status(false, "reconnecting"), "dashboard:*=twitch_connection_changed events:all=twitch_event events:twitch=twitch_event overlay:twitch=twitch_event"},
		{of(OBS, OBSCurrentProgramSceneChanged{}), "dashboard:*=obs_event events:all=obs_event events:dashboard=obs_event events:obs=obs_event overlay:obs=obs_event"},
		{custom(OBS, "obs.canvas_created"), "dashboard:*=obs_event events:all=obs_event events:dashboard=obs_event events:obs=obs_event overlay:obs=obs_event"},
		{of(IronMON, IronMONSeed{}), "dashboard:*=ironmon_event events:all=ironmon_event events:dashboard=ironmon_event events:ironmon=ironmon_event overlay:ironmon=ironmon_event"},
		{of(Music, RainwaveUpdate{}), "dashboard:*=rainwave_event events:all=rainwave_event events:dashboard=rainwave_event events:music=rainwave_event events:rainwave=rainwave_event overlay:music=music_event"},
		{of(System, SystemStartup{}), "dashboard:*=system_event events:all=system_event events:dashboard=system_event events:system=system_event overlay:system=system_event"},
		{of(System, SystemHealthCheck{}), "dashboard:*=health_update events:all=system_event events:dashboard=system_event events:system=system_event overlay:system=health_update"},
		{of(System, SystemPerformanceMetric{}), "dashboard:*=performance_update events:all=system_event events:dashboard=system_event events:system=system_event overlay:system=performance_update"},
		{of(System, StreamShowChanged{}), "dashboard:*=system_event events:all=stream_event events:dashboard=stream_event events:stream=stream_event events:system=stream_event overlay:system=system_event stream:overlays=show_changed stream:queue=show_changed"},
		{of(Operator, StreamTakeoverStarted{}), "dashboard:*=system_event events:all=stream_event events:operator=stream_event events:stream=stream_event stream:overlays=takeover stream:queue=takeover"},
		{of(Operator, StreamTakeoverCleared{}), "dashboard:*=system_event events:all=stream_event events:operator=stream_event events:stream=stream_event stream:overlays=takeover_clear stream:queue=takeover_clear"},
		{of(System, StreamEmoteIncrement{}), "dashboard:*=system_event events:all=stream_event events:dashboard=stream_event events:stream=stream_event events:system=stream_event overlay:system=system_event stream:overlays=content_update"},
		{of(System, StreamGoalsUpdated{}), "dashboard:*=system_event events:all=stream_event events:dashboard=stream_event events:stream=stream_event events:system=stream_event overlay:system=system_event stream:overlays=content_update"},
		{of(Audio, TranscriptionFinal{speech}), "dashboard:*=audio_event events:all=unknown_event events:audio=unknown_event transcription:live=new_transcription transcription:session:stream_2026_11_24=new_transcription"},
		{of(Audio, TranscriptionPartial{Transcript{}}), "dashboard:*=audio_event events:all=unknown_event events:audio=unknown_event transcription:live=transcription_partial"},
		{of(Audio, TranscriptionSessionStarted{"s"}), "dashboard:*=audio_event events:all=unknown_event events:audio=unknown_event transcription:live=session_started transcription:session:s=session_started"},
		{of(Audio, TranscriptionSessionEnded{"s"}), "dashboard:*=audio_event events:all=unknown_event events:audio=unknown_event transcription:live=session_ended transcription:session:s=session_ended"},
		{custom(AI, "ai.summary"), "dashboard:*=ai_event events:ai=unknown_event events:all=unknown_event"},
		{custom(Operator, "custom.button"), "dashboard:*=system_event events:all=unknown_event events:operator=unknown_event"},
	} {
		var got []string
		for _, d := range Deliveries(tc.event) {
			got = append(got, d.Topic+"="+d.Push)
		}
		slices.Sort(got)
		if s := strings.Join(got, " "); s != tc.want {
			t.Errorf("%s\n got %s\nwant %s", tc.event.Type, s, tc.want)
		}
	}
}

func TestFilters(t *testing.T) {
	if got, want := fmt.Sprint(Filters()), "[all twitch obs ironmon system audio ai operator music rainwave stream chat goals interactions dashboard]"; got != want {
		t.Errorf("filters %s, want %s", got, want)
	}
	for _, name := range []string{"", "ALL", "all ", "other", "twitch.*"} {
		if passes, ok := Passes(name, custom(Twitch, "channel.x")); passes || ok {
			t.Errorf("Passes(%q) is %v, %v; want no such filter", name, passes, ok)
		}
	}
	if got, want := fmt.Sprint(OverlayTypes()), "[obs twitch ironmon music system]"; got != want {
		t.Errorf("overlay types %s, want %s", got, want)
	}
}

// Pages have always read these pushes in shapes of their own.
func TestPushJSON(t *testing.T) {
	takeover := of(Operator, StreamTakeoverStarted{TechnicalDifficulties, "BRB", nil})
	emotes := of(System, StreamEmoteIncrement{Emotes: List[string]{"Kappa"}, Username: "a"})
	goals := of(System, StreamGoalsUpdated{})
	for _, tc := range []struct {
		event      Event
		push, want string
	}{
		{takeover, "takeover", `{"type":"technical-difficulties","message":"BRB","duration":null,"timestamp":"2026-11-24T20:00:00.000Z"}`},
		{of(System, StreamTakeoverCleared{}), "takeover_clear", `{"timestamp":"2026-11-24T20:00:00.000Z"}`},
		{emotes, "content_update", `{"type":"emote_increment","data":{"emotes":["Kappa"],"native_emotes":[],"username":"a"},"timestamp":"2026-11-24T20:00:00.000Z"}`},
		{goals, "content_update", `{"type":"goals_update","data":{},"timestamp":"2026-11-24T20:00:00.000Z"}`},
		{takeover, "stream_event", string(takeover.AppendJSON(nil))},
		{emotes, "system_event", string(emotes.AppendJSON(nil))},
	} {
		if got := string(PushJSON(tc.event, tc.push)); got != tc.want {
			t.Errorf("%s as %s\n got %s\nwant %s", tc.event.Type, tc.push, got, tc.want)
		}
	}
}
