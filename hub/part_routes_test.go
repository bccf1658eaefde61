package hub

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"landale/event"
)

// TestPartRoutes: what main gives a part's handler looks like the hub's own
// routes from outside, in its answers, its refusals and its document.
func TestPartRoutes(t *testing.T) {
	type body struct {
		Paused bool `json:"paused"`
	}
	routes := []Route{
		{Method: "POST", Path: "/api/speech/pause", Doc: "Pauses captions.", Body: body{}, Handle: func(_ context.Context, r Request) (any, error) {
			var b body
			err := r.Decode(&b)
			return b, err
		}},
		{Method: "GET", Path: "/api/speech/models/{id}", Doc: "One model.", Query: []string{"size"}, Handle: func(_ context.Context, r Request) (any, error) {
			if r.Text("id") == "none" {
				return nil, event.ErrNotFound
			}
			return r.Text("id") + r.Text("size"), nil
		}},
	}
	h := New(Config{}, Options{Bus: event.NewBus(0), Version: "v", Log: slog.New(slog.DiscardHandler), Routes: routes,
		Mounts: []Mount{{Pattern: "/emotes/*", Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Write([]byte(r.URL.Path)) })}}})
	ask := func(method, path, body string) *httptest.ResponseRecorder {
		rec := httptest.NewRecorder()
		req := httptest.NewRequest(method, "http://127.0.0.1"+path, strings.NewReader(body))
		h.routes().ServeHTTP(rec, req)
		return rec
	}
	for _, c := range []struct {
		method, path, body string
		status             int
		has                string
	}{
		{"POST", "/api/speech/pause", `{"paused":true}`, 200, `"data":{"paused":true}`},
		{"POST", "/api/speech/pause", `{"stopped":true}`, 422, `stopped`},
		{"GET", "/api/speech/pause", ``, 405, `method_not_allowed`},
		{"GET", "/api/speech/models/base?size=2", ``, 200, `"data":"base2"`},
		{"GET", "/api/speech/models/none", ``, 404, `not_found`},
		{"GET", "/api/speech/models/base?colour=2", ``, 400, `colour`},
		{"GET", "/emotes/25.png", ``, 200, `/emotes/25.png`},
	} {
		rec := ask(c.method, c.path, c.body)
		if rec.Code != c.status || !strings.Contains(rec.Body.String(), c.has) {
			t.Errorf("%s %s: got %d %s, want %d with %s", c.method, c.path, rec.Code, rec.Body, c.status, c.has)
		}
	}
	if doc := ask("GET", "/api/openapi.json", "").Body.String(); !strings.Contains(doc, "/api/speech/models/{id}") {
		t.Error("the document lacks a part's route")
	}
}
