package hub

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"landale/event"
)

// maxWindow is the longest that an event may wait for others: three frames.
const maxWindow = 50 * time.Millisecond

// Validate reports what cannot work, by keys relative to [http].
func (c Config) Validate() []event.Problem {
	var ps []event.Problem
	bad := func(key, message, hint string) {
		ps = append(ps, event.Problem{Key: key, Message: message, Hint: hint})
	}
	listen, message, hint := checkAddress(c.Listen, "127.0.0.1:7175")
	if message != "" {
		bad("listen", message, hint)
	}
	if c.Health != "" {
		health, message, hint := checkAddress(c.Health, "127.0.0.1:8890")
		switch {
		case message != "":
			bad("health", message, hint)
		case health == listen && health != 0:
			bad("health", fmt.Sprintf("port %d is the port of listen too", health), "choose another port for one of them")
		}
	}
	for i, h := range c.Hosts {
		if h == "" || strings.ContainsAny(h, " /:*@") {
			bad(fmt.Sprintf("hosts[%d]", i), "is not the name of a machine", `write only its name, like "demi"`)
		}
	}
	if c.Window < 0 || c.Window > maxWindow {
		bad("window", "out of range", `want "0s" to "50ms"`)
	}
	if c.Ring < 0 || c.Ring > 1_000_000 {
		bad("ring", "out of range", "want 0 to 1000000")
	}
	return ps
}

// checkAddress says what is wrong with an address to listen on, if anything.
func checkAddress(addr, example string) (port int, message, hint string) {
	hint = fmt.Sprintf("write address and port, like %q", example)
	host, p, err := net.SplitHostPort(addr)
	if err != nil {
		if _, err := strconv.Atoi(addr); err == nil {
			return 0, "the address is missing", fmt.Sprintf("write \"127.0.0.1:%s\"", addr)
		}
		return 0, "the port is missing", hint
	}
	port, err = strconv.Atoi(p)
	switch {
	case err != nil:
		return 0, fmt.Sprintf("%q is not a port", p), hint
	case port < 0 || port > 65535:
		return 0, fmt.Sprintf("there is no port %d", port), "want 1 to 65535"
	case strings.ContainsAny(host, " /"):
		return 0, fmt.Sprintf("%q is not an address", host), hint
	}
	return port, "", ""
}
