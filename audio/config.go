package audio

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"landale/event"
)

// Config is the section [audio] of the config file.
type Config struct {
	// Engine is what turns sound into words: auto takes the speech server if one
	// is named, else the local model if one is installed, else the browser page.
	Engine string `toml:"engine" enum:"auto,openai,local,browser,off"`
	// Language is an ISO 639-1 code; empty lets the engine find out.
	Language string `toml:"language"`
	// Prompt is a line in the style of what is said, with names as they are
	// written.
	Prompt string `toml:"prompt"`
	// Sources are what is listened to, each by itself. None means the default
	// microphone.
	Sources []Source        `toml:"source"`
	OpenAI  OpenAIConfig    `toml:"openai"`
	Local   LocalConfig     `toml:"local"`
	VAD     VADConfig       `toml:"vad"`
	Partial DictationConfig `toml:"partial"`
	Filter  FilterConfig    `toml:"filter"`
	Network NetworkConfig   `toml:"network"`
	Files   FilesConfig     `toml:"files"`
}

// Source is one [[audio.source]].
type Source struct {
	// Name is what transcripts and the dashboard call it. For a network source
	// it is the name that the sending program gives, and who is not named here
	// is not heard.
	Name string `toml:"name"`
	// Kind says where the sound comes from; empty means device.
	Kind string `toml:"kind" enum:"device,file,network"`
	// Device is part of the name of a sound device; empty means the system's
	// default microphone.
	Device string `toml:"device"`
	// Path is the sound file of a file source.
	Path string `toml:"path"`
	// Fast takes a file in as fast as it can be read instead of in real time.
	Fast bool `toml:"fast"`
	// OBSInput is the name of an input in OBS; while that is muted, nothing is
	// recognised.
	OBSInput string `toml:"obs_input"`
}

// DefaultConfig listens to the default microphone as soon as there is an engine.
func DefaultConfig() Config {
	return Config{
		Engine:   "auto",
		Language: "en",
		OpenAI:   DefaultOpenAIConfig(),
		VAD:      DefaultVADConfig(),
		Partial:  DefaultDictationConfig(),
		Filter:   DefaultFilterConfig(),
		Network:  NetworkConfig{Listen: "127.0.0.1:8889"},
	}
}

// sources are those of the config, or the default microphone.
func (c Config) sources() []Source {
	if len(c.Sources) == 0 {
		return []Source{{Name: "microphone", Kind: "device"}}
	}
	return c.Sources
}

