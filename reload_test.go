package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"landale/event"
)

// savedFile is a config file in memory, for virtual time.
type savedFile struct {
	mu    sync.Mutex
	text  string
	err   error
	mark  fileMark
	hints chan struct{}
	reads int
}

func (f *savedFile) save(text string) {
	f.mu.Lock()
	f.text, f.err = text, nil
	f.mark = fileMark{true, int64(len(text)), time.Now()}
	f.mu.Unlock()
	select {
	case f.hints <- struct{}{}:
	default:
	}
}

func (f *savedFile) fail(err error) {
	f.mu.Lock()
	f.text, f.err, f.mark = "", err, fileMark{}
	f.mu.Unlock()
	f.hints <- struct{}{}
}

// heard is what a reload told the program.
type heard struct {
	mu       sync.Mutex
	changes  [][]string
	last     Config
	problems []event.Problem
	told     int
}

func (h *heard) changed(_, cfg Config, sections []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.changes, h.last = append(h.changes, sections), cfg
}

func (h *heard) tell(ps []event.Problem) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.problems, h.told = ps, h.told+1
}

func (h *heard) take() (changes [][]string, last Config, problems []event.Problem) {
	h.mu.Lock()
	defer h.mu.Unlock()
	changes, h.changes = h.changes, nil
	return changes, h.last, h.problems
}

// inVirtualTime runs a reload on a file in memory that begins with text.
func inVirtualTime(t *testing.T, text string, test func(f *savedFile, r *reload, h *heard)) {
	t.Helper()
	in := ConfigInput{Place: Place{File: "config.toml"}}
	synctest.Test(t, func(t *testing.T) {
		f := &savedFile{hints: make(chan struct{}, 1)}
		f.save(text)
		<-f.hints
		h := &heard{}
		cfg, _ := parseConfig(in, []byte(text))
		r := newReload(in, cfg, slog.New(slog.DiscardHandler), h.changed, h.tell)
		r.read = func() ([]byte, error) {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.reads++
			return []byte(f.text), f.err
		}
		r.stat = func() fileMark {
			f.mu.Lock()
			defer f.mu.Unlock()
			return f.mark
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- r.follow(ctx, f.hints) }()
		synctest.Wait()
		test(f, r, h)
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want context.Canceled", err)
		}
	})
}

func TestReloadAppliesAGoodSave(t *testing.T) {
	inVirtualTime(t, "", func(f *savedFile, r *reload, h *heard) {
		f.save("[log]\nlevel = 'debug'\n[[audio.source]]\nname = 'mic'\n")
		time.Sleep(quietTime - time.Millisecond)
		synctest.Wait()
		if changes, _, _ := h.take(); changes != nil {
			t.Fatalf("got %v before the file had rested", changes)
		}
		time.Sleep(time.Millisecond)
		synctest.Wait()
		changes, cfg, problems := h.take()
		if want := [][]string{{"log", "audio"}}; !reflect.DeepEqual(changes, want) {
			t.Errorf("got %v, want %v", changes, want)
		}
		if cfg.Log.Level != slog.LevelDebug || len(problems) > 0 {
			t.Errorf("got level %v and problems %v", cfg.Log.Level, problems)
		}
		if s := r.Status(); s.State != event.Running || s.Reason != "" {
			t.Errorf("got %+v, want running", s)
		}
	})
}

// An editor saves in steps: cut to nothing, half, whole. Only the last counts.
func TestReloadWaitsForQuiet(t *testing.T) {
	inVirtualTime(t, "[log]\nfiles = 3\n", func(f *savedFile, _ *reload, h *heard) {
		for _, text := range []string{"", "[log]\nfil", "[log]\nfiles = 9\n"} {
			f.save(text)
			time.Sleep(quietTime / 2)
		}
		time.Sleep(quietTime)
		synctest.Wait()
		changes, cfg, problems := h.take()
		if len(changes) != 1 || cfg.Log.Files != 9 || len(problems) > 0 {
			t.Errorf("got %v, files %d, problems %v, want one change to 9", changes, cfg.Log.Files, problems)
		}
	})
}

