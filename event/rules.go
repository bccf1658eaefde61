package event

import (
	"cmp"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// A payload's fields say their limits in a tag, which validation and the
// documents read:
//
//	required    text or a time that is not empty
//	digits      only digits (ids of Twitch), or empty
//	login       a Twitch login, or empty
//	tier        1000, 2000 or 3000
//	positive    a number above 0
//	min=N       a number of at least N
//	unit        a number from 0 to 1
//	max=N       text of at most N runes, a list of at most N items
//	oneof=a|b   one of these words
//	free        text as somebody typed it: any length, any character
//
// Text without max or free has at most defaultMax runes and no control bytes
// below 5, so that a broken sender is noticed; what people type is never refused
// for its length. A null is not looked at.
const defaultMax = 1000

// maxList bounds every list without a max of its own: an event's bytes are
// bounded too, so this only keeps a sender's mistake from every page.
const maxList = 1000

// checkFields appends what breaks a rule anywhere in a struct.
func checkFields(v reflect.Value, bad *[]FieldError) {
	p := planOf(v.Type())
	for i := range p.fields {
		f := &p.fields[i]
		before := len(*bad)
		checkValue(f.of(v), &f.rule, bad)
		for j := before; j < len(*bad); j++ {
			(*bad)[j].Field = joinPath(f.name, (*bad)[j].Field)
		}
	}
}

// checkValue appends what is wrong with a value; the path in a FieldError is
// what lies below the value.
func checkValue(v reflect.Value, r *rule, bad *[]FieldError) {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return
		}
		v = v.Elem()
	}
	fault := ""
	switch {
	case v.Type() == timeType:
		if r.required && v.Interface().(time.Time).IsZero() {
			fault = "is missing"
		}
	case v.Kind() == reflect.String:
		fault = r.text(v.String())
	case v.CanInt():
		fault = r.number(float64(v.Int()))
	case v.CanFloat():
		fault = r.number(v.Float())
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() != reflect.Uint8:
		if limit := cmp.Or(r.max, maxList); v.Len() > limit {
			fault = fmt.Sprintf("has %d items, more than %d", v.Len(), limit)
			break
		}
		for i := range v.Len() {
			before := len(*bad)
			checkValue(v.Index(i), &noRule, bad)
			for j := before; j < len(*bad); j++ {
				(*bad)[j].Field = joinPath(strconv.Itoa(i), (*bad)[j].Field)
			}
		}
	case v.Kind() == reflect.Struct:
		checkFields(v, bad)
	}
	if fault != "" {
		*bad = append(*bad, FieldError{"", fault})
	}
}

func joinPath(name, rest string) string {
	if rest == "" {
		return name
	}
	return name + "." + rest
}

// rule is a tag, taken apart.
type rule struct {
	required, digits, login, tier, positive, unit, free bool
	min                                                 *float64
	max                                                 int // 0: none
	oneOf                                               []string
}

var noRule rule

// parseRule leaves out what it does not know; a test finds such tags.
func parseRule(tag string) (r rule) {
	for word := range strings.SplitSeq(tag, ",") {
		name, value, _ := strings.Cut(word, "=")
		switch name {
		case "required":
			r.required = true
		case "digits":
			r.digits = true
		case "login":
			r.login = true
		case "tier":
			r.tier, r.required = true, true
		case "positive":
			r.positive = true
		case "unit":
			r.unit = true
		case "free":
			r.free = true
		case "min":
			if n, err := strconv.ParseFloat(value, 64); err == nil {
				r.min = &n
			}
		case "max":
			r.max, _ = strconv.Atoi(value)
		case "oneof":
			r.oneOf = strings.Split(value, "|")
		}
	}
	return r
}

// text says what is wrong with text, "" if nothing is.
func (r *rule) text(s string) string {
	if s == "" {
		if r.required {
			return "is missing"
		}
		return ""
	}
	if !r.free {
		// A text has at most as many characters as bytes: most need not be counted.
		if limit := cmp.Or(r.max, defaultMax); len(s) > limit {
			if n := utf8.RuneCountInString(s); n > limit {
				return fmt.Sprintf("has %d characters, more than %d", n, limit)
			}
		}
		for i := range len(s) {
			if s[i] < 5 {
				return "has control characters"
			}
		}
	}
	switch {
	case r.digits && strings.Trim(s, "0123456789") != "":
		return "must be digits"
	case r.login && !validLogin(s):
		return "must be 1 to 25 letters, digits or _"
	case r.tier && s != "1000" && s != "2000" && s != "3000":
		return "must be 1000, 2000 or 3000"
	case r.oneOf != nil && !slices.Contains(r.oneOf, s):
		return "must be one of " + strings.Join(r.oneOf, ", ")
	}
	return ""
}

// number says what is wrong with a number, "" if nothing is.
func (r *rule) number(n float64) string {
	switch {
	case math.IsNaN(n) || math.IsInf(n, 0):
		return "must be a number"
	case r.positive && n <= 0:
		return "must be more than 0"
	case r.unit && (n < 0 || n > 1):
		return "must be from 0 to 1"
	case r.min != nil && n < *r.min:
		return fmt.Sprintf("must be at least %v", *r.min)
	}
	return ""
}

func validLogin(s string) bool {
	if len(s) > 25 {
		return false
	}
	for _, r := range s {
		if !(r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z') {
			return false
		}
	}
	return true
}

// namedUnless wants a user wherever nobody asked to stay anonymous.
func namedUnless(anonymous bool, u MaybeUser) (bad []FieldError) {
	if anonymous {
		return nil
	}
	for _, f := range []struct{ name, value string }{
		{"user_id", string(u.UserID)}, {"user_login", string(u.UserLogin)}, {"user_name", string(u.UserName)},
	} {
		if f.value == "" {
			bad = append(bad, FieldError{f.name, "is missing"})
		}
	}
	return bad
}
