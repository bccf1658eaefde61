package main

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"

	"landale/event"
)

const intro = `<!-- Generated from the catalogue in package event by "go generate ./event". Do not edit. -->

# Events

Everything that happens travels as an event: one flat JSON object with the core fields below and its type's own fields at the same level. Clients get
events over the socket (topics below) and over ` + "`/api`" + `; a script may send one to ` + "`POST /api/events`" + `. A type that this page does not have, such as
` + "`custom.anything`" + `, is kept and passed on with its fields as they came.

## Core fields

| field | type | meaning |
| --- | --- | --- |
| id | text | upstream's own id where it has one, else a UUIDv7; an id that comes again is dropped |
| seq | text | the event's place in the one order, a decimal number of up to 61 bits; rises also across restarts |
| type | text | what happened, spelled as its owner spells it |
| timestamp | time | when it happened at its source, UTC, milliseconds |
| correlation_id | text | the id of the event, or the connection, that began the chain |
| source | text | who made it: SOURCES |
| source_id | text | which one of the source: a microphone, an OBS host, a channel; may be empty |
| raw_type | text | upstream's spelling of the type |
| flags | list of text | test, replay, backfill; left out when none is set |

What a sender leaves out is filled in: a new id, now, the source of the type. A time is RFC 3339 text. A field marked *optional* is left out when there is
nothing to say; *or null* says so in words. Text without a limit in the tables has at most 1,000 characters; what people type is never refused for its length.

## Special types

| mark | meaning |
| --- | --- |
| alert | can become an alert: its id is unique in the store for ever, and it is committed at once; always critical |
| critical | never waits for others on its way to a client |
| not stored | is passed on and forgotten |

## Topics

| topic | gets | as |
| --- | --- | --- |
`

var filterDocs = map[string]string{
	"all":          "everything",
	"stream":       "what is on screen: `stream.*` but not Twitch's own",
	"chat":         "`channel.chat.*`",
	"goals":        "`channel.goal.*`",
	"interactions": "follows, subscriptions, gifts, resubs, cheers, raids",
	"dashboard":    "the broadcast beginning, ending and changing; everything of obs, system, ironmon and music",
	"rainwave":     "source music",
}

func document(docs comments) []byte {
	var b bytes.Buffer
	b.WriteString(strings.Replace(intro, "SOURCES", strings.Join(texts(event.Sources()), ", "), 1))
	for _, f := range event.Filters() {
		gets := filterDocs[f]
		if gets == "" {
			gets = "source " + f
		}
		fmt.Fprintf(&b, "| `events:%s` | %s | the name in the tables below |\n", f, gets)
	}
	b.WriteString("| `dashboard:<room>` | everything | `<source>_event`; `health_update`, `performance_update`, `twitch_connected`, `twitch_disconnected`, `twitch_connection_changed` |\n")
	for _, t := range event.OverlayTypes() {
		fmt.Fprintf(&b, "| `overlay:%s` | source %s | `%s_event` |\n", t, t, t)
	}
	b.WriteString("\nTypes with a push of their own on further topics name it in their table. A client that joins with `{\"batch\":true}` gets what is not critical as one push\n`events` with a list.\n")

	for _, source := range event.Sources() {
		var specs []event.Spec
		for _, s := range event.Catalogue() {
			if s.Source == source {
				specs = append(specs, s)
			}
		}
		if len(specs) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n## Source %s\n\n| type | what it says | marks | pushed as |\n| --- | --- | --- | --- |\n", source)
		for _, s := range specs {
			fmt.Fprintf(&b, "| [%s](#%s) | %s | %s | %s |\n", s.Type, anchor(string(s.Type)), s.Doc, marks(s), pushes(s))
		}
		for _, s := range specs {
			docs.writeType(&b, s)
		}
	}

	b.WriteString("\n## Groups of fields\n\nWhat several types have in common, and what stands inside of fields.\n")
	for _, t := range docs.groups(payloads()) {
		fmt.Fprintf(&b, "\n### %s\n\n%s\n\n", t.Name(), docs[t.Name()])
		docs.writeFields(&b, t)
	}
	return b.Bytes()
}

