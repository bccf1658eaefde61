package audio

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func packetBytes(stamp uint64, rate, channels, bits uint32, id, name string, pcm []byte) []byte {
	var b []byte
	b = binary.LittleEndian.AppendUint64(b, stamp)
	for _, v := range []uint32{rate, channels, bits, uint32(len(id)), uint32(len(name))} {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	return append(append(append(b, id...), name...), pcm...)
}

func TestDecodePacket(t *testing.T) {
	pcm := []byte{0, 0x40, 0, 0xc0, 0xff, 0x7f, 0, 0x80}
	p, err := decodePacket(packetBytes(123, 48000, 2, 16, "Mic/Aux", "Mic é", pcm))
	if err != nil {
		t.Fatal(err)
	}
	if p.stamp != 123 || p.rate != 48000 || p.channels != 2 || p.sourceID != "Mic/Aux" || p.name != "Mic é" {
		t.Errorf("got %+v", p)
	}
	if want := []float32{0.5, -0.5, 32767.0 / 32768, -1}; fmt.Sprint(p.pcm) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", p.pcm, want)
	}
	huge := packetBytes(0, 48000, 2, 16, "", "", nil)
	binary.LittleEndian.PutUint32(huge[20:], 0xffffffff)
	binary.LittleEndian.PutUint32(huge[24:], 0xffffffff)
	for name, b := range map[string][]byte{
		"empty":          nil,
		"short":          make([]byte, 27),
		"rate 0":         packetBytes(0, 0, 2, 16, "a", "a", nil),
		"rate too high":  packetBytes(0, 192001, 2, 16, "a", "a", nil),
		"no channels":    packetBytes(0, 48000, 0, 16, "a", "a", nil),
		"nine channels":  packetBytes(0, 48000, 9, 16, "a", "a", nil),
		"24 bits":        packetBytes(0, 48000, 2, 24, "a", "a", nil),
		"strings of 8 G": huge,
		"half a sample":  packetBytes(0, 48000, 2, 16, "a", "a", make([]byte, 6)),
	} {
		if _, err := decodePacket(b); !errors.Is(err, errPacket) {
			t.Errorf("%s: got %v, want a bad packet", name, err)
		}
	}
	if p, err := decodePacket(packetBytes(0, 16000, 1, 32, "", "", []byte{0, 0, 0, 0x40})); err != nil || p.pcm[0] != 0.5 {
		t.Errorf("32 bits: got %v, %v", p.pcm, err)
	}
	if _, err := decodePacket(packetBytes(0, 16000, 1, 16, "m", "m", nil)); err != nil {
		t.Errorf("no sound in it: %v", err)
	}
}

func TestDecodeJSONPacket(t *testing.T) {
	pcm := []byte{0, 0x40, 0, 0xc0}
	for name, data := range map[string]string{"hex": hex.EncodeToString(pcm), "base64": base64.StdEncoding.EncodeToString(pcm)} {
		p, err := decodeJSONPacket(fmt.Appendf(nil, `{"type":"audio_data","timestamp":1,"format":{"sampleRate":48000,"channels":1,"bitDepth":16},"sourceId":"m","sourceName":"Mic","data":%q}`, data))
		if err != nil || len(p.pcm) != 2 || p.pcm[0] != 0.5 || p.name != "Mic" {
			t.Errorf("%s: got %+v, %v", name, p, err)
		}
	}
	for _, bad := range []string{``, `{}`, `{"format":{"sampleRate":48000,"channels":1,"bitDepth":16},"data":"%%"}`, `{"format":{"sampleRate":"x"}}`, `{"format":{"sampleRate":48000,"channels":1,"bitDepth":16},"data":"00"}`} {
		if _, err := decodeJSONPacket([]byte(bad)); !errors.Is(err, errPacket) {
			t.Errorf("%q: got %v, want a bad packet", bad, err)
		}
	}
}

