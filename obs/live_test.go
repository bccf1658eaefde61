//go:build !windows

package obs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image/png"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"landale/event"
)

// TestOBS runs everything that one healthy OBS can show.
func TestOBS(t *testing.T) {
	obs := startOBS(t, "hunter2")
	cfg := settings(obs.url())
	cfg.Password = "hunter2"
	r := serve(t, cfg, nil)
	r.connected()
	ctx := t.Context()

	t.Run("established", func(t *testing.T) {
		r.until("told", time.Second, func() bool { return len(r.of("obs.connection_established")) == 1 })
		got := r.of("obs.connection_established")
		e := got[0].Payload.(event.OBSConnectionEstablished)
		if !e.Authentication || e.RPCVersion != 1 || e.WebsocketVersion == "" || e.SessionID == "" {
			t.Errorf("got %+v", e)
		}
		if s := r.Snapshot(); s.OBSVersion == "" || s.ProgramScene == "" || len(s.Scenes) == 0 || s.Video.Width != 640 || s.Video.FPS != 30 || len(s.Transitions) == 0 {
			t.Errorf("got %+v", s)
		}
		if st := r.Status(); st.State != event.Running || time.Since(st.Fresh) > 10*time.Second {
			t.Errorf("got status %+v", st)
		}
	})
	t.Run("scenes", r.in(testScenes))
	t.Run("refusals", r.in(testRefusals))
	t.Run("screenshot", func(t *testing.T) {
		img := must[Image](t)(r.Screenshot(ctx, "", "png", 320))
		p, err := png.Decode(bytes.NewReader(img.Data))
		if err != nil || p.Bounds().Dx() != 320 {
			t.Errorf("got %v %v", p.Bounds(), err)
		}
		if img := must[Image](t)(r.Screenshot(ctx, "", "jpg", 320)); img.Type != "image/jpeg" || !bytes.HasPrefix(img.Data, []byte{0xff, 0xd8}) {
			t.Errorf("got %q", img.Type)
		}
	})
	t.Run("recording", r.in(testRecording))
	t.Run("replay", r.in(testReplay))
	t.Run("pause", r.in(testPause))
}

// testScenes measures what the streamer waits for.
func testScenes(t *testing.T, r *rig) {
	ctx := t.Context()
	for _, name := range []string{"One", "Two"} {
		if _, err := r.Request(ctx, "CreateScene", map[string]any{"sceneName": name}); err != nil {
			t.Fatal(err)
		}
	}
	r.until("scenes are listed", 3*time.Second, func() bool { return len(r.Snapshot().Scenes) == 3 })
	if _, err := r.Request(ctx, "SetCurrentSceneTransition", map[string]any{"transitionName": "Cut"}); err != nil {
		t.Fatal(err)
	}
	var reply, heard []time.Duration
	for i := range 60 {
		want := []string{"One", "Two"}[i%2]
		seen := len(r.of("obs.current_program_scene_changed"))
		began := time.Now()
		if done := must[Done](t)(r.SetScene(ctx, want)); done.Operation != "set_current_scene" {
			t.Fatalf("got %+v", done)
		}
		reply = append(reply, time.Since(began))
		r.until("scene event", time.Second, func() bool { return len(r.of("obs.current_program_scene_changed")) > seen })
		heard = append(heard, time.Since(began))
		r.until("scene in the mirror", time.Second, func() bool { return r.Snapshot().ProgramScene == want })
	}
	t.Logf("command to reply p95 %v, scene switch to event p95 %v", p95(reply), p95(heard))
	// 150 ms and 100 ms are promised on a PC; a loaded test machine draws its frames late.
	if p95(reply) > 300*time.Millisecond || p95(heard) > 300*time.Millisecond {
		t.Errorf("too slow: reply %v, event %v, want 300ms at most", p95(reply), p95(heard))
	}
	e := r.of("obs.current_program_scene_changed")
	last := e[len(e)-1].Payload.(event.OBSCurrentProgramSceneChanged)
	if last.SceneName != "Two" || last.PreviousScene != "One" || last.SessionID == "" || e[len(e)-1].RawType != "CurrentProgramSceneChanged" {
		t.Errorf("got %+v", last)
	}

	must[Done](t)(r.SetStudioMode(ctx, true))
	must[Done](t)(r.SetPreview(ctx, "One"))
	r.until("preview", time.Second, func() bool { return r.Snapshot().PreviewScene == "One" && r.Snapshot().StudioMode })
	must[Done](t)(r.Transit(ctx))
	r.until("transition", 3*time.Second, func() bool { return r.Snapshot().ProgramScene == "One" })
	must[Done](t)(r.SetStudioMode(ctx, false))
	must[Done](t)(r.SetTransition(ctx, "Fade"))
	must[Done](t)(r.SetTransitionDuration(ctx, 500*time.Millisecond))
	r.until("fade", 2*time.Second, func() bool {
		s := r.Snapshot()
		return s.Transition == "Fade" && s.TransitionMS == 500 && s.PreviewScene == ""
	})
	must[Done](t)(r.SetTransition(ctx, "Cut"))
}

