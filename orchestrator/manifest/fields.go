package manifest

import (
	"reflect"
	"strings"
)

// types remembers the fields of the struct types that were met.
type types map[reflect.Type]fields

// fields are those of one struct type, in their order.
type fields []field

// field is one field of a struct, by its json tag.
type field struct {
	name   string
	index  []int
	quoted bool // a number that is written as a string
}

// fields returns the fields of a struct type. An embedded struct counts as one
// field where its tag has a name; otherwise its fields count.
func (ts types) fields(t reflect.Type) fields {
	if fs, ok := ts[t]; ok {
		return fs
	}
	var fs fields
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && name == "" {
			for _, inner := range ts.fields(f.Type) {
				inner.index = append([]int{i}, inner.index...)
				fs = append(fs, inner)
			}
			continue
		}
		if !f.IsExported() || name == "" || name == "-" {
			continue
		}
		fs = append(fs, field{name, []int{i}, strings.Contains(","+options+",", ",string,")})
	}
	ts[t] = fs
	return fs
}

// named returns the field of that name, exactly.
func (fs fields) named(name string) (field, bool) {
	for _, f := range fs {
		if f.name == name {
			return f, true
		}
	}
	return field{}, false
}

// nearest returns the name that somebody who wrote name may have meant, or nothing.
func (fs fields) nearest(name string) string {
	best, least := "", 3
	for _, f := range fs {
		if strings.EqualFold(f.name, name) {
			return f.name
		}
		if n := distance(f.name, name); n < least && n < len(f.name)/2 {
			best, least = f.name, n
		}
	}
	return best
}

// distance is how many letters must be added, left out or replaced to make one
// word into another: Levenshtein's distance. It is 9 where that cannot be small.
func distance(a, b string) int {
	if d := len(a) - len(b); d > 2 || d < -2 {
		return 9
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
