package scheduler

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/pod"
)

// Which crowds a pod belongs to, which keep it away, and how many pods each has in each
// place is what a walk over all of them, and over all pods, finds: few crowds or many,
// in a cluster that changes, and in forks of it.
func TestCrowdsAreThoseOfAWalk(t *testing.T) {
	for _, terms := range []int{3, 40} {
		for seed := range uint64(8) {
			w := &crowdWorld{rnd: rand.New(rand.NewPCG(seed, uint64(terms))), c: new(Cluster), terms: terms}
			for step := range 150 {
				w.change()
				if step%50 == 49 {
					w.c = w.c.Fork()
				}
				if p := w.pod(); w.rnd.IntN(2) == 0 {
					requireCrowds(t, w.c, p)
				}
			}
		}
	}
}

// requireCrowds has a pod looked at, and compares all that is known then.
func requireCrowds(t *testing.T, c *Cluster, p *pod.Pod) {
	t.Helper()
	template := c.templates.of(p)
	x, _ := Spread().surround(template, c)
	var keepAway []*crowd
	for _, wary := range c.crowds.wary.crowds {
		if wary.names(p) {
			keepAway = append(keepAway, wary)
		}
	}
	require.ElementsMatch(t, keepAway, x.wary)
	var belongs []*crowd
	for _, crowd := range c.crowds.list {
		if crowd.has(template) {
			belongs = append(belongs, crowd)
		}
	}
	require.ElementsMatch(t, belongs, c.crowdsWith(template))
	for _, crowd := range c.crowds.list {
		counts, total := make(map[string]int), 0
		for _, placed := range c.placed.all() {
			if place, ok := c.byName.get(placed.on).place(crowd.topology); ok && crowd.has(placed.what) {
				counts[place]++
				total++
			}
		}
		require.Equal(t, counts, c.counted(crowd).counts, crowd.text)
		require.Equal(t, total, crowd.total)
	}
}

// crowdWorld is a cluster of pods that mind each other very much.
type crowdWorld struct {
	rnd   *rand.Rand
	c     *Cluster
	terms int // how many apps there are, and at least as many terms
	pods  int
	made  []*pod.Pod
}

func (w *crowdWorld) change() {
	switch w.rnd.IntN(8) {
	case 0:
		n := &node.Node{Meta: named(fmt.Sprint("n", w.rnd.IntN(5)))}
		n.Labels = map[string]string{"zone": fmt.Sprint(w.rnd.IntN(2))}
		w.c.SetNode(n)
	case 1:
		w.c.DeleteNode(fmt.Sprint("n", w.rnd.IntN(5)))
	case 2, 3:
		if w.pods > 0 {
			w.c.Displace(fmt.Sprint("p", w.rnd.IntN(w.pods)))
		}
	default:
		w.c.Place(w.pod(), fmt.Sprint("n", w.rnd.IntN(6)))
	}
}

// pod returns a new pod, at times made like one before.
func (w *crowdWorld) pod() *pod.Pod {
	var p pod.Pod
	if len(w.made) > 0 && w.rnd.IntN(2) == 0 {
		p = *w.made[w.rnd.IntN(len(w.made))]
	} else {
		p.Spec.Containers = []pod.Container{{}}
		p.Namespace = w.one("a", "b")
		p.Labels = map[string]string{"app": fmt.Sprint(w.rnd.IntN(w.terms)), "tier": w.one("x", "y")}
		if w.rnd.IntN(2) == 0 {
			p.OwnerReferences = []labels.OwnerReference{{UID: fmt.Sprint(w.rnd.IntN(3)), Controller: true}}
		}
		p.Spec.Affinity = &pod.Affinity{
			PodAffinity:     &pod.PodAffinity{Preferred: []pod.WeightedPodTerm{{Weight: 1, Term: w.term()}}},
			PodAntiAffinity: &pod.PodAntiAffinity{Required: []pod.PodTerm{w.term(), w.term()}[:w.rnd.IntN(3)]},
		}
		w.made = append(w.made, &p)
	}
	p.UID = fmt.Sprint("p", w.pods)
	p.Name = p.UID
	w.pods++
	return &p
}

func (w *crowdWorld) term() pod.PodTerm {
	t := pod.PodTerm{TopologyKey: w.one("zone", pod.HostnameLabel)}
	app := fmt.Sprint(w.rnd.IntN(w.terms))
	t.Selector = []*pod.LabelSelector{
		nil,
		{},
		{MatchLabels: map[string]string{"app": app}},
		{MatchLabels: map[string]string{"app": app, "tier": w.one("x", "y")}},
		{MatchExpressions: []pod.Expression{{Key: "app", Operator: pod.NotIn, Values: []string{app}}}},
		{MatchExpressions: []pod.Expression{{Key: "tier", Operator: pod.Exists}}},
		{MatchExpressions: []pod.Expression{{Key: "app", Operator: pod.In, Values: []string{app, "0"}}}},
	}[w.rnd.IntN(7)]
	if w.rnd.IntN(3) == 0 {
		t.Namespaces = []string{"b", "a", "b"}[w.rnd.IntN(2):]
	}
	return t
}

func (w *crowdWorld) one(of ...string) string { return of[w.rnd.IntN(len(of))] }
