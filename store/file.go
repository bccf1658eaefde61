package store

import (
	"context"
	"database/sql"
	"embed"
	"net/url"
	"path/filepath"
	"strings"
)

//go:embed migrations/*.sql
var migrations embed.FS

func writeDSN(path string) string {
	return dsn(path, url.Values{
		"_txlock": {"immediate"},
		"_pragma": {"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(NORMAL)", "foreign_keys(1)", "cache_size(-16000)"},
	})
}

func readDSN(path string) string {
	return dsn(path, url.Values{
		"mode":    {"ro"},
		"_pragma": {"busy_timeout(5000)", "query_only(1)", "cache_size(-8000)"},
	})
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

func migrate(ctx context.Context, db *sql.DB) error {
	var v int
	if err := db.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&v); err != nil {
		return err
	}
	if v == 1 {
		return nil
	}
	b, err := migrations.ReadFile("migrations/0001-begin.sql")
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "BEGIN IMMEDIATE;"+string(b)+";PRAGMA user_version=1;COMMIT")
	return err
}
