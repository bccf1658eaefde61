//go:build !windows

package obs

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"landale/event"
)

// TestOBSRestarts kills, freezes and restarts a real OBS.
func TestOBSRestarts(t *testing.T) {
	needOBS(t)
	obs := startOBS(t, "")
	if err := obs.script("stop"); err != nil {
		t.Fatal(err)
	}
	r := serve(t, settings(obs.url()), nil)
	r.until("waiting", 5*time.Second, func() bool { return r.Status().State == event.Waiting })
	times := 5 // OBS_RESTARTS=50 is the figure that is promised
	if n, err := strconv.Atoi(os.Getenv("OBS_RESTARTS")); err == nil {
		times = n
	}
	var took []time.Duration
	for i := range times {
		if err := obs.script("start"); err != nil {
			t.Fatal(err)
		}
		d := r.connected() // from when OBS answers
		took = append(took, d)
		if d > 3*time.Second {
			t.Errorf("start %d: connected after %v, want 3s at most", i, d)
		}
		if i == 0 {
			obs.signal(t, syscall.SIGSTOP)
			began := time.Now()
			if _, err := r.SetScene(t.Context(), "Scene"); !errors.Is(err, ErrTimeout) || time.Since(began) > 1200*time.Millisecond {
				t.Errorf("got %v after %v from a frozen OBS", err, time.Since(began))
			}
			r.until("the freeze is noticed", 8*time.Second, func() bool { return !r.Snapshot().Connected })
			obs.signal(t, syscall.SIGCONT)
			if d := r.connected(); d > 4*time.Second {
				t.Errorf("thawed: connected after %v", d)
			}
			if _, err := r.Request(t.Context(), "GetVersion", nil); err != nil {
				t.Error(err)
			}
		}
		if i%2 == 0 {
			obs.signal(t, syscall.SIGKILL)
			if d := r.until("the kill is noticed", 2*time.Second, func() bool { return !r.Snapshot().Connected }); d > time.Second {
				t.Errorf("noticed after %v", d)
			}
		}
		if err := obs.script("stop"); err != nil {
			t.Fatal(err)
		}
		r.until("gone", 3*time.Second, func() bool { return !r.Snapshot().Connected })
	}
	t.Logf("connected %d times of %d, after %v", len(took), times, took)
	if n, lost := len(r.of("obs.connection_established")), len(r.of("obs.connection_lost")); n != times+1 || lost != n {
		t.Errorf("got %d connections and %d losses, want %d", n, lost, times+1)
	}
}

// TestOBSCaptions streams to an RTMP sink and reads the captions back out of the
// video.
func TestOBSCaptions(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		needTool(t, "ffmpeg")
	}
	obs := startOBS(t, "")
	sink := freePort(t)
	file := obs.dir + "/stream.flv"
	ff := exec.Command("timeout", "60", "ffmpeg", "-v", "error", "-y", "-listen", "1", "-i", "rtmp://127.0.0.1:"+sink+"/live/key", "-c", "copy", file)
	var out strings.Builder
	ff.Stderr = &out
	if err := ff.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = ff.Process.Kill()
		_ = ff.Wait() // it may have ended by itself
	}()
	cfg := settings(obs.url())
	cfg.Captions.Enabled = true
	cfg.Captions.Clear = time.Second
	r := serve(t, cfg, nil)
	r.connected()
	if _, err := r.Request(t.Context(), "SetStreamServiceSettings", map[string]any{
		"streamServiceType": "rtmp_custom", "streamServiceSettings": map[string]any{"server": "rtmp://127.0.0.1:" + sink + "/live", "key": "key", "use_auth": false},
	}); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the sink listens", func() bool { return listens(sink) })
	done := must[Done](t)(r.StartStream(t.Context()))
	t.Logf("answered with state %s", done.State)
	r.until("stream", 10*time.Second, func() bool { return r.Snapshot().Stream.State == "started" })
	r.Caption("1", "so here is the plan", true)
	r.Caption("2", "for tonight and for tomorrow as well", true)
	r.until("captions sent, and cleared", 8*time.Second, func() bool { return r.captions.sent.Load() >= 3 })
	r.until("a bitrate", 15*time.Second, func() bool { return r.Snapshot().Stream.BitrateKbps > 0 })
	if n := r.Status().Details["captions_sent"].(uint64); n < 3 {
		t.Errorf("got %d captions, want two and an empty one", n)
	}
	must[Done](t)(r.StopStream(t.Context()))
	r.until("stopped", 10*time.Second, func() bool { return r.Snapshot().Stream.State == "stopped" })
	states := []string{}
	for _, e := range r.of("obs.stream_state_changed") {
		states = append(states, e.Payload.(event.OBSStreamStateChanged).StreamStatus)
	}
	if len(states) < 4 || states[len(states)-1] != "inactive" {
		t.Errorf("got %v", states)
	}
	_ = ff.Wait() // it ends with the stream
	video, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v; ffmpeg: %s", err, out.String())
	}
	got := strings.ReplaceAll(cea608(video), " ", "") // a control code may come between any two letters
	t.Logf("captions in the video: %q", got)
	for _, want := range []string{"sohereistheplanfortonight", "andfortomorrowaswell"} {
		if !strings.Contains(got, want) {
			t.Errorf("got %q, want %q in it", got, want)
		}
	}
}

// cea608 reads the characters of closed captions out of H.264 video: in the
// user data marked GA94 each pair has seven bits and a parity bit a character.
func cea608(video []byte) string {
	var b strings.Builder
	parts := bytes.Split(video, []byte("GA94\x03"))
	for _, part := range parts[1:] {
		n := 0
		if len(part) > 2 {
			n = int(part[0] & 0x1f)
		}
		for i := range n {
			if at := 2 + 3*i; at+3 <= len(part) && part[at] == 0xfc {
				hi, lo := part[at+1]&0x7f, part[at+2]&0x7f
				if hi >= ' ' {
					b.WriteByte(hi)
					if lo >= ' ' {
						b.WriteByte(lo)
					}
				} else if b.Len() > 0 {
					b.WriteByte(' ')
				}
			}
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}
