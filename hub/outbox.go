package hub

import (
	"context"
	"sync"
	"time"
)

// What may wait for one client, beside what it missed (see resume): so many
// bytes, and so many messages if the first of them has waited for a while. A
// burst to a page with many topics is a few hundred messages within a
// millisecond, which is the hub's haste and not the client's sloth.
const (
	outboxMessages = 200
	outboxBytes    = 4 << 20
	outboxWait     = 250 * time.Millisecond
)

// closeSlow is the close code of a client that did not read.
const closeSlow = 4008

var slowMessage = closeMessage(closeSlow, "slow")

// outbox is the bounded queue of one session. Putting into it never waits; when
// it is full everything that waits is dropped and the session ends with code
// 4008: a client that comes back with where it was gets what it missed, so no
// alert is ever lost in silence.
type outbox struct {
	mu      sync.Mutex
	items   [][]byte      // each one or more whole messages
	count   int           // of items, without those of missed
	bytes   int           // in them
	since   time.Time     // when the first of them came
	last    []byte        // the close message, once there is one
	closed  bool          // nothing is taken any more
	slow    bool          // closed because it was full
	bell    chan struct{} // tells the writer that there is something
	waiters chan struct{} // closed when the writer has taken all
}

func newOutbox() *outbox { return &outbox{bell: make(chan struct{}, 1)} }

// put adds ready messages and reports whether they were taken.
func (o *outbox) put(item []byte) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return false
	}
	if o.bytes+len(item) > outboxBytes || o.count >= outboxMessages && time.Since(o.since) > outboxWait {
		o.items, o.last, o.closed, o.slow = nil, slowMessage, true, true
		o.ring()
		return false
	}
	if o.count == 0 {
		o.since = time.Now()
	}
	o.items = append(o.items, item)
	o.count++
	o.bytes += len(item)
	if len(o.items) == 1 {
		o.ring()
	}
	return true
}

// missed adds what a client missed while it was away. It does not count: resume
// bounds it, and a session resumes one topic after another.
func (o *outbox) missed(items [][]byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.closed && len(items) > 0 {
		o.items = append(o.items, items...)
		o.ring()
	}
}

// end lets what waits go out, then the close message, then nothing more.
func (o *outbox) end(last []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.closed {
		o.last, o.closed = last, true
		o.ring()
	}
}

// stop ends it for a client whose connection took nothing in time.
func (o *outbox) stop() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.items, o.last, o.closed, o.slow = nil, nil, true, true
}

func (o *outbox) ring() {
	select {
	case o.bell <- struct{}{}:
	default:
	}
}

// take gives all that waits, and the close message if it comes after that. What
// it gave the last time is handed back to be used again.
func (o *outbox) take(used [][]byte) (items [][]byte, last []byte) {
	clear(used)
	o.mu.Lock()
	defer o.mu.Unlock()
	items, last = o.items, o.last
	o.items, o.count, o.bytes, o.last = used[:0], 0, 0, nil
	if o.waiters != nil {
		close(o.waiters)
		o.waiters = nil
	}
	return items, last
}

// waiting is how many items wait.
func (o *outbox) waiting() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.items)
}

// isSlow reports whether it was closed because it was full.
func (o *outbox) isSlow() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.slow
}

// roomy waits until at most half of the queue is taken, so that a client which
// asks a lot is slowed down instead of closed. It gives up after a while: put
// then decides.
func (o *outbox) roomy(ctx context.Context) {
	var timeout <-chan time.Time
	for {
		o.mu.Lock()
		if o.closed || len(o.items) <= outboxMessages/2 && o.bytes <= outboxBytes/2 {
			o.mu.Unlock()
			return
		}
		if o.waiters == nil {
			o.waiters = make(chan struct{})
		}
		waiters := o.waiters
		o.mu.Unlock()
		if timeout == nil {
			timeout = time.After(2 * writeWait)
		}
		select {
		case <-waiters:
		case <-timeout:
			return
		case <-ctx.Done():
			return
		}
	}
}
