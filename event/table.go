package event

import "time"

var exampleTime = time.Date(2026, 11, 24, 20, 0, 0, 0, time.UTC)

var exampleUser = User{"141981764", "sundaygamer", "SundayGamer"}
var exampleBroadcaster = Broadcaster{"38981465", "avalonstar", "Avalonstar"}

// catalogue is the one table of types.
var catalogue = []Spec{
	line(Twitch, "Somebody follows the channel.", ChannelFollow{exampleUser, exampleBroadcaster, exampleTime}, alert),
	line(Twitch, "A line of chat.", ChannelChatMessage{User: exampleUser, Broadcaster: exampleBroadcaster, MessageID: "5d4a2f58-6f5c-4a2e-9a0c-0a4e6a5c1f11", Message: "hello"}),
	line(Audio, "What was said, once recognised for good.", TranscriptionFinal{Transcript{Message: "hello chat", Duration: 1.2, IsFinal: true}}, critical),
	line(Audio, "What is being said.", TranscriptionPartial{Transcript{Message: "hello", Duration: 0.6}}, ephemeral),
	line(System, "Landale has started.", SystemStartup{"2026.11.24"}),
}
