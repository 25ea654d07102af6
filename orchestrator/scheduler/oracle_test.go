package scheduler_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/scheduler"
	"github.com/coracle-dev/coracle/pod"
)

// What a policy keeps between picks never changes a pick: it decides as the same
// policy does that asks about every node each time, through clusters that grow,
// shrink and change under it.
func TestPickIsThatOfAScan(t *testing.T) {
	for name, policy := range oraclePolicies() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scan := *policy
			scan.Individual = true
			for seed := range uint64(60) {
				w := newOracleWorld(seed)
				for range 120 {
					w.change()
					p := w.pod()
					want := scan.Pick(p, &w.cluster)
					require.Equal(t, want, policy.Pick(p, &w.cluster), "seed %d", seed)
					requireExplained(t, want, policy.Explain(p, &w.cluster))
					if want.Node != "" && w.rnd.IntN(8) > 0 {
						require.NoError(t, w.cluster.Accept(p, want))
						require.Equal(t, want.Devices, w.cluster.Devices(p.UID))
						w.placed = append(w.placed, p.UID)
					}
				}
			}
		})
	}
}

// requireExplained compares a decision with what the functions of the filters say,
// and each total with what those of the scorers do.
func requireExplained(t *testing.T, d scheduler.Decision, verdicts []scheduler.Verdict) {
	t.Helper()
	require.Len(t, verdicts, d.Nodes)
	for i, v := range verdicts {
		require.Equal(t, v.Filter == "", v.Why.IsZero())
		if i == 0 && v.Filter == "" {
			require.Equal(t, v.Node, d.Node)
		} else if d.Node == "" {
			require.NotEmpty(t, v.Filter)
		}
		total := 0.0
		for _, s := range v.Scores {
			total += s.Weight * s.Score
		}
		if v.Filter == "" && !math.IsNaN(total) {
			require.InDelta(t, total, v.Total, 1e-9)
		}
	}
}

// oraclePolicies are those that are shipped, and some that are hard.
func oraclePolicies() map[string]*scheduler.Policy {
	crowded := scheduler.Filter{Name: "Crowded", Fits: func(r *scheduler.Request, n *scheduler.Candidate) scheduler.Reason {
		if n.Pods > len(r.Labels["app"])*3 {
			return scheduler.Reason{What: "crowded"}
		}
		return scheduler.Reason{}
	}}
	odd := scheduler.Scorer{Name: "Odd", Weight: -1, Score: func(r *scheduler.Request, n *scheduler.Candidate) float64 {
		return []float64{0, math.Copysign(0, -1), math.NaN(), -5, math.Inf(1), math.Inf(-1)}[(n.Pods+len(r.Annotations["rack"]))%6]
	}, Key: func(r *scheduler.Request) string { return r.Annotations["rack"] }}
	unlike := scheduler.CompanyPreference()
	unlike.Weight = -1.5
	return map[string]*scheduler.Policy{
		"Default":  {},
		"Crowded":  {Filters: append(scheduler.DefaultFilters(), crowded)},
		"Odd":      {Scorers: []scheduler.Scorer{odd}},
		"First":    {Scorers: []scheduler.Scorer{}},
		"Anywhere": {Filters: []scheduler.Filter{}},
		"Sample":   {Sample: 3},
		"Spread":   scheduler.Spread(),
		"Pack":     scheduler.Pack(),
		"Balance":  scheduler.Balance(),
		"Zones":    {Filters: append(scheduler.DefaultFilters(), scheduler.VolumeZones(zoneOf))},
		"Shares":   {Scorers: []scheduler.Scorer{loose}, Share: worstFit},
		"Crowd":    {Scorers: []scheduler.Scorer{scheduler.Apart(), unlike}},
	}
}

// loose prefers nodes with much left of their devices.
var loose = scheduler.Scorer{Name: "Loose", Score: func(_ *scheduler.Request, n *scheduler.Candidate) float64 {
	sum := 0.0
	for _, left := range n.Devices("a.b/gpu") {
		sum += float64(left) / 100
	}
	return sum
}, Key: anyPod}

// worstFit puts a share on the device with the most left, the last of equals.
func worstFit(_ *scheduler.Request, _ *scheduler.Candidate, _ scheduler.Demand, left []int64) int {
	best := 0
	for i, l := range left {
		if l >= left[best] {
			best = i
		}
	}
	return best
}

// oracleWorld is a cluster that changes at random.
type oracleWorld struct {
	rnd       *rand.Rand
	cluster   scheduler.Cluster
	templates []*pod.Pod
	placed    []string
	pods      int
}

func newOracleWorld(seed uint64) *oracleWorld {
	w := &oracleWorld{rnd: rand.New(rand.NewPCG(seed, 7))}
	for range w.rnd.IntN(9) {
		w.setNode()
	}
	for range 1 + w.rnd.IntN(5) {
		w.templates = append(w.templates, w.template())
	}
	return w
}

// change does something to the cluster that is no placement of a pick.
func (w *oracleWorld) change() {
	switch w.rnd.IntN(10) {
	case 0, 1:
		w.setNode()
	case 2:
		w.cluster.DeleteNode(w.nodeName())
	case 3, 4:
		if len(w.placed) > 0 {
			i := w.rnd.IntN(len(w.placed))
			w.cluster.Displace(w.placed[i])
			w.placed = append(w.placed[:i], w.placed[i+1:]...)
		}
	case 5:
		w.cluster.Place(w.pod(), w.nodeName())
	}
}

