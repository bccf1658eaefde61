package audio

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/mewkiz/flac"
	"github.com/mewkiz/flac/frame"
)

// ErrNoDevices is returned by a build without cgo (or with the tag noaudio) for
// everything that needs a sound device.
var ErrNoDevices = errors.New("this build cannot open sound devices: it was built without cgo; file and network sources work")

// longestPeriods asks capture for the periods that lose nothing on any machine.
const longestPeriods = 2

// errOverrun says that samples were lost and that longer periods may mend it.
var errOverrun = errors.New("samples were lost")

// Device is a sound device that can be listened to.
type Device struct {
	Name    string `json:"name"`
	Default bool   `json:"default"`
}

// readFile gives a file's frames, 20 ms each, with the times at which they would
// have been spoken if it began at began: in real time, or as fast as they are
// taken. The file is WAV (PCM of 16, 24 or 32 bits, or float) or FLAC; path "-"
// is WAV on standard input.
func readFile(ctx context.Context, path string, began time.Time, realTime bool, out func(context.Context, Frame) error) error {
	r := standardInput(ctx)
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return fmt.Errorf("sound file: %w", err)
		}
		r = f
		defer f.Close()
	}
	b := bufio.NewReader(r)
	open := openWAV
	if magic, _ := b.Peek(4); string(magic) == "fLaC" { // what is shorter is no WAV file either
		open = openFLAC
	}
	rate, channels, next, err := open(b)
	if err != nil {
		return fmt.Errorf("sound file %s: %w", path, err)
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for sent := 0; ; {
		pcm, err := next(max(1, rate/50))
		f := Frame{At: began.Add(time.Duration(sent) * time.Second / time.Duration(rate)), Rate: rate, Channels: channels, PCM: pcm}
		sent += len(pcm) / channels
		if realTime {
			timer.Reset(time.Until(f.At.Add(f.duration())))
			select {
			case <-timer.C:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if len(pcm) > 0 {
			if err := out(ctx, f); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("sound file %s: %w", path, err)
		}
	}
}

// nextSamples gives at most n samples of each channel, interleaved; io.EOF may
// come with the last ones.
type nextSamples func(n int) ([]float32, error)

// standardInput is standard input that ends with ctx. A read of it cannot be ended:
// one goroutine may stay in it until the process ends.
func standardInput(ctx context.Context) io.Reader {
	return &input{ctx: ctx}
}

type input struct {
	ctx  context.Context
	pipe *io.PipeReader
}

func (in *input) Read(b []byte) (int, error) {
	if in.pipe == nil {
		r, w := io.Pipe()
		in.pipe = r
		context.AfterFunc(in.ctx, func() { w.CloseWithError(in.ctx.Err()) })
		go func() {
			_, err := io.Copy(w, os.Stdin)
			w.CloseWithError(err) // nil is io.EOF
		}()
	}
	return in.pipe.Read(b)
}

func openWAV(r *bufio.Reader) (rate, channels int, next nextSamples, err error) {
	format, left, err := readWAVHeader(r)
	if err != nil {
		return 0, 0, nil, err
	}
	step := format.bits / 8 * format.channels
	return format.rate, format.channels, func(n int) ([]float32, error) {
		block := make([]byte, min(int64(n*step), left))
		got, err := io.ReadFull(r, block)
		left -= int64(got)
		pcm := decodePCM(make([]float32, 0, n*format.channels), block[:got-got%step], format.bits, format.float)
		if errors.Is(err, io.ErrUnexpectedEOF) || err == nil && left == 0 {
			err = io.EOF
		}
		return pcm, err
	}, nil
}

func openFLAC(r *bufio.Reader) (rate, channels int, next nextSamples, err error) {
	s, err := flac.New(r)
	if err != nil {
		return 0, 0, nil, fmt.Errorf("not a FLAC file: %w", err)
	}
	rate, channels = int(s.Info.SampleRate), int(s.Info.NChannels)
	if rate < 1 || rate > 192000 || s.Info.BitsPerSample < 4 {
		return 0, 0, nil, fmt.Errorf("not a FLAC file: %d Hz, %d bits", rate, s.Info.BitsPerSample)
	}
	scale := float32(int64(1) << (s.Info.BitsPerSample - 1))
	var held []float32
	return rate, channels, func(n int) ([]float32, error) {
		for len(held) < n*channels {
			f, err := s.ParseNext()
			if err != nil {
				pcm := held
				held = nil
				return pcm, err // io.EOF at the end
			}
			// A frame holds at most 65,535 samples of each of at most eight channels.
			n := len(f.Subframes[0].Samples)
			if len(f.Subframes) != channels || slices.ContainsFunc(f.Subframes, func(s *frame.Subframe) bool { return len(s.Samples) != n }) {
				return nil, errors.New("FLAC frame with other channels than the file")
			}
			for i := range n {
				for _, sub := range f.Subframes {
					held = append(held, float32(sub.Samples[i])/scale)
				}
			}
		}
		pcm := slices.Clone(held[:n*channels])
		held = slices.Delete(held, 0, n*channels)
		return pcm, nil
	}, nil
}
