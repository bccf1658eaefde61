package audio

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"landale/event"
)

func TestNames(t *testing.T) {
	now := time.Date(2026, 11, 24, 20, 0, 0, 0, time.UTC)
	n := NewNames("Landale")
	says := func(name string, ago time.Duration) {
		n.Hear(event.New(event.Twitch, now.Add(-ago), event.ChannelChatMessage{User: event.User{UserName: name}, Message: "hi"}))
	}
	says("Gone", 11*time.Minute)
	says("Quiet", 9*time.Minute)
	says("Busy", 3*time.Minute)
	says("Busy", time.Minute)
	n.Hear(event.New(event.Twitch, now, event.ChannelUpdate{CategoryName: "Pokémon FireRed"}))
	if got := strings.Join(n.List(now), ","); got != "Pokémon FireRed,Landale,Busy,Quiet" {
		t.Errorf("got %s", got)
	}
}

// TestPrompt: the least important names are cut, never the first; the system
// before this one cut the most active.
func TestPrompt(t *testing.T) {
	var names []string
	for range 40 {
		names = append(names, "Somebody")
	}
	names[0] = "Avalon"
	p := prompt("A stream about games.", names)
	if !strings.HasPrefix(p, "A stream about games. Avalon, Somebody") || !strings.HasSuffix(p, ".") || utf8.RuneCountInString(p) > maxPrompt {
		t.Errorf("got %d characters: %s", utf8.RuneCountInString(p), p)
	}
	if p := prompt("", []string{strings.Repeat("x", 51), " "}); p != "" {
		t.Errorf("got %q of names that are none", p)
	}
	if p := prompt(strings.Repeat("long ", 60), []string{"Name"}); strings.Contains(p, "Name") {
		t.Errorf("no room, but got %q", p)
	}
}
