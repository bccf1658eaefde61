package audio

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"landale/audio/sherpa"
)

// TestMain is also the recogniser's child process.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == WorkerArg {
		if err := RunWorker(os.Args[2]); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// depot serves one archive as the release page does, and may break off.
func depot(t *testing.T) (*library, ModelInfo, *atomic.Int64) {
	t.Helper()
	file, err := os.ReadFile("testdata/tiny.tar.bz2")
	if err != nil {
		t.Fatal(err)
	}
	breakAt := &atomic.Int64{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n := breakAt.Load(); n > 0 {
			w.Header().Set("Content-Length", "100000")
			_, _ = w.Write(file[:n]) // and no more
			return
		}
		http.ServeContent(w, r, "tiny.tar.bz2", time.Time{}, bytes.NewReader(file))
	}))
	t.Cleanup(srv.Close)
	sum := sha256.Sum256(file)
	m := ModelInfo{ID: "tiny", Language: "en", Bytes: int64(len(file)), URL: srv.URL, SHA256: hex.EncodeToString(sum[:]), kind: "tdnn", folder: "tiny", files: map[string]string{"model": "model.onnx", "tokens": "tokens.txt"}}
	l := newLibrary(t.TempDir())
	l.models = []ModelInfo{m}
	return l, m, breakAt
}

func TestInstall(t *testing.T) {
	l, m, breakAt := depot(t)
	if l.list()[0].Installed {
		t.Fatal("installed before it was downloaded")
	}
	breakAt.Store(100)
	var done int64
	progress := func(n int64) { done = n }
	if err := l.install(context.Background(), m, progress); err == nil {
		t.Fatal("no error for a download that broke off")
	}
	if done != 100 {
		t.Errorf("%d bytes are here, want 100", done)
	}
	breakAt.Store(0)
	var first int64 = -1
	if err := l.install(context.Background(), m, func(n int64) {
		if first < 0 {
			first = n
		}
		done = n
	}); err != nil {
		t.Fatal(err)
	}
	if first != 100 || done != m.Bytes {
		t.Errorf("went from %d to %d bytes, want from 100 to %d", first, done, m.Bytes)
	}
	if !l.list()[0].Installed {
		t.Error("not installed")
	}
	if left, _ := filepath.Glob(filepath.Join(l.dir, "*.part")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestInstallAnotherFile: what the catalogue does not pin is not used, and the
// next try begins anew.
func TestInstallAnotherFile(t *testing.T) {
	l, m, _ := depot(t)
	m.SHA256 = strings.Repeat("0", 64)
	if err := l.install(context.Background(), m, func(int64) {}); !errors.Is(err, errChecksum) {
		t.Errorf("got %v, want the wrong checksum", err)
	}
	if left, _ := filepath.Glob(filepath.Join(l.dir, "*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestLocalEngine installs a model and hears with it, in a child process that is
// this test's own executable.
func TestLocalEngine(t *testing.T) {
	l, m, _ := depot(t)
	if err := l.install(context.Background(), m, func(int64) {}); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	if _, err := newLocal(LocalConfig{Model: "other"}, l, "en", workerCommand, log); err == nil {
		t.Error("no error for a model that is not there")
	}
	e, err := newLocal(LocalConfig{}, l, "en", func(libs string) *exec.Cmd { return exec.Command(os.Args[0], WorkerArg, libs) }, log)
	if errors.Is(err, sherpa.ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer e.close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	r, err := e.Transcribe(ctx, goForward(t), Hints{})
	if err != nil || r.Text == "" {
		t.Errorf("got %q, %v", r.Text, err)
	}
}

func TestWordsOfTokens(t *testing.T) {
	got := words([]sherpa.Token{{Text: "▁he", Start: 0.1}, {Text: "llo", Start: 0.3}, {Text: "▁chat", Start: 0.6}, {Text: ".", Start: 0.9}}, 2)
	if len(got) != 2 || got[0].Text != "hello" || got[1].Text != "chat." || got[0].End != 0.6 || got[1].End != 1.6 {
		t.Errorf("got %+v", got)
	}
	if w := words([]sherpa.Token{{Text: " he", Start: -1}}, 2); w != nil {
		t.Errorf("without times: got %+v", w)
	}
}
