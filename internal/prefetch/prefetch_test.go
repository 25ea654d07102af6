package prefetch_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/internal/prefetch"
)

// Every element comes once and in order, after it was touched, also once.
func TestAll(t *testing.T) {
	for _, size := range []int{0, 1, 31, 32, 33, 100} {
		s := make([]int, size)
		touched, next := 0, 0
		for i, e := range prefetch.All(s, func(e *int) int { *e++; touched++; return 1 }) {
			require.Equal(t, next, i)
			require.Same(t, &s[i], e)
			require.Equal(t, 1, *e)
			next++
		}
		require.Equal(t, size, next)
		require.Equal(t, size, touched)
	}
}

// Each touch has been made for all that come next before the one after it is.
func TestAllTouchesInTurn(t *testing.T) {
	s := make([]int, 100)
	first, second := 0, 0
	for i := range prefetch.All(s, func(*int) int { first++; return 1 }, func(*int) int { second++; return first - second }) {
		require.Equal(t, first, second)
		require.Greater(t, first, i)
	}
	touched := 0
	for range prefetch.All(s[:2], func(*int) int { touched++; return 1 }, func(*int) int { require.Equal(t, 2, touched); return 1 }) {
		require.Equal(t, 2, touched)
	}
}

// A loop that is left touches little that it does not come to.
func TestAllStops(t *testing.T) {
	s, touched := make([]int, 1000), 0
	for i := range prefetch.All(s, func(*int) int { touched++; return 1 }) {
		if i == 10 {
			break
		}
	}
	require.Less(t, touched, 100)
}

func TestText(t *testing.T) {
	require.Zero(t, prefetch.Text(""))
	require.Equal(t, int('a'), prefetch.Text("ab"))
}
