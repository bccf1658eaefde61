// Package hub is all that a browser, a plugin or a script talks to: the socket
// at /socket/websocket (Phoenix Channels), the HTTP API under /api, the pages,
// health and metrics.
//
// It promises that nothing a client sends ends a topic, a session or the
// process; that every command gets exactly one reply; that a client which does
// not read delays nobody and is closed with code 4008; and that a client which
// was away gets what it missed, or is told to start afresh. It decides nothing:
// what an event means is known elsewhere.
package hub

import (
	"context"
	"io/fs"
	"log/slog"
	"time"

	"landale/event"
)

// Config is the section [http] of the config file.
type Config struct {
	// Listen is the address of pages, API and socket.
	Listen string `toml:"listen"`
	// Tailnet also listens on this machine's Tailscale address, as soon as there
	// is one.
	Tailnet bool `toml:"tailnet"`
	// Health is the address of the separate health port; empty means none.
	Health string `toml:"health"`
	// Hosts are the names, beside loopback and this machine's own, under which
	// browsers may reach the program. Each also stands for <name>.local and
	// <name>.<tailnet>.ts.net.
	Hosts []string `toml:"hosts"`
	// Window is how long events that follow another one are gathered, at most
	// 50 ms; 0 sends each by itself.
	Window time.Duration `toml:"window"`
	// Ring is how many events are kept for clients that come back.
	Ring int `toml:"ring"`
}

// DefaultConfig is what the program runs with when the file says nothing.
func DefaultConfig() Config {
	return Config{
		Listen: "127.0.0.1:7175",
		Health: "127.0.0.1:8890",
		Hosts:  []string{"demi", "saya", "zelan", "alys"},
		Window: 16 * time.Millisecond,
		Ring:   4096,
	}
}

// Options is what the hub needs from the rest of the program; main fills it.
// Bus, Version and Log must be there. What is nil is a part that does not exist:
// what asks for it answers service_unavailable.
type Options struct {
	Bus     *event.Bus
	Version string
	// Build names the exact build; a page of another build reloads itself.
	Build string
	// Files are the built pages, with index.html at the top.
	Files fs.FS
	// Zone is the owner's time zone: days and hours follow it.
	Zone    *time.Location
	History History
	Figures Figures
	People  People
	Streams Streams
	Parts   Parts
	Logs    Logs
	// Problems are those of the config file as it was last read.
	Problems func() []event.Problem
	// Joined and Left are told who joined a topic and who left it, in order. They
	// must neither wait nor call the hub; nil is allowed.
	Joined func(topic, client, page, environment string)
	Left   func(topic, client string)
	// Said makes a transcript whole before it is published that another recogniser
	// heard at a time; its error says why it is not wanted. Nil is allowed.
	Said func(at time.Time, t *event.Transcript) error
	// Routes and Mounts are what other parts answer over HTTP.
	Routes []Route
	Mounts []Mount
	Log    *slog.Logger
}

// History answers what happened.
type History interface {
	// Events answers a query; event.ErrBadCursor if its cursor is not its own.
	Events(ctx context.Context, q event.Query) (event.Page, error)
	// Event finds one by its id or its Seq in decimal; event.ErrNotFound.
	Event(ctx context.Context, ref string) (event.Event, error)
	// Since gives what was published after seq, in order, at most limit events;
	// more says that there are others after them.
	Since(ctx context.Context, seq uint64, limit int) (events []event.Event, more bool, err error)
}

// Figures counts what happened.
type Figures interface {
	Buckets(ctx context.Context, from, to time.Time, step event.Step, types []event.Type, zone *time.Location) ([]event.Bucket, error)
	TranscriptStats(ctx context.Context, from, to time.Time) (event.TranscriptStats, error)
	ActivityStats(ctx context.Context, from, to time.Time) (event.ActivityStats, error)
}

// People knows who was here.
type People interface {
	// People lists those whose login, display name or nickname begins with
	// prefix, the last seen first.
	People(ctx context.Context, prefix string, limit int) ([]event.Person, error)
	// Person finds one by Twitch user id or login; event.ErrNotFound.
	Person(ctx context.Context, ref string) (event.Person, error)
	EditPerson(ctx context.Context, userID string, edit event.PersonEdit) (event.Person, error)
}

// Streams knows the broadcasts.
type Streams interface {
	// Streams lists them, newest first, those with an id below before (0: all).
	Streams(ctx context.Context, before int64, limit int) ([]event.Stream, error)
	// Stream finds one; event.ErrNotFound.
	Stream(ctx context.Context, id int64) (event.Stream, error)
}

// Parts knows how the parts of the program are and can restart one.
type Parts interface {
	Parts() []event.Part
	// Restart restarts one and returns when it was told to; event.ErrNotFound.
	Restart(ctx context.Context, name string) error
}

// Logs gives the newest lines of the log.
type Logs interface {
	// Lines gives those after a line's Seq, oldest first, the newest limit of them.
	Lines(after uint64, limit int) []event.LogLine
	// Changed is closed when there is a line that was not there at the call.
	Changed() <-chan struct{}
}
