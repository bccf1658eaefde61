package event

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// MaxBytes bounds an event on the wire. What is larger is refused by Decode.
const MaxBytes = 100_000

// TimeFormat is how a time stands on the wire: RFC 3339, UTC, whole milliseconds.
const TimeFormat = "2006-01-02T15:04:05.000Z"

// coreFields are the names that no payload may use, in the order in which they
// stand on the wire.
var coreFields = []string{"id", "seq", "type", "timestamp", "correlation_id", "source", "source_id", "raw_type", "flags"}

// CoreFields lists the names of the envelope's own fields on the wire, in order.
// No payload field may have one of them.
func CoreFields() []string { return slices.Clone(coreFields) }

// AppendJSON appends the event's wire form: one flat JSON object with the core
// fields first and the payload's own fields after them. The members of an
// unknown type are appended as they came, byte for byte.
func (e Event) AppendJSON(dst []byte) []byte {
	dst = append(dst, `{"id":`...)
	dst = appendString(dst, string(e.ID))
	if e.Seq != 0 {
		// A Seq needs 61 bits, more than a JavaScript number has: it travels as text.
		dst = append(dst, `,"seq":"`...)
		dst = strconv.AppendUint(dst, e.Seq, 10)
		dst = append(dst, '"')
	}
	dst = append(dst, `,"type":`...)
	dst = appendString(dst, string(e.Type))
	dst = append(dst, `,"timestamp":"`...)
	dst = e.Time.UTC().AppendFormat(dst, TimeFormat)
	dst = append(dst, `","correlation_id":`...)
	dst = appendString(dst, string(e.chain()))
	dst = append(dst, `,"source":`...)
	dst = appendString(dst, string(e.Source))
	dst = append(dst, `,"source_id":`...)
	dst = appendString(dst, e.SourceID)
	dst = append(dst, `,"raw_type":`...)
	dst = appendString(dst, e.rawType())
	if e.Flags != 0 {
		dst = append(dst, `,"flags":`...)
		dst = e.Flags.appendJSON(dst)
	}
	// The payload's opening brace becomes the comma between its members and ours.
	comma := len(dst)
	if dst = e.appendPayload(dst, (*plan).append); len(dst) == comma+len("{}") {
		return append(dst[:comma], '}')
	}
	dst[comma] = ','
	return dst
}

// MarshalJSON is AppendJSON for encoding/json, which escapes HTML characters on
// top; use AppendJSON where bytes matter.
func (e Event) MarshalJSON() ([]byte, error) { return e.AppendJSON(nil), nil }

// PayloadJSON is the payload alone as a JSON object, "{}" when it has no fields.
func (e Event) PayloadJSON() []byte { return e.appendPayload(nil, (*plan).append) }

// SparseJSON is PayloadJSON without the fields that say nothing: empty text and
// lists, null, 0 and false. It decodes to the same payload, and a line of chat is a
// quarter shorter. An unknown type's payload is left as it is.
func (e Event) SparseJSON() []byte { return e.appendPayload(nil, (*plan).appendSparse) }

func (e Event) appendPayload(dst []byte, fields func(p *plan, dst []byte, v reflect.Value) ([]byte, error)) []byte {
	start := len(dst)
	v := reflect.ValueOf(e.Payload)
	var err error
	switch {
	case !v.IsValid():
		return append(dst, "{}"...)
	case v.Type() == unknownType:
		dst = append(dst, '{')
		dst = append(dst, e.Payload.(Unknown).members...)
		return append(dst, '}')
	case v.Kind() == reflect.Struct:
		dst, err = fields(planOf(v.Type()), dst, v)
	default:
		dst, err = appendAny(dst, v)
	}
	if err == nil && dst[start] != '{' {
		err = fmt.Errorf("a payload of type %T is not an object", e.Payload)
	}
	if err != nil {
		// A number that is not one, or a JSON value that is broken: what carries
		// every other event must not fall over it.
		dst = append(dst[:start], `{"encoding_error":`...)
		dst = append(appendString(dst, err.Error()), '}')
	}
	return dst
}

