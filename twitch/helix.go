package twitch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"
)

// helix is every call to Twitch's API. It is an own client and not
// nicklaw5/helix: that one has no context per call, loses the cause of an error,
// refreshes tokens by itself, which must have one owner, and cannot set what is
// empty (no tags, no delay).
type helix struct {
	base   string
	http   *http.Client
	keeper *keeper
	guard  *guard // nil: none
	limit  *limit
}

// unguarded is the same without the breaker, for what has a backoff of its own and
// must not wait for others' failures: a new session has ten seconds to subscribe.
func (h *helix) unguarded() *helix {
	free := *h
	free.guard = nil
	return &free
}

// maxAnswer bounds what is read of an answer; a page of a hundred subscriptions
// has 40 kB.
const maxAnswer = 4 << 20

// call makes one call as the owner of the token. A token that Twitch refuses is
// renewed once; answer may be nil.
func (h *helix) call(ctx context.Context, method, path string, query url.Values, body, answer any) error {
	tok, ok := h.keeper.current()
	if !ok {
		return &Error{Code: "not_connected", Message: "not signed in to Twitch"}
	}
	var sent []byte
	if body != nil {
		var err error
		if sent, err = json.Marshal(body); err != nil {
			return refused("%v", err)
		}
	}
	err := h.once(ctx, tok, method, path, query, sent, answer)
	var refusal *Error
	if errors.As(err, &refusal) && refusal.Status == http.StatusUnauthorized {
		fresh, renewErr := h.keeper.renew(ctx, tok.Access)
		if renewErr != nil {
			return err
		}
		err = h.once(ctx, fresh, method, path, query, sent, answer)
	}
	return err
}

func (h *helix) once(ctx context.Context, tok token, method, path string, query url.Values, body []byte, answer any) error {
	if wait := h.limit.wait(); wait > 0 {
		return &Error{Code: "rate_limited", Message: fmt.Sprintf("Twitch allows no more calls for %v", wait.Round(time.Second)), RetryAfter: wait}
	}
	if wait := h.guard.wait(); wait > 0 {
		return &Error{Code: "service_unavailable", Message: fmt.Sprintf("Twitch fails again and again: the next try is in %v", wait.Round(time.Second)), RetryAfter: wait}
	}
	address := h.base + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	raw, err := h.guard.run(func() ([]byte, error) {
		req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
		if err != nil {
			return nil, &Error{Code: "api_error", Message: path, cause: err}
		}
		req.Header.Set("Authorization", "Bearer "+tok.Access)
		req.Header.Set("Client-Id", tok.ClientID)
		if body != nil {
			req.Header.Set("Content-Type", "application/json")
		}
		resp, err := h.http.Do(req)
		if err != nil {
			return nil, &Error{Code: "not_connected", Message: "Twitch cannot be reached", cause: withoutURL(err)}
		}
		defer resp.Body.Close()
		h.limit.heed(resp)
		raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
		if err != nil {
			return nil, &Error{Code: "not_connected", Message: "Twitch broke off", cause: err}
		}
		if resp.StatusCode < 200 || resp.StatusCode > 299 {
			var a struct {
				Message string `json:"message"`
			}
			_ = json.Unmarshal(raw, &a) // without a message the status has to do
			if a.Message == "" {
				a.Message = http.StatusText(resp.StatusCode)
			}
			e := &Error{Code: codeOf(resp.StatusCode), Message: "Twitch says: " + a.Message, Status: resp.StatusCode}
			if resp.StatusCode == http.StatusTooManyRequests {
				e.RetryAfter = h.limit.wait()
			}
			return nil, e
		}
		if len(raw) > maxAnswer {
			return nil, &Error{Code: "unexpected_format", Message: "Twitch's answer is too long", Status: resp.StatusCode}
		}
		return raw, nil
	})
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		return &Error{Code: "service_unavailable", Message: "Twitch fails again and again: it is tried again soon", cause: err}
	}
	if err != nil {
		return err
	}
	if answer == nil || len(raw) == 0 {
		return nil
	}
	if err := json.Unmarshal(raw, answer); err != nil {
		return &Error{Code: "unexpected_format", Message: "Twitch's answer to " + path + " is not as documented", Status: http.StatusOK, cause: err}
	}
	return nil
}

