package service

import "math/bits"

// pool is a range of keys that are numbered from 0, and who has which of them.
// Keys outside of the range may be had too, but are never chosen.
type pool[K comparable] struct {
	size   int
	band   int                 // the numbers below are chosen last: they are for those who ask
	next   int                 // where the next choice begins
	number func(K) (int, bool) // of a key; false outside of the range
	key    func(int) K

	used   []uint64 // a bit for each number
	owners map[K]string
}

// newPool returns a pool of size keys, of which one in part, at least 16 and at most most, are chosen last.
func newPool[K comparable](size, part, most int, number func(K) (int, bool), key func(int) K) pool[K] {
	band := min(max(16, size/part), most)
	if size < 2*band {
		band = 0
	}
	return pool[K]{
		size: size, band: band, next: band, number: number, key: key,
		used: make([]uint64, (size+63)/64), owners: make(map[K]string),
	}
}

// take gives a key to its owner, whoever had it.
func (p *pool[K]) take(k K, owner string) {
	p.owners[k] = owner
	if n, in := p.number(k); in {
		p.reserve(n)
	}
}

// reserve keeps a number from being chosen.
func (p *pool[K]) reserve(n int) { p.used[n/64] |= 1 << (n % 64) }

// give takes a key back from an owner, if he has it.
func (p *pool[K]) give(k K, owner string) {
	if p.owners[k] != owner {
		return
	}
	delete(p.owners, k)
	if n, in := p.number(k); in {
		p.used[n/64] &^= 1 << (n % 64)
	}
}

// choose returns a key that nobody has: the first after the last one chosen, so
// that one that was given back rests for a while. False if there is none.
func (p *pool[K]) choose() (k K, ok bool) {
	for _, part := range [][2]int{{p.next, p.size}, {p.band, p.next}, {0, p.band}} {
		if n := p.unused(part[0], part[1]); n >= 0 {
			p.next = max(p.band, n+1)
			return p.key(n), true
		}
	}
	return k, false
}

// unused returns the first unused number from first to before end; -1 if there is none.
func (p *pool[K]) unused(first, end int) int {
	for n := first; n < end; {
		free := ^p.used[n/64] >> (n % 64)
		if free != 0 {
			if n += bits.TrailingZeros64(free); n < end {
				return n
			}
			return -1
		}
		n = (n/64 + 1) * 64
	}
	return -1
}
