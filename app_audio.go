package main

import (
	"context"
	"encoding/json"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"

	"landale/audio"
	"landale/event"
	"landale/hub"
)

// newAudio makes the part that listens, and what it needs of the others.
func (a *App) newAudio(cfg Config, dir string) {
	a.sessions = &sessions{zone: cfg.General.Location()}
	a.names = audio.NewNames()
	a.audio = audio.New(cfg.Audio, audio.Options{
		Publish: func(e event.Event) { a.bus.Publish(e) },
		Levels: func(source string, l audio.Levels) {
			a.hub.now().Live("audio:levels", "levels", soundLevels{source, l.RMS, l.Peak, l.Bands[:]})
		},
		Session: a.sessions.name,
		Began:   a.sessions.start,
		Names:   func() []string { return a.names.List(time.Now()) },
		Dir:     filepath.Join(dir, "audio"),
		Log:     a.logs.Logger("audio"),
	})
}

// soundLevels is how loud a source is, as pages get it.
type soundLevels struct {
	Source string    `json:"source"`
	RMS    float32   `json:"rms"`
	Peak   float32   `json:"peak"`
	Bands  []float32 `json:"bands"`
}

// listener hands events of the bus to what follows them without being a part of
// its own: the recogniser's names, the session of the broadcast, caption readers.
type listener struct {
	events *event.Subscription
	hear   []func(event.Event)
}

// String names the part.
func (l *listener) String() string { return "listener" }

