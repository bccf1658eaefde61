package hub

import (
	"context"
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"landale/event"
)

const (
	maxInFlight  = 10 // commands of one client that may run at a time
	maxCommands  = 50 // and begin within
	commandSpan  = 10 * time.Second
	commandWait  = 5 * time.Second // one may take
	maxTopics    = 100
	maxHostField = 100 // bytes of what a client says of itself
)

// session is one connected client. What it said of itself and which topics it
// joined is guarded by the hub's mutex.
type session struct {
	id          string
	correlation event.ID // of all that starts on this socket
	address     string
	connected   time.Time

	page, environment, build string
	overlayType              string
	outdated                 bool
	joined                   map[string]*member

	spoken    bool         // the first message fixes the form; the reader's own
	form      atomic.Int32 // of the answers
	heartbeat atomic.Int64 // unix ms of the newest message
	latency   atomic.Pointer[float64]
	drops     atomic.Uint64
	inFlight  atomic.Int32
	began     []time.Time // of the newest commands; the reader's own

	out    *outbox
	ctx    context.Context // ends with the connection
	cancel context.CancelFunc
	work   sync.WaitGroup // writer and running commands
	ended  chan struct{}  // closed when the writer has written its last
}

var validCorrelation = regexp.MustCompile(`^[A-Za-z0-9_-]{1,50}$`)

func newSession(r *http.Request, build string) *session {
	q := r.URL.Query()
	s := &session{
		id:        string(event.NewShortID()),
		address:   r.RemoteAddr,
		connected: time.Now().UTC(),
		joined:    map[string]*member{},
		out:       newOutbox(),
		ended:     make(chan struct{}),
	}
	s.correlation = event.ID(s.id)
	if c := q.Get("correlation_id"); validCorrelation.MatchString(c) {
		s.correlation = event.ID(c)
	}
	if vsn := q.Get("vsn"); len(vsn) > 1 && vsn[:2] == "2." {
		s.form.Store(int32(arrays))
	}
	s.describe(q.Get("page"), q.Get("environment"), q.Get("build"), build)
	s.heartbeat.Store(s.connected.UnixMilli())
	// The request's context ends when its handler returns; the session's own must
	// outlive nothing else.
	s.ctx, s.cancel = context.WithCancel(context.WithoutCancel(r.Context()))
	return s
}

// describe takes what a client says of itself; what is empty stays as it is. Old
// clients name environments of their own.
func (s *session) describe(page, environment, build, ours string) {
	set := func(to *string, v string) {
		if v != "" {
			*to = v[:min(len(v), maxHostField)]
		}
	}
	set(&s.page, page)
	set(&s.build, build)
	switch environment {
	case "obs", "dock", "browser", "development":
		s.environment = environment
	case "":
		if s.environment == "" {
			s.environment = "browser"
		}
	default: // production, tauri
		s.environment = "browser"
	}
	s.outdated = s.build != "" && ours != "" && s.build != ours
}

func (s *session) currentForm() form { return form(s.form.Load()) }

// send queues a message of its own for this client.
func (s *session) send(joinRef, ref json.RawMessage, topic, name string, payload []byte) {
	s.out.put(appendMessage(nil, s.currentForm(), joinRef, ref, topic, name, payload))
}

// reply answers one message.
func (s *session) reply(m message, status string, response []byte) {
	payload := make([]byte, 0, len(response)+40)
	payload = append(payload, `{"status":"`...)
	payload = append(payload, status...)
	payload = append(payload, `","response":`...)
	payload = append(append(payload, response...), '}')
	s.send(m.joinRef, m.ref, m.topic, "phx_reply", payload)
}

// allowed notes a command and reports whether the client is within its limit of
// commands in a sliding span.
func (s *session) allowed(now time.Time) bool {
	s.began = slices.DeleteFunc(s.began, func(t time.Time) bool { return now.Sub(t) >= commandSpan })
	if len(s.began) >= maxCommands {
		return false
	}
	s.began = append(s.began, now)
	return true
}
