package obs

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/andreykaipov/goobs/api"
	"github.com/andreykaipov/goobs/api/requests/inputs"
	"github.com/andreykaipov/goobs/api/requests/outputs"
	"github.com/andreykaipov/goobs/api/requests/record"
	"github.com/andreykaipov/goobs/api/requests/sceneitems"
	"github.com/andreykaipov/goobs/api/requests/scenes"
	"github.com/andreykaipov/goobs/api/requests/sources"
	"github.com/andreykaipov/goobs/api/requests/stream"
	"github.com/andreykaipov/goobs/api/requests/transitions"
	"github.com/andreykaipov/goobs/api/requests/ui"
)

const (
	// commandTimeout is within which every command is answered.
	commandTimeout = time.Second
	// confirmTimeout is how long of it OBS may take to say that an output starts or
	// stops.
	confirmTimeout = 800 * time.Millisecond
	maxBatch       = 100
)

// Done is what came of a command that OBS carried out.
type Done struct {
	Operation string `json:"operation"`
	// State is that of an output after the command: started and stopped are final,
	// starting and stopping say that OBS has begun.
	State string `json:"state,omitempty"`
	// Path is the file that was written.
	Path string `json:"path,omitempty"`
}

// linked is the connection; ErrNotConnected while there is none.
func (p *OBS) linked() (*link, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.link == nil {
		return nil, ErrNotConnected
	}
	p.counts.requests++
	return p.link, nil
}

func (p *OBS) note(err error) error {
	if errors.Is(err, ErrTimeout) {
		p.count(func(c *counts) { c.timeouts++ })
	}
	return err
}

// do sends one typed request of a command and gives its answer.
func do[R any](ctx context.Context, p *OBS, params api.Params) (R, error) {
	var none R
	l, err := p.linked()
	if err != nil {
		return none, err
	}
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	r, err := call[R](ctx, l, params)
	return r, p.note(err)
}

func (p *OBS) command(ctx context.Context, operation string, params api.Params) (Done, error) {
	_, err := do[json.RawMessage](ctx, p, params)
	if err != nil {
		return Done{}, err
	}
	return Done{Operation: operation}, nil
}

// Request sends any request of obs-websocket and gives the data of its answer.
func (p *OBS) Request(ctx context.Context, name string, data any) (json.RawMessage, error) {
	l, err := p.linked()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	r, err := l.request(ctx, name, data)
	return r, p.note(err)
}

// Batch sends up to a hundred requests that OBS carries out in order, and gives
// OBS's answer to each; with halt none comes after the first that is refused.
func (p *OBS) Batch(ctx context.Context, requests []Request, halt bool) ([]Result, error) {
	if len(requests) == 0 || len(requests) > maxBatch {
		return nil, failed("a batch has 1 to %d requests, not %d", maxBatch, len(requests))
	}
	l, err := p.linked()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	r, err := l.batch(ctx, halt, requests)
	return r, p.note(err)
}

// SetScene puts a scene on air.
func (p *OBS) SetScene(ctx context.Context, scene string) (Done, error) {
	return p.command(ctx, "set_current_scene", scenes.NewSetCurrentProgramSceneParams().WithSceneName(scene))
}

// SetPreview puts a scene into the preview; OBS refuses outside of studio mode.
func (p *OBS) SetPreview(ctx context.Context, scene string) (Done, error) {
	return p.command(ctx, "set_preview_scene", scenes.NewSetCurrentPreviewSceneParams().WithSceneName(scene))
}

// SetStudioMode switches studio mode.
func (p *OBS) SetStudioMode(ctx context.Context, on bool) (Done, error) {
	return p.command(ctx, "set_studio_mode", ui.NewSetStudioModeEnabledParams().WithStudioModeEnabled(on))
}

// Transit puts the preview on air; OBS refuses outside of studio mode.
func (p *OBS) Transit(ctx context.Context) (Done, error) {
	return p.command(ctx, "transition", &transitions.TriggerStudioModeTransitionParams{})
}

// SetTransition chooses how scenes change.
func (p *OBS) SetTransition(ctx context.Context, name string) (Done, error) {
	return p.command(ctx, "set_transition", transitions.NewSetCurrentSceneTransitionParams().WithTransitionName(name))
}

// SetTransitionDuration sets how long scenes take to change, 50 ms to 20 s.
func (p *OBS) SetTransitionDuration(ctx context.Context, d time.Duration) (Done, error) {
	return p.command(ctx, "set_transition_duration", transitions.NewSetCurrentSceneTransitionDurationParams().WithTransitionDuration(float64(d.Milliseconds())))
}

// SetMute mutes an input or lets it be heard.
func (p *OBS) SetMute(ctx context.Context, input string, muted bool) (Done, error) {
	return p.command(ctx, "set_mute", inputs.NewSetInputMuteParams().WithInputName(input).WithInputMuted(muted))
}

// SetVolume sets an input's volume in dB, -100 to 26.
func (p *OBS) SetVolume(ctx context.Context, input string, db float64) (Done, error) {
	return p.command(ctx, "set_volume", inputs.NewSetInputVolumeParams().WithInputName(input).WithInputVolumeDb(db))
}

