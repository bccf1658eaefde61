package obs

import (
	"fmt"
	"net/url"
	"time"

	"landale/event"
)

// Config is the section [obs] of the config file.
type Config struct {
	// URL is where obs-websocket listens; empty means that there is no OBS.
	URL string `toml:"url"`
	// Password is the one of OBS, under Tools, WebSocket Server Settings.
	Password string `toml:"password"`
	// Microphone is the name of OBS's input for the microphone; empty takes the
	// first microphone of OBS's audio settings.
	Microphone string         `toml:"microphone"`
	Captions   CaptionsConfig `toml:"captions"`
	Heal       HealConfig     `toml:"heal"`
	Watchdog   WatchdogConfig `toml:"watchdog"`
}

// CaptionsConfig is [obs.captions]: what viewers can switch on as closed captions.
type CaptionsConfig struct {
	Enabled bool `toml:"enabled"`
	// Clear is how long the last words stay after nothing more was said.
	Clear time.Duration `toml:"clear"`
}

// HealConfig is [obs.heal].
type HealConfig struct {
	// Enabled lets Landale reload browser sources whose page is gone or frozen.
	Enabled bool `toml:"enabled"`
	// After is how long a page may be gone or still.
	After time.Duration `toml:"after"`
}

// WatchdogConfig is [obs.watchdog].
type WatchdogConfig struct {
	// LostFrames is the share of frames, in percent of the last half minute, above
	// which dropped, skipped or lagged frames are a warning.
	LostFrames float64 `toml:"lost_frames"`
	// DiskFreeGB is the free space, in gigabytes, below which the disk is nearly full.
	DiskFreeGB float64 `toml:"disk_free_gb"`
}

// DefaultConfig looks for an OBS on this PC.
func DefaultConfig() Config {
	return Config{
		URL:      "ws://127.0.0.1:4455",
		Captions: CaptionsConfig{Clear: 10 * time.Second},
		Heal:     HealConfig{Enabled: true, After: 10 * time.Second},
		Watchdog: WatchdogConfig{LostFrames: 5, DiskFreeGB: 5},
	}
}

// Validate reports what cannot work, by keys relative to [obs].
func (c Config) Validate() []event.Problem {
	var ps []event.Problem
	bad := func(key, message, hint string) {
		ps = append(ps, event.Problem{Key: key, Message: message, Hint: hint})
	}
	if c.URL != "" {
		if u, err := url.Parse(c.URL); err != nil || u.Host == "" || (u.Scheme != "ws" && u.Scheme != "wss") {
			bad("url", fmt.Sprintf("%q is no WebSocket address", c.URL), "write it like ws://127.0.0.1:4455")
		}
	}
	if d := c.Captions.Clear; d < time.Second || d > time.Minute {
		bad("captions.clear", "out of range", "want 1s to 1m")
	}
	if d := c.Heal.After; d < 5*time.Second || d > 10*time.Minute {
		bad("heal.after", "out of range", "want 5s to 10m: pages say every few seconds that they live")
	}
	if p := c.Watchdog.LostFrames; p <= 0 || p > 100 {
		bad("watchdog.lost_frames", "out of range", "want a percentage above 0, at most 100")
	}
	if g := c.Watchdog.DiskFreeGB; g < 0 || g > 10_000 {
		bad("watchdog.disk_free_gb", "out of range", "want 0 to 10000")
	}
	return ps
}
