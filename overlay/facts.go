package overlay

import (
	"encoding/json"
	"strconv"
	"strings"

	"landale/event"
)

// facts are what rules and templates may know of an event.
type facts struct {
	kind     event.Type // under which rules are looked up: a cheer's bits are a cheer
	login    string
	name     string // as it is shown; "Anonymous" for nobody
	amount   int64
	decimals int // of amount, for money
	currency string
	tier     string // "1", "2", "3"
	message  string
	months   int64
	streak   int64
	span     int64 // duration_months
	reward   string
	cost     int64
	level    int64
	goal     string
	charity  string
	place    string // checkpoint
	gifted   bool   // a subscription that was a gift
	failed   bool   // a goal that was not reached
	test     bool
}

const anonymous = "Anonymous"

// factsOf takes an event apart. Types that the catalogue does not know may have
// user_name, amount and message.
func factsOf(ev event.Event) facts {
	f := facts{kind: ev.Type, test: ev.Flags.Has(event.Test)}
	u, _ := ev.Actor()
	f.login, f.name = u.UserLogin, u.UserName
	if f.name == "" {
		f.name = f.login
	}
	if f.name == "" {
		f.name = anonymous
	}
	switch p := ev.Payload.(type) {
	case event.ChannelSubscribe:
		f.tier, f.gifted, f.amount, f.months = tierNumber(p.Tier), p.IsGift, 1, 1
	case event.ChannelSubscriptionGift:
		f.tier, f.amount = tierNumber(p.Tier), int64(p.Total)
	case event.ChannelSubscriptionMessage:
		f.tier, f.message, f.amount, f.months = tierNumber(p.Tier), p.Message, int64(p.CumulativeMonths), int64(p.CumulativeMonths)
		f.span = int64(p.DurationMonths)
		if p.StreakMonths != nil {
			f.streak = int64(*p.StreakMonths)
		}
	case event.ChannelCheer:
		f.amount, f.message = int64(p.Bits), p.Message
	case event.ChannelBitsUse:
		f.amount, f.message = int64(p.Bits), p.Message
		if p.BitsType == "cheer" {
			f.kind = event.ChannelCheer{}.EventType()
		}
	case event.ChannelRaid:
		f.amount = int64(p.Viewers)
	case event.ChannelPointsCustomRewardRedemptionAdd:
		f.reward, f.cost, f.amount, f.message = p.Reward.Title, int64(p.Reward.Cost), int64(p.Reward.Cost), p.UserInput
	case event.ChannelPointsAutomaticRewardRedemptionAdd:
		f.reward, f.cost, f.amount, f.message = p.Reward.Type, int64(p.Reward.ChannelPoints), int64(p.Reward.ChannelPoints), p.Message
	case event.ChannelHypeTrainBegin:
		f.level, f.amount = int64(p.Level), int64(p.Level)
	case event.ChannelHypeTrainEnd:
		f.level, f.amount = int64(p.Level), int64(p.Level)
	case event.ChannelCharityCampaignDonate:
		f.charity, f.amount, f.decimals, f.currency = p.CharityName, p.Amount.Value, p.Amount.DecimalPlaces, p.Amount.Currency
	case event.ChannelGoalEnd:
		f.goal, f.amount, f.failed = p.Description, int64(p.CurrentAmount), !p.IsAchieved
	case event.IronMONCheckpoint:
		f.place, f.amount = p.CheckpointName, p.SeedCount
	case event.Unknown:
		var own struct {
			Amount  json.Number `json:"amount"`
			Message string      `json:"message"`
			Title   string      `json:"title"`
		}
		// What has other kinds of fields is shown without them.
		_ = json.Unmarshal(p.Members(), &own)
		f.amount, _ = own.Amount.Int64()
		f.message, f.place = own.Message, own.Title
	}
	return f
}

// whole is the amount that rules compare: of money without its decimals.
func (f *facts) whole() int64 {
	n := f.amount
	for range f.decimals {
		n /= 10
	}
	return n
}

// shown is the amount as people write it.
func (f *facts) shown() string {
	if f.decimals <= 0 || f.decimals > 9 {
		return strconv.FormatInt(f.amount, 10)
	}
	s := strconv.FormatInt(max(f.amount, 0), 10)
	if n := f.decimals + 1 - len(s); n > 0 {
		s = strings.Repeat("0", n) + s
	}
	at := len(s) - f.decimals
	return s[:at] + "." + s[at:]
}

// typed reports whether something was written with it.
func (f *facts) typed() bool { return strings.TrimSpace(f.message) != "" }
