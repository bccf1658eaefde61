package hub

import (
	"cmp"
	"context"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/go-chi/cors"

	"landale/event"
)

// socketPath is where clients of the Phoenix protocol connect.
const socketPath = "/socket/websocket"

// web is what the hub's HTTP side keeps; it outlives a restart of the part.
type web struct {
	guard    *Guard
	pages    *pageFiles
	metrics  *metrics
	document []byte // the OpenAPI document
	docs     []byte // the same as a page
	main     http.Handler
	health   http.Handler
}

// newWeb builds both ports' handlers, once for the hub's life, so that limits
// and figures survive a restart of the part.
func newWeb(h *Hub) *web {
	doc := openAPI(table(h.o.Routes), h.o.Version)
	web := &web{
		guard:    NewGuard(h.cfg.Hosts),
		pages:    newPageFiles(h.o.Files),
		metrics:  newMetrics(h),
		document: doc.json(),
		docs:     doc.page(),
	}
	web.main = h.mainRouter(web)
	web.health = h.healthRouter(web)
	return web
}

// routes is everything on the main port.
func (h *Hub) routes() http.Handler { return h.web.main }

// healthRoutes is everything on the health port.
func (h *Hub) healthRoutes() http.Handler { return h.web.health }

// originAllowed reports whether a page of this origin may open the socket.
func (h *Hub) originAllowed(r *http.Request) bool { return h.web.guard.CheckOrigin(r) }

// SetHosts changes the names under which browsers may reach the program, while
// it runs; see Config.Hosts.
func (h *Hub) SetHosts(hosts []string) { h.web.guard.SetHosts(hosts) }

func (h *Hub) mainRouter(web *web) *chi.Mux {
	r := h.newRouter(web)
	r.Use(cors.Handler(cors.Options{
		AllowOriginFunc: func(_ *http.Request, origin string) bool { return web.guard.AllowOrigin(origin) },
		AllowedMethods:  []string{"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"},
		AllowedHeaders:  []string{"Content-Type", "Authorization", "X-Correlation-Id"},
		ExposedHeaders:  []string{"X-Correlation-Id", "Retry-After"},
		MaxAge:          86400,
	}))
	r.Use(h.limitBody)
	api := chi.NewRouter()
	api.Use(h.limitRate)
	for _, rt := range table(h.o.Routes) {
		if path, ok := strings.CutPrefix(rt.path, "/api"); ok {
			h.register(api, rt, path)
		} else {
			h.register(r, rt, rt.path)
		}
	}
	api.NotFound(h.notFound)
	r.Mount("/api", api)
	r.Get(socketPath, h.serveSocket)
	for _, m := range h.o.Mounts {
		r.Handle(m.Pattern, m.Handler)
	}
	r.NotFound(web.pages.ServeHTTP)
	// Both routers answer a wrong method by asking the whole one which are right.
	r.MethodNotAllowed(h.wrongMethod(r))
	api.MethodNotAllowed(h.wrongMethod(r))
	return r
}

// healthRouter has the routes that are not under /api.
func (h *Hub) healthRouter(web *web) *chi.Mux {
	r := h.newRouter(web)
	r.Use(h.limitBody)
	for _, rt := range healthTable {
		h.register(r, rt, rt.path)
	}
	r.NotFound(h.notFound)
	r.MethodNotAllowed(h.wrongMethod(r))
	return r
}

// newRouter has what every request passes first.
func (h *Hub) newRouter(web *web) *chi.Mux {
	r := chi.NewRouter()
	r.Use(correlate, secure, web.metrics.observe, h.recoverPanics)
	r.Use(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := web.guard.check(r); err != nil {
				h.log.Warn("request refused", "host", r.Host, "origin", r.Header.Get("Origin"), "path", r.URL.Path,
					"address", r.RemoteAddr)
				h.writeError(w, r, err)
				return
			}
			next.ServeHTTP(w, r)
		})
	})
	return r
}

func (h *Hub) register(r chi.Router, rt route, path string) {
	handler := h.handler(rt)
	r.Method(rt.method, path, handler)
	if rt.method == http.MethodGet {
		r.Method(http.MethodHead, path, handler)
	}
}

func (h *Hub) notFound(w http.ResponseWriter, r *http.Request) {
	h.writeError(w, r, &Error{Code: "not_found", Message: "there is nothing at this address; /api/docs lists what there is"})
}

// wrongMethod answers 405 with the right methods, and OPTIONS with them alone.
func (h *Hub) wrongMethod(root *chi.Mux) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		allow := []string{http.MethodOptions}
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} {
			if root.Match(chi.NewRouteContext(), method, cmp.Or(r.URL.RawPath, r.URL.Path)) {
				allow = append(allow, method)
			}
		}
		w.Header().Set("Allow", strings.Join(allow, ", "))
		if r.Method == http.MethodOptions {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		h.writeError(w, r, &Error{Code: "method_not_allowed", Message: "this address answers " + strings.Join(allow, ", ")})
	}
}

type correlationKey struct{}

// correlationID is the id of the chain that a request belongs to: the client's
// own, or one made for it.
func correlationID(ctx context.Context) event.ID {
	id, _ := ctx.Value(correlationKey{}).(event.ID)
	return id
}

// correlate honours x-correlation-id and returns it.
func correlate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := event.ID(r.Header.Get("X-Correlation-Id"))
		if !fitsCorrelation(string(id)) {
			id = event.NewShortID()
		}
		w.Header().Set("X-Correlation-Id", string(id))
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), correlationKey{}, id)))
	})
}

// fitsCorrelation accepts what may stand in a header, a log line and an event.
func fitsCorrelation(s string) bool {
	if s == "" || len(s) > event.MaxIDLen {
		return false
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' || s[i] == '"' || s[i] == '\\' {
			return false
		}
	}
	return true
}

// secure sets the headers that keep pages to themselves. Styles may stand inline
// because OBS puts a browser source's custom CSS into the page that way, and
// because animations set them. The socket is named beside 'self', which older
// browsers do not take to include ws:.
func secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sockets := ""
		if _, ok := splitPort(r.Host); ok { // else it could bring words of its own
			sockets = " ws://" + r.Host + " wss://" + r.Host
		}
		head := w.Header()
		head.Set("X-Frame-Options", "DENY")
		head.Set("X-Content-Type-Options", "nosniff")
		head.Set("Referrer-Policy", "same-origin")
		head.Set("Content-Security-Policy", "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "+
			"media-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'"+sockets+"; object-src 'none'; "+
			"base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
		next.ServeHTTP(w, r)
	})
}

// recoverPanics makes of a panic a 500 and a log line: a request never ends the
// program.
func (h *Hub) recoverPanics(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if v == http.ErrAbortHandler {
				panic(v)
			}
			h.log.Error("request panicked", "method", r.Method, "path", r.URL.Path, "panic", v,
				"correlation_id", correlationID(r.Context()), "stack", string(debug.Stack()))
			if wrapped, ok := w.(middleware.WrapResponseWriter); ok && wrapped.Status() != 0 {
				panic(http.ErrAbortHandler) // the answer has begun and cannot be taken back
			}
			h.writeError(w, r, &Error{Code: "service_error", Message: "something went wrong here; the log has the details"})
		}()
		next.ServeHTTP(w, r)
	})
}
