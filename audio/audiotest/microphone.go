package audiotest

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Microphone starts a sound server of its own with a microphone, "TestMicrophone",
// that hears what it is told to (scripts/pulse-headless.sh), and points the
// process at it. The function runs the script's commands: play FILE, unplug, plug.
// It skips the test where PulseAudio is not installed.
func Microphone(t testing.TB, script string) (do func(args ...string)) {
	t.Helper()
	if _, err := exec.LookPath("pulseaudio"); err != nil {
		Missing(t, "pulseaudio")
	}
	dir := t.TempDir()
	script, err := filepath.Abs(script)
	if err != nil {
		t.Fatal(err)
	}
	do = func(args ...string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		c := exec.CommandContext(ctx, script, args...)
		c.Env = append(os.Environ(), "PULSE_DIR="+dir, "PULSE_NO_INSTALL=1")
		if out, err := c.CombinedOutput(); err != nil {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
	}
	do("start")
	t.Cleanup(func() { do("stop") })
	t.Setenv("PULSE_SERVER", "unix:"+filepath.Join(dir, "native"))
	return do
}
