package obs

import "time"

// BrowserSource is a browser source that shows one of Landale's pages.
type BrowserSource struct {
	Name string `json:"name"`
	Page string `json:"page"`
}

type healer struct{}

func newHealer() *healer                                                 { return &healer{} }
func (h *healer) sources(s *Snapshot, addresses []string, now time.Time) {}
