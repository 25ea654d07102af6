package scheduler_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator/scheduler"
	"github.com/coracle-dev/coracle/pod"
)

// rank gives a pod a priority.
func rank(priority int32) func(*pod.Pod) {
	return func(p *pod.Pod) { p.Spec.Priority = &priority }
}

// leaving has a pod end soon.
func leaving(p *pod.Pod) { p.DeletionTimestamp = time.Unix(1<<30, 0) }

// preemptWorld is a cluster, and the pods on its nodes.
type preemptWorld struct {
	*scheduler.Cluster
	on map[string][]*pod.Pod
}

func newPreemptWorld(c *scheduler.Cluster) preemptWorld {
	return preemptWorld{c, make(map[string][]*pod.Pod)}
}

func (w preemptWorld) place(name, node, amount string, with ...func(*pod.Pod)) {
	p := newPod(name, append(with, requests(amount))...)
	w.Place(p, node)
	w.on[node] = append(w.on[node], p)
}

// preempt returns the node, and the names of the victims.
func (w preemptWorld) preempt(p *pod.Pod) []string {
	room := new(scheduler.Policy).Preempt(p, w.Cluster, func(node string) []*pod.Pod { return w.on[node] })
	answer := []string{room.Node}
	for _, v := range room.Victims {
		answer = append(answer, v.Name)
	}
	return answer
}

// Pods that are leaving already cost nothing, whatever their priority, and make room.
func TestPreemptCountsWhoLeaves(t *testing.T) {
	for _, test := range []struct {
		name string
		set  func(w preemptWorld)
		want []string
	}{
		{"nobody has to go where enough are leaving", func(w preemptWorld) {
			w.place("low", "a", "cpu=2", rank(0))
			w.place("leaves", "b", "cpu=2", rank(5), leaving)
		}, []string{"b"}},
		{"also where more than enough would go elsewhere", func(w preemptWorld) {
			w.place("leaves", "a", "cpu=2", rank(20), leaving)
			w.place("low", "b", "cpu=2", rank(0))
		}, []string{"a"}},
		{"the first of several such nodes", func(w preemptWorld) {
			w.place("low", "a", "cpu=2", rank(0))
			w.place("leaves-b", "b", "cpu=2", rank(5), leaving)
			w.place("leaves-c", "c", "cpu=2", rank(1), leaving)
		}, []string{"b"}},
		{"one goes where that is needed besides", func(w preemptWorld) {
			w.place("leaves", "a", "cpu=1", rank(7), leaving)
			w.place("low", "a", "cpu=1", rank(1))
			w.place("low-1", "b", "cpu=1", rank(1))
			w.place("low-2", "b", "cpu=1", rank(1))
		}, []string{"a", "low"}},
		{"who stays is not put out by one that leaves", func(w preemptWorld) {
			w.place("leaves", "a", "cpu=1", rank(20), leaving)
			w.place("high", "a", "cpu=1", rank(20))
			w.place("low", "b", "cpu=2", rank(8))
		}, []string{"b", "low"}},
		{"nobody leaves, and nobody has a lower priority", func(w preemptWorld) {
			w.place("high", "a", "cpu=2", rank(20))
			w.place("low", "b", "cpu=1", rank(1))
			w.place("high-2", "b", "cpu=1", rank(20))
		}, []string{""}},
	} {
		w := newPreemptWorld(clusterOf(newNode("a", capacity("cpu=2")), newNode("b", capacity("cpu=2")), newNode("c", capacity("cpu=2"))))
		if test.set(w); len(w.on["c"]) == 0 {
			w.place("peer", "c", "cpu=2", rank(9))
		}
		require.Equal(t, test.want, w.preempt(newPod("p", requests("cpu=2"), rank(9))), test.name)
	}
}

// Where room is made for a pod already it stays, as long as that is enough.
func TestPreemptStays(t *testing.T) {
	w := newPreemptWorld(clusterOf(newNode("a", capacity("cpu=2")), newNode("b", capacity("cpu=2"))))
	w.place("leaves-a", "a", "cpu=2", rank(1), leaving)
	w.place("leaves-b", "b", "cpu=2", rank(1), leaving)
	p := newPod("p", requests("cpu=2"), rank(9))
	for nominated, want := range map[string]string{"": "a", "a": "a", "b": "b", "gone": "a"} {
		p.Status.NominatedNodeName = nominated
		require.Equal(t, []string{want}, w.preempt(p), nominated)
	}
	w.SetNode(newNode("b", capacity("cpu=2"), cordoned))
	p.Status.NominatedNodeName = "b"
	require.Equal(t, []string{"a"}, w.preempt(p))
}

