package event

// Station is one of Rainwave's.
type Station struct {
	StationID   int    `json:"station_id" rule:"positive"`
	StationName string `json:"station_name"`
}

// Song is what a station plays, left out when the owner does not listen. Length
// is in seconds, start and end in seconds since 1970, as Rainwave has them.
type Song struct {
	SongID    int64  `json:"song_id,omitempty"`
	SongTitle string `json:"song_title,omitempty"`
	Artist    string `json:"artist,omitempty"`
	Album     string `json:"album,omitempty"`
	Length    int    `json:"length,omitempty" rule:"min=0"`
	StartTime int64  `json:"start_time,omitempty"`
	EndTime   int64  `json:"end_time,omitempty"`
	URL       string `json:"url,omitempty" rule:"free"`
	AlbumArt  string `json:"album_art,omitempty" rule:"free"`
}

// Text is title, artist and album.
func (s Song) Text() string { return words(s.SongTitle, s.Artist, s.Album) }

// RainwaveUpdate is the radio at any change, also of an error (then without a
// song).
type RainwaveUpdate struct {
	Station
	Song
	Listening bool `json:"listening"`
	Enabled   bool `json:"enabled"`
}

func (RainwaveUpdate) EventType() Type { return "rainwave.update" }

// RainwaveSongChanged is a new song.
type RainwaveSongChanged struct {
	Station
	Song
	Listening bool `json:"listening"`
	Enabled   bool `json:"enabled"`
}

func (RainwaveSongChanged) EventType() Type { return "rainwave.song_changed" }

// RainwaveStationChanged is another station.
type RainwaveStationChanged struct {
	Station
	PreviousStationID int  `json:"previous_station_id"`
	Listening         bool `json:"listening"`
}

func (RainwaveStationChanged) EventType() Type { return "rainwave.station_changed" }

// RainwaveListeningStarted is the owner beginning to listen.
type RainwaveListeningStarted struct {
	Station
	Listening bool `json:"listening"`
}

func (RainwaveListeningStarted) EventType() Type { return "rainwave.listening_started" }

// RainwaveListeningStopped is the owner no longer listening.
type RainwaveListeningStopped struct {
	Station
	Listening bool `json:"listening"`
}

func (RainwaveListeningStopped) EventType() Type { return "rainwave.listening_stopped" }
