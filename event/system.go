package event

// SystemStartup is the program's own start.
type SystemStartup struct {
	Version string `json:"version"`
}

// EventType implements Payload.
func (SystemStartup) EventType() Type { return "system.startup" }

// StreamShowChanged and its siblings are what the screen did.
type StreamShowChanged struct{}

// EventType implements Payload.
func (StreamShowChanged) EventType() Type { return "stream.show_changed" }

// StreamTakeoverStarted is a takeover that covers the screen.
type StreamTakeoverStarted struct{}

// EventType implements Payload.
func (StreamTakeoverStarted) EventType() Type { return "stream.takeover_started" }

// StreamTakeoverCleared is the end of a takeover.
type StreamTakeoverCleared struct{}

// EventType implements Payload.
func (StreamTakeoverCleared) EventType() Type { return "stream.takeover_cleared" }

// StreamEmoteIncrement counts emotes up.
type StreamEmoteIncrement struct{}

// EventType implements Payload.
func (StreamEmoteIncrement) EventType() Type { return "stream.emote_increment" }

// StreamGoalsUpdated carries the goals.
type StreamGoalsUpdated struct{}

// EventType implements Payload.
func (StreamGoalsUpdated) EventType() Type { return "stream.goals_updated" }
