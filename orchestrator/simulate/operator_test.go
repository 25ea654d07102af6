package simulate_test

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/simulate"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/service"
)

// operatorActs draws what those do who look after a cluster, in three quarters of
// an hour: services come, go and lead elsewhere, nodes are drained, and pods come
// that are more important than others.
func operatorActs(rng *rand.Rand) simulate.Schedule {
	var s simulate.Schedule
	add := func(at time.Duration, name string, do func(c *simulate.Cluster)) {
		s = append(s, simulate.Incident{At: at, Fault: simulate.Act{Name: name, Do: do}})
	}
	for i := range 12 {
		at, k, n := time.Duration(rng.IntN(40*60))*time.Second, rng.IntN(6), rng.IntN(mixedControllers)
		until := at + time.Duration(1+rng.IntN(5*60))*time.Second
		switch rng.IntN(4) {
		case 0:
			add(at, fmt.Sprintf("service svc-%d leads to rc-%d", k, n), func(c *simulate.Cluster) { c.Apply(mixedService(k, n)) })
		case 1:
			add(at, fmt.Sprintf("service svc-%d is deleted", k), func(c *simulate.Cluster) {
				c.Delete(store.KindService, "default", fmt.Sprint("svc-", k), orchestrator.DeleteOptions{})
			})
		case 2:
			name := nodeAt(rng.IntN(mixedNodes))
			add(at, name+" is drained", func(c *simulate.Cluster) {
				change(c, name, func(n *node.Node) { n.RequestDrain(node.DrainRequest{Limit: mixedLimit}) })
			})
			add(until, name+" takes pods again", func(c *simulate.Cluster) {
				change(c, name, func(n *node.Node) { n.CancelDrain(); n.Spec.Unschedulable = false })
			})
		default:
			name, rank := fmt.Sprint("urgent-", i), int32(10+k)
			add(at, fmt.Sprintf("pod %s of priority %d comes, which wants a node of its own", name, rank), func(c *simulate.Cluster) { c.Apply(urgent(name, rank)) })
			if i%2 == 0 {
				add(until, "pod "+name+" is deleted", func(c *simulate.Cluster) {
					c.Delete(store.KindPod, "default", name, orchestrator.DeleteOptions{})
				})
			}
		}
	}
	return s
}

// mixedLimit is how many pods of a controller a drain may take down.
const mixedLimit = 1

func mixedService(k, n int) *service.Service {
	s := &service.Service{Meta: labels.Meta{Name: fmt.Sprint("svc-", k)}}
	s.Spec.Selector = map[string]string{"app": fmt.Sprint("rc-", n)}
	s.Spec.Ports = []service.Port{{Port: 80}}
	if k%2 == 0 {
		s.Spec.Type = service.NodePort
	}
	return s
}

// urgent returns a pod that is more important than others, and fits onto no node
// that has another one.
func urgent(name string, rank int32) *pod.Pod {
	p := barePod(name, labels.Set{"app": "urgent"}, pod.RestartOnFailure)
	p.Spec.Priority = &rank
	p.Spec.Containers[0].Resources.Requests = pod.Resources{pod.CPU: pod.NewQuantity(4, pod.DecimalSI)}
	return p
}

// change changes a node as an operator does.
func change(c *simulate.Cluster, name string, how func(n *node.Node)) {
	n, err := c.View().Nodes().Get("", name)
	if err != nil {
		return
	}
	n = n.Copy()
	how(n)
	c.Do(orchestrator.Operation{Verb: orchestrator.Update, Object: n})
}
