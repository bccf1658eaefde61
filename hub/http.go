package hub

import "net/http"

// routes is everything on the main port.
func (h *Hub) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /socket/websocket", h.serveSocket)
	return mux
}

// healthRoutes is everything on the health port.
func (h *Hub) healthRoutes() http.Handler { return http.NewServeMux() }

// originAllowed reports whether a page of this origin may open the socket.
func (h *Hub) originAllowed(r *http.Request) bool { return true }