func (w *oracleWorld) nodeName() string { return fmt.Sprintf("n%02d", w.rnd.IntN(12)) }

func (w *oracleWorld) setNode() { w.cluster.SetNode(w.node()) }

func (w *oracleWorld) node() *node.Node {
	n := newNode(w.nodeName(), labelled(labels.Set{"zone": w.one("a", "b"), "disk": w.one("ssd", "hdd"), node.ZoneLabel: w.one("a", "b")}))
	n.Status.Capacity = amounts(w.one("", "cpu=2,memory=2Gi", "cpu=4,memory=1Gi,pods=5", "cpu=1,memory=4Gi,a.b/gpu=2", "cpu=8,a.b/gpu=3,a.b/tpu=1"))
	if w.rnd.IntN(6) == 0 {
		n.Spec.Unschedulable = true
	}
	if w.rnd.IntN(4) == 0 {
		effect := []pod.TaintEffect{pod.NoSchedule, pod.PreferNoSchedule}[w.rnd.IntN(2)]
		n.Spec.Taints = []node.Taint{{Key: "k", Value: w.one("x", "y"), Effect: effect}}
	}
	return n
}

func (w *oracleWorld) one(of ...string) string { return of[w.rnd.IntN(len(of))] }

// template returns what a controller would make pods from.
func (w *oracleWorld) template() *pod.Pod {
	p := newPod("t", requests(w.one("", "cpu=100m", "cpu=500m,memory=300Mi", "memory=700Mi", "cpu=1,a.b/gpu=1", "a.b/gpu=400m", "a.b/gpu=700m", "a.b/gpu=2", "a.b/gpu=300m,a.b/tpu=500m")))
	p.Labels = labels.Set{"app": w.one("a", "ab", "abc")}
	p.Annotations = map[string]string{"rack": w.one("", "r", "rr")}
	if w.rnd.IntN(3) == 0 {
		p.Spec.NodeSelector = labels.Set{"zone": w.one("a", "b")}
	}
	if w.rnd.IntN(3) == 0 {
		p.Spec.Tolerations = []pod.Toleration{{Key: "k", Value: w.one("x", "y")}}
	}
	if w.rnd.IntN(4) == 0 {
		p.Spec.Containers[0].Ports = []pod.ContainerPort{port(w.one("", "10.0.0.1"), 80, "")}
	}
	if w.rnd.IntN(2) == 0 {
		p.OwnerReferences = []labels.OwnerReference{{UID: w.one("u", "v"), Controller: true}}
	}
	if w.rnd.IntN(4) == 0 {
		disks(w.one("in-a", "in-b", "anywhere"))(p)
	}
	w.affine(p)
	return p
}

// affine gives some pods wishes about nodes and other pods.
func (w *oracleWorld) affine(p *pod.Pod) {
	var a pod.Affinity
	if w.rnd.IntN(4) == 0 {
		a.NodeAffinity = &pod.NodeAffinity{
			Required: &pod.NodeTerms{Terms: []pod.NodeTerm{
				{Expressions: []pod.Expression{{Key: "disk", Operator: pod.In, Values: []string{w.one("ssd", "hdd")}}}},
				{Fields: []pod.Expression{{Key: "metadata.name", Operator: pod.NotIn, Values: []string{w.nodeName()}}}},
			}},
			Preferred: []pod.PreferredNodes{{Weight: 30, Preference: pod.NodeTerm{Expressions: []pod.Expression{{Key: "zone", Operator: pod.In, Values: []string{"a"}}}}}},
		}
	}
	if w.rnd.IntN(4) == 0 {
		a.PodAffinity = &pod.PodAffinity{Preferred: []pod.WeightedPodTerm{{Weight: 7, Term: w.term()}}}
		if w.rnd.IntN(3) == 0 {
			a.PodAffinity.Required = []pod.PodTerm{w.term()}
		}
	}
	if w.rnd.IntN(4) == 0 {
		a.PodAntiAffinity = &pod.PodAntiAffinity{Required: []pod.PodTerm{w.term()}, Preferred: []pod.WeightedPodTerm{{Weight: 9, Term: w.term()}}}
	}
	if a != (pod.Affinity{}) {
		p.Spec.Affinity = &a
	}
	if w.rnd.IntN(4) == 0 {
		rule := []pod.SpreadRule{pod.DoNotSchedule, pod.ScheduleAnyway}[w.rnd.IntN(2)]
		p.Spec.TopologySpreadConstraints = []pod.TopologySpread{{MaxSkew: 1 + w.rnd.IntN(2), TopologyKey: w.term().TopologyKey, WhenUnsatisfiable: rule, Selector: w.term().Selector}}
	}
}

func (w *oracleWorld) term() pod.PodTerm {
	return pod.PodTerm{
		Selector:    &pod.LabelSelector{MatchLabels: map[string]string{"app": w.one("a", "ab", "abc")}},
		TopologyKey: w.one("zone", pod.HostnameLabel, "disk"),
	}
}

// pod returns the next pod: of a template, as a controller makes it, or as a
// client would write it, or one with labels of its own.
func (w *oracleWorld) pod() *pod.Pod {
	w.pods++
	p := *w.templates[w.rnd.IntN(len(w.templates))]
	p.Name = fmt.Sprint("p", w.pods)
	p.UID = p.Name
	switch w.rnd.IntN(6) {
	case 0:
		return p.Copy()
	case 1:
		p.Labels = labels.Set{"app": w.one("a", "ab", "abc", "abcd")}
	}
	return &p
}
