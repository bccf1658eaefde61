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
