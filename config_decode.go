package main

import (
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"

	"landale/event"
)

// decoder walks the syntax tree of a config file, sets what has the right type
// and reports the rest. The library's own decoder gives up at the first wrong
// type and at the first syntax error; a person wants to mend all in one go.
type decoder struct {
	*loader
	src   []byte
	lines []int // offset of each line's first byte
	root  reflect.Value
	// opened and set have the line where each table and key was first seen.
	opened map[string]int
	set    map[string]int
}

// table is where the keys that follow go. One that does not exist swallows them:
// its header was reported.
type table struct {
	v     reflect.Value // a struct or a map
	path  string
	known bool
}

// keyPart is one name of a dotted key.
type keyPart struct {
	name string
	off  int
}

// decodeFile reads data over root. An empty file is a good one.
func decodeFile(l *loader, root reflect.Value, data []byte) {
	d := &decoder{loader: l, root: root, opened: map[string]int{}, set: map[string]int{}}
	if !d.readText(data) {
		return
	}
	d.walk()
	if len(l.problems) > 0 {
		return
	}
	// What the walk lets through, the library still judges: dates, odd escapes,
	// tables that are opened by dotted keys and headers both.
	var all map[string]any
	if err := toml.Unmarshal(d.src, &all); err != nil {
		p := event.Problem{File: l.file, Line: 1, Column: 1, Message: err.Error()}
		var de *toml.DecodeError
		if errors.As(err, &de) {
			p.Line, p.Column = de.Position()
			p.Key, p.Message = strings.Join(de.Key(), "."), strings.TrimPrefix(de.Error(), "toml: ")
		}
		l.problems = append(l.problems, p)
	}
}

// walk goes through all expressions, also those after a syntax error.
func (d *decoder) walk() {
	var p unstable.Parser
	base := 0 // where the parser's data begins in src
	cur := table{v: d.root, known: true}
	for base < len(d.src) {
		p.Reset(d.src[base:])
		end := base // of the last good expression
		for p.NextExpression() {
			n := p.Expression()
			key := d.key(n.Key(), base)
			last := key[len(key)-1]
			switch n.Kind {
			case unstable.Table, unstable.ArrayTable:
				cur = d.open(key, n.Kind == unstable.ArrayTable)
				end = last.off
				// The header's own end is not told; its line's is enough.
				end += max(strings.IndexByte(string(d.src[end:]), '\n'), 0)
			case unstable.KeyValue:
				d.keyValue(cur, n, base)
				end = base + int(n.Raw.Offset+n.Raw.Length)
			}
		}
		if p.Error() == nil {
			return
		}
		start := d.nextExpression(end)
		base = d.syntaxError(p.Error(), start, cur)
		if d.src[start] == '[' {
			cur = d.guessTable(start)
		}
	}
}

// key reads a dotted key.
func (d *decoder) key(it unstable.Iterator, base int) []keyPart {
	var parts []keyPart
	for it.Next() {
		parts = append(parts, keyPart{string(it.Node().Data), base + int(it.Node().Raw.Offset)})
	}
	return parts
}

// open is the table of a header.
func (d *decoder) open(key []keyPart, list bool) table {
	cur := table{v: d.root, known: true}
	for i, part := range key {
		final := i == len(key)-1
		next, f := d.step(cur, part, final && list)
		switch {
		case !f.IsValid():
			path := join(cur.path, part.name)
			d.reportAt(key[0].off, path, "", "unknown section", unknownHint(unindexed(cur.path), key[len(key)-1].name, true))
			return table{path: path}
		case !next.known:
			d.reportAt(key[0].off, next.path, "", "is a key, not a section", fmt.Sprintf("write %s = … under %s", part.name, header(unindexed(cur.path))))
			return next
		case !final:
		case f.Kind() == reflect.Slice && !list:
			d.reportAt(key[0].off, unindexed(next.path), "", "there can be several of these", "write [["+unindexed(next.path)+"]], with two brackets")
		case f.Kind() != reflect.Slice && list:
			d.reportAt(key[0].off, next.path, "", "there is only one of these", "write ["+next.path+"], with one bracket")
		}
		cur = next
	}
	line, column := d.position(key[0].off)
	if first, again := d.opened[cur.path]; again {
		d.reportAt(key[0].off, cur.path, "", fmt.Sprintf("this section was opened in line %d already", first), fmt.Sprintf("move what stands here to line %d", first))
	} else {
		d.opened[cur.path] = line
		d.from[cur.path] = origin{line: line, column: column}
	}
	return cur
}

