package orchtest

import (
	"cmp"
	"fmt"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator/scheduler"
	"github.com/coracle-dev/coracle/pod"
)

// ofEachKind returns two pods of each kind.
func (y *yard) ofEachKind() (pods []*pod.Pod) {
	for i := range 2 * yardKinds {
		pods = append(pods, y.podOf(i%yardKinds))
	}
	return pods
}

// groups returns the group of each pod; none where that is empty.
func (y *yard) groups(pods []*pod.Pod) map[string]string {
	of := make(map[string]string)
	for _, p := range pods {
		if group := y.s.(scheduler.Grouper).Group(p, y.c); group != "" {
			of[p.UID] = group
		}
	}
	return of
}

func groupIsAlike(y *yard) {
	pods := y.ofEachKind()
	y.walk(60, func() {
		cluster := y.picture(y.c)
		groups := y.groups(pods)
		require.Equal(y, groups, y.groups(pods), "the groups of the same pods in the same cluster")
		require.Equal(y, cluster, y.picture(y.c), "Group leaves the cluster as it is")
		first := make(map[string]*pod.Pod)
		for _, p := range pods {
			group, known := groups[p.UID]
			if q := first[group]; known && q != nil {
				y.requireAlike(p, q)
			} else if known {
				first[group] = p
			}
		}
	})
}

// requireAlike requires that of two pods both fit somewhere, or neither does.
func (y *yard) requireAlike(p, q *pod.Pod) {
	y.Helper()
	a, b := y.s.Pick(p, y.c), y.s.Pick(q, y.c)
	require.Equalf(y, a.Node == "", b.Node == "", "pods %q and %q are of one group, and one fits: %+v, %+v", p.Name, q.Name, a, b)
}

// groupStaysAlike is what an engine goes by: what was of one group, and would still
// be of that, is still alike.
func groupStaysAlike(y *yard) {
	pods := y.ofEachKind()
	was := y.groups(pods)
	y.walk(60, func() {
		now := y.groups(pods)
		for i, p := range pods {
			for _, q := range pods[:i] {
				if group, known := was[p.UID]; known && was[q.UID] == group && now[p.UID] == group {
					y.requireAlike(p, q)
				}
			}
		}
	})
}

// preempt asks which pods would have to go for p, and requires that the answer is a possible one.
func (y *yard) preempt(p *pod.Pod) scheduler.Preemption {
	y.Helper()
	was, own := y.picture(y.c), p.Copy()
	ask := func(s scheduler.Scheduler, c *scheduler.Cluster) scheduler.Preemption {
		return s.(scheduler.Preempter).Preempt(p, c, y.on)
	}
	room := ask(y.s, y.c)
	require.Equal(y, was, y.picture(y.c), "Preempt leaves the cluster as it is")
	require.Equal(y, own, p, "a pod is shared and read-only")
	require.Equal(y, room, ask(y.s, y.c), "the same pod and the same cluster have to give the same answer")
	require.Equal(y, room, ask(y.h.New(y.T), y.rebuilt()), "in whatever order nodes and pods have come")
	if room.Node == "" {
		require.Emptyf(y, room.Victims, "pods go for pod %q, and no node is named", p.Name)
		return room
	}
	require.NotNilf(y, y.c.Node(room.Node), "pod %q: there is no node %q", p.Name, room.Node)
	without, some := y.withoutLeaving(room.Node)
	require.Truef(y, some || len(room.Victims) > 0, "nobody goes for pod %q on node %q, and nobody is leaving it", p.Name, room.Node)
	for i, victim := range room.Victims {
		if is := y.placed[victim.UID]; is != nil {
			require.Falsef(y, is.Deleting(), "pod %q: victim %q is leaving anyway", p.Name, victim.Name)
		}
		require.Equalf(y, room.Node, without.Placed(victim.UID), "pod %q: victim %q is on that node, and once", p.Name, victim.Name)
		require.Lessf(y, victim.Spec.Rank(), p.Spec.Rank(), "the priority of victim %q, which makes way for pod %q", victim.Name, p.Name)
		if i > 0 {
			require.LessOrEqualf(y, cmp.Compare(room.Victims[i-1].Spec.Rank(), victim.Spec.Rank()), 0, "pod %q: the lowest priority comes first", p.Name)
		}
		without.Displace(victim.UID)
	}
	why := y.h.Fits(scheduler.NewRequest(p), without.Node(room.Node))
	require.Zerof(y, why, "pod %q: its victims are gone, and it does not fit on node %q: %s", p.Name, room.Node, scheduler.Refusal{Reason: why, Nodes: 1})
	d := y.s.Pick(p, without)
	require.NotEmptyf(y, d.Node, "pod %q: its victims are gone from node %q, and there is no room: %s", p.Name, room.Node, d.Message())
	return room
}

// withoutLeaving returns the cluster as it is once those have gone that are leaving a
// node; false where there are none.
func (y *yard) withoutLeaving(node string) (without *scheduler.Cluster, some bool) {
	without = y.c.Fork()
	for _, p := range y.on(node) {
		if p.Deleting() {
			without.Displace(p.UID)
			some = true
		}
	}
	return without, some
}

// enough returns the nodes that the scheduler takes for p, which fits nowhere as things
// are, once those have gone that are leaving them.
func (y *yard) enough(p *pod.Pod) (nodes []string) {
	for i := range 2 * yardNodes {
		name := y.h.Node(i).Name
		if without, some := y.withoutLeaving(name); some && y.s.Pick(p, without).Node == name {
			nodes = append(nodes, name)
		}
	}
	return nodes
}

