package event

import "time"

// CustomReward is a channel-point reward of the channel's own.
type CustomReward struct {
	Broadcaster
	RewardID  string `json:"reward_id" rule:"required"`
	IsEnabled bool   `json:"is_enabled"`
	IsPaused  bool   `json:"is_paused"`
	IsInStock bool   `json:"is_in_stock"`
	Title     string `json:"title"`
	Cost      int    `json:"cost" rule:"min=0"`
	Prompt    string `json:"prompt" rule:"free"`
}

// Text is title and prompt.
func (r CustomReward) Text() string { return words(r.Title, r.Prompt) }

// ChannelPointsCustomRewardAdd is a new reward.
type ChannelPointsCustomRewardAdd struct{ CustomReward }

func (ChannelPointsCustomRewardAdd) EventType() Type {
	return "channel.channel_points_custom_reward.add"
}

// ChannelPointsCustomRewardUpdate is a reward that was changed.
type ChannelPointsCustomRewardUpdate struct{ CustomReward }

func (ChannelPointsCustomRewardUpdate) EventType() Type {
	return "channel.channel_points_custom_reward.update"
}

// ChannelPointsCustomRewardRemove is a reward that is gone.
type ChannelPointsCustomRewardRemove struct{ CustomReward }

func (ChannelPointsCustomRewardRemove) EventType() Type {
	return "channel.channel_points_custom_reward.remove"
}

// Reward is what was redeemed.
type Reward struct {
	ID     string `json:"id"`
	Title  string `json:"title"`
	Cost   int    `json:"cost" rule:"min=0"`
	Prompt string `json:"prompt" rule:"free"`
}

// Redemption is a reward that somebody redeemed. Status is unfulfilled,
// fulfilled, canceled or unknown.
type Redemption struct {
	User
	Broadcaster
	RedemptionID string    `json:"redemption_id" rule:"required"`
	UserInput    string    `json:"user_input" rule:"free"`
	Status       string    `json:"status"`
	Reward       Reward    `json:"reward"`
	RedeemedAt   time.Time `json:"redeemed_at" rule:"required"`
}

// Text is the reward's title and what was typed with it.
func (r Redemption) Text() string { return words(r.Reward.Title, r.UserInput) }

// ChannelPointsCustomRewardRedemptionAdd is a redemption.
type ChannelPointsCustomRewardRedemptionAdd struct{ Redemption }

func (ChannelPointsCustomRewardRedemptionAdd) EventType() Type {
	return "channel.channel_points_custom_reward_redemption.add"
}

// ChannelPointsCustomRewardRedemptionUpdate is a redemption that was fulfilled or
// cancelled.
type ChannelPointsCustomRewardRedemptionUpdate struct{ Redemption }

func (ChannelPointsCustomRewardRedemptionUpdate) EventType() Type {
	return "channel.channel_points_custom_reward_redemption.update"
}

// AutomaticReward is one of Twitch's own rewards.
type AutomaticReward struct {
	Type          string `json:"type"`
	ChannelPoints int    `json:"channel_points" rule:"min=0"`
	Emote         *Emote `json:"emote,omitempty"`
}

// ChannelPointsAutomaticRewardRedemptionAdd is a redemption of one of Twitch's
// own rewards (version 2).
type ChannelPointsAutomaticRewardRedemptionAdd struct {
	User
	Broadcaster
	RedemptionID string          `json:"redemption_id" rule:"required"`
	Reward       AutomaticReward `json:"reward"`
	Message      string          `json:"message" rule:"free"`
	Fragments    List[Fragment]  `json:"fragments"`
	RedeemedAt   time.Time       `json:"redeemed_at" rule:"required"`
}

func (ChannelPointsAutomaticRewardRedemptionAdd) EventType() Type {
	return "channel.channel_points_automatic_reward_redemption.add"
}

// Text is what was typed.
func (r ChannelPointsAutomaticRewardRedemptionAdd) Text() string { return r.Message }

