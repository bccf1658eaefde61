package event

import (
	"testing"
	"time"
)

var sink []byte

// Encoding and decoding beside a memcpy-like baseline would say nothing; what
// matters is that the chat line, the most frequent and among the largest, costs
// microseconds. The follow is a small event.
func BenchmarkAppendJSON(b *testing.B) {
	for _, name := range []Type{"channel.chat.message", "channel.follow", "transcription.partial"} {
		s, _ := Lookup(name)
		ev, buf := golden(s), make([]byte, 0, 4096)
		b.Run(string(name), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				buf = ev.AppendJSON(buf[:0])
			}
			b.SetBytes(int64(len(buf)))
			sink = buf
		})
		b.Run(string(name)+"/payload", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				buf = ev.appendPayload(buf[:0], (*plan).append)
			}
		})
		b.Run(string(name)+"/payload_by_encoding_json", func(b *testing.B) { // the baseline
			b.ReportAllocs()
			for b.Loop() {
				sink, _ = marshal(s.Example)
			}
		})
	}
	b.Run("unknown", func(b *testing.B) {
		u, err := NewUnknown("custom.x", []byte(`{"a":1,"text":"hello there","list":[1,2,3],"nested":{"x":true}}`))
		if err != nil {
			b.Fatal(err)
		}
		ev := New(Operator, exampleTime, u)
		b.ReportAllocs()
		buf := make([]byte, 0, 4096)
		for b.Loop() {
			buf = ev.AppendJSON(buf[:0])
		}
		sink = buf
	})
}

func BenchmarkDecode(b *testing.B) {
	for _, name := range []Type{"channel.chat.message", "channel.follow"} {
		s, _ := Lookup(name)
		wire := golden(s).AppendJSON(nil)
		b.Run(string(name), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(wire)))
			for b.Loop() {
				if _, err := Decode(wire, exampleTime); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("unknown", func(b *testing.B) {
		wire := []byte(`{"type":"custom.x","a":1,"text":"hello there","list":[1,2,3],"nested":{"x":true}}`)
		b.ReportAllocs()
		b.SetBytes(int64(len(wire)))
		for b.Loop() {
			if _, err := Decode(wire, exampleTime); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// Publish to five subscribers, each read by a goroutine of its own.
func BenchmarkPublish(b *testing.B) {
	bus := NewBus(0)
	done := make(chan struct{})
	for range 5 {
		s := bus.Subscribe("reader", 4096, DropOldest, nil)
		go func() {
			defer func() { done <- struct{}{} }()
			for range s.Events() {
			}
		}()
		defer func() { s.Close(); <-done }()
	}
	ev := New(Twitch, time.Now(), exampleChat)
	ev.ID = "" // never a repeat
	b.ReportAllocs()
	for b.Loop() {
		bus.Publish(ev)
	}
}

// What a publisher pays with no subscribers, and ids to remember: the baseline
// of the above.
func BenchmarkPublishAlone(b *testing.B) {
	bus := NewBus(0)
	evs := make([]Event, 100_000)
	for i := range evs {
		evs[i] = New(Twitch, exampleTime, exampleChat)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		bus.Publish(evs[i%len(evs)])
		i++
	}
}

func BenchmarkDeliveries(b *testing.B) {
	ev := New(Twitch, exampleTime, exampleChat)
	b.ReportAllocs()
	for b.Loop() {
		Deliveries(ev)
	}
}
