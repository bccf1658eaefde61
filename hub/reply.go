package hub

import (
	"cmp"
	"context"
	"errors"
	"time"

	"landale/event"
)

// Error is a refusal that a client is told: over HTTP with the status of its
// code, over the socket in its reply.
type Error struct {
	Code    string
	Message string
	// Details is an object; what is wrong with a payload stands in
	// {"errors":[{"field","messages"}]}.
	Details map[string]any
}

func (e *Error) Error() string { return e.Message }

// ErrorCode lets a part's error say its own code, see coded.
func (e *Error) ErrorCode() string { return e.Code }

// codes are the codes and the HTTP status of each, the one table of them.
var codes = map[string]int{
	"invalid_parameters": 400, "missing_parameters": 400, "subscription_failed": 400,
	"unauthorized": 401, "forbidden": 403,
	"not_found": 404, "unknown_command": 404, "invalid_service": 404,
	"method_not_allowed": 405,
	"too_large":          413,
	"invalid_payload":    422, "validation_failed": 422,
	"rate_limited": 429, "backpressure": 429,
	"service_error": 500, "operation_failed": 500, "api_error": 500, "task_failed": 500, "unexpected_format": 500, "no_data": 500,
	"service_unavailable": 503, "not_connected": 503,
	"timeout": 504, "service_timeout": 504,
}

// errUnavailable is the answer of everything whose part does not exist or does
// not run.
func errUnavailable(what string) *Error {
	return &Error{Code: "service_unavailable", Message: what + " is not available"}
}

// coded turns any error into one that a client may be told. A part's own error
// says its code with a method ErrorCode() string.
func coded(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	var own interface{ ErrorCode() string }
	if errors.As(err, &own) {
		return &Error{Code: own.ErrorCode(), Message: err.Error()}
	}
	var invalid *event.InvalidError
	switch {
	case errors.As(err, &invalid):
		return invalidFields("validation_failed", err.Error(), invalid.Fields)
	case errors.Is(err, event.ErrNotObject):
		return &Error{Code: "invalid_payload", Message: err.Error()}
	case errors.Is(err, event.ErrNotFound):
		return &Error{Code: "not_found", Message: err.Error()}
	case errors.Is(err, event.ErrBadCursor):
		return invalidFields("invalid_parameters", err.Error(), []event.FieldError{{Field: "cursor", Message: err.Error()}})
	case errors.Is(err, context.DeadlineExceeded):
		return &Error{Code: "service_timeout", Message: "no answer in time"}
	}
	return &Error{Code: "service_error", Message: err.Error()}
}

// invalidFields makes the error that lists all that is wrong, by field; fields
// are sorted.
func invalidFields(code, message string, fields []event.FieldError) *Error {
	type entry struct {
		Field    string   `json:"field"`
		Messages []string `json:"messages"`
	}
	var list []entry
	for _, f := range fields {
		if n := len(list); n > 0 && list[n-1].Field == f.Field {
			list[n-1].Messages = append(list[n-1].Messages, f.Message)
			continue
		}
		list = append(list, entry{f.Field, []string{f.Message}})
	}
	return &Error{Code: code, Message: message, Details: map[string]any{"errors": list}}
}

// success and failure are the two shapes of every answer.
type success struct {
	Success bool `json:"success"`
	Data    any  `json:"data"`
	Meta    meta `json:"meta"`
}

type meta struct {
	Timestamp     string `json:"timestamp"`
	ServerVersion string `json:"server_version"`
}

type failure struct {
	Success bool        `json:"success"`
	Error   failureBody `json:"error"`
}

type failureBody struct {
	Code      string         `json:"code"`
	Message   string         `json:"message"`
	Timestamp string         `json:"timestamp"`
	Details   map[string]any `json:"details,omitempty"`
}

func succeed(data any, version string, now time.Time) success {
	return success{true, data, meta{now.UTC().Format(event.TimeFormat), version}}
}

func fail(err error, now time.Time) failure {
	e := coded(err)
	return failure{false, failureBody{cmp.Or(e.Code, "service_error"), e.Message, now.UTC().Format(event.TimeFormat), e.Details}}
}
