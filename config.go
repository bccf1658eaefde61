package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // Windows has no IANA time zones of its own

	"landale/audio"
	"landale/event"
	"landale/hub"
	"landale/obs"
	"landale/overlay"
	"landale/store"
	"landale/twitch"
)

// Config is the whole config file. Each section belongs to the part that uses
// it, which knows its defaults and, in a method Validate() []event.Problem, what
// cannot work.
//
// The tag toml is the key, enum lists the values that a text may have. Fields may
// be texts, whole and other numbers, bools, durations ("600ms"), log levels,
// lists and maps of these, structs (tables) and lists of structs ([[tables]]).
type Config struct {
	General GeneralConfig  `toml:"general"`
	Log     LogConfig      `toml:"log"`
	HTTP    hub.Config     `toml:"http"`
	Store   store.Config   `toml:"store"`
	Overlay overlay.Config `toml:"overlay"`
	Audio   audio.Config   `toml:"audio"`
	Twitch  twitch.Config  `toml:"twitch"`
	OBS     obs.Config     `toml:"obs"`
}

// restartKeys are the keys, or whole sections, that take effect only when the
// program starts. Saving a change of one says so on the dashboard.
var restartKeys = []string{"general.data", "store"}

// logParts are the parts that may have a log level of their own, by the names
// that stand in the log.
var logParts = []string{"main", "config", "store", "hub", "overlay", "audio", "twitch", "obs"}

// GeneralConfig is the section [general].
type GeneralConfig struct {
	// Timezone is "Local" or an IANA name. Days and hours follow it.
	Timezone string `toml:"timezone"`
	// OpenBrowser opens the dashboard at the start.
	OpenBrowser bool `toml:"open_browser"`
	// Data is the folder of database, backups and logs; empty means the usual
	// place, see Place.
	Data string `toml:"data"`
}

// Validate reports what cannot work. Whether the data folder can be written is
// looked at by LoadConfig.
func (c GeneralConfig) Validate() []event.Problem {
	if _, err := loadZone(c.Timezone); err != nil {
		return []event.Problem{{Key: "timezone", Message: "there is no such time zone", Hint: zoneHint(c.Timezone)}}
	}
	return nil
}

// Location is the time zone.
func (c GeneralConfig) Location() *time.Location {
	loc, err := loadZone(c.Timezone)
	if err != nil {
		return time.Local // Validate refuses such a name
	}
	return loc
}

// LogConfig is the section [log].
type LogConfig struct {
	// Level is the least level that is written.
	Level slog.Level `toml:"level"`
	// Parts has another level for single parts.
	Parts map[string]slog.Level `toml:"parts"`
	// FileMB is the size, in megabytes, at which a new log file is begun.
	FileMB int `toml:"file_mb"`
	// Files is how many old log files are kept.
	Files int `toml:"files"`
}

// Validate reports what cannot work.
func (c LogConfig) Validate() []event.Problem {
	var ps []event.Problem
	if c.FileMB < 1 || c.FileMB > 1000 {
		ps = append(ps, event.Problem{Key: "file_mb", Message: "out of range", Hint: "want 1 to 1000"})
	}
	if c.Files < 1 || c.Files > 100 {
		ps = append(ps, event.Problem{Key: "files", Message: "out of range", Hint: "want 1 to 100"})
	}
	for _, name := range slices.Sorted(maps.Keys(c.Parts)) {
		if !slices.Contains(logParts, name) {
			ps = append(ps, event.Problem{Key: "parts." + name, Message: "there is no such part", Hint: oneOf(name, logParts)})
		}
	}
	return ps
}

// DefaultConfig is what the program runs with when nothing says otherwise.
func DefaultConfig() Config {
	return Config{
		General: GeneralConfig{Timezone: "Local", OpenBrowser: true},
		Log:     LogConfig{Level: slog.LevelInfo, FileMB: 10, Files: 5},
		HTTP:    hub.DefaultConfig(),
		Store:   store.DefaultConfig(),
		Overlay: overlay.DefaultConfig(),
		Audio:   audio.DefaultConfig(),
		Twitch:  twitch.DefaultConfig(),
		OBS:     obs.DefaultConfig(),
	}
}

// ConfigInput is all that settings come from; the later beats the earlier.
type ConfigInput struct {
	Place
	// Env is the environment as os.Environ gives it.
	Env []string
	// Flags maps dotted keys to what the command line gave for them, as text:
	// {"http.listen": "127.0.0.1:0"}.
	Flags map[string]string
}

// maxConfigSize is far above what a person writes, and keeps a wrong file out.
const maxConfigSize = 1 << 20

