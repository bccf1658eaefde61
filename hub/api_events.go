package hub

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"landale/event"
)

// maxPost is how many events one request may bring.
const maxPost = 200

// eventRoutes take events in and find them again.
var eventRoutes = []route{
	{
		method: "POST", path: "/api/events", handle: (*Hub).postEvents, data: postedList{}, body: postBody{},
		doc: "Publish one event or a list of at most 200, from a script, a webhook or a Stream Deck. Known types are validated and flagged test; " +
			"types that begin with custom. are free and not flagged. All or none are published; each problem names the event's place in the list. " +
			"An id that was published before is answered duplicate and not published again.",
	},
	{
		method: "GET", path: "/api/events", handle: (*Hub).getEvents, data: event.Page{},
		doc:    "Events, newest first.",
		params: append([]param{textParam("q", wordsDoc)}, queryParams...),
	},
	{
		method: "GET", path: "/api/search", handle: (*Hub).getEvents, data: event.Page{},
		doc:    "What was said, typed and happened, by words.",
		params: append([]param{textParam("q", wordsDoc).required()}, queryParams...),
	},
	{
		method: "GET", path: "/api/events/{ref}", handle: (*Hub).getEvent, data: event.Event{},
		doc:    "One event.",
		params: []param{refParam},
	},
	{
		method: "GET", path: "/api/events/{ref}/around", handle: (*Hub).getAround, data: event.Page{},
		doc: "What was said, typed and happening around an event, oldest first.",
		params: []param{
			refParam,
			wholeParam("seconds", "How far to look before and after it.", 30, 1, 3600),
			wholeParam("limit", "How many events at most, half of them before it.", 200, 2, 1000),
		},
	},
	{
		method: "GET", path: "/api/events/{ref}/chain", handle: (*Hub).getChain, data: event.Page{},
		doc:    "The event that began a chain and all that followed from it, oldest first. The reference may also be a correlation id.",
		params: []param{refParam},
	},
	{
		method: "GET", path: "/api/activity/events", handle: (*Hub).getActivity, data: activityPage{},
		doc: "What happened, newest first, for tools of the earlier system.",
		params: []param{
			timeParam("from", "Not before this time."),
			timeParam("to", "Before this time."),
			typeParam("event_type", "Only this type; channel.* means all that begin so."),
			textParam("user_id", "Only what this Twitch user did, by id or login.").upTo(50),
			wholeParam("limit", "How many at most; more than 1000 means 1000.", 50, 1, 1000).clamped(),
			textParam("cursor", "Go on where an earlier answer ended: its next."),
		},
	},
}

const wordsDoc = `Words: all of them, in any order; "a phrase"; a word* that begins so; -word for one that must not be there.`

var refParam = textParam("ref", "The event's id or its seq.").upTo(event.MaxIDLen).path()

// queryParams are those of event.Query, but for the words.
var queryParams = []param{
	timeParam("from", "Not before this time."),
	timeParam("to", "Before this time."),
	typeParam("type", "Only these types; channel.* means all that begin so.").repeatable(),
	oneOfParam("kind", "Only these kinds.", string(event.Speech), string(event.Chat), string(event.Happening)).repeatable(),
	oneOfParam("source", "Only from this source.", sourceNames()...),
	textParam("user", "Only what this Twitch user did, by id or login.").upTo(50),
	wholeParam("stream", "Only in this broadcast.", 0, 1, 1<<53),
	textParam("session", "Only with this stream_session_id.").upTo(100),
	boolParam("tests", "Also events that are flagged test."),
	oneOfParam("order", "Newest or oldest first.", "newest", "oldest"),
	boolParam("rank", "Best matches of the words first."),
	wholeParam("limit", "How many at most.", 50, 1, 1000),
	textParam("cursor", "Go on where an earlier answer ended: its next."),
}

