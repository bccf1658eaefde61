package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"path/filepath"
	"sync"

	"landale/event"
	"landale/hub"
	"landale/twitch"
)

// twitchPart is Twitch as a part that can take new settings while the program
// runs: another application or address is another Twitch.
type twitchPart struct {
	mu  sync.Mutex
	now *twitch.Twitch
}

// String names the part.
func (p *twitchPart) String() string { return "twitch" }

// Serve runs the Twitch of the moment.
func (p *twitchPart) Serve(ctx context.Context) error { return p.get().Serve(ctx) }

// Status is that of the Twitch of the moment.
func (p *twitchPart) Status() event.Status { return p.get().Status() }

func (p *twitchPart) get() *twitch.Twitch {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now
}

// emotes serves the emotes of the Twitch of the moment.
func (p *twitchPart) emotes() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.get().Emotes().ServeHTTP(w, r) })
}

func (p *twitchPart) set(t *twitch.Twitch) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now = t
}

// newTwitch makes the part's inside for a state of the settings.
func (a *App) newTwitch(cfg Config, dir string) *twitch.Twitch {
	return twitch.New(cfg.Twitch, twitch.Options{
		Publish: func(e event.Event) bool {
			_, fresh := a.bus.Publish(e)
			return fresh
		},
		Dir: filepath.Join(dir, "twitch"),
		Log: a.logs.Logger("twitch"),
	})
}

// renewTwitch takes over other settings of Twitch.
func (a *App) renewTwitch(ctx context.Context, cfg Config) {
	a.twitch.set(a.newTwitch(cfg, a.dir))
	if err := a.parts.Restart(ctx, a.twitch.String()); err != nil {
		a.log.Error("twitch not restarted", "error", err)
	}
}

// twitchRoutes is what the part answers over HTTP.
func (a *App) twitchRoutes() []hub.Route {
	return []hub.Route{
		{Method: "GET", Path: "/api/twitch/status", Doc: "Tells how the link to Twitch is.", Data: twitch.LinkStatus{},
			Handle: func(context.Context, hub.Request) (any, error) { return a.twitch.get().LinkStatus(), nil }},
		{Method: "GET", Path: "/api/twitch/subscriptions", Doc: "Lists the EventSub subscriptions that are wanted, and how each is.", Data: []twitch.Subscription{},
			Handle: func(context.Context, hub.Request) (any, error) { return a.twitch.get().LinkStatus().Subscriptions, nil }},
		{Method: "GET", Path: "/api/oauth/status", Doc: "Tells whether Landale is signed in at Twitch. The token itself is never told.", Data: twitch.Token{},
			Handle: func(context.Context, hub.Request) (any, error) { return a.twitch.get().Token(), nil }},
		{Method: "POST", Path: "/api/oauth/start", Doc: "Begins to sign in: go to the address and enter the code.", Data: twitch.SignIn{},
			Handle: func(ctx context.Context, _ hub.Request) (any, error) { return a.twitch.get().StartSignIn(ctx) }},
		{Method: "GET", Path: "/api/oauth/start", Doc: "Tells how far the sign-in is.", Data: twitch.SignIn{},
			Handle: func(context.Context, hub.Request) (any, error) { return a.twitch.get().SignInState(), nil }},
		{Method: "POST", Path: "/api/oauth/refresh", Doc: "Renews the token now.", Data: twitch.Token{},
			Handle: func(ctx context.Context, _ hub.Request) (any, error) {
				err := a.twitch.get().RefreshToken(ctx)
				return a.twitch.get().Token(), err
			}},
		{Method: "POST", Path: "/api/oauth/upload", Doc: "Takes a token in that another program got.", Body: map[string]any{}, Data: twitch.Token{},
			Handle: func(ctx context.Context, r hub.Request) (any, error) {
				err := a.twitch.get().UploadToken(ctx, r.Body())
				return a.twitch.get().Token(), err
			}},
		{Method: "POST", Path: "/api/oauth/sign-out", Doc: "Forgets the token.", Data: twitch.Token{},
			Handle: func(context.Context, hub.Request) (any, error) {
				err := a.twitch.get().SignOut()
				return a.twitch.get().Token(), err
			}},
	}
}

