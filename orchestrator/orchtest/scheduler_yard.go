package orchtest

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/scheduler"
	"github.com/coracle-dev/coracle/pod"
)

// yardNodes is how many nodes a yard begins with, and yardKinds how many kinds of
// pods come to it.
const yardNodes, yardKinds = 8, 24

// yard is what one test works at: a scheduler, and a cluster of which the suite
// knows all that is in it.
type yard struct {
	*testing.T
	h           *SchedulerHarness
	overcommits bool
	s           scheduler.Scheduler
	rnd         *rand.Rand
	c           *scheduler.Cluster
	nodes       map[string]*node.Node // those that there are
	placed      map[string]*pod.Pod   // by uid: as they are once bound
	kinds       []*pod.Pod
	uids        []string // of all pods that were made
}

// newYard returns a yard with eight nodes, all empty. The same seed has the same happen.
func newYard(t *testing.T, h *SchedulerHarness, overcommits bool, seed uint64) *yard {
	y := &yard{
		T: t, h: h, overcommits: overcommits, s: h.New(t), rnd: rand.New(rand.NewPCG(seed, 1)), c: new(scheduler.Cluster),
		nodes: make(map[string]*node.Node), placed: make(map[string]*pod.Pod),
	}
	for i := range yardNodes {
		y.setNode(h.Node(i))
	}
	for i := range yardKinds {
		y.kinds = append(y.kinds, h.Pod(i))
	}
	return y
}

// another returns a yard of the same test with a scheduler of its own.
func (y *yard) another(seed uint64) *yard { return newYard(y.T, y.h, y.overcommits, seed) }

func (y *yard) setNode(n *node.Node) {
	y.nodes[n.Name] = n
	y.c.SetNode(n)
}

func (y *yard) deleteNode(name string) {
	delete(y.nodes, name)
	y.c.DeleteNode(name)
}

// pod returns a new pod of some kind, which shares with others of it what the
// pods of a controller share.
func (y *yard) pod() *pod.Pod { return y.podOf(y.rnd.IntN(yardKinds)) }

func (y *yard) podOf(kind int) *pod.Pod {
	p := *y.kinds[kind]
	p.Name = fmt.Sprintf("%s-%d", p.Name, len(y.uids))
	p.UID = p.Name
	y.uids = append(y.uids, p.UID)
	return &p
}

// huge returns a pod that needs more than there is anywhere.
func (y *yard) huge() *pod.Pod {
	p := y.pod().Copy()
	p.Spec.Containers[0].Resources.Requests = pod.Resources{pod.CPU: pod.NewQuantity(1<<20, pod.DecimalSI)}
	return p
}

// put counts a pod where it was decided that it goes.
func (y *yard) put(p *pod.Pod, d scheduler.Decision) {
	y.Helper()
	require.NoError(y, y.c.Accept(p, d))
	y.bind(p, d.Node)
}

// bind remembers where a pod is counted.
func (y *yard) bind(p *pod.Pod, name string) {
	bound := *p
	bound.Spec.NodeName = name
	bound.Status.Devices = y.c.Devices(p.UID)
	y.placed[p.UID] = &bound
}

func (y *yard) displace(uid string) {
	y.c.Displace(uid)
	delete(y.placed, uid)
}

// place asks the scheduler about a pod, requires that the answer is a possible one,
// and does what it says. It reports whether there was a node.
func (y *yard) place(p *pod.Pod) bool {
	y.Helper()
	d := y.s.Pick(p, y.c)
	y.judge(p, y.c, d)
	if d.Node != "" {
		y.put(p, d)
	}
	return d.Node != ""
}

// fill places pods until one fits nowhere, and returns that; nil if all do.
func (y *yard) fill() *pod.Pod {
	y.Helper()
	for range 1000 {
		if p := y.pod(); !y.place(p) {
			return p
		}
	}
	y.Log("1000 pods are on 8 nodes: this scheduler refuses none")
	return nil
}

