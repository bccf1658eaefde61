package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gorilla/websocket"

	"landale/event"
)

const (
	tailHeartbeat = 15 * time.Second
	tailSilence   = 45 * time.Second // three heartbeats without an answer: the link is gone
	tailBackoff   = 5 * time.Second
)

// tailCommand prints the events of the running program until ctx ends.
func tailCommand(ctx context.Context, c console, fs *flag.FlagSet, args []string) error {
	var asJSON bool
	var at string
	in := placeFlags(fs, c)
	fs.BoolVar(&asJSON, "json", false, "print each event as the JSON that clients get")
	fs.StringVar(&at, "url", "", "the `URL` of a Landale on another machine, such as http://demi:7175")
	rest, err := parse(fs, args, 0, 1)
	if err != nil {
		return err
	}
	filter := "all"
	if len(rest) > 0 {
		filter = rest[0]
	}
	if _, ok := event.Passes(filter, event.Event{}); !ok {
		return &usageError{fmt.Sprintf("there is no filter %q: want one of %s", filter, strings.Join(event.Filters(), ", "))}
	}
	if at == "" {
		p, err := in.place()
		if err != nil {
			return err
		}
		found, err := running(ctx, p.dir, time.Second)
		if err != nil {
			return fmt.Errorf("no Landale runs with the data folder %s", p.dir)
		}
		at = found.URL
	}
	t := tail{topic: "events:" + filter, out: c.out, errors: c.errors, json: asJSON}
	return t.follow(ctx, at)
}

// tail is a client of one topic that goes on where it was after a break.
type tail struct {
	topic  string
	out    io.Writer
	errors io.Writer
	json   bool

	epoch string
	since string // the Seq of the newest event that was printed or skipped
}

// refusedError is an answer that trying again will not change.
type refusedError struct{ reason string }

func (e *refusedError) Error() string { return e.reason }

// follow connects again and again until ctx ends, which is no error.
func (t *tail) follow(ctx context.Context, base string) error {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" {
		return &usageError{fmt.Sprintf("%q is not a URL such as http://demi:7175", base)}
	}
	u.Scheme = map[string]string{"http": "ws", "https": "wss"}[u.Scheme]
	u.Path = "/socket/websocket"
	u.RawQuery = url.Values{"vsn": {"2.0.0"}, "page": {"tail"}, "environment": {"browser"}}.Encode()

	for failures := 0; ; {
		joined, err := t.session(ctx, u.String())
		if ctx.Err() != nil {
			return nil
		}
		var refused *refusedError
		if errors.As(err, &refused) {
			return err
		}
		if joined {
			failures = 0
		}
		failures++
		if failures == 1 {
			fmt.Fprintf(t.errors, "landale: the connection ended (%s); trying again\n", err)
		}
		select {
		case <-time.After(min(pauseAfter(failures), tailBackoff)):
		case <-ctx.Done():
			return nil
		}
	}
}

// frame is a message of Phoenix Channels 2.0.0.
type frame struct {
	joinRef, ref, topic, event string
	payload                    json.RawMessage
}

func (f *frame) UnmarshalJSON(b []byte) error {
	var parts []json.RawMessage
	if err := json.Unmarshal(b, &parts); err != nil {
		return err
	}
	if len(parts) != 5 {
		return fmt.Errorf("a message of %d parts", len(parts))
	}
	for i, to := range []*string{&f.joinRef, &f.ref, &f.topic, &f.event} {
		if err := json.Unmarshal(parts[i], to); err != nil {
			return err
		}
	}
	f.payload = parts[4]
	return nil
}

