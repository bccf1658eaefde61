package store

import "fmt"

const (
	minuteMS = 60_000
	hourMS   = 3_600_000
)

const minuteSQL = `
	INSERT INTO minutes (minute, type, count)
	VALUES (?, ?, ?)
	ON CONFLICT (minute, type) DO UPDATE SET count = count + excluded.count`

const hourSQL = `
	INSERT INTO hours (hour, type, count)
	VALUES (?, ?, ?)
	ON CONFLICT (hour, type) DO UPDATE SET count = count + excluded.count`

// cell is one type in one minute.
type cell struct {
	minute int64
	kind   int64
}

func (b *batch) count(ms, kind int64) { b.counts[cell{floorDiv(ms, minuteMS), kind}]++ }

// writeCounts adds a batch's events to the rollups: a few upserts, for 200
// events rarely span more than two minutes. (A trigger would add 60 % to the
// cost of an insert.)
func (b *batch) writeCounts() error {
	hours := make(map[cell]int64, len(b.counts))
	for c, n := range b.counts {
		if _, err := b.st.minute.ExecContext(b.ctx, c.minute, c.kind, n); err != nil {
			return fmt.Errorf("minutes: %w", err)
		}
		hours[cell{floorDiv(c.minute, 60), c.kind}] += n
	}
	for c, n := range hours {
		if _, err := b.st.hour.ExecContext(b.ctx, c.minute, c.kind, n); err != nil {
			return fmt.Errorf("hours: %w", err)
		}
	}
	return nil
}

// floorDiv rounds down also before 1970, where a broken clock may be.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
