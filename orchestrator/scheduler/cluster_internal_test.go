package scheduler

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/pod"
)

// Names that neither are nodes nor have pods are not remembered, in whichever
// order both went.
func TestClusterForgets(t *testing.T) {
	var c Cluster
	for i := range 10 {
		n, p := &node.Node{}, &pod.Pod{}
		n.Name, p.UID = fmt.Sprint("n", i), fmt.Sprint("p", i)
		if i%3 != 0 {
			c.SetNode(n)
		}
		c.Place(p, "elsewhere")
		c.Place(p, n.Name)
		require.Len(t, c.byName.top, 1)
		if i%2 == 0 {
			c.DeleteNode(n.Name)
			c.Displace(p.UID)
		} else {
			c.Displace(p.UID)
			c.DeleteNode(n.Name)
		}
		require.Empty(t, c.byName.top)
		require.Empty(t, c.placed.top)
		require.Empty(t, c.nodes)
	}
}
