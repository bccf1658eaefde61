package obs

import (
	"errors"
	"fmt"

	"github.com/andreykaipov/goobs/api/opcodes"
	"github.com/andreykaipov/goobs/api/requests"
)

// Error is why a command was not carried out. It says its code to the hub.
type Error struct {
	// Code is not_connected, service_timeout or operation_failed.
	Code string
	// Message is a sentence for the streamer.
	Message string
	// Status is obs-websocket's own number for the reason, 0 without one.
	Status int
}

func (e *Error) Error() string { return e.Message }

// ErrorCode is the code.
func (e *Error) ErrorCode() string { return e.Code }

// The reasons that are not OBS's own.
var (
	ErrNotConnected = &Error{Code: "not_connected", Message: "OBS is not connected"}
	ErrTimeout      = &Error{Code: "service_timeout", Message: "OBS did not answer in time"}
)

func failed(format string, args ...any) *Error {
	return &Error{Code: "operation_failed", Message: fmt.Sprintf(format, args...)}
}

// Numbers of obs-websocket that something here depends on.
const (
	statusOK               = 100
	statusNotReady         = 207
	statusOutputRunning    = 500
	statusOutputNotRunning = 501
	statusInvalidState     = 604
	statusInvalidInputKind = 605
)

// refused is OBS's own no to a request.
func refused(request string, s opcodes.RequestResponseStatus) *Error {
	why := s.Comment
	if why == "" {
		why = requests.GetStatusForCode(s.Code)
	}
	return &Error{Code: "operation_failed", Message: fmt.Sprintf("OBS refused %s: %s", request, why), Status: s.Code}
}

// status is OBS's number for why a request failed, 0 if it was not OBS who said no.
func status(err error) int {
	var e *Error
	if errors.As(err, &e) {
		return e.Status
	}
	return 0
}

// authError is OBS that does not let us in: another attempt with the same
// password is useless.
type authError struct{ sentence string }

func (e *authError) Error() string { return e.sentence }

// What the streamer reads when OBS does not let us in.
const (
	wrongPassword = "OBS refuses the password: set obs.password to the one in OBS under Tools, WebSocket Server Settings"
	noPassword    = "OBS wants a password: set obs.password to the one in OBS under Tools, WebSocket Server Settings"
)
