package hub

import (
	"context"
	"encoding/json"
	"time"

	"landale/event"
)

const (
	logFirst  = 200  // lines that whoever joins gets
	logMost   = 1000 // lines of one push: all that the program keeps in memory
	logGather = 250 * time.Millisecond
)

type logLines struct {
	Lines []event.LogLine `json:"lines"`
}

// greetLogs sends the newest lines up to those that were pushed already; what
// comes after them is pushed to the new member too. The hub's mutex is held.
func (h *Hub) greetLogs(s *session, joinRef json.RawMessage) {
	lines := []event.LogLine{}
	if h.o.Logs != nil {
		for _, l := range h.o.Logs.Lines(0, logFirst) {
			if l.Seq <= h.logSeq {
				lines = append(lines, l)
			}
		}
	}
	s.send(joinRef, nil, dashboardLogs, "log_lines", encode(logLines{lines}))
}

// pushLogs pushes new lines of the log, gathered, until ctx ends. It must not
// log: each line would make the next.
func (h *Hub) pushLogs(ctx context.Context) error {
	if h.o.Logs == nil {
		<-ctx.Done()
		return ctx.Err()
	}
	for {
		changed := h.o.Logs.Changed()
		h.mu.Lock()
		after := h.logSeq
		h.mu.Unlock()
		if lines := h.o.Logs.Lines(after, logMost); len(lines) > 0 {
			h.mu.Lock()
			h.logSeq = lines[len(lines)-1].Seq
			if t := h.topics[dashboardLogs]; t != nil {
				h.push(t, "log_lines", encode(logLines{lines}))
			}
			h.mu.Unlock()
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
		select {
		case <-time.After(logGather):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
