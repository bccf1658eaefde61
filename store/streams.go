package store

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"time"

	"landale/event"
)

const streamColumns = `id, coalesce(twitch_id, ''), started_ms, ended_ms, title, category_id, category_name, session`

// Streams lists the broadcasts, newest first, those with an id below before
// (0: all). Limit is 50 when 0, at most 1000.
func (s *Store) Streams(ctx context.Context, before int64, limit int) ([]event.Stream, error) {
	if before <= 0 {
		before = math.MaxInt64
	}
	return streams(s.reader.QueryContext(ctx, `
		SELECT `+streamColumns+` FROM streams WHERE id < ? ORDER BY id DESC LIMIT ?`, before, pageSize(limit)))
}

// Stream finds one by its id; event.ErrNotFound.
func (s *Store) Stream(ctx context.Context, id int64) (event.Stream, error) {
	return first(streams(s.reader.QueryContext(ctx, `SELECT `+streamColumns+` FROM streams WHERE id = ?`, id)))
}

func streams(rows *sql.Rows, err error) ([]event.Stream, error) {
	if err != nil {
		return nil, fmt.Errorf("read streams: %w", err)
	}
	defer rows.Close()
	list := []event.Stream{}
	for rows.Next() {
		var st event.Stream
		var started int64
		var ended sql.NullInt64
		if err := rows.Scan(&st.ID, &st.TwitchID, &started, &ended, &st.Title, &st.CategoryID, &st.CategoryName, &st.Session); err != nil {
			return nil, fmt.Errorf("read streams: %w", err)
		}
		st.Started = time.UnixMilli(started).UTC()
		if ended.Valid {
			st.Ended = time.UnixMilli(ended.Int64).UTC()
		}
		list = append(list, st)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read streams: %w", err)
	}
	return list, nil
}

// broadcasts are streams in the order in which they began.
type broadcasts []event.Stream

// broadcastsIn reads those that were live at some time from from to before to,
// in milliseconds.
func broadcastsIn(ctx context.Context, tx *sql.Tx, from, to int64) (broadcasts, error) {
	return streams(tx.QueryContext(ctx, `
		SELECT `+streamColumns+` FROM streams
		WHERE started_ms < ? AND (ended_ms IS NULL OR ended_ms > ?) ORDER BY started_ms, id`, to, from))
}

// at is the id of the broadcast that was live at a time, 0 for none.
func (b broadcasts) at(t time.Time) int64 {
	i, _ := slices.BinarySearchFunc(b, t, func(st event.Stream, t time.Time) int {
		if st.Started.After(t) {
			return 1
		}
		return -1
	})
	if i == 0 {
		return 0
	}
	if st := b[i-1]; st.Ended.IsZero() || t.Before(st.Ended) {
		return st.ID
	}
	return 0
}
