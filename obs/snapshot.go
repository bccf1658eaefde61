package obs

import (
	"slices"
	"time"
)

// Snapshot is all that Landale knows of OBS, as the dashboard shows it and as
// GET /api/obs answers. While OBS is away it keeps what was last known, with
// Connected false.
type Snapshot struct {
	// Version rises with every change; it starts anew with the program.
	Version   uint64 `json:"version"`
	Connected bool   `json:"connected"`
	// ConnectionState is connecting, connected, disconnected, refused (the
	// password) or off (no obs.url).
	ConnectionState string `json:"connection_state"`
	// Reason says why it is not connected.
	Reason           string `json:"reason"`
	SessionID        string `json:"session_id"`
	OBSVersion       string `json:"obs_version"`
	WebsocketVersion string `json:"websocket_version"`
	RPCVersion       int    `json:"rpc_version"`
	Platform         string `json:"platform"`

	SceneCollection string  `json:"scene_collection"`
	Profile         string  `json:"profile"`
	Scenes          []Scene `json:"scenes"` // as OBS lists them: the topmost first
	ProgramScene    string  `json:"program_scene"`
	// PreviewScene is empty outside of studio mode.
	PreviewScene string       `json:"preview_scene"`
	StudioMode   bool         `json:"studio_mode"`
	Transition   string       `json:"transition"`
	Transitions  []Transition `json:"transitions"`
	// TransitionMS is how long the transition takes; 0 if it has no duration.
	TransitionMS int         `json:"transition_ms"`
	Inputs       []Input     `json:"inputs"`
	Items        []SceneItem `json:"items"` // of the program scene, the topmost first

	Stream       Output `json:"stream"`
	Record       Output `json:"record"`
	ReplayBuffer Output `json:"replay_buffer"`
	VirtualCam   Output `json:"virtual_cam"`

	Video Video `json:"video"`
	Stats Stats `json:"stats"`
	// Can says what this OBS is able to do.
	Can Abilities `json:"can"`

	// Sources are the browser sources that show Landale's pages.
	Sources  []BrowserSource `json:"sources"`
	Warnings []Warning       `json:"warnings"`
}

// Scene is one scene.
type Scene struct {
	Name string `json:"name"`
	UUID string `json:"uuid,omitempty"`
}

// Transition is one transition; a fixed one has no duration to set.
type Transition struct {
	Name  string `json:"name"`
	Kind  string `json:"kind"`
	Fixed bool   `json:"fixed"`
}

// Input is one input. Muted and the volume are those of an input with sound.
type Input struct {
	Name      string  `json:"name"`
	UUID      string  `json:"uuid,omitempty"`
	Kind      string  `json:"kind"`
	Audio     bool    `json:"audio"`
	Muted     bool    `json:"muted"`
	VolumeDB  float64 `json:"volume_db"`
	VolumeMul float64 `json:"volume_mul"`
	// Microphone says that it is the one that the streamer speaks into.
	Microphone bool `json:"microphone"`

	url           string // of a browser source
	width, height int
	shutdown      bool
}

// SceneItem is one item of the program scene.
type SceneItem struct {
	ID      int    `json:"id"`
	Source  string `json:"source"`
	Kind    string `json:"kind"` // of an input; empty for scenes and groups
	Enabled bool   `json:"enabled"`
	Locked  bool   `json:"locked"`
	Group   bool   `json:"group"`
}

// Output is the stream, the recording, the replay buffer or the virtual camera.
type Output struct {
	// Available says that OBS has it at all.
	Available bool `json:"available"`
	Active    bool `json:"active"`
	// State is stopped, starting, started, reconnecting, paused or stopping.
	State    string `json:"state"`
	Timecode string `json:"timecode"`
	// DurationMS is how long it has run; it and the figures below are from ReadAt.
	DurationMS    int64     `json:"duration_ms"`
	Bytes         int64     `json:"bytes"`
	BitrateKbps   float64   `json:"bitrate_kbps"` // over the last seconds
	Congestion    float64   `json:"congestion"`   // 0 to 1
	SkippedFrames int64     `json:"skipped_frames"`
	TotalFrames   int64     `json:"total_frames"`
	ReadAt        time.Time `json:"read_at,omitzero"`
	// Path is the newest file that was written.
	Path string `json:"path,omitempty"`
}

// Video is the canvas and what is sent.
type Video struct {
	Width        int     `json:"width"`
	Height       int     `json:"height"`
	OutputWidth  int     `json:"output_width"`
	OutputHeight int     `json:"output_height"`
	FPS          float64 `json:"fps"`
}

// Stats are OBS's own figures, read every five seconds.
type Stats struct {
	FPS                 float64   `json:"fps"`
	CPU                 float64   `json:"cpu"`          // percent
	MemoryMB            float64   `json:"memory_mb"`    // of OBS
	DiskFreeMB          float64   `json:"disk_free_mb"` // where recordings go
	FrameTimeMS         float64   `json:"frame_time_ms"`
	RenderSkippedFrames int64     `json:"render_skipped_frames"`
	RenderTotalFrames   int64     `json:"render_total_frames"`
	OutputSkippedFrames int64     `json:"output_skipped_frames"`
	OutputTotalFrames   int64     `json:"output_total_frames"`
	ReadAt              time.Time `json:"read_at,omitzero"`
}

// Abilities differ between versions and builds of OBS.
type Abilities struct {
	Chapters       bool `json:"chapters"`
	BrowserSources bool `json:"browser_sources"`
}

// Warning is something that the streamer should look at now.
type Warning struct {
	// Kind tells warnings apart; there is one of a kind and subject at a time.
	Kind    string    `json:"kind"`
	Subject string    `json:"subject,omitempty"`
	Message string    `json:"message"`
	Since   time.Time `json:"since"`
}

// clone is a copy that shares nothing which changes.
func (s Snapshot) clone() Snapshot {
	s.Scenes = slices.Clone(s.Scenes)
	s.Transitions = slices.Clone(s.Transitions)
	s.Inputs = slices.Clone(s.Inputs)
	s.Items = slices.Clone(s.Items)
	s.Sources = slices.Clone(s.Sources)
	s.Warnings = slices.Clone(s.Warnings)
	return s
}

func empty() Snapshot {
	return Snapshot{
		ConnectionState: "disconnected", Scenes: []Scene{}, Transitions: []Transition{}, Inputs: []Input{}, Items: []SceneItem{},
		Sources: []BrowserSource{}, Warnings: []Warning{},
		Stream: Output{State: "stopped"}, Record: Output{State: "stopped"}, ReplayBuffer: Output{State: "stopped"}, VirtualCam: Output{State: "stopped"},
	}
}

func (s *Snapshot) input(name string) *Input {
	if i := slices.IndexFunc(s.Inputs, func(in Input) bool { return in.Name == name }); i >= 0 {
		return &s.Inputs[i]
	}
	return nil
}

// microphone is the input that the streamer speaks into; nil if OBS has none.
func (s *Snapshot) microphone() *Input {
	if i := slices.IndexFunc(s.Inputs, func(in Input) bool { return in.Microphone }); i >= 0 {
		return &s.Inputs[i]
	}
	return nil
}
