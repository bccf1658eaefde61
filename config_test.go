package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"landale/audio"
	"landale/event"
)

// load reads a config as a file of that text.
func load(text string) (Config, []event.Problem) {
	return parseConfig(ConfigInput{Place: Place{File: "config.toml"}}, []byte(text))
}

// says prints problems as a person reads them.
func says(ps []event.Problem) string {
	var b strings.Builder
	writeProblems(&b, ps)
	return b.String()
}

func TestExampleIsTheDefaults(t *testing.T) {
	cfg, problems := load(exampleConfig)
	if len(problems) > 0 {
		t.Fatalf("got problems\n%s", says(problems))
	}
	if want := DefaultConfig(); !reflect.DeepEqual(cfg, want) {
		t.Errorf("got %+v, want %+v", cfg, want)
	}
}

// Every key stands in the example, in its section, with a comment; keys on
// neighbouring lines share one.
func TestExampleExplainsEveryKey(t *testing.T) {
	lines := strings.Split(exampleConfig, "\n")
	explained := map[string]bool{}
	table, comment := "", false
	for _, line := range lines {
		if header := regexp.MustCompile(`^#?\[+([a-z.]+)\]+$`).FindStringSubmatch(line); header != nil {
			table = header[1]
			explained[table] = true
			comment = comment && line[0] == '#'
			continue
		}
		if key := regexp.MustCompile(`^#?(\w+) = `).FindStringSubmatch(line); key != nil {
			if !comment {
				t.Errorf("%s.%s has no comment", table, key[1])
			}
			explained[table+"."+key[1]] = true
			continue
		}
		comment = strings.HasPrefix(line, "# ")
		if utf8.RuneCountInString(line) > 82 {
			t.Errorf("long line: %s", line)
		}
	}
	for _, k := range knownKeys(reflect.TypeFor[Config](), "") {
		if !explained[k.path] {
			t.Errorf("%s is not in config.example.toml", k.path)
		}
	}
}

// What the example shows switched off is right too.
func TestExampleWithItsBlocks(t *testing.T) {
	on := regexp.MustCompile(`(?m)^#(\[|\w+ = )`).ReplaceAllString(exampleConfig, "$1")
	on = strings.Replace(on, `path = 'D:\talk.wav'`, "", 1) // not for kind "device"
	cfg, problems := load(on)
	if len(problems) > 0 {
		t.Fatalf("got problems\n%s", says(problems))
	}
	if want := []audio.Source{{Name: "mic", Kind: "device", Device: "RE20", OBSInput: "Mic/Aux"}}; !reflect.DeepEqual(cfg.Audio.Sources, want) {
		t.Errorf("got %+v, want %+v", cfg.Audio.Sources, want)
	}
}

func TestFirstConfigHasNoSettings(t *testing.T) {
	cfg, problems := load(firstConfig())
	if len(problems) > 0 || !reflect.DeepEqual(cfg, DefaultConfig()) {
		t.Errorf("got %+v and problems %v, want the defaults", cfg, problems)
	}
	for line := range strings.SplitSeq(firstConfig(), "\n") {
		if line != "" && line[0] != '#' && line[0] != '[' {
			t.Errorf("active: %q", line)
		}
	}
}

// One setting switched on changes that one alone.
func TestEachSettingOfTheFirstConfig(t *testing.T) {
	first := firstConfig()
	for _, at := range regexp.MustCompile(`(?m)^#\w+ = `).FindAllStringIndex(first, -1) {
		line, _, _ := strings.Cut(first[at[0]:], "\n")
		headers := regexp.MustCompile(`(?m)^#?\[`).FindAllString(first[:at[0]], -1)
		if headers[len(headers)-1] == "#[" {
			continue // the lines of a [[block]] go together
		}
		_, problems := load(first[:at[0]] + first[at[0]+1:])
		if len(problems) > 0 {
			t.Errorf("%s: got %s", line, says(problems))
		}
	}
}

