package event

import (
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
//	required    text, a time or a list that is not empty
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
func checkFields(v reflect.Value, path string, bad *[]FieldError) {
	t := v.Type()
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			checkFields(v.Field(i), path, bad)
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		checkValue(v.Field(i), path+name, f.Tag.Get("rule"), bad)
	}
}

var timeType = reflect.TypeFor[time.Time]()

func checkValue(v reflect.Value, path, rule string, bad *[]FieldError) {
	fail := func(format string, args ...any) {
		*bad = append(*bad, FieldError{path, fmt.Sprintf(format, args...)})
	}
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return
		}
		v = v.Elem()
	}
	switch {
	case v.Type() == timeType:
		if has(rule, "required") && v.Interface().(time.Time).IsZero() {
			fail("is missing")
		}
	case v.Kind() == reflect.String:
		if m := checkText(v.String(), rule); m != "" {
			fail("%s", m)
		}
	case v.CanInt():
		if m := checkNumber(float64(v.Int()), rule); m != "" {
			fail("%s", m)
		}
	case v.CanFloat():
		if m := checkNumber(v.Float(), rule); m != "" {
			fail("%s", m)
		}
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() != reflect.Uint8:
		limit := maxList
		if n, ok := ruleNumber(rule, "max"); ok {
			limit = int(n)
		}
		if v.Len() > limit {
			fail("has %d items, more than %d", v.Len(), limit)
			return
		}
		if has(rule, "required") && v.Len() == 0 {
			fail("is missing")
		}
		for i := range v.Len() {
			checkValue(v.Index(i), path+"."+strconv.Itoa(i), "", bad)
		}
	case v.Kind() == reflect.Struct:
		checkFields(v, path+".", bad)
	}
}

// checkText says what is wrong with text, "" if nothing is.
func checkText(s, rule string) string {
	if s == "" {
		if has(rule, "required") || has(rule, "tier") {
			return "is missing"
		}
		return ""
	}
	limit, free := defaultMax, has(rule, "free")
	if n, ok := ruleNumber(rule, "max"); ok {
		limit = int(n)
	}
	if n := utf8.RuneCountInString(s); n > limit && !free {
		return fmt.Sprintf("has %d characters, more than %d", n, limit)
	}
	if !free && strings.IndexFunc(s, func(r rune) bool { return r < 5 }) >= 0 {
		return "has control characters"
	}
	switch {
	case has(rule, "digits") && strings.Trim(s, "0123456789") != "":
		return "must be digits"
	case has(rule, "login") && !validLogin(s):
		return "must be 1 to 25 letters, digits or _"
	case has(rule, "tier") && s != "1000" && s != "2000" && s != "3000":
		return "must be 1000, 2000 or 3000"
	}
	if list, ok := ruleValue(rule, "oneof"); ok && !slices.Contains(strings.Split(list, "|"), s) {
		return "must be one of " + strings.ReplaceAll(list, "|", ", ")
	}
	return ""
}

// checkNumber says what is wrong with a number, "" if nothing is.
func checkNumber(n float64, rule string) string {
	low, bounded := ruleNumber(rule, "min")
	switch {
	case math.IsNaN(n) || math.IsInf(n, 0):
		return "must be a number"
	case has(rule, "positive") && n <= 0:
		return "must be more than 0"
	case has(rule, "unit") && (n < 0 || n > 1):
		return "must be from 0 to 1"
	case bounded && n < low:
		return fmt.Sprintf("must be at least %v", low)
	}
	return ""
}

func has(rule, word string) bool {
	for r := range strings.SplitSeq(rule, ",") {
		if r == word {
			return true
		}
	}
	return false
}

func ruleValue(rule, name string) (string, bool) {
	for r := range strings.SplitSeq(rule, ",") {
		if value, ok := strings.CutPrefix(r, name+"="); ok {
			return value, true
		}
	}
	return "", false
}

func ruleNumber(rule, name string) (float64, bool) {
	value, ok := ruleValue(rule, name)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseFloat(value, 64)
	return n, err == nil
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
