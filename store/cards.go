package store

import (
	"context"
	"fmt"
	"time"

	"landale/event"
)

// everDay stands for all days in the table emotes.
const everDay = 0

// used is one emote on one day.
type used struct {
	day    int64
	native bool
	emote  string
}

// dayOf numbers the days of a zone.
func dayOf(t time.Time, zone *time.Location) int64 {
	y, m, d := t.In(zone).Date()
	return floorDiv(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix(), 24*60*60)
}

// countEmotes notes the emotes of a chat line.
func (b *batch) countEmotes(ev *event.Event) {
	m, ok := ev.Payload.(event.ChannelChatMessage)
	if !ok || len(m.Emotes)+len(m.NativeEmotes) == 0 {
		return
	}
	if b.emotes == nil {
		b.emotes = make(map[used]int64)
	}
	day := dayOf(ev.Time, b.s.zone)
	for native, list := range map[bool]event.List[event.Emote]{false: m.Emotes, true: m.NativeEmotes} {
		for _, e := range list {
			if e.Name != "" {
				b.emotes[used{day, native, e.Name}]++
			}
		}
	}
}

// writeEmotes adds a batch's emotes, each once however often it was used.
func (b *batch) writeEmotes() error {
	for u, n := range b.emotes {
		for _, day := range []int64{u.day, everDay} {
			if _, err := b.tx.ExecContext(b.ctx, `
				INSERT INTO emotes (day, native, emote, count) VALUES (?, ?, ?, ?)
				ON CONFLICT (day, native, emote) DO UPDATE SET count = count + excluded.count`,
				day, u.native, u.emote, n); err != nil {
				return err
			}
		}
	}
	return nil
}

const (
	cardTop    = 10
	cardEmotes = 50 // of each kind in the full lists
)

// Card is the data of a card of figures on screen: daily_stats or emote_stats;
// event.ErrNotFound for any other.
func (s *Store) Card(ctx context.Context, kind string) (map[string]any, error) {
	switch kind {
	case "daily_stats":
		return s.dailyStats(ctx, time.Now())
	case "emote_stats":
		return s.emoteStats(ctx, time.Now())
	}
	return nil, fmt.Errorf("card %s: %w", kind, event.ErrNotFound)
}

// dailyStats counts today, which begins at midnight of the owner's zone.
func (s *Store) dailyStats(ctx context.Context, now time.Time) (map[string]any, error) {
	y, m, d := now.In(s.zone).Date()
	began := time.Date(y, m, d, 0, 0, 0, 0, s.zone)
	chat, follow := event.ChannelChatMessage{}.EventType(), event.ChannelFollow{}.EventType()
	days, err := s.Buckets(ctx, began, now.Add(time.Millisecond), event.ByDay, []event.Type{chat, follow}, s.zone)
	if err != nil {
		return nil, fmt.Errorf("daily stats: %w", err)
	}
	var messages, follows int64
	for _, b := range days {
		messages += b.Counts[chat]
		follows += b.Counts[follow]
	}
	return map[string]any{"total_messages": messages, "total_follows": follows, "started_at": began.UnixMilli()}, nil
}

type emoteCount struct {
	Emote string `json:"emote"`
	Count int64  `json:"count"`
	Type  string `json:"type"`
}

type emoteUse struct {
	Today   int64  `json:"today"`
	AllTime int64  `json:"alltime"`
	Type    string `json:"type"`
}

var emoteKinds = map[bool]string{false: "regular", true: "native"}

func (s *Store) emoteStats(ctx context.Context, now time.Time) (map[string]any, error) {
	today := dayOf(now, s.zone)
	card := map[string]any{}
	for name, day := range map[string]int64{"top_today": today, "top_alltime": everDay} {
		list, err := s.emoteCounts(ctx, `
			SELECT emote, native, count, 0 FROM emotes WHERE day = ?1
			ORDER BY count DESC, emote LIMIT ?2`, day, cardTop)
		if err != nil {
			return nil, err
		}
		top := make([]emoteCount, 0, len(list))
		for _, e := range list {
			top = append(top, emoteCount{e.name, e.count, emoteKinds[e.native]})
		}
		card[name] = top
	}
	for name, native := range map[string]bool{"regular_emotes": false, "native_emotes": true} {
		list, err := s.emoteCounts(ctx, `
			SELECT e.emote, e.native, e.count, coalesce(d.count, 0)
			FROM emotes AS e
			LEFT JOIN emotes AS d ON d.day = ?3 AND d.native = e.native AND d.emote = e.emote
			WHERE e.day = ?4 AND e.native = ?1
			ORDER BY coalesce(d.count, 0) DESC, e.count DESC, e.emote LIMIT ?2`, native, cardEmotes, today, everDay)
		if err != nil {
			return nil, err
		}
		uses := make(map[string]emoteUse, len(list))
		for _, e := range list {
			uses[e.name] = emoteUse{e.today, e.count, emoteKinds[native]}
		}
		card[name] = uses
	}
	return card, nil
}

type emoteRow struct {
	name         string
	native       bool
	count, today int64
}

func (s *Store) emoteCounts(ctx context.Context, query string, args ...any) ([]emoteRow, error) {
	rows, err := s.reader.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("emote stats: %w", err)
	}
	defer rows.Close()
	var list []emoteRow
	for rows.Next() {
		var e emoteRow
		if err := rows.Scan(&e.name, &e.native, &e.count, &e.today); err != nil {
			return nil, fmt.Errorf("emote stats: %w", err)
		}
		list = append(list, e)
	}
	return list, rows.Err()
}
