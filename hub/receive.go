package hub

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"strconv"
	"time"
)

// encode marshals what the hub itself made. HTML characters stay as they are.
func encode(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return encode(fail(fmt.Errorf("answer could not be encoded: %w", err), time.Now()))
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// receive handles one text message. It is called by the session's reader, one
// message after the other; what may take long runs beside it.
func (h *Hub) receive(s *session, data []byte) {
	now := time.Now()
	s.heartbeat.Store(now.UnixMilli())
	s.out.roomy(s.ctx)
	m, f, err := decodeMessage(data)
	if err != nil {
		h.refuse(s, err)
		return
	}
	if !s.spoken {
		s.spoken = true
		s.form.Store(int32(f))
	}
	switch {
	case m.topic == "phoenix":
		if m.event == "heartbeat" {
			s.reply(m, "ok", []byte("{}"))
		} else {
			s.fail(m, &Error{Code: "unknown_command", Message: "topic phoenix knows heartbeat only"})
		}
	case m.event == "phx_join":
		h.join(s, m)
	case m.event == "phx_leave":
		h.mu.Lock()
		defer h.mu.Unlock()
		s.reply(m, "ok", []byte("{}"))
		if old := s.joined[m.topic]; old != nil {
			h.leave(old)
			s.send(old.joinRef, old.joinRef, m.topic, "phx_close", []byte("{}"))
		}
	default:
		h.command(s, m, now)
	}
}

// receiveBinary refuses a binary message: none is spoken here.
func (h *Hub) receiveBinary(s *session) {
	s.out.roomy(s.ctx)
	h.refuse(s, errors.New("binary messages are not spoken here"))
}

// refuse answers what cannot be understood, so that whoever writes a client sees
// it. The reply has no ref, so that no client takes it for another's.
func (h *Hub) refuse(s *session, err error) {
	h.figures.malformed.Add(1)
	s.fail(message{topic: "phoenix"}, &Error{Code: "invalid_payload", Message: err.Error()})
}

// fail answers a message with an error.
func (s *session) fail(m message, err error) { s.reply(m, "error", encode(fail(err, time.Now()))) }

// joinParams are what a join may carry; what it carries beside them is the
// page's own affair.
type joinParams struct {
	Since       json.RawMessage `json:"since"`
	Batch       bool            `json:"batch"`
	Patches     bool            `json:"patches"`
	Page        string          `json:"page"`
	Environment string          `json:"environment"`
	Build       string          `json:"build"`
	OverlayType string          `json:"overlay_type"`
}

// join makes the session a member of a topic: the reply, the state, what it
// missed and what happens from now on follow each other without gap or repeat,
// since all is queued while the fan-out waits for the mutex.
func (h *Hub) join(s *session, m message) {
	p, err := findPlace(m.topic)
	if err != nil {
		h.refuseJoin(s, m, &Error{Code: "not_found", Message: err.Error()})
		return
	}
	var params joinParams
	if err := json.Unmarshal(m.payload, &params); err != nil {
		h.refuseJoin(s, m, &Error{Code: "invalid_payload", Message: "join payload: " + jsonProblem(err)})
		return
	}
	r := replay{place: p, form: s.currentForm(), batch: params.Batch}
	wants := len(params.Since) > 0 && string(params.Since) != "null"
	reset := false
	if wants {
		at, ok := parseSeq(params.Since)
		r.at = at
		if ok {
			err = h.catchUp(s.ctx, &r)
		} else {
			err = errFuture
		}
		if err != nil {
			h.figures.resets.Add(1)
			h.log.Debug("client starts afresh", "client", s.id, "topic", m.topic, "error", err)
			reset, r.items = true, nil
		} else {
			h.figures.resumes.Add(1)
		}
		s.out.roomy(s.ctx)
	}
	first := h.greetings(p)

	h.mu.Lock()
	defer h.mu.Unlock()
	old := s.joined[m.topic]
	if old == nil && len(s.joined) >= maxTopics {
		h.refuseJoin(s, m, &Error{Code: "backpressure", Message: "one client may join " + strconv.Itoa(maxTopics) + " topics"})
		return
	}
	if wants && !reset {
		evs, ok := h.ring.after(r.at, maxMissed)
		if ok {
			err = r.take(h, evs)
		}
		if !ok || err != nil { // the ring went round meanwhile
			reset, r.items = true, nil
		}
	}
	if old != nil { // as Phoenix does: the newest join of a topic wins
		h.leave(old)
		s.send(old.joinRef, old.joinRef, m.topic, "phx_close", []byte("{}"))
	}
	joinRef := m.joinRef
	if joinRef == nil {
		joinRef = m.ref
	}
	s.describe(params.Page, params.Environment, params.Build, h.o.Build)
	if p.pattern == streamOverlays {
		s.overlayType = "Takeover"
		if params.OverlayType != "" {
			s.overlayType = params.OverlayType[:min(len(params.OverlayType), maxHostField)]
		}
	}
	h.enter(s, p, &member{joinRef: joinRef, batch: params.Batch, patches: params.Patches})
	now := time.Now()
	s.reply(m, "ok", encode(succeed(map[string]any{
		"epoch":       h.epoch,
		"seq":         strconv.FormatUint(h.Seq(), 10),
		"resumed":     wants && !reset,
		"reset":       reset,
		"build":       h.o.Build,
		"client":      s.id, // as the registry and the director name this connection
		"server_time": now.UTC().Format(timeFormat),
	}, h.o.Version, now)))
	if doc := p.document(); doc != "" {
		s.send(joinRef, nil, m.topic, fullPush(doc), h.full(doc, now))
	}
	for _, g := range first {
		s.send(joinRef, nil, m.topic, g.push, encode(g.payload))
	}
	if p.pattern == dashboardLogs {
		h.greetLogs(s, joinRef)
	}
	s.out.missed(r.items)
}

// refuseJoin says why a topic was not joined: in "reason" as Phoenix does, and
// as every error here.
func (h *Hub) refuseJoin(s *session, m message, err *Error) {
	s.reply(m, "error", encode(struct {
		Reason string `json:"reason"`
		failure
	}{err.Message, fail(err, time.Now())}))
}

// command answers one command with exactly one reply.
func (h *Hub) command(s *session, m message, now time.Time) {
	h.mu.Lock()
	joined := s.joined[m.topic]
	h.mu.Unlock()
	if joined == nil {
		s.reply(m, "error", encode(struct {
			Reason string `json:"reason"`
			failure
		}{"unmatched topic", fail(&Error{Code: "not_found", Message: "topic " + m.topic + " was not joined"}, now)}))
		return
	}
	if !s.allowed(now) {
		s.fail(m, backpressure("rate_limit_exceeded", fmt.Sprintf("at most %d commands in %v", maxCommands, commandSpan)))
		return
	}
	c := ask{h: h, s: s, place: joined.topic.place, name: m.event, payload: m.payload}
	line, ok := h.lookup(c.place, m.event)
	if !ok {
		s.fail(m, &Error{Code: "unknown_command", Message: "unknown command " + strconv.Quote(m.event) + " on " + m.topic,
			Details: map[string]any{"commands": names(c.place)}})
		return
	}
	if err := line.validate(m.payload); err != nil {
		s.fail(m, err)
		return
	}
	if line.run == nil {
		s.fail(m, errUnavailable(m.event))
		return
	}
	if line.quick {
		data, err := h.run(s.ctx, line, c)
		h.respond(s, m, data, err)
		return
	}
	if s.inFlight.Add(1) > maxInFlight {
		s.inFlight.Add(-1)
		s.fail(m, backpressure("too_many_concurrent_requests", fmt.Sprintf("at most %d commands at a time", maxInFlight)))
		return
	}
	s.work.Go(func() { h.perform(s, m, line, c) })
}

func backpressure(reason, message string) *Error {
	return &Error{Code: "backpressure", Message: message, Details: map[string]any{"reason": reason}}
}

// perform runs a command that may take long and replies. One that takes too long
// is answered without its result; it counts as running until it has seen that
// its context has ended, and the session waits for it.
func (h *Hub) perform(s *session, m message, line *commandLine, c ask) {
	ctx, cancel := context.WithTimeout(s.ctx, commandWait)
	defer cancel()
	type result struct {
		data any
		err  error
	}
	done := make(chan result, 1)
	s.work.Go(func() {
		data, err := h.run(ctx, line, c)
		s.inFlight.Add(-1)
		done <- result{data, err}
	})
	select {
	case r := <-done:
		h.respond(s, m, r.data, r.err)
	case <-ctx.Done():
		h.respond(s, m, nil, context.DeadlineExceeded)
	}
}

func (h *Hub) respond(s *session, m message, data any, err error) {
	if err != nil {
		s.fail(m, err)
		return
	}
	now := time.Now()
	s.reply(m, "ok", encode(succeed(data, h.o.Version, now)))
}

// run calls the handler; a panic in it becomes the command's error.
func (h *Hub) run(ctx context.Context, line *commandLine, c ask) (data any, err error) {
	defer func() {
		if p := recover(); p != nil {
			h.log.Error("command panicked", "topic", c.place.topic, "command", c.name, "correlation_id", string(c.s.correlation),
				"error", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = &Error{Code: "service_error", Message: c.name + " ended unexpectedly"}
		}
	}()
	return line.run(ctx, c)
}
