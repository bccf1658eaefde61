package hub

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"landale/event"
)

// maxQuery bounds a query string in bytes, maxValue one text in it in runes.
const (
	maxQuery = 8192
	maxValue = 500
)

// paramKind is the type of a parameter.
type paramKind int

const (
	kindText paramKind = iota
	kindWhole
	kindTime
	kindBool
)

// param is one parameter of a route. The parser and the OpenAPI document both
// come from it.
type param struct {
	name   string
	doc    string
	kind   paramKind
	inPath bool
	must   bool
	many   bool // may be given more than once
	// def stands for a parameter that is not there; nil: the zero value.
	def any
	// least and most bound a whole number; most also bounds a text in runes.
	least, most int64
	// capped takes a number above most for most instead of refusing it.
	capped bool
	values []string // a text is one of these
	// check is a rule of its own; it returns what is wrong, or "".
	check func(string) string
}

func textParam(name, doc string) param { return param{name: name, doc: doc, most: maxValue} }

func wholeParam(name, doc string, def, least, most int64) param {
	p := param{name: name, doc: doc, kind: kindWhole, least: least, most: most}
	if def != 0 {
		p.def = def
	}
	return p
}

func timeParam(name, doc string) param { return param{name: name, doc: doc, kind: kindTime} }

func boolParam(name, doc string) param { return param{name: name, doc: doc, kind: kindBool} }

func oneOfParam(name, doc string, values ...string) param {
	return param{name: name, doc: doc, values: values, most: maxValue}
}

func (p param) required() param        { p.must = true; return p }
func (p param) repeatable() param      { p.many = true; return p }
func (p param) path() param            { p.inPath, p.must = true, true; return p }
func (p param) or(def any) param       { p.def = def; return p }
func (p param) upTo(runes int64) param { p.most = runes; return p }
func (p param) clamped() param         { p.capped = true; return p }

// args are the values of a request's parameters, by name.
type args map[string]any

func (a args) has(name string) bool       { _, ok := a[name]; return ok }
func (a args) text(name string) string    { s, _ := a[name].(string); return s }
func (a args) texts(name string) []string { s, _ := a[name].([]string); return s }
func (a args) int(name string) int64      { n, _ := a[name].(int64); return n }
func (a args) time(name string) time.Time { t, _ := a[name].(time.Time); return t }
func (a args) bool(name string) bool      { b, _ := a[name].(bool); return b }

// parseArgs reads the parameters of a route, and reports everything that is
// wrong with them at once: values, what is missing, what is not known. inPath
// gives those in the path.
func parseArgs(params []param, rawQuery string, inPath func(name string) string) (args, error) {
	var bad []event.FieldError
	missing := true // nothing but missing ones so far
	fail := func(field, format string, a ...any) {
		bad, missing = append(bad, event.FieldError{Field: field, Message: fmt.Sprintf(format, a...)}), false
	}
	var given url.Values
	if len(rawQuery) > maxQuery {
		fail("query", "has %d bytes, more than %d", len(rawQuery), maxQuery)
	} else {
		var err error
		if given, err = url.ParseQuery(rawQuery); err != nil {
			fail("query", "is not well-formed: %v", err)
		}
	}
	a := args{}
	for _, p := range params {
		values := given[p.name]
		delete(given, p.name)
		if p.inPath {
			values = []string{inPath(p.name)}
		}
		// An empty value is what a form sends for a field that was left alone.
		values = slices.DeleteFunc(values, func(s string) bool { return s == "" })
		switch {
		case len(values) == 0 && p.must:
			bad = append(bad, event.FieldError{Field: p.name, Message: "is missing"})
		case len(values) == 0:
			if p.def != nil {
				a[p.name] = p.def
			}
		case p.many:
			if len(values) > 100 {
				fail(p.name, "is given %d times, more than 100", len(values))
				continue
			}
			for _, s := range values {
				if _, wrong := p.parse(s); wrong != "" {
					fail(p.name, "%s", wrong)
				}
			}
			a[p.name] = values
		case len(values) > 1:
			fail(p.name, "is given %d times", len(values))
		default:
			v, wrong := p.parse(values[0])
			if wrong != "" {
				fail(p.name, "%s", wrong)
			}
			a[p.name] = v
		}
	}
	for name := range given {
		if !utf8.ValidString(name) || len(name) > 50 {
			name = quoted(name)
		}
		fail(name, "is not a parameter of this address; %s", knownParams(params))
	}
	if len(bad) == 0 {
		return a, nil
	}
	slices.SortStableFunc(bad, func(x, y event.FieldError) int { return strings.Compare(x.Field, y.Field) })
	code := "invalid_parameters"
	if missing {
		code = "missing_parameters"
	}
	return nil, invalidFields(code, sumUp("parameter", bad), bad)
}

