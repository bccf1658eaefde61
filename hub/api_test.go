package hub

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"landale/event"
)

func decode[T any](t *testing.T, data json.RawMessage) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatalf("%s: %v", data, err)
	}
	return v
}

func TestPostOneEvent(t *testing.T) {
	s := newSite(t)
	sub := s.o.Bus.Subscribe("test", 10, event.DropNewest, nil)
	a := s.do(t, "POST", "/api/events", `{"type":"channel.follow","id":"m-1","user_id":"1","user_login":"a","user_name":"A",
		"broadcaster_user_id":"2","broadcaster_user_login":"b","broadcaster_user_name":"B","followed_at":"2026-11-24T20:00:00Z"}`,
		"X-Correlation-Id", "deck-7")
	got := decode[postedList](t, a.data(t)).Events
	ev := <-sub.Events()
	if len(got) != 1 || got[0].ID != "m-1" || got[0].Seq != fmt.Sprint(ev.Seq) || got[0].Type != "channel.follow" || got[0].Duplicate {
		t.Errorf("answer is %s", a.body)
	}
	if _, ok := ev.Payload.(event.ChannelFollow); !ok || !ev.Flags.Has(event.Test) || ev.Source != event.Twitch || ev.CorrelationID != "deck-7" {
		t.Errorf("published %+v", ev)
	}
	again := s.do(t, "POST", "/api/events", `{"type":"custom.x","id":"m-1"}`)
	if got := decode[postedList](t, again.data(t)).Events; !got[0].Duplicate || got[0].Seq != "" {
		t.Errorf("repeat: %s", again.body)
	}
}

// An unknown type keeps its JSON, in whatever shape it came, and is not a test:
// it imitates nothing.
func TestPostUnknownTypes(t *testing.T) {
	s := newSite(t)
	sub := s.o.Bus.Subscribe("test", 10, event.DropNewest, nil)
	s.do(t, "POST", "/api/events", `[{"type":"custom.deck","button": 1.50,"text":"<b>\u00e9"},{"type":"channel.brand_new","n":12345678901234567890,"correlation_id":"own"}]`,
		"X-Correlation-Id", "deck-7").data(t)
	first, second := <-sub.Events(), <-sub.Events()
	if got := string(first.PayloadJSON()); got != `{"button":1.50,"text":"<b>\u00e9"}` || first.Flags != 0 || first.Source != event.Operator || first.CorrelationID != "deck-7" {
		t.Errorf("got %s %+v", got, first)
	}
	if got := string(second.PayloadJSON()); got != `{"n":12345678901234567890}` || second.CorrelationID != "own" {
		t.Errorf("got %s %+v", got, second)
	}
}

func TestPostProblemsAreToldAtOnceAndNothingIsPublished(t *testing.T) {
	s := newSite(t)
	a := s.do(t, "POST", "/api/events", `[
		{"type":"custom.fine"},
		{"type":"channel.follow","user_id":7},
		{"id":"x"},
		17,
		{"type":"custom.y","source":"mars","timestamp":"soon"}
	]`)
	a.wantFailure(t, 422, "validation_failed", "[1].followed_at", "[1].user_id", "[1].user_login", "[1].user_name", "[2].type", "[3]", "[4].source", "[4].timestamp")
	if n := s.o.Bus.Stats().Published; n != 0 {
		t.Errorf("%d events were published, want none", n)
	}
	tests := []struct{ body, code string }{
		{`[]`, "validation_failed"},
		{`[` + strings.Repeat(`{"type":"custom.x"},`, 200) + `{"type":"custom.x"}]`, "validation_failed"},
		{`{"type":"custom.x"`, "invalid_payload"},
		{`[{"type":"custom.x"}`, "invalid_payload"},
		{`{"type":"custom.x"} x`, "invalid_payload"},
		{`"text"`, "invalid_payload"},
		{`null`, "invalid_payload"},
		{" \n", "invalid_payload"},
		{"", "invalid_payload"},
		{"{\"type\":\"custom.x\",\"a\":\"\xff\"}", "invalid_payload"},
		{`{}`, "validation_failed"},
		{strings.Repeat("[", 50_000), "invalid_payload"},
		{`{"type":"custom.x","a":` + strings.Repeat("[", 20_000), "invalid_payload"},
	}
	for _, tt := range tests {
		a := s.do(t, "POST", "/api/events", tt.body)
		if code, _ := a.failure(t); a.StatusCode != 422 || code != tt.code {
			t.Errorf("%.40q: got %d %s, want %s", tt.body, a.StatusCode, a.body, tt.code)
		}
	}
	full := `[` + strings.Repeat(`{"type":"custom.x"},`, 199) + `{"type":"custom.x"}]`
	if got := decode[postedList](t, s.do(t, "POST", "/api/events", full).data(t)).Events; len(got) != maxPost {
		t.Errorf("a full list: %d published", len(got))
	}
}

