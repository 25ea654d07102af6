package arch

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Module is a Go module as its sources describe it.
type Module struct {
	// Path is the import path that go.mod declares.
	Path string
	// Dir is the directory that go.mod lies in.
	Dir string
	// Requires are the modules that go.mod requires, in its order.
	Requires []Require
	// Replaces are the lines of go.mod that replace a module.
	Replaces []int
	// Files are all Go files of the module, sorted by name.
	Files []*File

	fset *token.FileSet
}

// Require is one requirement of go.mod.
type Require struct {
	Path   string
	Line   int
	Direct bool // not marked as indirect
}

// File is one Go file of a module.
type File struct {
	// Name is the file's path below the module's directory, with slashes.
	Name string
	// Package is the directory of Name: "pod", "orchestrator/store". It is "."
	// for the module's own directory.
	Package string
	// Test says that the name ends in _test.go.
	Test bool
	// External says that the file belongs to an external test package.
	External bool
	// Syntax is the parsed file, with comments.
	Syntax *ast.File
}

// Load reads the module that dir belongs to: the one whose go.mod is found in
// dir or the nearest directory above it.
//
// It fails where there is no go.mod, or a Go file can't be read or parsed.
func Load(dir string) (*Module, error) {
	root, err := findRoot(dir)
	if err != nil {
		return nil, err
	}
	m := &Module{Dir: root, fset: token.NewFileSet()}
	if err := m.readGoMod(); err != nil {
		return nil, err
	}
	err = filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != root && ignored(name):
			return filepath.SkipDir
		case entry.IsDir() || filepath.Ext(name) != ".go" || strings.HasPrefix(entry.Name(), "."):
			return nil
		}
		return m.readFile(name)
	})
	if err != nil {
		return nil, fmt.Errorf("read module %q: %w", m.Path, err)
	}
	return m, nil
}

func findRoot(dir string) (string, error) {
	start, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("find module of %q: %w", dir, err)
	}
	for at := start; ; at = filepath.Dir(at) {
		_, err := os.Stat(filepath.Join(at, "go.mod"))
		if err == nil {
			return at, nil
		}
		if !errors.Is(err, fs.ErrNotExist) || at == filepath.Dir(at) {
			return "", fmt.Errorf("find module of %q: %w", dir, err)
		}
	}
}

// ignored says that the go command does not look into the directory either, or
// that another module begins there.
func ignored(dir string) bool {
	base := filepath.Base(dir)
	if base == "testdata" || base == "vendor" || base[0] == '.' || base[0] == '_' {
		return true
	}
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil
}

func (m *Module) readFile(name string) error {
	rel, err := filepath.Rel(m.Dir, name)
	if err != nil {
		return err
	}
	rel = filepath.ToSlash(rel)
	source, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	syntax, err := parser.ParseFile(m.fset, rel, source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	test := strings.HasSuffix(rel, "_test.go")
	m.Files = append(m.Files, &File{
		Name:     rel,
		Package:  path.Dir(rel),
		Test:     test,
		External: test && strings.HasSuffix(syntax.Name.Name, "_test"),
		Syntax:   syntax,
	})
	return nil
}

// readGoMod understands as much of go.mod as the rules need: module, require
// and replace, each on a line of its own or in a block.
func (m *Module) readGoMod() error {
	text, err := os.ReadFile(filepath.Join(m.Dir, "go.mod"))
	if err != nil {
		return err
	}
	block := ""
	for i, line := range strings.Split(string(text), "\n") {
		code, comment, _ := strings.Cut(line, "//")
		fields := strings.Fields(code)
		switch {
		case len(fields) == 0:
			continue
		case fields[0] == ")":
			block = ""
			continue
		case len(fields) == 2 && fields[1] == "(":
			block = fields[0]
			continue
		case block != "":
			fields = append([]string{block}, fields...)
		}
		if len(fields) < 2 {
			continue
		}
		switch fields[0] {
		case "module":
			m.Path = strings.Trim(fields[1], `"`)
		case "require":
			indirect := strings.HasPrefix(strings.TrimSpace(comment), "indirect")
			m.Requires = append(m.Requires, Require{Path: fields[1], Line: i + 1, Direct: !indirect})
		case "replace":
			m.Replaces = append(m.Replaces, i+1)
		}
	}
	if m.Path == "" {
		return fmt.Errorf("read %s: no module line", filepath.Join(m.Dir, "go.mod"))
	}
	return nil
}
