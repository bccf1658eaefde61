package store

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
	"unicode/utf8"

	"landale/event"
)

// An export is JSON Lines: one event a line in its wire form, "seq" and "flags"
// among the core fields. An event whose upstream JSON was kept is wrapped, since
// that is no part of the wire form:
//
//	{"raw":{...},"event":{"id":...}}
//
// with "raw_base64" instead of "raw" where it is not one object or list on one
// line. A wrapper has no "type", so it is never taken for an event.

const (
	exportRows  = 1000    // rows read at once, so that no long transaction keeps the WAL from being folded in
	exportBytes = 1 << 16 // whole lines are gathered up to this
	importBatch = 200     // events in a transaction
	lineBytes   = 8 << 20 // the longest line that an import reads
	badLines    = 100     // errors that a report holds
)

// Export writes what happened from from to before to (zero: no bound), in the
// order of Seq, and returns how many events it wrote. Each write to w is of
// whole lines; when ctx ends, or reading fails, the lines before it are written.
func (s *Store) Export(ctx context.Context, w io.Writer, from, to time.Time) (n int, err error) {
	lo, hi := bounds(from, to)
	var (
		last  int64 = -1
		lines []byte
		held  int
	)
	flush := func() error {
		if held == 0 {
			return nil
		}
		if _, err := w.Write(lines); err != nil {
			return fmt.Errorf("export: %w", err)
		}
		n += held
		lines, held = lines[:0], 0
		return nil
	}
	for more := true; more; {
		more = false
		// Also a late event stands in its place by Seq, wherever it happened.
		rows, err := s.reader.QueryContext(ctx, `
			SELECT `+eventColumns+` FROM (
			  SELECT key FROM (
			    SELECT key FROM events e NOT INDEXED
			    WHERE key > ?1 AND key >= ?2 AND key < ?3 AND `+inTime+` AND time_ms >= ?4 AND time_ms < ?5
			    ORDER BY key LIMIT ?6)
			  UNION ALL
			  SELECT key FROM (
			    SELECT key FROM events e INDEXED BY events_late
			    WHERE `+late+` AND key > ?1 AND time_ms >= ?4 AND time_ms < ?5
			    ORDER BY key LIMIT ?6)
			  ORDER BY 1 LIMIT ?6) k CROSS JOIN events e ON e.key = k.key
			ORDER BY k.key`,
			last, max(lo-lateMS, 0)<<20, min(hi+lateMS, never)<<20, lo, hi, exportRows)
		if err == nil {
			err = s.scanEvents(rows, func(ev event.Event) error {
				more, last = true, int64(ev.Seq)
				lines = append(appendLine(lines, ev), '\n')
				held++
				if len(lines) >= exportBytes {
					return flush()
				}
				return nil
			})
		}
		if err != nil {
			return n, errors.Join(fmt.Errorf("export: %w", err), flush())
		}
	}
	return n, flush()
}

// appendLine appends an event's line of an export, without its end.
func appendLine(dst []byte, ev event.Event) []byte {
	if ev.Raw == nil {
		return ev.AppendJSON(dst)
	}
	if oneLine(ev.Raw) {
		dst = append(dst, `{"raw":`...)
		dst = append(dst, ev.Raw...)
	} else {
		dst = append(dst, `{"raw_base64":"`...)
		dst = base64.StdEncoding.AppendEncode(dst, ev.Raw)
		dst = append(dst, '"')
	}
	dst = append(dst, `,"event":`...)
	dst = ev.AppendJSON(dst)
	return append(dst, '}')
}

// oneLine reports whether JSON can stand in a line as it is and come back out of
// it byte for byte.
func oneLine(raw []byte) bool {
	if len(raw) < 2 || bytes.ContainsAny(raw, "\r\n") || !utf8.Valid(raw) || !json.Valid(raw) {
		return false
	}
	first, last := raw[0], raw[len(raw)-1]
	return first == '{' && last == '}' || first == '[' && last == ']'
}

// LineError is a line of an import that could not be stored.
type LineError struct {
	Line int // from 1
	Err  error
}

