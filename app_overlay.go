package main

import (
	"context"
	"encoding/json"
	"time"

	"landale/event"
	"landale/hub"
	"landale/overlay"
)

// newOverlay makes the part that decides what is on screen.
func (a *App) newOverlay(cfg Config) {
	a.overlay = overlay.New(cfg.Overlay, overlay.Options{
		Bus:     a.bus,
		Store:   a.store,
		History: a.store,
		Figures: a.store,
		Changed: func(doc, member string, value any) { a.hub.now().SetState(doc, member, value) },
		Log:     a.logs.Logger("overlay"),
	})
}

// pageJoined and pageLeft tell the director which pages show the screen.
func (a *App) pageJoined(topic, client, page, environment string) {
	if topic == "stream:overlays" {
		a.overlay.PageJoined(page, client, environment)
	}
}

func (a *App) pageLeft(topic, client string) {
	if topic == "stream:overlays" {
		a.overlay.PageLeft(client)
	}
}

// screen gives a hub that was just made what is on screen.
func (a *App) screen(ctx context.Context, h *hub.Hub) error {
	docs, err := a.overlay.State(ctx)
	if err != nil {
		return err
	}
	for doc, members := range docs {
		for member, value := range members {
			h.SetState(doc, member, value)
		}
	}
	return nil
}

// answer makes a socket command's handler of a function of its payload.
func answer[P any](run func(ctx context.Context, p P) (any, error)) func(context.Context, json.RawMessage) (any, error) {
	return func(ctx context.Context, payload json.RawMessage) (any, error) {
		var p P
		if len(payload) > 0 {
			if err := json.Unmarshal(payload, &p); err != nil {
				return nil, err // the table's rules let no such payload through
			}
		}
		return run(ctx, p)
	}
}

type (
	nothing struct{}
	itemID  struct {
		ID       string `json:"id"`
		Position int    `json:"position"`
	}
	muting struct {
		Muted *bool `json:"muted"`
	}
	forced struct {
		Type     string          `json:"type"`
		Data     json.RawMessage `json:"data"`
		Duration float64         `json:"duration"` // ms
	}
	cover struct {
		Type    string `json:"type"`
		Message string `json:"message"`
		// Duration is in ms; null holds until it is cleared, and missing is 10 s.
		Duration json.RawMessage `json:"duration"`
	}
	simulation struct {
		Type string `json:"type"`
		// Data is what differs from the type's example.
		Data map[string]any `json:"data"`
		// Count and Duration, in ms, are of a burst.
		Count    int     `json:"count"`
		Duration float64 `json:"duration"`
	}
)

// handleOverlay gives the hub's commands of the screen their handlers.
func (a *App) handleOverlay(h *hub.Hub) {
	d := a.overlay
	on := func(name string, fn func(context.Context, json.RawMessage) (any, error)) {
		h.Handle("stream:*", name, fn)
	}
	on("pause", answer(func(ctx context.Context, _ nothing) (any, error) { return d.Pause(ctx) }))
	on("resume", answer(func(ctx context.Context, _ nothing) (any, error) { return d.Resume(ctx) }))
	on("clear", answer(func(ctx context.Context, _ nothing) (any, error) { return d.Clear(ctx) }))
	on("panic", answer(func(ctx context.Context, _ nothing) (any, error) { return d.Panic(ctx) }))
	on("takeover_clear", answer(func(ctx context.Context, _ nothing) (any, error) { return d.TakeoverClear(ctx) }))
	on("skip", answer(func(ctx context.Context, p itemID) (any, error) { return d.Skip(ctx, p.ID) }))
	on("remove_queue_item", answer(func(ctx context.Context, p itemID) (any, error) { return d.Remove(ctx, p.ID) }))
	on("reorder", answer(func(ctx context.Context, p itemID) (any, error) { return d.Reorder(ctx, p.ID, p.Position) }))
	on("replay", answer(func(ctx context.Context, p itemID) (any, error) { return d.Replay(ctx, p.ID) }))
	on("mute", answer(func(ctx context.Context, p muting) (any, error) { return d.Mute(ctx, p.Muted == nil || *p.Muted) }))
	on("set_show", answer(func(ctx context.Context, p itemID) (any, error) { return d.SetShow(ctx, p.ID) }))
	on("shown", answer(func(ctx context.Context, p itemID) (any, error) { return p, d.Shown(ctx, client(ctx), p.ID) }))
	on("finished", answer(func(ctx context.Context, p itemID) (any, error) { return p, d.Finished(ctx, client(ctx), p.ID) }))
	on("force_content", answer(a.forceContent))
	on("takeover", answer(a.takeover))
	on("simulate", answer(a.simulate))
	on("burst", answer(a.burst))
	h.Handle("overlay:<type>", "get_layer_mappings", answer(func(ctx context.Context, _ nothing) (any, error) { return d.LayerMappings(ctx) }))
}

// client is who gave a command, "" for HTTP.
func client(ctx context.Context) string {
	c, _ := hub.CallerFrom(ctx)
	return c.Client
}

func (a *App) takeover(ctx context.Context, p cover) (any, error) {
	duration := 10 * time.Second
	switch s := string(p.Duration); s {
	case "":
	case "null":
		duration = 0
	default:
		var ms float64
		if err := json.Unmarshal(p.Duration, &ms); err != nil {
			return nil, err
		}
		duration = time.Duration(ms * float64(time.Millisecond))
	}
	return a.overlay.Takeover(ctx, p.Type, p.Message, duration, "operator")
}

