package hub

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"landale/event"
)

// patch is a push state_patch.
type patch struct {
	State   string
	Epoch   string
	Version uint64
	Base    uint64
	Set     map[string]json.RawMessage
}

func patches(t *testing.T, c *client, topic string) []patch {
	t.Helper()
	var list []patch
	for _, m := range c.all() {
		if m.topic != topic || m.event != "state_patch" {
			continue
		}
		var p patch
		if err := json.Unmarshal(m.payload, &p); err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
	return list
}

func TestDefaultStates(t *testing.T) {
	for _, tt := range bothForms {
		t.Run(tt.name, func(t *testing.T) {
			h := run(t)
			c := dial(t, h.Addr(), tt.form, "page=dash", "build=b0")
			for _, topic := range []string{"dashboard:main", "stream:overlays", "stream:queue", "overlay:obs", "overlay:system", "overlay:music",
				"transcription:live", "transcription:session:s1", "dashboard:services"} {
				c.join(topic, nil)
			}
			var dash struct {
				Connected bool
				Timestamp time.Time
				Epoch     string
				Seq       string
				Version   uint64
				State     struct {
					Parts    []event.Part
					Clients  []Client
					Problems []event.Problem
					Bus      map[string]any
				}
			}
			if err := json.Unmarshal(c.push("dashboard:main", "initial_state").payload, &dash); err != nil {
				t.Fatal(err)
			}
			if !dash.Connected || dash.Epoch != h.Epoch() || dash.Version == 0 || dash.State.Parts == nil || dash.State.Problems == nil {
				t.Errorf("dashboard: %+v", dash)
			}
			for _, want := range []struct{ topic, push, payload string }{
				{"stream:overlays", "stream_state", `"layers":{"background":null,"foreground":null,"midground":null}`},
				{"stream:overlays", "stream_state", `"takeover":null`},
				{"stream:overlays", "stream_state", `"id":"variety"`},
				{"stream:queue", "queue_state", `"queue":[]`},
				{"stream:queue", "queue_state", `"is_processing":false`},
				{"overlay:obs", "initial_state", `"data":{"connected":false,"status":"waiting"}`},
				{"overlay:music", "initial_state", `{"data":{"connected":true},"type":"music"}`},
				{"overlay:system", "initial_state", `"timestamp"`},
				{"transcription:live", "connection_established", `"type":"transcription:live"`},
				{"transcription:session:s1", "connection_established", `"session_id":"s1"`},
				{"dashboard:services", "health_update", `"status":"healthy"`},
			} {
				if m := c.push(want.topic, want.push); !contains(m.payload, want.payload) {
					t.Errorf("%s %s is %s, want %s in it", want.topic, want.push, m.payload, want.payload)
				}
			}
		})
	}
}

func contains(b []byte, s string) bool { return json.Valid(b) && len(s) > 0 && indexOf(b, s) }

func indexOf(b []byte, s string) bool {
	for i := 0; i+len(s) <= len(b); i++ {
		if string(b[i:i+len(s)]) == s {
			return true
		}
	}
	return false
}

// Changes reach a page as patches that follow on each other; another page gets
// the whole state under its old name.
func TestPatchesFollowOnEachOther(t *testing.T) {
	h := run(t)
	page, old := dial(t, h.Addr(), arrays), dial(t, h.Addr(), objects)
	page.join("stream:overlays", map[string]bool{"patches": true})
	old.join("stream:overlays", nil)
	var first struct{ Version uint64 }
	if err := json.Unmarshal(page.push("stream:overlays", "stream_state").payload, &first); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 200 {
				h.SetState("stream", fmt.Sprintf("layer%d", g), i)
			}
		})
	}
	wg.Wait()
	h.SetState("stream", "takeover", map[string]string{"type": "custom"})
	h.SetState("nothing", "x", 1)
	h.SetState("stream", "x", func() {})
	state := map[string]json.RawMessage{}
	eventually(t, "the last change", func() bool {
		for _, p := range patches(t, page, "stream:overlays") {
			if p.Set["takeover"] != nil {
				return true
			}
		}
		return false
	})
	version := first.Version
	list := patches(t, page, "stream:overlays")
	for _, p := range list {
		if p.Base != version || p.Version != version+1 || p.State != "stream" || p.Epoch != h.Epoch() {
			t.Fatalf("a patch from %d to %d follows on version %d", p.Base, p.Version, version)
		}
		version = p.Version
		for k, v := range p.Set {
			state[k] = v
		}
	}
	for g := range 4 {
		if got := string(state[fmt.Sprintf("layer%d", g)]); got != "199" {
			t.Errorf("layer%d ended at %s, want 199", g, got)
		}
	}
	if len(list) > 50 {
		t.Errorf("801 changes made %d patches", len(list))
	}
	eventually(t, "the whole state", func() bool {
		var last said
		for _, m := range old.all() {
			if m.event == "state_patch" {
				t.Fatal("a patch for a client that did not ask for patches")
			}
			if m.event == "stream_state" {
				last = m
			}
		}
		return contains(last.payload, `"takeover":{"type":"custom"}`) && contains(last.payload, fmt.Sprintf(`"version":%d`, version))
	})
	h.SetState("stream", "takeover", map[string]string{"type": "custom"}) // no change, no push
	r := page.ask("stream:overlays", "request_state", nil)
	if !contains(r.Response.Data, fmt.Sprintf(`"version":%d`, version)) {
		t.Errorf("request_state answered %s, want version %d", r.Response.Data, version)
	}
}

