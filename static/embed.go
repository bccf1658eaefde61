// Package static holds the built pages. Their source is in web/, the output of
// its build is committed in dist/, so that the program builds without Node.
//
// The paths are those of dist: "index.html" is the dashboard,
// "overlay/status.html" the page at /overlay/status, "assets/" what they load.
// Names carry no hash and embedded files no time: serve them with an ETag by
// content and no-cache.
package static

import (
	"embed"
	"io/fs"
	"strings"
)

//go:embed all:dist
var dist embed.FS

// Files returns the built pages, with index.html at the top.
func Files() fs.FS {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // only for an invalid path, and this one is a constant
	}
	return files
}

// Build names the build of the pages after their content. A page carries the
// name as well and reloads itself when the program it talks to has another one.
func Build() string {
	name, err := fs.ReadFile(Files(), "build.txt")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(name))
}
