package hub

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"landale/event"
)

// answerTime is how long the rest of the program may take for one answer.
const answerTime = 5 * time.Second

// route is one line of the table of the HTTP API, from which come the router,
// the reading of parameters and the OpenAPI document.
type route struct {
	method string
	path   string
	doc    string
	params []param
	// body is a value of the type of the request's body; nil: there is none.
	body any
	// data is a value of the type that stands in the answer's data.
	data any
	// handle answers with the data.
	handle func(*Hub, *call) (any, error)
	// serve, in handle's place, writes an answer of its own that is not wrapped.
	serve func(*Hub, http.ResponseWriter, *http.Request)
	// media is the content type of what serve writes.
	media string
	// time is how long the answer may take; 0 means answerTime.
	time time.Duration
}

// call is one request as its handler sees it: parameters are right, and the body
// is read.
type call struct {
	ctx context.Context
	args
	body []byte
	// correlation is the client's own correlation id, or "".
	correlation event.ID
}

// table lists every route of both ports but the pages and the socket: the hub's
// own and those of the other parts.
func table(others []Route) []route {
	var all []route
	for _, part := range [][]route{eventRoutes, figureRoutes, transcriptRoutes, peopleRoutes, stateRoutes, docRoutes, healthTable} {
		all = append(all, part...)
	}
	for _, r := range others {
		all = append(all, r.line())
	}
	return all
}

// handler makes the HTTP handler of a route.
func (h *Hub) handler(rt route) http.HandlerFunc {
	if rt.serve != nil {
		return func(w http.ResponseWriter, r *http.Request) { rt.serve(h, w, r) }
	}
	return func(w http.ResponseWriter, r *http.Request) {
		data, err := h.answer(rt, w, r)
		if err != nil {
			h.writeError(w, r, err)
			return
		}
		h.writeJSON(w, r, http.StatusOK, succeed(data, h.o.Version, time.Now()))
	}
}

func (h *Hub) answer(rt route, w http.ResponseWriter, r *http.Request) (any, error) {
	a, err := parseArgs(rt.params, r.URL.RawQuery, func(name string) string { return pathParam(r, name) })
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(r.Context(), cmp.Or(rt.time, answerTime))
	defer cancel()
	c := &call{ctx: ctx, args: a}
	if id := r.Header.Get("X-Correlation-Id"); fitsCorrelation(id) {
		c.correlation = event.ID(id)
	}
	if rt.body != nil {
		if c.body, err = readBody(r); err != nil {
			return nil, err
		}
	}
	return rt.handle(h, c)
}

// pathParam undoes the escaping that chi leaves in a path that has any.
func pathParam(r *http.Request, name string) string {
	s := chi.URLParam(r, name)
	if r.URL.RawPath == "" {
		return s
	}
	if plain, err := url.PathUnescape(s); err == nil {
		return plain
	}
	return s
}

func readBody(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(r.Body)
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, errTooLarge
	case err != nil:
		return nil, &Error{Code: "invalid_payload", Message: "the body ended early"}
	case len(bytes.TrimSpace(body)) == 0:
		return nil, &Error{Code: "invalid_payload", Message: "the body is empty; it must be JSON"}
	}
	return body, nil
}

// decodeBody reads a body into a struct. It refuses members that the struct does
// not have: a misspelled one would otherwise do nothing.
func decodeBody(body []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	err := dec.Decode(into)
	if err == nil {
		if _, more := dec.Token(); more != io.EOF {
			return &Error{Code: "invalid_payload", Message: "the body must be one JSON object"}
		}
		return nil
	}
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) && wrong.Field != "" {
		bad := []event.FieldError{{Field: wrong.Field, Message: "must not be " + wrong.Value}}
		return invalidFields("validation_failed", bad[0].Error(), bad)
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		bad := []event.FieldError{{Field: strings.Trim(name, `"`), Message: "is not known"}}
		return invalidFields("validation_failed", bad[0].Error(), bad)
	}
	return &Error{Code: "invalid_payload", Message: fmt.Sprintf("the body must be a JSON object: %v", err)}
}

// writeError answers with an error under the status of its code.
func (h *Hub) writeError(w http.ResponseWriter, r *http.Request, err error) {
	e := coded(err)
	status := cmp.Or(codes[e.Code], http.StatusInternalServerError)
	if status >= 500 && status != http.StatusServiceUnavailable && r.Context().Err() == nil {
		h.log.Error("request failed", "method", r.Method, "path", r.URL.Path, "status", status,
			"correlation_id", w.Header().Get("X-Correlation-Id"), "error", err)
	}
	h.writeJSON(w, r, status, fail(e, time.Now()))
}

// writeJSON encodes first, so that what cannot be encoded is an honest 500.
func (h *Hub) writeJSON(w http.ResponseWriter, r *http.Request, status int, v any) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		h.log.Error("answer is not JSON", "path", r.URL.Path, "error", err)
		status = http.StatusInternalServerError
		b.Reset()
		enc.Encode(fail(&Error{Code: "service_error", Message: "the answer could not be written as JSON"}, time.Now()))
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(b.Bytes())
}
