package store

import (
	"github.com/robfig/cron/v3"

	"landale/event"
)

// Validate reports what cannot work, by keys relative to [store].
func (c Config) Validate() []event.Problem {
	var ps []event.Problem
	count := func(key string, n, most int, hint string) {
		if n < 0 || n > most {
			ps = append(ps, event.Problem{Key: key, Message: "out of range", Hint: hint})
		}
	}
	const days = 36500 // a century
	const daysHint = "want a number of days up to 36500, or 0 for ever"
	count("keep_speech_days", c.KeepSpeechDays, days, daysHint)
	count("keep_chat_days", c.KeepChatDays, days, daysHint)
	count("keep_events_days", c.KeepEventsDays, days, daysHint)
	count("backup_count", c.BackupCount, 1000, "want 0 to 1000")
	if c.BackupAt != "" {
		if _, err := cron.ParseStandard(c.BackupAt); err != nil {
			ps = append(ps, event.Problem{Key: "backup_at", Message: "is not a time of cron", Hint: `write minute, hour, day, month and weekday, like "0 5 * * *" for five in the morning`})
		}
	}
	return ps
}
