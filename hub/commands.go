package hub

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"landale/event"
)

// Command is one line of the table of what clients may ask on a topic.
type Command struct {
	// Topic is a topic's pattern, see Topics; "stream:*" and "transcription:*"
	// stand for all that begin so, "*" for every topic.
	Topic string
	Name  string
	Doc   string
	// Fields are the members of the payload; others are passed on as they are.
	Fields []Field
	// Free says that the payload may be any JSON.
	Free bool

	check func(map[string]json.RawMessage) []event.FieldError
	run   func(context.Context, ask) (any, error) // nil: main gives it with Handle
	quick bool                                    // never waits: runs in the session's reader
}

// ask is one command as a handler sees it.
type ask struct {
	h       *Hub
	s       *session
	place   place
	name    string
	payload json.RawMessage
}

// Caller is who asks: what a handler finds in its context.
type Caller struct {
	// Client is the connection's id, Correlation that of all that it starts.
	Client      string
	Correlation event.ID
	Topic       string
	Page        string
	Environment string
}

type callerKey struct{}

// CallerFrom tells a handler who asks; ok is false outside of one.
func CallerFrom(ctx context.Context) (Caller, bool) {
	c, ok := ctx.Value(callerKey{}).(Caller)
	return c, ok
}

// Commands lists every command in the order of the documentation.
func Commands() []Command { return slices.Clone(commandTable) }

// commandLine is a command of one hub, with its handler.
type commandLine struct{ Command }

// lines are the commands of one hub by name.
type lines struct {
	mu     sync.Mutex
	byName map[string][]*commandLine
}

func newLines() *lines {
	l := &lines{byName: map[string][]*commandLine{}}
	for _, c := range commandTable {
		l.byName[c.Name] = append(l.byName[c.Name], &commandLine{c})
	}
	return l
}

// Handle gives a command of the table its handler; topic is the line's Topic. The
// handler gets a payload that passed the line's rules, runs beside others and is
// given up after five seconds; what it returns is the data of the reply, and an
// error with a method ErrorCode() string says its own code. Handle panics for a
// command that the table does not have: that is a mistake in main.
func (h *Hub) Handle(topic, command string, fn func(ctx context.Context, payload json.RawMessage) (any, error)) {
	h.lines.mu.Lock()
	defer h.lines.mu.Unlock()
	for i, line := range h.lines.byName[command] {
		if line.Topic == topic {
			handled := *line // whoever runs the old line keeps it
			handled.quick = false
			handled.run = func(ctx context.Context, c ask) (any, error) {
				c.h.mu.Lock()
				caller := Caller{c.s.id, c.s.correlation, c.place.topic, c.s.page, c.s.environment}
				c.h.mu.Unlock()
				return fn(context.WithValue(ctx, callerKey{}, caller), c.payload)
			}
			h.lines.byName[command][i] = &handled
			return
		}
	}
	panic(fmt.Sprintf("hub: no command %q on %q in the table", command, topic))
}

// lookup finds what a command means in a place. On overlay:broadcast every name
// that is not a command is a message to all.
func (h *Hub) lookup(p place, name string) (*commandLine, bool) {
	h.lines.mu.Lock()
	defer h.lines.mu.Unlock()
	var best *commandLine
	for _, line := range h.lines.byName[name] {
		if p.covers(line.Topic) && (best == nil || line.Topic != anyTopic) {
			best = line
		}
	}
	if best == nil && p.pattern == overlayBroadcast && !strings.HasPrefix(name, "phx_") {
		best = h.lines.byName["<any event>"][0]
	}
	return best, best != nil
}

