package event

// ChannelChatMessage is a line of chat. What most lines do not have is left out:
// the reply, the cheer, and where it came from in a shared chat.
type ChannelChatMessage struct {
	User
	Broadcaster
	MessageID string         `json:"message_id"`
	Message   string         `json:"message" rule:"free"`
	Fragments List[Fragment] `json:"fragments"`
	// Emotes are the emotes in it, in order, without the channel's own, which are
	// NativeEmotes.
	Emotes       List[Emote] `json:"emotes"`
	NativeEmotes List[Emote] `json:"native_emotes"`
	Color        string      `json:"color" rule:"max=20"`
	Badges       List[Badge] `json:"badges"`
	MessageType  string      `json:"message_type"`
	CheerBits    int         `json:"cheer_bits,omitempty" rule:"min=0"`

	ReplyParentMessageID   string `json:"reply_parent_message_id,omitempty"`
	ReplyParentUserID      string `json:"reply_parent_user_id,omitempty" rule:"digits,max=50"`
	ReplyParentUserLogin   string `json:"reply_parent_user_login,omitempty" rule:"login"`
	ReplyParentUserName    string `json:"reply_parent_user_name,omitempty"`
	ReplyParentMessageBody string `json:"reply_parent_message_body,omitempty" rule:"free"`
	ReplyThreadMessageID   string `json:"reply_thread_message_id,omitempty"`
	ReplyThreadUserID      string `json:"reply_thread_user_id,omitempty" rule:"digits,max=50"`
	ReplyThreadUserLogin   string `json:"reply_thread_user_login,omitempty" rule:"login"`
	ReplyThreadUserName    string `json:"reply_thread_user_name,omitempty"`

	ChannelPointsCustomRewardID string `json:"channel_points_custom_reward_id,omitempty"`

	SourceBroadcasterUserID    string      `json:"source_broadcaster_user_id,omitempty" rule:"digits,max=50"`
	SourceBroadcasterUserLogin string      `json:"source_broadcaster_user_login,omitempty" rule:"login"`
	SourceBroadcasterUserName  string      `json:"source_broadcaster_user_name,omitempty"`
	SourceMessageID            string      `json:"source_message_id,omitempty"`
	SourceBadges               List[Badge] `json:"source_badges,omitempty"`
	IsSourceOnly               bool        `json:"is_source_only,omitempty"`
}

func (ChannelChatMessage) EventType() Type { return "channel.chat.message" }

// Text is the line.
func (m ChannelChatMessage) Text() string { return m.Message }

// Fragment is a piece of a message: plain text, an emote, a cheermote or a
// mention, by its type.
type Fragment struct {
	Type      string         `json:"type"`
	Text      string         `json:"text" rule:"free"`
	Cheermote *Cheermote     `json:"cheermote,omitempty"`
	Emote     *FragmentEmote `json:"emote,omitempty"`
	Mention   *Mention       `json:"mention,omitempty"`
}

// FragmentEmote is the emote of a fragment.
type FragmentEmote struct {
	ID         string   `json:"id"`
	EmoteSetID string   `json:"emote_set_id,omitempty"`
	OwnerID    string   `json:"owner_id,omitempty"`
	Format     []string `json:"format,omitempty"`
}

// Cheermote is the cheermote of a fragment.
type Cheermote struct {
	Prefix string `json:"prefix"`
	Bits   int    `json:"bits"`
	Tier   int    `json:"tier"`
}

// Mention is who a fragment mentions.
type Mention struct {
	UserID    string `json:"user_id"`
	UserLogin string `json:"user_login"`
	UserName  string `json:"user_name"`
}

// Emote is one use of an emote in a message.
type Emote struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Badge is one badge beside a name.
type Badge struct {
	SetID string `json:"set_id"`
	ID    string `json:"id"`
	Info  string `json:"info"`
}

// ChannelChatMessageDelete takes one line away.
type ChannelChatMessageDelete struct {
	Broadcaster
	Target
	MessageID string `json:"message_id" rule:"required"`
}

func (ChannelChatMessageDelete) EventType() Type { return "channel.chat.message_delete" }

// ChannelChatClearUserMessages takes all lines of one chatter away.
type ChannelChatClearUserMessages struct {
	Broadcaster
	Target
}

func (ChannelChatClearUserMessages) EventType() Type { return "channel.chat.clear_user_messages" }

// ChannelChatClear takes all lines away.
type ChannelChatClear struct{ Broadcaster }

func (ChannelChatClear) EventType() Type { return "channel.chat.clear" }

