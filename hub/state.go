package hub

// state holds the documents that pages render.
type state struct{}

func newState() *state { return &state{} }

// SetState replaces one top-level member of a state document ("dashboard",
// "stream" or "queue"). Clients hear of it when it differs from before.
func (h *Hub) SetState(doc, member string, value any) {}

// State is the full snapshot for GET /api/state:
// {epoch, seq, dashboard:{version,…}, stream:{version,…}, queue:{version,…}}.
func (h *Hub) State() any { return map[string]any{"epoch": h.epoch} }
