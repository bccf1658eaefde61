package static_test

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"landale/static"
)

// A page that names a file which is not built in would be blank on stream.
func TestEveryFileThatAPageNamesIsEmbedded(t *testing.T) {
	names := regexp.MustCompile(`(?:src|href)="([^"]+)"|url\(([^)]+)\)`)
	pages := 0
	err := fs.WalkDir(static.Files(), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".html") && !strings.HasSuffix(path, ".css") {
			return err
		}
		text, err := fs.ReadFile(static.Files(), path)
		if err != nil {
			return err
		}
		if strings.HasSuffix(path, ".html") {
			pages++
			if want := `<meta name="landale-build" content="` + static.Build() + `"`; !strings.Contains(string(text), want) {
				t.Errorf("%s does not name its build %s", path, static.Build())
			}
		}
		for _, m := range names.FindAllStringSubmatch(string(text), -1) {
			name := m[1] + m[2]
			if !strings.HasPrefix(name, "/") {
				t.Errorf("%s names %s, want a path from the top", path, name)
				continue
			}
			if _, err := fs.Stat(static.Files(), name[1:]); err != nil {
				t.Errorf("%s names %s: %v", path, name, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if pages < 2 || len(static.Build()) != 12 {
		t.Errorf("%d pages of build %q, want the dashboard and an overlay of a named build", pages, static.Build())
	}
}