// chatRoutes is what can be said and done on Twitch over HTTP.
func (a *App) chatRoutes() []hub.Route {
	type message struct {
		Text    string `json:"text"`
		ReplyTo string `json:"reply_to"`
		Color   string `json:"color"`
	}
	type who struct {
		Login string `json:"login"`
	}
	type marker struct {
		Description string `json:"description"`
	}
	return []hub.Route{
		{Method: "POST", Path: "/api/twitch/chat", Doc: "Writes in chat.", Body: message{}, Data: map[string]string{},
			Handle: with(func(ctx context.Context, m message) (any, error) {
				id, err := a.twitch.get().SendChat(ctx, m.Text, m.ReplyTo)
				return map[string]string{"message_id": id}, err
			})},
		{Method: "POST", Path: "/api/twitch/announce", Doc: "Makes an announcement in chat.", Body: message{},
			Handle: with(func(ctx context.Context, m message) (any, error) {
				return nothing{}, a.twitch.get().Announce(ctx, m.Text, m.Color)
			})},
		{Method: "POST", Path: "/api/twitch/shoutout", Doc: "Gives another channel a shoutout.", Body: who{},
			Handle: with(func(ctx context.Context, w who) (any, error) {
				return nothing{}, a.twitch.get().Shoutout(ctx, w.Login)
			})},
		{Method: "POST", Path: "/api/twitch/marker", Doc: "Marks this moment of the broadcast.", Body: marker{}, Data: twitch.Marker{},
			Handle: with(func(ctx context.Context, m marker) (any, error) {
				return a.twitch.get().CreateMarker(ctx, m.Description)
			})},
		{Method: "POST", Path: "/api/twitch/digest/play", Doc: "Plays each alert that was missed while Landale was away from Twitch.", Data: map[string]int{},
			Handle: func(ctx context.Context, _ hub.Request) (any, error) {
				played := 0
				if d := a.twitch.get().Digest(); d != nil {
					for _, id := range d.IDs {
						_, err := a.overlay.Replay(ctx, string(id))
						if err != nil && !errors.Is(err, event.ErrNotFound) { // not every event is an alert
							return nil, err
						}
						if err == nil {
							played++
						}
					}
				}
				return map[string]int{"played": played}, nil
			}},
		{Method: "POST", Path: "/api/twitch/clip", Doc: "Makes a clip of the last half minute.", Data: twitch.Clip{},
			Handle: func(ctx context.Context, _ hub.Request) (any, error) { return a.twitch.get().CreateClip(ctx) }},
	}
}

// with makes a route's handler of a function of its body.
func with[B any](run func(ctx context.Context, body B) (any, error)) func(context.Context, hub.Request) (any, error) {
	return func(ctx context.Context, r hub.Request) (any, error) {
		var b B
		if err := r.Decode(&b); err != nil {
			return nil, err
		}
		return run(ctx, b)
	}
}

// handleTwitch gives the hub's commands of Twitch their handlers.
func (a *App) handleTwitch(h *hub.Hub) {
	h.Handle("stream:*", "get_channel_info", func(ctx context.Context, _ json.RawMessage) (any, error) {
		return a.twitch.get().ChannelInfo(ctx)
	})
	h.Handle("stream:*", "search_categories", func(ctx context.Context, payload json.RawMessage) (any, error) {
		var p struct {
			Query string `json:"query"`
		}
		if err := json.Unmarshal(payload, &p); err != nil {
			return nil, err // the table's rules let no such payload through
		}
		return a.twitch.get().SearchCategories(ctx, p.Query)
	})
	h.Handle("stream:*", "update_channel_info", func(ctx context.Context, payload json.RawMessage) (any, error) {
		var changes map[string]json.RawMessage
		if err := json.Unmarshal(payload, &changes); err != nil {
			return nil, err
		}
		return map[string]string{"operation": "channel_info_updated"}, a.twitch.get().UpdateChannel(ctx, changes)
	})
	h.Handle("overlay:<type>", "twitch:status", func(context.Context, json.RawMessage) (any, error) {
		return a.twitch.get().LinkStatus(), nil
	})
}
