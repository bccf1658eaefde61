package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"gopkg.in/natefinch/lumberjack.v2"

	"landale/event"
)

const (
	// logRing is how many of the newest lines the dashboard can see.
	logRing = 1000
	// repeatAfter is how many lines with one message, but other facts, a part
	// writes in a second before the rest become a count. A line that is the same
	// in every fact becomes one at once.
	repeatAfter = 10
	repeatFor   = time.Second
)

// logs is where every line of the program goes: as JSON to a file that begins
// anew by size, as text to the terminal, and the newest ones to memory for the
// dashboard. Lines written before Open wait in memory for the file. All methods
// may be called from any goroutine.
type logs struct {
	mu       sync.Mutex
	terminal io.Writer // nil: none
	file     *lumberjack.Logger
	early    [][]byte // lines for a file that is not open yet, at most logRing
	closed   bool
	fallback slog.Level
	levels   map[string]slog.Level // by part
	ring     []event.LogLine       // the newest at (seq-1) % logRing
	seq      uint64
	changed  chan struct{}
	repeats  map[string]*repeat
}

// repeat watches one message of one part for a second.
type repeat struct {
	lines  int
	last   string // the facts of the last line, as text
	held   int    // lines that were not written
	newest entry
}

// entry is a line before it is written.
type entry struct {
	time    time.Time
	level   slog.Level
	part    string
	message string
	attrs   []slog.Attr // in order; groups are flat, "a.b"
}

// newLogs makes a log without a file. A nil terminal writes to none.
func newLogs(terminal io.Writer) *logs {
	return &logs{terminal: terminal, changed: make(chan struct{}), repeats: map[string]*repeat{}}
}

// Logger makes the logger of a part, or of main for an empty name.
func (l *logs) Logger(part string) *slog.Logger {
	log := slog.New(&logHandler{logs: l})
	if part != "" {
		log = log.With("part", part)
	}
	return log
}

// Open begins to write to <dir>/landale.log, with what was logged before first.
func (l *logs) Open(dir string, cfg LogConfig) error {
	file := logFile(filepath.Join(dir, "landale.log"), cfg)
	l.mu.Lock()
	defer l.mu.Unlock()
	early := l.early
	l.early = nil
	if _, err := file.Write(bytes.Join(early, nil)); err != nil {
		return fmt.Errorf("open log: %w", err)
	}
	l.file = file
	return nil
}

// Set changes levels and the size of the file, from the next line on.
func (l *logs) Set(cfg LogConfig) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fallback, l.levels = cfg.Level, maps.Clone(cfg.Parts)
	if f := l.file; f != nil && (f.MaxSize != cfg.FileMB || f.MaxBackups != cfg.Files) {
		// Its own goroutine reads the fields, so they are changed with a new one.
		_ = f.Close() // what was written is in the system's hands
		l.file = logFile(f.Filename, cfg)
	}
}

func logFile(name string, cfg LogConfig) *lumberjack.Logger {
	return &lumberjack.Logger{Filename: name, MaxSize: cfg.FileMB, MaxBackups: cfg.Files}
}

// Close writes what is held back and closes the file. Later lines still go to
// the terminal and to memory.
func (l *logs) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for key, r := range l.repeats {
		l.settle(key, r)
	}
	l.closed = true
	if l.file == nil {
		return nil
	}
	err := l.file.Close()
	l.file = nil
	return err
}

// Lines gives the lines after a line's Seq, oldest first, the newest limit of
// them.
func (l *logs) Lines(after uint64, limit int) []event.LogLine {
	l.mu.Lock()
	defer l.mu.Unlock()
	have := uint64(len(l.ring))
	first := max(after, l.seq-have)
	if limit >= 0 {
		first = max(first, l.seq-min(l.seq, uint64(limit)))
	}
	lines := make([]event.LogLine, 0, l.seq-min(first, l.seq))
	for seq := first + 1; seq <= l.seq; seq++ {
		lines = append(lines, l.ring[(seq-1)%logRing])
	}
	return lines
}

// Changed is closed when there is a line that was not there at the call.
func (l *logs) Changed() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.changed
}

func (l *logs) enabled(part string, level slog.Level) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	least, ok := l.levels[part]
	if !ok {
		least = l.fallback
	}
	return level >= least
}

// add takes a line in: it is written now, or counted when it repeats.
func (l *logs) add(e entry) {
	facts := e.facts()
	key := e.part + "\x00" + e.level.String() + "\x00" + e.message
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.repeats[key]
	if r == nil {
		r = &repeat{}
		l.repeats[key] = r
		time.AfterFunc(repeatFor, func() {
			l.mu.Lock()
			defer l.mu.Unlock()
			if l.repeats[key] == r {
				l.settle(key, r)
			}
		})
	} else if facts == r.last || r.lines >= repeatAfter {
		r.held++
		r.newest = e
		return
	}
	r.lines++
	r.last = facts
	l.write(e)
}

// settle ends a message's second: what was held becomes one line with a count.
func (l *logs) settle(key string, r *repeat) {
	delete(l.repeats, key)
	if r.held > 0 {
		r.newest.attrs = append(slices.Clip(r.newest.attrs), slog.Int("repeated", r.held))
		l.write(r.newest)
	}
}

