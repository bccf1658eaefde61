//go:build cgo && !noaudio

package audio

import (
	"sync/atomic"
	"time"
)

// ring carries samples from the device's own thread to Go. The writer copies and
// returns: no lock, no allocation, no channel. One goroutine reads.
//
// When the reader is too slow the newest samples are lost and counted: what is
// being read must not change under the reader.
type ring struct {
	buf      []float32
	write    atomic.Uint64 // samples written, ever
	read     atomic.Uint64
	at       atomic.Int64  // unix ns when the newest sample came
	lost     atomic.Uint64 // samples
	overruns atomic.Uint64 // times that samples were lost
}

func newRing(samples int) *ring { return &ring{buf: make([]float32, samples)} }

// put is called by the device's thread.
func (r *ring) put(block []float32) {
	w := r.write.Load()
	free := uint64(len(r.buf)) - (w - r.read.Load())
	if uint64(len(block)) > free {
		r.lost.Add(uint64(len(block)) - free)
		r.overruns.Add(1)
		block = block[:free]
	}
	i := int(w % uint64(len(r.buf)))
	n := copy(r.buf[i:], block)
	copy(r.buf, block[n:])
	r.at.Store(time.Now().UnixNano())
	r.write.Store(w + uint64(len(block)))
}

// take appends what is there to dst and tells when its last sample came.
func (r *ring) take(dst []float32) ([]float32, time.Time) {
	at := r.at.Load()
	from, to := r.read.Load(), r.write.Load()
	for from < to {
		i := int(from % uint64(len(r.buf)))
		n := min(int(to-from), len(r.buf)-i)
		dst = append(dst, r.buf[i:i+n]...)
		from += uint64(n)
	}
	r.read.Store(to)
	return dst, time.Unix(0, at)
}

// maxDeficit is how much of ten seconds may be missing before a device is opened
// with longer periods; a period that came late looks like up to 40 ms.
const maxDeficit = 80 * time.Millisecond

// deficit compares the sound that came with the clock, ten seconds at a time, so
// that a crystal's drift does not add up.
type deficit struct {
	from  time.Time
	sound time.Duration
}

// add takes in sound whose last sample came at a time, and returns how much is
// missing of the ten seconds that just ended; 0 within them.
func (d *deficit) add(at time.Time, sound time.Duration) time.Duration {
	if d.from.IsZero() {
		d.from = at // what came with the first block was spoken before
		return 0
	}
	d.sound += sound
	elapsed := at.Sub(d.from)
	if elapsed < 10*time.Second {
		return 0
	}
	missing := elapsed - d.sound
	*d = deficit{from: at}
	return max(0, missing)
}
