//go:build cgo && !noaudio

package audio

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"
	"unsafe"

	"github.com/gen2brain/malgo"
)

// errGone says that a device stopped giving samples or cannot be found; it is
// opened again when it returns.
var errGone = errors.New("the device is gone")

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
		return nil, fmt.Errorf("no sound system answers: %w", err)
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
	// The ring is made before the rate is known: for two seconds of eight channels
	// at 48 kHz.
	r := newRing(ringTime * 48000 * 8)
	p := periods[min(attempt, len(periods)-1)]
	dev, err := open(ctx, want, p.ms, p.count, r)
	if err != nil {
		return err
	}
	// Uninit of a device that vanished hangs for ever: it gets a goroutine of its
	// own, which may be left behind together with the context.
	defer func() {
		done := make(chan struct{})
		go func() {
			dev.close()
			close(done)
		}()
		select {
		case <-done:
		case <-time.After(time.Second):
		}
	}()
	name, rate, channels := dev.name, int(dev.SampleRate()), int(dev.CaptureChannels())
	tick := time.NewTicker(poll)
	defer tick.Stop()
	heard, first := time.Now(), true
	var lost deficit
	// The frames' samples live in buffers that go round: one is used again when all
	// that a pipeline's queue can hold have come after it.
	var bufs [frameQueue + 2][]float32
	turn := 0
	for {
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
		turn = (turn + 1) % len(bufs)
		if missing := lost.add(at, f.duration()); missing > maxDeficit && attempt < len(periods)-1 {
			return fmt.Errorf("%w: %v of 10 s of %s, with %d periods of %d ms", errOverrun, missing.Round(time.Millisecond), name, p.count, p.ms)
		}
	}
}

// captureDevice is a device that gives samples into a ring.
type captureDevice struct {
	*malgo.Device
	mal  *malgo.AllocatedContext
	name string
}

func (d *captureDevice) close() {
	d.Uninit()
	closeContext(d.mal)
}

// openTime is how long a device may take to open: a sound server that hangs
// answers never.
const openTime = 10 * time.Second

// opening bounds how many such calls may be left behind.
var opening = make(chan struct{}, 4)

// open opens and starts a device beside its caller, who gets it or errGone within
// openTime, or ctx's error. A device that opens later is closed again.
func open(ctx context.Context, want string, ms, count uint32, r *ring) (*captureDevice, error) {
	select {
	case opening <- struct{}{}:
	default:
		return nil, fmt.Errorf("%w: the sound system does not answer", errGone)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, openTime, fmt.Errorf("%w: the sound system did not answer for %v", errGone, openTime))
	defer cancel()
	type result struct {
		dev *captureDevice
		err error
	}
	got := make(chan result)
	go func() {
		defer func() { <-opening }()
		dev, err := openDevice(want, ms, count, r)
		select {
		case got <- result{dev, err}:
		case <-ctx.Done():
			if dev != nil {
				dev.close()
			}
		}
	}()
	select {
	case o := <-got:
		return o.dev, o.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func openDevice(want string, ms, count uint32, r *ring) (*captureDevice, error) {
	mal, err := malgo.InitContext(backends(), malgo.ContextConfig{}, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: no sound system answers: %w", errGone, err)
	}
	cfg := malgo.DefaultDeviceConfig(malgo.Capture)
	cfg.Capture.Format = malgo.FormatF32
	cfg.Capture.Channels = 0 // what it has: the mix is ours, in float
	cfg.SampleRate = 0
	cfg.PeriodSizeInMilliseconds, cfg.Periods = ms, count
	var name string
	if infos, err := mal.Devices(malgo.Capture); err != nil {
		closeContext(mal)
		return nil, fmt.Errorf("%w: sound devices: %w", errGone, err)
	} else if i := pick(infos, want); i < 0 {
		closeContext(mal)
		return nil, fmt.Errorf("%w: no microphone's name contains %q", errGone, want)
	} else {
		name = infos[i].Name()
		cfg.Capture.DeviceID = infos[i].ID.Pointer()
	}

	dev, err := malgo.InitDevice(mal.Context, cfg, malgo.DeviceCallbacks{
		Data: func(_, in []byte, _ uint32) {
			if len(in) >= 4 {
				r.put(unsafe.Slice((*float32)(unsafe.Pointer(&in[0])), len(in)/4))
			}
		},
	})
	if err != nil {
		closeContext(mal)
		return nil, fmt.Errorf("%w: open %s: %w", errGone, name, err)
	}
	if err := dev.Start(); err != nil {
		dev.Uninit()
		closeContext(mal)
		return nil, fmt.Errorf("%w: start %s: %w", errGone, name, err)
	}
	return &captureDevice{dev, mal, name}, nil
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
