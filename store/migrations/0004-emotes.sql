-- How often each emote was used in chat, by day of the owner's zone (days since 1970) and, under day
-- 0, in all; without tests and replays. native is 1 for the channel's own.
CREATE TABLE emotes (
  day    INTEGER NOT NULL,
  native INTEGER NOT NULL,
  emote  TEXT NOT NULL,
  count  INTEGER NOT NULL,
  PRIMARY KEY (day, native, emote)
) STRICT, WITHOUT ROWID;
