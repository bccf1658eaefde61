package hub

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"
)

// contentTypes are the content types of what a build puts out. The list is our own
// since mime.TypeByExtension asks the registry on Windows, where any installed
// editor may have made .js "text/plain", which browsers refuse to run.
var contentTypes = map[string]string{
	".css":         "text/css; charset=utf-8",
	".gif":         "image/gif",
	".html":        "text/html; charset=utf-8",
	".ico":         "image/x-icon",
	".jpg":         "image/jpeg",
	".js":          "text/javascript; charset=utf-8",
	".json":        "application/json",
	".m4a":         "audio/mp4",
	".map":         "application/json",
	".mjs":         "text/javascript; charset=utf-8",
	".mp3":         "audio/mpeg",
	".mp4":         "video/mp4",
	".ogg":         "audio/ogg",
	".otf":         "font/otf",
	".png":         "image/png",
	".svg":         "image/svg+xml",
	".ttf":         "font/ttf",
	".txt":         "text/plain; charset=utf-8",
	".wav":         "audio/wav",
	".webm":        "video/webm",
	".webmanifest": "application/manifest+json",
	".webp":        "image/webp",
	".woff":        "font/woff",
	".woff2":       "font/woff2",
}

// robots keeps search engines out, should a page ever be reachable for one.
const robots = "User-agent: *\nDisallow: /\n"

// pageFiles serves the built pages. Files are read and hashed once; one with a time
// (a directory in development, embedded files have none) is read again when the
// time changes.
type pageFiles struct {
	files fs.FS // nil: no pages were built in

	mu    sync.Mutex
	known map[string]*pageFile
}

type pageFile struct {
	body     []byte
	etag     string
	modified time.Time
}

func newPageFiles(files fs.FS) *pageFiles {
	return &pageFiles{files: files, known: map[string]*pageFile{}}
}

// ServeHTTP answers GET and HEAD. Query parameters are the page's own business.
func (p *pageFiles) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		writePage(w, http.StatusMethodNotAllowed, "This page can only be read", "It answers GET and HEAD.")
		return
	}
	name, found := p.find(r.URL.Path)
	switch {
	case found != nil:
		w.Header().Set("Content-Type", contentType(name))
		serveContent(w, r, found.body, found.etag)
	case r.URL.Path == "/robots.txt":
		w.Header().Set("Content-Type", contentTypes[".txt"])
		serveContent(w, r, []byte(robots), etagOf([]byte(robots)))
	case p.files == nil && r.URL.Path == "/":
		writePage(w, http.StatusOK, "Landale is running",
			"This build has no pages in it. Build them with “just web” and start the program again. The API is described at /api/docs.")
	default:
		writePage(w, http.StatusNotFound, "There is no such page", "The dashboard is at the top; overlays are at /overlay/<name>.")
	}
}

func contentType(name string) string {
	if t := contentTypes[strings.ToLower(path.Ext(name))]; t != "" {
		return t
	}
	return "application/octet-stream"
}

func serveContent(w http.ResponseWriter, r *http.Request, body []byte, etag string) {
	w.Header().Set("Etag", etag)
	// Names carry no hash, so a page asks each time and mostly hears 304.
	w.Header().Set("Cache-Control", "no-cache")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// find returns the file that a URL path stands for: itself, or an HTML file for
// a path without an extension.
func (p *pageFiles) find(urlPath string) (string, *pageFile) {
	name := strings.Trim(urlPath, "/")
	var names []string
	switch {
	case name == "":
		names = []string{"index.html"}
	case name == "favicon.ico":
		names = []string{name, "favicon.svg"}
	case path.Ext(name) == "":
		names = []string{name + ".html", name + "/index.html", name}
	default:
		names = []string{name}
	}
	for _, name := range names {
		if found := p.load(name); found != nil {
			return name, found
		}
	}
	return "", nil
}

func (p *pageFiles) load(name string) *pageFile {
	// ValidPath refuses "..", empty and absolute elements. A backslash or a colon
	// would be more than a name on Windows, when the files are on disk.
	if p.files == nil || !fs.ValidPath(name) || strings.ContainsAny(name, "\\:\x00") {
		return nil
	}
	info, err := fs.Stat(p.files, name)
	if err != nil || !info.Mode().IsRegular() {
		return nil
	}
	p.mu.Lock()
	known := p.known[name]
	p.mu.Unlock()
	if known != nil && known.modified.Equal(info.ModTime()) {
		return known
	}
	body, err := fs.ReadFile(p.files, name)
	if err != nil {
		return nil
	}
	known = &pageFile{body, etagOf(body), info.ModTime()}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.known[name] = known
	return known
}

// etagOf names bytes by their content.
func etagOf(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
}

// smallPage is what is shown where there is no page. It needs no other file.
var smallPage = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="dark">
<title>{{.Title}}</title>
<style>
body { margin: 0; min-height: 100vh; display: grid; place-content: center; padding: 24px; box-sizing: border-box;
  background: #121517; color: #c0cfd3; font: 16px/24px system-ui, sans-serif; }
h1 { margin: 0 0 12px; font-size: 24px; font-weight: 600; color: #efefef; }
p { margin: 0 0 24px; max-width: 48ch; }
a { color: #1cdaf4; }
</style>
<h1>{{.Title}}</h1>
<p>{{.Text}}</p>
<p><a href="/">Dashboard</a></p>
</html>
`))

func writePage(w http.ResponseWriter, status int, title, text string) {
	var b bytes.Buffer
	if err := smallPage.Execute(&b, struct{ Title, Text string }{title, text}); err != nil {
		panic(err) // a template of two strings, which cannot fail
	}
	w.Header().Set("Content-Type", contentTypes[".html"])
	w.Header().Set("Cache-Control", "no-cache")
	w.WriteHeader(status)
	w.Write(b.Bytes())
}
