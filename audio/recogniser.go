package audio

import (
	"context"
	"errors"
	"time"
)

// Recogniser turns sound into words. Implementations may be called from one
// goroutine at a time for each source.
type Recogniser interface {
	// Transcribe recognises mono samples at 16 kHz. It returns soon after ctx
	// ends. ErrBusy and ErrAway (and whatever wraps them) mean that the same sound
	// may be tried again later; any other error that it never will work.
	Transcribe(ctx context.Context, pcm []float32, hints Hints) (Result, error)
	// Warm prepares the engine, so that the first words need not wait for its model,
	// and says why it does not work.
	Warm(ctx context.Context) error
	// String names the engine and model for events and the dashboard.
	String() string
}

// Hints are what helps a recogniser with names and words that it does not know.
type Hints struct {
	// Language is an ISO 639-1 code, or "" to let the engine find out.
	Language string
	// Prompt is text in the style of what is said, at most 200 characters.
	Prompt string
	// Before is the final before this one, as context; it may be empty.
	Before string
	// Partial asks for speed over quality: the words are shown, not kept.
	Partial bool
	// Again says that an answer to the same sound was no good, so that what led to
	// it should be left out: a prompt that is said back, a context cut short.
	Again bool
	// Patient says that nobody waits: only the context bounds the call.
	Patient bool
}

// Result is what a recogniser heard.
type Result struct {
	Text  string
	Words []Word
	// LogProb is the mean log probability of the tokens, NoSpeech the probability
	// that nobody spoke; NaN where the engine does not say.
	LogProb, NoSpeech float64
	Language          string
}

// ErrAway says that the engine cannot be reached, ErrBusy that it did not answer
// in time: the same sound may be tried again later.
var (
	ErrAway = errors.New("recogniser is away")
	ErrBusy = errors.New("recogniser did not answer in time")
)

// again reports whether sound that failed with err may be tried again.
func again(err error) bool {
	return errors.Is(err, ErrAway) || errors.Is(err, ErrBusy) || errors.Is(err, context.DeadlineExceeded)
}

// deadline is how long a recogniser may take for sound of this length.
func deadline(sound time.Duration) time.Duration { return 2*time.Second + sound }
