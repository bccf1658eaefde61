package audio

import (
	"fmt"
	"testing"
	"time"
)

// TestValidate pins what the owner is told of a setting that cannot work.
func TestValidate(t *testing.T) {
	if ps := DefaultConfig().Validate(); len(ps) != 0 {
		t.Errorf("the default: %v", ps)
	}
	for want, mend := range map[string]func(*Config){
		"vad.start: 1.5 is no likelihood":                                         func(c *Config) { c.VAD.Start = 1.5 },
		"vad.stop: 0 is no likelihood":                                            func(c *Config) { c.VAD.Stop = 0 },
		"vad.stop: is above vad.start":                                            func(c *Config) { c.VAD.Stop = 0.9 },
		"vad.start_time: -1s is out of range":                                     func(c *Config) { c.VAD.StartTime = -time.Second },
		"vad.end: 10s is out of range":                                            func(c *Config) { c.VAD.End = 10 * time.Second },
		"vad.eager: is longer than vad.end":                                       func(c *Config) { c.VAD.Eager = time.Second },
		"vad.eager: -1ms is out of range":                                         func(c *Config) { c.VAD.Eager = -time.Millisecond },
		"vad.preroll: 3s is out of range":                                         func(c *Config) { c.VAD.Preroll = 3 * time.Second },
		"vad.min_speech: -1ns is out of range":                                    func(c *Config) { c.VAD.MinSpeech = -1 },
		"vad.longest: 1m0s is out of range":                                       func(c *Config) { c.VAD.Longest = time.Minute },
		"partial.interval: 1ms is out of range":                                   func(c *Config) { c.Partial.Interval = time.Millisecond },
		"partial.min_audio: -1s is out of range":                                  func(c *Config) { c.Partial.MinAudio = -time.Second },
		"partial.max_lag: 0s is out of range":                                     func(c *Config) { c.Partial.MaxLag = 0 },
		"filter.no_speech: 2 is out of range":                                     func(c *Config) { c.Filter.NoSpeech = 2 },
		"filter.log_prob: 1 is out of range":                                      func(c *Config) { c.Filter.LogProb = 1 },
		"filter.compression: 0 is out of range":                                   func(c *Config) { c.Filter.Compression = 0 },
		"filter.max_words_per_second: -7 is out of range":                         func(c *Config) { c.Filter.MaxWordsPerSecond = -7 },
		"openai.timeout: 0s is out of range":                                      func(c *Config) { c.OpenAI.Timeout = 0 },
		"openai.base_url: the engine openai needs the address of a speech server": func(c *Config) { c.Engine = "openai" },
		`openai.base_url: "localhost:8179" is no web address`:                     func(c *Config) { c.OpenAI.BaseURL = "localhost:8179" },
		`local.model: there is no model "large"`:                                  func(c *Config) { c.Local.Model = "large" },
		"local.threads: -1 is out of range":                                       func(c *Config) { c.Local.Threads = -1 },
		"network.listen: is not an address with a port":                           func(c *Config) { c.Network.Listen = "8889" },
		`language: "english" is no language code`:                                 func(c *Config) { c.Language = "english" },
		"source[1].name: source 1 has this name already":                          func(c *Config) { c.Sources = []Source{{Name: "a"}, {Name: "a"}} },
		"source[0].path: a file source needs a path":                              func(c *Config) { c.Sources = []Source{{Name: "a", Kind: "file"}} },
		`filter.replace: replace "(": error parsing regexp: missing closing ): ` + "`(?i)(^|[^\\pL\\pN])(?:()($|[^\\pL\\pN])`": func(c *Config) {
			c.Filter.Replace = []Replacement{{Match: "("}}
		},
	} {
		c := DefaultConfig()
		mend(&c)
		ps := c.Validate()
		if len(ps) != 1 {
			t.Errorf("%s: got %v", want, ps)
			continue
		}
		if got := fmt.Sprintf("%s: %s", ps[0].Key, ps[0].Message); got != want || ps[0].Hint == "" {
			t.Errorf("got %q with hint %q, want %q", got, ps[0].Hint, want)
		}
	}
	c := DefaultConfig()
	c.Partial.Interval = 0 // finals only
	c.Local.Model = `D:\models\sherpa-onnx-whisper-base`
	if ps := c.Validate(); len(ps) != 0 {
		t.Errorf("got %v, want nothing", ps)
	}
}
