package hub

import (
	"net/http"
	"net/netip"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestGuardHosts(t *testing.T) {
	g := NewGuard([]string{"demi", "Saya."})
	g.addresses = func() []netip.Addr {
		return []netip.Addr{netip.MustParseAddr("100.101.1.2"), netip.MustParseAddr("fd7a:115c::1"), netip.MustParseAddr("192.168.1.20")}
	}
	machine, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		host string
		want bool
	}{
		{"localhost", true}, {"localhost:7175", true}, {"LOCALHOST:5173", true}, {"localhost.", true}, {"app.localhost:80", true},
		{"127.0.0.1:7175", true}, {"127.1.2.3", true}, {"[::1]:7175", true}, {"[::1]", true}, {"[::ffff:127.0.0.1]:80", true},
		{"demi", true}, {"DEMI:7175", true}, {"demi.:7175", true}, {"demi.local", true}, {"Demi.Local.:7175", true},
		{"demi.tail1234.ts.net", true}, {"saya", true}, {"saya.cat-dog.ts.net.", true}, {machine + ":7175", true},
		{"100.101.1.2:7175", true}, {"[fd7a:115c::1]:7175", true}, {"192.168.1.20", true},

		{"", false}, {"evil.example", false}, {"evil.example:7175", false}, {"demi.evil.example", false}, {"evil.local", false},
		{"evil.tail1234.ts.net", false}, {"demi.a.b.ts.net", false}, {"demi.ts.net", false}, {"x.demi.local", false},
		{"demilocal", false}, {"localhost.evil.example", false}, {"127.0.0.1.evil.example", false}, {"192.168.1.21", false},
		{"0.0.0.0:7175", false}, {"[::]:7175", false}, {"::1", false}, {"[fd7a:115c::2]", false}, {"2130706433", false}, {"127.1", false}, {"0x7f000001", false},
		{"localhost:7175:1", false}, {"localhost:", true}, {"localhost:80x", false}, {"[::1", false}, {"[localhost]", false}, {"[127.0.0.1]", false},
		{"user@localhost", false}, {"localhost/x", false}, {"localhost ", false}, {"löcalhost", false}, {"localhost\x00", false}, {".", false}, {"..", false},
	}
	for _, tt := range tests {
		if got := g.AllowHost(tt.host); got != tt.want {
			t.Errorf("host %q: got %v, want %v", tt.host, got, tt.want)
		}
		if tt.host == "localhost:" {
			continue
		}
		for _, scheme := range []string{"http://", "https://"} {
			if got := g.AllowOrigin(scheme + tt.host); got != tt.want {
				t.Errorf("origin %q: got %v, want %v", scheme+tt.host, got, tt.want)
			}
		}
	}
	for _, origin := range []string{"null", "", "file://", "file://localhost", "chrome-extension://localhost", "ftp://localhost", "localhost", "http://", "http:localhost", "HTTP//localhost", "http://localhost/", "http://localhost http://evil.example"} {
		if g.AllowOrigin(origin) {
			t.Errorf("origin %q is allowed", origin)
		}
	}
}

// A machine named demi in somebody else's tailnet can be put on the internet
// with Funnel, so an owner who names his tailnet gets no other.
func TestGuardTailnetOfTheConfig(t *testing.T) {
	g := NewGuard([]string{"demi.tail1234.ts.net", "saya"})
	for host, want := range map[string]bool{
		"demi.tail1234.ts.net": true, "saya.tail1234.ts.net": true, "demi": true, "demi.local": true,
		"demi.evil.ts.net": false, "saya.evil.ts.net": false,
	} {
		if got := g.AllowHost(host); got != want {
			t.Errorf("%s: got %v, want %v", host, got, want)
		}
	}
	g.SetHosts([]string{"zelan"})
	if g.AllowHost("demi") || !g.AllowHost("zelan.evil.ts.net") {
		t.Error("SetHosts did not replace the names")
	}
}

// Tailscale's address appears when the owner logs in, maybe hours after the start.
func TestGuardLearnsNewAddresses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGuard(nil)
		own, reads := []netip.Addr(nil), 0
		g.addresses = func() []netip.Addr { reads++; return own }
		if g.AllowHost("100.1.2.3") {
			t.Error("a foreign address is allowed")
		}
		own = []netip.Addr{netip.MustParseAddr("100.1.2.3")}
		for range 1000 {
			g.AllowHost("100.9.9.9")
		}
		if reads != 1 {
			t.Errorf("addresses were read %d times for a flood of foreign ones, want once", reads)
		}
		time.Sleep(addressAge)
		if !g.AllowHost("100.1.2.3") {
			t.Error("the new address is not known after a while")
		}
	})
}

