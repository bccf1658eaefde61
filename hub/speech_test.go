package hub

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"landale/event"
)

// What the old audio service and the caption plugin do, in both framings.
func TestSubmittedTranscript(t *testing.T) {
	for _, tt := range bothForms {
		t.Run(tt.name, func(t *testing.T) {
			h := run(t)
			maker := dial(t, h.Addr(), tt.form, "correlation_id=abcd1234")
			maker.join("transcription:live", nil)
			live, session, other, all := dial(t, h.Addr(), objects), dial(t, h.Addr(), arrays), dial(t, h.Addr(), arrays), dial(t, h.Addr(), arrays)
			live.join("transcription:live", nil)
			session.join("transcription:session:s 1", nil)
			other.join("transcription:session:s2", nil)
			all.join("events:audio", nil)
			for i, payload := range []string{
				`{"timestamp":"2026-11-24T20:00:00Z","duration":1.5,"text":"hello chat","source_id":"mic","stream_session_id":"s 1","confidence":0.5,"metadata":{"a":1},"extra":true}`,
				`{"timestamp":"2026-11-24T21:00:01.5+01:00","duration":" 2.5 ","text":"and more","stream_session_id":"s 1","confidence":null}`,
			} {
				r := maker.ask("transcription:live", "submit_transcription", json.RawMessage(payload))
				var data struct {
					ID string `json:"transcription_id"`
				}
				if err := json.Unmarshal(r.Response.Data, &data); err != nil || data.ID == "" || r.Status != "ok" {
					t.Fatalf("payload %d: got %+v", i, r)
				}
				for _, c := range []*client{live, session} {
					m, _ := c.wait("new_transcription", 0, func(m said) bool {
						return m.event == "new_transcription" && strings.Contains(string(m.payload), data.ID)
					})
					var got struct {
						ID            string
						CorrelationID string `json:"correlation_id"`
						Timestamp     time.Time
						Duration      float64
						Text          string
						SourceID      string `json:"source_id"`
						Session       string `json:"stream_session_id"`
						Confidence    *float64
						IsFinal       bool `json:"is_final"`
					}
					if err := json.Unmarshal(m.payload, &got); err != nil {
						t.Fatal(err)
					}
					if got.CorrelationID != "abcd1234" || got.Session != "s 1" || !got.IsFinal || got.Duration != []float64{1.5, 2.5}[i] ||
						(got.Confidence == nil) != (i == 1) || got.Timestamp.UTC().Hour() != 20 {
						t.Errorf("payload %d: pushed %s", i, m.payload)
					}
				}
				all.wait("the ordinary event", 0, func(m said) bool { return strings.Contains(string(m.payload), data.ID) })
			}
			h.bus.Publish(event.New(event.Audio, time.Now(), event.TranscriptionPartial{Transcript: event.Transcript{Message: "and", StreamSessionID: "s 1", Duration: 1}}))
			live.push("transcription:live", "transcription_partial")
			for _, m := range other.all() {
				if m.event == "new_transcription" {
					t.Error("another session's topic got it too")
				}
			}

			type list struct {
				Session        string `json:"session_id"`
				Transcriptions []flat
				Count          int
			}
			var recent, ordered list
			r := live.ask("transcription:live", "get_recent", map[string]float64{"minutes": 60 * 24 * 7})
			if err := json.Unmarshal(r.Response.Data, &recent); err != nil || recent.Count != 2 || recent.Transcriptions[0].Text != "and more" {
				t.Errorf("get_recent: %+v, %v", recent, err)
			}
			r = session.ask("transcription:session:s 1", "get_session_transcriptions", map[string]string{"limit": "1"})
			if err := json.Unmarshal(r.Response.Data, &ordered); err != nil || ordered.Count != 1 || ordered.Transcriptions[0].Text != "hello chat" || ordered.Session != "s 1" {
				t.Errorf("get_session_transcriptions: %+v, %v", ordered, err)
			}
		})
	}
}

func TestRulesOfASubmittedTranscript(t *testing.T) {
	base := map[string]string{"timestamp": `"2026-11-24T20:00:00Z"`, "duration": `1`, "text": `"x"`}
	for _, tt := range []struct{ field, value, bad string }{
		{"text", `"x"`, ""},
		{"text", `""`, "text"},
		{"text", `7`, "text"},
		{"text", `null`, "text"},
		{"text", `"` + strings.Repeat("ä", 10_000) + `"`, ""},
		{"text", `"` + strings.Repeat("ä", 10_001) + `"`, "text"},
		{"duration", `0`, "duration"},
		{"duration", `-1`, "duration"},
		{"duration", `"1.5"`, ""},
		{"duration", `"1.5s"`, "duration"},
		{"duration", `"NaN"`, "duration"},
		{"duration", `"inf"`, "duration"},
		{"duration", `1e999`, "duration"},
		{"duration", `true`, "duration"},
		{"duration", `[]`, "duration"},
		{"timestamp", `"2026-11-24"`, "timestamp"},
		{"timestamp", `1732478400`, "timestamp"},
		{"timestamp", `"0001-01-01T00:00:00Z"`, "timestamp"},
		{"confidence", `null`, ""},
		{"confidence", `0`, ""},
		{"confidence", `1`, ""},
		{"confidence", `1.01`, "confidence"},
		{"confidence", `"0.5"`, "confidence"},
		{"metadata", `{}`, ""},
		{"metadata", `null`, ""},
		{"metadata", `"x"`, "metadata"},
		{"source_id", `5`, "source_id"},
		{"stream_session_id", `"` + strings.Repeat("s", 256) + `"`, "stream_session_id"},
	} {
		parts := []string{}
		for k, v := range base {
			if k != tt.field {
				parts = append(parts, fmt.Sprintf("%q:%s", k, v))
			}
		}
		parts = append(parts, fmt.Sprintf("%q:%s", tt.field, tt.value))
		h := &Hub{lines: newLines()}
		line, _ := h.lookup(place{topic: "transcription:live", pattern: transcriptionLive}, "submit_transcription")
		payload := json.RawMessage("{" + strings.Join(parts, ",") + "}")
		err := line.validate(payload)
		if err == nil {
			_, err = submitTranscription(t.Context(), ask{h: &Hub{o: Options{Bus: event.NewBus(0)}}, s: &session{}, payload: payload})
		}
		got := ""
		if err != nil {
			got = fmt.Sprint(coded(err).Details["errors"])
		}
		if (tt.bad == "") != (err == nil) || !strings.Contains(got, tt.bad) {
			t.Errorf("%s = %.40s: got %v %s, want %q", tt.field, tt.value, err, got, tt.bad)
		}
	}
}

