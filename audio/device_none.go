//go:build !cgo || noaudio

package audio

import "context"

// Devices lists what can be listened to: nothing, in this build.
func Devices() ([]Device, error) { return nil, ErrNoDevices }

func capture(context.Context, string, int, func(string), func(context.Context, Frame) error) error {
	return ErrNoDevices
}
