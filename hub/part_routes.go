package hub

import (
	"context"
	"net/http"
	"regexp"
	"time"
)

// Route is one line of the HTTP API that a part of the program answers; main
// gives them in Options.Routes. It is documented, limited and wrapped like the
// hub's own.
type Route struct {
	Method string
	// Path begins with /api/; {name} in it is a text that Request.Text gives.
	Path string
	Doc  string
	// Query names the text parameters that may be given.
	Query []string
	// Body is a value of the type of the request's body, Data one of the answer's;
	// nil: there is none.
	Body, Data any
	// Time is how long the answer may take; 0 means five seconds.
	Time time.Duration
	// Handle answers. An error with a method ErrorCode() string says its code.
	Handle func(ctx context.Context, r Request) (any, error)
}

// Request is one request as a part sees it.
type Request struct{ c *call }

// Text is a parameter of path or query, or "".
func (r Request) Text(name string) string { return r.c.text(name) }

// Body is the body as it came.
func (r Request) Body() []byte { return r.c.body }

// Decode reads the body into a struct and refuses members that it does not have.
func (r Request) Decode(into any) error { return decodeBody(r.c.body, into) }

var pathNames = regexp.MustCompile(`\{(\w+)\}`)

// line makes a Route one of the hub's own table.
func (p Route) line() route {
	rt := route{method: p.Method, path: p.Path, doc: p.Doc, body: p.Body, data: p.Data, time: p.Time}
	if rt.data == nil {
		rt.data = struct{}{}
	}
	for _, m := range pathNames.FindAllStringSubmatch(p.Path, -1) {
		rt.params = append(rt.params, textParam(m[1], "").path())
	}
	for _, name := range p.Query {
		rt.params = append(rt.params, textParam(name, ""))
	}
	rt.handle = func(_ *Hub, c *call) (any, error) { return p.Handle(c.ctx, Request{c}) }
	return rt
}

// Mount is a handler of a part that writes answers of its own: files, images, a
// socket. It passes the guard like everything else.
type Mount struct {
	// Pattern is chi's: "/ws/captions", "/emotes/*".
	Pattern string
	Handler http.Handler
}
