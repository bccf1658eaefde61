package audio

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"

	"landale/event"
)

// nameTime is how long somebody who wrote counts as being there.
const nameTime = 10 * time.Minute

// Names keeps what a recogniser should know how to spell: who wrote in the last
// ten minutes, the most active first, and the category of the broadcast. Any
// goroutine may use it.
type Names struct {
	mu       sync.Mutex
	wrote    map[string][]time.Time // by name
	category string
	fixed    []string
}

// NewNames makes an empty one; fixed are names that are always there (vocabulary).
func NewNames(fixed ...string) *Names {
	return &Names{wrote: map[string][]time.Time{}, fixed: fixed}
}

// Hear takes in an event of chat or of the channel; every other is passed over.
func (n *Names) Hear(e event.Event) {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch p := e.Payload.(type) {
	case event.ChannelChatMessage:
		if p.UserName == "" {
			return
		}
		times := append(n.wrote[p.UserName], e.Time)
		// Twenty lines tell as much as a hundred.
		n.wrote[p.UserName] = times[max(0, len(times)-20):]
		if len(n.wrote) > 1000 { // a raid: those who left long ago go first
			n.forget(e.Time)
		}
	case event.ChannelUpdate:
		n.category = p.CategoryName
	}
}

// List is what to spell right at a time, the most important first.
func (n *Names) List(now time.Time) []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.forget(now)
	names := slices.SortedFunc(maps.Keys(n.wrote), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(n.wrote[b]), len(n.wrote[a])), cmp.Compare(a, b))
	})
	var list []string
	if n.category != "" {
		list = append(list, n.category)
	}
	return slices.Concat(list, n.fixed, names)
}

func (n *Names) forget(now time.Time) {
	for name, times := range n.wrote {
		i := slices.IndexFunc(times, func(t time.Time) bool { return now.Sub(t) < nameTime })
		if i < 0 {
			delete(n.wrote, name)
		} else {
			n.wrote[name] = times[i:]
		}
	}
}
