package endtoend_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/internal/enginetest"
	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/lifecycle"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
)

// A volume breaks under running pods, whatever their policy: a directory of the
// engine's that is an emptyDir, or one of the machine's. All containers are killed,
// the pod is Failed, an event says why, and a controller makes another pod.
func TestDiskDies(t *testing.T) {
	t.Parallel()
	engine := enginetest.Connect(t)
	image := enginetest.Toy(t, engine)
	instance := newInstance(t, engine)
	x := newCluster(t, instance, newNode("n1", ""), newNode("n2", ""))

	mounted := func(p *pod.Pod, v pod.Volume) *pod.Pod {
		v.Name = "data"
		p.Spec.Volumes = []pod.Volume{v}
		for i := range p.Spec.Containers {
			p.Spec.Containers[i].VolumeMounts = []pod.VolumeMount{{Name: "data", MountPath: "/data"}}
		}
		return p
	}
	waits := []string{"wait"}
	host := make(map[string]string) // the directories of pods, by name
	for name, policy := range map[string]pod.RestartPolicy{"on-failure": pod.RestartOnFailure, "never": pod.RestartNever} {
		host[name] = filepath.Join(t.TempDir(), "disk")
		require.NoError(t, os.Mkdir(host[name], 0o755))
		x.create(mounted(newPod(name, image, policy, waits, waits), pod.Volume{HostPath: &pod.HostPath{Path: host[name], Type: "Directory"}}))
	}
	web := mounted(newPod("web", image, pod.RestartAlways, waits, waits), pod.Volume{EmptyDir: &pod.EmptyDir{}})
	web.Labels = labels.Set{"app": "web"}
	_, err := x.Controllers().Create(x.ctx, &replication.Controller{Meta: labels.Meta{Name: "web", Namespace: "default"}, Spec: replication.Spec{
		Replicas: new(1), Selector: web.Labels, Template: &pod.Template{Meta: labels.Meta{Labels: web.Labels}, Spec: web.Spec},
	}})
	require.NoError(t, err)
	x.until("all run", allReady(3))
	made := x.Pods().List(store.Filter{Selector: labels.SelectorFromSet(web.Labels)})[0]

	for _, dir := range host {
		require.NoError(t, os.Remove(dir))
	}
	v, err := engine.InspectVolume(instance + "_" + made.UID + "_volume_data")
	require.NoError(t, err)
	require.NoError(t, os.RemoveAll(v.Mountpoint))

	broken := []string{"never", "on-failure", made.Name}
	x.until("the pods are given up, and the controller has another", func(view store.Reader) bool {
		failed, ready := 0, 0
		for p := range view.Pods().All(store.Filter{}) {
			switch {
			case p.Status.Phase == pod.Failed && p.Status.Reason == lifecycle.VolumeFailed && slices.Contains(broken, p.Name):
				failed++
			case p.Labels["app"] == "web" && p.UID != made.UID && p.Status.Is(pod.Ready):
				ready++
			}
		}
		return failed == len(broken) && ready == 1
	})
	for _, c := range containers(t, engine, instance) {
		if slices.Contains(broken, c.Labels["coracle.dev/pod"]) && c.Labels["coracle.dev/container"] != "" {
			require.Equal(t, "exited", c.State, c.Names)
		}
	}
	told := make(map[string]bool)
	for _, e := range x.Events(orchestrator.EventFilter{}) {
		if e.Reason == lifecycle.VolumeFailed {
			told[e.InvolvedObject.Name] = true
		}
	}
	require.Len(t, told, len(broken), "%v", told)
}
