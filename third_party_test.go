package main

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Whoever gets the program gets the notices of all that is in it: of every
// module that packages or tests are built of, here and on Windows.
func TestThirdPartyIsComplete(t *testing.T) {
	notices, err := os.ReadFile("THIRD_PARTY.md")
	if err != nil {
		t.Fatal(err)
	}
	named := func(what string) bool { return strings.Contains(string(notices), "`"+what+"`") }
	used := map[string]bool{}
	for _, system := range []string{"linux", "windows"} {
		cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-test", "-f", "{{with .Module}}{{.Path}}{{end}}", "./...")
		cmd.Env = append(os.Environ(), "GOOS="+system)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("go list for %s: %v", system, err)
		}
		for line := range strings.Lines(string(out)) {
			if m := strings.TrimSpace(line); m != "" && m != module {
				used[m] = true
			}
		}
	}
	for m := range used {
		if !named(m) {
			t.Errorf("THIRD_PARTY.md does not name %s", m)
		}
	}
	for s := bufio.NewScanner(strings.NewReader(string(notices))); s.Scan(); {
		if rest, ok := strings.CutPrefix(s.Text(), "| `"); ok {
			if m, _, _ := strings.Cut(rest, "`"); !used[m] {
				t.Errorf("THIRD_PARTY.md names %s, which is not used", m)
			}
		}
	}
}
