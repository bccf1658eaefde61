package hub

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"time"

	"landale/event"
)

// docRoutes describe the API itself.
var docRoutes = []route{
	{
		method: "GET", path: "/api/openapi.json", serve: (*Hub).serveDocument, media: "application/json",
		doc: "This document (OpenAPI 3.1), made from the same table as the routes.",
	},
	{
		method: "GET", path: "/api/docs", serve: (*Hub).serveDocs, media: "text/html",
		doc: "The same as a page to read.",
	},
	{
		method: "GET", path: "/api/websocket/schema", handle: (*Hub).getSchema, data: socketSchema{},
		doc: "The topics and commands of the socket, and every known type of event with an example.",
	},
}

func (h *Hub) serveDocument(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	serveContent(w, r, h.web.document, etagOf(h.web.document))
}

func (h *Hub) serveDocs(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", contentTypes[".html"])
	serveContent(w, r, h.web.docs, etagOf(h.web.docs))
}

type socketSchema struct {
	Topics   []string        `json:"topics"`
	Commands []commandSchema `json:"commands"`
	Events   []typeSchema    `json:"events"`
}

type commandSchema struct {
	Topic  string        `json:"topic"`
	Name   string        `json:"name"`
	Doc    string        `json:"doc"`
	Fields []fieldSchema `json:"fields"`
}

type fieldSchema struct {
	Name     string `json:"name"`
	Kind     string `json:"kind"`
	Required bool   `json:"required"`
	Doc      string `json:"doc"`
}

type typeSchema struct {
	Type     event.Type   `json:"type"`
	Source   event.Source `json:"source"`
	Doc      string       `json:"doc"`
	Critical bool         `json:"critical"`
	Stored   bool         `json:"stored"`
	Topics   []string     `json:"topics"`
	Example  event.Event  `json:"example"`
}

func (h *Hub) getSchema(*call) (any, error) {
	s := socketSchema{Topics: Topics()}
	for _, c := range Commands() {
		row := commandSchema{c.Topic, c.Name, c.Doc, []fieldSchema{}}
		for _, f := range c.Fields {
			row.Fields = append(row.Fields, fieldSchema{f.Name, f.Kind, f.Required, f.Doc})
		}
		s.Commands = append(s.Commands, row)
	}
	for _, spec := range event.Catalogue() {
		example := event.New(spec.Source, h.started, spec.Example)
		example.SourceID, example.RawType = spec.ExampleID, spec.RawType
		row := typeSchema{spec.Type, spec.Source, spec.Doc, spec.Critical, !spec.Ephemeral, nil, example}
		for _, d := range event.Deliveries(example) {
			row.Topics = append(row.Topics, d.Topic)
		}
		s.Events = append(s.Events, row)
	}
	return s, nil
}

type object = map[string]any

// description is the API's table, ready to be written in two forms.
type description struct {
	table   []route
	version string
	schemas object // named types that answers refer to
}

func openAPI(table []route, version string) *description {
	return &description{table, version, object{}}
}

// json is the OpenAPI document.
func (d *description) json() []byte {
	paths := map[string]object{}
	failed := object{"description": "Refused or failed.", "content": jsonContent(ref("Failure"))}
	for _, rt := range d.table {
		operation := object{
			"summary":     firstSentence(rt.doc),
			"description": rt.doc,
			"tags":        []string{rt.tag()},
			"operationId": rt.operation(),
			"responses":   object{"200": d.answer(rt), "default": failed},
		}
		if params := d.params(rt); len(params) > 0 {
			operation["parameters"] = params
		}
		if rt.body != nil {
			operation["requestBody"] = object{"required": true, "content": jsonContent(d.schema(reflect.TypeOf(rt.body)))}
		}
		if paths[rt.path] == nil {
			paths[rt.path] = object{}
		}
		paths[rt.path][strings.ToLower(rt.method)] = operation
	}
	d.schemas["Failure"] = d.schema(reflect.TypeFor[failure]())
	d.schemas["Meta"] = d.schema(reflect.TypeFor[meta]())
	doc := object{
		"openapi": "3.1.0",
		"info": object{
			"title":       "Landale",
			"version":     d.version,
			"description": "Answers are {success:true,data,meta} or {success:false,error}. Times are RFC 3339 or milliseconds since 1970. There is no login; 100 requests a minute from one address.",
		},
		"paths":      paths,
		"components": object{"schemas": d.schemas},
	}
	b, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		panic(err) // plain maps, lists and texts: a test makes the document
	}
	return b
}

func (d *description) answer(rt route) object {
	if rt.serve != nil {
		return object{"description": rt.doc, "content": object{rt.media: object{"schema": object{}}}}
	}
	return object{"description": rt.doc, "content": jsonContent(object{
		"type":       "object",
		"required":   []string{"success", "data", "meta"},
		"properties": object{"success": object{"const": true}, "data": d.schema(reflect.TypeOf(rt.data)), "meta": ref("Meta")},
	})}
}

