package manifest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Error is one thing that is wrong with a manifest, and where.
//
// What is not known is zero: a file that cannot be opened has no Document, a
// problem of a whole document has no Path.
type Error struct {
	File     string // as it was given, or the name that Reader.Read got; empty for a stream without one
	Document int    // in the file, counted from 1
	Line     int    // in the file, counted from 1
	Path     string // as the manifest spells it: spec.containers[0].image, desiredState.manifest.id
	Value    string // the offending value as it was written, shortened where it is long
	Problem  string // what it must be, or why it cannot be
	Err      error  // the cause, where another package reported one; errors.Is finds it
}

// Error reads `web.yaml:7: document 1: spec.containers[0].image: "3": is a
// number and must be a string: put it in quotes`.
func (e Error) Error() string {
	var b strings.Builder
	switch {
	case e.File != "" && e.Line > 0:
		fmt.Fprintf(&b, "%s:%d: ", e.File, e.Line)
	case e.File != "":
		fmt.Fprintf(&b, "%s: ", e.File)
	case e.Line > 0:
		fmt.Fprintf(&b, "line %d: ", e.Line)
	}
	if e.Document > 0 {
		fmt.Fprintf(&b, "document %d: ", e.Document)
	}
	if e.Path != "" {
		b.WriteString(e.Path + ": ")
	}
	if e.Value != "" {
		fmt.Fprintf(&b, "%q: ", e.Value)
	}
	b.WriteString(e.Problem)
	return b.String()
}

// Unwrap returns the cause, or nil.
func (e Error) Unwrap() error { return e.Err }

// Errors is everything that is wrong with what was read, in the order of the
// files and of their lines. It holds at least one Error.
//
// Every error that Read, ReadFiles and the methods of Reader return is of this
// type; errors.As finds it, and the first Error in it.
type Errors []Error

// Error writes one error per line.
func (es Errors) Error() string {
	lines := make([]string, len(es))
	for i, e := range es {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the errors one by one, for errors.Is and errors.As.
func (es Errors) Unwrap() []error {
	list := make([]error, len(es))
	for i, e := range es {
		list[i] = e
	}
	return list
}

// maxErrors is how many errors one read reports; the rest is counted. A file
// that is wrong on every line is no help to anyone.
const maxErrors = 1000

// findings collects errors up to maxErrors.
type findings struct {
	errs    Errors
	skipped int
	files   map[string]int // in which order they were read
}

// begin says that what follows is about a file.
func (f *findings) begin(file string) {
	if f.files == nil {
		f.files = map[string]int{}
	}
	if _, known := f.files[file]; !known {
		f.files[file] = len(f.files)
	}
}

func (f *findings) add(e Error) {
	if len(f.errs) == maxErrors {
		f.skipped++
		return
	}
	e.Value = shorten(e.Value)
	f.errs = append(f.errs, e)
}

// count is how many problems there were so far.
func (f *findings) count() int { return len(f.errs) + f.skipped }

// err returns what was found as an error: nil where nothing was.
func (f *findings) err() error {
	if len(f.errs) == 0 {
		return nil
	}
	slices.SortStableFunc(f.errs, func(a, b Error) int {
		return cmp.Or(cmp.Compare(f.files[a.File], f.files[b.File]), cmp.Compare(a.Line, b.Line))
	})
	if f.skipped > 0 {
		return append(f.errs, Error{Problem: fmt.Sprintf("and %d more problems", f.skipped)})
	}
	return f.errs
}

// shorten cuts a value that would fill a screen.
func shorten(value string) string {
	const most = 120
	if len(value) <= most {
		return value
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(value[cut]) {
		cut--
	}
	return value[:cut] + "…"
}
