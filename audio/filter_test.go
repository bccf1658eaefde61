package audio

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestFilter(t *testing.T) {
	cfg := DefaultFilterConfig()
	cfg.Replace = []Replacement{{"av alon|avalone", "Avalon"}, {`fire ?red`, "FireRed"}}
	cfg.Profanity, cfg.Swearwords = "mask", []string{"darn", "heck"}
	cfg.Phrases = []string{"Welcome to my channel!"}
	f, err := newFilter(cfg)
	if err != nil {
		t.Fatal(err)
	}
	sure := Result{LogProb: -0.2, NoSpeech: 0.05}
	for _, c := range []struct {
		name   string
		result Result
		voiced time.Duration
		text   string
		drop   string
	}{
		{"plain", Result{Text: " Hello there, chat. "}, 2 * time.Second, "Hello there, chat.", ""},
		{"blank audio", Result{Text: "[BLANK_AUDIO]"}, time.Second, "", "empty"},
		{"sounds", Result{Text: "(wind blowing) *sighs* ♪♪"}, time.Second, "", "empty"},
		{"sounds inside", Result{Text: "well [laughter] that was close"}, 2 * time.Second, "well that was close", ""},
		{"dots", Result{Text: "..."}, time.Second, "", "empty"},
		{"whisper.cpp stamps", Result{Text: "[00:00:00.000 --> 00:00:02.000]  go forward\n[00:00:02.000 --> 00:00:03.000]  ten meters"}, 2 * time.Second, "go forward ten meters", ""},
		{"doubted twice", Result{Text: "so", NoSpeech: 0.8, LogProb: -1.4}, time.Second, "", "no speech"},
		{"quiet but sure", Result{Text: "so there", NoSpeech: 0.8, LogProb: -0.3}, time.Second, "so there", ""},
		{"unsure words", Result{Text: "mumble mumble", Words: []Word{{Text: "mumble", Prob: 0.2}, {Text: "mumble", Prob: 0.3}}}, time.Second, "", "unsure"},
		{"words without figures", Result{Text: "plain words", Words: []Word{{Text: "plain", Prob: -1}, {Text: "words", Prob: -1}}}, time.Second, "plain words", ""},
		{"loop", Result{Text: "I think we go we go we go we go left"}, 4 * time.Second, "I think we go left", ""},
		{"no no no", Result{Text: "no no no not that one"}, 2 * time.Second, "no no no not that one", ""},
		{"long loop of one", Result{Text: strings.Repeat("you ", 40)}, 20 * time.Second, "you", ""},
		{"two loops", Result{Text: "ha ha ha ha ha that was great that was great that was great wow"}, 5 * time.Second, "ha that was great wow", ""},
		{"too fast", Result{Text: "this is a very long sentence that nobody could say in half a second"}, 500 * time.Millisecond, "", "too fast"},
		{"short and quick", Result{Text: "yes of course"}, 300 * time.Millisecond, "yes of course", ""},
		{"stock phrase after a click", Result{Text: "Thanks for watching!"}, 400 * time.Millisecond, "", "stock phrase"},
		{"stock phrase in doubt", Result{Text: "Thank you.", LogProb: -0.9}, 3 * time.Second, "", "stock phrase"},
		{"real thanks", Result{Text: "Thank you.", LogProb: sure.LogProb, NoSpeech: sure.NoSpeech}, 1500 * time.Millisecond, "Thank you.", ""},
		{"stock phrase inside a sentence", Result{Text: "and thanks for watching the whole run with me"}, 900 * time.Millisecond * 3, "and thanks for watching the whole run with me", ""},
		{"own phrase", Result{Text: "welcome to my channel"}, 600 * time.Millisecond, "", "stock phrase"},
		{"German stock", Result{Text: "Vielen Dank fürs Zuschauen!", Language: "de"}, 700 * time.Millisecond, "", "stock phrase"},
		{"replaced", Result{Text: "av alon plays Fire red and fire red"}, 3 * time.Second, "Avalon plays FireRed and FireRed", ""},
		{"not inside a word", Result{Text: "campfire reddish"}, 2 * time.Second, "campfire reddish", ""},
		{"masked", Result{Text: "what the heck, darn darn it, checkered"}, 3 * time.Second, "what the h***, d*** d*** it, checkered", ""},
		{"other scripts", Result{Text: "مرحبا بالعالم"}, 2 * time.Second, "مرحبا بالعالم", ""},
	} {
		v := f.final(c.result, c.voiced, "", "en")
		if v.Text != c.text || v.Dropped != c.drop {
			t.Errorf("%s: got %q dropped %q, want %q dropped %q", c.name, v.Text, v.Dropped, c.text, c.drop)
		}
	}
	if v := f.final(Result{Text: "playing Pokémon with Avalonstar", LogProb: math.NaN(), NoSpeech: math.NaN()}, 2*time.Second, "Stream with friends, playing Pokémon with Avalonstar.", "en"); v.Dropped != "echo of the prompt" {
		t.Errorf("echo: got %q dropped %q", v.Text, v.Dropped)
	}
}

