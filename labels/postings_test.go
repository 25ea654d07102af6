package labels

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// check reports where postings contradict themselves: every entry knows its
// item, every item its entries, and nothing empty is kept.
func (p *postings[K, V]) check(t *testing.T) {
	t.Helper()
	entries := 0
	checkList := func(l *list[K, V], b *branch[K, V]) {
		require.Same(t, b, l.branch)
		for i, e := range l.entries {
			require.Same(t, p.items[e.item.id], e.item)
			require.Equal(t, place[K, V]{l, i}, e.item.places[e.place])
		}
		entries += len(l.entries)
	}
	checkList(&p.rest, nil)
	for key, b := range p.keys {
		before := entries
		require.Equal(t, key, b.key)
		checkList(&b.alone, b)
		for value, l := range b.values {
			require.Equal(t, value, l.value)
			require.NotEmpty(t, l.entries)
			checkList(l, b)
		}
		require.Equal(t, b.count, entries-before)
		require.Positive(t, b.count)
	}
	for _, it := range p.items {
		entries -= len(it.places)
	}
	require.Zero(t, entries)
}

func mustParse(t *testing.T, text string) Selector {
	t.Helper()
	s, err := Parse(text)
	require.NoError(t, err)
	return s
}

func TestIndexesForgetWhatIsDeleted(t *testing.T) {
	var index Index[int]
	var sets SetIndex[int]
	texts := []string{"", "a", "a=1", "a in (1,2,3)", "b>1", "!c", "a=1,b=2"}
	for i := range 200 {
		index.Put(i, mustParse(t, texts[i%len(texts)]))
		sets.Put(i, Set{"a": fmt.Sprint(i % 3), "b": fmt.Sprint(i), "c": "same"})
	}
	for i := range 200 {
		index.postings.check(t)
		sets.postings.check(t)
		index.Delete(i * 7 % 200)
		sets.Delete(i * 7 % 200)
	}
	require.Empty(t, index.postings.items)
	require.Empty(t, index.postings.keys)
	require.Empty(t, index.postings.rest.entries)
	require.Empty(t, sets.postings.items)
	require.Empty(t, sets.postings.keys)
}

// However the selectors share labels, no list grows long where they differ in one.
func TestIndexFilesUnderTheTellingRequirement(t *testing.T) {
	for name, text := range map[string]string{
		"first":       "app=x%d,env=prod,tier=web",
		"last":        "app=web,env=prod,zone=x%d",
		"in a list":   "app=web,zone in (x%[1]d,y%[1]d)",
		"beside keys": "app,env,zone=x%d,!gone",
	} {
		t.Run(name, func(t *testing.T) {
			var index Index[int]
			for i := range 1000 {
				index.Put(i, mustParse(t, fmt.Sprintf(text, i)))
			}
			index.postings.check(t)
			require.Empty(t, index.postings.rest.entries)
			for _, b := range index.postings.keys {
				require.LessOrEqual(t, len(b.alone.entries), 1)
				for _, l := range b.values {
					require.LessOrEqual(t, len(l.entries), 1, "%s=%s", b.key, l.value)
				}
			}
		})
	}
}