// A page that joins in the middle of changes has the state that the next patch
// follows on.
func TestJoinDuringChanges(t *testing.T) {
	h := run(t)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
				h.SetState("queue", "n", i)
			}
		}
	})
	defer wg.Wait()
	defer close(stop)
	for range 20 {
		c := dial(t, h.Addr(), arrays)
		c.join("stream:queue", map[string]bool{"patches": true})
		var full struct{ Version uint64 }
		if err := json.Unmarshal(c.push("stream:queue", "queue_state").payload, &full); err != nil {
			t.Fatal(err)
		}
		eventually(t, "a patch", func() bool { return len(patches(t, c, "stream:queue")) > 0 })
		if p := patches(t, c, "stream:queue")[0]; p.Base != full.Version {
			t.Fatalf("the state has version %d, the first patch is from %d", full.Version, p.Base)
		}
		c.ws.Close()
	}
}

// A client that is behind is spared state pushes and gets the whole state when
// it has caught up; it is not closed for them.
func TestStateIsConflatedForAClientThatIsBehind(t *testing.T) {
	h := run(t)
	p, _ := findPlace("stream:overlays")
	s := &session{out: newOutbox(), joined: map[string]*member{}}
	h.mu.Lock()
	h.enter(s, p, &member{patches: true})
	h.mu.Unlock()
	for range behind {
		s.out.put([]byte("event"))
	}
	for i := range 5 {
		h.SetState("stream", "n", i)
		eventually(t, "the change", func() bool { return s.drops.Load() == uint64(i+1) })
	}
	if n := s.out.waiting(); n != behind {
		t.Errorf("%d messages wait, want no state among them", n)
	}
	s.out.take(nil)
	eventually(t, "the whole state", func() bool { return s.out.waiting() == 1 })
	items, _ := s.out.take(nil)
	if !indexOf(items[0], "stream_state") || !indexOf(items[0], `"n":4`) {
		t.Errorf("got %s", items[0])
	}
	h.SetState("stream", "n", 5)
	eventually(t, "a patch", func() bool { return s.out.waiting() == 1 })
	if items, _ := s.out.take(nil); !indexOf(items[0], "state_patch") {
		t.Errorf("got %s", items[0])
	}
}

func TestSnapshot(t *testing.T) {
	h := run(t)
	c := dial(t, h.Addr(), arrays, "page=dash", "environment=tauri", "build=b0")
	c.join("dashboard:main", map[string]string{"page": "dashboard"})
	c.ask("dashboard:main", "latency", map[string]float64{"ms": 3.5})
	b, err := json.Marshal(h.State())
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Epoch, Seq string
		Dashboard  struct {
			Version uint64
			Clients []Client
			Parts   []event.Part
		}
		Stream, Queue map[string]any
	}
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if got.Epoch != h.Epoch() || got.Seq == "" || len(got.Dashboard.Parts) != 2 || got.Stream["version"] == nil || got.Queue["queue"] == nil {
		t.Errorf("got %s", b)
	}
	if len(got.Dashboard.Clients) != 1 {
		t.Fatalf("clients: %+v", got.Dashboard.Clients)
	}
	cl := got.Dashboard.Clients[0]
	if cl.Page != "dashboard" || cl.Environment != "browser" || cl.Build != "b0" || !cl.Outdated || len(cl.ID) != 8 ||
		cl.LatencyMS == nil || *cl.LatencyMS != 3.5 || fmt.Sprint(cl.Topics) != "[dashboard:main]" || cl.LastHeartbeat.IsZero() || cl.Address == "" {
		t.Errorf("client: %+v", cl)
	}
}

func TestEnvironmentsOfOldClients(t *testing.T) {
	for said, want := range map[string]string{"": "browser", "production": "browser", "tauri": "browser", "obs": "obs", "dock": "dock",
		"development": "development", "browser": "browser", "x": "browser"} {
		var s session
		s.describe("", said, "", "")
		if s.environment != want {
			t.Errorf("%q is %q, want %q", said, s.environment, want)
		}
		s.describe("", "", "", "")
		if s.environment != want {
			t.Errorf("%q became %q when nothing was said", said, s.environment)
		}
	}
}

