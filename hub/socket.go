package hub

import "net/http"

// serveSocket upgrades one client at /socket/websocket.
func (h *Hub) serveSocket(w http.ResponseWriter, r *http.Request) {
	http.Error(w, "not here", http.StatusServiceUnavailable)
}
