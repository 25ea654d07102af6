package arch_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/internal/arch"
)

// tree is a module to plant violations in: file names and texts.
type tree map[string]string

const goMod = "module github.com/coracle-dev/coracle\n\ngo 1.26.0\n"

// plant writes a module with the house's own path and loads it.
func plant(t *testing.T, files tree) *arch.Module {
	t.Helper()
	files = maps.Clone(files)
	if files["go.mod"] == "" {
		files["go.mod"] = goMod
	}
	dir, err := write(files)
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	m, err := arch.Load(dir)
	require.NoError(t, err)
	return m
}

// house returns the rules of this module without its exceptions.
func house() arch.House {
	h := arch.Coracle()
	h.Exceptions = nil
	return h
}

// places returns violations as "file:line: rule".
func places(found []arch.Violation) []string {
	list := []string{}
	for _, v := range found {
		list = append(list, fmt.Sprintf("%s:%d: %s", v.File, v.Line, v.Rule))
	}
	return list
}

// one returns a module of one file: the text, after a package clause on line 1
// named for the last element of the directory.
func one(name, text string) tree {
	return tree{name: "package " + filepath.Base(filepath.Dir(name)) + "\n" + text}
}

// imported returns an import of a package of the house.
func imported(path string) string {
	return fmt.Sprintf("import _ %q\n", "github.com/coracle-dev/coracle/"+path)
}