// session is one connection; joined says that it got as far as the topic.
func (t *tail) session(ctx context.Context, socket string) (joined bool, err error) {
	conn, res, err := websocket.DefaultDialer.DialContext(ctx, socket, nil)
	if err != nil {
		if res != nil && res.StatusCode == http.StatusForbidden {
			return false, &refusedError{"this Landale does not answer to that name: add it to hosts in the section [http] of its config.toml"}
		}
		return false, err
	}
	defer conn.Close()

	// One goroutine reads; it ends when the connection is closed, and we wait for it.
	frames := make(chan frame)
	broken := make(chan error, 1)
	stop := make(chan struct{})
	defer func() {
		close(stop)
		conn.Close()
		<-broken
	}()
	go func() {
		var err error
		defer func() { broken <- err; close(broken) }()
		for {
			var f frame
			_ = conn.SetReadDeadline(time.Now().Add(tailSilence))
			if err = conn.ReadJSON(&f); err != nil {
				return
			}
			select {
			case frames <- f:
			case <-stop:
				return
			}
		}
	}()

	join := map[string]any{"batch": true}
	if t.since != "" {
		join["epoch"], join["since"] = t.epoch, t.since
	}
	if err := t.send(conn, "1", "1", t.topic, "phx_join", join); err != nil {
		return false, err
	}
	beat := time.NewTicker(tailHeartbeat)
	defer beat.Stop()
	for {
		select {
		case f := <-frames:
			switch {
			case f.event == "phx_reply" && f.ref == "1":
				if err := t.joined(f.payload); err != nil {
					return false, err
				}
				joined = true
			case f.topic == t.topic && f.event == "events":
				if err := t.print(f.payload); err != nil {
					return joined, err
				}
			}
		case <-beat.C:
			if err := t.send(conn, nil, "h", "phoenix", "heartbeat", struct{}{}); err != nil {
				return joined, err
			}
		case err := <-broken:
			return joined, err
		case <-ctx.Done():
			return joined, ctx.Err()
		}
	}
}

func (t *tail) send(conn *websocket.Conn, parts ...any) error {
	if err := conn.SetWriteDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return err
	}
	return conn.WriteJSON(parts)
}

// joined reads the answer to the join.
func (t *tail) joined(payload []byte) error {
	var reply struct {
		Status   string `json:"status"`
		Response struct {
			Data struct {
				Epoch string `json:"epoch"`
				Seq   string `json:"seq"`
				Reset bool   `json:"reset"`
			} `json:"data"`
			Error struct {
				Message string `json:"message"`
			} `json:"error"`
		} `json:"response"`
	}
	if err := json.Unmarshal(payload, &reply); err != nil {
		return err
	}
	if reply.Status != "ok" {
		return &refusedError{cmp.Or(reply.Response.Error.Message, "the join was refused")}
	}
	data := reply.Response.Data
	t.epoch = data.Epoch
	if data.Reset {
		fmt.Fprintln(t.errors, "landale: some events in between were not shown")
	}
	if t.since == "" || data.Reset {
		t.since = data.Seq
	}
	return nil
}

// print prints the events of one push.
func (t *tail) print(payload []byte) error {
	var push struct {
		Events []json.RawMessage `json:"events"`
	}
	if err := json.Unmarshal(payload, &push); err != nil {
		return err
	}
	for _, raw := range push.Events {
		ev, err := event.DecodeStored(raw)
		if err != nil {
			return err
		}
		t.since = fmt.Sprint(ev.Seq)
		line := string(raw)
		if !t.json {
			line = eventLine(ev)
		}
		if _, err := fmt.Fprintln(t.out, line); err != nil {
			return &refusedError{err.Error()} // nobody reads any more
		}
	}
	return nil
}

// eventLine is an event for a person: when, what, who, and the words or else the
// payload, cut where a line gets too long to read.
func eventLine(ev event.Event) string {
	const most = 160
	what := ev.Text()
	if what == "" {
		if what = string(ev.PayloadJSON()); what == "{}" {
			what = ""
		}
	}
	what = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' ' // chat does not steer the terminal
		}
		return r
	}, what)
	if runes := []rune(what); len(runes) > most {
		what = string(runes[:most]) + "…"
	}
	who := ""
	if u, ok := ev.Actor(); ok {
		who = cmp.Or(u.UserName, u.UserLogin) + ": "
	}
	mark := ""
	if ev.Flags != 0 {
		mark = "[" + ev.Flags.String() + "] "
	}
	return strings.TrimRight(fmt.Sprintf("%s  %-28s %s%s%s", ev.Time.Local().Format("15:04:05.000"), ev.Type, mark, who, what), " ")
}
