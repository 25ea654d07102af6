package bolt

import (
	"errors"
	"fmt"
)

// The causes of errors. Test for them with errors.Is; the text names the file.
var (
	// ErrLocked: somebody else has the file open.
	ErrLocked = errors.New("it is in use")
	// ErrDamaged: the file is not what was written. Nothing is begun with it and
	// nothing in it was changed: see Restore and Rewind for ways out.
	ErrDamaged = errors.New("it is damaged")
	// ErrNewer: the file was written by a newer version of this package.
	ErrNewer = errors.New("it is of a newer format")
)

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrDamaged, fmt.Errorf(format, args...))
}
