package event

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Spec is all that the program knows about one type. Decoding, validation,
// routing, storage, documentation and the front end's types come from it.
type Spec struct {
	Type Type
	// RawType is upstream's spelling where it differs.
	RawType string
	Source  Source
	// Doc is one sentence for docs/EVENTS.md.
	Doc string
	// Critical events are never gathered with others on the way to a client.
	Critical bool
	// Ephemeral events are not stored.
	Ephemeral bool
	// Once marks the types that can become an alert: their ids are unique in the
	// store for ever, and they are committed at once instead of with a batch.
	Once bool
	// Example is a payload for documents, tests and the simulator.
	Example Payload
	// ExampleID names which one of the source the example comes from.
	ExampleID string

	decode func(ms []member, validate bool) (Payload, []FieldError)
}

// option sets a property of a catalogue line.
type option func(*Spec)

func critical(s *Spec)  { s.Critical = true }
func ephemeral(s *Spec) { s.Ephemeral = true }

// alert marks a type that can become an alert.
func alert(s *Spec) { s.Once, s.Critical = true, true }

// raw gives upstream's spelling.
func raw(name string) option { return func(s *Spec) { s.RawType = name } }

// validator is implemented by payloads with rules beyond the tags of their
// fields. It returns what is wrong, in any order.
type validator interface{ validate() []FieldError }

// line makes the catalogue's entry for one payload struct; example must be a
// value that Validate accepts.
func line[P Payload](source Source, doc string, example P, options ...option) Spec {
	s := Spec{Type: example.EventType(), Source: source, Doc: doc, Example: example, decode: decodePayload[P]}
	for _, o := range options {
		o(&s)
	}
	return s
}

// Catalogue lists every known type in the order of the documentation.
func Catalogue() []Spec { return slices.Clone(catalogue) }

// Lookup finds a type's entry. Payloads carry their own type, so an event that
// was made in the program can be looked up as well.
func Lookup(t Type) (Spec, bool) {
	s, ok := byType[t]
	if !ok {
		return Spec{}, false
	}
	return *s, true
}

var byType = func() map[Type]*Spec {
	m := make(map[Type]*Spec, len(catalogue))
	for i := range catalogue {
		m[catalogue[i].Type] = &catalogue[i]
	}
	return m
}()

// spec is the type's entry, an empty one if it has none.
func (t Type) spec() *Spec {
	if s, ok := byType[t]; ok {
		return s
	}
	return &noSpec
}

var noSpec Spec

// Critical reports whether the event must not wait for others on its way to a
// client.
func Critical(e Event) bool { return e.Type.spec().Critical }

// Stored reports whether the event is kept. Types that the catalogue does not
// know are.
func Stored(e Event) bool { return !e.Type.spec().Ephemeral }

// Once reports whether the event's id is unique in the store for ever, because
// it can become an alert.
func Once(e Event) bool { return e.Type.spec().Once }

// Validate reports everything that is wrong with a payload, sorted by field;
// nil means that it may be published.
func Validate(p Payload) error {
	bad := faults(p)
	if len(bad) == 0 {
		return nil
	}
	sortFields(bad)
	return &InvalidError{p.EventType(), bad}
}

// faults lists what breaks the rules of a payload's fields, and its own.
func faults(p Payload) (bad []FieldError) {
	if v := reflect.ValueOf(p); v.Kind() == reflect.Struct {
		if _, unknown := p.(Unknown); !unknown {
			checkFields(v, &bad)
		}
	}
	if v, ok := p.(validator); ok {
		bad = append(bad, v.validate()...)
	}
	return bad
}

func sortFields(bad []FieldError) {
	slices.SortStableFunc(bad, func(a, b FieldError) int { return strings.Compare(a.Field, b.Field) })
}

// DecodePayload reads what PayloadJSON wrote. It never fails: an object that an
// older catalogue wrote, with other types of fields, comes back as Unknown, and
// so does anything of a type that the catalogue does not have.
func DecodePayload(t Type, object []byte) Payload {
	ms, err := splitObject(object)
	if err != nil {
		return Unknown{kind: t}
	}
	if s, ok := byType[t]; ok {
		p, _ := s.decode(ms, false)
		return p
	}
	return Unknown{t, joinMembers(ms, "upstream_")}
}

func decodePayload[P Payload](ms []member, validate bool) (Payload, []FieldError) {
	var p P
	members := joinMembers(ms, "")
	if err := json.Unmarshal(braces(members), &p); err != nil {
		if !validate {
			return Unknown{p.EventType(), members}, nil
		}
		return nil, fieldErrors[P](ms)
	}
	if !validate {
		return p, nil
	}
	return p, faults(p)
}

// fieldErrors finds everything that is wrong with members that do not decode
// together, by decoding one at a time: encoding/json reports only the first.
func fieldErrors[P Payload](ms []member) (bad []FieldError) {
	var p P
	wrong := map[string]bool{}
	for _, m := range ms {
		if err := json.Unmarshal(braces(joinMembers([]member{m}, "")), &p); err != nil {
			f := fieldError(m.name, err)
			wrong[f.Field] = true
			bad = append(bad, f)
		}
	}
	for _, f := range faults(p) {
		if !wrong[f.Field] {
			bad = append(bad, f)
		}
	}
	return bad
}

func braces(members []byte) []byte {
	object := make([]byte, 0, len(members)+2)
	object = append(object, '{')
	object = append(object, members...)
	return append(object, '}')
}

// fieldError turns encoding/json's error with one member into one that names
// the field.
func fieldError(name string, err error) FieldError {
	var wrong *json.UnmarshalTypeError
	var when *time.ParseError
	switch {
	case errors.As(err, &wrong):
		what, _, _ := strings.Cut(wrong.Value, " ")
		return FieldError{fieldPath(name, wrong.Field), "must be " + jsonKind(wrong.Type) + ", not " + what}
	case errors.As(err, &when):
		return FieldError{name, "must be an RFC 3339 time such as 2026-11-24T20:00:00.000Z"}
	}
	return FieldError{name, strings.TrimPrefix(err.Error(), "json: ")}
}

// fieldPath takes the names of embedded structs, which no client knows, out of
// encoding/json's path.
func fieldPath(name, path string) string {
	parts := slices.DeleteFunc(strings.Split(path, "."), func(p string) bool {
		return p == "" || 'A' <= p[0] && p[0] <= 'Z'
	})
	if len(parts) == 0 {
		return name
	}
	return strings.Join(parts, ".")
}

func jsonKind(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.Struct, reflect.Map:
		if t == timeType {
			return "an RFC 3339 time"
		}
		return "an object"
	default:
		return "a number"
	}
}
