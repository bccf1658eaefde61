package twitch

import (
	"bytes"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"landale/event"
	"landale/twitch/twitchtest"
)

// Twitch's own mock server, where its CLI is installed. It has no sign-in, which
// comes from our fake.
func TestTwitchCLI(t *testing.T) {
	cli, err := exec.LookPath("twitch")
	if err != nil {
		t.Skip("twitch-cli is not on the PATH")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	var out bytes.Buffer
	server := exec.Command(cli, "event", "websocket", "start-server", "--port", address[strings.LastIndex(address, ":")+1:])
	server.Stdout, server.Stderr = &out, &out
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { server.Process.Kill(); server.Wait() }()

	r := newRig(t, twitchtest.New(t), t.TempDir())
	r.t.cfg.EventSubURL = "ws://" + address + "/ws"
	r.t.helix.base = "http://" + address
	r.start()
	r.until(30*time.Second, "subscriptions at the mock server", func() bool { n, _ := r.t.subs.count(); return n > 30 })
	for _, kind := range []event.Type{"channel.follow", "channel.cheer", "channel.raid", "stream.online"} {
		if b, err := exec.Command(cli, "event", "trigger", string(kind), "--transport=websocket").CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, b)
		}
		r.until(10*time.Second, fmt.Sprint("the ", kind), func() bool { return len(r.all(kind)) > 0 })
	}
}
