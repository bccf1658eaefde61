package main

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The streamer's own style reaches pages when it is saved, and leaves them when
// it is deleted; nothing outside of its folder can be had.
func TestCustom(t *testing.T) {
	h := newHome(t, quietConfig)
	a := startApp(t, h)
	told := func() string {
		b, err := json.Marshal(a.hub.now().State())
		if err != nil {
			t.Fatal(err)
		}
		var state struct{ Stream map[string]json.RawMessage }
		if err := json.Unmarshal(b, &state); err != nil {
			t.Fatal(err)
		}
		return string(state.Stream["custom"])
	}
	eventually(t, "word that there is none", func() bool { return told() == `{"theme":null,"script":null}` })
	dir := filepath.Join(h.data, "custom")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "theme.css"), []byte(":root { --accent: lime }"), 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the theme", func() bool { return strings.Contains(told(), `"theme":"`) })
	for path, want := range map[string]int{"/custom/theme.css?v=1": 200, "/custom/overlay.js": 404, "/custom/../landale.db": 404, "/custom/..%2flandale.db": 404} {
		resp, err := http.Get(a.URL() + path)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != want || want == 200 && !strings.Contains(string(b), "lime") {
			t.Errorf("%s: got %s %.100s, want %d", path, resp.Status, b, want)
		}
	}
	if err := os.Remove(filepath.Join(dir, "theme.css")); err != nil {
		t.Fatal(err)
	}
	eventually(t, "its end", func() bool { return told() == `{"theme":null,"script":null}` })
}
