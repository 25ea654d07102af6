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

	guesses guesses // for pods that request nothing
	name    string
	owner   *owner // of the cluster that may change it
	*details
	number  int32 // among the nodes of its cluster, by name, when those were last numbered
	closed  bool  // it takes no pod at all: there is a refusal
	tainted bool  // it repels pods, or discourages them
}

// details are what is seldom looked at. They are kept apart, so that the rest, which is
// looked at again with each pod that the node gets, is 256 bytes: four lines of a
// processor's cache.
type details struct {
	refusal     string // why it takes no pod at all
	repels      []repellent
	discourages []node.Taint // PreferNoSchedule
	ports       []hostPort   // of the pods that are bound to it, in no order; twice where two have it
	inventory   *inventory   // of its devices; nil where neither the node has any nor its pods want any
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
	n.closed, n.tainted = n.refusal != "", len(to.Spec.Taints) > 0
	n.repels, n.discourages = nil, nil
	for _, t := range to.Spec.Taints {
		if t.Effect == pod.PreferNoSchedule {
			n.discourages = append(n.discourages, t)
		} else {
			n.repels = append(n.repels, repellent{t, "tainted " + t.String()})
		}
	}
}

// touch reads a part of each line of memory that is looked at when a pod is counted.
func (n *Candidate) touch() int {
	return n.Pods + int(n.Room.MilliCPU+n.Used.MilliCPU+n.Free.MilliCPU)
}

// copy returns a candidate that shares nothing with n that changes.
func (n *Candidate) copy() *Candidate {
	c := *n
	c.Used.Other, c.Free.Other = slices.Clone(n.Used.Other), slices.Clone(n.Free.Other)
	d := *n.details
	d.ports, d.inventory = slices.Clone(n.ports), n.inventory.copy()
	c.details = &d
	return &c
}

// take counts a pod.
func (n *Candidate) take(r *Request) {
	n.Pods++
	n.Used.add(&r.Wants)
	n.Free.setLeft(&n.Room, &n.Used)
	n.guesses.add(r, 1)
	for i := range r.ports {
		n.ports = append(n.ports, r.ports[i].hostPort)
	}
}

// release no longer counts a pod that was counted with the same.
func (n *Candidate) release(r *Request) {
	n.Pods--
	n.Used.sub(&r.Wants)
	n.Free.setLeft(&n.Room, &n.Used)
	n.guesses.add(r, -1)
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

// guesses are how many pods there are that request no cpu, and no memory.
type guesses struct{ cpu, memory int32 }

// add counts a pod, or no longer.
func (g *guesses) add(r *Request, by int32) {
	if r.Wants.MilliCPU == 0 {
		g.cpu += by
	}
	if r.Wants.Memory == 0 {
		g.memory += by
	}
}

// guessedWith returns what the node is taken to have used once the pod is there.
func (n *Candidate) guessedWith(r *Request) guessed {
	return guessed{
		milliCPU: n.Used.MilliCPU + guessMilliCPU*int64(n.guesses.cpu) + r.guessed.milliCPU,
		memory:   n.Used.Memory + guessMemory*int64(n.guesses.memory) + r.guessed.memory,
	}
}