// Serve hands on until ctx ends.
func (l *listener) Serve(ctx context.Context) error {
	for {
		select {
		case e := <-l.events.Events():
			for _, hear := range l.hear {
				hear(e)
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// newListener subscribes to what Names, sessions and caption readers need. A
// thousand events may wait: a raid's chat while a slow disk holds a transcript
// file.
func (a *App) newListener() *listener {
	return &listener{
		events: a.bus.Subscribe("listener", 1000, event.DropOldest, func(e event.Event) bool {
			switch e.Type {
			case "channel.chat.message", "channel.update", "stream.online", "stream.offline",
				"transcription.final", "transcription.partial":
				return true
			}
			return false
		}),
		hear: []func(event.Event){a.names.Hear, a.sessions.hear, a.audio.Heard, a.obs.Transcript},
	}
}

// sessions knows the stream_session_id of speech: the day on which the broadcast
// began, or the day itself outside of one.
type sessions struct {
	zone  *time.Location
	began atomic.Pointer[time.Time] // of the broadcast that is live
	known atomic.Bool               // Twitch has said whether it is
}

// live says whether Twitch shows the channel as live; known is false while it
// never said.
func (s *sessions) live() (live, known bool) {
	return s.began.Load() != nil, s.known.Load()
}

func (s *sessions) hear(e event.Event) {
	if e.Type == "stream.online" || e.Type == "stream.offline" {
		s.known.Store(true)
	}
	switch p := e.Payload.(type) {
	case event.StreamOnline:
		began := p.StartedAt
		if began.IsZero() {
			began = e.Time
		}
		s.began.Store(&began)
	case event.StreamOffline:
		s.began.Store(nil)
	}
}

// start is when the broadcast began that is live, zero for none.
func (s *sessions) start() time.Time {
	if began := s.began.Load(); began != nil {
		return *began
	}
	return time.Time{}
}

func (s *sessions) name(at time.Time) string {
	if began := s.began.Load(); began != nil && !at.Before(*began) {
		at = *began
	}
	return event.SessionName(at, s.zone)
}

// restore finds the broadcast that was live when the program ended.
func (s *sessions) restore(ctx context.Context, streams hub.Streams) error {
	list, err := streams.Streams(ctx, 0, 1)
	if err == nil && len(list) == 1 && list[0].Ended.IsZero() {
		s.began.Store(&list[0].Started)
	}
	return err
}

// audioTry is how long the test of a microphone records.
const audioTry = 5 * time.Second

// audioRoutes is what the part answers over HTTP.
func (a *App) audioRoutes() []hub.Route {
	type pause struct {
		Paused bool `json:"paused"`
	}
	type try struct {
		Device string `json:"device"`
	}
	type correction struct {
		Text string `json:"text"`
	}
	type engine struct {
		Engine string `json:"engine"`
		Model  string `json:"model"`
	}
	return []hub.Route{
		{Method: "GET", Path: "/api/speech/models", Doc: "Lists the models that can recognise speech on this PC.", Data: []audio.ModelInfo{},
			Handle: func(context.Context, hub.Request) (any, error) { return a.audio.Models(), nil }},
		{Method: "POST", Path: "/api/speech/models/{id}/install", Doc: "Downloads a model. The part audio tells how far it is.",
			Handle: func(_ context.Context, r hub.Request) (any, error) {
				return map[string]string{"id": r.Text("id")}, a.audio.InstallModel(r.Text("id"))
			}},
		{Method: "PUT", Path: "/api/speech/engine", Doc: "Chooses what turns sound into words, in the config file: auto, openai, local, browser or off. A model is one of the catalogue's.", Body: engine{}, Data: engine{},
			Handle: with(func(_ context.Context, p engine) (any, error) {
				values := [][2]string{{"engine", strconv.Quote(p.Engine)}}
				if err := a.change("audio", values); err != nil {
					return nil, err
				}
				if p.Model != "" {
					return p, a.change("audio.local", [][2]string{{"model", strconv.Quote(p.Model)}})
				}
				return p, nil
			})},
		{Method: "PUT", Path: "/api/speech/device", Doc: "Chooses the microphone, in the config file, where there is no source of another kind.", Body: try{}, Data: try{},
			Handle: with(func(_ context.Context, p try) (any, error) {
				return p, a.chooseDevice(p.Device)
			})},
		{Method: "GET", Path: "/api/speech/devices", Doc: "Lists the microphones of this PC.", Data: []audio.Device{},
			Handle: func(context.Context, hub.Request) (any, error) { return a.audio.Devices() }},
		{Method: "POST", Path: "/api/speech/pause", Doc: "Holds captions, or lets them go on.", Body: pause{}, Data: pause{},
			Handle: with(func(_ context.Context, p pause) (any, error) {
				a.audio.Pause(p.Paused)
				return p, nil
			})},
		{Method: "POST", Path: "/api/speech/test", Doc: "Records a microphone for five seconds and recognises what was said.", Body: try{}, Data: audio.Trial{},
			Time: audioTry + 15*time.Second,
			Handle: with(func(ctx context.Context, p try) (any, error) {
				return a.audio.Try(ctx, p.Device, audioTry)
			})},
		{Method: "PUT", Path: "/api/transcriptions/{ref}", Doc: "Corrects a line. The original stays beside it.", Body: correction{}, Data: event.Event{},
			Handle: func(ctx context.Context, r hub.Request) (any, error) {
				var p correction
				if err := r.Decode(&p); err != nil {
					return nil, err
				}
				return a.correct(ctx, r.Text("ref"), p.Text)
			}},
	}
}

// chooseDevice writes the microphone into the config file: into its only source,
// or as its first one.
func (a *App) chooseDevice(device string) error {
	switch list := a.config().Audio.Sources; {
	case len(list) == 0:
		return a.append("\n[[audio.source]]\nname = \"microphone\"\ndevice = " + strconv.Quote(device) + "\n")
	case len(list) == 1 && (list[0].Kind == "" || list[0].Kind == "device"):
		return a.change("[audio.source]", [][2]string{{"device", strconv.Quote(device)}})
	}
	return &configError{"there are several sources: choose the device of each in the config file"}
}

// correct publishes a transcript's line as the person says that it should be: a
// revision of the same segment.
func (a *App) correct(ctx context.Context, ref, text string) (event.Event, error) {
	was, err := a.store.Event(ctx, ref)
	if err != nil {
		return event.Event{}, err
	}
	said, ok := was.Payload.(event.TranscriptionFinal)
	if !ok {
		return event.Event{}, event.ErrNotFound
	}
	said.Message, said.IsRevision, said.RawText, said.Words, said.Latency = text, true, said.Message, nil, nil
	if said.SegmentID == "" {
		said.SegmentID = string(was.ID)
	}
	said.Model, said.Confidence = "corrected by hand", nil
	if err := event.Validate(said); err != nil {
		return event.Event{}, err
	}
	e := event.New(event.Operator, was.Time, said).CausedBy(was)
	e.SourceID = was.SourceID
	e, _ = a.bus.Publish(e) // its id is new
	return e, nil
}

// handleAudio gives the hub's commands of speech their handlers.
func (a *App) handleAudio(h *hub.Hub) {
	h.Handle("transcription:*", "submit_partial", func(_ context.Context, payload json.RawMessage) (any, error) {
		var p struct {
			Text        string `json:"text"`
			SegmentID   string `json:"segment_id"`
			SourceID    string `json:"source_id"`
			StableWords int    `json:"stable_words"`
		}
		if err := json.Unmarshal(payload, &p); err != nil {
			return nil, err // the table's rules let no such payload through
		}
		a.audio.PagePartial(p.SourceID, p.SegmentID, p.Text, p.StableWords)
		return map[string]string{"segment_id": p.SegmentID}, nil
	})
	h.Handle("transcription:*", "speech_page", answer(func(_ context.Context, p struct {
		Listening bool `json:"listening"`
	}) (any, error) {
		a.audio.PageSeen(p.Listening)
		return nothing{}, nil
	}))
}
