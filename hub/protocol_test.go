package hub

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"landale/event"
)

// The same script in both framings: what the Python tools, the caption plugin
// and the phoenix client do.
func TestBothFramingsRunTheSameScript(t *testing.T) {
	for _, tt := range bothForms {
		t.Run(tt.name, func(t *testing.T) {
			h := run(t)
			c := dial(t, h.Addr(), tt.form, "page=test", "environment=production", "build=old")

			steps := []struct {
				what, topic, event, payload string
				status, code, fields        string
			}{
				{"heartbeat", "phoenix", "heartbeat", `{}`, "ok", "", ""},
				{"something else on phoenix", "phoenix", "knock", `{}`, "error", "unknown_command", ""},
				{"a command before the join", "events:all", "ping", `{}`, "error", "not_found", ""},
				{"unknown topic", "nowhere", "phx_join", `{}`, "error", "not_found", ""},
				{"unknown filter", "events:everything", "phx_join", `{}`, "error", "not_found", ""},
				{"unknown overlay", "overlay:gpu", "phx_join", `{}`, "error", "not_found", ""},
				{"unknown stream topic", "stream:lights", "phx_join", `{}`, "error", "not_found", ""},
				{"unknown transcription topic", "transcription:old", "phx_join", `{}`, "error", "not_found", ""},
				{"join with a list", "events:all", "phx_join", `[1]`, "error", "invalid_payload", ""},
				{"join with null", "events:all", "phx_join", `null`, "ok", "", ""},
				{"ping", "events:all", "ping", `{"n":1}`, "ok", "", ""},
				{"ping with a number", "events:all", "ping", `7`, "ok", "", ""},
				{"unknown command", "events:all", "dance", `{}`, "error", "unknown_command", ""},
				{"latency", "events:all", "latency", `{"ms":12.5}`, "ok", "", ""},
				{"latency as text", "events:all", "latency", `{"ms":"12"}`, "error", "validation_failed", "ms"},
				{"stream", "stream:overlays", "phx_join", `{"overlay_type":"Alerts"}`, "ok", "", ""},
				{"queue", "stream:queue", "phx_join", `{}`, "ok", "", ""},
				{"state", "stream:overlays", "request_state", `{}`, "ok", "", ""},
				{"queue state", "stream:queue", "request_queue_state", `{}`, "ok", "", ""},
				{"takeover without anything", "stream:overlays", "takeover", `{}`, "error", "validation_failed", "message type"},
				{"takeover of a kind that pages do not know", "stream:overlays", "takeover", `{"type":"alert","message":"x"}`, "error", "validation_failed", "type"},
				{"takeover when nobody draws", "stream:overlays", "takeover", `{"type":"screen-cover"}`, "error", "service_unavailable", ""},
				{"takeover until cleared", "stream:overlays", "takeover", `{"type":"custom","message":"x","duration":null}`, "error", "service_unavailable", ""},
				{"content without data", "stream:overlays", "force_content", `{"type":"alert","duration":0}`, "error", "validation_failed", "data duration"},
				{"an id that is not there", "stream:queue", "remove_queue_item", `{"id":""}`, "error", "validation_failed", "id"},
				{"a field Twitch does not have", "stream:overlays", "update_channel_info", `{"titel":"x"}`, "error", "validation_failed", "titel"},
				{"an update of nothing", "stream:overlays", "update_channel_info", `{"title":null}`, "error", "validation_failed", "payload"},
				{"shown, and nobody keeps a queue", "stream:overlays", "shown", `{"id":"a"}`, "error", "service_unavailable", ""},
				{"payload of a wrong kind", "stream:queue", "shown", `"a"`, "error", "invalid_payload", ""},
				{"services", "dashboard:services", "phx_join", `{}`, "ok", "", ""},
				{"status of a part", "dashboard:services", "get_status", `{"service":"obs"}`, "ok", "", ""},
				{"status of no part", "dashboard:services", "get_status", `{"service":"phononmaser"}`, "error", "invalid_service", ""},
				{"restart", "dashboard:services", "restart", `{"service":"obs"}`, "ok", "", ""},
				{"restart of no part", "dashboard:services", "restart", `{"service":"x"}`, "error", "invalid_service", ""},
				{"start, which is a process's", "dashboard:services", "start", `{"service":"obs"}`, "error", "service_unavailable", ""},
				{"telemetry", "dashboard:services", "get_telemetry", `{"environment":"x"}`, "ok", "", ""},
				{"a room", "dashboard:main", "phx_join", `{}`, "ok", "", ""},
				{"a scene without a name", "dashboard:main", "obs:set_current_scene", `{}`, "error", "validation_failed", "scene_name"},
				{"an overlay", "overlay:system", "phx_join", `{}`, "ok", "", ""},
				{"its status", "overlay:system", "system:status", `{}`, "ok", "", ""},
				{"an id as text", "overlay:system", "ironmon:checkpoints", `{"challenge_id":"7"}`, "error", "service_unavailable", ""},
				{"an id below one", "overlay:system", "ironmon:checkpoints", `{"challenge_id":0}`, "error", "validation_failed", "challenge_id"},
				{"speech", "transcription:live", "phx_join", `{}`, "ok", "", ""},
				{"everything wrong at once", "transcription:live", "submit_transcription", `{"timestamp":"now","duration":"-1","confidence":2,"metadata":[]}`,
					"error", "validation_failed", "confidence duration metadata text timestamp"},
				{"the session of no session", "transcription:live", "get_session_transcriptions", `{}`, "error", "invalid_parameters", ""},
				{"leave", "events:all", "phx_leave", `{}`, "ok", "", ""},
				{"leave again", "events:all", "phx_leave", `{}`, "ok", "", ""},
				{"a command after the leave", "events:all", "ping", `{}`, "error", "not_found", ""},
			}
			for i, s := range steps {
				if i > 0 && i%30 == 0 { // a new client: the old one may ask 50 times in ten seconds
					topics := c.topics()
					c = dial(t, h.Addr(), tt.form)
					for _, topic := range topics {
						c.join(topic, struct{}{})
					}
				}
				r := c.ask(s.topic, s.event, json.RawMessage(s.payload))
				if r.Status != s.status || r.code() != s.code || r.fields() != s.fields {
					t.Errorf("%s: got %s %s [%s], want %s %s [%s] (%s)", s.what, r.Status, r.code(), r.fields(), s.status, s.code, s.fields, r.Response.Error.Message)
				}
				if s.event != "heartbeat" && s.event != "phx_leave" && (r.Status == "ok") != r.Response.Success {
					t.Errorf("%s: status %s with success %v", s.what, r.Status, r.Response.Success)
				}
				if s.event == "phx_join" && s.status == "error" && r.Response.Reason == "" {
					t.Errorf("%s: refused without a reason", s.what)
				}
			}
		})
	}
}

