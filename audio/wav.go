package audio

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// encodeWAV makes a 16-bit mono WAV file of samples at 16 kHz.
func encodeWAV(pcm []float32) []byte {
	b := make([]byte, 44, 44+2*len(pcm))
	copy(b, "RIFF")
	binary.LittleEndian.PutUint32(b[4:], uint32(36+2*len(pcm)))
	copy(b[8:], "WAVEfmt ")
	binary.LittleEndian.PutUint32(b[16:], 16)
	binary.LittleEndian.PutUint16(b[20:], 1)
	binary.LittleEndian.PutUint16(b[22:], 1)
	binary.LittleEndian.PutUint32(b[24:], 16000)
	binary.LittleEndian.PutUint32(b[28:], 32000)
	binary.LittleEndian.PutUint16(b[32:], 2)
	binary.LittleEndian.PutUint16(b[34:], 16)
	copy(b[36:], "data")
	binary.LittleEndian.PutUint32(b[40:], uint32(2*len(pcm)))
	for _, v := range pcm {
		b = binary.LittleEndian.AppendUint16(b, uint16(int16(math.Round(float64(max(-1, min(1, v)))*32767))))
	}
	return b
}

// wavFormat is what a WAV file's header says.
type wavFormat struct {
	rate, channels, bits int
	float                bool
}

// errWAV is returned for a file that is not a WAV file with PCM in it.
var errWAV = errors.New("not a WAV file with PCM")

// readWAVHeader reads up to the first sample. A size of the data that is 0 or
// all ones, as programs that write to a pipe leave it, means until the end.
func readWAVHeader(r io.Reader) (f wavFormat, data int64, err error) {
	var head [12]byte
	if _, err := io.ReadFull(r, head[:]); err != nil || string(head[:4]) != "RIFF" || string(head[8:]) != "WAVE" {
		return f, 0, errWAV
	}
	for {
		var chunk [8]byte
		if _, err := io.ReadFull(r, chunk[:]); err != nil {
			return f, 0, fmt.Errorf("%w: no data in it", errWAV)
		}
		size := int64(binary.LittleEndian.Uint32(chunk[4:]))
		switch string(chunk[:4]) {
		case "fmt ":
			if size < 16 || size > 4096 {
				return f, 0, fmt.Errorf("%w: format of %d bytes", errWAV, size)
			}
			b := make([]byte, size+size%2)
			if _, err := io.ReadFull(r, b); err != nil {
				return f, 0, fmt.Errorf("%w: %v", errWAV, err)
			}
			kind := binary.LittleEndian.Uint16(b)
			if kind == 0xfffe && size >= 26 { // extensible: the real format follows
				kind = binary.LittleEndian.Uint16(b[24:])
			}
			f = wavFormat{
				rate:     int(binary.LittleEndian.Uint32(b[4:])),
				channels: int(binary.LittleEndian.Uint16(b[2:])),
				bits:     int(binary.LittleEndian.Uint16(b[14:])),
				float:    kind == 3,
			}
			ok := kind == 1 && (f.bits == 16 || f.bits == 24 || f.bits == 32) || kind == 3 && f.bits == 32
			if !ok || f.rate < 1 || f.rate > 192000 || f.channels < 1 || f.channels > 8 {
				return f, 0, fmt.Errorf("%w of 16, 24 or 32 bits: format %d, %d bits, %d Hz, %d channels", errWAV, kind, f.bits, f.rate, f.channels)
			}
		case "data":
			if f.rate == 0 {
				return f, 0, fmt.Errorf("%w: data before its format", errWAV)
			}
			if size == 0 || size == 0xffffffff {
				size = math.MaxInt64
			}
			return f, size, nil
		default:
			if _, err := io.CopyN(io.Discard, r, size+size%2); err != nil {
				return f, 0, fmt.Errorf("%w: %v", errWAV, err)
			}
		}
	}
}

// decodePCM turns whole samples into -1 to 1 and appends them to dst.
func decodePCM(dst []float32, b []byte, bits int, float bool) []float32 {
	switch {
	case float:
		for ; len(b) >= 4; b = b[4:] {
			dst = append(dst, math.Float32frombits(binary.LittleEndian.Uint32(b)))
		}
	case bits == 16:
		for ; len(b) >= 2; b = b[2:] {
			dst = append(dst, float32(int16(binary.LittleEndian.Uint16(b)))/(1<<15))
		}
	case bits == 24:
		for ; len(b) >= 3; b = b[3:] {
			v := int32(b[0])<<8 | int32(b[1])<<16 | int32(b[2])<<24
			dst = append(dst, float32(v)/(1<<31))
		}
	case bits == 32:
		for ; len(b) >= 4; b = b[4:] {
			dst = append(dst, float32(int32(binary.LittleEndian.Uint32(b)))/(1<<31))
		}
	}
	return dst
}
