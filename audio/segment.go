package audio

import (
	"slices"
	"time"

	"landale/audio/silero"
)

// Windows are the step of everything after the voice activity detector: 512
// samples at 16 kHz, 32 ms.
const windowTime = silero.Window * time.Second / silero.SampleRate

// VADConfig is the section [audio.vad]: when speech begins and ends.
type VADConfig struct {
	// Start and Stop are the probabilities at which speech begins and below which
	// it pauses.
	Start float64 `toml:"start"`
	Stop  float64 `toml:"stop"`
	// StartTime must be speech before an utterance begins, End must be silence
	// before it ends, and after Eager of silence the final is already tried.
	StartTime time.Duration `toml:"start_time"`
	End       time.Duration `toml:"end"`
	Eager     time.Duration `toml:"eager"`
	// Preroll is what is kept from before the beginning: the detector needs up to
	// a quarter of a second to notice a voice.
	Preroll time.Duration `toml:"preroll"`
	// MinSpeech is how much voice an utterance must have; less is a click.
	MinSpeech time.Duration `toml:"min_speech"`
	// Longest is where an utterance is cut, at its quietest moment of the last two
	// seconds.
	Longest time.Duration `toml:"longest"`
}

// DefaultVADConfig are the values that speech.md measured: on twenty utterances
// in six noises down to 5 dB none is missed.
func DefaultVADConfig() VADConfig {
	return VADConfig{
		Start: 0.5, Stop: 0.35,
		StartTime: 64 * time.Millisecond,
		End:       512 * time.Millisecond,
		Eager:     192 * time.Millisecond,
		Preroll:   352 * time.Millisecond,
		MinSpeech: 160 * time.Millisecond,
		Longest:   12 * time.Second,
	}
}

// utterance is what one voice says without a pause, as it grows.
type utterance struct {
	number int
	// first is the place of its first sample in the stream, at 16 kHz.
	first int64
	// at is when that sample was captured; whoever knows the stream's clock sets it
	// when the utterance begins.
	at time.Time
	// pcm is mono at 16 kHz; lead of its samples come from before the voice was
	// heard.
	pcm  []float32
	lead int
	// voiced counts windows of speech.
	voiced int
	// speechEnd is the length of pcm up to the end of the last window of speech.
	speechEnd int
	// probs are the detector's words on each window of pcm.
	probs []float32
}

// audio is a copy of what was said so far, which a recogniser may keep.
func (u *utterance) audio() []float32 { return slices.Clone(u.pcm) }

func (u *utterance) voicedTime() time.Duration { return time.Duration(u.voiced) * windowTime }

// phase is what just happened to an utterance.
type phase int

const (
	began   phase = iota // there is one
	grew                 // a window more, speech going on
	paused               // Eager of silence: perhaps it is over
	resumed              // it was not
	ended                // it is over
	dropped              // it was a click
)

func (p phase) String() string {
	return [...]string{"began", "grew", "paused", "resumed", "ended", "dropped"}[p]
}

// segmenter cuts a stream of windows into utterances. It is arithmetic only: it
// knows no clock and starts nothing.
type segmenter struct {
	cfg     VADConfig
	now     int64 // samples of the stream so far
	preroll []float32
	probs   []float32 // of the windows in preroll
	current *utterance
	run     int // windows of speech in a row before there is an utterance
	silence int // windows of silence in a row within one
	paused  bool
	count   int
}

func windows(d time.Duration) int { return max(1, int((d+windowTime/2)/windowTime)) }

