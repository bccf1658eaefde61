package main

import (
	"context"
	"encoding/json"
	"net"
	"time"

	"landale/event"
	"landale/hub"
	"landale/obs"
)

// newOBS makes the part that keeps the link to OBS.
func (a *App) newOBS(cfg Config) {
	a.obs = obs.New(cfg.OBS, obs.Options{
		Publish: func(e event.Event) { a.bus.Publish(e) },
		State: func(s obs.Snapshot) {
			a.hub.now().SetState("dashboard", "obs", s)
			for _, in := range s.Inputs {
				if in.Audio {
					a.audio.InputMuted(in.Name, in.Muted)
				}
			}
		},
		Addresses:  a.addresses,
		TwitchLive: a.sessions.live,
		Speech:     a.audio.LastSpeech,
		Log:        a.logs.Logger("obs"),
	})
}

// addresses are the beginnings of URLs that lead to this program.
func (a *App) addresses() []string {
	url := a.URL()
	_, port, err := net.SplitHostPort(a.hub.now().Addr())
	if err != nil {
		return []string{url}
	}
	return []string{url, "http://localhost:" + port, "http://127.0.0.1:" + port}
}

// obsPages tells OBS's part which pages live in its browser sources, every few
// seconds until ctx ends.
type obsPages struct{ app *App }

// String names the part.
func (p obsPages) String() string { return "pages" }

