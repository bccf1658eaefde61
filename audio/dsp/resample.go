// Package dsp is the arithmetic between a microphone and what listens: rate
// conversion, levels and spectrum. Nothing in it allocates once it runs, and
// nothing is safe for concurrent use: every stream has its own.
package dsp

import (
	"fmt"
	"math"
)

// Resampler turns a stream of mono samples from one rate into another with a
// polyphase windowed-sinc filter: everything that the new rate cannot carry is
// taken away before it could fold back.
//
// The filter passes up to 0.9 of the lower Nyquist frequency and is 80 dB down
// from the first frequency that would fold back into what it passes. It delays
// by Delay.
type Resampler struct {
	up, down int       // out rate / in rate, in lowest terms
	taps     int       // of one phase
	phases   []float32 // [up][taps], each reversed so that it runs along the input
	history  []float32 // the last taps-1 samples and then the block at hand
	phase    int       // of the next sample that goes out
	skip     int       // samples of input until then
}

// zeroCrossings of the sinc on each side, at the lower of both rates. With a
// Kaiser window of beta 8 they give the transition that Resampler promises.
const (
	zeroCrossings = 24
	kaiserBeta    = 8
	passband      = 0.94 // middle of the transition, in the lower Nyquist frequency
)

// NewResampler makes one from a rate in Hz to another. Both must be from 1 to
// 384000.
func NewResampler(from, to int) (*Resampler, error) {
	if from < 1 || to < 1 || from > 384000 || to > 384000 {
		return nil, fmt.Errorf("resample %d Hz to %d Hz: rates must be 1 to 384000", from, to)
	}
	g := gcd(from, to)
	r := &Resampler{up: to / g, down: from / g}
	if r.up == r.down {
		return r, nil
	}
	scale := max(1, float64(from)/float64(to)) // how much wider the sinc is when rates fall
	half := int(math.Ceil(zeroCrossings * scale))
	r.taps = 2 * half
	r.phases = make([]float32, r.up*r.taps)
	cutoff := passband / scale
	for p := range r.up {
		// The sample that goes out lies p/up of an input sample after input sample half-1.
		row := r.phases[p*r.taps : (p+1)*r.taps]
		var sum float64
		w := make([]float64, r.taps)
		for i := range w {
			x := float64(i-(half-1)) - float64(p)/float64(r.up)
			w[i] = sinc(cutoff*x) * kaiser(x/float64(half))
			sum += w[i]
		}
		for i := range w {
			row[i] = float32(w[i] / sum) // each phase passes a constant unchanged
		}
	}
	r.history = make([]float32, r.taps-1, r.taps-1+4096)
	return r, nil
}

// Delay is how many input samples later than it went in a sample comes out.
func (r *Resampler) Delay() int { return r.taps / 2 }

// Append converts the block and appends what comes of it to dst.
func (r *Resampler) Append(dst, block []float32) []float32 {
	if r.up == r.down {
		return append(dst, block...)
	}
	r.history = append(r.history, block...)
	at := r.skip
	for at+r.taps <= len(r.history) {
		row := r.phases[r.phase*r.taps : (r.phase+1)*r.taps]
		dst = append(dst, dot(row, r.history[at:at+r.taps]))
		r.phase += r.down
		at += r.phase / r.up
		r.phase %= r.up
	}
	// Keep what the next sample needs; at may lie beyond the block.
	keep := min(at, len(r.history))
	r.skip = at - keep
	n := copy(r.history, r.history[keep:])
	r.history = r.history[:n]
	return dst
}

// Reset forgets the stream.
func (r *Resampler) Reset() {
	if r.up == r.down {
		return
	}
	r.phase, r.skip = 0, 0
	r.history = r.history[:r.taps-1]
	clear(r.history)
}

func dot(a, b []float32) float32 {
	b = b[:len(a)]
	var s0, s1, s2, s3 float32
	i := 0
	for ; i+4 <= len(a); i += 4 {
		x, y := a[i:i+4:i+4], b[i:i+4:i+4]
		s0 += x[0] * y[0]
		s1 += x[1] * y[1]
		s2 += x[2] * y[2]
		s3 += x[3] * y[3]
	}
	for ; i < len(a); i++ {
		s0 += a[i] * b[i]
	}
	return (s0 + s1) + (s2 + s3)
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// kaiser is the window at x in -1 to 1.
func kaiser(x float64) float64 {
	if x <= -1 || x >= 1 {
		return 0
	}
	return bessel0(kaiserBeta*math.Sqrt(1-x*x)) / bessel0(kaiserBeta)
}

// bessel0 is the modified Bessel function of order zero, by its power series.
func bessel0(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1; term > 1e-12*sum; k++ {
		term *= (x / 2 / float64(k)) * (x / 2 / float64(k))
		sum += term
	}
	return sum
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
