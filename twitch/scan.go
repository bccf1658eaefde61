package twitch

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"

	"landale/event"
)

// Chat is most of what comes, and its lines are among the largest messages. They
// are read by a scanner whose texts are pieces of the message itself: a sixth of
// encoding/json's time and allocations. Whatever is not exactly as documented it leaves
// to encoding/json.

// scanner walks over JSON that is known to be valid. odd is set by a value of
// another type than was asked for; from then on nothing it gives counts.
type scanner struct {
	s   string
	i   int
	odd bool
}

// newScanner takes valid JSON in valid UTF-8; ok is false for everything else.
func newScanner(data []byte) (scanner, bool) {
	if !json.Valid(data) || !utf8.Valid(data) {
		return scanner{}, false
	}
	return scanner{s: string(data)}, true
}

func (c *scanner) space() {
	for c.i < len(c.s) && (c.s[c.i] == ' ' || c.s[c.i] == '\n' || c.s[c.i] == '\t' || c.s[c.i] == '\r') {
		c.i++
	}
}

// null reports whether a null is next, and passes it.
func (c *scanner) null() bool {
	c.space()
	if strings.HasPrefix(c.s[c.i:], "null") {
		c.i += 4
		return true
	}
	return false
}

// object calls member for each member with its value next; it must pass it.
func (c *scanner) object(member func(key string)) {
	c.walk('{', '}', func() {
		key := c.text()
		c.space()
		c.i++ // the colon
		member(key)
	})
}

// list calls item for each item with it next; it must pass it.
func (c *scanner) list(item func()) { c.walk('[', ']', item) }

func (c *scanner) walk(open, end byte, each func()) {
	if c.null() {
		return
	}
	if c.s[c.i] != open {
		c.odd = true
		c.skip()
		return
	}
	c.i++
	for {
		c.space()
		switch c.s[c.i] {
		case end:
			c.i++
			return
		case ',':
			c.i++
			c.space()
		}
		each()
	}
}

// text is a text, "" for null.
func (c *scanner) text() string {
	if c.null() {
		return ""
	}
	if c.s[c.i] != '"' {
		c.odd = true
		c.skip()
		return ""
	}
	start := c.i
	plain := true
	for c.i++; c.s[c.i] != '"'; c.i++ {
		if c.s[c.i] == '\\' {
			plain = false
			c.i++
		}
	}
	c.i++
	if plain {
		return c.s[start+1 : c.i-1]
	}
	var text string
	if json.Unmarshal([]byte(c.s[start:c.i]), &text) != nil {
		c.odd = true
	}
	return text
}

// integer is a whole number, 0 for null.
func (c *scanner) integer() int {
	if c.null() {
		return 0
	}
	start := c.i
	c.skip()
	n, err := strconv.Atoi(c.s[start:c.i])
	if err != nil {
		c.odd = true
	}
	return n
}

// boolean is true or false, false for null.
func (c *scanner) boolean() bool {
	if c.null() {
		return false
	}
	start := c.i
	c.skip()
	switch c.s[start:c.i] {
	case "true":
		return true
	case "false":
	default:
		c.odd = true
	}
	return false
}

// skip passes a value.
func (c *scanner) skip() {
	c.space()
	depth := 0
	for {
		switch c.s[c.i] {
		case '"':
			for c.i++; c.s[c.i] != '"'; c.i++ {
				if c.s[c.i] == '\\' {
					c.i++
				}
			}
			c.i++
		case '{', '[':
			depth++
			c.i++
		case '}', ']':
			depth--
			c.i++
		default:
			c.i++
			for depth == 0 && c.i < len(c.s) && strings.IndexByte(" \n\t\r,}]", c.s[c.i]) < 0 {
				c.i++
			}
		}
		if depth == 0 {
			return
		}
	}
}

// scanMessage reads the envelope of a notification; ok is false for every other
// message.
func scanMessage(data []byte) (m message, ok bool) {
	c, ok := newScanner(data)
	if !ok {
		return m, false
	}
	event := [2]int{}
	c.object(func(key string) {
		switch key {
		case "metadata":
			c.object(func(key string) {
				switch key {
				case "message_id":
					m.Metadata.ID = c.text()
				case "message_type":
					m.Metadata.Kind = c.text()
				case "message_timestamp":
					m.Metadata.Timestamp.Time, _ = parseTime(c.text()) // what is no time is none
				case "subscription_type":
					m.Metadata.Type = c.text()
				default:
					c.skip()
				}
			})
		case "payload":
			c.object(func(key string) {
				c.space()
				from := c.i
				c.skip()
				if key == "event" {
					event = [2]int{from, c.i}
				}
			})
		default:
			c.skip()
		}
	})
	if c.odd || m.Metadata.Kind != notification || m.Metadata.Type == "" || event[1] == 0 {
		return message{}, false
	}
	m.Payload.Event = data[event[0]:event[1]:event[1]]
	m.scanned = c.s[event[0]:event[1]]
	return m, true
}