// step goes into the table that part names in cur; f is its field, invalid if
// there is none. A list of tables is stepped into at its last one, or at a new
// one.
func (d *decoder) step(cur table, part keyPart, grow bool) (next table, f reflect.Value) {
	if cur.v.Kind() != reflect.Struct {
		return table{}, f
	}
	f, ok := fieldByKey(cur.v, part.name)
	if !ok {
		return table{}, reflect.Value{}
	}
	path := join(cur.path, part.name)
	switch {
	case isStruct(f.Type()):
		return table{f, path, true}, f
	case f.Kind() == reflect.Map:
		if f.IsNil() {
			f.Set(reflect.MakeMap(f.Type()))
		}
		return table{f, path, true}, f
	case f.Kind() == reflect.Slice && isStruct(f.Type().Elem()):
		if _, inFile := d.opened[path]; !inFile {
			d.opened[path], _ = d.position(part.off)
			f.Set(reflect.MakeSlice(f.Type(), 0, 1)) // the file's replace the default's
		}
		if grow || f.Len() == 0 {
			f.Set(reflect.Append(f, reflect.Zero(f.Type().Elem())))
		}
		i := f.Len() - 1
		element := fmt.Sprintf("%s[%d]", path, i)
		if _, ok := d.from[element]; !ok {
			line, column := d.position(part.off)
			d.from[element] = origin{line: line, column: column}
		}
		return table{f.Index(i), element, true}, f
	}
	return table{path: path}, f
}

// guessTable is the table that a broken header most likely means, so that its
// keys are not judged as another's.
func (d *decoder) guessTable(start int) table {
	line := string(d.src[start:])
	line, _, _ = strings.Cut(line, "\n")
	name := headerName.FindStringSubmatch(line)
	if name == nil {
		return table{}
	}
	cur := table{v: d.root, known: true}
	for part := range strings.SplitSeq(name[1], ".") {
		if cur, _ = d.step(cur, keyPart{part, start}, false); !cur.known {
			return table{}
		}
	}
	return cur
}

// keyValue sets one key of a table.
func (d *decoder) keyValue(cur table, n *unstable.Node, base int) {
	if !cur.known {
		return
	}
	key := d.key(n.Key(), base)
	for _, part := range key[:len(key)-1] {
		next, f := d.step(cur, part, false)
		if !f.IsValid() {
			d.unknownKey(cur, part)
			return
		}
		if !next.known {
			d.reportAt(part.off, next.path, "", "has no keys of its own", fmt.Sprintf("write %s = …", part.name))
			return
		}
		cur = next
	}
	last := key[len(key)-1]
	path := join(cur.path, last.name)
	off, text := d.valueOf(n, base)
	line, column := d.position(off)
	if first, again := d.set[path]; again {
		d.reportAt(last.off, path, "", fmt.Sprintf("is set in line %d already", first), "keep one of the two")
		return
	}
	d.set[path] = line
	v, enum, ok := d.lookUp(cur, last.name)
	if !ok {
		d.unknownKey(cur, last)
		return
	}
	d.from[path] = origin{line: line, column: column, value: shown(path, text)}
	out := reflect.New(v.Type()).Elem()
	out.Set(v) // a table keeps what it does not set
	if !d.assign(out, path, n.Value(), off, text, enum, base) {
		return
	}
	if cur.v.Kind() == reflect.Map {
		cur.v.SetMapIndex(reflect.ValueOf(last.name), out)
		return
	}
	v.Set(out)
}

// lookUp is where a key's value goes; for a map a fresh value.
func (d *decoder) lookUp(cur table, name string) (v reflect.Value, enum string, ok bool) {
	if !cur.known {
		return v, "", false
	}
	if cur.v.Kind() == reflect.Map {
		return reflect.New(cur.v.Type().Elem()).Elem(), "", true
	}
	for i := range cur.v.NumField() {
		if f := cur.v.Type().Field(i); f.Tag.Get("toml") == name {
			return cur.v.Field(i), f.Tag.Get("enum"), true
		}
	}
	return v, "", false
}

func (d *decoder) unknownKey(cur table, key keyPart) {
	d.reportAt(key.off, join(cur.path, key.name), "", "unknown key", unknownHint(unindexed(cur.path), key.name, false))
}

