package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "landale"

// mayImport is the import map: which parts each part may import. A part is a
// folder here, with all that is below it: packages inside one part are its own
// business.
var mayImport = map[string][]string{
	"main":    {"event", "hub", "store", "overlay", "audio", "obs", "twitch", "static"},
	"event":   {},
	"hub":     {"event"},
	"store":   {"event"},
	"overlay": {"event"},
	"audio":   {"event"},
	"obs":     {"event"},
	"twitch":  {"event"},
	"static":  {},
}

// onlyStandard are the parts that import nothing but the standard library,
// because everything else stands on them.
var onlyStandard = []string{"event", "static"}

// TestImportsPointDown holds the import map. Parts are strangers: two that need
// each other meet in package event, or main connects them.
func TestImportsPointDown(t *testing.T) {
	seen := map[string]bool{}
	for file, imports := range importsOf(t) {
		part := "main"
		if first, _, below := strings.Cut(file, "/"); below {
			part = first
		}
		seen[part] = true
		allowed, known := mayImport[part]
		if !known {
			t.Errorf("%s: part %s is not on the import map of arch_test.go: say there what it may import", file, part)
			continue
		}
		for _, imp := range imports {
			path, ours := strings.CutPrefix(imp, module+"/")
			other, _, _ := strings.Cut(path, "/")
			switch {
			case ours && other == part:
			case ours && !slices.Contains(allowed, other) && part == "event":
				t.Errorf("%s: event imports %s: it is the leaf that all others share", file, other)
			case ours && !slices.Contains(allowed, other):
				t.Errorf("%s: %s imports %s: meet in package event, or let main connect them", file, part, other)
			case !ours && slices.Contains(onlyStandard, part) && !strings.HasSuffix(file, "_test.go") && strings.Contains(other, "."):
				t.Errorf("%s: %s imports %s: it stays with the standard library, for everything stands on it", file, part, imp)
			}
		}
	}
	for part := range mayImport {
		if !seen[part] {
			t.Errorf("the import map of arch_test.go has %s, which is not there", part)
		}
	}
}

// TestExitIsMains holds that only a main.go ends the process: everything below
// returns errors, so that it can be cleaned up after and tested.
func TestExitIsMains(t *testing.T) {
	for file := range importsOf(t) {
		if path.Base(file) == "main.go" || strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), filepath.FromSlash(file), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, call := range calls(f) {
			if call == "os.Exit" || strings.HasPrefix(call, "log.Fatal") {
				t.Errorf("%s: calls %s: return an error, main.go decides", file, call)
			}
		}
	}
}

// calls lists what a file calls by a package's name, as "os.Exit".
func calls(f *ast.File) []string {
	var found []string
	ast.Inspect(f, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			if sel, ok := call.Fun.(*ast.SelectorExpr); ok {
				if pkg, ok := sel.X.(*ast.Ident); ok {
					found = append(found, pkg.Name+"."+sel.Sel.Name)
				}
			}
		}
		return true
	})
	return found
}

// importsOf maps each Go file of the module, by its slash path, to its imports,
// for every system and build tag.
func importsOf(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	err := filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		switch name := d.Name(); {
		case err != nil:
			return err
		case d.IsDir() && p != "." && (strings.HasPrefix(name, ".") || name == "testdata" || name == "node_modules" || p == filepath.Join("static", "web") || name == "data"):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(name, ".go") || name == "deps.go":
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		imports := []string{}
		for _, spec := range f.Imports {
			imp, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			imports = append(imports, imp)
		}
		found[filepath.ToSlash(p)] = imports
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
