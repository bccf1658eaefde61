package audio

import (
	"context"
	"log/slog"
	"math"
	"slices"
	"sync/atomic"
	"time"

	"landale/audio/dsp"
	"landale/audio/silero"
)

// Frame is a piece of sound as its source gave it.
type Frame struct {
	// At is when its first sample was captured.
	At time.Time
	// Rate is in Hz, Channels 1 to 8; PCM is interleaved, -1 to 1.
	Rate, Channels int
	PCM            []float32
}

// duration is samples ÷ rate, never a difference of stamps.
func (f Frame) duration() time.Duration {
	return time.Duration(len(f.PCM)/f.Channels) * time.Second / time.Duration(f.Rate)
}

const (
	// maxGap is how far a frame's stamp may be from where the frames before it
	// led; more, and samples are missing (a mute, an unplugged device).
	maxGap = 300 * time.Millisecond
	// levelTime is the time between two readings of the meter: 30 Hz.
	levelTime = time.Second / 30
	// gate is the level in dBFS below which a window needs no network to be
	// silence; a quiet dynamic microphone's speech is 20 dB above it.
	gate = -65
	// flushTime is how long a source that sends nothing may keep an utterance
	// open: a plugin sends nothing while muted.
	flushTime = maxGap
)

// pipeline is what one source's sound goes through: mix, meter, rate, filter,
// voice activity, utterances, dictation. One goroutine runs it and owns all of it.
type pipeline struct {
	// settings
	name string
	dict *dictation
	seg  segmenter
	log  *slog.Logger
	// level is called 30 times a second of sound; it must not block.
	level func(dsp.Levels)

	// state
	rate     int
	meter    *dsp.Meter
	resample *dsp.Resampler
	hum      *dsp.HighPass
	vad      *silero.Detector
	mono     []float32
	narrow   []float32 // at 16 kHz, less than a window of it
	metered  time.Duration
	claim    rateClaim

	// Where in time the stream is: the sample at 16 kHz with this place was
	// captured at this time.
	place   int64
	placeAt time.Time

	muted  atomic.Bool
	health pipelineHealth
}

// pipelineHealth is read by others while the pipeline runs.
type pipelineHealth struct {
	lastFrame  atomic.Int64 // unix ns
	speaking   atomic.Bool
	lastSpeech atomic.Int64 // unix ns
	gaps       atomic.Uint64
	lag        atomic.Int64 // ns
}

func newPipeline(name string, vad VADConfig, dict *dictation, level func(dsp.Levels), log *slog.Logger) *pipeline {
	return &pipeline{name: name, dict: dict, seg: segmenter{cfg: vad}, level: level, log: log, vad: silero.New(), hum: dsp.NewHighPass(silero.SampleRate, 80)}
}

