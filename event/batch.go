package event

import (
	"context"
	"time"
)

// MaxBatch bounds how many events one call of a batch's out gets.
const MaxBatch = 200

// leading is how many calls of a window go out at once. Events at a steady
// hundred a second come 10 ms apart: with one, every second of them waits for the
// end of a 16 ms window and the median is thirteen times a bare write; with two,
// none waits.
const leading = 2

// Batch hands events on until ctx ends or in closes, gathered on the leading
// edge: the first two of a window go out at once, what follows within it goes
// out together at its end, which counts as the first of the next. Sparse events
// are therefore never delayed, and a burst costs two calls a window. A critical
// event never waits: what is pending and the event itself go out at once, in
// order.
//
// A window of 0 hands every event on by itself. When ctx ends, what is pending
// and what is already in the queue goes out before Batch returns.
func Batch(ctx context.Context, in <-chan Event, window time.Duration, critical func(Event) bool, out func([]Event)) {
	var (
		pending []Event
		timer   = time.NewTimer(window)
		calls   int // in the window that runs; 0 when none does
	)
	timer.Stop()
	defer timer.Stop()
	flush := func() {
		if len(pending) > 0 {
			out(pending)
			pending = nil // out may keep it
		}
	}
	take := func(ev Event) {
		pending = append(pending, ev)
		if calls >= leading && len(pending) < MaxBatch && !critical(ev) {
			return
		}
		flush()
		if window > 0 {
			if calls == 0 {
				timer.Reset(window)
			}
			calls++
		}
	}
	for {
		select {
		case ev, ok := <-in:
			if !ok {
				flush()
				return
			}
			take(ev)
		case <-timer.C:
			calls = 0
			if len(pending) > 0 {
				flush()
				timer.Reset(window)
				calls = 1
			}
		case <-ctx.Done():
			for {
				select {
				case ev, ok := <-in:
					if ok {
						take(ev)
						continue
					}
				default:
				}
				flush()
				return
			}
		}
	}
}
