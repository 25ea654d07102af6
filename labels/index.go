package labels

import (
	"cmp"
	"slices"
)

// Index holds many selectors, each under an id, and finds those that match a
// set without trying them all: which controllers and services does this pod
// belong to? The zero Index is empty and ready for use.
//
// Each selector is filed under the one of its requirements that the fewest
// others are filed under: a key with one of some values, or else a key that has
// to be there. So Matching looks only at the selectors filed under the labels
// of the set, and at those that demand no label at all (the empty selector,
// and those of nothing but !a, a!=b and a notin (b)).
//
// Matching and Len may be called by several goroutines at once; Put and Delete by
// one, and while nobody else uses the Index. It must not be copied once in use.
type Index[K cmp.Ordered] struct {
	postings postings[K, Selector]
}

// Put holds the selector under id, in place of one that was there.
func (x *Index[K]) Put(id K, selector Selector) {
	if it := x.postings.items[id]; it != nil {
		if it.value.Equal(selector) {
			return
		}
		x.postings.remove(id)
	}
	best := x.narrowest(selector)
	if best == nil {
		x.postings.rest.file(x.postings.add(id, selector, 1))
		return
	}
	it := x.postings.add(id, selector, max(1, len(best.values)))
	branch := x.postings.branch(best.key)
	if best.code != equals && best.code != in {
		branch.alone.file(it)
		return
	}
	for _, value := range best.values {
		branch.list(value).file(it)
	}
}

// Delete forgets the selector under id, if there is one.
func (x *Index[K]) Delete(id K) { x.postings.remove(id) }

// Len returns how many selectors there are.
func (x *Index[K]) Len() int { return len(x.postings.items) }

// Matching returns the ids of the selectors that match the set, sorted; nil
// where there are none. The caller owns the slice.
//
// It costs the labels of the set and the selectors filed under them, not the
// number of selectors.
func (x *Index[K]) Matching(set Set) []K {
	ids := appendMatching(nil, x.postings.rest.entries, set)
	for key, value := range set {
		branch := x.postings.keys[key]
		if branch == nil {
			continue
		}
		ids = appendMatching(ids, branch.alone.entries, set)
		if l := branch.values[value]; l != nil {
			ids = appendMatching(ids, l.entries, set)
		}
	}
	slices.Sort(ids)
	return ids
}

func appendMatching[K cmp.Ordered](ids []K, entries []entry[K, Selector], set Set) []K {
	for _, e := range entries {
		if e.item.value.Matches(set) {
			ids = append(ids, e.item.id)
		}
	}
	return ids
}

// narrowest returns the requirement to file a selector under: the one with the
// shortest lists so far, then the one with the fewest values; nil where none
// demands a label.
func (x *Index[K]) narrowest(selector Selector) *Requirement {
	var best *Requirement
	var bestLength, bestLists int
	for i := range selector.requirements {
		r := &selector.requirements[i]
		length, lists := x.crowd(r)
		if lists == 0 {
			continue
		}
		if best == nil || length < bestLength || length == bestLength && lists < bestLists {
			best, bestLength, bestLists = r, length, lists
		}
	}
	return best
}

// crowd returns how long the longest list is that a selector is filed in under
// the requirement, and in how many it is filed: 0 if it demands no label. A
// key alone counts as more lists than any number of values, for it is the less telling.
func (x *Index[K]) crowd(r *Requirement) (length, lists int) {
	branch := x.postings.keys[r.key]
	switch r.code {
	case exists, greaterThan, lessThan:
		if branch != nil {
			length = len(branch.alone.entries)
		}
		return length, 1 << 30
	case equals, in:
		if branch != nil {
			for _, value := range r.values {
				if l := branch.values[value]; l != nil {
					length = max(length, len(l.entries))
				}
			}
		}
		return length, len(r.values)
	}
	return 0, 0
}
