package event

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"
)

// plan is what reflection finds out about a struct once: its fields on the wire,
// those of embedded structs in their place.
type plan struct {
	fields []planField
	// plain means that the fields can be written by encode.go; a struct that
	// writes itself, or has fields that encoding/json treats specially, is not.
	plain bool
}

type planField struct {
	name      string
	key       string // "name":
	index     []int
	omitEmpty bool
	list      bool // written as [] also when it is nil
	encode    encoder
	rule      rule
}

var plans sync.Map // reflect.Type → *plan

var (
	timeType      = reflect.TypeFor[time.Time]()
	optionalType  = reflect.TypeFor[Optional]()
	marshalerType = reflect.TypeFor[json.Marshaler]()
)

func planOf(t reflect.Type) *plan {
	if p, ok := plans.Load(t); ok {
		return p.(*plan)
	}
	p := &plan{plain: !t.Implements(marshalerType)}
	p.add(t, nil)
	plans.Store(t, p)
	return p
}

func (p *plan) add(t reflect.Type, path []int) {
	for i := range t.NumField() {
		f := t.Field(i)
		index := append(path[:len(path):len(path)], i)
		tag := f.Tag.Get("json")
		if f.Anonymous && tag == "" && f.Type.Kind() == reflect.Struct {
			p.add(f.Type, index)
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		if name == "" || name == "-" || !f.IsExported() || options != "" && options != "omitempty" {
			p.plain = false
			continue
		}
		p.fields = append(p.fields, planField{
			name:      name,
			key:       strconv.Quote(name) + ":",
			index:     index,
			omitEmpty: options == "omitempty",
			list:      f.Type.Kind() == reflect.Slice && f.Type.Implements(marshalerType) && f.Type.Elem().Kind() != reflect.Uint8,
			encode:    encoderOf(f.Type),
			rule:      parseRule(f.Tag.Get("rule")),
		})
	}
}

func (f *planField) of(v reflect.Value) reflect.Value {
	for _, i := range f.index {
		v = v.Field(i)
	}
	return v
}
