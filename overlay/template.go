package overlay

import (
	"strconv"
	"strings"
)

// template is a text in pieces: names stand at odd places.
type template []string

// parseTemplate takes {name}, {{name}} and %user% apart. Braces around anything
// that is not a name are text.
func parseTemplate(s string) template {
	t := template{""}
	text := func(s string) { t[len(t)-1] += s }
	for s != "" {
		open := strings.IndexAny(s, "{%")
		if open < 0 {
			text(s)
			break
		}
		text(s[:open])
		s = s[open:]
		name, rest, ok := cutName(s)
		if !ok {
			text(s[:1])
			s = s[1:]
			continue
		}
		t = append(t, name, "")
		s = rest
	}
	return t
}

// cutName reads one name in braces or percent signs from the start of s.
func cutName(s string) (name, rest string, ok bool) {
	for _, q := range [][2]string{{"{{", "}}"}, {"{", "}"}, {"%", "%"}} {
		inner, found := strings.CutPrefix(s, q[0])
		if !found {
			continue
		}
		name, rest, found := strings.Cut(inner, q[1])
		name = strings.TrimSpace(name)
		if !found || !isName(name) || q[0] == "%" && variables[plainName(name)] == nil {
			continue
		}
		return name, rest, true
	}
	return "", "", false
}

func isName(s string) bool {
	for _, c := range s {
		if c != '_' && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return false
		}
	}
	return s != "" && len(s) <= 40
}

// plainName makes displayName, display_name and DISPLAYNAME one.
func plainName(name string) string {
	return strings.ToLower(strings.ReplaceAll(name, "_", ""))
}

// unknownNames lists the names of a template that stand for nothing.
func unknownNames(s string) (unknown []string) {
	t := parseTemplate(s)
	for i := 1; i < len(t); i += 2 {
		if variables[plainName(t[i])] == nil {
			unknown = append(unknown, t[i])
		}
	}
	return unknown
}

// render fills a template in. A name that stands for nothing in this event is
// left out.
func (t template) render(v *values) string {
	if len(t) == 1 {
		return t[0]
	}
	var b strings.Builder
	for i, piece := range t {
		if i%2 == 0 {
			b.WriteString(piece)
		} else if f := variables[plainName(piece)]; f != nil {
			b.WriteString(f(v))
		}
	}
	return strings.TrimSpace(b.String())
}

// values are what the names of a template stand for.
type values struct {
	facts
	text     string // the built-in text of the event
	sound    string
	volume   float64
	duration int64 // ms
}

func number(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// variables are the names of a template, without underscores and in small
// letters, with those that other programs use.
var variables = func() map[string]func(*values) string {
	m := map[string]func(*values) string{}
	add := func(f func(*values) string, names ...string) {
		for _, n := range names {
			m[plainName(n)] = f
		}
	}
	add(func(v *values) string { return v.name }, "username", "displayName", "name", "user", "user_name", "gifter", "sender")
	add(func(v *values) string { return v.login }, "login", "user_login")
	add(func(v *values) string { return v.shown() }, "amount", "bits", "viewers", "count", "quantity", "total")
	add(func(v *values) string {
		if v.currency == "" {
			return v.shown()
		}
		return v.shown() + " " + v.currency
	}, "formattedAmount")
	add(func(v *values) string { return v.currency }, "currency")
	add(func(v *values) string { return v.message }, "message", "messageRaw", "userMessage", "input", "user_input")
	add(func(v *values) string { return v.text }, "text", "messageTemplate", "announcement", "display_text")
	add(func(v *values) string {
		if v.gifted {
			return v.name
		}
		return ""
	}, "recipient", "gifted")
	add(func(v *values) string { return v.tier }, "tier")
	add(func(v *values) string {
		if v.tier == "" {
			return ""
		}
		return v.tier + "000"
	}, "tier_raw")
	add(func(v *values) string {
		if v.months == 0 {
			return v.shown()
		}
		return number(v.months)
	}, "months", "cumulative_months")
	add(func(v *values) string { return number(v.streak) }, "streak", "streak_months")
	add(func(v *values) string { return number(v.span) }, "duration_months")
	add(func(v *values) string { return v.reward }, "reward", "reward_title", "redemption")
	add(func(v *values) string { return number(v.cost) }, "cost")
	add(func(v *values) string { return number(v.level) }, "level")
	add(func(v *values) string { return v.goal }, "goal", "description")
	add(func(v *values) string { return v.charity }, "charity", "charity_name")
	add(func(v *values) string { return v.place }, "checkpoint", "checkpoint_name", "title")
	add(func(v *values) string { return v.sound }, "audio", "sound")
	add(func(v *values) string { return strconv.FormatFloat(v.volume, 'g', 3, 64) }, "audioVolume", "volume")
	add(func(v *values) string { return strconv.FormatInt(v.duration/1000, 10) }, "duration", "widgetDuration")
	add(func(*values) string { return "" }, "image", "video")
	return m
}()
