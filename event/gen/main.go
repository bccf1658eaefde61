// Command gen writes what is derived from the catalogue of events: the page
// docs/EVENTS.md and the front end's types. Run it with "go generate ./event";
// a test fails when what it would write differs from what stands there.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// outputs says which file each generator writes, from the top of the repository.
var outputs = []struct {
	path     string
	generate func(comments) []byte
}{
	{"docs/EVENTS.md", document},
	{"static/web/src/wire/events.ts", typescript},
}

func main() {
	if err := run("."); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run writes all outputs; dir is the folder of package event.
func run(dir string) error {
	docs, err := readComments(dir)
	if err != nil {
		return err
	}
	for _, o := range outputs {
		path := filepath.Join(dir, "..", filepath.FromSlash(o.path))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("make the folder of %s: %w", o.path, err)
		}
		if err := os.WriteFile(path, o.generate(docs), 0o644); err != nil {
			return fmt.Errorf("write %s: %w", o.path, err)
		}
	}
	return nil
}
