package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
)

func decodeOrFatal(t *testing.T, data string) Event {
	t.Helper()
	ev, err := Decode([]byte(data), exampleTime)
	if err != nil {
		t.Fatalf("Decode(%s): %v", data, err)
	}
	return ev
}

func TestDecodeFillsIn(t *testing.T) {
	ev := decodeOrFatal(t, `{"type":"custom.button"}`)
	if ev.ID == "" || ev.CorrelationID != ev.ID || !ev.Begins() {
		t.Errorf("id %q, correlation id %q: want a new one, twice", ev.ID, ev.CorrelationID)
	}
	if at, _ := ev.ID.Time(); !ev.Time.Equal(exampleTime) || !at.Equal(exampleTime) {
		t.Errorf("time %v, id's time %v, want %v", ev.Time, at, exampleTime)
	}
	if ev.Source != Operator {
		t.Errorf("source %q, want operator", ev.Source)
	}
	ev = decodeOrFatal(t, `{"type":"rainwave.station_changed","station_id":3,"station_name":"Covers","id":null,"seq":null,"timestamp":null,"correlation_id":null,"source":null,"source_id":null,"raw_type":null,"flags":null}`)
	if ev.Source != Music || ev.ID == "" || ev.Time != exampleTime || ev.Seq != 0 || ev.Flags != 0 {
		t.Errorf("got %+v: null is as good as missing, and the source is the type's", ev)
	}
}

// What a type unknown to the catalogue carries is some script's or some future
// program's own business: its members come back out as they came.
func TestUnknownTypesKeepTheirMembers(t *testing.T) {
	for _, members := range []string{
		``,
		`"a":1`,
		`"big":123456789012345678901234567890,"small":1e-400,"huge":1e999,"minus":-0.0`,
		`"twice":1,"twice":2,"":3," ":4`,
		`"esc\u0061ped":"\u00e9\ud83d\ude00\ud800\/","quote\"d":"a\\\"b","back\\":"\\"`,
		`"nested":{"type":"x","id":[1,[2,{"seq":null}]]},"empty":[{},[],""]`,
		`"text":"<b>&amp; 👋 \u2028","` + "\u00fcml\u00e4ut" + `":true`,
		`"Type":"not the core field","ID":1,"types":null`,
		`"space" :  { "a" : 1 , "b":[ 1 , 2 ] }`,
	} {
		object := `{"type":"custom.x"`
		if members != "" {
			object += "," + members
		}
		ev := decodeOrFatal(t, object+"}")
		want := strings.Replace(members, `"space" :  {`, `"space":{`, 1) // only the space around a colon may go
		if got := string(ev.PayloadJSON()); got != "{"+want+"}" {
			t.Errorf("payload\n got %s\nwant {%s}", got, want)
		}
		wire := ev.AppendJSON(nil)
		again, err := Decode(wire, time.Now())
		if err != nil {
			t.Errorf("decode %s: %v", wire, err)
		} else if got := again.AppendJSON(nil); !bytes.Equal(got, wire) {
			t.Errorf("second round\n got %s\nwant %s", got, wire)
		}
		if got := string(DecodePayload("custom.x", ev.PayloadJSON()).(Unknown).Members()); got != "{"+want+"}" {
			t.Errorf("from the store\n got %s\nwant {%s}", got, want)
		}
	}
}