// maxPages bounds a listing: five thousand items.
const maxPages = 50

// pages reads a listing page by page until each says no, the pages end, or a
// cursor comes again, which would go on for ever.
func (h *helix) pages(ctx context.Context, path string, query url.Values, each func(json.RawMessage) bool) error {
	seen := map[string]bool{}
	for range maxPages {
		var page struct {
			Data       []json.RawMessage `json:"data"`
			Pagination struct {
				Cursor string `json:"cursor"`
			} `json:"pagination"`
		}
		if err := h.call(ctx, http.MethodGet, path, query, nil, &page); err != nil {
			return err
		}
		for _, item := range page.Data {
			if !each(item) {
				return nil
			}
		}
		cursor := page.Pagination.Cursor
		if cursor == "" || seen[cursor] || len(page.Data) == 0 {
			return nil
		}
		seen[cursor] = true
		query.Set("after", cursor)
	}
	return nil
}

// limit is how many calls Twitch still allows, as its headers say.
type limit struct {
	mu        sync.Mutex
	remaining int
	reset     time.Time // zero: nothing is known
}

// heed reads the headers. The reset stands in Twitch's clock, which the answer's
// date tells: this PC's may be minutes off.
func (l *limit) heed(resp *http.Response) {
	left, err := strconv.Atoi(resp.Header.Get("Ratelimit-Remaining"))
	limited := resp.StatusCode == http.StatusTooManyRequests
	if err != nil && !limited {
		return
	}
	wait := time.Minute
	if at, err := strconv.ParseInt(resp.Header.Get("Ratelimit-Reset"), 10, 64); err == nil {
		now := time.Now()
		if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
			now = date
		}
		wait = min(max(time.Unix(at, 0).Sub(now), 0), time.Minute)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.remaining, l.reset = left, time.Now().Add(wait)
	if limited {
		l.remaining = 0
	}
}

// wait is how long no call is allowed.
func (l *limit) wait() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.reset.IsZero() || l.remaining > 0 {
		return 0
	}
	return max(time.Until(l.reset), 0)
}

// guard is the breaker of one host: after five failures in a row it is left
// alone for ten seconds, then twice as long each time, up to five minutes.
type guard struct {
	host string

	mu      sync.Mutex
	breaker *gobreaker.CircuitBreaker[[]byte]
	opens   int
	until   time.Time
}

const (
	guardFirst = 10 * time.Second
	guardMax   = 5 * time.Minute
)

func newGuard(host string) *guard {
	g := &guard{host: host}
	g.reset()
	return g
}

// reset closes the breaker: the host has shown that it is well.
func (g *guard) reset() {
	fresh := gobreaker.NewCircuitBreaker[[]byte](gobreaker.Settings{
		Name:        g.host,
		Timeout:     guardFirst,
		ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= 5 },
		IsSuccessful: func(err error) bool {
			var e *Error
			return err == nil || errors.As(err, &e) && e.Status != 0 && e.Status < 500
		},
		// A call that we gave up ourselves says nothing about the host.
		IsExcluded: func(err error) bool { return errors.Is(err, context.Canceled) },
		OnStateChange: func(_ string, _, to gobreaker.State) {
			g.mu.Lock()
			defer g.mu.Unlock()
			switch to {
			case gobreaker.StateOpen:
				g.until = time.Now().Add(min(guardFirst<<min(g.opens, 10), guardMax))
				g.opens++
			case gobreaker.StateClosed:
				g.opens, g.until = 0, time.Time{}
			}
		},
	})
	g.mu.Lock()
	defer g.mu.Unlock()
	g.breaker, g.opens, g.until = fresh, 0, time.Time{}
}

func (g *guard) run(call func() ([]byte, error)) ([]byte, error) {
	if g == nil {
		return call()
	}
	g.mu.Lock()
	breaker := g.breaker
	g.mu.Unlock()
	return breaker.Execute(call)
}

// wait is how long the host is left alone.
func (g *guard) wait() time.Duration {
	if g == nil {
		return 0
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return max(time.Until(g.until), 0)
}