func FuzzPost(f *testing.F) {
	for _, s := range []string{`{"type":"custom.x"}`, `[{"type":"channel.follow"}]`, `[]`, `[1,`, "", "\xff", `[[[[`, `[{"type":"a.b","flags":["test"]},{}]`} {
		f.Add([]byte(s))
	}
	now := time.Now()
	f.Fuzz(func(t *testing.T, body []byte) {
		events, err := decodePost(body, now)
		if err != nil {
			if code := coded(err).Code; codes[code] != 422 {
				t.Errorf("%q: got %v with code %s, want a 422", body, err, code)
			}
			return
		}
		if len(events) == 0 || len(events) > maxPost {
			t.Errorf("%q: %d events", body, len(events))
		}
		for _, ev := range events {
			if !json.Valid(ev.AppendJSON(nil)) || ev.ID == "" || ev.Type == "" {
				t.Errorf("%q: decoded to %s", body, ev.AppendJSON(nil))
			}
		}
	})
}

func TestEventsAsksForWhatTheQuerySays(t *testing.T) {
	s := newSite(t)
	at := time.Date(2026, 11, 24, 20, 0, 0, 0, time.UTC)
	tests := []struct {
		path string
		want event.Query
	}{
		{"/api/events", event.Query{Limit: 50}},
		{"/api/events?q=hello+chat&rank=true&limit=20", event.Query{Text: "hello chat", Rank: true, Limit: 20}},
		{"/api/events?from=2026-11-24T20:00:00Z&to=1795554000000&order=oldest", event.Query{From: at, To: at.Add(time.Hour), Oldest: true, Limit: 50}},
		{"/api/events?type=channel.*&type=obs.x&kind=chat&kind=speech&source=twitch&tests=1", event.Query{Types: []event.Type{"channel.*", "obs.x"}, Kinds: []event.Kind{event.Chat, event.Speech}, Source: event.Twitch, Tests: true, Limit: 50}},
		{"/api/events?user=sundaygamer&stream=3&session=stream_2026_11_24&cursor=abc", event.Query{User: "sundaygamer", Stream: 3, Session: "stream_2026_11_24", Cursor: "abc", Limit: 50}},
		{"/api/search?q=hello&kind=event", event.Query{Text: "hello", Kinds: []event.Kind{event.Happening}, Limit: 50}},
		{"/api/activity/events?event_type=channel.cheer&user_id=7&limit=9999&from=0", event.Query{Types: []event.Type{"channel.cheer"}, User: "7", From: time.Unix(0, 0).UTC(), Limit: 1000}},
		{"/api/transcriptions?stream_session_id=s1", event.Query{Types: []event.Type{"transcription.final"}, Session: "s1", Limit: 50}},
		{"/api/transcriptions/search?q=hello+ch&limit=5000", event.Query{Types: []event.Type{"transcription.final"}, Text: "hello* ch*", Limit: 100}},
		{"/api/transcriptions/search?q=hello+ch&full_text=true", event.Query{Types: []event.Type{"transcription.final"}, Text: "hello ch", Rank: true, Limit: 25}},
		{"/api/transcriptions/time-range?start_time=2026-11-24T20:00:00Z&end_time=2026-11-24T21:00:00Z", event.Query{Types: []event.Type{"transcription.final"}, From: at, To: at.Add(time.Hour), Oldest: true, Limit: 100}},
		{"/api/transcriptions/session/s%2F1", event.Query{Types: []event.Type{"transcription.final"}, Session: "s/1", Oldest: true, Limit: 500}},
	}
	for _, tt := range tests {
		s.get(t, tt.path).data(t)
		if got, want := fmt.Sprintf("%+v", s.past.last()), fmt.Sprintf("%+v", tt.want); got != want {
			t.Errorf("%s:\n got %s\nwant %s", tt.path, got, want)
		}
	}
	s.get(t, "/api/transcriptions/recent?minutes=10").data(t)
	if q := s.past.last(); time.Since(q.From) < 10*time.Minute || time.Since(q.From) > 11*time.Minute || q.Limit != 1000 {
		t.Errorf("recent asked %+v", q)
	}
}

