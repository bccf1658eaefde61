package hub

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"slices"
	"unicode/utf8"
)

// form is one of the two shapes of a Phoenix message.
type form int32

const (
	objects form = iota // {"topic","event","payload","ref","join_ref"}: vsn 1.0.0, or none
	arrays              // [join_ref, ref, topic, event, payload]: vsn 2.0.0
	forms
)

// message is what one WebSocket message says.
type message struct {
	joinRef, ref json.RawMessage // a string or a number as it came; nil for null
	topic, event string
	payload      json.RawMessage // JSON; an object if there was none
}

const (
	maxName = 255 // bytes of a topic and of an event's name
	maxRef  = 64  // bytes of a ref
)

var (
	errMalformed = errors.New("message must be [join_ref, ref, topic, event, payload] or {topic, event, payload, ref}")
	errNotUTF8   = errors.New("message must be UTF-8 text")
	errName      = errors.New("topic and event must be text of 1 to 255 bytes")
)

// decodeMessage reads a message in either form and says in which it was. An odd
// ref (an object, say) is taken as none: the answer then has none either.
func decodeMessage(data []byte) (message, form, error) {
	var m message
	f := objects
	if !utf8.Valid(data) {
		return m, f, errNotUTF8
	}
	var joinRef, ref, topic, name json.RawMessage
	if t := bytes.TrimLeft(data, " \t\r\n"); len(t) > 0 && t[0] == '[' {
		f = arrays
		var parts []json.RawMessage
		if err := json.Unmarshal(data, &parts); err != nil || len(parts) < 4 || len(parts) > 5 {
			return m, f, errMalformed
		}
		joinRef, ref, topic, name = parts[0], parts[1], parts[2], parts[3]
		if len(parts) == 5 {
			m.payload = parts[4]
		}
	} else {
		var o struct {
			Topic   json.RawMessage `json:"topic"`
			Event   json.RawMessage `json:"event"`
			Payload json.RawMessage `json:"payload"`
			Ref     json.RawMessage `json:"ref"`
			JoinRef json.RawMessage `json:"join_ref"`
		}
		if err := json.Unmarshal(data, &o); err != nil {
			return m, f, errMalformed
		}
		joinRef, ref, topic, name, m.payload = o.JoinRef, o.Ref, o.Topic, o.Event, o.Payload
	}
	m.joinRef, m.ref = validRef(joinRef), validRef(ref)
	if json.Unmarshal(topic, &m.topic) != nil || json.Unmarshal(name, &m.event) != nil ||
		m.topic == "" || m.event == "" || len(m.topic) > maxName || len(m.event) > maxName {
		return m, f, errName
	}
	if len(m.payload) == 0 || string(m.payload) == "null" {
		m.payload = json.RawMessage("{}")
	}
	return m, f, nil
}

func validRef(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 || len(raw) > maxRef {
		return nil
	}
	switch c := raw[0]; {
	case c == '"', c == '-', '0' <= c && c <= '9':
		return raw
	}
	return nil
}

// appendMessage writes a message in the given form as one WebSocket text
// message, header and all, ready for the wire. Payload must be JSON.
func appendMessage(dst []byte, f form, joinRef, ref json.RawMessage, topic, event string, payload []byte) []byte {
	start := len(dst)
	dst = append(dst, make([]byte, maxHeader)...)
	if f == arrays {
		dst = append(dst, '[')
		dst = append(appendRef(dst, joinRef), ',')
		dst = append(appendRef(dst, ref), ',')
		dst = append(appendText(dst, topic), ',')
		dst = append(appendText(dst, event), ',')
		dst = append(append(dst, payload...), ']')
	} else {
		dst = appendText(append(dst, `{"topic":`...), topic)
		dst = appendText(append(dst, `,"event":`...), event)
		dst = append(append(dst, `,"payload":`...), payload...)
		dst = appendRef(append(dst, `,"ref":`...), ref)
		dst = append(appendRef(append(dst, `,"join_ref":`...), joinRef), '}')
	}
	return frame(dst, start, opText)
}

func appendRef(dst []byte, ref json.RawMessage) []byte {
	if ref == nil {
		return append(dst, "null"...)
	}
	return append(dst, ref...)
}

// appendText writes a JSON string. Names of our own need no escaping.
func appendText(dst []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c >= 0x7f || c == '"' || c == '\\' {
			b, _ := json.Marshal(s) // a string can always be marshalled
			return append(dst, b...)
		}
	}
	return append(append(append(dst, '"'), s...), '"')
}

// Opcodes of RFC 6455.
const (
	opText  = 1
	opClose = 8
	opPing  = 9
	opPong  = 10
)

// maxHeader is the longest header of a message that a server sends.
const maxHeader = 10

// frame puts the WebSocket header into the maxHeader bytes kept free at start,
// for the message that follows them, and closes the hole a shorter one leaves.
// What a server sends is not masked, so the same bytes serve every client.
func frame(dst []byte, start int, opcode byte) []byte {
	var header [maxHeader]byte
	n := len(dst) - start - maxHeader
	h := append(header[:0], 0x80|opcode)
	switch {
	case n < 126:
		h = append(h, byte(n))
	case n < 1<<16:
		h = binary.BigEndian.AppendUint16(append(h, 126), uint16(n))
	default:
		h = binary.BigEndian.AppendUint64(append(h, 127), uint64(n))
	}
	copy(dst[start:], h)
	return slices.Delete(dst, start+len(h), start+maxHeader)
}

// control makes a whole control message.
func control(opcode byte, body []byte) []byte {
	return frame(append(make([]byte, maxHeader), body...), 0, opcode)
}

// closeMessage makes the message that ends a connection, with its code.
func closeMessage(code int, reason string) []byte {
	return control(opClose, append(binary.BigEndian.AppendUint16(nil, uint16(code)), reason...))
}
