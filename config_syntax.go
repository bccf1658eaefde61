package main

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2/unstable"

	"landale/event"
)

var (
	// headerName finds the name in a table's header, also in a broken one.
	headerName = regexp.MustCompile(`^\[+[ \t]*([A-Za-z0-9_.-]+)`)
	// looksLikeStart is a line on which reading can go on after a syntax error: a
	// setting or a header, but no line of a list or of a long text.
	looksLikeStart = regexp.MustCompile(`^[ \t]*([A-Za-z0-9_."'-]+[ \t]*=|\[\[?[ \t]*[A-Za-z0-9_.-]+[ \t]*\]\]?[ \t\r]*(#.*)?$)`)
)

// readText makes src and lines of a file's bytes. It accepts a byte order mark
// and reports other encodings; false means that there is nothing to read.
func (d *decoder) readText(data []byte) bool {
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		d.problems = append(d.problems, event.Problem{
			File: d.file, Line: 1, Column: 1, Message: "this file is saved as UTF-16", Hint: "save it again with the encoding UTF-8",
		})
		return false
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	d.src = append(bytes.Clone(data), '\n') // so that every line has an end
	d.lines = []int{0}
	for i, c := range d.src {
		if c == '\n' {
			d.lines = append(d.lines, i+1)
		}
	}
	// A byte that is no UTF-8 becomes a ?, so that the rest can be read. One
	// report a line is enough.
	reported := 0
	for i := 0; i < len(d.src); {
		r, n := utf8.DecodeRune(d.src[i:])
		if r == utf8.RuneError && n == 1 {
			if line, _ := d.position(i); line != reported {
				reported = line
				d.reportAt(i, "", "", fmt.Sprintf("a byte (%#x) that is not UTF-8 text", d.src[i]), "save the file again with the encoding UTF-8")
			}
			d.src[i] = '?'
		}
		i += n
	}
	return true
}

// nextExpression is the start of the first setting or header at or after off,
// which is the end of another or the start of the text.
func (d *decoder) nextExpression(off int) int {
	for off < len(d.src) {
		switch d.src[off] {
		case ' ', '\t', '\r', '\n':
			off++
		case '#':
			// A comment with a forbidden character in it is what is broken.
			end := d.lineEnd(off)
			if bytes.ContainsFunc(d.src[off:end], func(r rune) bool { return isControl(r) && r != '\t' }) {
				return off
			}
			off = end
		default:
			return off
		}
	}
	return max(len(d.src)-1, 0)
}

// lineEnd is the offset of the line's \n or \r\n, or the end of the text.
func (d *decoder) lineEnd(off int) int {
	end := len(d.src)
	if i := bytes.IndexByte(d.src[off:], '\n'); i >= 0 {
		end = off + i
	}
	if end > off && end < len(d.src) && d.src[end-1] == '\r' {
		end--
	}
	return end
}

// lineStart is the offset of the first byte of off's line.
func (d *decoder) lineStart(off int) int {
	return bytes.LastIndexByte(d.src[:off], '\n') + 1
}

// resume is where to go on after an error in the expression at start: the next
// line, or, for one that may span lines, the next one that looks like something
// new.
func (d *decoder) resume(start int, spans bool) int {
	for {
		i := bytes.IndexByte(d.src[start:], '\n')
		if i < 0 {
			return len(d.src)
		}
		start += i + 1
		if !spans || looksLikeStart.Match(d.src[start:d.lineEnd(start)]) {
			return start
		}
	}
}