// ChannelChatSettingsUpdate is how chat is restricted. Durations are null while
// their mode is off.
type ChannelChatSettingsUpdate struct {
	Broadcaster
	EmoteMode                   bool `json:"emote_mode"`
	FollowerMode                bool `json:"follower_mode"`
	FollowerModeDurationMinutes *int `json:"follower_mode_duration_minutes" rule:"min=0"`
	SlowMode                    bool `json:"slow_mode"`
	SlowModeWaitTimeSeconds     *int `json:"slow_mode_wait_time_seconds" rule:"min=0"`
	SubscriberMode              bool `json:"subscriber_mode"`
	UniqueChatMode              bool `json:"unique_chat_mode"`
}

func (ChannelChatSettingsUpdate) EventType() Type { return "channel.chat_settings.update" }

// ChannelChatNotification is a notice in chat. NoticeType says which of the
// notice objects is there; a shared chat's notices have the same shapes.
type ChannelChatNotification struct {
	Broadcaster
	ChatterUserID      Optional       `json:"chatter_user_id" rule:"digits,max=50"`
	ChatterUserLogin   Optional       `json:"chatter_user_login" rule:"login"`
	ChatterUserName    Optional       `json:"chatter_user_name"`
	ChatterIsAnonymous bool           `json:"chatter_is_anonymous"`
	NoticeType         string         `json:"notice_type" rule:"required"`
	SystemMessage      string         `json:"system_message" rule:"free"`
	MessageID          string         `json:"message_id"`
	Message            string         `json:"message" rule:"free"`
	Fragments          List[Fragment] `json:"fragments"`
	Color              string         `json:"color" rule:"max=20"`
	Badges             List[Badge]    `json:"badges"`

	Sub              *NoticeSub              `json:"sub,omitempty"`
	Resub            *NoticeResub            `json:"resub,omitempty"`
	SubGift          *NoticeSubGift          `json:"sub_gift,omitempty"`
	CommunitySubGift *NoticeCommunitySubGift `json:"community_sub_gift,omitempty"`
	GiftPaidUpgrade  *NoticeGifter           `json:"gift_paid_upgrade,omitempty"`
	PrimePaidUpgrade *NoticePrimePaidUpgrade `json:"prime_paid_upgrade,omitempty"`
	PayItForward     *NoticeGifter           `json:"pay_it_forward,omitempty"`
	Raid             *NoticeRaid             `json:"raid,omitempty"`
	Unraid           *struct{}               `json:"unraid,omitempty"`
	Announcement     *NoticeAnnouncement     `json:"announcement,omitempty"`
	BitsBadgeTier    *NoticeBitsBadgeTier    `json:"bits_badge_tier,omitempty"`
	CharityDonation  *NoticeCharityDonation  `json:"charity_donation,omitempty"`
	WatchStreak      *NoticeWatchStreak      `json:"watch_streak,omitempty"`

	SharedChatSub              *NoticeSub              `json:"shared_chat_sub,omitempty"`
	SharedChatResub            *NoticeResub            `json:"shared_chat_resub,omitempty"`
	SharedChatSubGift          *NoticeSubGift          `json:"shared_chat_sub_gift,omitempty"`
	SharedChatCommunitySubGift *NoticeCommunitySubGift `json:"shared_chat_community_sub_gift,omitempty"`
	SharedChatGiftPaidUpgrade  *NoticeGifter           `json:"shared_chat_gift_paid_upgrade,omitempty"`
	SharedChatPrimePaidUpgrade *NoticePrimePaidUpgrade `json:"shared_chat_prime_paid_upgrade,omitempty"`
	SharedChatPayItForward     *NoticeGifter           `json:"shared_chat_pay_it_forward,omitempty"`
	SharedChatRaid             *NoticeRaid             `json:"shared_chat_raid,omitempty"`
	SharedChatAnnouncement     *NoticeAnnouncement     `json:"shared_chat_announcement,omitempty"`
}

func (ChannelChatNotification) EventType() Type { return "channel.chat.notification" }

// Actor is the chatter, unless anonymous.
func (n ChannelChatNotification) Actor() User {
	if n.ChatterIsAnonymous {
		return User{}
	}
	return User{string(n.ChatterUserID), string(n.ChatterUserLogin), string(n.ChatterUserName)}
}

// Text is the notice and what the chatter wrote with it.
func (n ChannelChatNotification) Text() string { return words(n.SystemMessage, n.Message) }