func TestReloadKeepsWhatRanAfterABadSave(t *testing.T) {
	inVirtualTime(t, "[log]\nfiles = 3\n", func(f *savedFile, r *reload, h *heard) {
		f.save("[log]\nfiles = 4\nlevle = 'debug'\n")
		time.Sleep(time.Second)
		synctest.Wait()
		changes, _, problems := h.take()
		if changes != nil || len(problems) != 1 || problems[0].Line != 3 {
			t.Errorf("got changes %v, problems %v, want only one problem in line 3", changes, problems)
		}
		s := r.Status()
		if want := "config.toml has 1 problem; what ran before stays"; s.State != event.Degraded || s.Reason != want {
			t.Errorf("got %v %q, want degraded %q", s.State, s.Reason, want)
		}
		f.save("[log]\nfiles = 3\n")
		time.Sleep(time.Second)
		synctest.Wait()
		if changes, _, problems := h.take(); changes != nil || len(problems) > 0 {
			t.Errorf("got changes %v, problems %v after the old text came back, want none", changes, problems)
		}
		if s := r.Status(); s.State != event.Running {
			t.Errorf("got %v, want running", s.State)
		}
	})
}

func TestReloadOutlivesADeletedFile(t *testing.T) {
	inVirtualTime(t, "[log]\nfiles = 3\n", func(f *savedFile, r *reload, h *heard) {
		f.fail(errNoConfig)
		time.Sleep(time.Second)
		synctest.Wait()
		changes, _, problems := h.take()
		if changes != nil || len(problems) != 1 || problems[0].Message != "the file is gone" {
			t.Errorf("got changes %v, problems %v, want that it is gone", changes, problems)
		}
		if s := r.Status(); s.State != event.Degraded {
			t.Errorf("got %v, want degraded", s.State)
		}
		f.save("[log]\nfiles = 6\n")
		time.Sleep(time.Second)
		synctest.Wait()
		if changes, cfg, problems := h.take(); len(changes) != 1 || cfg.Log.Files != 6 || len(problems) > 0 {
			t.Errorf("got changes %v, files %d, problems %v, want it healed", changes, cfg.Log.Files, problems)
		}
	})
}

// Without a word from the system the file is looked at every two seconds, and
// read only if it looks different.
func TestReloadLooksByItself(t *testing.T) {
	inVirtualTime(t, "", func(f *savedFile, _ *reload, h *heard) {
		f.mu.Lock()
		before := f.reads
		f.mu.Unlock()
		time.Sleep(time.Minute)
		f.mu.Lock()
		if f.reads != before {
			t.Errorf("got %d reads of a file that rests, want none", f.reads-before)
		}
		f.text, f.mark = "[log]\nfiles = 8\n", fileMark{true, 16, time.Now()}
		f.mu.Unlock()
		time.Sleep(lookEvery + quietTime)
		synctest.Wait()
		if changes, cfg, _ := h.take(); len(changes) != 1 || cfg.Log.Files != 8 {
			t.Errorf("got %v, files %d, want the change", changes, cfg.Log.Files)
		}
	})
}

// A virus scanner holds the file for a moment; nobody says when it lets go.
func TestReloadTriesAnUnreadableFileAgain(t *testing.T) {
	inVirtualTime(t, "", func(f *savedFile, _ *reload, h *heard) {
		f.mu.Lock()
		f.text, f.err = "", errors.New("cannot be read: used by another process")
		f.mark = fileMark{true, 5, time.Now()}
		f.mu.Unlock()
		time.Sleep(lookEvery + time.Second)
		synctest.Wait()
		if _, _, problems := h.take(); len(problems) != 1 {
			t.Fatalf("got %v, want one problem", problems)
		}
		f.mu.Lock()
		f.err = nil
		f.mu.Unlock()
		time.Sleep(lookEvery + time.Second)
		synctest.Wait()
		if _, _, problems := h.take(); len(problems) > 0 {
			t.Errorf("got %v, want no problem", problems)
		}
	})
}