// topics are those that a client has joined and not left.
func (c *client) topics() []string {
	var list []string
	r := c.all()
	for i, m := range r {
		var p reply
		if m.event == "phx_reply" && json.Unmarshal(m.payload, &p) == nil && p.Status == "ok" && strings.Contains(string(p.Response.Data), `"epoch"`) &&
			strings.Contains(string(p.Response.Data), `"resumed"`) {
			list = append(list, m.topic)
		}
		_ = i
	}
	return list
}

func TestPingEchoes(t *testing.T) {
	h := run(t)
	c := dial(t, h.Addr(), arrays)
	c.join("overlay:broadcast", nil)
	r := c.ask("overlay:broadcast", "ping", map[string]any{"n": 7})
	var got struct {
		N         int
		Pong      bool
		Timestamp time.Time
		Topic     string
	}
	if err := json.Unmarshal(r.Response.Data, &got); err != nil || got.N != 7 || !got.Pong || got.Topic != "overlay:broadcast" || got.Timestamp.IsZero() {
		t.Errorf("got %s, want the payload with pong, timestamp and topic", r.Response.Data)
	}
	if r.Response.Meta.ServerVersion != "1.2.3" || r.Response.Meta.Timestamp.IsZero() {
		t.Errorf("meta is %+v", r.Response.Meta)
	}
}

