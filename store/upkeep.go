package store

import (
	"context"
	"time"

	"github.com/robfig/cron/v3"

	"landale/event"
)

const (
	// upkeepAfter leaves the start of the program, and of a stream, alone.
	upkeepAfter = 10 * time.Minute
	// upkeepEvery is how often it looks whether something is due.
	upkeepEvery = time.Minute
	// tidyEvery is how often old rows are removed.
	tidyEvery = time.Hour
)

// upkeep makes the backups and removes what is too old.
func (s *Store) upkeep(ctx context.Context) {
	timer := time.NewTimer(upkeepAfter)
	defer timer.Stop()
	var tidied time.Time
	for {
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		}
		timer.Reset(upkeepEvery)
		now := time.Now()
		if due, err := s.backupDue(now); err != nil {
			s.log.Warn("backups cannot be listed", "error", err)
		} else if due {
			if name, err := s.Backup(ctx); err != nil && ctx.Err() == nil {
				s.log.Error("backup not made", "error", err)
				timer.Reset(tidyEvery)
			} else if err == nil {
				s.log.Info("backup made", "name", name, "took", time.Since(now).Round(time.Millisecond))
			}
		}
		if now.Sub(tidied) >= tidyEvery {
			tidied = now
			if err := s.Tidy(ctx, now); err != nil && ctx.Err() == nil {
				s.log.Warn("old rows not removed", "error", err)
			}
		}
	}
}

// backupDue reports whether the config's time for a backup has come since the
// last one was made. So one is made up for that was missed while the program
// did not run.
func (s *Store) backupDue(now time.Time) (bool, error) {
	if s.cfg.BackupAt == "" || s.cfg.BackupCount == 0 {
		return false, nil
	}
	schedule, err := cron.ParseStandard(s.cfg.BackupAt)
	if err != nil {
		return false, err // Validate has said so
	}
	list, err := s.Backups()
	if err != nil {
		return false, err
	}
	var last time.Time
	if len(list) > 0 {
		last = list[0].Time
	} else if first := s.firstSeq(); first == 0 {
		return false, nil // nothing to lose
	} else {
		last = event.SeqTime(first)
	}
	next := schedule.Next(last.In(s.zone))
	return !next.IsZero() && !next.After(now), nil
}

func (s *Store) firstSeq() uint64 {
	var key int64
	if s.reader.QueryRow(`SELECT key FROM events ORDER BY key LIMIT 1`).Scan(&key) != nil {
		return 0
	}
	return uint64(key)
}
