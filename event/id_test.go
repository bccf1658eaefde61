package event

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestNewID(t *testing.T) {
	layout := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	var ids []ID
	seen := map[ID]bool{}
	at := exampleTime
	for range 1000 {
		id := NewID(at)
		if !layout.MatchString(string(id)) {
			t.Fatalf("%s is not a UUIDv7", id)
		}
		if got, ok := id.Time(); !ok || !got.Equal(at) {
			t.Errorf("time of %s: got %v, %v, want %v", id, got, ok, at)
		}
		if seen[id] {
			t.Fatalf("%s came twice", id)
		}
		seen[id] = true
		ids = append(ids, id)
		at = at.Add(time.Millisecond)
	}
	if !slices.IsSorted(ids) {
		t.Error("ids do not sort by time")
	}
	// RFC 9562's own example of a timestamp: 2022-02-22 19:22:22 UTC.
	if id := NewID(time.UnixMilli(0x017F22E279B0)); !strings.HasPrefix(string(id), "017f22e2-79b0-7") {
		t.Errorf("got %s, want 017f22e2-79b0-7…", id)
	}
	if id := NewID(time.Time{}); !layout.MatchString(string(id)) {
		t.Errorf("at the zero time: %s", id)
	}
}

func TestUUID(t *testing.T) {
	for _, tc := range []struct {
		id ID
		ok bool
	}{
		{NewID(exampleTime), true},
		{"befa7b53-d79d-478f-86b9-120f112b044e", true}, // EventSub's are version 4
		{"00000000-0000-0000-0000-000000000000", true},
		{"BEFA7B53-D79D-478F-86B9-120F112B044E", false}, // would not come back as it was
		{"befa7b53d79d478f86b9120f112b044e", false},
		{"befa7b53-d79d-478f-86b9-120f112b044", false},
		{"befa7b53-d79d-478f-86b9-120f112b04-e", false},
		{"befa7b53-d79d-478f-86b9-120f112b044g", false},
		{"befa-b53-d79d-478f-86b9-120f112b044e", false},
		{"", false}, {"stream_2026_11_24-17", false},
	} {
		b, ok := tc.id.UUID()
		if ok != tc.ok {
			t.Errorf("UUID(%q): got %v, want %v", tc.id, ok, tc.ok)
		}
		if ok && IDFromUUID(b) != tc.id {
			t.Errorf("%s comes back as %s", tc.id, IDFromUUID(b))
		}
	}
	if _, ok := ID("befa7b53-d79d-478f-86b9-120f112b044e").Time(); ok {
		t.Error("a version 4 has no time")
	}
}

func TestNewShortID(t *testing.T) {
	a, b := NewShortID(), NewShortID()
	if !regexp.MustCompile(`^[0-9a-f]{8}$`).MatchString(string(a)) || a == b {
		t.Errorf("got %q and %q, want eight hex digits, never the same", a, b)
	}
}

func TestSessionName(t *testing.T) {
	zone, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		t.Skip("no time zones here: ", err)
	}
	if got := SessionName(time.Date(2026, 11, 25, 3, 0, 0, 0, time.UTC), zone); got != "stream_2026_11_24" {
		t.Errorf("got %s, want the owner's day", got)
	}
}
