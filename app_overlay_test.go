package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// A follow is on its layer when a page that shows the screen is there, and gone
// when that page says that it has shown it; what became of it can be asked.
func TestAlert(t *testing.T) {
	a := startApp(t, newHome(t, quietConfig))
	page := dialAs(t, a.URL(), "alerts")
	page.join("stream:overlays", map[string]any{"patches": true})

	var sent struct {
		ID string `json:"id"`
	}
	call(t, "POST", a.URL()+"/api/simulate", map[string]any{"type": "follow", "data": map[string]any{"user": "Wanderer"}}, &sent)
	var item struct {
		ID   string
		Data map[string]any
	}
	page.next(func(f frame) bool {
		var patch struct {
			Set struct {
				Layers map[string]json.RawMessage
			}
		}
		if f.event != "state_patch" || json.Unmarshal(f.payload, &patch) != nil {
			return false
		}
		for _, raw := range patch.Set.Layers {
			if strings.Contains(string(raw), "Wanderer") {
				return json.Unmarshal(raw, &item) == nil
			}
		}
		return false
	})
	page.send("stream:overlays", "shown", map[string]any{"id": item.ID})
	page.send("stream:overlays", "finished", map[string]any{"id": item.ID})
	eventually(t, "the end of the alert", func() bool {
		var trace struct {
			Steps []struct{ What string }
		}
		call(t, "GET", a.URL()+"/api/events/"+sent.ID+"/trace", nil, &trace)
		return len(trace.Steps) > 0 && strings.Contains(trace.Steps[len(trace.Steps)-1].What, "finished")
	})
	var history []map[string]any
	call(t, "GET", a.URL()+"/api/overlay/history", nil, &history)
	if len(history) != 1 {
		t.Errorf("%d items were on screen, want 1", len(history))
	}
}
