package obs

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/andreykaipov/goobs/api"
	"github.com/andreykaipov/goobs/api/requests/config"
	"github.com/andreykaipov/goobs/api/requests/general"
	"github.com/andreykaipov/goobs/api/requests/inputs"
	"github.com/andreykaipov/goobs/api/requests/outputs"
	"github.com/andreykaipov/goobs/api/requests/record"
	"github.com/andreykaipov/goobs/api/requests/sceneitems"
	"github.com/andreykaipov/goobs/api/requests/scenes"
	"github.com/andreykaipov/goobs/api/requests/stream"
	"github.com/andreykaipov/goobs/api/requests/transitions"
	"github.com/andreykaipov/goobs/api/requests/ui"
)

const browserKind = "browser_source"

// readTimeout bounds a full read. 0.05 s is usual with 30 inputs; OBS takes its
// time while it loads a scene collection.
const readTimeout = 5 * time.Second

// ask gathers typed requests for one batch, each with what its answer is for.
type asks struct {
	requests []Request
	into     []func(Result) error
}

// ask adds a request; use gets its answer. A refusal is an error unless optional.
func ask[R any](a *asks, params api.Params, optional bool, use func(R)) {
	a.requests = append(a.requests, Request{Type: params.GetRequestName(), Data: params})
	a.into = append(a.into, func(r Result) error {
		var answer R
		if err := r.into(&answer); err != nil {
			if optional && !r.OK {
				return nil
			}
			return err
		}
		use(answer)
		return nil
	})
}

// send asks all of it in one message.
func (a *asks) send(ctx context.Context, l *link) error {
	if len(a.requests) == 0 {
		return nil
	}
	results, err := l.batch(ctx, false, a.requests)
	if err != nil {
		return err
	}
	for i, r := range results {
		if err := a.into[i](r); err != nil {
			return err
		}
	}
	return nil
}

// read asks OBS for everything that the mirror holds: two messages there and
// back, a third where there are inputs.
func read(ctx context.Context, l *link, mic string) (Snapshot, error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	s := empty()
	var special inputs.GetSpecialInputsResponse
	var kinds []string
	var transition string

	var a asks
	ask(&a, &general.GetVersionParams{}, false, func(r general.GetVersionResponse) {
		s.OBSVersion, s.WebsocketVersion, s.RPCVersion, s.Platform = r.ObsVersion, r.ObsWebSocketVersion, int(r.RpcVersion), r.PlatformDescription
		s.Can.Chapters = slices.Contains(r.AvailableRequests, "CreateRecordChapter")
	})
	ask(&a, &scenes.GetSceneListParams{}, false, func(r scenes.GetSceneListResponse) {
		s.ProgramScene, s.PreviewScene = r.CurrentProgramSceneName, r.CurrentPreviewSceneName
		slices.Reverse(r.Scenes) // OBS sends the lowest first
		for _, sc := range r.Scenes {
			s.Scenes = append(s.Scenes, Scene{sc.SceneName, sc.SceneUuid})
		}
	})
	ask(&a, &ui.GetStudioModeEnabledParams{}, false, func(r ui.GetStudioModeEnabledResponse) { s.StudioMode = r.StudioModeEnabled })
	ask(&a, &transitions.GetSceneTransitionListParams{}, false, func(r transitions.GetSceneTransitionListResponse) {
		transition = r.CurrentSceneTransitionName
		for _, t := range r.Transitions {
			s.Transitions = append(s.Transitions, Transition{t.TransitionName, t.TransitionKind, t.TransitionFixed})
		}
	})
	ask(&a, &transitions.GetCurrentSceneTransitionParams{}, true, func(r transitions.GetCurrentSceneTransitionResponse) {
		s.TransitionMS = int(r.TransitionDuration)
	})
	ask(&a, &inputs.GetInputListParams{}, false, func(r inputs.GetInputListResponse) {
		for _, in := range r.Inputs {
			s.Inputs = append(s.Inputs, Input{Name: in.InputName, UUID: in.InputUuid, Kind: in.InputKind})
		}
	})
	ask(&a, inputs.NewGetInputKindListParams(), false, func(r inputs.GetInputKindListResponse) { kinds = r.InputKinds })
	ask(&a, &inputs.GetSpecialInputsParams{}, false, func(r inputs.GetSpecialInputsResponse) { special = r })
	ask(&a, &stream.GetStreamStatusParams{}, false, func(r stream.GetStreamStatusResponse) { s.Stream.readStream(r) })
	ask(&a, &record.GetRecordStatusParams{}, false, func(r record.GetRecordStatusResponse) { s.Record.readRecord(r) })
	ask(&a, &outputs.GetReplayBufferStatusParams{}, true, func(r outputs.GetReplayBufferStatusResponse) { s.ReplayBuffer.set(r.OutputActive) })
	ask(&a, &outputs.GetVirtualCamStatusParams{}, true, func(r outputs.GetVirtualCamStatusResponse) { s.VirtualCam.set(r.OutputActive) })
	ask(&a, &config.GetVideoSettingsParams{}, false, func(r config.GetVideoSettingsResponse) {
		s.Video = Video{int(r.BaseWidth), int(r.BaseHeight), int(r.OutputWidth), int(r.OutputHeight), r.FpsNumerator / max(1, r.FpsDenominator)}
	})
	ask(&a, &config.GetSceneCollectionListParams{}, false, func(r config.GetSceneCollectionListResponse) { s.SceneCollection = r.CurrentSceneCollectionName })
	ask(&a, &config.GetProfileListParams{}, false, func(r config.GetProfileListResponse) { s.Profile = r.CurrentProfileName })
	ask(&a, &general.GetStatsParams{}, false, func(r general.GetStatsResponse) { s.Stats = statsOf(r) })
	if err := a.send(ctx, l); err != nil {
		return s, fmt.Errorf("read OBS's state: %w", err)
	}
	s.Transition = transition
	s.Can.BrowserSources = slices.Contains(kinds, browserKind)
	if mic == "" {
		mic = special.Mic1
	}

	var b asks
	ask(&b, sceneitems.NewGetSceneItemListParams().WithSceneName(s.ProgramScene), true, func(r sceneitems.GetSceneItemListResponse) {
		slices.Reverse(r.SceneItems)
		for _, it := range r.SceneItems {
			s.Items = append(s.Items, SceneItem{it.SceneItemID, it.SourceName, it.InputKind, it.SceneItemEnabled, it.SceneItemLocked, it.IsGroup})
		}
	})
	for i := range s.Inputs {
		in := &s.Inputs[i]
		in.Microphone = in.Name == mic
		// An input that went away since is refused, as one without sound is.
		ask(&b, inputs.NewGetInputMuteParams().WithInputName(in.Name), true, func(r inputs.GetInputMuteResponse) { in.Audio, in.Muted = true, r.InputMuted })
		ask(&b, inputs.NewGetInputVolumeParams().WithInputName(in.Name), true, func(r inputs.GetInputVolumeResponse) {
			in.VolumeDB, in.VolumeMul = r.InputVolumeDb, r.InputVolumeMul
		})
		if in.Kind == browserKind {
			ask(&b, inputs.NewGetInputSettingsParams().WithInputName(in.Name), true, func(r inputs.GetInputSettingsResponse) { in.setBrowser(r.InputSettings) })
		}
	}
	if err := b.send(ctx, l); err != nil {
		return s, fmt.Errorf("read OBS's inputs: %w", err)
	}
	return s, nil
}

