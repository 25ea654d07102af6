package scheduler

import "iter"

// layers is a map that can be forked at once, however large it is: what a fork
// shares with its origin lies below, and is never changed again. The zero value
// of V stands for a key that is gone. The zero layers is an empty map.
type layers[V comparable] struct {
	top   map[string]V
	below []map[string]V // the newest last
}

func (l *layers[V]) get(key string) V {
	if v, ok := l.top[key]; ok {
		return v
	}
	for i := len(l.below) - 1; i >= 0; i-- {
		if v, ok := l.below[i][key]; ok {
			return v
		}
	}
	var none V
	return none
}

func (l *layers[V]) set(key string, v V) {
	if l.top == nil {
		l.top = make(map[string]V)
	}
	l.top[key] = v
}

func (l *layers[V]) delete(key string) {
	if len(l.below) == 0 {
		delete(l.top, key)
		return
	}
	var none V
	l.set(key, none)
}

// all yields every key once, in no order.
func (l *layers[V]) all() iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		var none V
		seen := func(key string, above int) bool {
			for i := len(l.below) - 1; i > above; i-- {
				if _, ok := l.below[i][key]; ok {
					return true
				}
			}
			_, ok := l.top[key]
			return ok
		}
		for key, v := range l.top {
			if v != none && !yield(key, v) {
				return
			}
		}
		for i := len(l.below) - 1; i >= 0; i-- {
			for key, v := range l.below[i] {
				if v != none && !seen(key, i) && !yield(key, v) {
					return
				}
			}
		}
	}
}

// fork returns a map that is the same, and goes its own way from here on.
func (l *layers[V]) fork() layers[V] {
	if len(l.top) > 0 {
		below := make([]map[string]V, 0, len(l.below)+1)
		l.below = append(append(below, l.below...), l.top)
		l.top = nil
		l.merge()
	}
	return layers[V]{below: l.below}
}

// maxLayers bounds how many maps a look-up may have to ask.
const maxLayers = 8

// merge keeps the layers few: each is more than twice as large as the next one,
// as far as they are many. So a key is copied a logarithmic number of times.
func (l *layers[V]) merge() {
	for n := len(l.below); n > maxLayers || n > 1 && len(l.below[n-2]) < 2*len(l.below[n-1]) && n > maxLayers/2; n = len(l.below) {
		lower, upper := l.below[n-2], l.below[n-1]
		both := make(map[string]V, len(lower)+len(upper))
		var none V
		for _, layer := range []map[string]V{lower, upper} {
			for key, v := range layer {
				if n == 2 && v == none {
					delete(both, key) // nothing lies deeper
					continue
				}
				both[key] = v
			}
		}
		l.below = append(l.below[:n-2:n-2], both)
	}
}
