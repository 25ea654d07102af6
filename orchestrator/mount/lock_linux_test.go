package mount

import (
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// A lock is free once it was released, also while a child that was forked before
// has not run its program yet.
func TestLockIsReleased(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	held, err := lock(t.Context(), dir, false)
	require.NoError(t, err)
	child, err := unix.Dup(int(held.(heldLock).dir.Fd())) // as such a child has
	require.NoError(t, err)
	defer unix.Close(child)
	_, err = lock(t.Context(), dir, false)
	require.ErrorIs(t, err, errLocked)
	require.NoError(t, held.Close())
	again, err := lock(t.Context(), dir, false)
	require.NoError(t, err)
	require.NoError(t, again.Close())
}