// Validate reports what cannot work, by keys relative to [audio].
func (c Config) Validate() []event.Problem {
	var ps []event.Problem
	bad := func(i int, key, message, hint string) {
		ps = append(ps, event.Problem{Key: fmt.Sprintf("source[%d].%s", i, key), Message: message, Hint: hint})
	}
	first := map[string]int{}
	for i, s := range c.Sources {
		j, taken := first[s.Name]
		switch {
		case s.Name == "":
			bad(i, "name", "a source needs a name", `give it one, like name = "mic"`)
		case taken:
			bad(i, "name", fmt.Sprintf("source %d has this name already", j+1), "each source needs a name of its own")
		default:
			first[s.Name] = i
		}
		if s.Kind == "file" && s.Path == "" {
			bad(i, "path", "a file source needs a path", `name the file, like path = "talk.wav"`)
		}
		if s.Kind != "file" && s.Path != "" {
			bad(i, "path", "only a file source has a path", `write kind = "file", or remove path`)
		}
		if (s.Kind == "file" || s.Kind == "network") && s.Device != "" {
			bad(i, "device", fmt.Sprintf("a %s source has no device", s.Kind), `write kind = "device", or remove device`)
		}
	}
	say := func(key, message, hint string) {
		ps = append(ps, event.Problem{Key: key, Message: message, Hint: hint})
	}
	if len(c.Language) != 0 && (len(c.Language) != 2 || strings.ToLower(c.Language) != c.Language) {
		say("language", fmt.Sprintf("%q is no language code", c.Language), `use two small letters, like "en", or "" to let the engine find out`)
	}
	if len([]rune(c.Prompt)) > 200 {
		say("prompt", fmt.Sprintf("has %d characters, more than 200", len([]rune(c.Prompt))), "keep the names that matter most")
	}
	if c.Engine == "openai" && c.OpenAI.BaseURL == "" {
		say("openai.base_url", "the engine openai needs the address of a speech server", `name it, like base_url = "http://127.0.0.1:8179/v1"`)
	}
	if u := c.OpenAI.BaseURL; u != "" && !strings.HasPrefix(u, "http://") && !strings.HasPrefix(u, "https://") {
		say("openai.base_url", fmt.Sprintf("%q is no web address", u), "begin it with http:// or https://")
	}
	if m := c.Local.Model; m != "" && !isFolder(m) {
		if _, ok := newLibrary("").find(m); !ok {
			var ids []string
			for _, known := range models {
				ids = append(ids, known.ID)
			}
			say("local.model", fmt.Sprintf("there is no model %q", m), "use one of "+strings.Join(ids, ", ")+", or the folder of a model")
		}
	}
	if c.Local.Threads < 0 || c.Local.Threads > 64 {
		say("local.threads", fmt.Sprintf("%d is out of range", c.Local.Threads), "use 1 to 64, or 0 to let Landale choose")
	}
	if l := c.Network.Listen; l != "" {
		_, port, err := net.SplitHostPort(l)
		if _, bad := strconv.ParseUint(port, 10, 16); err != nil || bad != nil {
			say("network.listen", "is not an address with a port", `write it like "127.0.0.1:8889"; ports end at 65535`)
		}
	}
	unit := func(key string, v float64) {
		if !(v > 0 && v <= 1) {
			say(key, fmt.Sprintf("%v is no likelihood", v), "use a number above 0, up to 1")
		}
	}
	within := func(key string, d, least, most time.Duration) {
		if d < least || d > most {
			say(key, fmt.Sprintf("%v is out of range", d), fmt.Sprintf("use %v to %v", least, most))
		}
	}
	number := func(key string, v, least, most float64) {
		if !(v >= least && v <= most) {
			say(key, fmt.Sprintf("%v is out of range", v), fmt.Sprintf("use %v to %v", least, most))
		}
	}
	within("openai.timeout", c.OpenAI.Timeout, time.Second, 5*time.Minute)
	unit("vad.start", c.VAD.Start)
	unit("vad.stop", c.VAD.Stop)
	if c.VAD.Stop > c.VAD.Start {
		say("vad.stop", "is above vad.start", "speech must pause below what it begins at")
	}
	within("vad.start_time", c.VAD.StartTime, 0, time.Second)
	within("vad.end", c.VAD.End, 100*time.Millisecond, 5*time.Second)
	within("vad.eager", c.VAD.Eager, 0, 5*time.Second)
	if c.VAD.Eager > c.VAD.End {
		say("vad.eager", "is longer than vad.end", "the early final must come before the end")
	}
	within("vad.preroll", c.VAD.Preroll, 0, 2*time.Second)
	within("vad.min_speech", c.VAD.MinSpeech, 0, 2*time.Second)
	within("vad.longest", c.VAD.Longest, 4*time.Second, 30*time.Second)
	if c.Partial.Interval != 0 {
		within("partial.interval", c.Partial.Interval, 100*time.Millisecond, 10*time.Second)
	}
	within("partial.min_audio", c.Partial.MinAudio, 0, 5*time.Second)
	within("partial.max_lag", c.Partial.MaxLag, 100*time.Millisecond, time.Minute)
	number("filter.no_speech", c.Filter.NoSpeech, 0, 1)
	number("filter.log_prob", c.Filter.LogProb, -10, 0)
	number("filter.compression", c.Filter.Compression, 1, 100)
	number("filter.max_words_per_second", c.Filter.MaxWordsPerSecond, 1, 100)
	if _, err := newFilter(c.Filter); err != nil {
		say("filter.replace", err.Error(), "write a regular expression, like match = \"av alon\"")
	}
	return ps
}