// run takes frames until ctx ends or frames closes, then finishes what is open:
// every final is handed on, recognised or not, before it returns. After ctx has
// ended, grace bounds how long that may take.
func (p *pipeline) run(ctx context.Context, frames <-chan Frame, grace time.Duration) {
	quiet := time.NewTimer(flushTime)
	defer quiet.Stop()
	for open := true; open; {
		select {
		case f, ok := <-frames:
			if open = ok; ok {
				p.take(ctx, f)
				quiet.Reset(flushTime)
			}
		case a := <-p.dict.done:
			p.dict.answered(ctx, a)
		case <-quiet.C:
			p.flush(ctx)
		case <-ctx.Done():
			open = false
		}
		p.health.speaking.Store(p.seg.current != nil)
		if p.seg.current != nil {
			p.health.lastSpeech.Store(time.Now().UnixNano())
		}
		p.health.lag.Store(int64(p.dict.lag(time.Now())))
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	p.flush(last)
	p.dict.drain(last)
}

// take puts one frame through.
func (p *pipeline) take(ctx context.Context, f Frame) {
	if f.Channels < 1 || f.Rate < 1 || len(f.PCM) < f.Channels {
		return
	}
	p.health.lastFrame.Store(f.At.UnixNano())
	if rate := p.claim.rate(f); rate != p.rate {
		if !p.retune(ctx, rate) {
			return
		}
	}
	p.mix(f)
	p.meter.Add(p.mono)
	p.metered += f.duration()
	if p.metered >= levelTime {
		p.metered %= levelTime
		p.level(p.meter.Read())
	}
	if p.muted.Load() {
		p.flush(ctx)
		p.placeAt = time.Time{}
		return
	}
	p.follow(ctx, f)
	p.narrow = p.resample.Append(p.narrow, p.mono)
	n := 0
	for ; len(p.narrow)-n >= silero.Window; n += silero.Window {
		p.window(ctx, p.narrow[n:n+silero.Window])
	}
	p.narrow = p.narrow[:copy(p.narrow, p.narrow[n:])]
}

// mix makes the frame mono, in float so that no channel clips another.
func (p *pipeline) mix(f Frame) {
	n := len(f.PCM) / f.Channels
	p.mono = slices.Grow(p.mono[:0], n)[:n]
	if f.Channels == 1 {
		copy(p.mono, f.PCM)
	} else {
		scale := 1 / float32(f.Channels)
		for i := range n {
			var sum float32
			for _, v := range f.PCM[i*f.Channels : (i+1)*f.Channels] {
				sum += v
			}
			p.mono[i] = sum * scale
		}
	}
	for i, v := range p.mono {
		if v != v || v > 8 || v < -8 { // a broken driver; one NaN would deafen the network for good
			p.mono[i] = 0
		}
	}
}

// retune follows a source to another sample rate.
func (p *pipeline) retune(ctx context.Context, rate int) bool {
	r, err := dsp.NewResampler(rate, silero.SampleRate)
	if err != nil {
		p.log.Warn("frame dropped", "error", err)
		return false
	}
	if p.rate != 0 {
		p.flush(ctx)
		p.log.Info("sample rate changed", "rate", rate, "before", p.rate)
	}
	p.rate, p.resample, p.meter = rate, r, dsp.NewMeter(rate)
	p.narrow = p.narrow[:0]
	return true
}

// follow keeps the clock of the stream: a frame far from where it was expected
// ends what is open, a near one corrects the clock a little.
func (p *pipeline) follow(ctx context.Context, f Frame) {
	next := p.seg.now + int64(len(p.narrow))
	expected := p.timeOf(next)
	late := f.At.Sub(expected)
	if p.placeAt.IsZero() || late > maxGap || late < -maxGap {
		if !p.placeAt.IsZero() {
			p.health.gaps.Add(1)
		}
		p.flush(ctx)
		p.narrow = p.narrow[:0]
		p.resample.Reset()
		p.vad.Reset()
		p.hum.Reset()
		p.place, p.placeAt = p.seg.now, f.At
		return
	}
	p.place, p.placeAt = next, expected.Add(late/64) // stamps jitter; the crystal's drift is slow
}

// timeOf is when the sample with this place in the 16 kHz stream was captured.
func (p *pipeline) timeOf(place int64) time.Time {
	return p.placeAt.Add(time.Duration(place-p.place) * time.Second / silero.SampleRate)
}

func (p *pipeline) window(ctx context.Context, w []float32) {
	p.hum.Apply(w)
	var sum float64
	for _, v := range w {
		sum += float64(v) * float64(v)
	}
	var prob float32
	if p.seg.current != nil || 10*math.Log10(sum/silero.Window+1e-12) > gate {
		prob = p.vad.Speech(w)
	}
	p.seg.push(w, prob, func(ph phase, u *utterance) {
		if ph == began {
			u.at = p.timeOf(u.first)
		}
		p.dict.heard(ctx, ph, u)
	})
}

func (p *pipeline) flush(ctx context.Context) {
	p.seg.flush(func(ph phase, u *utterance) { p.dict.heard(ctx, ph, u) })
}

// rateClaim finds sources that lie about their sample rate: what they say is
// compared with how many samples they send a second, over two windows of three
// seconds without a jump.
type rateClaim struct {
	claimed  int
	real     int // what it turned out to be; 0 while the claim is believed
	from     time.Time
	frames   int64
	expected time.Time
	suspects int
}

// standardRates are those that sound devices have.
var standardRates = []int{8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000, 88200, 96000, 192000}

func (c *rateClaim) rate(f Frame) int {
	if f.Rate != c.claimed {
		*c = rateClaim{claimed: f.Rate}
	}
	jump := f.At.Sub(c.expected)
	if c.from.IsZero() || jump > 100*time.Millisecond || jump < -100*time.Millisecond {
		c.from, c.frames = f.At, 0
	}
	c.frames += int64(len(f.PCM) / f.Channels)
	believed := c.claimed
	if c.real != 0 {
		believed = c.real
	}
	// The next frame is expected from this one alone: a lie shows as a drift, a
	// gap as a jump.
	c.expected = f.At.Add(time.Duration(len(f.PCM)/f.Channels) * time.Second / time.Duration(believed))
	if elapsed := c.expected.Sub(c.from); elapsed >= 3*time.Second {
		measured := float64(c.frames) / elapsed.Seconds()
		c.from, c.frames = c.expected, 0
		if math.Abs(measured/float64(believed)-1) < 0.02 {
			c.suspects = 0
		} else if c.suspects++; c.suspects >= 2 {
			c.suspects = 0
			for _, r := range standardRates {
				if math.Abs(measured/float64(r)-1) < 0.015 {
					c.real = r
					return r
				}
			}
		}
	}
	return believed
}
