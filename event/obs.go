package event

// OBSSession says which connection to OBS an event came over.
type OBSSession struct {
	SessionID string `json:"session_id"`
}

// Fields that hold OBS's own structures, whose shape depends on the kind of
// input or filter, are JSON as OBS sent it; their keys stay as OBS spells them.

// OBSConnectionEstablished is the link to OBS, identified and with its state read.
type OBSConnectionEstablished struct {
	OBSSession
	ConnectionState  string `json:"connection_state"`
	WebsocketVersion string `json:"websocket_version"`
	RPCVersion       int    `json:"rpc_version" rule:"min=0"`
	Authentication   bool   `json:"authentication"`
}

func (OBSConnectionEstablished) EventType() Type { return "obs.connection_established" }

// OBSConnectionLost is the link to OBS gone.
type OBSConnectionLost struct {
	OBSSession
	ConnectionState string `json:"connection_state"`
	Reason          string `json:"reason" rule:"free"`
	Reconnecting    bool   `json:"reconnecting"`
}

func (OBSConnectionLost) EventType() Type { return "obs.connection_lost" }

// Text is the reason.
func (e OBSConnectionLost) Text() string { return e.Reason }

// OBSExitStarted is OBS shutting down.
type OBSExitStarted struct {
	OBSSession
}

func (OBSExitStarted) EventType() Type { return "obs.exit_started" }

// OBSCurrentProgramSceneChanged is another scene on air.
type OBSCurrentProgramSceneChanged struct {
	OBSSession
	SceneName     string `json:"scene_name" rule:"required"`
	SceneUUID     string `json:"scene_uuid,omitempty"`
	PreviousScene string `json:"previous_scene"`
}

func (OBSCurrentProgramSceneChanged) EventType() Type { return "obs.current_program_scene_changed" }

// Text is the scene.
func (e OBSCurrentProgramSceneChanged) Text() string { return e.SceneName }

// OBSCurrentPreviewSceneChanged is another scene in the preview.
type OBSCurrentPreviewSceneChanged struct {
	OBSSession
	SceneName string `json:"scene_name" rule:"required"`
	SceneUUID string `json:"scene_uuid,omitempty"`
}

func (OBSCurrentPreviewSceneChanged) EventType() Type { return "obs.current_preview_scene_changed" }

// Text is the scene.
func (e OBSCurrentPreviewSceneChanged) Text() string { return e.SceneName }

// OBSSceneCreated is a new scene.
type OBSSceneCreated struct {
	OBSSession
	SceneName string `json:"scene_name" rule:"required"`
	SceneUUID string `json:"scene_uuid,omitempty"`
	IsGroup   bool   `json:"is_group"`
}

func (OBSSceneCreated) EventType() Type { return "obs.scene_created" }

// Text is the scene.
func (e OBSSceneCreated) Text() string { return e.SceneName }

// OBSSceneRemoved is a scene gone.
type OBSSceneRemoved struct {
	OBSSession
	SceneName string `json:"scene_name" rule:"required"`
	SceneUUID string `json:"scene_uuid,omitempty"`
	IsGroup   bool   `json:"is_group"`
}

func (OBSSceneRemoved) EventType() Type { return "obs.scene_removed" }

// Text is the scene.
func (e OBSSceneRemoved) Text() string { return e.SceneName }

// OBSSceneNameChanged is a scene under another name.
type OBSSceneNameChanged struct {
	OBSSession
	SceneUUID    string `json:"scene_uuid,omitempty"`
	OldSceneName string `json:"old_scene_name"`
	SceneName    string `json:"scene_name" rule:"required"`
}

func (OBSSceneNameChanged) EventType() Type { return "obs.scene_name_changed" }

// Text is both names.
func (e OBSSceneNameChanged) Text() string { return words(e.SceneName, e.OldSceneName) }

// OBSSceneListChanged is the list of scenes in another order or with other scenes.
type OBSSceneListChanged struct {
	OBSSession
	Scenes List[OBSScene] `json:"scenes"`
}

func (OBSSceneListChanged) EventType() Type { return "obs.scene_list_changed" }

// OBSStreamStateChanged is the stream output starting, running, stopping or stopped. StreamStatus is active or inactive.
type OBSStreamStateChanged struct {
	OBSSession
	OutputActive bool   `json:"output_active"`
	OutputState  string `json:"output_state"`
	StreamStatus string `json:"stream_status" rule:"oneof=active|inactive"`
}

func (OBSStreamStateChanged) EventType() Type { return "obs.stream_state_changed" }

// OBSRecordStateChanged is the recording starting, running, paused, stopping or stopped. OutputPath is where it was saved, once it stopped.
type OBSRecordStateChanged struct {
	OBSSession
	OutputActive    bool   `json:"output_active"`
	OutputState     string `json:"output_state"`
	RecordingStatus string `json:"recording_status"`
	OutputPath      string `json:"output_path,omitempty" rule:"free"`
}

func (OBSRecordStateChanged) EventType() Type { return "obs.record_state_changed" }

// Text is the file.
func (e OBSRecordStateChanged) Text() string { return e.OutputPath }

