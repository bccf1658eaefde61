package dsp

import (
	"math"
	"testing"
)

func sine(n, rate int, hz, amplitude float64) []float32 {
	s := make([]float32, n)
	for i := range s {
		s[i] = float32(amplitude * math.Sin(2*math.Pi*hz*float64(i)/float64(rate)))
	}
	return s
}

// gain is the RMS of what comes out for a sine, relative to what went in, in dB;
// blocks are of the size that devices give.
func gain(t *testing.T, from, to int, hz float64) float64 {
	t.Helper()
	r, err := NewResampler(from, to)
	if err != nil {
		t.Fatal(err)
	}
	in := sine(from, from, hz, 1)
	var out []float32
	for len(in) > 0 {
		n := min(len(in), 441)
		out = r.Append(out, in[:n])
		in = in[n:]
	}
	var sum float64
	tail := out[len(out)/2:]
	for _, v := range tail {
		sum += float64(v) * float64(v)
	}
	return 10 * math.Log10(2*sum/float64(len(tail))+1e-20)
}

// TestResampler: speech passes, and what would fold back into it does not. The
// system before this one interpolated linearly and hissed.
func TestResampler(t *testing.T) {
	for _, c := range []struct {
		from, to int
		hz       float64
		min, max float64 // dB
	}{
		{48000, 16000, 100, -0.1, 0.1},
		{48000, 16000, 1000, -0.1, 0.1},
		{48000, 16000, 7000, -0.5, 0.1},
		{48000, 16000, 9000, -300, -70},
		{48000, 16000, 15000, -300, -75},
		{48000, 16000, 23000, -300, -75},
		{44100, 16000, 1000, -0.1, 0.1},
		{44100, 16000, 12000, -300, -75},
		{96000, 16000, 3000, -0.1, 0.1},
		{8000, 16000, 1000, -0.1, 0.1},
		{11025, 16000, 2000, -0.1, 0.1},
		{16000, 16000, 5000, -0.1, 0.1},
	} {
		if g := gain(t, c.from, c.to, c.hz); g < c.min || g > c.max {
			t.Errorf("%d → %d Hz, %g Hz: gain %.2f dB, want %g to %g", c.from, c.to, c.hz, g, c.min, c.max)
		}
	}
}

// TestResamplerCounts: an hour gives exactly an hour, whatever the blocks: times
// of words are counted in samples.
func TestResamplerCounts(t *testing.T) {
	for _, from := range []int{8000, 11025, 22050, 44100, 48000, 96000, 192000} {
		r, err := NewResampler(from, 16000)
		if err != nil {
			t.Fatal(err)
		}
		var buf []float32
		in, out := 0, 0
		block := make([]float32, 997)
		for in < 60*from {
			buf = r.Append(buf[:0], block)
			in += len(block)
			out += len(buf)
		}
		want := float64(in) / float64(from) * 16000
		if diff := math.Abs(float64(out) - want); diff > float64(r.Delay())*16000/float64(from)+2 {
			t.Errorf("%d Hz: got %d samples, want %.0f", from, out, want)
		}
	}
}

func TestResamplerBlocks(t *testing.T) {
	in := sine(48000, 48000, 440, 0.5)
	whole, _ := NewResampler(48000, 16000)
	want := whole.Append(nil, in)
	parts, _ := NewResampler(48000, 16000)
	var got []float32
	for i, n := 0, 1; i < len(in); i, n = i+n, n%700+13 {
		got = parts.Append(got, in[i:min(i+n, len(in))])
	}
	if len(got) != len(want) {
		t.Fatalf("got %d samples, want %d", len(got), len(want))
	}
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("sample %d: got %v, want %v", i, got[i], want[i])
		}
	}
}

func TestResamplerRates(t *testing.T) {
	for _, c := range [][2]int{{0, 16000}, {-1, 16000}, {16000, 0}, {500000, 16000}} {
		if _, err := NewResampler(c[0], c[1]); err == nil {
			t.Errorf("%v: no error", c)
		}
	}
}

func TestMeter(t *testing.T) {
	m := NewMeter(48000)
	m.Add(sine(4800, 48000, 1000, 0.5))
	l := m.Read()
	near := func(what string, got float32, want, within float64) {
		if math.Abs(float64(got)-want) > within {
			t.Errorf("%s: got %.2f, want %.2f", what, got, want)
		}
	}
	near("RMS", l.RMS, -9.03, 0.1)
	near("peak", l.Peak, -6.02, 0.1)
	loudest := 0
	for b := range l.Bands {
		if l.Bands[b] > l.Bands[loudest] {
			loudest = b
		}
	}
	// 60 Hz to 16 kHz in 32 steps: 1 kHz lies in the seventeenth.
	if loudest != 16 {
		t.Errorf("1 kHz is loudest in band %d, want 16", loudest)
	}
	near("band", l.Bands[16], -6.02, 2)
	for b := range l.Bands {
		if (b < 13 || b > 19) && l.Bands[b] > -40 {
			t.Errorf("band %d: got %.1f dB of a sine elsewhere", b, l.Bands[b])
		}
	}
	if quiet := m.Read(); quiet.RMS != Floor || quiet.Peak != Floor {
		t.Errorf("nothing heard: got %.1f and %.1f, want %d", quiet.RMS, quiet.Peak, Floor)
	}
}

func TestHighPass(t *testing.T) {
	h := NewHighPass(16000, 80)
	for _, c := range []struct{ hz, min, max float64 }{{20, -30, -20}, {300, -0.2, 0.1}, {2000, -0.1, 0.1}} {
		h.Reset()
		s := sine(16000, 16000, c.hz, 1)
		h.Apply(s)
		var sum float64
		for _, v := range s[8000:] {
			sum += float64(v) * float64(v)
		}
		if g := 10 * math.Log10(2*sum/8000); g < c.min || g > c.max {
			t.Errorf("%g Hz: gain %.2f dB, want %g to %g", c.hz, g, c.min, c.max)
		}
	}
	bad := []float32{float32(math.NaN()), float32(math.Inf(1)), 0.5}
	h.Apply(bad)
	for i, v := range bad {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			t.Errorf("sample %d is %v", i, v)
		}
	}
}

// BenchmarkChain is what every source costs: 20 ms of 48 kHz through meter,
// filter and resampler, and the levels 30 times a second.
func BenchmarkChain(b *testing.B) {
	block := sine(960, 48000, 700, 0.3)
	work := make([]float32, 960)
	m, h := NewMeter(48000), NewHighPass(16000, 80)
	r, _ := NewResampler(48000, 16000)
	out := make([]float32, 0, 1024)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		copy(work, block)
		m.Add(work)
		out = r.Append(out[:0], work)
		h.Apply(out)
		if i%5 < 3 { // 30 of 50 frames
			m.Read()
		}
	}
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/20e6*100, "%core")
}
