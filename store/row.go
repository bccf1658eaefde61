package store

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"time"

	"landale/event"
)

// eventColumns are what scanEvent reads, of events AS e, in order.
const eventColumns = `e.key, e.id, e.time_ms, e.type, e.raw_type, e.source, e.source_id, e.flags, e.cause, e.payload, e.raw`

// scanEvent reads the row's event, whose columns are eventColumns; dest gets
// what is selected after them.
func (s *Store) scanEvent(rows *sql.Rows, dest ...any) (event.Event, error) {
	var (
		key, timeMS, kind, source int64
		rawType, sourceID         sql.NullInt64
		id, cause                 any
		flags                     uint8
		payload, raw              sql.RawBytes
	)
	to := append([]any{&key, &id, &timeMS, &kind, &rawType, &source, &sourceID, &flags, &cause, &payload, &raw}, dest...)
	if err := rows.Scan(to...); err != nil {
		return event.Event{}, fmt.Errorf("read event: %w", err)
	}
	ev := event.Event{
		ID:    idFrom(id),
		Seq:   uint64(key),
		Time:  time.UnixMilli(timeMS).UTC(),
		Flags: event.Flags(flags),
	}
	if ev.CorrelationID = ev.ID; cause != nil {
		ev.CorrelationID = idFrom(cause)
	}
	for _, n := range []struct {
		id sql.NullInt64
		to *string
	}{
		{sql.NullInt64{Int64: kind, Valid: true}, (*string)(&ev.Type)},
		{sql.NullInt64{Int64: source, Valid: true}, (*string)(&ev.Source)},
		{rawType, &ev.RawType},
		{sourceID, &ev.SourceID},
	} {
		if n.id.Valid {
			var err error
			if *n.to, err = s.names.text(n.id.Int64); err != nil {
				return event.Event{}, fmt.Errorf("read event %d: %w", key, err)
			}
		}
	}
	var err error
	if ev.Payload, err = decodePayload(ev.Type, payload); err != nil {
		return event.Event{}, fmt.Errorf("read event %d: %w", key, err)
	}
	if raw != nil {
		ev.Raw = append([]byte{}, raw...)
	}
	return ev, nil
}

// decodePayload reads what PayloadJSON wrote. What an older program wrote, with
// other types of fields, comes back as it is.
func decodePayload(t event.Type, object []byte) (event.Payload, error) {
	if spec, ok := event.Lookup(t); ok {
		v := reflect.New(reflect.TypeOf(spec.Example))
		if json.Unmarshal(object, v.Interface()) == nil {
			return v.Elem().Interface().(event.Payload), nil
		}
	}
	return event.NewUnknown(t, object)
}

// idValue is how an id stands in the file: sixteen bytes if it is a UUID.
func idValue(id event.ID) any {
	if b, ok := id.UUID(); ok {
		return b[:]
	}
	return string(id)
}

// causeValue is the correlation id of a consequence, NULL for an event that
// begins its chain.
func causeValue(ev event.Event) any {
	if ev.Begins() {
		return nil
	}
	return idValue(ev.CorrelationID)
}

// idFrom is the inverse of idValue.
func idFrom(v any) event.ID {
	switch v := v.(type) {
	case []byte:
		if len(v) == 16 {
			return event.IDFromUUID([16]byte(v))
		}
		return event.ID(v)
	case string:
		return event.ID(v)
	case int64: // an ANY column keeps text as text; only a foreign hand writes this
		return event.ID(strconv.FormatInt(v, 10))
	}
	return ""
}

// userValue is Twitch's number of who did it, NULL when nobody did.
func userValue(u event.User) any {
	n, err := strconv.ParseInt(u.UserID, 10, 64)
	if err != nil || n <= 0 {
		return nil
	}
	return n
}
