package audio

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"landale/event"
)

func TestTranscriptFiles(t *testing.T) {
	dir := t.TempDir()
	var began time.Time
	f := newTranscriptFiles(FilesConfig{SRT: true, VTT: true, TXT: true}, dir, func() time.Time { return began }, slog.New(slog.DiscardHandler))
	at := time.Date(2026, 11, 24, 20, 0, 0, 0, time.Local)
	say := func(session string, after time.Duration, seconds float64, text string, mend func(*event.Transcript)) {
		p := event.Transcript{StreamSessionID: session, Message: text, Duration: seconds, IsFinal: true}
		if mend != nil {
			mend(&p)
		}
		f.add(event.New(event.Audio, at.Add(after), event.TranscriptionFinal{Transcript: p}))
	}
	say("one", 0, 1.25, "Hello <b>chat</b> & all", nil)
	say("one", time.Hour+61*time.Second+5*time.Millisecond, 2, "two\r\n\r\nlines --> here", nil)
	say("one", time.Hour, 2, "corrected", func(p *event.Transcript) { p.IsRevision = true })
	began = at.Add(2*time.Hour - 90*time.Second) // now there is a broadcast
	say("two", 2*time.Hour, 0.5, "next", nil)
	f.close()
	say("two", 3*time.Hour, 0.5, "after the end", nil)
	for name, want := range map[string]string{
		"one-200000.srt": "1\n00:00:00,000 --> 00:00:01,250\nHello <b>chat</b> & all\n\n2\n01:01:01,005 --> 01:01:03,005\ntwo lines -> here\n\n",
		"one-200000.vtt": "WEBVTT\n\n00:00:00.000 --> 00:00:01.250\nHello &lt;b&gt;chat&lt;/b&gt; &amp; all\n\n01:01:01.005 --> 01:01:03.005\ntwo lines -&gt; here\n\n",
		"one-200000.txt": "20:00:00 Hello <b>chat</b> & all\n21:01:01 two lines -> here\n",
		"two-220000.srt": "1\n00:01:30,000 --> 00:01:30,500\nnext\n\n",
		"two-220000.txt": "22:00:00 next\n",
	} {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || string(got) != want {
			t.Errorf("%s: %v\ngot  %q\nwant %q", name, err, got, want)
		}
	}
}
