package labels

import (
	"cmp"
	"slices"
)

// SetIndex holds many sets, each under an id, and finds those that match a
// selector without trying them all: which pods belong to this service? The zero
// SetIndex is empty and ready for use.
//
// Every set is filed under each of its labels. Matching walks the sets of the
// requirement that leaves the fewest and tries the others on them. Only a
// selector that demands no label at all (the empty selector, and those of
// nothing but !a, a!=b and a notin (b)) is tried on every set, unless every set
// has the label a.
//
// Matching and Len may be called by several goroutines at once; Put and Delete by
// one, and while nobody else uses the SetIndex. It must not be copied once in use.
type SetIndex[K cmp.Ordered] struct {
	postings postings[K, Set]
}

// Put holds the set under id, in place of one that was there. The set is kept,
// not copied: it must not change until it is deleted or replaced.
//
// It costs the number of labels, and little where they are those that were there.
func (x *SetIndex[K]) Put(id K, set Set) {
	if it := x.postings.items[id]; it != nil {
		if it.value.Equal(set) {
			it.value = set
			return
		}
		x.postings.remove(id)
	}
	it := x.postings.add(id, set, len(set)+1)
	x.postings.rest.file(it) // where scan finds it
	for key, value := range set {
		x.postings.branch(key).list(value).file(it)
	}
}

// Delete forgets the set under id, if there is one.
func (x *SetIndex[K]) Delete(id K) { x.postings.remove(id) }

// Len returns how many sets there are.
func (x *SetIndex[K]) Len() int { return len(x.postings.items) }

// some is how many ids room is made for where it is unknown how many will match.
const some = 32

// Matching returns the ids of the sets that match the selector, sorted; nil
// where there are none. The caller owns the slice.
func (x *SetIndex[K]) Matching(selector Selector) []K {
	best, count := x.narrowest(selector)
	if best == nil {
		return x.scan(selector)
	}
	if count == 0 {
		return nil
	}
	rest, room := selector, min(count, some)
	if len(selector.requirements) == 1 {
		rest, room = Selector{}, count // all of them match, but for > and <
	}
	ids := make([]K, 0, room)
	branch := x.postings.keys[best.key]
	switch best.code {
	case equals, in:
		for _, value := range best.values {
			if l := branch.values[value]; l != nil {
				ids = appendMatched(ids, l.entries, rest)
			}
		}
	default:
		for value, l := range branch.values {
			if best.accepts(value, true) {
				ids = appendMatched(ids, l.entries, rest)
			}
		}
	}
	if len(ids) == 0 {
		return nil
	}
	slices.Sort(ids)
	return ids
}

func appendMatched[K cmp.Ordered](ids []K, entries []entry[K, Set], selector Selector) []K {
	for _, e := range entries {
		if selector.Matches(e.item.value) {
			ids = append(ids, e.item.id)
		}
	}
	return ids
}

// scan tries the selector on every set.
func (x *SetIndex[K]) scan(selector Selector) []K {
	ids := appendMatched(nil, x.postings.rest.entries, selector)
	slices.Sort(ids)
	return ids
}

// narrowest returns the requirement that the fewest sets can meet, and how many
// these are at most; nil where sets without its label meet every one.
func (x *SetIndex[K]) narrowest(selector Selector) (*Requirement, int) {
	var best *Requirement
	fewest := 0
	for i := range selector.requirements {
		r := &selector.requirements[i]
		count, filed := x.count(r)
		if filed && (best == nil || count < fewest) {
			best, fewest = r, count
		}
	}
	return best, fewest
}

// count returns how many sets can meet the requirement at most, and whether all
// of these are filed under its key.
func (x *SetIndex[K]) count(r *Requirement) (count int, filed bool) {
	branch := x.postings.keys[r.key]
	negative := r.code == doesNotExist || r.code == notEquals || r.code == notIn
	if branch == nil {
		return 0, !negative
	}
	if negative && branch.count < len(x.postings.items) {
		return 0, false // those without the key meet it too
	}
	for _, value := range r.values {
		if l := branch.values[value]; l != nil {
			count += len(l.entries)
		}
	}
	switch r.code {
	case equals, in:
		return count, true
	case notEquals, notIn:
		return branch.count - count, true
	case doesNotExist:
		return 0, true
	}
	return branch.count, true
}
