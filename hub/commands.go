package hub

import (
	"context"
	"encoding/json"
)

// Command is one line of the table of what clients may ask on a topic.
type Command struct {
	// Topic is a topic or a pattern: "stream:overlays", "dashboard:<room>",
	// "stream:*", or "*" for every topic.
	Topic  string
	Name   string
	Doc    string
	Fields []Field
}

// Field is one member of a command's payload.
type Field struct {
	Name string
	// Kind is text, number, integer, boolean, object, list, time or any.
	Kind     string
	Required bool
	Doc      string
}

type commands struct{}

func newCommands() *commands { return &commands{} }

// Commands lists every command in the order of the documentation.
func Commands() []Command { return nil }

// Handle gives a command of the table its handler, which may take five seconds
// and runs beside others. It panics for a command that the table does not have.
func (h *Hub) Handle(topic, command string, fn func(ctx context.Context, payload json.RawMessage) (any, error)) {
}
