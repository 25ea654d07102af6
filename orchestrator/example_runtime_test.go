package orchestrator_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

// notebook is a runtime whose containers are entries in a notebook. It shows
// what every runtime must do; a real one runs something as well, and keeps the
// notebook where it outlives the program.
type notebook struct {
	mu      sync.Mutex
	entries map[orchestrator.ContainerRef]orchestrator.ContainerState
}

func (n *notebook) Start(_ context.Context, p *pod.Pod, c pod.Container) error {
	if strings.Contains(c.Image, " ") {
		return &orchestrator.StartError{Reason: "InvalidImageName", Err: fmt.Errorf("no such image: %q", c.Image)}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	ref := orchestrator.RefTo(p, c.Name)
	if _, known := n.entries[ref]; known {
		return nil // an attempt is started at most once, ever
	}
	if n.entries == nil {
		n.entries = make(map[orchestrator.ContainerRef]orchestrator.ContainerState)
	}
	n.entries[ref] = orchestrator.ContainerState{
		ContainerRef: ref, Namespace: p.Namespace, Pod: p.Name, PodIP: "127.1.2.3",
		State: pod.ContainerState{Running: &pod.Started{StartedAt: time.Now()}},
	}
	return nil
}

func (n *notebook) Stop(_ context.Context, ref orchestrator.ContainerRef, _ time.Duration) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if entry, known := n.entries[ref]; known && entry.State.Terminated == nil {
		entry.State = pod.ContainerState{Terminated: &pod.Terminated{Reason: "Completed", FinishedAt: time.Now()}}
		n.entries[ref] = entry
	}
	return nil // also where there is nothing to stop
}

func (n *notebook) Remove(_ context.Context, uid string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	maps.DeleteFunc(n.entries, func(ref orchestrator.ContainerRef, _ orchestrator.ContainerState) bool { return ref.UID == uid })
	return nil
}

func (n *notebook) List(context.Context) ([]orchestrator.ContainerState, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Collect(maps.Values(n.entries)), nil
}

// Changed returns nil: nothing ends by itself in a notebook.
func (n *notebook) Changed() <-chan struct{} { return nil }

// Capacity makes it an orchestrator.Sizer.
func (n *notebook) Capacity(context.Context) (pod.Resources, error) {
	return pod.Resources{pod.CPU: pod.NewQuantity(4, pod.DecimalSI)}, nil
}

// Warnings makes it an orchestrator.Warner.
func (n *notebook) Warnings() []string { return []string{"limits are not enforced"} }

// Report makes it an orchestrator.Reporter.
func (n *notebook) Report(_ context.Context, after uint64) (orchestrator.Report, error) {
	told := orchestrator.Report{Last: 1, Conditions: []node.Condition{{Type: node.DiskPressure, Status: pod.False, Reason: "PagesLeft"}}}
	if after == 0 {
		told.Events = []orchestrator.PodEvent{{UID: "3f9c", Type: labels.Normal, Reason: "Pulling", Message: "sharpening the pencil"}}
	}
	return told, nil
}

// Probe makes it an orchestrator.Prober.
func (n *notebook) Probe(_ context.Context, _ orchestrator.ContainerRef, command []string) error {
	if len(command) == 0 || command[0] != "true" {
		return errors.New("exit code 1")
	}
	return nil
}

var (
	_ orchestrator.Runtime = (*notebook)(nil)
	_ orchestrator.Sizer   = (*notebook)(nil)
	_ orchestrator.Warner  = (*notebook)(nil)
	_ orchestrator.Prober  = (*notebook)(nil)

	_ orchestrator.Reporter = (*notebook)(nil)
)

// The notebook above runs a pod with a probe.
func ExampleRuntime() {
	var left notebook
	o, err := orchestrator.New(orchestrator.Config{
		Dial:     func(context.Context, *node.Node) (orchestrator.Runtime, error) { return &left, nil },
		Machines: []*node.Node{{Meta: labels.Meta{Name: "left"}}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- o.Run(ctx) }()

	c := o.Client()
	web := examplePod("web")
	web.Spec.Containers[0].ReadinessProbe = &pod.Probe{Exec: &pod.ExecAction{Command: []string{"true"}}}
	c.Pods().Create(ctx, web)
	for change := range c.Pods().Watch(ctx, store.Filter{}, 0) {
		p := change.Object
		if ready := p.Status.Condition(pod.Ready); ready != nil && ready.Status == pod.True {
			fmt.Println(p.Status.Phase, "at", p.Status.PodIP)
			break
		}
	}
	n, _ := c.Nodes().Get("", "left")
	fmt.Println(n.Status.Capacity)
	for _, event := range c.Events(orchestrator.EventFilter{Kind: "Node", Reason: "RuntimeWarning"}) {
		fmt.Println(event.Message)
	}
	cancel()
	fmt.Println(<-ended)
	// Output:
	// Running at 127.1.2.3
	// cpu=4
	// limits are not enforced
	// <nil>
}

// An attempt is named by the pod's uid, the container and its restart count.
func ExampleRefTo() {
	p := examplePod("web")
	p.UID = "3f9c"
	fmt.Println(orchestrator.RefTo(p, "main") == orchestrator.ContainerRef{UID: "3f9c", Container: "main"})
	p.Status.ContainerStatuses = []pod.ContainerStatus{{Name: "main", RestartCount: 2}}
	fmt.Println(orchestrator.RefTo(p, "main"))
	// Output:
	// true
	// {3f9c main 2}
}

// What fails to start waits with the reason that its runtime gives.
func ExampleStartError() {
	p := examplePod("web")
	p.Spec.Containers[0].Image = "not an image"
	err := new(notebook).Start(context.Background(), p, p.Spec.Containers[0])
	var failed *orchestrator.StartError
	fmt.Println(errors.As(err, &failed))
	fmt.Println(failed.Reason)
	fmt.Println(err)
	// Output:
	// true
	// InvalidImageName
	// InvalidImageName: no such image: "not an image"
}

// What more a runtime can do is found out by asking it.
func ExampleProber() {
	var runtime orchestrator.Runtime = new(notebook)
	ctx := context.Background()
	if sizer, ok := runtime.(orchestrator.Sizer); ok {
		fmt.Println(sizer.Capacity(ctx))
	}
	if warner, ok := runtime.(orchestrator.Warner); ok {
		fmt.Println(warner.Warnings())
	}
	if reporter, ok := runtime.(orchestrator.Reporter); ok {
		var event orchestrator.PodEvent
		var told orchestrator.Report
		told, err := reporter.Report(ctx, 0)
		event = told.Events[0]
		fmt.Println(event.Message, told.Conditions[0].Type, err)
		told, err = reporter.Report(ctx, told.Last)
		fmt.Println(len(told.Events), err)
	}
	if prober, ok := runtime.(orchestrator.Prober); ok {
		fmt.Println(prober.Probe(ctx, orchestrator.ContainerRef{UID: "3f9c", Container: "main"}, []string{"false"}))
	}
	// Output:
	// cpu=4 <nil>
	// [limits are not enforced]
	// sharpening the pencil DiskPressure <nil>
	// 0 <nil>
	// exit code 1
}
