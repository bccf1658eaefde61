package overlay

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"landale/event"
)

const (
	minShown        = time.Second // less is not seen
	defaultDuration = 10 * time.Second
	defaultPriority = 5
	urgent          = 9 // interrupts a lower one on the same layer
	alertContent    = "alert"
)

// rule is a Rule made ready.
type rule struct {
	Rule
	name    string
	text    template
	weight  int // how specific it is
	order   int
	gifted  string // "only", "never" or any: built-in rules know more than a file's
	builtin bool
}

// ruleset finds the rule of an event: those of the file first, then the
// built-in ones, each sorted so that the first that fits is the most specific.
type ruleset struct {
	byType map[event.Type][]*rule
	all    []*rule
}

// newRuleset makes the rules of a config ready. A rule with a problem is left
// out; Validate has said why.
func newRuleset(c Config) *ruleset {
	s := &ruleset{byType: map[event.Type][]*rule{}}
	for i, r := range c.Alerts {
		if len(r.problems(c.shows())) > 0 {
			continue
		}
		s.add(&rule{Rule: r, name: cmp.Or(r.ID, "alert "+strconv.Itoa(i+1)), order: i})
	}
	for i, b := range builtinRules {
		s.add(&rule{Rule: b.Rule, name: "built-in " + b.ID, order: i, gifted: b.gifted, builtin: true})
	}
	for _, list := range s.byType {
		slices.SortStableFunc(list, func(a, b *rule) int {
			if a.builtin != b.builtin {
				if b.builtin {
					return -1
				}
				return 1
			}
			return cmp.Or(cmp.Compare(b.weight, a.weight), cmp.Compare(b.Min, a.Min), cmp.Compare(a.order, b.order))
		})
	}
	return s
}

func (s *ruleset) add(r *rule) {
	kind := longType(r.Type)
	r.Type = string(kind)
	r.Priority = cmp.Or(r.Priority, defaultPriority)
	r.Duration = cmp.Or(r.Duration, defaultDuration)
	r.Content = cmp.Or(r.Content, alertContent)
	if r.Volume == 0 {
		r.Volume = 1
	}
	r.Tier = tierNumber(r.Tier)
	r.text = parseTemplate(r.Template)
	switch {
	case r.Exact != 0:
		r.weight = 400
	case r.Min != 0 && r.Max != 0:
		r.weight = 220
	case r.Min != 0 || r.Max != 0:
		r.weight = 200
	}
	for _, is := range []bool{r.Tier != "", r.User != "", r.Reward != "", !anyOf(r.Message), !anyOf(r.Test), r.Show != "", r.gifted != ""} {
		if is {
			r.weight += 10
		}
	}
	s.byType[kind] = append(s.byType[kind], r)
	s.all = append(s.all, r)
}

func anyOf(word string) bool { return word == "" || word == "any" }

// Tried is one rule that was looked at for an event: the condition that failed,
// or "" for the one that fits.
type Tried struct {
	Rule   string `json:"rule"`
	Failed string `json:"failed,omitempty"`
}

// find is the most specific rule that fits, nil if none does.
func (s *ruleset) find(f *facts, show string) *rule {
	for _, r := range s.byType[f.kind] {
		if r.fits(f, show) {
			return r
		}
	}
	return nil
}

// explain is find with what every rule said.
func (s *ruleset) explain(f *facts, show string) (found *rule, tried []Tried) {
	tried = []Tried{}
	for _, r := range s.byType[f.kind] {
		why := r.failing(f, show)
		tried = append(tried, Tried{r.name, why})
		if why == "" {
			return r, tried
		}
	}
	return nil, tried
}