func p95(d []time.Duration) time.Duration {
	d = slices.Sorted(slices.Values(d))
	return d[len(d)*95/100]
}

func testRefusals(t *testing.T, r *rig) {
	ctx := t.Context()
	for _, c := range []struct {
		name string
		run  func() error
		want string
	}{
		{"no such scene", func() error { _, err := r.SetScene(ctx, "Nowhere"); return err }, "No source was found"},
		{"stop a stopped stream", func() error { _, err := r.StopStream(ctx); return err }, "the stream is not running"},
		{"pause without a recording", func() error { _, err := r.PauseRecord(ctx); return err }, "the recording is not running"},
		{"no browser sources in Debian's OBS", func() error {
			_, err := r.CreateOverlay(ctx, "One", "x", "http://127.0.0.1/overlay/alerts", 1920, 1080)
			return err
		}, "this OBS has no browser sources"},
		{"no chapters before OBS 30.2", func() error { _, err := r.Chapter(ctx, "boss"); return err }, "cannot mark chapters"},
		{"no virtual camera", func() error { _, err := r.StartVirtualCam(ctx); return err }, ""},
		{"the preview outside of studio mode", func() error { _, err := r.SetPreview(ctx, "One"); return err }, ""},
		{"a caption while not streaming", func() error {
			_, err := r.Request(ctx, "SendStreamCaption", map[string]any{"captionText": "x"})
			return err
		}, "OutputNotRunning"},
	} {
		err := c.run()
		e, ok := err.(*Error)
		if !ok || e.ErrorCode() != "operation_failed" || !strings.Contains(e.Message, c.want) {
			t.Errorf("%s: got %v, want operation_failed with %q", c.name, err, c.want)
		}
	}
}

func testRecording(t *testing.T, r *rig) {
	ctx := t.Context()
	if _, err := r.Request(ctx, "CreateInput", map[string]any{"sceneName": r.Snapshot().ProgramScene, "inputName": "Colour", "inputKind": "color_source_v3"}); err != nil {
		t.Fatal(err)
	}
	done := must[Done](t)(r.StartRecord(ctx))
	if done.State != "started" && done.State != "starting" {
		t.Fatalf("got %+v", done)
	}
	r.until("recording", 5*time.Second, func() bool { return r.Snapshot().Record.Active })
	if _, err := r.StartRecord(ctx); err == nil || !strings.Contains(err.Error(), "running already") {
		t.Errorf("got %v", err)
	}
	recorded := func() float64 {
		b, err := r.Request(ctx, "GetRecordStatus", nil)
		if err != nil {
			t.Fatal(err)
		}
		return decode[struct{ OutputDuration float64 }](b).OutputDuration
	}
	// OBS 29 gets stuck when it is to pause or stop before it wrote a frame.
	r.until("a frame is written", 8*time.Second, func() bool { return recorded() > 0 })
	must[Done](t)(r.StopRecord(ctx))
	r.until("stopped", 10*time.Second, func() bool { return r.Snapshot().Record.State == "stopped" && r.Snapshot().Record.Path != "" })
	path := r.Snapshot().Record.Path
	if _, err := exec.LookPath("ffprobe"); err != nil {
		t.Skip("ffprobe is not installed")
	}
	out, err := exec.Command("ffprobe", "-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0", path).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "h264") {
		t.Errorf("ffprobe %s: %v %s", path, err, out)
	}
}