func TestEventsRefusesBadQuestions(t *testing.T) {
	s := newSite(t)
	tests := []struct {
		path, code string
		fields     []string
	}{
		{"/api/events?from=2&to=1", "invalid_parameters", []string{"to"}},
		{"/api/events?rank=true", "invalid_parameters", []string{"rank"}},
		{"/api/events?kind=noise&source=mars&limit=5000", "invalid_parameters", []string{"kind", "limit", "source"}},
		{"/api/events?cursor=wrong", "invalid_parameters", []string{"cursor"}},
		{"/api/search", "missing_parameters", []string{"q"}},
		{"/api/transcriptions/search", "missing_parameters", []string{"q"}},
		{"/api/transcriptions/time-range?start_time=x", "invalid_parameters", []string{"end_time", "start_time"}},
		{"/api/transcriptions/time-range?start_time=2&end_time=1", "invalid_parameters", []string{"end_time"}},
		{"/api/buckets?step=year", "invalid_parameters", []string{"step"}},
		{"/api/buckets?from=0&step=minute", "invalid_parameters", []string{"step"}},
		{"/api/activity/stats?hours=0", "invalid_parameters", []string{"hours"}},
		{"/api/streams/first", "invalid_parameters", []string{"id"}},
		{"/api/logs?after=-1", "invalid_parameters", []string{"after"}},
	}
	for _, tt := range tests {
		s.get(t, tt.path).wantFailure(t, 400, tt.code, tt.fields...)
	}
}

func TestEventsAnswersAreNeverNull(t *testing.T) {
	s := newSite(t, func(o *Options) { o.Problems = func() []event.Problem { return nil }; o.Logs = noLines{} })
	for _, path := range []string{"/api/events", "/api/search?q=x", "/api/activity/events", "/api/transcriptions", "/api/transcriptions/search?q=x", "/api/transcriptions/session/x",
		"/api/users", "/api/streams", "/api/clients", "/api/problems", "/api/logs", "/api/activity/stats"} {
		if a := s.get(t, path); strings.Contains(string(a.data(t)), "null") {
			t.Errorf("%s: %s", path, a.body)
		}
	}
}

type noLines struct{}

func (noLines) Lines(uint64, int) []event.LogLine { return nil }
func (noLines) Changed() <-chan struct{}          { return make(chan struct{}) }

