package main

import (
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// envPrefix begins every variable that Landale reads.
const envPrefix = "LANDALE_"

// envName is the variable that overrides a key.
func envName(path string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(path, ".", "_"))
}

// applyEnv sets what the environment overrides. A variable that begins like ours
// and is not known is reported: it would have no effect.
func (l *loader) applyEnv(cfg *Config, env []string) {
	byName := map[string]known{}
	for _, k := range knownKeys(reflect.TypeFor[Config](), "") {
		byName[envName(k.path)] = k
	}
	for _, line := range env {
		name, value, _ := strings.Cut(line, "=")
		name = strings.ToUpper(name) // Windows does not tell them apart
		if !strings.HasPrefix(name, envPrefix) {
			continue
		}
		k, ok := byName[name]
		if !ok || k.isTable() {
			l.unknownEnv(name, k, byName)
			continue
		}
		l.override(cfg, k, origin{outside: "environment", name: name}, value)
	}
}

func (l *loader) unknownEnv(name string, k known, byName map[string]known) {
	var names []string // without the prefix, which would make all of them alike
	for _, n := range slices.Sorted(maps.Keys(byName)) {
		if !byName[n].isTable() {
			names = append(names, strings.TrimPrefix(n, envPrefix))
		}
	}
	hint := "it has no effect: remove it; names are LANDALE_<SECTION>_<KEY>"
	if k.list {
		hint = fmt.Sprintf("a list of tables can only be written in the file, as [[%s]]", k.path)
	} else if i := nearestOf(strings.TrimPrefix(name, envPrefix), names); i >= 0 {
		hint = "did you mean " + envPrefix + names[i] + "?"
	}
	l.from[name] = origin{outside: "environment", name: name}
	l.report(name, "unknown variable", hint)
}

// applyFlags sets what the command line gave.
func (l *loader) applyFlags(cfg *Config, flags map[string]string) {
	all := knownKeys(reflect.TypeFor[Config](), "")
	for _, path := range slices.Sorted(maps.Keys(flags)) {
		i := slices.IndexFunc(all, func(k known) bool { return k.path == path })
		l.override(cfg, all[i], origin{outside: "command line", name: "--" + all[i].name}, flags[path])
	}
}

// override sets a key from text, and remembers where it came from. Whatever the
// file has wrong with the key stays reported.
func (l *loader) override(cfg *Config, k known, o origin, text string) {
	v := reflect.ValueOf(cfg).Elem()
	for _, name := range strings.Split(k.path, ".") {
		v, _ = fieldByKey(v, name)
	}
	o.value = shown(k.path, text)
	if k.path == "general.data" && text != "" {
		// From outside the file a folder is relative to where one stands.
		if abs, err := filepath.Abs(text); err == nil {
			text = abs
		}
	}
	before := l.from[k.path]
	l.from[k.path] = o
	out := reflect.New(v.Type()).Elem()
	if message, hint := setText(out, text, k.enum); message != "" {
		l.report(k.path, message, hint)
		l.from[k.path] = before
		return
	}
	v.Set(out)
}

// setText reads a value from text that has no quotes. Lists are separated by
// commas, maps are key=value by commas.
func setText(v reflect.Value, text, enum string) (message, hint string) {
	switch v.Interface().(type) {
	case time.Duration, slog.Level:
		return setString(v, text, enum)
	}
	switch v.Kind() {
	case reflect.String:
		return setString(v, text, enum)
	case reflect.Bool:
		if text != "true" && text != "false" {
			return "is neither true nor false", "write true or false"
		}
		v.SetBool(text == "true")
	case reflect.Int, reflect.Int64:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || v.OverflowInt(n) {
			return "is not a whole number", "write a number such as 10"
		}
		v.SetInt(n)
	case reflect.Float64:
		f, err := strconv.ParseFloat(text, 64)
		if err != nil || f-f != 0 { // inf and nan
			return "is not a number", "write a number such as 0.5"
		}
		v.SetFloat(f)
	case reflect.Slice:
		for _, item := range splitList(text) {
			e := reflect.New(v.Type().Elem()).Elem()
			if message, hint := setText(e, item, enum); message != "" {
				return fmt.Sprintf("%q %s", item, message), hint
			}
			v.Set(reflect.Append(v, e))
		}
		if v.IsNil() {
			v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for _, item := range splitList(text) {
			key, value, ok := strings.Cut(item, "=")
			if !ok {
				return fmt.Sprintf("%q has no =", item), "write name=value, with commas between them"
			}
			e := reflect.New(v.Type().Elem()).Elem()
			if message, hint := setText(e, strings.TrimSpace(value), enum); message != "" {
				return fmt.Sprintf("%q %s", item, message), hint
			}
			v.SetMapIndex(reflect.ValueOf(strings.TrimSpace(key)), e)
		}
	}
	return "", ""
}

func splitList(text string) []string {
	var items []string
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}