// PollChoice is one choice of a poll. A poll that begins has no votes yet.
type PollChoice struct {
	ID                 string `json:"id"`
	Title              string `json:"title"`
	Votes              int    `json:"votes" rule:"min=0"`
	BitsVotes          int    `json:"bits_votes" rule:"min=0"`
	ChannelPointsVotes int    `json:"channel_points_votes" rule:"min=0"`
}

// Poll is what the events of a poll have in common.
type Poll struct {
	Broadcaster
	PollID                     string           `json:"poll_id" rule:"required"`
	Title                      string           `json:"title"`
	Choices                    List[PollChoice] `json:"choices"`
	BitsVotingEnabled          bool             `json:"bits_voting_enabled"`
	BitsPerVote                int              `json:"bits_per_vote" rule:"min=0"`
	ChannelPointsVotingEnabled bool             `json:"channel_points_voting_enabled"`
	ChannelPointsPerVote       int              `json:"channel_points_per_vote" rule:"min=0"`
	StartedAt                  time.Time        `json:"started_at" rule:"required"`
}

// Text is the question and its choices.
func (p Poll) Text() string {
	texts := []string{p.Title}
	for _, c := range p.Choices {
		texts = append(texts, c.Title)
	}
	return words(texts...)
}

// ChannelPollBegin is a poll that opens.
type ChannelPollBegin struct {
	Poll
	EndsAt time.Time `json:"ends_at" rule:"required"`
}

func (ChannelPollBegin) EventType() Type { return "channel.poll.begin" }

// ChannelPollProgress is a poll that has votes.
type ChannelPollProgress struct {
	Poll
	EndsAt time.Time `json:"ends_at" rule:"required"`
}

func (ChannelPollProgress) EventType() Type { return "channel.poll.progress" }

// ChannelPollEnd is a poll that has closed. Status is completed, archived or
// terminated.
type ChannelPollEnd struct {
	Poll
	EndedAt time.Time `json:"ended_at" rule:"required"`
	Status  string    `json:"status"`
}

func (ChannelPollEnd) EventType() Type { return "channel.poll.end" }

// Predictor is somebody who staked much; what they won is null until the end.
type Predictor struct {
	User
	ChannelPointsUsed int  `json:"channel_points_used"`
	ChannelPointsWon  *int `json:"channel_points_won"`
}

// Outcome is one outcome of a prediction.
type Outcome struct {
	ID            string          `json:"id"`
	Title         string          `json:"title"`
	Color         string          `json:"color" rule:"max=20"`
	Users         int             `json:"users" rule:"min=0"`
	ChannelPoints int             `json:"channel_points" rule:"min=0"`
	TopPredictors List[Predictor] `json:"top_predictors"`
}

// Prediction is what the events of a prediction have in common.
type Prediction struct {
	Broadcaster
	PredictionID string        `json:"prediction_id" rule:"required"`
	Title        string        `json:"title"`
	Outcomes     List[Outcome] `json:"outcomes"`
	StartedAt    time.Time     `json:"started_at" rule:"required"`
}

// Text is the question and its outcomes.
func (p Prediction) Text() string {
	texts := []string{p.Title}
	for _, o := range p.Outcomes {
		texts = append(texts, o.Title)
	}
	return words(texts...)
}

// ChannelPredictionBegin is a prediction that opens.
type ChannelPredictionBegin struct {
	Prediction
	LocksAt time.Time `json:"locks_at" rule:"required"`
}

func (ChannelPredictionBegin) EventType() Type { return "channel.prediction.begin" }

// ChannelPredictionProgress is a prediction that has stakes.
type ChannelPredictionProgress struct {
	Prediction
	LocksAt time.Time `json:"locks_at" rule:"required"`
}

func (ChannelPredictionProgress) EventType() Type { return "channel.prediction.progress" }

