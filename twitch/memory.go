package twitch

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"landale/event"
)

const (
	memoryFile  = "twitch-memory.json"
	ledgerFile  = "twitch-ledger.txt"
	memoryEvery = 30 * time.Second
	// maxLedger bounds what is remembered of single follows and redemptions.
	maxLedger = 5000
)

// memory is what the link must know after a restart: when it heard last, what it
// has published of what Helix tells again under no id of its own, who subscribes,
// and which broadcast was live.
//
// Follows, redemptions and the like are written down at once, a line each, since
// a crash must not let an alert play twice.
type memory struct {
	dir   string
	log   *slog.Logger
	whole atomic.Bool // nothing is being missed

	mu     sync.Mutex
	state  memoryState
	begun  bool
	ledger map[string]int64
	order  []string
	file   *os.File
}

type memoryState struct {
	HeardMS int64 `json:"heard_ms"`
	// Subscribers are user ids with their tier; nil means that they are not known.
	Subscribers map[string]string `json:"subscribers,omitempty"`
	StreamID    string            `json:"stream_id,omitempty"`
}

func newMemory(dir string, log *slog.Logger) *memory {
	return &memory{dir: dir, log: log, ledger: map[string]int64{}}
}

// load reads what was written; a file that is damaged is as good as none.
func (m *memory) load() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if data, err := os.ReadFile(filepath.Join(m.dir, memoryFile)); err == nil {
		if err := json.Unmarshal(data, &m.state); err != nil {
			m.log.Warn("the memory of the link is damaged", "error", err)
			m.state = memoryState{}
		}
	}
	path := filepath.Join(m.dir, ledgerFile)
	if data, err := os.ReadFile(path); err == nil {
		lines := bufio.NewScanner(strings.NewReader(string(data)))
		for lines.Scan() {
			key, value, ok := strings.Cut(lines.Text(), " ")
			if n, err := strconv.ParseInt(value, 10, 64); ok && err == nil {
				m.note(key, n)
			}
		}
	}
	var whole strings.Builder
	for _, key := range m.order {
		fmt.Fprintf(&whole, "%s %d\n", key, m.ledger[key])
	}
	err := writeFile(path, []byte(whole.String()), false)
	if err == nil {
		m.file, err = os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0o600)
	}
	if err != nil {
		m.log.Error("the memory of the link cannot be written", "error", err)
	}
}

// heard is when the link heard last before this run.
func (m *memory) heard() (time.Time, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return time.UnixMilli(m.state.HeardMS).UTC(), m.state.HeardMS > 0
}

// first reports, once, that there is no memory of an earlier run.
func (m *memory) first() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	first := m.state.HeardMS == 0 && !m.begun
	m.begun = true
	return first
}

// serve writes down, while nothing is missed, that it is so.
func (m *memory) serve(ctx context.Context) {
	tick := time.NewTicker(memoryEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			m.save()
		case <-ctx.Done():
			return
		}
	}
}

func (m *memory) save() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.whole.Load() {
		m.state.HeardMS = time.Now().UnixMilli()
	}
	data, err := json.Marshal(m.state)
	if err == nil {
		err = writeFile(filepath.Join(m.dir, memoryFile), data, false)
	}
	if err != nil && !errors.Is(err, fs.ErrPermission) {
		m.log.Error("the memory of the link cannot be written", "error", err)
	}
}

func (m *memory) close() {
	m.save()
	m.whole.Store(false)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.file != nil {
		_ = m.file.Close() // each line is written already
		m.file = nil
	}
}

// note takes a line into the ledger; the oldest makes room.
func (m *memory) note(key string, value int64) {
	if _, known := m.ledger[key]; !known {
		if len(m.order) == maxLedger {
			delete(m.ledger, m.order[0])
			m.order = m.order[1:]
		}
		m.order = append(m.order, key)
	}
	m.ledger[key] = value
}

// keyOf is what an event says by whatever way it comes, and how far two values
// may lie apart to be the same; "" if it comes one way only.
func keyOf(ev event.Event) (key string, value, within int64) {
	switch p := ev.Payload.(type) {
	case event.ChannelFollow:
		return "follow:" + p.UserID, p.FollowedAt.Unix(), 2 // Helix has whole seconds
	case event.ChannelPointsCustomRewardRedemptionAdd:
		return "redemption:" + p.RedemptionID, 0, 0
	case event.StreamOnline:
		return "online:" + p.StreamID, 0, 0
	case event.ChannelSubscribe:
		// Helix does not say when: what comes within ten minutes of a backfill is
		// the same one, come late.
		return "subscribe:" + p.UserID, ev.Time.Unix(), 600
	}
	return "", 0, 0
}

// repeat reports whether what the event says was published already.
func (m *memory) repeat(ev event.Event) bool {
	key, value, within := keyOf(ev)
	if key == "" {
		return false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	old, known := m.ledger[key]
	return known && value-old <= within && old-value <= within
}

// remember writes down what the event says.
func (m *memory) remember(ev event.Event) {
	key, value, _ := keyOf(ev)
	m.mu.Lock()
	defer m.mu.Unlock()
	switch p := ev.Payload.(type) {
	case event.ChannelSubscribe:
		if m.state.Subscribers != nil {
			m.state.Subscribers[p.UserID] = p.Tier
		}
		if !ev.Flags.Has(event.Backfill) {
			key = "" // two of a person in a day are two
		}
	case event.ChannelSubscriptionEnd:
		delete(m.state.Subscribers, p.UserID)
	case event.StreamOnline:
		m.state.StreamID = p.StreamID
	case event.StreamOffline:
		m.state.StreamID = ""
	}
	if key == "" || strings.ContainsAny(key, " \n\r") {
		return
	}
	m.note(key, value)
	if m.file != nil {
		if _, err := fmt.Fprintf(m.file, "%s %d\n", key, value); err != nil {
			m.log.Error("the memory of the link cannot be written", "error", err)
		}
	}
}

// jitter is a random part of a time.
func jitter(d time.Duration) time.Duration {
	if d <= 0 {
		return 0
	}
	return rand.N(d)
}
