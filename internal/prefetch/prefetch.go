// Package prefetch shortens loops over very many objects that lie all over the memory.
//
// An object that is in no cache of the processor takes some 100 ns to come. A loop that
// does much with each waits for them one after another. One that reads a little of the
// next few first has them come together, while nothing waits.
package prefetch

import (
	"iter"
	"runtime"
)

// ahead is for how many elements memory is asked for at a time: more than a processor
// waits for at once, and few enough for all that they lead to to stay in its first cache.
const ahead = 32

// All yields index and address of every element of s in order. Before it comes to some
// of them it calls touches for each: these are to read what the loop will read of it, and
// to return a number that depends on all of that, or the compiler leaves the reading out.
// The numbers are of no use else. The first is called for all of those elements before
// the second: what lies behind a pointer is for the touch after the one that reads the
// pointer. Elements that the loop changes may be touched before.
func All[E any](s []E, touches ...func(*E) int) iter.Seq2[int, *E] {
	return func(yield func(int, *E) bool) {
		read := 0
		for i := range s {
			if i%ahead == 0 {
				for _, touch := range touches {
					for j := i; j < min(i+ahead, len(s)); j++ {
						read += touch(&s[j])
					}
				}
			}
			if !yield(i, &s[i]) {
				break
			}
		}
		runtime.KeepAlive(read)
	}
}

// Text reads the beginning of a text.
func Text(s string) int {
	if s == "" {
		return 0
	}
	return int(s[0])
}
