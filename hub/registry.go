package hub

import "time"

// Client is one connected client as dashboards see it.
type Client struct {
	// ID is the connection's id, eight hex characters.
	ID          string `json:"id"`
	Page        string `json:"page"`
	Environment string `json:"environment"`
	Build       string `json:"build"`
	// Outdated says that the page is of another build than the program.
	Outdated      bool      `json:"outdated"`
	Topics        []string  `json:"topics"`
	ConnectedAt   time.Time `json:"connected_at"`
	LastHeartbeat time.Time `json:"last_heartbeat"`
	// LatencyMS is the round trip the page measured; nil until it did.
	LatencyMS *float64 `json:"latency_ms"`
	// Drops counts state pushes that were left out because the client was behind;
	// it gets the full state once it has caught up.
	Drops   uint64 `json:"drops"`
	Address string `json:"address"`
}

type registry struct{}

func newRegistry() *registry { return &registry{} }

// Clients lists who is connected, the longest connected first.
func (h *Hub) Clients() []Client { return []Client{} }
