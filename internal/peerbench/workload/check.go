package workload

import (
	"fmt"
	"maps"
	"slices"
)

// Placement is a pod of an owner on a node.
type Placement struct {
	Owner string // its OwnerName
	Node  string
}

// Check returns an error if the placements are not those of all pods to nodes
// that have room for them. They are read back from the store that they were committed to.
func (s Size) Check(placed []Placement) error {
	missing := make(map[string]int) // pods by owner
	shapes := make(map[string]Shape)
	for _, p := range s.Shuffled() {
		name := OwnerName(p.Owner)
		missing[name]++
		shapes[name] = p.Shape()
	}
	type room struct{ cpu, memory, pods int64 }
	left := make(map[string]*room)
	for _, n := range s.Machines() {
		left[n.Name] = &room{n.Cores * 1000, n.Memory, MaxPods}
	}
	for _, p := range placed {
		r := left[p.Node]
		if r == nil {
			return fmt.Errorf("a pod of %q is on node %q, which does not exist", p.Owner, p.Node)
		}
		missing[p.Owner]--
		r.cpu -= shapes[p.Owner].MilliCPU
		r.memory -= shapes[p.Owner].Memory
		r.pods--
		if r.cpu < 0 || r.memory < 0 || r.pods < 0 {
			return fmt.Errorf("the pods on node %q ask for more than it has", p.Node)
		}
	}
	for _, owner := range slices.Sorted(maps.Keys(missing)) {
		switch n := missing[owner]; {
		case n > 0:
			return fmt.Errorf("%d pods of %q are on no node", n, owner)
		case n < 0:
			return fmt.Errorf("%d pods of %q are on nodes beside all that there are", -n, owner)
		}
	}
	return nil
}
