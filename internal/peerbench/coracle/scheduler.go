package coracle

import (
	"fmt"
	"runtime"

	"github.com/coracle-dev/coracle/internal/peerbench/workload"
	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/scheduler"
	"github.com/coracle-dev/coracle/pod"
)

// Pick places all pods at once with the default policy, and commits nothing.
func Pick(s workload.Size) (workload.Result, error) {
	var c scheduler.Cluster
	for _, n := range machines(s) {
		n.Status.Phase = node.Running
		n.Status.Conditions = []node.Condition{{Type: node.Ready, Status: pod.True}}
		n.Status.Allocatable = n.Status.Capacity
		c.SetNode(n)
	}
	pods := make([]*pod.Pod, 0, s.Pods)
	templates := make(map[int]*pod.Template)
	for _, w := range s.Shuffled() {
		t := templates[w.Owner]
		if t == nil {
			t = controller(w.Owner).Spec.Template
			templates[w.Owner] = t
		}
		pods = append(pods, &pod.Pod{Meta: labels.Meta{Name: w.Name, Namespace: labels.DefaultNamespace, UID: w.Name, Labels: t.Labels}, Spec: t.Spec})
	}
	policy := &scheduler.Policy{}
	placed := make([]workload.Placement, 0, len(pods))

	runtime.GC()
	watch := workload.Start()
	for d, err := range c.PlaceAll(policy, pods) {
		p := pods[len(placed)]
		if err != nil {
			return workload.Result{}, err
		}
		if d.Node == "" {
			return workload.Result{}, fmt.Errorf("pod %q: %s", p.Name, d.Message())
		}
		placed = append(placed, workload.Placement{Owner: p.Labels["app"], Node: d.Node})
	}
	return watch.Stop(len(pods)), s.Check(placed)
}

// Custom returns a policy with a filter and a scorer of its own beside the default
// filters. Both are asked about all nodes, not a sample. They go by nothing of the
// pod, and say so with a Key.
func Custom() scheduler.Scheduler {
	anyPod := func(*scheduler.Request) string { return "" }
	few := scheduler.Filter{Name: "Few", Key: anyPod, Fits: func(_ *scheduler.Request, n *scheduler.Candidate) scheduler.Reason {
		if n.Pods >= 100 {
			return scheduler.Reason{What: "crowded"}
		}
		return scheduler.Reason{}
	}}
	fewest := scheduler.Scorer{Name: "Fewest", Key: anyPod, Score: func(_ *scheduler.Request, n *scheduler.Candidate) float64 {
		return 100 / float64(1+n.Pods)
	}}
	return &scheduler.Policy{
		Filters: append(scheduler.DefaultFilters(), few),
		Scorers: []scheduler.Scorer{fewest},
	}
}