// Exports are one event a line: a pretty-printed webhook must not break one.
func TestWireFormIsOneLine(t *testing.T) {
	ev := decodeOrFatal(t, "{\r\n  \"type\": \"custom.ci\",\n  \"build\": {\n    \"ok\": false\r\n  }\n}\n")
	if got, want := string(ev.PayloadJSON()), `{"build":{     "ok": false    }}`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCoreFieldsWithEscapedKeys(t *testing.T) {
	ev := decodeOrFatal(t, `{"\u0074ype":"custom.x","i\u0064":"abc","x":1}`)
	if ev.Type != "custom.x" || ev.ID != "abc" || string(ev.PayloadJSON()) != `{"x":1}` {
		t.Errorf("got %+v with %s", ev, ev.PayloadJSON())
	}
}

func TestDecodeRefuses(t *testing.T) {
	follow := `"type":"channel.follow","user_id":"1","user_login":"a","user_name":"A","followed_at":"2026-11-24T20:00:00Z"`
	deep := strings.Repeat("[", maxDepth+1) + strings.Repeat("]", maxDepth+1)
	for _, tc := range []struct{ in, want string }{
		{``, "not a JSON object"},
		{`null`, "not a JSON object"},
		{`[]`, "not a JSON object"},
		{`{"type":"a"} x`, "not a JSON object"},
		{`{"type":"a"}{}`, "not a JSON object"},
		{`{"type":"a",}`, "not a JSON object"},
		{"{\"type\":\"\xff\"}", "not a JSON object: invalid UTF-8"},
		{`{"type":"custom.x","a":` + deep + `}`, "not a JSON object: nested deeper than 500"},
		{`{"type":"custom.x","a":"` + strings.Repeat("x", MaxBytes) + `"}`, "event: event has 100026 bytes, more than 100000"},
		{`{}`, "event: type is missing"},
		{`{"type":7}`, "event: type must be text"},
		{`{"type":"a b"}`, "a b: type must be words of letters, digits, _ and - joined by dots, such as channel.follow"},
		{`{"type":"../../etc"}`, "../../etc: type must be words of letters, digits, _ and - joined by dots, such as channel.follow"},
		{`{"type":"custom.x","id":"` + strings.Repeat("i", 65) + `"}`, "custom.x: id has 65 bytes, more than 64"},
		{`{"type":"custom.x","seq":-1}`, "custom.x: seq must be a whole number"},
		{`{"type":"custom.x","seq":"18446744073709551615"}`, "custom.x: seq must be a whole number"},
		{`{"type":"custom.x","timestamp":"yesterday"}`, "custom.x: timestamp must be an RFC 3339 time such as 2026-11-24T20:00:00.000Z"},
		{`{"type":"custom.x","timestamp":"1970-01-01T00:30:00+01:00"}`, "custom.x: timestamp must be an RFC 3339 time such as 2026-11-24T20:00:00.000Z"},
		{`{"type":"custom.x","timestamp":"9999-12-31T23:30:00-01:00"}`, "custom.x: timestamp must be an RFC 3339 time such as 2026-11-24T20:00:00.000Z"},
		{`{"type":"custom.x","source":"me","flags":["fake"]}`, `custom.x: flags has "fake"; want test, replay or backfill; source must be one of twitch, obs, audio, ai, ironmon, music, system, operator`},
		{`{"type":"custom.x","flags":"test"}`, "custom.x: flags must be a list of test, replay, backfill"},
		// Everything that is wrong is said at once, sorted, with the field's own name.
		{`{"type":"channel.follow"}`, "channel.follow: followed_at is missing; user_id is missing; user_login is missing; user_name is missing"},
		{`{` + strings.Replace(follow, `"1"`, `12`, 1) + `}`, "channel.follow: user_id must be text, not number"},
		{`{"type":"channel.follow","user_id":{},"user_login":"a b","user_name":[],"followed_at":"noon","source":"x"}`,
			"channel.follow: followed_at must be an RFC 3339 time such as 2026-11-24T20:00:00.000Z; source must be one of twitch, obs, audio, ai, ironmon, music, system, operator; user_id must be text, not object; user_login must be 1 to 25 letters, digits or _; user_name must be text, not array"},
		{`{"type":"channel.cheer","is_anonymous":true,"bits":0}`, "channel.cheer: bits must be more than 0"},
		{`{"type":"channel.cheer","bits":1e99}`, "channel.cheer: bits must be a number, not number; user_id is missing; user_login is missing; user_name is missing"},
		{`{"type":"channel.subscription.gift","is_anonymous":true,"tier":"4000","total":-1}`, "channel.subscription.gift: tier must be 1000, 2000 or 3000; total must be more than 0"},
		{`{"type":"transcription.final","text":"","duration":0,"confidence":1.5}`, "transcription.final: confidence must be from 0 to 1; duration must be more than 0; text is missing"},
		{`{"type":"transcription.final","text":"` + strings.Repeat("é", MaxTranscript+1) + `","duration":1}`, "transcription.final: text has 10001 characters, more than 10000"},
		{`{"type":"transcription.final","text":"x","duration":1,"metadata":[]}`, "transcription.final: metadata must be an object, not array"},
		{`{"type":"stream.takeover_started","takeover_type":"brb"}`, "stream.takeover_started: message is missing; takeover_type must be one of technical-difficulties, screen-cover, please-stand-by, custom"},
		{`{"type":"channel.channel_points_custom_reward_redemption.add","user_id":"1","user_login":"a","user_name":"A","redemption_id":"r","redeemed_at":"2026-11-24T20:00:00Z","reward":{"cost":"dear"}}`,
			"channel.channel_points_custom_reward_redemption.add: reward.cost must be a number, not string"},
		{`{"type":"obs.current_program_scene_changed","scene_name":"a\u0001"}`, "obs.current_program_scene_changed: scene_name has control characters"},
	} {
		_, err := Decode([]byte(tc.in), exampleTime)
		if err == nil || err.Error() != tc.want {
			in := tc.in
			if len(in) > 120 {
				in = in[:120] + "…"
			}
			t.Errorf("Decode(%s)\n got %v\nwant %s", in, err, tc.want)
		}
		var invalid *InvalidError
		if !errors.Is(err, ErrNotObject) && !errors.As(err, &invalid) {
			t.Errorf("%v is neither ErrNotObject nor an InvalidError", err)
		}
	}
}

// The original counted bytes and lost chat: 500 emoji are 2,000 bytes.
func TestChatIsNeverRefused(t *testing.T) {
	for _, text := range []string{"", strings.Repeat("👋", 5000), "\u0001ACTION waves\u0001", "\u0000", "\u202e"} {
		b, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		for _, object := range []string{
			`{"type":"channel.chat.message","user_id":"1","user_login":"a","user_name":"A","message":` + string(b) + `}`,
			`{"type":"channel.cheer","is_anonymous":true,"bits":1,"message":` + string(b) + `}`,
		} {
			if got := decodeOrFatal(t, object).Text(); got != text {
				t.Errorf("got %q, want %q", got, text)
			}
		}
	}
	ev := decodeOrFatal(t, `{"type":"channel.chat.message","user_id":"1","user_login":"a","user_name":"A"}`)
	if ev.Text() != "" || !strings.Contains(string(ev.AppendJSON(nil)), `"message":"","fragments":[],"emotes":[],"native_emotes":[],`) {
		t.Errorf("a missing text is \"\" and a missing list is []: got %s", ev.AppendJSON(nil))
	}
}

func TestAnonymousIsNull(t *testing.T) {
	ev := decodeOrFatal(t, `{"type":"channel.subscription.gift","is_anonymous":true,"tier":"1000","total":5,"user_id":null,"user_login":null,"user_name":null,"cumulative_total":null}`)
	if !strings.Contains(string(ev.AppendJSON(nil)), `"user_id":null,"user_login":null,"user_name":null,`) {
		t.Errorf("got %s", ev.AppendJSON(nil))
	}
	if u, ok := ev.Actor(); ok {
		t.Errorf("an anonymous gift is by %+v, want nobody", u)
	}
}

// What an older or newer catalogue wrote is never lost: what does not decode
// into today's struct keeps its JSON.
func TestStoredEventsOfAnotherCatalogue(t *testing.T) {
	for _, wire := range []string{
		`{"id":"a","seq":"9","type":"channel.follow","timestamp":"2026-11-24T20:00:00.000Z","correlation_id":"a","source":"twitch","source_id":"","raw_type":"channel.follow","user_id":7,"odd":{"x":1}}`,
		`{"id":"a","seq":"9","type":"channel.follow","timestamp":"2026-11-24T20:00:00.000Z","correlation_id":"a","source":"midi","source_id":"","raw_type":"Follow","user_id":[null]}`,
	} {
		ev, err := DecodeStored([]byte(wire))
		if err != nil {
			t.Errorf("DecodeStored(%s): %v", wire, err)
		} else if got := string(ev.AppendJSON(nil)); got != wire {
			t.Errorf("\n got %s\nwant %s", got, wire)
		}
	}
	ev, err := DecodeStored([]byte(`{"type":"channel.cheer","id":"a","bits":-5}`))
	if p, ok := ev.Payload.(ChannelCheer); err != nil || !ok || p.Bits != -5 {
		t.Errorf("got %+v, %v: what was written is not validated again", ev.Payload, err)
	}
}

func TestNumbersOfMetadataKeepTheirDigits(t *testing.T) {
	const object = `{"stream_session_id":"","text":"x","duration":1,"confidence":null,"is_final":true,"is_revision":false,"metadata":{"original_timestamp_us":1795550400123456789,"x":[1e999]}}`
	if got := string(Event{Payload: DecodePayload("transcription.final", []byte(object))}.PayloadJSON()); got != object {
		t.Errorf("\n got %s\nwant %s", got, object)
	}
}

func TestNewUnknown(t *testing.T) {
	u, err := NewUnknown("custom.x", []byte(` {"id":7,"a":1,"type":"follow"} `))
	if err != nil {
		t.Fatal(err)
	}
	ev := New(Operator, exampleTime, u)
	if got, want := string(ev.PayloadJSON()), `{"upstream_id":7,"a":1,"upstream_type":"follow"}`; got != want || ev.Type != "custom.x" {
		t.Errorf("got %s, a %s; want %s", got, ev.Type, want)
	}
	if _, err := NewUnknown("custom.x", []byte(`[1]`)); !errors.Is(err, ErrNotObject) {
		t.Errorf("a list: got %v, want ErrNotObject", err)
	}
}

// A recogniser once gave NaN; the hub must not fall over what it carries.
func TestUnencodablePayload(t *testing.T) {
	ev := New(Audio, exampleTime, TranscriptionFinal{Transcript{Message: "x", Duration: math.NaN()}})
	b := ev.AppendJSON(nil)
	if !json.Valid(b) || !strings.Contains(string(b), `"encoding_error":"json: unsupported value: NaN"`) {
		t.Errorf("got %s", b)
	}
	if err := Validate(ev.Payload); err == nil || err.Error() != "transcription.final: duration must be a number" {
		t.Errorf("Validate: got %v", err)
	}
}

func TestRawTypeIsUpstreams(t *testing.T) {
	ev := New(OBS, exampleTime, OBSInputMuteStateChanged{InputName: "Mic"})
	wire := string(ev.AppendJSON(nil))
	if !strings.Contains(wire, `"type":"obs.input_mute_state_changed"`) || !strings.Contains(wire, `"raw_type":"InputMuteStateChanged"`) {
		t.Errorf("got %s", wire)
	}
	if back := decodeOrFatal(t, wire); back.RawType != "" {
		t.Errorf("raw type %q, want it left to the catalogue", back.RawType)
	}
}

func TestFlags(t *testing.T) {
	ev := New(Operator, exampleTime, SystemStartup{})
	ev.Flags = Test | Backfill
	wire := string(ev.AppendJSON(nil))
	if !strings.Contains(wire, `"flags":["test","backfill"]`) {
		t.Errorf("got %s", wire)
	}
	if back := decodeOrFatal(t, wire); back.Flags != ev.Flags {
		t.Errorf("got %v, want %v", back.Flags, ev.Flags)
	}
	if got := New(System, exampleTime, SystemStartup{}).CausedBy(ev); got.Flags != ev.Flags || got.CorrelationID != ev.ID || got.Begins() {
		t.Errorf("got %+v: what follows from a test is a test, and belongs to its chain", got)
	}
	if got := ev.WithID("upstream"); got.CorrelationID != "upstream" || !got.Begins() {
		t.Errorf("got %+v: it goes on beginning its chain", got)
	}
}

func TestActorsAndTexts(t *testing.T) {
	for _, tc := range []struct {
		payload     Payload
		login, text string
	}{
		{exampleChat, "sundaygamer", "that was close Kappa avalonHYPE"},
		{exampleNotice, "sundaygamer", exampleNotice.SystemMessage},
		{ChannelChatNotification{ChatterUserLogin: "x", ChatterIsAnonymous: true}, "", ""},
		{ChannelRaid{FromBroadcaster: FromBroadcaster{"2", "raider", "Raider"}, ToBroadcaster: exampleTo}, "raider", ""},
		{ChannelCheer{MaybeUser: Named(exampleUser), Message: "nice"}, "sundaygamer", "nice"},
		{ChannelUpdate{Title: "t", CategoryName: "c"}, "", "t\nc"},
		{ChannelPointsCustomRewardRedemptionAdd{exampleRedemption("")}, "sundaygamer", "Hydrate\ncheers!"},
		{ChannelPollBegin{Poll: examplePoll(0, 0)}, "", "Reset?\nYes\nNo"},
		{TranscriptionFinal{Transcript{Message: "words"}}, "", "words"},
		{RainwaveSongChanged{Song: Song{SongTitle: "t", Artist: "a"}}, "", "t\na"},
		{SystemStartup{}, "", ""},
	} {
		ev := New(Twitch, exampleTime, tc.payload)
		u, ok := ev.Actor()
		if u.UserLogin != tc.login || ok != (tc.login != "") {
			t.Errorf("%s: by %q (%v), want %q", ev.Type, u.UserLogin, ok, tc.login)
		}
		if got := ev.Text(); got != tc.text {
			t.Errorf("%s: text %q, want %q", ev.Type, got, tc.text)
		}
	}
	ev := decodeOrFatal(t, `{"type":"custom.x","user_id":"5","user_login":"bob"}`)
	if u, ok := ev.Actor(); !ok || u.UserLogin != "bob" {
		t.Errorf("a custom event is by %+v, %v; want bob", u, ok)
	}
	if ev := decodeOrFatal(t, `{"type":"custom.x","user_id":5}`); ev.Payload == nil {
		t.Error("a custom event may have any user_id")
	} else if u, ok := ev.Actor(); ok {
		t.Errorf("got %+v, want nobody", u)
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range Catalogue() {
		f.Add(golden(s).AppendJSON(nil))
	}
	for _, s := range []string{`{"type":"custom.x","a":{"b":[1,"\ud800"]},"":null}`, `{"type":"a","seq":"7","flags":["test"],"a\"b":1}`, "{\n}", `{"type":"transcription.final","metadata":{"a":1e999}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		stored, err := DecodeStored(data)
		if err == nil && !json.Valid(stored.AppendJSON(nil)) {
			t.Fatalf("stored: %s", stored.AppendJSON(nil))
		}
		ev, err := Decode(data, exampleTime)
		if err != nil {
			return
		}
		wire := ev.AppendJSON(nil)
		if !json.Valid(wire) || bytes.ContainsAny(wire, "\n\r") {
			t.Fatalf("not one line of JSON: %q", wire)
		}
		again, err := Decode(wire, exampleTime.Add(time.Hour))
		if err != nil {
			// The wire form may be longer than what came in, through fields that were
			// missing and characters that are escaped.
			if len(wire) > MaxBytes {
				return
			}
			t.Fatalf("decode %s: %v", wire, err)
		}
		if got := again.AppendJSON(nil); !bytes.Equal(got, wire) {
			t.Fatalf("not a fixed point:\n%s\n%s", wire, got)
		}
		if _, known := Lookup(ev.Type); !known {
			ms, err := splitObject(data)
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for _, m := range ms {
				if !isCore(m.name) {
					want = append(want, string(m.key)+":"+strings.NewReplacer("\n", " ", "\r", " ").Replace(string(m.value)))
				}
			}
			if got := string(ev.PayloadJSON()); got != "{"+strings.Join(want, ",")+"}" {
				t.Fatalf("members changed:\n got %s\nwant %s", got, want)
			}
		}
		ev.Text()
		ev.Actor()
		ev.Session()
		for _, d := range Deliveries(ev) {
			if b := PushJSON(ev, d.Push); !json.Valid(b) {
				t.Fatalf("%s: %s", d.Push, b)
			}
		}
		if err := Validate(ev.Payload); err != nil {
			t.Fatalf("decoded, and not valid: %v", err)
		}
	})
}

// Validate may be given anything that a part made, also the zero value.
func TestValidateNeverPanics(t *testing.T) {
	for _, s := range Catalogue() {
		zero := reflect.Zero(reflect.TypeOf(s.Example)).Interface().(Payload)
		Validate(zero)
		ev := New(s.Source, exampleTime, zero)
		ev.Text()
		ev.Actor()
		if b := ev.AppendJSON(nil); !json.Valid(b) || bytes.Contains(b, []byte("encoding_error")) {
			t.Errorf("zero %s: %s", s.Type, b)
		}
	}
	if err := Validate(Unknown{}); err != nil {
		t.Errorf("an unknown payload: %v", err)
	}
}