// assign sets v from a value in the file, or reports why it cannot.
func (d *decoder) assign(v reflect.Value, path string, n *unstable.Node, off int, text, enum string, base int) bool {
	bad := func(message, hint string) bool {
		if isSecret(path) {
			hint = secretHint
		}
		d.reportAt(off, path, shown(path, text), message, hint)
		return false
	}
	wrong := func(want, hint string) bool {
		return bad(fmt.Sprintf("want %s, not %s", want, kindName(n.Kind)), hint)
	}
	switch v.Interface().(type) {
	case time.Duration:
		if n.Kind == unstable.Integer {
			return wrong("a duration", fmt.Sprintf("write it with its unit: \"%sms\" or \"%ss\"", text, text))
		}
		if n.Kind != unstable.String {
			return wrong("a duration", `write it in quotes with its unit, like "600ms" or "1m30s"`)
		}
		if message, hint := setString(v, string(n.Data), enum); message != "" {
			return bad(message, hint)
		}
		return true
	case slog.Level:
		if n.Kind != unstable.String {
			return wrong("text", "want one of "+strings.Join(levelNames(), ", ")+", in quotes")
		}
		if message, hint := setString(v, string(n.Data), enum); message != "" {
			return bad(message, hint)
		}
		return true
	}
	switch v.Kind() {
	case reflect.String:
		switch {
		case n.Kind != unstable.String && (n.Kind == unstable.Array || n.Kind == unstable.InlineTable):
			return wrong("text", "write one text in quotes")
		case n.Kind != unstable.String:
			return wrong("text", fmt.Sprintf("put it in quotes: %q", text))
		case !strings.HasPrefix(text, `"""`) && strings.ContainsFunc(string(n.Data), isControl) && strings.Contains(text, `\`):
			return bad(`a \ and the letter after it have become a control character here`, "put a Windows path in single quotes: "+singleQuoted(text))
		}
		if message, hint := setString(v, string(n.Data), enum); message != "" {
			return bad(message, hint)
		}
	case reflect.Bool:
		if n.Kind != unstable.Bool {
			return wrong("true or false", "write true or false, without quotes")
		}
		v.SetBool(string(n.Data) == "true")
	case reflect.Int, reflect.Int64:
		if n.Kind != unstable.Integer {
			return wrong("a whole number", numberHint(n, text))
		}
		i, err := strconv.ParseInt(strings.ReplaceAll(string(n.Data), "_", ""), 0, 64)
		if err != nil || v.OverflowInt(i) {
			return bad("is too large a number", "write a smaller one")
		}
		v.SetInt(i)
	case reflect.Float64:
		f, err := strconv.ParseFloat(strings.ReplaceAll(string(n.Data), "_", ""), 64)
		if n.Kind != unstable.Float && n.Kind != unstable.Integer {
			return wrong("a number", numberHint(n, text))
		}
		if err != nil || f-f != 0 { // inf and nan
			return bad("is not an ordinary number", "write one such as 0.5")
		}
		v.SetFloat(f)
	case reflect.Slice:
		if n.Kind != unstable.Array {
			if isStruct(v.Type().Elem()) {
				return wrong("a list of tables", fmt.Sprintf("begin each with [[%s]] on a line of its own", path))
			}
			return wrong("a list", "put it in brackets: ["+text+"]")
		}
		return d.assignList(v, path, n, off, enum, base)
	case reflect.Map, reflect.Struct:
		if n.Kind != unstable.InlineTable {
			return wrong("a table", fmt.Sprintf("write [%s] on a line of its own and its keys below", path))
		}
		if v.Kind() == reflect.Map && v.IsNil() && n.Child().Valid() {
			v.Set(reflect.MakeMap(v.Type()))
		}
		for it := n.Children(); it.Next(); {
			if c := it.Node(); c.Kind == unstable.KeyValue {
				d.keyValue(table{v, path, true}, c, base)
			}
		}
	default:
		panic("config: a field of type " + v.Type().String() + " cannot be read from a file")
	}
	return true
}

func (d *decoder) assignList(v reflect.Value, path string, n *unstable.Node, off int, enum string, base int) bool {
	if v.IsNil() && !n.Child().Valid() {
		return true // no list and an empty one are the same to a section that is compared
	}
	v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	ok := true
	for it := n.Children(); it.Next(); {
		c := it.Node()
		at, text := off, ""
		if c.Raw.Length > 0 {
			at = base + int(c.Raw.Offset)
			text = string(d.src[at : at+int(c.Raw.Length)])
		}
		element := fmt.Sprintf("%s[%d]", path, v.Len())
		line, column := d.position(at)
		d.from[element] = origin{line: line, column: column, value: shown(element, text)}
		e := reflect.New(v.Type().Elem()).Elem()
		ok = d.assign(e, element, c, at, text, enum, base) && ok
		v.Set(reflect.Append(v, e))
	}
	return ok
}

// setString sets a text, duration or level from a text.
func setString(v reflect.Value, s, enum string) (message, hint string) {
	switch v.Interface().(type) {
	case time.Duration:
		t, err := time.ParseDuration(s)
		if err != nil {
			return "is not a duration", durationHint(s)
		}
		v.SetInt(int64(t))
	case slog.Level:
		i := slices.Index(levelNames(), s)
		if i < 0 {
			return "is none of the choices", oneOf(s, levelNames())
		}
		v.SetInt(int64(levels[i].level))
	default:
		if allowed := strings.Split(enum, ","); enum != "" && !slices.Contains(allowed, s) {
			return "is none of the choices", oneOf(s, allowed)
		}
		v.SetString(s)
	}
	return "", ""
}

// reportAt adds a problem at a place in the file.
func (d *decoder) reportAt(off int, key, value, message, hint string) {
	line, column := d.position(off)
	d.problems = append(d.problems, event.Problem{
		File: d.file, Line: line, Column: column, Key: key, Value: value, Message: message, Hint: hint,
	})
}

// position counts lines and characters from 1, as editors do.
func (d *decoder) position(off int) (line, column int) {
	line = sort.SearchInts(d.lines, off+1)
	return line, utf8.RuneCount(d.src[d.lines[line-1]:off]) + 1
}

// valueOf is where a key's value begins, and how it is written.
func (d *decoder) valueOf(n *unstable.Node, base int) (off int, text string) {
	for it := n.Key(); it.Next(); {
		off = base + int(it.Node().Raw.Offset+it.Node().Raw.Length)
	}
	end := base + int(n.Raw.Offset+n.Raw.Length)
	for off < end && strings.IndexByte(" \t=", d.src[off]) >= 0 {
		off++
	}
	return off, strings.TrimRight(string(d.src[off:end]), " \t")
}

// unindexed is a path without the places in lists.
func unindexed(path string) string {
	for {
		open := strings.IndexByte(path, '[')
		if open < 0 {
			return path
		}
		end := strings.IndexByte(path[open:], ']')
		path = path[:open] + path[open+end+1:]
	}
}

// shorten keeps a value to what fits in a message.
func shorten(text string) string {
	const most = 60
	line, _, more := strings.Cut(text, "\n")
	line = strings.TrimRight(line, "\r")
	if r := []rune(line); len(r) > most {
		line, more = string(r[:most]), true
	}
	if more {
		line += "…"
	}
	return line
}

// isSecret reports whether a key's value must not be shown, by its name.
func isSecret(path string) bool {
	name := unindexed(path[strings.LastIndexByte(path, '.')+1:])
	for _, word := range []string{"key", "token", "secret", "password"} {
		if name == word || strings.HasSuffix(name, "_"+word) {
			return true
		}
	}
	return false
}

// secretHint stands in for a hint that would show the value.
const secretHint = "write it as text in quotes"

// shown is a value as problems show it.
func shown(path, text string) string {
	if isSecret(path) {
		return ""
	}
	return shorten(text)
}

func isControl(r rune) bool { return r < 0x20 || r == 0x7f }

func kindName(k unstable.Kind) string {
	switch k {
	case unstable.String:
		return "text"
	case unstable.Integer:
		return "a whole number"
	case unstable.Float:
		return "a fraction"
	case unstable.Bool:
		return "true or false"
	case unstable.Array:
		return "a list"
	case unstable.InlineTable:
		return "a table"
	}
	return "a date or time"
}

func numberHint(n *unstable.Node, text string) string {
	if n.Kind == unstable.String {
		if _, err := strconv.ParseInt(string(n.Data), 10, 64); err == nil {
			return "write it without quotes: " + string(n.Data)
		}
	}
	return "write a number, such as 10"
}

// durationHint finds what 16 ms, 16 and 2 min were meant to be.
func durationHint(s string) string {
	t := strings.ToLower(strings.ReplaceAll(s, " ", ""))
	t = strings.ReplaceAll(t, ",", ".")
	for _, r := range [][2]string{{"minutes", "m"}, {"minute", "m"}, {"min", "m"}, {"seconds", "s"}, {"second", "s"}, {"sec", "s"}, {"hours", "h"}, {"hour", "h"}} {
		t = strings.Replace(t, r[0], r[1], 1)
	}
	for _, try := range []string{t, t + "ms"} {
		if d, err := time.ParseDuration(try); err == nil && d > 0 {
			return fmt.Sprintf("did you mean %q?", try)
		}
	}
	return `write a number with its unit (ms, s, m, h), like "600ms" or "1m30s"`
}
