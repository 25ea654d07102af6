package store

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
)

// Whatever transactions write, each copy of an array stays what it was, and shares
// the pages that later transactions left alone.
func TestArrayCopies(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	var a array
	var model []labels.Object
	type copied struct {
		array
		model []labels.Object
	}
	var copies []copied
	for tx := range uint64(200) {
		copies = append(copies, copied{a, slices.Clone(model)})
		for range rng.IntN(100) {
			slot := min(rng.IntN(2*len(model)+1), len(model)) // half of them are new
			var o labels.Object
			if rng.IntN(4) > 0 {
				o = &labels.Namespace{}
			}
			if slot == len(model) {
				model = append(model, nil)
			}
			model[slot] = o
			a.set(slot, o, tx+1)
		}
	}
	require.Greater(t, len(model), 2*perPage*perSection)
	for _, c := range append(copies, copied{a, model}) {
		for slot, o := range c.model {
			require.True(t, c.get(slot) == o)
		}
		require.Nil(t, c.get(len(c.model)))
		require.Nil(t, c.get(len(model)+perPage*perSection))
		exist := slices.DeleteFunc(slices.Clone(c.model), func(o labels.Object) bool { return o == nil })
		require.True(t, slices.Equal(exist, slices.Collect(c.all())))
	}
	was := a
	a.set(0, &labels.Namespace{}, 1000)
	require.Same(t, was.sections[1], a.sections[1])
	require.Same(t, was.sections[0].pages[1], a.sections[0].pages[1])
	require.NotSame(t, was.sections[0].pages[0], a.sections[0].pages[0])
}
