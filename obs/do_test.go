package obs

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/andreykaipov/goobs/api/opcodes"

	"landale/event"
	"landale/obs/obstest"
)

func TestDo(t *testing.T) {
	t.Parallel()
	s := obstest.Start(t, "")
	s.AddBrowser("Game", "Chat", page)
	r := serve(t, settings(s.URL()), nil)
	r.connected()
	payload := map[string]string{
		"set_current_scene": `{"scene_name":"Starting Soon"}`, "set_preview_scene": `{"scene_name":"Game"}`, "set_studio_mode": `{"enabled":true}`,
		"set_transition": `{"transition_name":"Cut"}`, "set_transition_duration": `{"duration":300}`, "set_mute": `{"input_name":"Mic/Aux","muted":true}`,
		"set_volume": `{"input_name":"Mic/Aux","volume_db":-6}`, "show_item": `{"scene_name":"Game","item_id":1,"enabled":false}`, "record_chapter": `{"name":"boss"}`,
		"refresh_source": `{"input_name":"Chat"}`, "set_source_url": `{"input_name":"Chat","url":"http://127.0.0.1:7175/overlay/chat"}`,
		"create_overlay": `{"scene_name":"Game","name":"Alerts","url":"http://127.0.0.1:7175/overlay/alerts","width":1920,"height":1080}`,
		"batch":          `{"requests":[{"type":"GetVersion"}],"halt":true}`, "screenshot": `{"format":"png"}`,
	}
	// An order in which each can succeed; what is missing in it fails the test.
	order := []string{
		"set_current_scene", "set_studio_mode", "set_preview_scene", "transition", "set_transition", "set_transition_duration", "set_mute", "set_volume",
		"show_item", "start_streaming", "stop_streaming", "start_recording", "record_chapter", "pause_recording", "resume_recording", "stop_recording",
		"start_replay", "save_replay", "stop_replay", "start_virtual_cam", "stop_virtual_cam", "refresh_source", "set_source_url", "create_overlay",
		"batch", "screenshot",
	}
	if len(order) != len(Commands()) {
		t.Errorf("got %d commands, want %d: %v", len(Commands()), len(order), Commands())
	}
	for _, command := range order {
		got, err := r.Do(t.Context(), command, []byte(payload[command]))
		if done, ok := got.(Done); err != nil || ok && done.Operation != command {
			t.Errorf("%s: got %+v %v", command, got, err)
		}
	}
	for command, want := range map[string]string{
		"set_mute " + `{"muted":"yes"}`: "input_name is required; muted has the wrong kind of value",
		"set_current_scene {}":          "scene_name is required",
		"set_current_scene null":        "scene_name is required",
		"set_current_scene []":          event.ErrNotObject.Error(),
		"fly {}":                        `there is no command "fly"`,
	} {
		name, body, _ := strings.Cut(command, " ")
		if _, err := r.Do(t.Context(), name, []byte(body)); err == nil || !strings.Contains(err.Error(), strings.Split(want, ";")[0]) {
			t.Errorf("%s: got %v, want %s", command, err, want)
		}
	}
}

func TestAsk(t *testing.T) {
	t.Parallel()
	s := obstest.Start(t, "")
	r := serve(t, settings(s.URL()), nil)
	r.connected()
	s.Output("stream", true)
	r.until("stream", time.Second, func() bool { return r.Snapshot().Stream.Active })
	for question, want := range map[string]string{
		"status": `"connected":true`, "scenes": `"current_scene":"Game"`, "current_scene": `"scene_name":"Game"`, "stream_status": `"outputActive":true`,
		"record_status": `"outputPaused":false`, "stats": `"service_state":"connected"`, "version": `"obs_version":"31.1.0"`, "virtual_cam": `"outputActive":false`,
		"outputs": `"replay_buffer"`, "state": `"program_scene":"Game"`,
	} {
		answer, err := r.Ask(question)
		b, _ := json.Marshal(answer)
		if err != nil || !strings.Contains(string(b), want) {
			t.Errorf("%s: got %s %v, want %s", question, b, err, want)
		}
	}
	s.Close()
	r.until("gone", 3*time.Second, func() bool { return !r.Snapshot().Connected })
	if _, err := r.Ask("scenes"); !errors.Is(err, ErrNotConnected) {
		t.Errorf("got %v", err)
	}
	if a, err := r.Ask("status"); err != nil || !strings.Contains(fmt.Sprint(a), "unhealthy") {
		t.Errorf("got %v %v", a, err)
	}
}

// FuzzArguments: what clients send never makes a command panic on what is missing.
func FuzzArguments(f *testing.F) {
	f.Add("set_mute", []byte(`{"input_name":"Mic","muted":true}`))
	f.Add("create_overlay", []byte(`{"width":null,"scene_name":7}`))
	f.Add("batch", []byte(`{"requests":null}`))
	p := New(DefaultConfig(), Options{})
	f.Fuzz(func(t *testing.T, command string, payload []byte) {
		if _, err := p.Do(t.Context(), command, payload); err == nil {
			t.Errorf("%s %s was carried out without an OBS", command, payload)
		}
	})
}

// FuzzEvents: what OBS sends never makes the mirror or an event wrong enough to
// panic, and an event is always one JSON object.
func FuzzEvents(f *testing.F) {
	for _, spec := range event.Catalogue() {
		if spec.Source == event.OBS {
			f.Add(spec.RawType, []byte(`{"sceneName":"x","sceneItemId":1}`))
		}
	}
	f.Add("SceneListChanged", []byte(`{"scenes":[{"sceneName":"a","sceneIndex":0}]}`))
	types := typesByRawName()
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		e := decode[struct {
			D struct {
				Type string          `json:"eventType"`
				Data json.RawMessage `json:"eventData"`
			}
		}]([]byte(fmt.Sprintf(`{"D":{"eventType":%q,"eventData":%s}}`, name, data)))
		s := empty()
		s.ProgramScene = "x"
		s.Inputs = []Input{{Name: "x", Kind: browserKind}}
		s.Items = []SceneItem{{ID: 1}}
		obsEvent := opcodes.Event{Type: e.D.Type, Data: e.D.Data}
		s.apply(obsEvent)
		session := &session{OBS: New(DefaultConfig(), Options{})}
		ev, err := translate(types, obsEvent, time.Now(), "5b1f0c2d", session.extras(obsEvent))
		if err != nil {
			return
		}
		if b := ev.AppendJSON(nil); !json.Valid(b) {
			t.Errorf("got %s", b)
		}
	})
}
