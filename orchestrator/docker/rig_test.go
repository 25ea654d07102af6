package docker_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	engine "github.com/fsouza/go-dockerclient"
	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/internal/enginetest"
	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/docker"
	"github.com/coracle-dev/coracle/pod"
)

// patience is how long a test waits for something that must happen. An engine that
// has much to do adds up for most of a minute how large its volumes are.
const patience = 3 * time.Minute

// rig is a runtime of a node that nobody else has, on a real engine.
type rig struct {
	testing.TB
	*docker.Runtime
	engine *engine.Client
	image  string // of package enginetest's toy
	config docker.Config
	ctx    context.Context
}

func newRig(t testing.TB) *rig {
	t.Helper()
	client := enginetest.Connect(t)
	return rigAt(t, client, sharedToy(t, client))
}

// newRigAt is newRig on another engine.
func newRigAt(t testing.TB, client *engine.Client) *rig {
	t.Helper()
	return rigAt(t, client, enginetest.Toy(t, client))
}

func rigAt(t testing.TB, client *engine.Client, image string) *rig {
	t.Helper()
	x := &rig{TB: t, engine: client, image: image, config: docker.Config{
		Endpoint: client.Endpoint(), Instance: "test-" + strings.ToLower(rand.Text()[:8]),
	}}
	enginetest.NothingLeft(t, client, x.label())
	ctx, cancel := context.WithTimeout(t.Context(), 3*patience)
	t.Cleanup(cancel)
	x.ctx = ctx
	x.open()
	t.Cleanup(x.end)
	return x
}

// dial connects to a node as an orchestrator does.
func (x *rig) dial(name string, annotations map[string]string) orchestrator.Runtime {
	x.Helper()
	r, err := x.config.Dial(x.ctx, &node.Node{Meta: labels.Meta{Name: name, Annotations: annotations}})
	require.NoError(x, err)
	return r
}

// sharedToy returns the image of package enginetest's toy on the engine that
// all tests use. TestMain removes it.
func sharedToy(t testing.TB, client *engine.Client) string {
	t.Helper()
	loading.Lock()
	defer loading.Unlock()
	if loaded == "" {
		image := enginetest.ToyImage(t, "coracle-test/docker:"+strings.ToLower(rand.Text()[:12]))
		require.NoError(t, client.LoadImage(engine.LoadImageOptions{
			InputStream: bytes.NewReader(image.Archive()), OutputStream: io.Discard, Context: t.Context(),
		}))
		loaded = image.Name
	}
	return loaded
}

var (
	loading sync.Mutex
	loaded  string
)

// Tests wait for the engine far more than for a processor: more of them run at
// a time than there are of those, unless -parallel says otherwise.
func TestMain(m *testing.M) {
	enginetest.Overlap()
	code := m.Run()
	if loaded != "" {
		client, err := engine.NewClientFromEnv()
		if err == nil {
			err = client.RemoveImageExtended(loaded, engine.RemoveImageOptions{Force: true})
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "remove image:", err)
			code = max(code, 1)
		}
	}
	os.Exit(code)
}

// label is what all containers of the rig have.
func (x *rig) label() string { return "coracle.dev/instance=" + x.config.Instance }

// open makes a new Runtime of the same node, as a new host program does.
func (x *rig) open() {
	x.Helper()
	if x.Runtime != nil {
		require.NoError(x, x.Close())
	}
	r, err := docker.New(x.config, "n1")
	require.NoError(x, err)
	x.Runtime = r
}

// end removes the pods that are left.
func (x *rig) end() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	x.config.Endpoint = x.engine.Endpoint() // whatever stood between
	x.open()
	for _, c := range x.containers(ctx) {
		require.NoError(x, x.Remove(ctx, c.Labels["coracle.dev/uid"]))
	}
	require.NoError(x, x.Close())
}

// containers lists what the engine has of the rig.
func (x *rig) containers(ctx context.Context) []engine.APIContainers {
	x.Helper()
	all, err := x.engine.ListContainers(engine.ListContainersOptions{
		All: true, Filters: map[string][]string{"label": {x.label()}}, Context: ctx,
	})
	require.NoError(x, err)
	return all
}

// toy returns a container that does what the words say: see package enginetest.
func (x *rig) toy(name string, words ...string) pod.Container {
	return pod.Container{Name: name, Image: x.image, ImagePullPolicy: pod.PullNever, Args: words}
}

// kill kills a container without the runtime's help.
func (x *rig) kill(c orchestrator.ContainerState) {
	x.Helper()
	require.NoError(x, x.engine.KillContainer(engine.KillContainerOptions{ID: c.ID, Signal: engine.SIGKILL, Context: x.ctx}))
}

// pod returns a pod that nobody else has.
func (x *rig) pod(name string, containers ...pod.Container) *pod.Pod {
	grace := int64(30)
	return &pod.Pod{
		Meta: labels.Meta{Name: name, Namespace: "default", UID: strings.ToLower(rand.Text())},
		Spec: pod.Spec{Containers: containers, TerminationGracePeriodSeconds: &grace},
	}
}