// testPause is the last: OBS 29 now and then cannot stop a recording of seconds
// that was paused.
func testPause(t *testing.T, r *rig) {
	ctx := t.Context()
	must[Done](t)(r.StartRecord(ctx))
	r.until("a frame is written", 8*time.Second, func() bool {
		b, err := r.Request(ctx, "GetRecordStatus", nil)
		return err == nil && decode[struct{ OutputDuration float64 }](b).OutputDuration > 0
	})
	must[Done](t)(r.PauseRecord(ctx))
	r.until("paused", 2*time.Second, func() bool { return r.Snapshot().Record.State == "paused" })
	must[Done](t)(r.ResumeRecord(ctx))
	r.until("resumed", 2*time.Second, func() bool { return r.Snapshot().Record.State == "started" })
	states := []string{}
	for _, e := range r.of("obs.record_state_changed") {
		states = append(states, e.Payload.(event.OBSRecordStateChanged).RecordingStatus)
	}
	if !slices.Contains(states, "paused") || states[len(states)-1] != "active" {
		t.Errorf("got %v", states)
	}
}

func testReplay(t *testing.T, r *rig) {
	ctx := t.Context()
	if !r.Snapshot().ReplayBuffer.Available {
		t.Fatal("the replay buffer is not available")
	}
	must[Done](t)(r.StartReplay(ctx))
	r.until("replay buffer", 3*time.Second, func() bool { return r.Snapshot().ReplayBuffer.Active })
	must[Done](t)(r.SaveReplay(ctx))
	r.until("replay saved", 20*time.Second, func() bool { return r.Snapshot().ReplayBuffer.Path != "" }) // at the next key frame
	must[Done](t)(r.StopReplay(ctx))
	r.until("replay buffer stopped", 3*time.Second, func() bool { return !r.Snapshot().ReplayBuffer.Active })
}

