package event

import "time"

// ChannelFollow is a new follower.
type ChannelFollow struct {
	User
	Broadcaster
	FollowedAt time.Time `json:"followed_at"`
}

// EventType implements Payload.
func (ChannelFollow) EventType() Type { return "channel.follow" }

// ChannelChatMessage is a line of chat.
type ChannelChatMessage struct {
	User
	Broadcaster
	MessageID string `json:"message_id"`
	Message   string `json:"message"`
}

// EventType implements Payload.
func (ChannelChatMessage) EventType() Type { return "channel.chat.message" }

// Text is the line.
func (m ChannelChatMessage) Text() string { return m.Message }
