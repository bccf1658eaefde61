package obs

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"landale/event"
	"landale/obs/obstest"
)

// TestWatchdog plays a minute or two for each trouble and notes when which warning
// came and went.
func TestWatchdog(t *testing.T) {
	live := func(s *Snapshot, sec int) {
		s.Stream = Output{Active: true, State: "started", Bytes: int64(sec) * 1000}
	}
	every5 := func(sec int) time.Time {
		return time.Date(2026, 11, 24, 20, 0, sec-sec%5, 0, time.UTC)
	}
	for _, c := range []struct {
		name string
		run  func(sec int, s *Snapshot, o *outside)
		want []string
	}{
		{"all is well", func(sec int, s *Snapshot, o *outside) {
			live(s, sec)
			o.twitchKnown, o.twitchLive = true, true
			s.Stats = Stats{ReadAt: every5(sec), RenderTotalFrames: int64(60 * sec), RenderSkippedFrames: int64(sec), DiskFreeMB: 90_000}
		}, nil},
		{"OBS streams and Twitch does not show it", func(sec int, s *Snapshot, o *outside) {
			live(s, sec)
			o.twitchKnown, o.twitchLive = true, sec >= 120
		}, []string{"90 +not_live_on_twitch", "130 -not_live_on_twitch"}},
		{"Twitch needs a minute", func(sec int, s *Snapshot, o *outside) {
			live(s, sec)
			o.twitchKnown, o.twitchLive = true, sec >= 60
		}, nil},
		{"Twitch is not connected", func(sec int, s *Snapshot, o *outside) { live(s, sec) }, nil},
		{"another program streams", func(sec int, s *Snapshot, o *outside) { o.twitchKnown, o.twitchLive = true, true }, []string{"90 +not_live_in_obs"}},
		{"nothing is sent", func(sec int, s *Snapshot, o *outside) {
			live(s, min(sec, 30))
			if sec >= 60 {
				live(s, sec)
			}
		}, []string{"45 +no_bitrate", "70 -no_bitrate"}},
		{"the connection drops frames for a while", func(sec int, s *Snapshot, o *outside) {
			live(s, sec)
			s.Stats.ReadAt = every5(sec)
			s.Stream.TotalFrames = int64(60 * (sec - sec%5))
			s.Stream.SkippedFrames = int64(20 * min(sec-sec%5, 30))
		}, []string{"5 +dropped_frames", "66 -dropped_frames"}},
		{"the disk fills", func(sec int, s *Snapshot, o *outside) { s.Stats.DiskFreeMB = 6*1024 - float64(sec)*20 }, []string{"52 +disk_full"}},
		{"the microphone is muted", func(sec int, s *Snapshot, o *outside) {
			s.Inputs = []Input{{Name: "Mic", Audio: true, Microphone: true, Muted: sec < 60}}
			if sec%20 < 10 { // ten seconds of speech, ten of silence
				o.speech = every5(0).Add(time.Duration(sec) * time.Second)
			} else {
				o.speech = every5(0).Add(time.Duration(sec-sec%20+9) * time.Second)
			}
		}, []string{"3 +microphone_muted", "60 -microphone_muted"}},
		{"silence at a muted microphone", func(sec int, s *Snapshot, o *outside) {
			s.Inputs = []Input{{Name: "Mic", Audio: true, Microphone: true, Muted: true}}
		}, nil},
		{"the server is lost", func(sec int, s *Snapshot, o *outside) {
			live(s, sec)
			if sec >= 20 && sec < 30 {
				s.Stream.State = "reconnecting"
			}
		}, []string{"20 +reconnecting", "30 -reconnecting"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var w watchdog
			var got []string
			for sec := range 140 {
				s, o := empty(), outside{}
				c.run(sec, &s, &o)
				raised, cleared := w.look(&s, DefaultConfig().Watchdog, o, every5(0).Add(time.Duration(sec)*time.Second))
				for _, r := range raised {
					got = append(got, fmt.Sprintf("%d +%s", sec, r.Kind))
				}
				for _, r := range cleared {
					got = append(got, fmt.Sprintf("%d -%s", sec, r.Kind))
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestMutedMicrophoneIsTold(t *testing.T) {
	t.Parallel()
	s := obstest.Start(t, "")
	r := serve(t, settings(s.URL()), func(o *Options) { o.Speech = time.Now })
	r.connected()
	s.Mute("Mic/Aux", true)
	r.until("degraded", 8*time.Second, func() bool { return r.Status().State == event.Degraded })
	if got := r.Status().Reason; got != "Mic/Aux is muted in OBS while you speak" {
		t.Errorf("got %q", got)
	}
	s.Mute("Mic/Aux", false)
	r.until("running", 8*time.Second, func() bool { return r.Status().State == event.Running })
	e := r.of("obs.warning_raised", "obs.warning_cleared")
	if len(e) != 2 || e[1].Payload.(event.OBSWarningCleared).Duration <= 0 {
		t.Errorf("got %+v", e)
	}
}
