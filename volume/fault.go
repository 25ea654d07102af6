package volume

import (
	"fmt"
	"time"

	"github.com/coracle-dev/coracle/pod"
)

// FailedMount is the reason that a container waits with whose volumes can not be
// set up, as core/v1 spells it.
const FailedMount = "FailedMount"

// Record is what is remembered of a volume that was set up. It is written down
// with the pod, and compared with what is found later.
type Record struct {
	Name   string
	Source pod.VolumeSource
	Driver string `json:",omitzero"` // of a flexVolume
	// Path of the volume on its machine, or its name there.
	Path string
	// ID tells the volume from one that was put in its place. Empty: any at that
	// path is the volume, as with a path of the node.
	ID string `json:",omitzero"`
	// There says that the volume was there when it was set up. What never was
	// (a path of the node that nobody checks) can not be lost.
	There bool
	// Limit is how much may be in it, in bytes. Zero: there is no limit.
	Limit int64 `json:",omitzero"`
}

// Limit returns how much may be in a volume, in bytes; zero where there is no limit.
func Limit(v *pod.Volume) int64 {
	if v.EmptyDir == nil || v.EmptyDir.SizeLimit == nil {
		return 0
	}
	return v.EmptyDir.SizeLimit.Value()
}

// Reading is how a volume was found.
type Reading struct {
	Missing bool   // nothing is where it was
	ID      string // of what is there; empty: not known
	Used    int64  // bytes in it; zero where they were not counted
	Problem string // what an attempt to read it failed with, such as an I/O error
}

// Fault says in words how a volume was lost, or nothing where it is well. A pod
// with a fault has failed, whatever its containers do: they are killed, and a
// controller makes another pod. A fault is never taken back.
//
// Lost is a volume that is gone, that is no longer the one that was set up, that
// can not be read, or that has more in it than its limit.
func Fault(rec Record, now Reading) string {
	switch {
	case !rec.There:
		return ""
	case now.Missing:
		return fmt.Sprintf("volume %q: %q has vanished", rec.Name, rec.Path)
	case now.Problem != "":
		return fmt.Sprintf("volume %q: %s", rec.Name, now.Problem)
	case rec.ID != "" && now.ID != "" && now.ID != rec.ID:
		return fmt.Sprintf("volume %q: %q was replaced", rec.Name, rec.Path)
	case rec.Limit > 0 && now.Used > rec.Limit:
		return fmt.Sprintf("volume %q: %s are in it, which exceeds its sizeLimit of %s", rec.Name, bytes(now.Used), bytes(rec.Limit))
	}
	return ""
}

// bytes writes an amount as people do: exactly where it has a short form,
// otherwise rounded up to the next unit that leaves two digits.
func bytes(n int64) string {
	if short := pod.NewQuantity(n, pod.BinarySI).String(); len(short) <= 6 {
		return short
	}
	unit := int64(1)
	for n/unit >= 10*1024 {
		unit *= 1024
	}
	return pod.NewQuantity((n+unit-1)/unit*unit, pod.BinarySI).String()
}

// countShare is the part of the time that counting what is in a volume may take.
const countShare = 20

// countLeast is the time between two counts, at least.
const countLeast = time.Second

// CountAgain returns when to count again what is in a volume with a limit, where
// counting took so long: so seldom that it takes at most a twentieth of the
// time, and at most once a second.
func CountAgain(took time.Duration, now time.Time) time.Time {
	return now.Add(max(countLeast, countShare*took))
}
