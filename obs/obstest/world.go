package obstest

import (
	"maps"
	"slices"
)

// world is what this OBS has; the server's mutex guards it.
type world struct {
	scenes           []string // the lowest first, as OBS lists them
	program, preview string
	studio           bool
	inputs           []*input
	items            map[string][]*item
	nextItem         int
	outputs          map[string]bool // stream, record, replay, virtualcam
	paused           bool
	stats            map[string]any
	streamStatus     map[string]any
	transition       string
	active           map[string]bool // sources that are not shown have false
	events           []emitted
}

type input struct {
	name, kind string
	settings   map[string]any
	muted      bool
	db         float64
}

type item struct {
	id      int
	source  string
	enabled bool
}

type emitted struct {
	name string
	data any
}

func newWorld() world {
	return world{
		scenes: []string{"Starting Soon", "Game"}, program: "Game",
		inputs:  []*input{{name: "Mic/Aux", kind: "wasapi_input_capture"}},
		items:   map[string][]*item{"Starting Soon": nil, "Game": nil},
		outputs: map[string]bool{}, active: map[string]bool{}, nextItem: 1, transition: "Cut",
		stats: map[string]any{
			"activeFps": 60.0, "availableDiskSpace": 500_000.0, "averageFrameRenderTime": 2.0, "cpuUsage": 3.0, "memoryUsage": 400.0,
			"outputSkippedFrames": 0.0, "outputTotalFrames": 0.0, "renderSkippedFrames": 0.0, "renderTotalFrames": 1000.0,
		},
		streamStatus: map[string]any{"outputTimecode": "00:00:00.000", "outputDuration": 0.0, "outputBytes": 0.0, "outputCongestion": 0.0, "outputSkippedFrames": 0.0, "outputTotalFrames": 0.0},
	}
}

// AddBrowser puts a browser source into a scene, as a person does in OBS.
func (s *Server) AddBrowser(scene, name, url string) {
	s.mu.Lock()
	s.events = nil
	s.addInput(scene, name, "browser_source", map[string]any{"url": url, "width": 1920.0, "height": 1080.0})
	events := s.events
	s.mu.Unlock()
	s.emitAll(events)
}

// URLOf is the URL of a browser source.
func (s *Server) URLOf(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if in := s.find(name); in != nil {
		u, _ := in.settings["url"].(string)
		return u
	}
	return ""
}

// Mute mutes an input, as a person does in OBS.
func (s *Server) Mute(name string, muted bool) {
	s.mu.Lock()
	s.events = nil
	_, _ = s.do("SetInputMute", map[string]any{"inputName": name, "inputMuted": muted}) // a name that is not there changes nothing
	events := s.events
	s.mu.Unlock()
	s.emitAll(events)
}

// Show says whether a source is visible anywhere; sources are until it is told.
func (s *Server) Show(source string, shown bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.active[source] = shown
}

// SetStats changes figures of GetStats.
func (s *Server) SetStats(figures map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.Copy(s.stats, figures)
}

// SetStream changes figures of GetStreamStatus.
func (s *Server) SetStream(figures map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.Copy(s.streamStatus, figures)
}

// Output starts or stops stream, record, replay or virtualcam from within OBS.
func (s *Server) Output(name string, on bool) {
	s.mu.Lock()
	s.events = nil
	s.output(name, on)
	events := s.events
	s.mu.Unlock()
	s.emitAll(events)
}

func (w *world) emit(name string, data map[string]any) {
	w.events = append(w.events, emitted{name, data})
}

func (w *world) find(name string) *input {
	if i := slices.IndexFunc(w.inputs, func(in *input) bool { return in.name == name }); i >= 0 {
		return w.inputs[i]
	}
	return nil
}

func (w *world) addInput(scene, name, kind string, settings map[string]any) int {
	in := &input{name: name, kind: kind, settings: settings}
	w.inputs = append(w.inputs, in)
	id := w.nextItem
	w.nextItem++
	w.items[scene] = append(w.items[scene], &item{id, name, true})
	w.emit("InputCreated", map[string]any{"inputName": name, "inputKind": kind, "unversionedInputKind": kind, "inputSettings": settings})
	w.emit("SceneItemCreated", map[string]any{"sceneName": scene, "sourceName": name, "sceneItemId": id, "sceneItemIndex": len(w.items[scene]) - 1})
	return id
}

var outputEvents = map[string]string{"stream": "StreamStateChanged", "record": "RecordStateChanged", "replay": "ReplayBufferStateChanged", "virtualcam": "VirtualcamStateChanged"}

func (w *world) output(name string, on bool) {
	w.outputs[name] = on
	between, after := "STOPPING", "STOPPED"
	if on {
		between, after = "STARTING", "STARTED"
	}
	w.emit(outputEvents[name], map[string]any{"outputActive": !on, "outputState": "OBS_WEBSOCKET_OUTPUT_" + between})
	data := map[string]any{"outputActive": on, "outputState": "OBS_WEBSOCKET_OUTPUT_" + after}
	if name == "record" && !on {
		data["outputPath"] = "D:/Videos/take.mp4"
	}
	w.emit(outputEvents[name], data)
}

