package audio

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"landale/event"
)

// FilesConfig is the section [audio.files]: a transcript of each session in a
// file beside the database.
type FilesConfig struct {
	SRT bool `toml:"srt"`
	VTT bool `toml:"vtt"`
	TXT bool `toml:"txt"`
}

// transcriptFiles writes finals as they come: one set of files a session. Times
// are from when the broadcast began, so that they fit its recording, or from the
// file's first final outside of one.
type transcriptFiles struct {
	dir   string
	began func() time.Time // of the broadcast; zero for none
	log   *slog.Logger

	mu      sync.Mutex
	open    map[string]*transcriptFile // by ending
	endings []string
	session string
	failed  bool
}

type transcriptFile struct {
	f     *os.File
	began time.Time
	cues  int
}

func newTranscriptFiles(cfg FilesConfig, dir string, began func() time.Time, log *slog.Logger) *transcriptFiles {
	t := &transcriptFiles{dir: dir, began: began, log: log, open: map[string]*transcriptFile{}}
	for ending, on := range map[string]bool{"srt": cfg.SRT, "vtt": cfg.VTT, "txt": cfg.TXT} {
		if on {
			t.endings = append(t.endings, ending)
		}
	}
	return t
}

// add writes a final; everything else is passed over. A disk that is full is said
// once and stops no caption.
func (t *transcriptFiles) add(e event.Event) {
	p, ok := e.Payload.(event.TranscriptionFinal)
	if !ok || p.Late || p.IsRevision || e.Flags != 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if p.StreamSessionID != t.session {
		t.closeAll()
		t.session = p.StreamSessionID
	}
	for _, ending := range t.endings {
		err := t.write(ending, e.Time, p)
		if err != nil && !t.failed {
			t.log.Warn("transcript file is not written", "error", err)
		}
		t.failed = err != nil
	}
}

func (t *transcriptFiles) write(ending string, at time.Time, p event.TranscriptionFinal) error {
	f := t.open[ending]
	if f == nil {
		if err := os.MkdirAll(t.dir, 0o700); err != nil {
			return fmt.Errorf("transcript: %w", err)
		}
		// A session that goes on after a restart gets another file.
		name := filepath.Join(t.dir, fmt.Sprintf("%s-%s.%s", p.StreamSessionID, at.Local().Format("150405"), ending))
		file, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
		if err != nil {
			return fmt.Errorf("transcript: %w", err)
		}
		f = &transcriptFile{f: file, began: at}
		if began := t.began(); !began.IsZero() && began.Before(at) {
			f.began = began
		}
		t.open[ending] = f
		if ending == "vtt" {
			if _, err := file.WriteString("WEBVTT\n\n"); err != nil {
				return fmt.Errorf("transcript: %w", err)
			}
		}
	}
	f.cues++
	_, err := f.f.WriteString(cue(ending, f.cues, at.Sub(f.began), time.Duration(p.Duration*float64(time.Second)), at, p.Message))
	if err != nil {
		return fmt.Errorf("transcript: %w", err)
	}
	return nil
}

func (t *transcriptFiles) closeAll() {
	for ending, f := range t.open {
		if err := f.f.Close(); err != nil {
			t.log.Warn("transcript file is not closed", "error", err)
		}
		delete(t.open, ending)
	}
}

func (t *transcriptFiles) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closeAll()
	t.endings = nil // what comes now has no file
}

// cue is one entry of a transcript file.
func cue(ending string, number int, from, length time.Duration, at time.Time, text string) string {
	from = max(0, from)
	// An empty line ends a cue, an arrow begins one.
	text = strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "-->", "->")
	switch ending {
	case "srt":
		return fmt.Sprintf("%d\n%s --> %s\n%s\n\n", number, cueTime(from, ","), cueTime(from+length, ","), text)
	case "vtt":
		escaped := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
		return fmt.Sprintf("%s --> %s\n%s\n\n", cueTime(from, "."), cueTime(from+length, "."), escaped)
	}
	return at.Local().Format("15:04:05 ") + text + "\n"
}

func cueTime(d time.Duration, point string) string {
	ms := d.Milliseconds()
	return fmt.Sprintf("%02d:%02d:%02d%s%03d", ms/3600000, ms/60000%60, ms/1000%60, point, ms%1000)
}
