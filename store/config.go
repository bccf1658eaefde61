package store

// Config is the section [store].
type Config struct {
	// KeepSpeechDays, KeepChatDays and KeepEventsDays are how many days what was
	// said, what was typed and everything else is kept; 0 is for ever. Counts
	// (rollups), people and broadcasts are always kept.
	KeepSpeechDays int `toml:"keep_speech_days"`
	KeepChatDays   int `toml:"keep_chat_days"`
	KeepEventsDays int `toml:"keep_events_days"`
	// BackupDir is where backups go; empty is the folder "backups" beside the file.
	BackupDir string `toml:"backup_dir"`
	// BackupCount is how many backups are kept beside those marked to be kept for
	// ever.
	BackupCount int `toml:"backup_count"`
	// BackupAt is when a backup is made, as a cron line in local time; empty is
	// never. One that was missed because the program did not run is made up for.
	BackupAt string `toml:"backup_at"`
}

// DefaultConfig keeps everything, and a week of nightly backups.
func DefaultConfig() Config {
	return Config{BackupCount: 7, BackupAt: "0 5 * * *"}
}
