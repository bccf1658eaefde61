package obs

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"landale/event"
	"landale/obs/obstest"
)

func TestFold(t *testing.T) {
	for in, want := range map[string]string{
		"Pokémon, naïve, Zoë":   "Pokemon, naive, Zoe",
		"“so” – it’s … fine—ok": `"so" - it's ... fine-ok`,
		"Straße Łódź Ærø":       "Strasse Lodz AEro",
		"  a \n\t b  ":          "a b",
		"привет 日本 🎉 ok":        "ok",
		"ﬁne ½":                 "fine 1/2",
	} {
		if got := fold(in); !strings.EqualFold(got, want) && got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestCaptionsRollUp(t *testing.T) {
	r := newRoll()
	send := func() (list []string) {
		for {
			c, ok := r.next()
			if !ok {
				return list
			}
			list = append(list, c)
		}
	}
	for _, step := range []struct {
		text  string
		final bool
		want  []string
	}{
		{"so here is", false, []string{"so here is"}},
		{"so here is", false, nil},
		{"so here is the plan for tonight", false, []string{"so here is the plan for tonight"}},
		{"so here is the plan for tonight we are", false, []string{"so here is the plan for tonight\nwe are"}},
		{"so here is the plan for tonight, we are going to beat Brock", true, []string{"so here is the plan for tonight,\nwe are going to beat Brock"}},
	} {
		r.add("1", step.text, step.final)
		if got := send(); !slices.Equal(got, step.want) {
			t.Errorf("%q: got %q, want %q", step.text, got, step.want)
		}
	}
	r.add("2", "and then there is a long sentence that takes more than two lines at once and must not be skipped", true)
	want := []string{
		"we are going to beat Brock and\nthen there is a long sentence",
		"then there is a long sentence\nthat takes more than two lines",
		"that takes more than two lines\nat once and must not be skipped",
	}
	if got := send(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// FuzzCaptions says anything in any pieces: captions keep to what a decoder can
// show, and every word of it is shown.
func FuzzCaptions(f *testing.F) {
	f.Add("so here is the plan for tonight|and then", uint8(3))
	f.Add("Straße – “ok” 日本 🎉|averyveryveryveryveryveryverylongwordindeed x|", uint8(1))
	f.Fuzz(func(t *testing.T, text string, every uint8) {
		if len(text) > 2000 {
			return
		}
		r := newRoll()
		var said, shown []string
		take := func() {
			for {
				c, ok := r.next()
				if !ok {
					return
				}
				lines := strings.Split(c, "\n")
				if len(c) > 128 || len(lines) > captionRows {
					t.Fatalf("too large: %q", c)
				}
				for _, l := range lines {
					if len(l) > captionColumns || strings.TrimSpace(l) != l || l == "" {
						t.Fatalf("bad line %q", l)
					}
					for _, b := range []byte(l) {
						if b < ' ' || b > '~' {
							t.Fatalf("not ASCII: %q", l)
						}
					}
				}
				shown = append(shown, lines...)
			}
		}
		for i, segment := range strings.Split(text, "|") {
			words := strings.Fields(segment)
			for j := range words {
				if every > 0 && j%int(every) == 0 {
					r.add(string(rune('a'+i%26)), strings.Join(words[:j], " "), false)
					take()
				}
			}
			r.add(string(rune('a'+i%26)), segment, true)
			said = append(said, strings.Fields(fold(segment))...)
			take()
		}
		if r.skipped > 0 {
			t.Fatalf("%d lines were skipped", r.skipped)
		}
		want := slices.Compact(wrap(strings.Join(said, " "))) // lines that are alike look like one
		k := 0
		for _, line := range shown {
			if k < len(want) && line == want[k] {
				k++
			}
		}
		if k < len(want) {
			t.Fatalf("line %d, %q, was never shown in %q", k, want[k], shown)
		}
	})
}

func TestCaptionsAreOffByDefaultAndOnlyWhileStreaming(t *testing.T) {
	t.Parallel()
	s := obstest.Start(t, "")
	cfg := settings(s.URL())
	cfg.Captions.Clear = time.Second
	r := serve(t, cfg, nil)
	r.connected()
	partial := func(text string, stable int) event.Event {
		return event.New(event.Audio, time.Now(), event.TranscriptionPartial{Transcript: event.Transcript{SegmentID: "1", Message: text, StableWords: stable}})
	}
	s.Output("stream", true)
	r.until("stream", time.Second, func() bool { return r.Snapshot().Stream.Active })
	r.Transcript(partial("nobody may read this", 4))
	cfg.Captions.Enabled = true
	r.Configure(cfg)
	s.Output("stream", false)
	r.until("no stream", time.Second, func() bool { return !r.Snapshot().Stream.Active })
	r.Transcript(partial("nor this", 2))
	s.Output("stream", true)
	r.until("stream", time.Second, func() bool { return r.Snapshot().Stream.Active })

	r.Transcript(partial("hello there who", 2))
	s.Wait(t, "SendStreamCaption", 1)
	began := time.Now()
	r.Transcript(event.New(event.Audio, time.Now(), event.TranscriptionFinal{Transcript: event.Transcript{
		SegmentID: "1", Message: "hello there everyone and welcome to the stream of today, which is going to be a very long one",
	}}))
	s.Wait(t, "SendStreamCaption", 3)
	if d := time.Since(began); d < 500*time.Millisecond {
		t.Errorf("two more captions took %v: a decoder skips what is sooner than %v", d, captionSpan)
	}
	s.Wait(t, "SendStreamCaption", 4)
	var got []string
	for _, c := range s.Calls("SendStreamCaption") {
		got = append(got, c.Data["captionText"].(string))
	}
	want := []string{"hello there", "hello there everyone and welcome\nto the stream of today, which is", "to the stream of today, which is\ngoing to be a very long one", ""}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestCaptionsWaitForTheStreamDelay: what is said before the picture of it leaves
// OBS would be read before it is seen.
func TestCaptionsWaitForTheStreamDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCaptioner()
		c.wait = []utterance{{time.Now().Add(20 * time.Second), "1", "late words", true}, {time.Now().Add(25 * time.Second), "2", "later words", true}}
		if _, ok, wait := c.next(time.Now()); ok || wait != 20*time.Second {
			t.Errorf("got %v %v", ok, wait)
		}
		time.Sleep(20 * time.Second)
		if caption, ok, _ := c.next(time.Now()); !ok || caption != "late words" {
			t.Errorf("got %q %v", caption, ok)
		}
		if _, ok, wait := c.next(time.Now()); ok || wait != 5*time.Second {
			t.Errorf("got %v %v", ok, wait)
		}
	})
}
