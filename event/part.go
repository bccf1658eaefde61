package event

import "time"

// State is how a part of the program is.
type State string

// The states. Waiting is not failed: a part whose peer (OBS, Twitch, a model) is
// not there yet waits for it and says so.
const (
	Starting State = "starting"
	Running  State = "running"
	Waiting  State = "waiting"
	Degraded State = "degraded"
	Failed   State = "failed"
	Stopped  State = "stopped"
)

// Status is what a part says of itself.
type Status struct {
	State State
	// Reason says in one sentence why it is not simply running, and what would
	// mend it.
	Reason string
	// Fresh is when the part last heard or did what it is there for; zero if it
	// never did or has nothing to hear.
	Fresh time.Time
	// Details are the part's own figures for telemetry; nil is usual.
	Details map[string]any
}

// Part is what the program knows of one part: its own word and what its
// supervisor saw.
type Part struct {
	Name   string `json:"name"`
	State  State  `json:"state"`
	Reason string `json:"reason"`
	// Since is when it entered the state.
	Since time.Time `json:"since"`
	// Restarts counts restarts since the program began.
	Restarts int `json:"restarts"`
	// LastError is the newest error that ended the part; it stays after recovery.
	LastError   string         `json:"last_error"`
	LastErrorAt time.Time      `json:"last_error_at,omitzero"`
	Fresh       time.Time      `json:"fresh,omitzero"`
	Details     map[string]any `json:"details,omitempty"`
}

// Problem is something in the config file that is wrong.
type Problem struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
	// Key is the dotted path, "http.listen"; a part's own Validate leaves the
	// section, the file and the place to main.
	Key string `json:"key"`
	// Value is what stands there, as it was written; empty if that does not help.
	Value string `json:"value,omitempty"`
	// Message says what is wrong, Hint what would be right.
	Message string `json:"message"`
	Hint    string `json:"hint"`
}

// LogLine is one line of the program's log.
type LogLine struct {
	Seq     uint64         `json:"seq"`
	Time    time.Time      `json:"time"`
	Level   string         `json:"level"`
	Part    string         `json:"part"`
	Message string         `json:"message"`
	Attrs   map[string]any `json:"attrs,omitempty"`
}
