package obs

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"landale/event"
)

// arguments are what commands take. A member that is missing is nil.
type arguments struct {
	SceneName      *string   `json:"scene_name"`
	InputName      *string   `json:"input_name"`
	TransitionName *string   `json:"transition_name"`
	SourceName     *string   `json:"source_name"`
	Name           *string   `json:"name"`
	URL            *string   `json:"url"`
	Format         *string   `json:"format"`
	Enabled        *bool     `json:"enabled"`
	Muted          *bool     `json:"muted"`
	Halt           *bool     `json:"halt"`
	VolumeDB       *float64  `json:"volume_db"`
	ItemID         *int      `json:"item_id"`
	Duration       *int      `json:"duration"` // milliseconds
	Width          *int      `json:"width"`
	Height         *int      `json:"height"`
	Requests       []Request `json:"requests"`
}

// line is one command by name, with the members that it must be given.
type line struct {
	needs []string
	run   func(p *OBS, ctx context.Context, a arguments) (any, error)
}

// plainly is a command that takes nothing.
func plainly(f func(*OBS, context.Context) (Done, error)) line {
	return line{run: func(p *OBS, ctx context.Context, _ arguments) (any, error) { return f(p, ctx) }}
}

// lines is a function and no variable: nobody changes it.
func lines() map[string]line {
	return map[string]line{
		"start_streaming":   plainly((*OBS).StartStream),
		"stop_streaming":    plainly((*OBS).StopStream),
		"start_recording":   plainly((*OBS).StartRecord),
		"stop_recording":    plainly((*OBS).StopRecord),
		"pause_recording":   plainly((*OBS).PauseRecord),
		"resume_recording":  plainly((*OBS).ResumeRecord),
		"start_replay":      plainly((*OBS).StartReplay),
		"stop_replay":       plainly((*OBS).StopReplay),
		"save_replay":       plainly((*OBS).SaveReplay),
		"start_virtual_cam": plainly((*OBS).StartVirtualCam),
		"stop_virtual_cam":  plainly((*OBS).StopVirtualCam),
		"transition":        plainly((*OBS).Transit),
		"set_current_scene": {[]string{"scene_name"}, func(p *OBS, ctx context.Context, a arguments) (any, error) {
			return p.SetScene(ctx, *a.SceneName)
		}},
		"set_preview_scene": {[]string{"scene_name"}, func(p *OBS, ctx context.Context, a arguments) (any, error) {
			return p.SetPreview(ctx, *a.SceneName)
		}},
		"set_studio_mode": {[]string{"enabled"}, func(p *OBS, ctx context.Context, a arguments) (any, error) {
			return p.SetStudioMode(ctx, *a.Enabled)
		}},
		"set_transition": {[]string{"transition_name"}, func(p *OBS, ctx context.Context, a arguments) (any, error) {
			return p.SetTransition(ctx, *a.TransitionName)
		}},
		"set_transition_duration": {[]string{"duration"}, func(p *OBS, ctx context.Context, a arguments) (any, error) {
			return p.SetTransitionDuration(ctx, time.Duration(*a.Duration)*time.Millisecond)
		}},
		"set_mute": {[]string{"input_name", "muted"}, func(p *OBS, ctx context.Context, a arguments) (any, error) {
			return p.SetMute(ctx, *a.InputName, *a.Muted)
		}},
		"set_volume": {[]string{"input_name", "volume_db"}, func(p *OBS, ctx context.Context, a arguments) (any, error) {
			return p.SetVolume(ctx, *a.InputName, *a.VolumeDB)
		}},
		"show_item": {[]string{"scene_name", "item_id", "enabled"}, func(p *OBS, ctx context.Context, a arguments) (any, error) {
			return p.ShowItem(ctx, *a.SceneName, *a.ItemID, *a.Enabled)
		}},
		"record_chapter": {run: func(p *OBS, ctx context.Context, a arguments) (any, error) {
			return p.Chapter(ctx, *cmp.Or(a.Name, new("")))
		}},
		"refresh_source": {[]string{"input_name"}, func(p *OBS, ctx context.Context, a arguments) (any, error) {
			return p.RefreshSource(ctx, *a.InputName)
		}},
		"set_source_url": {[]string{"input_name", "url"}, func(p *OBS, ctx context.Context, a arguments) (any, error) {
			return p.SetSourceURL(ctx, *a.InputName, *a.URL)
		}},
		"create_overlay": {[]string{"scene_name", "name", "url", "width", "height"}, func(p *OBS, ctx context.Context, a arguments) (any, error) {
			return p.CreateOverlay(ctx, *a.SceneName, *a.Name, *a.URL, *a.Width, *a.Height)
		}},
		"batch": {[]string{"requests"}, func(p *OBS, ctx context.Context, a arguments) (any, error) {
			return p.Batch(ctx, a.Requests, *cmp.Or(a.Halt, new(false)))
		}},
		"screenshot": {run: func(p *OBS, ctx context.Context, a arguments) (any, error) {
			return p.Screenshot(ctx, *cmp.Or(a.SourceName, new("")), *cmp.Or(a.Format, new("jpg")), *cmp.Or(a.Width, new(0)))
		}},
	}
}

