//go:build linux

package process_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/lifecycle"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	volumes "github.com/coracle-dev/coracle/orchestrator/mount"
	"github.com/coracle-dev/coracle/orchestrator/process"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
)

// disks is a cluster of two nodes on real processes.
type disks struct {
	*testing.T
	ctx    context.Context
	client *orchestrator.Client
	config process.Config
	cloud  *fake.Disks
}

func newDisks(t *testing.T) *disks {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	x := &disks{T: t, cloud: &fake.Disks{}}
	x.config = process.Config{
		Dir: t.TempDir(), Images: map[string]string{"test": self}, Volumes: volumes.Sources{Disks: x.cloud},
	}
	o, err := orchestrator.New(orchestrator.Config{
		Dial:      x.config.Dial,
		Machines:  []*node.Node{{Meta: labels.Meta{Name: "a"}}, {Meta: labels.Meta{Name: "b"}}},
		Node:      node.Rules{CheckPeriod: 100 * time.Millisecond},
		Lifecycle: lifecycle.Rules{BackOffBase: 100 * time.Millisecond, BackOffMax: time.Second},
	})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(context.Background(), 3*patience)
	ended := make(chan error, 1)
	go func() { ended <- o.Run(ctx) }()
	x.ctx, x.client = ctx, o.Client()
	t.Cleanup(func() {
		for _, p := range x.client.View().Pods().List(store.Filter{}) {
			x.client.Pods().Delete(ctx, "", p.Name, orchestrator.DeleteOptions{})
		}
		until(ctx, t, func() bool { return len(x.client.View().Pods().List(store.Filter{})) == 0 })
		cancel()
		require.NoError(t, <-ended)
		nobody(t, x.config.Dir)
	})
	return x
}

// writer is a pod of two containers that run for ever and share a volume.
func (x *disks) writer(policy pod.RestartPolicy, v pod.Volume) pod.Template {
	container := func(name string) pod.Container {
		return pod.Container{
			Name: name, Image: "test", Env: []pod.EnvVar{{Name: "WORKLOAD", Value: "forever"}},
			VolumeMounts: []pod.VolumeMount{{Name: v.Name, MountPath: "/data"}},
		}
	}
	return pod.Template{
		Meta: labels.Meta{Labels: labels.Set{"app": "writer"}},
		Spec: pod.Spec{RestartPolicy: policy, Volumes: []pod.Volume{v}, Containers: []pod.Container{container("one"), container("two")}},
	}
}

// running returns the pod that runs, when there is one beside those named.
func (x *disks) running(except ...string) (found *pod.Pod) {
	x.Helper()
	until(x.ctx, x.T, func() bool {
		for _, p := range x.client.View().Pods().List(store.Filter{}) {
			if p.Status.Phase == pod.Running && p.Status.Is(pod.Ready) && (len(except) == 0 || p.Name != except[0]) {
				found = p
				return true
			}
		}
		return false
	})
	return found
}

// data is where the volume of a pod is.
func (x *disks) data(p *pod.Pod) string {
	return filepath.Join(x.config.Dir, "nodes", p.Spec.NodeName, "volumes", p.UID, "data", "data")
}

// A disk dies under a running pod: all its containers are killed, whatever its
// restart policy, it is Failed with a reason, and its controller makes another.
func TestDiskDies(t *testing.T) {
	t.Parallel()
	limit := pod.MustParseQuantity("1Mi")
	for name, c := range map[string]struct {
		policy pod.RestartPolicy
		breaks func(t *testing.T, dir string)
		says   string
	}{
		"gone": {pod.RestartAlways, func(t *testing.T, dir string) { require.NoError(t, os.RemoveAll(dir)) }, "has vanished"},
		"replaced": {pod.RestartAlways, func(t *testing.T, dir string) {
			require.NoError(t, os.Mkdir(dir+"2", 0o755))
			require.NoError(t, unix.Renameat2(unix.AT_FDCWD, dir, unix.AT_FDCWD, dir+"2", unix.RENAME_EXCHANGE)) // there is no moment without one
		}, "was replaced"},
		"too full": {pod.RestartAlways, func(t *testing.T, dir string) {
			require.NoError(t, os.WriteFile(filepath.Join(dir, "big"), make([]byte, 2<<20), 0o644))
		}, "exceeds its sizeLimit of 1Mi"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := newDisks(t)
			one := 1
			template := x.writer(c.policy, pod.Volume{Name: "data", EmptyDir: &pod.EmptyDir{SizeLimit: &limit}})
			_, err := x.client.Controllers().Apply(x.ctx, &replication.Controller{
				Meta: labels.Meta{Name: "writer"},
				Spec: replication.Spec{Replicas: &one, Selector: labels.Set{"app": "writer"}, Template: &template},
			})
			require.NoError(t, err)
			first := x.running()
			c.breaks(t, x.data(first))
			second := x.running(first.Name)
			require.NotEqual(t, first.UID, second.UID)
			first, err = x.client.Pods().Get(first.Namespace, first.Name)
			require.NoError(t, err)
			require.Equal(t, pod.Failed, first.Status.Phase)
			require.Equal(t, lifecycle.VolumeFailed, first.Status.Reason)
			require.Contains(t, first.Status.Message, `volume "data"`)
			require.Contains(t, first.Status.Message, c.says)
			for _, s := range first.Status.ContainerStatuses {
				require.NotNil(t, s.State.Terminated, s.Name)
			}
			events := x.client.Events(orchestrator.EventFilter{UID: first.UID, Reason: lifecycle.VolumeFailed})
			require.Len(t, events, 1)
			require.Contains(t, events[0].Message, c.says)
			require.NoError(t, x.client.Controllers().Delete(x.ctx, "", "writer", orchestrator.DeleteOptions{Cascade: true}))
		})
	}
}

