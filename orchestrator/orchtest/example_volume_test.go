package orchtest_test

import (
	"testing"

	"github.com/coracle-dev/coracle/orchestrator/mount"
	"github.com/coracle-dev/coracle/orchestrator/orchtest"
	"github.com/coracle-dev/coracle/pod"
)

// Whoever writes a plug-in for volumes says how one is made.
func ExampleVolume() {
	_ = func(t *testing.T) { // TestVolume
		orchtest.Volume(t, orchtest.VolumeHarness{
			New: func(t *testing.T) mount.Plugin {
				plugin, err := mount.Sources{}.Plugin(&pod.Volume{}, nil)
				if err != nil {
					t.Fatal(err)
				}
				return plugin
			},
			Volume: func(_ *testing.T, name string) pod.Volume { return pod.Volume{Name: name} },
		})
	}
}
