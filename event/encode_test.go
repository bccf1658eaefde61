package event

import (
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"testing"
	"time"
	"unicode/utf8"
)

// The plans write what encoding/json writes, for every type, full and empty.
func TestEncodingIsEncodingJSONs(t *testing.T) {
	for _, s := range Catalogue() {
		for _, p := range []Payload{s.Example, reflect.Zero(reflect.TypeOf(s.Example)).Interface().(Payload)} {
			if !planOf(reflect.TypeOf(p)).plain {
				t.Errorf("%s has fields that no plan writes", s.Type)
			}
			want, err := marshal(p)
			if err != nil {
				t.Fatal(err)
			}
			if got := (Event{Payload: p}).PayloadJSON(); !bytes.Equal(got, want) {
				t.Errorf("%s\n got %s\nwant %s", s.Type, got, want)
			}
		}
	}
	full := ChannelChatNotification{
		Resub: &NoticeResub{StreakMonths: new(3), GifterIsAnonymous: new(false)}, Unraid: &struct{}{},
		CharityDonation: &NoticeCharityDonation{Amount: Amount{1, 2, "EUR"}}, Fragments: List[Fragment]{{}, {Emote: &FragmentEmote{}}},
	}
	if want, _ := marshal(full); !bytes.Equal(Event{Payload: full}.PayloadJSON(), want) {
		t.Errorf("\n got %s\nwant %s", Event{Payload: full}.PayloadJSON(), want)
	}
}

// What is stored without its empty fields comes back as the same payload, for
// every type, with each of its fields empty in turn.
func TestSparse(t *testing.T) {
	for _, s := range Catalogue() {
		kind := reflect.TypeOf(s.Example)
		cases := []reflect.Value{reflect.ValueOf(s.Example), reflect.Zero(kind)}
		for i := range planOf(kind).fields {
			f := &planOf(kind).fields[i]
			for _, base := range cases[:2] {
				v := reflect.New(kind).Elem()
				v.Set(base)
				if f.of(v).IsZero() && f.of(v).Kind() == reflect.Slice && f.list {
					f.of(v).Set(reflect.MakeSlice(f.of(v).Type(), 0, 0))
				} else {
					f.of(v).SetZero()
				}
				cases = append(cases, v)
			}
		}
		for _, v := range cases {
			ev := Event{Type: s.Type, Payload: v.Interface().(Payload)}
			want, sparse := ev.PayloadJSON(), ev.SparseJSON()
			if len(sparse) > len(want) {
				t.Errorf("%s grew: %s", s.Type, sparse)
			}
			if got := (Event{Type: s.Type, Payload: DecodePayload(s.Type, sparse)}).PayloadJSON(); !bytes.Equal(got, want) {
				t.Errorf("%s by %s\n got %s\nwant %s", s.Type, sparse, got, want)
			}
		}
		if got, want := string((Event{Payload: reflect.Zero(kind).Interface().(Payload)}).SparseJSON()), "{}"; got != want {
			t.Errorf("%s with nothing in it: got %s, want %s", s.Type, got, want)
		}
	}
}

func FuzzEncode(f *testing.F) {
	for _, s := range []string{"", "plain", "\"\\\b\f\n\r\t\x00\x1f\x7f", "é👋\u2028\u2029\ufffd", "\xff\xc3", "<&>"} {
		f.Add(s, 1.0, int64(0))
	}
	for _, n := range []float64{0, math.Copysign(0, -1), 1e-7, 1e21, 123456789.125, -2.5e-9, math.MaxFloat64, math.SmallestNonzeroFloat64} {
		f.Add("", n, int64(1795550400123456789))
	}
	f.Fuzz(func(t *testing.T, s string, n float64, ns int64) {
		at := time.Unix(0, ns).UTC()
		for _, p := range []Payload{
			SystemPerformanceMetric{MetricName: s, Value: n},
			ChannelFollow{User{s, s, s}, Broadcaster{}, at},
			TranscriptionFinal{Transcript{Message: s, Confidence: &n, Metadata: Object{s: n}}},
			TwitchServiceStatus{LastConnected: &at, LastError: Optional(s)},
		} {
			want, err := marshal(p)
			if err != nil {
				continue
			}
			if got := (Event{Payload: p}).PayloadJSON(); !bytes.Equal(got, want) {
				t.Fatalf("\n got %s\nwant %s", got, want)
			}
			back := reflect.New(reflect.TypeOf(p))
			if err := json.Unmarshal(Event{Payload: p}.SparseJSON(), back.Interface()); err != nil {
				t.Fatal(err)
			}
			if got := (Event{Payload: back.Elem().Interface().(Payload)}).PayloadJSON(); utf8.ValidString(s) && (n != 0 || !math.Signbit(n)) && !bytes.Equal(got, want) {
				t.Fatalf("sparse\n got %s\nwant %s", got, want)
			}
		}
	})
}
