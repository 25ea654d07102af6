package replication_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
)

// randomWorld has two controllers with the same selector, and pods of all kinds.
func randomWorld(random *rand.Rand) *world {
	w := &world{now: t0}
	for _, name := range []string{"a", "b"} {
		c := controller(name, random.IntN(8))
		c.Spec.Selector = labels.Set{"app": "web"}
		c.Spec.Template.Labels = labels.Set{"app": "web", "version": name}
		w.controllers = append(w.controllers, c)
	}
	for i := range random.IntN(25) {
		p := &pod.Pod{Meta: labels.Meta{Name: fmt.Sprintf("p%02d", i), Labels: labels.Set{"app": "web"}}}
		p.CreationTimestamp = t0.Add(-time.Duration(random.IntN(5)) * time.Minute)
		if random.IntN(5) == 0 {
			p.Labels["app"] = "db"
		}
		if n := random.IntN(4); n < 2 {
			p.OwnerReferences = append(p.OwnerReferences, replication.Owner(w.controllers[n]))
		} else if n == 2 {
			p.OwnerReferences = append(p.OwnerReferences, labels.OwnerReference{UID: "stranger", Controller: random.IntN(2) == 0})
		}
		switch random.IntN(8) {
		case 0:
			p.Status.Phase = pod.Failed
		case 1:
			p.DeletionTimestamp = t0
		case 2:
			p.Namespace = "elsewhere"
		}
		if p.Status.Phase == "" && random.IntN(3) > 0 {
			w.run(p, fmt.Sprint("n", random.IntN(4)), random.IntN(3) > 0)
			if random.IntN(4) == 0 {
				p.Status.Phase = pod.Pending
			}
		}
		w.add(p)
	}
	return w
}

// TestPlanConverges applies plans until there is nothing to do, and checks each.
func TestPlanConverges(t *testing.T) {
	for seed := range uint64(2000) {
		random := rand.New(rand.NewPCG(seed, 1))
		w := randomWorld(random)
		for range 4 {
			for _, c := range w.controllers {
				before := slices.Clone(w.pods)
				a := w.plan(c)
				checkPlan(t, w, c, a)
				random.Shuffle(len(w.pods), func(i, j int) { w.pods[i], w.pods[j] = w.pods[j], w.pods[i] })
				shuffled := w.plan(c)
				require.Equal(t, a.Delete, shuffled.Delete, "seed %d: the order of pods matters", seed)
				require.ElementsMatch(t, a.Adopt, shuffled.Adopt)
				require.Equal(t, a.Status, shuffled.Status)
				w.apply(c, a)
				checkUntouched(t, c, before, w.pods)
			}
		}
		for _, c := range w.controllers {
			a := w.plan(c)
			require.Equal(t, *c.Spec.Replicas, a.Status.Replicas, "seed %d", seed)
			require.Empty(t, a.Adopt)
			require.Empty(t, a.Release)
			require.Empty(t, a.Delete)
			require.Zero(t, a.Create)
			require.Empty(t, a.Events)
		}
	}
}

// checkPlan checks one plan by the rules, each written down once more.
func checkPlan(t *testing.T, w *world, c *replication.Controller, a replication.Actions) {
	t.Helper()
	var live []*pod.Pod
	for _, p := range w.pods {
		owner, owned := p.Controller()
		mine := owned && owner.UID == c.UID
		alive := !p.Deleting() && !p.Status.Phase.Terminal() && p.Namespace == c.Namespace
		matches := p.Labels["app"] == "web"
		require.Equal(t, alive && matches && !owned, slices.Contains(a.Adopt, p), p.Name)
		require.Equal(t, alive && !matches && mine, slices.Contains(a.Release, p), p.Name)
		if alive && matches && (mine || !owned) {
			live = append(live, p)
		}
	}
	require.Equal(t, len(live), a.Status.Replicas)
	surplus := len(live) - *c.Spec.Replicas
	require.Equal(t, max(0, -surplus), a.Create)
	require.Equal(t, names(slowVictims(live, surplus)), names(a.Delete))
}

func names(pods []*pod.Pod) []string {
	names := []string{}
	for _, p := range pods {
		names = append(names, p.Name)
	}
	return names
}

