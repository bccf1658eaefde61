//go:build cgo && !noaudio

package audio

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"time"
	"unsafe"

	"github.com/gen2brain/malgo"
)

const (
	// watchdog is how long a device may give nothing before it counts as gone: a
	// PulseAudio source that vanishes calls nobody, and its Uninit never returns.
	watchdog = 2 * time.Second
	// poll is how often samples are fetched from the ring.
	poll = 10 * time.Millisecond
	// ringTime is how much sound the ring holds: a garbage collection or a busy
	// machine may keep the reader away for a second.
	ringTime = 2
)

// periods are tried in order: the next one after a device has lost samples. On a
// loaded machine 20 ms × 3 lost 13 % of the samples and 100 ms × 4 none.
var periods = [longestPeriods + 1]struct{ ms, count uint32 }{{20, 3}, {40, 4}, {100, 4}}

// backends leaves the choice to miniaudio except on Linux, where without a sound
// server it would offer a dozen ALSA devices that give nothing.
func backends() []malgo.Backend {
	if runtime.GOOS == "linux" {
		return []malgo.Backend{malgo.BackendPulseaudio}
	}
	return nil
}

// Devices lists what can be listened to.
func Devices() ([]Device, error) {
	mal, err := malgo.InitContext(backends(), malgo.ContextConfig{}, nil)
	if err != nil {
		return nil, fmt.Errorf("sound system: %w", err)
	}
	defer closeContext(mal)
	infos, err := mal.Devices(malgo.Capture)
	if err != nil {
		return nil, fmt.Errorf("sound devices: %w", err)
	}
	list := make([]Device, 0, len(infos))
	for _, d := range infos {
		list = append(list, Device{Name: d.Name(), Default: d.IsDefault != 0})
	}
	return list, nil
}

func closeContext(mal *malgo.AllocatedContext) {
	_ = mal.Uninit() // there is nothing to do about a context that will not end
	mal.Free()
}

// capture listens to the device whose name contains want (the default one when
// it is empty) until ctx ends, the device is gone (errGone), or it lost samples
// with periods that can be longer; attempt picks the periods. Opened is called
// with the device's name once samples come.
func capture(ctx context.Context, want string, attempt int, opened func(string), out func(context.Context, Frame) error) error {
	mal, err := malgo.InitContext(backends(), malgo.ContextConfig{}, nil)
	if err != nil {
		return fmt.Errorf("%w: sound system: %w", errGone, err)
	}
	cfg := malgo.DefaultDeviceConfig(malgo.Capture)
	cfg.Capture.Format = malgo.FormatF32
	cfg.Capture.Channels = 0 // what it has: the mix is ours, in float
	cfg.SampleRate = 0
	p := periods[min(attempt, len(periods)-1)]
	cfg.PeriodSizeInMilliseconds, cfg.Periods = p.ms, p.count
	name := "default microphone"
	if infos, err := mal.Devices(malgo.Capture); err != nil {
		closeContext(mal)
		return fmt.Errorf("%w: sound devices: %w", errGone, err)
	} else if i := pick(infos, want); i < 0 {
		closeContext(mal)
		return fmt.Errorf("%w: no microphone's name contains %q", errGone, want)
	} else {
		name = infos[i].Name()
		cfg.Capture.DeviceID = infos[i].ID.Pointer()
	}

	// The ring is made before the rate is known: for two seconds of eight channels
	// at 48 kHz.
	r := newRing(ringTime * 48000 * 8)
	dev, err := malgo.InitDevice(mal.Context, cfg, malgo.DeviceCallbacks{
		Data: func(_, in []byte, _ uint32) {
			if len(in) >= 4 {
				r.put(unsafe.Slice((*float32)(unsafe.Pointer(&in[0])), len(in)/4))
			}
		},
	})
	if err != nil {
		closeContext(mal)
		return fmt.Errorf("%w: open %s: %w", errGone, name, err)
	}
	// Uninit of a device that vanished hangs for ever: it gets a goroutine of its
	// own, which may be left behind together with the context.
	defer func() {
		done := make(chan struct{})
		go func() {
			dev.Uninit()
			closeContext(mal)
			close(done)
		}()
		select {
		case <-done:
		case <-time.After(time.Second):
		}
	}()
	if err := dev.Start(); err != nil {
		return fmt.Errorf("%w: start %s: %w", errGone, name, err)
	}
	rate, channels := int(dev.SampleRate()), int(dev.CaptureChannels())
	tick := time.NewTicker(poll)
	defer tick.Stop()
	heard, first := time.Now(), true
	var lost deficit
	// The frames' samples live in buffers that go round: one is used again when all
	// that a pipeline's queue can hold have come after it.
	var bufs [frameQueue + 2][]float32
	for turn := 0; ; turn = (turn + 1) % len(bufs) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		var at time.Time
		buf := &bufs[turn]
		if *buf, at = r.take((*buf)[:0]); len(*buf) == 0 {
			if time.Since(heard) > watchdog {
				return fmt.Errorf("%w: %s has been giving nothing for %v", errGone, name, watchdog)
			}
			continue
		}
		heard = time.Now()
		if first {
			first = false
			opened(name)
		}
		f := Frame{Rate: rate, Channels: channels, PCM: *buf}
		f.At = at.Add(-f.duration())
		if err := out(ctx, f); err != nil {
			return err
		}
		if missing := lost.add(at, f.duration()); missing > maxDeficit && attempt < len(periods)-1 {
			return fmt.Errorf("%w: %v of 10 s of %s, with %d periods of %d ms", errOverrun, missing.Round(time.Millisecond), name, p.count, p.ms)
		}
	}
}

// pick finds the device whose name contains want, without regard to case; the
// default one for "".
func pick(infos []malgo.DeviceInfo, want string) int {
	for i, d := range infos {
		if want == "" && d.IsDefault != 0 || want != "" && strings.Contains(strings.ToLower(d.Name()), strings.ToLower(want)) {
			return i
		}
	}
	if want == "" && len(infos) > 0 {
		return 0
	}
	return -1
}
