package hub

import (
	"cmp"
	"errors"
	"fmt"
	"unicode/utf8"

	"landale/event"
)

// peopleRoutes know who was here and when.
var peopleRoutes = []route{
	{
		method: "GET", path: "/api/users", handle: (*Hub).getUsers, data: []event.Person{},
		doc: "People whose login, display name or nickname begins so, the last seen first.",
		params: []param{
			textParam("q", "How the name begins; everybody when missing.").upTo(50),
			wholeParam("limit", "How many at most.", 50, 1, 500),
		},
	},
	{
		method: "GET", path: "/api/users/{ref}", handle: (*Hub).getUser, data: personPage{},
		doc: "One person, and the newest of what they did.",
		params: []param{
			personParam,
			wholeParam("limit", "How many events of theirs at most.", 50, 1, 1000),
		},
	},
	{
		method: "PUT", path: "/api/users/{ref}", handle: (*Hub).putUser, data: event.Person{}, body: event.PersonEdit{},
		doc:    "Change what the owner writes about a person. A member that is missing stays as it is.",
		params: []param{personParam},
	},
	{
		method: "GET", path: "/api/streams", handle: (*Hub).getStreams, data: []event.Stream{},
		doc: "Broadcasts, newest first.",
		params: []param{
			wholeParam("before", "Only those with an id below this.", 0, 1, 1<<53),
			wholeParam("limit", "How many at most.", 50, 1, 500),
		},
	},
	{
		method: "GET", path: "/api/streams/{id}", handle: (*Hub).getStream, data: event.Stream{},
		doc:    "One broadcast.",
		params: []param{wholeParam("id", "Its id.", 0, 1, 1<<53).path()},
	},
}

var personParam = textParam("ref", "Twitch user id or login.").upTo(50).path()

// What the owner may write about a person, in runes.
const (
	maxNickname = 50
	maxPronouns = 20
	maxNotes    = 500
)

func (h *Hub) getUsers(c *call) (any, error) {
	if h.o.People == nil {
		return nil, errUnavailable("the list of people")
	}
	list, err := h.o.People.People(c.ctx, c.text("q"), int(c.int("limit")))
	return listed(list), err
}

type personPage struct {
	event.Person
	Timeline event.Page `json:"timeline"`
}

func (h *Hub) getUser(c *call) (any, error) {
	if h.o.People == nil {
		return nil, errUnavailable("the list of people")
	}
	p, err := h.o.People.Person(c.ctx, c.text("ref"))
	if err != nil {
		return nil, err
	}
	page, err := h.find(c, event.Query{User: cmp.Or(p.UserID, p.UserLogin), Limit: int(c.int("limit"))})
	var missing *Error
	if errors.As(err, &missing) && missing.Code == "service_unavailable" {
		page, err = event.Page{Hits: []event.Hit{}}, nil // the person is known even so
	}
	return personPage{p, page}, err
}

func (h *Hub) putUser(c *call) (any, error) {
	if h.o.People == nil {
		return nil, errUnavailable("the list of people")
	}
	var edit event.PersonEdit
	if err := decodeBody(c.body, &edit); err != nil {
		return nil, err
	}
	var bad []event.FieldError
	check := func(field string, value *string, most int) {
		if value == nil {
			return
		}
		if n := utf8.RuneCountInString(*value); n > most {
			bad = append(bad, event.FieldError{Field: field, Message: fmt.Sprintf("has %d characters, more than %d", n, most)})
		}
	}
	check("nickname", edit.Nickname, maxNickname)
	check("notes", edit.Notes, maxNotes)
	check("pronouns", edit.Pronouns, maxPronouns)
	if edit == (event.PersonEdit{}) {
		bad = []event.FieldError{{Field: "body", Message: "changes nothing; it may have nickname, pronouns and notes"}}
	}
	if len(bad) > 0 {
		return nil, invalidFields("validation_failed", sumUp("field", bad), bad)
	}
	p, err := h.o.People.Person(c.ctx, c.text("ref"))
	if err != nil {
		return nil, err
	}
	return h.o.People.EditPerson(c.ctx, p.UserID, edit)
}

func (h *Hub) getStreams(c *call) (any, error) {
	if h.o.Streams == nil {
		return nil, errUnavailable("the list of broadcasts")
	}
	list, err := h.o.Streams.Streams(c.ctx, c.int("before"), int(c.int("limit")))
	return listed(list), err
}

func (h *Hub) getStream(c *call) (any, error) {
	if h.o.Streams == nil {
		return nil, errUnavailable("the list of broadcasts")
	}
	return h.o.Streams.Stream(c.ctx, c.int("id"))
}