var unknownType = reflect.TypeFor[Unknown]()

func (e Event) chain() ID {
	if e.CorrelationID == "" {
		return e.ID
	}
	return e.CorrelationID
}

func (e Event) rawType() string {
	return cmp.Or(e.RawType, defaultRawType(e.Type))
}

// defaultRawType is what an empty RawType stands for: the catalogue's spelling,
// or the type.
func defaultRawType(t Type) string { return cmp.Or(t.spec().RawType, string(t)) }

var flagNames = []struct {
	flag Flags
	name string
}{{Test, "test"}, {Replay, "replay"}, {Backfill, "backfill"}}

// String lists the flags by name, separated by commas.
func (f Flags) String() string {
	var names []string
	for _, n := range flagNames {
		if f.Has(n.flag) {
			names = append(names, n.name)
		}
	}
	return strings.Join(names, ",")
}

func (f Flags) appendJSON(dst []byte) []byte {
	dst = append(dst, '[')
	for i, name := range strings.Split(f.String(), ",") {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, name)
	}
	return append(dst, ']')
}

// Unknown is the payload of a type that the catalogue does not have. It keeps
// its members as they came.
type Unknown struct {
	kind    Type
	members []byte // "k":v,"k":v
}

// EventType is the type that the sender gave.
func (u Unknown) EventType() Type { return u.kind }

// Members is the payload as a JSON object, as it came.
func (u Unknown) Members() json.RawMessage { return u.object() }

// MarshalJSON implements json.Marshaler.
func (u Unknown) MarshalJSON() ([]byte, error) { return u.object(), nil }

func (u Unknown) object() []byte {
	return braces(u.members)
}

// NewUnknown wraps a JSON object as the payload of a type without a catalogue
// entry. A member with a core field's name is kept as "upstream_<name>".
func NewUnknown(kind Type, object []byte) (Unknown, error) {
	ms, err := splitObject(object)
	if err != nil {
		return Unknown{}, err
	}
	return Unknown{kind, joinMembers(ms, "upstream_")}, nil
}

// FieldError says what is wrong with one field of an event or a command.
type FieldError struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

func (e FieldError) Error() string { return e.Field + " " + e.Message }

// InvalidError lists everything that is wrong with an event, sorted by field.
type InvalidError struct {
	Type   Type
	Fields []FieldError
}

func (e *InvalidError) Error() string {
	parts := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		parts[i] = f.Error()
	}
	what := string(e.Type)
	if what == "" {
		what = "event"
	}
	return what + ": " + strings.Join(parts, "; ")
}

// ErrNotObject is returned by Decode for JSON that is not one object, and for
// bytes that are not JSON.
var ErrNotObject = errors.New("not a JSON object")

// Decode reads an event's wire form. A missing id, timestamp, correlation id or
// source is filled in: a new id, now, the id, and the source of the type in the
// catalogue (Operator for an unknown type). What is there must be right: an
// *InvalidError names every field that is not. A type in the catalogue is
// validated by it; any other keeps its members as they are.
//
// Decode never changes an unknown type's payload: what AppendJSON made of it
// comes back byte for byte.
func Decode(data []byte, now time.Time) (Event, error) {
	return decode(data, now, true)
}

// DecodeStored is Decode for what this program itself has written: values that
// a newer catalogue would refuse are let through, since nothing that was
// remembered may be lost.
func DecodeStored(data []byte) (Event, error) {
	return decode(data, time.Time{}, false)
}