// Phoenix gives the newest join of a topic the place of the older one, which it
// closes under its own ref; the client library relies on both.
func TestSecondJoinTakesThePlaceOfTheFirst(t *testing.T) {
	h := run(t)
	c := dial(t, h.Addr(), arrays)
	first := c.write("events:all", "phx_join", struct{}{})
	c.answer(first)
	second := c.write("events:all", "phx_join", struct{}{})
	c.answer(second)
	m, _ := c.wait("phx_close", 0, func(m said) bool { return m.event == "phx_close" })
	if m.joinRef != first || m.ref != first {
		t.Errorf("closed %s/%s, want the first join %s", m.joinRef, m.ref, first)
	}
	h.bus.Publish(note(1))
	c.wait("the event", 0, func(m said) bool { return m.event == "unknown_event" })
	c.ask("events:all", "ping", nil)
	if n := len(c.events("events:all")); n != 1 {
		t.Errorf("got the event %d times, want once", n)
	}
	r := c.ask("events:all", "phx_leave", nil)
	if r.Status != "ok" {
		t.Errorf("leave: got %s", r.Status)
	}
	m, _ = c.wait("the close of the second", 0, func(m said) bool { return m.event == "phx_close" && m.joinRef == second })
	if m.topic != "events:all" {
		t.Errorf("closed %s", m.topic)
	}
}

func TestThousandJoinsOfOneTopic(t *testing.T) {
	for _, tt := range bothForms {
		t.Run(tt.name, func(t *testing.T) {
			h := run(t)
			c := dial(t, h.Addr(), tt.form)
			for range 1000 {
				c.write("stream:overlays", "phx_join", map[string]bool{"batch": true})
			}
			c.answer("1000")
			if got := h.Clients()[0].Topics; len(got) != 1 {
				t.Errorf("joined %v, want one topic", got)
			}
			if n := h.listening.Load(); n != 1 {
				t.Errorf("%d memberships, want 1", n)
			}
		})
	}
}

// One socket that joins for ever gets answers and no more topics than it may
// have; the others notice nothing.
func TestTenThousandJoinsOnOneSocket(t *testing.T) {
	h := run(t)
	good, bad := dial(t, h.Addr(), arrays), dial(t, h.Addr(), objects)
	good.join("events:all", nil)
	for i := range 10_000 {
		bad.write("dashboard:room"+string(rune('a'+i%26))+strings.Repeat("x", i%300), "phx_join", struct{}{})
	}
	last := bad.ask("phoenix", "heartbeat", nil)
	if last.Status != "ok" {
		t.Errorf("heartbeat after the joins: %+v", last)
	}
	for _, c := range h.Clients() {
		if len(c.Topics) > maxTopics {
			t.Errorf("a client joined %d topics, want at most %d", len(c.Topics), maxTopics)
		}
	}
	if r := good.ask("events:all", "ping", nil); r.Status != "ok" {
		t.Errorf("the other client: %+v", r)
	}
}

