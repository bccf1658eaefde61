package event

// OBSInputCreated is a new input.
type OBSInputCreated struct {
	OBSSession
	InputName            string `json:"input_name" rule:"required"`
	InputUUID            string `json:"input_uuid,omitempty"`
	InputKind            string `json:"input_kind"`
	UnversionedInputKind string `json:"unversioned_input_kind,omitempty"`
	InputSettings        JSON   `json:"input_settings,omitempty"`
}

func (OBSInputCreated) EventType() Type { return "obs.input_created" }

// Text is the input.
func (e OBSInputCreated) Text() string { return e.InputName }

// OBSInputRemoved is an input gone.
type OBSInputRemoved struct {
	OBSSession
	InputName string `json:"input_name" rule:"required"`
	InputUUID string `json:"input_uuid,omitempty"`
}

func (OBSInputRemoved) EventType() Type { return "obs.input_removed" }

// Text is the input.
func (e OBSInputRemoved) Text() string { return e.InputName }

// OBSInputNameChanged is an input under another name.
type OBSInputNameChanged struct {
	OBSSession
	InputUUID    string `json:"input_uuid,omitempty"`
	OldInputName string `json:"old_input_name"`
	InputName    string `json:"input_name" rule:"required"`
}

func (OBSInputNameChanged) EventType() Type { return "obs.input_name_changed" }

// Text is both names.
func (e OBSInputNameChanged) Text() string { return words(e.InputName, e.OldInputName) }

// OBSInputSettingsChanged is an input with other settings.
type OBSInputSettingsChanged struct {
	OBSSession
	InputName     string `json:"input_name" rule:"required"`
	InputUUID     string `json:"input_uuid,omitempty"`
	InputSettings JSON   `json:"input_settings,omitempty"`
}

func (OBSInputSettingsChanged) EventType() Type { return "obs.input_settings_changed" }

// Text is the input.
func (e OBSInputSettingsChanged) Text() string { return e.InputName }

// OBSInputActiveStateChanged is an input coming on air or leaving it.
type OBSInputActiveStateChanged struct {
	OBSSession
	InputName   string `json:"input_name" rule:"required"`
	InputUUID   string `json:"input_uuid,omitempty"`
	VideoActive bool   `json:"video_active"`
}

func (OBSInputActiveStateChanged) EventType() Type { return "obs.input_active_state_changed" }

// Text is the input.
func (e OBSInputActiveStateChanged) Text() string { return e.InputName }

// OBSInputShowStateChanged is an input being shown anywhere, also in the preview, or no more.
type OBSInputShowStateChanged struct {
	OBSSession
	InputName    string `json:"input_name" rule:"required"`
	InputUUID    string `json:"input_uuid,omitempty"`
	VideoShowing bool   `json:"video_showing"`
}

func (OBSInputShowStateChanged) EventType() Type { return "obs.input_show_state_changed" }

// Text is the input.
func (e OBSInputShowStateChanged) Text() string { return e.InputName }

// OBSInputMuteStateChanged is an input muted or not.
type OBSInputMuteStateChanged struct {
	OBSSession
	InputName  string `json:"input_name" rule:"required"`
	InputUUID  string `json:"input_uuid,omitempty"`
	InputMuted bool   `json:"input_muted"`
}

func (OBSInputMuteStateChanged) EventType() Type { return "obs.input_mute_state_changed" }

// Text is the input.
func (e OBSInputMuteStateChanged) Text() string { return e.InputName }

// OBSInputVolumeChanged is an input's volume, as a factor and in dB (silence is -100).
type OBSInputVolumeChanged struct {
	OBSSession
	InputName      string  `json:"input_name" rule:"required"`
	InputUUID      string  `json:"input_uuid,omitempty"`
	InputVolumeMul float64 `json:"input_volume_mul" rule:"min=0"`
	InputVolumeDB  float64 `json:"input_volume_db"`
}

func (OBSInputVolumeChanged) EventType() Type { return "obs.input_volume_changed" }

// Text is the input.
func (e OBSInputVolumeChanged) Text() string { return e.InputName }

// OBSInputAudioBalanceChanged is an input's balance, 0 left to 1 right.
type OBSInputAudioBalanceChanged struct {
	OBSSession
	InputName         string  `json:"input_name" rule:"required"`
	InputUUID         string  `json:"input_uuid,omitempty"`
	InputAudioBalance float64 `json:"input_audio_balance" rule:"unit"`
}

