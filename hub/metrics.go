package hub

import (
	"net/http"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"landale/event"
)

// metrics are the figures for Prometheus, in a registry of their own. Everything
// but the time of requests is read when somebody asks.
type metrics struct {
	requests *prometheus.HistogramVec
	handler  http.Handler
}

func newMetrics(h *Hub) *metrics {
	m := &metrics{requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "landale_http_request_seconds",
		Help:    "Time from a request's header to the end of its answer.",
		Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5},
	}, []string{"method", "route", "status"})}
	r := prometheus.NewRegistry()
	r.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		m.requests,
		prometheus.CollectorFunc(func(ch chan<- prometheus.Metric) { h.collect(ch) }),
	)
	m.handler = promhttp.HandlerFor(r, promhttp.HandlerOpts{})
	return m
}

func (h *Hub) serveMetrics(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	h.web.metrics.handler.ServeHTTP(w, r)
}

// observe measures requests by route, never by path: paths are the client's.
func (m *metrics) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == socketPath {
			next.ServeHTTP(w, r) // it lives for hours, and takes the connection over
			return
		}
		start := time.Now()
		wrapped := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		next.ServeHTTP(wrapped, r)
		route := chi.RouteContext(r.Context()).RoutePattern()
		if route == "" {
			route = "page"
		}
		method := "other"
		switch r.Method {
		case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS":
			method = r.Method
		}
		m.requests.WithLabelValues(method, route, strconv.Itoa(max(wrapped.Status(), 200))).Observe(time.Since(start).Seconds())
	})
}

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("landale_"+name, help, labels, nil)
}

// What is read when somebody asks.
var (
	descBuild       = desc("build_info", "The program's version and the build of its pages.", "version", "build")
	descUptime      = desc("uptime_seconds", "Time since the hub was made.")
	descPublished   = desc("bus_published_total", "Events published.")
	descRepeats     = desc("bus_repeats_total", "Events that came again and were not published.")
	descWaiting     = desc("bus_waiting", "Events that wait for a subscriber.", "subscriber")
	descCapacity    = desc("bus_capacity", "Events that may wait for a subscriber.", "subscriber")
	descDropped     = desc("bus_dropped_total", "Events that a subscriber lost because its queue was full.", "subscriber")
	descSessions    = desc("socket_sessions", "Clients connected to the socket.", "environment")
	descConnections = desc("socket_connections_total", "Clients that ever connected.")
	descDeliveries  = desc("socket_deliveries_total", "Events handed to a client, one count per event and client.")
	descSlow        = desc("socket_slow_closes_total", "Clients closed with 4008 because they did not read.")
	descPart        = desc("part_state", "1 for the state that a part is in.", "part", "state")
	descRestarts    = desc("part_restarts_total", "Restarts of a part.", "part")
	descFresh       = desc("part_fresh_seconds", "Time since a part last heard or did what it is there for.", "part")
	descDetail      = desc("part_detail", "A part's own figures.", "part", "name")
)

var partStates = []event.State{event.Starting, event.Running, event.Waiting, event.Degraded, event.Failed, event.Stopped}

func (h *Hub) collect(ch chan<- prometheus.Metric) {
	// A collector runs where no request's recover is: nothing here may panic.
	put := func(d *prometheus.Desc, kind prometheus.ValueType, v float64, labels []string) {
		m, err := prometheus.NewConstMetric(d, kind, v, labels...)
		if err != nil {
			m = prometheus.NewInvalidMetric(d, err)
		}
		ch <- m
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) { put(d, prometheus.GaugeValue, v, labels) }
	count := func(d *prometheus.Desc, v uint64, labels ...string) {
		put(d, prometheus.CounterValue, float64(v), labels)
	}
	gauge(descBuild, 1, h.o.Version, h.o.Build)
	gauge(descUptime, time.Since(h.started).Seconds())

	bus := h.o.Bus.Stats()
	count(descPublished, bus.Published)
	count(descRepeats, bus.Repeats)
	named := map[string]event.SubscriptionStats{} // two of one name are one line
	for _, s := range bus.Subscribers {
		sum := named[s.Name]
		named[s.Name] = event.SubscriptionStats{Waiting: sum.Waiting + s.Waiting, Capacity: sum.Capacity + s.Capacity, Dropped: sum.Dropped + s.Dropped}
	}
	for name, s := range named {
		gauge(descWaiting, float64(s.Waiting), name)
		gauge(descCapacity, float64(s.Capacity), name)
		count(descDropped, s.Dropped, name)
	}

	sessions := map[string]int{"obs": 0, "dock": 0, "browser": 0, "development": 0}
	for _, c := range h.Clients() {
		if _, known := sessions[c.Environment]; known {
			sessions[c.Environment]++
		} else {
			sessions["browser"]++
		}
	}
	for environment, n := range sessions {
		gauge(descSessions, float64(n), environment)
	}
	connections, deliveries, slow := h.socketFigures()
	count(descConnections, connections)
	count(descDeliveries, deliveries)
	count(descSlow, slow)

	for _, p := range h.parts() {
		for _, s := range partStates {
			v := 0.0
			if p.State == s {
				v = 1
			}
			gauge(descPart, v, p.Name, string(s))
		}
		count(descRestarts, uint64(max(p.Restarts, 0)), p.Name)
		if !p.Fresh.IsZero() {
			gauge(descFresh, time.Since(p.Fresh).Seconds(), p.Name)
		}
		for name, detail := range p.Details {
			eachFigure(name, detail, func(name string, v float64) { gauge(descDetail, v, p.Name, name) })
		}
	}
}

// eachFigure calls put for the number that a detail is, or for those in it.
func eachFigure(name string, detail any, put func(string, float64)) {
	if v, ok := figure(detail); ok {
		put(name, v)
		return
	}
	switch m := detail.(type) {
	case map[string]int:
		for k, v := range m {
			put(name+"_"+k, float64(v))
		}
	case map[string]int64:
		for k, v := range m {
			put(name+"_"+k, float64(v))
		}
	case map[string]float64:
		for k, v := range m {
			put(name+"_"+k, v)
		}
	}
}

// figure is the number that a detail is, if it is one; durations are seconds.
func figure(v any) (float64, bool) {
	switch v := v.(type) {
	case time.Duration:
		return v.Seconds(), true
	case int:
		return float64(v), true
	case int64:
		return float64(v), true
	case uint64:
		return float64(v), true
	case uint32:
		return float64(v), true
	case float64:
		return v, true
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	}
	return 0, false
}
