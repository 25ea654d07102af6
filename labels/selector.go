package labels

import (
	"slices"
	"strings"
)

// Selector picks objects by their labels: a set matches when it meets every
// requirement. The zero Selector has none and matches everything.
//
// A Selector never changes, so it may be copied and used by any number of
// goroutines. Two selectors that ask the same in other words (order, spacing,
// == for =, a value given twice) are Equal and have the same String.
type Selector struct {
	requirements []Requirement // sorted, each once; nil where there are none
}

// NewSelector returns the selector of all the requirements together.
func NewSelector(requirements ...Requirement) Selector {
	return canonical(slices.Clone(requirements))
}

// SelectorFromSet returns the selector of the sets that have every label of
// this one: what a replication controller or a service writes as its selector.
// An empty set gives the selector that matches everything.
//
// The labels are taken as they are. Those of an invalid set (see ValidateSet)
// match as they should, but their String is not one that Parse reads.
func SelectorFromSet(set Set) Selector {
	if len(set) == 0 {
		return Selector{}
	}
	values := make([]string, len(set))
	requirements := make([]Requirement, len(set))
	for i, key := range sortedKeys(set) {
		values[i] = set[key]
		requirements[i] = Requirement{key: key, code: equals, values: values[i : i+1]}
	}
	return Selector{requirements}
}

// canonical sorts the requirements in place and drops those that are there twice.
func canonical(requirements []Requirement) Selector {
	if len(requirements) == 0 {
		return Selector{}
	}
	if len(requirements) > 1 {
		slices.SortFunc(requirements, compareRequirements)
		requirements = slices.CompactFunc(requirements, sameRequirement)
	}
	return Selector{requirements}
}

func sameRequirement(a, b Requirement) bool { return compareRequirements(a, b) == 0 }

// Matches reports whether the set meets every requirement. It allocates nothing.
func (s Selector) Matches(set Set) bool {
	for i := range s.requirements {
		r := &s.requirements[i]
		value, has := set[r.key]
		if r.code == equals { // as most are: decided here, without a call
			if !has || value != r.values[0] {
				return false
			}
			continue
		}
		if !r.accepts(value, has) {
			return false
		}
	}
	return true
}

// Empty reports whether there is no requirement, so that everything matches.
func (s Selector) Empty() bool { return len(s.requirements) == 0 }

// Requirements returns a copy of the requirements, sorted by key, operator and values.
func (s Selector) Requirements() []Requirement { return slices.Clone(s.requirements) }

// Equal reports whether both selectors have the same requirements.
func (s Selector) Equal(other Selector) bool {
	return slices.EqualFunc(s.requirements, other.requirements, sameRequirement)
}

// String returns the canonical text: requirements sorted and separated by
// commas, values sorted, no space but around in and notin, "=" never "==".
// Parse reads it back as an Equal selector. It is empty for the empty selector.
func (s Selector) String() string {
	var b strings.Builder
	for i := range s.requirements {
		if i > 0 {
			b.WriteByte(',')
		}
		s.requirements[i].write(&b)
	}
	return b.String()
}
