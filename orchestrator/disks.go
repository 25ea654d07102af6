package orchestrator

import (
	"context"

	"github.com/coracle-dev/coracle/volume"
)

// Disks is a Cloud that has disks, which pods may have as volumes. It is given to
// the runtimes (see mount.Sources), which attach a disk before the first container
// of its pod starts and detach it when the pod has been removed.
//
// Where disks are in zones, the scheduler has to be told: see scheduler.VolumeZones.
//
// Both methods may be called again after an error or a crash of the host program,
// and then bring about the same end. They are called from many goroutines, also
// for the same disk: the disk is where exclusion is decided.
type Disks interface {
	// Attach makes a disk available on a node and returns where it is there: a
	// device (/dev/…) that has the disk, or a directory that has what is on it.
	// A disk that is attached there already stays so, with the same answer.
	//
	// It fails where another node has the disk, unless both only read it: a disk is
	// never on two nodes for writing. The message is for the user of the pod,
	// and names that node.
	Attach(ctx context.Context, d volume.Disk, node string) (path string, err error)

	// Detach takes a disk away from a node, whose pods no longer use it. A disk
	// that is not there (any more) is no error, and neither is one that another node has.
	Detach(ctx context.Context, d volume.Disk, node string) error
}
