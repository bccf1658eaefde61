package event

import "time"

// ChannelSubscribe is a new subscription. Resubs come as
// ChannelSubscriptionMessage.
type ChannelSubscribe struct {
	User
	Broadcaster
	Tier   string `json:"tier" rule:"tier"`
	IsGift bool   `json:"is_gift"`
}

func (ChannelSubscribe) EventType() Type { return "channel.subscribe" }

// ChannelSubscriptionEnd is a subscription that has run out.
type ChannelSubscriptionEnd struct {
	User
	Broadcaster
	Tier   string `json:"tier" rule:"tier"`
	IsGift bool   `json:"is_gift"`
}

func (ChannelSubscriptionEnd) EventType() Type { return "channel.subscription.end" }

// ChannelSubscriptionGift is one or more subscriptions given away at once. The
// user and the total of all times are null for an anonymous giver.
type ChannelSubscriptionGift struct {
	MaybeUser
	Broadcaster
	Tier            string `json:"tier" rule:"tier"`
	Total           int    `json:"total" rule:"positive"`
	CumulativeTotal *int   `json:"cumulative_total" rule:"positive"`
	IsAnonymous     bool   `json:"is_anonymous"`
}

func (ChannelSubscriptionGift) EventType() Type { return "channel.subscription.gift" }

func (g ChannelSubscriptionGift) validate() []FieldError {
	return namedUnless(g.IsAnonymous, g.MaybeUser)
}

// ChannelSubscriptionMessage is a subscriber who says so, with the streak if
// they share it.
type ChannelSubscriptionMessage struct {
	User
	Broadcaster
	Tier             string          `json:"tier" rule:"tier"`
	Message          string          `json:"message" rule:"free"`
	Emotes           List[EmoteSpan] `json:"emotes"`
	CumulativeMonths int             `json:"cumulative_months" rule:"min=0"`
	StreakMonths     *int            `json:"streak_months" rule:"min=0"`
	DurationMonths   int             `json:"duration_months" rule:"min=0"`
}

func (ChannelSubscriptionMessage) EventType() Type { return "channel.subscription.message" }

// Text is what they wrote.
func (m ChannelSubscriptionMessage) Text() string { return m.Message }

// EmoteSpan says where in a text an emote stands; both ends are inclusive.
type EmoteSpan struct {
	Begin int    `json:"begin"`
	End   int    `json:"end"`
	ID    string `json:"id"`
}

// ChannelCheer is a cheer with bits. The user is null for an anonymous one.
type ChannelCheer struct {
	MaybeUser
	Broadcaster
	IsAnonymous bool   `json:"is_anonymous"`
	Bits        int    `json:"bits" rule:"positive"`
	Message     string `json:"message" rule:"free"`
}

func (ChannelCheer) EventType() Type { return "channel.cheer" }

// Text is what they wrote.
func (c ChannelCheer) Text() string { return c.Message }

func (c ChannelCheer) validate() []FieldError { return namedUnless(c.IsAnonymous, c.MaybeUser) }

// ChannelBitsUse is bits spent on anything: a cheer, a power-up or a combo. A
// cheer also comes as ChannelCheer.
type ChannelBitsUse struct {
	User
	Broadcaster
	Bits      int            `json:"bits" rule:"positive"`
	BitsType  string         `json:"bits_type" rule:"required"`
	PowerUp   JSON           `json:"power_up,omitempty"`
	Message   string         `json:"message" rule:"free"`
	Fragments List[Fragment] `json:"fragments"`
}

func (ChannelBitsUse) EventType() Type { return "channel.bits.use" }

// Text is what they wrote.
func (b ChannelBitsUse) Text() string { return b.Message }

// Contribution is what one person gave to a hype train.
type Contribution struct {
	User
	Type  string `json:"type"`
	Total int    `json:"total"`
}

// HypeTrain is what the events of a hype train have in common.
type HypeTrain struct {
	Broadcaster
	HypeTrainID             string             `json:"hype_train_id" rule:"required"`
	TrainType               string             `json:"train_type,omitempty"`
	Total                   int                `json:"total" rule:"min=0"`
	TopContributions        List[Contribution] `json:"top_contributions"`
	Level                   int                `json:"level" rule:"positive"`
	StartedAt               time.Time          `json:"started_at" rule:"required"`
	IsSharedTrain           bool               `json:"is_shared_train"`
	SharedTrainParticipants List[Broadcaster]  `json:"shared_train_participants,omitempty"`
}

