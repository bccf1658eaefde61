package hub

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"landale/event"
)

// Field is one member of a command's payload and the rules for it.
type Field struct {
	Name string
	// Kind is text, number, integer, boolean, object, list, time or any. A time is
	// RFC 3339; an integer may come as text, since the original took both.
	Kind     string
	Required bool
	// Null says that null is a value of its own; elsewhere it stands for missing.
	Null bool
	// Min and Max bound a number, or the characters of a text; both 0 is no bound.
	Min, Max float64
	// Over is a bound that a number must exceed.
	Over *float64
	// Numeric takes a number that comes as text.
	Numeric bool
	// OneOf lists the values of a text.
	OneOf []string
	Doc   string
}

// members takes a payload apart; what is not an object is an error.
func members(payload json.RawMessage) (map[string]json.RawMessage, error) {
	var o map[string]json.RawMessage
	if err := json.Unmarshal(payload, &o); err != nil || o == nil {
		return nil, &Error{Code: "invalid_payload", Message: "payload must be an object"}
	}
	return o, nil
}

// validate reports everything that is wrong with a payload, sorted by field.
func (c *Command) validate(payload json.RawMessage) error {
	if c.Free {
		return nil
	}
	o, err := members(payload)
	if err != nil {
		return err
	}
	var bad []event.FieldError
	for _, f := range c.Fields {
		raw, ok := o[f.Name]
		if ok && string(raw) == "null" && !f.Null {
			ok = false
		}
		if !ok {
			if f.Required {
				bad = append(bad, event.FieldError{Field: f.Name, Message: "is required"})
			}
			continue
		}
		if problem := f.check(raw); problem != "" {
			bad = append(bad, event.FieldError{Field: f.Name, Message: problem})
		}
	}
	if c.check != nil {
		bad = append(bad, c.check(o)...)
	}
	if len(bad) == 0 {
		return nil
	}
	slices.SortStableFunc(bad, func(a, b event.FieldError) int { return strings.Compare(a.Field, b.Field) })
	return invalidFields("validation_failed", c.Name+": the payload is not valid", bad)
}

func (f Field) check(raw json.RawMessage) string {
	if f.Null && string(raw) == "null" {
		return ""
	}
	switch f.Kind {
	case "text", "time":
		var s string
		if json.Unmarshal(raw, &s) != nil {
			return "must be text"
		}
		if f.Kind == "time" {
			if _, err := time.Parse(time.RFC3339Nano, s); err != nil {
				return "must be an RFC 3339 time such as 2026-11-24T20:00:00.000Z"
			}
			return ""
		}
		if len(f.OneOf) > 0 && !slices.Contains(f.OneOf, s) {
			return "must be one of " + strings.Join(f.OneOf, ", ")
		}
		n := float64(utf8.RuneCountInString(s))
		if (f.Min > 0 || f.Max > 0) && (n < f.Min || f.Max > 0 && n > f.Max) {
			if n == 0 {
				return "must not be empty"
			}
			return fmt.Sprintf("must have %v to %v characters", f.Min, f.Max)
		}
	case "number", "integer":
		n, ok := number(raw, f.Numeric || f.Kind == "integer")
		if !ok {
			return "must be a number"
		}
		if f.Kind == "integer" && n != math.Trunc(n) {
			return "must be a whole number"
		}
		if f.Over != nil && n <= *f.Over {
			return fmt.Sprintf("must be more than %v", *f.Over)
		}
		if (f.Min != 0 || f.Max != 0) && (n < f.Min || f.Max != 0 && n > f.Max) {
			if f.Max == 0 {
				return fmt.Sprintf("must be at least %v", f.Min)
			}
			return fmt.Sprintf("must be from %v to %v", f.Min, f.Max)
		}
	case "boolean":
		if s := string(raw); s != "true" && s != "false" {
			return "must be true or false"
		}
	case "object":
		if raw[0] != '{' {
			return "must be an object"
		}
	case "list":
		if raw[0] != '[' {
			return "must be a list"
		}
	}
	return ""
}

// number reads a finite number, or one that stands in a string.
func number(raw json.RawMessage, text bool) (float64, bool) {
	s := string(raw)
	if text && len(s) > 1 && s[0] == '"' {
		if json.Unmarshal(raw, &s) != nil {
			return 0, false
		}
		s = strings.TrimSpace(s)
	} else if len(s) == 0 || s[0] != '-' && (s[0] < '0' || s[0] > '9') {
		return 0, false
	}
	n, err := strconv.ParseFloat(s, 64)
	return n, err == nil && !math.IsInf(n, 0) && !math.IsNaN(n)
}

// jsonProblem says what is wrong with JSON in a client's words.
func jsonProblem(err error) string {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		if wrong.Field == "" {
			return "must be an object, not " + wrong.Value
		}
		return wrong.Field + " must not be " + wrong.Value
	}
	return string(bytes.TrimPrefix([]byte(err.Error()), []byte("json: ")))
}
