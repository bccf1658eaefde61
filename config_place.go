package main

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
)

// exampleConfig is the manual: every key with its default.
//
//go:embed config.example.toml
var exampleConfig string

// Place is where a Landale lives.
type Place struct {
	// File is the config file.
	File string
	// Data is the data folder, if general.data does not name one.
	Data string
}

// DataDir is the data folder that cfg asks for. A relative general.data is
// relative to the config file's folder.
func (p Place) DataDir(cfg Config) string {
	switch dir := cfg.General.Data; {
	case dir == "":
		return p.Data
	case filepath.IsAbs(dir):
		return filepath.Clean(dir)
	default:
		return filepath.Join(filepath.Dir(p.File), dir)
	}
}

// surroundings are what locate decides by.
type surroundings struct {
	config string // --config
	exe    string // the running executable, links followed
	cwd    string
	user   string // the user's config folder; empty if there is none
	goos   string
}

// here are the surroundings of this process.
func here(config string) (surroundings, error) {
	s := surroundings{config: config, goos: runtime.GOOS}
	exe, err := os.Executable()
	if err != nil {
		return s, fmt.Errorf("find the executable: %w", err)
	}
	if real, err := filepath.EvalSymlinks(exe); err == nil {
		exe = real
	}
	s.exe = exe
	if s.cwd, err = os.Getwd(); err != nil {
		return s, fmt.Errorf("find the working folder: %w", err)
	}
	// No user folder (a service without HOME) matters only if nothing else is
	// found, so locate says it.
	s.user, _ = os.UserConfigDir() //nolint:errcheck // see above
	return s, nil
}

// errNoPlace says that no folder for the config is known.
var errNoPlace = errors.New("there is no user folder for the config: use --config FILE")

// locate decides where config and data are: the file that --config names; for
// `go run .` in the repository its folder data; a config.toml beside the
// executable; the user's config folder. Nothing needs to exist there.
func locate(s surroundings) (Place, error) {
	beside := func(file string) Place { return Place{File: file, Data: filepath.Join(filepath.Dir(file), "data")} }
	if s.config != "" {
		file := s.config
		if !filepath.IsAbs(file) {
			file = filepath.Join(s.cwd, file)
		}
		return beside(file), nil
	}
	if s.isGoRun() {
		data := filepath.Join(s.cwd, "data")
		return Place{File: filepath.Join(data, "config.toml"), Data: data}, nil
	}
	portable := filepath.Join(filepath.Dir(s.exe), "config.toml")
	if info, err := os.Stat(portable); err == nil && !info.IsDir() {
		return beside(portable), nil
	}
	if s.user == "" {
		return Place{}, errNoPlace
	}
	name := "landale"
	if s.goos == "windows" || s.goos == "darwin" {
		name = "Landale"
	}
	return beside(filepath.Join(s.user, name, "config.toml")), nil
}

// goRunFolder is where `go run` runs a program: a temporary go-build folder, or
// the place of its hash in Go's build cache, wherever that is.
var goRunFolder = regexp.MustCompile(`/(go-build\d+/.*|[0-9a-f]{64}-d)/[^/]+$`)

// goModule is the first line of our go.mod, also with Windows line endings.
var goModule = regexp.MustCompile(`^module landale\r?\n`)

// isGoRun reports whether this is `go run .` in Landale's own repository.
func (s surroundings) isGoRun() bool {
	if !goRunFolder.MatchString(filepath.ToSlash(s.exe)) {
		return false
	}
	mod, err := os.ReadFile(filepath.Join(s.cwd, "go.mod"))
	return err == nil && goModule.Match(mod)
}

// settingLine is an active setting of the example.
var settingLine = regexp.MustCompile(`(?m)^(\w+ = )`)

// firstConfig is the file that a first start writes: the example with every
// setting switched off by a #, so that a later version's better default reaches
// who never changed it. Sections stay, so a setting needs only its # removed.
func firstConfig() string { return settingLine.ReplaceAllString(exampleConfig, "#$1") }

// saveDefault writes firstConfig if there is no file yet, whole or not at all.
// Only the user can read it: passwords will stand there. It reports whether it
// wrote.
func saveDefault(file string) (bool, error) {
	if _, err := os.Lstat(file); err == nil {
		return false, nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return false, fmt.Errorf("write the first config: %w", err)
	}
	if err := writeWhole(file, []byte(firstConfig())); err != nil {
		return false, fmt.Errorf("write the first config: %w", err)
	}
	return true, nil
}

// writeWhole writes a file so that after a crash it is there whole or not at
// all.
func writeWhole(file string, data []byte) (err error) {
	dir := filepath.Dir(file)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".config-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if _, err := f.Write(data); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), file); err != nil {
		return err
	}
	if d, err := os.Open(dir); err == nil {
		d.Sync() //nolint:errcheck // Windows cannot sync a folder, and need not
		d.Close()
	}
	return nil
}