func TestConfigReadsEveryKindOfValue(t *testing.T) {
	cfg, problems := load("\ufeff[http]\r\n" +
		"hosts = [ 'a', \"b\", # two\r\n]\r\n" +
		"window = \"1_\\u0032ms\" # text with an escape, no number\r\n" +
		"ring = 0x1_0\r\n")
	if len(problems) != 1 || problems[0].Line != 4 || problems[0].Key != "http.window" {
		t.Errorf("got %v, want one problem, of http.window in line 4", problems)
	}
	if want := []string{"a", "b"}; !reflect.DeepEqual(cfg.HTTP.Hosts, want) || cfg.HTTP.Ring != 16 {
		t.Errorf("got %v and %d, want %v and 16", cfg.HTTP.Hosts, cfg.HTTP.Ring, want)
	}

	cfg, problems = load(`
log.level = "debug"
log.parts = { hub = "error" }
audio.source = [ { name = "a" }, { name = "b", kind = "network" } ]
[log.parts]
store = "warn"
`)
	if len(problems) > 0 {
		// The TOML standard forbids to open an inline table again.
		if !strings.Contains(says(problems), "parts") {
			t.Errorf("got %s", says(problems))
		}
	} else {
		t.Errorf("got no problem with an inline table that is opened again, %v", cfg.Log)
	}

	cfg, problems = load("[log.parts]\nhub = 'error'\nstore = 'warn'\n")
	if want := (map[string]slog.Level{"hub": slog.LevelError, "store": slog.LevelWarn}); len(problems) > 0 || !reflect.DeepEqual(cfg.Log.Parts, want) {
		t.Errorf("got %v, %v, want %v", cfg.Log.Parts, problems, want)
	}
}

// Columns count characters from 1, also behind a byte order mark and umlauts.
func TestPositions(t *testing.T) {
	for _, c := range []struct {
		text         string
		line, column int
	}{
		{"\ufeffx = 1", 1, 1},
		{"[http]\n'ÄÖÜ' = 1", 2, 1},
		{"[http]\nhosts = ['Ä', 'Ö', 3]", 2, 20},
		{"[http]\r\n\twindow\t=\t5", 2, 11},
		{"[http]\nring =", 2, 7},
		{"[", 1, 1},
		{"=", 1, 1},
		{"[audio]\nsource = [{name = 'a', knd = 'file'}]", 2, 24},
	} {
		_, ps := load(c.text)
		if len(ps) != 1 || ps[0].Line != c.line || ps[0].Column != c.column {
			t.Errorf("%q: got %v, want one at %d:%d", c.text, ps, c.line, c.column)
		}
	}
}

// A key with a problem has its default, so that Landale can start and show its
// dashboard; the others have what the file says.
func TestBadKeysHaveTheirDefaults(t *testing.T) {
	cfg, problems := load(`
[http]
listen = "127.0.0.1:8890"
window = "3s"
ring = 77
[log]
files = "many"
file_mb = 20
[[audio.source]]
name = "mic"
[[audio.source]]
name = "mic"
`)
	want := DefaultConfig()
	want.HTTP.Ring = 77
	want.Log.FileMB = 20
	if len(problems) != 4 {
		t.Errorf("got %d problems, want 4:\n%s", len(problems), says(problems))
	}
	// A listen that clashes with the default of health cannot be told from a
	// health that does: the section falls back.
	want.HTTP.Ring = DefaultConfig().HTTP.Ring
	// Of two sources with one name the first one stays.
	want.Audio.Sources = []audio.Source{{Name: "mic"}}
	if !reflect.DeepEqual(cfg, want) {
		t.Errorf("got %+v\nwant %+v", cfg, want)
	}
}

// A key of a speech server does not end in a log or on the dashboard, which may
// be on stream.
func TestSecretsAreNotShown(t *testing.T) {
	in := ConfigInput{Place: Place{File: "config.toml"}, Env: []string{"LANDALE_AUDIO_OPENAI_API_KEY=hunter2"}}
	for _, text := range []string{"api_key = hunter2", "api_key = 'hunter2", `api_key = "hunter2\x"`, `api_key = "hunter\t2"`, "api_key = ['hunter2']", "api_key = 'a'\napi_key = 'hunter2'"} {
		if _, problems := parseConfig(in, []byte("[audio.openai]\n"+text)); len(problems) != 1 || strings.Contains(says(problems), "unter") {
			t.Errorf("%s: got %s", text, says(problems))
		}
	}
}

func TestManyProblemsAreCutShort(t *testing.T) {
	_, ps := load(strings.Repeat("nonsense\n", 1000))
	if len(ps) != maxProblems || ps[maxProblems-1].Message != "and 951 problems more" {
		t.Errorf("got %d problems, the last %q", len(ps), ps[len(ps)-1].Message)
	}
}

