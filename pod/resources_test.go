package pod_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/pod"
)

// amounts makes resources of names and quantities in turn.
func amounts(pairs ...string) pod.Resources {
	r := pod.Resources{}
	for i := 0; i < len(pairs); i += 2 {
		r[pod.ResourceName(pairs[i])] = pod.MustParseQuantity(pairs[i+1])
	}
	return r
}

func TestResourcesArithmetic(t *testing.T) {
	a, b := amounts("cpu", "1", "memory", "1Gi"), amounts("cpu", "250m", "a.b/gpu", "2")
	require.Equal(t, "a.b/gpu=2,cpu=1250m,memory=1Gi", a.Add(b).String())
	require.Equal(t, "a.b/gpu=-2,cpu=750m,memory=1Gi", a.Sub(b).String())
	require.Equal(t, "a.b/gpu=2,cpu=1,memory=1Gi", a.Max(b).String())
	require.Equal(t, "cpu=1,memory=1Gi", a.String(), "unchanged")
	require.Equal(t, "a.b/gpu=2,cpu=250m", b.String(), "unchanged")
	require.Equal(t, a.String(), a.Add(nil).String())
	require.Empty(t, pod.Resources(nil).String())
	require.Nil(t, pod.Resources(nil).Names())
	require.True(t, a.Equal(amounts("cpu", "1000m", "memory", "1024Mi")))
	require.False(t, a.Equal(b))
	require.False(t, a.Equal(amounts("cpu", "1")))
	require.True(t, pod.Resources(nil).Equal(pod.Resources{}))
}

func TestResourcesShortage(t *testing.T) {
	room := amounts("cpu", "1", "memory", "1Gi", "a.b/gpu", "1")
	for _, tt := range []struct {
		want  pod.Resources
		short pod.ResourceName
	}{
		{nil, ""},
		{amounts("cpu", "1", "memory", "1Gi", "a.b/gpu", "1"), ""},
		{amounts("cpu", "1001m"), "cpu"},
		{amounts("memory", "2Gi", "cpu", "2"), "cpu"},
		{amounts("ephemeral-storage", "9E"), ""}, // not listed: not limited
		{amounts("a.b/fpga", "1"), "a.b/fpga"},   // not listed: not there
		{amounts("a.b/fpga", "0"), ""},
		{amounts("a.b/gpu", "500m"), ""},
	} {
		name, short := tt.want.Shortage(room)
		require.Equal(t, tt.short, name, tt.want.String())
		require.Equal(t, tt.short != "", short)
		require.Equal(t, !short, tt.want.Fits(room))
	}
	require.False(t, amounts("cpu", "1").Fits(amounts("cpu", "-1")))
	require.True(t, amounts("cpu", "0").Fits(amounts("cpu", "-1")), "what asks for nothing fits")
}

func TestRequests(t *testing.T) {
	container := func(requests, limits pod.Resources) pod.Container {
		return pod.Container{Resources: pod.Requirements{Requests: requests, Limits: limits}}
	}
	for _, tt := range []struct {
		name             string
		init, containers []pod.Container
		want             string
	}{
		{"nothing", nil, []pod.Container{container(nil, nil)}, ""},
		{"sum", nil, []pod.Container{container(amounts("cpu", "250m"), nil), container(amounts("cpu", "1", "memory", "1Gi"), nil)}, "cpu=1250m,memory=1Gi"},
		{"limit counts where no request is stated", nil, []pod.Container{container(amounts("cpu", "1"), amounts("cpu", "2", "memory", "1Gi"))}, "cpu=1,memory=1Gi"},
		{"a larger init container", []pod.Container{container(amounts("cpu", "2"), nil), container(nil, amounts("a.b/gpu", "1"))},
			[]pod.Container{container(amounts("cpu", "1", "memory", "1Gi"), nil)}, "a.b/gpu=1,cpu=2,memory=1Gi"},
		{"a smaller init container", []pod.Container{container(amounts("cpu", "2"), nil)},
			[]pod.Container{container(amounts("cpu", "1500m"), nil), container(amounts("cpu", "1500m"), nil)}, "cpu=3"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := &pod.Pod{Spec: pod.Spec{InitContainers: tt.init, Containers: tt.containers}}
			got := p.Requests()
			require.Equal(t, tt.want, got.String())
			for name, q := range got {
				require.Zero(t, q.Cmp(p.Request(name)), name)
			}
			require.True(t, p.Request("a.b/none").IsZero())
			if len(got) > 0 {
				clear(got) // the caller's own
				require.Equal(t, tt.want, p.Requests().String())
			}
		})
	}
}

