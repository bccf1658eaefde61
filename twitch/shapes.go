package twitch

import (
	"encoding/json"
	"strings"

	"landale/event"
)

// shape reads one type's event as Twitch sends it.
type shape func(n normaliser, object []byte) (event.Payload, error)

// shapes says how the event of each type that Landale knows becomes its flat
// payload. Most have the catalogue's fields already; an id, a type or a nested
// message gets the catalogue's name.
var shapes = map[event.Type]shape{
	"stream.online": func(_ normaliser, object []byte) (event.Payload, error) {
		var in struct {
			event.StreamOnline
			ID   string `json:"id"`
			Type string `json:"type"`
		}
		err := json.Unmarshal(object, &in)
		in.StreamID, in.StreamType = in.ID, in.Type
		return in.StreamOnline, err
	},
	"stream.offline":           same[event.StreamOffline],
	"channel.update":           same[event.ChannelUpdate],
	"channel.follow":           same[event.ChannelFollow],
	"channel.raid":             same[event.ChannelRaid],
	"channel.shoutout.create":  same[event.ChannelShoutoutCreate],
	"channel.shoutout.receive": same[event.ChannelShoutoutReceive],
	"channel.ad_break.begin":   same[event.ChannelAdBreakBegin],
	"user.update":              same[event.UserUpdate],
	"user.whisper.message": func(_ normaliser, object []byte) (event.Payload, error) {
		var in struct {
			event.UserWhisperMessage
			FromUserID    string `json:"from_user_id"`
			FromUserLogin string `json:"from_user_login"`
			FromUserName  string `json:"from_user_name"`
			Whisper       struct {
				Text string `json:"text"`
			} `json:"whisper"`
		}
		err := json.Unmarshal(object, &in)
		in.User = event.User{UserID: in.FromUserID, UserLogin: in.FromUserLogin, UserName: in.FromUserName}
		in.Message = in.Whisper.Text
		return in.UserWhisperMessage, err
	},

	"channel.subscribe":         same[event.ChannelSubscribe],
	"channel.subscription.end":  same[event.ChannelSubscriptionEnd],
	"channel.subscription.gift": same[event.ChannelSubscriptionGift],
	"channel.subscription.message": func(_ normaliser, object []byte) (event.Payload, error) {
		var in struct {
			event.ChannelSubscriptionMessage
			Message struct {
				Text   string                      `json:"text"`
				Emotes event.List[event.EmoteSpan] `json:"emotes"`
			} `json:"message"`
		}
		err := json.Unmarshal(object, &in)
		p := in.ChannelSubscriptionMessage
		p.Message, p.Emotes = in.Message.Text, in.Message.Emotes
		return p, err
	},
	"channel.cheer": same[event.ChannelCheer],
	"channel.bits.use": func(_ normaliser, object []byte) (event.Payload, error) {
		var in struct {
			event.ChannelBitsUse
			Type    string  `json:"type"`
			Message written `json:"message"`
		}
		err := json.Unmarshal(object, &in)
		p := in.ChannelBitsUse
		p.BitsType, p.Message, p.Fragments = in.Type, in.Message.Text, in.Message.Fragments
		if string(p.PowerUp) == "null" {
			p.PowerUp = nil
		}
		return p, err
	},

	"channel.hype_train.begin":    runningTrain(func(t event.RunningTrain) event.Payload { return event.ChannelHypeTrainBegin{RunningTrain: t} }),
	"channel.hype_train.progress": runningTrain(func(t event.RunningTrain) event.Payload { return event.ChannelHypeTrainProgress{RunningTrain: t} }),
	"channel.hype_train.end": func(_ normaliser, object []byte) (event.Payload, error) {
		var in struct {
			event.ChannelHypeTrainEnd
			ID   string `json:"id"`
			Type string `json:"type"`
		}
		err := json.Unmarshal(object, &in)
		in.HypeTrainID, in.TrainType = in.ID, in.Type
		return in.ChannelHypeTrainEnd, err
	},
	"channel.goal.begin":    goal[event.ChannelGoalBegin],
	"channel.goal.progress": goal[event.ChannelGoalProgress],
	"channel.goal.end":      goal[event.ChannelGoalEnd],
	"channel.charity_campaign.donate": func(_ normaliser, object []byte) (event.Payload, error) {
		var in struct {
			event.ChannelCharityCampaignDonate
			ID string `json:"id"`
		}
		err := json.Unmarshal(object, &in)
		in.DonationID = in.ID
		return in.ChannelCharityCampaignDonate, err
	},
	"channel.charity_campaign.start":    charity[event.ChannelCharityCampaignStart],
	"channel.charity_campaign.progress": charity[event.ChannelCharityCampaignProgress],
	"channel.charity_campaign.stop":     charity[event.ChannelCharityCampaignStop],

	"channel.channel_points_custom_reward.add":    reward[event.ChannelPointsCustomRewardAdd],
	"channel.channel_points_custom_reward.update": reward[event.ChannelPointsCustomRewardUpdate],
	"channel.channel_points_custom_reward.remove": reward[event.ChannelPointsCustomRewardRemove],
	"channel.channel_points_custom_reward_redemption.add": redemption(func(r event.Redemption) event.Payload {
		return event.ChannelPointsCustomRewardRedemptionAdd{Redemption: r}
	}),
	"channel.channel_points_custom_reward_redemption.update": redemption(func(r event.Redemption) event.Payload {
		return event.ChannelPointsCustomRewardRedemptionUpdate{Redemption: r}
	}),
	"channel.channel_points_automatic_reward_redemption.add": func(_ normaliser, object []byte) (event.Payload, error) {
		var in struct {
			event.ChannelPointsAutomaticRewardRedemptionAdd
			ID      string  `json:"id"`
			Message written `json:"message"`
			Reward  struct {
				event.AutomaticReward
				Cost int `json:"cost"` // version 1
			} `json:"reward"`
		}
		err := json.Unmarshal(object, &in)
		p := in.ChannelPointsAutomaticRewardRedemptionAdd
		p.RedemptionID, p.Message, p.Fragments = in.ID, in.Message.Text, in.Message.Fragments
		p.Reward = in.Reward.AutomaticReward
		p.Reward.ChannelPoints = max(p.Reward.ChannelPoints, in.Reward.Cost)
		return p, err
	},

	"channel.poll.begin":          poll[event.ChannelPollBegin],
	"channel.poll.progress":       poll[event.ChannelPollProgress],
	"channel.poll.end":            poll[event.ChannelPollEnd],
	"channel.prediction.begin":    prediction[event.ChannelPredictionBegin],
	"channel.prediction.progress": prediction[event.ChannelPredictionProgress],
	"channel.prediction.lock":     prediction[event.ChannelPredictionLock],
	"channel.prediction.end":      prediction[event.ChannelPredictionEnd],

	"channel.vip.add":          same[event.ChannelVIPAdd],
	"channel.vip.remove":       same[event.ChannelVIPRemove],
	"channel.moderator.add":    same[event.ChannelModeratorAdd],
	"channel.moderator.remove": same[event.ChannelModeratorRemove],
	"channel.ban":              same[event.ChannelBan],
	"channel.unban":            same[event.ChannelUnban],
	"channel.unban_request.create": func(_ normaliser, object []byte) (event.Payload, error) {
		var in struct {
			event.ChannelUnbanRequestCreate
			ID string `json:"id"`
		}
		err := json.Unmarshal(object, &in)
		in.UnbanRequestID = in.ID
		return in.ChannelUnbanRequestCreate, err
	},
	"channel.unban_request.resolve": func(_ normaliser, object []byte) (event.Payload, error) {
		var in struct {
			event.ChannelUnbanRequestResolve
			ID string `json:"id"`
		}
		err := json.Unmarshal(object, &in)
		in.UnbanRequestID = in.ID
		return in.ChannelUnbanRequestResolve, err
	},
	"channel.shield_mode.begin": same[event.ChannelShieldModeBegin],
	"channel.shield_mode.end":   same[event.ChannelShieldModeEnd],

	"channel.chat.message":             chatMessage,
	"channel.chat.message_delete":      same[event.ChannelChatMessageDelete],
	"channel.chat.clear":               same[event.ChannelChatClear],
	"channel.chat.clear_user_messages": same[event.ChannelChatClearUserMessages],
	"channel.chat.notification": func(_ normaliser, object []byte) (event.Payload, error) {
		var in struct {
			event.ChannelChatNotification
			Message written `json:"message"`
		}
		err := json.Unmarshal(object, &in)
		p := in.ChannelChatNotification
		p.Message, p.Fragments = in.Message.Text, in.Message.Fragments
		return p, err
	},
	"channel.chat_settings.update": same[event.ChannelChatSettingsUpdate],
	"channel.shared_chat.begin":    same[event.ChannelSharedChatBegin],
	"channel.shared_chat.update":   same[event.ChannelSharedChatUpdate],
	"channel.shared_chat.end":      same[event.ChannelSharedChatEnd],
}

