package audio

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"landale/audio/audiotest"
	"landale/audio/dsp"
	"landale/audio/silero"
)

// noises are what stands behind a streamer's voice, made from arithmetic.
var noises = map[string]func(n int, r *rand.Rand) []float32{
	"keyboard": func(n int, r *rand.Rand) []float32 {
		pcm := make([]float32, n)
		for at := 0; at < n; at += 1600 + r.IntN(3200) { // three to ten keys a second
			loud := 0.5 + r.Float64()/2
			for i := 0; i < 400 && at+i < n; i++ {
				pcm[at+i] += float32(loud * r.NormFloat64() * math.Exp(-float64(i)/60))
			}
		}
		return pcm
	},
	"white": func(n int, r *rand.Rand) []float32 {
		pcm := make([]float32, n)
		for i := range pcm {
			pcm[i] = float32(r.NormFloat64())
		}
		return pcm
	},
	"pink": func(n int, r *rand.Rand) []float32 {
		pcm := make([]float32, n)
		var rows [7]float64
		for i := range pcm {
			var sum float64
			for k := range rows {
				if i%(1<<k) == 0 {
					rows[k] = r.NormFloat64()
				}
				sum += rows[k]
			}
			pcm[i] = float32(sum)
		}
		return pcm
	},
	"music": func(n int, r *rand.Rand) []float32 {
		pcm := make([]float32, n)
		scale := []float64{220, 247, 262, 294, 330, 349, 392, 440}
		for at := 0; at < n; at += 4000 { // a chord each quarter of a second
			root := scale[r.IntN(len(scale))]
			for i := 0; i < 8000 && at+i < n; i++ {
				t := float64(i) / 16000
				env := math.Exp(-3 * t)
				for h := 1; h <= 5; h++ {
					pcm[at+i] += float32(env / float64(h) * (math.Sin(2*math.Pi*root*float64(h)*t) + math.Sin(2*math.Pi*root*1.5*float64(h)*t)))
				}
			}
		}
		return pcm
	},
	"game": func(n int, r *rand.Rand) []float32 { // shots, sweeps and rumble
		pcm := make([]float32, n)
		for at := 0; at < n; at += 8000 + r.IntN(16000) {
			kind, f := r.IntN(2), 200+600*r.Float64()
			for i := 0; i < 9600 && at+i < n; i++ {
				t := float64(i) / 16000
				if kind == 0 {
					pcm[at+i] += float32(r.NormFloat64() * math.Exp(-8*t))
				} else {
					pcm[at+i] += float32(math.Sin(2*math.Pi*(f+900*t)*t) * math.Exp(-4*t))
				}
			}
		}
		return pcm
	},
	"hum": func(n int, r *rand.Rand) []float32 {
		pcm := make([]float32, n)
		for i := range pcm {
			t := float64(i) / 16000
			pcm[i] = float32(math.Sin(2*math.Pi*50*t) + 0.5*math.Sin(2*math.Pi*150*t) + 0.3*r.NormFloat64())
		}
		return pcm
	},
}

// mixed adds noise to a voice so that the voice is snr dB louder while it speaks.
func mixed(voice, noise []float32, level float64, snr float64) []float32 {
	var sum float64
	for _, v := range noise {
		sum += float64(v) * float64(v)
	}
	gain := level * math.Pow(10, -snr/20) / math.Sqrt(sum/float64(len(noise)))
	out := slices.Clone(voice)
	for i := range out {
		out[i] += float32(gain) * noise[i%len(noise)]
	}
	return out
}

// heard runs detector and segmenter over sound.
func heard(pcm []float32) (speech []bool, utterances []utterance) {
	d, h := silero.New(), dsp.NewHighPass(silero.SampleRate, 80)
	s := segmenter{cfg: DefaultVADConfig()}
	w := make([]float32, silero.Window)
	report := func(p phase, u *utterance) {
		if p == ended {
			utterances = append(utterances, *u)
		}
	}
	for i := 0; i+silero.Window <= len(pcm); i += silero.Window {
		copy(w, pcm[i:])
		h.Apply(w)
		p := d.Speech(w)
		speech = append(speech, p >= 0.5)
		s.push(w, p, report)
	}
	s.flush(report)
	return speech, utterances
}

// TestVoicesInNoise: with the noise 5 dB below the voice no utterance is missed in
// any of six noises, and keys 10 dB below it are not taken for speech.
func TestVoicesInNoise(t *testing.T) {
	if raced || testing.Short() {
		t.Skip("computes for 15 s")
	}
	var voice []float32
	type span struct{ from, to int }
	var spans []span
	var sum float64
	count := 0
	for _, r := range audiotest.Recordings(t) {
		voice = append(voice, silence(1500*time.Millisecond)...)
		pcm := rawPCM(t, r.File, r.Header)
		spans = append(spans, span{len(voice), len(voice) + len(pcm)})
		for _, v := range pcm {
			sum += float64(v) * float64(v)
		}
		count += len(pcm)
		voice = append(voice, pcm...)
	}
	voice = append(voice, silence(1500*time.Millisecond)...)
	level := math.Sqrt(sum / float64(count))
	for name, make := range noises {
		r := rand.New(rand.NewPCG(1, 2))
		noise := make(len(voice), r)
		_, us := heard(mixed(voice, noise, level, 5))
		missed := 0
		for _, s := range spans {
			if !slices.ContainsFunc(us, func(u utterance) bool { return int(u.first) < s.to && int(u.first)+u.speechEnd > s.from }) {
				missed++
			}
		}
		speech, _ := heard(mixed(voice, noise, level, 10))
		false10, quiet := 0, 0
		for i, yes := range speech {
			at := i * silero.Window
			// A voice's tail and the detector's own memory are no false alarm.
			if slices.ContainsFunc(spans, func(s span) bool { return at > s.from-silero.Window && at < s.to+6400 }) {
				continue
			}
			quiet++
			if yes {
				false10++
			}
		}
		t.Logf("%-8s 5 dB: %d of %d utterances missed; 10 dB: %.2f %% of %d quiet windows taken for speech", name, missed, len(spans), 100*float64(false10)/float64(quiet), quiet)
		if missed > 0 {
			t.Errorf("%s: %d utterances missed", name, missed)
		}
		if name == "keyboard" && 100*false10 > quiet {
			t.Errorf("keyboard: %d of %d quiet windows taken for speech, want at most 1 %%", false10, quiet)
		}
	}
}