func (OBSInputAudioBalanceChanged) EventType() Type { return "obs.input_audio_balance_changed" }

// Text is the input.
func (e OBSInputAudioBalanceChanged) Text() string { return e.InputName }

// OBSInputAudioSyncOffsetChanged is an input's delay in milliseconds.
type OBSInputAudioSyncOffsetChanged struct {
	OBSSession
	InputName            string `json:"input_name" rule:"required"`
	InputUUID            string `json:"input_uuid,omitempty"`
	InputAudioSyncOffset int    `json:"input_audio_sync_offset"`
}

func (OBSInputAudioSyncOffsetChanged) EventType() Type { return "obs.input_audio_sync_offset_changed" }

// Text is the input.
func (e OBSInputAudioSyncOffsetChanged) Text() string { return e.InputName }

// OBSInputAudioTracksChanged is which tracks an input is on, by number.
type OBSInputAudioTracksChanged struct {
	OBSSession
	InputName        string          `json:"input_name" rule:"required"`
	InputUUID        string          `json:"input_uuid,omitempty"`
	InputAudioTracks map[string]bool `json:"input_audio_tracks"`
}

func (OBSInputAudioTracksChanged) EventType() Type { return "obs.input_audio_tracks_changed" }

// Text is the input.
func (e OBSInputAudioTracksChanged) Text() string { return e.InputName }

// OBSInputAudioMonitorTypeChanged is how an input is monitored.
type OBSInputAudioMonitorTypeChanged struct {
	OBSSession
	InputName   string `json:"input_name" rule:"required"`
	InputUUID   string `json:"input_uuid,omitempty"`
	MonitorType string `json:"monitor_type"`
}

func (OBSInputAudioMonitorTypeChanged) EventType() Type {
	return "obs.input_audio_monitor_type_changed"
}

// Text is the input.
func (e OBSInputAudioMonitorTypeChanged) Text() string { return e.InputName }

// OBSMediaInputPlaybackStarted is a media input that plays.
type OBSMediaInputPlaybackStarted struct {
	OBSSession
	InputName string `json:"input_name" rule:"required"`
	InputUUID string `json:"input_uuid,omitempty"`
}

func (OBSMediaInputPlaybackStarted) EventType() Type { return "obs.media_input_playback_started" }

// Text is the input.
func (e OBSMediaInputPlaybackStarted) Text() string { return e.InputName }

// OBSMediaInputPlaybackEnded is a media input at its end.
type OBSMediaInputPlaybackEnded struct {
	OBSSession
	InputName string `json:"input_name" rule:"required"`
	InputUUID string `json:"input_uuid,omitempty"`
}

func (OBSMediaInputPlaybackEnded) EventType() Type { return "obs.media_input_playback_ended" }

// Text is the input.
func (e OBSMediaInputPlaybackEnded) Text() string { return e.InputName }

// OBSMediaInputActionTriggered is a media input that was told to play, pause, stop or jump.
type OBSMediaInputActionTriggered struct {
	OBSSession
	InputName   string `json:"input_name" rule:"required"`
	InputUUID   string `json:"input_uuid,omitempty"`
	MediaAction string `json:"media_action"`
}

func (OBSMediaInputActionTriggered) EventType() Type { return "obs.media_input_action_triggered" }

// Text is the input.
func (e OBSMediaInputActionTriggered) Text() string { return e.InputName }

// OBSSceneItemCreated is a source put into a scene.
type OBSSceneItemCreated struct {
	OBSSession
	SceneName      string `json:"scene_name" rule:"required"`
	SceneUUID      string `json:"scene_uuid,omitempty"`
	SourceName     string `json:"source_name" rule:"required"`
	SourceUUID     string `json:"source_uuid,omitempty"`
	SceneItemID    int    `json:"scene_item_id"`
	SceneItemIndex int    `json:"scene_item_index"`
}

func (OBSSceneItemCreated) EventType() Type { return "obs.scene_item_created" }

// Text is scene and source.
func (e OBSSceneItemCreated) Text() string { return words(e.SceneName, e.SourceName) }

