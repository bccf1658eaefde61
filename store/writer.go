package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"

	"landale/event"
)

const (
	// gatherFor is how long after it was published a batch's first event waits for
	// others. With the commit it stays below the 50 ms of history that a crash may
	// cost, also on a busy disk.
	gatherFor = 30 * time.Millisecond
	// backlog is how many of the events that already stand in line are written in
	// one transaction. In a flood that takes half the time of five of 200, since
	// they change the same pages, and still less than 50 ms.
	backlog = 1000
	// stopGrace is how long a stop tries to write to a file that cannot be written.
	stopGrace = 3 * time.Second
)

// errNotSubscribed means that main forgot a line.
var errNotSubscribed = errors.New("store has no bus: call Subscribe before Serve")

// Subscribe lets the store hear the bus. Call it before anything is published:
// what comes before Serve waits in the queue.
func (s *Store) Subscribe(bus *event.Bus) {
	sub := bus.Subscribe("store", queue, event.DropNewest, event.Stored)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sub = sub
}

func (s *Store) subscription() *event.Subscription {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sub
}

// commit is a request to have one event on disk.
type commit struct {
	ev   event.Event
	done chan error // has room for one
}

// Commit returns when the event, and all that were published before it, are
// committed. ErrRepeat means that its id was stored before, in this run or an
// earlier one. It waits while Serve does not run; while the file cannot be
// written it returns why at once, and the event stays in line.
func (s *Store) Commit(ctx context.Context, ev event.Event) error {
	if ev.Seq == 0 {
		return fmt.Errorf("commit %s: it was not published", ev.Type)
	}
	c := commit{ev, make(chan error, 1)}
	select {
	case s.commits <- c:
	case <-ctx.Done():
		return fmt.Errorf("commit %s: %w", ev.Type, ctx.Err())
	}
	select {
	case err := <-c.done:
		if err != nil {
			return fmt.Errorf("commit %s: %w", ev.Type, err)
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("commit %s: %w", ev.Type, ctx.Err())
	}
}

// Serve writes what the bus publishes until ctx ends; then it writes what still
// waits and folds the log into the file. It also keeps the file: retention and
// backups. What it had in hand when it ended with an error the next Serve
// writes.
func (s *Store) Serve(ctx context.Context) error {
	sub := s.subscription()
	if sub == nil {
		return errNotSubscribed
	}
	s.runMS.CompareAndSwap(0, time.Now().UnixMilli())
	s.stats.state(event.Running)
	defer s.stats.state(event.Stopped)

	var wg sync.WaitGroup
	keeping, stopKeeping := context.WithCancel(ctx)
	wg.Go(func() { s.checkpoints(keeping) })
	wg.Go(func() { s.upkeep(keeping) })
	defer func() { stopKeeping(); wg.Wait() }()

	if err := s.coverNow(ctx); err != nil && ctx.Err() == nil {
		s.log.Warn("coverage not written", "error", err)
	}
	quiet := time.NewTicker(coverEvery)
	defer quiet.Stop()
	s.flush(ctx) // what an earlier Serve had in hand
	for {
		select {
		case ev, ok := <-sub.Events():
			if !ok {
				return s.finish(ctx, sub)
			}
			s.gather(ctx, sub, ev)
			s.flush(ctx)
			s.checkDropped(sub)
			s.mergeAfter(ctx)
		case c := <-s.commits:
			c.done <- s.commitNow(ctx, sub, c.ev)
			s.mergeAfter(ctx)
		case <-quiet.C:
			if err := s.coverNow(ctx); err != nil && ctx.Err() == nil {
				s.log.Warn("coverage not written", "error", err)
			}
		case <-ctx.Done():
			stopKeeping()
			wg.Wait()
			return s.finish(ctx, sub)
		}
	}
}

// mergeAfter merges words when nobody waits for the batch any more.
func (s *Store) mergeAfter(ctx context.Context) {
	if len(s.pending) > 0 {
		return // the file cannot be written
	}
	if err := s.mergeWords(ctx); err != nil {
		s.log.Debug("words not merged", "error", err) // the next batch meets the same trouble and reports it
	}
}

// gather fills the batch in hand: until its time is up, or an event has come
// that must not wait. That one takes along what already stands in line, so that
// a flood of them shares its commits.
func (s *Store) gather(ctx context.Context, sub *event.Subscription, first event.Event) {
	s.pending = append(s.pending, first)
	urgent := event.Once(first)
	timer := time.NewTimer(gatherLeft(first, time.Now()))
	defer timer.Stop()
	for {
		if urgent || len(s.pending) >= event.MaxBatch {
			s.takeWaiting(sub)
			return
		}
		select {
		case ev, ok := <-sub.Events():
			if !ok {
				return
			}
			s.pending = append(s.pending, ev)
			urgent = event.Once(ev)
		case c := <-s.commits:
			c.done <- s.commitNow(ctx, sub, c.ev)
			return
		case <-timer.C:
			s.takeWaiting(sub)
			return
		case <-ctx.Done():
			return
		}
	}
}

// gatherLeft is how long a batch may still wait for others. The first event may
// have stood in line while the batch before it was committed: a window of its own
// after that would make 80 ms of history out of 50.
func gatherLeft(first event.Event, now time.Time) time.Duration {
	waited := now.Sub(event.SeqTime(first.Seq)) // below zero after the clock jumped back
	return max(gatherFor-max(waited, 0), 0)
}

// takeWaiting fills the batch in hand with what stands in line, without waiting.
func (s *Store) takeWaiting(sub *event.Subscription) {
	for len(s.pending) < backlog {
		select {
		case ev, ok := <-sub.Events():
			if !ok {
				return
			}
			s.pending = append(s.pending, ev)
		default:
			return
		}
	}
}

// commitNow writes all that was published before ev, and ev.
func (s *Store) commitNow(ctx context.Context, sub *event.Subscription, ev event.Event) error {
	for {
		s.takeWaiting(sub)
		if len(s.pending) == 0 {
			break
		}
		if err := s.writePending(ctx); err != nil {
			return err
		}
	}
	// It came by the queue and is there; or it did not, and is written here.
	out, err := s.writeBatch(ctx, []event.Event{ev})
	if err == nil && out.repeats[ev.Seq] {
		err = ErrRepeat
	}
	return err
}

// flush writes the batch in hand, however long the file cannot be written.
// Meanwhile the queue fills; Status says so.
func (s *Store) flush(ctx context.Context) {
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval, wait.MaxInterval = 250*time.Millisecond, 15*time.Second
	for len(s.pending) > 0 {
		err := s.writePending(ctx)
		if err == nil {
			return
		}
		retry := time.NewTimer(wait.NextBackOff())
	waiting:
		for {
			select {
			case <-retry.C:
				break waiting
			case c := <-s.commits:
				c.done <- err
			case <-ctx.Done():
				retry.Stop()
				return // finish tries again
			}
		}
	}
}

// writePending writes the batch in hand once. An error means that the file
// cannot be written; the batch stays in hand.
func (s *Store) writePending(ctx context.Context) error {
	_, err := s.writeBatch(ctx, s.pending)
	if err != nil && !fileTrouble(err) {
		// One event cannot be stored as it is. It must not hold up the others.
		err = s.writeEach(ctx)
	}
	if err != nil {
		if s.stats.failed(err) {
			s.log.Error("events wait in memory: the file cannot be written", "error", err, "path", s.path)
		}
		return err
	}
	if since, n, ok := s.stats.healed(); ok {
		s.log.Info("the file can be written again", "attempts", n, "after", time.Since(since).Round(time.Millisecond))
	}
	clear(s.pending)
	s.pending = s.pending[:0]
	return nil
}

// writeEach writes the batch in hand an event at a time and leaves out what the
// file refuses: a fault of this program, so the log has all that is needed to
// find it.
func (s *Store) writeEach(ctx context.Context) error {
	for i := range s.pending {
		ev := &s.pending[i]
		_, err := s.writeBatch(ctx, s.pending[i:i+1])
		if err != nil && fileTrouble(err) {
			return err // those that are stored are recognised when the batch is tried again
		}
		if err != nil {
			s.stats.refused()
			s.log.Error("event not stored", "error", err, "id", ev.ID, "seq", ev.Seq, "type", ev.Type)
		}
	}
	return nil
}

// finish writes what still waits and leaves the file as small as it can be.
func (s *Store) finish(ctx context.Context, sub *event.Subscription) error {
	ctx = context.WithoutCancel(ctx)
	if err := s.drain(ctx, sub); err != nil {
		return err
	}
	if err := s.coverNow(ctx); err != nil {
		s.log.Warn("coverage not written", "error", err)
	}
	return s.foldLog(ctx)
}

// drain writes what still waits, with a little patience for a full disk: each
// batch has its own, so that a slow disk loses nothing.
func (s *Store) drain(ctx context.Context, sub *event.Subscription) error {
	for {
		s.takeWaiting(sub)
		if len(s.pending) == 0 {
			return nil
		}
		batch, cancel := context.WithTimeout(ctx, stopGrace)
		s.flush(batch)
		cancel()
		if len(s.pending) > 0 {
			lost := len(s.pending) + len(sub.Events())
			s.log.Error("stopped with events that could not be written", "events", lost)
			return fmt.Errorf("stop store: %d events could not be written to %s", lost, s.path)
		}
	}
}

// checkDropped says when events were lost because the queue was full.
func (s *Store) checkDropped(sub *event.Subscription) {
	if n := s.stats.dropped(sub.Dropped()); n > 0 {
		s.log.Error("events lost: the store's queue was full", "events", n)
	}
}
