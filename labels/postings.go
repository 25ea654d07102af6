package labels

import "cmp"

// postings file items under key=value, under a key alone, or under nothing, so
// that they are found without looking at the others. Index and SetIndex differ
// only in what they file where, and how they look it up.
//
// Filing an item and taking it out costs the number of its places. The order
// of a list is arbitrary: what is found has to be sorted.
type postings[K cmp.Ordered, V any] struct {
	items map[K]*item[K, V]
	keys  map[string]*branch[K, V]
	rest  list[K, V]
}

// item is what is filed: under an id, at one place or several.
type item[K cmp.Ordered, V any] struct {
	id     K
	value  V
	places []place[K, V]
}

// place is one of an item's: entry at of a list.
type place[K cmp.Ordered, V any] struct {
	list *list[K, V]
	at   int
}

// branch is everything filed under one key.
type branch[K cmp.Ordered, V any] struct {
	key    string
	count  int // of all entries below
	alone  list[K, V]
	values map[string]*list[K, V]
}

// list is everything filed at one place.
type list[K cmp.Ordered, V any] struct {
	branch  *branch[K, V] // nil for the rest
	value   string
	entries []entry[K, V]
}

// entry is an item in a list: place is which of its places this is.
type entry[K cmp.Ordered, V any] struct {
	item  *item[K, V]
	place int
}

// add makes an item. It is not filed anywhere yet.
func (p *postings[K, V]) add(id K, value V, places int) *item[K, V] {
	if p.items == nil {
		p.items = make(map[K]*item[K, V])
		p.keys = make(map[string]*branch[K, V])
	}
	it := &item[K, V]{id: id, value: value, places: make([]place[K, V], 0, places)}
	p.items[id] = it
	return it
}

// branch returns what is filed under a key, made where there is nothing yet.
func (p *postings[K, V]) branch(key string) *branch[K, V] {
	b := p.keys[key]
	if b == nil {
		b = &branch[K, V]{key: key}
		b.alone.branch = b
		p.keys[key] = b
	}
	return b
}

// list returns what is filed under a value of the branch's key, made where there is nothing yet.
func (b *branch[K, V]) list(value string) *list[K, V] {
	l := b.values[value]
	if l == nil {
		if b.values == nil {
			b.values = make(map[string]*list[K, V])
		}
		l = &list[K, V]{branch: b, value: value}
		b.values[value] = l
	}
	return l
}

// file enters the item into a list.
func (l *list[K, V]) file(it *item[K, V]) {
	it.places = append(it.places, place[K, V]{l, len(l.entries)})
	l.entries = append(l.entries, entry[K, V]{it, len(it.places) - 1})
	if l.branch != nil {
		l.branch.count++
	}
}

// remove takes an item out of every list it is in, and forgets lists and keys that are left empty.
func (p *postings[K, V]) remove(id K) {
	it := p.items[id]
	if it == nil {
		return
	}
	delete(p.items, id)
	for _, at := range it.places {
		l := at.list
		l.take(at.at)
		b := l.branch
		if b == nil {
			continue
		}
		b.count--
		if len(l.entries) == 0 && l != &b.alone {
			delete(b.values, l.value)
		}
		if b.count == 0 {
			delete(p.keys, b.key)
		}
	}
}

// take removes the entry at an index: the last one moves there.
func (l *list[K, V]) take(at int) {
	last := len(l.entries) - 1
	moved := l.entries[last]
	l.entries[at] = moved
	moved.item.places[moved.place].at = at
	l.entries[last] = entry[K, V]{}
	l.entries = l.entries[:last]
}
