package event

import (
	"encoding/json"
	"strings"
	"time"
)

// Embed User, Broadcaster and their kin: their fields then stand among the
// payload's own.

// User is who did something on Twitch.
type User struct {
	UserID    string `json:"user_id" rule:"required,digits,max=50"`
	UserLogin string `json:"user_login" rule:"required,login"`
	UserName  string `json:"user_name" rule:"required"`
}

// Actor is the user.
func (u User) Actor() User { return u }

// MaybeUser is a User who may be anonymous: then all three are null.
type MaybeUser struct {
	UserID    Optional `json:"user_id" rule:"digits,max=50"`
	UserLogin Optional `json:"user_login" rule:"login"`
	UserName  Optional `json:"user_name"`
}

// Actor is the user, the zero User when nobody is named.
func (u MaybeUser) Actor() User {
	return User{string(u.UserID), string(u.UserLogin), string(u.UserName)}
}

// Named makes a MaybeUser of somebody who is known.
func Named(u User) MaybeUser {
	return MaybeUser{Optional(u.UserID), Optional(u.UserLogin), Optional(u.UserName)}
}

// Broadcaster is whose channel something happened in.
type Broadcaster struct {
	BroadcasterUserID    string `json:"broadcaster_user_id" rule:"digits,max=50"`
	BroadcasterUserLogin string `json:"broadcaster_user_login" rule:"login"`
	BroadcasterUserName  string `json:"broadcaster_user_name"`
}

// FromBroadcaster is the other channel, from which something came.
type FromBroadcaster struct {
	FromBroadcasterUserID    string `json:"from_broadcaster_user_id" rule:"required,digits,max=50"`
	FromBroadcasterUserLogin string `json:"from_broadcaster_user_login" rule:"required,login"`
	FromBroadcasterUserName  string `json:"from_broadcaster_user_name" rule:"required"`
}

// Actor is the other channel's broadcaster.
func (f FromBroadcaster) Actor() User {
	return User{f.FromBroadcasterUserID, f.FromBroadcasterUserLogin, f.FromBroadcasterUserName}
}

// ToBroadcaster is the channel to which something went.
type ToBroadcaster struct {
	ToBroadcasterUserID    string `json:"to_broadcaster_user_id" rule:"digits,max=50"`
	ToBroadcasterUserLogin string `json:"to_broadcaster_user_login" rule:"login"`
	ToBroadcasterUserName  string `json:"to_broadcaster_user_name"`
}

// Moderator is who moderated.
type Moderator struct {
	ModeratorUserID    string `json:"moderator_user_id" rule:"digits,max=50"`
	ModeratorUserLogin string `json:"moderator_user_login" rule:"login"`
	ModeratorUserName  string `json:"moderator_user_name"`
}

// Target is to whom something was done.
type Target struct {
	TargetUserID    string `json:"target_user_id" rule:"required,digits,max=50"`
	TargetUserLogin string `json:"target_user_login" rule:"required,login"`
	TargetUserName  string `json:"target_user_name" rule:"required"`
}

// Optional is text that may be missing: "" is null on the wire.
type Optional string

// MarshalJSON implements json.Marshaler.
func (o Optional) MarshalJSON() ([]byte, error) {
	if o == "" {
		return []byte("null"), nil
	}
	return appendString(nil, string(o)), nil
}

// List is a list that stands on the wire as [] when it is nil, never as null.
type List[T any] []T

// MarshalJSON implements json.Marshaler.
func (l List[T]) MarshalJSON() ([]byte, error) {
	if len(l) == 0 {
		return []byte("[]"), nil
	}
	return marshal([]T(l))
}

// Object is free-form JSON whose numbers keep all their digits when they are
// read and written again.
type Object map[string]any

// UnmarshalJSON implements json.Unmarshaler; numbers become json.Number.
func (o *Object) UnmarshalJSON(data []byte) error {
	dec := json.NewDecoder(strings.NewReader(string(data)))
	dec.UseNumber()
	return dec.Decode((*map[string]any)(o))
}

// JSON is one value as upstream sent it.
type JSON = json.RawMessage

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

// words joins what is not empty, a line each.
func words(texts ...string) string {
	var b strings.Builder
	for _, t := range texts {
		if t == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(t)
	}
	return b.String()
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
