package hub

import (
	"bytes"
	"encoding/json"
	"html/template"
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
}

func (h *Hub) serveDocument(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	serveContent(w, r, h.web.document, etagOf(h.web.document))
}

func (h *Hub) serveDocs(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", contentTypes[".html"])
	serveContent(w, r, h.web.docs, etagOf(h.web.docs))
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

var docsPage = template.Must(template.New("docs").Parse(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="dark">
<title>Landale: HTTP API</title>
<style>
body { margin: 0 auto; max-width: 960px; padding: 24px; background: #121517; color: #c0cfd3; font: 16px/24px system-ui, sans-serif; }
h1, h2 { color: #efefef; line-height: 36px; margin: 36px 0 12px; }
h1 { margin-top: 0; }
section { border-top: 1px solid #2b353b; padding: 12px 0; }
h3 { margin: 0; font: 600 16px/24px ui-monospace, monospace; color: #efefef; overflow-wrap: anywhere; }
h3 b { color: #5be058; } h3 b.POST, h3 b.PUT { color: #ffdd33; }
p { margin: 0 0 12px; max-width: 72ch; }
dl { margin: 0; display: grid; grid-template-columns: minmax(120px, max-content) 1fr; gap: 0 24px; }
dt { font: 14px/24px ui-monospace, monospace; color: #1cdaf4; } dd { margin: 0; }
small { color: #819ba7; font-size: 14px; }
a { color: #1cdaf4; }
code { font: 14px/24px ui-monospace, monospace; }
</style>
<h1>HTTP API</h1>
<p>Answers are <code>{"success":true,"data":…,"meta":…}</code> or <code>{"success":false,"error":{"code":…,"message":…}}</code>.
Times are RFC 3339 or milliseconds since 1970. There is no login; one address may ask 100 times a minute.
For programs: <a href="/api/openapi.json">openapi.json</a> (OpenAPI 3.1).</p>
{{range .}}<h2>{{.Tag}}</h2>
{{range .Routes}}<section><h3><b class="{{.Method}}">{{.Method}}</b> {{.Path}}</h3>
<p>{{.Doc}}</p>
{{if .Params}}<dl>{{range .Params}}<dt>{{.Name}}</dt><dd>{{.Doc}} <small>{{.Rule}}</small></dd>{{end}}</dl>{{end}}
</section>
{{end}}{{end}}</html>
`))

type docsGroup struct {
	Tag    string
	Routes []docsRoute
}

type docsRoute struct {
	Method, Path, Doc string
	Params            []docsParam
}

type docsParam struct{ Name, Doc, Rule string }

// page is the document for people.
func (d *description) page() []byte {
	var groups []*docsGroup
	byTag := map[string]*docsGroup{}
	for _, rt := range d.table {
		g := byTag[rt.tag()]
		if g == nil {
			g = &docsGroup{Tag: rt.tag()}
			byTag[g.Tag] = g
			groups = append(groups, g)
		}
		row := docsRoute{Method: rt.method, Path: rt.path, Doc: rt.doc}
		for _, p := range rt.params {
			row.Params = append(row.Params, docsParam{p.name, p.doc, p.rule()})
		}
		g.Routes = append(g.Routes, row)
	}
	var b bytes.Buffer
	if err := docsPage.Execute(&b, groups); err != nil {
		panic(err) // a template of texts: a test makes the page
	}
	return b.Bytes()
}
