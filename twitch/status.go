package twitch

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"landale/event"
)

// Status says how the link is. It is running only while everything that is
// wanted is subscribed to and heard.
func (t *Twitch) Status() event.Status {
	enabled, whole := t.subs.count()
	tok := t.Token()
	t.mu.Lock()
	defer t.mu.Unlock()
	st := event.Status{State: event.Running, Details: t.details(enabled, tok)}
	if ms := t.heard.Load(); ms > 0 {
		st.Fresh = time.UnixMilli(ms).UTC()
	}
	deaf := ""
	if !t.lost.IsZero() {
		deaf = fmt.Sprintf("deaf since %s: %s", t.lost.Local().Format("15:04:05"), cmp.Or(t.lostReason, "no connection"))
	}
	switch {
	case t.cfg.ClientID == "" && !tok.Connected:
		st.State, st.Reason = event.Waiting, "twitch.client_id is empty: put the id of an application from dev.twitch.tv/console/apps into config.toml"
	case tok.Problem != "" && t.sessionID == "":
		st.State, st.Reason = event.Waiting, tok.Problem
	case t.sessionID == "" && t.attempts == 0:
		st.State, st.Reason = event.Starting, "connecting to Twitch"
	case t.sessionID == "":
		st.State, st.Reason = event.Waiting, cmp.Or(deaf, "reconnecting to Twitch: "+t.lastError)
	case !whole:
		st.State, st.Reason = event.Degraded, cmp.Or(deaf, fmt.Sprintf("subscribing: %d of %d", enabled, len(wanted)))
	case tok.Problem != "":
		st.State, st.Reason = event.Degraded, tok.Problem
	case enabled < len(wanted):
		st.State, st.Reason = event.Degraded, t.lacking(enabled)
	}
	return st
}

// lacking says which subscriptions are not there and what mends it. The lock is
// held.
func (t *Twitch) lacking(enabled int) string {
	var scope, other []string
	for _, sub := range t.subs.list() {
		switch sub.State {
		case subEnabled:
		case subScope:
			scope = append(scope, string(sub.Type))
		default:
			other = append(other, string(sub.Type))
		}
	}
	reason := fmt.Sprintf("%d of %d subscriptions", enabled, len(wanted))
	if len(scope) > 0 {
		reason += fmt.Sprintf("; sign in again to allow %s", some(scope))
	}
	if len(other) > 0 {
		reason += fmt.Sprintf("; Twitch does not send %s", some(other))
	}
	return reason
}

// some names the first few.
func some(names []string) string {
	if len(names) > 3 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:3], ", "), len(names)-3)
	}
	return strings.Join(names, ", ")
}

// details are for telemetry. The lock is held.
func (t *Twitch) details(enabled int, tok Token) map[string]any {
	d := map[string]any{
		"connection_state": t.state, "session_id": t.sessionID, "subscriptions": enabled, "wanted": len(wanted),
		"published": t.notified.published.Load(), "repeats": t.notified.repeats.Load(), "odd": t.notified.odd.Load(),
		"backfilled": t.notified.backfilled.Load(), "attempts": t.attempts,
		"clock_ahead_ms": time.Duration(t.clock.Load()).Milliseconds(), "token": tok,
	}
	if !t.lost.IsZero() {
		d["deaf_since"] = t.lost
	}
	if t.digest != nil {
		d["digest"] = *t.digest
	}
	if t.stream != nil {
		d["stream"] = *t.stream
	}
	return d
}

// LinkStatus is the link as clients of the hub know it.
type LinkStatus struct {
	Service            string         `json:"service"`
	Status             string         `json:"status"` // healthy, degraded or unhealthy
	Connected          bool           `json:"connected"`
	WebsocketConnected bool           `json:"websocket_connected"`
	ConnectionState    string         `json:"connection_state"`
	SessionID          event.Optional `json:"session_id"`
	Uptime             float64        `json:"uptime"` // seconds
	SubscriptionCount  int            `json:"subscription_count"`
	Subscriptions      []Subscription `json:"subscriptions"`
	Token              Token          `json:"token"`
	Digest             *Digest        `json:"digest"`
	Metadata           map[string]any `json:"metadata"`
}

// LinkStatus says how the link is in the words of the command twitch:status:
// healthy is connected with everything that is wanted, degraded is connected.
func (t *Twitch) LinkStatus() LinkStatus {
	st := t.Status()
	out := LinkStatus{Service: "twitch", Status: "unhealthy", Subscriptions: t.subs.list(), Token: t.Token()}
	t.subs.mu.Lock()
	cost := t.subs.cost
	t.subs.mu.Unlock()
	t.mu.Lock()
	defer t.mu.Unlock()
	out.ConnectionState, out.SessionID = t.state, event.Optional(t.sessionID)
	out.WebsocketConnected = t.sessionID != ""
	out.Connected = t.state == "connected"
	if out.WebsocketConnected {
		out.Uptime = time.Since(t.connected).Seconds()
		out.Status = "degraded"
	}
	if st.State == event.Running {
		out.Status = "healthy"
	}
	for _, sub := range out.Subscriptions {
		if sub.State == subEnabled {
			out.SubscriptionCount++
		}
	}
	out.Digest = t.digest
	out.Metadata = map[string]any{"reason": st.Reason, "subscription_cost": cost, "wanted": len(wanted)}
	return out
}