// OBSRecordFileChanged is the recording going on in another file.
type OBSRecordFileChanged struct {
	OBSSession
	NewOutputPath string `json:"new_output_path" rule:"free"`
}

func (OBSRecordFileChanged) EventType() Type { return "obs.record_file_changed" }

// Text is the file.
func (e OBSRecordFileChanged) Text() string { return e.NewOutputPath }

// OBSReplayBufferStateChanged is the replay buffer starting, running, stopping or stopped.
type OBSReplayBufferStateChanged struct {
	OBSSession
	OutputActive bool   `json:"output_active"`
	OutputState  string `json:"output_state"`
}

func (OBSReplayBufferStateChanged) EventType() Type { return "obs.replay_buffer_state_changed" }

// OBSReplayBufferSaved is a replay in a file.
type OBSReplayBufferSaved struct {
	OBSSession
	SavedReplayPath string `json:"saved_replay_path" rule:"free"`
}

func (OBSReplayBufferSaved) EventType() Type { return "obs.replay_buffer_saved" }

// Text is the file.
func (e OBSReplayBufferSaved) Text() string { return e.SavedReplayPath }

// OBSVirtualcamStateChanged is the virtual camera starting, running, stopping or stopped.
type OBSVirtualcamStateChanged struct {
	OBSSession
	OutputActive bool   `json:"output_active"`
	OutputState  string `json:"output_state"`
}

func (OBSVirtualcamStateChanged) EventType() Type { return "obs.virtualcam_state_changed" }

// OBSStudioModeStateChanged is studio mode going on or off.
type OBSStudioModeStateChanged struct {
	OBSSession
	StudioModeEnabled bool `json:"studio_mode_enabled"`
}

func (OBSStudioModeStateChanged) EventType() Type { return "obs.studio_mode_state_changed" }

// OBSScreenshotSaved is a screenshot in a file.
type OBSScreenshotSaved struct {
	OBSSession
	SavedScreenshotPath string `json:"saved_screenshot_path" rule:"free"`
}

func (OBSScreenshotSaved) EventType() Type { return "obs.screenshot_saved" }

// Text is the file.
func (e OBSScreenshotSaved) Text() string { return e.SavedScreenshotPath }

// OBSCurrentSceneCollectionChanging is the scene collection about to change; requests may fail until it has.
type OBSCurrentSceneCollectionChanging struct {
	OBSSession
	SceneCollectionName string `json:"scene_collection_name"`
}

func (OBSCurrentSceneCollectionChanging) EventType() Type {
	return "obs.current_scene_collection_changing"
}

// OBSCurrentSceneCollectionChanged is another scene collection.
type OBSCurrentSceneCollectionChanged struct {
	OBSSession
	SceneCollectionName string `json:"scene_collection_name"`
}

func (OBSCurrentSceneCollectionChanged) EventType() Type {
	return "obs.current_scene_collection_changed"
}

// Text is its name.
func (e OBSCurrentSceneCollectionChanged) Text() string { return e.SceneCollectionName }

// OBSSceneCollectionListChanged is the list of scene collections.
type OBSSceneCollectionListChanged struct {
	OBSSession
	SceneCollections List[string] `json:"scene_collections"`
}

func (OBSSceneCollectionListChanged) EventType() Type { return "obs.scene_collection_list_changed" }

// OBSCurrentProfileChanging is the profile about to change.
type OBSCurrentProfileChanging struct {
	OBSSession
	ProfileName string `json:"profile_name"`
}

func (OBSCurrentProfileChanging) EventType() Type { return "obs.current_profile_changing" }

// OBSCurrentProfileChanged is another profile.
type OBSCurrentProfileChanged struct {
	OBSSession
	ProfileName string `json:"profile_name"`
}

func (OBSCurrentProfileChanged) EventType() Type { return "obs.current_profile_changed" }

// Text is its name.
func (e OBSCurrentProfileChanged) Text() string { return e.ProfileName }

// OBSProfileListChanged is the list of profiles.
type OBSProfileListChanged struct {
	OBSSession
	Profiles List[string] `json:"profiles"`
}

func (OBSProfileListChanged) EventType() Type { return "obs.profile_list_changed" }

// OBSVendorEvent is an event of an OBS plugin.
type OBSVendorEvent struct {
	OBSSession
	VendorName string `json:"vendor_name" rule:"required"`
	EventName  string `json:"event_type"`
	EventData  JSON   `json:"event_data,omitempty"`
}

func (OBSVendorEvent) EventType() Type { return "obs.vendor_event" }

// Text is the plugin and its event.
func (e OBSVendorEvent) Text() string { return words(e.VendorName, e.EventName) }

// OBSCustomEvent is what a client of obs-websocket broadcast to all.
type OBSCustomEvent struct {
	OBSSession
	EventData JSON `json:"event_data,omitempty"`
}

func (OBSCustomEvent) EventType() Type { return "obs.custom_event" }

// OBSScene is one scene of the list, the topmost with the highest index.
type OBSScene struct {
	SceneName  string `json:"scene_name"`
	SceneUUID  string `json:"scene_uuid,omitempty"`
	SceneIndex int    `json:"scene_index"`
}
