package pod_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/pod"
)

func TestCopyIsDeep(t *testing.T) {
	requireDeepCopy(t, (*pod.Pod).Copy)
	requireDeepCopy(t, (*pod.Template).Copy)
	requireDeepCopy(t, func(s *pod.Spec) *pod.Spec { c := s.Copy(); return &c })
	requireDeepCopy(t, func(s *pod.Status) *pod.Status { c := s.Copy(); return &c })
	requireDeepCopy(t, func(c *pod.Container) *pod.Container { own := c.Copy(); return &own })
	requireDeepCopy(t, func(s *pod.ContainerState) *pod.ContainerState { c := s.Copy(); return &c })
	requireDeepCopy(t, func(r *pod.Resources) *pod.Resources { c := r.Copy(); return &c })
	requireDeepCopy(t, func(m *labels.Meta) *labels.Meta { c := m.Copy(); return &c })
	requireDeepCopy(t, (*labels.Namespace).Copy)
	require.Nil(t, (*pod.Template)(nil).Copy())
}

// The test above must see what it is there for.
func TestSharedIsFound(t *testing.T) {
	var p pod.Pod
	new(filler).fill(reflect.ValueOf(&p).Elem())
	for _, tt := range []struct {
		share func(c *pod.Pod)
		path  string
	}{
		{func(c *pod.Pod) { c.Labels = p.Labels }, "Pod.Meta.Labels"},
		{func(c *pod.Pod) {
			c.Spec.Containers[1].Env[1].ValueFrom.FieldRef = p.Spec.Containers[1].Env[1].ValueFrom.FieldRef
		}, "Pod.Spec.Containers[1].Env[1].ValueFrom.FieldRef"},
		{func(c *pod.Pod) {
			c.Status.ContainerStatuses[0].LastState.Terminated = p.Status.ContainerStatuses[0].LastState.Terminated
		}, "Pod.Status.ContainerStatuses[0].LastState.Terminated"},
	} {
		c := p.Copy()
		tt.share(c)
		require.Equal(t, tt.path, shared(reflect.ValueOf(&p), reflect.ValueOf(c), "Pod"))
	}
}

func TestCopyKeepsEmptyAndNil(t *testing.T) {
	p := &pod.Pod{Spec: pod.Spec{Containers: []pod.Container{{Command: []string{}, Resources: pod.Requirements{Limits: pod.Resources{}}}}}}
	require.Equal(t, p, p.Copy())
}

func TestCopyAllocatesForWhatIsThere(t *testing.T) {
	bare := &pod.Pod{Spec: pod.Spec{Containers: []pod.Container{{Name: "a"}}}}
	require.Equal(t, 2.0, testing.AllocsPerRun(100, func() { bare.Copy() }), "the pod and its containers")
	empty := pod.Status{Conditions: []pod.Condition{}, ContainerStatuses: []pod.ContainerStatus{}}
	require.Zero(t, testing.AllocsPerRun(100, func() { empty.Copy() }))
}

// webPod is a pod as a client may ask for one, running.
func webPod() *pod.Pod {
	now := time.Unix(1_700_000_000, 0).UTC()
	started := true
	p := &pod.Pod{
		Meta: labels.Meta{Name: "web-1", Labels: labels.Set{"app": "web", "tier": "front"}, OwnerReferences: []labels.OwnerReference{{Kind: "ReplicationController", Name: "web", UID: "u", Controller: true}}},
		Spec: pod.Spec{
			Containers: []pod.Container{{
				Name: "server", Image: "nginx:1.25",
				Ports:          []pod.ContainerPort{{Name: "http", ContainerPort: 80}},
				Env:            []pod.EnvVar{{Name: "PORT", Value: "80"}},
				Resources:      pod.Requirements{Requests: pod.Resources{pod.CPU: pod.MustParseQuantity("250m"), pod.Memory: pod.MustParseQuantity("64Mi")}},
				ReadinessProbe: &pod.Probe{HTTPGet: &pod.HTTPGet{Path: "/healthz", Port: pod.FromString("http")}},
			}},
			NodeName: "node-1",
		},
		Status: pod.Status{
			Phase: pod.Running, StartTime: now,
			ContainerStatuses: []pod.ContainerStatus{{Name: "server", Ready: true, Started: &started, State: pod.ContainerState{Running: &pod.Started{StartedAt: now}}}},
		},
	}
	for _, of := range []pod.ConditionType{pod.PodScheduled, pod.Initialized, pod.ContainersReady, pod.Ready} {
		p.Status.SetCondition(pod.Condition{Type: of, Status: pod.True}, now)
	}
	p.Default()
	return p
}

func BenchmarkPod(b *testing.B) {
	p := webPod()
	old := webPod()
	for _, bench := range []struct {
		name string
		run  func()
	}{
		{"Copy", func() { p.Copy() }},
		{"CopyStatus", func() { p.Status.Copy() }},
		{"Requests", func() { p.Requests() }},
		{"Request", func() { p.Request(pod.CPU) }},
		{"Default", func() { p.Default() }},
		{"Validate", func() { p.Validate() }},
		{"ValidateUpdate", func() { p.ValidateUpdate(old) }},
		{"RestartTuning", func() { p.RestartTuning() }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				bench.run()
			}
		})
	}
}
