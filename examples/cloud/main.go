// Cloud runs ten replicas on the machines that an inventory file lists, and
// prints a line whenever nodes or pods have moved. Edit the file while it runs.
//
//	go run ./examples/cloud -inventory machines.yaml
//
// A file that is not there yet is written, with five machines. They are all this
// machine: the containers are processes.
package main

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/inventory"
	"github.com/coracle-dev/coracle/orchestrator/process"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
)

//go:embed machines.yaml
var machines []byte

func main() {
	process.Supervise() // returns at once, unless this process is to supervise a container
	path := flag.String("inventory", "machines.yaml", "`file` that lists the machines")
	length := flag.Duration("for", 0, "end after this time; default: at Ctrl-C")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if *length > 0 {
		ctx, stop = context.WithTimeout(ctx, *length)
		defer stop()
	}
	dir, err := os.MkdirTemp("", "coracle-cloud-")
	if err == nil {
		err = errors.Join(run(ctx, *path, dir, os.Stdout), os.RemoveAll(dir))
	}
	if err != nil {
		log.Fatal(err)
	}
}

// run looks after the replicas until ctx ends, and then stops them.
func run(ctx context.Context, path, dir string, out io.Writer) (err error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if err := os.WriteFile(path, machines, 0o644); err != nil {
			return err
		}
	}
	o, err := orchestrator.New(orchestrator.Config{
		Dial:      process.Config{Dir: dir}.Dial,
		Cloud:     &inventory.Cloud{Path: path},
		SyncNodes: true,
		Logger:    slog.Default(), // what is wrong with the file
	})
	if err != nil {
		return err
	}
	client := o.Client()
	if _, err := client.Controllers().Apply(ctx, sleepers(10)); err != nil {
		return err
	}
	running, halt := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- o.Run(running) }()
	defer func() { halt(); err = errors.Join(err, <-ended) }()

	line := ""
	moved := func(view store.Reader) bool {
		last := line
		line = summary(view)
		return line != last
	}
	for client.Wait(ctx, moved) == nil {
		fmt.Fprintf(out, "%s  %s\n", time.Now().Format("15:04:05"), line)
	}
	return shutDown(client)
}

// sleepers returns a controller of n replicas of a program that does nothing.
func sleepers(n int) *replication.Controller {
	grace := int64(1)
	return &replication.Controller{
		Meta: labels.Meta{Name: "sleepers"},
		Spec: replication.Spec{Replicas: &n, Template: &pod.Template{
			Meta: labels.Meta{Labels: labels.Set{"app": "sleepers"}},
			Spec: pod.Spec{
				TerminationGracePeriodSeconds: &grace,
				Containers:                    []pod.Container{{Name: "sleep", Image: "/bin/sleep", Args: []string{"infinity"}}},
			},
		}},
	}
}

// summary reads `m1: 2  m2: 2  m3 (not ready): 0`: the ready pods of each node.
func summary(view store.Reader) string {
	var parts []string
	for n := range view.Nodes().All(store.Filter{}) {
		ready := 0
		for p := range view.Pods().All(store.Filter{Node: n.Name}) {
			if replication.Live(p) && p.Status.Is(pod.Ready) {
				ready++
			}
		}
		name := n.Name
		if !n.Status.Is(node.Ready) {
			name += " (not ready)"
		}
		parts = append(parts, fmt.Sprintf("%s: %d", name, ready))
	}
	return strings.Join(parts, "  ")
}

// shutDown deletes the replicas and waits until the last has ended.
func shutDown(client *orchestrator.Client) error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	err := client.Controllers().Delete(ctx, "", "sleepers", orchestrator.DeleteOptions{Cascade: true})
	if err != nil {
		return err
	}
	return client.Wait(ctx, func(view store.Reader) bool { return view.Pods().Len() == 0 })
}