// attempt returns p as it is when its containers are to run their n'th attempt.
func attempt(p *pod.Pod, n int) *pod.Pod {
	next := *p
	next.Status.ContainerStatuses = nil
	for _, c := range p.Spec.Containers {
		next.Status.ContainerStatuses = append(next.Status.ContainerStatuses, pod.ContainerStatus{Name: c.Name, RestartCount: n})
	}
	return &next
}

// start starts all containers of a pod.
func (x *rig) start(p *pod.Pod) {
	x.Helper()
	for _, c := range p.Spec.Containers {
		require.NoError(x, x.Start(x.ctx, p, c))
	}
}

// refused starts the pod's first container, which must fail, and returns why.
func (x *rig) refused(p *pod.Pod) *orchestrator.StartError {
	x.Helper()
	err := x.Start(x.ctx, p, p.Spec.Containers[0])
	var why *orchestrator.StartError
	require.ErrorAs(x, err, &why)
	return why
}

// state returns one attempt of the list, or nil.
func (x *rig) state(ref orchestrator.ContainerRef) *orchestrator.ContainerState {
	x.Helper()
	list, err := x.List(x.ctx)
	require.NoError(x, err)
	for i := range list {
		if list[i].ContainerRef == ref {
			return &list[i]
		}
	}
	return nil
}

// running returns what is listed of an attempt, which must run.
func (x *rig) running(p *pod.Pod, container string) orchestrator.ContainerState {
	x.Helper()
	s := x.state(orchestrator.RefTo(p, container))
	require.NotNil(x, s)
	require.NotNil(x, s.State.Running, "%+v", s.State.Terminated)
	return *s
}

// ended waits until an attempt has ended.
func (x *rig) ended(p *pod.Pod, container string) (t pod.Terminated) {
	x.Helper()
	x.until("the attempt has ended", func() bool {
		s := x.state(orchestrator.RefTo(p, container))
		if s == nil || s.State.Terminated == nil {
			return false
		}
		t = *s.State.Terminated
		return true
	})
	return t
}

// until looks again whenever something may have changed.
func (x *rig) until(what string, is func() bool) {
	x.Helper()
	late := time.After(patience)
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for !is() {
		select {
		case <-x.Changed():
		case <-again.C:
		case <-late:
			x.Fatalf("waited %v: %s", patience, what)
		}
	}
}

// output runs a container to its end and returns what it said, and its exit code.
func (x *rig) output(p *pod.Pod) (string, int) {
	x.Helper()
	c := p.Spec.Containers[0]
	require.NoError(x, x.Start(x.ctx, p, c))
	code := x.ended(p, c.Name).ExitCode
	var b strings.Builder
	require.NoError(x, x.engine.Logs(engine.LogsOptions{
		Container: x.state(orchestrator.RefTo(p, c.Name)).ID, OutputStream: &b, ErrorStream: &b,
		Stdout: true, Stderr: true, Context: x.ctx,
	}))
	return b.String(), code
}

// inspect returns what the engine knows of a container.
func (x *rig) inspect(id string) *engine.Container {
	x.Helper()
	c, err := x.engine.InspectContainerWithOptions(engine.InspectContainerOptions{ID: id, Context: x.ctx})
	require.NoError(x, err)
	return c
}

// infra returns the id of a pod's infra container; empty where there is none.
func (x *rig) infra(p *pod.Pod) string {
	x.Helper()
	for _, c := range x.containers(x.ctx) {
		if c.Labels["coracle.dev/uid"] == p.UID && c.Labels["coracle.dev/container"] == "" {
			return c.ID
		}
	}
	return ""
}

// of lists the containers of a pod that the engine has.
func (x *rig) of(p *pod.Pod) []engine.APIContainers {
	x.Helper()
	return slices.DeleteFunc(x.containers(x.ctx), func(c engine.APIContainers) bool { return c.Labels["coracle.dev/uid"] != p.UID })
}

// attempts lists the attempts of a pod's containers that the engine has.
func (x *rig) attempts(p *pod.Pod) []string {
	x.Helper()
	var list []string
	for _, c := range x.of(p) {
		if n := c.Labels["coracle.dev/attempt"]; n != "" {
			list = append(list, n)
		}
	}
	slices.Sort(list)
	return list
}

// started returns when the engine started a container of the pod's current attempt; zero: never.
func (x *rig) started(p *pod.Pod, container string) time.Time {
	x.Helper()
	for _, c := range x.of(p) {
		if c.Labels["coracle.dev/container"] == container {
			return x.inspect(c.ID).State.StartedAt
		}
	}
	return time.Time{}
}

// alive returns how many attempts of a pod's container run.
func (x *rig) alive(p *pod.Pod, container string) (n int) {
	x.Helper()
	for _, c := range x.of(p) {
		if c.Labels["coracle.dev/container"] == container && c.State == "running" {
			n++
		}
	}
	return n
}

// hinted waits for a hint, and for nothing else.
func (x *rig) hinted(when string) {
	x.Helper()
	select {
	case <-x.Changed():
	case <-time.After(patience):
		x.Fatalf("no hint came %s", when)
	}
}