// write puts a line everywhere; mu is held. A file that cannot be written is no
// reason to stop: the line is on the terminal and the dashboard.
func (l *logs) write(e entry) {
	l.seq++
	line := event.LogLine{Seq: l.seq, Time: e.time.UTC(), Level: strings.ToLower(e.level.String()), Part: e.part, Message: e.message}
	if len(e.attrs) > 0 {
		line.Attrs = make(map[string]any, len(e.attrs))
		for _, a := range e.attrs {
			line.Attrs[a.Key] = plain(a.Value)
		}
	}
	if len(l.ring) < logRing {
		l.ring = append(l.ring, line)
	} else {
		l.ring[(l.seq-1)%logRing] = line
	}
	close(l.changed)
	l.changed = make(chan struct{})

	if l.terminal != nil {
		_, _ = io.WriteString(l.terminal, e.text())
	}
	switch b := e.json(); {
	case l.file != nil:
		_, _ = l.file.Write(b)
	case !l.closed && len(l.early) < logRing:
		l.early = append(l.early, b)
	}
}

// text is the line for a person: 20:15:04 warn  obs  link ended  attempt=3
func (e entry) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %-5s %-8s %s", e.time.Local().Format("15:04:05"), strings.ToLower(e.level.String()), e.part, e.message)
	if f := e.facts(); f != "" {
		b.WriteString("  ")
		b.WriteString(f)
	}
	b.WriteByte('\n')
	return b.String()
}

// facts are the attributes as key=value.
func (e entry) facts() string {
	var b strings.Builder
	for _, a := range e.attrs {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		v := fmt.Sprint(plain(a.Value))
		if a.Key != "stack" && (v == "" || strings.ContainsAny(v, " \t\r\n\"=")) {
			v = strconv.Quote(v)
		}
		b.WriteString(a.Key + "=" + v)
	}
	return b.String()
}

// json is the line for the file, made by slog's own handler.
func (e entry) json() []byte {
	var b bytes.Buffer
	r := slog.NewRecord(e.time, e.level, e.message, 0)
	if e.part != "" {
		r.AddAttrs(slog.String("part", e.part))
	}
	for _, a := range e.attrs {
		r.AddAttrs(slog.Any(a.Key, plain(a.Value)))
	}
	h := slog.NewJSONHandler(&b, &slog.HandlerOptions{Level: slog.LevelDebug - 100, ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if a.Key == slog.LevelKey && len(groups) == 0 {
			a.Value = slog.StringValue(strings.ToLower(e.level.String()))
		}
		return a
	}})
	_ = h.Handle(context.Background(), r) // a buffer takes everything
	return b.Bytes()
}

// plain makes a value that JSON and people can read.
func plain(v slog.Value) any {
	switch v = v.Resolve(); v.Kind() {
	case slog.KindDuration:
		return v.Duration().String()
	case slog.KindTime:
		return v.Time().UTC().Format(event.TimeFormat)
	case slog.KindAny:
		switch x := v.Any().(type) {
		case error:
			return x.Error()
		case fmt.Stringer:
			return x.String()
		case []byte:
			return string(x)
		default:
			return x
		}
	default:
		return v.Any()
	}
}

// Names and texts of which only the presence may be known. The log is a file
// that people send to each other.
var (
	secretName = regexp.MustCompile(`(?i)(token|secret|password|passwd|authorization|cookie|stream_key|api_key|client_id)$`)
	secretText = regexp.MustCompile(`(?i)((?:access_token|refresh_token|client_secret|password|oauth|bearer|api_key|code)(?:=|:| |%3D)\s*)[^\s&"']{6,}`)
)

const redacted = "[redacted]"

// clean takes secrets out of an attribute.
func clean(a slog.Attr) slog.Attr {
	if secretName.MatchString(a.Key) {
		return slog.String(a.Key, redacted)
	}
	switch v := plain(a.Value).(type) {
	case string:
		if secretText.MatchString(v) {
			return slog.String(a.Key, secretText.ReplaceAllString(v, "${1}"+redacted))
		}
	}
	return a
}

// logHandler is slog's side of logs, one for each set of attributes.
type logHandler struct {
	logs   *logs
	part   string
	attrs  []slog.Attr
	prefix string // of groups, "a.b."
}

// Enabled asks the level of the handler's part.
func (h *logHandler) Enabled(_ context.Context, level slog.Level) bool {
	return h.logs.enabled(h.part, level)
}

// Handle implements slog.Handler.
func (h *logHandler) Handle(_ context.Context, r slog.Record) error {
	e := entry{time: r.Time, level: r.Level, part: h.part, message: r.Message, attrs: slices.Clip(h.attrs)}
	if e.time.IsZero() {
		e.time = time.Now()
	}
	r.Attrs(func(a slog.Attr) bool {
		e.attrs = flatten(e.attrs, h.prefix, a)
		return true
	})
	h.logs.add(e)
	return nil
}

// WithAttrs implements slog.Handler. The attribute part names the part.
func (h *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	c := *h
	c.attrs = slices.Clip(c.attrs)
	for _, a := range attrs {
		if h.prefix == "" && a.Key == "part" {
			c.part = a.Value.String()
			continue
		}
		c.attrs = flatten(c.attrs, h.prefix, a)
	}
	return &c
}

// WithGroup implements slog.Handler.
func (h *logHandler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	c := *h
	c.prefix += name + "."
	return &c
}

// flatten appends an attribute without groups and secrets.
func flatten(to []slog.Attr, prefix string, a slog.Attr) []slog.Attr {
	a.Value = a.Value.Resolve()
	if a.Equal(slog.Attr{}) {
		return to
	}
	if a.Value.Kind() == slog.KindGroup {
		if a.Key != "" {
			prefix += a.Key + "."
		}
		for _, in := range a.Value.Group() {
			to = flatten(to, prefix, in)
		}
		return to
	}
	a = clean(a)
	a.Key = prefix + a.Key
	return append(to, a)
}