// What no client should send: each is answered or ignored, and the next message
// on the same socket is served.
func TestOddMessagesHarmNothing(t *testing.T) {
	deep := strings.Repeat("[", 60_000) + strings.Repeat("]", 60_000)
	nested := strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000)
	cases := map[string]string{
		"empty":                    "",
		"not JSON":                 "hello",
		"half":                     `["1","1","events:all"`,
		"a number":                 "7",
		"null":                     "null",
		"an empty list":            "[]",
		"three members":            `["1","2","events:all"]`,
		"six members":              `["1","2","events:all","ping",{},{}]`,
		"topic of a number":        `["1","2",3,"ping",{}]`,
		"event of null":            `["1","2","events:all",null,{}]`,
		"empty topic":              `["1","2","","ping",{}]`,
		"long topic":               `["1","2","` + strings.Repeat("x", 300) + `","ping",{}]`,
		"an object without topic":  `{"event":"ping"}`,
		"an object as event":       `{"topic":"events:all","event":{},"payload":{}}`,
		"ref of an object":         `["1",{"a":1},"events:all","ping",{}]`,
		"ref of a list":            `[[1],[2],"events:all","ping",{}]`,
		"ref of true":              `[true,false,"events:all","ping",{}]`,
		"a long ref":               `["1","` + strings.Repeat("9", 500) + `","events:all","ping",{}]`,
		"ref of a fraction":        `[1.5,-2e9,"events:all","ping",{}]`,
		"no payload":               `["1","2","events:all","ping"]`,
		"deep lists":               deep,
		"deep payload":             `["1","2","events:all","ping",` + nested + `]`,
		"deep join":                `["1","2","events:twitch","phx_join",` + nested + `]`,
		"a surrogate":              `["1","2","\ud800","ping",{}]`,
		"zero bytes":               "[\"1\",\"2\",\"a\x00b\",\"ping\",{}]",
		"duplicate members":        `{"topic":"a","topic":"events:all","event":"ping","ref":1}`,
		"since of an object":       `["1","2","events:obs","phx_join",{"since":{}}]`,
		"since of a negative":      `["1","2","events:obs","phx_join",{"since":-1}]`,
		"since of a huge":          `["1","2","events:obs","phx_join",{"since":"99999999999999999999999"}]`,
		"phx_close from a client":  `["1","2","events:all","phx_close",{}]`,
		"phx_error from a client":  `["1","2","events:all","phx_error",{}]`,
		"phx_reply from a client":  `["1","2","events:all","phx_reply",{"status":"ok"}]`,
		"a topic of markup":        `["1","2","<script>","phx_join",{}]`,
		"a session without a name": `["1","2","transcription:session:","phx_join",{}]`,
		"invalid UTF-8":            "[\"1\",\"2\",\"\xff\xfe\",\"ping\",{}]",
	}
	for _, tt := range bothForms {
		t.Run(tt.name, func(t *testing.T) {
			h := run(t)
			for name, data := range cases {
				c := dial(t, h.Addr(), tt.form)
				c.refs = 1000 // none of the refs below
				c.join("events:all", nil)
				c.raw(websocket.TextMessage, []byte(data))
				if r := c.ask("events:all", "ping", nil); r.Status != "ok" {
					t.Errorf("%s: the next ping got %+v", name, r)
				}
				c.ws.Close()
			}
		})
	}
}

func TestBinaryMessagesAreRefusedAndHarmNothing(t *testing.T) {
	h := run(t)
	c := dial(t, h.Addr(), arrays)
	c.join("events:all", nil)
	c.raw(websocket.BinaryMessage, []byte{0, 1, 1, 10, 4, '1', '2'})
	m, _ := c.wait("the refusal", 0, func(m said) bool { return m.topic == "phoenix" && m.event == "phx_reply" })
	if !strings.Contains(string(m.payload), "invalid_payload") || m.ref != "" {
		t.Errorf("got %s under ref %q", m.payload, m.ref)
	}
	if r := c.ask("events:all", "ping", nil); r.Status != "ok" {
		t.Errorf("ping: %+v", r)
	}
}

func TestTooLargeMessageEndsItsOwnSessionOnly(t *testing.T) {
	h := run(t)
	big, other := dial(t, h.Addr(), arrays), dial(t, h.Addr(), arrays)
	other.join("events:all", nil)
	// The hub stops reading after 128 KiB: the rest may not even leave.
	_ = big.ws.WriteMessage(websocket.TextMessage, make([]byte, 1<<20))
	if err := big.ended(); !websocket.IsCloseError(err, websocket.CloseMessageTooBig) && !strings.Contains(err.Error(), "reset") {
		t.Errorf("got %v, want code 1009", err)
	}
	if r := other.ask("events:all", "ping", nil); r.Status != "ok" {
		t.Errorf("the other client: %+v", r)
	}
	// A transcript of 10,000 characters of four bytes fits.
	other.join("transcription:live", nil)
	r := other.ask("transcription:live", "submit_transcription", map[string]any{
		"timestamp": "2026-11-24T20:00:00Z", "duration": 1, "text": strings.Repeat("😀", 10_000),
	})
	if r.Status != "ok" {
		t.Errorf("the longest transcript: %+v", r)
	}
}