func TestOneEventAndWhatIsAroundIt(t *testing.T) {
	s := newSite(t)
	at := follow.Time
	for i := range 7 {
		ev := event.New(event.System, at.Add(time.Duration(i-3)*time.Second), event.SystemStartup{Version: fmt.Sprint(i)})
		ev.ID, ev.CorrelationID, ev.Seq = event.ID(fmt.Sprint("e", i)), event.ID(fmt.Sprint("e", i)), uint64(100+i)
		s.past.events = append(s.past.events, ev)
	}
	s.past.events[4].CorrelationID = "e3"
	s.past.events[5].CorrelationID = "1a2b3c4d"
	if got := decode[event.SystemStartup](t, s.get(t, "/api/events/e3").data(t)); got.Version != "3" {
		t.Errorf("by id: got %v", got)
	}
	if got := decode[event.SystemStartup](t, s.get(t, "/api/events/102").data(t)); got.Version != "2" {
		t.Errorf("by seq: got %v", got)
	}
	s.get(t, "/api/events/nothing").wantFailure(t, 404, "not_found")

	versions := func(path string) (list []string) {
		page := decode[struct {
			Hits []struct{ Event event.SystemStartup }
		}](t, s.get(t, path).data(t))
		for _, hit := range page.Hits {
			list = append(list, hit.Event.Version)
		}
		return list
	}
	for path, want := range map[string][]string{
		"/api/events/e3/around?seconds=2":         {"1", "2", "3", "4", "5"},
		"/api/events/e3/around?seconds=3&limit=4": {"1", "2", "3", "4"},
		"/api/events/e0/around?seconds=1":         {"0", "1"},
		"/api/events/e4/chain":                    {"3", "4"},
		"/api/events/e3/chain":                    {"3", "4"},
		"/api/events/1a2b3c4d/chain":              {"5"},
	} {
		if got := versions(path); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", path, got, want)
		}
	}
	s.get(t, "/api/events/nothing/chain").wantFailure(t, 404, "not_found")
	s.get(t, "/api/events/nothing/around").wantFailure(t, 404, "not_found")
}

func TestFigures(t *testing.T) {
	s := newSite(t)
	b := decode[bucketList](t, s.get(t, "/api/buckets?from=2026-11-24T20:00:00Z&to=2026-11-24T21:00:00Z&step=hour").data(t))
	if len(b.Buckets) != 1 || b.Buckets[0].Counts["channel.follow"] != 2 || !b.Buckets[0].Known {
		t.Errorf("got %+v", b)
	}
	s.get(t, "/api/buckets").data(t)
	if span := s.past.spans[len(s.past.spans)-1]; span[1].Sub(span[0]) != time.Hour || time.Since(span[1]) > time.Minute {
		t.Errorf("without a time: asked for %v", span)
	}
	if got := string(s.get(t, "/api/activity/stats?hours=2").data(t)); got != `{"stats":{"total_events":7,"unique_users":2,"chat_messages":0,"follows":0,"subscriptions":0,"cheers":0},"most_active_users":[],"time_window_hours":2}` {
		t.Errorf("got %s", got)
	}
	if got := string(s.get(t, "/api/transcriptions/stats").data(t)); !strings.Contains(got, `"total_count":3`) || !strings.Contains(got, `"avg_confidence":null`) {
		t.Errorf("got %s", got)
	}
}

func TestPeopleAndStreams(t *testing.T) {
	s := newSite(t)
	s.past.people = map[string]event.Person{"7": {User: event.User{UserID: "7", UserLogin: "sunday", UserName: "Sunday"}}}
	s.past.streams = []event.Stream{{ID: 5, Title: "b"}, {ID: 4, Title: "a"}}
	s.past.events = []event.Event{follow}
	if got := decode[[]event.Person](t, s.get(t, "/api/users?q=sun").data(t)); len(got) != 1 {
		t.Errorf("got %v", got)
	}
	for _, ref := range []string{"7", "sunday"} {
		p := string(s.get(t, "/api/users/"+ref).data(t))
		if !strings.Contains(p, `"user_id":"7"`) || !strings.Contains(p, `"timeline":{"hits":[{"event":{`) {
			t.Errorf("got %s", p)
		}
	}
	s.get(t, "/api/users/nobody").wantFailure(t, 404, "not_found")
	put := func(body string) answer { return s.do(t, "PUT", "/api/users/sunday", body) }
	if p := decode[event.Person](t, put(`{"nickname":"Sun ☀"}`).data(t)); p.Nickname != "Sun ☀" {
		t.Errorf("got %+v", p)
	}
	put(`{"nickname":"` + strings.Repeat("ß", 50) + `","pronouns":"","notes":null}`).data(t)
	if e := s.past.edits[1]; e.Notes != nil || e.Pronouns == nil || *e.Pronouns != "" {
		t.Errorf("edited %+v", e)
	}
	put(`{"nickname":"`+strings.Repeat("ß", 51)+`","pronouns":"`+strings.Repeat("x", 21)+`","notes":"`+strings.Repeat("x", 501)+`"}`).
		wantFailure(t, 422, "validation_failed", "nickname", "notes", "pronouns")
	put(`{}`).wantFailure(t, 422, "validation_failed", "body")
	put(`{"nickanme":"x"}`).wantFailure(t, 422, "validation_failed", "nickanme")
	put(`{"nickname":7}`).wantFailure(t, 422, "validation_failed", "nickname")
	put(`[]`).wantFailure(t, 422, "invalid_payload")
	put(`{"nickname":"x"}{}`).wantFailure(t, 422, "invalid_payload")
	s.do(t, "PUT", "/api/users/nobody", `{"nickname":"x"}`).wantFailure(t, 404, "not_found")

	if got := decode[[]event.Stream](t, s.get(t, "/api/streams?before=5&limit=10").data(t)); len(got) != 1 || got[0].ID != 4 {
		t.Errorf("got %v", got)
	}
	if got := decode[event.Stream](t, s.get(t, "/api/streams/5").data(t)); got.Title != "b" {
		t.Errorf("got %v", got)
	}
	s.get(t, "/api/streams/6").wantFailure(t, 404, "not_found")
}