// Commands lists what Do can be told, in alphabetical order.
func Commands() []string { return slices.Sorted(maps.Keys(lines())) }

// Do carries out a command by its name, with arguments as a JSON object: what a
// socket or an HTTP request brings. A wrong payload is an *event.InvalidError.
// The answer is Done, []Result for a batch, or Image.
func (p *OBS) Do(ctx context.Context, command string, payload []byte) (any, error) {
	l, ok := lines()[command]
	if !ok {
		return nil, &Error{Code: "unknown_command", Message: fmt.Sprintf("there is no command %q for OBS", command)}
	}
	a, err := decodeArguments(payload, l.needs)
	if err != nil {
		return nil, err
	}
	return l.run(p, ctx, a)
}

func decodeArguments(payload []byte, needs []string) (a arguments, err error) {
	payload = bytes.TrimSpace(payload)
	if len(payload) == 0 || bytes.Equal(payload, []byte("null")) {
		payload = []byte("{}")
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(payload, &members) != nil {
		return a, event.ErrNotObject
	}
	var bad []event.FieldError
	for name, value := range members {
		one, err := json.Marshal(map[string]json.RawMessage{name: value})
		if err == nil {
			err = json.Unmarshal(one, &a)
		}
		if err != nil {
			bad = append(bad, event.FieldError{Field: name, Message: "has the wrong kind of value"})
		}
	}
	for _, name := range needs {
		if v, ok := members[name]; !ok || bytes.Equal(v, []byte("null")) || bytes.Equal(v, []byte(`""`)) {
			bad = append(bad, event.FieldError{Field: name, Message: "is required"})
		}
	}
	if len(bad) > 0 {
		slices.SortFunc(bad, func(x, y event.FieldError) int { return cmp.Compare(x.Field, y.Field) })
		return a, &event.InvalidError{Fields: bad}
	}
	return a, nil
}

// Ask answers a question about OBS in the shapes that the old HTTP and socket
// clients know: status, scenes, current_scene, stream_status, record_status,
// stats, version, virtual_cam, outputs, or state for the whole Snapshot. All but
// status and state are refused while OBS is away; none asks OBS.
func (p *OBS) Ask(question string) (any, error) {
	s := p.Snapshot()
	switch question {
	case "state":
		return s, nil
	case "status":
		health := "unhealthy"
		if st := p.Status().State; st == event.Running {
			health = "healthy"
		} else if st == event.Degraded {
			health = "degraded"
		}
		return map[string]any{"connected": s.Connected, "status": health, "metadata": map[string]any{"connection_state": s.ConnectionState, "reason": s.Reason}}, nil
	}
	if !s.Connected {
		return nil, ErrNotConnected
	}
	switch question {
	case "scenes":
		return map[string]any{"current_scene": s.ProgramScene, "preview_scene": s.PreviewScene, "scenes": s.Scenes}, nil
	case "current_scene":
		return map[string]any{"scene_name": s.ProgramScene}, nil
	case "stream_status":
		return outputAnswer(s.Stream), nil
	case "record_status":
		a := outputAnswer(s.Record)
		a["outputPaused"] = s.Record.State == "paused"
		return a, nil
	case "stats":
		return map[string]any{"service_state": s.ConnectionState, "obs_internal": s.Stats, "timestamp": s.Stats.ReadAt.UTC().Format(event.TimeFormat)}, nil
	case "version":
		return map[string]any{"obs_version": s.OBSVersion, "websocket_version": s.WebsocketVersion, "rpc_version": s.RPCVersion, "platform": s.Platform}, nil
	case "virtual_cam":
		return map[string]any{"outputActive": s.VirtualCam.Active, "available": s.VirtualCam.Available}, nil
	case "outputs":
		return map[string]any{"stream": s.Stream, "record": s.Record, "replay_buffer": s.ReplayBuffer, "virtual_cam": s.VirtualCam}, nil
	}
	return nil, &Error{Code: "unknown_command", Message: fmt.Sprintf("there is no question %q about OBS", question)}
}

func outputAnswer(o Output) map[string]any {
	return map[string]any{
		"outputActive": o.Active, "outputTimecode": o.Timecode, "outputDuration": o.DurationMS, "outputCongestion": o.Congestion,
		"outputBytes": o.Bytes, "outputSkippedFrames": o.SkippedFrames, "outputTotalFrames": o.TotalFrames,
	}
}