func (c comments) writeType(b *bytes.Buffer, s event.Spec) {
	fmt.Fprintf(b, "\n### %s\n\n%s\n\n", s.Type, s.Doc)
	t := reflect.TypeOf(s.Example)
	// The sentence above already says what the comment begins with; what follows is more.
	if _, more, ok := strings.Cut(c[t.Name()], ". "); ok {
		b.WriteString(more + "\n\n")
	}
	c.writeFields(b, t)
	fmt.Fprintf(b, "\n```json\n%s\n```\n", event.Event{Type: s.Type, Payload: s.Example}.PayloadJSON())
}

func (c comments) writeFields(b *bytes.Buffer, t reflect.Type) {
	own, embedded := c.members(t)
	var links []string
	for _, e := range embedded {
		links = append(links, link(e))
	}
	switch {
	case len(own) == 0 && len(links) == 0:
		b.WriteString("No fields of its own.\n")
	case len(own) == 0:
		fmt.Fprintf(b, "The fields of %s.\n", strings.Join(links, ", "))
	case len(links) > 0:
		fmt.Fprintf(b, "The fields of %s, and:\n\n", strings.Join(links, ", "))
	}
	if len(own) == 0 {
		return
	}
	b.WriteString("| field | type | limits and notes |\n| --- | --- | --- |\n")
	for _, f := range own {
		typ := plainType(f.typ)
		if f.null {
			typ += " or null"
		}
		if f.optional {
			typ += ", optional"
		}
		notes := limits(f.rule, f.typ)
		if f.doc != "" {
			notes = append(notes, f.doc)
		}
		fmt.Fprintf(b, "| %s | %s | %s |\n", f.name, typ, strings.Join(notes, "; "))
	}
}

func link(t reflect.Type) string { return fmt.Sprintf("[%s](#%s)", t.Name(), anchor(t.Name())) }

// anchor is how GitHub and others name a heading.
func anchor(heading string) string {
	return strings.ToLower(strings.ReplaceAll(heading, ".", ""))
}

func marks(s event.Spec) string {
	var m []string
	switch {
	case s.Once:
		m = append(m, "alert")
	case s.Critical:
		m = append(m, "critical")
	}
	if s.Ephemeral {
		m = append(m, "not stored")
	}
	return strings.Join(m, ", ")
}

// pushes names the push on events:* first, and then those on topics of the
// type's own.
func pushes(s event.Spec) string {
	e := event.Event{ID: "x", Type: s.Type, Source: s.Source, Payload: s.Example}
	names := []string{"`" + event.EventsPush(e) + "`"}
	for _, d := range event.Deliveries(e) {
		kind, _, _ := strings.Cut(d.Topic, ":")
		if kind == "stream" || kind == "transcription" {
			topic := d.Topic
			if strings.HasPrefix(topic, "transcription:session:") {
				topic = "transcription:session:<id>"
			}
			names = append(names, fmt.Sprintf("`%s` on `%s`", d.Push, topic))
		}
	}
	return strings.Join(names, ", ")
}

func plainType(t reflect.Type) string {
	switch {
	case t == timeType:
		return "time"
	case t == jsonType:
		return "any JSON"
	}
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "text"
	case reflect.Float64:
		return "number"
	case reflect.Slice:
		return "list of " + plainType(t.Elem())
	case reflect.Map:
		if t.Elem().Kind() == reflect.Interface {
			return "object"
		}
		return "object of " + plainType(t.Elem())
	case reflect.Struct:
		if t.Name() == "" {
			return "empty object"
		}
		return link(t)
	}
	return "whole number"
}

// limits says a rule in words.
func limits(rule string, t reflect.Type) (words []string) {
	for w := range strings.SplitSeq(rule, ",") {
		name, value, _ := strings.Cut(w, "=")
		switch name {
		case "required":
			words = append(words, "must be there")
		case "digits":
			words = append(words, "digits")
		case "login":
			words = append(words, "1 to 25 letters, digits or _")
		case "tier":
			words = append(words, "1000, 2000 or 3000")
		case "positive":
			words = append(words, "more than 0")
		case "unit":
			words = append(words, "from 0 to 1")
		case "free":
			words = append(words, "any length")
		case "min":
			words = append(words, "at least "+value)
		case "max":
			unit := " characters"
			if t.Kind() == reflect.Slice {
				unit = " items"
			}
			words = append(words, "at most "+value+unit)
		case "oneof":
			words = append(words, "one of "+strings.ReplaceAll(value, "|", ", "))
		}
	}
	return words
}
