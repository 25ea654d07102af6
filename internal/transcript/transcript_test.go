package transcript

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// recorder is a testing.TB that remembers instead of failing.
type recorder struct {
	testing.TB
	errors []string
}

type fatal struct{}

func (r *recorder) Helper() {}
func (r *recorder) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}
func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	panic(fatal{})
}

// handle has a few commands that show what they were given.
func handle(_ testing.TB, c *Command) string {
	switch c.Name {
	case "words":
		return strings.Join(c.Words(), "|")
	case "first":
		return c.Word(0)
	case "sum":
		return fmt.Sprint(c.Int("a", 1) + c.Int("b", 10))
	case "wait":
		return fmt.Sprintln(c.Duration("for", time.Second), c.Bool("long", false), c.Text("why", "-"), c.Has("now"))
	case "input":
		return c.Input
	case "nothing":
		return ""
	}
	c.Unknown()
	return ""
}

// run runs a transcript and returns the errors and what the file is afterwards.
func run(t *testing.T, text string) ([]string, string) {
	file := filepath.Join(t.TempDir(), "x.txt")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	r := &recorder{TB: t}
	func() {
		defer func() {
			if v := recover(); v != nil {
				require.IsType(t, fatal{}, v)
			}
		}()
		Run(r, file, handle)
	}()
	after, err := os.ReadFile(file)
	require.NoError(t, err)
	for i, e := range r.errors {
		r.errors[i] = strings.ReplaceAll(e, file, "x.txt")
	}
	return r.errors, string(after)
}

func TestFiles(t *testing.T) {
	n := 0
	Files(t, "testdata/*.txt", func(*testing.T) Handler {
		n++
		return handle
	})
	require.Equal(t, 2, n)
}

func TestRunReports(t *testing.T) {
	for name, tt := range map[string]struct{ text, want string }{
		"wrong answer":         {"sum a=2\n  13\n", "x.txt:1: sum a=2\nwant:\n  13\ngot:\n  12\n"},
		"no answer":            {"sum\n", "x.txt:1: sum\nwant:\ngot:\n  11\n"},
		"answer to nothing":    {"# x\n\nnothing\n  1\n", "x.txt:3: nothing\nwant:\n  1\ngot:\n"},
		"blank line too many":  {"input\n| a\n| b\n  a\n\n  b\n", "x.txt:1: input\nwant:\n  a\n\n  b\ngot:\n  a\n  b\n"},
		"stray answer":         {"# x\n  1\n", `x.txt:2: "1" belongs to no command`},
		"stray input":          {"sum\n  11\n| 1\n", `x.txt:3: "| 1" belongs to no command`},
		"argument not read":    {"sum c=1\n  11\n", `x.txt:1: sum c=1: argument "c=1" is not one of this command`},
		"word not read":        {"sum twice\n  11\n", `x.txt:1: sum twice: argument "twice" is not one of this command`},
		"not a number":         {"sum a=x\n", `x.txt:1: sum a=x: a: strconv.Atoi: parsing "x": invalid syntax`},
		"not a duration":       {"wait for=x\n", `x.txt:1: wait for=x: for: time: invalid duration "x"`},
		"unknown command":      {"dance\n", `x.txt:1: dance: there is no command "dance"`},
		"no commands":          {"# nothing here\n", "x.txt: no commands"},
		"quote without an end": {"words \"a b\n", "x.txt:1: quote without end: \"a b"},
	} {
		t.Run(name, func(t *testing.T) {
			errs, after := run(t, tt.text)
			require.Equal(t, []string{tt.want}, errs)
			require.Equal(t, tt.text, after)
		})
	}
}

func TestUpdate(t *testing.T) {
	*update = true
	defer func() { *update = false }()

	errs, after := run(t, "\n# A sum.\nsum a=2\n  99\n  98\n\n\nsum\n# Lines.\ninput\n| a\n|\n|  b\nnothing\n  gone")
	require.Empty(t, errs)
	require.Equal(t, "\n# A sum.\nsum a=2\n  12\n\n\nsum\n  11\n# Lines.\ninput\n| a\n|\n|  b\n  a\n\n   b\nnothing\n", after)

	*update = false
	errs, _ = run(t, after)
	require.Empty(t, errs, "what was written is what is wanted")
}

func FuzzUpdate(f *testing.F) {
	f.Add("sum a=2\n  12\n")
	f.Add("# a\n\ninput\n| x\n|\n| y\n  x\n\n  y\nwords \"a b\" c=d\n")
	f.Fuzz(func(t *testing.T, text string) {
		*update = true
		defer func() { *update = false }()
		errs, after := run(t, text)
		if len(errs) > 0 {
			return
		}
		*update = false
		errs, again := run(t, after)
		require.Empty(t, errs)
		require.Equal(t, after, again)
	})
}
