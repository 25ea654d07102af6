package labels_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
)

func TestSetEqual(t *testing.T) {
	s := labels.Set{"a": "1", "b": "2"}
	require.True(t, s.Equal(s))
	require.True(t, s.Equal(labels.Set{"b": "2", "a": "1"}))
	require.True(t, labels.Set(nil).Equal(labels.Set{}))
	for _, other := range []labels.Set{nil, {"a": "1"}, {"a": "1", "b": "3"}, {"a": "1", "c": "2"}} {
		require.False(t, s.Equal(other), "%v", other)
		require.False(t, other.Equal(s), "%v", other)
	}
}
