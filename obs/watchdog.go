package obs

import (
	"fmt"
	"time"

	"landale/event"
)

const (
	twitchPatience = 90 * time.Second // Twitch shows a stream a minute after it began
	lostWindow     = 30 * time.Second
	lingers        = 10 * time.Second // a warning stays so long after its reason went
	micPatience    = 3 * time.Second
	micLingers     = 30 * time.Second // pauses in speech do not end the warning
	noBitrateAfter = 15 * time.Second
)

// watchdog looks for what goes wrong on a stream without anybody noticing. It is
// handed the time, and one goroutine uses it.
type watchdog struct {
	samples []sample
	alarms  map[alarm]*alarmState
	flowed  time.Time // when the stream last sent anything, by its bytes
	bytes   int64
}

type alarm struct{ kind, subject string }

type alarmState struct {
	first, last time.Time // when its reason was first and last seen
	message     string
	raised      bool
	linger      time.Duration
}

// sample is the frames that were lost up to a moment.
type sample struct {
	at   time.Time
	lost [3]losses
}

type losses struct{ lost, total int64 }

// kinds of lost frames, in the order of sample.lost.
var lostKinds = [3]struct{ kind, message string }{
	{"dropped_frames", "%.0f %% of the stream's frames were dropped: the connection is too slow for the bitrate"},
	{"skipped_frames", "%.0f %% of frames were skipped: the encoder cannot keep up"},
	{"lagged_frames", "%.0f %% of frames came late: the graphics card cannot keep up"},
}

// outside is what the watchdog is told by other parts.
type outside struct {
	twitchLive, twitchKnown bool
	speech                  time.Time
}

// look gives what began to be wrong and what is right again.
func (w *watchdog) look(s *Snapshot, cfg WatchdogConfig, o outside, now time.Time) (raised, cleared []Warning) {
	if w.alarms == nil {
		w.alarms = map[alarm]*alarmState{}
	}
	streaming := s.Stream.Active && s.Stream.State != "stopping"
	if o.twitchKnown {
		if streaming && !o.twitchLive {
			w.wrong(now, alarm{"not_live_on_twitch", ""}, lingers, "OBS is streaming but Twitch does not show the channel as live")
		}
		if !streaming && o.twitchLive {
			w.wrong(now, alarm{"not_live_in_obs", ""}, lingers, "Twitch shows the channel as live but OBS is not streaming")
		}
	}
	w.frames(s, cfg, streaming, now)
	if w.flowed.IsZero() || !streaming || s.Stream.Bytes != w.bytes || s.Stream.State != "started" {
		w.flowed, w.bytes = now, s.Stream.Bytes
	} else if now.Sub(w.flowed) >= noBitrateAfter {
		w.wrong(now, alarm{"no_bitrate", ""}, lingers, "OBS is streaming but sends nothing")
	}
	if s.Stream.State == "reconnecting" {
		w.wrong(now, alarm{"reconnecting", ""}, 0, "OBS has lost the streaming server and tries to reach it again")
	}
	if free := s.Stats.DiskFreeMB; free > 0 && free < cfg.DiskFreeGB*1024 {
		w.wrong(now, alarm{"disk_full", ""}, lingers, fmt.Sprintf("the disk for recordings is nearly full: %.1f GB are left", free/1024))
	}
	if mic := s.microphone(); mic != nil && mic.Audio && mic.Muted && now.Sub(o.speech) < micPatience {
		w.wrong(now, alarm{"microphone_muted", mic.Name}, micLingers, mic.Name+" is muted in OBS while you speak")
	} else if a := w.alarms[alarm{"microphone_muted", ""}.of(mic)]; a != nil && mic != nil && !mic.Muted {
		a.last = time.Time{} // unmuted: no need to linger
	}
	for _, b := range s.Sources {
		if b.State == "broken" {
			w.wrong(now, alarm{"source_broken", b.Name}, 0, fmt.Sprintf("the browser source %s shows nothing, and %d attempts did not mend it: look at it in OBS", b.Name, b.Attempts))
		}
	}
	for k, a := range w.alarms {
		switch {
		case !a.raised && a.last.Before(now) && now.Sub(a.last) > lookSpan*3/2:
			delete(w.alarms, k) // it went before its patience was over
		case !a.raised && now.Sub(a.first) >= patience(k.kind):
			a.raised = true
			raised = append(raised, Warning{Kind: k.kind, Subject: k.subject, Message: a.message, Since: a.first.UTC()})
		case a.raised && now.Sub(a.last) > a.linger && a.last.Before(now):
			cleared = append(cleared, Warning{Kind: k.kind, Subject: k.subject, Message: a.message, Since: a.first.UTC()})
			delete(w.alarms, k)
		}
	}
	return raised, cleared
}

