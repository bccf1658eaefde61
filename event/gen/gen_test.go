package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// Pages and readers trust these files: they say what the catalogue says, or this
// fails.
func TestGeneratedFilesAreFresh(t *testing.T) {
	docs, err := readComments("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range outputs {
		got, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(o.path)))
		if err != nil {
			t.Errorf("%v: run go generate ./event", err)
			continue
		}
		if want := o.generate(docs); !bytes.Equal(got, want) {
			t.Errorf("%s is stale: run go generate ./event", o.path)
		}
	}
}
