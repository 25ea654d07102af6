package arch_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/coracle-dev/coracle/internal/arch"
)

const agePod = `// Package pod knows pods.
package pod

import "time"

// Age is how long ago t was.
func Age(t time.Time) time.Duration {
	return time.Since(t)
}
`

// A small house: the rules for a module of two packages, one of them pure.
func Example() {
	dir, err := write(map[string]string{
		"go.mod":                 "module example.com/boat\n\nrequire golang.org/x/sync v0.24.0\n",
		"pod/pod.go":             agePod,
		"orchestrator/engine.go": "// Package orchestrator runs pods.\npackage orchestrator\n\nimport _ \"example.com/boat/pod\"\n",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)

	m, err := arch.Load(dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	house := arch.House{
		Layers:       [][]string{{"pod"}, {"orchestrator"}},
		Pure:         []string{"pod"},
		Dependencies: []arch.Dependency{{Path: "golang.org/x/sync", Why: "errgroup"}},
		Exceptions:   []arch.Exception{{Rule: arch.RuleExample, Where: "pod.Age", Why: "it speaks for itself"}},
	}
	for _, v := range arch.Check(m, house) {
		fmt.Println(v)
	}
	fmt.Println(len(arch.CheckDocs(m, house)), "undocumented")
	// Output:
	// pod/pod.go:8: pure-clock: Age uses time.Since: take the time as an argument, last; return when to look again
	// 0 undocumented
}

// The rules of this module say for each dependency why it is there.
func ExampleCoracle() {
	m, err := arch.Load(".")
	if err != nil {
		fmt.Println(err)
		return
	}
	house := arch.Coracle()
	known := map[string]arch.Dependency{}
	for _, d := range house.Dependencies {
		known[d.Path] = d
	}
	fmt.Println(m.Path, known["golang.org/x/sync"].Why)
	// Output: github.com/coracle-dev/coracle errgroup: goroutines that end with their owner
}

// A module can also be put together by hand, without any files on disk.
func ExampleModule() {
	m := &arch.Module{
		Path:     "example.com/boat",
		Requires: []arch.Require{{Path: "example.com/oar", Line: 3, Direct: true}},
		Files:    []*arch.File{},
	}
	for _, v := range arch.Check(m, arch.House{}) {
		fmt.Println(v)
	}
	// Output: go.mod:3: dependency: example.com/oar is no dependency of the house: do without, or give a reason in internal/arch/house.go and in the commit
}

func ExampleViolation() {
	v := arch.Violation{File: "pod/quantity.go", Line: 12, Rule: arch.RulePureGo, Message: "Parse starts a goroutine"}
	fmt.Println(v)
	// Output: pod/quantity.go:12: pure-go: Parse starts a goroutine
}

// write puts files into a new temporary directory.
func write(files map[string]string) (string, error) {
	dir, err := os.MkdirTemp("", "house")
	if err != nil {
		return "", err
	}
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return "", err
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return "", err
		}
	}
	return dir, nil
}
