package store

import (
	"errors"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Why a file is not opened. The error that wraps one says what to do.
var (
	// ErrNewer is returned for a file that a newer program has written.
	ErrNewer = errors.New("written by a newer Landale")
	// ErrForeign is returned for an SQLite file of another program.
	ErrForeign = errors.New("belongs to another program")
	// ErrCorrupt is returned for a damaged file, and for one that is not SQLite's.
	ErrCorrupt = errors.New("damaged, or not an SQLite file")
	// ErrUnwritable is returned for a file or folder that may not be written.
	ErrUnwritable = errors.New("not writable")
	// ErrFull is returned when there is no space left to write to.
	ErrFull = errors.New("disk full")
	// ErrInUse is returned by Restore while a program has the file open.
	ErrInUse = errors.New("in use")
)

// ErrRepeat is returned by Commit for an event whose id was stored before.
var ErrRepeat = errors.New("repeat of a stored event")

// code is SQLite's primary result code in err, 0 if it has none.
func code(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code() & 0xff
	}
	return 0
}

// sentinel names the kind of trouble that a caller can do something about.
func sentinel(err error) error {
	switch code(err) {
	case sqlite3.SQLITE_FULL:
		return ErrFull
	case sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT:
		return ErrCorrupt
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
		return ErrUnwritable
	}
	return nil
}

// fileTrouble reports whether err is about the file, so that the same batch may
// be written later, rather than about what was to be written.
func fileTrouble(err error) bool {
	switch code(err) {
	case 0:
		return !errors.Is(err, errSeqTaken) && !errors.Is(err, errPayload) // the driver's or the pool's, such as a closed file
	case sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_RANGE, sqlite3.SQLITE_ERROR:
		return false
	}
	return true
}

// isBusy reports whether another connection holds the file.
func isBusy(err error) bool {
	c := code(err)
	return c == sqlite3.SQLITE_BUSY || c == sqlite3.SQLITE_LOCKED
}
