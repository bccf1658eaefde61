package twitch

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"landale/event"
)

// The states of a subscription.
const (
	subWaiting   = "waiting"       // will be made
	subEnabled   = "enabled"       // Twitch sends
	subFailed    = "failed"        // is tried again
	subForbidden = "forbidden"     // Twitch refuses; a new sign-in may help
	subScope     = "scope_missing" // the token lacks its scope
	subRevoked   = "revoked"       // Twitch has taken it away
)

// Subscription is how one subscription is.
type Subscription struct {
	Type     event.Type `json:"type"`
	Version  string     `json:"version"`
	State    string     `json:"state"`
	ID       string     `json:"id,omitempty"`
	Scope    string     `json:"scope,omitempty"`
	Failures int        `json:"failures,omitempty"`
	Error    string     `json:"error,omitempty"`
	// LastEventAt is when it brought something; rare types may be silent for
	// months.
	LastEventAt time.Time `json:"last_event_at,omitzero"`
}

const (
	criticalAtOnce = 5
	othersAtOnce   = 10
	createTimeout  = 15 * time.Second
	subRetry       = 5 * time.Second
	subRetryMax    = 5 * time.Minute
)

// subscriptions is the table of what Twitch sends to the session at hand.
type subscriptions struct {
	helix   *helix
	keeper  *keeper
	log     *slog.Logger
	session func() string // the session's id now
	settled func()        // called when a pass over the table is done

	mu     sync.Mutex
	table  []Subscription // in the order of wanted
	passed bool           // each was tried once in this session
	cost   int
	kick   chan struct{}
}

func newSubscriptions(h *helix, k *keeper, log *slog.Logger) *subscriptions {
	s := &subscriptions{helix: h, keeper: k, log: log, kick: make(chan struct{}, 1)}
	s.clear()
	return s
}

// clear forgets what was, since subscriptions end with their session.
func (s *subscriptions) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.table
	s.table = make([]Subscription, len(wanted))
	for i, w := range wanted {
		s.table[i] = Subscription{Type: w.kind, Version: w.version, Scope: w.scope, State: subWaiting}
		if i < len(old) {
			s.table[i].LastEventAt = old[i].LastEventAt
		}
	}
	s.passed, s.cost = false, 0
}

// list is a copy of the table.
func (s *subscriptions) list() []Subscription {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.table)
}

// count tells how many are enabled, and whether each was tried and all critical
// ones that the token allows are.
func (s *subscriptions) count() (enabled int, whole bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	whole = s.passed
	for i, sub := range s.table {
		switch {
		case sub.State == subEnabled:
			enabled++
		case wanted[i].critical && sub.State != subScope && sub.State != subForbidden && sub.State != subRevoked:
			whole = false
		}
	}
	return enabled, whole && enabled > 0
}

// retry looks at the table again at once: the token has changed.
func (s *subscriptions) retry() {
	select {
	case s.kick <- struct{}{}:
	default:
	}
}

// keep makes every subscription and mends what fails until ctx ends.
func (s *subscriptions) keep(ctx context.Context, userID string) {
	wait := time.Duration(0)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.kick:
			wait = 0
			s.again()
		case <-timer.C:
		}
		failed, after, err := s.pass(ctx, userID)
		if ctx.Err() != nil {
			return
		}
		s.settled()
		if failed == 0 {
			timer.Stop()
			wait = 0
			continue
		}
		wait = min(max(wait*2, subRetry), subRetryMax)
		jitter := wait/4 - rand.N(wait/2+1)
		s.log.Warn("subscriptions could not be made", "count", failed, "error", err, "wait", max(wait+jitter, after))
		timer.Reset(max(wait+jitter, after))
	}
}

// again lets those be tried that waited for another token.
func (s *subscriptions) again() {
	tok, _ := s.keeper.current()
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.table {
		sub := &s.table[i]
		if sub.State == subScope && tok.has(sub.Scope) || sub.State == subForbidden || sub.State == subRevoked {
			sub.State = subWaiting
		}
	}
}

// pass tries each one that is not there, the critical ones first. It tells how
// many may succeed later, an error of one of them, and how long Twitch wants to
// be left alone.
func (s *subscriptions) pass(ctx context.Context, userID string) (failed int, after time.Duration, last error) {
	tok, _ := s.keeper.current()
	var critical, others []int
	s.mu.Lock()
	for i := range s.table {
		sub := &s.table[i]
		if sub.State != subWaiting && sub.State != subFailed {
			continue
		}
		if !tok.has(sub.Scope) {
			sub.State = subScope
			continue
		}
		if wanted[i].critical {
			critical = append(critical, i)
		} else {
			others = append(others, i)
		}
	}
	s.mu.Unlock()
	var mu sync.Mutex
	run := func(todo []int, atOnce int) {
		var wg sync.WaitGroup
		slots := make(chan struct{}, atOnce)
		for _, i := range todo {
			select {
			case slots <- struct{}{}:
			case <-ctx.Done():
			}
			if ctx.Err() != nil {
				break
			}
			wg.Go(func() {
				defer func() { <-slots }()
				wait, err := s.create(ctx, i, userID)
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					failed++
					last = err
				}
				after = max(after, wait)
			})
		}
		wg.Wait()
	}
	run(critical, criticalAtOnce)
	run(others, othersAtOnce)
	if ctx.Err() == nil {
		s.mu.Lock()
		s.passed = true
		s.mu.Unlock()
	}
	return failed, after, last
}

// create makes one subscription; an error says that it may succeed later.
func (s *subscriptions) create(ctx context.Context, i int, userID string) (wait time.Duration, err error) {
	w, session := wanted[i], s.session()
	callCtx, cancel := context.WithTimeout(ctx, createTimeout)
	defer cancel()
	var answer struct {
		Data []struct {
			ID string `json:"id"`
		} `json:"data"`
		TotalCost int `json:"total_cost"`
	}
	err = s.helix.call(callCtx, http.MethodPost, "/eventsub/subscriptions", nil, map[string]any{
		"type": w.kind, "version": w.version, "condition": w.conditionFor(userID),
		"transport": map[string]string{"method": "websocket", "session_id": session},
	}, &answer)
	var refusal *Error
	if err != nil && !errors.As(err, &refusal) {
		refusal = &Error{Code: "api_error", Message: err.Error()}
	}
	if ctx.Err() != nil {
		return 0, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	sub := &s.table[i]
	switch {
	case err == nil, refusal.Status == http.StatusConflict: // it is there already
		sub.State, sub.Failures, sub.Error = subEnabled, 0, ""
		if len(answer.Data) > 0 {
			sub.ID = answer.Data[0].ID
		}
		s.cost = max(s.cost, answer.TotalCost)
		return 0, nil
	case refusal.Status == http.StatusForbidden:
		sub.State, sub.Error = subForbidden, refusal.Message
		s.log.Warn("Twitch refuses a subscription", "type", w.kind, "error", refusal.Message)
		return 0, nil
	}
	sub.State, sub.Error = subFailed, refusal.Message
	sub.Failures++
	return refusal.RetryAfter, refusal
}

// revoked takes a subscription out that Twitch has ended.
func (s *subscriptions) revoked(kind, why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.table {
		if string(s.table[i].Type) == kind {
			s.table[i].State, s.table[i].Error = subRevoked, why
			s.log.Error("Twitch has ended a subscription", "type", kind, "reason", why)
		}
	}
}

// delivered notes that a subscription brought something.
func (s *subscriptions) delivered(kind event.Type, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.table {
		if s.table[i].Type == kind {
			s.table[i].LastEventAt = at
			return
		}
	}
}
