package labels_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
)

// The random data has few keys and values, so that selectors and sets meet often.
var (
	someKeys   = []string{"app", "tier", "env", "example.com/zone", "n"}
	someValues = []string{"", "a", "b", "c", "1", "5", "10"}
)

func pick(r *rand.Rand, from []string) string { return from[r.IntN(len(from))] }

// randomSet always has the first key, so that one is there that every set has.
func randomSet(r *rand.Rand) labels.Set {
	set := labels.Set{}
	for _, key := range someKeys {
		if key == "app" || r.IntN(3) > 0 {
			set[key] = pick(r, someValues)
		}
	}
	return set
}

func randomSelector(t testing.TB, r *rand.Rand) labels.Selector {
	parts := make([]string, r.IntN(4))
	for i := range parts {
		key, value := pick(r, someKeys), pick(r, someValues)
		switch r.IntN(8) {
		case 0:
			parts[i] = key
		case 1:
			parts[i] = "!" + key
		case 2:
			parts[i] = key + "!=" + value
		case 3:
			parts[i] = key + " notin (" + value + "," + pick(r, someValues) + ")"
		case 4:
			parts[i] = key + " in (" + value + "," + pick(r, someValues) + "," + pick(r, someValues) + ")"
		case 5:
			parts[i] = key + pick(r, []string{">", "<"}) + pick(r, []string{"0", "4", "7"})
		default:
			parts[i] = key + "=" + value
		}
	}
	return parse(t, strings.Join(parts, ","))
}

// scan is the oracle: it tries everything, one by one.
func scan[K cmp.Ordered, V any](all map[K]V, matches func(V) bool) []K {
	var ids []K
	for id, v := range all {
		if matches(v) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

func TestIndexAgainstScan(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 1))
		var index labels.Index[string]
		all := map[string]labels.Selector{}
		found := 0
		for range 1000 {
			id := fmt.Sprintf("id-%d", r.IntN(150))
			if r.IntN(3) == 0 {
				index.Delete(id)
				delete(all, id)
			} else {
				s := randomSelector(t, r)
				index.Put(id, s)
				all[id] = s
			}
			set := randomSet(r)
			want := scan(all, func(s labels.Selector) bool { return s.Matches(set) })
			require.Equal(t, want, index.Matching(set), "%v", set)
			require.Equal(t, len(all), index.Len())
			found += len(want)
		}
		require.Positive(t, found)
	}
}

func TestSetIndexAgainstScan(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 2))
		var index labels.SetIndex[int]
		all := map[int]labels.Set{}
		found := 0
		for range 1000 {
			id := r.IntN(150)
			if r.IntN(3) == 0 {
				index.Delete(id)
				delete(all, id)
			} else {
				set := randomSet(r)
				index.Put(id, set)
				all[id] = set
			}
			s := randomSelector(t, r)
			want := scan(all, s.Matches)
			require.Equal(t, want, index.Matching(s), "%s", s)
			require.Equal(t, len(all), index.Len())
			found += len(want)
		}
		require.Positive(t, found)
	}
}

// Where every set has a label, its negations are looked up as well.
func TestSetIndexNegationsOfWhatAllHave(t *testing.T) {
	var sets labels.SetIndex[int]
	for i := range 10 {
		sets.Put(i, labels.Set{"parity": []string{"even", "odd"}[i%2], "n": fmt.Sprint(i)})
	}
	odd := []int{1, 3, 5, 7, 9}
	require.Equal(t, odd, sets.Matching(parse(t, "parity!=even")))
	require.Equal(t, odd, sets.Matching(parse(t, "parity notin (even,none)")))
	require.Equal(t, []int{7, 9}, sets.Matching(parse(t, "parity!=even,n notin (1,3,5)")))
	require.Nil(t, sets.Matching(parse(t, "!parity")))
	require.Nil(t, sets.Matching(parse(t, "n>3,!parity")))
	sets.Put(10, nil)
	require.Equal(t, append(odd, 10), sets.Matching(parse(t, "parity!=even")))
	require.Equal(t, []int{10}, sets.Matching(parse(t, "!parity")))
	sets.Delete(10)
	require.Nil(t, sets.Matching(parse(t, "!parity")))
}

