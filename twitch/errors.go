package twitch

import (
	"fmt"
	"net/http"
	"time"
)

// Error is what every call to Twitch fails with.
type Error struct {
	// Code is one of the hub's codes: api_error, rate_limited, not_connected,
	// unauthorized, forbidden, not_found, validation_failed, no_data,
	// unexpected_format, service_unavailable.
	Code string
	// Message is for a person.
	Message string
	// Status is the HTTP status, 0 if there was no answer.
	Status int
	// RetryAfter is when it may be tried again, if Twitch said so.
	RetryAfter time.Duration
	cause      error
}

func (e *Error) Error() string {
	if e.cause != nil {
		return fmt.Sprintf("%s: %v", e.Message, e.cause)
	}
	return e.Message
}

// ErrorCode is the code for a client of the hub.
func (e *Error) ErrorCode() string { return e.Code }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.cause }

// temporary reports whether the same call may succeed later.
func (e *Error) temporary() bool {
	return e.Status == 0 && e.Code != "validation_failed" && e.Code != "unauthorized" && e.Code != "not_connected" ||
		e.Status == http.StatusTooManyRequests || e.Status >= 500
}

func codeOf(status int) string {
	switch status {
	case http.StatusUnauthorized:
		return "unauthorized"
	case http.StatusForbidden:
		return "forbidden"
	case http.StatusNotFound:
		return "not_found"
	case http.StatusTooManyRequests:
		return "rate_limited"
	}
	return "api_error"
}

func refused(message string, args ...any) *Error {
	return &Error{Code: "validation_failed", Message: fmt.Sprintf(message, args...)}
}
