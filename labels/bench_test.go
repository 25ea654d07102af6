package labels_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
)

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := labels.Parse("a=b,c in (x,y,z),!d"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkString(b *testing.B) {
	s := parse(b, "a=b,c in (x,y,z),!d")
	b.ReportAllocs()
	for b.Loop() {
		_ = s.String()
	}
}

// A selector of one requirement of each common kind, and selectors of 1, 3 and
// 10 requirements, all met, on sets of 5 and 20 labels.
func BenchmarkMatches(b *testing.B) {
	mixed := labels.Set{"a": "b", "c": "y", "e": "1", "f": "2", "g": "3"}
	b.Run("mixed", func(b *testing.B) { benchmarkMatches(b, parse(b, "a=b,c in (x,y,z),!d"), mixed) })
	for _, size := range []int{5, 20} {
		set := labels.Set{}
		for i := range size {
			set[fmt.Sprintf("example.com/key-%d", i)] = fmt.Sprintf("value-%d", i)
		}
		for _, count := range []int{1, 3, 10} {
			forms := []string{"%[1]s=%[2]s", "%[1]s in (other,%[2]s)", "!no-%[2]s", "%[1]s!=other", "%[1]s"}
			parts := make([]string, count)
			for i := range parts {
				parts[i] = fmt.Sprintf(forms[(i+i/size)%len(forms)], fmt.Sprintf("example.com/key-%d", i%size), fmt.Sprintf("value-%d", i%size))
			}
			s := parse(b, strings.Join(parts, ","))
			require.Len(b, s.Requirements(), count)
			b.Run(fmt.Sprintf("requirements=%d/labels=%d", count, size), func(b *testing.B) { benchmarkMatches(b, s, set) })
		}
	}
}

func benchmarkMatches(b *testing.B, s labels.Selector, set labels.Set) {
	require.True(b, s.Matches(set))
	require.Zero(b, testing.AllocsPerRun(10, func() { s.Matches(set) }))
	b.ReportAllocs()
	for b.Loop() {
		s.Matches(set)
	}
}

// manySelectors are those of 10,000 controllers and services: by application and tier.
func manySelectors(b *testing.B) []labels.Selector {
	selectors := make([]labels.Selector, 10_000)
	for i := range selectors {
		selectors[i] = parse(b, fmt.Sprintf("env=prod,app=app-%d,tier in (web,db)", i))
	}
	return selectors
}

func BenchmarkIndexMatching(b *testing.B) {
	selectors := manySelectors(b)
	set := labels.Set{"env": "prod", "app": "app-77", "tier": "web", "version": "v1", "pod-template-hash": "5d9c"}
	var index labels.Index[string]
	for i, s := range selectors {
		index.Put(fmt.Sprintf("default/app-%d", i), s)
	}
	require.Equal(b, []string{"default/app-77"}, index.Matching(set))
	b.Run("index", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			index.Matching(set)
		}
	})
	b.Run("scan", func(b *testing.B) {
		for b.Loop() {
			for _, s := range selectors {
				s.Matches(set)
			}
		}
	})
}

func BenchmarkIndexPut(b *testing.B) {
	selectors := manySelectors(b)
	var index labels.Index[int]
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		id := i % len(selectors)
		index.Delete(id)
		index.Put(id, selectors[id])
	}
}

// manySets are the labels of 100,000 pods of 2,000 applications, 50 each.
func manySets() ([]string, []labels.Set) {
	ids, sets := make([]string, 100_000), make([]labels.Set, 100_000)
	for i := range sets {
		ids[i] = fmt.Sprintf("default/pod-%05d", i)
		sets[i] = labels.Set{
			"env": "prod", "app": fmt.Sprintf("app-%d", i%2000), "tier": []string{"web", "db", "cache"}[i%3],
			"version": fmt.Sprintf("%d", i%7), "pod-template-hash": fmt.Sprintf("%x", i%2000),
		}
	}
	return ids, sets
}

func BenchmarkSetIndexMatching(b *testing.B) {
	ids, sets := manySets()
	var index labels.SetIndex[string]
	for i, set := range sets {
		index.Put(ids[i], set)
	}
	for _, tc := range []struct {
		selector string
		found    int
	}{
		{"app=app-77", 50},
		{"app=app-77,env=prod", 50},
		{"app=app-77,tier in (web,db),!gone", 33},
		{"app in (app-1,app-2),version>3", 42},
		{"tier=web", 33_334},
		{"env!=prod", 0},
		{"!gone,!tier", 0},
		{"gone!=yes,version!=3", 85_714},
		{"gone!=yes", 100_000},
	} {
		s := parse(b, tc.selector)
		require.Len(b, index.Matching(s), tc.found, tc.selector)
		b.Run(tc.selector, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				index.Matching(s)
			}
		})
	}
}

func BenchmarkSetIndexPut(b *testing.B) {
	ids, sets := manySets()
	var index labels.SetIndex[string]
	for i, set := range sets {
		index.Put(ids[i], set)
	}
	b.Run("new", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			at := i % len(ids)
			index.Delete(ids[at])
			index.Put(ids[at], sets[at])
		}
	})
	b.Run("unchanged", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			at := i % len(ids)
			index.Put(ids[at], sets[at])
		}
	})
}
