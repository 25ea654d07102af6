package transcript

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Command is one line of a transcript: a name, and arguments that are words or
// key=value. A word or value with spaces stands in double quotes, as in Go.
//
// The methods that read an argument end the test where it is not what it must
// be. An argument that the handler does not read is an error, so that nothing
// that a transcript says goes unheard.
type Command struct {
	Pos   string // file:line
	Name  string // the first word
	Input string // the lines after the command that begin with "|", without it

	t    testing.TB
	line string
	args []argument
}

type argument struct {
	key, value string // a word has no key
	read       bool
}

// String returns the line as it stands in the file.
func (c *Command) String() string { return c.line }

// split takes a line apart.
func split(t testing.TB, pos, line string) *Command {
	t.Helper()
	c := &Command{Pos: pos, t: t, line: line}
	name, rest, _ := strings.Cut(line, " ")
	c.Name = name
	for rest = strings.TrimSpace(rest); rest != ""; rest = strings.TrimSpace(rest) {
		var a argument
		if i := strings.IndexAny(rest, "= \""); i > 0 && rest[i] == '=' {
			a.key, rest = rest[:i], rest[i+1:]
		}
		if strings.HasPrefix(rest, `"`) {
			quoted, err := strconv.QuotedPrefix(rest)
			if err != nil {
				t.Fatalf("%s: quote without end: %s", pos, rest)
			}
			a.value, _ = strconv.Unquote(quoted)
			rest = rest[len(quoted):]
		} else {
			a.value, rest, _ = strings.Cut(rest, " ")
		}
		c.args = append(c.args, a)
	}
	return c
}

// Words returns the arguments without a key, in order.
func (c *Command) Words() []string {
	var words []string
	for i := range c.args {
		if c.args[i].key == "" {
			words = append(words, c.args[i].value)
			c.args[i].read = true
		}
	}
	return words
}

// Word returns word i, from 0; empty if there are fewer.
func (c *Command) Word(i int) string {
	for j := range c.args {
		if c.args[j].key != "" {
			continue
		}
		if i--; i < 0 {
			c.args[j].read = true
			return c.args[j].value
		}
	}
	return ""
}

// Has reports whether the word is among the arguments.
func (c *Command) Has(word string) bool {
	found := false
	for i := range c.args {
		if c.args[i].key == "" && c.args[i].value == word {
			c.args[i].read, found = true, true
		}
	}
	return found
}

// Text returns the value of key, or otherwise if it is not given.
func (c *Command) Text(key, otherwise string) string {
	for i := range c.args {
		if c.args[i].key == key {
			c.args[i].read = true
			return c.args[i].value
		}
	}
	return otherwise
}

// Int returns the value of key as a number, or otherwise if it is not given.
func (c *Command) Int(key string, otherwise int) int {
	c.t.Helper()
	return value(c, key, otherwise, strconv.Atoi)
}

// Bool returns the value of key, true or false, or otherwise if it is not given.
func (c *Command) Bool(key string, otherwise bool) bool {
	c.t.Helper()
	return value(c, key, otherwise, strconv.ParseBool)
}

// Duration returns the value of key, as Go spells durations, or otherwise if it is not given.
func (c *Command) Duration(key string, otherwise time.Duration) time.Duration {
	c.t.Helper()
	return value(c, key, otherwise, time.ParseDuration)
}

func value[T any](c *Command, key string, otherwise T, parse func(string) (T, error)) T {
	c.t.Helper()
	text := c.Text(key, "")
	if text == "" {
		return otherwise
	}
	v, err := parse(text)
	if err != nil {
		c.Fatalf("%s: %v", key, err)
	}
	return v
}

// Fatalf ends the test with an error of this command.
func (c *Command) Fatalf(format string, args ...any) {
	c.t.Helper()
	c.t.Fatalf("%s: %s: %s", c.Pos, c.line, fmt.Sprintf(format, args...))
}

// Unknown ends the test: the handler has no such command.
func (c *Command) Unknown() {
	c.t.Helper()
	c.Fatalf("there is no command %q", c.Name)
}

// checkRead reports arguments that the handler did not read.
func (c *Command) checkRead(t testing.TB) {
	t.Helper()
	for _, a := range c.args {
		if !a.read {
			t.Errorf("%s: %s: argument %q is not one of this command", c.Pos, c.line, strings.TrimPrefix(a.key+"="+a.value, "="))
		}
	}
}