// names lists the commands of a place for whoever asked for another.
func names(p place) []string {
	var list []string
	for _, c := range commandTable {
		if p.covers(c.Topic) {
			list = append(list, c.Name)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

var zero = 0.0

func text(name string, required bool, doc string) Field {
	f := Field{Name: name, Kind: "text", Required: required, Doc: doc}
	if required {
		f.Min, f.Max = 1, 10_000
	}
	return f
}

func id(name string, required bool) Field {
	return Field{Name: name, Kind: "integer", Required: required, Min: 1, Max: 1 << 53}
}

var takeovers = []string{"technical-difficulties", "screen-cover", "please-stand-by", "custom"}

// commandTable is the one table of commands. Those without a handler of the hub's
// own answer service_unavailable until main gives one.
var commandTable = []Command{
	{Topic: anyTopic, Name: "ping", Doc: "Answers with the payload, pong, timestamp and topic.", Free: true, run: ping, quick: true},
	{Topic: anyTopic, Name: "latency", Doc: "Reports the round trip that a page measured.", run: latency, quick: true,
		Fields: []Field{{Name: "ms", Kind: "number", Required: true, Min: 0, Max: 600_000}}},

	{Topic: dashboardServices, Name: "start", Doc: "Starts a managed process.", Fields: []Field{text("service", true, "")}},
	{Topic: dashboardServices, Name: "stop", Doc: "Stops a managed process.", Fields: []Field{text("service", true, "")}},
	{Topic: dashboardServices, Name: "restart", Doc: "Restarts a part of Landale, or a managed process.", run: restart,
		Fields: []Field{text("service", true, "a part's name")}},
	{Topic: dashboardServices, Name: "get_status", Doc: "Tells how a part is.", run: getStatus, Fields: []Field{text("service", true, "a part's name")}},
	{Topic: dashboardServices, Name: "get_telemetry", Doc: "Answers with what telemetry_update pushes every two seconds.", run: getTelemetry},

	{Topic: dashboardRoom, Name: "request_state", Doc: "Answers with the state and pushes it as initial_state.", run: requestState, quick: true},
	{Topic: dashboardRoom, Name: "shout", Doc: "Sends the payload to all in the room.", Free: true, run: shout, quick: true},
	{Topic: dashboardRoom, Name: "obs:get_status", Doc: "Tells how OBS is."},
	{Topic: dashboardRoom, Name: "obs:start_streaming", Doc: "Starts the stream; answered when OBS has confirmed."},
	{Topic: dashboardRoom, Name: "obs:stop_streaming", Doc: "Stops the stream; answered when OBS has confirmed."},
	{Topic: dashboardRoom, Name: "obs:start_recording", Doc: "Starts the recording; answered when OBS has confirmed."},
	{Topic: dashboardRoom, Name: "obs:stop_recording", Doc: "Stops the recording; answered when OBS has confirmed."},
	{Topic: dashboardRoom, Name: "obs:set_current_scene", Doc: "Changes the program scene.", Fields: []Field{text("scene_name", true, "")}},
	{Topic: dashboardRoom, Name: "rainwave:get_status", Doc: "Tells what Rainwave plays."},
	{Topic: dashboardRoom, Name: "rainwave:set_enabled", Doc: "Turns Rainwave on or off.", Fields: []Field{{Name: "enabled", Kind: "boolean", Required: true}}},
	{Topic: dashboardRoom, Name: "rainwave:set_station", Doc: "Chooses the station.", Fields: []Field{id("station_id", true)}},
	{Topic: dashboardRoom, Name: "rag_query", Doc: "Asks a question; the answer comes as rag_response or rag_error.",
		Fields: []Field{text("question", true, ""), {Name: "time_window_hours", Kind: "number", Min: 1, Max: 24 * 365 * 10}}},

	{Topic: overlayBroadcast, Name: "<any event>", Doc: "Sends event and payload to all who joined. Nothing is kept.", run: broadcast, quick: true},

	{Topic: overlayType, Name: "obs:status", Doc: "Tells how OBS is."},
	{Topic: overlayType, Name: "obs:scenes", Doc: "Lists the scenes."},
	{Topic: overlayType, Name: "obs:stream_status", Doc: "Tells how the stream output is."},
	{Topic: overlayType, Name: "obs:record_status", Doc: "Tells how the recording is."},
	{Topic: overlayType, Name: "obs:stats", Doc: "Gives OBS's own figures."},
	{Topic: overlayType, Name: "obs:version", Doc: "Gives OBS's version."},
	{Topic: overlayType, Name: "obs:virtual_cam", Doc: "Tells how the virtual camera is."},
	{Topic: overlayType, Name: "obs:outputs", Doc: "Lists the outputs."},
	{Topic: overlayType, Name: "twitch:status", Doc: "Tells how the Twitch connection is."},
	{Topic: overlayType, Name: "rainwave:status", Doc: "Tells what Rainwave plays."},
	{Topic: overlayType, Name: "ironmon:status", Doc: "Tells how the IronMON listener is."},
	{Topic: overlayType, Name: "ironmon:challenges", Doc: "Lists the challenges."},
	{Topic: overlayType, Name: "ironmon:checkpoints", Doc: "Lists a challenge's checkpoints in order.", Fields: []Field{id("challenge_id", true)}},
	{Topic: overlayType, Name: "ironmon:checkpoint_stats", Doc: "Counts wins and losses at a checkpoint.", Fields: []Field{id("checkpoint_id", true)}},
	{Topic: overlayType, Name: "ironmon:recent_results", Doc: "Lists the newest results.", Fields: []Field{{Name: "limit", Kind: "integer", Min: 1, Max: 100, Doc: "10 if missing"}}},
	{Topic: overlayType, Name: "ironmon:active_challenge", Doc: "Tells a seed's challenge.", Fields: []Field{id("seed_id", true)}},
	{Topic: overlayType, Name: "system:status", Doc: "Sums up how the program is.", run: systemStatus},
	{Topic: overlayType, Name: "system:services", Doc: "Lists how each part is.", run: systemServices},
	{Topic: overlayType, Name: "get_layer_mappings", Doc: "Gives the layer of each type of content."},

	{Topic: streamOverlays, Name: "request_state", Doc: "Answers with the state and pushes it as stream_state.", run: requestState, quick: true},
	{Topic: streamQueue, Name: "request_state", Doc: "Answers with the state and pushes it as queue_state.", run: requestState, quick: true},
	{Topic: streamQueue, Name: "request_queue_state", Doc: "Answers with the state and pushes it as queue_state.", run: requestState, quick: true},
	{Topic: streamAny, Name: "remove_queue_item", Doc: "Takes an item out of the queue.", Fields: []Field{text("id", true, "")}},
	{Topic: streamAny, Name: "pause", Doc: "Holds the queue."},
	{Topic: streamAny, Name: "resume", Doc: "Lets the queue go on."},
	{Topic: streamAny, Name: "skip", Doc: "Ends what is on screen.", Fields: []Field{text("id", false, "the item on screen if missing")}},
	{Topic: streamAny, Name: "reorder", Doc: "Moves an item within the queue.", Fields: []Field{text("id", true, ""), {Name: "position", Kind: "integer", Required: true, Min: 0, Max: 1000}}},
	{Topic: streamAny, Name: "mute", Doc: "Turns the sound of alerts off or on.", Fields: []Field{{Name: "muted", Kind: "boolean", Doc: "true if missing"}}},
	{Topic: streamAny, Name: "replay", Doc: "Plays an item again.", Fields: []Field{text("id", true, "")}},
	{Topic: streamAny, Name: "clear", Doc: "Empties the queue."},
	{Topic: streamAny, Name: "shown", Doc: "The page that plays an alert has begun.", Fields: []Field{text("id", true, "")}},
	{Topic: streamAny, Name: "finished", Doc: "The page that plays an alert has ended.", Fields: []Field{text("id", true, "")}},
	{Topic: streamAny, Name: "force_content", Doc: "Puts content in front of everything else.",
		Fields: []Field{text("type", true, ""), {Name: "data", Kind: "any", Required: true}, {Name: "duration", Kind: "number", Required: true, Over: &zero, Doc: "ms"}}},
	{Topic: streamAny, Name: "takeover", Doc: "Covers the screen.", check: takeoverMessage,
		Fields: []Field{{Name: "type", Kind: "text", Required: true, OneOf: takeovers}, {Name: "message", Kind: "text", Max: 10_000, Doc: "may be missing for screen-cover only"},
			{Name: "duration", Kind: "number", Null: true, Over: &zero, Doc: "ms; 10000 if missing, until cleared if null"}}},
	{Topic: streamAny, Name: "takeover_clear", Doc: "Ends a takeover."},
	{Topic: streamAny, Name: "panic", Doc: "Takes everything off the screen; what waits is held until resume."},
	{Topic: streamAny, Name: "set_show", Doc: "Chooses the show; an empty id lets the category choose again.", Fields: []Field{{Name: "id", Kind: "text", Max: 100}}},
	{Topic: streamAny, Name: "simulate", Doc: "Makes an event, flagged test, that goes the way of a real one.",
		Fields: []Field{text("type", true, "such as follow, raid or channel.cheer"), {Name: "data", Kind: "object", Doc: "what differs from the example"}}},
	{Topic: streamAny, Name: "burst", Doc: "Makes many such events.",
		Fields: []Field{text("type", true, ""), {Name: "data", Kind: "object"}, {Name: "count", Kind: "integer", Required: true, Min: 1, Max: 20_000},
			{Name: "duration", Kind: "number", Required: true, Over: &zero, Max: 60_000, Doc: "ms"}}},
	{Topic: streamAny, Name: "get_channel_info", Doc: "Gives Twitch's channel object."},
	{Topic: streamAny, Name: "search_categories", Doc: "Finds categories on Twitch.", Fields: []Field{text("query", true, "")}},
	{Topic: streamAny, Name: "update_channel_info", Doc: "Changes title, category and the like on Twitch.", check: channelFields,
		Fields: []Field{text("game_id", false, ""), text("broadcaster_language", false, ""), {Name: "title", Kind: "text", Min: 1, Max: 140},
			{Name: "delay", Kind: "integer", Min: 0, Max: 900}, {Name: "tags", Kind: "list"}, {Name: "branded_content", Kind: "boolean"}}},
	{Topic: streamAny, Name: "debug:event", Doc: "Records what a page has to say; dashboards get it as debug_event.", run: debugEvent, quick: true,
		Fields: []Field{text("type", true, ""), {Name: "data", Kind: "any"}}},

	{Topic: transcriptionAny, Name: "submit_transcription", Doc: "Publishes what another recogniser heard.", run: submitTranscription, quick: true,
		Fields: []Field{{Name: "timestamp", Kind: "time", Required: true}, {Name: "duration", Kind: "number", Required: true, Numeric: true, Over: &zero, Doc: "seconds, also as text"},
			{Name: "text", Kind: "text", Required: true, Min: 1, Max: 10_000}, {Name: "source_id", Kind: "text", Max: 255}, {Name: "segment_id", Kind: "text", Max: 255}, {Name: "stream_session_id", Kind: "text", Max: 255},
			{Name: "confidence", Kind: "number", Null: true, Min: 0, Max: 1}, {Name: "metadata", Kind: "object"}}},
	{Topic: transcriptionAny, Name: "submit_partial", Doc: "Shows what another recogniser is hearing.",
		Fields: []Field{{Name: "text", Kind: "text", Required: true, Max: 10_000, Doc: "empty takes back what was shown"}, text("segment_id", true, ""), text("source_id", false, ""),
			{Name: "stable_words", Kind: "integer", Min: 0, Max: 10_000, Doc: "how many of the first words will stay"}}},
	{Topic: transcriptionAny, Name: "speech_page", Doc: "The page that recognises in the browser is there.", Fields: []Field{{Name: "listening", Kind: "boolean"}}},
	{Topic: transcriptionAny, Name: "get_recent", Doc: "Lists what was said of late, newest first.", run: getRecent,
		Fields: []Field{{Name: "minutes", Kind: "number", Over: &zero, Max: 60 * 24 * 7, Doc: "5 if missing"}}},
	{Topic: transcriptionAny, Name: "get_session_transcriptions", Doc: "Lists what was said in the session, oldest first.", run: getSession,
		Fields: []Field{{Name: "limit", Kind: "integer", Min: 1, Max: 1000, Doc: "100 if missing"}}},
}

func takeoverMessage(o map[string]json.RawMessage) []event.FieldError {
	var kind, message string
	// Wrong kinds were reported by the fields' own rules.
	_ = json.Unmarshal(o["type"], &kind)
	if kind == "screen-cover" {
		return nil
	}
	if raw := o["message"]; raw != nil && (json.Unmarshal(raw, &message) != nil || message != "") {
		return nil
	}
	return []event.FieldError{{Field: "message", Message: "is required"}}
}

// channelFields refuses unknown members, which Twitch would ignore in silence,
// and an update that changes nothing.
func channelFields(o map[string]json.RawMessage) (bad []event.FieldError) {
	known := []string{"game_id", "broadcaster_language", "title", "delay", "tags", "branded_content"}
	changes := 0
	for name, raw := range o {
		if !slices.Contains(known, name) {
			bad = append(bad, event.FieldError{Field: name, Message: "is not a field of the channel: want one of " + strings.Join(known, ", ")})
		} else if string(raw) != "null" {
			changes++
		}
	}
	if len(bad) == 0 && changes == 0 {
		bad = []event.FieldError{{Field: "payload", Message: "changes nothing: want one of " + strings.Join(known, ", ")}}
	}
	return bad
}