// TestStampClock: after 11.57 days of uptime the system before this one took
// OBS's monotonic clock for an epoch, and texts were stored in January 1970.
func TestStampClock(t *testing.T) {
	arrival := time.Date(2026, 11, 24, 20, 0, 0, 0, time.UTC)
	uptime := 20 * 24 * time.Hour
	var c stampClock
	for i := range 1000 {
		captured := arrival.Add(time.Duration(i) * 10 * time.Millisecond)
		delay := 10*time.Millisecond + time.Duration(i%5)*8*time.Millisecond
		got := c.time(uint64(uptime+time.Duration(i)*10*time.Millisecond), captured.Add(delay), 10*time.Millisecond)
		if d := got.Sub(captured); i > 5 && (d < -time.Millisecond || d > 40*time.Millisecond) {
			t.Fatalf("packet %d: %v off", i, d)
		}
	}
	c = stampClock{}
	epoch := arrival.Add(-30 * time.Millisecond)
	if got := c.time(uint64(epoch.UnixNano()), arrival, 10*time.Millisecond); !got.Equal(epoch) {
		t.Errorf("epoch stamp: got %v, want %v", got, epoch)
	}
	if got := c.time(0, arrival, 10*time.Millisecond); !got.Equal(arrival.Add(-10 * time.Millisecond)) {
		t.Errorf("no stamp: got %v", got)
	}
}

func TestWAV(t *testing.T) {
	want := []float32{0, 0.5, -0.5, 0.999}
	b := encodeWAV(want)
	f, n, err := readWAVHeader(bytes.NewReader(b))
	if err != nil || f != (wavFormat{16000, 1, 16, false}) || n != 8 {
		t.Fatalf("got %+v, %d, %v", f, n, err)
	}
	for i, v := range decodePCM(nil, b[44:], 16, false) {
		if d := v - want[i]; d > 1e-4 || d < -1e-4 {
			t.Errorf("sample %d: got %v, want %v", i, v, want[i])
		}
	}
	for _, bad := range []string{"", "RIFF", "RIFFxxxxWAVE", "RIFFxxxxWAVEdata\x00\x00\x00\x00", "RIFFxxxxWAVEfmt \xff\xff\xff\xff", strings.Repeat("x", 100)} {
		if _, _, err := readWAVHeader(strings.NewReader(bad)); !errors.Is(err, errWAV) {
			t.Errorf("%q: got %v, want not a WAV file", bad, err)
		}
	}
}

func FuzzPacket(f *testing.F) {
	f.Add(packetBytes(1, 48000, 2, 16, "mic", "mic", make([]byte, 8)))
	f.Add([]byte(`{"type":"audio_data","format":{"sampleRate":48000,"channels":1,"bitDepth":16},"data":"0000"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, decode := range []func([]byte) (packet, error){decodePacket, decodeJSONPacket} {
			if p, err := decode(b); err == nil && (p.channels < 1 || len(p.pcm)%p.channels != 0 || len(p.pcm) > len(b)) {
				t.Errorf("%d channels, %d samples of %d bytes", p.channels, len(p.pcm), len(b))
			}
		}
	})
}

func FuzzWAV(f *testing.F) {
	f.Add(encodeWAV([]float32{0, 1}))
	f.Fuzz(func(t *testing.T, b []byte) {
		if w, _, err := readWAVHeader(bytes.NewReader(b)); err == nil && (w.rate < 1 || w.channels < 1) {
			t.Errorf("got %+v", w)
		}
	})
}

// flacFile is a file whose header says so many channels of a rate, and nothing in
// it.
func flacFile(rate uint32, channels, bits byte) []byte {
	b := append([]byte("fLaC\x80\x00\x00\x22"), 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0)
	b = append(b, byte(rate>>12), byte(rate>>4), byte(rate<<4)|(channels-1)<<1|(bits-1)>>4, (bits-1)<<4, 0, 0, 0, 0)
	return append(b, make([]byte, 16)...)
}

// FuzzFLAC: whatever a file says of itself, each read gives at most what was asked
// for and a frame is all that is held.
func FuzzFLAC(f *testing.F) {
	f.Add(flacFile(192000, 8, 24))
	f.Add(append(flacFile(44100, 8, 16), 0xff, 0xf8, 0x79, 0x78, 0, 0xff, 0xff, 0))
	f.Fuzz(func(t *testing.T, b []byte) {
		rate, channels, next, err := openFLAC(bufio.NewReader(bytes.NewReader(b)))
		if err != nil {
			return
		}
		if rate < 1 || channels < 1 || channels > 8 {
			t.Fatalf("%d Hz, %d channels", rate, channels)
		}
		for range 10 {
			pcm, err := next(rate/50 + 1)
			if len(pcm)%channels != 0 || len(pcm) > channels*(rate/50+1+65535) {
				t.Errorf("%d samples of %d channels", len(pcm), channels)
			}
			if err != nil {
				return
			}
		}
	})
}
