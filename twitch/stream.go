package twitch

import (
	"context"
	"time"

	"landale/event"
)

// sampleEvery is how often viewers are counted.
const sampleEvery = time.Minute

// serveStream asks each minute how the broadcast is and publishes how many
// watch. A minute without an answer has no sample: missing is not zero.
func (t *Twitch) serveStream(ctx context.Context) {
	tick := time.NewTicker(sampleEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if _, ok := t.keeper.current(); !ok {
			continue
		}
		stream, err := t.Stream(ctx)
		if err != nil {
			t.log.Debug("the broadcast could not be asked for", "error", err)
			continue
		}
		t.noteStream(stream)
		if stream != nil {
			ev := event.New(event.Twitch, time.Now(), event.TwitchViewerSample{
				StreamID: stream.ID, Viewers: stream.ViewerCount, Title: stream.Title, CategoryID: stream.GameID, CategoryName: stream.GameName,
			})
			ev.SourceID = t.channel()
			t.o.Publish(ev)
		}
	}
}

func (t *Twitch) noteStream(s *Stream) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stream, t.streamAt = s, time.Now()
}
