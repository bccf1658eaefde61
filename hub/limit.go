package hub

import (
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/go-chi/httprate"
)

// What a client may send and how long it may take. A page is loaded and a socket
// upgraded within a second; nobody honest comes near these.
const (
	maxBody        = 100_000  // bytes
	maxHeaderBytes = 32 << 10 // bytes; more is answered 431 by net/http
	headerTime     = 5 * time.Second
	readTime       = 15 * time.Second
	writeTime      = 30 * time.Second // above answerTime, for a slow network
	idleTime       = 2 * time.Minute
)

// Requests a minute from one address. Overlays and dashboard share one address
// and live on the socket; the API is for scripts. Sign-in talks to Twitch.
const (
	apiRate    = 100
	signInRate = 10
)

var errTooLarge = &Error{Code: "too_large", Message: "the body has more than 100 kB"}

// newServer makes the server of one port. The socket's upgrade takes its
// connection out of all of these times.
func newServer(handler http.Handler) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: headerTime,
		ReadTimeout:       readTime,
		WriteTimeout:      writeTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    maxHeaderBytes,
	}
}

// limitRate refuses what comes too often from one address on /api. Health is
// exempt: a monitor must hear it also while a script runs wild.
func (h *Hub) limitRate(next http.Handler) http.Handler {
	refuse := httprate.WithLimitHandler(func(w http.ResponseWriter, r *http.Request) {
		h.writeError(w, r, &Error{
			Code:    "rate_limited",
			Message: "too many requests from this address; wait as long as Retry-After says",
		})
	})
	api := httprate.LimitBy(apiRate, time.Minute, remoteAddress, refuse)(next)
	signIn := httprate.LimitBy(signInRate, time.Minute, remoteAddress, refuse)(api)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch path := r.URL.Path; {
		case path == "/api/health":
			next.ServeHTTP(w, r)
		case path == "/api/oauth" || strings.HasPrefix(path, "/api/oauth/"):
			signIn.ServeHTTP(w, r)
		default:
			api.ServeHTTP(w, r)
		}
	})
}

// remoteAddress is whom a request counts for: the address of its connection, no
// header says otherwise. One of IPv6 counts for its /64, which is one machine's.
func remoteAddress(r *http.Request) (string, error) {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return "", err
	}
	return httprate.CanonicalizeIP(host), nil
}

// limitBody refuses a body that says it is too large, and cuts off one that is.
func (h *Hub) limitBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength > maxBody {
			w.Header().Set("Connection", "close") // else the rest would be read to reuse it
			h.writeError(w, r, errTooLarge)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
}