// LoadConfig reads file, environment and flags over the defaults. It reports
// everything that is wrong at once, in the order of the file; a file that cannot
// be read is a problem too. The Config can always be run with: a key with a
// problem keeps its default.
func LoadConfig(in ConfigInput) (Config, []event.Problem) {
	data, err := readConfig(in.File)
	if err != nil {
		cfg, problems := parseConfig(in, nil)
		return cfg, append([]event.Problem{{File: in.File, Message: err.Error()}}, problems...)
	}
	return parseConfig(in, data)
}

// readConfig reads a config file, with errors that do not repeat its name.
func readConfig(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, bareError(err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxConfigSize+1))
	if err != nil {
		return nil, bareError(err)
	}
	if len(data) > maxConfigSize {
		return nil, errors.New("larger than 1 MB: this is not a config file")
	}
	return data, nil
}

// bareError leaves out operation and path of a file error.
func bareError(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return errNoConfig
	}
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return fmt.Errorf("cannot be read: %w", pe.Err)
	}
	return err
}

var errNoConfig = errors.New("there is no such file")

// parseConfig is LoadConfig for a file whose bytes are known.
func parseConfig(in ConfigInput, data []byte) (Config, []event.Problem) {
	cfg, l := loadBytes(in, data)
	return cfg, l.sorted()
}

// loadBytes also gives the loader, which knows where each key stands.
func loadBytes(in ConfigInput, data []byte) (Config, *loader) {
	cfg, l := decodeConfig(in, data)
	l.validate(&cfg)
	l.checkData(in, cfg)
	return cfg, l
}

// loader gathers what is wrong and where each key's value came from.
type loader struct {
	file     string
	problems []event.Problem
	// from has, by dotted key, where its value stands, also for tables.
	from map[string]origin
}

// origin is where a value came from: a place in the file, or else a name of
// something outside it.
type origin struct {
	line, column int
	outside      string // "environment" or "command line"
	name         string // LANDALE_HTTP_LISTEN or --listen
	value        string
}

// decodeConfig reads everything over the defaults, without judging values that
// have the right type.
func decodeConfig(in ConfigInput, data []byte) (Config, *loader) {
	cfg := DefaultConfig()
	l := &loader{file: in.File, from: map[string]origin{}}
	decodeFile(l, reflect.ValueOf(&cfg).Elem(), data)
	l.applyEnv(&cfg, in.Env)
	l.applyFlags(&cfg, in.Flags)
	return cfg, l
}

// report adds a problem of a key where its value stands.
func (l *loader) report(key, message, hint string) {
	o, exact := l.find(key)
	p := event.Problem{File: l.file, Line: o.line, Column: o.column, Key: key, Message: message, Hint: hint}
	if exact {
		p.Value = o.value
	}
	if o.outside != "" {
		p.File, p.Key = o.outside, o.name
	}
	l.problems = append(l.problems, p)
}

// find is where a key's value stands, or else the table around it.
func (l *loader) find(key string) (o origin, exact bool) {
	for at := key; at != ""; {
		if o, ok := l.from[at]; ok {
			return o, at == key
		}
		at = at[:max(strings.LastIndexAny(at, ".["), 0)]
	}
	return origin{}, false
}

// validate asks each section what cannot work. What cannot goes back to its
// default, so that the config can be run with.
func (l *loader) validate(cfg *Config) {
	v, defaults := reflect.ValueOf(cfg).Elem(), DefaultConfig()
	for i := range v.NumField() {
		section := v.Type().Field(i).Tag.Get("toml")
		field, fallback := v.Field(i), reflect.ValueOf(defaults).Field(i)
		broken := map[string][]int{} // blocks of lists, which go alone
		for _, p := range problemsOf(field) {
			if key := section + "." + p.Key; !l.has(key) {
				l.report(key, p.Message, p.Hint)
			}
			name, rest, _ := strings.Cut(p.Key, "[")
			if n, err := strconv.Atoi(rest[:max(strings.IndexByte(rest, ']'), 0)]); err == nil && !strings.Contains(name, ".") {
				broken[name] = append(broken[name], n)
				continue
			}
			name, _, _ = strings.Cut(name, ".")
			if f, ok := fieldByKey(field, name); ok {
				d, _ := fieldByKey(fallback, name)
				f.Set(d)
			}
		}
		for name, blocks := range broken {
			if f, ok := fieldByKey(field, name); ok && f.Kind() == reflect.Slice {
				good := reflect.MakeSlice(f.Type(), 0, f.Len())
				for n := range f.Len() {
					if !slices.Contains(blocks, n) {
						good = reflect.Append(good, f.Index(n))
					}
				}
				f.Set(good)
			}
		}
		if len(problemsOf(field)) > 0 { // a default and what the file says do not go together
			field.Set(fallback)
		}
	}
	// Two parts cannot have one port; [http] looks after its own two.
	for _, http := range []struct{ key, addr string }{{"http.listen", cfg.HTTP.Listen}, {"http.health", cfg.HTTP.Health}} {
		if port := portOf(cfg.Audio.Network.Listen); port != "" && port == portOf(http.addr) {
			l.report("audio.network.listen", fmt.Sprintf("port %s is the port of %s too", port, http.key), "choose another port for one of them")
			cfg.Audio.Network.Listen = ""
		}
	}
}