func (e LineError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

func (e LineError) Unwrap() error { return e.Err }

// ImportReport says what an import did.
type ImportReport struct {
	// Lines is how many events there were, Stored how many of them were new, Known
	// how many were stored before.
	Lines, Stored, Known int
	// Bad counts the lines that could not be read; Errors has the first hundred.
	Bad    int
	Errors []LineError
}

func (r *ImportReport) bad(line int, err error) {
	r.Bad++
	if len(r.Errors) < badLines {
		r.Errors = append(r.Errors, LineError{line, err})
	}
}

// Import stores the events of an export, in transactions of 200, together with
// all that is kept beside events. An event keeps its Seq if that is free, else
// it gets one by its time; one whose id is stored already is skipped, so an
// import that broke off can be started again. A line without an id gets one that
// is made of the line. A line that cannot be read is reported and passed over;
// an error is returned when reading or storing fails, or ctx ends, and the
// report then says how far it came.
//
// No event gets a Seq in the future, whatever its time: those that are published
// from now on must come after it.
func (s *Store) Import(ctx context.Context, r io.Reader) (ImportReport, error) {
	im := importer{s: s, newest: event.SeqAt(time.Now().Add(time.Millisecond))}
	in := bufio.NewReaderSize(r, 1<<16)
	for line := 1; ; line++ {
		text, err := readLine(in)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil && !errors.Is(err, errLongLine) {
			return im.report, errors.Join(fmt.Errorf("import: %w", LineError{line, err}), im.store(ctx))
		}
		if line == 1 {
			text = bytes.TrimPrefix(text, []byte("\ufeff"))
		}
		if text = bytes.TrimSpace(text); len(text) == 0 && err == nil {
			continue
		}
		im.report.Lines++
		var ev event.Event
		if err == nil {
			ev, err = decodeLine(text)
		}
		if err != nil {
			im.report.bad(line, err)
			continue
		}
		im.batch = append(im.batch, ev)
		if len(im.batch) == importBatch {
			if err := im.store(ctx); err != nil {
				return im.report, err
			}
		}
	}
	return im.report, im.store(ctx)
}

var errLongLine = fmt.Errorf("has more than %d bytes", lineBytes)

// readLine reads a line without its end, io.EOF after the last one. Of a line
// that is too long it reads on to the end and gives errLongLine.
func readLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	long := false
	for {
		part, err := in.ReadSlice('\n')
		if long = long || len(line)+len(part) > lineBytes; long {
			line = nil
		} else {
			line = append(line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && (len(line) > 0 || long), err == nil:
			if long {
				return nil, errLongLine
			}
			return bytes.TrimSuffix(line, []byte("\n")), nil
		default:
			return nil, err
		}
	}
}

// decodeLine reads a line of an export. What a newer catalogue would refuse is
// kept, as in the file.
func decodeLine(line []byte) (event.Event, error) {
	object, raw := line, []byte(nil)
	if bytes.HasPrefix(line, []byte(`{"raw`)) {
		var w struct {
			Raw    json.RawMessage `json:"raw"`
			Base64 *[]byte         `json:"raw_base64"`
			Event  json.RawMessage `json:"event"`
			Type   json.RawMessage `json:"type"`
		}
		if json.Unmarshal(line, &w) == nil && w.Event != nil && w.Type == nil {
			object, raw = w.Event, w.Raw
			if w.Base64 != nil {
				raw = *w.Base64
			}
		}
	}
	ev, err := event.DecodeStored(object)
	if err != nil {
		return ev, err
	}
	ev.Raw = raw
	if ev.Time.IsZero() {
		if ev.Seq == 0 {
			return ev, &event.InvalidError{Type: ev.Type, Fields: []event.FieldError{{Field: "timestamp", Message: "is missing"}}}
		}
		ev.Time = event.SeqTime(ev.Seq)
	}
	if made, ok := ev.ID.Time(); ok && made.UnixMilli() == 0 { // there was none
		sum := sha256.Sum256(line)
		sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80
		ev = ev.WithID(event.IDFromUUID([16]byte(sum[:16])))
	}
	if !event.Stored(ev) {
		return ev, fmt.Errorf("%s is not kept", ev.Type)
	}
	return ev, nil
}

// importer stores events in batches.
type importer struct {
	s      *Store
	newest uint64 // no Seq is given above it
	batch  []event.Event
	report ImportReport
}

func (im *importer) store(ctx context.Context) error {
	if len(im.batch) == 0 {
		return ctx.Err()
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("import: %w", err)
	}
	n := len(im.batch)
	fresh, err := im.fresh(ctx)
	if err == nil {
		err = im.number(ctx, fresh)
	}
	if err != nil {
		return fmt.Errorf("import: %w", err)
	}
	out, err := im.s.writeBatch(ctx, fresh)
	if err != nil {
		return fmt.Errorf("import: %w", err)
	}
	im.report.Stored += out.stored
	im.report.Known += n - out.stored
	im.batch = im.batch[:0]
	return nil
}

// fresh are the batch's events whose id is not stored and does not stand in the
// batch before them.
func (im *importer) fresh(ctx context.Context) ([]event.Event, error) {
	known := make(map[event.ID]bool, len(im.batch))
	for _, w := range windows(im.batch) {
		rows, err := im.s.reader.QueryContext(ctx, `
			SELECT id FROM events e NOT INDEXED WHERE key >= ?3 AND key < ?4 AND `+inTime+` AND time_ms >= ?1 AND time_ms < ?2
			UNION ALL SELECT id FROM events e INDEXED BY events_late WHERE `+late+` AND time_ms >= ?1 AND time_ms < ?2`,
			w.start, w.end, max(w.start-lateMS, 0)<<20, min(w.end+lateMS, never)<<20)
		if err != nil {
			return nil, err
		}
		if err := func() error {
			defer rows.Close()
			for rows.Next() {
				var id any
				if err := rows.Scan(&id); err != nil {
					return err
				}
				known[idFrom(id)] = true
			}
			return rows.Err()
		}(); err != nil {
			return nil, err
		}
	}
	fresh := make([]event.Event, 0, len(im.batch))
	for _, ev := range im.batch {
		if !known[ev.ID] {
			known[ev.ID] = true
			fresh = append(fresh, ev)
		}
	}
	return fresh, nil
}

// windows are the times of events, joined where they lie within ten seconds of
// each other: an event that was stored before has the same time.
func windows(evs []event.Event) []span64 {
	times := make([]int64, len(evs))
	for i, ev := range evs {
		times[i] = ev.Time.UnixMilli()
	}
	slices.Sort(times)
	var list []span64
	for _, t := range times {
		if n := len(list); n > 0 && t < list[n-1].end+lateMS {
			list[n-1].end = t + 1
			continue
		}
		list = append(list, span64{t, t + 1})
	}
	return list
}

// number gives a Seq to each event whose own is absent, taken or in the future.
func (im *importer) number(ctx context.Context, evs []event.Event) error {
	wanted := make([]int64, 0, len(evs))
	for _, ev := range evs {
		wanted = append(wanted, int64(ev.Seq))
	}
	list, err := numbers(im.s.reader.QueryContext(ctx, `SELECT key FROM events WHERE key IN (SELECT value FROM json_each(?))`, "["+numberList(wanted)+"]"))
	if err != nil {
		return err
	}
	taken := make(map[uint64]bool, len(evs))
	for _, key := range list {
		taken[uint64(key)] = true
	}
	var without []int
	for i, ev := range evs {
		if ev.Seq == 0 || ev.Seq > im.newest || taken[ev.Seq] {
			without = append(without, i)
			continue
		}
		taken[ev.Seq] = true
	}
	for _, i := range without {
		at := max(min(event.SeqAt(evs[i].Time), im.newest), 1)
		var last *int64
		if err := im.s.reader.QueryRowContext(ctx, `SELECT max(key) FROM events WHERE key >= ? AND key < ?`, int64(at), int64(at+1<<20)).Scan(&last); err != nil {
			return err
		}
		if last != nil {
			at = uint64(*last) + 1
		}
		for taken[at] {
			at++
		}
		evs[i].Seq, taken[at] = at, true
	}
	return nil
}
