package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"

	"landale/event"
)

// lastGoodFile stands beside the config file and is the newest version of it
// that had no problem: a start with a broken file runs with that, since a typo
// must not end a show.
const lastGoodFile = "config.last-good.toml"

// lastGood is where settings come from when those of in are broken.
func lastGood(in ConfigInput) ConfigInput {
	in.File = filepath.Join(filepath.Dir(in.File), lastGoodFile)
	return in
}

// stillGood heads the problems of a file in whose place lastGoodFile is used.
const stillGood = "Landale runs with the settings that last worked"

// loadGood is LoadConfig for a start: when the file has problems, the settings
// are those that last worked, if they are known. Problems are those of the file
// that the person writes, headed by one that says what happened.
func loadGood(in ConfigInput) (cfg Config, problems []event.Problem) {
	cfg, problems = LoadConfig(in)
	if !ofFile(problems, in.File) {
		return cfg, problems
	}
	good := lastGood(in)
	if _, err := os.Stat(good.File); err != nil {
		return cfg, problems
	}
	last, its := LoadConfig(good)
	if ofFile(its, good.File) {
		return cfg, problems
	}
	return last, slices.Insert(problems, 0, event.Problem{
		File:    in.File,
		Message: stillGood,
		Hint:    "mend what follows and save",
	})
}

// ofFile reports whether the file itself has a problem, rather than environment
// or command line.
func ofFile(problems []event.Problem, file string) bool {
	return slices.ContainsFunc(problems, func(p event.Problem) bool { return p.File == file })
}

// keepGood copies a config file without problems to lastGoodFile.
func keepGood(in ConfigInput) error {
	now, err := os.ReadFile(in.File)
	if err != nil {
		return err
	}
	to := lastGood(in).File
	if before, err := os.ReadFile(to); err == nil && bytes.Equal(before, now) {
		return nil
	}
	return writeWhole(to, now)
}

// loadConfig reads the settings for the start, and writes the first config file
// where there is none. The error is one that the program can live with.
func (a *App) loadConfig() (Config, error) {
	in := a.o.Config
	wrote, err := saveDefault(in.File)
	cfg, problems := loadGood(in)
	a.mu.Lock()
	a.cfg, a.problems = cfg, problems
	a.mu.Unlock()
	a.logs.Set(cfg.Log)
	// A file that we wrote a moment ago is no reason to forget settings that worked.
	if err == nil && !wrote && !ofFile(problems, in.File) {
		err = keepGood(in)
	}
	return cfg, err
}

// logProblems says in the log what is wrong with the config.
func (a *App) logProblems() {
	for _, p := range a.Problems() {
		a.log.Error("config problem", "file", p.File, "line", p.Line, "column", p.Column, "key", p.Key, "problem", p.Message, "hint", p.Hint)
	}
}

// newReload makes the part that follows the config file.
func (a *App) newReload(cfg Config) *reload {
	r := newReload(a.o.Config, cfg, a.logs.Logger("config"), a.apply, a.tell)
	if ps := a.Problems(); len(ps) > 0 && ps[0].Message == stillGood {
		r.applied = true // what runs is a config that worked, not the defaults
	}
	return r
}

// apply takes over new settings, section by section.
func (a *App) apply(_, cfg Config, sections []string) {
	a.mu.Lock()
	a.cfg, a.problems = cfg, nil
	a.mu.Unlock()
	if slices.Contains(sections, "log") {
		a.logs.Set(cfg.Log)
	}
	if slices.Contains(sections, "audio") {
		a.audio.Configure(cfg.Audio)
	}
	if slices.Contains(sections, "obs") {
		a.obs.Configure(cfg.OBS)
	}
	if slices.Contains(sections, "overlay") {
		if err := a.overlay.SetConfig(context.Background(), cfg.Overlay); err != nil {
			a.log.Error("overlay keeps its settings", "error", err)
		}
	}
	if slices.Contains(sections, "twitch") {
		a.renewTwitch(context.Background(), cfg)
	}
	if err := keepGood(a.o.Config); err != nil {
		a.log.Warn("config not kept for a start with a broken one", "error", err)
	}
}

// tell takes over what is wrong with the file now; it follows each apply. A port
// that was refused earlier is tried again: it may be free by now.
func (a *App) tell(problems []event.Problem) {
	if len(a.Problems()) > 0 && a.Problems()[0].Message == stillGood && ofFile(problems, a.o.Config.File) {
		problems = slices.Insert(slices.Clone(problems), 0, a.Problems()[0])
	}
	problems = slices.Concat(problems, a.renewHub(context.Background(), a.config()))
	a.mu.Lock()
	a.problems = problems
	a.mu.Unlock()
	a.hub.now().SetState("dashboard", "problems", problems)
}
