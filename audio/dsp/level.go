package dsp

import "math"

// Bands is how many bands a spectrum has.
const Bands = 32

// Floor is the level in dBFS that stands for silence.
const Floor = -100

// fftSize gives 11 ms of delay at 48 kHz and 47 Hz between bins.
const fftSize = 1024

const (
	lowestBand  = 60.0    // Hz, where the first band begins
	highestBand = 16000.0 // Hz, where the last one ends, if the rate carries it
)

// Levels is how loud a stream is, in dBFS, where 0 is a full-scale square wave
// for RMS and full scale for Peak.
type Levels struct {
	RMS  float32
	Peak float32
	// Bands are the levels of 32 bands of equal width in pitch, 60 Hz to 16 kHz
	// (or to half the sample rate).
	Bands [Bands]float32
}

// Meter measures a stream of mono samples.
type Meter struct {
	rate   int
	window [fftSize]float32 // Hann, scaled so that a full-scale sine reads 0 dB
	edges  [Bands + 1]int   // first bin of each band
	twiddle
	ring [fftSize]float32
	next int

	sum   float64
	peak  float32
	count int

	re, im [fftSize]float32
}

type twiddle struct {
	cos, sin [fftSize / 2]float32
}

// NewMeter makes one for a sample rate in Hz.
func NewMeter(rate int) *Meter {
	m := &Meter{rate: rate}
	for i := range m.window {
		m.window[i] = float32((1 - math.Cos(2*math.Pi*float64(i)/fftSize)) * 2 / fftSize)
	}
	for i := range m.cos {
		a := -2 * math.Pi * float64(i) / fftSize
		m.cos[i], m.sin[i] = float32(math.Cos(a)), float32(math.Sin(a))
	}
	high := min(highestBand, float64(rate)/2)
	for b := range m.edges {
		f := lowestBand * math.Pow(high/lowestBand, float64(b)/Bands)
		m.edges[b] = min(int(math.Round(f*fftSize/float64(rate))), fftSize/2)
	}
	return m
}

// Add takes a block in. It allocates nothing.
func (m *Meter) Add(block []float32) {
	for _, v := range block {
		m.sum += float64(v) * float64(v)
		m.peak = max(m.peak, v, -v)
		m.ring[m.next] = v
		m.next = (m.next + 1) % fftSize
	}
	m.count += len(block)
}

// Read tells the levels since the last Read, and the spectrum of the newest 1024
// samples. It allocates nothing.
func (m *Meter) Read() Levels {
	l := Levels{RMS: Floor, Peak: Floor}
	if m.count > 0 {
		l.RMS = decibels(math.Sqrt(m.sum / float64(m.count)))
		l.Peak = decibels(float64(m.peak))
	}
	m.sum, m.peak, m.count = 0, 0, 0
	for i := range m.re {
		m.re[i] = m.ring[(m.next+i)%fftSize] * m.window[i]
		m.im[i] = 0
	}
	m.transform()
	for b := range Bands {
		lo, hi := m.edges[b], max(m.edges[b+1], m.edges[b]+1)
		var power float32
		for k := lo; k < hi && k < fftSize/2; k++ {
			power += m.re[k]*m.re[k] + m.im[k]*m.im[k]
		}
		l.Bands[b] = decibels(math.Sqrt(float64(power)))
	}
	return l
}

// transform is the radix-2 Fourier transform of re and im in place.
func (m *Meter) transform() {
	re, im := &m.re, &m.im
	for i, j := 1, 0; i < fftSize; i++ {
		bit := fftSize >> 1
		for ; j&bit != 0; bit >>= 1 {
			j ^= bit
		}
		j ^= bit
		if i < j {
			re[i], re[j] = re[j], re[i]
			im[i], im[j] = im[j], im[i]
		}
	}
	for size := 2; size <= fftSize; size <<= 1 {
		half, step := size/2, fftSize/size
		for base := 0; base < fftSize; base += size {
			for k := range half {
				c, s := m.cos[k*step], m.sin[k*step]
				a, b := base+k, base+k+half
				tr, ti := re[b]*c-im[b]*s, re[b]*s+im[b]*c
				re[b], im[b] = re[a]-tr, im[a]-ti
				re[a], im[a] = re[a]+tr, im[a]+ti
			}
		}
	}
}

func decibels(v float64) float32 {
	if v <= 1e-5 { // also when it is not a number
		return Floor
	}
	return float32(20 * math.Log10(v))
}
