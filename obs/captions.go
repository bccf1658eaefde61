package obs

import (
	"context"
	"sync/atomic"
)

type captioner struct{ sent atomic.Uint64 }

func newCaptioner() *captioner                         { return &captioner{} }
func (c *captioner) serve(ctx context.Context, p *OBS) {}