// NoticeSub is a new subscription.
type NoticeSub struct {
	SubTier        string `json:"sub_tier"`
	IsPrime        bool   `json:"is_prime"`
	DurationMonths int    `json:"duration_months"`
}

// NoticeResub is a subscription that goes on.
type NoticeResub struct {
	CumulativeMonths  int      `json:"cumulative_months"`
	DurationMonths    int      `json:"duration_months"`
	StreakMonths      *int     `json:"streak_months"`
	SubTier           string   `json:"sub_tier"`
	IsPrime           bool     `json:"is_prime"`
	IsGift            bool     `json:"is_gift"`
	GifterIsAnonymous *bool    `json:"gifter_is_anonymous"`
	GifterUserID      Optional `json:"gifter_user_id"`
	GifterUserLogin   Optional `json:"gifter_user_login"`
	GifterUserName    Optional `json:"gifter_user_name"`
}

// NoticeSubGift is a subscription given to one chatter.
type NoticeSubGift struct {
	DurationMonths     int      `json:"duration_months"`
	CumulativeTotal    *int     `json:"cumulative_total"`
	RecipientUserID    string   `json:"recipient_user_id"`
	RecipientUserLogin string   `json:"recipient_user_login"`
	RecipientUserName  string   `json:"recipient_user_name"`
	SubTier            string   `json:"sub_tier"`
	CommunityGiftID    Optional `json:"community_gift_id"`
}

// NoticeCommunitySubGift is subscriptions given to the channel at large.
type NoticeCommunitySubGift struct {
	ID              string `json:"id"`
	Total           int    `json:"total"`
	SubTier         string `json:"sub_tier"`
	CumulativeTotal *int   `json:"cumulative_total"`
}

// NoticeGifter is whose gift is being paid on or passed on.
type NoticeGifter struct {
	GifterIsAnonymous bool     `json:"gifter_is_anonymous"`
	GifterUserID      Optional `json:"gifter_user_id"`
	GifterUserLogin   Optional `json:"gifter_user_login"`
	GifterUserName    Optional `json:"gifter_user_name"`
}

// NoticePrimePaidUpgrade is a Prime subscription that becomes a paid one.
type NoticePrimePaidUpgrade struct {
	SubTier string `json:"sub_tier"`
}

// NoticeRaid is a raid as chat sees it.
type NoticeRaid struct {
	UserID          string `json:"user_id"`
	UserLogin       string `json:"user_login"`
	UserName        string `json:"user_name"`
	ViewerCount     int    `json:"viewer_count"`
	ProfileImageURL string `json:"profile_image_url"`
}

// NoticeAnnouncement is an announcement's colour.
type NoticeAnnouncement struct {
	Color string `json:"color"`
}

// NoticeBitsBadgeTier is the badge that was reached.
type NoticeBitsBadgeTier struct {
	Tier int `json:"tier"`
}

// NoticeCharityDonation is a donation as chat sees it.
type NoticeCharityDonation struct {
	CharityName string `json:"charity_name"`
	Amount      Amount `json:"amount"`
}

// NoticeWatchStreak is how many streams in a row somebody has watched.
type NoticeWatchStreak struct {
	StreakCount          int `json:"streak_count"`
	ChannelPointsAwarded int `json:"channel_points_awarded"`
}

// SharedChat is what the events of a shared chat have in common.
type SharedChat struct {
	Broadcaster
	SessionID                string `json:"session_id" rule:"required"`
	HostBroadcasterUserID    string `json:"host_broadcaster_user_id" rule:"digits,max=50"`
	HostBroadcasterUserLogin string `json:"host_broadcaster_user_login" rule:"login"`
	HostBroadcasterUserName  string `json:"host_broadcaster_user_name"`
}

// ChannelSharedChatBegin is the channel entering a shared chat.
type ChannelSharedChatBegin struct {
	SharedChat
	Participants List[Broadcaster] `json:"participants"`
}

func (ChannelSharedChatBegin) EventType() Type { return "channel.shared_chat.begin" }

// ChannelSharedChatUpdate is a change of who shares the chat.
type ChannelSharedChatUpdate struct {
	SharedChat
	Participants List[Broadcaster] `json:"participants"`
}

func (ChannelSharedChatUpdate) EventType() Type { return "channel.shared_chat.update" }

// ChannelSharedChatEnd is the channel leaving a shared chat.
type ChannelSharedChatEnd struct{ SharedChat }

func (ChannelSharedChatEnd) EventType() Type { return "channel.shared_chat.end" }
