package scheduler

import (
	"slices"

	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/pod"
)

// Candidate is a node and what is taken of it. It is made by a Cluster, is
// read-only for schedulers, and of use until the cluster changes.
type Candidate struct {
	Node *node.Node // its name, labels, taints, …
	Room Amounts    // what pods may have of it at most; Unlimited where it states no limit
	Used Amounts    // what the pods that are bound to it request; its Pods are how many those are
	Free Amounts    // what is left of Room; 0 where more is used than there is
	Pods int        // how many pods are bound to it

	guessed     guessed // as Used, with a guess for pods that request nothing
	refusal     string  // why it takes no pod at all
	repels      []repellent
	discourages []node.Taint // PreferNoSchedule
	ports       []hostPort   // of the pods that are bound to it, in no order; twice where two have it
	name        string
	owner       *owner     // of the cluster that may change it
	inventory   *inventory // of its devices; nil where neither the node has any nor its pods want any
	number      int32      // among the nodes of its cluster, by name, when those were last numbered
}

// repellent is a taint that keeps pods away.
type repellent struct {
	node.Taint
	tainted string // what is wrong with the node for those that do not tolerate it
}

// set takes over what is known of the node itself.
func (n *Candidate) set(to *node.Node) {
	n.Node = to
	n.Room = roomOf(to.Allocatable())
	n.Free.setLeft(&n.Room, &n.Used)
	n.layDevices()
	n.refusal = to.Refusal()
	n.repels, n.discourages = nil, nil
	for _, t := range to.Spec.Taints {
		if t.Effect == pod.PreferNoSchedule {
			n.discourages = append(n.discourages, t)
		} else {
			n.repels = append(n.repels, repellent{t, "tainted " + t.String()})
		}
	}
}

// copy returns a candidate that shares nothing with n that changes.
func (n *Candidate) copy() *Candidate {
	c := *n
	c.Used.Other, c.Free.Other = slices.Clone(n.Used.Other), slices.Clone(n.Free.Other)
	c.ports = slices.Clone(n.ports)
	c.inventory = n.inventory.copy()
	return &c
}

// take counts a pod.
func (n *Candidate) take(r *Request) {
	n.Pods++
	n.Used.add(&r.Wants)
	n.Free.setLeft(&n.Room, &n.Used)
	n.guessed = n.guessed.plus(r.guessed)
	for i := range r.ports {
		n.ports = append(n.ports, r.ports[i].hostPort)
	}
}

// release no longer counts a pod that was counted with the same.
func (n *Candidate) release(r *Request) {
	n.Pods--
	n.Used.sub(&r.Wants)
	n.Free.setLeft(&n.Room, &n.Used)
	n.guessed = n.guessed.minus(r.guessed)
	for _, port := range r.ports {
		i := slices.Index(n.ports, port.hostPort)
		n.ports = slices.Delete(n.ports, i, i+1)
	}
}

// guessed is what pods are taken to use when nodes are ranked.
type guessed struct{ milliCPU, memory int64 }

// What a pod that requests nothing is taken to use, so that such pods spread
// too. The figures are those of Kubernetes' scheduler (DefaultMilliCPURequest,
// DefaultMemoryRequest).
const (
	guessMilliCPU = 100
	guessMemory   = 200 << 20
)

func guess(wants Amounts) guessed {
	g := guessed{wants.MilliCPU, wants.Memory}
	if g.milliCPU == 0 {
		g.milliCPU = guessMilliCPU
	}
	if g.memory == 0 {
		g.memory = guessMemory
	}
	return g
}

func (g guessed) plus(h guessed) guessed {
	return guessed{g.milliCPU + h.milliCPU, g.memory + h.memory}
}

func (g guessed) minus(h guessed) guessed {
	return guessed{g.milliCPU - h.milliCPU, g.memory - h.memory}
}