func TestChangeOfAPartIsTold(t *testing.T) {
	h := run(t)
	c := dial(t, h.Addr(), arrays)
	c.join("dashboard:services", nil)
	c.join("dashboard:main", map[string]bool{"patches": true})
	h.crew.set("store", event.Failed)
	m, _ := c.wait("health_update", 0, func(m said) bool {
		return m.topic == "dashboard:services" && m.event == "health_update" && contains(m.payload, `"status":"unhealthy"`)
	})
	if !contains(m.payload, `"timestamp"`) {
		t.Errorf("got %s", m.payload)
	}
	c.wait("the room's", 0, func(m said) bool { return m.topic == "dashboard:main" && m.event == "health_update" })
	c.wait("the state's", 0, func(m said) bool {
		return m.topic == "dashboard:main" && m.event == "state_patch" && contains(m.payload, `"state":"failed"`)
	})
}

func TestTelemetryComesEveryTwoSeconds(t *testing.T) {
	h := run(t, func(_ *Config, o *Options) { o.Figures = &past{} })
	overlay := dial(t, h.Addr(), objects, "page=omnibar", "environment=obs")
	overlay.join("stream:overlays", nil)
	overlay.ask("stream:overlays", "latency", map[string]float64{"ms": 7})
	c := dial(t, h.Addr(), arrays)
	c.join("dashboard:services", nil)
	confidence := 0.9
	h.bus.Publish(event.New(event.Audio, time.Now(), event.TranscriptionFinal{Transcript: event.Transcript{Message: "hello there, chat, how are you", Duration: 2, Confidence: &confidence}}))
	m := c.push("dashboard:services", "telemetry_update")
	var got struct {
		Timestamp int64
		Services  map[string]struct {
			Connected bool
			Status    string
			Error     string
		}
		System struct {
			Uptime          int64
			Version, Status string
		}
		Overlays []struct {
			Name, Page, Environment string
			SocketID                string  `json:"socket_id"`
			JoinedAt                string  `json:"joined_at"`
			Latency                 float64 `json:"latency"`
		}
		Transcription struct {
			Total      int64 `json:"total_transcriptions_24h"`
			Confidence struct{ Average *float64 }
			Trends     map[string]any
		}
	}
	if err := json.Unmarshal(m.payload, &got); err != nil {
		t.Fatal(err)
	}
	if got.Timestamp == 0 || !got.Services["store"].Connected || got.Services["obs"].Connected || got.Services["obs"].Error == "" || got.System.Version != "1.2.3" {
		t.Errorf("got %s", m.payload)
	}
	if len(got.Overlays) != 1 || got.Overlays[0].Page != "omnibar" || got.Overlays[0].Name != "Takeover" || got.Overlays[0].Environment != "obs" || got.Overlays[0].Latency != 7 {
		t.Errorf("overlays: %+v", got.Overlays)
	}
	if got.Transcription.Total != 3 || got.Transcription.Trends["quality_trend"] == nil {
		t.Errorf("transcription: %+v", got.Transcription)
	}
}

func TestSumSpeech(t *testing.T) {
	now := time.Date(2026, 11, 24, 20, 30, 0, 0, time.UTC)
	said := func(ago time.Duration, confidence *float64, text string) event.Event {
		return event.New(event.Audio, now.Add(-ago), event.TranscriptionFinal{Transcript: event.Transcript{Message: text, Confidence: confidence}})
	}
	c := func(f float64) *float64 { return &f }
	for _, tt := range []struct {
		name           string
		said           []event.Event
		average        any
		trend, quality string
	}{
		{"nothing", nil, nil, "stable", "stable"},
		{"no confidence", []event.Event{said(time.Hour, nil, "hello")}, nil, "stable", "stable"},
		{"better", []event.Event{said(time.Hour, c(0.9), "a sentence of some length"), said(20*time.Hour, c(0.5), "x")}, 0.7, "improving", "excellent"},
		{"worse", []event.Event{said(time.Hour, c(0.25), "x"), said(20*time.Hour, c(0.75), "x")}, 0.5, "declining", "needs_attention"},
		{"short", []event.Event{said(time.Hour, c(0.75), "x")}, 0.75, "stable", "acceptable"},
	} {
		got := sumSpeech(now, event.TranscriptStats{Count: 4, Duration: 10}, tt.said)
		confidence, trends := got["confidence"].(map[string]any), got["trends"].(map[string]any)
		if fmt.Sprint(confidence["average"]) != fmt.Sprint(tt.average) || trends["confidence_trend"] != tt.trend || trends["quality_trend"] != tt.quality {
			t.Errorf("%s: got %v and %v", tt.name, confidence, trends)
		}
	}
	volume := sumSpeech(now, event.TranscriptStats{}, []event.Event{said(time.Hour, nil, "x")})["trends"].(map[string]any)["hourly_volume"].([]hourCount)
	if len(volume) != 24 || volume[22].Count != 1 || volume[23].Count != 0 {
		t.Errorf("volume: %+v", volume)
	}
}
