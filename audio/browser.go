package audio

import (
	"sync/atomic"
	"time"
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
