package store

import (
	"context"
	"database/sql"
	"strings"
)

// rowSizes are how many rows one statement inserts.
//
// Few tables gain by that. A statement that has to be undone as a whole makes
// SQLite copy each page before it changes it, and FTS5 write out all that it has
// gathered in the transaction: for events, whose indexes touch a page for nearly
// every row, the copies made a row cost half as much again. It pays where rows
// are only appended, before the first words of a batch or after the last.
var rowSizes = [...]int{16, 4, 1}

// rowsStmt is a statement prepared for each of rowSizes.
type rowsStmt struct {
	columns int
	sized   [len(rowSizes)]*sql.Stmt
}

// prepareRows prepares an insert that ends with VALUES.
func prepareRows(ctx context.Context, db *sql.DB, query string, columns int) (r rowsStmt, err error) {
	r.columns = columns
	for i, n := range rowSizes {
		if r.sized[i], err = db.PrepareContext(ctx, query+values(columns, n)); err != nil {
			return r, err
		}
	}
	return r, nil
}

// values is a list of rows of parameters.
func values(columns, rows int) string {
	row := "(" + strings.Repeat("?, ", columns-1) + "?)"
	return strings.Repeat(row+", ", rows-1) + row
}

// in returns the statement for a transaction.
func (r *rowsStmt) in(ctx context.Context, tx *sql.Tx) rowWriter {
	return rowWriter{ctx: ctx, tx: tx, rowsStmt: r}
}

// rowWriter gathers the rows of one table within a transaction.
type rowWriter struct {
	*rowsStmt
	ctx  context.Context
	tx   *sql.Tx
	args []any
}

func (w *rowWriter) add(row ...any) { w.args = append(w.args, row...) }

// flush writes all that wait. After an error some of them may be written.
func (w *rowWriter) flush() error {
	rows := w.args
	for i, size := range rowSizes {
		n := size * w.columns
		if len(rows) < n {
			continue
		}
		st := w.tx.StmtContext(w.ctx, w.sized[i])
		for ; len(rows) >= n; rows = rows[n:] {
			if _, err := st.ExecContext(w.ctx, rows[:n]...); err != nil {
				return err
			}
		}
	}
	w.args = w.args[:0]
	return nil
}
