package manifest

import (
	"errors"
	"fmt"

	"github.com/coracle-dev/coracle/labels"
)

// duplicates reports the objects that were read twice.
func (r *run) duplicates() {
	type id struct{ kind, namespace, name string }
	first := make(map[id]Error, len(r.items))
	for _, it := range r.items {
		meta := it.object.Identity()
		if meta.Name == "" {
			continue // its name is generated, or missing, which the client reports
		}
		key := id{it.kind, meta.Namespace, meta.Name}
		if key.namespace == "" && namespaced(it.kind) {
			key.namespace = labels.DefaultNamespace
		}
		earlier, twice := first[key]
		if !twice {
			first[key] = it.at
			continue
		}
		e := it.at
		e.Value = meta.Name
		e.Problem = fmt.Sprintf("this %s is already in %s", it.kind, place(earlier, e.File))
		r.found.add(e)
	}
}

// place says where an object is to a reader who looks at file.
func place(at Error, file string) string {
	where := fmt.Sprintf("document %d, line %d", at.Document, at.Line)
	if at.File != file {
		where += " of " + at.File
	}
	return where
}

// check calls Check with every object that was read without an error.
func (r *run) check() {
	if r.Check == nil {
		return
	}
	for _, it := range r.items {
		err := r.Check(it.object)
		if err == nil {
			continue
		}
		var fields labels.FieldErrors
		if !errors.As(err, &fields) {
			e := it.at
			e.Problem, e.Err = err.Error(), err
			r.found.add(e)
			continue
		}
		for _, field := range fields {
			r.found.add(Error{
				File: it.at.File, Document: it.at.Document, Line: it.locate(field.Path),
				Path: join(it.at.Path, field.Path), Value: field.Value, Problem: field.Problem, Err: field,
			})
		}
	}
}

// join appends a path to that of the object it belongs to.
func join(object, field string) string {
	if object == "" || field == "" {
		return object + field
	}
	return object + "." + field
}
