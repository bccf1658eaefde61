package event

import (
	"errors"
	"time"
)

// The questions that one may ask of the past, and the answers. The store answers
// them and the hub passes them on; the JSON names are the API's.

// ErrNotFound is returned for something asked for by name that is not there.
var ErrNotFound = errors.New("not found")

// ErrBadCursor is returned for a cursor that did not come from the same question.
var ErrBadCursor = errors.New("cursor does not belong to this question")

// Query asks for events. Its zero value asks for the newest ones of any kind.
type Query struct {
	// Text asks for words: all of them, in any order; "a phrase" in quotes; a
	// word* that begins so; -word for one that must not be there.
	Text string
	// From and To bound the time at which it happened; To is exclusive. Zero
	// means no bound.
	From, To time.Time
	// Types and Kinds let through only these; empty means all. A type that ends
	// in ".*" stands for all types that begin so.
	Types []Type
	Kinds []Kind
	// Source lets through one source only.
	Source Source
	// User is a Twitch user id or login.
	User string
	// Stream is the id of one broadcast; 0 means any time.
	Stream int64
	// Session is a stream_session_id.
	Session string
	// Chain is a correlation id: the event that began the chain and all that
	// followed from it.
	Chain ID
	// Tests includes events that are flagged test.
	Tests bool
	// Oldest asks for the oldest first instead of the newest.
	Oldest bool
	// Rank asks for the best matches of Text first instead of the newest. It
	// looks at the newest few thousand matches only.
	Rank bool
	// Limit is how many to answer with, 50 when 0, at most 1000.
	Limit int
	// Cursor goes on where an earlier answer ended.
	Cursor string
}

// Page is an answer to a Query.
type Page struct {
	Hits []Hit `json:"hits"`
	// Next is the cursor for what follows, empty at the end.
	Next string `json:"next"`
}

// Hit is one event that a Query found.
type Hit struct {
	Event Event `json:"event"`
	// Snippet is the text around the words, which stand between U+0002 and
	// U+0003; empty when no words were asked for.
	Snippet string `json:"snippet,omitempty"`
	// Stream is the broadcast that it happened in, 0 for none.
	Stream int64 `json:"stream,omitempty"`
}

// Step is the width of a bucket.
type Step string

// The steps. A day follows the owner's time zone and may have 23 or 25 hours; a
// stream is one broadcast.
const (
	ByMinute Step = "minute"
	ByHour   Step = "hour"
	ByDay    Step = "day"
	ByStream Step = "stream"
)

// Bucket counts what happened from Start to before End.
type Bucket struct {
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
	// Counts has the types that happened.
	Counts map[Type]int64 `json:"counts"`
	Total  int64          `json:"total"`
	// Known is false when the program was not running for any part of the bucket
	// and nothing was counted: no data is not zero.
	Known bool `json:"known"`
	// Stream is the broadcast of a ByStream bucket.
	Stream int64 `json:"stream,omitempty"`
}

// Stream is one broadcast. Breaks of a few minutes do not end it.
type Stream struct {
	ID int64 `json:"id"`
	// TwitchID is Twitch's own id of it, if it was told.
	TwitchID string    `json:"twitch_id,omitempty"`
	Started  time.Time `json:"started_at"`
	// Ended is zero while it is live.
	Ended        time.Time `json:"ended_at,omitzero"`
	Title        string    `json:"title"`
	CategoryID   string    `json:"category_id"`
	CategoryName string    `json:"category_name"`
	// Session is the stream_session_id of what was said in it.
	Session string `json:"session"`
}

// Person is a user of Twitch as this channel knows them.
type Person struct {
	User
	Nickname  string    `json:"nickname"`
	Pronouns  string    `json:"pronouns"`
	Notes     string    `json:"notes"`
	FirstSeen time.Time `json:"first_seen"`
	LastSeen  time.Time `json:"last_seen"`
	// Messages counts chat lines, Events everything else they did.
	Messages int64 `json:"messages"`
	Events   int64 `json:"events"`
}

// PersonEdit changes what the owner writes about a person; nil leaves it.
type PersonEdit struct {
	Nickname *string `json:"nickname"`
	Pronouns *string `json:"pronouns"`
	Notes    *string `json:"notes"`
}

// TranscriptStats sums up what was said in a time.
type TranscriptStats struct {
	Count    int64   `json:"total_count"`
	Duration float64 `json:"total_duration"` // seconds
	Sessions int64   `json:"unique_sessions"`
	// Confidence is the mean over those that have one, nil if none has.
	Confidence *float64 `json:"avg_confidence"`
}

// ActivityStats sums up what happened in a time.
type ActivityStats struct {
	Events        int64           `json:"total_events"`
	Users         int64           `json:"unique_users"`
	ChatMessages  int64           `json:"chat_messages"`
	Follows       int64           `json:"follows"`
	Subscriptions int64           `json:"subscriptions"`
	Cheers        int64           `json:"cheers"`
	MostActive    []ActivityCount `json:"most_active_users"`
}

// ActivityCount is how much one person wrote.
type ActivityCount struct {
	UserLogin    string `json:"user_login"`
	MessageCount int64  `json:"message_count"`
}
