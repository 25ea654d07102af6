package volume

import (
	"cmp"
	"slices"

	"github.com/coracle-dev/coracle/pod"
)

// Steps are what has to be done about the volumes of a pod, in this order.
type Steps struct {
	TearDown []string     // names of volumes that are there and not wanted
	SetUp    []pod.Volume // volumes that are wanted and not there
}

// Plan compares what a pod wants with the volumes that were set up for it, by
// name in the order of their set-up, and returns what is left to do.
//
// What is likely to fail soon comes first, and what takes long last, so that a
// mistake in a manifest costs no download: paths of the node, what the host
// program has configured, disks and plug-ins, empty directories, repositories
// and downloads. Among equals the order is the pod's. What is torn down goes in
// the opposite order of its set-up. Plan(nil, have) takes everything down.
func Plan(want []pod.Volume, have []string) Steps {
	var s Steps
	for _, v := range want {
		if !slices.Contains(have, v.Name) {
			s.SetUp = append(s.SetUp, v)
		}
	}
	slices.SortStableFunc(s.SetUp, func(a, b pod.Volume) int {
		return cmp.Compare(effort(a.Source()), effort(b.Source()))
	})
	for _, name := range slices.Backward(have) {
		if !slices.ContainsFunc(want, func(v pod.Volume) bool { return v.Name == name }) {
			s.TearDown = append(s.TearDown, name)
		}
	}
	return s
}

// effort orders sources by how long it takes until a set-up is known to work.
func effort(s pod.VolumeSource) int {
	switch s {
	case pod.SourceHostPath:
		return 0
	case pod.SourceSecret, pod.SourceConfigMap:
		return 1
	case pod.SourceGCEDisk, pod.SourceAWSDisk, pod.SourceFlex:
		return 2
	case pod.SourceEmptyDir:
		return 3
	default:
		return 4
	}
}

// Fetched reports whether the content of such a volume comes over a network, so
// that its set-up may take long, and fail for no fault of the pod.
func Fetched(s pod.VolumeSource) bool {
	return s == pod.SourceGitRepo || s == pod.SourceDownload
}

// Owned reports whether such a volume is made for its pod and goes with it. What
// others name (a path of the node, a disk) stays as it is when the pod goes.
func Owned(s pod.VolumeSource) bool {
	switch s {
	case pod.SourceHostPath, pod.SourceGCEDisk, pod.SourceAWSDisk, pod.SourceFlex:
		return false
	}
	return true
}