func TestFilterDrop(t *testing.T) {
	cfg := DefaultFilterConfig()
	cfg.Profanity, cfg.Swearwords = "drop", []string{"heck"}
	f, err := newFilter(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if v := f.final(Result{Text: "what the heck is that"}, 2*time.Second, "", "en"); v.Text != "what the is that" {
		t.Errorf("got %q", v.Text)
	}
	if v := f.final(Result{Text: "heck"}, time.Second, "", "en"); v.Dropped != "profanity" {
		t.Errorf("got %q dropped %q", v.Text, v.Dropped)
	}
}

func TestFilterBadExpression(t *testing.T) {
	if _, err := newFilter(FilterConfig{Replace: []Replacement{{"(", "x"}}}); err == nil {
		t.Error("no error for an expression that does not compile")
	}
}

func FuzzFilter(f *testing.F) {
	cfg := DefaultFilterConfig()
	cfg.Replace = []Replacement{{"a b", "c"}}
	cfg.Profanity, cfg.Swearwords = "mask", []string{"darn"}
	flt, err := newFilter(cfg)
	if err != nil {
		f.Fatal(err)
	}
	f.Add("no no no no no no", int64(time.Second))
	f.Add("[x (y) ♪ <|en|>", int64(0))
	f.Fuzz(func(t *testing.T, text string, voiced int64) {
		if v := flt.final(Result{Text: text}, time.Duration(voiced), text, "en"); v.Text == "" && v.Dropped == "" {
			t.Errorf("%q: neither text nor a reason", text)
		}
	})
}

func TestAgreement(t *testing.T) {
	for _, c := range []struct {
		name       string
		hypotheses []string
		committed  []string // after each
	}{
		{"grows", []string{"go", "go forward", "go forward ten", "go forward ten meters"}, []string{"", "go", "go forward", "go forward ten"}},
		{"changes its mind", []string{"go four", "go forward", "go forward ten"}, []string{"", "go", "go forward"}},
		{"case and commas", []string{"Well, hello", "well hello there"}, []string{"", "well hello"}},
		{"shorter", []string{"go forward ten", "go forward ten", "go"}, []string{"", "go forward ten", "go forward ten"}},
		{"a word more in what was committed", []string{"i am here now", "i am here now", "oh i am here now and then", "oh i am here now and then"}, []string{"", "i am here now", "i am here now", "i am here now and then"}},
		{"empty", []string{"", "", "hello"}, []string{"", "", ""}},
	} {
		var a agreement
		for i, h := range c.hypotheses {
			got, _ := a.add(strings.Fields(h))
			if strings.Join(got, " ") != c.committed[i] {
				t.Errorf("%s: after %q committed %q, want %q", c.name, h, strings.Join(got, " "), c.committed[i])
			}
		}
	}
}
