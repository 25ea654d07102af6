package transcript

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
)

var update = flag.Bool("update", false, "write what the commands answer into the transcripts, instead of comparing it")

// Handler carries out one command and returns its answer. Blank lines and
// spaces around the answer do not count.
type Handler func(t testing.TB, c *Command) string

// Files runs each transcript that matches the pattern as a subtest, named after
// the file without its ending. fresh is called once for each and returns the
// handler of its commands, so that no file knows of another. A pattern that
// matches nothing fails the test.
func Files(t *testing.T, pattern string, fresh func(t *testing.T) Handler) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("find transcripts %q: %d files, error %v", pattern, len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
		t.Run(name, func(t *testing.T) { Run(t, file, fresh(t)) })
	}
}

// Run runs one transcript. Every answer that is not as written is reported as
// an error of its line, and the commands after it are run all the same.
func Run(t testing.TB, file string, h Handler) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("read transcript: %v", err)
	}
	var out strings.Builder
	commands := 0
	for _, p := range parse(t, file, string(text)) {
		out.WriteString(p.text)
		if p.command == nil {
			continue
		}
		commands++
		got := indent(h(t, p.command))
		p.command.checkRead(t)
		out.WriteString(got)
		if !*update && got != p.want {
			t.Errorf("%s: %s\nwant:\n%sgot:\n%s", p.command.Pos, p.command, p.want, got)
		}
	}
	if commands == 0 {
		t.Fatalf("%s: no commands", file)
	}
	if *update && out.String() != string(text) {
		if err := os.WriteFile(file, []byte(out.String()), 0o644); err != nil {
			t.Fatalf("write transcript: %v", err)
		}
	}
}

// part is a comment or blank line, or a command with its input and the answer that is wanted.
type part struct {
	text    string // as in the file, less the answer
	command *Command
	want    string // as in the file: indented lines
}

// parse splits a transcript. What is before an answer is kept as it is, so that
// the parts joined are the file.
func parse(t testing.TB, file, text string) []part {
	t.Helper()
	var parts []part
	blank := "" // blank lines that may belong to an answer, or end it
	for i, line := range strings.SplitAfter(text, "\n") {
		if line != "" && !strings.HasSuffix(line, "\n") {
			line += "\n"
		}
		pos := fmt.Sprintf("%s:%d", file, i+1)
		last := len(parts) - 1
		open := last >= 0 && parts[last].command != nil
		switch {
		case strings.TrimSpace(line) == "":
			blank += strings.TrimLeft(line, " \t")
			continue
		case strings.HasPrefix(line, "  ") && open:
			parts[last].want += blank + line
			blank = ""
			continue
		case strings.HasPrefix(line, "|") && open && parts[last].want == "" && blank == "":
			parts[last].text += line
			parts[last].command.Input += strings.TrimPrefix(strings.TrimPrefix(line, "|"), " ")
			continue
		}
		parts, blank = append(parts, part{text: blank}), ""
		switch line[0] {
		case '#':
			parts = append(parts, part{text: line})
		case ' ', '\t', '|':
			t.Fatalf("%s: %q belongs to no command", pos, strings.TrimSpace(line))
		default:
			parts = append(parts, part{text: line, command: split(t, pos, strings.TrimSpace(line))})
		}
	}
	return append(parts, part{text: blank})
}

// indent makes an answer look as in a file. A blank line is kept as one.
func indent(answer string) string {
	var b strings.Builder
	for line := range strings.Lines(strings.TrimSpace(answer)) {
		if line = strings.TrimRightFunc(line, unicode.IsSpace); line != "" { // blank as parse sees it
			b.WriteString("  " + line)
		}
		b.WriteByte('\n')
	}
	if answer = b.String(); answer == "\n" {
		return ""
	}
	return b.String()
}
