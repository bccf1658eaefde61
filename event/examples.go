package event

import "time"

// Pieces of the examples in the catalogue.

var exampleTime = time.Date(2026, 11, 24, 20, 0, 0, 0, time.UTC)

var (
	exampleUser        = User{"141981764", "sundaygamer", "SundayGamer"}
	exampleBroadcaster = Broadcaster{"38981465", "avalonstar", "Avalonstar"}
	exampleModerator   = Moderator{"95893057", "helpful_mod", "Helpful_Mod"}
	exampleTarget      = Target{"141981764", "sundaygamer", "SundayGamer"}
	exampleTo          = ToBroadcaster{"38981465", "avalonstar", "Avalonstar"}
	exampleOwner       = User{"38981465", "avalonstar", "Avalonstar"}
	exampleOBS         = OBSSession{"5b1f0c2d"}
	exampleStation     = Station{3, "Covers"}
	exampleSong        = Song{29391, "Corridors of Time", "The OneUps", "Chrono Trigger", 214, 1795550400, 1795550614, "https://ocremix.org/", "https://rainwave.cc/album_art/1_812_320.jpg"}
	exampleSharedChat  = SharedChat{exampleBroadcaster, "2b64a92a-dbb8-424e-b1c3-304423ba1b6f", "24104720", "friendlyraider", "FriendlyRaider"}
	exampleReward      = CustomReward{exampleBroadcaster, "92af127c-7326-4483-a52b-b0da0be61c01", true, false, true, "Hydrate", 300, "Take a sip of water"}
)

var exampleChat = ChannelChatMessage{
	User:        exampleUser,
	Broadcaster: exampleBroadcaster,
	MessageID:   "5d4a2f58-6f5c-4a2e-9a0c-0a4e6a5c1f11",
	Message:     "that was close Kappa avalonHYPE",
	Fragments: List[Fragment]{
		{Type: "text", Text: "that was close "},
		{Type: "emote", Text: "Kappa", Emote: &FragmentEmote{"25", "0", "0", []string{"static"}}},
		{Type: "text", Text: " "},
		{Type: "emote", Text: "avalonHYPE", Emote: &FragmentEmote{"304456816", "323473", "38981465", []string{"static"}}},
	},
	Emotes:       List[Emote]{{"25", "Kappa"}},
	NativeEmotes: List[Emote]{{"304456816", "avalonHYPE"}},
	Color:        "#8A2BE2",
	Badges:       List[Badge]{{"subscriber", "12", "16"}},
	MessageType:  "text",
}

var exampleNotice = ChannelChatNotification{
	Broadcaster:      exampleBroadcaster,
	ChatterUserID:    Optional(exampleUser.UserID),
	ChatterUserLogin: Optional(exampleUser.UserLogin),
	ChatterUserName:  Optional(exampleUser.UserName),
	NoticeType:       "community_sub_gift",
	SystemMessage:    "SundayGamer is gifting 5 Tier 1 Subs to Avalonstar's community! They've gifted a total of 167 in the channel!",
	MessageID:        "b1c7a2f4-2f1e-4a1c-8d0e-7c5b4a392817",
	Color:            "#1E90FF",
	CommunitySubGift: &NoticeCommunitySubGift{"2894000000000000000", 5, "1000", new(167)},
}

func exampleRedemption(status string) Redemption {
	return Redemption{exampleUser, exampleBroadcaster, "17fa2df1-ad76-4804-bfa5-a40ef63efe63", "cheers!", status,
		Reward{exampleReward.RewardID, exampleReward.Title, exampleReward.Cost, exampleReward.Prompt}, exampleTime}
}

func examplePoll(yes, no int) Poll {
	return Poll{exampleBroadcaster, "ea1e4ead-f91d-a94f-4853-8690cb2e3e0e", "Reset?", List[PollChoice]{
		{ID: "ea491cb0-3cd0-a809-65b6-07c63a316817", Title: "Yes", Votes: yes, ChannelPointsVotes: yes / 3},
		{ID: "0cc05e3c-b1a0-18e0-9727-9154f8848c2b", Title: "No", Votes: no, ChannelPointsVotes: no / 3},
	}, false, 0, true, 500, exampleTime}
}

func examplePrediction(top List[Predictor]) Prediction {
	stakes := 0
	for _, p := range top {
		stakes += p.ChannelPointsUsed
	}
	return Prediction{exampleBroadcaster, "42acdc29-8543-8dbb-6506-3a586e4929ae", "Will Brock win?", List[Outcome]{
		{"89fd795c-ee19-36ea-02c6-8637834da399", "yes", "blue", len(top), stakes, top},
		{"de44a430-f7e2-fca9-2677-631589598494", "no", "pink", 0, 0, nil},
	}, exampleTime}
}

func exampleTrain(level, total, progress int) RunningTrain {
	gift := Contribution{exampleUser, "subscription", 500}
	return RunningTrain{
		HypeTrain: HypeTrain{Broadcaster: exampleBroadcaster, HypeTrainID: "165dfb7b-95d0-1f77-092a-3212a7016b05", TrainType: "regular",
			Total: total, TopContributions: List[Contribution]{gift}, Level: level, StartedAt: exampleTime},
		Progress: progress, Goal: 1600, ExpiresAt: exampleTime.Add(5 * time.Minute), AllTimeHighLevel: 7, AllTimeHighTotal: 23_000,
	}
}

func exampleGoal(current int) Goal {
	return Goal{exampleBroadcaster, "7caa34cc-3260-172c-a5b9-8011439f6209", "follower", "fifty new followers", current, 50, exampleTime}
}

func exampleCharity(current int64) Charity {
	return Charity{exampleBroadcaster, "123-abc-456-def", "Example Charity", Amount{current, 2, "USD"}, &Amount{150_0000, 2, "USD"}}
}

func exampleTranscript(text string, seconds float64, final bool) Transcript {
	return Transcript{SegmentID: "stream_2026_11_24-17", StreamSessionID: "stream_2026_11_24", Message: text, Duration: seconds,
		Confidence: new(0.93), IsFinal: final, SourceName: "RE20", Language: "en", Model: "parakeet-110m"}
}
