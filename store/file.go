package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// applicationID is "Land" in the file's header.
const applicationID = 0x4c616e64

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migration takes a file from version-1 to version.
type migration struct {
	version int
	name    string
	sql     string
}

// loadMigrations reads the embedded files in order. Their numbers begin at 1 and
// have no gap; a test reads them, so an error never reaches a user.
func loadMigrations() ([]migration, error) {
	entries, err := migrationFiles.ReadDir("migrations")
	if err != nil {
		return nil, err
	}
	var list []migration
	for i, e := range entries {
		digits, _, _ := strings.Cut(e.Name(), "-")
		if n, err := strconv.Atoi(digits); err != nil || n != i+1 {
			return nil, fmt.Errorf("migration %s: want number %d", e.Name(), i+1)
		}
		b, err := migrationFiles.ReadFile("migrations/" + e.Name())
		if err != nil {
			return nil, err
		}
		list = append(list, migration{i + 1, e.Name(), string(b)})
	}
	return list, nil
}

// writeDSN opens for writing. A checkpoint in a commit is the exception (64 MB):
// the store makes them beside the writer.
func writeDSN(path string) string {
	return dsn(path, url.Values{
		"_txlock": {"immediate"},
		"_pragma": {
			"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(NORMAL)", "foreign_keys(1)",
			"cache_size(-16000)", "wal_autocheckpoint(16000)", "journal_size_limit(67108864)",
		},
	})
}

func readDSN(path string) string {
	return dsn(path, url.Values{
		"mode":    {"ro"},
		"_pragma": {"busy_timeout(5000)", "query_only(1)", "cache_size(-8000)"},
	})
}

// sealedDSN reads a file that nobody writes, without making any beside it.
func sealedDSN(path string) string {
	return dsn(path, url.Values{"mode": {"ro"}, "immutable": {"1"}})
}

// dsn writes a path as SQLite's URI, which Windows's drive letters and folders
// with a ? or # in their names need.
func dsn(path string, q url.Values) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return "file://" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

// inspect looks at a file without changing it, and refuses what this program
// must not touch. A file that is empty or not there has version 0.
func inspect(ctx context.Context, path, source string, newest int) (version int, err error) {
	switch info, err := os.Stat(path); {
	case errors.Is(err, os.ErrNotExist):
		return 0, nil
	case err != nil:
		return 0, fmt.Errorf("%w: %w", ErrUnwritable, err)
	case info.IsDir():
		return 0, fmt.Errorf("%w: it is a folder; name a file in it", ErrForeign)
	case info.Size() == 0:
		return 0, nil
	}
	db, err := sql.Open("sqlite", source)
	if err != nil {
		return 0, err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	var app, tables int
	for _, q := range []struct {
		query string
		to    *int
	}{
		{`PRAGMA application_id`, &app},
		{`PRAGMA user_version`, &version},
		{`SELECT count(*) FROM sqlite_schema`, &tables},
	} {
		if err := db.QueryRowContext(ctx, q.query).Scan(q.to); err != nil {
			return 0, advise(err, path)
		}
	}
	switch {
	case app != applicationID && (app != 0 || version != 0 || tables != 0):
		return 0, fmt.Errorf("%w: choose another data folder with --data; this file is left as it is", ErrForeign)
	case version > newest:
		return 0, fmt.Errorf("%w (its version is %d, this program knows %d): install the newer Landale again, or restore a backup into another folder", ErrNewer, version, newest)
	}
	return version, nil
}

// advise adds to SQLite's error what to do about it.
func advise(err error, path string) error {
	for _, said := range []error{ErrNewer, ErrForeign, ErrCorrupt, ErrUnwritable, ErrFull} {
		if errors.Is(err, said) {
			return err
		}
	}
	switch kind := sentinel(err); {
	case errors.Is(kind, ErrCorrupt):
		return fmt.Errorf("%w (%w): it is left as it is; move it away and restore a backup with \"landale restore\"", ErrCorrupt, err)
	case errors.Is(kind, ErrUnwritable):
		return fmt.Errorf("%w (%w): give this user the right to write in %s, or choose another data folder with --data", ErrUnwritable, err, filepath.Dir(path))
	case errors.Is(kind, ErrFull):
		return fmt.Errorf("%w (%w): free some space on the disk with %s", ErrFull, err, filepath.Dir(path))
	}
	return err
}

// migrate brings the file from a version to the newest, each step in one
// transaction of its own.
func (s *Store) migrate(ctx context.Context, version int, list []migration) error {
	if version > 0 && version < len(list) {
		name, err := s.Backup(ctx)
		if err != nil {
			return fmt.Errorf("before migrating: %w", err)
		}
		s.log.Info("backup made before migrating", "name", name, "from", version, "to", len(list))
	}
	for _, m := range list[version:] {
		err := s.update(ctx, func(tx *sql.Tx) error {
			// Another process may have been quicker.
			var now int
			if err := tx.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&now); err != nil || now >= m.version {
				return err
			}
			if _, err := tx.ExecContext(ctx, m.sql); err != nil {
				return err
			}
			_, err := tx.ExecContext(ctx, fmt.Sprintf(`PRAGMA user_version = %d`, m.version))
			return err
		})
		if err != nil {
			return fmt.Errorf("migrate by %s: %w", m.name, err)
		}
	}
	return nil
}

// checkIntegrity reads a whole file that nobody writes.
func checkIntegrity(ctx context.Context, path string) error {
	db, err := sql.Open("sqlite", sealedDSN(path))
	if err != nil {
		return err
	}
	defer db.Close()
	rows, err := db.QueryContext(ctx, `PRAGMA integrity_check(5)`)
	if err != nil {
		return advise(err, path)
	}
	defer rows.Close()
	var found []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return advise(err, path)
		}
		found = append(found, line)
	}
	if err := rows.Err(); err != nil {
		return advise(err, path)
	}
	if !slices.Equal(found, []string{"ok"}) {
		return fmt.Errorf("%w: %s", ErrCorrupt, strings.Join(found, "; "))
	}
	return nil
}
