// Package silero is the voice activity detector Silero VAD v6 (16 kHz branch) in
// plain Go: no C library, no runtime. It agrees with ONNX Runtime on the
// original model to 1e-5.
//
// The network: a short-time Fourier transform by convolution, four convolutions
// with ReLU, one LSTM cell, and a sigmoid. Its weights are embedded; they are
// Silero's, under the MIT licence (see THIRD_PARTY.md).
package silero

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"sync"
)

// SampleRate is the rate of the samples that a Detector takes, in Hz.
const SampleRate = 16000

// Window is how many samples one call takes: 32 ms.
const Window = 512

const (
	context = 64           // samples of the window before, which the model wants in front
	filter  = 256          // samples of one Fourier frame
	hop     = 128          // samples from one Fourier frame to the next
	frames  = 4            // Fourier frames in a window
	bins    = filter/2 + 1 // frequencies
	hidden  = 128          // LSTM cells
)

//go:embed weights.f32.gz
var packed []byte

type conv struct {
	in, out, stride int
	weight          []float32 // [3][out][in], so that an inner product runs over neighbours
	bias            []float32
}

// model is read-only once loaded and shared by all detectors.
type model struct {
	basis             []float32 // [2*bins][filter]: real parts, then imaginary ones
	convs             [4]conv
	weightIn, weightH []float32 // [4*hidden][hidden]; gates in the order input, forget, cell, output
	bias              []float32 // [4*hidden]: the sum of the LSTM's two biases
	outWeight         []float32
	outBias           float32
}

var load = sync.OnceValue(func() *model {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		panic(fmt.Sprintf("silero: embedded weights: %v", err)) // the build embedded something else
	}
	raw, err := io.ReadAll(z)
	if err != nil {
		panic(fmt.Sprintf("silero: embedded weights: %v", err))
	}
	take := func(n int) []float32 {
		w := make([]float32, n)
		for i := range w {
			w[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
		}
		raw = raw[4*n:]
		return w
	}
	m := &model{basis: take(2 * bins * filter)}
	for i, shape := range [4]conv{{in: bins, out: 128, stride: 1}, {in: 128, out: 64, stride: 2}, {in: 64, out: 64, stride: 2}, {in: 64, out: hidden, stride: 1}} {
		shape.weight = transpose(take(shape.out*shape.in*3), shape.out*shape.in)
		shape.bias = take(shape.out)
		m.convs[i] = shape
	}
	m.weightIn = take(4 * hidden * hidden)
	m.weightH = take(4 * hidden * hidden)
	m.bias = take(4 * hidden)
	for i, b := range take(4 * hidden) {
		m.bias[i] += b
	}
	m.outWeight = take(hidden)
	m.outBias = take(1)[0]
	return m
})

// Detector follows one stream of samples. It is not safe for concurrent use;
// each stream has its own, and all share the weights.
type Detector struct {
	m     *model
	input [context + Window + 64]float32 // the model reflects 64 samples at the end
	cell  [hidden]float32
	state [hidden]float32
	gates [4 * hidden]float32
	// Layers, laid out time-major ([time][channel]) so that every inner product
	// runs over neighbours.
	spectrum [frames][bins]float32
	a, b     [frames][128]float32
}

// New makes a detector for a stream that begins now. The first call in a process
// unpacks the weights (about 15 ms).
func New() *Detector { return &Detector{m: load()} }

// Reset forgets the stream; call it where samples are missing, never inside a
// stream.
func (d *Detector) Reset() { *d = Detector{m: d.m} }

// Speech is the probability that somebody speaks in the window, 0 to 1. The
// window has Window samples at SampleRate, mono, -1 to 1, and follows the one of
// the call before. It allocates nothing.
func (d *Detector) Speech(window []float32) float32 {
	if len(window) != Window {
		panic(fmt.Sprintf("silero: window has %d samples, want %d", len(window), Window))
	}
	m := d.m
	copy(d.input[:context], d.input[Window:Window+context])
	copy(d.input[context:], window)
	for i := range 64 { // reflect without repeating the last sample
		d.input[context+Window+i] = d.input[context+Window-2-i]
	}
	for t := range frames {
		frame := d.input[t*hop : t*hop+filter]
		for k := range bins {
			re := dot(m.basis[k*filter:(k+1)*filter], frame)
			im := dot(m.basis[(bins+k)*filter:(bins+k+1)*filter], frame)
			d.spectrum[t][k] = float32(math.Sqrt(float64(re*re + im*im)))
		}
	}
	var rows [frames][]float32
	for t := range frames {
		rows[t] = d.spectrum[t][:]
	}
	in, n := rows[:], frames
	for i := range m.convs {
		out := &d.a
		if i%2 == 1 {
			out = &d.b
		}
		n = m.convs[i].apply(in[:n], out)
		for t := range n {
			in[t] = out[t][:m.convs[i].out]
		}
	}
	d.step(in[0])
	var sum float32
	for i, h := range d.state {
		sum += m.outWeight[i] * max(h, 0)
	}
	return sigmoid(sum + m.outBias)
}

// apply convolves with a kernel of three and padding of one, then ReLU. It
// returns how many rows it wrote.
func (c *conv) apply(in [][]float32, out *[frames][128]float32) int {
	n := (len(in)-1)/c.stride + 1
	for t := range n {
		for o := range c.out {
			sum := c.bias[o]
			for k := range 3 {
				at := t*c.stride + k - 1
				if at < 0 || at >= len(in) {
					continue
				}
				sum += dot(c.weight[(k*c.out+o)*c.in:(k*c.out+o+1)*c.in], in[at])
			}
			out[t][o] = max(sum, 0)
		}
	}
	return n
}

// step is one step of the LSTM cell.
func (d *Detector) step(x []float32) {
	m := d.m
	for i := range d.gates {
		d.gates[i] = m.bias[i] + dot(m.weightIn[i*hidden:(i+1)*hidden], x) + dot(m.weightH[i*hidden:(i+1)*hidden], d.state[:])
	}
	for i := range hidden {
		in, forget := sigmoid(d.gates[i]), sigmoid(d.gates[hidden+i])
		cell, out := tanh(d.gates[2*hidden+i]), sigmoid(d.gates[3*hidden+i])
		d.cell[i] = forget*d.cell[i] + in*cell
		d.state[i] = out * tanh(d.cell[i])
	}
}

// dot is the inner product; eight sums keep the adders busy.
func dot(a, b []float32) float32 {
	b = b[:len(a)]
	var s0, s1, s2, s3, s4, s5, s6, s7 float32
	i := 0
	for ; i+8 <= len(a); i += 8 {
		x, y := a[i:i+8:i+8], b[i:i+8:i+8]
		s0 += x[0] * y[0]
		s1 += x[1] * y[1]
		s2 += x[2] * y[2]
		s3 += x[3] * y[3]
		s4 += x[4] * y[4]
		s5 += x[5] * y[5]
		s6 += x[6] * y[6]
		s7 += x[7] * y[7]
	}
	for ; i < len(a); i++ {
		s0 += a[i] * b[i]
	}
	return (s0 + s1) + (s2 + s3) + ((s4 + s5) + (s6 + s7))
}

// transpose turns [n][3] into [3][n].
func transpose(w []float32, n int) []float32 {
	t := make([]float32, len(w))
	for i := range n {
		for k := range 3 {
			t[k*n+i] = w[3*i+k]
		}
	}
	return t
}

func sigmoid(x float32) float32 { return float32(1 / (1 + math.Exp(-float64(x)))) }

func tanh(x float32) float32 { return float32(math.Tanh(float64(x))) }
