package event

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"
)

// batchRun runs Batch in virtual time and writes down each call as
// "milliseconds:ids".
type batchRun struct {
	in    chan Event
	stop  context.CancelFunc
	done  chan struct{}
	calls []string
	ids   []string
	ends  []time.Time
}

func startBatch(window time.Duration, size int) *batchRun {
	ctx, stop := context.WithCancel(context.Background())
	r := &batchRun{in: make(chan Event, size), stop: stop, done: make(chan struct{})}
	began := time.Now()
	go func() {
		defer close(r.done)
		Batch(ctx, r.in, window, func(e Event) bool { return e.ID[0] == '!' }, func(evs []Event) {
			ids := ""
			for _, ev := range evs {
				ids += string(ev.ID)
				r.ids = append(r.ids, string(ev.ID))
				r.ends = append(r.ends, time.Now())
			}
			r.calls = append(r.calls, fmt.Sprintf("%d:%s", time.Since(began).Milliseconds(), ids))
		})
	}()
	return r
}

func (r *batchRun) send(ids ...string) {
	for _, id := range ids {
		r.in <- plain(id)
	}
	synctest.Wait()
}

func (r *batchRun) want(t *testing.T, want ...string) {
	t.Helper()
	r.stop()
	<-r.done
	if !slices.Equal(r.calls, want) {
		t.Errorf("\n got %v\nwant %v", r.calls, want)
	}
}

func TestBatch(t *testing.T) {
	const window = 16 * time.Millisecond
	ms := func(n int) { time.Sleep(time.Duration(n) * time.Millisecond) }
	for _, tc := range []struct {
		name   string
		window time.Duration
		run    func(r *batchRun)
		want   []string
	}{
		{"a sparse event is never delayed", window, func(r *batchRun) { r.send("a"); ms(16); r.send("b"); ms(17); r.send("c") }, []string{"0:a", "16:b", "33:c"}},
		{"the first two of a window are not delayed", window, func(r *batchRun) { r.send("a", "b"); ms(20); r.send("c"); ms(3); r.send("d") }, []string{"0:a", "0:b", "20:c", "23:d"}},
		{"a hundred a second are not delayed", window, func(r *batchRun) {
			for range 6 {
				r.send("x")
				ms(10)
			}
		}, []string{"0:x", "10:x", "20:x", "30:x", "40:x", "50:x"}},
		{"what follows goes together at the window's end", window, func(r *batchRun) { r.send("a", "b", "c"); ms(5); r.send("d"); ms(20) }, []string{"0:a", "0:b", "16:cd"}},
		{"a burst costs two calls a window", window, func(r *batchRun) {
			for range 12 {
				r.send("x")
				ms(3)
			}
		}, []string{"0:x", "3:x", "16:xxxx", "18:x", "32:xxxx", "33:x"}},
		{"after a burst the window must run out first", window, func(r *batchRun) {
			r.send("a", "b", "c")
			ms(17)
			r.send("d", "e")
			ms(16)
			r.send("f", "g")
			ms(100)
			r.send("h", "i")
		}, []string{"0:a", "0:b", "16:c", "17:d", "32:e", "33:f", "48:g", "133:h", "133:i"}},
		{"a critical event takes along what is pending, in order", window, func(r *batchRun) { r.send("a", "b", "c", "d"); ms(3); r.send("!"); r.send("e"); ms(20) }, []string{"0:a", "0:b", "3:cd!", "16:e"}},
		{"a critical event alone goes at once", window, func(r *batchRun) {
			r.send("!")
			ms(1)
			r.send("!")
			r.send("!")
			r.send("a")
			ms(50)
		}, []string{"0:!", "1:!", "1:!", "16:a"}},
		{"window 0 hands each on by itself", 0, func(r *batchRun) { r.send("a", "b", "!"); ms(5); r.send("c") }, []string{"0:a", "0:b", "0:!", "5:c"}},
		{"the end of ctx drains", window, func(r *batchRun) { r.send("a", "b", "c"); ms(1); r.stop(); synctest.Wait() }, []string{"0:a", "0:b", "1:c"}},
		{"the end of in drains", window, func(r *batchRun) { r.send("a", "b", "c"); ms(1); close(r.in); synctest.Wait() }, []string{"0:a", "0:b", "1:c"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := startBatch(tc.window, 100)
				tc.run(r)
				r.want(t, tc.want...)
			})
		})
	}
}

// A stop in the middle of a flood: everything that was in the queue goes out.
func TestBatchDrainsTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(context.Background())
		in := make(chan Event, 1000)
		for i := range 1000 {
			in <- plain(strconv.Itoa(i))
		}
		stop()
		var got []Event
		Batch(ctx, in, time.Second, func(Event) bool { return false }, func(evs []Event) {
			if len(evs) > MaxBatch {
				t.Errorf("a call with %d events, at most %d", len(evs), MaxBatch)
			}
			got = append(got, evs...)
		})
		if len(got) != 1000 {
			t.Fatalf("got %d events, want 1000", len(got))
		}
		for i, ev := range got {
			if ev.ID != ID(strconv.Itoa(i)) {
				t.Fatalf("place %d has %s", i, ev.ID)
			}
		}
	})
}

// Over random streams: every event comes out once and in order, within the
// window of when it went in, a critical one at once.
func TestBatchProperties(t *testing.T) {
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		window := time.Duration(rnd.IntN(51)) * time.Millisecond
		synctest.Test(t, func(t *testing.T) {
			r := startBatch(window, 400)
			var ids []string
			var began []time.Time
			for i := range rnd.IntN(300) {
				id := strconv.Itoa(i)
				if rnd.IntN(10) == 0 {
					id = "!" + id
				}
				ids, began = append(ids, id), append(began, time.Now())
				r.send(id)
				time.Sleep(time.Duration(rnd.ExpFloat64() * float64(rnd.IntN(20)) * float64(time.Millisecond)))
			}
			r.stop()
			<-r.done
			if !slices.Equal(r.ids, ids) {
				t.Fatalf("seed %d: got %v\nwant %v", seed, r.ids, ids)
			}
			for i, id := range ids {
				waited := r.ends[i].Sub(began[i])
				if waited > window || id[0] == '!' && waited != 0 {
					t.Errorf("seed %d: %s waited %v of a window of %v", seed, id, waited, window)
				}
			}
			if n := len(r.calls); window == 0 && n != len(ids) {
				t.Errorf("seed %d: %d calls for %d events without a window", seed, n, len(ids))
			}
		})
	}
}