func decode(data []byte, now time.Time, validate bool) (Event, error) {
	var ev Event
	if len(data) > MaxBytes && validate {
		return ev, &InvalidError{Fields: []FieldError{{"event", fmt.Sprintf("has %d bytes, more than %d", len(data), MaxBytes)}}}
	}
	ms, err := splitObject(data)
	if err != nil {
		return ev, err
	}
	var bad []FieldError
	fail := func(field, format string, args ...any) {
		bad = append(bad, FieldError{field, fmt.Sprintf(format, args...)})
	}
	text := func(m member, limit int) string {
		s, ok := m.text()
		if !ok {
			fail(m.name, "must be text")
		} else if len(s) > limit {
			fail(m.name, "has %d bytes, more than %d", len(s), limit)
		}
		return s
	}
	payload := ms[:0:0]
	for _, m := range ms {
		if !isCore(m.name) {
			payload = append(payload, m)
			continue
		}
		if string(m.value) == "null" {
			continue // as good as missing
		}
		switch m.name {
		case "id":
			ev.ID = ID(text(m, MaxIDLen))
		case "seq":
			n, err := strconv.ParseUint(unquote(m.value), 10, 63)
			if err != nil {
				fail("seq", "must be a whole number")
			}
			ev.Seq = n
		case "type":
			ev.Type = Type(text(m, 100))
		case "timestamp":
			s := text(m, 64)
			t, err := time.Parse(time.RFC3339Nano, s)
			t = t.UTC()
			if s != "" && (err != nil || t.Year() < 1970 || t.Year() > 9999) {
				fail("timestamp", "must be an RFC 3339 time such as 2026-11-24T20:00:00.000Z")
			}
			ev.Time = t.Truncate(time.Millisecond)
		case "correlation_id":
			ev.CorrelationID = ID(text(m, MaxIDLen))
		case "source":
			ev.Source = Source(text(m, 20))
			if ev.Source != "" && !slices.Contains(Sources(), ev.Source) {
				fail("source", "must be one of %s", joinSources())
			}
		case "source_id":
			ev.SourceID = text(m, 255)
		case "raw_type":
			ev.RawType = text(m, 100)
		case "flags":
			ev.Flags = decodeFlags(m.value, fail)
		}
	}
	if ev.Type == "" {
		if !slices.ContainsFunc(bad, func(f FieldError) bool { return f.Field == "type" }) {
			fail("type", "is missing")
		}
	} else if !validType(ev.Type) {
		fail("type", "must be words of letters, digits, _ and - joined by dots, such as channel.follow")
	}
	if ev.RawType == defaultRawType(ev.Type) {
		ev.RawType = ""
	}
	spec, known := byType[ev.Type]
	if ev.ID == "" {
		ev.ID = NewID(now)
	}
	if ev.CorrelationID == "" {
		ev.CorrelationID = ev.ID
	}
	if ev.Time.IsZero() {
		ev.Time = now.UTC().Truncate(time.Millisecond)
	}
	if ev.Source == "" {
		ev.Source = Operator
		if known {
			ev.Source = spec.Source
		}
	}
	if known {
		p, fields := spec.decode(payload, validate)
		ev.Payload = p
		bad = append(bad, fields...)
	} else {
		ev.Payload = Unknown{ev.Type, joinMembers(payload, "")}
	}
	if len(bad) > 0 && validate {
		sortFields(bad)
		return Event{}, &InvalidError{ev.Type, bad}
	}
	if ev.Type == "" {
		return Event{}, &InvalidError{Fields: []FieldError{{"type", "is missing"}}}
	}
	return ev, nil
}

// validType accepts what upstreams and scripts use as a type and refuses what
// could not be a topic or a file name.
func validType(t Type) bool {
	for part := range strings.SplitSeq(string(t), ".") {
		if part == "" {
			return false
		}
		for _, r := range part {
			if !(r == '_' || r == '-' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z') {
				return false
			}
		}
	}
	return true
}

func decodeFlags(value []byte, fail func(field, format string, args ...any)) (f Flags) {
	var names []string
	if json.Unmarshal(value, &names) != nil {
		fail("flags", "must be a list of test, replay, backfill")
		return 0
	}
next:
	for _, name := range names {
		for _, n := range flagNames {
			if n.name == name {
				f |= n.flag
				continue next
			}
		}
		fail("flags", "has %q; want test, replay or backfill", name)
	}
	return f
}

func joinSources() string {
	s := Sources()
	names := make([]string, len(s))
	for i := range s {
		names[i] = string(s[i])
	}
	return strings.Join(names, ", ")
}

// member is one "key":value of an object, in the bytes in which it came.
type member struct {
	name  string // the key as it reads, without escapes
	key   []byte // with its quotes
	value []byte
}

