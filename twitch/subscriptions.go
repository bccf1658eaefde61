package twitch

import "landale/event"

// wish is one subscription that Landale wants, in the order in which they are
// made.
type wish struct {
	kind     event.Type
	version  string
	scope    string // "" needs none
	critical bool   // made before the others
	// condition names the fields that are the owner's own user id.
	condition []string
}

var (
	ofBroadcaster = []string{"broadcaster_user_id"}
	asModerator   = []string{"broadcaster_user_id", "moderator_user_id"}
	asChatter     = []string{"broadcaster_user_id", "user_id"}
)

// wanted are all subscriptions, the critical ones first: a session that cannot
// have the rest still hears of the stream, of follows and of chat.
var wanted = []wish{
	{"stream.online", "1", "", true, ofBroadcaster},
	{"stream.offline", "1", "", true, ofBroadcaster},
	{"channel.update", "2", "", true, ofBroadcaster},
	{"channel.follow", "2", "moderator:read:followers", true, asModerator},
	{"channel.chat.message", "1", "user:read:chat", true, asChatter},

	{"channel.subscribe", "1", "channel:read:subscriptions", false, ofBroadcaster},
	{"channel.subscription.message", "1", "channel:read:subscriptions", false, ofBroadcaster},
	{"channel.subscription.gift", "1", "channel:read:subscriptions", false, ofBroadcaster},
	{"channel.subscription.end", "1", "channel:read:subscriptions", false, ofBroadcaster},
	{"channel.cheer", "1", "bits:read", false, ofBroadcaster},
	{"channel.bits.use", "1", "bits:read", false, ofBroadcaster},
	{"channel.raid", "1", "", false, []string{"to_broadcaster_user_id"}},
	{"channel.chat.notification", "1", "user:read:chat", false, asChatter},
	{"channel.chat.message_delete", "1", "user:read:chat", false, asChatter},
	{"channel.chat.clear_user_messages", "1", "user:read:chat", false, asChatter},
	{"channel.chat.clear", "1", "user:read:chat", false, asChatter},
	{"channel.chat_settings.update", "1", "user:read:chat", false, asChatter},
	{"channel.channel_points_custom_reward_redemption.add", "1", "channel:read:redemptions", false, ofBroadcaster},
	{"channel.channel_points_custom_reward_redemption.update", "1", "channel:read:redemptions", false, ofBroadcaster},
	{"channel.channel_points_automatic_reward_redemption.add", "2", "channel:read:redemptions", false, ofBroadcaster},
	{"channel.channel_points_custom_reward.add", "1", "channel:read:redemptions", false, ofBroadcaster},
	{"channel.channel_points_custom_reward.update", "1", "channel:read:redemptions", false, ofBroadcaster},
	{"channel.channel_points_custom_reward.remove", "1", "channel:read:redemptions", false, ofBroadcaster},
	{"channel.hype_train.begin", "2", "channel:read:hype_train", false, ofBroadcaster},
	{"channel.hype_train.progress", "2", "channel:read:hype_train", false, ofBroadcaster},
	{"channel.hype_train.end", "2", "channel:read:hype_train", false, ofBroadcaster},
	{"channel.goal.begin", "1", "channel:read:goals", false, ofBroadcaster},
	{"channel.goal.progress", "1", "channel:read:goals", false, ofBroadcaster},
	{"channel.goal.end", "1", "channel:read:goals", false, ofBroadcaster},
	{"channel.poll.begin", "1", "channel:read:polls", false, ofBroadcaster},
	{"channel.poll.progress", "1", "channel:read:polls", false, ofBroadcaster},
	{"channel.poll.end", "1", "channel:read:polls", false, ofBroadcaster},
	{"channel.prediction.begin", "1", "channel:read:predictions", false, ofBroadcaster},
	{"channel.prediction.progress", "1", "channel:read:predictions", false, ofBroadcaster},
	{"channel.prediction.lock", "1", "channel:read:predictions", false, ofBroadcaster},
	{"channel.prediction.end", "1", "channel:read:predictions", false, ofBroadcaster},
	{"channel.charity_campaign.start", "1", "channel:read:charity", false, ofBroadcaster},
	{"channel.charity_campaign.donate", "1", "channel:read:charity", false, ofBroadcaster},
	{"channel.charity_campaign.progress", "1", "channel:read:charity", false, ofBroadcaster},
	{"channel.charity_campaign.stop", "1", "channel:read:charity", false, ofBroadcaster},
	{"channel.ad_break.begin", "1", "channel:read:ads", false, ofBroadcaster},
	{"channel.shoutout.create", "1", "moderator:read:shoutouts", false, asModerator},
	{"channel.shoutout.receive", "1", "moderator:read:shoutouts", false, asModerator},
	{"channel.vip.add", "1", "channel:read:vips", false, ofBroadcaster},
	{"channel.vip.remove", "1", "channel:read:vips", false, ofBroadcaster},
	{"channel.shared_chat.begin", "1", "", false, ofBroadcaster},
	{"channel.shared_chat.update", "1", "", false, ofBroadcaster},
	{"channel.shared_chat.end", "1", "", false, ofBroadcaster},
	{"channel.shield_mode.begin", "1", "moderator:read:shield_mode", false, asModerator},
	{"channel.shield_mode.end", "1", "moderator:read:shield_mode", false, asModerator},
	{"user.update", "1", "", false, []string{"user_id"}},
}

// Scopes are what Landale asks for when the owner signs in.
var scopes = []string{
	"channel:read:subscriptions", "channel:read:redemptions", "channel:read:polls", "channel:read:predictions",
	"channel:read:hype_train", "channel:read:goals", "channel:read:charity", "channel:read:vips", "channel:read:ads",
	"channel:manage:broadcast", "channel:manage:redemptions", "channel:manage:videos", "channel:manage:ads",
	"channel:edit:commercial", "channel:bot",
	"moderator:read:followers", "moderator:read:shoutouts", "moderator:read:chat_settings", "moderator:read:shield_mode",
	"moderator:read:banned_users", "moderator:read:moderators", "moderator:manage:announcements", "moderator:manage:shoutouts",
	"user:read:chat", "user:write:chat", "user:bot", "chat:read", "chat:edit", "bits:read", "clips:edit",
}

// conditionFor is the subscription's condition for the owner's channel.
func (w wish) conditionFor(userID string) map[string]string {
	c := make(map[string]string, len(w.condition))
	for _, name := range w.condition {
		c[name] = userID
	}
	return c
}
