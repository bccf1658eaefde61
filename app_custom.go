package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// customFiles are the streamer's own theme.css and overlay.js, in the folder
// custom/ of the data: pages are told which of them there are, each named by its
// content, and load them anew when that changes.
type customFiles struct {
	dir  string
	tell func(custom) // of a change

	mu  sync.Mutex
	now custom
}

func (c *customFiles) get() custom {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// custom is what pages are told; nil stands for a file that is not there.
type custom struct {
	Theme  *string `json:"theme"`
	Script *string `json:"script"`
}

// String names the part.
func (c *customFiles) String() string { return "custom" }

// Serve looks for a change once a second until ctx ends: two files by their time
// and size, which costs nothing, also on a share where nothing tells of changes.
func (c *customFiles) Serve(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	theme, script := customFile{name: "theme.css"}, customFile{name: "overlay.js"}
	for {
		changed := theme.look(c.dir)
		if script.look(c.dir) || changed {
			c.mu.Lock()
			c.now = custom{theme.version, script.version}
			c.mu.Unlock()
			c.tell(c.get())
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// ServeHTTP serves the folder's files, and nothing outside of it.
func (c *customFiles) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	root, err := os.OpenRoot(c.dir)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer root.Close()
	w.Header().Set("Cache-Control", "no-cache")
	http.FileServerFS(root.FS()).ServeHTTP(w, r)
}

// customFile is one of the files as it was when it was last looked at.
type customFile struct {
	name    string
	seen    bool
	at      time.Time
	size    int64
	version *string
}

// look reports whether the file is another than before. One that cannot be read
// counts as absent: an editor may be in the middle of writing it.
func (f *customFile) look(dir string) (changed bool) {
	path := filepath.Join(dir, f.name)
	info, err := os.Stat(path)
	if err != nil {
		changed = f.version != nil || !f.seen
		*f = customFile{name: f.name, seen: true}
		return changed
	}
	if f.seen && info.ModTime().Equal(f.at) && info.Size() == f.size {
		return false
	}
	f.seen, f.at, f.size = true, info.ModTime(), info.Size()
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return false
	}
	version := hex.EncodeToString(sum.Sum(nil)[:6])
	if f.version != nil && *f.version == version {
		return false
	}
	f.version = &version
	return true
}