// TestOBSRandom does what a person with a stream deck does, only faster, and looks
// whether the mirror is right afterwards.
func TestOBSRandom(t *testing.T) {
	obs := startOBS(t, "")
	r := serve(t, settings(obs.url()), nil)
	r.connected()
	ctx := t.Context()
	rnd := rand.New(rand.NewPCG(1, 2))
	pick := func(list []string) string { return list[rnd.IntN(len(list))] }
	names := func(prefix string) (list []string) {
		for i := range 6 {
			list = append(list, fmt.Sprint(prefix, i))
		}
		return list
	}
	scenes, inputs := names("Scene "), names("Input ")
	kinds := []string{"color_source_v3", "pulse_input_capture"} // a picture, and a sound
	ops := []func() (string, map[string]any){
		func() (string, map[string]any) { return "CreateScene", map[string]any{"sceneName": pick(scenes)} },
		func() (string, map[string]any) {
			return "SetCurrentProgramScene", map[string]any{"sceneName": pick(scenes)}
		},
		func() (string, map[string]any) {
			return "SetCurrentProgramScene", map[string]any{"sceneName": pick(scenes)}
		},
		func() (string, map[string]any) {
			return "SetCurrentPreviewScene", map[string]any{"sceneName": pick(scenes)}
		},
		func() (string, map[string]any) { return "RemoveScene", map[string]any{"sceneName": pick(scenes)} },
		func() (string, map[string]any) {
			return "SetSceneName", map[string]any{"sceneName": pick(scenes), "newSceneName": pick(scenes)}
		},
		func() (string, map[string]any) {
			return "SetStudioModeEnabled", map[string]any{"studioModeEnabled": rnd.IntN(2) == 0}
		},
		func() (string, map[string]any) {
			return "CreateInput", map[string]any{"sceneName": pick(scenes), "inputName": pick(inputs), "inputKind": pick(kinds)}
		},
		func() (string, map[string]any) {
			return "CreateSceneItem", map[string]any{"sceneName": r.Snapshot().ProgramScene, "sourceName": pick(inputs)}
		},
		func() (string, map[string]any) { return "RemoveInput", map[string]any{"inputName": pick(inputs)} },
		func() (string, map[string]any) {
			return "SetInputName", map[string]any{"inputName": pick(inputs), "newInputName": pick(inputs)}
		},
		func() (string, map[string]any) {
			return "SetInputMute", map[string]any{"inputName": pick(inputs), "inputMuted": rnd.IntN(2) == 0}
		},
		func() (string, map[string]any) {
			return "SetInputVolume", map[string]any{"inputName": pick(inputs), "inputVolumeDb": -rnd.IntN(60)}
		},
		func() (string, map[string]any) {
			return "SetInputVolume", map[string]any{"inputName": pick(inputs), "inputVolumeDb": -rnd.IntN(60)}
		},
		func() (string, map[string]any) {
			return "SetSceneItemEnabled", map[string]any{"sceneName": r.Snapshot().ProgramScene, "sceneItemId": 1 + rnd.IntN(8), "sceneItemEnabled": rnd.IntN(2) == 0}
		},
		func() (string, map[string]any) {
			return "SetSceneItemLocked", map[string]any{"sceneName": r.Snapshot().ProgramScene, "sceneItemId": 1 + rnd.IntN(8), "sceneItemLocked": rnd.IntN(2) == 0}
		},
		func() (string, map[string]any) {
			return "SetSceneItemIndex", map[string]any{"sceneName": r.Snapshot().ProgramScene, "sceneItemId": 1 + rnd.IntN(8), "sceneItemIndex": 0}
		},
		func() (string, map[string]any) {
			return "SetCurrentSceneTransitionDuration", map[string]any{"transitionDuration": 50 + rnd.IntN(300)}
		},
	}
	// OBS 29 itself ends at an item index behind the last one: it is always 0 here.
	tried, done, crashes := 0, 0, 0
	var last []string
	began := time.Now()
	for ; done < 1000; tried++ {
		if time.Since(began) > 20*time.Second {
			break
		}
		name, data := ops[rnd.IntN(len(ops))]()
		last = append(last[max(0, len(last)-7):], fmt.Sprint(name, data))
		if _, err := r.Request(ctx, name, data); err == nil {
			done++
		} else if status(err) == 0 {
			// OBS 29 crashes now and then when scenes go while it draws. That is its
			// fault, and the mirror has to be right after it too.
			if crashes++; crashes > 3 || obs.alive(t) {
				t.Fatalf("%v after %q", err, last)
			}
			t.Logf("OBS crashed after %q", last)
			if err := obs.script("restart"); err != nil {
				t.Fatal(err)
			}
			r.connected()
		}
	}
	if !obs.alive(t) {
		if err := obs.script("restart"); err != nil {
			t.Fatal(err)
		}
	}
	r.connected()
	l := must[*link](t)(r.linked())
	var names2 []string
	end := time.Now().Add(5 * time.Second)
	for {
		fresh := must[Snapshot](t)(read(ctx, l, ""))
		if names2 = differences(r.Snapshot(), fresh); len(names2) == 0 {
			break
		}
		if time.Now().After(end) {
			a, _ := json.MarshalIndent(r.Snapshot(), "", " ")
			b, _ := json.MarshalIndent(fresh, "", " ")
			t.Fatalf("after %d operations the mirror differs in %v\ngot %s\nwant %s", done, names2, a, b)
		}
		waitOrDone(ctx, 50*time.Millisecond)
	}
	t.Logf("%d operations, %d of them carried out, in %v; mirror equal, %d reads", tried, done, time.Since(began), r.Status().Details["reads"])
	if d := r.Status().Details["resync_differences"]; d != uint64(0) {
		t.Errorf("got %v differences at a resync", d)
	}
}
