package audio

import (
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
	e := event.New(event.Audio, now, event.TranscriptionPartial{Transcript: event.Transcript{
		SegmentID: segment, StreamSessionID: a.o.Session(now), Message: text, StableWords: stable, SourceName: source, Model: "browser",
	}})
	e.SourceID = source
	a.o.Publish(e)
}
