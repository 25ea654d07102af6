// Package workload is the work that every scheduler of the comparison is given:
// which nodes and pods there are, and in which order the pods come.
package workload

import (
	"fmt"
	"math/rand/v2"
)

// Size is how much there is to do. Pods and Bound together are a multiple of Replicas.
type Size struct {
	Nodes int
	Pods  int // to be placed, and timed
	Bound int // on nodes before that, as evenly as can be
}

// Replicas is how many pods there are of one controller, service or group.
const Replicas = 50

// MaxPods is how many pods a node takes, as with a kubelet.
const MaxPods = 110

// Shape is what one pod asks for.
type Shape struct {
	MilliCPU int64
	Memory   int64 // bytes
}

// shapes are those of the pods. All pods of an owner have the same.
var shapes = []Shape{{100, 128 << 20}, {250, 512 << 20}, {500, 1 << 30}, {2000, 4 << 30}}

// Node is one machine.
type Node struct {
	Name   string
	Cores  int64
	Memory int64 // bytes
}

// Pod is one pod.
type Pod struct {
	Name  string
	Owner int    // number of its controller, service or group
	Node  string // where it is from the beginning; empty: it is to be placed
}

// Shape returns what the pods of an owner ask for.
func (p Pod) Shape() Shape { return OwnerShape(p.Owner) }

// OwnerShape returns what each pod of an owner asks for.
func OwnerShape(owner int) Shape { return shapes[owner%len(shapes)] }

// OwnerName names an owner.
func OwnerName(owner int) string { return fmt.Sprintf("app-%05d", owner) }

// Machines returns the nodes: of 8, 16 and 32 cores in turn, 4 GiB for each core.
func (s Size) Machines() []Node {
	nodes := make([]Node, s.Nodes)
	for i := range nodes {
		cores := int64(8 << (i % 3))
		nodes[i] = Node{Name: fmt.Sprintf("node-%05d", i), Cores: cores, Memory: cores << 32}
	}
	return nodes
}

// Owners returns how many controllers, services or groups the pods belong to.
func (s Size) Owners() int { return (s.Bound + s.Pods + Replicas - 1) / Replicas }

// Shuffled returns all pods in the order of a fixed shuffle. The first are on nodes
// already, as many on each core; the others are to be placed, in this order.
func (s Size) Shuffled() []Pod {
	pods := make([]Pod, s.Bound+s.Pods)
	for i := range pods {
		pods[i] = Pod{Name: fmt.Sprintf("pod-%06d", i), Owner: i / Replicas}
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(pods), func(i, j int) { pods[i], pods[j] = pods[j], pods[i] })
	seats := s.seats()
	for i := range s.Bound {
		pods[i].Node = seats[i%len(seats)]
	}
	return pods
}

// seats returns the name of each node once for every eight cores that it has, so
// that pods which take them in turn load all nodes alike.
func (s Size) seats() []string {
	var seats []string
	nodes := s.Machines()
	for round := int64(0); round < 4; round++ {
		for _, n := range nodes {
			if round < n.Cores/8 {
				seats = append(seats, n.Name)
			}
		}
	}
	return seats
}

// Load returns the shares of all cores and of all memory that the pods ask for:
// those that are on nodes at the beginning, and all in the end.
func (s Size) Load() (cpu, memory [2]float64) {
	var cores, bytes float64
	for _, n := range s.Machines() {
		cores += float64(n.Cores)
		bytes += float64(n.Memory)
	}
	for i, p := range s.Shuffled() {
		shape := p.Shape()
		for end := range 2 {
			if end == 1 || i < s.Bound {
				cpu[end] += float64(shape.MilliCPU) / 1000 / cores
				memory[end] += float64(shape.Memory) / bytes
			}
		}
	}
	return cpu, memory
}
