package store

import (
	"cmp"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"landale/event"
)

// breakMS is the longest break that does not end a broadcast.
const breakMS = 10 * 60_000

const (
	streamOnline  event.Type = "stream.online"
	streamOffline event.Type = "stream.offline"
	channelUpdate event.Type = "channel.update"
)

func changesBroadcast(t event.Type) bool {
	return t == streamOnline || t == streamOffline || t == channelUpdate
}

// broadcastFields are what the three types say of a broadcast. They are read by
// their names on the wire, so that an upstream's new spelling of a payload
// cannot hide a stream.
type broadcastFields struct {
	StreamID     string    `json:"stream_id"`
	StartedAt    time.Time `json:"started_at"`
	Title        string    `json:"title"`
	CategoryID   string    `json:"category_id"`
	CategoryName string    `json:"category_name"`
}

// broadcast keeps the table streams by what Twitch says of the channel.
func (b *batch) broadcast(ev *event.Event) error {
	var f broadcastFields
	if err := json.Unmarshal(ev.PayloadJSON(), &f); err != nil {
		return fmt.Errorf("%w: %w", errPayload, err)
	}
	switch ev.Type {
	case streamOnline:
		return b.online(ev, f)
	case streamOffline:
		_, err := b.tx.ExecContext(b.ctx, `
			UPDATE streams SET ended_ms = max(started_ms, ?)
			WHERE ended_ms IS NULL`, ev.Time.UnixMilli())
		return err
	default:
		_, err := b.tx.ExecContext(b.ctx, `
			UPDATE streams SET title = ?, category_id = ?, category_name = ?
			WHERE ended_ms IS NULL`, f.Title, f.CategoryID, f.CategoryName)
		return err
	}
}

// online opens a broadcast, or continues the last one: the same one told again,
// or one whose end is less than ten minutes ago. One whose end was never heard,
// since the program was off, ended when the program last ran.
func (b *batch) online(ev *event.Event, f broadcastFields) error {
	began := ev.Time.UnixMilli()
	if ms := f.StartedAt.UnixMilli(); !f.StartedAt.IsZero() && ms <= began {
		began = ms
	}
	var last struct {
		id, started int64
		twitch      sql.NullString
		ended       sql.NullInt64
	}
	err := b.tx.QueryRowContext(b.ctx, `
		SELECT id, started_ms, ended_ms, twitch_id FROM streams
		ORDER BY started_ms DESC LIMIT 1`).Scan(&last.id, &last.started, &last.ended, &last.twitch)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if err == nil {
		end := last.ended.Int64
		if !last.ended.Valid {
			ran, err := ranUntil(b.ctx, b.tx, last.started)
			if err != nil {
				return err
			}
			end = min(ran, max(last.started, began))
		}
		same := f.StreamID != "" && f.StreamID == last.twitch.String
		if same || began >= last.started && began-end < breakMS {
			_, err := b.tx.ExecContext(b.ctx, `
				UPDATE streams SET ended_ms = NULL, twitch_id = coalesce(nullif(?, ''), twitch_id)
				WHERE id = ?`, f.StreamID, last.id)
			return err
		}
		if _, err := b.tx.ExecContext(b.ctx, `UPDATE streams SET ended_ms = ? WHERE ended_ms IS NULL`, end); err != nil {
			return err
		}
	}
	// Title and category were told before, and are told again only when they change.
	told := broadcastFields{}
	var payload string
	err = b.tx.QueryRowContext(b.ctx, `
		SELECT payload FROM events
		WHERE type = (SELECT id FROM names WHERE name = ?) AND flags & ? = 0
		ORDER BY key DESC LIMIT 1`, string(channelUpdate), int64(event.Test|event.Replay)).Scan(&payload)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if err == nil && json.Unmarshal([]byte(payload), &told) != nil {
		told = broadcastFields{}
	}
	_, err = b.tx.ExecContext(b.ctx, `
		INSERT INTO streams (twitch_id, started_ms, title, category_id, category_name, session)
		VALUES (nullif(?, ''), ?, ?, ?, ?, ?)`,
		f.StreamID, began, cmp.Or(f.Title, told.Title), cmp.Or(f.CategoryID, told.CategoryID),
		cmp.Or(f.CategoryName, told.CategoryName), event.SessionName(time.UnixMilli(began), b.s.zone))
	return err
}