func TestReloadSaysWhatNeedsARestart(t *testing.T) {
	inVirtualTime(t, "[general]\ndata = 'here'\n", func(f *savedFile, _ *reload, h *heard) {
		f.save("[log]\nfiles = 4\n\n[general]\ndata = 'there'\n")
		time.Sleep(time.Second)
		synctest.Wait()
		changes, _, problems := h.take()
		if want := [][]string{{"general", "log"}}; !reflect.DeepEqual(changes, want) {
			t.Errorf("got %v, want %v", changes, want)
		}
		want := []event.Problem{{
			File: "config.toml", Line: 5, Column: 8, Key: "general.data", Value: "'there'",
			Message: "changed, but takes effect only after a restart", Hint: "close Landale and start it again when it suits you",
		}}
		if !reflect.DeepEqual(problems, want) {
			t.Errorf("got %+v, want %+v", problems, want)
		}
		f.save("[general]\ndata = 'here'\n")
		time.Sleep(time.Second)
		synctest.Wait()
		if _, _, problems := h.take(); len(problems) > 0 {
			t.Errorf("got %v after the old value came back, want none", problems)
		}
	})
}

func TestRestartKeysExist(t *testing.T) {
	all := knownKeys(reflect.TypeFor[Config](), "")
	for _, key := range restartKeys {
		if !slices.ContainsFunc(all, func(k known) bool { return k.path == key }) {
			t.Errorf("restartKeys has %q, which is no key", key)
		}
	}
}

// On a real disk, with each way in which editors save.
func TestReloadOnDisk(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "config.toml")
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(file, "[log]\nfiles = 1\n")
	in := ConfigInput{Place: Place{File: file, Data: filepath.Join(dir, "data")}}
	cfg, _ := LoadConfig(in)

	got := make(chan Config, 10)
	problems := make(chan []event.Problem, 10)
	r := newReload(in, cfg, slog.New(slog.DiscardHandler), func(_, cfg Config, _ []string) { got <- cfg }, func(ps []event.Problem) { problems <- ps })
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Serve(ctx) }()
	defer func() {
		cancel()
		<-done
	}()
	nextProblems := func() []event.Problem {
		t.Helper()
		select {
		case ps := <-problems:
			return ps
		case <-time.After(20 * time.Second):
			t.Fatal("no word of problems")
		}
		return nil
	}
	expect := func(files int) {
		t.Helper()
		select {
		case c := <-got:
			if c.Log.Files != files {
				t.Errorf("got files %d, want %d", c.Log.Files, files)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("no change to files %d", files)
		}
		if ps := nextProblems(); len(ps) > 0 {
			t.Errorf("got problems %v", ps)
		}
	}
	nextProblems() // of the first look

	write(file, "[log]\nfiles = 2\n")
	expect(2)

	write(filepath.Join(dir, "config.toml.swp"), "[log]\nfiles = 3\n")
	if err := os.Rename(filepath.Join(dir, "config.toml.swp"), file); err != nil {
		t.Fatal(err)
	}
	expect(3)

	if err := os.Rename(file, file+"~"); err != nil {
		t.Fatal(err)
	}
	if ps := nextProblems(); len(ps) != 1 || ps[0].Message != "the file is gone" {
		t.Errorf("got %v, want that the file is gone", ps)
	}
	write(file, "[log]\nfiles = 4\n")
	expect(4)

	write(file, "[log]\nfiles = 0\n")
	if ps := nextProblems(); len(ps) != 1 || !strings.HasPrefix(ps[0].Message, "out of range") {
		t.Errorf("got %v, want one out of range", ps)
	}
	write(file, "[log]\nfiles = 5\n")
	expect(5)
}
