package fake_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/pod"
)

// The image can not be pulled at first; then the program fails once, and then
// it runs until it is stopped.
func ExampleScripts() {
	noImage := &orchestrator.StartError{Reason: "ErrImagePull", Err: errors.New("registry does not answer")}
	scripts := fake.Scripts{
		{Image: "web:*", Attempts: []fake.Script{
			{StartErr: noImage},
			{Runs: time.Second, ExitCode: 1},
			{},
		}},
	}
	r := &fake.Runtime{Scripts: scripts}
	p := &pod.Pod{
		Meta: labels.Meta{Name: "web", Namespace: "default", UID: "1"},
		Spec: pod.Spec{Containers: []pod.Container{{Name: "app", Image: "web:1"}}},
	}
	for range 2 {
		fmt.Println(r.Start(context.Background(), p, p.Spec.Containers[0]))
	}
	// Output:
	// start container "default/web/app" attempt 0: ErrImagePull: registry does not answer
	// <nil>
}

func ExampleScripts_Find() {
	scripts := fake.Scripts{
		{Pod: "shop/*", Attempts: []fake.Script{{ExitCode: 1}, {ExitCode: 2}}},
		{Container: "init-*", Attempts: []fake.Script{{Runs: time.Second}}},
	}
	p := &pod.Pod{Meta: labels.Meta{Name: "web-x7f2k", Namespace: "shop"}}
	for try := range 3 {
		fmt.Println(scripts.Find(p, &pod.Container{Name: "app"}, try).ExitCode)
	}
	p.Namespace = "default"
	fmt.Println(scripts.Find(p, &pod.Container{Name: "init-db"}, 0).Runs)
	// Output:
	// 1
	// 2
	// 2
	// 1s
}

// A List that leaves out every second container and invents one.
func ExampleLie_Tell() {
	lie := fake.Lie{DropEvery: 2, Claim: []orchestrator.ContainerState{{Pod: "ghost"}}}
	for _, c := range lie.Tell([]orchestrator.ContainerState{{Pod: "a"}, {Pod: "b"}, {Pod: "c"}}) {
		fmt.Println(c.Pod)
	}
	// Output:
	// a
	// c
	// ghost
}

func ExampleNetwork() {
	fmt.Println(fake.Network(0), fake.Network(1), fake.Network(300))
	// Output: 10.0.0.0/24 10.0.1.0/24 10.1.44.0/24
}
