package transcript_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coracle-dev/coracle/internal/transcript"
)

// printer stands in for a test: its errors go to standard output.
type printer struct {
	testing.TB
	folder string // is left out
}

func (printer) Helper() {}
func (p printer) Errorf(format string, args ...any) {
	fmt.Print(strings.ReplaceAll(fmt.Sprintf(format, args...), p.folder+string(filepath.Separator), ""))
}

// calculator returns the handler of a calculator with a memory.
func calculator() transcript.Handler {
	memory := 0
	return func(_ testing.TB, c *transcript.Command) string {
		switch c.Name {
		case "set":
			memory = c.Int("n", 0)
			return ""
		case "add":
			memory += c.Int("n", 0)
			return fmt.Sprint(memory)
		}
		c.Unknown()
		return ""
	}
}

// A test of all transcripts of a folder.
func ExampleFiles() {
	test := testing.InternalTest{Name: "TestCalculator", F: func(t *testing.T) {
		transcript.Files(t, "testdata/*.txt", func(*testing.T) transcript.Handler { return calculator() })
	}}
	fmt.Println(test.Name)
	// Output: TestCalculator
}

// play runs a transcript that is given as text.
func play(text string, h transcript.Handler) {
	folder, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	file := filepath.Join(folder, "sums.txt")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		fmt.Println(err)
		return
	}
	transcript.Run(printer{folder: folder}, file, h)
}

// A transcript of which the last answer is wrong.
func ExampleRun() {
	play("# A memory of one number.\nset n=40\n\nadd n=2\n  42\n\nadd n=1\n  44\n", calculator())
	// Output:
	// sums.txt:7: add n=1
	// want:
	//   44
	// got:
	//   43
}

// A handler reads what it needs; what it doesn't read is an error.
func ExampleCommand() {
	play("wait here for=90s politely mood=bad\n| until\n| the end\n", func(_ testing.TB, c *transcript.Command) string {
		fmt.Println(c.Name, c.Word(0), c.Duration("for", 0), c.Bool("long", true), c.Has("politely"))
		fmt.Print(c.Input)
		return ""
	})
	// Output:
	// wait here 1m30s true true
	// until
	// the end
	// sums.txt:1: wait here for=90s politely mood=bad: argument "mood=bad" is not one of this command
}