// same reads an event whose fields are the catalogue's.
func same[P event.Payload](_ normaliser, object []byte) (event.Payload, error) {
	var p P
	err := json.Unmarshal(object, &p)
	return p, err
}

// written is a text with its fragments.
type written struct {
	Text      string                     `json:"text"`
	Fragments event.List[event.Fragment] `json:"fragments"`
}

// renamed reads an object's own id and type, which the catalogue calls otherwise.
type renamed struct {
	ID   string `json:"id"`
	Type string `json:"type"`
}

// with reads an event that has the catalogue's fields, and what stands beside
// them under other names.
func with[P, Beside any](object []byte) (p P, beside Beside, err error) {
	if err = json.Unmarshal(object, &p); err == nil {
		err = json.Unmarshal(object, &beside)
	}
	return p, beside, err
}

func runningTrain(make func(event.RunningTrain) event.Payload) shape {
	return func(_ normaliser, object []byte) (event.Payload, error) {
		t, own, err := with[event.RunningTrain, renamed](object)
		t.HypeTrainID, t.TrainType = own.ID, own.Type
		return make(t), err
	}
}

func redemption(make func(event.Redemption) event.Payload) shape {
	return func(_ normaliser, object []byte) (event.Payload, error) {
		r, own, err := with[event.Redemption, renamed](object)
		r.RedemptionID = own.ID
		return make(r), err
	}
}

