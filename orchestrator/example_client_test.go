package orchestrator_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

// exampleClient returns the client of an orchestrator that does not run.
func exampleClient() *orchestrator.Client {
	o, err := orchestrator.New(orchestrator.Config{
		Dial:     new(fake.Machines).Dial,
		Machines: []*node.Node{{Meta: labels.Meta{Name: "left"}}, {Meta: labels.Meta{Name: "right"}}},
	})
	if err != nil {
		panic(err)
	}
	return o.Client()
}

func examplePod(name string) *pod.Pod {
	return &pod.Pod{
		Meta: labels.Meta{Name: name, Labels: labels.Set{"tier": "front"}},
		Spec: pod.Spec{Containers: []pod.Container{{Name: "main", Image: "web:1"}}},
	}
}

// Everything that is wrong with an object comes back at once, and can be told apart.
func ExampleClient() {
	ctx, c := context.Background(), exampleClient()
	_, err := c.Pods().Create(ctx, &pod.Pod{
		Meta: labels.Meta{Name: "web"},
		Spec: pod.Spec{
			RestartPolicy: "Sometimes",
			Containers:    []pod.Container{{Name: "main", Image: "web:1"}, {Name: "main", Image: "web:1"}},
		},
	})
	fmt.Println(errors.Is(err, orchestrator.ErrInvalid))
	var wrong labels.FieldErrors
	if errors.As(err, &wrong) {
		for _, field := range wrong {
			fmt.Println(field.Path, field.Value)
		}
	}
	_, err = c.Pods().Get("", "web")
	fmt.Println(err)
	// Output:
	// true
	// spec.containers[1].name main
	// spec.restartPolicy Sometimes
	// get pod "default/web": not found
}

// Applying an object again writes nothing. All objects are applied or none.
func ExampleClient_Apply() {
	ctx, c := context.Background(), exampleClient()
	first, err := c.Apply(ctx, examplePod("web"))
	fmt.Println(err)
	again, err := c.Apply(ctx, examplePod("web"))
	fmt.Println(first[0] == again[0], err)

	elsewhere := examplePod("web")
	elsewhere.Namespace = "team"
	_, err = c.Apply(ctx, examplePod("db"), elsewhere)
	fmt.Println(err)
	fmt.Println(len(c.Pods().List(store.Filter{})), "pod")
	// Output:
	// <nil>
	// true <nil>
	// apply pod "team/web": get namespace "team": not found
	// 1 pod
}

// Do takes operations of all kinds, all or none.
func ExampleClient_Do() {
	ctx, c := context.Background(), exampleClient()
	results, err := c.Do(ctx,
		orchestrator.Operation{Verb: orchestrator.Create, Object: examplePod("web")},
		orchestrator.Operation{Verb: orchestrator.Bind, Kind: store.KindPod, Name: "web", Node: "left"},
		orchestrator.Operation{Verb: orchestrator.Delete, Kind: store.KindNode, Name: "right"},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, o := range results {
		fmt.Println(store.KindOf(o), o.Identity().Name)
	}
	// Output:
	// Pod web
	// Pod web
	// Node right
}

// What is read stays as it is, whatever is written meanwhile. A write that
// comes too late is refused; Patch reads again and goes on.
func ExampleObjects() {
	ctx, c := context.Background(), exampleClient()
	c.Pods().Create(ctx, examplePod("web"))

	slow, _ := c.Pods().Get("", "web")
	c.Pods().Patch(ctx, "", "web", func(p *pod.Pod) error { p.Labels["tier"] = "back"; return nil })

	late := slow.Copy()
	late.Labels["owner"] = "me"
	_, err := c.Pods().Update(ctx, late)
	fmt.Println(err)
	p, err := c.Pods().Patch(ctx, "", "web", func(p *pod.Pod) error { p.Labels["owner"] = "me"; return nil })
	fmt.Println(slow.Labels)
	fmt.Println(p.Labels, err)
	// Output:
	// update pod "default/web": its resource version is 5, not 4: changed since it was read
	// tier=front
	// owner=me,tier=back <nil>
}

// A watch that begins at revision 0 tells first what there is.
func ExampleObjects_Watch() {
	c := exampleClient()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	c.Pods().Create(ctx, examplePod("web"))
	front, _ := labels.Parse("tier=front")

	var latest orchestrator.Change[*pod.Pod]
	for change, err := range c.Pods().Watch(ctx, store.Filter{Selector: front}, 0) {
		if err != nil {
			fmt.Println(err) // ErrExpired: watch from 0 again
			break
		}
		fmt.Println(change.Type, change.Object.Name, change.Object.Labels)
		switch change.Type {
		case store.Added: // now it ceases to match
			c.Pods().Patch(ctx, "", "web", func(p *pod.Pod) error { p.Labels["tier"] = "back"; return nil })
		case store.Deleted:
			cancel() // which ends the loop
		}
		latest = change
	}
	fmt.Println(latest.Revision == c.View().Revision()) // a watch from there goes on from here
	// Output:
	// ADDED web tier=front
	// DELETED web tier=back
	// true
}

// A pod is deleted with a grace of its own, and only if it is still the one that was meant.
func ExampleDeleteOptions() {
	ctx, c := context.Background(), exampleClient()
	p, _ := c.Pods().Create(ctx, examplePod("web"))
	c.Pods().Bind(ctx, "", "web", "left")

	grace := 5 * time.Second
	fmt.Println(c.Pods().Delete(ctx, "", "web", orchestrator.DeleteOptions{UID: "another", Grace: &grace}) != nil)
	fmt.Println(c.Pods().Delete(ctx, "", "web", orchestrator.DeleteOptions{UID: p.UID, Grace: &grace}))
	p, err := c.Pods().Get("", "web")
	fmt.Println(p.Deleting(), *p.DeletionGracePeriodSeconds, err) // until its containers have ended
	// Output:
	// true
	// <nil>
	// true 5 <nil>
}

func ExamplePods_Bind() {
	ctx, c := context.Background(), exampleClient()
	c.Pods().Create(ctx, examplePod("web"))
	p, err := c.Pods().Bind(ctx, "", "web", "left")
	fmt.Println(p.Spec.NodeName, err)
	_, err = c.Pods().Bind(ctx, "", "web", "right")
	fmt.Println(errors.Is(err, orchestrator.ErrConflict))
	// Output:
	// left <nil>
	// true
}