// walk has so many things happen, one after the other, and visits after each.
func (y *yard) walk(steps int, visit func()) {
	y.Helper()
	for range steps {
		y.change()
		y.place(y.pod())
		visit()
	}
}

// change has something happen that no pick is part of.
func (y *yard) change() {
	i := y.rnd.IntN(2 * yardNodes)
	n := y.h.Node(i)
	switch y.rnd.IntN(9) {
	case 0:
		y.setNode(n)
	case 1:
		y.deleteNode(n.Name)
	case 2:
		n.Spec.Unschedulable = true
		y.setNode(n)
	case 3:
		n.Status.Conditions = []node.Condition{{Type: node.Ready, Status: pod.False}}
		y.setNode(n)
	case 4:
		n.Spec.Taints = append(n.Spec.Taints, node.Taint{Key: "orchtest", Effect: pod.NoSchedule})
		y.setNode(n)
	case 5, 6, 7:
		if uids := slices.Sorted(maps.Keys(y.placed)); len(uids) > 0 {
			y.displace(uids[y.rnd.IntN(len(uids))])
		}
	case 8: // somebody else had a node for a pod
		if y.nodes[n.Name] != nil {
			p := y.pod()
			y.c.Place(p, n.Name)
			y.bind(p, n.Name)
		}
	}
}

// haveSomeLeave has some of the pods be deleted that are there. They are counted until
// they have gone.
func (y *yard) haveSomeLeave() {
	for _, uid := range slices.Sorted(maps.Keys(y.placed)) {
		if y.rnd.IntN(8) == 0 {
			leaving := *y.placed[uid]
			leaving.DeletionTimestamp = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			y.placed[uid] = &leaving
		}
	}
}

// rebuilt returns a cluster that is the same, of which everything was told in
// another order, and some things that are not so any more.
func (y *yard) rebuilt() *scheduler.Cluster {
	c := new(scheduler.Cluster)
	var tell []func()
	for _, name := range slices.Sorted(maps.Keys(y.nodes)) {
		n := y.nodes[name]
		tell = append(tell, func() {
			if y.rnd.IntN(3) == 0 {
				was := n.Copy()
				was.Spec.Unschedulable = !was.Spec.Unschedulable
				c.SetNode(was)
			}
			if y.rnd.IntN(3) == 0 {
				c.DeleteNode(name)
			}
			c.SetNode(n)
		})
	}
	for _, uid := range slices.Sorted(maps.Keys(y.placed)) {
		p := y.placed[uid]
		tell = append(tell, func() {
			if y.rnd.IntN(3) == 0 {
				c.Place(p, y.h.Node(y.rnd.IntN(yardNodes)).Name)
				c.Displace(uid)
			}
			c.Place(p, p.Spec.NodeName)
		})
	}
	y.rnd.Shuffle(len(tell), func(i, j int) { tell[i], tell[j] = tell[j], tell[i] })
	for _, f := range tell {
		f()
	}
	return c
}

// on returns the pods that are counted on a node, by name.
func (y *yard) on(name string) (list []*pod.Pod) {
	for _, p := range y.placed {
		if p.Spec.NodeName == name {
			list = append(list, p)
		}
	}
	slices.SortFunc(list, func(a, b *pod.Pod) int { return cmp.Compare(a.UID, b.UID) })
	return list
}

// picture is all that can be seen of a cluster, to compare it with what it is later.
func (y *yard) picture(c *scheduler.Cluster) (seen []any) {
	copied := func(a scheduler.Amounts) scheduler.Amounts {
		a.Other = slices.Clone(a.Other)
		return a
	}
	for n := range c.Nodes() {
		seen = append(seen, n.Node.Copy(), copied(n.Room), copied(n.Used), copied(n.Free), n.Pods)
		for _, o := range n.Room.Other {
			seen = append(seen, o.Name, slices.Clone(n.Devices(o.Name)))
		}
	}
	for _, uid := range y.uids {
		if at := c.Placed(uid); at != "" {
			seen = append(seen, uid, at, slices.Clone(c.Devices(uid)))
		}
	}
	return seen
}
