package labels

import (
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Set is the labels of one object: what selectors match. A nil Set is an empty one.
//
// A Set is whatever its owner puts in; ValidateSet says whether keys and values are legal.
type Set map[string]string

// String returns the labels sorted by key as "a=1,b=2"; empty for an empty set.
//
// For a valid set the text is also a selector, the one of SelectorFromSet.
func (s Set) String() string {
	var b strings.Builder
	for i, key := range sortedKeys(s) {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(key)
		b.WriteByte('=')
		b.WriteString(s[key])
	}
	return b.String()
}

// Equal reports whether both have the same labels; nil and empty are the same. It is
// quick where both are one map, as with an object and its shallow copy.
func (s Set) Equal(t Set) bool {
	return reflect.ValueOf(s).UnsafePointer() == reflect.ValueOf(t).UnsafePointer() || maps.Equal(s, t)
}

// sortedKeys returns the keys of a map in order, so that nothing depends on how Go walks it.
func sortedKeys[V any](m map[string]V) []string {
	keys := slices.AppendSeq(make([]string, 0, len(m)), maps.Keys(m))
	slices.Sort(keys)
	return keys
}
