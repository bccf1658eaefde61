package event

import "time"

// What is on screen, as events. The state itself is pushed, not an event.

// Game is a category of Twitch.
type Game struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// StreamShowChanged is another show (variety, coding, ironmon) because of
// another category.
type StreamShowChanged struct {
	Show      string    `json:"show" rule:"required"`
	Game      Game      `json:"game"`
	Title     string    `json:"title"`
	ChangedAt time.Time `json:"changed_at" rule:"required"`
}

func (StreamShowChanged) EventType() Type { return "stream.show_changed" }

// Text is show, category and title.
func (s StreamShowChanged) Text() string { return words(s.Show, s.Game.Name, s.Title) }

// The takeovers. Every list of them, in commands, pages and config, is this one.
const (
	TechnicalDifficulties = "technical-difficulties"
	ScreenCover           = "screen-cover"
	PleaseStandBy         = "please-stand-by"
	CustomTakeover        = "custom"
)

// StreamTakeoverStarted covers the screen. Duration is in milliseconds; null
// holds it until it is cleared.
type StreamTakeoverStarted struct {
	TakeoverType string `json:"takeover_type" rule:"required,oneof=technical-difficulties|screen-cover|please-stand-by|custom"`
	Message      string `json:"message" rule:"free"`
	Duration     *int64 `json:"duration" rule:"positive"`
}

func (StreamTakeoverStarted) EventType() Type { return "stream.takeover_started" }

// Text is the message.
func (t StreamTakeoverStarted) Text() string { return t.Message }

func (t StreamTakeoverStarted) validate() []FieldError {
	if t.Message == "" && t.TakeoverType != ScreenCover {
		return []FieldError{{"message", "is missing"}}
	}
	return nil
}

// StreamTakeoverCleared uncovers it. Reason is "command", "expired" or
// "replaced".
type StreamTakeoverCleared struct {
	TakeoverType string `json:"takeover_type,omitempty"`
	Reason       string `json:"reason,omitempty"`
}

func (StreamTakeoverCleared) EventType() Type { return "stream.takeover_cleared" }

// StreamEmoteIncrement counts up emotes that one chatter used while their card
// is on screen; an emote used twice stands there twice.
type StreamEmoteIncrement struct {
	Emotes       List[string] `json:"emotes"`
	NativeEmotes List[string] `json:"native_emotes"`
	Username     string       `json:"username"`
}

func (StreamEmoteIncrement) EventType() Type { return "stream.emote_increment" }

// GoalState is how far one goal is.
type GoalState struct {
	Current     int     `json:"current"`
	Target      int     `json:"target"`
	Description string  `json:"description" rule:"free"`
	Percentage  float64 `json:"percentage"`
}

// StreamGoalsUpdated is every goal that there is; others are left out.
type StreamGoalsUpdated struct {
	FollowerGoal *GoalState `json:"follower_goal,omitempty"`
	SubGoal      *GoalState `json:"sub_goal,omitempty"`
	NewSubGoal   *GoalState `json:"new_sub_goal,omitempty"`
}

func (StreamGoalsUpdated) EventType() Type { return "stream.goals_updated" }

// StreamInterruptRemoved is an item that left the screen before its time, or the
// queue before its turn.
type StreamInterruptRemoved struct {
	ItemID   string `json:"item_id" rule:"required"`
	ItemType string `json:"item_type"`
	Reason   string `json:"reason,omitempty"`
}

func (StreamInterruptRemoved) EventType() Type { return "stream.interrupt_removed" }