// What a policy answers is what its rules come to, worked out plainly: with a fork for
// each node, and every node asked about every time. It leaves the cluster as it was.
func TestPreemptIsThatOfTheRules(t *testing.T) {
	for name, policy := range oraclePolicies() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			some, waits := 0, 0
			for seed := range uint64(12) {
				w := newOracleWorld(seed)
				bound := make(map[string]*pod.Pod)
				for range 80 {
					w.change()
					p := w.pod()
					rank(int32(w.rnd.IntN(4)))(p)
					d := policy.Pick(p, &w.cluster)
					if d.Node != "" {
						require.NoError(t, w.cluster.Accept(p, d))
						if w.rnd.IntN(4) == 0 {
							leaving(p)
						}
						w.placed, bound[p.UID] = append(w.placed, p.UID), p
						continue
					}
					if w.rnd.IntN(4) == 0 {
						p.Status.NominatedNodeName = w.nodeName()
					}
					on := func(node string) []*pod.Pod { return boundOn(&w.cluster, bound, node) }
					before := pictureOf(&w.cluster)
					room := policy.Preempt(p, &w.cluster, on)
					require.Equal(t, before, pictureOf(&w.cluster), "seed %d", seed)
					require.Equal(t, rulesOfPreempt(policy, p, &w.cluster, on, w.outranks(p, bound)), room, "seed %d", seed)
					if room.Node != "" {
						some++
						if len(room.Victims) == 0 {
							waits++
						}
					}
				}
			}
			if name != "Anywhere" { // where nearly every pod fits
				require.Positive(t, some)
				require.Positive(t, waits)
			}
		})
	}
}

func boundOn(c *scheduler.Cluster, bound map[string]*pod.Pod, node string) (list []*pod.Pod) {
	for uid, p := range bound {
		if c.Placed(uid) == node {
			list = append(list, p)
		}
	}
	slices.SortFunc(list, func(a, b *pod.Pod) int { return cmp.Compare(a.UID, b.UID) })
	return list
}

// pictureOf is what can be seen of the nodes of a cluster.
func pictureOf(c *scheduler.Cluster) (seen []any) {
	for n := range c.Nodes() {
		seen = append(seen, n.Node.Name, c.Count(n.Node.Name), slices.Clone(n.Devices("a.b/gpu")), slices.Clone(n.Devices("a.b/tpu")))
	}
	return seen
}

// rulesOfPreempt is Policy.Preempt by the words of its comment.
func rulesOfPreempt(s *scheduler.Policy, p *pod.Pod, c *scheduler.Cluster, on func(string) []*pod.Pod, outranks bool) scheduler.Preemption {
	plain := *s
	plain.Individual, plain.Sample = true, 0
	fits := func(c *scheduler.Cluster, node string) bool {
		return slices.ContainsFunc(plain.Explain(p, c), func(v scheduler.Verdict) bool { return v.Node == node && v.Filter == "" })
	}
	var best scheduler.Preemption
	var free []string // nodes where it is enough that some are leaving
	for n := range c.Nodes() {
		name, left := n.Node.Name, c.Fork()
		var lower []*pod.Pod
		for _, o := range on(name) {
			if o.Deleting() {
				left.Displace(o.UID)
			} else if o.Spec.Rank() < p.Spec.Rank() {
				lower = append(lower, o)
			}
		}
		if fits(left, name) {
			free = append(free, name)
		} else if victims := rulesOfVictims(left, name, lower, fits); len(victims) > 0 && (best.Node == "" || milder(victims, best.Victims)) {
			best = scheduler.Preemption{Node: name, Victims: victims}
		}
	}
	switch {
	case slices.Contains(free, p.Status.NominatedNodeName):
		return scheduler.Preemption{Node: p.Status.NominatedNodeName}
	case !outranks:
		return scheduler.Preemption{}
	case len(free) > 0:
		return scheduler.Preemption{Node: free[0]}
	}
	return best
}

// rulesOfVictims returns who of lower has to go from a node.
func rulesOfVictims(c *scheduler.Cluster, node string, lower []*pod.Pod, fits func(*scheduler.Cluster, string) bool) (victims []*pod.Pod) {
	slices.SortStableFunc(lower, func(a, b *pod.Pod) int { // all are of one age
		return cmp.Or(cmp.Compare(b.Spec.Rank(), a.Spec.Rank()), cmp.Compare(a.Name, b.Name))
	})
	without := func(stay []*pod.Pod) *scheduler.Cluster {
		f := c.Fork()
		for _, o := range lower {
			if !slices.Contains(stay, o) {
				f.Displace(o.UID)
			}
		}
		return f
	}
	var stay []*pod.Pod
	if !fits(without(stay), node) {
		return nil
	}
	for _, o := range lower {
		if with := append(slices.Clone(stay), o); fits(without(with), node) {
			stay = with
		} else {
			victims = append([]*pod.Pod{o}, victims...)
		}
	}
	return victims
}

// milder reports whether a is the better choice: the highest priority, then the sum of
// all, each counted from the lowest that there can be, then how many.
func milder(a, b []*pod.Pod) bool {
	highest, sum := [2]int64{-1 << 40, -1 << 40}, [2]int64{}
	for i, list := range [][]*pod.Pod{a, b} {
		for _, p := range list {
			highest[i] = max(highest[i], int64(p.Spec.Rank()))
			sum[i] += int64(p.Spec.Rank()) + 1<<31
		}
	}
	return cmp.Or(cmp.Compare(highest[0], highest[1]), cmp.Compare(sum[0], sum[1]), cmp.Compare(len(a), len(b))) < 0
}

// outranks reports whether a pod is placed that has a lower priority than p. Those that
// are not bound have none.
func (w *oracleWorld) outranks(p *pod.Pod, bound map[string]*pod.Pod) bool {
	for i := range w.pods {
		uid := fmt.Sprint("p", i+1)
		if w.cluster.Placed(uid) == "" {
			continue
		}
		if o := bound[uid]; o == nil && p.Spec.Rank() > 0 || o != nil && o.Spec.Rank() < p.Spec.Rank() {
			return true
		}
	}
	return false
}
