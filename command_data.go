package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"landale/store"
)

// openStore opens the data file of a place. It has to exist: a question about
// nothing must not make an empty file.
func (p place) openStore(ctx context.Context) (*store.Store, error) {
	path := filepath.Join(p.dir, store.FileName)
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("there is no data yet: %w", err)
	}
	return store.Open(ctx, path, store.Options{Config: p.cfg.Store, Zone: p.cfg.General.Location(), Version: programVersion()})
}

// lockPlace takes the data folder for a command that changes it.
func lockPlace(p place, what string) (*dataLock, error) {
	lock, err := lockData(p.dir)
	if errors.Is(err, errLocked) {
		return nil, fmt.Errorf("%s: Landale runs with %s: end it first", what, p.dir)
	}
	return lock, err
}

// exportCommand writes all events as lines of JSON.
func exportCommand(ctx context.Context, c console, fs *flag.FlagSet, args []string) (err error) {
	in := placeFlags(fs, c)
	var from, to day
	fs.Var(&from, "from", "the first `DAY` to export, such as 2026-11-24")
	fs.Var(&to, "to", "the first `DAY` to leave out")
	rest, err := parse(fs, args, 0, 1)
	if err != nil {
		return err
	}
	p, err := in.place()
	if err != nil {
		return err
	}
	s, err := p.openStore(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	zone := p.cfg.General.Location()
	if len(rest) == 0 || rest[0] == "-" {
		_, err = s.Export(ctx, c.out, from.in(zone), to.in(zone))
		return err
	}
	// Nothing that is there is written over: it may be the only copy.
	f, err := os.OpenFile(rest[0], os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	n, err := s.Export(ctx, f, from.in(zone), to.in(zone))
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(rest[0]))
	}
	fmt.Fprintf(c.errors, "%d events written to %s\n", n, rest[0])
	return nil
}

// importCommand stores the events of an export.
func importCommand(ctx context.Context, c console, fs *flag.FlagSet, args []string) (err error) {
	in := placeFlags(fs, c)
	rest, err := parse(fs, args, 1, 1)
	if err != nil {
		return err
	}
	p, err := in.place()
	if err != nil {
		return err
	}
	r := c.in
	if rest[0] != "-" {
		f, err := os.Open(rest[0])
		if err != nil {
			return fmt.Errorf("import: %w", err)
		}
		defer f.Close()
		r = f
	}
	lock, err := lockPlace(p, "import")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.release()) }()
	s, err := store.Open(ctx, filepath.Join(p.dir, store.FileName), store.Options{Config: p.cfg.Store, Zone: p.cfg.General.Location(), Version: programVersion()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	report, err := s.Import(ctx, r)
	for _, bad := range report.Errors {
		fmt.Fprintf(c.errors, "line %d: %s\n", bad.Line, bad.Err)
	}
	if more := report.Bad - len(report.Errors); more > 0 {
		fmt.Fprintf(c.errors, "and %d lines more\n", more)
	}
	fmt.Fprintf(c.errors, "%d lines: %d events stored, %d were there already, %d could not be read\n", report.Lines, report.Stored, report.Known, report.Bad)
	if err == nil && report.Bad > 0 {
		err = errTold
	}
	return err
}

// backupCommand copies the data file.
func backupCommand(ctx context.Context, c console, fs *flag.FlagSet, args []string) (err error) {
	in := placeFlags(fs, c)
	keep := fs.Bool("keep", false, "keep this backup for ever")
	if _, err := parse(fs, args, 0, 0); err != nil {
		return err
	}
	p, err := in.place()
	if err != nil {
		return err
	}
	s, err := p.openStore(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	name, err := s.Backup(ctx)
	if err != nil {
		return err
	}
	if *keep {
		if err := s.Keep(name, true); err != nil {
			return err
		}
		name = strings.TrimSuffix(name, ".db") + "-keep.db"
	}
	fmt.Fprintln(c.out, filepath.Join(p.backups(), name))
	return nil
}

// backups is the folder of backups.
func (p place) backups() string {
	dir := cmp.Or(p.cfg.Store.BackupDir, "backups")
	if filepath.IsAbs(dir) {
		return dir
	}
	return filepath.Join(p.dir, dir)
}

// restoreCommand puts a backup in the place of the data.
func restoreCommand(ctx context.Context, c console, fs *flag.FlagSet, args []string) (err error) {
	in := placeFlags(fs, c)
	rest, err := parse(fs, args, 1, 1)
	if err != nil {
		return err
	}
	p, err := in.place()
	if err != nil {
		return err
	}
	backup := rest[0]
	if _, err := os.Stat(backup); err != nil && filepath.Base(backup) == backup {
		backup = filepath.Join(p.backups(), backup) // a name is enough
	}
	lock, err := lockPlace(p, "restore")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.release()) }()
	aside, err := store.Restore(ctx, backup, p.dir)
	if aside != "" {
		fmt.Fprintf(c.errors, "what was there is now %s\n", aside)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "%s is back from %s\n", filepath.Join(p.dir, store.FileName), backup)
	return nil
}

// day is a flag for a date in the owner's time zone; not set is the zero time.
type day struct{ text string }

func (d *day) String() string { return d.text }

// Set implements flag.Value.
func (d *day) Set(text string) error {
	if _, err := time.Parse(time.DateOnly, text); err != nil {
		return errors.New("want a day such as 2026-11-24")
	}
	d.text = text
	return nil
}

func (d *day) in(zone *time.Location) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, d.text, zone)
	if err != nil {
		return time.Time{} // only when it was not set
	}
	return t
}
