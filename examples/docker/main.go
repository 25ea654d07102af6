// Docker runs the quickstart's web server as pods on a Docker Engine, with an
// image that it makes of its own program: no registry is asked.
//
//	go run ./examples/docker                     # until Ctrl-C
//	go run ./examples/docker -for 30s -chaos 3s  # kill a container every 3 s, through the engine
//	DOCKER_HOST=tcp://10.0.0.7:2375 go run ./examples/docker
//
// Each pod has two containers: one serves, and the other one asks it over
// localhost; it is ready as long as that works. With -for it ends by itself, and
// exits with 0 only if in the end everything is ready again and every pod has kept
// its address. Whatever ends it, it leaves nothing on the engine. Only after a
// kill -9 of it the containers go on; the next run stops them.
package main

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	engine "github.com/fsouza/go-dockerclient"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/lifecycle"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/docker"
	"github.com/coracle-dev/coracle/orchestrator/manifest"
	"github.com/coracle-dev/coracle/replication"
)

//go:embed web.yaml
var web string

func main() {
	if len(os.Args) > 2 && (os.Args[1] == "serve" || os.Args[1] == "ask") {
		inContainer(os.Args[1], os.Args[2:])
		return
	}
	if err := example(); err != nil {
		fmt.Fprintln(os.Stderr, "docker:", err)
		os.Exit(1)
	}
}

// options are the command line.
type options struct {
	For      time.Duration
	chaos    time.Duration
	instance string
}

func example() error {
	var opt options
	flag.DurationVar(&opt.For, "for", 0, "shut down after this time; default: at Ctrl-C")
	flag.DurationVar(&opt.chaos, "chaos", 0, "kill a random container this often; default: never")
	flag.StringVar(&opt.instance, "instance", "example", "`name` that tells this run from others on the same engine")
	flag.Parse()
	if flag.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flag.Arg(0))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	client, err := engine.NewClientFromEnv()
	if err != nil {
		return err
	}
	image, err := loadImage(ctx, client)
	if err != nil {
		return err
	}
	err = run(ctx, opt, client, image)
	return errors.Join(err, client.RemoveImageExtended(image, engine.RemoveImageOptions{Context: context.Background()}))
}

// run has the orchestrator look after the pods until ctx or the time ends.
func run(ctx context.Context, opt options, engine *engine.Client, image string) (err error) {
	c, err := readController(image)
	if err != nil {
		return err
	}
	o, err := orchestrator.New(orchestrator.Config{
		Dial:     docker.Config{Instance: opt.instance}.Dial,
		Machines: []*node.Node{{Meta: labels.Meta{Name: "engine"}}},
		// Shorter than the defaults of 10 s and 5 min: this is a show.
		Lifecycle: lifecycle.Rules{BackOffBase: 500 * time.Millisecond, BackOffMax: 2 * time.Second},
	})
	if err != nil {
		return err
	}
	client := o.Client()
	if _, err := client.Apply(ctx, c); err != nil {
		return err
	}
	running, halt := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- o.Run(running) }()
	defer func() { halt(); err = errors.Join(err, <-ended) }()

	seen := watch(running, client)
	wait(ctx, opt, client, engine)
	err = verdict(ctx, opt, client, c)
	return errors.Join(err, seen.moved(), shutDown(client, c))
}

// readController returns what web.yaml asks for, with the image by its real name.
func readController(image string) (*replication.Controller, error) {
	objects, err := manifest.Reader{Check: manifest.Validate}.Read("web.yaml", strings.NewReader(web))
	if err != nil {
		return nil, err
	}
	c := objects[0].(*replication.Controller)
	for i := range c.Spec.Template.Spec.Containers {
		c.Spec.Template.Spec.Containers[i].Image = image
	}
	return c, nil
}

// wait lets it run until it is time to end, with chaos if that is asked for.
func wait(ctx context.Context, opt options, client *orchestrator.Client, engine *engine.Client) {
	if opt.For > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, opt.For)
		defer cancel()
	}
	if opt.chaos > 0 {
		chaos(ctx, client, engine, opt.chaos)
	}
	<-ctx.Done()
}
