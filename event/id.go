package event

import (
	"crypto/rand"
	"encoding/hex"
	"time"
)

// ID names an event, or the chain that it belongs to. IDs made here are UUIDv7
// (RFC 9562), so they sort by time; upstream's may be any text of up to
// MaxIDLen bytes.
type ID string

// MaxIDLen bounds an id in bytes. EventSub's are 36; some clients send longer
// ones of their own.
const MaxIDLen = 64

// NewID makes a UUIDv7 whose time is at, to the millisecond.
func NewID(at time.Time) ID {
	var b [16]byte
	rand.Read(b[6:]) // never fails: crypto/rand ends the program itself if the system cannot
	ms := uint64(max(at.UnixMilli(), 0))
	for i := range 6 {
		b[i] = byte(ms >> (40 - 8*i))
	}
	b[6] = b[6]&0x0f | 0x70
	b[8] = b[8]&0x3f | 0x80
	return ID(formatUUID(b))
}

// NewShortID makes the eight hex characters that name a connection and all that
// starts on it.
func NewShortID() ID {
	var b [4]byte
	rand.Read(b[:])
	return ID(hex.EncodeToString(b[:]))
}

// UUID returns the sixteen bytes of an id that is a UUID in canonical form
// (lower case, four dashes), so that it can be kept in less than half the space.
func (id ID) UUID() (b [16]byte, ok bool) {
	if len(id) != 36 || id[8] != '-' || id[13] != '-' || id[18] != '-' || id[23] != '-' {
		return b, false
	}
	n := 0
	for i := 0; i < 36; i++ {
		if id[i] == '-' {
			if i != 8 && i != 13 && i != 18 && i != 23 {
				return b, false
			}
			continue
		}
		d := hexDigit(id[i])
		if d < 0 {
			return b, false
		}
		b[n/2] = b[n/2]<<4 | byte(d)
		n++
	}
	return b, true
}

// IDFromUUID is the inverse of ID.UUID.
func IDFromUUID(b [16]byte) ID { return ID(formatUUID(b)) }

// Time returns when a UUIDv7 was made; ok is false for every other id.
func (id ID) Time() (t time.Time, ok bool) {
	b, ok := id.UUID()
	if !ok || b[6]>>4 != 7 {
		return t, false
	}
	var ms int64
	for i := range 6 {
		ms = ms<<8 | int64(b[i])
	}
	return time.UnixMilli(ms).UTC(), true
}

func hexDigit(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	}
	return -1
}

func formatUUID(b [16]byte) string {
	var s [36]byte
	hex.Encode(s[0:8], b[0:4])
	hex.Encode(s[9:13], b[4:6])
	hex.Encode(s[14:18], b[6:8])
	hex.Encode(s[19:23], b[8:10])
	hex.Encode(s[24:36], b[10:16])
	s[8], s[13], s[18], s[23] = '-', '-', '-', '-'
	return string(s[:])
}
