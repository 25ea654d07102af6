package orchestrator_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/scheduler"
	"github.com/coracle-dev/coracle/orchestrator/simulate"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

const gpu = "example.com/gpu"

// gpuNode returns a node with so many GPUs.
func gpuNode(name string, gpus int64) *node.Node {
	return &node.Node{
		Meta:   labels.Meta{Name: name},
		Status: node.Status{Capacity: pod.Resources{gpu: pod.NewQuantity(gpus, pod.DecimalSI)}},
	}
}

// gpuPod returns a pod of a priority that wants GPUs, or a share of one.
func gpuPod(name string, priority int32, amount string) *pod.Pod {
	p := ranked(name, priority, 0)
	p.Spec.Containers[0].Resources.Requests = pod.Resources{gpu: pod.MustParseQuantity(amount)}
	return p
}

// devices returns which GPUs pods have, by their statuses.
func (s scheduling) devices(names ...string) map[string][]int {
	s.Helper()
	has := make(map[string][]int)
	for _, name := range names {
		if p := s.pod(name); len(p.Status.Devices) > 0 {
			require.Equal(s, pod.ResourceName(gpu), p.Status.Devices[0].Name)
			has[name] = p.Status.Devices[0].Indexes
		}
	}
	return has
}

// left returns what is left of each GPU of a node.
func (s scheduling) left(name string) []int64 { return s.Engine().Fork().Node(name).Devices(gpu) }

// Which devices a pod has is recorded when it is bound, is the same after the
// host program was started again, and is over when the pod is.
func TestDevicesAreRecorded(t *testing.T) {
	s, _ := newScheduling(t, gpuNode("a", 3))
	s.apply(gpuPod("x", 0, "600m"), gpuPod("y", 0, "1"), gpuPod("z", 0, "300m"), gpuPod("w", 0, "700m"))
	all := []string{"x", "y", "z", "w"}
	want := map[string][]int{"x": {0}, "y": {1}, "z": {0}, "w": {2}}
	require.Equal(t, want, s.devices(all...))
	require.Equal(t, []int64{100, 0, 300}, s.left("a"))

	s.Delete(store.KindPod, "default", "x", orchestrator.DeleteOptions{})
	s.apply(gpuPod("last", 0, "800m"))
	require.Contains(t, s.pod("last").Status.Condition(pod.PodScheduled).Message, "1 without a device of example.com/gpu that has 800m left")
	s.Strike(simulate.Crash{At: simulate.InWork, Down: time.Minute})
	s.advance(2 * time.Minute) // x has gone meanwhile
	delete(want, "x")
	require.Equal(t, want, s.devices("y", "z", "w"))
	require.Equal(t, []int64{700, 0, 300}, s.left("a"))
	require.Empty(t, s.devices("last"))
	s.Delete(store.KindPod, "default", "y", orchestrator.DeleteOptions{Grace: new(time.Duration)})
	s.advance(time.Minute)
	require.Equal(t, map[string][]int{"last": {1}}, s.devices("last"))
}

// So it is with pods that came to their node past the scheduler.
func TestDevicesPastTheScheduler(t *testing.T) {
	s, _ := newScheduling(t, gpuNode("a", 2))
	pinned := gpuPod("pinned", 0, "500m")
	pinned.Spec.NodeName = "a"
	second := gpuPod("second", 0, "1")
	second.Spec.NodeName = "a"
	s.apply(pinned, second)
	require.Equal(t, map[string][]int{"pinned": {0}, "second": {1}}, s.devices("pinned", "second"))
	forced := gpuPod("forced", 0, "1") // there is none left: it has one all the same, with another
	forced.Spec.NodeName = "a"
	s.apply(forced)
	require.Equal(t, map[string][]int{"forced": {0}}, s.devices("forced"))
	require.Equal(t, []int64{-500, 0}, s.left("a"))
}

// The device that others leave is kept for the pod that they make way for, also
// after the host program was started again.
func TestDevicesAreReserved(t *testing.T) {
	s, _ := newScheduling(t, gpuNode("a", 2))
	slow := gpuPod("slow", 1, "1")
	slow.Spec.Containers[0].Lifecycle = &pod.Lifecycle{PreStop: &pod.Handler{Sleep: &pod.Sleep{Seconds: 20}}}
	s.apply(slow, gpuPod("quick", 1, "1"))
	require.Equal(t, map[string][]int{"slow": {0}, "quick": {1}}, s.devices("slow", "quick"))
	s.apply(gpuPod("high", 9, "2"))
	require.Equal(t, "a", s.pod("high").Status.NominatedNodeName)
	s.apply(gpuPod("thief", 1, "100m")) // quick has gone, and slow goes
	s.advance(5 * time.Second)
	require.Empty(t, s.pod("thief").Spec.NodeName)
	s.Strike(simulate.Crash{At: simulate.InWork, Down: time.Second})
	s.advance(time.Minute)
	require.Equal(t, map[string][]int{"high": {0, 1}}, s.devices("high", "thief"))
}