// slowVictims takes the worst pod, counts anew, and so on.
func slowVictims(live []*pod.Pod, n int) (gone []*pod.Pod) {
	live = slices.Clone(live)
	for range n {
		crowd := map[string]int{}
		for _, p := range live {
			crowd[p.Spec.NodeName]++
		}
		worst := slices.MinFunc(live, func(a, b *pod.Pod) int {
			return cmp.Or(
				falseFirst(a.Spec.NodeName != "", b.Spec.NodeName != ""),
				falseFirst(a.Status.Phase == pod.Running, b.Status.Phase == pod.Running),
				falseFirst(a.Status.Is(pod.Ready), b.Status.Is(pod.Ready)),
				cmp.Compare(crowd[b.Spec.NodeName], crowd[a.Spec.NodeName]),
				b.CreationTimestamp.Compare(a.CreationTimestamp),
				cmp.Compare(a.Name, b.Name))
		})
		gone = append(gone, worst)
		live = slices.DeleteFunc(live, func(p *pod.Pod) bool { return p == worst })
	}
	return gone
}

func falseFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// checkUntouched: the pods of others, and those that have ended, are as they were.
func checkUntouched(t *testing.T, c *replication.Controller, before, after []*pod.Pod) {
	t.Helper()
	for _, p := range before {
		owner, owned := p.Controller()
		if owned && owner.UID != c.UID || p.Status.Phase.Terminal() || p.Deleting() {
			require.True(t, slices.Contains(after, p), "%s was touched", p.Name)
		}
	}
}

// TestRolloutKeepsItsBounds simulates updates to their end. Pods become ready
// when they like, deletions take their time, and pods of the old version die.
func TestRolloutKeepsItsBounds(t *testing.T) {
	for seed := range uint64(1000) {
		random := rand.New(rand.NewPCG(seed, 2))
		w := &world{now: t0}
		asked := random.IntN(12)
		from, to := controller("from", asked), controller("to", 0)
		to.Spec.MinReadySeconds = random.IntN(2) * 20
		w.controllers = []*replication.Controller{from, to}
		w.apply(from, w.plan(from))
		for _, p := range w.pods {
			w.run(p, "n1", true)
		}
		r := replication.Rolling{Replicas: asked, MaxSurge: random.IntN(4), MaxUnavailable: random.IntN(4)}
		surge := r.MaxSurge
		if surge+r.MaxUnavailable == 0 {
			surge = 1
		}
		done := false
		for step := 0; !done; step++ {
			require.Less(t, step, 500, "seed %d: no end", seed)
			w.now = w.now.Add(10 * time.Second)
			s := replication.Rollout(from, to, w.pods, r, w.now)
			require.LessOrEqual(t, s.From, *from.Spec.Replicas, "seed %d", seed)
			require.GreaterOrEqual(t, s.To, *to.Spec.Replicas, "seed %d", seed)
			*from.Spec.Replicas, *to.Spec.Replicas, done = s.From, s.To, s.Done
			for _, c := range w.controllers {
				if random.IntN(3) > 0 { // the plan may come later
					w.apply(c, w.plan(c))
				}
			}
			ready := 0
			for _, p := range w.pods {
				if p.Status.Phase != pod.Running && random.IntN(2) == 0 {
					w.run(p, "n1", true)
				}
				if p.Status.Is(pod.Ready) {
					ready++
				}
			}
			require.GreaterOrEqual(t, ready, asked-r.MaxUnavailable, "seed %d step %d", seed, step)
			require.LessOrEqual(t, len(w.pods), asked+surge, "seed %d step %d", seed, step)
		}
		require.Len(t, w.pods, asked)
		for _, p := range w.pods {
			require.True(t, replication.Owns(to, p))
		}
		require.True(t, replication.Rollout(from, to, w.pods, r, w.now).Done, "done stays done")
	}
}

// More labels than fit into the fast path.
func TestManyLabels(t *testing.T) {
	c := controller("web", 1)
	for i := range 20 {
		key := fmt.Sprintf("k%02d", i)
		c.Spec.Selector[key], c.Spec.Template.Labels[key] = "x", "x"
	}
	p := replication.NewPod(c)
	require.Equal(t, 1, replication.Plan(c, []*pod.Pod{p}, t0).Status.FullyLabeledReplicas)
	delete(p.Labels, "k19")
	a := replication.Plan(c, []*pod.Pod{p}, t0)
	require.Len(t, a.Release, 1)
	require.Equal(t, 1, a.Create)
}
