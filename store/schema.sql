-- The file as it is today. store/migrations/ is append-only and leads here; a test
-- migrates an empty file and the oldest one we keep, and compares the result.
-- Times are integer milliseconds since 1970, UTC, named _ms.

-- Names of types, sources, source ids and sessions, so that a row holds a small number.
CREATE TABLE names (
  id   INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

-- Everything that happened. Append-only; key is event.Seq (ms of publishing << 20 | counter).
CREATE TABLE events (
  key       INTEGER PRIMARY KEY,
  id        ANY NOT NULL,       -- sixteen bytes of a canonical UUID, else text
  time_ms   INTEGER NOT NULL,   -- when it happened at its source
  type      INTEGER NOT NULL,   -- names.id
  raw_type  INTEGER,            -- names.id, where upstream spells it otherwise
  source    INTEGER NOT NULL,   -- names.id
  source_id INTEGER,            -- names.id, NULL when empty
  user_id   INTEGER,            -- Twitch's, of who did it
  flags     INTEGER NOT NULL,
  cause     ANY,                -- correlation id of a consequence; NULL when the event begins its chain
  payload   TEXT NOT NULL,      -- the type's own fields, a JSON object
  raw       TEXT                -- upstream's own JSON where it was kept
) STRICT;

CREATE INDEX events_type ON events (type, key);
CREATE INDEX events_user ON events (user_id, key) WHERE user_id IS NOT NULL;
CREATE INDEX events_cause ON events (cause) WHERE cause IS NOT NULL;
-- Events whose time is more than ten seconds from when they were published (backfill, a clock
-- that jumped): all others are found by key, so time needs no index of its own.
CREATE INDEX events_late ON events (time_ms) WHERE abs((key >> 20) - time_ms) > 10000;

-- Which types each source has made events of: by these a source is found through events_type.
CREATE TABLE origins (
  source INTEGER NOT NULL,      -- names.id
  type   INTEGER NOT NULL,      -- names.id
  PRIMARY KEY (source, type)
) STRICT, WITHOUT ROWID;

-- Ids of the types that can become an alert, for ever; key finds the row.
CREATE TABLE once (
  id  ANY PRIMARY KEY NOT NULL,
  key INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Upstream's ids of all other types, for ten days. They are random, and an index on them would
-- dirty a page for each: the program keeps their hashes in memory instead, and reads them from here
-- when it starts.
CREATE TABLE recent (
  key INTEGER PRIMARY KEY,      -- events.key
  id  ANY NOT NULL
) STRICT;

-- How many of each type happened in each minute, and each hour (UTC), without those flagged
-- test or replay.
CREATE TABLE minutes (
  minute INTEGER NOT NULL,      -- time_ms / 60000
  type   INTEGER NOT NULL,      -- names.id
  count  INTEGER NOT NULL,
  PRIMARY KEY (minute, type)
) STRICT, WITHOUT ROWID;
CREATE TABLE hours (
  hour  INTEGER NOT NULL,       -- time_ms / 3600000
  type  INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (hour, type)
) STRICT, WITHOUT ROWID;

-- When the program was running, so that no data is not taken for zero.
CREATE TABLE coverage (
  from_ms INTEGER PRIMARY KEY,
  to_ms   INTEGER NOT NULL
) STRICT;

-- Words of speech, chat and everything else. The text itself stands in events.payload; rowid is
-- events.key. kind is speech, chat or event; who is the login; both are searched as words.
CREATE VIRTUAL TABLE words USING fts5 (
  text,
  who,
  kind,
  content = '',
  contentless_delete = 1,
  prefix = '2 3',
  tokenize = "unicode61 remove_diacritics 2"
);
-- The writer merges, a little after every few batches. FTS5 itself would do it all at once, in a
-- commit that takes long; it still does, should the writer be far behind.
INSERT INTO words (words, rank) VALUES ('automerge', 0);
INSERT INTO words (words, rank) VALUES ('crisismerge', 128);

-- What was said: the figures that lists and statistics need without reading payloads.
CREATE TABLE transcripts (
  key         INTEGER PRIMARY KEY,
  time_ms     INTEGER NOT NULL,
  session     INTEGER,          -- names.id
  duration_ms INTEGER NOT NULL,
  confidence  REAL
) STRICT;
CREATE INDEX transcripts_session ON transcripts (session, key) WHERE session IS NOT NULL;
CREATE INDEX transcripts_time ON transcripts (time_ms);

-- People, kept beside events: a failing row here never takes an event with it. A login may have
-- passed from one person to another, so it is not unique.
CREATE TABLE people (
  user_id       INTEGER PRIMARY KEY,
  login         TEXT NOT NULL,
  display_name  TEXT NOT NULL,
  nickname      TEXT NOT NULL DEFAULT '',
  pronouns      TEXT NOT NULL DEFAULT '',
  notes         TEXT NOT NULL DEFAULT '',
  first_seen_ms INTEGER NOT NULL,
  last_seen_ms  INTEGER NOT NULL,
  messages      INTEGER NOT NULL DEFAULT 0,
  events        INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX people_login ON people (login COLLATE NOCASE);
CREATE INDEX people_display_name ON people (display_name COLLATE NOCASE);
CREATE INDEX people_last_seen ON people (last_seen_ms);

-- Broadcasts. A break of less than ten minutes does not end one.
CREATE TABLE streams (
  id            INTEGER PRIMARY KEY,
  twitch_id     TEXT,
  started_ms    INTEGER NOT NULL,
  ended_ms      INTEGER,        -- NULL while it is live
  title         TEXT NOT NULL DEFAULT '',
  category_id   TEXT NOT NULL DEFAULT '',
  category_name TEXT NOT NULL DEFAULT '',
  session       TEXT NOT NULL   -- stream_YYYY_MM_DD, the day it began in the owner's zone
) STRICT;
CREATE INDEX streams_started ON streams (started_ms);

-- Small facts of the program itself: when maintenance last ran and the like.
CREATE TABLE facts (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What is on screen, but for the items: one row of JSON that belongs to package overlay. seq is the
-- newest event that it answers for, since the one before its first.
CREATE TABLE screen (
  id    INTEGER PRIMARY KEY CHECK (id = 1),
  seq   INTEGER NOT NULL,
  since INTEGER NOT NULL,
  state TEXT NOT NULL
) STRICT;

-- Alerts and other items: those that wait or are on screen (open), and the history, for ever. id is
-- our own UUIDv7, so that the order of ids is that of time.
CREATE TABLE screen_items (
  id     TEXT PRIMARY KEY NOT NULL,
  source ANY,                   -- events.id of what it came of, NULL for a replay and the like
  open   INTEGER NOT NULL,
  item   TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX screen_items_open ON screen_items (open) WHERE open = 1;
CREATE INDEX screen_items_source ON screen_items (source) WHERE source IS NOT NULL;

-- Events that were judged, for ever: what makes one event at most one alert. item is empty when it
-- became nothing, another event's when it was folded.
CREATE TABLE screen_taken (
  event ANY PRIMARY KEY NOT NULL,
  item  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- How often each emote was used in chat, by day of the owner's zone (days since 1970) and, under day
-- 0, in all; without tests and replays. native is 1 for the channel's own.
CREATE TABLE emotes (
  day    INTEGER NOT NULL,
  native INTEGER NOT NULL,
  emote  TEXT NOT NULL,
  count  INTEGER NOT NULL,
  PRIMARY KEY (day, native, emote)
) STRICT, WITHOUT ROWID;