// ShowItem shows or hides an item of a scene; the scene may be a group.
func (p *OBS) ShowItem(ctx context.Context, scene string, item int, shown bool) (Done, error) {
	return p.command(ctx, "show_item", sceneitems.NewSetSceneItemEnabledParams().WithSceneName(scene).WithSceneItemId(item).WithSceneItemEnabled(shown))
}

// RefreshSource presses "refresh cache of current page" of a browser source.
func (p *OBS) RefreshSource(ctx context.Context, input string) (Done, error) {
	return p.command(ctx, "refresh_source", inputs.NewPressInputPropertiesButtonParams().WithInputName(input).WithPropertyName("refreshnocache"))
}

// SetSourceURL makes a browser source show another page.
func (p *OBS) SetSourceURL(ctx context.Context, input, url string) (Done, error) {
	return p.command(ctx, "set_source_url",
		inputs.NewSetInputSettingsParams().WithInputName(input).WithInputSettings(map[string]any{"url": url}).WithOverlay(true))
}

// CreateOverlay makes a browser source that shows a page, in a scene, at the size
// of the page. It stays alive while it is not visible, so that no alert is late.
func (p *OBS) CreateOverlay(ctx context.Context, scene, name, url string, width, height int) (Done, error) {
	settings := map[string]any{
		"url": url, "width": width, "height": height, "shutdown": false, "restart_when_active": false,
		"reroute_audio": strings.Contains(url, "/overlay/alerts"), // the one page with sound gets its slider in OBS
	}
	done, err := p.command(ctx, "create_overlay",
		inputs.NewCreateInputParams().WithSceneName(scene).WithInputName(name).WithInputKind(browserKind).WithInputSettings(settings).WithSceneItemEnabled(true))
	if status(err) == statusInvalidInputKind {
		return done, &Error{
			Code: "operation_failed", Status: statusInvalidInputKind,
			Message: "this OBS has no browser sources: install the OBS of obsproject.com, which comes with them",
		}
	}
	return done, err
}

// Chapter marks a place in the recording. OBS does so since 30.2, in Hybrid MP4.
func (p *OBS) Chapter(ctx context.Context, name string) (Done, error) {
	if p.Snapshot().Connected && !p.Snapshot().Can.Chapters {
		return Done{}, failed("this OBS cannot mark chapters: it takes OBS 30.2 or newer, recording in Hybrid MP4")
	}
	return p.command(ctx, "record_chapter", record.NewCreateRecordChapterParams().WithChapterName(name))
}

// StartStream goes live.
func (p *OBS) StartStream(ctx context.Context) (Done, error) {
	return p.output(ctx, "start_streaming", &stream.StartStreamParams{}, "the stream", "StreamStateChanged", "started")
}

// StopStream ends the stream.
func (p *OBS) StopStream(ctx context.Context) (Done, error) {
	return p.output(ctx, "stop_streaming", &stream.StopStreamParams{}, "the stream", "StreamStateChanged", "stopped")
}

// StartRecord starts the recording.
func (p *OBS) StartRecord(ctx context.Context) (Done, error) {
	return p.output(ctx, "start_recording", &record.StartRecordParams{}, "the recording", "RecordStateChanged", "started")
}

// StopRecord ends the recording; the answer has its file if OBS was quick.
func (p *OBS) StopRecord(ctx context.Context) (Done, error) {
	return p.output(ctx, "stop_recording", &record.StopRecordParams{}, "the recording", "RecordStateChanged", "stopped")
}

// PauseRecord pauses the recording.
func (p *OBS) PauseRecord(ctx context.Context) (Done, error) {
	return p.output(ctx, "pause_recording", &record.PauseRecordParams{}, "the recording", "RecordStateChanged", "paused")
}

// ResumeRecord goes on recording.
func (p *OBS) ResumeRecord(ctx context.Context) (Done, error) {
	return p.output(ctx, "resume_recording", &record.ResumeRecordParams{}, "the recording", "RecordStateChanged", "started")
}

// StartReplay starts the replay buffer.
func (p *OBS) StartReplay(ctx context.Context) (Done, error) {
	return p.output(ctx, "start_replay", &outputs.StartReplayBufferParams{}, "the replay buffer", "ReplayBufferStateChanged", "started")
}

// StopReplay stops the replay buffer.
func (p *OBS) StopReplay(ctx context.Context) (Done, error) {
	return p.output(ctx, "stop_replay", &outputs.StopReplayBufferParams{}, "the replay buffer", "ReplayBufferStateChanged", "stopped")
}

// StartVirtualCam starts the virtual camera.
func (p *OBS) StartVirtualCam(ctx context.Context) (Done, error) {
	return p.output(ctx, "start_virtual_cam", &outputs.StartVirtualCamParams{}, "the virtual camera", "VirtualcamStateChanged", "started")
}

