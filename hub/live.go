package hub

// Live pushes a value that is only worth its moment, such as the levels of a
// microphone, to whoever joined the topic: once for each, never stored, never
// resumed, and not at all to a client for which something waits. The newest value
// follows soon, so that one nobody misses.
//
// The topic must be one of Topics. Live never waits.
func (h *Hub) Live(topic, push string, payload any) {
	h.mu.Lock()
	t := h.topics[topic]
	nobody := t == nil || len(t.members) == 0
	h.mu.Unlock()
	if nobody {
		return
	}
	b := encode(payload)
	var encoded [forms][]byte
	h.mu.Lock()
	defer h.mu.Unlock()
	if t = h.topics[topic]; t == nil {
		return
	}
	for _, m := range t.members {
		if m.s.out.waiting() > 0 {
			continue
		}
		f := m.s.currentForm()
		if encoded[f] == nil {
			encoded[f] = appendMessage(nil, f, nil, nil, topic, push, b)
		}
		m.s.out.put(encoded[f])
	}
}