func TestGuardRefusesRequests(t *testing.T) {
	s := newSite(t)
	for _, path := range []string{"/", "/api/state", "/api/events", "/health", "/metrics", "/socket/websocket", "/nothing"} {
		for _, host := range []string{"evil.example", "evil.example:7175", "localhost.evil.example"} {
			s.get(t, path, "Host", host).wantFailure(t, 403, "forbidden")
		}
		for _, origin := range []string{"null", "http://evil.example", "https://demi.evil.example"} {
			s.get(t, path, "Origin", origin).wantFailure(t, 403, "forbidden")
		}
	}
	a := s.do(t, "POST", "/api/events", `{"type":"custom.x"}`, "Origin", "https://evil.example", "Content-Type", "text/plain")
	a.wantFailure(t, 403, "forbidden")
	if n := s.o.Bus.Stats().Published; n != 0 {
		t.Errorf("a cross-site write published %d events", n)
	}
	if !strings.Contains(s.log.String(), "request refused") {
		t.Error("a refusal is not in the log")
	}
	for _, headers := range [][]string{
		{"Host", "demi:7175"}, {"Host", "demi.tail1.ts.net", "Origin", "https://demi.tail1.ts.net"},
		{"Origin", "http://localhost:5173"}, {"Origin", "http://" + s.addr},
	} {
		if a := s.get(t, "/api/parts", headers...); a.StatusCode != 200 {
			t.Errorf("%q: got %d %s", headers, a.StatusCode, a.body)
		}
	}
	// Two Origin headers, of which a check of the first alone would see the good one.
	status, _ := s.raw(t, "GET /api/state HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\nOrigin: http://evil.example\r\nConnection: close\r\n\r\n")
	if status != 403 {
		t.Errorf("two origins: got %d, want 403", status)
	}
	// An absolute request line overrides Host.
	status, _ = s.raw(t, "GET http://evil.example/api/state HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
	if status != 403 {
		t.Errorf("absolute request line: got %d, want 403", status)
	}
}

func TestCORSIsForAllowedOriginsOnly(t *testing.T) {
	s := newSite(t)
	preflight := func(origin string) answer {
		return s.do(t, "OPTIONS", "/api/events", "", "Origin", origin, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "content-type, x-correlation-id")
	}
	a := preflight("http://localhost:5173")
	if a.StatusCode != 200 || a.Header.Get("Access-Control-Allow-Origin") != "http://localhost:5173" || a.Header.Get("Access-Control-Max-Age") != "86400" ||
		!strings.Contains(strings.ToLower(a.Header.Get("Access-Control-Allow-Headers")), "x-correlation-id") {
		t.Errorf("own page: got %d %v", a.StatusCode, a.Header)
	}
	if a := preflight("http://evil.example"); a.StatusCode != 403 || a.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("foreign page: got %d %v", a.StatusCode, a.Header)
	}
	if a := s.get(t, "/api/parts", "Origin", "http://demi:3000"); a.Header.Get("Access-Control-Allow-Origin") != "http://demi:3000" {
		t.Errorf("answer to an allowed page: %v", a.Header)
	}
}

func TestSocketUpgradeIsGuarded(t *testing.T) {
	s := newSite(t)
	for origin, want := range map[string]bool{"": true, "http://localhost:7175": true, "null": false, "http://evil.example": false} {
		r, err := http.NewRequest("GET", "http://"+s.addr+socketPath, nil)
		if err != nil {
			t.Fatal(err)
		}
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		if got := s.originAllowed(r); got != want {
			t.Errorf("origin %q: got %v, want %v", origin, got, want)
		}
	}
}

func FuzzGuard(f *testing.F) {
	for _, s := range []string{"localhost:7175", "[::1]:80", "demi.tail1.ts.net", "evil.example", "[fe80::1%25eth0]:1", "a:b:c", ""} {
		f.Add(s)
	}
	g := NewGuard([]string{"demi"})
	g.addresses = func() []netip.Addr { return nil }
	f.Fuzz(func(t *testing.T, host string) {
		if g.AllowHost(host) && strings.ContainsAny(host, " \t\r\n;,'\"<>/@\\?#") {
			t.Errorf("%q passes and would break a header", host)
		}
	})
}