func TestUnreadableFiles(t *testing.T) {
	dir := t.TempDir()
	big := filepath.Join(dir, "big.toml")
	if err := os.WriteFile(big, make([]byte, maxConfigSize+1), 0o600); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{
		filepath.Join(dir, "none.toml"): "there is no such file",
		big:                             "larger than 1 MB: this is not a config file",
		dir:                             "cannot be read: ",
	} {
		cfg, ps := LoadConfig(ConfigInput{Place: Place{File: file}})
		if len(ps) != 1 || !strings.HasPrefix(ps[0].Message, want) || ps[0].File != file {
			t.Errorf("%s: got %v, want %q", file, ps, want)
		}
		if !reflect.DeepEqual(cfg, DefaultConfig()) {
			t.Errorf("%s: got %+v, want the defaults", file, cfg)
		}
	}
}

func TestDataProblem(t *testing.T) {
	dir := t.TempDir()
	for _, sub := range []string{"", "new", "new/deep/er"} {
		if m, h := dataProblem(filepath.Join(dir, sub)); m != "" {
			t.Errorf("%q: got %q, %q, want no problem", sub, m, h)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("got %v, %v, want that nothing is left behind", left, err)
	}
	if runtime.GOOS == "linux" { // where also root writes nothing
		if m, _ := dataProblem("/proc/landale"); !strings.HasPrefix(m, "nothing can be written in /proc: ") {
			t.Errorf("got %q, want that nothing can be written", m)
		}
	}
}

func TestZones(t *testing.T) {
	for name, hint := range map[string]string{
		"europe/berlin":    `did you mean "Europe/Berlin"?`,
		"Berlin":           `did you mean "Europe/Berlin"?`,
		"los angeles":      `did you mean "America/Los_Angeles"?`,
		"America/New York": `did you mean "America/New_York"?`,
		"utc":              `did you mean "UTC"?`,
		"":                 `write "Local" for this PC's own, or a name like "Europe/Berlin" or "America/New_York"`,
		"../etc/passwd":    `write "Local" for this PC's own, or a name like "Europe/Berlin" or "America/New_York"`,
		"Ünter/ßen":        `write "Local" for this PC's own, or a name like "Europe/Berlin" or "America/New_York"`,
	} {
		ps := GeneralConfig{Timezone: name}.Validate()
		if len(ps) != 1 || ps[0].Hint != hint {
			t.Errorf("%q: got %v, want %s", name, ps, hint)
		}
	}
	if ps := (GeneralConfig{Timezone: "America/Los_Angeles"}).Validate(); len(ps) > 0 {
		t.Errorf("got %v", ps)
	}
}

func TestDurationHints(t *testing.T) {
	for _, c := range [][2]string{
		{"16 ms", `did you mean "16ms"?`},
		{"16", `did you mean "16ms"?`},
		{"2 min", `did you mean "2m"?`},
		{"1,5 seconds", `did you mean "1.5s"?`},
		{"3 days", `write a number with its unit (ms, s, m, h), like "600ms" or "1m30s"`},
		{"", `write a number with its unit (ms, s, m, h), like "600ms" or "1m30s"`},
	} {
		if got := durationHint(c[0]); got != c[1] {
			t.Errorf("%q: got %s, want %s", c[0], got, c[1])
		}
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"listen", "lisen", 1}, {"listen", "litsen", 1}, {"rign", "ring", 1}, {"a", "", 1}, {"höre", "hore", 1}} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("%q, %q: got %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

func TestEnvironmentAndFlags(t *testing.T) {
	in := ConfigInput{
		Place: Place{File: "config.toml"},
		Env: []string{
			"PATH=/bin", "LANDALE_HTTP_LISTEN=127.0.0.1:1", "LANDALE_HTTP_HOSTS=a, b,,c", "LANDALE_HTTP_WINDOW=5ms",
			"LANDALE_HTTP_TAILNET=true", "LANDALE_LOG_LEVEL=debug", "LANDALE_LOG_PARTS=hub=info, store=error", "LANDALE_HTTP_RING=64",
			"LANDALE_GENERAL_TIMEZONE=UTC",
		},
		Flags: map[string]string{"http.listen": "127.0.0.1:0"},
	}
	cfg, problems := parseConfig(in, []byte("[http]\nlisten = '127.0.0.1:2'\nwindow = '7ms'\n[log]\nfiles = 9\n"))
	if len(problems) > 0 {
		t.Fatalf("got %s", says(problems))
	}
	want := DefaultConfig()
	want.General.Timezone = "UTC"
	want.HTTP.Listen = "127.0.0.1:0" // flags beat environment beats file beats defaults
	want.HTTP.Hosts = []string{"a", "b", "c"}
	want.HTTP.Window = 5 * time.Millisecond
	want.HTTP.Tailnet = true
	want.HTTP.Ring = 64
	want.Log.Level = slog.LevelDebug
	want.Log.Parts = map[string]slog.Level{"hub": slog.LevelInfo, "store": slog.LevelError}
	want.Log.Files = 9
	if !reflect.DeepEqual(cfg, want) {
		t.Errorf("got %+v\nwant %+v", cfg, want)
	}
}

func TestBadEnvironmentAndFlags(t *testing.T) {
	in := ConfigInput{
		Place: Place{File: "config.toml"},
		Env: []string{
			"LANDALE_HTTP_LISTEN=nowhere", "LANDALE_HTTP_LISTENS=x", "LANDALE_HTTP_WINDOW=5", "LANDALE_HTTP_RING=many", "LANDALE_HTTP_TAILNET=yes",
			"LANDALE_AUDIO_SOURCE=mic", "LANDALE_LOG_LEVEL=loud", "LANDALE_LOG_PARTS=hub", "LANDALE_GENERAL_TIMEZONE=berlin", "LANDALE_=1",
		},
		Flags: map[string]string{"http.health": "8890"},
	}
	_, problems := parseConfig(in, nil)
	want := `environment: LANDALE_HTTP_LISTENS: unknown variable
    did you mean LANDALE_HTTP_LISTEN?
environment: LANDALE_HTTP_WINDOW = 5: is not a duration
    did you mean "5ms"?
environment: LANDALE_HTTP_RING = many: is not a whole number
    write a number such as 10
environment: LANDALE_HTTP_TAILNET = yes: is neither true nor false
    write true or false
environment: LANDALE_AUDIO_SOURCE: unknown variable
    a list of tables can only be written in the file, as [[audio.source]]
environment: LANDALE_LOG_LEVEL = loud: is none of the choices
    want one of debug, info, warn, error
environment: LANDALE_LOG_PARTS = hub: "hub" has no =
    write name=value, with commas between them
environment: LANDALE_: unknown variable
    it has no effect: remove it; names are LANDALE_<SECTION>_<KEY>
environment: LANDALE_GENERAL_TIMEZONE = berlin: there is no such time zone
    did you mean "Europe/Berlin"?
environment: LANDALE_HTTP_LISTEN = nowhere: the port is missing
    write address and port, like "127.0.0.1:7175"
command line: --health = 8890: the address is missing
    write "127.0.0.1:8890"
`
	if got := says(problems); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// A data folder given from outside is where the person who gave it stands, not
// beside a file that he may never have seen.
func TestDataFolderFromOutside(t *testing.T) {
	t.Chdir(t.TempDir())
	cwd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	in := ConfigInput{Place: Place{File: filepath.Join(cwd, "conf", "config.toml"), Data: "unused"}, Flags: map[string]string{"general.data": "there"}}
	cfg, problems := parseConfig(in, []byte("[general]\ndata = 'elsewhere'\n"))
	if len(problems) > 0 {
		t.Fatalf("got %s", says(problems))
	}
	if got, want := in.DataDir(cfg), filepath.Join(cwd, "there"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	cfg.General.Data = "elsewhere"
	if got, want := in.DataDir(cfg), filepath.Join(cwd, "conf", "elsewhere"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func FuzzConfig(f *testing.F) {
	files, err := filepath.Glob("testdata/config/*.toml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range append(files, "config.example.toml") {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	for _, s := range []string{"[", "[[", "a.", "a = [", "a = {", "a = \"\\", "\r", "[http]\nwindow = '", "audio.source = [[{}]]", "log.parts = {''=1}", "[audio.source.name]", "a = 1979-99-99", "#\x00", "[[audio]]\n[[audio.source]]"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		cfg, problems := parseConfig(ConfigInput{Place: Place{File: "config.toml"}}, data)
		lines := strings.Count(string(data), "\n") + 1
		for _, p := range problems {
			if p.Line < 1 || p.Line > lines || p.Column < 1 || p.Column > len(data)+1 || p.Message == "" {
				t.Errorf("got problem %+v in a file of %d lines", p, lines)
			}
		}
		// Whatever the file says, the result can be run with.
		v := reflect.ValueOf(cfg)
		for i := range v.NumField() {
			if ps := problemsOf(v.Field(i)); len(ps) > 0 {
				t.Errorf("section %s does not validate: %v", v.Type().Field(i).Name, ps)
			}
		}
		if again, ps := parseConfig(ConfigInput{Place: Place{File: "config.toml"}}, data); !reflect.DeepEqual(again, cfg) || !reflect.DeepEqual(ps, problems) {
			t.Error("the same bytes gave another result")
		}
	})
}
