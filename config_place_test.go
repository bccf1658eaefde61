package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestLocate(t *testing.T) {
	dir := t.TempDir()
	repo, portable, other := filepath.Join(dir, "repo"), filepath.Join(dir, "portable"), filepath.Join(dir, "other")
	for file, text := range map[string]string{
		filepath.Join(repo, "go.mod"):          "module landale\n\ngo 1.26.0\n",
		filepath.Join(repo, "config.toml"):     "",
		filepath.Join(other, "go.mod"):         "module other\n",
		filepath.Join(other, "config.toml"):    "",
		filepath.Join(portable, "config.toml"): "",
	} {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	user := filepath.Join(dir, "user")
	built := filepath.Join(dir, "go-build123", "b001", "exe", "landale")
	cached := filepath.Join(dir, "cache", "ab", strings.Repeat("ab", 32)+"-d", "landale")
	at := func(elements ...string) string { return filepath.Join(append([]string{dir}, elements...)...) }
	for _, c := range []struct {
		name string
		s    surroundings
		file string
		data string
	}{
		{"named", surroundings{config: "x.toml", exe: filepath.Join(portable, "landale"), cwd: other, user: user}, at("other", "x.toml"), at("other", "data")},
		{"named in the repository", surroundings{config: at("x.toml"), exe: built, cwd: repo, user: user}, at("x.toml"), at("data")},
		{"go run in the repository", surroundings{exe: built, cwd: repo, user: user}, at("repo", "data", "config.toml"), at("repo", "data")},
		{"go run from Go's cache", surroundings{exe: cached, cwd: repo, user: user}, at("repo", "data", "config.toml"), at("repo", "data")},
		{"go run elsewhere", surroundings{exe: built, cwd: other, user: user, goos: "linux"}, at("user", "landale", "config.toml"), at("user", "landale", "data")},
		{"portable", surroundings{exe: filepath.Join(portable, "landale.exe"), cwd: repo, user: user}, at("portable", "config.toml"), at("portable", "data")},
		{"never the working folder", surroundings{exe: at("bin", "landale"), cwd: other, user: user, goos: "windows"}, at("user", "Landale", "config.toml"), at("user", "Landale", "data")},
	} {
		p, err := locate(c.s)
		if err != nil || p.File != c.file || p.Data != c.data {
			t.Errorf("%s: got %+v, %v, want %s and %s", c.name, p, err, c.file, c.data)
		}
	}
	if _, err := locate(surroundings{exe: at("bin", "landale"), cwd: other}); err != errNoPlace {
		t.Errorf("got %v, want %v", err, errNoPlace)
	}
}

func TestSaveDefault(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	file := filepath.Join(dir, "config.toml")
	if wrote, err := saveDefault(file); !wrote || err != nil {
		t.Fatalf("got %v, %v, want that it wrote", wrote, err)
	}
	data, err := os.ReadFile(file)
	if err != nil || string(data) != firstConfig() {
		t.Errorf("got %q, %v", data, err)
	}
	if info, err := os.Stat(file); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v, want that only the user reads it", info.Mode(), err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("got %v, %v, want one file", left, err)
	}

	// What is there is never written over.
	if err := os.WriteFile(file, []byte("[log]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if wrote, err := saveDefault(file); wrote || err != nil {
		t.Errorf("got %v, %v, want that it left the file alone", wrote, err)
	}
	if data, err := os.ReadFile(file); err != nil || string(data) != "[log]\n" {
		t.Errorf("got %q, %v, want what was there", data, err)
	}
	if _, err := saveDefault(filepath.Join(file, "config.toml")); err == nil {
		t.Error("got no error for a folder that is a file")
	}
}
