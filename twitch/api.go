package twitch

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// maxChat is the length of a chat message in characters.
const maxChat = 500

// data is an answer of Helix.
type data[T any] struct {
	Data []T `json:"data"`
}

// Category is a category (game) of Twitch.
type Category struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	BoxArtURL string `json:"box_art_url"`
}

// User is an account of Twitch.
type User struct {
	ID              string    `json:"id"`
	Login           string    `json:"login"`
	DisplayName     string    `json:"display_name"`
	ProfileImageURL string    `json:"profile_image_url"`
	Description     string    `json:"description"`
	BroadcasterType string    `json:"broadcaster_type"`
	CreatedAt       time.Time `json:"created_at"`
}

// Stream is a broadcast that is live.
type Stream struct {
	ID          string    `json:"id"`
	Type        string    `json:"type"`
	Title       string    `json:"title"`
	GameID      string    `json:"game_id"`
	GameName    string    `json:"game_name"`
	Language    string    `json:"language"`
	ViewerCount int       `json:"viewer_count"`
	StartedAt   time.Time `json:"started_at"`
}

// self is the owner's user id as a query parameter.
func (t *Twitch) self(name string, more ...string) (url.Values, error) {
	tok, ok := t.keeper.current()
	if !ok {
		return nil, &Error{Code: "not_connected", Message: "not signed in to Twitch"}
	}
	q := url.Values{name: {tok.UserID}}
	for i := 0; i+1 < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	return q, nil
}

// ChannelInfo is Twitch's channel object, as it comes.
func (t *Twitch) ChannelInfo(ctx context.Context) (json.RawMessage, error) {
	q, err := t.self("broadcaster_id")
	if err != nil {
		return nil, err
	}
	var a data[json.RawMessage]
	if err := t.helix.call(ctx, http.MethodGet, "/channels", q, nil, &a); err != nil {
		return nil, err
	}
	if len(a.Data) == 0 {
		return nil, &Error{Code: "no_data", Message: "Twitch knows no such channel"}
	}
	return a.Data[0], nil
}

// channelFields are what may be changed of a channel, by Twitch's name for it.
// A text of Landale's that Twitch spells otherwise has the right name.
var channelFields = map[string]string{
	"game_id": "game_id", "broadcaster_language": "broadcaster_language", "title": "title",
	"delay": "delay", "tags": "tags", "branded_content": "is_branded_content",
}

// UpdateChannel changes title, category, language, tags and the like; what is
// null or missing stays. It returns once Twitch has confirmed.
func (t *Twitch) UpdateChannel(ctx context.Context, changes map[string]json.RawMessage) error {
	q, err := t.self("broadcaster_id")
	if err != nil {
		return err
	}
	body := map[string]json.RawMessage{}
	for name, value := range changes {
		theirs, known := channelFields[name]
		if !known {
			return refused("Invalid field names: %s", name)
		}
		if string(value) != "null" {
			body[theirs] = value
		}
	}
	if len(body) == 0 {
		return refused("nothing to change")
	}
	var title string
	if v := body["title"]; v != nil {
		if json.Unmarshal(v, &title) != nil || strings.TrimSpace(title) == "" {
			return refused("title must be text, and not empty")
		}
		if n := utf8.RuneCountInString(title); n > 140 {
			return refused("title has %d characters, more than 140", n)
		}
	}
	if v := body["tags"]; v != nil {
		var tags []string
		if json.Unmarshal(v, &tags) != nil || len(tags) > 10 {
			return refused("tags must be a list of at most 10")
		}
		for _, tag := range tags {
			if tag == "" || utf8.RuneCountInString(tag) > 25 || strings.ContainsFunc(tag, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
				return refused("tag %q must be 1 to 25 letters or digits", tag)
			}
		}
	}
	return t.helix.call(ctx, http.MethodPatch, "/channels", q, body, nil)
}

// SearchCategories finds at most 20 categories by a piece of their name.
func (t *Twitch) SearchCategories(ctx context.Context, query string) ([]Category, error) {
	query = strings.TrimSpace(query)
	if query == "" || utf8.RuneCountInString(query) > 200 {
		return nil, refused("query must have 1 to 200 characters")
	}
	var a data[Category]
	err := t.helix.call(ctx, http.MethodGet, "/search/categories", url.Values{"query": {query}, "first": {"20"}}, nil, &a)
	if err != nil {
		return nil, err
	}
	return append([]Category{}, a.Data[:min(len(a.Data), 20)]...), nil
}

// Users finds accounts by login; who does not exist is left out.
func (t *Twitch) Users(ctx context.Context, logins ...string) ([]User, error) {
	if len(logins) == 0 || len(logins) > 100 {
		return nil, refused("want 1 to 100 logins")
	}
	var a data[User]
	err := t.helix.call(ctx, http.MethodGet, "/users", url.Values{"login": logins}, nil, &a)
	return append([]User{}, a.Data...), err
}

// Stream is the owner's broadcast, nil while there is none.
func (t *Twitch) Stream(ctx context.Context) (*Stream, error) {
	q, err := t.self("user_id")
	if err != nil {
		return nil, err
	}
	var a data[Stream]
	if err := t.helix.call(ctx, http.MethodGet, "/streams", q, nil, &a); err != nil || len(a.Data) == 0 {
		return nil, err
	}
	return &a.Data[0], nil
}

