package hub

import (
	"encoding/json"
	"html"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"landale/event"
)

type document struct {
	OpenAPI string
	Info    struct{ Title, Version string }
	Paths   map[string]map[string]struct {
		Summary, Description, OperationID string
		Parameters                        []struct {
			Name, In string
			Required bool
			Schema   map[string]any
		}
		RequestBody *struct{ Content map[string]any }
		Responses   map[string]struct{ Content map[string]any }
	}
	Components struct{ Schemas map[string]map[string]any }
}

func readDocument(t *testing.T, s *site) (document, []byte) {
	t.Helper()
	a := s.get(t, "/api/openapi.json")
	if a.StatusCode != 200 || a.Header.Get("Content-Type") != "application/json; charset=utf-8" {
		t.Fatalf("got %d %s", a.StatusCode, a.Header.Get("Content-Type"))
	}
	var d document
	if err := json.Unmarshal(a.body, &d); err != nil {
		t.Fatal(err)
	}
	return d, a.body
}

// What the routers answer and what the document says is the same, both ways.
func TestDocumentAndRoutesAgree(t *testing.T) {
	s := newSite(t)
	d, _ := readDocument(t, s)
	if d.OpenAPI != "3.1.0" || d.Info.Version != "1.2.3" {
		t.Errorf("document is %s of %s", d.OpenAPI, d.Info.Version)
	}
	notAPI := []string{"GET " + socketPath} // the socket speaks another protocol
	walk := func(h http.Handler) []string {
		var list []string
		err := chi.Walk(h.(chi.Routes), func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
			if method == "HEAD" || slices.Contains(notAPI, method+" "+route) {
				return nil
			}
			list = append(list, method+" "+route)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(list)
		return list
	}
	var documented []string
	for path, methods := range d.Paths {
		for method := range methods {
			documented = append(documented, strings.ToUpper(method)+" "+path)
		}
	}
	slices.Sort(documented)
	if routed := walk(s.routes()); !slices.Equal(routed, documented) {
		t.Errorf("routes:\n%s\ndocument:\n%s", strings.Join(routed, "\n"), strings.Join(documented, "\n"))
	}
	for _, route := range walk(s.healthRoutes()) {
		if !slices.Contains(documented, route) {
			t.Errorf("%s of the health port is not in the document", route)
		}
	}
}

func TestDocumentIsComplete(t *testing.T) {
	s := newSite(t)
	d, raw := readDocument(t, s)
	inPath := regexp.MustCompile(`\{(\w+)\}`)
	ids := map[string]bool{}
	for path, methods := range d.Paths {
		for method, op := range methods {
			name := method + " " + path
			if op.Summary == "" || !strings.HasSuffix(op.Description, ".") || ids[op.OperationID] {
				t.Errorf("%s: summary %q, description %q, id %q", name, op.Summary, op.Description, op.OperationID)
			}
			ids[op.OperationID] = true
			if len(op.Responses["200"].Content) == 0 || len(op.Responses["default"].Content) == 0 {
				t.Errorf("%s: answers are not described", name)
			}
			if (method == "post" && path == "/api/events" || method == "put") && op.RequestBody == nil {
				t.Errorf("%s: the body is not described", name)
			}
			var want, got []string
			for _, m := range inPath.FindAllStringSubmatch(path, -1) {
				want = append(want, m[1])
			}
			for _, p := range op.Parameters {
				if p.In == "path" {
					got = append(got, p.Name)
					if !p.Required {
						t.Errorf("%s: %s is not required", name, p.Name)
					}
				}
				if len(p.Schema) == 0 {
					t.Errorf("%s: %s has no type", name, p.Name)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: parameters in the path are %q, want %q", name, got, want)
			}
		}
	}
	for _, m := range regexp.MustCompile(`"#/components/schemas/(\w+)"`).FindAllStringSubmatch(string(raw), -1) {
		if len(d.Components.Schemas[m[1]]) == 0 {
			t.Errorf("the type %s is not described", m[1])
		}
	}
	for _, name := range []string{"user_id", "first_seen", "nickname"} {
		if properties, _ := d.Components.Schemas["Person"]["properties"].(map[string]any); properties[name] == nil {
			t.Errorf("a person has no %s", name)
		}
	}
}

// Every route of the table answers something else than 404 and 405.
func TestEveryRouteAnswers(t *testing.T) {
	s := newSite(t)
	for _, rt := range table(nil) {
		path := strings.NewReplacer("{ref}", "x", "{id}", "1", "{name}", "obs", "{session_id}", "s").Replace(rt.path)
		a := s.do(t, rt.method, path, "")
		var e struct{ Error struct{ Message string } }
		json.Unmarshal(a.body, &e)
		if a.StatusCode == 405 || strings.Contains(e.Error.Message, "nothing at this address") {
			t.Errorf("%s %s: got %d %s", rt.method, path, a.StatusCode, a.body)
		}
	}
}

func TestDocsPageNeedsNothingElse(t *testing.T) {
	s := newSite(t)
	a := s.get(t, "/api/docs")
	page := string(a.body)
	if a.StatusCode != 200 || a.Header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Fatalf("got %d %s", a.StatusCode, a.Header.Get("Content-Type"))
	}
	for _, rt := range table(nil) {
		if !strings.Contains(page, rt.path) {
			t.Errorf("%s is not on the page", rt.path)
		}
	}
	for _, c := range Commands() {
		if !strings.Contains(page, html.EscapeString(c.Name)) {
			t.Errorf("the command %s is not on the page", c.Name)
		}
	}
	if strings.Contains(page, "src=") || strings.Contains(page, "<script") || strings.Contains(page, "<link") {
		t.Error("the page loads something")
	}
	if a := s.get(t, "/api/docs", "If-None-Match", a.Header.Get("Etag")); a.StatusCode != 304 {
		t.Errorf("asked again: got %d", a.StatusCode)
	}
}

func TestSchemaOfTheSocket(t *testing.T) {
	s := newSite(t)
	schema := decode[struct {
		Topics   []string
		Commands []commandSchema
		Events   []struct {
			Type    string
			Topics  []string
			Example struct{ Type string }
		}
	}](t, s.get(t, "/api/websocket/schema").data(t))
	if len(schema.Topics) != len(Topics()) || len(schema.Commands) != len(Commands()) || len(schema.Events) != len(event.Catalogue()) {
		t.Errorf("%d topics, %d commands, %d types", len(schema.Topics), len(schema.Commands), len(schema.Events))
	}
	for _, e := range schema.Events {
		if e.Example.Type != e.Type || !slices.Contains(e.Topics, "events:all") {
			t.Errorf("%s: example is a %s, topics are %q", e.Type, e.Example.Type, e.Topics)
		}
	}
}
