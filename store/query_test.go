package store

import (
	"fmt"
	"testing"
	"time"

	"landale/event"
)

func TestSmoke(t *testing.T) {
	s := open(t)
	at := time.Date(2026, 11, 24, 20, 0, 0, 0, time.UTC)
	for i := range 10 {
		put(t, s, event.New(event.Twitch, at.Add(time.Duration(i)*time.Second), event.ChannelChatMessage{User: event.User{UserID: "7", UserLogin: "a"}, Message: fmt.Sprint("hello ", i)}))
	}
	p, err := s.Events(t.Context(), event.Query{Limit: 3})
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range p.Hits {
		t.Log(h.Event.Text())
	}
	if len(p.Hits) != 3 || p.Next == "" {
		t.Errorf("got %d", len(p.Hits))
	}
}