// push takes the next window and the probability that it is speech, and reports
// what happened, in order. The utterance is the segmenter's own until it has
// ended or was dropped.
func (s *segmenter) push(window []float32, p float32, report func(phase, *utterance)) {
	s.now += int64(len(window))
	if s.current == nil {
		s.preroll = append(s.preroll, window...)
		s.probs = append(s.probs, p)
		if keep := windows(s.cfg.Preroll) + windows(s.cfg.StartTime); len(s.probs) > keep {
			drop := len(s.probs) - keep
			s.preroll = slices.Delete(s.preroll, 0, drop*silero.Window)
			s.probs = slices.Delete(s.probs, 0, drop)
		}
		if float64(p) < s.cfg.Start {
			s.run = 0
			return
		}
		if s.run++; s.run < windows(s.cfg.StartTime) {
			return
		}
		s.begin(s.run)
		report(began, s.current)
		return
	}
	u := s.current
	u.pcm = append(u.pcm, window...)
	u.probs = append(u.probs, p)
	speech := float64(p) >= s.cfg.Stop
	if s.silence > 0 {
		speech = float64(p) >= s.cfg.Start // out of a pause only by what would begin one
	}
	if speech {
		u.voiced++
		u.speechEnd = len(u.pcm)
		s.silence = 0
		if s.paused {
			s.paused = false
			report(resumed, u)
		}
		if len(u.pcm) >= samples(s.cfg.Longest) {
			s.cut(report)
			return
		}
		report(grew, u)
		return
	}
	s.silence++
	switch s.silence {
	case windows(s.cfg.End):
		s.end(report)
	case windows(s.cfg.Eager):
		s.paused = true
		report(paused, u)
	}
}

// flush ends what is going on: the stream stops, or samples are missing.
func (s *segmenter) flush(report func(phase, *utterance)) {
	if s.current != nil {
		s.end(report)
	}
	s.preroll, s.probs, s.run = s.preroll[:0], s.probs[:0], 0
}

func (s *segmenter) begin(voiced int) {
	s.count++
	s.current = &utterance{
		number:    s.count,
		first:     s.now - int64(len(s.preroll)),
		pcm:       slices.Clone(s.preroll),
		lead:      len(s.preroll) - min(voiced*silero.Window, len(s.preroll)),
		probs:     slices.Clone(s.probs),
		voiced:    voiced,
		speechEnd: len(s.preroll),
	}
	s.preroll, s.probs, s.run, s.silence, s.paused = s.preroll[:0], s.probs[:0], 0, 0, false
}

func (s *segmenter) end(report func(phase, *utterance)) {
	u := s.current
	s.current, s.silence, s.paused = nil, 0, false
	// The tail is the preroll of what comes next, if it comes at once.
	tail := min(windows(s.cfg.Preroll)*silero.Window, len(u.pcm)-u.speechEnd)
	s.preroll = append(s.preroll[:0], u.pcm[len(u.pcm)-tail:]...)
	s.probs = append(s.probs[:0], u.probs[len(u.probs)-tail/silero.Window:]...)
	if u.voicedTime() < s.cfg.MinSpeech {
		report(dropped, u)
		return
	}
	report(ended, u)
}

// cut ends an utterance that became too long at the window of its last two
// seconds that is least like speech; what follows that window begins the next.
func (s *segmenter) cut(report func(phase, *utterance)) {
	u := s.current
	n := len(u.probs)
	at := n - 1
	for i := max(1, n-windows(2*time.Second)); i < n; i++ {
		if u.probs[i] < u.probs[at] {
			at = i
		}
	}
	rest, restProbs := slices.Clone(u.pcm[(at+1)*silero.Window:]), slices.Clone(u.probs[at+1:])
	u.pcm, u.probs = u.pcm[:(at+1)*silero.Window], u.probs[:at+1]
	u.speechEnd = len(u.pcm)
	u.voiced = max(1, u.voiced-len(restProbs)) // those are the next one's
	s.current = nil
	report(ended, u)
	s.preroll, s.probs = append(s.preroll[:0], rest...), append(s.probs[:0], restProbs...)
	s.begin(max(1, len(restProbs)))
	report(began, s.current)
}

// samples is how many at 16 kHz make d; soundTime is the inverse.
func samples(d time.Duration) int {
	return int(d * silero.SampleRate / time.Second)
}

func soundTime(samples int) time.Duration {
	return time.Duration(samples) * time.Second / silero.SampleRate
}