func (r *rule) fits(f *facts, show string) bool {
	n := f.whole()
	return (r.Exact == 0 || n == r.Exact) && (r.Min == 0 || n >= r.Min) && (r.Max == 0 || n <= r.Max) &&
		(r.Tier == "" || r.Tier == f.tier) &&
		(r.User == "" || strings.EqualFold(r.User, f.login) || strings.EqualFold(r.User, f.name)) &&
		(r.Reward == "" || strings.EqualFold(r.Reward, f.reward)) &&
		(anyOf(r.Message) || (r.Message == "with") == f.typed()) &&
		(anyOf(r.Test) || (r.Test == "only") == f.test) &&
		(r.Show == "" || r.Show == show) &&
		(r.gifted == "" || (r.gifted == "only") == f.gifted) &&
		!(f.failed && r.builtin)
}

// failing says which condition does not hold, in words; "" if all do.
func (r *rule) failing(f *facts, show string) string {
	n := f.whole()
	switch {
	case r.Exact != 0 && n != r.Exact:
		return fmt.Sprintf("exact = %d, but the amount is %d", r.Exact, n)
	case r.Min != 0 && n < r.Min:
		return fmt.Sprintf("min = %d, but the amount is %d", r.Min, n)
	case r.Max != 0 && n > r.Max:
		return fmt.Sprintf("max = %d, but the amount is %d", r.Max, n)
	case r.Tier != "" && r.Tier != f.tier:
		return fmt.Sprintf("tier = %q, but it is %q", r.Tier, f.tier)
	case r.User != "" && !strings.EqualFold(r.User, f.login) && !strings.EqualFold(r.User, f.name):
		return fmt.Sprintf("user = %q, but it was %s", r.User, f.name)
	case r.Reward != "" && !strings.EqualFold(r.Reward, f.reward):
		return fmt.Sprintf("reward = %q, but it is %q", r.Reward, f.reward)
	case !anyOf(r.Message) && (r.Message == "with") != f.typed():
		return fmt.Sprintf("message = %q", r.Message)
	case !anyOf(r.Test) && (r.Test == "only") != f.test:
		return fmt.Sprintf("test = %q", r.Test)
	case r.Show != "" && r.Show != show:
		return fmt.Sprintf("show = %q, but %s is on", r.Show, show)
	case r.gifted == "only" && !f.gifted:
		return "it was no gift"
	case r.gifted == "never" && f.gifted:
		return "it was a gift"
	case f.failed && r.builtin:
		return "the goal was not reached"
	}
	return ""
}

// builtin is a rule that the program has by itself.
type builtin struct {
	Rule
	gifted string
}

const sec = time.Second

