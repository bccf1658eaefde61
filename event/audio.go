package event

// MaxTranscript bounds a transcript's text in runes.
const MaxTranscript = 10_000

// Transcript is what a recogniser heard, in the fields that partial and final
// have in common.
type Transcript struct {
	// SegmentID is the same for all partials of an utterance and its final.
	SegmentID       string   `json:"segment_id,omitempty"`
	StreamSessionID string   `json:"stream_session_id"`
	Message         string   `json:"text" rule:"required,max=10000"`
	Duration        float64  `json:"duration" rule:"positive"` // seconds
	Confidence      *float64 `json:"confidence" rule:"unit"`
	IsFinal         bool     `json:"is_final"`
	// IsRevision marks a final that takes the place of one with the same segment
	// id.
	IsRevision bool `json:"is_revision"`
	// StableWords is how many words of a partial, from its first, will not change
	// before the final.
	StableWords int `json:"stable_words,omitempty"`
	// Words have their times, in seconds from the event's; absent where the engine
	// gives none.
	Words []TranscriptWord `json:"words,omitempty" rule:"max=10000"`
	// RawText is what the recogniser wrote where replacements or the mask changed
	// it.
	RawText string `json:"raw_text,omitempty" rule:"max=10000"`
	// Continues marks a final that goes on with the sentence of the one before from
	// its source: it began within 700 ms of it, which ended without a full stop. Both
	// read as one line.
	Continues bool `json:"continues,omitempty"`
	// Late marks a final that was recognised after the engine had been away.
	Late bool `json:"late,omitempty"`
	// Latency is what the utterance went through on its way.
	Latency    *TranscriptLatency `json:"latency,omitempty"`
	SourceName string             `json:"source_name,omitempty"`
	Language   string             `json:"language,omitempty" rule:"max=10"`
	Model      string             `json:"model,omitempty"`
	Metadata   Object             `json:"metadata,omitempty"`
}

// TranscriptWord is one word of a transcript.
type TranscriptWord struct {
	Text  string  `json:"text"`
	Start float64 `json:"start"`
	End   float64 `json:"end"`
}

// TranscriptLatency traces an utterance, in milliseconds after its voice ended.
type TranscriptLatency struct {
	EngineStart int64 `json:"engine_start_ms"`
	EngineEnd   int64 `json:"engine_end_ms"`
	Published   int64 `json:"published_ms"`
}

// Text is what was said.
func (t Transcript) Text() string { return t.Message }

// Session is the stream_session_id.
func (t Transcript) Session() string { return t.StreamSessionID }

// TranscriptionFinal is what was said.
type TranscriptionFinal struct{ Transcript }

func (TranscriptionFinal) EventType() Type { return "transcription.final" }

// TranscriptionPartial is what is being said, until a later partial or the final
// with the same segment id takes its place.
type TranscriptionPartial struct{ Transcript }

func (TranscriptionPartial) EventType() Type { return "transcription.partial" }

// TranscriptionSessionStarted says that speech now belongs to a new session.
type TranscriptionSessionStarted struct {
	StreamSessionID string `json:"stream_session_id" rule:"required"`
}

func (TranscriptionSessionStarted) EventType() Type { return "transcription.session_started" }

// Session is the stream_session_id.
func (s TranscriptionSessionStarted) Session() string { return s.StreamSessionID }

// TranscriptionSessionEnded says that a session is over.
type TranscriptionSessionEnded struct {
	StreamSessionID string `json:"stream_session_id" rule:"required"`
}

func (TranscriptionSessionEnded) EventType() Type { return "transcription.session_ended" }

// Session is the stream_session_id.
func (s TranscriptionSessionEnded) Session() string { return s.StreamSessionID }
