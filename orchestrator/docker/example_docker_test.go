package docker_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/docker"
	"github.com/coracle-dev/coracle/pod"
)

// An orchestrator whose nodes are Docker Engines: this machine's, and one of
// another machine that says where it listens.
func ExampleConfig() {
	engines := docker.Config{Instance: "shop"}
	o, err := orchestrator.New(orchestrator.Config{
		Dial: engines.Dial,
		Machines: []*node.Node{
			{Meta: labels.Meta{Name: "here"}},
			{Meta: labels.Meta{Name: "there", Annotations: map[string]string{
				docker.EndpointAnnotation: "tcp://192.0.2.7:2375",
			}}},
		},
	})
	fmt.Println(o != nil, err)
	// Output: true <nil>
}

// New says what is wrong with a Config. It connects to nothing.
func ExampleNew() {
	_, err := docker.New(docker.Config{Endpoint: "/var/run/docker.sock"}, "n1")
	fmt.Println(err)
	_, err = docker.New(docker.Config{Instance: "my shop"}, "n1")
	fmt.Println(err)
	// Output:
	// open docker runtime of node "n1": endpoint is "/var/run/docker.sock"; it must be unix:///path/to/socket or tcp://host:port
	// open docker runtime of node "n1": field Instance is "my shop"; it must be at most 63 letters, digits, dots and dashes
}

// Dial connects: an engine that does not answer is an error, and the
// orchestrator, which calls it, tries again.
func ExampleConfig_Dial() {
	dir, err := os.MkdirTemp("", "docker")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	listener, err := net.Listen("unix", filepath.Join(dir, "engine")) // one that hangs
	if err != nil {
		panic(err)
	}
	defer listener.Close()
	engine := docker.Config{Endpoint: "unix://" + listener.Addr().String()}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	_, err = engine.Dial(ctx, &node.Node{Meta: labels.Meta{Name: "n1"}})
	fmt.Println(context.Cause(ctx), err != nil)
	// Output: context deadline exceeded true
}

// A Runtime is usable by itself. It needs an image that the engine has.
func ExampleRuntime() {
	web := func(r *docker.Runtime, image string) error {
		ctx := context.Background()
		p := &pod.Pod{
			Meta: labels.Meta{Name: "web", Namespace: "default", UID: "u-1"},
			Spec: pod.Spec{Containers: []pod.Container{{Name: "main", Image: image, ImagePullPolicy: pod.PullNever}}},
		}
		if err := r.Start(ctx, p, p.Spec.Containers[0]); err != nil {
			return err
		}
		list, err := r.List(ctx)
		if err != nil {
			return err
		}
		fmt.Println(list[0].Pod, list[0].PodIP, list[0].State.Running != nil)
		if err := r.Stop(ctx, list[0].ContainerRef, 10*time.Second); err != nil {
			return err
		}
		return r.Remove(ctx, p.UID)
	}
	r, err := docker.New(docker.Config{Endpoint: "tcp://127.0.0.1:1"}, "n1")
	if err != nil {
		panic(err)
	}
	defer r.Close()
	fmt.Println(web(r, "web:1"))
	// Output: start container "main" of pod "default/web": connect to docker engine "tcp://127.0.0.1:1": cannot connect to Docker endpoint
}