func (w *world) toggle(name string, on bool) error {
	if w.outputs[name] == on {
		if on {
			return no(500, "The output is running.")
		}
		return no(501, "The output is not running.")
	}
	w.output(name, on)
	return nil
}

// do carries out one request.
func (w *world) do(name string, d map[string]any) (any, error) {
	text := func(key string) string { s, _ := d[key].(string); return s }
	flag := func(key string) bool { b, _ := d[key].(bool); return b }
	number := func(key string) float64 { f, _ := d[key].(float64); return f }
	scene := func() (string, error) {
		if n := text("sceneName"); slices.Contains(w.scenes, n) {
			return n, nil
		}
		return "", no(600, "No source was found by the name of `%s`.", text("sceneName"))
	}
	in := w.find(text("inputName"))
	if in == nil && d["inputName"] != nil && name != "CreateInput" {
		return nil, no(600, "No source was found by the name of `%s`.", text("inputName"))
	}
	switch name {
	case "GetVersion":
		return map[string]any{
			"obsVersion": "31.1.0", "obsWebSocketVersion": "5.6.3", "rpcVersion": 1, "platform": "windows", "platformDescription": "Windows 11",
			"availableRequests": []string{"GetVersion", "CreateRecordChapter"}, "supportedImageFormats": []string{"png", "jpg"},
		}, nil
	case "GetSceneList":
		list := []any{}
		for i, s := range w.scenes {
			list = append(list, map[string]any{"sceneIndex": i, "sceneName": s, "sceneUuid": "uuid-" + s})
		}
		a := map[string]any{"currentProgramSceneName": w.program, "currentPreviewSceneName": nil, "scenes": list}
		if w.studio {
			a["currentPreviewSceneName"] = w.preview
		}
		return a, nil
	case "SetCurrentProgramScene":
		s, err := scene()
		if err == nil && s != w.program {
			w.program = s
			w.emit("CurrentProgramSceneChanged", map[string]any{"sceneName": s, "sceneUuid": "uuid-" + s})
		}
		return nil, err
	case "GetStudioModeEnabled":
		return map[string]any{"studioModeEnabled": w.studio}, nil
	case "SetStudioModeEnabled":
		w.studio = flag("studioModeEnabled")
		w.preview = w.program
		w.emit("StudioModeStateChanged", map[string]any{"studioModeEnabled": w.studio})
	case "SetCurrentPreviewScene":
		s, err := scene()
		if !w.studio {
			return nil, no(506, "Studio mode is not active.")
		}
		if err == nil {
			w.preview = s
			w.emit("CurrentPreviewSceneChanged", map[string]any{"sceneName": s})
		}
		return nil, err
	case "GetSceneTransitionList":
		return map[string]any{"currentSceneTransitionName": w.transition, "transitions": []any{map[string]any{"transitionName": "Cut", "transitionKind": "cut_transition", "transitionFixed": true}}}, nil
	case "GetCurrentSceneTransition":
		return map[string]any{"transitionName": w.transition, "transitionFixed": true, "transitionDuration": nil}, nil
	case "GetInputList":
		list := []any{}
		for _, in := range w.inputs {
			list = append(list, map[string]any{"inputName": in.name, "inputKind": in.kind, "unversionedInputKind": in.kind})
		}
		return map[string]any{"inputs": list}, nil
	case "GetInputKindList":
		return map[string]any{"inputKinds": []string{"wasapi_input_capture", "color_source_v3", "browser_source"}}, nil
	case "GetSpecialInputs":
		return map[string]any{"mic1": "Mic/Aux", "desktop1": nil}, nil
	case "GetInputMute":
		return map[string]any{"inputMuted": in.muted}, nil
	case "SetInputMute":
		in.muted = flag("inputMuted")
		w.emit("InputMuteStateChanged", map[string]any{"inputName": in.name, "inputMuted": in.muted})
	case "GetInputVolume":
		return map[string]any{"inputVolumeDb": in.db, "inputVolumeMul": 1.0}, nil
	case "SetInputVolume":
		in.db = number("inputVolumeDb")
		w.emit("InputVolumeChanged", map[string]any{"inputName": in.name, "inputVolumeDb": in.db, "inputVolumeMul": 1.0})
	case "GetInputSettings":
		return map[string]any{"inputSettings": in.settings, "inputKind": in.kind}, nil
	case "SetInputSettings":
		settings, _ := d["inputSettings"].(map[string]any)
		in.settings = maps.Clone(in.settings)
		maps.Copy(in.settings, settings)
		w.emit("InputSettingsChanged", map[string]any{"inputName": in.name, "inputSettings": in.settings})
	case "PressInputPropertiesButton":
		if in.kind != "browser_source" || text("propertyName") != "refreshnocache" {
			return nil, no(600, "Unable to find a property by that name.")
		}
	case "CreateInput":
		s, err := scene()
		if err != nil {
			return nil, err
		}
		if w.find(text("inputName")) != nil {
			return nil, no(601, "A source already exists by that input name.")
		}
		settings, _ := d["inputSettings"].(map[string]any)
		return map[string]any{"sceneItemId": w.addInput(s, text("inputName"), text("inputKind"), settings)}, nil
	case "GetSceneItemList":
		s, err := scene()
		list := []any{}
		for i, it := range w.items[s] {
			kind := ""
			if src := w.find(it.source); src != nil {
				kind = src.kind
			}
			list = append(list, map[string]any{"sceneItemId": it.id, "sceneItemIndex": i, "sourceName": it.source, "inputKind": kind, "sceneItemEnabled": it.enabled, "isGroup": nil})
		}
		return map[string]any{"sceneItems": list}, err
	case "SetSceneItemEnabled":
		s, err := scene()
		for _, it := range w.items[s] {
			if it.id == int(number("sceneItemId")) {
				it.enabled = flag("sceneItemEnabled")
				w.emit("SceneItemEnableStateChanged", map[string]any{"sceneName": s, "sceneItemId": it.id, "sceneItemEnabled": it.enabled})
				return nil, err
			}
		}
		return nil, no(600, "No scene items were found in the specified scene by that ID.")
	case "GetSourceActive":
		shown, told := w.active[text("sourceName")]
		return map[string]any{"videoActive": shown || !told, "videoShowing": shown || !told}, nil
	case "GetSourceScreenshot":
		return map[string]any{"imageData": "data:image/png;base64,iVBORw0KGgo="}, nil
	case "GetStreamStatus":
		a := maps.Clone(w.streamStatus)
		a["outputActive"] = w.outputs["stream"]
		return a, nil
	case "GetRecordStatus":
		return map[string]any{"outputActive": w.outputs["record"], "outputPaused": w.paused, "outputTimecode": "00:00:00.000"}, nil
	case "GetReplayBufferStatus":
		return map[string]any{"outputActive": w.outputs["replay"]}, nil
	case "GetVirtualCamStatus":
		return map[string]any{"outputActive": w.outputs["virtualcam"]}, nil
	case "StartStream":
		return nil, w.toggle("stream", true)
	case "StopStream":
		return nil, w.toggle("stream", false)
	case "StartRecord":
		return nil, w.toggle("record", true)
	case "StopRecord":
		return map[string]any{"outputPath": "D:/Videos/take.mp4"}, w.toggle("record", false)
	case "PauseRecord", "ResumeRecord":
		if !w.outputs["record"] {
			return nil, no(501, "The output is not running.")
		}
		w.paused = name == "PauseRecord"
		state := map[bool]string{true: "PAUSED", false: "RESUMED"}[w.paused]
		w.emit("RecordStateChanged", map[string]any{"outputActive": true, "outputState": "OBS_WEBSOCKET_OUTPUT_" + state})
	case "StartReplayBuffer":
		return nil, w.toggle("replay", true)
	case "StopReplayBuffer":
		return nil, w.toggle("replay", false)
	case "SaveReplayBuffer":
		if !w.outputs["replay"] {
			return nil, no(501, "The output is not running.")
		}
		w.emit("ReplayBufferSaved", map[string]any{"savedReplayPath": "D:/Videos/Replay.mkv"})
	case "StartVirtualCam":
		return nil, w.toggle("virtualcam", true)
	case "StopVirtualCam":
		return nil, w.toggle("virtualcam", false)
	case "CreateRecordChapter":
		if !w.outputs["record"] {
			return nil, no(501, "The output is not running.")
		}
	case "SendStreamCaption":
		if !w.outputs["stream"] {
			return nil, no(501, "The output is not running.")
		}
	case "GetVideoSettings":
		return map[string]any{"baseWidth": 1920, "baseHeight": 1080, "outputWidth": 1920, "outputHeight": 1080, "fpsNumerator": 60, "fpsDenominator": 1}, nil
	case "GetSceneCollectionList":
		return map[string]any{"currentSceneCollectionName": "Stream", "sceneCollections": []string{"Stream"}}, nil
	case "GetProfileList":
		return map[string]any{"currentProfileName": "Stream", "profiles": []string{"Stream"}}, nil
	case "GetProfileParameter":
		return map[string]any{"parameterValue": nil, "defaultParameterValue": nil}, nil
	case "GetStats":
		return maps.Clone(w.stats), nil
	case "SetCurrentSceneTransition", "SetCurrentSceneTransitionDuration", "TriggerStudioModeTransition", "Sleep":
	default:
		return nil, no(204, "Your request type is not valid.")
	}
	return nil, nil
}