// setBrowser takes what matters from the settings of a browser source. OBS leaves
// out what has its default: 800 by 600.
func (in *Input) setBrowser(settings map[string]any) {
	text := func(key string) string { s, _ := settings[key].(string); return s }
	number := func(key string, without int) int {
		if f, ok := settings[key].(float64); ok {
			return int(f)
		}
		return without
	}
	in.url, in.width, in.height = text("url"), number("width", 800), number("height", 600)
	in.shutdown, _ = settings["shutdown"].(bool)
	if local, _ := settings["is_local_file"].(bool); local {
		in.url = ""
	}
}

func statsOf(r general.GetStatsResponse) Stats {
	return Stats{
		FPS: r.ActiveFps, CPU: r.CpuUsage, MemoryMB: r.MemoryUsage, DiskFreeMB: r.AvailableDiskSpace, FrameTimeMS: r.AverageFrameRenderTime,
		RenderSkippedFrames: int64(r.RenderSkippedFrames), RenderTotalFrames: int64(r.RenderTotalFrames),
		OutputSkippedFrames: int64(r.OutputSkippedFrames), OutputTotalFrames: int64(r.OutputTotalFrames), ReadAt: time.Now().UTC(),
	}
}

func (o *Output) set(active bool) {
	o.Available, o.Active, o.State = true, active, "stopped"
	if active {
		o.State = "started"
	}
}

func (o *Output) readStream(r stream.GetStreamStatusResponse) {
	o.set(r.OutputActive)
	if r.OutputReconnecting {
		o.State = "reconnecting"
	}
	o.measure(int64(r.OutputBytes), r.OutputTimecode, int64(r.OutputDuration))
	o.Congestion, o.SkippedFrames, o.TotalFrames = r.OutputCongestion, int64(r.OutputSkippedFrames), int64(r.OutputTotalFrames)
}

func (o *Output) readRecord(r record.GetRecordStatusResponse) {
	o.set(r.OutputActive)
	if r.OutputPaused {
		o.State = "paused"
	}
	o.measure(int64(r.OutputBytes), r.OutputTimecode, int64(r.OutputDuration))
}

// measure notes how far an output is; the bitrate is that since the last look.
func (o *Output) measure(bytes int64, timecode string, duration int64) {
	now := time.Now().UTC()
	if span := now.Sub(o.ReadAt); !o.ReadAt.IsZero() && span > 0 && bytes >= o.Bytes && o.Bytes > 0 {
		o.BitrateKbps = float64(bytes-o.Bytes) * 8 / 1000 / span.Seconds()
	}
	o.Bytes, o.Timecode, o.DurationMS, o.ReadAt = bytes, timecode, duration, now
	if !o.Active {
		o.BitrateKbps = 0
	}
}

// decode is json.Unmarshal for parts of OBS's events; what does not fit stays zero.
func decode[T any](data json.RawMessage) (v T) {
	_ = json.Unmarshal(data, &v)
	return v
}
