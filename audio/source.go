package audio

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// ErrNoDevices is returned by a build without cgo (or with the tag noaudio) for
// everything that needs a sound device.
var ErrNoDevices = errors.New("this build cannot open sound devices: it was built without cgo; file and network sources work")

// errGone says that a device stopped giving samples or cannot be found; it is
// opened again when it returns.
var errGone = errors.New("the device is gone")

// errOverrun says that samples were lost and that longer periods may mend it.
var errOverrun = errors.New("samples were lost")

// maxDeficit is how much of ten seconds may be missing before a device is opened
// with longer periods; a period that came late looks like up to 40 ms.
const maxDeficit = 80 * time.Millisecond

// deficit compares the sound that came with the clock, ten seconds at a time, so
// that a crystal's drift does not add up.
type deficit struct {
	from  time.Time
	sound time.Duration
}

// add takes in sound whose last sample came at a time, and returns how much is
// missing of the ten seconds that just ended; 0 within them.
func (d *deficit) add(at time.Time, sound time.Duration) time.Duration {
	if d.from.IsZero() {
		d.from = at // what came with the first block was spoken before
		return 0
	}
	d.sound += sound
	elapsed := at.Sub(d.from)
	if elapsed < 10*time.Second {
		return 0
	}
	missing := elapsed - d.sound
	*d = deficit{from: at}
	return max(0, missing)
}

// Device is a sound device that can be listened to.
type Device struct {
	Name    string `json:"name"`
	Default bool   `json:"default"`
}

// readFile gives a file's frames, 20 ms each, with the times at which they would
// have been spoken if it began at began: in real time, or as fast as they are
// taken. Path "-" is standard input.
func readFile(ctx context.Context, path string, began time.Time, realTime bool, out func(context.Context, Frame) error) error {
	var r io.ReadCloser = os.Stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return fmt.Errorf("sound file: %w", err)
		}
		r = f
		defer r.Close()
	}
	format, left, err := readWAVHeader(r)
	if err != nil {
		return fmt.Errorf("sound file %s: %w", path, err)
	}
	step := format.bits / 8 * format.channels
	block := make([]byte, format.rate/50*step)
	if len(block) == 0 {
		block = make([]byte, step)
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for sent := int64(0); left > 0; {
		n, err := io.ReadFull(r, block[:min(int64(len(block)), left)])
		left -= int64(n)
		n -= n % step
		f := Frame{At: began.Add(time.Duration(sent) * time.Second / time.Duration(format.rate)), Rate: format.rate, Channels: format.channels}
		f.PCM = decodePCM(make([]float32, 0, n/(format.bits/8)), block[:n], format.bits, format.float)
		sent += int64(n / step)
		if realTime {
			timer.Reset(time.Until(f.At.Add(f.duration())))
			select {
			case <-timer.C:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if len(f.PCM) > 0 {
			if err := out(ctx, f); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("sound file %s: %w", path, err)
		}
	}
	return nil
}
