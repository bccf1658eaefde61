package audio

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// packet is one message of the owner's OBS audio plugin, taken apart.
type packet struct {
	stamp          uint64 // ns; epoch or monotonic, see stampClock
	rate, channels int
	sourceID, name string
	pcm            []float32
}

const packetHeader = 28

// errPacket is returned for every packet that cannot be sound; its text says why.
var errPacket = errors.New("bad audio packet")

// decodePacket reads the plugin's binary message: little-endian u64 time in ns,
// u32 sample rate, channels, bit depth, length of source id, length of source
// name; then both strings and interleaved PCM. Every length is checked against
// the message before it is used.
func decodePacket(b []byte) (packet, error) {
	if len(b) < packetHeader {
		return packet{}, fmt.Errorf("%w: %d bytes, the header has %d", errPacket, len(b), packetHeader)
	}
	p := packet{
		stamp:    binary.LittleEndian.Uint64(b),
		rate:     int(binary.LittleEndian.Uint32(b[8:])),
		channels: int(binary.LittleEndian.Uint32(b[12:])),
	}
	bits := int(binary.LittleEndian.Uint32(b[16:]))
	idLen, nameLen := uint64(binary.LittleEndian.Uint32(b[20:])), uint64(binary.LittleEndian.Uint32(b[24:]))
	if err := checkFormat(p.rate, p.channels, bits); err != nil {
		return packet{}, err
	}
	rest := b[packetHeader:]
	if idLen+nameLen > uint64(len(rest)) { // cannot overflow: both have 32 bits
		return packet{}, fmt.Errorf("%w: strings of %d and %d bytes in %d", errPacket, idLen, nameLen, len(rest))
	}
	p.sourceID, p.name = string(rest[:idLen]), string(rest[idLen:idLen+nameLen])
	return p, p.samples(rest[idLen+nameLen:], bits)
}

// decodeJSONPacket reads the plugin's other form, {"type":"audio_data"}. Its data
// is hex in practice and base64 in the plugin's own comment: both are tried. Its
// stamps have been µs and ms in different versions, so they are not used.
func decodeJSONPacket(b []byte) (packet, error) {
	var m struct {
		Format struct {
			SampleRate int `json:"sampleRate"`
			Channels   int `json:"channels"`
			BitDepth   int `json:"bitDepth"`
		} `json:"format"`
		SourceID   string `json:"sourceId"`
		SourceName string `json:"sourceName"`
		Data       string `json:"data"`
	}
	if err := json.Unmarshal(b, &m); err != nil {
		return packet{}, fmt.Errorf("%w: %v", errPacket, err)
	}
	p := packet{rate: m.Format.SampleRate, channels: m.Format.Channels, sourceID: m.SourceID, name: m.SourceName}
	if err := checkFormat(p.rate, p.channels, m.Format.BitDepth); err != nil {
		return packet{}, err
	}
	data, err := hex.DecodeString(m.Data)
	if err != nil {
		if data, err = base64.StdEncoding.DecodeString(m.Data); err != nil {
			return packet{}, fmt.Errorf("%w: data is neither hex nor base64", errPacket)
		}
	}
	return p, p.samples(data, m.Format.BitDepth)
}

func checkFormat(rate, channels, bits int) error {
	switch {
	case rate < 1 || rate > 192000:
		return fmt.Errorf("%w: sample rate %d, want 1 to 192000", errPacket, rate)
	case channels < 1 || channels > 8:
		return fmt.Errorf("%w: %d channels, want 1 to 8", errPacket, channels)
	case bits != 16 && bits != 32:
		return fmt.Errorf("%w: %d bits, want 16 or 32", errPacket, bits)
	}
	return nil
}

func (p *packet) samples(b []byte, bits int) error {
	if step := bits / 8 * p.channels; len(b)%step != 0 {
		return fmt.Errorf("%w: %d bytes of sound are not whole samples of %d", errPacket, len(b), step)
	}
	p.pcm = decodePCM(make([]float32, 0, len(b)/(bits/8)), b, bits, false)
	return nil
}

// stampClock turns a connection's stamps into the time of capture. OBS sends its
// monotonic clock, which counts from when the computer started: a stamp of less
// than 10^18 ns (2001) can only be that, and is placed by the offset seen when
// packets began to come. JSON packets have no stamp to trust: theirs is the
// arrival.
type stampClock struct {
	offset time.Duration // of wall time over the stamps
	seen   int
}

// offsetPackets is how many packets the offset is taken from: the one that came
// with the least delay tells best.
const offsetPackets = 50

func (c *stampClock) time(stamp uint64, arrival time.Time, sound time.Duration) time.Time {
	switch {
	case stamp == 0:
		return arrival.Add(-sound)
	case stamp >= 1e18 && stamp < 1<<63:
		return time.Unix(0, int64(stamp))
	case stamp >= 1<<62: // no clock counts so far
		return arrival.Add(-sound)
	}
	offset := time.Duration(arrival.Add(-sound).UnixNano() - int64(stamp))
	jumped := c.seen > 0 && (offset-c.offset > time.Minute || c.offset-offset > time.Minute)
	if c.seen == 0 || jumped || c.seen < offsetPackets && offset < c.offset {
		c.offset = offset
	}
	c.seen++
	return time.Unix(0, int64(stamp)).Add(c.offset)
}
