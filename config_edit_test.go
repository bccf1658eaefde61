package main

import (
	"os"
	"strings"
	"testing"
)

func TestSetting(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"active", "[audio]\nengine = \"off\" # quiet\nlanguage = \"de\"\n", "[audio]\nengine = \"local\" # quiet\nlanguage = \"de\"\n"},
		{"switched off", "[audio]\n\n# What turns.\n#engine = \"auto\"\n\n[http]\n", "[audio]\n\n# What turns.\nengine = \"local\"\n\n[http]\n"},
		{"not there", "[audio] # mine\nlanguage = \"de\"\n[http]\n", "[audio] # mine\nengine = \"local\"\nlanguage = \"de\"\n[http]\n"},
		{"no section", "[http]\nring = 1", "[http]\nring = 1\n\n[audio]\nengine = \"local\"\n"},
		{"empty", "", "\n[audio]\nengine = \"local\"\n"},
		{"of another section", "[other]\nengine = 1\n[audio.local]\n[audio]\n", "[other]\nengine = 1\n[audio.local]\n[audio]\nengine = \"local\"\n"},
		{"Windows lines", "[audio]\r\nengine = 'off'\r\n", "[audio]\r\nengine = \"local\"\r\n"},
	} {
		got, err := setting(c.text, "audio", "engine", `"local"`)
		if err != nil || got != c.want {
			t.Errorf("%s: got %q, %v, want %q", c.name, got, err, c.want)
		}
	}
	if _, err := setting("[audio]\nengine = \"\"\"\nx\"\"\"\n", "audio", "engine", `"local"`); err == nil {
		t.Error("a value of several lines was changed")
	}
	// The first config file: one setting is switched on, all else stays.
	first := firstConfig()
	got, err := setting(first, "audio", "engine", `"off"`)
	if err != nil || got != strings.Replace(first, `#engine = "auto"`, `engine = "off"`, 1) {
		t.Errorf("the first config file was changed otherwise: %v", err)
	}
}

// The engine and the microphone are chosen on the dashboard and stand in the
// file; one that is broken is left as it is.
func TestChooseEngine(t *testing.T) {
	h := newHome(t, "# mine\n"+quietConfig)
	a := startApp(t, h)
	call(t, "PUT", a.URL()+"/api/speech/engine", map[string]string{"engine": "browser"}, nil)
	eventually(t, "the engine", func() bool { return a.config().Audio.Engine == "browser" })
	call(t, "PUT", a.URL()+"/api/speech/device", map[string]string{"device": "RE20"}, nil)
	eventually(t, "the microphone", func() bool {
		s := a.config().Audio.Sources
		return len(s) == 1 && s[0].Device == "RE20"
	})
	call(t, "PUT", a.URL()+"/api/speech/device", map[string]string{"device": "SM7"}, nil)
	eventually(t, "another one", func() bool { return a.config().Audio.Sources[0].Device == "SM7" })
	text, err := os.ReadFile(h.file)
	if err != nil || !strings.HasPrefix(string(text), "# mine\n") {
		t.Errorf("the file is now %q, %v", text, err)
	}
	if err := ask("PUT", a.URL()+"/api/speech/engine", map[string]string{"engine": "parrot"}, nil); err == nil || !strings.Contains(err.Error(), "audio.engine") {
		t.Errorf("an engine that there is not: %v", err)
	}
	h.write(t, quietConfig+"[log\n")
	if err := ask("PUT", a.URL()+"/api/speech/engine", map[string]string{"engine": "off"}, nil); err == nil {
		t.Error("a broken file was changed")
	}
}