func TestCheck(t *testing.T) {
	for _, test := range []struct {
		name  string
		files tree
		want  []string
	}{
		{"to the left", one("orchestrator/x.go", imported("labels")+imported("orchestrator/store")), nil},
		{"to the right", one("pod/x.go", imported("labels")+imported("node")), []string{"pod/x.go:3: direction"}},
		{"far to the right", one("orchestrator/process/x.go", imported("examples/quickstart")), []string{"orchestrator/process/x.go:2: direction"}},
		{"a nested package to its parent", one("orchestrator/store/x.go", imported("orchestrator")), []string{"orchestrator/store/x.go:2: direction"}},
		{"siblings", one("lifecycle/x.go", imported("replication")), []string{"lifecycle/x.go:2: sibling"}},
		{"sibling runtimes", one("orchestrator/docker/x.go", imported("orchestrator/process")), []string{"orchestrator/docker/x.go:2: sibling"}},
		{"sibling programs", one("examples/a/x.go", imported("examples/b/lib")), []string{"examples/a/x.go:2: sibling"}},
		{"one room", one("examples/a/x.go", imported("examples/a/lib")), nil},
		{"the internals of a room", one("orchestrator/process/x.go", imported("orchestrator/process/internal/cgroup")), nil},
		{"the internals of a room to the right", one("orchestrator/process/internal/cgroup/x.go", imported("examples/a")),
			[]string{"orchestrator/process/internal/cgroup/x.go:2: direction"}},
		{"a test of the package to the right", one("pod/x_test.go", imported("node")), []string{"pod/x_test.go:2: direction"}},
		{"an external test to the right", tree{"pod/x_test.go": "package pod_test\n" + imported("orchestrator/fake")}, nil},
		{"test tools in a test", one("pod/x_test.go", imported("internal/transcript")), nil},
		{"test tools outside a test", one("pod/x.go", imported("internal/transcript")), []string{"pod/x.go:2: test-only"}},
		{"test tools in a suite", one("orchestrator/orchtest/x.go", imported("internal/transcript")), nil},
		{"test tools know nothing of the house", one("internal/transcript/x.go", imported("labels")), []string{"internal/transcript/x.go:2: direction"}},
		{"no room", tree{
			"cache/x.go": "package cache\n" + imported("examples/a"), "cache/y.go": "package cache\n", "root.go": "package coracle\n",
		}, []string{"cache/x.go:1: place", "root.go:1: place"}},

		{"pure imports", one("pod/x.go", `import (
	"context"
	"sync"
	"sync/atomic"
	"net"
	"net/url"
	"net/netip"
	"os"
	"os/exec"
	"log"
	"log/slog"
	"math/rand"
	rnd "math/rand/v2"
	"crypto/rand"
	"syscall"
	"hash/maphash"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	"fmt"
	"time"
)`), []string{
			"pod/x.go:3: pure-import", "pod/x.go:4: pure-import", "pod/x.go:5: pure-import", "pod/x.go:6: pure-import",
			"pod/x.go:7: pure-import", "pod/x.go:9: pure-import", "pod/x.go:10: pure-import", "pod/x.go:11: pure-import",
			"pod/x.go:12: pure-import", "pod/x.go:13: pure-import", "pod/x.go:14: pure-import", "pod/x.go:15: pure-import",
			"pod/x.go:16: pure-import", "pod/x.go:17: pure-import", "pod/x.go:18: pure-import", "pod/x.go:19: pure-import",
		}},
		{"tests may be impure", one("pod/x_test.go", "import (\n\"context\"\n\"time\"\n)\nfunc f() { go time.Sleep(1) }\n"), nil},
		{"others may be impure", one("orchestrator/x.go", "import (\n\"context\"\n\"time\"\n)\nfunc f() { go time.Sleep(1) }\n"), nil},
		{"goroutine", one("service/x.go", "func f() {\n\tgo f()\n}\n"), []string{"service/x.go:3: pure-go"}},
		{"goroutine in a variable", one("service/x.go", "var v = func() {\n\tgo f()\n}\n"), []string{"service/x.go:3: pure-go"}},
		{"clocks", one("node/x.go", `import "time"
func f() {
	time.Now()
	time.Since(t)
	time.Until(t)
	<-time.After(1)
	time.AfterFunc(1, f)
	time.Sleep(1)
	time.NewTimer(1)
	time.NewTicker(1)
	time.Tick(1)
	time.Unix(1, 1)
}
`), []string{
			"node/x.go:4: pure-clock", "node/x.go:5: pure-clock", "node/x.go:6: pure-clock", "node/x.go:7: pure-clock", "node/x.go:8: pure-clock",
			"node/x.go:9: pure-clock", "node/x.go:10: pure-clock", "node/x.go:11: pure-clock", "node/x.go:12: pure-clock",
		}},
		{"a clock as a value", one("node/x.go", "import \"time\"\nvar now = time.Now\n"), []string{"node/x.go:3: pure-clock"}},
		{"a clock under another name", one("node/x.go", "import clock \"time\"\nvar now = clock.Now\n"), []string{"node/x.go:3: pure-clock"}},
		{"no clock", one("node/x.go", "import clock \"time\"\nvar d clock.Duration\nfunc f(time T) { time.Now() }\n"), nil},
		{"printing", one("labels/x.go", "import \"fmt\"\nfunc f() {\n\tfmt.Println()\n\tprintln()\n\tfmt.Sprint()\n}\n"),
			[]string{"labels/x.go:4: pure-print", "labels/x.go:5: pure-print"}},

		{"init", one("orchestrator/x.go", "func init() {}\nfunc (t T) init() {}\n"), []string{"orchestrator/x.go:2: init"}},
		{"exit", one("orchestrator/x.go", "import (\n\"os\"\n\"log\"\n)\nfunc f() {\n\tos.Exit(1)\n\tlog.Fatal()\n\tlog.Fatalf(\"\")\n\tos.Getenv(\"\")\n}\n"),
			[]string{"orchestrator/x.go:7: exit", "orchestrator/x.go:8: exit", "orchestrator/x.go:9: exit"}},
		{"recover", one("orchestrator/fake/x.go", "func f() {\n\tdefer func() {\n\t\trecover()\n\t}()\n}\n"),
			[]string{"orchestrator/fake/x.go:4: recover"}},
		{"a method called recover", one("orchestrator/x.go", "func f() { s.recover() }\n"), nil},
		{"programs may", one("examples/a/x.go", "import \"os\"\nfunc init() {}\nfunc main() {\n\trecover()\n\tos.Exit(1)\n}\n"), nil},
		{"tests may", one("orchestrator/x_test.go", "import \"os\"\nfunc main() {\n\trecover()\n\tos.Exit(1)\n}\n"), nil},
		{"get", one("pod/x.go", "func GetName() {}\nfunc (p *T) GetName() {}\nfunc Get() {}\nfunc Gettable() {}\ntype I interface {\n\tGetName()\n}\n"),
			[]string{"pod/x.go:2: get", "pod/x.go:3: get", "pod/x.go:7: get"}},
		{"a name that says nothing", tree{"orchestrator/process/internal/util/x.go": "package util\n"},
			[]string{"orchestrator/process/internal/util/x.go:1: name"}},
		{"a dot", one("orchestrator/x.go", "import . \"os\"\n"), []string{"orchestrator/x.go:2: dot-import"}},

		{"a known dependency", one("orchestrator/x.go", "import _ \"golang.org/x/sync/errgroup\"\n"), nil},
		{"an unknown dependency", one("orchestrator/x.go", "import _ \"golang.org/x/syncopation\"\n"), []string{"orchestrator/x.go:2: dependency"}},
		{"an unknown dependency in a test", one("pod/x_test.go", "import _ \"example.com/mock\"\n"), []string{"pod/x_test.go:2: dependency"}},
		{"a dependency in the wrong room", one("orchestrator/x.go", "import _ \"go.etcd.io/bbolt\"\n"), []string{"orchestrator/x.go:2: dependency"}},
		{"testify outside tests", one("orchestrator/x.go", "import _ \"github.com/stretchr/testify/require\"\n"), []string{"orchestrator/x.go:2: dependency"}},
		{"testify in tests", one("pod/x_test.go", "import _ \"github.com/stretchr/testify/require\"\n"), nil},
		{"go.mod", tree{"go.mod": goMod + `
require golang.org/x/sync v0.24.0
require (
	go.uber.org/zap v1.27.0
	github.com/pmezard/go-difflib v1.0.0 // indirect
)
replace golang.org/x/sync => ../sync
`}, []string{"go.mod:7: dependency", "go.mod:10: dependency"}},

		{"what is not looked at", tree{
			"testdata/x.go": "not Go", ".ci/x.go": "not Go", "_old/x.go": "not Go", "vendor/x.go": "not Go",
			"examples/cloud/go.mod": "module other", "examples/cloud/x.go": "package util\n",
		}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			found := arch.Check(plant(t, test.files), house())
			require.ElementsMatch(t, test.want, places(found), "%v", found)
			require.True(t, slices.IsSortedFunc(found, func(a, b arch.Violation) int { return strings.Compare(a.File, b.File) }))
		})
	}
}