// Goals are the owner's creator goals, as Twitch has them.
func (t *Twitch) Goals(ctx context.Context) ([]json.RawMessage, error) {
	q, err := t.self("broadcaster_id")
	if err != nil {
		return nil, err
	}
	var a data[json.RawMessage]
	err = t.helix.call(ctx, http.MethodGet, "/goals", q, nil, &a)
	return append([]json.RawMessage{}, a.Data...), err
}

func checkChat(what, text string) error {
	if strings.TrimSpace(text) == "" {
		return refused("%s is empty", what)
	}
	if n := utf8.RuneCountInString(text); n > maxChat {
		return refused("%s has %d characters, more than %d", what, n, maxChat)
	}
	return nil
}

// SendChat writes a line of chat as the owner, as an answer to a message if
// replyTo is one's id, and returns the new message's id.
func (t *Twitch) SendChat(ctx context.Context, text, replyTo string) (string, error) {
	if err := checkChat("message", text); err != nil {
		return "", err
	}
	q, err := t.self("id")
	if err != nil {
		return "", err
	}
	body := map[string]string{"broadcaster_id": q.Get("id"), "sender_id": q.Get("id"), "message": text}
	if replyTo != "" {
		body["reply_parent_message_id"] = replyTo
	}
	var a data[struct {
		ID         string `json:"message_id"`
		IsSent     bool   `json:"is_sent"`
		DropReason *struct {
			Code    string `json:"code"`
			Message string `json:"message"`
		} `json:"drop_reason"`
	}]
	if err := t.helix.call(ctx, http.MethodPost, "/chat/messages", nil, body, &a); err != nil {
		return "", err
	}
	if len(a.Data) == 0 {
		return "", &Error{Code: "no_data", Message: "Twitch does not say whether the message was sent"}
	}
	if m := a.Data[0]; !m.IsSent {
		why := "without saying why"
		if m.DropReason != nil {
			why = m.DropReason.Message
		}
		return "", &Error{Code: "operation_failed", Message: "Twitch dropped the message: " + why}
	}
	return a.Data[0].ID, nil
}

// Announce puts an announcement into chat; color is blue, green, orange, purple
// or, also when it is empty, primary.
func (t *Twitch) Announce(ctx context.Context, text, color string) error {
	if err := checkChat("announcement", text); err != nil {
		return err
	}
	if color == "" {
		color = "primary"
	}
	if !slices.Contains([]string{"primary", "blue", "green", "orange", "purple"}, color) {
		return refused("color must be primary, blue, green, orange or purple")
	}
	q, err := t.self("broadcaster_id")
	if err != nil {
		return err
	}
	q.Set("moderator_id", q.Get("broadcaster_id"))
	return t.helix.call(ctx, http.MethodPost, "/chat/announcements", q, map[string]string{"message": text, "color": color}, nil)
}

// Shoutout gives another channel a shoutout; Twitch allows one in two minutes.
func (t *Twitch) Shoutout(ctx context.Context, login string) error {
	users, err := t.Users(ctx, strings.ToLower(strings.TrimPrefix(strings.TrimSpace(login), "@")))
	if err != nil {
		return err
	}
	if len(users) == 0 {
		return &Error{Code: "not_found", Message: fmt.Sprintf("there is no channel %q", login)}
	}
	q, err := t.self("from_broadcaster_id")
	if err != nil {
		return err
	}
	q.Set("to_broadcaster_id", users[0].ID)
	q.Set("moderator_id", q.Get("from_broadcaster_id"))
	if users[0].ID == q.Get("moderator_id") {
		return refused("a channel cannot give itself a shoutout")
	}
	return t.helix.call(ctx, http.MethodPost, "/chat/shoutouts", q, nil, nil)
}

// Marker is a stream marker.
type Marker struct {
	ID              string    `json:"id"`
	CreatedAt       time.Time `json:"created_at"`
	Description     string    `json:"description"`
	PositionSeconds int       `json:"position_seconds"`
}

// CreateMarker marks this moment of the broadcast.
func (t *Twitch) CreateMarker(ctx context.Context, description string) (Marker, error) {
	if n := utf8.RuneCountInString(description); n > 140 {
		return Marker{}, refused("description has %d characters, more than 140", n)
	}
	q, err := t.self("user_id")
	if err != nil {
		return Marker{}, err
	}
	return first[Marker](t, ctx, "/streams/markers", nil, map[string]string{"user_id": q.Get("user_id"), "description": description})
}

// Clip is a clip that Twitch is making.
type Clip struct {
	ID      string `json:"id"`
	EditURL string `json:"edit_url"`
}

// CreateClip makes a clip of the last seconds.
func (t *Twitch) CreateClip(ctx context.Context) (Clip, error) {
	q, err := t.self("broadcaster_id")
	if err != nil {
		return Clip{}, err
	}
	return first[Clip](t, ctx, "/clips", q, nil)
}

func first[T any](t *Twitch, ctx context.Context, path string, q url.Values, body any) (item T, err error) {
	var a data[T]
	if err := t.helix.call(ctx, http.MethodPost, path, q, body, &a); err != nil {
		return item, err
	}
	if len(a.Data) == 0 {
		return item, &Error{Code: "no_data", Message: "Twitch answered without what was made"}
	}
	return a.Data[0], nil
}
