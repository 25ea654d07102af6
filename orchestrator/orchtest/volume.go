package orchtest

import (
	"testing"
	"time"

	"github.com/coracle-dev/coracle/orchestrator/mount"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/volume"
)

// VolumeHarness is what the suite has to know about a plug-in for volumes.
type VolumeHarness struct {
	// New returns the plug-in. It is called in every test, more than once: each
	// value is what a host program has after it was started again. Required.
	New func(t *testing.T) mount.Plugin
	// Volume returns a volume that the plug-in can make, with the name. Required.
	Volume func(t *testing.T, name string) pod.Volume

	// Break breaks a volume under its pod. Default: what is at its path is
	// deleted; for a volume that stays when it is torn down that is only right
	// where every Volume names another one.
	Break func(t *testing.T, rec volume.Record)
	// Bad returns a volume that can not be made. nil: not tested.
	Bad func(t *testing.T, name string) pod.Volume
	// Hangs returns a volume whose set-up takes until its context ends. nil: not tested.
	Hangs func(t *testing.T, name string) pod.Volume
	// Limited returns a volume with a size limit of 1 MiB that counts, and is
	// not kept by whoever keeps the bytes. nil: not tested.
	Limited func(t *testing.T, name string) pod.Volume

	// Stays says that the volume only gives access to what is there without it:
	// what is in it stays when it is torn down.
	Stays bool
	// IsFile says that the volume is a file and no directory.
	IsFile bool
	// Soon is how long anything may take that should be quick. It is the limit
	// of a test that fails, not the length of one that passes. Default: a minute.
	Soon time.Duration
}

// Volume runs the conformance suite of plug-ins for volumes, a subtest for each promise.
func Volume(t *testing.T, h VolumeHarness) {
	t.Helper()
	if h.New == nil || h.Volume == nil {
		t.Fatal("orchtest: New and Volume of the harness are required")
	}
	if h.Soon <= 0 {
		h.Soon = time.Minute
	}
	for _, test := range volumeTests {
		if test.needs != nil && !test.needs(&h) {
			t.Logf("%s is not tested: the harness has nothing for it", test.name)
			continue
		}
		t.Run(test.name, func(t *testing.T) { test.run(newHold(t, &h)) })
	}
}

// volumeTest is one promise of a plug-in.
type volumeTest struct {
	name  string
	needs func(h *VolumeHarness) bool // nil: nothing beyond what is required
	run   func(h *hold)
}

var volumeTests = []volumeTest{
	{name: "SetUpMakesIt", run: setUpMakesIt},
	{name: "SetUpTwice", run: setUpTwice},
	{name: "SetUpAfterCrash", run: setUpAfterCrash},
	{name: "SetUpAfterInterruption", run: setUpAfterInterruption},
	{name: "SetUpRefuses", run: setUpRefuses, needs: func(h *VolumeHarness) bool { return h.Bad != nil }},
	{name: "ContextEndsSetUp", run: contextEndsSetUp, needs: func(h *VolumeHarness) bool { return h.Hangs != nil }},
	{name: "VolumesAreApart", run: volumesAreApart},
	{name: "ManyAtOnce", run: manyAtOnce},

	{name: "CheckFindsItWell", run: checkFindsItWell},
	{name: "CheckFindsItBroken", run: checkFindsItBroken},
	{name: "CheckCounts", run: checkCounts, needs: func(h *VolumeHarness) bool { return h.Limited != nil }},

	{name: "TearDownLeavesNothing", run: tearDownLeavesNothing, needs: func(h *VolumeHarness) bool { return !h.Stays }},
	{name: "TearDownLeavesWhatStays", run: tearDownLeavesWhatStays, needs: func(h *VolumeHarness) bool { return h.Stays && !h.IsFile }},
	{name: "TearDownTwice", run: tearDownTwice},
	{name: "TearDownAfterInterruption", run: tearDownAfterInterruption},
	{name: "TearDownUnknown", run: tearDownUnknown},
	{name: "TearDownBroken", run: tearDownBroken},
	{name: "SetUpAfterTearDown", run: setUpAfterTearDown},
}
