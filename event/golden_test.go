package event

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden is the example of a type as it stands on the wire.
func golden(s Spec) Event {
	return Event{
		ID:            "019d5f2e-3c00-7000-8000-000000000001",
		Seq:           SeqAt(exampleTime) + 1,
		CorrelationID: "019d5f2e-3c00-7000-8000-000000000001",
		Time:          exampleTime,
		Type:          s.Type,
		Source:        s.Source,
		SourceID:      "example",
		Payload:       s.Example,
	}
}

func goldenFile(t Type) string { return filepath.Join("testdata", "golden", string(t)+".json") }

// The wire form is a contract with pages, plugins and years of stored events:
// any change of it must show in a diff.
func TestGolden(t *testing.T) {
	known := map[string]bool{}
	for _, s := range Catalogue() {
		file := goldenFile(s.Type)
		known[filepath.Base(file)] = true
		wire := append(golden(s).AppendJSON(nil), '\n')
		if *update {
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, wire, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Errorf("%s has no golden file (go test ./event -run Golden -update): %v", s.Type, err)
			continue
		}
		if !bytes.Equal(wire, want) {
			t.Errorf("%s\n got %s\nwant %s", s.Type, wire, want)
		}
		for name, decode := range map[string]func([]byte) (Event, error){
			"Decode":       func(b []byte) (Event, error) { return Decode(b, time.Now()) },
			"DecodeStored": DecodeStored,
		} {
			ev, err := decode(want)
			if err != nil {
				t.Errorf("%s: %s: %v", s.Type, name, err)
				continue
			}
			if got := append(ev.AppendJSON(nil), '\n'); !bytes.Equal(got, want) {
				t.Errorf("%s: %s and back\n got %s\nwant %s", s.Type, name, got, want)
			}
			if got := reflect.TypeOf(ev.Payload); got != reflect.TypeOf(s.Example) {
				t.Errorf("%s: %s gives a %v, want %T", s.Type, name, got, s.Example)
			}
		}
		if got := (Event{Type: s.Type, Payload: DecodePayload(s.Type, golden(s).PayloadJSON())}).PayloadJSON(); !bytes.Equal(got, golden(s).PayloadJSON()) {
			t.Errorf("%s: DecodePayload and back\n got %s\nwant %s", s.Type, got, golden(s).PayloadJSON())
		}
	}
	files, err := os.ReadDir(filepath.Join("testdata", "golden"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !known[f.Name()] {
			t.Errorf("%s belongs to no type of the catalogue", f.Name())
		}
	}
}

func TestCatalogue(t *testing.T) {
	seen := map[Type]bool{}
	structs := map[reflect.Type]bool{}
	for _, s := range Catalogue() {
		if seen[s.Type] {
			t.Errorf("%s stands in the catalogue twice", s.Type)
		}
		seen[s.Type] = true
		structs[reflect.TypeOf(s.Example)] = true
		if !validType(s.Type) {
			t.Errorf("%s is not a type that Decode accepts", s.Type)
		}
		if !slices.Contains(Sources(), s.Source) {
			t.Errorf("%s has the source %q", s.Type, s.Source)
		}
		if !strings.HasSuffix(s.Doc, ".") || s.Doc[0] < 'A' || s.Doc[0] > 'Z' {
			t.Errorf("%s: %q is not a sentence", s.Type, s.Doc)
		}
		if s.Once && s.Ephemeral {
			t.Errorf("%s can become an alert and is not stored", s.Type)
		}
		if err := Validate(s.Example); err != nil {
			t.Errorf("example: %v", err)
		}
		if strings.HasPrefix(string(s.Type), "obs.") && s.RawType != "" {
			if want := Type("obs." + snake(s.RawType)); s.Type != want {
				t.Errorf("%s is what OBS calls %s: want %s", s.Type, s.RawType, want)
			}
		}
	}
	if len(structs) != len(seen) {
		t.Errorf("got %d structs for %d types: one struct a type", len(structs), len(seen))
	}
}

func snake(camel string) string {
	var b strings.Builder
	for i, r := range camel {
		if 'A' <= r && r <= 'Z' {
			if i > 0 {
				b.WriteByte('_')
			}
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// In the original a goal's "type" overwrote the event's, and goals vanished
// from every overlay.
func TestNoFieldShadowsAnother(t *testing.T) {
	rules := []string{"", "required", "digits", "login", "tier", "positive", "unit", "free"}
	valued := []string{"min", "max", "oneof"}
	for _, s := range Catalogue() {
		names := map[string]bool{}
		for _, core := range CoreFields() {
			names[core] = true
		}
		for _, f := range reflect.VisibleFields(reflect.TypeOf(s.Example)) {
			if f.Anonymous {
				continue
			}
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if name == "" || name != strings.ToLower(name) {
				t.Errorf("%s: field %s has the name %q on the wire", s.Type, f.Name, name)
			}
			if names[name] {
				t.Errorf("%s: %q stands twice in the flat object", s.Type, name)
			}
			names[name] = true
			for r := range strings.SplitSeq(f.Tag.Get("rule"), ",") {
				word, _, hasValue := strings.Cut(r, "=")
				if !hasValue && !slices.Contains(rules, word) || hasValue && !slices.Contains(valued, word) {
					t.Errorf("%s: field %s has the rule %q, which nothing reads", s.Type, f.Name, r)
				}
			}
		}
		if b := golden(s).PayloadJSON(); !json.Valid(b) || b[0] != '{' || bytes.Contains(b, []byte("encoding_error")) {
			t.Errorf("%s: payload is %s, want an object", s.Type, b)
		}
	}
}

// Every type that the reference of the hub names, and the subscriptions of
// Twitch that were recorded beside it.
var promised = strings.Fields(`
stream.online stream.offline channel.update channel.follow channel.subscribe channel.subscription.end
channel.subscription.gift channel.subscription.message channel.cheer channel.raid channel.chat.message
channel.chat.message_delete channel.chat.clear_user_messages channel.chat.clear channel.chat.notification
channel.chat_settings.update channel.channel_points_custom_reward.add channel.channel_points_custom_reward.update
channel.channel_points_custom_reward.remove channel.channel_points_custom_reward_redemption.add
channel.channel_points_custom_reward_redemption.update channel.poll.begin channel.poll.progress channel.poll.end
channel.prediction.begin channel.prediction.progress channel.prediction.lock channel.prediction.end
channel.charity_campaign.donate channel.charity_campaign.progress channel.hype_train.begin
channel.hype_train.progress channel.hype_train.end channel.goal.begin channel.goal.progress channel.goal.end
channel.shoutout.create channel.shoutout.receive channel.vip.add channel.vip.remove channel.ad_break.begin
user.update user.whisper.message twitch.service_status

channel.bits.use channel.ban channel.unban channel.unban_request.create channel.unban_request.resolve
channel.moderator.add channel.moderator.remove channel.shield_mode.begin channel.shield_mode.end
channel.charity_campaign.start channel.charity_campaign.stop channel.channel_points_automatic_reward_redemption.add
channel.shared_chat.begin channel.shared_chat.update channel.shared_chat.end

obs.connection_established obs.connection_lost obs.current_program_scene_changed obs.stream_state_changed
obs.record_state_changed obs.scene_list_changed obs.current_preview_scene_changed obs.studio_mode_state_changed
obs.virtualcam_state_changed obs.replay_buffer_state_changed obs.input_mute_state_changed obs.exit_started

ironmon.init ironmon.seed ironmon.checkpoint ironmon.location ironmon.battle_start ironmon.battle_end
ironmon.pokemon_update ironmon.item_update ironmon.stats_update ironmon.run_started ironmon.run_checkpoint
ironmon.error rainwave.update rainwave.song_changed rainwave.station_changed rainwave.listening_started
rainwave.listening_stopped

system.service_started system.service_stopped system.health_check system.performance_metric system.startup
system.shutdown system.error stream.show_changed stream.takeover_started stream.takeover_cleared
stream.emote_increment stream.goals_updated stream.interrupt_removed

transcription.final transcription.partial transcription.session_started transcription.session_ended
`)

func TestEveryPromisedTypeExists(t *testing.T) {
	for _, name := range promised {
		if _, ok := Lookup(Type(name)); !ok {
			t.Errorf("%s is not in the catalogue", name)
		}
	}
}

func TestWhatIsSpecial(t *testing.T) {
	var once, critical, ephemeral []string
	for _, s := range Catalogue() {
		ev := golden(s)
		if Once(ev) {
			once = append(once, string(s.Type))
		} else if Critical(ev) {
			critical = append(critical, string(s.Type))
		}
		if !Stored(ev) {
			ephemeral = append(ephemeral, string(s.Type))
		}
		if Once(ev) && !Critical(ev) {
			t.Errorf("%s can become an alert and waits for others on its way", s.Type)
		}
	}
	for _, l := range []struct {
		what      string
		got, want []string
	}{
		{"can become an alert", once, strings.Fields(`channel.follow channel.subscribe channel.subscription.gift channel.subscription.message
			channel.cheer channel.bits.use channel.raid channel.channel_points_custom_reward_redemption.add
			channel.channel_points_automatic_reward_redemption.add channel.hype_train.begin channel.hype_train.end channel.goal.end
			channel.charity_campaign.donate ironmon.checkpoint`)},
		{"critical beside alerts", critical, strings.Fields(`stream.offline twitch.service_status obs.connection_lost obs.stream_state_changed
			transcription.final stream.takeover_started stream.takeover_cleared`)},
		{"not stored", ephemeral, strings.Fields(`transcription.partial rainwave.update system.health_check system.performance_metric`)},
	} {
		slices.Sort(l.got)
		slices.Sort(l.want)
		if !slices.Equal(l.got, l.want) {
			t.Errorf("%s:\n got %v\nwant %v", l.what, l.got, l.want)
		}
	}
	custom := Event{Type: "custom.build_failed"}
	if Once(custom) || Critical(custom) || !Stored(custom) {
		t.Errorf("a custom type is once %v, critical %v, stored %v; want false, false, true", Once(custom), Critical(custom), Stored(custom))
	}
}
