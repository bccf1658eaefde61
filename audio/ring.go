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
