package arch

import (
	"go/ast"
	"go/doc"
	"slices"
	"strings"
)

// gallery is what the examples of a package show: by what they are named for
// ("" for the package itself), the names of the package that they use.
type gallery map[string]map[string]bool

// examples returns the gallery of each package of the module.
func examples(m *Module, h House) map[string]gallery {
	all := map[string]gallery{}
	for _, f := range m.Files {
		if !f.Test {
			continue
		}
		for _, example := range doc.Examples(f.Syntax) {
			if example.Output == "" && !example.EmptyOutput && !in(h.TestOnly, f.Package) {
				continue // it compiles, but nobody ran it
			}
			if all[f.Package] == nil {
				all[f.Package] = gallery{}
			}
			// Of "Type_Method", "Func_suffix" and "_suffix", what counts comes first.
			subject, _, _ := strings.Cut(example.Name, "_")
			if all[f.Package][subject] == nil {
				all[f.Package][subject] = map[string]bool{}
			}
			collect(all[f.Package][subject], m, f, example.Code)
		}
	}
	return all
}

// collect adds the names of f's package that code uses.
func collect(into map[string]bool, m *Module, f *File, code ast.Node) {
	local := ""
	for _, spec := range f.Syntax.Imports {
		if importPath(spec) == m.Path+"/"+f.Package {
			local = f.packageName(spec)
		}
	}
	ast.Inspect(code, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && f.External && x.Name == local {
				into[n.Sel.Name] = true
			}
		case *ast.Ident:
			if !f.External {
				into[n.Name] = true
			}
		}
		return true
	})
}

// packageName returns the name by which an external test file speaks of the
// package that it tests.
func (f *File) packageName(spec *ast.ImportSpec) string {
	if spec.Name != nil {
		return spec.Name.Name
	}
	return strings.TrimSuffix(f.Syntax.Name.Name, "_test")
}

// typ says whether an example is named for the type, or uses it or one of its
// constants, or shows a serialised type that it is a part of.
func (g gallery) typ(name string, kin kinship) bool {
	return g.shows(name, kin, map[string]bool{})
}

func (g gallery) shows(name string, kin kinship, asked map[string]bool) bool {
	if _, named := g[name]; named {
		return true
	}
	for _, used := range g {
		if used[name] || slices.ContainsFunc(kin.constants[name], func(c string) bool { return used[c] }) {
			return true
		}
	}
	asked[name] = true // types may contain themselves
	return slices.ContainsFunc(kin.wholes[name], func(whole string) bool {
		return !asked[whole] && g.shows(whole, kin, asked)
	})
}

// function says whether an example is named for the function, or used by an
// example of the package or of a type that it returns.
func (g gallery) function(f *ast.FuncDecl) bool {
	name := f.Name.Name
	if _, named := g[name]; named || g[""][name] {
		return true
	}
	if f.Type.Results == nil {
		return false
	}
	for _, result := range f.Type.Results.List {
		if t := typeName(result.Type); t != "" && g[t][name] {
			return true
		}
	}
	return false
}
