package event

// OBSSourceHealing is Landale reloading a browser source whose page is gone or
// frozen: first by refresh, then by swapping its URL.
type OBSSourceHealing struct {
	OBSSession
	InputName string `json:"input_name" rule:"required"`
	Page      string `json:"page"`
	Attempt   int    `json:"attempt" rule:"min=1"`
	Method    string `json:"method" rule:"oneof=refresh|swap"`
	Reason    string `json:"reason" rule:"oneof=gone|frozen"`
}

func (OBSSourceHealing) EventType() Type { return "obs.source_healing" }

// Text is the source and what was done.
func (e OBSSourceHealing) Text() string { return words(e.InputName, e.Page, e.Method) }

// OBSSourceHealed is a browser source whose page lives again.
type OBSSourceHealed struct {
	OBSSession
	InputName string `json:"input_name" rule:"required"`
	Page      string `json:"page"`
	Attempts  int    `json:"attempts" rule:"min=1"`
}

func (OBSSourceHealed) EventType() Type { return "obs.source_healed" }

// Text is the source.
func (e OBSSourceHealed) Text() string { return words(e.InputName, e.Page) }

// OBSWarningRaised is something about OBS that the streamer should look at now.
// There is one warning of a kind and subject at a time.
type OBSWarningRaised struct {
	OBSSession
	Warning string `json:"warning" rule:"required"`
	Subject string `json:"subject,omitempty"`
	Message string `json:"message" rule:"free"`
}

func (OBSWarningRaised) EventType() Type { return "obs.warning_raised" }

// Text is the message.
func (e OBSWarningRaised) Text() string { return e.Message }

// OBSWarningCleared is a warning that is over; Duration is how long it lasted.
type OBSWarningCleared struct {
	OBSSession
	Warning  string  `json:"warning" rule:"required"`
	Subject  string  `json:"subject,omitempty"`
	Message  string  `json:"message" rule:"free"`
	Duration float64 `json:"duration" rule:"min=0"` // seconds
}

func (OBSWarningCleared) EventType() Type { return "obs.warning_cleared" }

// Text is the message.
func (e OBSWarningCleared) Text() string { return e.Message }
