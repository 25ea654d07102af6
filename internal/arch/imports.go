package arch

import (
	"go/token"
	"slices"
	"strings"
)

// badNames are names that say nothing of what a package holds.
var badNames = []string{
	"util", "utils", "common", "manager", "managers", "helper", "helpers", "types",
}

// pureImports are the packages of the standard library that a pure package must
// not import, and what it does instead. A path that ends in "/" stands for all below it.
var pureImports = []struct{ path, instead string }{
	{"context", "pure packages never block: drop the context"},
	{"sync", "pure packages are called by one goroutine: lock in the caller"},
	{"sync/", "pure packages are called by one goroutine: lock in the caller"},
	{"net", "pure packages reach nothing: take the result as an argument (net/netip has addresses)"},
	{"net/", "pure packages reach nothing: take the result as an argument (net/netip has addresses)"},
	{"os", "pure packages know no operating system: take what is needed as an argument"},
	{"os/", "pure packages know no operating system: take what is needed as an argument"},
	{"io/ioutil", "pure packages know no operating system: take what is needed as an argument"},
	{"syscall", "pure packages know no operating system: take what is needed as an argument"},
	{"log", "pure packages tell nobody: return an event or an error"},
	{"log/", "pure packages tell nobody: return an event or an error"},
	{"math/rand", "pure packages take randomness as an argument"},
	{"math/rand/", "pure packages take randomness as an argument"},
	{"crypto/rand", "pure packages take randomness as an argument"},
	{"hash/maphash", "its seed is random: pure packages take randomness as an argument"},
	{"C", "pure packages are Go alone"},
}

func (c *checker) packagePlace(f *File) {
	if _, _, ok := c.house.place(f.Package); !ok {
		c.report(f, f.Syntax.Name.Pos(), RulePlace, "",
			"package %s has no room in the house: move it into one, or give it a place in internal/arch/house.go", f.Package)
	}
}

func (c *checker) packageName(f *File) {
	name := strings.TrimSuffix(f.Syntax.Name.Name, "_test")
	if slices.Contains(badNames, name) {
		c.report(f, f.Syntax.Name.Pos(), RuleName, "", "package %s: name it for what it holds", name)
	}
}

// imports checks directions and dependencies of one file.
func (c *checker) imports(f *File) {
	for _, spec := range f.Syntax.Imports {
		path := importPath(spec)
		if spec.Name != nil && spec.Name.Name == "." && !f.Test {
			c.report(f, spec.Pos(), RuleDotImport, "", "%q is imported with a dot: use its name", path)
		}
		target, own := strings.CutPrefix(path, c.module.Path+"/")
		switch pure := !f.Test && in(c.house.Pure, f.Package); {
		case own:
			c.direction(f, spec.Pos(), target)
		case pure:
			c.pureImport(f, spec.Pos(), path)
		case !standard(path):
			c.dependency(f, spec.Pos(), path)
		}
	}
}

// standard says that an import path belongs to the standard library: its first
// element is no domain name.
func standard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".")
}

func (c *checker) direction(f *File, pos token.Pos, target string) {
	room, layer, placed := c.house.place(f.Package)
	targetRoom, targetLayer, targetPlaced := c.house.place(target)
	if !placed || !targetPlaced || f.External || room == targetRoom {
		return // a package without a place is reported once, as such
	}
	switch {
	case layer < targetLayer:
		c.report(f, pos, RuleDirection, "",
			"%s imports %s, which is built on top of it: imports go to the left, so move the code to the right or take an argument", f.Package, target)
	case layer == targetLayer:
		c.report(f, pos, RuleSibling, "",
			"%s imports its sibling %s: move what they share to the left, or join them further to the right", f.Package, target)
	case !f.Test && in(c.house.TestOnly, target) && !in(c.house.TestOnly, f.Package):
		c.report(f, pos, RuleTestOnly, "", "%s imports %s, which exists for tests: import it in a test file", f.Package, target)
	}
}

func (c *checker) pureImport(f *File, pos token.Pos, path string) {
	if !standard(path) {
		c.report(f, pos, RulePureImport, "",
			"%s imports %q: pure packages import the standard library and each other", f.Package, path)
		return
	}
	if path == "net/netip" {
		return
	}
	for _, p := range pureImports {
		if path == p.path || strings.HasSuffix(p.path, "/") && strings.HasPrefix(path, p.path) {
			c.report(f, pos, RulePureImport, "", "%s imports %q: %s", f.Package, path, p.instead)
			return
		}
	}
}

func (c *checker) dependency(f *File, pos token.Pos, path string) {
	d, known := c.house.dependency(path)
	switch {
	case !known:
		c.report(f, pos, RuleDependency, "",
			"%q is no dependency of the house: do without, or give a reason in internal/arch/house.go and in the commit", path)
	case !f.Test && len(d.Only) > 0 && !in(d.Only, f.Package):
		c.report(f, pos, RuleDependency, "",
			"outside tests, %q belongs to %s alone: go through it, or change internal/arch/house.go", path, strings.Join(d.Only, " and "))
	}
}

// goMod checks what go.mod asks of those who import the module.
func (c *checker) goMod() {
	for _, r := range c.module.Requires {
		if _, known := c.house.dependency(r.Path); r.Direct && !known {
			c.found = append(c.found, Violation{"go.mod", r.Line, RuleDependency,
				r.Path + " is no dependency of the house: do without, or give a reason in internal/arch/house.go and in the commit"})
		}
	}
	for _, line := range c.module.Replaces {
		c.found = append(c.found, Violation{"go.mod", line, RuleDependency,
			"whoever imports the module does not get its replacements: require a version that works"})
	}
}
