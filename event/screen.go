package event

// What package overlay keeps and the store writes. The JSON in it belongs to
// overlay alone; nobody else reads it.

// ScreenItem is one alert or other item that is or was on screen.
type ScreenItem struct {
	ID string
	// Source is the event that it came of; empty for a replay and for what the
	// operator put up.
	Source ID
	// Open says that it waits or is on screen; others are history.
	Open bool
	JSON []byte
}

// ScreenTaken says that an event was judged, for ever: Item is what it became or
// was folded into, empty when it became nothing.
type ScreenTaken struct {
	Event ID
	Item  string
}

// ScreenChange is what one change of the screen writes, in one transaction.
type ScreenChange struct {
	// Events are committed with it, unless they are stored already.
	Events []Event
	Taken  []ScreenTaken
	Items  []ScreenItem
	// State is all but the items, Seq the newest event that it answers for.
	State []byte
	Seq   uint64
}

// Screen is what was there when the program ended.
type Screen struct {
	// State is nil in a file that has none yet.
	State []byte
	// Items are the open ones.
	Items []ScreenItem
	// Missed are the events that can become an alert, were stored after the
	// state's Seq and never judged, oldest first.
	Missed []Event
}
