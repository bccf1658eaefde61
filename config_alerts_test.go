package main

import (
	"os"
	"testing"
	"time"
)

// A bad alert is left out; the others go on.
func TestBadAlertsGoAlone(t *testing.T) {
	text, err := os.ReadFile("testdata/config/bad_alerts.toml")
	if err != nil {
		t.Fatal(err)
	}
	cfg, problems := load(string(text))
	if len(problems) != 4 {
		t.Errorf("got\n%s\nwant four problems", says(problems))
	}
	if a := cfg.Overlay.Alerts; len(a) != 2 || a[0].Exact != 420 || a[1].Sound != "raid" || cfg.Overlay.MaxWait != 20*time.Minute {
		t.Errorf("got %+v, want the two good alerts", cfg.Overlay)
	}
}
