package scheduler

import (
	"hash/maphash"
	"iter"
)

// table is a map from text that is gentle to the processor's caches. To find a key, slots
// of eight bytes are looked at, of which a cache holds those of very many keys; the
// entries lie in the order in which they came, and are never moved. A hash can be worked
// out once for several look-ups, and is not worked out again when the table grows. The
// zero table is empty. It may be read by many at a time.
type table[V any] struct {
	// slots has each key where the low bits of its hash say, or at the next place that was
	// free: the hash above, and below it the number of the entry, from 1. 0: nothing is there.
	slots []uint64
	pages []*[pageSize]entry[V]
	last  uint32   // number that was given to an entry
	free  []uint32 // numbers whose entries are gone
	len   int      // how many keys there are
}

type entry[V any] struct {
	key   string
	value V
}

// pageSize is how many entries there are memory for at a time.
const pageSize = 256

// hashed is the hash of a key.
type hashed uint32

var seed = maphash.MakeSeed() // another one in each process, as for Go's maps: it shows nowhere

func hashOf(key string) hashed { return hashed(maphash.String(seed, key)) }

// find returns the value of a key, to be read or changed; nil where there is none.
func (t *table[V]) find(h hashed, key string) *V {
	if len(t.slots) == 0 {
		return nil
	}
	mask := len(t.slots) - 1
	for i := int(h) & mask; t.slots[i] != 0; i = (i + 1) & mask {
		if s := t.slots[i]; hashed(s>>32) == h {
			if e := t.entry(uint32(s)); e.key == key {
				return &e.value
			}
		}
	}
	return nil
}

// touch reads what find does first.
func (t *table[V]) touch(h hashed) int {
	if len(t.slots) == 0 {
		return 0
	}
	return int(t.slots[int(h)&(len(t.slots)-1)])
}

// add adds a key that is not there.
func (t *table[V]) add(h hashed, key string, value V) {
	if 4*(t.len+1) > 3*len(t.slots) {
		t.grow()
	}
	var number uint32
	if last := len(t.free) - 1; last >= 0 {
		number, t.free = t.free[last], t.free[:last]
	} else {
		if int(t.last) == len(t.pages)*pageSize {
			t.pages = append(t.pages, new([pageSize]entry[V]))
		}
		t.last++
		number = t.last
	}
	*t.entry(number) = entry[V]{key, value}
	t.insert(uint64(h)<<32 | uint64(number))
	t.len++
}

// set makes a value that of a key.
func (t *table[V]) set(h hashed, key string, value V) {
	if have := t.find(h, key); have != nil {
		*have = value
		return
	}
	t.add(h, key, value)
}

// delete removes a key, if it is there.
func (t *table[V]) delete(h hashed, key string) {
	if len(t.slots) == 0 {
		return
	}
	mask := len(t.slots) - 1
	i := int(h) & mask
	for ; ; i = (i + 1) & mask {
		s := t.slots[i]
		if s == 0 {
			return
		}
		if hashed(s>>32) == h && t.entry(uint32(s)).key == key {
			break
		}
	}
	number := uint32(t.slots[i])
	*t.entry(number) = entry[V]{}
	t.free = append(t.free, number)
	t.len--
	// Those behind it move up into the gap, as far as they are still found there.
	for j := (i + 1) & mask; t.slots[j] != 0; j = (j + 1) & mask {
		home := int(t.slots[j]>>32) & mask
		if (j-home)&mask >= (j-i)&mask {
			t.slots[i] = t.slots[j]
			i = j
		}
	}
	t.slots[i] = 0
}

// entry returns the entry of a number.
func (t *table[V]) entry(number uint32) *entry[V] {
	number--
	return &t.pages[number/pageSize][number%pageSize]
}

// insert puts a slot where it is found.
func (t *table[V]) insert(s uint64) {
	mask := len(t.slots) - 1
	i := int(s>>32) & mask
	for t.slots[i] != 0 {
		i = (i + 1) & mask
	}
	t.slots[i] = s
}

// grow doubles the slots.
func (t *table[V]) grow() {
	old := t.slots
	t.slots = make([]uint64, max(16, 2*len(old)))
	for _, s := range old {
		if s != 0 {
			t.insert(s)
		}
	}
}

// all yields all entries, in no order.
func (t *table[V]) all() iter.Seq2[hashed, *entry[V]] {
	return func(yield func(hashed, *entry[V]) bool) {
		for _, s := range t.slots {
			if s != 0 && !yield(hashed(s>>32), t.entry(uint32(s))) {
				return
			}
		}
	}
}
