package audio

import (
	"errors"
	"strings"
	"sync/atomic"
	"time"

	"landale/event"
)

// browserEngine is the engine "browser": a page in Chrome or Edge that hears the
// microphone itself and sends partials and finals.
type browserEngine struct {
	seen atomic.Int64 // unix ns of the page's newest word or heartbeat
}

func newBrowserEngine() *browserEngine { return &browserEngine{} }

// connected reports whether the page said anything within the last 20 s.
func (b *browserEngine) connected() bool {
	return time.Since(time.Unix(0, b.seen.Load())) < 20*time.Second
}

// PageSeen tells that the page that recognises in the browser is there, and
// whether it listens.
func (a *Audio) PageSeen(listening bool) {
	if !listening {
		a.page.seen.Store(0)
		return
	}
	a.page.seen.Store(time.Now().UnixNano())
}

// PagePartial publishes what the page is hearing; an empty text takes back what
// was shown of the segment.
func (a *Audio) PagePartial(source, segment, text string, stable int) {
	a.PageSeen(true)
	now := time.Now()
	t := event.Transcript{SegmentID: segment, StreamSessionID: a.o.Session(now), Message: text, SourceName: source, Model: "browser"}
	if text != "" && a.Said(now, &t) != nil {
		return
	}
	t.RawText, t.StableWords = "", min(stable, len(strings.Fields(t.Message)))
	e := event.New(event.Audio, now, event.TranscriptionPartial{Transcript: t})
	e.SourceID = source
	a.o.Publish(e)
}

// ErrPaused is returned for words that come while captions are paused, ErrMasked
// for those that the profanity filter leaves nothing of.
var (
	ErrPaused = errors.New("captions are paused")
	ErrMasked = errors.New("the profanity filter leaves nothing of it")
)

// Said makes a transcript whole that somebody else recognised, a page or a
// program: its session, replacements, mask. Its error says why it is not wanted:
// ErrPaused or ErrMasked.
func (a *Audio) Said(at time.Time, t *event.Transcript) error {
	a.mu.Lock()
	paused, f := a.paused, a.filter
	a.mu.Unlock()
	if paused {
		return ErrPaused
	}
	if t.StreamSessionID == "" {
		t.StreamSessionID = a.o.Session(at)
	}
	if f == nil {
		return nil
	}
	dressed := f.dress(t.Message)
	if dressed == "" && t.Message != "" {
		return ErrMasked
	}
	if dressed != t.Message {
		t.Message, t.RawText = dressed, t.Message
	}
	return nil
}
