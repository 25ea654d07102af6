package replication_test

import (
	"fmt"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
)

// webController asks for some replicas of a pod.
func webController(replicas int) *replication.Controller {
	c := &replication.Controller{Meta: labels.Meta{Name: "web", UID: "1f4c"}}
	c.Spec.Replicas = &replicas
	c.Spec.Template = &pod.Template{
		Meta: labels.Meta{Labels: labels.Set{"app": "web"}},
		Spec: pod.Spec{Containers: []pod.Container{{Name: "main", Image: "web:1"}}},
	}
	c.Default()
	return c
}

// A controller of three finds one pod that it may adopt, and lacks two.
func ExamplePlan() {
	c := webController(3)
	free := &pod.Pod{Meta: labels.Meta{Name: "lonely", Namespace: "default", Labels: labels.Set{"app": "web"}}}

	adoptAndCreate := func(a replication.Actions) string { return fmt.Sprint("adopt ", len(a.Adopt), ", create ", a.Create) }
	a := replication.Plan(c, []*pod.Pod{free}, time.Time{})
	fmt.Println(adoptAndCreate(a), a.Events[0].Message)

	// Carry it out, and there is nothing left to do.
	pods := []*pod.Pod{replication.Adopt(c, free)}
	for i := range a.Create {
		p := replication.NewPod(c)
		p.Name = fmt.Sprint(p.GenerateName, i)
		pods = append(pods, p)
	}
	a = replication.Plan(c, pods, time.Time{})
	fmt.Println(adoptAndCreate(a), a.Status.Replicas)

	// Fewer are wanted: those without a node go first, and by name.
	pods[1].Spec.NodeName = "node-1"
	*c.Spec.Replicas = 1
	for _, p := range replication.Plan(c, pods, time.Time{}).Delete {
		fmt.Println("delete", p.Name)
	}

	// Output:
	// adopt 1, create 2 Adopted pod: lonely
	// adopt 0, create 0 3
	// delete lonely
	// delete web-1
}
