package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"

	"landale/event"
)

const (
	// quietTime is how long the file must rest before it is read: editors write
	// in several steps, and the last save is the one that counts.
	quietTime = 200 * time.Millisecond
	// lookEvery is how often the file is looked at without being told of a change:
	// on network drives, behind links and where the system has no watches left
	// nobody tells.
	lookEvery = 2 * time.Second
)

// reload follows the config file and applies each good save. A bad one changes
// nothing but the list of problems; so does a file that is deleted. It is a part
// with the name config.
type reload struct {
	in  ConfigInput
	log *slog.Logger
	// out: called one at a time from Serve's goroutine.
	changed func(old, cfg Config, sections []string)
	told    func([]event.Problem)

	read func() ([]byte, error)
	stat func() fileMark

	started Config // what the keys that need a restart still have

	// Owned by Serve's goroutine; they outlive a restart of the part.
	seen    *reading
	applied bool // a whole file without problems has been read

	mu      sync.Mutex
	running Config
	status  event.Status
}

// reading is what was found in the file.
type reading struct {
	data []byte
	err  string
}

// fileMark tells cheaply whether a file may have changed.
type fileMark struct {
	there    bool
	size     int64
	modified time.Time
}

// newReload follows in.File. Started is the config that LoadConfig gave at the
// start. Changed gets each new config with the sections that differ; told gets
// the list of problems whenever it was made anew, empty if all is well, and also
// those changes that wait for a restart. Both are called from Serve's goroutine.
func newReload(in ConfigInput, started Config, log *slog.Logger, changed func(old, cfg Config, sections []string), told func([]event.Problem)) *reload {
	return &reload{
		in: in, log: log, changed: changed, told: told, started: started, running: started,
		status: event.Status{State: event.Starting},
		read:   func() ([]byte, error) { return readConfig(in.File) },
		stat: func() fileMark {
			info, err := os.Stat(in.File)
			if err != nil {
				return fileMark{}
			}
			return fileMark{true, info.Size(), info.ModTime()}
		},
	}
}

// String implements the part.
func (r *reload) String() string { return "config" }

// Status says whether the file and what runs agree.
func (r *reload) Status() event.Status {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.status
}

// Serve follows the file until ctx ends.
func (r *reload) Serve(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var watch sync.WaitGroup
	defer watch.Wait()
	defer cancel()
	hints := make(chan struct{}, 1) // one says all: look again
	watch.Go(func() { r.watch(ctx, hints) })
	return r.follow(ctx, hints)
}

