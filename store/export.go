package store

import (
	"context"
	"errors"
	"io"
	"time"
)

// LineError is a line of an import that could not be read.
type LineError struct {
	Line int
	Err  error
}

// ImportReport says what an import did.
type ImportReport struct {
	// Lines is how many there were, Stored how many were new, Known how many
	// were there already.
	Lines, Stored, Known int
	// Bad counts the lines that could not be read; Errors has the first hundred.
	Bad    int
	Errors []LineError
}

// Export writes what happened from from to before to (zero: no bound), one event
// a line in the order of Seq, and returns how many.
func (s *Store) Export(ctx context.Context, w io.Writer, from, to time.Time) (n int, err error) {
	return 0, errors.ErrUnsupported
}

// Import stores the events of an export.
func (s *Store) Import(ctx context.Context, r io.Reader) (ImportReport, error) {
	return ImportReport{}, errors.ErrUnsupported
}