func TestBroadcastAndShout(t *testing.T) {
	for _, tt := range bothForms {
		t.Run(tt.name, func(t *testing.T) {
			h := run(t)
			a, b := dial(t, h.Addr(), tt.form), dial(t, h.Addr(), arrays)
			for _, c := range []*client{a, b} {
				c.join("overlay:broadcast", nil)
				c.join("dashboard:main", nil)
			}
			if r := a.ask("overlay:broadcast", "confetti", map[string]int{"n": 3}); r.Status != "ok" || string(r.Response.Data) != `{"receivers":2}` {
				t.Errorf("broadcast: %+v", r)
			}
			for _, c := range []*client{a, b} {
				if m := c.push("overlay:broadcast", "confetti"); string(m.payload) != `{"n":3}` {
					t.Errorf("got %s", m.payload)
				}
			}
			if r := a.ask("overlay:broadcast", "confetti", []int{1}); r.code() != "invalid_payload" {
				t.Errorf("a list: %+v", r)
			}
			if r := a.ask("overlay:broadcast", "phx_error", struct{}{}); r.code() != "unknown_command" {
				t.Errorf("phx_error would end the topic for all: %+v", r)
			}
			a.ask("dashboard:main", "shout", []int{1, 2})
			if m := b.push("dashboard:main", "shout"); string(m.payload) != `[1,2]` {
				t.Errorf("got %s", m.payload)
			}
			b.join("stream:overlays", nil)
			b.ask("stream:overlays", "debug:event", json.RawMessage(`{"type":"layer","data":{"x":1}}`))
			if m := a.push("dashboard:main", "debug_event"); !contains(m.payload, `"data":{"x":1}`) {
				t.Errorf("got %s", m.payload)
			}
		})
	}
}

// A room's own dashboards hear what a restart does.
func TestRestartIsTold(t *testing.T) {
	h := run(t)
	a, b := dial(t, h.Addr(), objects), dial(t, h.Addr(), arrays)
	a.join("dashboard:services", nil)
	b.join("dashboard:services", nil)
	a.ask("dashboard:services", "restart", map[string]string{"service": "obs"})
	if m := b.push("dashboard:services", "service_restarting"); !contains(m.payload, `"service":"obs"`) || !contains(m.payload, `"action":"restart"`) {
		t.Errorf("got %s", m.payload)
	}
	if len(h.crew.restarted) != 1 {
		t.Errorf("restarted %v", h.crew.restarted)
	}
}

// journal is a log in memory.
type journal struct {
	mu      sync.Mutex
	lines   []event.LogLine
	changed chan struct{}
}

func (j *journal) add(message string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, event.LogLine{Seq: uint64(len(j.lines) + 1), Time: time.Now(), Level: "INFO", Message: message})
	close(j.changed)
	j.changed = make(chan struct{})
}

func (j *journal) Lines(after uint64, limit int) []event.LogLine {
	j.mu.Lock()
	defer j.mu.Unlock()
	lines := j.lines[min(int(after), len(j.lines)):]
	return append([]event.LogLine{}, lines[max(0, len(lines)-limit):]...)
}

func (j *journal) Changed() <-chan struct{} {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.changed
}

// Whoever joins gets the newest lines and then each new one, once.
func TestLogTopic(t *testing.T) {
	j := &journal{changed: make(chan struct{})}
	for i := range 300 {
		j.add(fmt.Sprint("before ", i))
	}
	h := run(t, func(_ *Config, o *Options) { o.Logs = j })
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for i := 0; ; i++ {
			select {
			case <-tick.C:
				j.add(fmt.Sprint("line ", i))
			case <-stop:
				return
			}
		}
	})
	defer wg.Wait()
	defer close(stop)
	lines := func(c *client) (list []event.LogLine, pushes int) {
		for _, m := range c.all() {
			if m.event != "log_lines" {
				continue
			}
			var p struct{ Lines []event.LogLine }
			if err := json.Unmarshal(m.payload, &p); err != nil {
				t.Fatal(err)
			}
			list, pushes = append(list, p.Lines...), pushes+1
		}
		return list, pushes
	}
	var clients []*client
	for range 3 {
		c := dial(t, h.Addr(), arrays)
		c.join("dashboard:logs", nil)
		eventually(t, "two pushes", func() bool { _, n := lines(c); return n >= 2 })
		clients = append(clients, c)
	}
	for i, c := range clients {
		list, pushes := lines(c)
		for k := 1; k < len(list); k++ {
			if list[k].Seq != list[k-1].Seq+1 {
				t.Fatalf("client %d: line %d follows on line %d", i, list[k].Seq, list[k-1].Seq)
			}
		}
		if first, _ := lines(c); len(first) < 100 || pushes > 40 {
			t.Errorf("client %d: %d lines in %d pushes", i, len(list), pushes)
		}
	}
}
