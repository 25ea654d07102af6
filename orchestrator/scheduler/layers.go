package scheduler

import "iter"

// layers is a map that can be forked at once, however large it is: what a fork
// shares with its origin lies below, and is never changed again. The zero value
// of V stands for a key that is gone, where a layer below still has it. The zero
// layers is an empty map.
type layers[V comparable] struct {
	top   table[V]
	below []table[V] // the newest last
}

func (l *layers[V]) get(key string) V    { return l.at(hashOf(key), key) }
func (l *layers[V]) set(key string, v V) { l.setAt(hashOf(key), key, v) }
func (l *layers[V]) delete(key string)   { l.deleteAt(hashOf(key), key) }

// at is get for who has the hash of the key.
func (l *layers[V]) at(h hashed, key string) V {
	if v := l.top.find(h, key); v != nil {
		return *v
	}
	return l.under(len(l.below), h, key)
}

// under is what a key has in the layers under one.
func (l *layers[V]) under(i int, h hashed, key string) V {
	for i--; i >= 0; i-- {
		if v := l.below[i].find(h, key); v != nil {
			return *v
		}
	}
	var none V
	return none
}

// setAt is set for who has the hash of the key.
func (l *layers[V]) setAt(h hashed, key string, v V) { l.top.set(h, key, v) }

// deleteAt is delete for who has the hash of the key.
func (l *layers[V]) deleteAt(h hashed, key string) {
	var none V
	if l.under(len(l.below), h, key) == none {
		l.top.delete(h, key)
		return
	}
	l.top.set(h, key, none)
}

// all yields every key once, in no order.
func (l *layers[V]) all() iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		var none V
		for i := len(l.below); i >= 0; i-- {
			for h, e := range l.layer(i).all() {
				if e.value != none && !l.hidden(i, h, e.key) && !yield(e.key, e.value) {
					return
				}
			}
		}
	}
}

// layer returns a layer, counted from the lowest.
func (l *layers[V]) layer(i int) *table[V] {
	if i == len(l.below) {
		return &l.top
	}
	return &l.below[i]
}

// hidden reports whether a layer above one has the key too.
func (l *layers[V]) hidden(i int, h hashed, key string) bool {
	for i++; i <= len(l.below); i++ {
		if l.layer(i).find(h, key) != nil {
			return true
		}
	}
	return false
}

// fork returns a map that is the same, and goes its own way from here on.
func (l *layers[V]) fork() layers[V] {
	if l.top.len > 0 {
		below := make([]table[V], 0, len(l.below)+1)
		l.below = append(append(below, l.below...), l.top)
		l.top = table[V]{}
		l.merge()
	}
	return layers[V]{below: l.below}
}

// maxLayers bounds how many maps a look-up may have to ask.
const maxLayers = 8

// merge keeps the layers few: each is more than twice as large as the next one,
// as far as they are many. So a key is copied a logarithmic number of times.
func (l *layers[V]) merge() {
	for n := len(l.below); n > maxLayers || n > 1 && l.below[n-2].len < 2*l.below[n-1].len && n > maxLayers/2; n = len(l.below) {
		var both table[V]
		var none V
		for i := n - 2; i < n; i++ {
			for h, e := range l.below[i].all() {
				if e.value == none && l.under(n-2, h, e.key) == none {
					both.delete(h, e.key) // there is nothing that it hides
					continue
				}
				both.set(h, e.key, e.value)
			}
		}
		l.below = append(l.below[:n-2:n-2], both)
	}
}
