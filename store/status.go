package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"landale/event"
)

// stats are the writer's figures for Status.
type stats struct {
	mu        sync.Mutex
	run       event.State
	stored    uint64
	repeated  uint64
	rejected  uint64
	lost      uint64
	last      time.Time
	took      time.Duration
	waits     []time.Duration // from publishing to the end of the commit, of the newest batches
	trouble   error
	troubleAt time.Time
	attempts  int
}

func (st *stats) state(run event.State) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.run = run
}

func (st *stats) wrote(o outcome, took time.Duration) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.stored += uint64(o.stored)
	st.repeated += uint64(len(o.repeats))
	st.last, st.took = time.Now(), took
}

// keptWaits is how many of the newest batches the percentiles are made of.
const keptWaits = 200

// waited notes how long the oldest event of a batch took from being published to
// being stored. An import's are old; they say nothing.
func (st *stats) waited(d time.Duration) {
	if d < 0 || d > time.Minute {
		return
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.waits = append(st.waits, d); len(st.waits) > keptWaits {
		st.waits = st.waits[1:]
	}
}

// storedMS is what an event waits for being stored, p50 and p95 in milliseconds.
func (st *stats) storedMS() map[string]float64 {
	d := slices.Sorted(slices.Values(st.waits))
	if len(d) == 0 {
		return nil
	}
	ms := func(i int) float64 { return float64(d[i].Microseconds()) / 1000 }
	return map[string]float64{"p50": ms(len(d) / 2), "p95": ms(len(d) * 95 / 100)}
}

func (st *stats) refused() {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.rejected++
}

// failed notes that the file cannot be written; first is true when it could
// before.
func (st *stats) failed(err error) (first bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	first = st.trouble == nil
	if first {
		st.troubleAt = time.Now()
	}
	st.trouble = err
	st.attempts++
	return first
}

// healed notes that it can be written; ok is true when it could not before.
func (st *stats) healed() (since time.Time, attempts int, ok bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	since, attempts, ok = st.troubleAt, st.attempts, st.trouble != nil
	st.trouble, st.attempts = nil, 0
	return since, attempts, ok
}

// dropped takes the count of lost events and returns how many are new.
func (st *stats) dropped(total uint64) uint64 {
	st.mu.Lock()
	defer st.mu.Unlock()
	n := total - st.lost
	st.lost = total
	return n
}

// Status is how the store is: failed while the file cannot be written, degraded
// once events were lost.
func (s *Store) Status() event.Status {
	waiting, lost := 0, uint64(0)
	if sub := s.subscription(); sub != nil {
		waiting, lost = len(sub.Events()), sub.Dropped()
	}
	s.stats.mu.Lock()
	defer s.stats.mu.Unlock()
	st := &s.stats
	out := event.Status{State: st.run, Fresh: st.last, Details: map[string]any{
		"stored":         st.stored,
		"repeats":        st.repeated,
		"refused":        st.rejected,
		"lost":           lost,
		"waiting":        waiting,
		"last_commit_ms": float64(st.took.Microseconds()) / 1000,
		"delete_ms":      float64(s.longestChunk.Load()/1000) / 1000,
		"file_bytes":     fileSize(s.path),
		"log_bytes":      fileSize(s.path + "-wal"),
	}}
	if ms := st.storedMS(); ms != nil {
		out.Details["stored_ms"] = ms
	}
	if out.State == "" {
		out.State = event.Starting
	}
	switch {
	case st.trouble != nil:
		out.State = event.Failed
		out.Reason = troubleSentence(st.trouble, s.path)
		if waiting > 0 {
			out.Reason += fmt.Sprintf(" %d of at most %d events wait in memory and are written as soon as it works again.", waiting, queue)
		}
		if lost > 0 {
			out.Reason += fmt.Sprintf(" %d events are lost.", lost)
		}
	case lost > 0:
		out.State = event.Degraded
		out.Reason = fmt.Sprintf("%d events since the start were not stored because the file could not be written in time.", lost)
	case st.rejected > 0:
		out.State = event.Degraded
		out.Reason = fmt.Sprintf("%d events since the start could not be stored; the log says which and why.", st.rejected)
	}
	return out
}

// troubleSentence says what is wrong with the file, and what mends it.
func troubleSentence(err error, path string) string {
	switch kind := sentinel(err); {
	case errors.Is(kind, ErrFull):
		return fmt.Sprintf("The disk with %s is full: free some space.", filepath.Dir(path))
	case errors.Is(kind, ErrUnwritable):
		return fmt.Sprintf("%s may not be written: check the folder's permissions.", path)
	case errors.Is(kind, ErrCorrupt):
		return fmt.Sprintf("%s is damaged: stop Landale and restore a backup with \"landale restore\".", path)
	}
	return fmt.Sprintf("%s cannot be written (%v).", path, err)
}

func fileSize(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}
