package event

import (
	"encoding/json"
	"errors"
	"fmt"
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

	decode func(members []byte, validate bool) (Payload, []FieldError)
}

// option sets a property of a catalogue line.
type option func(*Spec)

func critical(s *Spec)  { s.Critical = true }
func ephemeral(s *Spec) { s.Ephemeral = true }

// alert marks a type that can become an alert.
func alert(s *Spec) { s.Once, s.Critical = true, true }

// raw gives upstream's spelling.
func raw(name string) option { return func(s *Spec) { s.RawType = name } }

// validator is implemented by payloads with rules beyond the types of their
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
	return s, ok
}

var byType = func() map[Type]Spec {
	m := make(map[Type]Spec, len(catalogue))
	for _, s := range catalogue {
		m[s.Type] = s
	}
	return m
}()

// Critical reports whether the event must not wait for others on its way to a
// client.
func Critical(e Event) bool { return byType[e.Type].Critical }

// Stored reports whether the event is kept. Types that the catalogue does not
// know are.
func Stored(e Event) bool { return !byType[e.Type].Ephemeral }

// Once reports whether the event's id is unique in the store for ever, because
// it can become an alert.
func Once(e Event) bool { return byType[e.Type].Once }

// Validate reports everything that is wrong with a payload, sorted by field;
// nil means that it may be published.
func Validate(p Payload) error {
	v, ok := p.(validator)
	if !ok {
		return nil
	}
	bad := v.validate()
	if len(bad) == 0 {
		return nil
	}
	slices.SortStableFunc(bad, func(a, b FieldError) int { return strings.Compare(a.Field, b.Field) })
	return &InvalidError{p.EventType(), bad}
}

func decodePayload[P Payload](members []byte, validate bool) (Payload, []FieldError) {
	object := make([]byte, 0, len(members)+2)
	object = append(object, '{')
	object = append(object, members...)
	object = append(object, '}')
	var p P
	if err := json.Unmarshal(object, &p); err != nil {
		if !validate {
			// Written by a catalogue that knew other types of fields: keep it as it is.
			return Unknown{p.EventType(), members}, nil
		}
		return nil, []FieldError{fieldError(err)}
	}
	if v, ok := any(p).(validator); ok && validate {
		return p, v.validate()
	}
	return p, nil
}

// fieldError turns encoding/json's error into one that names the field.
func fieldError(err error) FieldError {
	var wrong *json.UnmarshalTypeError
	var when *time.ParseError
	switch {
	case errors.As(err, &wrong):
		return FieldError{wrong.Field, "must be " + jsonKind(wrong.Type) + ", not " + wrong.Value}
	case errors.As(err, &when):
		return FieldError{"timestamp fields", fmt.Sprintf("must be RFC 3339 times, not %s", when.Value)}
	}
	return FieldError{"event", strings.TrimPrefix(err.Error(), "json: ")}
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
		return "an object"
	default:
		return "a number"
	}
}