func typeParam(name, doc string) param {
	p := textParam(name, doc).upTo(100)
	p.check = func(s string) string {
		s = strings.TrimSuffix(s, ".*")
		for part := range strings.SplitSeq(s, ".") {
			if part == "" || strings.Trim(part, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != "" {
				return "must be a type such as channel.follow, or channel.* for all that begin so"
			}
		}
		return ""
	}
	return p
}

func sourceNames() []string {
	var names []string
	for _, s := range event.Sources() {
		names = append(names, string(s))
	}
	return names
}

// postBody stands for an event or a list of them in the document.
type postBody struct{}

type postedList struct {
	Events []posted `json:"events"`
}

// posted is what became of one event. A repeat has no seq: it was not published.
type posted struct {
	ID        event.ID   `json:"id"`
	Seq       string     `json:"seq,omitempty"`
	Type      event.Type `json:"type"`
	Duplicate bool       `json:"duplicate"`
}

func (h *Hub) postEvents(c *call) (any, error) {
	events, err := decodePost(c.body, time.Now())
	if err != nil {
		return nil, err
	}
	answer := postedList{make([]posted, 0, len(events))}
	for _, ev := range events {
		if _, known := event.Lookup(ev.Type); known && !strings.HasPrefix(string(ev.Type), "custom.") {
			ev.Flags |= event.Test
		}
		if ev.Begins() && c.correlation != "" {
			ev.CorrelationID = c.correlation
		}
		ev, isNew := h.o.Bus.Publish(ev)
		p := posted{ID: ev.ID, Type: ev.Type, Duplicate: !isNew}
		if isNew {
			p.Seq = strconv.FormatUint(ev.Seq, 10)
		}
		answer.Events = append(answer.Events, p)
	}
	return answer, nil
}

// decodePost reads a body of one event or a list. Of a list it reports all that
// is wrong, each under the event's place: "[3].bits".
func decodePost(body []byte, now time.Time) ([]event.Event, error) {
	if !bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("[")) {
		ev, err := event.Decode(body, now)
		if err != nil {
			return nil, err
		}
		return []event.Event{ev}, nil
	}
	var list []json.RawMessage
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, &Error{Code: "invalid_payload", Message: fmt.Sprintf("the body is not JSON: %v", err)}
	}
	if len(list) == 0 || len(list) > maxPost {
		bad := []event.FieldError{{Field: "events", Message: fmt.Sprintf("must be 1 to %d, not %d", maxPost, len(list))}}
		return nil, invalidFields("validation_failed", bad[0].Error(), bad)
	}
	var bad []event.FieldError
	events := make([]event.Event, 0, len(list))
	for i, raw := range list {
		ev, err := event.Decode(raw, now)
		var invalid *event.InvalidError
		switch {
		case errors.As(err, &invalid):
			for _, f := range invalid.Fields {
				bad = append(bad, event.FieldError{Field: fmt.Sprintf("[%d].%s", i, f.Field), Message: f.Message})
			}
		case err != nil:
			bad = append(bad, event.FieldError{Field: fmt.Sprintf("[%d]", i), Message: "is " + err.Error()})
		}
		events = append(events, ev)
	}
	if len(bad) > 0 {
		return nil, invalidFields("validation_failed", sumUp("event", bad), bad)
	}
	return events, nil
}

func (h *Hub) getEvents(c *call) (any, error) {
	q := event.Query{
		Text:    c.text("q"),
		From:    c.time("from"),
		To:      c.time("to"),
		Types:   typesOf(c.texts("type")),
		Source:  event.Source(c.text("source")),
		User:    c.text("user"),
		Stream:  c.int("stream"),
		Session: c.text("session"),
		Tests:   c.bool("tests"),
		Oldest:  c.text("order") == "oldest",
		Rank:    c.bool("rank"),
		Limit:   int(c.int("limit")),
		Cursor:  c.text("cursor"),
	}
	for _, k := range c.texts("kind") {
		q.Kinds = append(q.Kinds, event.Kind(k))
	}
	if q.Rank && q.Text == "" {
		return nil, badParam("rank", "needs words in q")
	}
	return h.find(c, q)
}

