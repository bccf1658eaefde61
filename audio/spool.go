package audio

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// spoolLimit bounds the spool: nine hours of speech. The oldest sound goes first.
const spoolLimit = 1 << 30

// spooled is what is known of sound that waits on disk for a recogniser.
type spooled struct {
	At        time.Time     `json:"at"`
	SpeechEnd time.Time     `json:"speech_end"`
	Voiced    time.Duration `json:"voiced_ns"`
	Source    string        `json:"source"`
	Segment   string        `json:"segment"`
}

// spool keeps the sound of finals that the recogniser could not take: a WAV file
// and a JSON file each. It survives restarts.
type spool struct {
	dir  string
	log  *slog.Logger
	more chan struct{} // there is something
	// waiting is how many sounds there were when somebody last looked.
	waiting atomic.Int64
}

func newSpool(dir string, log *slog.Logger) *spool {
	return &spool{dir: dir, log: log, more: make(chan struct{}, 1)}
}

// put writes the sound; the JSON file comes last and makes it count. It is called
// by the goroutine that owns a source: some 100 kB, and only while the engine is
// away.
func (s *spool) put(m spooled, pcm []float32) error {
	if err := s.write(m, pcm); err != nil {
		s.log.Error("speech lost: the recogniser is away and the sound cannot be kept", "error", err, "at", m.At)
		return err
	}
	s.waiting.Add(1)
	select {
	case s.more <- struct{}{}:
	default:
	}
	return nil
}

func (s *spool) write(m spooled, pcm []float32) error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return fmt.Errorf("keep speech for later: %w", err)
	}
	s.trim()
	base := filepath.Join(s.dir, fmt.Sprintf("%d-%08x", m.At.UnixMilli(), rand.Uint32()))
	meta, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("keep speech for later: %w", err)
	}
	err = os.WriteFile(base+".wav", encodeWAV(pcm), 0o600)
	if err == nil {
		err = os.WriteFile(base+".json", meta, 0o600)
	}
	if err != nil { // a full disk leaves the beginning of a file
		s.remove(base)
		return fmt.Errorf("keep speech for later: %w", err)
	}
	return nil
}

// sweep removes sound whose description was never written.
func (s *spool) sweep() {
	files, err := filepath.Glob(filepath.Join(s.dir, "*.wav"))
	if err != nil {
		return // the pattern is ours
	}
	for _, f := range files {
		name := strings.TrimSuffix(f, ".wav")
		if _, err := os.Stat(name + ".json"); errors.Is(err, fs.ErrNotExist) {
			s.remove(name)
		}
	}
}

// names are the files' names without ending, oldest first.
func (s *spool) names() []string {
	files, err := filepath.Glob(filepath.Join(s.dir, "*.json"))
	if err != nil {
		return nil // the pattern is ours
	}
	for i, f := range files {
		files[i] = strings.TrimSuffix(f, ".json")
	}
	slices.Sort(files)
	s.waiting.Store(int64(len(files)))
	return files
}

// trim removes the oldest sound while there is too much.
func (s *spool) trim() {
	names := s.names()
	sizes := make([]int64, len(names))
	var sum int64
	for i, n := range names {
		if info, err := os.Stat(n + ".wav"); err == nil {
			sizes[i] = info.Size()
			sum += sizes[i]
		}
	}
	for i := 0; i < len(names) && sum > spoolLimit; i++ {
		s.remove(names[i])
		sum -= sizes[i]
		s.log.Error("speech lost: too much waits for a recogniser", "file", names[i])
	}
}

func (s *spool) remove(name string) {
	for _, end := range []string{".json", ".wav"} {
		if err := os.Remove(name + end); err != nil && !errors.Is(err, fs.ErrNotExist) {
			s.log.Warn("file of the speech spool stays", "error", err)
		}
	}
}

func (s *spool) load(name string) (m spooled, pcm []float32, err error) {
	meta, err := os.ReadFile(name + ".json")
	if err != nil {
		return m, nil, fmt.Errorf("speech kept for later: %w", err)
	}
	if err := json.Unmarshal(meta, &m); err != nil {
		return m, nil, fmt.Errorf("speech kept for later: %s: %w", name, err)
	}
	sound, err := os.ReadFile(name + ".wav")
	if err != nil || len(sound) < 44 {
		return m, nil, fmt.Errorf("speech kept for later: %s: no sound: %w", name, err)
	}
	return m, decodePCM(nil, sound[44:], 16, false), nil
}

// serve recognises what waits whenever idle says that nobody speaks, until ctx
// ends: live speech goes first.
func (s *spool) serve(ctx context.Context, engine Recogniser, hints func() Hints, idle func() bool, out func(spooled, []float32, Result)) {
	const shortest, longest = time.Second, time.Minute
	s.sweep()
	failed := map[string]int{} // times that a sound could not be recognised
	wait := shortest
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
		case <-s.more:
		case <-ctx.Done():
			return
		}
		names := s.names()
		if len(names) == 0 || !idle() {
			timer.Reset(wait)
			continue
		}
		// The oldest first, but one that an engine stumbles over holds up no other.
		slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(failed[a], failed[b]) })
		err := s.one(ctx, names[0], engine, hints(), out)
		switch {
		case err == nil:
			delete(failed, names[0])
			wait = 10 * time.Millisecond // the next at once
			if len(names) == 1 {
				wait = shortest
			}
		default:
			failed[names[0]]++
			wait = min(max(2*wait, shortest), longest)
		}
		timer.Reset(wait)
	}
}

// one recognises the oldest sound and removes it unless it may be tried again.
func (s *spool) one(ctx context.Context, name string, engine Recogniser, h Hints, out func(spooled, []float32, Result)) error {
	m, pcm, err := s.load(name)
	if err != nil {
		s.log.Warn("speech kept for later is unreadable", "error", err)
		s.remove(name)
		return nil
	}
	// It could not be done in the live time: give it four times as much.
	call, cancel := context.WithTimeout(ctx, 4*deadline(soundTime(len(pcm))))
	defer cancel()
	h.Patient = true
	r, err := engine.Transcribe(call, pcm, h)
	if err != nil && (again(err) || ctx.Err() != nil) {
		return err
	}
	if err != nil {
		s.log.Error("speech lost: the recogniser refuses its sound", "error", err, "at", m.At)
	} else {
		out(m, pcm, r)
	}
	s.remove(name)
	return nil
}
