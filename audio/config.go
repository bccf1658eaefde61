// Package audio is what Landale hears. Today it holds what the config file says
// about the sources; nothing here opens a device.
package audio

import (
	"fmt"

	"landale/event"
)

// Config is the section [audio] of the config file.
type Config struct {
	// Sources are what is listened to, each by itself. None means that nothing
	// is transcribed.
	Sources []Source `toml:"source"`
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
}

// DefaultConfig listens to nothing.
func DefaultConfig() Config { return Config{} }

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
	return ps
}
