package hub

import (
	"errors"

	"landale/event"
)

// stateRoutes tell how things are now.
var stateRoutes = []route{
	{
		method: "GET", path: "/api/state", handle: (*Hub).getState, data: map[string]any{},
		doc: "The full snapshot: epoch, seq and the state documents with their versions.",
	},
	{
		method: "GET", path: "/api/health", handle: (*Hub).getHealth, data: apiHealth{},
		doc: "What /health says, and each service of the earlier system by the state of its part. Not limited in rate.",
	},
	{
		method: "GET", path: "/api/clients", handle: (*Hub).getClients, data: []Client{},
		doc: "Who is connected to the socket, the longest connected first.",
	},
	{
		method: "GET", path: "/api/problems", handle: (*Hub).getProblems, data: []event.Problem{},
		doc: "What is wrong with the config file as it was last read.",
	},
	{
		method: "GET", path: "/api/parts", handle: (*Hub).getParts, data: []event.Part{},
		doc: "How each part of the program is.",
	},
	{
		method: "POST", path: "/api/parts/{name}/restart", handle: (*Hub).restartPart, data: event.Part{},
		doc:    "Restart one part. The answer is how it is right after it was told to.",
		params: []param{textParam("name", "The part's name.").upTo(50).path()},
	},
	{
		method: "GET", path: "/api/logs", handle: (*Hub).getLogs, data: []event.LogLine{},
		doc: "The newest lines of the log, oldest first.",
		params: []param{
			wholeParam("after", "Only lines with a seq above this.", 0, 0, 1<<53),
			wholeParam("limit", "How many lines at most.", 200, 1, 1000),
		},
	},
}

func (h *Hub) getState(*call) (any, error) { return h.State(), nil }

func (h *Hub) getClients(*call) (any, error) { return listed(h.Clients()), nil }

func (h *Hub) getProblems(*call) (any, error) {
	if h.o.Problems == nil {
		return []event.Problem{}, nil
	}
	return listed(h.o.Problems()), nil
}

func (h *Hub) getParts(*call) (any, error) {
	if h.o.Parts == nil {
		return nil, errUnavailable("the list of parts")
	}
	return listed(h.o.Parts.Parts()), nil
}

func (h *Hub) restartPart(c *call) (any, error) {
	name := c.text("name")
	if h.o.Parts == nil {
		return nil, errUnavailable("restarting")
	}
	switch err := h.o.Parts.Restart(c.ctx, name); {
	case errors.Is(err, event.ErrNotFound):
		return nil, &Error{Code: "invalid_service", Message: "there is no part " + quoted(name)}
	case err != nil:
		return nil, err
	}
	h.log.Info("part restarted by hand", "name", name)
	for _, p := range h.o.Parts.Parts() {
		if p.Name == name {
			return p, nil
		}
	}
	return event.Part{Name: name, State: event.Stopped}, nil
}

func (h *Hub) getLogs(c *call) (any, error) {
	if h.o.Logs == nil {
		return nil, errUnavailable("the log")
	}
	return listed(h.o.Logs.Lines(uint64(c.int("after")), int(c.int("limit")))), nil
}

// listed makes an empty list of none, so that it stands as [] in JSON.
func listed[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
