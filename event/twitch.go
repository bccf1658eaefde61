package event

import "time"

// StreamOnline is Twitch's word that the broadcast has begun.
type StreamOnline struct {
	Broadcaster
	StreamID   string    `json:"stream_id"`
	StreamType string    `json:"stream_type"`
	StartedAt  time.Time `json:"started_at" rule:"required"`
}

func (StreamOnline) EventType() Type { return "stream.online" }

// StreamOffline is Twitch's word that it has ended.
type StreamOffline struct{ Broadcaster }

func (StreamOffline) EventType() Type { return "stream.offline" }

// ChannelUpdate is the channel's title and category as they now are.
type ChannelUpdate struct {
	Broadcaster
	Title                       string       `json:"title"`
	Language                    string       `json:"language" rule:"max=10"`
	CategoryID                  string       `json:"category_id"`
	CategoryName                string       `json:"category_name"`
	ContentClassificationLabels List[string] `json:"content_classification_labels" rule:"max=100"`
}

func (ChannelUpdate) EventType() Type { return "channel.update" }

// Text is title and category.
func (u ChannelUpdate) Text() string { return words(u.Title, u.CategoryName) }

// ChannelFollow is a new follower.
type ChannelFollow struct {
	User
	Broadcaster
	FollowedAt time.Time `json:"followed_at" rule:"required"`
}

func (ChannelFollow) EventType() Type { return "channel.follow" }

// ChannelRaid is another channel's viewers arriving (or ours leaving).
type ChannelRaid struct {
	FromBroadcaster
	ToBroadcaster
	Viewers int `json:"viewers" rule:"min=0"`
}

func (ChannelRaid) EventType() Type { return "channel.raid" }

// ChannelShoutoutCreate is a shoutout that we gave.
type ChannelShoutoutCreate struct {
	Broadcaster
	Moderator
	ToBroadcaster
	ViewerCount          int       `json:"viewer_count" rule:"min=0"`
	StartedAt            time.Time `json:"started_at" rule:"required"`
	CooldownEndsAt       time.Time `json:"cooldown_ends_at" rule:"required"`
	TargetCooldownEndsAt time.Time `json:"target_cooldown_ends_at" rule:"required"`
}

func (ChannelShoutoutCreate) EventType() Type { return "channel.shoutout.create" }

// ChannelShoutoutReceive is a shoutout that another channel gave to ours.
type ChannelShoutoutReceive struct {
	Broadcaster
	FromBroadcaster
	ViewerCount int       `json:"viewer_count" rule:"min=0"`
	StartedAt   time.Time `json:"started_at" rule:"required"`
}

func (ChannelShoutoutReceive) EventType() Type { return "channel.shoutout.receive" }

// ChannelAdBreakBegin is the start of an ad break.
type ChannelAdBreakBegin struct {
	Broadcaster
	DurationSeconds    int       `json:"duration_seconds" rule:"positive"`
	IsAutomatic        bool      `json:"is_automatic"`
	StartedAt          time.Time `json:"started_at" rule:"required"`
	RequesterUserID    string    `json:"requester_user_id" rule:"digits,max=50"`
	RequesterUserLogin string    `json:"requester_user_login" rule:"login"`
	RequesterUserName  string    `json:"requester_user_name"`
}

func (ChannelAdBreakBegin) EventType() Type { return "channel.ad_break.begin" }

// UserUpdate is a change of the owner's own account. Email is there only with
// the scope user:read:email.
type UserUpdate struct {
	User
	Email         string `json:"email,omitempty"`
	EmailVerified bool   `json:"email_verified"`
	Description   string `json:"description" rule:"free"`
}

func (UserUpdate) EventType() Type { return "user.update" }

// Text is what the account says of itself.
func (u UserUpdate) Text() string { return u.Description }

// UserWhisperMessage is a private message to the owner; the user is who wrote it.
type UserWhisperMessage struct {
	User
	ToUserID    string `json:"to_user_id" rule:"digits,max=50"`
	ToUserLogin string `json:"to_user_login" rule:"login"`
	ToUserName  string `json:"to_user_name"`
	WhisperID   string `json:"whisper_id"`
	Message     string `json:"message" rule:"free"`
}

func (UserWhisperMessage) EventType() Type { return "user.whisper.message" }

// Text is what was written.
func (w UserWhisperMessage) Text() string { return w.Message }

// The words for ConnectionState that DashboardPush knows; others ("connecting",
// "reconnecting") are changes.
const (
	ConnectionConnected    = "connected"
	ConnectionDisconnected = "disconnected"
)

// TwitchServiceStatus is how the link to EventSub is, at each change.
type TwitchServiceStatus struct {
	ServiceName       string     `json:"service_name"`
	Connected         bool       `json:"connected"`
	ConnectionState   string     `json:"connection_state" rule:"required"`
	SessionID         Optional   `json:"session_id"`
	LastConnected     *time.Time `json:"last_connected"`
	LastError         Optional   `json:"last_error" rule:"free"`
	SubscriptionCount int        `json:"subscription_count" rule:"min=0"`
	WebsocketURL      Optional   `json:"websocket_url" rule:"free"`
}

func (TwitchServiceStatus) EventType() Type { return "twitch.service_status" }

// Text is the newest error.
func (s TwitchServiceStatus) Text() string { return string(s.LastError) }

// TwitchViewerSample is how many watch the broadcast, once a minute while it is
// live. A minute without an answer has no sample: missing is not zero.
type TwitchViewerSample struct {
	StreamID     string `json:"stream_id" rule:"required"`
	Viewers      int    `json:"viewers" rule:"min=0"`
	Title        string `json:"title"`
	CategoryID   string `json:"category_id"`
	CategoryName string `json:"category_name"`
}

func (TwitchViewerSample) EventType() Type { return "twitch.viewer_sample" }
