package hub

import (
	"bytes"
	"html/template"
)

// docsPage is the description for people. It loads nothing else.
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
{{range .Groups}}<h2>{{.Tag}}</h2>
{{range .Routes}}<section><h3><b class="{{.Method}}">{{.Method}}</b> {{.Path}}</h3>
<p>{{.Doc}}</p>
{{if .Params}}<dl>{{range .Params}}<dt>{{.Name}}</dt><dd>{{.Doc}} <small>{{.Rule}}</small></dd>{{end}}</dl>{{end}}
</section>
{{end}}{{end}}
<h2>Socket</h2>
<p>Phoenix Channels at <code>/socket/websocket</code>. Topics:{{range .Topics}} <code>{{.}}</code>{{end}}. Commands:</p>
{{range .Commands}}<section><h3><b>{{.Topic}}</b> {{.Name}}</h3>
<p>{{.Doc}}</p>
{{if .Fields}}<dl>{{range .Fields}}<dt>{{.Name}}</dt><dd>{{.Doc}} <small>{{.Kind}}{{if .Required}}, required{{end}}</small></dd>{{end}}</dl>{{end}}
</section>
{{end}}</html>
`))

type docsData struct {
	Groups   []*docsGroup
	Topics   []string
	Commands []Command
}

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
	if err := docsPage.Execute(&b, docsData{groups, Topics(), Commands()}); err != nil {
		panic(err) // a template of texts: a test makes the page
	}
	return b.Bytes()
}