func (d *description) params(rt route) []object {
	var list []object
	for _, p := range rt.params {
		in := "query"
		if p.inPath {
			in = "path"
		}
		schema := p.schema()
		if p.many {
			schema = object{"type": "array", "items": schema}
		}
		list = append(list, object{"name": p.name, "in": in, "description": p.doc, "required": p.must, "schema": schema})
	}
	return list
}

func (p param) schema() object {
	s := object{}
	switch p.kind {
	case kindWhole:
		s["type"], s["minimum"] = "integer", p.least
		if !p.capped {
			s["maximum"] = p.most
		}
	case kindTime:
		return object{"oneOf": []object{{"type": "string", "format": "date-time"}, {"type": "integer", "description": "milliseconds since 1970"}}}
	case kindBool:
		s["type"] = "boolean"
	default:
		s["type"] = "string"
		if len(p.values) > 0 {
			s["enum"] = p.values
		} else {
			s["maxLength"] = p.most
		}
	}
	if p.def != nil {
		s["default"] = p.def
	}
	return s
}

// schema describes a Go type as encoding/json writes it. Named structs are put
// under components and referred to.
func (d *description) schema(t reflect.Type) object {
	switch t {
	case reflect.TypeFor[event.Event]():
		return d.named("Event", eventSchema)
	case reflect.TypeFor[postBody]():
		return object{"oneOf": []object{d.named("Event", eventSchema), {"type": "array", "maxItems": maxPost, "items": ref("Event")}}}
	case reflect.TypeFor[time.Time]():
		return object{"type": "string", "format": "date-time"}
	}
	switch t.Kind() {
	case reflect.String:
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Float32, reflect.Float64:
		return object{"type": "number"}
	case reflect.Pointer:
		return object{"anyOf": []object{d.schema(t.Elem()), {"type": "null"}}}
	case reflect.Slice:
		return object{"type": "array", "items": d.schema(t.Elem())}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": d.schema(t.Elem())}
	case reflect.Interface:
		return object{}
	case reflect.Struct:
		if t.Name() == "" {
			return d.members(t)
		}
		return d.named(strings.ToUpper(t.Name()[:1])+t.Name()[1:], func() object { return d.members(t) })
	}
	return object{"type": "integer"}
}

func (d *description) named(name string, make func() object) object {
	if _, done := d.schemas[name]; !done {
		d.schemas[name] = object{} // a type that holds itself ends here
		d.schemas[name] = make()
	}
	return ref(name)
}

func (d *description) members(t reflect.Type) object {
	properties, required := object{}, []string{}
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && name == "" || name == "-" || !f.IsExported() {
			continue // the fields of an embedded struct are visible themselves
		}
		properties[name] = d.schema(f.Type)
		if !strings.Contains(options, "omit") && f.Type.Kind() != reflect.Pointer {
			required = append(required, name)
		}
	}
	return object{"type": "object", "properties": properties, "required": required}
}

func eventSchema() object {
	str := object{"type": "string"}
	return object{
		"type":        "object",
		"description": "One flat object: these, and the type's own fields at the same level. All but type may be missing in a request.",
		"required":    []string{"type"},
		"properties": object{
			"id": str, "type": str, "correlation_id": str, "source_id": str, "raw_type": str,
			"seq":       object{"type": "string", "description": "a number of more bits than JavaScript's have, as text"},
			"timestamp": object{"type": "string", "format": "date-time"},
			"source":    object{"type": "string", "enum": sourceNames()},
			"flags":     object{"type": "array", "items": object{"type": "string", "enum": []string{"test", "replay", "backfill"}}},
		},
		"additionalProperties": true,
	}
}

func ref(name string) object           { return object{"$ref": "#/components/schemas/" + name} }
func jsonContent(schema object) object { return object{"application/json": object{"schema": schema}} }

// tag is what a route is about: its first word after /api.
func (rt route) tag() string {
	rest, ok := strings.CutPrefix(rt.path, "/api/")
	if !ok {
		return "health"
	}
	word, _, _ := strings.Cut(rest, "/")
	return strings.TrimSuffix(word, ".json")
}

// operation names a route for generated clients: get_api_events_ref_around.
func (rt route) operation() string {
	words := strings.FieldsFunc(rt.path, func(r rune) bool { return strings.ContainsRune("/{}.-", r) })
	return strings.ToLower(rt.method) + "_" + strings.Join(words, "_")
}

func firstSentence(doc string) string {
	if i := strings.Index(doc, ". "); i >= 0 {
		return doc[:i+1]
	}
	return doc
}
