package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func messages(l *logs) string {
	var b strings.Builder
	for _, line := range l.Lines(0, logRing) {
		fmt.Fprintf(&b, "%s/%s", line.Part, line.Message)
		if n, ok := line.Attrs["repeated"]; ok {
			fmt.Fprintf(&b, "×%v", n)
		}
		b.WriteByte(' ')
	}
	return strings.TrimSpace(b.String())
}

func TestRepeatsBecomeOneLineASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLogs(nil)
		obs, hub := l.Logger("obs"), l.Logger("hub")
		for range 500 {
			obs.Warn("link ended", "error", "refused")
		}
		hub.Warn("link ended", "error", "refused")
		if got, want := messages(l), "obs/link ended hub/link ended"; got != want {
			t.Errorf("at once: got %q, want %q", got, want)
		}
		time.Sleep(repeatFor)
		synctest.Wait()
		if got, want := messages(l), "obs/link ended hub/link ended obs/link ended×499"; got != want {
			t.Errorf("after a second: got %q, want %q", got, want)
		}
	})
}

// Two clients that join in one second are two lines; ten thousand are not.
func TestOtherFactsAreOtherLinesUpToALimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLogs(nil)
		log := l.Logger("hub")
		for i := range 10_000 {
			log.Info("client joined", "id", i)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		lines := l.Lines(0, logRing)
		if len(lines) != repeatAfter+1 {
			t.Fatalf("got %d lines, want %d", len(lines), repeatAfter+1)
		}
		last := lines[repeatAfter].Attrs
		if fmt.Sprint(last["id"], last["repeated"]) != fmt.Sprint(9999, 10_000-repeatAfter) {
			t.Errorf("last line says %v, want the newest id and how many were held", last)
		}
	})
}

func TestLinesOfTheRing(t *testing.T) {
	l := newLogs(nil)
	changed := l.Changed()
	for i := range logRing + 500 {
		l.Logger(fmt.Sprint(i)).Info("line")
	}
	select {
	case <-changed:
	default:
		t.Error("new lines were not announced")
	}
	for _, c := range []struct {
		after       uint64
		limit       int
		first, last uint64
		n           int
	}{
		{0, logRing, 501, 1500, 1000},
		{0, 200, 1301, 1500, 200},
		{1400, 200, 1401, 1500, 100},
		{1500, 200, 0, 0, 0},
		{9999, 200, 0, 0, 0},
	} {
		got := l.Lines(c.after, c.limit)
		if len(got) != c.n {
			t.Errorf("after %d, limit %d: got %d lines, want %d", c.after, c.limit, len(got), c.n)
			continue
		}
		if c.n > 0 && (got[0].Seq != c.first || got[c.n-1].Seq != c.last || got[0].Part != fmt.Sprint(c.first-1)) {
			t.Errorf("after %d, limit %d: got %d to %d, want %d to %d", c.after, c.limit, got[0].Seq, got[c.n-1].Seq, c.first, c.last)
		}
	}
}

func TestLevelsByPartWhileLive(t *testing.T) {
	l := newLogs(nil)
	obs, hub := l.Logger("obs"), l.Logger("hub")
	obs.Debug("one")
	l.Set(LogConfig{Level: slog.LevelWarn, Parts: map[string]slog.Level{"obs": slog.LevelDebug}})
	obs.Debug("two")
	hub.Info("three")
	hub.Warn("four")
	if got, want := messages(l), "obs/two hub/four"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSecretsStayOut(t *testing.T) {
	var terminal bytes.Buffer
	l := newLogs(&terminal)
	dir := t.TempDir()
	if err := l.Open(dir, LogConfig{FileMB: 1}); err != nil {
		t.Fatal(err)
	}
	log := l.Logger("twitch").With("client_secret", "hunter2hunter2")
	log.Info("request", "access_token", "hunter2hunter2", slog.Group("obs", "password", "hunter2hunter2"),
		"url", "https://id.twitch.tv/?client=x&access_token=hunter2hunter2&x=1",
		"error", errors.New(`refused "Authorization: Bearer hunter2hunter2"`))
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(filepath.Join(dir, "landale.log"))
	if err != nil {
		t.Fatal(err)
	}
	ring, err := json.Marshal(l.Lines(0, 10))
	if err != nil {
		t.Fatal(err)
	}
	for where, text := range map[string]string{"file": string(file), "terminal": terminal.String(), "memory": string(ring)} {
		if strings.Contains(text, "hunter2") || !strings.Contains(text, redacted) {
			t.Errorf("%s: %s", where, text)
		}
	}
}

// What is logged before the data folder is known is in the file too, in JSON,
// one object a line.
func TestFileHasEarlyLines(t *testing.T) {
	l := newLogs(nil)
	dir := t.TempDir()
	l.Logger("").Info("landale is running", "url", "http://127.0.0.1:7175")
	if err := l.Open(dir, LogConfig{FileMB: 1}); err != nil {
		t.Fatal(err)
	}
	l.Logger("hub").Warn("slow", "wait", 1500*time.Millisecond, "error", errors.New("no"))
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(dir, "landale.log"))
	if err != nil {
		t.Fatal(err)
	}
	var got []map[string]any
	for line := range strings.Lines(string(b)) {
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		got = append(got, m)
	}
	if len(got) != 2 || got[0]["msg"] != "landale is running" || got[1]["part"] != "hub" ||
		got[1]["wait"] != "1.5s" || got[1]["error"] != "no" || got[1]["level"] != "warn" {
		t.Errorf("got %v", got)
	}
}
