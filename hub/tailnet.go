package hub

import (
	"context"
	"net"
	"net/netip"
	"time"
)

// tailnetSpan is how often the hub looks for the Tailscale address: it appears
// after a login and may change.
const tailnetSpan = 5 * time.Second

// Tailscale gives each machine one address of each range.
var tailnetRanges = []netip.Prefix{netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("fd7a:115c:a1e0::/48")}

// serveTailnet also listens on this machine's Tailscale addresses, whenever they
// are there, until ctx ends.
func (h *Hub) serveTailnet(ctx context.Context) error {
	_, port, err := net.SplitHostPort(h.Addr())
	if err != nil {
		return err
	}
	type listener struct {
		done chan error
		stop func()
	}
	open := map[netip.Addr]listener{}
	defer func() {
		for _, l := range open {
			l.stop()
			<-l.done
		}
	}()
	warned := map[netip.Addr]bool{}
	tick := time.NewTicker(tailnetSpan)
	defer tick.Stop()
	for {
		for _, addr := range tailnetAddresses() {
			if _, ok := open[addr]; ok {
				continue
			}
			at := net.JoinHostPort(addr.String(), port)
			l, err := net.Listen("tcp", at)
			if err != nil {
				if !warned[addr] {
					warned[addr] = true
					h.log.Warn("tailnet address cannot be listened on", "address", at, "error", err)
				}
				continue
			}
			delete(warned, addr)
			h.log.Info("serving the tailnet too", "address", at)
			srv := newServer(h.routes())
			done := make(chan error, 1)
			go func() { done <- srv.Serve(l) }()
			open[addr] = listener{done, func() {
				stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWait)
				defer cancel()
				closeServer(stop, srv)
			}}
		}
		for addr, l := range open {
			select {
			case err := <-l.done:
				h.log.Warn("tailnet listener ended", "address", addr.String(), "error", err)
				delete(open, addr)
			default:
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func tailnetAddresses() []netip.Addr {
	var found []netip.Addr
	for _, addr := range interfaceAddresses() {
		for _, r := range tailnetRanges {
			if r.Contains(addr) {
				found = append(found, addr)
			}
		}
	}
	return found
}
