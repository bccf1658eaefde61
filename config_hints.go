package main

import (
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"time"
)

// known describes one key or table that a config may have, for hints and for the
// names of environment variables.
type known struct {
	table string // "http", "audio.source"; empty at the top
	name  string
	path  string
	typ   reflect.Type
	enum  string
	list  bool // a [[table]]
}

// isTable reports whether the key is written as a [table] or [[table]].
func (k known) isTable() bool { return isStruct(k.typ) || k.list }

func isStruct(t reflect.Type) bool { return t.Kind() == reflect.Struct }

// knownKeys lists all keys and tables in the order of the file.
func knownKeys(t reflect.Type, table string) []known {
	var ks []known
	for i := range t.NumField() {
		f := t.Field(i)
		k := known{table: table, name: f.Tag.Get("toml"), typ: f.Type, enum: f.Tag.Get("enum")}
		k.path = join(table, k.name)
		k.list = f.Type.Kind() == reflect.Slice && isStruct(f.Type.Elem())
		ks = append(ks, k)
		switch {
		case isStruct(f.Type):
			ks = append(ks, knownKeys(f.Type, k.path)...)
		case k.list:
			ks = append(ks, knownKeys(f.Type.Elem(), k.path)...)
		}
	}
	return ks
}

func join(table, name string) string {
	if table == "" {
		return name
	}
	return table + "." + name
}

// fieldByKey finds a struct's field by its key in the file.
func fieldByKey(v reflect.Value, name string) (reflect.Value, bool) {
	for i := range v.NumField() {
		if v.Type().Field(i).Tag.Get("toml") == name {
			return v.Field(i), true
		}
	}
	return reflect.Value{}, false
}

// unknownHint says what was meant by a name that table does not have: a key
// near to it there, the same or a near key elsewhere, or else what there is.
func unknownHint(table, name string, wantTable bool) string {
	var here, all, other []known
	for _, k := range knownKeys(reflect.TypeFor[Config](), "") {
		if k.isTable() != wantTable {
			other = append(other, k)
			continue
		}
		all = append(all, k)
		if k.table == table {
			here = append(here, k)
		}
	}
	show := func(k known) string {
		switch {
		case k.list:
			return "[[" + k.path + "]]"
		case k.isTable():
			return "[" + k.path + "]"
		}
		return "`" + k.name + "`"
	}
	if k, ok := nearest(name, here); ok {
		return "did you mean " + show(k) + "?"
	}
	for _, k := range all {
		if oneWord(k.name) == oneWord(name) {
			if wantTable {
				return "did you mean " + show(k) + "?"
			}
			return fmt.Sprintf("%s belongs under %s", show(k), header(k.table))
		}
	}
	for _, k := range other {
		if oneWord(k.name) != oneWord(name) {
			continue
		}
		if wantTable {
			return fmt.Sprintf("write %s = … under %s", k.name, header(k.table))
		}
		return show(k) + " is a section of its own: write it on a line by itself"
	}
	if k, ok := nearest(name, all); ok {
		if wantTable {
			return "did you mean " + show(k) + "?"
		}
		return fmt.Sprintf("did you mean %s under %s?", show(k), header(k.table))
	}
	var names []string
	for _, k := range here {
		names = append(names, strings.Trim(show(k), "`"))
	}
	switch {
	case wantTable:
		if len(names) == 0 { // nothing below this one: name the sections
			return unknownHint("", name, true)
		}
		return "there are " + strings.Join(names, ", ")
	case table == "":
		return "every key stands under a [section]"
	}
	return header(table) + " has " + strings.Join(names, ", ")
}

// header is how a table is opened.
func header(table string) string {
	for _, k := range knownKeys(reflect.TypeFor[Config](), "") {
		if k.path == table && k.list {
			return "[[" + table + "]]"
		}
	}
	return "[" + table + "]"
}

// oneWord makes open-browser, OpenBrowser and open_browser one word.
func oneWord(s string) string {
	return strings.NewReplacer("_", "", "-", "", " ", "").Replace(strings.ToLower(s))
}

func nearest(name string, among []known) (known, bool) {
	var names []string
	for _, k := range among {
		names = append(names, k.name)
	}
	i := nearestOf(name, names)
	if i < 0 {
		return known{}, false
	}
	return among[i], true
}

// nearestOf is the index of the name that s is most likely a slip for, or -1. A
// third of the letters may be wrong; the beginning of a name, or a name with an
// ending, is near as well.
func nearestOf(s string, names []string) int {
	s = oneWord(s)
	best, at := max(len(s)/3, 1)+1, -1
	for i, n := range names {
		n = oneWord(n)
		d := distance(s, n)
		if min(len(s), len(n)) >= 4 && (strings.HasPrefix(s, n) || strings.HasPrefix(n, s)) {
			d = min(d, best-1, 2)
		}
		if d < best && d < len(n) {
			best, at = d, i
		}
	}
	return at
}

// distance counts the letters to change, add, drop or swap with their neighbour
// to make b of a.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	if len(x) > 64 || len(y) > 64 { // no key is that long
		return max(len(x), len(y))
	}
	prev2, prev, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			row[j] = min(prev[j]+1, row[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], prev2[j-2]+1)
			}
		}
		prev2, prev, row = prev, row, prev2
	}
	return prev[len(y)]
}

// oneOf is the hint for a text that must be one of a few.
func oneOf(value string, allowed []string) string {
	if i := nearestOf(value, allowed); i >= 0 {
		return fmt.Sprintf("did you mean %q? there are %s", allowed[i], strings.Join(allowed, ", "))
	}
	return "want one of " + strings.Join(allowed, ", ")
}

// levels are the log levels by their names in the file.
var levels = []struct {
	name  string
	level slog.Level
}{{"debug", slog.LevelDebug}, {"info", slog.LevelInfo}, {"warn", slog.LevelWarn}, {"error", slog.LevelError}}

func levelNames() []string {
	var names []string
	for _, l := range levels {
		names = append(names, l.name)
	}
	return names
}

// errNoZone stands for all that time.LoadLocation says of a name.
var errNoZone = errors.New("no such time zone")

// loadZone finds a time zone. Go takes the empty name for UTC, we do not.
func loadZone(name string) (*time.Location, error) {
	if name == "" {
		return nil, errNoZone
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, errNoZone
	}
	return loc, nil
}

// zoneHint finds what europe/berlin, New York and BERLIN were meant to be.
func zoneHint(name string) string {
	words := strings.FieldsFunc(name, func(r rune) bool { return r == ' ' || r == '_' || r == '/' })
	for i, w := range words {
		words[i] = strings.ToUpper(w[:1]) + strings.ToLower(w[1:])
	}
	city := strings.Join(words, "_")
	tries := []string{strings.Replace(city, "_", "/", 1), strings.ToUpper(city)}
	for _, region := range []string{"Europe", "America", "Asia", "Australia", "Africa", "Pacific", "Atlantic", "Indian"} {
		tries = append(tries, region+"/"+city)
	}
	for _, try := range tries {
		if _, err := loadZone(try); err == nil && try != "Local" {
			return fmt.Sprintf("did you mean %q?", try)
		}
	}
	return `write "Local" for this PC's own, or a name like "Europe/Berlin" or "America/New_York"`
}