// StopVirtualCam stops the virtual camera.
func (p *OBS) StopVirtualCam(ctx context.Context) (Done, error) {
	return p.output(ctx, "stop_virtual_cam", &outputs.StopVirtualCamParams{}, "the virtual camera", "VirtualcamStateChanged", "stopped")
}

// SaveReplay saves the replay buffer; the answer has its file if OBS was quick.
func (p *OBS) SaveReplay(ctx context.Context) (Done, error) {
	l, err := p.linked()
	if err != nil {
		return Done{}, err
	}
	saved, stop := l.tap("ReplayBufferSaved")
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	if _, err := l.request(ctx, "SaveReplayBuffer", nil); err != nil {
		return Done{}, p.note(err)
	}
	select {
	case e := <-saved:
		return Done{Operation: "save_replay", Path: decode[fields](e.Data).SavedReplayPath}, nil
	case <-time.After(confirmTimeout / 2): // saving goes on; an event will tell
		return Done{Operation: "save_replay"}, nil
	case <-l.done:
		return Done{}, ErrNotConnected
	}
}

// output sends a request that starts or stops something and waits for OBS to say
// that it did, or at least that it has begun: a stream takes seconds to start.
func (p *OBS) output(ctx context.Context, operation string, params api.Params, what, eventType, want string) (Done, error) {
	l, err := p.linked()
	if err != nil {
		return Done{}, err
	}
	told, stop := l.tap(eventType)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	r, err := call[record.StopRecordResponse](ctx, l, params)
	if err != nil {
		return Done{}, p.note(plain(err, what))
	}
	done := Done{Operation: operation, Path: r.OutputPath}
	confirm := time.NewTimer(confirmTimeout)
	defer confirm.Stop()
	for {
		select {
		case e := <-told:
			f := decode[fields](e.Data)
			done.State = outputState(f.OutputState)
			if f.OutputPath != "" && want == "stopped" {
				done.Path = f.OutputPath
			}
			if done.State == want {
				return done, nil
			}
			if done.State == "stopped" {
				return Done{}, failed("OBS could not start %s: look at OBS for the reason", what)
			}
		case <-confirm.C:
			if done.State != "" {
				return done, nil
			}
			return p.silent(ctx, l, what, want, done)
		case <-l.done:
			return Done{}, ErrNotConnected
		case <-ctx.Done():
			return Done{}, p.note(ErrTimeout)
		}
	}
}

// silent finds out what became of an output when OBS said yes and then nothing.
func (p *OBS) silent(ctx context.Context, l *link, what, want string, done Done) (Done, error) {
	switch what {
	case "the replay buffer":
		return Done{}, failed("OBS said yes but %s does not run: put a video source into the scene", what)
	case "the recording":
		r, err := call[record.GetRecordStatusResponse](ctx, l, &record.GetRecordStatusParams{})
		if err != nil {
			return Done{}, p.note(err)
		}
		var o Output
		o.readRecord(r)
		switch {
		case o.State == want:
			done.State = want
			return done, nil
		case o.State == "stopped" && want == "paused":
			return Done{}, failed("the recording is not running")
		case want == "paused":
			return Done{}, failed("OBS cannot pause this recording: in its output settings, give recordings another quality than that of the stream")
		}
	}
	return Done{}, p.note(&Error{Code: "service_timeout", Message: "OBS did not confirm what becomes of " + what})
}

// plain says in the streamer's words why OBS refused an output.
func plain(err error, what string) error {
	text := map[int]string{statusOutputRunning: "is running already", statusOutputNotRunning: "is not running", 502: "is paused", 503: "is not paused", 504: "is switched off in OBS's settings"}[status(err)]
	if text == "" {
		return err
	}
	return &Error{Code: "operation_failed", Message: what + " " + text, Status: status(err)}
}

// Image is a screenshot.
type Image struct {
	Type string // image/png or image/jpeg
	Data []byte
}

// Screenshot is a picture of a scene or source, empty for the program scene. A
// width of 0 is the full size. The format is png or jpg.
func (p *OBS) Screenshot(ctx context.Context, source, format string, width int) (Image, error) {
	if source == "" {
		source = p.Snapshot().ProgramScene
	}
	if format == "jpeg" {
		format = "jpg"
	}
	if format != "png" && format != "jpg" {
		return Image{}, failed("a screenshot is png or jpg, not %q", format)
	}
	params := sources.NewGetSourceScreenshotParams().WithSourceName(source).WithImageFormat(format)
	if format == "jpg" {
		params.WithImageCompressionQuality(80)
	}
	if width != 0 {
		params.WithImageWidth(float64(min(max(width, 8), 4096)))
	}
	r, err := do[sources.GetSourceScreenshotResponse](ctx, p, params)
	if err != nil {
		return Image{}, err
	}
	_, data, ok := strings.Cut(r.ImageData, ";base64,")
	if !ok {
		return Image{}, failed("OBS sent no picture")
	}
	b, err := base64.StdEncoding.DecodeString(data)
	if err != nil {
		return Image{}, failed("OBS's picture: %v", err)
	}
	return Image{Type: map[string]string{"png": "image/png", "jpg": "image/jpeg"}[format], Data: b}, nil
}
