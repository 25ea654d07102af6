package pod_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/pod"
)

// measured is a pod with containers that are limited in different ways.
func measured() *pod.Pod {
	return &pod.Pod{Spec: pod.Spec{Containers: []pod.Container{
		{Name: "both", Resources: pod.Requirements{Limits: amounts("cpu", "1500m", "memory", "100Mi"), Requests: amounts("cpu", "250m", "hugepages-2Mi", "4Mi")}},
		{Name: "none"},
	}}}
}

func TestResourceField(t *testing.T) {
	for _, tt := range []struct{ container, resource, divisor, want string }{
		{"", "limits.cpu", "", "2"}, // rounded up
		{"", "limits.cpu", "1", "2"},
		{"", "limits.cpu", "1m", "1500"},
		{"", "requests.cpu", "", "1"},
		{"", "requests.cpu", "1m", "250"},
		{"", "requests.memory", "1Mi", "100"}, // the limit, where no request is stated
		{"", "limits.memory", "", "104857600"},
		{"", "limits.memory", "1Gi", "1"},
		{"", "limits.memory", "1M", "105"},
		{"", "requests.hugepages-2Mi", "1Mi", "4"},
		{"both", "limits.cpu", "1m", "1500"},
		{"none", "limits.cpu", "", "8"}, // what the node has
		{"none", "limits.memory", "1Ki", "1048576"},
		{"none", "limits.ephemeral-storage", "", "0"}, // nobody knows
		{"none", "requests.cpu", "", "0"},
	} {
		p := measured()
		ref := &pod.ResourceFieldRef{ContainerName: tt.container, Resource: tt.resource}
		if tt.divisor != "" {
			ref.Divisor = pod.MustParseQuantity(tt.divisor)
		}
		got, err := p.ResourceField(&p.Spec.Containers[0], ref, amounts("cpu", "8", "memory", "1Gi"))
		require.NoError(t, err)
		require.Equal(t, tt.want, got, tt)
	}
}

func TestResourceFieldRefuses(t *testing.T) {
	p := measured()
	_, err := p.ResourceField(&p.Spec.Containers[0], &pod.ResourceFieldRef{Resource: "cpu"}, nil)
	require.ErrorContains(t, err, `read resource "cpu": must be limits.<name>`)
	_, err = p.ResourceField(&p.Spec.Containers[0], &pod.ResourceFieldRef{Resource: "limits.cpu", ContainerName: "x"}, nil)
	require.EqualError(t, err, `read resource "limits.cpu": the pod has no container "x"`)
}

func TestWithResourceFields(t *testing.T) {
	p := measured()
	c := &p.Spec.Containers[1]
	ref := func(name string, r pod.ResourceFieldRef) pod.EnvVar {
		return pod.EnvVar{Name: name, ValueFrom: &pod.EnvSource{ResourceFieldRef: &r}}
	}
	c.Env = []pod.EnvVar{{Name: "A", Value: "1"}, ref("CPU", pod.ResourceFieldRef{Resource: "limits.cpu"}), ref("BAD", pod.ResourceFieldRef{Resource: "x"}), ref("OTHER", pod.ResourceFieldRef{Resource: "requests.cpu", ContainerName: "both"})}
	before := p.Copy()

	got := pod.WithResourceFields(p, *c, amounts("cpu", "8"))
	require.Equal(t, []pod.EnvVar{{Name: "A", Value: "1"}, {Name: "CPU", Value: "8"}, c.Env[2], {Name: "OTHER", Value: "1"}}, got.Env)
	require.Equal(t, before, p, "untouched")

	c.Env = c.Env[:2]
	env, err := pod.Environment(p, c)
	require.NoError(t, err)
	require.Equal(t, []pod.EnvVar{{Name: "A", Value: "1"}, {Name: "CPU", Value: "0"}}, env, "without a capacity")

	c.Env = c.Env[:1]
	require.Zero(t, testing.AllocsPerRun(10, func() { pod.WithResourceFields(p, *c, nil) }), "nothing to do")
}
