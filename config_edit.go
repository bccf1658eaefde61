package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
)

// tableStart is a line that begins a table.
var tableStart = regexp.MustCompile(`^\s*\[`)

// setting puts a value, as TOML writes it, for a key of a section into a config
// file's text. Everything else stays as the person wrote it: comments, order,
// blank lines. A setting that is switched off by # is switched on. It is an error
// if the key has a value of several lines.
func setting(text, section, key, value string) (string, error) {
	lines := strings.Split(text, "\n")
	head := regexp.MustCompile(`^\s*\[\s*` + regexp.QuoteMeta(section) + `\s*\]\s*(#.*)?$`)
	active := regexp.MustCompile(`^\s*` + regexp.QuoteMeta(key) + `\s*=`)
	whole := regexp.MustCompile(`^(\s*` + regexp.QuoteMeta(key) + `\s*=\s*)("(?:[^"\\]|\\.)*"|'[^']*'|[^\s#"'\[{]+)(\s*(?:#.*)?)$`)
	off := regexp.MustCompile(`^#\s?` + regexp.QuoteMeta(key) + `\s*=`)
	at, dark := -1, -1
	for i, line := range lines {
		line = strings.TrimSuffix(line, "\r")
		switch {
		case head.MatchString(line):
			at = i
		case at < 0:
		case tableStart.MatchString(line):
			return insert(lines, at, dark, key, value), nil
		case active.MatchString(line):
			m := whole.FindStringSubmatch(line)
			if m == nil {
				return "", fmt.Errorf("%s.%s in line %d is not a plain value: change it in the file", section, key, i+1)
			}
			lines[i] = m[1] + value + m[3] + ending(lines[i])
			return strings.Join(lines, "\n"), nil
		case off.MatchString(line) && dark < 0:
			dark = i
		}
	}
	if at < 0 {
		if text != "" && !strings.HasSuffix(text, "\n") {
			text += "\n"
		}
		return text + "\n[" + section + "]\n" + key + " = " + value + "\n", nil
	}
	return insert(lines, at, dark, key, value), nil
}

// insert puts the line in the place of one that is switched off, or below the
// header.
func insert(lines []string, head, dark int, key, value string) string {
	line := key + " = " + value
	if dark >= 0 {
		lines[dark] = line + ending(lines[dark])
		return strings.Join(lines, "\n")
	}
	rest := append([]string{line + ending(lines[head])}, lines[head+1:]...)
	return strings.Join(append(lines[:head+1:head+1], rest...), "\n")
}

// ending is the carriage return that a line of a Windows file has.
func ending(line string) string {
	if strings.HasSuffix(line, "\r") {
		return "\r"
	}
	return ""
}

// configError is a change of the config file that cannot be made.
type configError struct{ why string }

func (e *configError) Error() string { return e.why }

// ErrorCode is what a client is told.
func (e *configError) ErrorCode() string { return "operation_failed" }

// change writes settings of a section into the config file, which is then read as
// after any save. "[audio.source]" is the list's only block.
func (a *App) change(section string, values [][2]string) error {
	return a.edit(func(text string) (string, error) {
		for _, kv := range values {
			var err error
			if text, err = setting(text, section, kv[0], kv[1]); err != nil {
				return "", err
			}
		}
		return text, nil
	})
}

// append adds a block at the end of the config file.
func (a *App) append(block string) error {
	return a.edit(func(text string) (string, error) { return strings.TrimRight(text, "\r\n") + "\n" + block, nil })
}

// edit rewrites the config file. One that has problems is left alone: what it
// would become is not known; and so is one that would have some.
func (a *App) edit(by func(text string) (string, error)) error {
	in := a.o.Config
	b, err := os.ReadFile(in.File)
	if err != nil {
		return fmt.Errorf("change the config: %w", err)
	}
	if _, problems := parseConfig(in, b); ofFile(problems, in.File) {
		return &configError{"the config file has a problem: mend that first"}
	}
	text, err := by(string(b))
	if err != nil {
		return &configError{err.Error()}
	}
	if text == string(b) {
		return nil
	}
	if _, problems := parseConfig(in, []byte(text)); ofFile(problems, in.File) {
		return &configError{problems[0].Key + ": " + problems[0].Message + "; " + problems[0].Hint}
	}
	if err := writeWhole(in.File, []byte(text)); err != nil {
		return fmt.Errorf("change the config: %w", err)
	}
	return nil
}