// follow reads the file now and whenever it has changed and then rested.
func (r *reload) follow(ctx context.Context, hints <-chan struct{}) error {
	mark := r.stat()
	r.check()
	quiet := time.NewTimer(quietTime)
	quiet.Stop()
	defer quiet.Stop()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		select {
		case <-hints:
			quiet.Reset(quietTime)
		case <-look.C:
			// An unreadable file is tried again, also if it looks the same: a virus
			// scanner or an editor may have held it.
			if m := r.stat(); m != mark || r.seen.err != "" && m.there {
				mark = m
				quiet.Reset(quietTime)
			}
		case <-quiet.C:
			mark = r.stat()
			r.check()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// check reads the file and, if it is not as it was, applies or refuses it.
func (r *reload) check() {
	data, err := r.read()
	now := &reading{data: data}
	if err != nil {
		now.err = err.Error()
	}
	if r.seen != nil && r.seen.err == now.err && bytes.Equal(r.seen.data, now.data) {
		return
	}
	r.seen = now
	if err != nil {
		message, hint := err.Error(), ""
		if errors.Is(err, errNoConfig) {
			message, hint = "the file is gone", "what was set in it stays until Landale ends: save it again, or restart for a new one with the defaults"
		}
		r.refuse([]event.Problem{{File: r.in.File, Message: message, Hint: hint}})
		return
	}
	cfg, l := loadBytes(r.in, data)
	if len(l.problems) > 0 {
		r.refuse(l.sorted())
		return
	}
	r.applied = true
	old := r.running
	sections := sectionsChanged(old, cfg)
	waiting := l.needRestart(r.started, cfg)
	r.mu.Lock()
	r.running = cfg
	r.status = event.Status{State: event.Running, Fresh: time.Now()}
	r.mu.Unlock()
	if len(sections) > 0 {
		r.log.Info("config changed", "sections", sections, "waiting_for_restart", len(waiting))
		r.changed(old, cfg, sections)
	}
	r.told(waiting)
}

// refuse keeps what runs and says why.
func (r *reload) refuse(problems []event.Problem) {
	first := problems[0]
	r.log.Warn("config not applied", "problems", len(problems), "line", first.Line, "key", first.Key, "message", first.Message)
	count := "1 problem"
	if n := len(problems); n > 1 {
		count = fmt.Sprintf("%d problems", n)
	}
	stays := "what ran before stays"
	if !r.applied {
		stays = "what it concerns has its default"
	}
	r.mu.Lock()
	r.status.State = event.Degraded
	r.status.Reason = fmt.Sprintf("%s has %s; %s", filepath.Base(r.in.File), count, stays)
	r.mu.Unlock()
	r.told(problems)
}

// needRestart lists the keys that differ from what the program started with and
// take effect only at a start.
func (l *loader) needRestart(started, cfg Config) []event.Problem {
	a, b := reflect.ValueOf(started), reflect.ValueOf(cfg)
	for _, k := range knownKeys(reflect.TypeFor[Config](), "") {
		if isStruct(k.typ) || !startsOnly(k.path) {
			continue
		}
		was, ok := valueAt(a, k.path)
		is, _ := valueAt(b, k.path)
		if ok && !reflect.DeepEqual(was.Interface(), is.Interface()) {
			l.report(k.path, "changed, but takes effect only after a restart", "close Landale and start it again when it suits you")
		}
	}
	return l.sorted()
}

// startsOnly reports whether a key is one of restartKeys or below one.
func startsOnly(path string) bool {
	for _, k := range restartKeys {
		if path == k || strings.HasPrefix(path, k+".") {
			return true
		}
	}
	return false
}

// valueAt finds a value by its dotted key; false for what is inside of a list.
func valueAt(v reflect.Value, path string) (reflect.Value, bool) {
	for name := range strings.SplitSeq(path, ".") {
		if v.Kind() != reflect.Struct {
			return v, false
		}
		v, _ = fieldByKey(v, name)
	}
	return v, true
}

// watch gives a hint whenever something happens to the file, until ctx ends. It
// watches the folder, since many editors put a new file in the old one's place.
// Without watches follow still looks by itself.
func (r *reload) watch(ctx context.Context, hints chan<- struct{}) {
	for warned := false; ctx.Err() == nil; {
		err := r.watchFolder(ctx, hints)
		if ctx.Err() != nil {
			return
		}
		if !warned {
			warned = true
			r.log.Debug("config folder cannot be watched", "error", err, "look_every", lookEvery)
		}
		select {
		case <-time.After(lookEvery):
		case <-ctx.Done():
		}
	}
}

var errFolderGone = errors.New("the folder is gone")

func (r *reload) watchFolder(ctx context.Context, hints chan<- struct{}) error {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return err
	}
	defer w.Close()
	dir, name := filepath.Dir(r.in.File), filepath.Base(r.in.File)
	if err := w.Add(dir); err != nil {
		return err
	}
	hint := func() {
		select {
		case hints <- struct{}{}:
		default: // one is waiting
		}
	}
	hint() // what happened before the watch stood
	for {
		select {
		case ev, ok := <-w.Events:
			switch {
			case !ok:
				return fsnotify.ErrClosed
			case strings.EqualFold(filepath.Base(ev.Name), name):
				hint()
			case filepath.Clean(ev.Name) == filepath.Clean(dir) && ev.Has(fsnotify.Remove|fsnotify.Rename):
				hint()
				return errFolderGone
			}
		case err, ok := <-w.Errors:
			if !ok {
				return fsnotify.ErrClosed
			}
			hint()
			return err
		case <-ctx.Done():
			return nil
		}
	}
}
