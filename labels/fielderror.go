package labels

import (
	"fmt"
	"strings"
)

// FieldError says what is wrong with one field of an object.
type FieldError struct {
	Path    string // as a reader of the manifest would write it: spec.containers[0].name
	Value   string // the offending value as it was given; empty where it is missing
	Problem string // what it must be, or why it cannot be
}

// Error reads `spec.containers[0].name: "Web": must be …`.
func (e FieldError) Error() string {
	if e.Value == "" {
		return e.Path + ": " + e.Problem
	}
	return fmt.Sprintf("%s: %q: %s", e.Path, e.Value, e.Problem)
}

// FieldErrors is everything that is wrong with an object, in the order of its fields.
type FieldErrors []FieldError

// Error joins the errors with "; ".
func (es FieldErrors) Error() string {
	lines := make([]string, len(es))
	for i, e := range es {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "; ")
}

// Err returns es as an error: nil where there is nothing wrong.
func (es FieldErrors) Err() error {
	if len(es) == 0 {
		return nil
	}
	return es
}

// Add appends a problem of the field at path. The value is formatted with
// fmt.Sprint; nil stands for a value that is missing.
func (es *FieldErrors) Add(path string, value any, problem string) {
	e := FieldError{Path: path, Problem: problem}
	if value != nil {
		e.Value = fmt.Sprint(value)
	}
	*es = append(*es, e)
}
