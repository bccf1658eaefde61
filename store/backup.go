package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"modernc.org/sqlite"

	"landale/event"
)

// FileName is the file's name in the data folder.
const FileName = "landale.db"

const (
	backupTime = "2006-01-02-150405"
	backupStep = 256 // pages of 4 KB between two looks at the context
	// backupPause after each step leaves the disk to the stream: a gigabyte takes
	// some seconds more.
	backupPause = 2 * time.Millisecond
)

// BackupInfo is one backup.
type BackupInfo struct {
	Name string    `json:"name"`
	Time time.Time `json:"time"`
	// Version is the program's that made it.
	Version string `json:"version"`
	Bytes   int64  `json:"bytes"`
	// Keep is true for one that is kept for ever.
	Keep bool `json:"keep"`
}

// parseBackup reads a backup's name, YYYY-MM-DD-HHMMSS-<version>[-keep].db; the
// name carries all that is known of it, so that it survives being copied.
func parseBackup(name string, zone *time.Location) (b BackupInfo, ok bool) {
	rest, ok := strings.CutSuffix(name, ".db")
	if !ok || len(rest) < len(backupTime)+2 || rest[len(backupTime)] != '-' {
		return b, false
	}
	at, err := time.ParseInLocation(backupTime, rest[:len(backupTime)], zone)
	if err != nil {
		return b, false
	}
	b.Name, b.Time = name, at
	b.Version, b.Keep = strings.CutSuffix(rest[len(backupTime)+1:], "-keep")
	return b, b.Version != ""
}

// backupDir is the folder of the backups, by default beside the file.
func (s *Store) backupDir() string {
	dir := cmp.Or(s.cfg.BackupDir, "backups")
	if filepath.IsAbs(dir) {
		return dir
	}
	return filepath.Join(filepath.Dir(s.path), dir)
}

// Backups lists the backups, newest first.
func (s *Store) Backups() ([]BackupInfo, error) {
	entries, err := os.ReadDir(s.backupDir())
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list backups: %w", err)
	}
	var list []BackupInfo
	for _, e := range entries {
		b, ok := parseBackup(e.Name(), s.zone)
		if !ok || !e.Type().IsRegular() {
			continue
		}
		if info, err := e.Info(); err == nil {
			b.Bytes = info.Size()
			list = append(list, b)
		}
	}
	slices.SortFunc(list, func(a, b BackupInfo) int { return b.Time.Compare(a.Time) })
	return list, nil
}

// Backup makes a backup beside the running writer and returns its name. It
// copies the pages of one moment's state; the writer does not wait for it. Then
// the oldest backups are removed that are more than the config wants.
func (s *Store) Backup(ctx context.Context) (name string, err error) {
	s.backing.Lock() // two at once would only slow each other
	defer s.backing.Unlock()
	dir := s.backupDir()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("backup: %w: %w", ErrUnwritable, err)
	}
	at := time.Now().In(s.zone)
	for {
		name = at.Format(backupTime) + "-" + fileWord(s.version) + ".db"
		if _, err := os.Stat(filepath.Join(dir, name)); errors.Is(err, os.ErrNotExist) {
			break
		}
		at = at.Add(time.Second) // one was made in this second already
	}
	partial := filepath.Join(dir, name+".partial")
	defer os.Remove(partial) // after the rename it is not there
	if err := os.Remove(partial); err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("backup: %w", err)
	}
	if err := s.copyTo(ctx, partial); err != nil {
		return "", fmt.Errorf("backup to %s: %w", dir, advise(err, partial))
	}
	if err := os.Rename(partial, filepath.Join(dir, name)); err != nil {
		return "", fmt.Errorf("backup: %w", err)
	}
	return name, s.pruneBackups()
}

// copyTo copies the file as it is now.
func (s *Store) copyTo(ctx context.Context, to string) (err error) {
	db, err := sql.Open("sqlite", readDSN(s.path))
	if err != nil {
		return err
	}
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	// Within a read transaction every step sees the same state. Without one, the
	// copy would start anew with each commit of the writer.
	if _, err := conn.ExecContext(ctx, `BEGIN`); err != nil {
		return err
	}
	defer conn.ExecContext(context.WithoutCancel(ctx), `ROLLBACK`)
	var n int
	if err := conn.QueryRowContext(ctx, `SELECT count(*) FROM names`).Scan(&n); err != nil {
		return err
	}
	return conn.Raw(func(driver any) (err error) {
		source, ok := driver.(interface {
			NewBackup(string) (*sqlite.Backup, error)
		})
		if !ok {
			return errors.ErrUnsupported
		}
		b, err := source.NewBackup(to)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, b.Finish()) }()
		for {
			more, err := b.Step(backupStep)
			if err != nil || !more {
				return err
			}
			select {
			case <-time.After(backupPause):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	})
}

