// Quickstart runs a manifest on nodes of the process runtime: no Docker, no
// root, nothing installed. It shows the pods and what happens to them.
//
//	go run ./examples/quickstart                     # until Ctrl-C
//	go run ./examples/quickstart -for 20s -chaos 2s  # kill a process every 2 s
//	go run ./examples/quickstart -f my.yaml -nodes 5
//	go run ./examples/quickstart -for 30s -chaos 2s -load 200 # and ask its service 200 times a second
//	go run ./examples/quickstart -for 30s -update 5s -load 200 # replace all pods every 5 s
//	go run ./examples/quickstart -state ./state      # survives its own kill -9
//
// With -for it ends by itself, and exits with 0 only if in the end everything
// that was asked for runs and is ready, or has ended as asked. Whatever ends it,
// it stops what it started. Only after a kill -9 what it started goes on; with
// -state the next run on the same folder takes it over, process by process.
package main

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/lifecycle"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/journal/bolt"
	"github.com/coracle-dev/coracle/orchestrator/manifest"
	"github.com/coracle-dev/coracle/orchestrator/process"
	"github.com/coracle-dev/coracle/orchestrator/proxy"
)

//go:embed web.yaml
var web string

// image is the name under which manifests find this very program.
const image = "coracle.dev/quickstart"

func main() {
	process.Supervise() // returns at once, unless this process is to supervise a container
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		serve(os.Args[2:]) // this process is a container
		return
	}
	if err := quickstart(); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

// options are the command line.
type options struct {
	file  string
	nodes int
	For   time.Duration
	chaos time.Duration
	state string

	load   int
	update time.Duration
}

func quickstart() error {
	var opt options
	flag.StringVar(&opt.file, "f", "", "manifest `file` or folder; default: three replicas of a web server")
	flag.IntVar(&opt.nodes, "nodes", 3, "how many nodes")
	flag.DurationVar(&opt.For, "for", 0, "shut down after this time; default: at Ctrl-C")
	flag.DurationVar(&opt.chaos, "chaos", 0, "kill a random process this often; default: never")
	flag.StringVar(&opt.state, "state", "", "`folder` that keeps everything, made if it is not there; default: a temporary one")
	flag.IntVar(&opt.load, "load", 0, "ask each service this often per `second`, and count who answers; default: never")
	flag.DurationVar(&opt.update, "update", 0, "replace the pods of each controller by new ones this often; default: never")
	flag.Parse()
	if flag.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flag.Arg(0))
	}
	if opt.nodes < 1 {
		return fmt.Errorf("-nodes is %d; it must be at least 1", opt.nodes)
	}
	objects, err := readManifest(opt.file)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return run(ctx, opt, objects)
}

func readManifest(file string) ([]labels.Object, error) {
	if file == "" {
		return manifest.Reader{Check: manifest.Validate}.Read("web.yaml", strings.NewReader(web))
	}
	return manifest.Reader{Check: manifest.Validate}.ReadFiles(file)
}

// run has the orchestrator look after the objects until ctx or the time ends.
func run(ctx context.Context, opt options, objects []labels.Object) (err error) {
	if opt.state == "" {
		if opt.state, err = os.MkdirTemp("", "quickstart-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(opt.state)) }()
	}
	o, err := newOrchestrator(opt)
	if err != nil {
		return err
	}
	client := o.Client()
	// Applied, not created: the same command may run again on the same state.
	if _, err := client.Apply(ctx, objects...); err != nil {
		return err
	}

	// What is asked of the servers does no harm twice: Replay hides those that are
	// killed, and Wait the moments in which all of them are.
	p, err := proxy.New(proxy.Config{Client: client, Replay: 4 << 10, Wait: 2 * time.Second})
	if err != nil {
		return err
	}
	running, halt := context.WithCancel(context.Background())
	ended := make(chan error, 2)
	go func() { ended <- o.Run(running) }()
	go func() { ended <- p.Run(running) }()
	defer func() { halt(); err = errors.Join(err, <-ended, <-ended) }()

	shown := startDisplay(running, client, p)
	defer shown.stop()
	asked := watch(ctx, opt, client)
	if opt.update > 0 { // others have taken the place of the manifest's controllers
		objects = nil
		for _, c := range client.Controllers().List(everything) {
			objects = append(objects, c)
		}
	}
	err = errors.Join(verdict(ctx, opt, client, objects), asked)
	return errors.Join(err, shutDown(client))
}

func newOrchestrator(opt options) (*orchestrator.Orchestrator, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(opt.state, 0o777); err != nil {
		return nil, err
	}
	journal, err := bolt.Open(filepath.Join(opt.state, "objects.db"))
	if err != nil {
		return nil, err
	}
	runtime := process.Config{Dir: opt.state, Images: map[string]string{image: self}}
	var nodes []*node.Node
	for i := range opt.nodes {
		nodes = append(nodes, &node.Node{Meta: labels.Meta{Name: fmt.Sprintf("node-%d", i+1)}})
	}
	return orchestrator.New(orchestrator.Config{
		Dial:     runtime.Dial,
		Machines: nodes,
		Journal:  journal,
		// Shorter than the defaults of 10 s and 5 min: this is a show.
		Lifecycle: lifecycle.Rules{BackOffBase: 500 * time.Millisecond, BackOffMax: 2 * time.Second},
	})
}

// watch lets it run until it is time to end, with chaos, updates and load if they
// are asked for. The error is of the load.
func watch(ctx context.Context, opt options, client *orchestrator.Client) (err error) {
	if opt.For > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, opt.For)
		defer cancel()
	}
	var group sync.WaitGroup
	var killed kills
	if opt.chaos > 0 {
		group.Go(func() { chaos(ctx, client, opt.chaos, &killed) })
	}
	if opt.update > 0 {
		group.Go(func() { update(ctx, client, opt.update) })
	}
	if opt.load > 0 {
		group.Go(func() { err = load(ctx, client, opt.load, &killed) })
	}
	<-ctx.Done()
	group.Wait()
	return err
}
