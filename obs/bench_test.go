//go:build !windows

package obs

import (
	"runtime"
	"syscall"
	"testing"
	"time"
)

// BenchmarkIdle is what a connected part costs while nothing happens: 0.5 % of a
// core and 5 MB are promised. It waits eleven seconds: two probes.
func BenchmarkIdle(b *testing.B) {
	obs := startOBS(b, "")
	used := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	for range b.N {
		before := heap()
		r := serve(b, settings(obs.url()), nil)
		r.connected()
		cpu, began := used(), time.Now()
		waitOrDone(b.Context(), 11*time.Second)
		share := 100 * float64(used()-cpu) / float64(time.Since(began))
		b.ReportMetric(share, "%core")
		b.ReportMetric((float64(heap())-float64(before))/1e6, "MB")
		if share > 0.5 {
			b.Errorf("got %.2f %% of a core, want 0.5 at most", share)
		}
	}
}