// Keep marks a backup to be kept for ever, or no longer. ErrNotFound if there is
// none of that name.
func (s *Store) Keep(name string, keep bool) error {
	b, ok := parseBackup(name, s.zone)
	if !ok || name != filepath.Base(name) {
		return fmt.Errorf("backup %q: %w", name, event.ErrNotFound)
	}
	to := strings.TrimSuffix(strings.TrimSuffix(name, ".db"), "-keep")
	if keep {
		to += "-keep"
	}
	if b.Keep == keep {
		return nil
	}
	dir := s.backupDir()
	err := os.Rename(filepath.Join(dir, name), filepath.Join(dir, to+".db"))
	if errors.Is(err, os.ErrNotExist) {
		err = event.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("backup %q: %w", name, err)
	}
	return nil
}

func (s *Store) pruneBackups() error {
	list, err := s.Backups()
	if err != nil {
		return err
	}
	var errs []error
	n := 0
	for _, b := range list {
		if b.Keep {
			continue
		}
		if n++; n > max(s.cfg.BackupCount, 1) { // the one that was just made stays
			errs = append(errs, os.Remove(filepath.Join(s.backupDir(), b.Name)))
		}
	}
	return errors.Join(errs...)
}

// fileWord makes a version fit for a file's name.
func fileWord(s string) string {
	s = strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || r == '.' {
			return r
		}
		return '_'
	}, s)
	return cmp.Or(s, "unknown")
}

// Restore puts a backup into a data folder, while the program does not run. The
// backup is read from end to end first. A file that is there is moved aside, to
// the name that is returned, never overwritten.
func Restore(ctx context.Context, backup, dataDir string) (aside string, err error) {
	list, err := loadMigrations()
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(backup); err != nil {
		return "", fmt.Errorf("restore: %w", err)
	}
	version, err := inspect(ctx, backup, sealedDSN(backup), len(list))
	if err == nil && version == 0 {
		err = fmt.Errorf("%w: it is empty", ErrCorrupt)
	}
	if err == nil {
		err = checkIntegrity(ctx, backup)
	}
	if err != nil {
		return "", fmt.Errorf("restore %s: %w", backup, err)
	}
	if err := os.MkdirAll(dataDir, 0o700); err != nil {
		return "", fmt.Errorf("restore: %w: %w", ErrUnwritable, err)
	}
	path := filepath.Join(dataDir, FileName)
	partial := path + ".partial"
	defer os.Remove(partial)
	if err := copyFile(backup, partial); err != nil {
		return "", fmt.Errorf("restore to %s: %w", dataDir, err)
	}
	if _, err := os.Stat(path); err == nil {
		if err := checkUnused(ctx, path); err != nil {
			return "", fmt.Errorf("restore to %s: %w", dataDir, err)
		}
		aside = freeName(filepath.Join(dataDir, "landale-before-restore-"+time.Now().Format(backupTime)))
		for _, suffix := range []string{"-wal", "-shm", ""} {
			err := os.Rename(path+suffix, aside+suffix)
			if err != nil && !errors.Is(err, os.ErrNotExist) {
				return "", fmt.Errorf("restore to %s: move the file aside: %w", dataDir, err)
			}
		}
	}
	if err := os.Rename(partial, path); err != nil {
		return aside, fmt.Errorf("restore to %s: %w", dataDir, err)
	}
	return aside, nil
}

// freeName adds ".db", and a number if something has that name.
func freeName(base string) string {
	name := base + ".db"
	for n := 2; ; n++ {
		if _, err := os.Lstat(name); errors.Is(err, os.ErrNotExist) {
			return name
		}
		name = fmt.Sprintf("%s-%d.db", base, n)
	}
}

// checkUnused refuses a file that a program has open. A damaged one is nobody's:
// replacing it is what restoring is for.
func checkUnused(ctx context.Context, path string) error {
	db, err := sql.Open("sqlite", dsn(path, map[string][]string{"mode": {"rw"}, "_pragma": {"busy_timeout(200)", "locking_mode(EXCLUSIVE)"}}))
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, `BEGIN EXCLUSIVE; ROLLBACK`); isBusy(err) {
		return fmt.Errorf("%w: stop Landale first", ErrInUse)
	}
	return nil
}

func copyFile(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	if _, err := io.Copy(out, in); err != nil {
		return err
	}
	return out.Sync()
}
