package obs

import (
	"reflect"
	"strings"

	"github.com/andreykaipov/goobs/api/opcodes"
)

// The mirror is always right by this argument. A read gives OBS's state at some
// moment between its beginning and its end. Each event since the beginning is kept
// and applied again on top of it, in OBS's order. What the read saw too early, an
// event mends; an event that the read had seen already says nothing new, or
// something older than the event that is still to come. Values are set from
// events at once; where a list changed, an event only asks for another read.

// fields are the parts of OBS's events that the mirror looks at.
type fields struct {
	SceneName          string         `json:"sceneName"`
	StudioModeEnabled  bool           `json:"studioModeEnabled"`
	TransitionName     string         `json:"transitionName"`
	TransitionDuration float64        `json:"transitionDuration"`
	InputName          string         `json:"inputName"`
	InputKind          string         `json:"inputKind"`
	InputMuted         bool           `json:"inputMuted"`
	InputVolumeDB      float64        `json:"inputVolumeDb"`
	InputVolumeMul     float64        `json:"inputVolumeMul"`
	InputSettings      map[string]any `json:"inputSettings"`
	SceneItemID        int            `json:"sceneItemId"`
	SceneItemEnabled   bool           `json:"sceneItemEnabled"`
	SceneItemLocked    bool           `json:"sceneItemLocked"`
	OutputActive       bool           `json:"outputActive"`
	OutputState        string         `json:"outputState"`
	OutputPath         string         `json:"outputPath"`
	NewOutputPath      string         `json:"newOutputPath"`
	SavedReplayPath    string         `json:"savedReplayPath"`
}

// apply brings the state up to date with one event. It reports whether something
// changed and whether only a read can tell what.
func (s *Snapshot) apply(e opcodes.Event) (changed, reread bool) {
	f := decode[fields](e.Data)
	switch e.Type {
	case "CurrentProgramSceneChanged":
		changed = s.ProgramScene != f.SceneName
		s.ProgramScene = f.SceneName
		return changed, true // it has other items
	case "CurrentPreviewSceneChanged":
		s.PreviewScene = f.SceneName
	case "StudioModeStateChanged":
		s.StudioMode = f.StudioModeEnabled
		if !s.StudioMode {
			s.PreviewScene = ""
		}
		return true, true
	case "CurrentSceneTransitionChanged":
		s.Transition = f.TransitionName
		return true, true // it has another duration
	case "CurrentSceneTransitionDurationChanged":
		s.TransitionMS = int(f.TransitionDuration)
	case "InputMuteStateChanged":
		if in := s.input(f.InputName); in != nil {
			in.Muted = f.InputMuted
		}
	case "InputVolumeChanged":
		if in := s.input(f.InputName); in != nil {
			in.VolumeDB, in.VolumeMul = f.InputVolumeDB, f.InputVolumeMul
		}
	case "InputSettingsChanged":
		in := s.input(f.InputName)
		if in == nil || in.Kind != browserKind {
			return false, false
		}
		in.setBrowser(f.InputSettings)
	case "SceneItemEnableStateChanged", "SceneItemLockStateChanged":
		if f.SceneName != s.ProgramScene {
			return false, false
		}
		for i := range s.Items {
			if it := &s.Items[i]; it.ID != f.SceneItemID {
				continue
			} else if e.Type == "SceneItemEnableStateChanged" {
				it.Enabled = f.SceneItemEnabled
			} else {
				it.Locked = f.SceneItemLocked
			}
		}
	case "SceneItemCreated", "SceneItemRemoved", "SceneItemListReindexed":
		return false, f.SceneName == s.ProgramScene
	case "SceneCreated", "SceneRemoved", "SceneNameChanged", "SceneListChanged", "InputCreated", "InputRemoved", "InputNameChanged",
		"CurrentSceneCollectionChanged", "CurrentProfileChanged":
		return false, true
	case "StreamStateChanged":
		s.Stream.event(f)
	case "RecordStateChanged":
		s.Record.event(f)
	case "ReplayBufferStateChanged":
		s.ReplayBuffer.event(f)
	case "VirtualcamStateChanged":
		s.VirtualCam.event(f)
	case "RecordFileChanged":
		s.Record.Path = f.NewOutputPath
	case "ReplayBufferSaved":
		s.ReplayBuffer.Path = f.SavedReplayPath
	default:
		return false, false
	}
	return true, false
}

// outputStates are obs-websocket's names in ours.
func outputState(name string) string {
	switch name = strings.ToLower(strings.TrimPrefix(name, "OBS_WEBSOCKET_OUTPUT_")); name {
	case "resumed", "reconnected":
		return "started"
	case "unknown":
		return "stopped"
	}
	return name
}

func (o *Output) event(f fields) {
	o.Available, o.State = true, outputState(f.OutputState)
	// OBS says inactive while it starts and while it stops.
	o.Active = f.OutputActive || o.State == "started" || o.State == "paused" || o.State == "reconnecting"
	if f.OutputPath != "" {
		o.Path = f.OutputPath
	}
	if o.State == "started" && o.Bytes > 0 && o.DurationMS > 0 || o.State == "stopped" {
		o.BitrateKbps = 0
	}
}

// adopt takes over what a read cannot tell from the state before it.
func (s *Snapshot) adopt(old *Snapshot) {
	s.Connected, s.ConnectionState, s.Reason, s.SessionID = old.Connected, old.ConnectionState, old.Reason, old.SessionID
	s.Sources, s.Warnings, s.Version = old.Sources, old.Warnings, old.Version
	for _, p := range [][2]*Output{{&s.Stream, &old.Stream}, {&s.Record, &old.Record}, {&s.ReplayBuffer, &old.ReplayBuffer}, {&s.VirtualCam, &old.VirtualCam}} {
		now, was := p[0], p[1]
		now.Path, now.BitrateKbps = was.Path, was.BitrateKbps
		if !now.Active {
			now.BitrateKbps = 0
		}
		if now.Active == was.Active && (was.State == "starting" || was.State == "stopping") {
			now.State = was.State
		}
	}
}

// differences names the members in which two states of OBS differ, without what
// changes all the time.
func differences(a, b Snapshot) (names []string) {
	for _, s := range []*Snapshot{&a, &b} {
		s.Version, s.Stats, s.Sources, s.Warnings, s.Connected, s.ConnectionState, s.Reason, s.SessionID = 0, Stats{}, nil, nil, false, "", "", ""
		for _, o := range []*Output{&s.Stream, &s.Record, &s.ReplayBuffer, &s.VirtualCam} {
			*o = Output{Available: o.Available, Active: o.Active, State: o.State}
		}
	}
	va, vb := reflect.ValueOf(a), reflect.ValueOf(b)
	for i := range va.NumField() {
		if !reflect.DeepEqual(va.Field(i).Interface(), vb.Field(i).Interface()) {
			names = append(names, va.Type().Field(i).Name)
		}
	}
	return names
}
