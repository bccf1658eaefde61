package audio

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestSpeechServers(t *testing.T) {
	for _, c := range []struct {
		name, model, reply string
		status             int
		text, words        string
		err                error
	}{
		{name: "OpenAI", model: "whisper-1", reply: `{"task":"transcribe","language":"english","duration":1.2,"text":"Go forward, ten.","words":[{"word":"Go","start":0,"end":0.2},{"word":"forward","start":0.2,"end":0.5},{"word":"ten","start":0.5,"end":0.9}],"segments":[{"start":0,"end":1,"avg_logprob":-0.2,"no_speech_prob":0.01}]}`, text: "Go forward, ten.", words: "Go|forward|ten"},
		{name: "gpt-4o", model: "gpt-4o-transcribe", reply: `{"text":"Go forward."}`, text: "Go forward."},
		{name: "whisper.cpp, pieces", model: "whisper-1", reply: `{"text":" Go forward,\n ten.","segments":[{"start":0,"end":1,"avg_logprob":-0.3,"words":[{"word":" Go","start":0,"end":0.2,"probability":0.9},{"word":" for","start":0.2,"end":0.3,"probability":0.9},{"word":"ward","start":0.3,"end":0.5,"probability":0.5},{"word":",","start":0.5,"end":0.5,"probability":0.8}]},{"start":1,"end":2,"words":[{"word":" ten","start":0.5,"end":0.9,"probability":1},{"word":".","start":0.9,"end":0.9,"probability":1}]}]}`, text: "Go forward,\n ten.", words: "Go|forward,|ten."},
		{name: "speaches", model: "whisper-1", reply: `{"text":"Go forward","language":"en","segments":[{"start":0,"end":1,"words":null,"avg_logprob":-0.3}],"words":[{"word":" Go","start":0,"end":0.2,"probability":0.9},{"word":" forward","start":0.2,"end":0.3,"probability":0.9}]}`, text: "Go forward", words: "Go|forward"},
		{name: "LocalAI, nanoseconds", model: "whisper-1", reply: `{"segments":[{"id":0,"start":0,"end":1500000000,"text":"Go","tokens":[1]}],"text":"Go","words":[{"word":"Go","start":0,"end":900000000}]}`, text: "Go"},
		{name: "wrong key", model: "whisper-1", status: 401, reply: `{"error":{"message":"Incorrect API key"}}`, err: ErrAway},
		{name: "no such model", model: "whisper-1", status: 404, reply: `{"detail":"Model not found"}`, err: ErrAway},
		{name: "too many calls", model: "whisper-1", status: 429, reply: `{}`, err: ErrBusy},
		{name: "overloaded", model: "whisper-1", status: 503, reply: `busy`, err: ErrBusy},
		{name: "a page", model: "whisper-1", reply: `<html>`, err: errReply},
	} {
		t.Run(c.name, func(t *testing.T) {
			var asked *multipart.Form
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if err := r.ParseMultipartForm(1 << 20); err != nil {
					t.Error(err)
				}
				asked = r.MultipartForm
				if c.status != 0 {
					w.WriteHeader(c.status)
				}
				_, _ = io.WriteString(w, c.reply)
			}))
			defer srv.Close()
			cfg := DefaultOpenAIConfig()
			cfg.BaseURL, cfg.Model = srv.URL+"/v1", c.model
			r, err := newOpenAI(cfg).Transcribe(context.Background(), silence(time.Second), Hints{Prompt: "Avalon.", Before: strings.Repeat("a long sentence ", 30)})
			if !errors.Is(err, c.err) {
				t.Fatalf("got %v, want %v", err, c.err)
			}
			var words []string
			for _, w := range r.Words {
				words = append(words, w.Text)
			}
			if r.Text != c.text || strings.Join(words, "|") != c.words {
				t.Errorf("got %q, words %q, want %q, %q", r.Text, words, c.text, c.words)
			}
			if p := asked.Value["prompt"][0]; !strings.HasPrefix(p, "Avalon. ") || len(p) > 200 {
				t.Errorf("prompt of %d characters: %q", len(p), p)
			}
			want := "verbose_json"
			if c.model != "whisper-1" {
				want = "json"
			}
			if got := asked.Value["response_format"][0]; got != want {
				t.Errorf("asked for %s, want %s", got, want)
			}
		})
	}
}

func FuzzVerbose(f *testing.F) {
	f.Add([]byte(`{"text":"go","words":[{"word":" go","start":0,"end":1,"probability":0.5}],"segments":[{"start":0,"end":1,"avg_logprob":-0.1,"no_speech_prob":0.1,"words":[{"word":"x"}]}]}`))
	f.Add([]byte(`{"text":"","segments":[{"end":1e308,"start":-1e308,"avg_logprob":-1e308}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := decodeVerbose(b)
		if err != nil {
			return
		}
		if len(r.Words) > len(b) {
			t.Errorf("%d words of %d bytes", len(r.Words), len(b))
		}
		// What comes of it is an event, and JSON has no NaN and no infinity.
		if c := confidence(r); c != nil && (math.IsNaN(*c) || *c < 0 || *c > 1) {
			t.Errorf("confidence %v", *c)
		}
		if _, err := json.Marshal(r.Words); err != nil {
			t.Error(err)
		}
	})
}