// RunningTrain is a hype train under way.
type RunningTrain struct {
	HypeTrain
	Progress         int           `json:"progress" rule:"min=0"`
	Goal             int           `json:"goal" rule:"positive"`
	LastContribution *Contribution `json:"last_contribution,omitempty"`
	ExpiresAt        time.Time     `json:"expires_at" rule:"required"`
	AllTimeHighLevel int           `json:"all_time_high_level,omitempty" rule:"min=0"`
	AllTimeHighTotal int           `json:"all_time_high_total,omitempty" rule:"min=0"`
}

// ChannelHypeTrainBegin is a hype train that sets off.
type ChannelHypeTrainBegin struct{ RunningTrain }

func (ChannelHypeTrainBegin) EventType() Type { return "channel.hype_train.begin" }

// ChannelHypeTrainProgress is a hype train that goes on.
type ChannelHypeTrainProgress struct{ RunningTrain }

func (ChannelHypeTrainProgress) EventType() Type { return "channel.hype_train.progress" }

// ChannelHypeTrainEnd is a hype train that has arrived.
type ChannelHypeTrainEnd struct {
	HypeTrain
	EndedAt        time.Time `json:"ended_at" rule:"required"`
	CooldownEndsAt time.Time `json:"cooldown_ends_at" rule:"required"`
}

func (ChannelHypeTrainEnd) EventType() Type { return "channel.hype_train.end" }

// Amount is money: value 1234 with two decimal places is 12.34.
type Amount struct {
	Value         int64  `json:"value"`
	DecimalPlaces int    `json:"decimal_places" rule:"min=0"`
	Currency      string `json:"currency" rule:"max=10"`
}

// ChannelCharityCampaignDonate is one donation.
type ChannelCharityCampaignDonate struct {
	User
	Broadcaster
	DonationID  string `json:"donation_id" rule:"required"`
	CampaignID  string `json:"campaign_id"`
	CharityName string `json:"charity_name"`
	Amount      Amount `json:"amount"`
}

func (ChannelCharityCampaignDonate) EventType() Type { return "channel.charity_campaign.donate" }

// Text is the charity.
func (d ChannelCharityCampaignDonate) Text() string { return d.CharityName }

// Charity is what the events of a campaign have in common. It may have no
// target.
type Charity struct {
	Broadcaster
	CampaignID    string  `json:"campaign_id" rule:"required"`
	CharityName   string  `json:"charity_name"`
	CurrentAmount Amount  `json:"current_amount"`
	TargetAmount  *Amount `json:"target_amount"`
}

// Text is the charity.
func (c Charity) Text() string { return c.CharityName }

// ChannelCharityCampaignStart is a campaign that begins.
type ChannelCharityCampaignStart struct {
	Charity
	StartedAt time.Time `json:"started_at" rule:"required"`
}

func (ChannelCharityCampaignStart) EventType() Type { return "channel.charity_campaign.start" }

// ChannelCharityCampaignProgress is a campaign that has come nearer to its
// target.
type ChannelCharityCampaignProgress struct{ Charity }

func (ChannelCharityCampaignProgress) EventType() Type { return "channel.charity_campaign.progress" }

// ChannelCharityCampaignStop is a campaign that ends.
type ChannelCharityCampaignStop struct {
	Charity
	StoppedAt time.Time `json:"stopped_at" rule:"required"`
}

func (ChannelCharityCampaignStop) EventType() Type { return "channel.charity_campaign.stop" }

// Goal is what the events of a creator goal have in common. GoalType is
// follower, subscription, new_subscription and the like.
type Goal struct {
	Broadcaster
	GoalID        string    `json:"goal_id" rule:"required"`
	GoalType      string    `json:"goal_type" rule:"required"`
	Description   string    `json:"description" rule:"free"`
	CurrentAmount int       `json:"current_amount" rule:"min=0"`
	TargetAmount  int       `json:"target_amount" rule:"min=0"`
	StartedAt     time.Time `json:"started_at" rule:"required"`
}

// Text is the goal's description.
func (g Goal) Text() string { return g.Description }

// ChannelGoalBegin is a new goal.
type ChannelGoalBegin struct{ Goal }

func (ChannelGoalBegin) EventType() Type { return "channel.goal.begin" }

// ChannelGoalProgress is a step towards a goal, or away from it.
type ChannelGoalProgress struct{ Goal }

func (ChannelGoalProgress) EventType() Type { return "channel.goal.progress" }

// ChannelGoalEnd is a goal that is over, reached or not.
type ChannelGoalEnd struct {
	Goal
	IsAchieved bool      `json:"is_achieved"`
	EndedAt    time.Time `json:"ended_at" rule:"required"`
}

func (ChannelGoalEnd) EventType() Type { return "channel.goal.end" }