func TestCheckDocs(t *testing.T) {
	const doc = "// Package pod is explained.\npackage pod\n"
	const test = "package pod_test\nimport (\n\"fmt\"\n\"github.com/coracle-dev/coracle/pod\"\n)\n"
	for _, tt := range []struct {
		name  string
		files tree
		want  []string
	}{
		{"no package comment", tree{"pod/a.go": "package pod\n", "pod/b.go": "package pod\n"}, []string{"pod/a.go:1: doc"}},
		{"one package comment", tree{"pod/a.go": "package pod\n", "pod/doc.go": doc}, nil},
		{"a function", tree{"pod/x.go": doc + "func F() {}\nfunc f() {}\n"}, []string{"pod/x.go:3: doc", "pod/x.go:3: example"}},
		{"methods", tree{"pod/x.go": doc + "type t struct{}\nfunc (t) F() {}\nfunc (u *T) F() {}\nfunc (u *T) f() {}\n"}, []string{"pod/x.go:5: doc"}},
		{"methods of generic types", tree{"pod/x.go": doc + "func (u T[K]) F() {}\nfunc (u *T[K, V]) F() {}\n"}, []string{"pod/x.go:3: doc", "pod/x.go:4: doc"}},
		{"types", tree{"pod/x.go": doc + "// All.\ntype (\nA int\n// B is b.\nB int\n)\ntype c int\n"},
			[]string{"pod/x.go:5: doc", "pod/x.go:5: example", "pod/x.go:7: example"}},
		{"values", tree{"pod/x.go": doc + "var V int\nconst (\nC = 1\nD = 2 // d\n// E is e.\nE = 3\n)\n// Group.\nvar (\nF = 1\n)\n"},
			[]string{"pod/x.go:3: doc", "pod/x.go:5: doc"}},
		{"programs and tests", tree{"examples/a/x.go": "package main\nfunc F() {}\n", "pod/doc.go": doc, "pod/x_test.go": "package pod\nfunc F() {}\n"}, nil},
		{"a function is shown", tree{
			"pod/x.go": doc + "// F is.\nfunc F() {}\n// G is.\nfunc G() {}\n// H is.\nfunc H() {}\n",
			"pod/x_test.go": test + `
func ExampleF() {
	fmt.Println(pod.F(pod.H()))
	// Output: 1
}
func ExampleG_errors() {
	// Output:
}
`}, []string{"pod/x.go:8: example"}},
		{"an example that does not run", tree{
			"pod/x.go":      doc + "// F is.\nfunc F() {}\n",
			"pod/x_test.go": test + "func ExampleF() {\n\tpod.F()\n}\n"}, []string{"pod/x.go:4: example"}},
		{"an example that needs a running test", tree{
			"orchestrator/orchtest/x.go":      "// Package orchtest is.\npackage orchtest\n// F is.\nfunc F() {}\n",
			"orchestrator/orchtest/x_test.go": "package orchtest_test\nfunc ExampleF() {}\n"}, nil},
		{"the package's example", tree{
			"pod/x.go":      doc + "// F is.\nfunc F() {}\n// T is.\ntype T int\n",
			"pod/x_test.go": test + "func Example_start() {\n\tpod.F(pod.T(1))\n\t// Output: 1\n}\n"}, nil},
		{"a constructor", tree{
			"pod/x.go":      doc + "// T is.\ntype T int\n// New is.\nfunc New() (*T, error) {}\n// F is.\nfunc F() {}\n",
			"pod/x_test.go": test + "func ExampleT_Method() {\n\tpod.F(pod.New())\n\t// Output: 1\n}\n"}, []string{"pod/x.go:8: example"}},
		{"types are shown by use", tree{
			"pod/x.go":      doc + "// T is.\ntype T int\n// U is.\ntype U int\n// F is.\nfunc F() {}\n",
			"pod/x_test.go": test + "func ExampleF() {\n\tfmt.Println(pod.T(1), fmt.U)\n\t// Output: 1\n}\n"}, []string{"pod/x.go:6: example"}},
		{"enumerations are shown by their values", tree{
			"pod/x.go":      doc + "// T is.\ntype T int\n// Of T.\nconst (\nA T = iota\nB\n)\n// U is.\ntype U int\n// Of U.\nconst (\nD U = 1\nC = 1\n)\n// F is.\nfunc F() {}\n",
			"pod/x_test.go": test + "func ExampleF() {\n\tfmt.Println(pod.B, pod.C)\n\t// Output: 1\n}\n"}, []string{"pod/x.go:11: example"}},
		{"parts are shown with the whole", tree{
			"pod/x.go": doc + `// T is.
type T struct {
	A []U        "json:\"a\""
	B *T         "json:\"b\""
	C map[string]V "json:\"c\""
	D W
	E time.W "json:\"e\""
}
// U is.
type U struct { K K "json:\"k,omitempty\"" }
// K is.
type K map[L]string
// L is.
type L string
// V is.
type V int
// W is.
type W int
`,
			"pod/x_test.go": test + "func Example() {\n\tfmt.Println(pod.T{})\n\t// Output: 1\n}\n"}, []string{"pod/x.go:20: example"}},
		{"a type that is its own part", tree{"pod/x.go": doc + "// T is.\ntype T []U\n// U is.\ntype U []T\n"},
			[]string{"pod/x.go:4: example", "pod/x.go:6: example"}},
		{"from inside", tree{
			"pod/x.go":      doc + "// F is.\nfunc F() {}\n// T is.\ntype T int\n",
			"pod/x_test.go": "package pod\nfunc ExampleF() {\n\tF(T(1))\n\t// Output: 1\n}\n"}, nil},
		{"under another name", tree{
			"pod/x.go":      doc + "// T is.\ntype T int\n// F is.\nfunc F() {}\n",
			"pod/x_test.go": "package pod_test\nimport p \"github.com/coracle-dev/coracle/pod\"\nfunc ExampleF() {\n\tp.F(p.T(1))\n\t// Unordered output: 1\n}\n"}, nil},
		{"another package's example", tree{
			"pod/x.go":       doc + "// T is.\ntype T int\n",
			"node/x_test.go": "package node_test\nimport \"github.com/coracle-dev/coracle/pod\"\nfunc ExampleF() {\n\tpod.F(pod.T(1))\n\t// Output: 1\n}\n"},
			[]string{"pod/x.go:4: example"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			found := arch.CheckDocs(plant(t, tt.files), house())
			require.ElementsMatch(t, tt.want, places(found), "%v", found)
		})
	}
}

