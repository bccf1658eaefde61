package event

import (
	"context"
	"time"
)

// MaxBatch bounds how many events one call of a batch's out gets.
const MaxBatch = 200

// Batch hands events on until ctx ends or in closes, gathered on the leading
// edge: the first goes out at once, what follows within the window goes out
// together at its end. A sparse event is therefore never delayed, and a burst
// costs one call a window. A critical event never waits: what is pending and
// the event itself go out at once, in order.
//
// A window of 0 hands every event on by itself. When ctx ends, what is pending
// and what is already in the queue goes out before Batch returns.
func Batch(ctx context.Context, in <-chan Event, window time.Duration, critical func(Event) bool, out func([]Event)) {
	var (
		pending []Event
		timer   = time.NewTimer(window)
		open    bool // a window is running
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
		switch {
		case !open || critical(ev) || len(pending) == MaxBatch:
			flush()
			if !open && window > 0 {
				timer.Reset(window)
				open = true
			}
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
			open = len(pending) > 0
			flush()
			if open {
				timer.Reset(window)
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