func TestHostPorts(t *testing.T) {
	p := &pod.Pod{Spec: pod.Spec{Containers: []pod.Container{
		{Ports: []pod.ContainerPort{{ContainerPort: 80, HostPort: 8080}, {ContainerPort: 81}}},
		{Ports: []pod.ContainerPort{{ContainerPort: 53, HostPort: 53, Protocol: pod.UDP}}},
	}}}
	require.Equal(t, []pod.ContainerPort{{ContainerPort: 80, HostPort: 8080}, {ContainerPort: 53, HostPort: 53, Protocol: pod.UDP}}, p.HostPorts())
	require.Nil(t, (&pod.Pod{}).HostPorts())

	port := func(n int, ip string, protocol pod.Protocol) pod.ContainerPort {
		return pod.ContainerPort{HostPort: n, HostIP: ip, Protocol: protocol}
	}
	for _, tt := range []struct {
		a, b     pod.ContainerPort
		conflict bool
	}{
		{port(80, "", ""), port(80, "", pod.TCP), true},
		{port(80, "", ""), port(81, "", ""), false},
		{port(80, "", ""), port(80, "", pod.UDP), false},
		{port(0, "", ""), port(0, "", ""), false},
		{port(80, "10.0.0.1", ""), port(80, "10.0.0.2", ""), false},
		{port(80, "10.0.0.1", ""), port(80, "10.0.0.1", ""), true},
		{port(80, "10.0.0.1", ""), port(80, "", ""), true},
		{port(80, "10.0.0.1", ""), port(80, "0.0.0.0", ""), true},
		{port(80, "fd00::1", ""), port(80, "::", ""), true},
	} {
		require.Equal(t, tt.conflict, tt.a.Conflicts(tt.b), "%v %v", tt.a, tt.b)
		require.Equal(t, tt.conflict, tt.b.Conflicts(tt.a), "%v %v", tt.b, tt.a)
	}
}

func TestIntOrString(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want pod.IntOrString
		text string
	}{
		{`80`, pod.FromInt(80), "80"}, {`"http"`, pod.FromString("http"), "http"}, {`"80"`, pod.FromString("80"), "80"},
		{`0`, pod.IntOrString{}, "0"}, {`null`, pod.IntOrString{}, "0"}, {`-1`, pod.FromInt(-1), "-1"},
	} {
		v := pod.IntOrString{}
		require.NoError(t, json.Unmarshal([]byte(tt.in), &v), tt.in)
		require.Equal(t, tt.want, v)
		require.Equal(t, tt.text, v.String())
		require.Equal(t, tt.want == pod.IntOrString{}, v.IsZero())
		out, err := json.Marshal(v)
		require.NoError(t, err)
		if tt.in != "null" {
			require.Equal(t, tt.in, string(out))
		}
	}
	again := pod.FromInt(80)
	require.NoError(t, json.Unmarshal([]byte(`"http"`), &again))
	require.Equal(t, pod.FromString("http"), again, "nothing is left of the number")
	for _, bad := range []string{`1.5`, `1e3`, `true`, `{}`, `99999999999`, `[80]`} {
		require.Error(t, json.Unmarshal([]byte(bad), new(pod.IntOrString)), bad)
	}
}

func TestContainerPort(t *testing.T) {
	c := pod.Container{Ports: []pod.ContainerPort{{Name: "http", ContainerPort: 8080}}}
	for _, tt := range []struct {
		ref  pod.IntOrString
		port int
		ok   bool
	}{
		{pod.FromString("http"), 8080, true}, {pod.FromString("admin"), 0, false}, {pod.FromInt(9), 9, true}, {pod.IntOrString{}, 0, false},
	} {
		port, ok := c.Port(tt.ref)
		require.Equal(t, tt.port, port)
		require.Equal(t, tt.ok, ok)
	}
}
