package replication_test

import (
	"fmt"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
)

// Two replicas are replaced by those of a new version, one more at a time.
func ExampleRollout() {
	v1, v2 := webController(2), webController(0)
	v1.UID, v2.UID = "v1", "v2"
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	ready := func(c *replication.Controller) *pod.Pod {
		p := replication.NewPod(c)
		p.Status.Phase = pod.Running
		p.Status.SetCondition(pod.Condition{Type: pod.Ready, Status: pod.True}, now)
		return p
	}
	pods := map[*replication.Controller][]*pod.Pod{v1: {ready(v1), ready(v1)}}

	for step := (replication.Step{}); !step.Done; {
		all := append(append([]*pod.Pod{}, pods[v1]...), pods[v2]...)
		step = replication.Rollout(v1, v2, all, replication.Rolling{Replicas: 2}, now)
		fmt.Println("v1:", step.From, "v2:", step.To)
		// What Plan would do for both.
		*v1.Spec.Replicas, *v2.Spec.Replicas = step.From, step.To
		pods[v1] = pods[v1][:step.From]
		for len(pods[v2]) < step.To {
			pods[v2] = append(pods[v2], ready(v2))
		}
	}

	// Output:
	// v1: 2 v2: 1
	// v1: 1 v2: 1
	// v1: 1 v2: 2
	// v1: 0 v2: 2
	// v1: 0 v2: 2
}

// A pod changes hands: it leaves one controller, with its label, and another takes it.
func ExampleAdopt() {
	blue, green := webController(1), webController(1)
	blue.Name, blue.UID = "blue", "b"
	green.Name, green.UID = "green", "g"

	p := replication.NewPod(blue)
	fmt.Println(replication.Owns(blue, p), replication.Owns(green, p))
	p = replication.Release(blue, p)
	fmt.Println(replication.Owns(blue, p), replication.Owns(green, p))
	p = replication.Adopt(green, p)
	fmt.Println(replication.Owns(blue, p), replication.Owns(green, p))

	// Output:
	// true false
	// false false
	// false true
}

func ExampleRelease() {
	c := webController(1)
	p := replication.Release(c, replication.NewPod(c))
	_, owned := p.Controller()
	fmt.Println(owned)
	// Output: false
}

func ExampleOwns() {
	c, other := webController(1), webController(1)
	other.UID = "2e5d"
	p := replication.NewPod(c)
	fmt.Println(replication.Owns(c, p), replication.Owns(other, p))
	// Output: true false
}

func ExampleOwner() {
	o := replication.Owner(webController(1))
	fmt.Println(o.APIVersion, o.Kind, o.Name, o.UID, o.Controller)
	// Output: v1 ReplicationController web 1f4c true
}

func ExampleLive() {
	p := replication.NewPod(webController(1))
	fmt.Println(replication.Live(p))
	p.Status.Phase = pod.Failed
	fmt.Println(replication.Live(p))
	// Output:
	// true
	// false
}

func ExampleNewPod() {
	p := replication.NewPod(webController(1))
	fmt.Println(p.GenerateName, p.Namespace, p.Labels, p.Spec.Containers[0].Image, p.OwnerReferences[0].Name)
	// Output: web- default app=web web:1 web
}

func ExampleCreated() {
	e := replication.Created(&pod.Pod{Meta: labels.Meta{Name: "web-x7k2p"}})
	fmt.Println(e.Type, e.Reason, e.Message)
	// Output: Normal SuccessfulCreate Created pod: web-x7k2p
}
