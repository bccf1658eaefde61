package store

import (
	"context"
	"errors"
	"time"

	"landale/event"
)

// Buckets counts what happened.
func (s *Store) Buckets(ctx context.Context, from, to time.Time, step event.Step, types []event.Type, zone *time.Location) ([]event.Bucket, error) {
	return nil, errors.ErrUnsupported
}

// TranscriptStats sums up what was said.
func (s *Store) TranscriptStats(ctx context.Context, from, to time.Time) (event.TranscriptStats, error) {
	return event.TranscriptStats{}, errors.ErrUnsupported
}

// ActivityStats sums up what happened.
func (s *Store) ActivityStats(ctx context.Context, from, to time.Time) (event.ActivityStats, error) {
	return event.ActivityStats{}, errors.ErrUnsupported
}
