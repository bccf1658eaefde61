package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// startOBS starts a real OBS and returns its port.
func startOBS(t *testing.T) int {
	t.Helper()
	for _, tool := range []string{"obs", "Xvfb"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("%s is not installed", tool)
			}
			t.Skipf("%s is not installed", tool)
		}
	}
	_, port, err := net.SplitHostPort(freePort(t))
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "landale-obs")
	if err != nil {
		t.Fatal(err)
	}
	script := func(command string) {
		c := exec.Command("bash", "scripts/obs-headless.sh", command)
		c.Env = append(os.Environ(), "OBS_DIR="+dir, "OBS_WS_PORT="+port, "OBS_NO_INSTALL=1", "OBS_FPS=30", "PULSE_SERVER=")
		if out, err := c.CombinedOutput(); err != nil {
			t.Errorf("obs-headless.sh %s: %v\n%s", command, err, out)
		}
	}
	t.Cleanup(func() {
		script("stop")
		os.RemoveAll(dir)
	})
	script("start")
	var n int
	_, err = fmt.Sscan(port, &n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A scene that is changed over HTTP changes in the real OBS, and a page hears of
// it; so does the dashboard's state.
func TestOBS(t *testing.T) {
	port := startOBS(t)
	a := startApp(t, newHome(t, fmt.Sprintf("%s[obs]\nurl = \"ws://127.0.0.1:%d\"\n", quietConfig, port)))
	eventually(t, "OBS", func() bool { return a.obs.Snapshot().Connected })
	page := dial(t, a.URL())
	page.join("events:obs", map[string]any{"batch": true})
	if _, err := a.obs.Request(t.Context(), "CreateScene", map[string]string{"sceneName": "Game"}); err != nil {
		t.Fatal(err)
	}
	call(t, "POST", a.URL()+"/api/obs/scene/Game", nil, nil)
	for heard := false; !heard; {
		for _, e := range page.events() {
			heard = heard || e.Type == "obs.current_program_scene_changed" && strings.Contains(string(e.PayloadJSON()), `"scene_name":"Game"`)
		}
	}
	var state struct {
		ProgramScene string `json:"program_scene"`
	}
	eventually(t, "the scene in the state", func() bool {
		call(t, "GET", a.URL()+"/api/obs", nil, &state)
		return state.ProgramScene == "Game"
	})
	if err := ask("POST", a.URL()+"/api/obs/scene/None", nil, nil); err == nil {
		t.Error("a scene that is not there was changed to")
	}
}