func TestLimitsOfOneClient(t *testing.T) {
	h := run(t)
	release := make(chan struct{})
	h.Handle("stream:*", "pause", func(ctx context.Context, _ json.RawMessage) (any, error) {
		select {
		case <-release:
		case <-ctx.Done():
		}
		return "done", nil
	})
	t.Run("in flight", func(t *testing.T) {
		c := dial(t, h.Addr(), arrays)
		c.join("stream:queue", nil)
		var refs []string
		for range maxInFlight {
			refs = append(refs, c.write("stream:queue", "pause", nil))
		}
		r := c.ask("stream:queue", "pause", nil)
		if r.code() != "backpressure" || r.Response.Error.Details.Reason != "too_many_concurrent_requests" {
			t.Errorf("the eleventh got %s (%s)", r.code(), r.Response.Error.Details.Reason)
		}
		if r := c.ask("stream:queue", "ping", nil); r.Status != "ok" {
			t.Errorf("a quick command meanwhile: %+v", r)
		}
		close(release)
		for _, ref := range refs {
			if r := c.answer(ref); r.Status != "ok" {
				t.Errorf("reply to %s: %+v", ref, r)
			}
		}
		if r := c.ask("stream:queue", "pause", nil); r.Status != "ok" {
			t.Errorf("after the others ended: %+v", r)
		}
	})
	t.Run("rate", func(t *testing.T) {
		c := dial(t, h.Addr(), objects)
		c.join("events:all", nil)
		for i := range maxCommands {
			if r := c.ask("events:all", "ping", nil); r.Status != "ok" {
				t.Fatalf("command %d: %+v", i, r)
			}
		}
		r := c.ask("events:all", "ping", nil)
		if r.code() != "backpressure" || r.Response.Error.Details.Reason != "rate_limit_exceeded" {
			t.Errorf("got %s (%s)", r.code(), r.Response.Error.Details.Reason)
		}
		if r := c.ask("phoenix", "heartbeat", nil); r.Status != "ok" {
			t.Errorf("a heartbeat is not a command: %+v", r)
		}
	})
}

func TestRateWindowSlides(t *testing.T) {
	s := &session{}
	start := time.Now()
	for i := range maxCommands {
		if !s.allowed(start.Add(time.Duration(i) * 100 * time.Millisecond)) {
			t.Fatalf("command %d was refused", i)
		}
	}
	if s.allowed(start.Add(commandSpan - 1)) {
		t.Error("one more within the span was allowed")
	}
	if !s.allowed(start.Add(commandSpan)) {
		t.Error("refused although the first has left the span")
	}
	if s.allowed(start.Add(commandSpan)) {
		t.Error("a second one was allowed although only the first has left")
	}
}

type obsError struct{}

func (obsError) Error() string     { return "OBS is not connected" }
func (obsError) ErrorCode() string { return "not_connected" }

// One reply for each command, whatever its handler does.
func TestHandlersAndTheirErrors(t *testing.T) {
	h := run(t)
	ran := make(chan Caller, 1)
	h.Handle("stream:*", "clear", func(ctx context.Context, p json.RawMessage) (any, error) {
		caller, _ := CallerFrom(ctx)
		ran <- caller
		return json.RawMessage(p), nil
	})
	h.Handle("stream:*", "skip", func(context.Context, json.RawMessage) (any, error) { panic("a bug") })
	h.Handle("stream:*", "replay", func(context.Context, json.RawMessage) (any, error) { return nil, event.ErrNotFound })
	h.Handle("stream:*", "mute", func(context.Context, json.RawMessage) (any, error) { return nil, obsError{} })
	h.Handle("stream:*", "resume", func(context.Context, json.RawMessage) (any, error) { return nil, errors.New("no") })
	h.Handle("stream:*", "takeover_clear", func(context.Context, json.RawMessage) (any, error) { return func() {}, nil })
	c := dial(t, h.Addr(), arrays, "page=alerts", "environment=obs", "correlation_id=feedbeef")
	c.join("stream:queue", nil)
	for _, tt := range []struct{ command, payload, code string }{
		{"clear", `{"a":1}`, ""},
		{"skip", `{}`, "service_error"},
		{"replay", `{"id":"x"}`, "not_found"},
		{"mute", `{}`, "not_connected"},
		{"resume", `{}`, "service_error"},
	} {
		if r := c.ask("stream:queue", tt.command, json.RawMessage(tt.payload)); r.code() != tt.code {
			t.Errorf("%s: got %q, want %q", tt.command, r.code(), tt.code)
		}
	}
	caller := <-ran
	if caller.Page != "alerts" || caller.Environment != "obs" || caller.Topic != "stream:queue" || caller.Correlation != "feedbeef" || len(caller.Client) != 8 {
		t.Errorf("the handler was told %+v", caller)
	}
	c.ask("stream:queue", "takeover_clear", nil) // cannot be encoded: answered all the same
	replies := 0
	for _, m := range c.all() {
		if m.event == "phx_reply" {
			replies++
		}
	}
	if replies != 7 {
		t.Errorf("%d replies to 7 messages", replies)
	}
	defer func() {
		if recover() == nil {
			t.Error("a command that the table does not have got a handler")
		}
	}()
	h.Handle("stream:*", "dance", nil)
}

