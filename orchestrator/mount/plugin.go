package mount

import (
	"context"

	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/volume"
)

// Plugin makes the volumes of one source on one machine.
//
// Every method is idempotent: it may be called again after an error, a time-out
// or a crash of the host program at any point of it, and then brings about the
// same end. Methods are called from many goroutines, but never two at a time for
// the same volume. Each returns soon after its context ends.
//
// A volume has a directory of its own, which it keeps from its set-up until it
// is torn down. What a plug-in has to remember it keeps in there: nothing else
// survives a crash.
type Plugin interface {
	// SetUp makes the volume, or finds that it was made before, and returns what
	// to remember of it: its Path, its ID if it can be told from another, and
	// whether it is There. (The rest of the record is filled in for it.) A volume
	// that was set up is not made again: what is in it stays, and its record is
	// the same.
	//
	// An error means that there is no volume. It is set up again after a
	// back-off, or torn down; what a set-up that failed has left does not count
	// as a volume. The message is for the user of the pod, who reads it in its status.
	SetUp(ctx context.Context, r Request) (volume.Record, error)

	// Check says how a volume is that was set up: whether it is there, and what
	// is in it where its record has a limit. An error means that this is not
	// known now; what breaks the volume for good is the Problem of a Reading.
	Check(ctx context.Context, rec volume.Record) (volume.Reading, error)

	// TearDown undoes whatever SetUp did below the directory of a volume, also
	// where that never ended. Then nothing is mounted there, and the directory
	// can be deleted with all that is left in it. What the volume only gave
	// access to is as it was. A volume that was never set up is no error.
	TearDown(ctx context.Context, dir string) error
}

// Request asks a Plugin for a volume.
type Request struct {
	Pod    *pod.Pod // whose volume it is; read only
	Volume pod.Volume
	Dir    string // of this volume alone: it is there, and its path is absolute
}
