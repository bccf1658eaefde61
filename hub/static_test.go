package hub

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

func TestPagesAreFound(t *testing.T) {
	s := newSite(t, func(o *Options) {
		files := o.Files.(fstest.MapFS)
		files["overlay/alerts/index.html"] = &fstest.MapFile{Data: []byte("alerts")}
		files["build.txt"] = &fstest.MapFile{Data: []byte("b1")}
		files["assets/sounds/cheer.mp3"] = &fstest.MapFile{Data: []byte("mp3")}
		files["assets/font.WOFF2"] = &fstest.MapFile{Data: []byte("font")}
		files["assets/odd.xyz"] = &fstest.MapFile{Data: []byte("odd")}
	})
	tests := []struct{ path, body, contentType string }{
		{"/", "<!doctype html><title>Landale</title>", "text/html; charset=utf-8"},
		{"/index.html", "<!doctype html><title>Landale</title>", "text/html; charset=utf-8"},
		{"/?debug=true&unknown=1", "<!doctype html><title>Landale</title>", "text/html; charset=utf-8"},
		{"/overlay/status", "<!doctype html><title>status</title>", "text/html; charset=utf-8"},
		{"/overlay/status/", "<!doctype html><title>status</title>", "text/html; charset=utf-8"},
		{"/overlay/status.html", "<!doctype html><title>status</title>", "text/html; charset=utf-8"},
		{"/overlay/status?scale=%ff&show=x", "<!doctype html><title>status</title>", "text/html; charset=utf-8"},
		{"/overlay/alerts", "alerts", "text/html; charset=utf-8"},
		{"/assets/index.js", "export {}", "text/javascript; charset=utf-8"},
		{"/assets/sounds/cheer.mp3", "mp3", "audio/mpeg"},
		{"/assets/font.WOFF2", "font", "font/woff2"},
		{"/assets/odd.xyz", "odd", "application/octet-stream"},
		{"/favicon.svg", "<svg/>", "image/svg+xml"},
		{"/favicon.ico", "<svg/>", "image/svg+xml"},
		{"/robots.txt", robots, "text/plain; charset=utf-8"},
		{"/build.txt", "b1", "text/plain; charset=utf-8"},
	}
	for _, tt := range tests {
		a := s.get(t, tt.path)
		if a.StatusCode != 200 || string(a.body) != tt.body || a.Header.Get("Content-Type") != tt.contentType {
			t.Errorf("%s: got %d %q %s", tt.path, a.StatusCode, a.body, a.Header.Get("Content-Type"))
		}
		if a.Header.Get("Cache-Control") != "no-cache" || a.Header.Get("Etag") == "" {
			t.Errorf("%s: Cache-Control %q, ETag %q", tt.path, a.Header.Get("Cache-Control"), a.Header.Get("Etag"))
		}
		again := s.get(t, tt.path, "If-None-Match", a.Header.Get("Etag"))
		if again.StatusCode != 304 || len(again.body) != 0 {
			t.Errorf("%s asked again: got %d and %d bytes, want 304", tt.path, again.StatusCode, len(again.body))
		}
	}
	if s.get(t, "/", "If-None-Match", `"other"`).StatusCode != 200 {
		t.Error("another ETag is answered 304")
	}
}

func TestMissingPages(t *testing.T) {
	s := newSite(t)
	for _, path := range []string{"/nothing", "/overlay", "/overlay/nothing", "/assets", "/assets/", "/index.html/x", "/.git/config", "/socket", "/apix"} {
		a := s.get(t, path)
		if a.StatusCode != 404 || !strings.Contains(string(a.body), "no such page") || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") {
			t.Errorf("%s: got %d %s", path, a.StatusCode, a.body)
		}
	}
}

func TestWithoutPages(t *testing.T) {
	s := newSite(t, func(o *Options) { o.Files = nil })
	a := s.get(t, "/")
	if a.StatusCode != 200 || !strings.Contains(string(a.body), "just web") {
		t.Errorf("got %d %s, want help", a.StatusCode, a.body)
	}
	if a := s.get(t, "/overlay/status"); a.StatusCode != 404 {
		t.Errorf("overlay: got %d", a.StatusCode)
	}
}

func TestNoPathLeavesTheFolder(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "secret.txt"), []byte("SECRET"), 0o600); err != nil {
		t.Fatal(err)
	}
	public := filepath.Join(dir, "public")
	if err := os.MkdirAll(filepath.Join(public, "assets"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(public, "index.html"), []byte("fine"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := newSite(t, func(o *Options) { o.Files = os.DirFS(public) })
	for _, target := range []string{
		"/../secret.txt", "/assets/../../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/%2e%2e%2fsecret.txt",
		"/..\\secret.txt", "/..%5csecret.txt", "/assets/..%5c..%5csecret.txt", "//../secret.txt", "/./../secret.txt", "/....//secret.txt",
		"/%252e%252e/secret.txt", "/..;/secret.txt", "/assets/%00/../../secret.txt", "/index.html%00.txt", "/C:/secret.txt", "/secret.txt::$DATA",
		"http://localhost/../secret.txt", "/" + filepath.ToSlash(dir) + "/secret.txt", "/\xff\xfe",
	} {
		status, body := s.raw(t, "GET "+target+" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
		if status < 400 || strings.Contains(body, "SECRET") {
			t.Errorf("%q: got %d %.60q", target, status, body)
		}
	}
	if status, body := s.raw(t, "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"); status != 200 || body != "fine" {
		t.Errorf("the page itself: got %d %q", status, body)
	}
}

// In development the pages are a folder that a build writes to.
func TestChangedFilesAreReadAgain(t *testing.T) {
	files := fstest.MapFS{"index.html": {Data: []byte("old"), ModTime: time.Unix(1, 0)}}
	p := newPageFiles(files)
	_, old := p.find("/")
	if _, same := p.find("/"); same != old {
		t.Error("an unchanged file was read twice")
	}
	files["index.html"] = &fstest.MapFile{Data: []byte("new"), ModTime: time.Unix(2, 0)}
	if _, changed := p.find("/"); string(changed.body) != "new" || changed.etag == old.etag {
		t.Errorf("got %q", changed.body)
	}
}

func FuzzPages(f *testing.F) {
	for _, s := range []string{"/", "/overlay/status", "/../x", "//", "/\\", "/a\x00b", "\xff"} {
		f.Add(s)
	}
	p := newPageFiles(fstest.MapFS{"index.html": {Data: []byte("x")}})
	f.Fuzz(func(t *testing.T, path string) {
		if name, found := p.find(path); found != nil && name != "index.html" {
			t.Errorf("%q found %q", path, name)
		}
	})
}
