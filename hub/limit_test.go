package hub

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestRateLimitIsForTheAPIOnly(t *testing.T) {
	s := newSite(t)
	for i := range apiRate {
		if a := s.get(t, "/api/problems"); a.StatusCode != 200 {
			t.Fatalf("request %d: got %d", i, a.StatusCode)
		}
	}
	a := refused(t, s, "/api/problems")
	if a.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	refused(t, s, "/api/nothing")
	refused(t, s, "/api/events")
	for _, path := range []string{"/", "/overlay/status", "/assets/index.js", "/health", "/status", "/ready", "/metrics", "/api/health"} {
		for range 3 {
			if a := s.get(t, path); a.StatusCode != 200 {
				t.Errorf("%s: got %d although it is exempt", path, a.StatusCode)
			}
		}
	}
	if a := s.get(t, socketPath); a.StatusCode == 429 {
		t.Error("the socket is limited")
	}
}

// refused asks until the answer is that it was too often. The window slides: when
// a minute ends during a test, a few more requests are answered.
func refused(t *testing.T, s *site, path string) answer {
	t.Helper()
	var a answer
	for range slack {
		if a = s.get(t, path); a.StatusCode == 429 {
			break
		}
	}
	a.wantFailure(t, 429, "rate_limited")
	return a
}

const slack = 20 // requests: two for each second that a test may take on a busy machine

func TestSignInIsLimitedMore(t *testing.T) {
	s := newSite(t)
	for i := range signInRate {
		if a := s.get(t, "/api/oauth/status"); a.StatusCode == 429 {
			t.Fatalf("request %d: got 429", i)
		}
	}
	refused(t, s, "/api/oauth/status")
	if a := s.get(t, "/api/parts"); a.StatusCode != 200 {
		t.Errorf("the rest of the API: got %d", a.StatusCode)
	}
}

// A script that runs wild gets 429s; health and whoever is on the socket do not
// feel it.
func TestFloodFromOneAddress(t *testing.T) {
	h := run(t)
	addr := "http://" + h.Addr()
	page := dial(t, h.Addr(), arrays)
	page.join("events:all", nil)

	var ok, limited, other, sent atomic.Int64
	var flood sync.WaitGroup
	for range 20 {
		flood.Go(func() {
			for range 50 {
				switch status := statusOf(addr + "/api/problems"); status {
				case 200:
					ok.Add(1)
				case 429:
					limited.Add(1)
				default:
					other.Add(1)
				}
				if sent.Add(1)%10 == 0 {
					h.bus.Publish(note(int(sent.Load())))
				}
			}
		})
	}
	for range 50 {
		if status := statusOf(addr + "/health"); status != 200 {
			t.Errorf("health beside the flood: got %d", status)
		}
	}
	flood.Wait()
	if n := ok.Load(); n < apiRate || n > apiRate+slack || limited.Load() != 1000-n {
		t.Errorf("got %d answers, %d refusals, %d other; want %d, %d, 0", ok.Load(), limited.Load(), other.Load(), apiRate, 1000-apiRate)
	}
	eventually(t, "every event at the page", func() bool { return len(page.events("events:all")) == 100 })
	if list := h.Clients(); len(list) != 1 || list[0].Drops != 0 {
		t.Errorf("clients are %+v", list)
	}
	dial(t, h.Addr(), objects).join("events:all", nil) // and another one may come
}

func statusOf(url string) int {
	res, err := http.Get(url)
	if err != nil {
		return 0
	}
	defer res.Body.Close()
	io.Copy(io.Discard, res.Body)
	return res.StatusCode
}