// builtinRules are what happens when the file says nothing.
var builtinRules = []builtin{
	{Rule: Rule{ID: "follow", Type: "follow", Priority: 3, Duration: 5 * sec, Sound: "follow", Template: "{username} follows"}},
	{Rule: Rule{ID: "subscribe", Type: "sub", Priority: 5, Duration: 8 * sec, Sound: "subscribe", Template: "{username} subscribed"}, gifted: "never"},
	{Rule: Rule{ID: "subscribe-tier-2", Type: "sub", Tier: "2", Priority: 6, Duration: 8 * sec, Sound: "subscribe", Template: "{username} subscribed at tier 2"}, gifted: "never"},
	{Rule: Rule{ID: "subscribe-tier-3", Type: "sub", Tier: "3", Priority: 7, Duration: 8 * sec, Sound: "subscribe", Template: "{username} subscribed at tier 3"}, gifted: "never"},
	{Rule: Rule{ID: "gifted", Type: "sub", Priority: 4, Duration: 5 * sec, Sound: "subscribe", Template: "{username} was given a sub"}, gifted: "only"},
	{Rule: Rule{ID: "resub", Type: "resub", Priority: 5, Duration: 8 * sec, Sound: "subscribe", Template: "{username} subscribed for {months} months"}},
	{Rule: Rule{ID: "resub-first", Type: "resub", Exact: 1, Priority: 5, Duration: 8 * sec, Sound: "subscribe", Template: "{username} subscribed"}},
	{Rule: Rule{ID: "resub-year", Type: "resub", Min: 12, Priority: 6, Duration: 10 * sec, Sound: "subscribe", Template: "{username} subscribed for {months} months"}},
	{Rule: Rule{ID: "gift-one", Type: "gift", Exact: 1, Priority: 6, Duration: 8 * sec, Sound: "gift", Template: "{username} gave a sub"}},
	{Rule: Rule{ID: "gift", Type: "gift", Priority: 6, Duration: 8 * sec, Sound: "gift", Template: "{username} gave {amount} subs"}},
	{Rule: Rule{ID: "gift-bomb", Type: "gift", Min: 5, Priority: 7, Duration: 10 * sec, Sound: "gift", Template: "{username} gave {amount} subs"}},
	{Rule: Rule{ID: "cheer-one", Type: "cheer", Exact: 1, Priority: 3, Duration: 5 * sec, Sound: "cheer", Template: "{username} cheered 1 bit"}},
	{Rule: Rule{ID: "cheer", Type: "cheer", Priority: 4, Duration: 5 * sec, Sound: "cheer", Template: "{username} cheered {amount} bits"}},
	{Rule: Rule{ID: "cheer-100", Type: "cheer", Min: 100, Priority: 5, Duration: 8 * sec, Sound: "cheer", Template: "{username} cheered {amount} bits"}},
	{Rule: Rule{ID: "cheer-1000", Type: "cheer", Min: 1000, Priority: 7, Duration: 10 * sec, Sound: "cheer", Template: "{username} cheered {amount} bits!"}},
	{Rule: Rule{ID: "cheer-5000", Type: "cheer", Min: 5000, Priority: 8, Duration: 15 * sec, Sound: "cheer", Template: "{username} cheered {amount} bits!"}},
	{Rule: Rule{ID: "power-up", Type: "bits.use", Priority: 4, Duration: 5 * sec, Sound: "cheer", Template: "{username} used {amount} bits"}},
	{Rule: Rule{ID: "raid-one", Type: "raid", Exact: 1, Priority: 7, Duration: 10 * sec, Sound: "raid", Template: "{username} raids with 1 viewer"}},
	{Rule: Rule{ID: "raid", Type: "raid", Priority: 7, Duration: 10 * sec, Sound: "raid", Template: "{username} raids with {amount} viewers"}},
	{Rule: Rule{ID: "raid-100", Type: "raid", Min: 100, Priority: 9, Duration: 15 * sec, Sound: "raid", Template: "{username} raids with {amount} viewers!"}},
	{Rule: Rule{ID: "redemption", Type: "redemption", Priority: 3, Duration: 5 * sec, Sound: "redemption", Template: "{username} redeemed {reward}"}},
	{Rule: Rule{ID: "hype-train", Type: "hype_train", Priority: 6, Duration: 8 * sec, Sound: "hype-train", Template: "A hype train sets off"}},
	{Rule: Rule{ID: "hype-train-end", Type: "hype_train.end", Priority: 6, Duration: 8 * sec, Sound: "hype-train", Template: "The hype train reached level {level}"}},
	{Rule: Rule{ID: "charity", Type: "charity", Priority: 6, Duration: 8 * sec, Sound: "charity", Template: "{username} gave {formattedAmount} to {charity}"}},
	{Rule: Rule{ID: "goal", Type: "goal", Priority: 8, Duration: 10 * sec, Sound: "goal", Template: "Goal reached: {goal}"}},
	{Rule: Rule{ID: "checkpoint", Type: "checkpoint", Show: "ironmon", Priority: 6, Duration: 5 * sec, Sound: "checkpoint", Layer: "foreground", Content: "checkpoint_clear", Template: "{checkpoint} cleared"}},
}

// plainText is the built-in text of an event, whatever the file's rules say.
func (s *ruleset) plainText(f *facts, show string) string {
	for _, r := range s.byType[f.kind] {
		if r.builtin && r.fits(f, show) {
			return r.text.render(&values{facts: *f})
		}
	}
	if f.message != "" {
		return f.message
	}
	return f.name
}