func (a *App) forceContent(ctx context.Context, p forced) (any, error) {
	data := map[string]any{}
	if json.Unmarshal(p.Data, &data) != nil {
		data = map[string]any{"message": p.Data}
	}
	return a.overlay.ForceContent(ctx, p.Type, data, time.Duration(p.Duration*float64(time.Millisecond)))
}

// burst begins a burst and answers when it is over.
func (a *App) burst(ctx context.Context, p simulation) (any, error) {
	span := time.Duration(p.Duration * float64(time.Millisecond))
	rate := max(1, int(float64(p.Count)/max(span.Seconds(), 0.001)))
	n, err := a.overlay.Burst(ctx, p.Type, p.Data, rate, span)
	return map[string]int{"events": n}, err
}

func (a *App) simulate(ctx context.Context, p simulation) (any, error) {
	return a.overlay.Simulate(ctx, p.Type, p.Data)
}

// overlayRoutes is what the part answers over HTTP: the same commands, as
// one-liners for a Stream Deck.
func (a *App) overlayRoutes() []hub.Route {
	d := a.overlay
	post := func(verb, doc string, run func(context.Context) (overlay.Done, error)) hub.Route {
		return hub.Route{Method: "POST", Path: "/api/overlay/" + verb, Doc: doc, Data: overlay.Done{},
			Handle: func(ctx context.Context, _ hub.Request) (any, error) { return run(ctx) }}
	}
	item := func(verb, doc string, run func(context.Context, string) (overlay.Done, error)) hub.Route {
		return hub.Route{Method: "POST", Path: "/api/overlay/" + verb + "/{id}", Doc: doc, Data: overlay.Done{},
			Handle: func(ctx context.Context, r hub.Request) (any, error) { return run(ctx, r.Text("id")) }}
	}
	mute := func(muted bool) func(context.Context) (overlay.Done, error) {
		return func(ctx context.Context) (overlay.Done, error) { return d.Mute(ctx, muted) }
	}
	return []hub.Route{
		post("pause", "Holds the queue.", d.Pause),
		post("resume", "Lets the queue go on.", d.Resume),
		post("skip", "Ends what is on screen.", func(ctx context.Context) (overlay.Done, error) { return d.Skip(ctx, "") }),
		post("clear", "Empties the queue.", d.Clear),
		post("panic", "Takes everything off the screen; what waits is held until resume.", d.Panic),
		post("mute", "Turns the sound of alerts off.", mute(true)),
		post("unmute", "Turns the sound of alerts on.", mute(false)),
		post("takeover/clear", "Ends a takeover.", d.TakeoverClear),
		item("remove", "Takes an item out of the queue.", d.Remove),
		item("replay", "Plays an item again.", d.Replay),
		item("show", "Chooses the show.", d.SetShow),
		{Method: "POST", Path: "/api/overlay/takeover", Doc: "Covers the screen. Duration is in ms; null holds until it is cleared.", Body: cover{}, Data: overlay.Done{},
			Handle: with(func(ctx context.Context, p cover) (any, error) {
				return a.takeover(ctx, p)
			})},
		{Method: "POST", Path: "/api/simulate", Doc: "Makes an event, flagged test, that goes the way of a real one.", Body: simulation{}, Data: event.Event{},
			Handle: with(func(ctx context.Context, p simulation) (any, error) {
				return a.simulate(ctx, p)
			})},
		{Method: "POST", Path: "/api/overlay/test-rule", Doc: "Tells which rule such an event would take, and why not the others.", Body: simulation{}, Data: overlay.Verdict{},
			Handle: with(func(ctx context.Context, p simulation) (any, error) {
				ev, err := overlay.Simulated(p.Type, p.Data, time.Now())
				if err != nil {
					return nil, err
				}
				return d.WouldTake(ctx, ev)
			})},
		{Method: "POST", Path: "/api/overlay/reorder", Doc: "Moves an item within the queue.", Body: itemID{}, Data: overlay.Done{},
			Handle: with(func(ctx context.Context, p itemID) (any, error) { return d.Reorder(ctx, p.ID, p.Position) })},
		{Method: "POST", Path: "/api/overlay/content", Doc: "Puts content in front of everything else. Duration is in ms.", Body: forced{}, Data: overlay.Done{},
			Handle: with(a.forceContent)},
		{Method: "POST", Path: "/api/simulate/burst", Doc: "Makes many events, flagged test, within a duration in ms.", Body: simulation{}, Data: map[string]int{}, Time: time.Minute + 5*time.Second,
			Handle: with(a.burst)},
		{Method: "GET", Path: "/api/overlay/history", Doc: "Lists what was on screen, newest first.", Query: []string{"before"}, Data: []overlay.Item{},
			Handle: func(ctx context.Context, r hub.Request) (any, error) { return d.History(ctx, r.Text("before"), 50) }},
		{Method: "GET", Path: "/api/overlay/rules", Doc: "Lists the rules of alerts, in the order in which they are tried.", Data: []overlay.RuleInfo{},
			Handle: func(ctx context.Context, _ hub.Request) (any, error) { return d.Rules(ctx) }},
		{Method: "GET", Path: "/api/events/{ref}/trace", Doc: "Tells what became of an event on screen, and why.", Data: overlay.Trace{},
			Handle: func(ctx context.Context, r hub.Request) (any, error) { return d.Trace(ctx, event.ID(r.Text("ref"))) }},
	}
}
