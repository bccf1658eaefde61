package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"landale/event"
)

// comments has what the source says of "Type" and "Type.Field".
type comments map[string]string

func readComments(dir string) (comments, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	docs := comments{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		src, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("read the comments: %w", err)
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, src, parser.ParseComments)
		if err != nil {
			return nil, fmt.Errorf("read the comments: %w", err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			decl, ok := n.(*ast.GenDecl)
			if !ok || decl.Tok != token.TYPE {
				return true
			}
			for _, s := range decl.Specs {
				docs.add(s.(*ast.TypeSpec), decl.Doc)
			}
			return false
		})
	}
	return docs, nil
}

func (c comments) add(spec *ast.TypeSpec, doc *ast.CommentGroup) {
	c[spec.Name.Name] = oneLine(doc.Text())
	s, ok := spec.Type.(*ast.StructType)
	if !ok {
		return
	}
	for _, f := range s.Fields.List {
		for _, name := range f.Names {
			c[spec.Name.Name+"."+name.Name] = oneLine(f.Doc.Text() + " " + f.Comment.Text())
		}
	}
	// Readers know fields by their names on the wire.
	for _, f := range s.Fields.List {
		if f.Tag == nil || len(f.Names) != 1 {
			continue
		}
		wire, _, _ := strings.Cut(reflect.StructTag(strings.Trim(f.Tag.Value, "`")).Get("json"), ",")
		word := regexp.MustCompile(`\b` + f.Names[0].Name + `\b`)
		for key, text := range c {
			if key == spec.Name.Name || strings.HasPrefix(key, spec.Name.Name+".") {
				c[key] = word.ReplaceAllLiteralString(text, wire)
			}
		}
	}
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// field is one member of an object on the wire.
type field struct {
	name     string
	typ      reflect.Type // without the pointer
	optional bool         // may be left out
	null     bool         // may be null
	rule     string
	doc      string
}

var (
	timeType     = reflect.TypeFor[time.Time]()
	optionalType = reflect.TypeFor[event.Optional]()
	jsonType     = reflect.TypeFor[event.JSON]()
	eventType    = reflect.TypeFor[event.Event]()
)

// members are a struct's own fields, and the structs that it embeds.
func (c comments) members(t reflect.Type) (own []field, embedded []reflect.Type) {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			embedded = append(embedded, f.Type)
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		m := field{name: name, typ: f.Type, optional: options != "", rule: f.Tag.Get("rule"), doc: c[t.Name()+"."+f.Name]}
		if f.Type.Kind() == reflect.Pointer {
			m.typ, m.null = f.Type.Elem(), !m.optional
		}
		if m.typ == optionalType {
			m.null = true
		}
		own = append(own, m)
	}
	return own, embedded
}

// groups lists the named structs below the given ones, each once, in the order
// in which they are met.
func (c comments) groups(tops []reflect.Type) (all []reflect.Type) {
	var visit func(t reflect.Type)
	visit = func(t reflect.Type) {
		switch t.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map:
			visit(t.Elem())
			return
		case reflect.Struct:
		default:
			return
		}
		if t == timeType || t == eventType || t.Name() == "" {
			return
		}
		if !slices.Contains(tops, t) {
			if slices.Contains(all, t) {
				return
			}
			all = append(all, t)
		}
		own, embedded := c.members(t)
		for _, e := range embedded {
			visit(e)
		}
		for _, f := range own {
			visit(f.typ)
		}
	}
	for _, t := range tops {
		visit(t)
	}
	return all
}

func payloads() (types []reflect.Type) {
	for _, s := range event.Catalogue() {
		types = append(types, reflect.TypeOf(s.Example))
	}
	return types
}
