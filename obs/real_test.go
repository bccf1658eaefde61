//go:build !windows

package obs

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// realOBS is an OBS that a test started, see scripts/obs-headless.sh.
type realOBS struct {
	dir, password string
	port          int
}

func (r *realOBS) url() string { return fmt.Sprintf("ws://127.0.0.1:%d", r.port) }

func (r *realOBS) script(command string) error {
	c := exec.Command("bash", "../scripts/obs-headless.sh", command)
	c.Env = append(os.Environ(), "OBS_NO_INSTALL=1", "OBS_DIR="+r.dir, "OBS_WS_PORT="+strconv.Itoa(r.port), "OBS_WS_PASSWORD="+r.password, "OBS_WAIT=40", "OBS_SIZE=640x360", "OBS_FPS=30")
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("obs-headless.sh %s: %w: %s", command, err, out)
	}
	return nil
}

func (r *realOBS) pid(t testing.TB) int {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(r.dir, "obs.pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// alive reports whether OBS still runs, a second after it may have crashed.
func (r *realOBS) alive(t testing.TB) bool {
	for range 20 {
		comm, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", r.pid(t)))
		if err != nil || strings.Contains(string(comm), ") Z ") {
			return false
		}
		waitOrDone(t.Context(), 50*time.Millisecond)
	}
	return true
}

func (r *realOBS) signal(t testing.TB, s syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(r.pid(t), s); err != nil {
		t.Fatal(err)
	}
}

func needOBS(t testing.TB) {
	t.Helper()
	for _, tool := range []string{"obs", "Xvfb"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("%s is not installed: scripts/obs-headless.sh install", tool)
			}
			t.Skipf("%s is not installed: scripts/obs-headless.sh install", tool)
		}
	}
}

// startOBS starts an OBS of the test's own.
func startOBS(t testing.TB, password string) *realOBS {
	t.Helper()
	needOBS(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	dir, err := os.MkdirTemp("", "obs-test")
	if err != nil {
		t.Fatal(err)
	}
	r := &realOBS{dir: dir, port: port, password: password}
	t.Cleanup(func() {
		if err := r.script("stop"); err != nil {
			t.Error(err)
		}
		os.RemoveAll(dir)
	})
	if err := r.script("start"); err != nil {
		t.Fatal(err)
	}
	return r
}

func needTool(t testing.TB, tool string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is not installed", tool)
	}
	t.Skipf("%s is not installed", tool)
}

func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String()) // our own address
	return port
}

// listens reports whether a port is open without connecting to it: the sink takes
// one connection.
func listens(port string) bool {
	b, err := os.ReadFile("/proc/net/tcp")
	n, _ := strconv.Atoi(port) // our own
	return err == nil && strings.Contains(string(b), fmt.Sprintf(":%04X 00000000:0000 0A", n))
}

func waitFor(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); {
		if time.Now().After(end) {
			t.Fatalf("not within 10s: %s", what)
		}
		waitOrDone(t.Context(), 50*time.Millisecond)
	}
}