func TestSlowCommandIsGivenUp(t *testing.T) {
	h := run(t)
	h.Handle("dashboard:<room>", "obs:get_status", func(ctx context.Context, _ json.RawMessage) (any, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	})
	c := dial(t, h.Addr(), arrays)
	c.join("dashboard:main", nil)
	start := time.Now()
	r := c.ask("dashboard:main", "obs:get_status", nil)
	if took := time.Since(start); r.code() != "service_timeout" || took < commandWait-time.Second || took > commandWait+3*time.Second {
		t.Errorf("got %q after %v, want service_timeout after %v", r.code(), took, commandWait)
	}
}

func FuzzDecodeMessage(f *testing.F) {
	for _, s := range []string{`["1","2","events:all","ping",{}]`, `[null,null,"phoenix","heartbeat",{}]`, `{"topic":"events:all","event":"phx_join","payload":{},"ref":1}`,
		`[]`, `[1,2,3,4,5]`, `{"topic":7}`, "\xff", `["1","2","a","b"]`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, form, err := decodeMessage(data)
		if err != nil {
			return
		}
		if !json.Valid(m.payload) || m.topic == "" || m.event == "" {
			t.Fatalf("%q gave %+v", data, m)
		}
		// What it means survives in both forms.
		for _, f := range []int{int(objects), int(arrays)} {
			out := appendMessage(nil, formOf(f), m.joinRef, m.ref, m.topic, m.event, m.payload)
			body := unframe(t, out)
			if !json.Valid(body) {
				t.Fatalf("%q gave %q, which is not JSON", data, body)
			}
			again, got, err := decodeMessage(body)
			if err != nil || got != formOf(f) || again.topic != m.topic || again.event != m.event || string(again.ref) != string(m.ref) {
				t.Fatalf("%q (%v) gave %q, which gave %+v, %v", data, form, body, again, err)
			}
		}
	})
}

func formOf(i int) form { return form(i) }

// unframe takes the WebSocket header off.
func unframe(t *testing.T, b []byte) []byte {
	t.Helper()
	if len(b) < 2 || b[0] != 0x80|opText {
		t.Fatalf("header is % x", b[:min(len(b), 10)])
	}
	n, head := int(b[1]), 2
	switch n {
	case 126:
		n, head = int(b[2])<<8|int(b[3]), 4
	case 127:
		n, head = 0, 10
		for _, c := range b[2:10] {
			n = n<<8 | int(c)
		}
	}
	if len(b) != head+n {
		t.Fatalf("header says %d bytes, there are %d", n, len(b)-head)
	}
	return b[head:]
}

func TestHeadersOfAllLengths(t *testing.T) {
	for _, n := range []int{0, 1, 125, 126, 127, 65535, 65536, 200_000} {
		payload := append(append([]byte{'"'}, make([]byte, n)...), '"')
		for i := range n {
			payload[i+1] = 'x'
		}
		for _, tt := range bothForms {
			body := unframe(t, appendMessage(nil, tt.form, nil, nil, "a:b", "c", payload))
			if m, _, err := decodeMessage(body); err != nil || len(m.payload) != n+2 {
				t.Errorf("%s, %d bytes: got %d, %v", tt.name, n, len(m.payload), err)
			}
		}
	}
}