// scanChat reads a line of chat; ok is false for one that is not as documented.
func scanChat(c scanner) (p event.ChannelChatMessage, ok bool) {
	c.object(func(key string) {
		switch key {
		case "broadcaster_user_id":
			p.BroadcasterUserID = c.text()
		case "broadcaster_user_login":
			p.BroadcasterUserLogin = c.text()
		case "broadcaster_user_name":
			p.BroadcasterUserName = c.text()
		case "chatter_user_id":
			p.UserID = c.text()
		case "chatter_user_login":
			p.UserLogin = c.text()
		case "chatter_user_name":
			p.UserName = c.text()
		case "message_id":
			p.MessageID = c.text()
		case "message":
			c.object(func(key string) {
				switch key {
				case "text":
					p.Message = c.text()
				case "fragments":
					p.Fragments = c.fragments()
				default:
					c.skip()
				}
			})
		case "color":
			p.Color = c.text()
		case "badges":
			p.Badges = c.badges()
		case "message_type":
			p.MessageType = c.text()
		case "cheer":
			c.object(func(key string) {
				if key == "bits" {
					p.CheerBits = c.integer()
				} else {
					c.skip()
				}
			})
		case "reply":
			c.object(func(key string) {
				switch key {
				case "parent_message_id":
					p.ReplyParentMessageID = c.text()
				case "parent_message_body":
					p.ReplyParentMessageBody = c.text()
				case "parent_user_id":
					p.ReplyParentUserID = c.text()
				case "parent_user_login":
					p.ReplyParentUserLogin = c.text()
				case "parent_user_name":
					p.ReplyParentUserName = c.text()
				case "thread_message_id":
					p.ReplyThreadMessageID = c.text()
				case "thread_user_id":
					p.ReplyThreadUserID = c.text()
				case "thread_user_login":
					p.ReplyThreadUserLogin = c.text()
				case "thread_user_name":
					p.ReplyThreadUserName = c.text()
				default:
					c.skip()
				}
			})
		case "channel_points_custom_reward_id":
			p.ChannelPointsCustomRewardID = c.text()
		case "source_broadcaster_user_id":
			p.SourceBroadcasterUserID = c.text()
		case "source_broadcaster_user_login":
			p.SourceBroadcasterUserLogin = c.text()
		case "source_broadcaster_user_name":
			p.SourceBroadcasterUserName = c.text()
		case "source_message_id":
			p.SourceMessageID = c.text()
		case "source_badges":
			p.SourceBadges = c.badges()
		case "is_source_only":
			p.IsSourceOnly = c.boolean()
		default:
			c.skip()
		}
	})
	return p, !c.odd
}

func (c *scanner) badges() event.List[event.Badge] {
	var list event.List[event.Badge]
	c.list(func() {
		var b event.Badge
		c.object(func(key string) {
			switch key {
			case "set_id":
				b.SetID = c.text()
			case "id":
				b.ID = c.text()
			case "info":
				b.Info = c.text()
			default:
				c.skip()
			}
		})
		list = append(list, b)
	})
	return list
}

func (c *scanner) fragments() event.List[event.Fragment] {
	var list event.List[event.Fragment]
	c.list(func() {
		var f event.Fragment
		c.object(func(key string) {
			switch key {
			case "type":
				f.Type = c.text()
			case "text":
				f.Text = c.text()
			case "cheermote":
				if c.null() {
					return
				}
				f.Cheermote = &event.Cheermote{}
				c.object(func(key string) {
					switch key {
					case "prefix":
						f.Cheermote.Prefix = c.text()
					case "bits":
						f.Cheermote.Bits = c.integer()
					case "tier":
						f.Cheermote.Tier = c.integer()
					default:
						c.skip()
					}
				})
			case "emote":
				if c.null() {
					return
				}
				f.Emote = &event.FragmentEmote{}
				c.object(func(key string) {
					switch key {
					case "id":
						f.Emote.ID = c.text()
					case "emote_set_id":
						f.Emote.EmoteSetID = c.text()
					case "owner_id":
						f.Emote.OwnerID = c.text()
					case "format":
						c.list(func() { f.Emote.Format = append(f.Emote.Format, c.text()) })
					default:
						c.skip()
					}
				})
			case "mention":
				if c.null() {
					return
				}
				f.Mention = &event.Mention{}
				c.object(func(key string) {
					switch key {
					case "user_id":
						f.Mention.UserID = c.text()
					case "user_login":
						f.Mention.UserLogin = c.text()
					case "user_name":
						f.Mention.UserName = c.text()
					default:
						c.skip()
					}
				})
			default:
				c.skip()
			}
		})
		list = append(list, f)
	})
	return list
}
