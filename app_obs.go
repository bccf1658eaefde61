package main

import (
	"context"
	"encoding/json"
	"net"
	"slices"
	"strings"
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

// obsPages tells OBS's part which pages live in its browser sources.
type obsPages struct{ app *App }

// String names the part.
func (p obsPages) String() string { return "pages" }

// Serve tells once a second until ctx ends.
func (p obsPages) Serve(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
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

// obsQuestions are what old clients ask about OBS, over the socket and HTTP.
var obsQuestions = []string{"status", "scenes", "stream_status", "record_status", "stats", "version", "virtual_cam", "outputs"}

// handleOBS gives the hub's commands of OBS their handlers.
func (a *App) handleOBS(h *hub.Hub) {
	for _, name := range []string{"start_streaming", "stop_streaming", "start_recording", "stop_recording", "set_current_scene"} {
		h.Handle("dashboard:<room>", "obs:"+name, func(ctx context.Context, payload json.RawMessage) (any, error) {
			return a.obs.Do(ctx, name, payload)
		})
	}
	h.Handle("dashboard:<room>", "obs:get_status", a.askOBS("status"))
	for _, name := range obsQuestions {
		h.Handle("overlay:<type>", "obs:"+name, a.askOBS(name))
	}
}

func (a *App) askOBS(question string) func(context.Context, json.RawMessage) (any, error) {
	return func(context.Context, json.RawMessage) (any, error) { return a.obs.Ask(question) }
}

// obsRoutes is what the part answers over HTTP: questions, every command by its
// name, and the paths that old tools know.
func (a *App) obsRoutes() []hub.Route {
	get := func(path, question, doc string) hub.Route {
		return hub.Route{Method: "GET", Path: "/api/obs" + path, Doc: doc,
			Handle: func(context.Context, hub.Request) (any, error) { return a.obs.Ask(question) }}
	}
	old := func(path, command, doc string) hub.Route {
		return hub.Route{Method: "POST", Path: "/api/obs/" + path, Doc: doc, Data: obs.Done{},
			Handle: func(ctx context.Context, _ hub.Request) (any, error) { return a.obs.Do(ctx, command, nil) }}
	}
	routes := []hub.Route{
		{Method: "GET", Path: "/api/obs", Doc: "The whole state of OBS.", Data: obs.Snapshot{},
			Handle: func(context.Context, hub.Request) (any, error) { return a.obs.Snapshot(), nil }},
		{Method: "GET", Path: "/api/obs/preflight", Doc: "Looks at OBS before a stream.", Data: []obs.Finding{},
			Handle: func(ctx context.Context, _ hub.Request) (any, error) { return a.obs.Preflight(ctx), nil }},
		get("/scene/current", "current_scene", "Tells the program scene."),
		old("streaming/start", "start_streaming", "Starts the stream; answered when OBS has confirmed."),
		old("streaming/stop", "stop_streaming", "Stops the stream; answered when OBS has confirmed."),
		old("recording/start", "start_recording", "Starts the recording; answered when OBS has confirmed."),
		old("recording/stop", "stop_recording", "Stops the recording; answered when OBS has confirmed."),
		{Method: "POST", Path: "/api/obs/scene/{scene_name}", Doc: "Changes the program scene.", Data: obs.Done{},
			Handle: func(ctx context.Context, r hub.Request) (any, error) {
				return a.obs.SetScene(ctx, r.Text("scene_name"))
			}},
		{Method: "POST", Path: "/api/obs/command/{command}", Doc: "Has OBS do something: " + strings.Join(obs.Commands(), ", ") + ".", Body: map[string]any{}, Data: obs.Done{},
			Handle: func(ctx context.Context, r hub.Request) (any, error) {
				return a.obs.Do(ctx, r.Text("command"), r.Body())
			}},
	}
	for _, q := range slices.Sorted(slices.Values(obsQuestions)) {
		routes = append(routes, get("/"+strings.ReplaceAll(q, "_", "-"), q, "Answers what old tools ask: "+strings.ReplaceAll(q, "_", " ")+"."))
	}
	return routes
}