// Serve tells until ctx ends.
func (p obsPages) Serve(ctx context.Context) error {
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			for _, c := range p.app.hub.now().Clients() {
				if c.Environment == "obs" {
					p.app.obs.PageAlive(c.Page, c.LastHeartbeat, -1)
				}
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// handleOBS gives the hub's commands of OBS their handlers.
func (a *App) handleOBS(h *hub.Hub) {
	o := a.obs
	done := func(run func(context.Context) (obs.Done, error)) func(context.Context, json.RawMessage) (any, error) {
		return answer(func(ctx context.Context, _ nothing) (any, error) { return run(ctx) })
	}
	room := func(name string, fn func(context.Context, json.RawMessage) (any, error)) {
		h.Handle("dashboard:<room>", name, fn)
	}
	room("obs:start_streaming", done(o.StartStream))
	room("obs:stop_streaming", done(o.StopStream))
	room("obs:start_recording", done(o.StartRecord))
	room("obs:stop_recording", done(o.StopRecord))
	room("obs:set_current_scene", answer(func(ctx context.Context, p struct {
		SceneName string `json:"scene_name"`
	}) (any, error) {
		return o.SetScene(ctx, p.SceneName)
	}))
	status := answer(func(context.Context, nothing) (any, error) { return obsStatus(o.Snapshot()), nil })
	room("obs:get_status", status)
	part := func(name string, of func(obs.Snapshot) any) {
		h.Handle("overlay:<type>", name, answer(func(context.Context, nothing) (any, error) { return of(o.Snapshot()), nil }))
	}
	h.Handle("overlay:<type>", "obs:status", status)
	part("obs:scenes", func(s obs.Snapshot) any {
		return map[string]any{"scenes": s.Scenes, "current_program_scene": s.ProgramScene, "current_preview_scene": s.PreviewScene}
	})
	part("obs:stream_status", func(s obs.Snapshot) any { return s.Stream })
	part("obs:record_status", func(s obs.Snapshot) any { return s.Record })
	part("obs:stats", func(s obs.Snapshot) any { return s.Stats })
	part("obs:version", func(s obs.Snapshot) any {
		return map[string]any{"obs_version": s.OBSVersion, "websocket_version": s.WebsocketVersion, "rpc_version": s.RPCVersion}
	})
	part("obs:virtual_cam", func(s obs.Snapshot) any { return s.VirtualCam })
	part("obs:outputs", func(s obs.Snapshot) any {
		return map[string]any{"stream": s.Stream, "record": s.Record, "replay_buffer": s.ReplayBuffer, "virtual_cam": s.VirtualCam}
	})
}

// obsStatus is the answer to obs:status in the words of old clients.
func obsStatus(s obs.Snapshot) map[string]any {
	status := "unhealthy"
	if s.Connected {
		status = "healthy"
	}
	return map[string]any{"connected": s.Connected, "status": status, "reason": s.Reason, "metadata": map[string]any{"connection_state": s.ConnectionState}}
}

// obsRoutes is what the part answers over HTTP.
func (a *App) obsRoutes() []hub.Route {
	o := a.obs
	post := func(path, doc string, run func(context.Context) (obs.Done, error)) hub.Route {
		return hub.Route{Method: "POST", Path: "/api/obs/" + path, Doc: doc, Data: obs.Done{},
			Handle: func(ctx context.Context, _ hub.Request) (any, error) { return run(ctx) }}
	}
	type input struct {
		Muted  *bool    `json:"muted"`
		Volume *float64 `json:"volume_db"`
	}
	type source struct {
		Scene  string `json:"scene"`
		Name   string `json:"name"`
		URL    string `json:"url"`
		Width  int    `json:"width"`
		Height int    `json:"height"`
	}
	return []hub.Route{
		{Method: "GET", Path: "/api/obs", Doc: "The whole state of OBS.", Data: obs.Snapshot{},
			Handle: func(context.Context, hub.Request) (any, error) { return o.Snapshot(), nil }},
		{Method: "GET", Path: "/api/obs/preflight", Doc: "Looks at OBS before a stream.", Data: []obs.Finding{},
			Handle: func(ctx context.Context, _ hub.Request) (any, error) { return o.Preflight(ctx), nil }},
		post("streaming/start", "Starts the stream.", o.StartStream),
		post("streaming/stop", "Stops the stream.", o.StopStream),
		post("recording/start", "Starts the recording.", o.StartRecord),
		post("recording/stop", "Stops the recording.", o.StopRecord),
		post("recording/pause", "Pauses the recording.", o.PauseRecord),
		post("recording/resume", "Lets the recording go on.", o.ResumeRecord),
		post("replay/start", "Starts the replay buffer.", o.StartReplay),
		post("replay/stop", "Stops the replay buffer.", o.StopReplay),
		post("replay/save", "Saves the replay buffer.", o.SaveReplay),
		post("virtual-cam/start", "Starts the virtual camera.", o.StartVirtualCam),
		post("virtual-cam/stop", "Stops the virtual camera.", o.StopVirtualCam),
		post("transition", "Takes the preview scene to program.", o.Transit),
		{Method: "POST", Path: "/api/obs/scene/{scene}", Doc: "Changes the program scene.", Data: obs.Done{},
			Handle: func(ctx context.Context, r hub.Request) (any, error) { return o.SetScene(ctx, r.Text("scene")) }},
		{Method: "POST", Path: "/api/obs/preview/{scene}", Doc: "Changes the preview scene.", Data: obs.Done{},
			Handle: func(ctx context.Context, r hub.Request) (any, error) { return o.SetPreview(ctx, r.Text("scene")) }},
		{Method: "PUT", Path: "/api/obs/inputs/{input}", Doc: "Mutes an input or sets its volume.", Body: input{}, Data: obs.Done{},
			Handle: func(ctx context.Context, r hub.Request) (any, error) {
				var p input
				if err := r.Decode(&p); err != nil {
					return nil, err
				}
				d := obs.Done{Operation: "nothing"}
				var err error
				if p.Muted != nil {
					d, err = o.SetMute(ctx, r.Text("input"), *p.Muted)
				}
				if p.Volume != nil && err == nil {
					d, err = o.SetVolume(ctx, r.Text("input"), *p.Volume)
				}
				return d, err
			}},
		{Method: "POST", Path: "/api/obs/sources", Doc: "Creates a browser source for an overlay in a scene.", Body: source{}, Data: obs.Done{},
			Handle: with(func(ctx context.Context, p source) (any, error) {
				return o.CreateOverlay(ctx, p.Scene, p.Name, p.URL, p.Width, p.Height)
			})},
		{Method: "POST", Path: "/api/obs/sources/{input}/refresh", Doc: "Reloads a browser source.", Data: obs.Done{},
			Handle: func(ctx context.Context, r hub.Request) (any, error) { return o.RefreshSource(ctx, r.Text("input")) }},
	}
}
