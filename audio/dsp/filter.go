package dsp

import "math"

// HighPass is a second-order Butterworth high-pass filter: it takes away the
// hum and handling noise below speech.
type HighPass struct {
	b0, b1, b2, a1, a2 float64
	x1, x2, y1, y2     float64
}

// NewHighPass makes one for a sample rate and cut-off frequency in Hz (bilinear
// transform, Q = 1/√2).
func NewHighPass(rate int, cutoff float64) *HighPass {
	w := 2 * math.Pi * cutoff / float64(rate)
	alpha := math.Sin(w) / math.Sqrt2
	cos := math.Cos(w)
	a0 := 1 + alpha
	return &HighPass{
		b0: (1 + cos) / 2 / a0,
		b1: -(1 + cos) / a0,
		b2: (1 + cos) / 2 / a0,
		a1: -2 * cos / a0,
		a2: (1 - alpha) / a0,
	}
}

// Apply filters the block in place. A sample that is not a number becomes
// silence, so that a broken driver cannot poison what follows.
func (h *HighPass) Apply(block []float32) {
	for i, v := range block {
		x := float64(v)
		if math.IsNaN(x) || math.IsInf(x, 0) {
			x = 0
		}
		y := h.b0*x + h.b1*h.x1 + h.b2*h.x2 - h.a1*h.y1 - h.a2*h.y2
		h.x2, h.x1 = h.x1, x
		h.y2, h.y1 = h.y1, y
		block[i] = float32(y)
	}
}

// Reset forgets the stream.
func (h *HighPass) Reset() { h.x1, h.x2, h.y1, h.y2 = 0, 0, 0, 0 }
