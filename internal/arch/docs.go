package arch

import (
	"go/ast"
	"go/token"
)

// CheckDocs returns everything exported that a reader is left alone with,
// sorted by file and line: packages, types, functions, methods, constants and
// variables without a doc comment (RuleDoc), and types and functions without an
// example that runs (RuleExample).
//
// An example runs where it has an "Output:" comment. In what exists for tests it
// may go without, for it needs a running test.
//
// An example shows a type if it is named for the type or one of its methods, or
// speaks of it or of a constant of it. With a type that has JSON names go the
// types of the package that are its parts. An example shows a function if it is
// named for it; an example of the package, or of a type that the function
// returns, also shows the functions that it calls.
//
// The programs of the house have no readers of that kind, and are left out.
func CheckDocs(m *Module, h House) []Violation {
	c := newChecker(m, h, func(r Rule) bool { return r == RuleDoc || r == RuleExample })
	packages := map[string]bool{} // those seen, and whether they have a comment
	for _, f := range m.Files {
		if c.documented(f) {
			packages[f.Package] = packages[f.Package] || f.Syntax.Doc != nil
		}
	}
	shown, kin := examples(m, h), kinships(m)
	for _, f := range m.Files {
		if !c.documented(f) {
			continue
		}
		if commented, open := packages[f.Package]; open && !commented {
			c.report(f, f.Syntax.Name.Pos(), RuleDoc, "", "package %s has no comment: say in doc.go what it is for and how to use it", f.Package)
			delete(packages, f.Package)
		}
		for _, d := range f.Syntax.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				c.function(f, d, shown[f.Package])
			case *ast.GenDecl:
				c.group(f, d, shown[f.Package], kin[f.Package])
			}
		}
	}
	return c.result()
}

// documented says whether the check looks at a file.
func (c *checker) documented(f *File) bool {
	return !f.Test && !in(c.house.Programs, f.Package) && f.Syntax.Name.Name != "main"
}

// function checks a function, or a method of an exported type.
func (c *checker) function(f *File, d *ast.FuncDecl, shown gallery) {
	name, recv := d.Name.Name, receiver(d)
	if !d.Name.IsExported() || recv != "" && !ast.IsExported(recv) {
		return
	}
	if recv != "" {
		name = recv + "." + name
	}
	if d.Doc == nil {
		c.report(f, d.Name.Pos(), RuleDoc, name, "%s has no doc comment: say what it promises", name)
	}
	if recv == "" && !shown.function(d) {
		c.report(f, d.Name.Pos(), RuleExample, name, "%s is shown in no example: write Example%s with an Output comment", name, name)
	}
}

// group checks the exported names of a type, const or var declaration.
func (c *checker) group(f *File, d *ast.GenDecl, shown gallery, kin kinship) {
	for _, spec := range d.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			name := spec.Name.Name
			if !spec.Name.IsExported() {
				continue
			}
			if spec.Doc == nil && (d.Doc == nil || d.Lparen != token.NoPos) {
				c.report(f, spec.Pos(), RuleDoc, name, "%s has no doc comment: say what it is", name)
			}
			if !shown.typ(name, kin) {
				c.report(f, spec.Pos(), RuleExample, name,
					"%s is shown in no example: write Example%s, or use it in another one of the package, with an Output comment", name, name)
			}
		case *ast.ValueSpec:
			for _, name := range spec.Names {
				if name.IsExported() && spec.Doc == nil && spec.Comment == nil && d.Doc == nil {
					c.report(f, name.Pos(), RuleDoc, name.Name, "%s has no doc comment: say what it is", name.Name)
				}
			}
		}
	}
}