// crowded returns a yard that is full of pods of some priorities, of which none is leaving.
func (y *yard) crowded(seed uint64, priorities ...int32) *yard {
	y.Helper()
	z := y.another(seed)
	for range 60 {
		p := z.pod()
		p.Spec.Priority = &priorities[z.rnd.IntN(len(priorities))]
		z.place(p)
	}
	return z
}

func preemptMakesRoom(y *yard) {
	some := 0
	for seed := range uint64(4) {
		z := y.crowded(seed, 0, 1, 2, 3)
		for _, p := range z.ofEachKind() {
			priority := int32(z.rnd.IntN(5))
			if p.Spec.Priority = &priority; z.s.Pick(p, z.c).Node == "" && z.preempt(p).Node != "" {
				some++
			}
			z.change()
		}
	}
	if some == 0 {
		y.Log("this scheduler has never made room for a pod")
	}
}

func preemptWaits(y *yard) {
	for seed := range uint64(4) {
		z := y.crowded(seed, 0, 1, 2, 3)
		for _, p := range z.ofEachKind() {
			priority := int32(z.rnd.IntN(5))
			z.haveSomeLeave()
			if p.Spec.Priority = &priority; z.s.Pick(p, z.c).Node == "" {
				z.requireWaits(p)
			}
			z.change()
		}
	}
}

// requireWaits requires that nobody goes for a pod where it is enough that some are
// leaving, and that it stays with the node to which it is nominated then. It fits nowhere.
func (y *yard) requireWaits(p *pod.Pod) {
	y.Helper()
	enough := y.enough(p)
	if room := y.preempt(p); len(enough) > 0 {
		require.Emptyf(y, room.Victims, "pod %q fits on %q once those have gone that are leaving, and others go on %q", p.Name, enough, room.Node)
	}
	for _, name := range enough {
		nominated := *p
		nominated.Status.NominatedNodeName = name
		require.Equalf(y, name, y.preempt(&nominated).Node, "pod %q is nominated to %q, and fits there once those have gone that are leaving it", p.Name, name)
	}
}

func preemptSparesEquals(y *yard) {
	z := y.crowded(1, 5)
	for _, p := range z.ofEachKind() {
		for _, priority := range []int32{0, 5} {
			if p.Spec.Priority = &priority; z.s.Pick(p, z.c).Node == "" {
				require.Emptyf(y, z.preempt(p).Node, "pod %q has priority %d, and nobody a lower one", p.Name, priority)
			}
		}
	}
}

func preemptInVain(y *yard) {
	z := y.crowded(1, 0, 1, 2)
	priority := int32(9)
	for range 10 {
		p := z.huge()
		if p.Spec.Priority = &priority; z.s.Pick(p, z.c).Node == "" && z.s.Pick(p, z.another(1).c).Node == "" {
			require.Emptyf(y, z.preempt(p).Node, "pod %q fits nowhere, however empty it is", p.Name)
		}
	}
}

func explainEveryNode(y *yard) {
	explainer := y.s.(scheduler.Explainer)
	y.walk(60, func() {
		for _, p := range []*pod.Pod{y.pod(), y.huge()} {
			was, own := y.picture(y.c), p.Copy()
			d, verdicts := y.s.Pick(p, y.c), explainer.Explain(p, y.c)
			require.Equal(y, was, y.picture(y.c), "Explain leaves the cluster as it is")
			require.Equal(y, own, p, "a pod is shared and read-only")
			require.Equal(y, fmt.Sprint(verdicts), fmt.Sprint(explainer.Explain(p, y.c)), "the same pod and the same cluster have to give the same answer")
			y.judgeVerdicts(p, d, verdicts)
		}
	})
}

// judgeVerdicts requires that there is a verdict for each node, and that they are
// those of the decision.
func (y *yard) judgeVerdicts(p *pod.Pod, d scheduler.Decision, verdicts []scheduler.Verdict) {
	y.Helper()
	require.Lenf(y, verdicts, y.c.Len(), "pod %q: one verdict for each node", p.Name)
	seen := make(map[string]bool)
	for i, v := range verdicts {
		require.NotNilf(y, y.c.Node(v.Node), "pod %q: there is no node %q", p.Name, v.Node)
		require.Falsef(y, seen[v.Node], "pod %q: node %q has two verdicts", p.Name, v.Node)
		seen[v.Node] = true
		require.Equalf(y, v.Filter == "", v.Why.IsZero(), "pod %q: a node is refused by a filter and for a reason, or fits: %+v", p.Name, v)
		if i == 0 {
			continue
		}
		last := verdicts[i-1]
		require.Falsef(y, last.Filter != "" && v.Filter == "", "pod %q: nodes that fit come first, not %q before %q", p.Name, last.Node, v.Node)
		if v.Filter == "" {
			require.GreaterOrEqualf(y, cmp.Compare(last.Total, v.Total), 0, "pod %q: the best come first, not %q before %q", p.Name, last, v)
		}
	}
	best := ""
	if len(verdicts) > 0 && verdicts[0].Filter == "" {
		best = verdicts[0].Node
	}
	require.Equalf(y, d.Node, best, "pod %q: the first verdict is on the node that Pick takes", p.Name)
}
