package arch

import (
	"go/ast"
	"go/token"
	"reflect"
	"strconv"
)

// kinship is what the types of a package are shown by besides their own names.
type kinship struct {
	constants map[string][]string // by type: what makes a string or a number an enumeration
	wholes    map[string][]string // by type: the types that have it in a field with a JSON name
}

// kinships returns the kinship of the types of each package.
func kinships(m *Module) map[string]kinship {
	all := map[string]kinship{}
	for _, f := range m.Files {
		if f.Test {
			continue
		}
		kin, ok := all[f.Package]
		if !ok {
			kin = kinship{map[string][]string{}, map[string][]string{}}
			all[f.Package] = kin
		}
		for _, d := range f.Syntax.Decls {
			group, ok := d.(*ast.GenDecl)
			if !ok {
				continue
			}
			if group.Tok == token.CONST {
				kin.addConstants(group)
			}
			for _, spec := range group.Specs {
				if t, ok := spec.(*ast.TypeSpec); ok {
					kin.addParts(t)
				}
			}
		}
	}
	return all
}

func (k kinship) addConstants(group *ast.GenDecl) {
	current := ""
	for _, spec := range group.Specs {
		values := spec.(*ast.ValueSpec)
		if values.Type != nil || len(values.Values) > 0 {
			current = typeName(values.Type) // otherwise the type of the one before is repeated
		}
		for _, name := range values.Names {
			k.constants[current] = append(k.constants[current], name.Name)
		}
	}
}

func (k kinship) addParts(spec *ast.TypeSpec) {
	switch t := spec.Type.(type) {
	case *ast.StructType:
		for _, field := range t.Fields.List {
			if jsonName(field) {
				k.addPart(spec.Name.Name, field.Type)
			}
		}
	case *ast.ArrayType, *ast.MapType: // as good as their elements
		k.addPart(spec.Name.Name, t)
	}
}

// addPart notes that a type is made of what a type expression speaks of.
func (k kinship) addPart(whole string, expr ast.Expr) {
	ast.Inspect(expr, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			return false // a type of another package
		case *ast.Ident:
			k.wholes[n.Name] = append(k.wholes[n.Name], whole)
		}
		return true
	})
}

func jsonName(field *ast.Field) bool {
	if field.Tag == nil {
		return false
	}
	tag, err := strconv.Unquote(field.Tag.Value)
	if err != nil {
		return false
	}
	_, ok := reflect.StructTag(tag).Lookup("json")
	return ok
}
