package orchestrator

import (
	"context"
	"time"
)

// Meter is a Runtime that can measure what pods use.
type Meter interface {
	// Stats measures a pod now. Containers that do not run are not in it. It may
	// be called any number of times at once. ErrNotRunning if nothing of the pod runs.
	Stats(ctx context.Context, uid string) (PodStats, error)
}

// PodStats is what a pod uses. Figures that only grow count from the start of
// what they belong to; take the difference of two measurements for a rate.
type PodStats struct {
	At         time.Time        // when it was measured
	Containers []ContainerStats // those that run, by name
	Network    *NetworkStats    // nil: not known, or not the pod's alone
}

// ContainerStats is what one attempt uses.
type ContainerStats struct {
	ContainerRef
	CPU    time.Duration // processor time so far
	Memory int64         // bytes that can not be taken back at once: its working set
	Disk   *DiskStats    // nil: not known
}

// NetworkStats is what a pod has received and sent so far.
type NetworkStats struct {
	ReceivedBytes, SentBytes int64
}

// DiskStats is what a container has read and written so far.
type DiskStats struct {
	ReadBytes, WrittenBytes int64
}
