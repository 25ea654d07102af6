//go:build linux

package process_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/process"
	"github.com/coracle-dev/coracle/pod"
)

// A pod is started, stopped and removed. In a program of one's own, main begins
// with process.Supervise().
func ExampleNew() {
	dir, err := os.MkdirTemp("", "process")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	r, err := process.New(process.Config{Dir: dir, Images: map[string]string{"shell": "/bin/sh"}}, "n1")
	if err != nil {
		panic(err)
	}
	defer r.Close()

	ctx := context.Background()
	p := &pod.Pod{
		Meta: labels.Meta{Name: "greeter", Namespace: "default", UID: "u-1"},
		Spec: pod.Spec{Containers: []pod.Container{{
			Name: "main", Image: "shell", Args: []string{"-c", "echo hello from $POD_NAME; exit 3"},
		}}},
	}
	if err := r.Start(ctx, p, p.Spec.Containers[0]); err != nil {
		panic(err)
	}
	for {
		list, err := r.List(ctx)
		if err != nil {
			panic(err)
		}
		if t := list[0].State.Terminated; t != nil {
			fmt.Println(list[0].Pod, t.Reason, t.ExitCode)
			break
		}
		<-r.Changed() // a supervisor has ended
	}
	log, err := os.ReadFile(r.LogFile(orchestrator.RefTo(p, "main")))
	if err != nil {
		panic(err)
	}
	_, text, _ := strings.Cut(string(log), " ")
	fmt.Print(text)
	fmt.Println(r.Remove(ctx, p.UID))
	// Output:
	// greeter Error 3
	// stdout F hello from greeter
	// <nil>
}

// What was started is found again by a new Runtime on the same directory, and
// probed and stopped there.
func ExampleRuntime_List() {
	dir, err := os.MkdirTemp("", "process")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	config := process.Config{Dir: dir}
	first, err := process.New(config, "n1")
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	p := &pod.Pod{
		Meta: labels.Meta{Name: "sleeper", Namespace: "default", UID: "u-1"},
		Spec: pod.Spec{Containers: []pod.Container{{Name: "main", Image: "/bin/sh", Args: []string{"-c", "sleep 1000"}}}},
	}
	if err := first.Start(ctx, p, p.Spec.Containers[0]); err != nil {
		panic(err)
	}
	before, _ := first.List(ctx)
	first.Close() // or the program is killed

	second, err := process.New(config, "n1")
	if err != nil {
		panic(err)
	}
	defer second.Close()
	after, _ := second.List(ctx)
	fmt.Println("the same process:", before[0].ID == after[0].ID)
	fmt.Println("probe:", second.Probe(ctx, after[0].ContainerRef, []string{"test", "-d", "/"}))
	fmt.Println("stop:", second.Stop(ctx, after[0].ContainerRef, 10*time.Second))
	list, _ := second.List(ctx)
	fmt.Println("exit code:", list[0].State.Terminated.ExitCode)
	fmt.Println("remove:", second.Remove(ctx, "u-1"))
	// Output:
	// the same process: true
	// probe: <nil>
	// stop: <nil>
	// exit code: 143
	// remove: <nil>
}

// Config.Dial is what the orchestrator connects to its nodes with.
func ExampleConfig_Dial() {
	dir, err := os.MkdirTemp("", "process")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	containers := process.Config{Dir: dir}
	r, err := containers.Dial(context.Background(), &node.Node{Meta: labels.Meta{Name: "n1"}})
	if err != nil {
		panic(err)
	}
	list, err := r.List(context.Background())
	fmt.Println(len(list), err)

	_, err = process.Config{}.Dial(context.Background(), &node.Node{Meta: labels.Meta{Name: "n1"}})
	fmt.Println(err)
	// Output:
	// 0 <nil>
	// open process runtime of node "n1": field Dir is required
}

// Supervise is the first line of main, and of TestMain. In a program that was
// started by its user it does nothing.
func ExampleSupervise() {
	main := func() {
		process.Supervise()
		fmt.Println("the program itself")
	}
	main()
	// Output:
	// the program itself
}
