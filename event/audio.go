package event

// Transcript is what a recogniser heard, in the fields that partial and final
// have in common.
type Transcript struct {
	SegmentID       string         `json:"segment_id,omitempty"`
	StreamSessionID string         `json:"stream_session_id"`
	Message         string         `json:"text"`
	Duration        float64        `json:"duration"` // seconds
	Confidence      *float64       `json:"confidence"`
	IsFinal         bool           `json:"is_final"`
	IsRevision      bool           `json:"is_revision"`
	SourceName      string         `json:"source_name,omitempty"`
	Language        string         `json:"language,omitempty"`
	Model           string         `json:"model,omitempty"`
	Metadata        map[string]any `json:"metadata,omitempty"`
}

// Text is what was said.
func (t Transcript) Text() string { return t.Message }

// Session is the stream_session_id.
func (t Transcript) Session() string { return t.StreamSessionID }

// TranscriptionFinal is what was said.
type TranscriptionFinal struct{ Transcript }

// EventType implements Payload.
func (TranscriptionFinal) EventType() Type { return "transcription.final" }

// TranscriptionPartial is what is being said, until a later partial or the final
// with the same segment id takes its place.
type TranscriptionPartial struct{ Transcript }

// EventType implements Payload.
func (TranscriptionPartial) EventType() Type { return "transcription.partial" }

// TranscriptionSessionStarted says that speech now belongs to a new session.
type TranscriptionSessionStarted struct {
	StreamSessionID string `json:"stream_session_id"`
}

// EventType implements Payload.
func (TranscriptionSessionStarted) EventType() Type { return "transcription.session_started" }

// TranscriptionSessionEnded says that a session is over.
type TranscriptionSessionEnded struct {
	StreamSessionID string `json:"stream_session_id"`
}

// EventType implements Payload.
func (TranscriptionSessionEnded) EventType() Type { return "transcription.session_ended" }
