package orchtest

import (
	"fmt"
	"sync"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator/scheduler"
	"github.com/coracle-dev/coracle/pod"
)

func noNodes(y *yard) {
	for range 3 {
		p := y.pod()
		require.Equal(y, "there are no nodes", y.s.Pick(p, new(scheduler.Cluster)).Message())
		require.True(y, y.place(p), "there are eight, and all are empty")
	}
}

func takesOneThatFits(y *yard) {
	for kind := range yardKinds {
		alone := y.another(1)
		require.Truef(y, alone.place(alone.podOf(kind)), "eight empty nodes are there for pod %q: see SchedulerHarness.Pod", y.kinds[kind].Name)
	}
	for seed := range uint64(5) {
		y.another(seed).walk(60, func() {})
	}
}

func devicesAreFree(y *yard) {
	some := false
	for kind := range yardKinds {
		if len(scheduler.NewRequest(y.kinds[kind]).Demands()) == 0 {
			continue
		}
		some = true
		only := y.another(1)
		for n := 0; n < 100 && only.place(only.podOf(kind)); n++ {
		}
	}
	if !some {
		y.Log("none of the pods wants a device")
	}
}

func refusesWhatFitsNowhere(y *yard) {
	for seed := range uint64(5) {
		z := y.another(seed)
		z.fill()
		for range 10 {
			p := z.pod()
			z.judge(p, z.c, z.s.Pick(p, z.c))
			p = z.huge()
			z.judge(p, z.c, z.s.Pick(p, z.c))
			z.change()
		}
	}
}

func askedTwice(y *yard) {
	for seed := range uint64(3) {
		z := y.another(seed)
		z.walk(40, func() {
			p := z.pod()
			first := z.s.Pick(p, z.c)
			for range 5 {
				require.Equal(y, first, z.s.Pick(p, z.c), "the same pod and the same cluster have to give the same decision")
			}
		})
	}
}

func orderDoesNotMatter(y *yard) {
	for seed := range uint64(3) {
		z := y.another(seed)
		z.walk(40, func() {
			p := z.pod()
			require.Equal(y, z.h.New(y.T).Pick(p, z.rebuilt()), z.h.New(y.T).Pick(p, z.rebuilt()),
				"a decision has to be the same, in whatever order nodes and pods have come")
		})
	}
}

func historyDoesNotMatter(y *yard) {
	for seed := range uint64(3) {
		z := y.another(seed)
		z.walk(40, func() {
			p := z.pod()
			require.Equal(y, z.h.New(y.T).Pick(p, z.rebuilt()), z.s.Pick(p, z.c),
				"a decision has to be that of a scheduler which has not seen what was before")
		})
	}
}

func leavesThePod(y *yard) {
	y.walk(60, func() {
		for _, p := range []*pod.Pod{y.pod(), y.huge()} {
			was := p.Copy()
			y.s.Pick(p, y.c)
			require.Equal(y, was, p, "a pod is shared and read-only")
		}
	})
}

func leavesTheCluster(y *yard) {
	y.walk(60, func() {
		for _, p := range []*pod.Pod{y.pod(), y.huge()} {
			was := y.picture(y.c)
			y.s.Pick(p, y.c)
			require.Equal(y, was, y.picture(y.c), "whoever asks counts the pod, and nobody changes nodes")
		}
	})
}

func nodesCome(y *yard) {
	for seed := range uint64(5) {
		z := y.another(seed)
		p := z.fill()
		if p == nil {
			return
		}
		placed := false
		for i := 0; i < yardNodes && !placed; i++ {
			z.setNode(z.h.Node(yardNodes + i))
			placed = z.place(p)
		}
		require.Truef(y, placed, "pod %q waited for room, and eight empty nodes have come", p.Name)
	}
}

func nodesAreBack(y *yard) {
	for seed := range uint64(5) {
		z := y.another(seed)
		p := z.pod()
		for i := range yardNodes {
			n := z.h.Node(i)
			n.Spec.Unschedulable = true
			z.setNode(n)
		}
		z.judge(p, z.c, z.s.Pick(p, z.c))
		for i := range yardNodes {
			z.deleteNode(z.h.Node(i).Name)
		}
		z.judge(p, z.c, z.s.Pick(p, z.c))
		for i := range yardNodes {
			z.setNode(z.h.Node(i))
		}
		require.Truef(y, z.place(p), "pod %q waited for nodes, and they are back", p.Name)
	}
}

func podsGo(y *yard) {
	for seed := range uint64(5) {
		z := y.another(seed)
		p := z.fill()
		if p == nil {
			return
		}
		placed := false
		for len(z.placed) > 0 && !placed {
			for i := range yardNodes {
				if on := z.on(z.h.Node(i).Name); len(on) > 0 {
					z.displace(on[0].UID)
				}
			}
			placed = z.place(p)
		}
		require.Truef(y, placed, "pod %q waited for room, and all the others are gone", p.Name)
	}
}

func forkIsTheSame(y *yard) {
	for seed := range uint64(3) {
		z := y.another(seed)
		z.walk(20, func() {})
		p := z.pod()
		before := z.s.Pick(p, z.c)
		fork := z.c.Fork()
		require.Equal(y, before, z.s.Pick(p, fork), "a fork is as its origin")
		for range 20 { // what happens to the fork does not show in the origin
			other := z.pod()
			d := z.s.Pick(other, fork)
			require.Equal(y, z.h.New(y.T).Pick(other, fork.Fork()), d, "a fork is a cluster of its own")
			if d.Node != "" {
				require.NoError(y, fork.Accept(other, d))
			}
		}
		require.Equal(y, before, z.s.Pick(p, z.c), "pods were placed in a fork")
		fork = z.c.Fork()
		z.walk(20, func() {}) // nor does what happens to the origin show in the fork
		require.Equal(y, before, z.s.Pick(p, fork), "pods were placed in the origin")
	}
}

// forksAtOnce has one scheduler decide about forks of a cluster, all at the same
// time. Run it with the race detector.
func forksAtOnce(y *yard) {
	y.walk(20, func() {})
	pods := make([]*pod.Pod, 40)
	for i := range pods {
		pods[i] = y.pod()
	}
	picks := func(s scheduler.Scheduler, c *scheduler.Cluster) (picked []string) {
		for _, p := range pods {
			d := s.Pick(p, c)
			if d.Node != "" {
				if err := c.Accept(p, d); err != nil {
					return append(picked, err.Error())
				}
			}
			picked = append(picked, fmt.Sprint(d.Node, d.Message(), c.Devices(p.UID)))
		}
		return picked
	}
	want := picks(y.s, y.c.Fork())
	var group sync.WaitGroup
	for range 8 {
		fork := y.c.Fork()
		group.Go(func() {
			have := picks(y.s, fork)
			for i := range want {
				if i >= len(have) || want[i] != have[i] {
					y.Errorf("pod %q: the same fork gives another decision while others are decided about: want %q, got %q", pods[i].Name, want, have)
					return
				}
			}
		})
	}
	group.Wait()
}
