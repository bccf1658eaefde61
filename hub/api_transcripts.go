package hub

import (
	"strings"
	"time"

	"landale/event"
)

// transcriptRoutes find what was said.
var transcriptRoutes = []route{
	{
		method: "GET", path: "/api/transcriptions", handle: (*Hub).getTranscripts, data: []event.Event{},
		doc:    "What was said, newest first.",
		params: []param{wholeParam("limit", "How many at most.", 50, 1, 1000), sessionParam},
	},
	{
		method: "GET", path: "/api/transcriptions/search", handle: (*Hub).searchTranscripts, data: transcriptHits{},
		doc: "What was said, by words, newest first.",
		params: []param{
			textParam("q", wordsDoc).required(),
			wholeParam("limit", "How many at most; more than 100 means 100.", 25, 1, 100).clamped(),
			sessionParam,
			boolParam("full_text", "Best matches first. Without it the words may also be beginnings of words."),
		},
	},
	{
		method: "GET", path: "/api/transcriptions/time-range", handle: (*Hub).getTranscriptRange, data: []event.Event{},
		doc: "What was said in a time, oldest first.",
		params: []param{
			timeParam("start_time", "Not before this time.").required(),
			timeParam("end_time", "Before this time.").required(),
			wholeParam("limit", "How many at most.", 100, 1, 1000),
			sessionParam,
		},
	},
	{
		method: "GET", path: "/api/transcriptions/recent", handle: (*Hub).getRecentTranscripts, data: []event.Event{},
		doc:    "What was said in the last minutes, newest first, at most 1000.",
		params: []param{wholeParam("minutes", "How many minutes back.", 5, 1, 24*60)},
	},
	{
		method: "GET", path: "/api/transcriptions/session/{session_id}", handle: (*Hub).getSessionTranscripts, data: sessionTranscripts{},
		doc: "What was said in a session, oldest first.",
		params: []param{
			textParam("session_id", "The stream_session_id.").upTo(100).path(),
			wholeParam("limit", "How many at most.", 500, 1, 1000),
		},
	},
	{
		method: "GET", path: "/api/transcriptions/stats", handle: (*Hub).getTranscriptStats, data: event.TranscriptStats{},
		doc:    "What was said in the last hours, summed up.",
		params: []param{hoursParam},
	},
}

var sessionParam = textParam("stream_session_id", "Only in this session.").upTo(100)

func (h *Hub) transcripts(c *call, q event.Query) (event.Page, error) {
	q.Types = []event.Type{event.TranscriptionFinal{}.EventType()}
	if q.Session == "" {
		q.Session = c.text("stream_session_id")
	}
	if q.Limit == 0 {
		q.Limit = int(c.int("limit"))
	}
	return h.find(c, q)
}

func (h *Hub) transcriptList(c *call, q event.Query) (any, error) {
	page, err := h.transcripts(c, q)
	if err != nil {
		return nil, err
	}
	return eventsOf(page), nil
}

func (h *Hub) getTranscripts(c *call) (any, error) { return h.transcriptList(c, event.Query{}) }

func (h *Hub) getTranscriptRange(c *call) (any, error) {
	from, to := c.time("start_time"), c.time("end_time")
	if !from.Before(to) {
		return nil, badParam("end_time", "must be after start_time")
	}
	return h.transcriptList(c, event.Query{From: from, To: to, Oldest: true})
}

func (h *Hub) getRecentTranscripts(c *call) (any, error) {
	from := time.Now().Add(-time.Duration(c.int("minutes")) * time.Minute)
	return h.transcriptList(c, event.Query{From: from, Limit: 1000})
}

type transcriptHits struct {
	Query string      `json:"query"`
	Hits  []event.Hit `json:"hits"`
	Next  string      `json:"next"`
}

func (h *Hub) searchTranscripts(c *call) (any, error) {
	words, ranked := c.text("q"), c.bool("full_text")
	q := event.Query{Text: words, Rank: ranked}
	if !ranked {
		q.Text = beginnings(words)
	}
	page, err := h.transcripts(c, q)
	return transcriptHits{words, page.Hits, page.Next}, err
}

// beginnings lets plain words stand for all that begin so.
func beginnings(words string) string {
	if strings.ContainsAny(words, `"*`) {
		return words
	}
	list := strings.Fields(words)
	for i, word := range list {
		if !strings.HasPrefix(word, "-") {
			list[i] = word + "*"
		}
	}
	return strings.Join(list, " ")
}

type sessionTranscripts struct {
	SessionID      string        `json:"session_id"`
	Transcriptions []event.Event `json:"transcriptions"`
	Count          int           `json:"count"`
}

func (h *Hub) getSessionTranscripts(c *call) (any, error) {
	id := c.text("session_id")
	page, err := h.transcripts(c, event.Query{Session: id, Oldest: true})
	return sessionTranscripts{id, eventsOf(page), len(page.Hits)}, err
}

func (h *Hub) getTranscriptStats(c *call) (any, error) {
	if h.o.Figures == nil {
		return nil, errUnavailable("counting")
	}
	from, to := lastHours(c.int("hours"))
	return h.o.Figures.TranscriptStats(c.ctx, from, to)
}