// A fork knows the devices, and moves pods onto others.
func TestForkedDevices(t *testing.T) {
	s, _ := newScheduling(t, gpuNode("a", 2), gpuNode("b", 2))
	s.apply(gpuPod("x", 0, "2"), gpuPod("y", 0, "600m"))
	require.Equal(t, "b", s.pod("y").Spec.NodeName)
	f := s.Engine().Fork()
	f.SetNode(gpuNode("c", 4))
	f.Drain("a")
	require.Equal(t, "c", f.On(s.pod("x").UID), "b has 1400m left, but one device free")
	require.Equal(t, []int64{0, 0, 1000, 1000}, f.Node("c").Devices(gpu))
	require.Equal(t, []int64{1000, 1000}, f.Node("a").Devices(gpu))
	d := f.Add(gpuPod("new", 0, "400m"))[0]
	require.Equal(t, []pod.Devices{{Name: gpu, Indexes: []int{0}}}, d.Devices)
	require.Equal(t, []int64{0, 0}, s.left("a"), "the cluster itself is as it was")
}

// careless is a scheduler that gives out devices that there are not.
type careless struct{}

func (careless) Pick(p *pod.Pod, _ *scheduler.Cluster) scheduler.Decision {
	return scheduler.Decision{Node: "a", Devices: []pod.Devices{{Name: gpu, Indexes: []int{7}}}}
}

// A scheduler that chooses what makes no sense is told so in the pod's status,
// and devices are nobody else's to write.
func TestDevicesAreChecked(t *testing.T) {
	c, err := simulate.New(simulate.Config{Check: true, Orchestrator: orchestrator.Config{Machines: []*node.Node{gpuNode("a", 2)}, Scheduler: careless{}}})
	require.NoError(t, err)
	s := scheduling{Cluster: c, T: t}
	s.apply(gpuPod("x", 0, "1"))
	s.advance(10 * time.Second)
	require.Contains(t, s.pod("x").Status.Condition(pod.PodScheduled).Message, `the scheduler chose wrongly: place pod "x" on node "a": device 7 of example.com/gpu: there are 2`)

	_, err = s.Apply(gpuPod("y", 0, "1500m"))
	require.ErrorContains(t, err, `spec.containers[0].resources.requests[example.com/gpu]: "1500m": must be a whole number, or less than 1`)
}

// A pod with a disk goes to the zone of the disk, and waits where that is full.
func TestVolumeZones(t *testing.T) {
	var disks fake.Disks
	disks.Add("data", "/srv/data")
	disks.SetZone("data", "b")
	nodes := cpuNodes(8, 2)
	for _, n := range nodes {
		n.Labels = labels.Set{node.ZoneLabel: n.Name}
	}
	policy := &scheduler.Policy{Filters: append(scheduler.DefaultFilters(), scheduler.VolumeZones(disks.Zone))}
	c, err := simulate.New(simulate.Config{Check: true, Orchestrator: orchestrator.Config{Machines: nodes, Scheduler: policy}})
	require.NoError(t, err)
	s := scheduling{Cluster: c, T: t}
	s.advance(10 * time.Second)
	withDisk := func(name string, cores int64) *pod.Pod {
		p := ranked(name, 0, cores)
		p.Spec.Volumes = []pod.Volume{{Name: "data", GCEPersistentDisk: &pod.GCEPersistentDisk{PDName: "data", ReadOnly: true}}}
		return p
	}
	s.apply(ranked("free", 0, 1), withDisk("one", 2), withDisk("two", 1))
	require.Equal(t, "a", s.pod("free").Spec.NodeName)
	require.Equal(t, "b", s.pod("one").Spec.NodeName)
	require.Equal(t, "0 of 2 nodes fit: 1 has 0 cpu left, wants 1, 1 outside zone b, where disk data is", s.pod("two").Status.Condition(pod.PodScheduled).Message)
	verdicts, err := s.Engine().Fork().Explain(s.pod("two"))
	require.NoError(t, err)
	require.Equal(t, "VolumeZones", verdicts[0].Filter)

	more := cpuNodes(1, 1, 1)[2]
	more.Labels = labels.Set{node.ZoneLabel: "b"}
	s.apply(more)
	s.advance(time.Minute)
	require.Equal(t, "c", s.pod("two").Spec.NodeName)
}
