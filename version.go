package main

import (
	"cmp"
	"runtime/debug"

	"landale/static"
)

// version is set when a release is built:
//
//	go build -ldflags "-X main.version=2026.11.1"
var version string

// programVersion names the release (year.month.count), or the commit that a
// build from source was made of, or "development".
func programVersion() string {
	if version != "" {
		return version
	}
	revision, modified := revision()
	if revision == "" {
		return "development"
	}
	if modified {
		return "development-" + revision + "-modified"
	}
	return "development-" + revision
}

// programBuild names the exact build to pages, which reload themselves when
// theirs is another: the content of the pages decides, so that a change of the
// program alone reloads nothing.
func programBuild() string {
	revision, _ := revision()
	return cmp.Or(static.Build(), revision, programVersion())
}

// revision is the commit that the program was built from, as far as Go noted it.
func revision() (short string, modified bool) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "", false
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			short = s.Value[:min(len(s.Value), 12)]
		case "vcs.modified":
			modified = s.Value == "true"
		}
	}
	return short, modified
}