// OBSSceneItemRemoved is a source taken out of a scene.
type OBSSceneItemRemoved struct {
	OBSSession
	SceneName   string `json:"scene_name" rule:"required"`
	SceneUUID   string `json:"scene_uuid,omitempty"`
	SourceName  string `json:"source_name" rule:"required"`
	SourceUUID  string `json:"source_uuid,omitempty"`
	SceneItemID int    `json:"scene_item_id"`
}

func (OBSSceneItemRemoved) EventType() Type { return "obs.scene_item_removed" }

// Text is scene and source.
func (e OBSSceneItemRemoved) Text() string { return words(e.SceneName, e.SourceName) }

// OBSSceneItemListReindexed is a scene's items in another order.
type OBSSceneItemListReindexed struct {
	OBSSession
	SceneName  string             `json:"scene_name" rule:"required"`
	SceneUUID  string             `json:"scene_uuid,omitempty"`
	SceneItems List[OBSSceneItem] `json:"scene_items"`
}

func (OBSSceneItemListReindexed) EventType() Type { return "obs.scene_item_list_reindexed" }

// Text is the scene.
func (e OBSSceneItemListReindexed) Text() string { return e.SceneName }

// OBSSceneItemEnableStateChanged is a scene item shown or hidden.
type OBSSceneItemEnableStateChanged struct {
	OBSSession
	SceneName        string `json:"scene_name" rule:"required"`
	SceneUUID        string `json:"scene_uuid,omitempty"`
	SceneItemID      int    `json:"scene_item_id"`
	SceneItemEnabled bool   `json:"scene_item_enabled"`
}

func (OBSSceneItemEnableStateChanged) EventType() Type { return "obs.scene_item_enable_state_changed" }

// Text is the scene.
func (e OBSSceneItemEnableStateChanged) Text() string { return e.SceneName }

// OBSSceneItemLockStateChanged is a scene item locked or not.
type OBSSceneItemLockStateChanged struct {
	OBSSession
	SceneName       string `json:"scene_name" rule:"required"`
	SceneUUID       string `json:"scene_uuid,omitempty"`
	SceneItemID     int    `json:"scene_item_id"`
	SceneItemLocked bool   `json:"scene_item_locked"`
}

func (OBSSceneItemLockStateChanged) EventType() Type { return "obs.scene_item_lock_state_changed" }

// Text is the scene.
func (e OBSSceneItemLockStateChanged) Text() string { return e.SceneName }

// OBSSceneItemSelected is a scene item selected in OBS.
type OBSSceneItemSelected struct {
	OBSSession
	SceneName   string `json:"scene_name" rule:"required"`
	SceneUUID   string `json:"scene_uuid,omitempty"`
	SceneItemID int    `json:"scene_item_id"`
}

func (OBSSceneItemSelected) EventType() Type { return "obs.scene_item_selected" }

// Text is the scene.
func (e OBSSceneItemSelected) Text() string { return e.SceneName }

// OBSCurrentSceneTransitionChanged is another transition for scene changes.
type OBSCurrentSceneTransitionChanged struct {
	OBSSession
	TransitionName string `json:"transition_name" rule:"required"`
	TransitionUUID string `json:"transition_uuid,omitempty"`
}

func (OBSCurrentSceneTransitionChanged) EventType() Type {
	return "obs.current_scene_transition_changed"
}

// Text is the transition.
func (e OBSCurrentSceneTransitionChanged) Text() string { return e.TransitionName }

// OBSCurrentSceneTransitionDurationChanged is how long it takes, in milliseconds.
type OBSCurrentSceneTransitionDurationChanged struct {
	OBSSession
	TransitionDuration int `json:"transition_duration" rule:"min=0"`
}

func (OBSCurrentSceneTransitionDurationChanged) EventType() Type {
	return "obs.current_scene_transition_duration_changed"
}

// OBSSceneTransitionStarted is a transition that begins.
type OBSSceneTransitionStarted struct {
	OBSSession
	TransitionName string `json:"transition_name" rule:"required"`
	TransitionUUID string `json:"transition_uuid,omitempty"`
}

func (OBSSceneTransitionStarted) EventType() Type { return "obs.scene_transition_started" }

// Text is the transition.
func (e OBSSceneTransitionStarted) Text() string { return e.TransitionName }

// OBSSceneTransitionEnded is a transition that is done.
type OBSSceneTransitionEnded struct {
	OBSSession
	TransitionName string `json:"transition_name" rule:"required"`
	TransitionUUID string `json:"transition_uuid,omitempty"`
}

