package audio

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"landale/audio/dsp"
	"landale/audio/silero"
)

// Trial is what a short recording of a microphone gave.
type Trial struct {
	Device  string  `json:"device"`
	Seconds float64 `json:"seconds"`
	PeakDB  float32 `json:"peak_dbfs"`
	// Voice says that somebody spoke.
	Voice bool   `json:"voice"`
	Text  string `json:"text"`
	// Engine is what recognised it, and Error why nothing did.
	Engine string `json:"engine"`
	Error  string `json:"error,omitempty"`
}

// Try records a device for a while, beside whatever is listened to already, and
// recognises what was said. An empty name is the default microphone.
func (a *Audio) Try(ctx context.Context, device string, length time.Duration) (Trial, error) {
	record, cancel := context.WithTimeout(ctx, length+3*time.Second)
	defer cancel()
	t := Trial{}
	var pcm, mono []float32
	var res *dsp.Resampler
	rate := 0
	err := capture(record, device, longestPeriods, func(name string) { t.Device = name }, func(_ context.Context, f Frame) error {
		if f.Rate != rate {
			r, err := dsp.NewResampler(f.Rate, silero.SampleRate)
			if err != nil {
				return err
			}
			res, rate = r, f.Rate
		}
		mono = mono[:0]
		for i := 0; i < len(f.PCM); i += f.Channels {
			var sum float32
			for _, v := range f.PCM[i : i+f.Channels] {
				sum += v
			}
			mono = append(mono, sum/float32(f.Channels))
		}
		if pcm = res.Append(pcm, mono); soundTime(len(pcm)) >= length {
			return errEnough
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return t, fmt.Errorf("record: %w", err)
	}
	t.Seconds = soundTime(len(pcm)).Seconds()
	peak := float32(0)
	for _, v := range pcm {
		peak = max(peak, v, -v)
	}
	t.PeakDB = float32(dsp.Floor)
	if peak > 0 {
		t.PeakDB = float32(math.Round(200*math.Log10(float64(peak))) / 10)
	}
	d := silero.New()
	for i := 0; i+silero.Window <= len(pcm); i += silero.Window {
		t.Voice = d.Speech(pcm[i:i+silero.Window]) >= 0.5 || t.Voice
	}
	a.mu.Lock()
	engine, cfg := a.engine, a.cfg
	a.mu.Unlock()
	if engine == nil {
		t.Error = errDeaf.Error()
		return t, nil
	}
	t.Engine = engine.String()
	r, err := engine.Transcribe(ctx, pcm, Hints{Language: cfg.Language, Prompt: cfg.Prompt})
	if err != nil {
		t.Error = err.Error()
	}
	t.Text = tidy(r.Text)
	return t, nil
}

var errEnough = errors.New("enough was recorded")

// Devices lists the microphones of this PC; ErrNoDevices in a build without cgo.
func (a *Audio) Devices() ([]Device, error) { return Devices() }