// text is the value as text; ok is false if it is something else.
func (m member) text() (s string, ok bool) {
	if m.value[0] == '"' && bytes.IndexByte(m.value, '\\') < 0 {
		return unquote(m.value), true
	}
	err := json.Unmarshal(m.value, &s)
	return s, err == nil
}

// maxDepth bounds how deep an event is nested: SQLite's JSON functions give up
// at 1,000, and other clients' readers sooner.
const maxDepth = 500

// splitObject takes a JSON object apart without changing a byte of its members.
func splitObject(data []byte) ([]member, error) {
	if !utf8.Valid(data) {
		return nil, fmt.Errorf("%w: invalid UTF-8", ErrNotObject)
	}
	if !json.Valid(data) {
		return nil, ErrNotObject
	}
	// What follows relies on the bytes being valid JSON.
	i := skipSpace(data, 0)
	if data[i] != '{' {
		return nil, ErrNotObject
	}
	i = skipSpace(data, i+1)
	ms := make([]member, 0, 16)
	for data[i] != '}' {
		if data[i] == ',' {
			i = skipSpace(data, i+1)
		}
		end := skipString(data, i)
		m := member{key: data[i:end]}
		i = skipSpace(data, skipSpace(data, end)+1) // past the colon
		end, depth := skipValue(data, i)
		if depth > maxDepth {
			return nil, fmt.Errorf("%w: nested deeper than %d", ErrNotObject, maxDepth)
		}
		m.value = data[i:end]
		if m.name = unquote(m.key); strings.IndexByte(m.name, '\\') >= 0 {
			json.Unmarshal(m.key, &m.name) // valid, as said above
		}
		ms = append(ms, m)
		i = skipSpace(data, end)
	}
	return ms, nil
}

func skipSpace(data []byte, i int) int {
	for i < len(data) && (data[i] == ' ' || data[i] == '\n' || data[i] == '\t' || data[i] == '\r') {
		i++
	}
	return i
}

// skipString returns where the string that begins at i ends.
func skipString(data []byte, i int) int {
	for i++; data[i] != '"'; i++ {
		if data[i] == '\\' {
			i++
		}
	}
	return i + 1
}

// skipValue returns where the value that begins at i ends, and how deep it is.
func skipValue(data []byte, i int) (end, deepest int) {
	depth := 0
	for {
		switch data[i] {
		case '"':
			i = skipString(data, i)
		case '{', '[':
			depth++
			deepest = max(deepest, depth)
			i++
		case '}', ']':
			depth--
			i++
		default:
			i++
			if depth == 0 { // a number or a word: up to what cannot be in one
				for i < len(data) && !strings.ContainsRune(" \n\t\r,}", rune(data[i])) {
					i++
				}
			}
		}
		if depth == 0 {
			return i, deepest
		}
	}
}

func isCore(name string) bool { return slices.Contains(coreFields, name) }

// unquote takes the quotes of a JSON string away, if there are any.
func unquote(b []byte) string {
	if len(b) >= 2 && b[0] == '"' {
		b = b[1 : len(b)-1]
	}
	return string(b)
}

// joinMembers puts members together again, without braces, on one line: a line
// break inside a value becomes a space. One with a core field's name is given
// the prefix, or left out if there is none.
func joinMembers(ms []member, prefix string) []byte {
	size := 0
	for _, m := range ms {
		size += len(m.key) + len(m.value) + len(prefix) + 2
	}
	b := make([]byte, 0, size)
	for _, m := range ms {
		core := isCore(m.name)
		if core && prefix == "" {
			continue
		}
		if len(b) > 0 {
			b = append(b, ',')
		}
		if core {
			b = appendString(b, prefix+m.name)
		} else {
			b = append(b, m.key...)
		}
		b = append(b, ':')
		start := len(b)
		b = append(b, m.value...)
		for i, c := range b[start:] {
			if c == '\n' || c == '\r' { // in valid JSON only ever between values
				b[start+i] = ' '
			}
		}
	}
	return b
}

// marshal is json.Marshal without the escaping of HTML characters.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
