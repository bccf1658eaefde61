package hub

import (
	"net"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// addressAge is how long the list of this machine's addresses is believed when
// an unknown one is asked for. Tailscale's appears late, after a login.
const addressAge = 10 * time.Second

// Guard says under which names a browser may reach the program, and which pages
// may talk to it. There is no login: this and the network are the fence. It
// stops pages of other sites (their Origin gives them away) and names that were
// made to point here (DNS rebinding: their Host does).
//
// Allowed are loopback, this machine's names and addresses and the configured
// names, on any port, in any case, with or without a dot at the end. Its
// methods may be called from any goroutine.
type Guard struct {
	addresses func() []netip.Addr

	mu    sync.Mutex
	names map[string]bool
	// tailnets are those of the configured full names such as
	// "demi.tail1234.ts.net". If there are none, a name is allowed in every tailnet.
	tailnets map[string]bool
	own      []netip.Addr
	read     time.Time // when own was
}

// NewGuard makes a guard for the configured names, see SetHosts.
func NewGuard(hosts []string) *Guard {
	g := &Guard{addresses: interfaceAddresses}
	g.SetHosts(hosts)
	return g
}

// SetHosts changes the configured names. One without a dot also stands for
// <name>.local and <name>.<tailnet>.ts.net; a full <name>.<tailnet>.ts.net
// allows that tailnet only, for all names.
func (g *Guard) SetHosts(hosts []string) {
	names, tailnets := map[string]bool{"localhost": true}, map[string]bool{}
	all := slices.Clone(hosts)
	if name, err := os.Hostname(); err == nil {
		short, _, _ := strings.Cut(name, ".")
		all = append(all, name, short)
	}
	for _, name := range all {
		name = strings.ToLower(strings.TrimSuffix(strings.TrimSpace(name), "."))
		if name == "" {
			continue
		}
		names[name] = true
		if short, tailnet, ok := tailnetName(name); ok {
			names[short] = true
			tailnets[tailnet] = true
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.names, g.tailnets = names, tailnets
}

// tailnetName takes "demi.tail1234.ts.net" apart.
func tailnetName(name string) (short, tailnet string, ok bool) {
	rest, ok := strings.CutSuffix(name, ".ts.net")
	if !ok {
		return "", "", false
	}
	short, tailnet, ok = strings.Cut(rest, ".")
	return short, tailnet, ok && short != "" && tailnet != "" && !strings.Contains(tailnet, ".")
}

// AllowHost reports whether a Host header, with or without a port, names this
// program.
func (g *Guard) AllowHost(host string) bool {
	name, ok := splitPort(host)
	return ok && g.allowName(name)
}

// AllowOrigin reports whether pages of an origin may talk to this program. The
// origin "null" (a sandboxed frame, a file) may not.
func (g *Guard) AllowOrigin(origin string) bool {
	scheme, host, ok := strings.Cut(origin, "://")
	if !ok || scheme != "http" && scheme != "https" {
		return false
	}
	return g.AllowHost(host)
}

// CheckOrigin reports whether a request may be answered: its Host names this
// program, and it comes from no page or from one that may talk to it. It is the
// check of the socket's upgrade and of every other request.
func (g *Guard) CheckOrigin(r *http.Request) bool { return g.check(r) == nil }

func (g *Guard) check(r *http.Request) *Error {
	if !g.AllowHost(r.Host) {
		return &Error{
			Code:    "forbidden",
			Message: "this program is not reached under the name " + quoted(r.Host) + "; add the name to http.hosts in config.toml if it is yours",
		}
	}
	for _, origin := range r.Header["Origin"] {
		if !g.AllowOrigin(origin) {
			return &Error{
				Code:    "forbidden",
				Message: "pages of " + quoted(origin) + " may not talk to this program; add the name to http.hosts in config.toml if it is yours",
			}
		}
	}
	return nil
}

func (g *Guard) allowName(name string) bool {
	if addr, err := netip.ParseAddr(name); err == nil {
		addr = addr.Unmap()
		return addr.IsLoopback() || g.ownAddress(addr)
	}
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.names[name] || strings.HasSuffix(name, ".localhost") {
		return true
	}
	if short, ok := strings.CutSuffix(name, ".local"); ok {
		return g.names[short] && !strings.Contains(short, ".")
	}
	if short, tailnet, ok := tailnetName(name); ok {
		return g.names[short] && (len(g.tailnets) == 0 || g.tailnets[tailnet])
	}
	return false
}

// ownAddress looks the address up among this machine's, which are read again
// when it is not there, at most every addressAge.
func (g *Guard) ownAddress(addr netip.Addr) bool {
	g.mu.Lock()
	known := slices.Contains(g.own, addr)
	old := g.read.IsZero() || time.Since(g.read) >= addressAge
	if !known && old {
		g.read = time.Now()
	}
	g.mu.Unlock()
	if known || !old {
		return known
	}
	own := g.addresses()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.own = own
	return slices.Contains(own, addr)
}

func interfaceAddresses() []netip.Addr {
	list, err := net.InterfaceAddrs()
	if err != nil {
		return nil // loopback and the names still work
	}
	var own []netip.Addr
	for _, a := range list {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			own = append(own, p.Addr().WithZone("").Unmap())
		}
	}
	return own
}

// splitPort takes the port and an IPv6 address's brackets off. What is not a
// plain host and port ("user@host", "host/path", "a:b:c") is refused.
func splitPort(host string) (name string, ok bool) {
	if strings.HasPrefix(host, "[") {
		end := strings.IndexByte(host, ']')
		if end < 0 || !validPort(host[end+1:]) {
			return "", false
		}
		name = host[1:end]
		addr, err := netip.ParseAddr(name)
		return name, err == nil && addr.Is6() && addr.Zone() == "" // browsers have no zones, and one may hold anything
	}
	name = host
	if i := strings.IndexByte(host, ':'); i >= 0 {
		if !validPort(host[i:]) {
			return "", false
		}
		name = host[:i]
	}
	return name, validName(name)
}

// validPort accepts nothing, or a colon and up to five digits.
func validPort(s string) bool {
	if s == "" {
		return true
	}
	if s[0] != ':' || len(s) > 6 {
		return false
	}
	return strings.Trim(s[1:], "0123456789") == ""
}

// validName accepts the letters of a host name, so that what passes can stand
// in a header or a page.
func validName(s string) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if !(c == '-' || c == '_' || c == '.' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z') {
			return false
		}
	}
	return true
}

// quoted makes what a client sent fit for a message: short, and without control
// characters.
func quoted(s string) string {
	if len(s) > 80 {
		s = s[:80] + "..."
	}
	return strconv.QuoteToASCII(s)
}
