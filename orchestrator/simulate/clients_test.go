package simulate_test

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/simulate"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
)

// clientActs draws what clients do in three quarters of an hour. Which object is
// meant is said by a number, and found when the time has come.
func clientActs(rng *rand.Rand) simulate.Schedule {
	var s simulate.Schedule
	for i := range 10 {
		k, n := rng.IntN(mixedControllers), rng.IntN(7)
		var act simulate.Act
		switch rng.IntN(6) {
		case 0:
			act = simulate.Act{Name: fmt.Sprintf("rc-%d is scaled to %d", k, n), Do: func(c *simulate.Cluster) { scale(c, k, n) }}
		case 1:
			act = simulate.Act{Name: fmt.Sprintf("a pod comes that rc-%d adopts", k), Do: func(c *simulate.Cluster) {
				c.Apply(barePod(fmt.Sprint("orphan-", i), labels.Set{"app": fmt.Sprint("rc-", k)}, pod.RestartAlways))
			}}
		case 2:
			act = simulate.Act{Name: fmt.Sprintf("a pod of rc-%d gets the label of rc-%d", k, n), Do: func(c *simulate.Cluster) { relabel(c, k, n) }}
		case 3:
			act = simulate.Act{Name: fmt.Sprintf("pod %d of rc-%d is deleted", n, k), Do: func(c *simulate.Cluster) {
				if p := podOf(c, k, n); p != nil {
					c.Delete(store.KindPod, p.Namespace, p.Name, orchestrator.DeleteOptions{})
				}
			}}
		default:
			policy := []pod.RestartPolicy{pod.RestartNever, pod.RestartOnFailure}[n%2]
			act = simulate.Act{Name: fmt.Sprintf("pod once-%d comes, to be restarted %s", i, policy), Do: func(c *simulate.Cluster) {
				c.Apply(barePod(fmt.Sprint("once-", i), labels.Set{"app": "once"}, policy))
			}}
		}
		s = append(s, simulate.Incident{At: time.Duration(rng.IntN(45*60)) * time.Second, Fault: act})
	}
	return s
}

func barePod(name string, l labels.Set, policy pod.RestartPolicy) *pod.Pod {
	p := &pod.Pod{Meta: labels.Meta{Name: name, Labels: l}, Spec: mixedController(0, 1).Spec.Template.Spec.Copy()}
	p.Spec.RestartPolicy = policy
	return p
}

func scale(c *simulate.Cluster, k, n int) {
	rc, err := c.View().Controllers().Get("default", fmt.Sprint("rc-", k))
	if err != nil {
		return // its write came while the orchestrator was down
	}
	scaled := *rc
	scaled.Spec.Replicas = &n
	c.Apply(&scaled)
}

func relabel(c *simulate.Cluster, from, to int) {
	if p := podOf(c, from, to); p != nil {
		p = p.Copy()
		p.Labels["app"] = fmt.Sprint("rc-", to)
		c.Do(orchestrator.Operation{Verb: orchestrator.Update, Object: p})
	}
}

// podOf returns one of the live pods of a controller, or nil.
func podOf(c *simulate.Cluster, k, n int) *pod.Pod {
	pods := livePods(c, k)
	if len(pods) == 0 {
		return nil
	}
	return pods[n%len(pods)]
}

func livePods(c *simulate.Cluster, k int) (live []*pod.Pod) {
	rc, err := c.View().Controllers().Get("default", fmt.Sprint("rc-", k))
	if err != nil {
		return nil
	}
	for _, p := range c.View().Pods().List(store.Filter{Owner: rc.UID}) {
		if replication.Live(p) {
			live = append(live, p)
		}
	}
	return live
}
