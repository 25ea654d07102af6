package scheduler_test

import (
	"cmp"
	"hash/fnv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator/scheduler"
	"github.com/coracle-dev/coracle/pod"
)

// Of a sample the best is taken: of the first nodes that fit, in a circle from one that
// goes by the pod. Where none fits, or there are no more nodes, all are asked.
func TestSample(t *testing.T) {
	for name, policy := range oraclePolicies() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(20) {
				w := newOracleWorld(seed)
				exact, sampling := *policy, *policy
				exact.Sample, sampling.Sample = 0, 1+int(seed)%4
				for range 60 {
					w.change()
					p := w.pod()
					d := sampling.Pick(p, &w.cluster)
					require.Equal(t, d, sampling.Pick(p, &w.cluster))
					requireExplained(t, d, sampling.Explain(p, &w.cluster))
					all := exact.Pick(p, &w.cluster)
					require.Equal(t, all.Nodes, d.Nodes)
					if all.Node == "" {
						require.Equal(t, all, d)
						continue
					}
					require.Equal(t, bestOfSample(&exact, sampling.Sample, p, &w.cluster), d.Node, "seed %d", seed)
					if w.rnd.IntN(8) > 0 {
						require.NoError(t, w.cluster.Accept(p, d))
						w.placed = append(w.placed, p.UID)
					}
				}
			}
		})
	}
}

// bestOfSample finds the node by what Explain says of all.
func bestOfSample(policy *scheduler.Policy, sample int, p *pod.Pod, c *scheduler.Cluster) string {
	total := make(map[string]float64)
	for _, v := range policy.Explain(p, c) {
		if v.Filter == "" {
			total[v.Node] = v.Total
		}
	}
	var names []string
	for n := range c.Nodes() {
		names = append(names, n.Node.Name)
	}
	first := 0
	if len(names) > sample {
		h := fnv.New64a()
		h.Write([]byte(p.UID))
		first = int(h.Sum64() % uint64(len(names)))
	} else {
		sample = len(names)
	}
	best := ""
	for i := range names {
		name := names[(first+i)%len(names)]
		if _, fits := total[name]; !fits || sample == 0 {
			continue
		}
		sample--
		if order := cmp.Compare(total[name], total[best]); best == "" || order > 0 || order == 0 && name < best {
			best = name
		}
	}
	return best
}

// However many nodes there are, no more are asked than it takes to find the sample.
func TestSampleAsksFew(t *testing.T) {
	asked := 0
	policy := &scheduler.Policy{Sample: 10, Individual: true, Scorers: []scheduler.Scorer{{Name: "Costly", Score: func(*scheduler.Request, *scheduler.Candidate) float64 {
		asked++
		return 0
	}}}}
	c := benchmarkCluster(1000)
	require.NotEmpty(t, policy.Pick(newPod("p", requests("cpu=1")), c).Node)
	require.Equal(t, 10, asked)
}
