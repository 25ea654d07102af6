package arch

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strconv"
)

// Rule names what was broken.
type Rule string

// The rules of Check.
const (
	RulePlace      Rule = "place"       // every package has a room in the house
	RuleDirection  Rule = "direction"   // imports go to the left
	RuleSibling    Rule = "sibling"     // rooms of one layer don't import each other
	RuleTestOnly   Rule = "test-only"   // what exists for tests is imported by tests
	RulePureImport Rule = "pure-import" // pure packages import no context, sync, net, os, log, rand and no other module
	RulePureGo     Rule = "pure-go"     // pure packages start no goroutine
	RulePureClock  Rule = "pure-clock"  // pure packages read no clock and set no timer
	RulePurePrint  Rule = "pure-print"  // pure packages print nothing
	RuleInit       Rule = "init"        // importing a library does nothing
	RuleExit       Rule = "exit"        // a library never ends the host program
	RuleRecover    Rule = "recover"     // a library never swallows a panic
	RuleGet        Rule = "get"         // no Get prefix
	RuleName       Rule = "name"        // packages are named for what they hold
	RuleDotImport  Rule = "dot-import"  // a name shows where it is from
	RuleDependency Rule = "dependency"  // other modules only for a written reason
)

// The rules of CheckDocs.
const (
	RuleDoc     Rule = "doc"     // everything exported is explained
	RuleExample Rule = "example" // every entry point is shown in use
)

// RuleException is a rule of both checks: an exception has a reason, and is needed.
const RuleException Rule = "exception"

// Violation is one place where a rule is broken.
type Violation struct {
	File    string // below the module's directory
	Line    int    // from 1; 0 where no line is to blame
	Rule    Rule
	Message string // what is wrong, and what to do
}

// String returns the violation as "file:line: rule: message".
func (v Violation) String() string {
	if v.Line == 0 {
		return fmt.Sprintf("%s: %s: %s", v.File, v.Rule, v.Message)
	}
	return fmt.Sprintf("%s:%d: %s: %s", v.File, v.Line, v.Rule, v.Message)
}

// Check returns every place where the module breaks a rule of structure, sorted
// by file and line: all rules but RuleDoc and RuleExample, which are CheckDocs'.
func Check(m *Module, h House) []Violation {
	c := newChecker(m, h, func(r Rule) bool { return r != RuleDoc && r != RuleExample })
	c.goMod()
	placed := map[string]bool{}
	for _, f := range m.Files {
		if !placed[f.Package] {
			placed[f.Package] = true
			c.packagePlace(f)
		}
		c.packageName(f)
		c.imports(f)
		if f.Test {
			continue
		}
		if in(h.Pure, f.Package) {
			c.purity(f)
		}
		if !in(h.Programs, f.Package) {
			c.library(f)
		}
	}
	return c.result()
}

// checker collects violations and keeps account of the exceptions.
type checker struct {
	module *Module
	house  House
	rules  func(Rule) bool // those that are checked this time
	used   []bool          // by index of house.Exceptions
	found  []Violation
}

func newChecker(m *Module, h House, rules func(Rule) bool) *checker {
	return &checker{module: m, house: h, rules: rules, used: make([]bool, len(h.Exceptions))}
}

// report notes a violation in a declaration of a file ("" outside any), unless it is excused.
func (c *checker) report(f *File, pos token.Pos, rule Rule, decl, format string, args ...any) {
	for i, e := range c.house.Exceptions {
		if e.Rule == rule && e.Why != "" && (e.Where == f.Package || decl != "" && e.Where == f.Package+"."+decl) {
			c.used[i] = true
			return
		}
	}
	line := c.module.fset.Position(pos).Line
	c.found = append(c.found, Violation{f.Name, line, rule, fmt.Sprintf(format, args...)})
}

func (c *checker) result() []Violation {
	for i, e := range c.house.Exceptions {
		if !c.rules(e.Rule) || c.used[i] {
			continue
		}
		message := fmt.Sprintf("nothing in %q needs to be excused from %q: remove the exception", e.Where, e.Rule)
		if e.Why == "" {
			message = fmt.Sprintf("the exception of %q from %q has no reason: say why", e.Where, e.Rule)
		}
		c.found = append(c.found, Violation{"internal/arch/exceptions.go", 0, RuleException, message})
	}
	slices.SortStableFunc(c.found, func(a, b Violation) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Rule, b.Rule))
	})
	return c.found
}

// declaration is a function, or one name or group of names of a var, const or type declaration.
type declaration struct {
	name string // "F", "T.Method", "T"
	node ast.Node
}

// declarations returns the top-level declarations of a file, without imports.
func declarations(file *ast.File) []declaration {
	var list []declaration
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			name := d.Name.Name
			if r := receiver(d); r != "" {
				name = r + "." + name
			}
			list = append(list, declaration{name, d})
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					list = append(list, declaration{spec.Name.Name, spec})
				case *ast.ValueSpec:
					list = append(list, declaration{spec.Names[0].Name, spec})
				}
			}
		}
	}
	return list
}

// receiver returns the name of the type that a method belongs to, "" for a function.
func receiver(f *ast.FuncDecl) string {
	if f.Recv == nil || len(f.Recv.List) == 0 {
		return ""
	}
	return typeName(f.Recv.List[0].Type)
}

// typeName returns the name in a type expression such as T, *T, []T or T[K].
func typeName(expr ast.Expr) string {
	switch x := expr.(type) {
	case *ast.Ident:
		return x.Name
	case *ast.StarExpr:
		return typeName(x.X)
	case *ast.ParenExpr:
		return typeName(x.X)
	case *ast.ArrayType:
		return typeName(x.Elt)
	case *ast.IndexExpr:
		return typeName(x.X)
	case *ast.IndexListExpr:
		return typeName(x.X)
	}
	return ""
}

// importPath returns the path that an import names.
func importPath(spec *ast.ImportSpec) string {
	path, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return spec.Path.Value
	}
	return path
}