func TestLargeBodies(t *testing.T) {
	s := newSite(t)
	fits := `{"type":"custom.x","text":"` + strings.Repeat("a", maxBody-len(`{"type":"custom.x","text":""}`)) + `"}`
	s.do(t, "POST", "/api/events", fits).data(t)
	s.do(t, "POST", "/api/events", fits+" ").wantFailure(t, 413, "too_large")
	// In pieces, without a length said before.
	req, err := http.NewRequest("POST", "http://"+s.addr+"/api/events", io.MultiReader(strings.NewReader(fits), strings.NewReader(strings.Repeat(" ", 50_000))))
	if err != nil {
		t.Fatal(err)
	}
	res, err := s.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	answer{res, b}.wantFailure(t, 413, "too_large")
	// What says it is huge is refused before it is sent.
	status, _ := s.raw(t, "POST /api/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10000000000\r\n\r\n")
	if status != 413 {
		t.Errorf("ten gigabytes: got %d, want 413", status)
	}
	status, _ = s.raw(t, "GET /api/parts HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100001\r\n\r\n")
	if status != 413 {
		t.Errorf("a GET with a huge body: got %d, want 413", status)
	}
	if n := s.o.Bus.Stats().Published; n != 1 {
		t.Errorf("%d events were published, want 1", n)
	}
}

func TestOddRequests(t *testing.T) {
	s := newSite(t)
	get := func(target string) string {
		return "GET " + target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
	}
	tests := []struct {
		name, request string
		status        int
	}{
		{"huge query", get("/api/events?q=" + strings.Repeat("a", 20_000)), 400},
		{"huge header", get("/api/events?q=" + strings.Repeat("a", 100_000)), 431},
		{"a thousand parameters", get("/api/events?" + strings.Repeat("a=1&", 1500)), 400},
		{"invalid UTF-8", get("/api/events?q=%ff%fe%fd"), 400},
		{"bytes that are no UTF-8", get("/api/events?q=\xff\xfe"), 400},
		{"NUL", get("/api/events?q=a%00"), 400},
		{"no Host", "GET /api/parts HTTP/1.1\r\n\r\n", 400},
		{"two Hosts", "GET /api/parts HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n", 400},
		{"HTTP/1.0 without Host", "GET /api/parts HTTP/1.0\r\n\r\n", 403},
		{"no HTTP", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400},
		{"OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 200},
		{"TRACE", "TRACE /api/parts HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 405},
		{"lower-case method", "get /api/parts HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 405},
		{"both lengths", "POST /api/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n", 422},
	}
	for _, tt := range tests {
		if status, body := s.raw(t, tt.request); status != tt.status {
			t.Errorf("%s: got %d %.100s, want %d", tt.name, status, body, tt.status)
		}
	}
	if s.get(t, "/health").StatusCode != 200 {
		t.Error("not well afterwards")
	}
}

// A client that sends its header a byte at a time is cut off, and nobody waits
// for it meanwhile.
func TestSlowHeadersAreCutOff(t *testing.T) {
	s := newSite(t)
	srv := newServer(s.routes())
	if srv.ReadHeaderTimeout != headerTime || srv.ReadTimeout != readTime || srv.WriteTimeout != writeTime || srv.IdleTimeout != idleTime || srv.MaxHeaderBytes != maxHeaderBytes {
		t.Fatalf("the server waits for ever somewhere: %+v", srv)
	}
	srv.ReadHeaderTimeout = 300 * time.Millisecond
	srv.ReadTimeout = 600 * time.Millisecond
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { srv.Serve(l); close(done) }()
	defer func() { srv.Close(); <-done }()

	var slow []net.Conn
	for i := range 50 {
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if i%2 == 0 {
			fmt.Fprint(conn, "GET /api/parts HTTP/1.1\r\nHost: loc")
		} else { // the header is there, the body does not come
			fmt.Fprint(conn, "POST /api/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\n{")
		}
		slow = append(slow, conn)
	}
	res, err := s.http.Get("http://" + l.Addr().String() + "/health")
	if err != nil || res.StatusCode != 200 {
		t.Fatalf("beside fifty slow clients: %v", err)
	}
	res.Body.Close()
	for i, conn := range slow {
		conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		if _, err := io.Copy(io.Discard, bufio.NewReader(conn)); err != nil {
			t.Fatalf("client %d was not cut off: %v", i, err)
		}
	}
}