// syntaxError reports an error in the expression at start, in words that name
// the slip a person makes, and returns where to go on.
func (d *decoder) syntaxError(err error, start int, in table) int {
	off, text := start, err.Error()
	var pe *unstable.ParserError
	if errors.As(err, &pe) {
		off, text = min(cap(d.src)-cap(pe.Highlight), max(len(d.src)-1, 0)), pe.Message
	}
	line := string(d.src[d.lineStart(start):d.lineEnd(start)])
	eq := bytes.IndexByte(d.src[start:d.lineEnd(start)], '=')
	value := start // where the value begins
	if eq >= 0 && d.src[start] != '[' && d.src[start] != '#' {
		for value = start + eq + 1; value < len(d.src)-1 && (d.src[value] == ' ' || d.src[value] == '\t'); value++ {
		}
	}
	is := func(parts ...string) bool {
		for _, p := range parts {
			if strings.Contains(text, p) {
				return true
			}
		}
		return false
	}
	// An error on a later line that begins something new: what began at start is
	// not closed.
	unclosed := off > d.lineEnd(start) && looksLikeStart.Match(d.src[d.lineStart(off):d.lineEnd(off)])
	var message, hint string
	switch {
	case is("multiline") && is("not terminated"):
		off, message, hint = value, "this text is not closed", "end it with the same three quotes"
	case is("unterminated", "cannot have new lines"):
		off, message, hint = d.quoteBefore(off), "this text has no closing quote", "end it with the same quote, on the same line"
	case is("invalid escape character", "unicode escape", "hexadecimal digit in unicode", "valid unicode code point"):
		message, hint = `in double quotes a \ has a meaning of its own`, "put a Windows path in single quotes: "+singleQuoted(d.quoted(value))
	case is("array is incomplete"), unclosed && d.src[value] == '[':
		off, message, hint = value, "this list is not closed", "end it with ]"
	case is("inline table is incomplete"), unclosed && d.src[value] == '{':
		off, message, hint = value, "this table is not closed", "end it with }"
	case is("after array value"):
		message, hint = "a comma is missing before this", "put commas between the values of a list"
	case is("after inline table key-value"):
		message, hint = "a comma is missing before this", "put commas between the keys of a table"
	case is("to close table name", "to close array table name"):
		off, message, hint = start, "the section's name is not closed", "write it like [http], or [[audio.source]] where there can be several"
		if strings.ContainsAny(line, "=") {
			hint = "write a section on a line of its own, like [http]"
		}
	case is("'=' after key"):
		message, hint = "a = is missing here", "write key = value; a note begins with #"
		if d.src[off] == ':' {
			hint = "write = instead of :"
		} else if name, _, ok := strings.Cut(line, "="); ok {
			message, hint = "a key has no spaces", "write "+strings.Join(strings.Fields(name), "_")
		}
	case is("expected value, not end", "start of value", "strings must be quoted", "expected keyword", "digit", "sign", "leading zeroes", "radix", `"inf"`, `"nan"`, "exponent"):
		off, message, hint = d.badValue(off, value)
	case is("expected newline") && value > start && strings.IndexByte(`"'[{`, d.src[value]) < 0 && !bytes.ContainsAny(d.src[value:off], " \t"):
		off, message, hint = d.badValue(value, value) // 127.0.0.1:7175
	case is("expected newline"):
		message, hint = "something follows the value", "write one setting a line; a note begins with #"
	case is("carriage return"):
		message, hint = "a line ends in an odd way here", "save the file again with Windows (CRLF) or Unix (LF) line endings"
	case is("control characters"):
		message, hint = "there is an invisible character here", "delete it; write a tab in a text as \\t"
	case is("start of key", "expected key") && d.src[start] == '[':
		off, message, hint = start, "this is no section's name", "write it like [http], or [[audio.source]] where there can be several"
	case is("start of key", "expected key"):
		message, hint = "a line is a [section], a setting (key = value) or a note (# …)", "put a # before it if it is a note"
	default:
		message, hint = text, "see config.example.toml for how it is written"
	}
	key := ""
	if value > start {
		if name := strings.TrimSpace(string(d.src[start : start+eq])); looksLikeStart.MatchString(name + "=") {
			key = join(in.path, name)
			if v, _, ok := d.lookUp(in, name); ok && v.Kind() == reflect.Bool {
				hint = "write true or false"
			}
			if isSecret(key) && hint != "" {
				message, hint = "this is not how text is written", secretHint
			}
		}
	}
	d.reportAt(off, key, "", message, hint)
	spans := value > start && (strings.IndexByte("[{", d.src[value]) >= 0 || isTripleQuoted(d.src[value:]))
	return d.resume(start, spans)
}

func isTripleQuoted(b []byte) bool {
	return bytes.HasPrefix(b, []byte(`"""`)) || bytes.HasPrefix(b, []byte("'''"))
}

// badValue words a value that is none.
func (d *decoder) badValue(off, value int) (at int, message, hint string) {
	// The token around off.
	const ends = " \t\r\n,]}#"
	from := off
	for from > value && strings.IndexByte(ends+"[{", d.src[from-1]) < 0 {
		from--
	}
	to := from
	for to < len(d.src) && strings.IndexByte(ends, d.src[to]) < 0 {
		to++
	}
	token := string(d.src[from:to])
	switch strings.ToLower(token) {
	case "":
		return off, "the value is missing", `write one after the =, such as 10, true or "text"`
	case "true", "yes", "on":
		return from, token + " is not a value", "write true"
	case "false", "no", "off":
		return from, token + " is not a value", "write false"
	}
	if _, err := strconv.ParseFloat(strings.Replace(token, ",", ".", 1), 64); err == nil {
		if t := strings.TrimLeft(token, "0"); t != token && t != "" && t[0] != '.' {
			return from, "a number has no zeros in front", "write " + t
		}
		return from, "is not a number", "write a number such as 10 or 0.5"
	}
	if i := nearestOf(token, []string{"true", "false"}); i >= 0 && len(token) > 2 {
		return from, token + " is not a value", "did you mean " + []string{"true", "false"}[i] + "?"
	}
	for _, smart := range []string{"“", "”", "„", "‘", "’", "«", "`"} {
		if strings.HasPrefix(token, smart) {
			return from, "these are not the quotes of a config file", `write the plain ones: "`
		}
	}
	return from, "text needs quotes", fmt.Sprintf("write %q", strings.Trim(shorten(token), `"'`))
}

// quoteBefore is the quote that opens the text in which off is.
func (d *decoder) quoteBefore(off int) int {
	start := d.lineStart(off)
	open, at := byte(0), start
	for i := start; i < off; i++ {
		switch c := d.src[i]; {
		case open == 0 && (c == '"' || c == '\''):
			open, at = c, i
		case open == '"' && c == '\\':
			i++
		case c == open:
			open = 0
		}
	}
	return at
}

// quoted is the rest of a value's line from its quote to the last one.
func (d *decoder) quoted(value int) string {
	line := string(d.src[value:d.lineEnd(value)])
	if i := strings.LastIndexByte(line, '"'); i > 0 {
		return line[:i+1]
	}
	return line
}

// singleQuoted is a "text" as a literal one, in which \ is only itself.
func singleQuoted(text string) string {
	return "'" + strings.Trim(text, `"`) + "'"
}