func (a alarm) of(mic *Input) alarm {
	if mic != nil {
		a.subject = mic.Name
	}
	return a
}

// patience is how long something must be wrong before it is a warning.
func patience(kind string) time.Duration {
	switch kind {
	case "not_live_on_twitch", "not_live_in_obs":
		return twitchPatience
	case "microphone_muted":
		return micPatience
	}
	return 0
}

func (w *watchdog) wrong(now time.Time, k alarm, linger time.Duration, message string) {
	a := w.alarms[k]
	if a == nil {
		a = &alarmState{first: now, message: message}
		w.alarms[k] = a
	}
	a.last, a.linger = now, linger
}

// frames looks at the share of frames that were lost in the last half minute.
func (w *watchdog) frames(s *Snapshot, cfg WatchdogConfig, streaming bool, now time.Time) {
	n := sample{at: s.Stats.ReadAt, lost: [3]losses{
		{s.Stream.SkippedFrames, s.Stream.TotalFrames}, {s.Stats.OutputSkippedFrames, s.Stats.OutputTotalFrames}, {s.Stats.RenderSkippedFrames, s.Stats.RenderTotalFrames},
	}}
	if !streaming {
		w.samples = nil
		return
	}
	if len(w.samples) == 0 || n.at.After(w.samples[len(w.samples)-1].at) {
		w.samples = append(w.samples, n)
	}
	for len(w.samples) > 1 && now.Sub(w.samples[0].at) > lostWindow {
		w.samples = w.samples[1:]
	}
	from, to := w.samples[0], w.samples[len(w.samples)-1]
	for i, k := range lostKinds {
		lost, total := to.lost[i].lost-from.lost[i].lost, to.lost[i].total-from.lost[i].total
		if lost <= 0 || total < 60 { // counted anew, or too few to judge by
			continue
		}
		if share := 100 * float64(lost) / float64(total); share > cfg.LostFrames {
			w.wrong(now, alarm{k.kind, ""}, lingers, fmt.Sprintf(k.message, share))
		}
	}
}

// guard runs the watchdog once a second and tells what it found.
func (s *session) guard(now time.Time) {
	var o outside
	if s.o.TwitchLive != nil {
		o.twitchLive, o.twitchKnown = s.o.TwitchLive()
	}
	if s.o.Speech != nil {
		o.speech = s.o.Speech()
	}
	raised, cleared := s.watch.look(&s.state, s.cfg.Watchdog, o, now)
	for _, w := range raised {
		s.state.Warnings = append(s.state.Warnings, w)
		e := event.OBSWarningRaised{Warning: w.Kind, Subject: w.Subject, Message: w.Message}
		e.SessionID = s.id
		s.publish(event.New(event.OBS, now, e))
		s.o.Log.Warn("obs warning", "warning", w.Kind, "subject", w.Subject)
	}
	for _, w := range cleared {
		left := []Warning{} // never the list that was shown
		for _, old := range s.state.Warnings {
			if old.Kind != w.Kind || old.Subject != w.Subject {
				left = append(left, old)
			}
		}
		s.state.Warnings = left
		s.clear(w, now)
	}
	s.changed = s.changed || len(raised)+len(cleared) > 0
}

func (s *session) clear(w Warning, now time.Time) {
	e := event.OBSWarningCleared{Warning: w.Kind, Subject: w.Subject, Message: w.Message, Duration: now.Sub(w.Since).Seconds()}
	e.SessionID = s.id
	s.publish(event.New(event.OBS, now, e))
}