// portOf is an address's port, empty if it has none of its own.
func portOf(addr string) string {
	_, port, err := net.SplitHostPort(addr)
	if err != nil || port == "0" {
		return ""
	}
	return port
}

// problemsOf asks a section what cannot work.
func problemsOf(section reflect.Value) []event.Problem {
	return section.Interface().(interface{ Validate() []event.Problem }).Validate()
}

// has reports whether the key has a problem already: its value is then not the
// one that was written.
func (l *loader) has(key string) bool {
	return slices.ContainsFunc(l.problems, func(p event.Problem) bool { return p.Key == key })
}

// checkData looks whether the data folder can be used.
func (l *loader) checkData(in ConfigInput, cfg Config) {
	dir := in.DataDir(cfg)
	if dir == "" {
		return
	}
	if message, hint := dataProblem(dir); message != "" {
		l.report("general.data", message, hint)
	}
}

// dataProblem says why dir cannot be the data folder; empty if it can. A folder
// that does not exist yet is judged by the one in which it would be made.
func dataProblem(dir string) (message, hint string) {
	for {
		info, err := os.Stat(dir)
		if err == nil && !info.IsDir() {
			return dir + " is a file, not a folder", "choose a folder"
		}
		if err == nil {
			break
		}
		up := filepath.Dir(dir)
		if up == dir {
			return dir + " does not exist", "choose a folder on a drive that is there"
		}
		dir = up
	}
	f, err := os.CreateTemp(dir, ".landale-*")
	if err != nil {
		var pe *fs.PathError
		if errors.As(err, &pe) {
			err = pe.Err
		}
		return fmt.Sprintf("nothing can be written in %s: %v", dir, err), "choose a folder that belongs to you"
	}
	f.Close()
	os.Remove(f.Name())
	return "", ""
}

// maxProblems bounds the list; a file that is no config file at all has as many
// problems as lines.
const maxProblems = 50

// sorted is the list of problems in the order of the file, then those from
// outside it.
func (l *loader) sorted() []event.Problem {
	outside := func(p event.Problem) int {
		if p.File == l.file {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(l.problems, func(a, b event.Problem) int {
		if c := outside(a) - outside(b); c != 0 {
			return c
		}
		if c := a.Line - b.Line; c != 0 {
			return c
		}
		return a.Column - b.Column
	})
	if n := len(l.problems); n > maxProblems {
		last := l.problems[maxProblems-1]
		l.problems = append(l.problems[:maxProblems-1], event.Problem{
			File: last.File, Line: last.Line, Column: last.Column,
			Message: fmt.Sprintf("and %d problems more", n-maxProblems+1), Hint: "mend those above first",
		})
	}
	return l.problems
}

// sectionsChanged names the sections that differ, in the order of the file.
func sectionsChanged(a, b Config) []string {
	var names []string
	va, vb := reflect.ValueOf(a), reflect.ValueOf(b)
	for i := range va.NumField() {
		if !reflect.DeepEqual(va.Field(i).Interface(), vb.Field(i).Interface()) {
			names = append(names, va.Type().Field(i).Tag.Get("toml"))
		}
	}
	return names
}

// writeProblems prints problems as a person reads them, one a line with its hint
// below.
func writeProblems(w io.Writer, problems []event.Problem) {
	var b bytes.Buffer
	for _, p := range problems {
		b.WriteString(p.File)
		if p.Line > 0 {
			fmt.Fprintf(&b, ":%d:%d", p.Line, p.Column)
		}
		if p.Key != "" {
			b.WriteString(": " + p.Key)
			if p.Value != "" {
				b.WriteString(" = " + p.Value)
			}
		}
		b.WriteString(": " + p.Message + "\n")
		if p.Hint != "" {
			b.WriteString("    " + p.Hint + "\n")
		}
	}
	w.Write(b.Bytes()) //nolint:errcheck // a terminal that is gone needs no error
}

// checkConfig prints what is wrong and returns the exit code of landale check.
func checkConfig(w io.Writer, in ConfigInput) int {
	_, problems := LoadConfig(in)
	writeProblems(w, problems)
	switch n := len(problems); n {
	case 0:
		fmt.Fprintf(w, "%s: all is well\n", in.File)
		return 0
	case 1:
		fmt.Fprintln(w, "1 problem")
	default:
		fmt.Fprintf(w, "%d problems\n", n)
	}
	return 1
}
