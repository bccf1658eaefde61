package main

import (
	"bytes"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"landale/event"
)

// models are what pages are told beside events.
var models = []reflect.Type{
	reflect.TypeFor[event.Part](), reflect.TypeFor[event.Problem](), reflect.TypeFor[event.LogLine](),
	reflect.TypeFor[event.Page](), reflect.TypeFor[event.Hit](), reflect.TypeFor[event.Bucket](),
	reflect.TypeFor[event.Stream](), reflect.TypeFor[event.Person](), reflect.TypeFor[event.PersonEdit](),
	reflect.TypeFor[event.TranscriptStats](), reflect.TypeFor[event.ActivityStats](), reflect.TypeFor[event.ActivityCount](),
	reflect.TypeFor[event.BusStats](), reflect.TypeFor[event.SubscriptionStats](),
}

// unions are the named strings that have a known set of values.
var unions = []struct {
	of     reflect.Type
	doc    string
	values []string
}{
	{reflect.TypeFor[event.Source](), "Who made an event.", texts(event.Sources())},
	{reflect.TypeFor[event.Kind](), "What sort of event it is, for search.", texts([]event.Kind{event.Speech, event.Chat, event.Happening})},
	{reflect.TypeFor[event.State](), "How a part of the program is.", texts([]event.State{event.Starting, event.Running, event.Waiting, event.Degraded, event.Failed, event.Stopped})},
	{reflect.TypeFor[event.Step](), "The width of a bucket.", texts([]event.Step{event.ByMinute, event.ByHour, event.ByDay, event.ByStream})},
}

func texts[S ~string](list []S) (out []string) {
	for _, s := range list {
		out = append(out, string(s))
	}
	return out
}

const head = `// Generated from the catalogue in package event by "go generate ./event". Do not edit.

/** A time as RFC 3339 text. */
export type Time = string

`

const core = `export type Flag = "test" | "replay" | "backfill"

/** What every event has; the members of its type stand at the same level. */
export interface Core<T extends string = string> {
  id: string
  /** Its place in the one order of events, as decimal text: it has more bits than a number. */
  seq?: string
  type: T
  /** When it happened at its source. */
  timestamp: Time
  /** The id of the event or the connection that began the chain. */
  correlation_id: string
  source: Source
  /** Which one of the source: a microphone, an OBS host, a channel. */
  source_id: string
  /** How upstream spells the type. */
  raw_type: string
  flags?: Flag[]
}

/** An event of any type, also of one that this file does not know. */
export interface AnyEvent extends Core {
  [field: string]: unknown
}

`

const tail = `export type EventType = keyof EventMap

/** An event of a known type; a switch over its type narrows it. */
export type LandaleEvent = EventMap[EventType]

/** Narrows an event to one known type. */
export function isEvent<T extends EventType>(e: { type: string }, type: T): e is EventMap[T] {
  return e.type === type
}
`

func typescript(docs comments) []byte {
	var b bytes.Buffer
	b.WriteString(head)
	for _, u := range unions {
		fmt.Fprintf(&b, "/** %s */\nexport type %s = %s\n\n", u.doc, u.of.Name(), union(u.values))
	}
	b.WriteString(core)
	for _, t := range docs.groups(append(payloads(), models...)) {
		docs.writeInterface(&b, t, docs[t.Name()], "")
	}
	for _, s := range event.Catalogue() {
		docs.writeInterface(&b, reflect.TypeOf(s.Example), s.Doc, fmt.Sprintf("Core<%q>", s.Type))
	}
	b.WriteString("/** Every known type. */\nexport interface EventMap {\n")
	for _, s := range event.Catalogue() {
		fmt.Fprintf(&b, "  %q: %s\n", s.Type, reflect.TypeOf(s.Example).Name())
	}
	b.WriteString("}\n\n" + tail + "\n// What pages are told beside events.\n\n")
	for _, t := range models {
		docs.writeInterface(&b, t, docs[t.Name()], "")
	}
	fmt.Fprintf(&b, "/** What may stand after \"events:\" in a topic. */\nexport const FILTERS = [%s] as const\nexport type Filter = (typeof FILTERS)[number]\n", quoted(event.Filters(), ", "))
	return b.Bytes()
}

func (c comments) writeInterface(b *bytes.Buffer, t reflect.Type, doc, base string) {
	own, embedded := c.members(t)
	var extends []string
	if base != "" {
		extends = append(extends, base)
	}
	for _, e := range embedded {
		extends = append(extends, e.Name())
	}
	if doc != "" {
		fmt.Fprintf(b, "/** %s */\n", doc)
	}
	fmt.Fprintf(b, "export interface %s", t.Name())
	if len(extends) > 0 {
		b.WriteString(" extends " + strings.Join(extends, ", "))
	}
	if len(own) == 0 {
		b.WriteString(" {}\n\n")
		return
	}
	b.WriteString(" {\n")
	for _, f := range own {
		if f.doc != "" {
			fmt.Fprintf(b, "  /** %s */\n", f.doc)
		}
		mark := ""
		if f.optional {
			mark = "?"
		}
		typ := tsType(f.typ)
		if values, ok := strings.CutPrefix(wordWith(f.rule, "oneof="), "oneof="); ok {
			typ = union(strings.Split(values, "|"))
		}
		if f.null {
			typ += " | null"
		}
		fmt.Fprintf(b, "  %s%s: %s\n", f.name, mark, typ)
	}
	b.WriteString("}\n\n")
}

func tsType(t reflect.Type) string {
	switch {
	case t == timeType:
		return "Time"
	case t == jsonType:
		return "unknown"
	case t == eventType:
		return "AnyEvent"
	}
	for _, u := range unions {
		if u.of == t {
			return t.Name()
		}
	}
	switch t.Kind() {
	case reflect.Bool:
		return "boolean"
	case reflect.String:
		return "string"
	case reflect.Slice:
		return tsType(t.Elem()) + "[]"
	case reflect.Map:
		return "Record<string, " + tsType(t.Elem()) + ">"
	case reflect.Interface:
		return "unknown"
	case reflect.Struct:
		if t.Name() == "" {
			return "Record<string, never>"
		}
		return t.Name()
	case reflect.Pointer:
		return tsType(t.Elem()) + " | null"
	}
	return "number"
}

func union(values []string) string { return quoted(values, " | ") }

func quoted(values []string, between string) string {
	q := make([]string, len(values))
	for i, v := range values {
		q[i] = strconv.Quote(v)
	}
	return strings.Join(q, between)
}

// wordWith is the word of a rule that begins so, or "".
func wordWith(rule, prefix string) string {
	for w := range strings.SplitSeq(rule, ",") {
		if strings.HasPrefix(w, prefix) {
			return w
		}
	}
	return ""
}
