package orchestrator_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

// startShop runs a pod "shop" of one scripted container until stop is called.
func startShop(script fake.Script) (c *orchestrator.Client, stop func()) {
	machines := fake.Machines{Scripts: fake.Scripts{{Attempts: []fake.Script{script}}}}
	o, err := orchestrator.New(orchestrator.Config{
		Dial:     machines.Dial,
		Machines: []*node.Node{{Meta: labels.Meta{Name: "node-1"}}},
	})
	if err != nil {
		fmt.Println(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- o.Run(ctx) }()
	shop := &pod.Pod{Meta: labels.Meta{Name: "shop"}, Spec: pod.Spec{Containers: []pod.Container{{Name: "main", Image: "shop:1"}}}}
	if _, err := o.Client().Apply(ctx, shop); err != nil {
		fmt.Println(err)
	}
	o.Client().Wait(ctx, func(view store.Reader) bool {
		p, err := view.Pods().Get("default", "shop")
		return err == nil && p.Status.Phase == pod.Running
	})
	return o.Client(), func() { cancel(); <-ended }
}

// Read what a container has said, as kubectl logs does.
func ExamplePods_Logs() {
	c, stop := startShop(fake.Script{Says: []fake.Line{{Text: "listening on :80"}, {Text: "no index.html", Stream: orchestrator.Stderr}, {Text: "open"}}})
	defer stop()
	err := c.Pods().Logs(context.Background(), "", "shop", orchestrator.LogOptions{Tail: new(2), Stdout: os.Stdout, Stderr: os.Stdout})
	fmt.Println(err)
	// Output:
	// no index.html
	// open
	// <nil>
}

// Run a command in a container, as kubectl exec does.
func ExamplePods_Exec() {
	c, stop := startShop(fake.Script{Exec: func(_ context.Context, o orchestrator.ExecOptions) int {
		fmt.Fprintln(o.Stdout, "ran", strings.Join(o.Command, " "))
		return 3
	}})
	defer stop()
	code, err := c.Pods().Exec(context.Background(), "", "shop", orchestrator.ExecOptions{
		Command: []string{"ls", "/nowhere"},
		Streams: orchestrator.Streams{Stdout: os.Stdout},
	})
	fmt.Println(code, err)
	// Output:
	// ran ls /nowhere
	// 3 <nil>
}

// Speak with the program of a container, as kubectl attach does.
func ExamplePods_Attach() {
	c, stop := startShop(fake.Script{Attach: func(_ context.Context, o orchestrator.AttachOptions) {
		size := <-o.Resize
		line, _ := bufio.NewReader(o.Stdin).ReadString('\n')
		fmt.Fprintf(o.Stdout, "%d columns: %s", size.Width, line)
	}})
	defer stop()
	resize := make(chan orchestrator.TerminalSize, 1)
	resize <- orchestrator.TerminalSize{Width: 120, Height: 40}
	err := c.Pods().Attach(context.Background(), "", "shop", orchestrator.AttachOptions{
		Streams: orchestrator.Streams{Stdin: strings.NewReader("hello\n"), Stdout: os.Stdout, Resize: resize},
	})
	fmt.Println(err)
	// Output:
	// 120 columns: hello
	// <nil>
}

// Connect to a port of a pod, as kubectl port-forward does. It can be the
// DialContext of an http.Transport.
func ExamplePods_PortForward() {
	c, stop := startShop(fake.Script{Dial: func(_ context.Context, port int) (net.Conn, error) {
		here, there := net.Pipe()
		go fmt.Fprintf(there, "welcome at port %d\n", port)
		return here, nil
	}})
	defer stop()
	conn, err := c.Pods().PortForward(context.Background(), "", "shop", 80)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()
	line, err := bufio.NewReader(conn).ReadString('\n')
	fmt.Print(line, err)
	// Output:
	// welcome at port 80
	// <nil>
}

// Measure a pod, as kubectl top does.
func ExamplePods_Stats() {
	c, stop := startShop(fake.Script{Uses: orchestrator.ContainerStats{
		Memory: 48 << 20, Disk: &orchestrator.DiskStats{WrittenBytes: 4096},
	}})
	defer stop()
	var stats orchestrator.PodStats
	stats, err := c.Pods().Stats(context.Background(), "", "shop")
	for _, used := range stats.Containers {
		fmt.Println(used.Container, used.Memory>>20, "MiB,", used.Disk.WrittenBytes, "bytes written")
	}
	if stats.Network == nil {
		stats.Network = &orchestrator.NetworkStats{SentBytes: -1}
	}
	fmt.Println(stats.Network.SentBytes, "bytes sent", err)
	// Output:
	// main 48 MiB, 4096 bytes written
	// -1 bytes sent <nil>
}

// logbook is a runtime that remembers what was said, and can do all else that it
// was given.
type logbook struct {
	orchestrator.Runtime
	said []string
}

// Logs is all that it takes to be an orchestrator.Logger.
func (b *logbook) Logs(_ context.Context, _ orchestrator.ContainerRef, o orchestrator.LogOptions) error {
	w := orchestrator.NewLogWriter(o)
	for i, text := range b.said {
		at := time.Date(2026, 1, 1, 12, 0, i, 0, time.UTC)
		if err := w.Write(at, orchestrator.Stdout, []byte(text+"\n")); err == io.EOF {
			return nil // as much as was asked for
		} else if err != nil {
			return err
		}
	}
	return nil
}

// A runtime offers what it can: the client finds out by a type assertion.
func ExampleLogger() {
	var r orchestrator.Runtime = &logbook{said: []string{"cast off", "it rained", "again"}}
	logger, can := r.(orchestrator.Logger)
	fmt.Println(can)
	noon := time.Date(2026, 1, 1, 12, 0, 1, 0, time.UTC)
	fmt.Println(logger.Logs(context.Background(), orchestrator.ContainerRef{}, orchestrator.LogOptions{
		Since: noon, Timestamps: true, Stdout: os.Stdout,
	}))
	fmt.Println(is[orchestrator.Executor](r), is[orchestrator.Attacher](r), is[orchestrator.PortForwarder](r), is[orchestrator.Meter](r))
	// Output:
	// true
	// 2026-01-01T12:00:01.000000000Z it rained
	// 2026-01-01T12:00:02.000000000Z again
	// <nil>
	// false false false false
}

// is reports whether a runtime has an ability.
func is[T any](r orchestrator.Runtime) bool {
	_, ok := r.(T)
	return ok
}

// What is said comes in lines or in pieces of them; a limit cuts it off.
func ExampleLogWriter() {
	w := orchestrator.NewLogWriter(orchestrator.LogOptions{Stdout: os.Stdout, LimitBytes: 12})
	at := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	fmt.Println(w.Wants(at, orchestrator.Stdout), w.Wants(at, orchestrator.Stderr))
	for _, text := range []string{"one ", "line\n", "and one more\n"} {
		if err := w.Write(at, orchestrator.Stdout, []byte(text)); err != nil {
			fmt.Println("|", err)
		}
	}
	// Output:
	// true false
	// one line
	// and| EOF
}