// ChannelPredictionLock is a prediction that takes no more stakes.
type ChannelPredictionLock struct {
	Prediction
	LockedAt time.Time `json:"locked_at" rule:"required"`
}

func (ChannelPredictionLock) EventType() Type { return "channel.prediction.lock" }

// ChannelPredictionEnd is a prediction that is resolved, or canceled without a
// winner.
type ChannelPredictionEnd struct {
	Prediction
	EndedAt          time.Time `json:"ended_at" rule:"required"`
	WinningOutcomeID Optional  `json:"winning_outcome_id"`
	Status           string    `json:"status"`
}

func (ChannelPredictionEnd) EventType() Type { return "channel.prediction.end" }

// ChannelVIPAdd makes somebody a VIP.
type ChannelVIPAdd struct {
	User
	Broadcaster
}

func (ChannelVIPAdd) EventType() Type { return "channel.vip.add" }

// ChannelVIPRemove takes it away.
type ChannelVIPRemove struct {
	User
	Broadcaster
}

func (ChannelVIPRemove) EventType() Type { return "channel.vip.remove" }

// ChannelModeratorAdd makes somebody a moderator.
type ChannelModeratorAdd struct {
	User
	Broadcaster
}

func (ChannelModeratorAdd) EventType() Type { return "channel.moderator.add" }

// ChannelModeratorRemove takes it away.
type ChannelModeratorRemove struct {
	User
	Broadcaster
}

func (ChannelModeratorRemove) EventType() Type { return "channel.moderator.remove" }

// ChannelBan is a ban, or a time-out when it has an end. The user is who was
// banned.
type ChannelBan struct {
	User
	Broadcaster
	Moderator
	Reason      string     `json:"reason" rule:"free"`
	BannedAt    time.Time  `json:"banned_at" rule:"required"`
	EndsAt      *time.Time `json:"ends_at"`
	IsPermanent bool       `json:"is_permanent"`
}

func (ChannelBan) EventType() Type { return "channel.ban" }

// Text is the reason.
func (b ChannelBan) Text() string { return b.Reason }

// ChannelUnban lifts one.
type ChannelUnban struct {
	User
	Broadcaster
	Moderator
}

func (ChannelUnban) EventType() Type { return "channel.unban" }

// ChannelUnbanRequestCreate is somebody asking to be unbanned.
type ChannelUnbanRequestCreate struct {
	User
	Broadcaster
	UnbanRequestID string    `json:"unban_request_id"`
	Message        string    `json:"text" rule:"free"`
	CreatedAt      time.Time `json:"created_at" rule:"required"`
}

func (ChannelUnbanRequestCreate) EventType() Type { return "channel.unban_request.create" }

// Text is what they wrote.
func (r ChannelUnbanRequestCreate) Text() string { return r.Message }

// ChannelUnbanRequestResolve is the answer. Status is approved, denied or
// canceled.
type ChannelUnbanRequestResolve struct {
	User
	Broadcaster
	Moderator
	UnbanRequestID string `json:"unban_request_id"`
	ResolutionText string `json:"resolution_text" rule:"free"`
	Status         string `json:"status"`
}

func (ChannelUnbanRequestResolve) EventType() Type { return "channel.unban_request.resolve" }

// Text is the answer.
func (r ChannelUnbanRequestResolve) Text() string { return r.ResolutionText }

// ChannelShieldModeBegin switches shield mode on.
type ChannelShieldModeBegin struct {
	Broadcaster
	Moderator
	StartedAt time.Time `json:"started_at" rule:"required"`
}

func (ChannelShieldModeBegin) EventType() Type { return "channel.shield_mode.begin" }

// ChannelShieldModeEnd switches it off.
type ChannelShieldModeEnd struct {
	Broadcaster
	Moderator
	EndedAt time.Time `json:"ended_at" rule:"required"`
}

func (ChannelShieldModeEnd) EventType() Type { return "channel.shield_mode.end" }