func TestExceptions(t *testing.T) {
	m := plant(t, one("orchestrator/process/x.go", `import "os"
func supervise() { os.Exit(1) }
func (t *T) run() { os.Exit(1) }
func other() { os.Exit(1); recover() }
`))
	h := house()
	check := func(exceptions ...arch.Exception) []string {
		h.Exceptions = exceptions
		return places(arch.Check(m, h))
	}
	const file = "orchestrator/process/x.go"
	require.Equal(t, []string{file + ":3: exit", file + ":4: exit", file + ":5: exit", file + ":5: recover"}, check())
	require.Equal(t, []string{file + ":4: exit", file + ":5: exit", file + ":5: recover"},
		check(arch.Exception{Rule: arch.RuleExit, Where: "orchestrator/process.supervise", Why: "a process of its own"}))
	require.Equal(t, []string{file + ":3: exit", file + ":5: exit", file + ":5: recover"},
		check(arch.Exception{Rule: arch.RuleExit, Where: "orchestrator/process.T.run", Why: "a process of its own"}))
	require.Equal(t, []string{file + ":5: recover"},
		check(arch.Exception{Rule: arch.RuleExit, Where: "orchestrator/process", Why: "a process of its own"}))

	const unneeded = "internal/arch/exceptions.go:0: exception"
	require.Contains(t, check(arch.Exception{Rule: arch.RuleExit, Where: "orchestrator/process.gone", Why: "it was"}), unneeded)
	require.Contains(t, check(arch.Exception{Rule: arch.RuleExit, Where: "orchestrator/process.supervise"}), unneeded)
	require.NotContains(t, check(arch.Exception{Rule: arch.RuleDoc, Where: "pod.F", Why: "the other check's"}), unneeded)
	require.Contains(t, places(arch.CheckDocs(m, h)), unneeded)
}

func TestLoadErrors(t *testing.T) {
	dir := t.TempDir()
	_, err := arch.Load(filepath.Join(dir, "missing"))
	require.ErrorContains(t, err, "find module of")

	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("go 1.26\n"), 0o644))
	_, err = arch.Load(dir)
	require.ErrorContains(t, err, "no module line")

	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte(goMod), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "x.go"), []byte("package x\nfunc {\n"), 0o644))
	_, err = arch.Load(dir)
	require.ErrorContains(t, err, "x.go:2")
}
