package store

import (
	"iter"
	"slices"

	"github.com/coracle-dev/coracle/labels"
)

// array is the objects of one table, each in the slot of its row. To copy an
// array is to take a snapshot: copies share their pages, and a transaction copies
// a page before it writes to it for the first time. The zero array is empty.
type array struct {
	tx       uint64 // the transaction that sections belong to
	sections []*section
}

// section is pages that belong to a transaction each, as it does itself.
type section struct {
	tx    uint64
	pages [perSection]*page
}

type page struct {
	tx      uint64
	objects [perPage]labels.Object
}

// A write alone copies one page, one section and the list of sections: some 2 kB
// among 100,000 objects.
const (
	perPage    = 32
	perSection = 64
)

// place returns where the object of a slot is.
func place(slot int) (section, page, object int) {
	return slot / perPage / perSection, slot / perPage % perSection, slot % perPage
}

// get returns the object in a slot, or nil.
func (a *array) get(slot int) labels.Object {
	i, j, k := place(slot)
	if i >= len(a.sections) {
		return nil
	}
	p := a.sections[i].pages[j]
	if p == nil {
		return nil
	}
	return p.objects[k]
}

// set puts an object, or nil, into a slot for a transaction. No copy of the array
// that was made before the transaction changes. Slots are taken one after the other.
func (a *array) set(slot int, o labels.Object, tx uint64) {
	if a.tx != tx {
		a.tx, a.sections = tx, slices.Clone(a.sections)
	}
	i, j, k := place(slot)
	if i == len(a.sections) {
		a.sections = append(a.sections, new(section))
	}
	s := a.sections[i]
	if s.tx != tx {
		s = &section{tx: tx, pages: s.pages}
		a.sections[i] = s
	}
	p := s.pages[j]
	switch {
	case p == nil:
		p = &page{tx: tx}
		s.pages[j] = p
	case p.tx != tx:
		p = &page{tx: tx, objects: p.objects}
		s.pages[j] = p
	}
	p.objects[k] = o
}

// all walks the objects in the order of their slots.
func (a *array) all() iter.Seq[labels.Object] {
	return func(yield func(labels.Object) bool) {
		for _, s := range a.sections {
			for _, p := range s.pages {
				if p == nil {
					continue
				}
				for _, o := range p.objects {
					if o != nil && !yield(o) {
						return
					}
				}
			}
		}
	}
}
