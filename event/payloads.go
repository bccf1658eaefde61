package event

import (
	"encoding/json"
	"time"
)

// User is who did something on Twitch. Embed it: its fields then stand among the
// payload's own.
type User struct {
	UserID    string `json:"user_id"`
	UserLogin string `json:"user_login"`
	UserName  string `json:"user_name"`
}

// Actor is the user.
func (u User) Actor() User { return u }

// Broadcaster is whose channel something happened in.
type Broadcaster struct {
	BroadcasterUserID    string `json:"broadcaster_user_id"`
	BroadcasterUserLogin string `json:"broadcaster_user_login"`
	BroadcasterUserName  string `json:"broadcaster_user_name"`
}

// Actor is who did it: the user that the store counts and that a search by user
// finds. ok is false when nobody did, or nobody is named.
func (e Event) Actor() (u User, ok bool) {
	switch p := e.Payload.(type) {
	case interface{ Actor() User }:
		u = p.Actor()
	case Unknown:
		if json.Unmarshal(p.object(), &u) != nil {
			return User{}, false
		}
	}
	return u, u.UserID != "" || u.UserLogin != ""
}

// Text is what a search for words should find the event by: what was said or
// typed, and names, titles and reasons of everything else. It may be empty.
func (e Event) Text() string {
	if p, ok := e.Payload.(interface{ Text() string }); ok {
		return p.Text()
	}
	return ""
}

// Kind sorts events for search and the timeline.
type Kind string

// Speech is what was said, Chat what was typed, Happening everything else.
const (
	Speech    Kind = "speech"
	Chat      Kind = "chat"
	Happening Kind = "event"
)

// Kind is what sort of event it is.
func (e Event) Kind() Kind {
	switch e.Type {
	case TranscriptionFinal{}.EventType():
		return Speech
	case ChannelChatMessage{}.EventType():
		return Chat
	}
	return Happening
}

// Session is the stream_session_id that the payload carries, or "".
func (e Event) Session() string {
	if p, ok := e.Payload.(interface{ Session() string }); ok {
		return p.Session()
	}
	return ""
}

// SessionName is the stream_session_id for speech at a time: the day, in the
// owner's zone, on which the stream began (or, outside of one, that day).
func SessionName(began time.Time, zone *time.Location) string {
	return began.In(zone).Format("stream_2006_01_02")
}
