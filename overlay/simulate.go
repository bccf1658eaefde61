package overlay

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"landale/event"
)

// Simulated makes an event of a type, or of a short name of one ("raid"), flagged
// test: the catalogue's example with some of its fields replaced. Fields are
// those of the type, or what people call them: user, viewers, bits, months, tier
// (1 to 3), total, amount, message, reward. An *event.InvalidError names every
// field that is wrong.
func Simulated(name string, fields map[string]any, now time.Time) (event.Event, error) {
	kind := longType(name)
	spec, known := event.Lookup(kind)
	if !known && !isCustom(kind) {
		return event.Event{}, &Error{"validation_failed", fmt.Sprintf("there is no event %q: want one of %s", name, strings.Join(alertTypes(), ", "))}
	}
	members := map[string]any{}
	if known {
		if err := json.Unmarshal(event.Event{Type: kind, Payload: spec.Example}.PayloadJSON(), &members); err != nil {
			return event.Event{}, fmt.Errorf("simulate %s: %w", kind, err)
		}
		for field := range members { // it happens now, not when the example did
			if strings.HasSuffix(field, "_at") {
				shift(members, field, now)
			}
		}
		for id := range members {
			if id == "redemption_id" || id == "donation_id" || id == "hype_train_id" || id == "message_id" {
				members[id] = string(event.NewID(now))
			}
		}
		fields = translate(kind, fields, members)
	}
	for name, v := range fields {
		members[name] = like(members[name], v)
	}
	for _, core := range event.CoreFields() {
		delete(members, core)
	}
	members["type"] = string(kind)
	flat, err := json.Marshal(members)
	if err != nil {
		return event.Event{}, fmt.Errorf("simulate %s: %w", kind, err)
	}
	ev, err := event.Decode(flat, now)
	if err != nil {
		return event.Event{}, err
	}
	ev.Flags |= event.Test
	return ev, nil
}

// like reads a value that came as text, as a command line gives it, as what the
// example has there.
func like(example, v any) any {
	text, ok := v.(string)
	if !ok {
		return v
	}
	switch example.(type) {
	case float64:
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return n
		}
	case bool:
		if b, err := strconv.ParseBool(text); err == nil {
			return b
		}
	}
	return v
}

// shift moves a time of the example as far from now as it was from the example's.
func shift(members map[string]any, field string, now time.Time) {
	text, ok := members[field].(string)
	at, err := time.Parse(time.RFC3339Nano, text)
	if !ok || err != nil {
		return
	}
	began := time.Date(2026, 11, 24, 20, 0, 0, 0, time.UTC) // of the catalogue's examples
	members[field] = now.Add(at.Sub(began)).UTC().Format(event.TimeFormat)
}

// translate turns what people call the fields of a type into their names.
func translate(kind event.Type, fields, members map[string]any) map[string]any {
	out := maps.Clone(fields)
	if out == nil {
		out = map[string]any{}
	}
	move := func(from, to string) {
		if v, ok := out[from]; ok && from != to {
			if _, is := members[from]; !is {
				delete(out, from)
				out[to] = v
			}
		}
	}
	for _, who := range []string{"username", "name", "from", "login"} {
		move(who, "user")
	}
	if who, ok := out["user"].(string); ok && members["user"] == nil {
		delete(out, "user")
		user(out, members, who)
	}
	amount := map[event.Type]string{
		"channel.cheer": "bits", "channel.bits.use": "bits", "channel.raid": "viewers", "channel.subscription.gift": "total",
		"channel.subscription.message": "cumulative_months", "channel.hype_train.begin": "level", "channel.hype_train.end": "level",
		"channel.goal.end": "current_amount", "ironmon.checkpoint": "seed_count",
	}[kind]
	for _, n := range []string{"amount", "count", "quantity", "months", "total", "bits", "viewers"} {
		if _, has := members[n]; amount != "" && !has {
			move(n, amount)
		}
	}
	if tier, ok := out["tier"]; ok {
		if n := tierNumber(fmt.Sprint(tier)); n != "" {
			out["tier"] = n + "000"
		}
	}
	if kind == "channel.charity_campaign.donate" {
		if n, ok := wholeNumber(out["amount"]); ok {
			out["amount"] = map[string]any{"value": n * 100, "decimal_places": 2, "currency": "USD"}
		}
	}
	if reward, ok := members["reward"].(map[string]any); ok {
		reward = maps.Clone(reward)
		move("input", "user_input")
		move("message", "user_input")
		if title, ok := out["reward"].(string); ok {
			reward["title"] = title
			out["reward"] = reward
		}
		if cost, ok := out["cost"]; ok {
			delete(out, "cost")
			reward["cost"] = cost
			out["reward"] = reward
		}
	}
	move("checkpoint", "checkpoint_name")
	if anon, _ := out["anonymous"].(bool); anon {
		out["is_anonymous"] = true
		out["user_id"], out["user_login"], out["user_name"] = nil, nil, nil
	}
	delete(out, "anonymous")
	return out
}

// user names who did it, in the fields that the type has for it.
func user(out, members map[string]any, name string) {
	login := strings.ToLower(strings.Map(func(r rune) rune {
		if r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' {
			return r
		}
		return -1
	}, name))
	if login == "" {
		login = "viewer"
	}
	login = login[:min(len(login), 25)]
	for _, p := range []string{"user", "from_broadcaster_user", "chatter_user"} {
		if _, has := members[p+"_login"]; has {
			out[p+"_login"], out[p+"_name"] = login, name
			return
		}
	}
}

// wholeNumber reads a number that came as JSON or as text of a command line.
func wholeNumber(v any) (int64, bool) {
	switch n := v.(type) {
	case float64:
		return int64(n), true
	case int:
		return int64(n), true
	case int64:
		return n, true
	case json.Number:
		i, err := n.Int64()
		return i, err == nil
	}
	return 0, false
}

// Simulate publishes a simulated event, which then goes the way of every other.
func (d *Director) Simulate(_ context.Context, name string, fields map[string]any) (event.Event, error) {
	ev, err := Simulated(name, fields, time.Now())
	if err != nil {
		return event.Event{}, err
	}
	ev.Source = specSource(ev)
	ev, _ = d.o.Bus.Publish(ev)
	return ev, nil
}

func specSource(ev event.Event) event.Source {
	if spec, ok := event.Lookup(ev.Type); ok {
		return spec.Source
	}
	return event.Operator
}

const (
	burstRate = 200 // events a second at most
	burstSpan = time.Minute
)

// Burst publishes simulated events of a type, rate a second (at most 200) for a
// time (at most a minute), and returns how many when it is over or ctx ends.
// Each is of another viewer.
func (d *Director) Burst(ctx context.Context, name string, fields map[string]any, rate int, span time.Duration) (int, error) {
	if rate < 1 || rate > burstRate || span <= 0 || span > burstSpan {
		return 0, &Error{"validation_failed", fmt.Sprintf("want 1 to %d events a second for at most %s", burstRate, burstSpan)}
	}
	tick := time.NewTicker(time.Second / time.Duration(rate))
	defer tick.Stop()
	total := int(span.Seconds() * float64(rate))
	for n := range total {
		one := maps.Clone(fields)
		if one == nil {
			one = map[string]any{}
		}
		if _, named := one["user"]; !named {
			one["user"] = fmt.Sprintf("Viewer%d", n+1)
		}
		if _, err := d.Simulate(ctx, name, one); err != nil {
			return n, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return n + 1, ctx.Err()
		}
	}
	return total, nil
}
