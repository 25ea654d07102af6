package inventory_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/inventory"
	"github.com/coracle-dev/coracle/pod"
)

// BenchmarkInstances lists 5,000 machines: from a file that changed each time,
// and from one that did not.
func BenchmarkInstances(b *testing.B) {
	machines := make([]node.Instance, 5000)
	for i := range machines {
		machines[i] = node.Instance{
			ID: fmt.Sprintf("m-%d", i), Type: "small", Zone: "a",
			Addresses: []node.Address{{Type: node.InternalIP, Address: fmt.Sprintf("10.0.%d.%d", i/256, i%256)}},
			Capacity:  pod.Resources{pod.CPU: pod.NewQuantity(8, pod.DecimalSI), pod.Memory: pod.NewQuantity(16<<30, pod.BinarySI)},
		}
	}
	text := yaml(b, machines)
	c := &inventory.Cloud{Path: filepath.Join(b.TempDir(), "nodes.yaml")}
	list := func() {
		list, err := c.Instances(b.Context())
		require.NoError(b, err)
		require.Len(b, list, 5000)
	}
	b.Run("changed", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			b.StopTimer()
			write(b, c.Path, text)
			b.StartTimer()
			list()
		}
	})
	b.Run("unchanged", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			list()
		}
	})
}