// find asks the history. Every question of the API goes through here.
func (h *Hub) find(c *call, q event.Query) (event.Page, error) {
	if h.o.History == nil {
		return event.Page{}, errUnavailable("the history")
	}
	if err := checkSpan(q.From, q.To); err != nil {
		return event.Page{}, err
	}
	page, err := h.o.History.Events(c.ctx, q)
	page.Hits = listed(page.Hits)
	return page, err
}

func checkSpan(from, to time.Time) error {
	if !from.IsZero() && !to.IsZero() && !from.Before(to) {
		return badParam("to", "must be after from")
	}
	return nil
}

func badParam(name, message string) *Error {
	bad := []event.FieldError{{Field: name, Message: message}}
	return invalidFields("invalid_parameters", bad[0].Error(), bad)
}

func typesOf(names []string) []event.Type {
	var list []event.Type
	for _, name := range names {
		list = append(list, event.Type(name))
	}
	return list
}

func (h *Hub) getEvent(c *call) (any, error) {
	if h.o.History == nil {
		return nil, errUnavailable("the history")
	}
	return h.o.History.Event(c.ctx, c.text("ref"))
}

// getAround asks twice, so that a busy minute before the event does not use up
// the room for the event itself.
func (h *Hub) getAround(c *call) (any, error) {
	if h.o.History == nil {
		return nil, errUnavailable("the history")
	}
	ev, err := h.o.History.Event(c.ctx, c.text("ref"))
	if err != nil {
		return nil, err
	}
	span := time.Duration(c.int("seconds")) * time.Second
	half := int(c.int("limit")) / 2
	tests := ev.Flags.Has(event.Test)
	before, err := h.find(c, event.Query{From: ev.Time.Add(-span), To: ev.Time, Tests: tests, Limit: half})
	if err != nil {
		return nil, err
	}
	after, err := h.find(c, event.Query{From: ev.Time, To: ev.Time.Add(span + time.Millisecond), Oldest: true, Tests: tests, Limit: half})
	if err != nil {
		return nil, err
	}
	slices.Reverse(before.Hits)
	return event.Page{Hits: append(before.Hits, after.Hits...)}, nil
}

func (h *Hub) getChain(c *call) (any, error) {
	if h.o.History == nil {
		return nil, errUnavailable("the history")
	}
	chain := event.ID(c.text("ref"))
	ev, err := h.o.History.Event(c.ctx, c.text("ref"))
	switch {
	case err == nil:
		chain = cmp.Or(ev.CorrelationID, ev.ID)
	case !errors.Is(err, event.ErrNotFound):
		return nil, err
	}
	page, findErr := h.find(c, event.Query{Chain: chain, Tests: true, Oldest: true, Limit: 1000})
	if findErr == nil && len(page.Hits) == 0 && err != nil {
		return nil, err // neither an event nor a chain
	}
	return page, findErr
}

type activityPage struct {
	Events []event.Event `json:"events"`
	Count  int           `json:"count"`
	Next   string        `json:"next"`
}

func (h *Hub) getActivity(c *call) (any, error) {
	q := event.Query{From: c.time("from"), To: c.time("to"), User: c.text("user_id"), Limit: int(c.int("limit")), Cursor: c.text("cursor")}
	if t := c.text("event_type"); t != "" {
		q.Types = typesOf([]string{t})
	}
	page, err := h.find(c, q)
	if err != nil {
		return nil, err
	}
	return activityPage{eventsOf(page), len(page.Hits), page.Next}, nil
}

func eventsOf(page event.Page) []event.Event {
	events := make([]event.Event, len(page.Hits))
	for i, hit := range page.Hits {
		events[i] = hit.Event
	}
	return events
}