func (OBSSceneTransitionEnded) EventType() Type { return "obs.scene_transition_ended" }

// Text is the transition.
func (e OBSSceneTransitionEnded) Text() string { return e.TransitionName }

// OBSSceneTransitionVideoEnded is a stinger whose video is done.
type OBSSceneTransitionVideoEnded struct {
	OBSSession
	TransitionName string `json:"transition_name" rule:"required"`
	TransitionUUID string `json:"transition_uuid,omitempty"`
}

func (OBSSceneTransitionVideoEnded) EventType() Type { return "obs.scene_transition_video_ended" }

// Text is the transition.
func (e OBSSceneTransitionVideoEnded) Text() string { return e.TransitionName }

// OBSSourceFilterListReindexed is a source's filters in another order.
type OBSSourceFilterListReindexed struct {
	OBSSession
	SourceName string          `json:"source_name" rule:"required"`
	Filters    List[OBSFilter] `json:"filters"`
}

func (OBSSourceFilterListReindexed) EventType() Type { return "obs.source_filter_list_reindexed" }

// Text is the source.
func (e OBSSourceFilterListReindexed) Text() string { return e.SourceName }

// OBSSourceFilterCreated is a new filter on a source.
type OBSSourceFilterCreated struct {
	OBSSession
	SourceName     string `json:"source_name" rule:"required"`
	FilterName     string `json:"filter_name" rule:"required"`
	FilterKind     string `json:"filter_kind"`
	FilterIndex    int    `json:"filter_index"`
	FilterSettings JSON   `json:"filter_settings,omitempty"`
}

func (OBSSourceFilterCreated) EventType() Type { return "obs.source_filter_created" }

// Text is source and filter.
func (e OBSSourceFilterCreated) Text() string { return words(e.SourceName, e.FilterName) }

// OBSSourceFilterRemoved is a filter gone.
type OBSSourceFilterRemoved struct {
	OBSSession
	SourceName string `json:"source_name" rule:"required"`
	FilterName string `json:"filter_name" rule:"required"`
}

func (OBSSourceFilterRemoved) EventType() Type { return "obs.source_filter_removed" }

// Text is source and filter.
func (e OBSSourceFilterRemoved) Text() string { return words(e.SourceName, e.FilterName) }

// OBSSourceFilterNameChanged is a filter under another name.
type OBSSourceFilterNameChanged struct {
	OBSSession
	SourceName    string `json:"source_name" rule:"required"`
	OldFilterName string `json:"old_filter_name"`
	FilterName    string `json:"filter_name" rule:"required"`
}

func (OBSSourceFilterNameChanged) EventType() Type { return "obs.source_filter_name_changed" }

// Text is source and names.
func (e OBSSourceFilterNameChanged) Text() string {
	return words(e.SourceName, e.FilterName, e.OldFilterName)
}

// OBSSourceFilterSettingsChanged is a filter with other settings.
type OBSSourceFilterSettingsChanged struct {
	OBSSession
	SourceName     string `json:"source_name" rule:"required"`
	FilterName     string `json:"filter_name" rule:"required"`
	FilterSettings JSON   `json:"filter_settings,omitempty"`
}

func (OBSSourceFilterSettingsChanged) EventType() Type { return "obs.source_filter_settings_changed" }

// Text is source and filter.
func (e OBSSourceFilterSettingsChanged) Text() string { return words(e.SourceName, e.FilterName) }

// OBSSourceFilterEnableStateChanged is a filter on or off.
type OBSSourceFilterEnableStateChanged struct {
	OBSSession
	SourceName    string `json:"source_name" rule:"required"`
	FilterName    string `json:"filter_name" rule:"required"`
	FilterEnabled bool   `json:"filter_enabled"`
}

func (OBSSourceFilterEnableStateChanged) EventType() Type {
	return "obs.source_filter_enable_state_changed"
}

// Text is source and filter.
func (e OBSSourceFilterEnableStateChanged) Text() string { return words(e.SourceName, e.FilterName) }

// OBSSceneItem is one item of a scene, the topmost with the highest index.
type OBSSceneItem struct {
	SceneItemID    int `json:"scene_item_id"`
	SceneItemIndex int `json:"scene_item_index"`
}

// OBSFilter is one filter of a source.
type OBSFilter struct {
	FilterName  string `json:"filter_name"`
	FilterIndex int    `json:"filter_index"`
}