// Without a controller the pod is Failed whatever its restart policy.
func TestDiskDiesUnderEveryPolicy(t *testing.T) {
	t.Parallel()
	x := newDisks(t)
	for _, policy := range []pod.RestartPolicy{pod.RestartAlways, pod.RestartOnFailure, pod.RestartNever} {
		template := x.writer(policy, pod.Volume{Name: "data"})
		p, err := x.client.Pods().Create(x.ctx, &pod.Pod{Meta: labels.Meta{GenerateName: "writer-"}, Spec: template.Spec})
		require.NoError(t, err)
		require.NoError(t, os.RemoveAll(x.data(x.running())))
		until(x.ctx, t, func() bool {
			p, err = x.client.Pods().Get(p.Namespace, p.Name)
			return err == nil && p.Status.Phase == pod.Failed
		})
		require.Equal(t, lifecycle.VolumeFailed, p.Status.Reason, policy)
	}
}

// A volume that can't be made is told to the user, and tried again after a back-off.
func TestVolumeThatCannotBeMade(t *testing.T) {
	t.Parallel()
	x := newDisks(t)
	missing := filepath.Join(t.TempDir(), "missing")
	template := x.writer(pod.RestartAlways, pod.Volume{Name: "data", HostPath: &pod.HostPath{Path: missing, Type: "Directory"}})
	p, err := x.client.Pods().Create(x.ctx, &pod.Pod{
		Meta: labels.Meta{Name: "writer", Annotations: map[string]string{pod.BackOffBaseAnnotation: "200ms"}}, Spec: template.Spec,
	})
	require.NoError(t, err)
	until(x.ctx, t, func() bool {
		p, err = x.client.Pods().Get(p.Namespace, p.Name)
		return err == nil && len(p.Status.ContainerStatuses) > 0 && p.Status.ContainerStatuses[0].State.Waiting != nil &&
			p.Status.ContainerStatuses[0].State.Waiting.Reason == "FailedMount"
	})
	require.Contains(t, p.Status.ContainerStatuses[0].State.Waiting.Message, `set up volume "data": stat `+missing+": no such file or directory")
	events := x.client.Events(orchestrator.EventFilter{UID: p.UID})
	told := false
	for _, e := range events {
		told = told || e.Type == labels.Warning && e.Count < 20
	}
	require.True(t, told, "%v", events)
	require.NoError(t, os.Mkdir(missing, 0o755))
	x.running()
}

// A disk of a cloud goes from pod to pod with what is on it, and is never on two
// nodes: attached before a pod starts, detached after it was removed.
func TestDiskOfACloud(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("mounting needs root")
	}
	x := newDisks(t)
	x.cloud.Add("disk", t.TempDir())
	one := 1
	template := x.writer(pod.RestartAlways, pod.Volume{Name: "data", GCEPersistentDisk: &pod.GCEPersistentDisk{PDName: "disk"}})
	_, err := x.client.Controllers().Apply(x.ctx, &replication.Controller{
		Meta: labels.Meta{Name: "writer"},
		Spec: replication.Spec{Replicas: &one, Selector: labels.Set{"app": "writer"}, Template: &template},
	})
	require.NoError(t, err)
	first := x.running()
	require.Equal(t, []string{first.Spec.NodeName}, x.cloud.Holders("disk"))
	require.NoError(t, os.WriteFile(filepath.Join(x.data(first), "kept"), nil, 0o644))

	_, err = x.client.Nodes().Patch(x.ctx, "", first.Spec.NodeName, func(n *node.Node) error {
		n.Spec.Unschedulable = true
		return nil
	})
	require.NoError(t, err)
	require.NoError(t, x.client.Pods().Delete(x.ctx, first.Namespace, first.Name, orchestrator.DeleteOptions{}))
	second := x.running(first.Name)
	require.NotEqual(t, first.Spec.NodeName, second.Spec.NodeName)
	require.FileExists(t, filepath.Join(x.data(second), "kept"))

	require.NoError(t, x.client.Controllers().Delete(x.ctx, "", "writer", orchestrator.DeleteOptions{Cascade: true}))
	until(x.ctx, t, func() bool { return len(x.cloud.Holders("disk")) == 0 })
	a, b := first.Spec.NodeName, second.Spec.NodeName
	require.Equal(t, []string{"attach disk to " + a, "detach disk from " + a, "attach disk to " + b, "detach disk from " + b}, x.cloud.Calls())
}
