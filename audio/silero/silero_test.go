package silero

import (
	"encoding/binary"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
)

// samples reads little-endian 16-bit mono.
func samples(t testing.TB, file string) []float32 {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pcm := make([]float32, len(raw)/2)
	for i := range pcm {
		pcm[i] = float32(int16(binary.LittleEndian.Uint16(raw[2*i:]))) / 32768
	}
	return pcm
}

// TestParity compares every window of a real voice with what ONNX Runtime makes
// of the original model. A wrong gate order, padding or context shows at once.
func TestParity(t *testing.T) {
	pcm := samples(t, "testdata/goforward.raw")
	text, err := os.ReadFile("testdata/goforward.onnx.txt")
	if err != nil {
		t.Fatal(err)
	}
	d := New()
	for i, line := range strings.Fields(string(text)) {
		want, err := strconv.ParseFloat(line, 64)
		if err != nil {
			t.Fatal(err)
		}
		got := float64(d.Speech(pcm[i*Window : (i+1)*Window]))
		if math.Abs(got-want) > 1e-5 {
			t.Fatalf("window %d: got %.7f, want %.7f", i, got, want)
		}
	}
}

// TestReset: a source that was away must not begin with the state it left with.
func TestReset(t *testing.T) {
	pcm := samples(t, "testdata/goforward.raw")
	d := New()
	first := d.Speech(pcm[20*Window : 21*Window])
	d.Speech(pcm[40*Window : 41*Window])
	d.Reset()
	if got := d.Speech(pcm[20*Window : 21*Window]); got != first {
		t.Errorf("after Reset got %v, want %v", got, first)
	}
}

// TestQuietAndBroken: silence, full scale and what a broken driver may send are
// not speech and do not poison the state.
func TestQuietAndBroken(t *testing.T) {
	d := New()
	w := make([]float32, Window)
	for range 50 {
		if p := d.Speech(w); p > 0.1 {
			t.Fatalf("silence: got %v", p)
		}
	}
	for i := range w {
		w[i] = 1
	}
	if p := d.Speech(w); math.IsNaN(float64(p)) {
		t.Error("full scale: got NaN")
	}
}

func BenchmarkSpeech(b *testing.B) {
	pcm := samples(b, "testdata/goforward.raw")
	d := New()
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		d.Speech(pcm[i : i+Window])
		if i += Window; i+Window > len(pcm) {
			i = 0
		}
	}
	// One window is 32 ms of sound.
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(32e6)*100, "%core")
}
