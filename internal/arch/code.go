package arch

import (
	"go/ast"
	"path"
	"regexp"
	"slices"
	"strings"
)

// names lists functions of the standard library by import path.
type names map[string][]string

var (
	clocks = names{"time": {
		"Now", "Since", "Until", "After", "AfterFunc", "Sleep", "NewTimer", "NewTicker", "Tick",
	}}
	prints = names{"fmt": {"Print", "Printf", "Println"}}
	exits  = names{
		"os":      {"Exit"},
		"syscall": {"Exit"},
		"log":     {"Fatal", "Fatalf", "Fatalln", "Panic", "Panicf", "Panicln"},
	}
)

var getPrefix = regexp.MustCompile(`^Get[A-Z0-9_]`)

// purity checks the statements of a file of a pure package.
func (c *checker) purity(f *File) {
	for _, d := range declarations(f.Syntax) {
		ast.Inspect(d.node, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				c.report(f, n.Pos(), RulePureGo, d.name, "%s starts a goroutine: pure packages do one thing at a time", d.name)
			case *ast.SelectorExpr:
				if used, ok := clocks.find(f.Syntax, n); ok {
					c.report(f, n.Pos(), RulePureClock, d.name, "%s uses %s: take the time as an argument, last; return when to look again", d.name, used)
				}
				if used, ok := prints.find(f.Syntax, n); ok {
					c.report(f, n.Pos(), RulePurePrint, d.name, "%s uses %s: return what there is to say", d.name, used)
				}
			case *ast.CallExpr:
				if called(n, "print", "println") {
					c.report(f, n.Pos(), RulePurePrint, d.name, "%s prints: return what there is to say", d.name)
				}
			}
			return true
		})
	}
}

// library checks what holds in every package that a host program may import.
func (c *checker) library(f *File) {
	for _, d := range declarations(f.Syntax) {
		if fn, ok := d.node.(*ast.FuncDecl); ok {
			if d.name == "init" {
				c.report(f, fn.Pos(), RuleInit, d.name, "importing a package must do nothing: initialise in New, or make the zero value work")
			}
			c.getPrefix(f, d.name, fn.Name)
		}
		ast.Inspect(d.node, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				if used, ok := exits.find(f.Syntax, n); ok {
					c.report(f, n.Pos(), RuleExit, d.name, "%s uses %s: return an error, the host program decides", d.name, used)
				}
			case *ast.CallExpr:
				if called(n, "recover") {
					c.report(f, n.Pos(), RuleRecover, d.name, "%s recovers: let the panic reach the host program, or make it an error before it is one", d.name)
				}
			case *ast.InterfaceType:
				for _, method := range n.Methods.List {
					for _, name := range method.Names {
						c.getPrefix(f, d.name+"."+name.Name, name)
					}
				}
			}
			return true
		})
	}
}

func (c *checker) getPrefix(f *File, decl string, name *ast.Ident) {
	if getPrefix.MatchString(name.Name) {
		c.report(f, name.Pos(), RuleGet, decl, "%s: call it %s", decl, strings.TrimPrefix(name.Name, "Get"))
	}
}

// find returns the listed function that a selector names, as "time.Now".
func (list names) find(file *ast.File, selector *ast.SelectorExpr) (string, bool) {
	x, ok := selector.X.(*ast.Ident)
	if !ok {
		return "", false
	}
	for _, spec := range file.Imports {
		p := importPath(spec)
		if localName(spec) == x.Name && slices.Contains(list[p], selector.Sel.Name) {
			return p + "." + selector.Sel.Name, true
		}
	}
	return "", false
}

// called says whether a call is one of the named built-in functions.
func called(call *ast.CallExpr, names ...string) bool {
	fn, ok := call.Fun.(*ast.Ident)
	return ok && slices.Contains(names, fn.Name)
}

// localName returns the name by which a file speaks of an import. Where the
// file gives none it is the last element of the path that is no version.
func localName(spec *ast.ImportSpec) string {
	if spec.Name != nil {
		return spec.Name.Name
	}
	p := importPath(spec)
	if base := path.Base(p); len(base) > 1 && base[0] == 'v' && strings.Trim(base[1:], "0123456789") == "" {
		p = path.Dir(p)
	}
	return path.Base(p)
}