func TestZeroIndexes(t *testing.T) {
	var index labels.Index[int]
	require.Nil(t, index.Matching(labels.Set{"a": "b"}))
	require.Zero(t, index.Len())
	index.Delete(1)

	var sets labels.SetIndex[int]
	require.Nil(t, sets.Matching(labels.Selector{}))
	require.Nil(t, sets.Matching(parse(t, "a=b")))
	require.Zero(t, sets.Len())
	sets.Delete(1)
}

func TestIndexesReplace(t *testing.T) {
	var index labels.Index[string]
	index.Put("x", parse(t, "a=1"))
	index.Put("x", parse(t, "a==1"))
	require.Equal(t, []string{"x"}, index.Matching(labels.Set{"a": "1"}))
	index.Put("x", parse(t, "a=2"))
	require.Nil(t, index.Matching(labels.Set{"a": "1"}))
	require.Equal(t, []string{"x"}, index.Matching(labels.Set{"a": "2"}))
	require.Equal(t, 1, index.Len())

	var sets labels.SetIndex[string]
	sets.Put("x", labels.Set{"a": "1"})
	sets.Put("x", labels.Set{"a": "1"})
	require.Equal(t, []string{"x"}, sets.Matching(parse(t, "a=1")))
	sets.Put("x", labels.Set{"a": "2"})
	require.Nil(t, sets.Matching(parse(t, "a=1")))
	require.Equal(t, []string{"x"}, sets.Matching(parse(t, "a=2")))
	sets.Put("x", nil)
	require.Nil(t, sets.Matching(parse(t, "a")))
	require.Equal(t, []string{"x"}, sets.Matching(parse(t, "!a")))
	require.Equal(t, 1, sets.Len())
}

// A set whose place is taken by an equal one must not be looked at any more:
// its owner may do with it what he likes.
func TestSetIndexLetsGoOfAReplacedSet(t *testing.T) {
	var sets labels.SetIndex[string]
	old := labels.Set{"a": "1", "b": "1"}
	sets.Put("x", old)
	sets.Put("x", labels.Set{"a": "1", "b": "1"})
	old["b"] = "2"
	require.Equal(t, []string{"x"}, sets.Matching(parse(t, "a=1,b=1")))
}

// What is found depends on what there is, not on the order in which it came.
func TestIndexesForgetOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	sets, selectors := make([]labels.Set, 200), make([]labels.Selector, 200)
	for i := range sets {
		sets[i], selectors[i] = randomSet(r), randomSelector(t, r)
	}
	var first [][]int
	for range 5 {
		var index labels.Index[int]
		var setIndex labels.SetIndex[int]
		for _, i := range r.Perm(len(sets)) {
			index.Put(i, selectors[i])
			setIndex.Put(i, sets[i])
		}
		var found [][]int
		for i := range sets {
			found = append(found, index.Matching(sets[i]), setIndex.Matching(selectors[i]))
		}
		if first == nil {
			first = found
		}
		require.Equal(t, first, found)
	}
}

func TestIndexesServeManyReaders(t *testing.T) {
	var index labels.Index[int]
	var sets labels.SetIndex[int]
	for i := range 100 {
		set := labels.Set{"app": fmt.Sprint(i % 10), "id": fmt.Sprint(i)}
		sets.Put(i, set)
		index.Put(i, labels.SelectorFromSet(set))
	}
	tens := parse(t, "app=3,id>50")
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for range 100 {
				if got := sets.Matching(tens); !slices.Equal(got, []int{53, 63, 73, 83, 93}) {
					t.Errorf("sets: %v", got)
				}
				if got := index.Matching(labels.Set{"app": "3", "id": "53"}); !slices.Equal(got, []int{53}) {
					t.Errorf("selectors: %v", got)
				}
			}
		})
	}
	readers.Wait()
}
