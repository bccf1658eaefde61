package twitch

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"landale/event"
)

var update = flag.Bool("update", false, "write the golden files anew")

var testTime = time.Date(2026, 11, 22, 20, 5, 46, 0, time.UTC)

func samples(tb testing.TB) []string {
	tb.Helper()
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) < 45 {
		tb.Fatalf("got %d samples, %v", len(files), err)
	}
	return files
}

func read(tb testing.TB, file string) []byte {
	tb.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// Every recorded notification decodes into its type's struct, passes the
// catalogue's rules, and is what its golden file says.
func TestSamples(t *testing.T) {
	for _, file := range samples(t) {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		t.Run(name, func(t *testing.T) {
			var compact bytes.Buffer
			if err := json.Compact(&compact, read(t, file)); err != nil {
				t.Fatal(err)
			}
			m, err := readMessage(compact.Bytes())
			if err != nil {
				t.Fatal(err)
			}
			if m.Metadata.Kind != notification {
				if m.Payload.Session == nil && m.Payload.Subscription == nil && m.Metadata.Kind != keepaliveMessage {
					t.Errorf("%s without its payload", m.Metadata.Kind)
				}
				return
			}
			ev, odd := normaliser{prefix: "avalon", channel: "avalonstar"}.event(m, testTime)
			if odd != nil {
				t.Errorf("odd: %v", odd)
			}
			if _, unknown := ev.Payload.(event.Unknown); unknown {
				t.Fatal("not decoded")
			}
			if string(ev.ID) != m.Metadata.ID || ev.CorrelationID != ev.ID || string(ev.Type) != m.Metadata.Type || len(ev.Raw) == 0 {
				t.Errorf("got id %s, chain %s, type %s, %d raw bytes", ev.ID, ev.CorrelationID, ev.Type, len(ev.Raw))
			}
			var indented bytes.Buffer
			if err := json.Indent(&indented, ev.AppendJSON(nil), "", "  "); err != nil {
				t.Fatal(err)
			}
			indented.WriteByte('\n')
			golden := filepath.Join("testdata", "golden", name+".json")
			if *update {
				os.MkdirAll(filepath.Dir(golden), 0o755)
				if err := os.WriteFile(golden, indented.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if want := read(t, golden); !bytes.Equal(indented.Bytes(), want) {
				t.Errorf("got %s\nwant %s", indented.Bytes(), want)
			}
			lost := leaves(m.Payload.Event, "")
			for path, value := range lost {
				if strings.Contains(indented.String(), value) || slices.ContainsFunc(leftToRaw, func(p string) bool { return strings.HasPrefix(path, p) }) {
					continue
				}
				t.Errorf("%s = %s is lost", path, value)
			}
		})
	}
}

// leftToRaw is what the flat form does not carry.
var leftToRaw = []string{
	".charity_description", ".charity_logo", ".charity_website", ".background_color", ".cooldown_expires_at", ".default_image", ".image",
	".global_cooldown", ".max_per", ".is_user_input_required", ".redemptions_redeemed", ".should_redemptions", ".channel_points_animation_id",
	".last_contribution", // of a train that has arrived
}

// leaves are the values of an object that are neither null nor empty.
func leaves(value []byte, path string) map[string]string {
	out := map[string]string{}
	var object map[string]json.RawMessage
	var list []json.RawMessage
	switch {
	case json.Unmarshal(value, &object) == nil && object != nil:
		for k, v := range object {
			for p, leaf := range leaves(v, path+"."+k) {
				out[p] = leaf
			}
		}
	case json.Unmarshal(value, &list) == nil && list != nil:
		for i, v := range list {
			for p, leaf := range leaves(v, fmt.Sprintf("%s.%d", path, i)) {
				out[p] = leaf
			}
		}
	case string(value) != "null" && string(value) != `""` && string(value) != "false":
		out[path] = string(value)
	}
	return out
}

func notify(kind, object string) []byte {
	return fmt.Appendf(nil, `{"metadata":{"message_id":"m-1","message_type":"notification","message_timestamp":"2026-11-22T20:05:44Z","subscription_type":%q,"subscription_version":"1"},"payload":{"subscription":{"type":%q},"event":%s}}`, kind, kind, object)
}

func decode(t testing.TB, kind, object string) (event.Event, error) {
	t.Helper()
	m, err := readMessage(notify(kind, object))
	if err != nil {
		t.Fatalf("%s: %v", object, err)
	}
	return normaliser{prefix: "avalon"}.event(m, testTime)
}

// A type that Twitch sends and we subscribe to has a shape; a type with a shape
// is in the catalogue.
func TestEveryTypeHasAShape(t *testing.T) {
	for _, s := range event.Catalogue() {
		if s.Source == event.Twitch && !strings.HasPrefix(string(s.Type), "twitch.") && shapes[s.Type] == nil {
			t.Errorf("%s is in the catalogue and has no shape", s.Type)
		}
	}
	for kind := range shapes {
		if _, ok := event.Lookup(kind); !ok {
			t.Errorf("%s has a shape and is not in the catalogue", kind)
		}
	}
	for _, w := range wanted {
		if shapes[w.kind] == nil {
			t.Errorf("%s is subscribed to and has no shape", w.kind)
		}
	}
}

func TestChatMessage(t *testing.T) {
	ev, odd := decode(t, "channel.chat.message", `{"broadcaster_user_id":"1","broadcaster_user_login":"a","broadcaster_user_name":"A",
		"chatter_user_id":"2","chatter_user_login":"b","chatter_user_name":"B","message_id":"x","message_type":"text",
		"source_broadcaster_user_id":"3","source_broadcaster_user_login":"c","source_broadcaster_user_name":"C","source_message_id":"y","is_source_only":true,
		"source_badges":[{"set_id":"vip","id":"1","info":""}],
		"message":{"text":"avalonHYPE Kappa avalonHYPE","fragments":[
		{"type":"emote","text":"avalonHYPE","emote":{"id":"5","emote_set_id":"1","owner_id":"1","format":["static","animated"]}},
		{"type":"text","text":" "},{"type":"emote","text":"Kappa","emote":{"id":"25"}},
		{"type":"emote","text":"avalonHYPE","emote":{"id":"5"}}]},
		"reply":{"parent_message_id":"p","parent_message_body":"why","parent_user_id":"7","parent_user_login":"g","parent_user_name":"G",
		"thread_message_id":"q","thread_user_id":"8","thread_user_login":"h","thread_user_name":"H"},"cheer":null,"color":"","badges":null}`)
	if odd != nil {
		t.Fatal(odd)
	}
	p := ev.Payload.(event.ChannelChatMessage)
	if len(p.NativeEmotes) != 2 || len(p.Emotes) != 1 || p.Emotes[0].Name != "Kappa" || p.NativeEmotes[1] != (event.Emote{ID: "5", Name: "avalonHYPE"}) {
		t.Errorf("got emotes %v, native %v", p.Emotes, p.NativeEmotes)
	}
	if p.UserLogin != "b" || p.ReplyParentUserName != "G" || p.ReplyThreadMessageID != "q" || p.ReplyParentMessageBody != "why" || p.SourceMessageID != "y" || len(p.SourceBadges) != 1 || !p.IsSourceOnly {
		t.Errorf("got %+v", p)
	}
}

// The limit of chat is 500 characters, not bytes; nothing is refused for its
// length (F14).
func TestEmojiChat(t *testing.T) {
	text := strings.Repeat("👩‍🚀", 166) + "👋👋"
	b, _ := json.Marshal(text)
	ev, odd := decode(t, "channel.chat.message", `{"broadcaster_user_id":"1","chatter_user_id":"2","chatter_user_login":"b","chatter_user_name":"B","message":{"text":`+string(b)+`,"fragments":[]}}`)
	if odd != nil || ev.Text() != text {
		t.Errorf("got %d bytes, %v; want %d", len(ev.Text()), odd, len(text))
	}
}

const follow = `{"user_id":"2","user_login":"b","user_name":"B","broadcaster_user_id":"1","broadcaster_user_login":"a","broadcaster_user_name":"A","followed_at":"2026-11-22T20:05:44.123456789Z"}`

func TestOddNotifications(t *testing.T) {
	for _, tc := range []struct {
		name, kind, object string
		check              func(p event.Payload) bool
	}{
		{"a time without a zone is UTC", "channel.follow", strings.Replace(follow, "789Z", "789", 1), func(p event.Payload) bool {
			return p.(event.ChannelFollow).FollowedAt.Equal(time.Date(2026, 11, 22, 20, 5, 44, 123456789, time.UTC))
		}},
		{"a number as text", "channel.cheer", `{"is_anonymous":true,"bits":"100","message":"x","user_id":null,"user_login":null,"user_name":null}`, func(p event.Payload) bool { return p.(event.ChannelCheer).Bits == 100 }},
		{"an id as a number", "channel.follow", strings.Replace(follow, `"2"`, "2", 1), func(p event.Payload) bool { return p.(event.ChannelFollow).UserID == "2" }},
		{"an id that is not digits is kept", "channel.follow", strings.Replace(follow, `"2"`, `"u-2"`, 1), func(p event.Payload) bool { return p.(event.ChannelFollow).UserID == "u-2" }},
		{"a new tier is worth an alert", "channel.subscribe", `{"user_id":"2","user_login":"b","user_name":"B","tier":"Prime","is_gift":false}`, func(p event.Payload) bool { return p.(event.ChannelSubscribe).Tier == "Prime" }},
		{"what is not needed is left out", "channel.subscribe", `{"user_id":"2","user_login":"b","user_name":"B","tier":"1000","is_gift":[]}`, func(p event.Payload) bool { return !p.(event.ChannelSubscribe).IsGift }},
		{"null everywhere keeps its JSON", "channel.follow", `{"user_id":null,"user_login":null,"user_name":null,"followed_at":null,"extra":7}`, func(p event.Payload) bool {
			return strings.Contains(string(p.(event.Unknown).Members()), `"extra":7`)
		}},
		{"a type from tomorrow", "channel.confetti.v2", `{"id":"x","type":"big","pieces":9}`, func(p event.Payload) bool {
			return string(p.(event.Unknown).Members()) == `{"upstream_id":"x","upstream_type":"big","pieces":9}`
		}},
		{"no event", "channel.follow", `null`, func(p event.Payload) bool { return p.EventType() == "channel.follow" }},
		{"a list", "channel.follow", `[1]`, func(p event.Payload) bool { return p.EventType() == "channel.follow" }},
		{"a type that could not be a topic", "../../etc", `{}`, func(p event.Payload) bool { return p.EventType() == "twitch.unknown" }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			ev, odd := decode(t, tc.kind, tc.object)
			if !tc.check(ev.Payload) {
				t.Errorf("got %T %s (%v)", ev.Payload, ev.PayloadJSON(), odd)
			}
			if tc.kind != "channel.confetti.v2" && odd == nil {
				t.Error("nothing was said to be odd")
			}
		})
	}
}

// Every field of every sample, with a value of each wrong kind: an event comes
// out, of the right type, that can be written.
func TestWrongTypesInEveryField(t *testing.T) {
	n := normaliser{prefix: "avalon"}
	for _, file := range samples(t) {
		m, err := readMessage(read(t, file))
		if err != nil || m.Metadata.Kind != notification {
			continue
		}
		var object map[string]json.RawMessage
		if err := json.Unmarshal(m.Payload.Event, &object); err != nil {
			t.Fatal(err)
		}
		for name, right := range object {
			for _, wrong := range []string{"null", "7", "-1e400", `"x"`, "true", "[]", "{}", `[{"a":[null]}]`, `{"text":7,"fragments":{}}`} {
				object[name] = json.RawMessage(wrong)
				m.Payload.Event, _ = json.Marshal(object)
				ev, _ := n.event(m, testTime)
				if string(ev.Type) != m.Metadata.Type || !json.Valid(ev.AppendJSON(nil)) {
					t.Errorf("%s: %s = %s: got %s", file, name, wrong, ev.AppendJSON(nil))
				}
			}
			object[name] = right
		}
	}
}

func TestUnreadableMessages(t *testing.T) {
	whole := read(t, "testdata/notification.channel.follow.v2.json")
	for i := range 40 {
		if _, err := readMessage(whole[:len(whole)*i/40]); err == nil {
			t.Errorf("a message cut at %d of 40 was read", i)
		}
	}
	for _, data := range []string{"", "null", "7", "[]", "{}", `{"metadata":null}`, `{"metadata":{"message_type":7}}`, "\xff\xfe"} {
		if _, err := readMessage([]byte(data)); err == nil {
			t.Errorf("%q was read", data)
		}
	}
	if m, err := readMessage([]byte(`{"metadata":{"message_type":"session_welcome","message_timestamp":7},"payload":{"session":{"id":"s","keepalive_timeout_seconds":"ten"}}}`)); err != nil || m.Payload.Session.ID != "s" {
		t.Errorf("got %+v, %v: what is not needed may be of any type", m, err)
	}
}

// The scanner and encoding/json read the same; what the scanner does not read it
// leaves alone.
func TestScannerReadsTheSame(t *testing.T) {
	line := func(message, more string) string {
		return `{ "broadcaster_user_id" : "1", "chatter_user_id":"2","chatter_user_login":"b","chatter_user_name":"B\u00e9\n","message_id":"x","message":` + message + `,"new":{"a":[1,"}]",{"b":null}]}` + more + "}"
	}
	for _, object := range []string{
		line(`{"text":"a \"b\" \\ \ud83d\udc4b 👋","fragments":[]}`, ""),
		line(`{"text":"","fragments":null}`, `,"badges":null,"cheer":null,"reply":null,"color":null`),
		line(`null`, `,"cheer":{"bits":5,"x":[]},"badges":[{"set_id":"a","id":"1","info":"2","x":1},null,{}],"is_source_only":true`),
		line(`{"text":"x","fragments":[{"type":"emote","text":"K","emote":{"id":"25","format":["static","animated"]}},{},{"mention":{"user_id":"7"},"cheermote":{"prefix":"c","bits":1,"tier":2}}]}`, `,"source_badges":[],"reply":{"parent_user_name":"P"}`),
		string(mustEvent(t, "testdata/handmade.notification.channel.chat.message.v1.json")),
	} {
		scanned, ok := scanText(object)
		read, err := readChat([]byte(object))
		if err != nil || !ok {
			t.Errorf("%s: %v, scanned %v", object, err, ok)
		}
		got, want := event.Event{Payload: scanned}.PayloadJSON(), event.Event{Payload: read}.PayloadJSON()
		if !bytes.Equal(got, want) {
			t.Errorf("%s\n got %s\nwant %s", object, got, want)
		}
	}
	for _, object := range []string{"", "7", "[]", `"x"`, line(`"x"`, ""), line("7", ""), line(`{"text":7}`, ""), line("null", `,"cheer":{"bits":1.5}`), line("null", `,"badges":{}`), line("null", `,"is_source_only":"yes"`), line("null", `,"color":"\xff"`)} {
		if p, ok := scanText(object); ok {
			t.Errorf("%s was scanned: %+v", object, p)
		}
	}
}

func scanText(object string) (p event.ChannelChatMessage, ok bool) {
	c, ok := newScanner([]byte(object))
	if !ok {
		return p, false
	}
	return scanChat(c)
}

func mustEvent(t *testing.T, file string) []byte {
	var m message
	if err := json.Unmarshal(read(t, file), &m); err != nil {
		t.Fatal(err)
	}
	return m.Payload.Event
}

func FuzzMessage(f *testing.F) {
	for _, file := range samples(f) {
		f.Add(read(f, file))
	}
	f.Add(notify("channel.cheer", `{"bits":"7","user_id":7}`))
	n := normaliser{prefix: "avalon", channel: "a"}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := readMessage(data)
		if err != nil {
			return
		}
		ev, _ := n.event(m, testTime)
		if !json.Valid(ev.AppendJSON(nil)) {
			t.Fatalf("%s", ev.AppendJSON(nil))
		}
		ev.Text()
		ev.Actor()
	})
}

func BenchmarkDecode(b *testing.B) {
	for _, name := range []string{"handmade.notification.channel.chat.message.v1", "notification.channel.follow.v2", "notification.channel.poll.end.v1"} {
		var compact bytes.Buffer
		if err := json.Compact(&compact, read(b, "testdata/"+name+".json")); err != nil {
			b.Fatal(err)
		}
		data := compact.Bytes()
		n := normaliser{prefix: "avalon", channel: "a"}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				m, err := readMessage(data)
				if err != nil {
					b.Fatal(err)
				}
				if _, odd := n.event(m, testTime); odd != nil {
					b.Fatal(odd)
				}
			}
		})
	}
}
