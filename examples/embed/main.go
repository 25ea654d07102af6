// Embed is the smallest host program: an orchestrator, one node, and a pod that
// says hello and ends. Below the imports it is all there is to it.
package main

import (
	"context"
	"log"
	"log/slog"
	"os"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/process"
	"github.com/coracle-dev/coracle/pod"
)

func main() {
	process.Supervise() // this program also supervises its containers: then this does not return
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	dir, err := os.MkdirTemp("", "embed-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	o, err := orchestrator.New(orchestrator.Config{
		Dial:     process.Config{Dir: dir}.Dial,
		Machines: []*node.Node{{Meta: labels.Meta{Name: "here"}}},
		Logger:   slog.Default(), // warnings: otherwise it is silent
	})
	if err != nil {
		log.Fatal(err)
	}
	hello := &pod.Pod{Meta: labels.Meta{Name: "hello"}, Spec: pod.Spec{
		RestartPolicy: pod.RestartNever,
		Containers:    []pod.Container{{Name: "main", Image: "/bin/echo", Args: []string{"hello"}}},
	}}
	if _, err := o.Client().Pods().Create(ctx, hello); err != nil {
		log.Fatal(err)
	}
	if err := o.Run(ctx); err != nil { // until ctx ends
		log.Fatal(err)
	}
	hello, err = o.Client().Pods().Get("default", "hello")
	log.Println(hello.Name, hello.Status.Phase, err) // hello Succeeded <nil>
}
