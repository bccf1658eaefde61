package twitch

import (
	"fmt"
	"net/url"
	"strings"

	"landale/event"
)

// Config is the section [twitch] of the config file.
type Config struct {
	// ClientID is the id of an application in Twitch's developer console. Without
	// one the part waits.
	ClientID string `toml:"client_id"`
	// ClientSecret is needed by confidential applications only.
	ClientSecret string `toml:"client_secret"`
	// EmotePrefix begins the names of the channel's own emotes.
	EmotePrefix string `toml:"emote_prefix"`
	// EmoteProviders are where emotes beside Twitch's own come from.
	EmoteProviders []string `toml:"emote_providers"`
	// The addresses of Twitch; another one is a mock server or a proxy.
	EventSubURL string `toml:"eventsub_url"`
	HelixURL    string `toml:"helix_url"`
	OAuthURL    string `toml:"oauth_url"`
}

// DefaultConfig is Twitch itself, without an application.
func DefaultConfig() Config {
	return Config{
		EmotePrefix:    "avalon",
		EmoteProviders: []string{"bttv", "ffz", "7tv"},
		EventSubURL:    "wss://eventsub.wss.twitch.tv/ws",
		HelixURL:       "https://api.twitch.tv/helix",
		OAuthURL:       "https://id.twitch.tv/oauth2",
	}
}

// Validate reports what cannot work, by keys relative to [twitch].
func (c Config) Validate() []event.Problem {
	var ps []event.Problem
	say := func(key, message, hint string) {
		ps = append(ps, event.Problem{Key: key, Message: message, Hint: hint})
	}
	word := func(r rune) bool { return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' }
	if strings.TrimFunc(c.ClientID, word) != "" {
		say("client_id", "a client id has small letters and digits only", "copy it from dev.twitch.tv/console/apps")
	}
	for i, p := range c.EmoteProviders {
		if p != "bttv" && p != "ffz" && p != "7tv" {
			say(fmt.Sprintf("emote_providers[%d]", i), fmt.Sprintf("there is no provider %q", p), `use "bttv", "ffz" or "7tv"`)
		}
	}
	for _, u := range []struct{ key, value, schemes string }{
		{"eventsub_url", c.EventSubURL, "wss:// or ws://"},
		{"helix_url", c.HelixURL, "https:// or http://"},
		{"oauth_url", c.OAuthURL, "https:// or http://"},
	} {
		parsed, err := url.Parse(u.value)
		if err != nil || parsed.Host == "" || !strings.Contains(u.schemes, parsed.Scheme+"://") {
			say(u.key, "this is no address", "begin it with "+u.schemes)
		}
	}
	return ps
}