func TestPartsCanBeRestarted(t *testing.T) {
	s := newSite(t)
	if p := decode[event.Part](t, s.do(t, "POST", "/api/parts/obs/restart", "").data(t)); p.Name != "obs" || p.State != event.Waiting {
		t.Errorf("got %+v", p)
	}
	if !slices.Equal(s.crew.restarted, []string{"obs"}) {
		t.Errorf("restarted %v", s.crew.restarted)
	}
	s.do(t, "POST", "/api/parts/nothing/restart", "").wantFailure(t, 404, "invalid_service")
	if got := decode[[]event.Part](t, s.get(t, "/api/parts").data(t)); len(got) != 3 {
		t.Errorf("got %v", got)
	}
}

// Every question whose part does not exist is answered, with a 503.
func TestWhatIsNotThereSaysSo(t *testing.T) {
	s := newSite(t, func(o *Options) {
		*o = Options{Bus: o.Bus, Version: o.Version, Log: o.Log}
	})
	for _, path := range []string{"/api/events", "/api/events/x", "/api/events/x/around", "/api/events/x/chain", "/api/search?q=x", "/api/activity/events", "/api/activity/stats",
		"/api/buckets", "/api/transcriptions", "/api/transcriptions/stats", "/api/users", "/api/users/x", "/api/streams", "/api/streams/1", "/api/parts", "/api/logs"} {
		s.get(t, path).wantFailure(t, 503, "service_unavailable")
	}
	s.do(t, "POST", "/api/parts/x/restart", "").wantFailure(t, 503, "service_unavailable")
	s.do(t, "PUT", "/api/users/x", `{"notes":""}`).wantFailure(t, 503, "service_unavailable")
	for _, path := range []string{"/health", "/metrics", "/api/state", "/api/clients", "/api/problems", "/"} {
		if a := s.get(t, path); a.StatusCode != 200 {
			t.Errorf("%s: got %d %s", path, a.StatusCode, a.body)
		}
	}
	s.do(t, "POST", "/api/events", `{"type":"custom.x"}`).data(t) // the bus is always there
}

type codedError struct{}

func (codedError) Error() string     { return "the disk is full" }
func (codedError) ErrorCode() string { return "not_connected" }

func TestErrorsOfParts(t *testing.T) {
	s := newSite(t)
	s.past.err = codedError{}
	s.get(t, "/api/events").wantFailure(t, 503, "not_connected")
	s.past.err = errors.New("broken")
	s.get(t, "/api/events").wantFailure(t, 500, "service_error")
	if !strings.Contains(s.log.String(), "broken") {
		t.Error("a 500 is not in the log")
	}
}
