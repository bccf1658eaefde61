package main

import (
	"log/slog"

	"landale/audio"
	"landale/event"
	"landale/hub"
)

// Config is the whole config file. Each section belongs to the part that uses
// it, which also knows its defaults and what cannot work.
//
// Tags: toml is the key; enum lists the values that a string may have.
type Config struct {
	General GeneralConfig `toml:"general"`
	Log     LogConfig     `toml:"log"`
	HTTP    hub.Config    `toml:"http"`
	Audio   audio.Config  `toml:"audio"`
}

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

// LogConfig is the section [log].
type LogConfig struct {
	// Level is the least level that is written.
	Level slog.Level `toml:"level"`
	// Parts has other levels for single parts.
	Parts map[string]slog.Level `toml:"parts"`
	// FileMB is the size, in megabytes, at which a new log file is begun.
	FileMB int `toml:"file_mb"`
	// Files is how many old log files are kept.
	Files int `toml:"files"`
}

// DefaultConfig is what the program runs with when nothing says otherwise.
func DefaultConfig() Config {
	return Config{
		General: GeneralConfig{Timezone: "Local", OpenBrowser: true},
		Log:     LogConfig{Level: slog.LevelInfo, FileMB: 10, Files: 5},
		HTTP:    hub.DefaultConfig(),
		Audio:   audio.DefaultConfig(),
	}
}

// Place is where a Landale lives.
type Place struct {
	// File is the config file.
	File string
	// Data is the data folder, if general.data does not name one.
	Data string
}

// DataDir is the data folder that cfg asks for. A relative general.data is
// relative to the config file's folder.
func (p Place) DataDir(cfg Config) string { return p.Data }

// ConfigInput is all that settings come from; the later beats the earlier.
type ConfigInput struct {
	Place
	// Env is the environment as os.Environ gives it.
	Env []string
	// Flags maps dotted keys to what the command line gave for them, as text:
	// {"http.listen": "127.0.0.1:0"}.
	Flags map[string]string
}

// LoadConfig reads file, environment and flags over the defaults. It reports
// everything that is wrong at once, in the order of the file. The Config can
// always be run with: a key with a problem keeps its default.
func LoadConfig(in ConfigInput) (Config, []event.Problem) {
	return DefaultConfig(), nil
}