func goal[P event.ChannelGoalBegin | event.ChannelGoalProgress | event.ChannelGoalEnd](_ normaliser, object []byte) (event.Payload, error) {
	p, own, err := with[P, renamed](object)
	switch p := any(p).(type) {
	case event.ChannelGoalBegin:
		p.GoalID, p.GoalType = own.ID, own.Type
		return p, err
	case event.ChannelGoalProgress:
		p.GoalID, p.GoalType = own.ID, own.Type
		return p, err
	case event.ChannelGoalEnd:
		p.GoalID, p.GoalType = own.ID, own.Type
		return p, err
	}
	return nil, err
}

func charity[P event.ChannelCharityCampaignStart | event.ChannelCharityCampaignProgress | event.ChannelCharityCampaignStop](_ normaliser, object []byte) (event.Payload, error) {
	p, own, err := with[P, renamed](object)
	switch p := any(p).(type) {
	case event.ChannelCharityCampaignStart:
		p.CampaignID = own.ID
		return p, err
	case event.ChannelCharityCampaignProgress:
		p.CampaignID = own.ID
		return p, err
	case event.ChannelCharityCampaignStop:
		p.CampaignID = own.ID
		return p, err
	}
	return nil, err
}

func reward[P event.ChannelPointsCustomRewardAdd | event.ChannelPointsCustomRewardUpdate | event.ChannelPointsCustomRewardRemove](_ normaliser, object []byte) (event.Payload, error) {
	p, own, err := with[P, renamed](object)
	switch p := any(p).(type) {
	case event.ChannelPointsCustomRewardAdd:
		p.RewardID = own.ID
		return p, err
	case event.ChannelPointsCustomRewardUpdate:
		p.RewardID = own.ID
		return p, err
	case event.ChannelPointsCustomRewardRemove:
		p.RewardID = own.ID
		return p, err
	}
	return nil, err
}

// voting is what a poll's votes cost.
type voting struct {
	IsEnabled     bool `json:"is_enabled"`
	AmountPerVote int  `json:"amount_per_vote"`
}

func poll[P event.ChannelPollBegin | event.ChannelPollProgress | event.ChannelPollEnd](_ normaliser, object []byte) (event.Payload, error) {
	p, own, err := with[P, struct {
		renamed
		Bits          voting `json:"bits_voting"`
		ChannelPoints voting `json:"channel_points_voting"`
	}](object)
	fill := func(p *event.Poll) {
		p.PollID = own.ID
		p.BitsVotingEnabled, p.BitsPerVote = own.Bits.IsEnabled, own.Bits.AmountPerVote
		p.ChannelPointsVotingEnabled, p.ChannelPointsPerVote = own.ChannelPoints.IsEnabled, own.ChannelPoints.AmountPerVote
	}
	switch p := any(p).(type) {
	case event.ChannelPollBegin:
		fill(&p.Poll)
		return p, err
	case event.ChannelPollProgress:
		fill(&p.Poll)
		return p, err
	case event.ChannelPollEnd:
		fill(&p.Poll)
		return p, err
	}
	return nil, err
}