// parse reads one value and says what is wrong with it.
func (p param) parse(s string) (v any, wrong string) {
	if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 && r != '\t' && r != '\n' }) {
		return nil, "must be text in UTF-8 without control characters"
	}
	switch p.kind {
	case kindWhole:
		n, err := strconv.ParseInt(s, 10, 64)
		if err == nil && n > p.most && p.capped {
			n = p.most
		}
		if err != nil || n < p.least || n > p.most {
			return nil, fmt.Sprintf("must be a whole number from %d to %d", p.least, p.most)
		}
		return n, ""
	case kindTime:
		t, ok := parseTime(s)
		if !ok {
			return nil, "must be an RFC 3339 time such as 2026-11-24T20:00:00Z, or milliseconds since 1970"
		}
		return t, ""
	case kindBool:
		switch s {
		case "true", "1":
			return true, ""
		case "false", "0":
			return false, ""
		}
		return nil, "must be true or false"
	}
	if len(p.values) > 0 && !slices.Contains(p.values, s) {
		return nil, "must be " + strings.Join(p.values, ", ")
	}
	if n := utf8.RuneCountInString(s); int64(n) > p.most {
		return nil, fmt.Sprintf("has %d characters, more than %d", n, p.most)
	}
	if p.check != nil {
		if wrong := p.check(s); wrong != "" {
			return nil, wrong
		}
	}
	return s, ""
}

// maxTime is the end of the year 9999, the last that RFC 3339 can say.
var maxTime = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)

// parseTime reads RFC 3339 or milliseconds since 1970. It lets through a space
// for the plus sign of an offset, which is what "+01:00" becomes in a query
// that nobody escaped.
func parseTime(s string) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339Nano, strings.Replace(s, " ", "+", 1))
	if err != nil {
		ms, err := strconv.ParseInt(s, 10, 64)
		if err != nil || ms < 0 || ms >= maxTime.UnixMilli() {
			return time.Time{}, false
		}
		t = time.UnixMilli(ms)
	}
	t = t.UTC()
	return t, t.Year() >= 1970 && t.Before(maxTime)
}

func knownParams(params []param) string {
	var names []string
	for _, p := range params {
		if !p.inPath {
			names = append(names, p.name)
		}
	}
	if len(names) == 0 {
		return "it has none"
	}
	return "it has " + strings.Join(names, ", ")
}

// sumUp says how many things are wrong; with one it says what.
func sumUp(what string, bad []event.FieldError) string {
	if len(bad) == 1 {
		return bad[0].Error()
	}
	return fmt.Sprintf("%d things are wrong with the %ss", len(bad), what)
}

// rule says in words what a value may be.
func (p param) rule() string {
	var words []string
	if p.must {
		words = append(words, "required")
	}
	if p.many {
		words = append(words, "may be repeated")
	}
	switch {
	case p.kind == kindTime:
		words = append(words, "time")
	case p.kind == kindBool:
		words = append(words, "true or false")
	case p.kind == kindWhole && p.most < 1<<53:
		words = append(words, fmt.Sprintf("%d to %d", p.least, p.most))
	case p.kind == kindWhole:
		words = append(words, "whole number")
	case len(p.values) > 0:
		words = append(words, strings.Join(p.values, " | "))
	}
	if p.def != nil {
		words = append(words, fmt.Sprintf("default %v", p.def))
	}
	return strings.Join(words, ", ")
}
