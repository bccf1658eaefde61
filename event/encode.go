package event

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"time"
	"unicode/utf8"
)

// An event is written at least twice, for clients and for the store, so its
// payload is appended by a plan of its struct instead of by encoding/json: the
// same bytes (a test compares them for every type) in about half of the time, with
// nothing left for the garbage collector.

// encoder appends one value.
type encoder func(dst []byte, v reflect.Value) ([]byte, error)

// encoderOf chooses how values of a type are written. It is asked once for each
// field of each struct.
func encoderOf(t reflect.Type) encoder {
	switch {
	case t == timeType:
		return appendTime
	case t == optionalType:
		return appendOptional
	case t.Kind() == reflect.Slice && t.Elem().Kind() != reflect.Uint8:
		// Of the lists only List writes itself: as is done here, nil as [].
		return listEncoder(encoderOf(t.Elem()), t.Implements(marshalerType))
	case t.Kind() == reflect.Pointer:
		return pointerEncoder(encoderOf(t.Elem()))
	case t.Implements(marshalerType):
		return appendAny
	}
	switch t.Kind() {
	case reflect.String:
		return func(dst []byte, v reflect.Value) ([]byte, error) { return appendString(dst, v.String()), nil }
	case reflect.Bool:
		return func(dst []byte, v reflect.Value) ([]byte, error) { return strconv.AppendBool(dst, v.Bool()), nil }
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return func(dst []byte, v reflect.Value) ([]byte, error) { return strconv.AppendInt(dst, v.Int(), 10), nil }
	case reflect.Float64:
		return func(dst []byte, v reflect.Value) ([]byte, error) { return appendFloat(dst, v.Float()) }
	case reflect.Struct:
		return planOf(t).append
	}
	return appendAny
}

// append appends a struct as an object.
func (p *plan) append(dst []byte, v reflect.Value) ([]byte, error) {
	return p.appendFields(dst, v, false)
}

// appendSparse leaves out the fields that hold nothing.
func (p *plan) appendSparse(dst []byte, v reflect.Value) ([]byte, error) {
	return p.appendFields(dst, v, true)
}

func (p *plan) appendFields(dst []byte, v reflect.Value, sparse bool) ([]byte, error) {
	if !p.plain {
		return appendAny(dst, v)
	}
	dst = append(dst, '{')
	first := true
	for i := range p.fields {
		f := &p.fields[i]
		fv := f.of(v)
		if f.omitEmpty && isEmpty(fv) || sparse && (fv.IsZero() || f.list && fv.Len() == 0) {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(dst, f.key...)
		var err error
		if dst, err = f.encode(dst, fv); err != nil {
			return dst, err
		}
	}
	return append(dst, '}'), nil
}

func pointerEncoder(encode encoder) encoder {
	return func(dst []byte, v reflect.Value) ([]byte, error) {
		if v.IsNil() {
			return append(dst, "null"...), nil
		}
		return encode(dst, v.Elem())
	}
}

func listEncoder(encode encoder, nilIsEmpty bool) encoder {
	return func(dst []byte, v reflect.Value) ([]byte, error) {
		if v.IsNil() && !nilIsEmpty {
			return append(dst, "null"...), nil
		}
		dst = append(dst, '[')
		for i := range v.Len() {
			if i > 0 {
				dst = append(dst, ',')
			}
			var err error
			if dst, err = encode(dst, v.Index(i)); err != nil {
				return dst, err
			}
		}
		return append(dst, ']'), nil
	}
}

func appendOptional(dst []byte, v reflect.Value) ([]byte, error) {
	if v.Len() == 0 {
		return append(dst, "null"...), nil
	}
	return appendString(dst, v.String()), nil
}

// appendAny leaves a value to encoding/json.
func appendAny(dst []byte, v reflect.Value) ([]byte, error) {
	b, err := marshal(v.Interface())
	return append(dst, b...), err
}

func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.String, reflect.Slice, reflect.Map:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}

func appendTime(dst []byte, v reflect.Value) ([]byte, error) {
	dst = append(dst, '"')
	dst, err := v.Interface().(time.Time).AppendText(dst)
	if err != nil {
		return dst, err
	}
	return append(dst, '"'), nil
}

// appendFloat writes a number as encoding/json and JavaScript do.
func appendFloat(dst []byte, f float64) ([]byte, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return dst, &json.UnsupportedValueError{Str: fmt.Sprint(f)}
	}
	format := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	dst = strconv.AppendFloat(dst, f, format, -1, 64)
	if n := len(dst); format == 'e' && n >= 4 && dst[n-4] == 'e' && (dst[n-3] == '-' || dst[n-3] == '+') && dst[n-2] == '0' {
		dst[n-2] = dst[n-1] // e-09 becomes e-9
		dst = dst[:n-1]
	}
	return dst, nil
}

const hexDigits = "0123456789abcdef"

// appendString writes text as encoding/json does without its escaping of HTML
// characters: pages set text, not markup, and chat is full of < and &.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c < utf8.RuneSelf {
			dst = append(dst, s[start:i]...)
			switch c {
			case '"', '\\':
				dst = append(dst, '\\', c)
			case '\b':
				dst = append(dst, `\b`...)
			case '\f':
				dst = append(dst, `\f`...)
			case '\n':
				dst = append(dst, `\n`...)
			case '\r':
				dst = append(dst, `\r`...)
			case '\t':
				dst = append(dst, `\t`...)
			default:
				dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
			}
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			dst = append(dst, s[start:i]...)
			dst = append(dst, `\ufffd`...)
			start = i + size
		case r == '\u2028' || r == '\u2029': // line ends in JavaScript source
			dst = append(dst, s[start:i]...)
			dst = append(dst, `\u202`...)
			dst = append(dst, hexDigits[r&0xf])
			start = i + size
		}
		i += size
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}