func prediction[P event.ChannelPredictionBegin | event.ChannelPredictionProgress | event.ChannelPredictionLock | event.ChannelPredictionEnd](_ normaliser, object []byte) (event.Payload, error) {
	p, own, err := with[P, renamed](object)
	switch p := any(p).(type) {
	case event.ChannelPredictionBegin:
		p.PredictionID = own.ID
		return p, err
	case event.ChannelPredictionProgress:
		p.PredictionID = own.ID
		return p, err
	case event.ChannelPredictionLock:
		p.PredictionID = own.ID
		return p, err
	case event.ChannelPredictionEnd:
		p.PredictionID = own.ID
		return p, err
	}
	return nil, err
}

// chatMessage reads a line of chat: the chatter becomes the user, and emotes are
// listed beside the fragments, the channel's own by themselves.
func chatMessage(n normaliser, object []byte) (event.Payload, error) {
	p, err := readChat(object)
	n.sortEmotes(&p)
	return p, err
}

// scannedChat is chatMessage for a line that the scanner can read.
func (n normaliser) scannedChat(kind event.Type, object string) (p event.ChannelChatMessage, ok bool) {
	if kind != p.EventType() || object == "" {
		return p, false
	}
	p, ok = scanChat(scanner{s: object})
	n.sortEmotes(&p)
	return p, ok
}

// sortEmotes lists the emotes of a line beside its fragments, the channel's own
// by themselves.
func (n normaliser) sortEmotes(p *event.ChannelChatMessage) {
	for _, f := range p.Fragments {
		if f.Emote == nil {
			continue
		}
		e := event.Emote{ID: f.Emote.ID, Name: f.Text}
		if n.prefix != "" && strings.HasPrefix(f.Text, n.prefix) {
			p.NativeEmotes = append(p.NativeEmotes, e)
		} else {
			p.Emotes = append(p.Emotes, e)
		}
	}
}

// readChat is scanChat for a line that is not as documented.
func readChat(object []byte) (event.ChannelChatMessage, error) {
	var in struct {
		event.ChannelChatMessage
		ChatterUserID    string  `json:"chatter_user_id"`
		ChatterUserLogin string  `json:"chatter_user_login"`
		ChatterUserName  string  `json:"chatter_user_name"`
		Message          written `json:"message"`
		Cheer            struct {
			Bits int `json:"bits"`
		} `json:"cheer"`
		Reply struct {
			ParentMessageID   string `json:"parent_message_id"`
			ParentMessageBody string `json:"parent_message_body"`
			ParentUserID      string `json:"parent_user_id"`
			ParentUserLogin   string `json:"parent_user_login"`
			ParentUserName    string `json:"parent_user_name"`
			ThreadMessageID   string `json:"thread_message_id"`
			ThreadUserID      string `json:"thread_user_id"`
			ThreadUserLogin   string `json:"thread_user_login"`
			ThreadUserName    string `json:"thread_user_name"`
		} `json:"reply"`
	}
	err := json.Unmarshal(object, &in)
	p := in.ChannelChatMessage
	p.User = event.User{UserID: in.ChatterUserID, UserLogin: in.ChatterUserLogin, UserName: in.ChatterUserName}
	p.Message, p.Fragments, p.CheerBits = in.Message.Text, in.Message.Fragments, in.Cheer.Bits
	r := in.Reply
	p.ReplyParentMessageID, p.ReplyParentMessageBody = r.ParentMessageID, r.ParentMessageBody
	p.ReplyParentUserID, p.ReplyParentUserLogin, p.ReplyParentUserName = r.ParentUserID, r.ParentUserLogin, r.ParentUserName
	p.ReplyThreadMessageID = r.ThreadMessageID
	p.ReplyThreadUserID, p.ReplyThreadUserLogin, p.ReplyThreadUserName = r.ThreadUserID, r.ThreadUserLogin, r.ThreadUserName
	return p, err
}
