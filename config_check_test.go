package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write golden files")

// Each fixture is broken in its own way; beside it stands what a person reads.
func TestCheckConfig(t *testing.T) {
	files, err := filepath.Glob("testdata/config/*.toml")
	if err != nil || len(files) < 15 {
		t.Fatalf("got %d fixtures, %v, want at least 15", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".toml"), func(t *testing.T) {
			var out bytes.Buffer
			in := ConfigInput{Place: Place{File: filepath.ToSlash(file), Data: t.TempDir()}}
			code := checkConfig(&out, in)
			got := strings.ReplaceAll(out.String(), `\empty`, "/empty")
			if well := strings.HasSuffix(got, ": all is well\n"); well != (code == 0) {
				t.Errorf("got exit code %d for %q", code, got)
			}
			golden := strings.TrimSuffix(file, ".toml") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}
