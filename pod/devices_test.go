package pod_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/pod"
)

// Each container has its own whole devices, all of them share one, and init
// containers begin with the first again.
func TestContainerDevices(t *testing.T) {
	container := func(name, amount string) pod.Container {
		c := pod.Container{Name: name}
		if amount != "" {
			c.Resources.Requests = amounts("a.b/gpu", amount)
		}
		return c
	}
	for _, tt := range []struct {
		name            string
		inits, mains    []string
		have            []int
		ofInits, ofMain [][]int
	}{
		{"one share", nil, []string{"500m"}, []int{3}, nil, [][]int{{3}}},
		{"two on one device", nil, []string{"500m", "", "300m"}, []int{3}, nil, [][]int{{3}, nil, {3}}},
		{"shares that come to a whole", nil, []string{"500m", "1", "500m"}, []int{2, 5}, nil, [][]int{{5}, {2}, {5}}},
		{"wholes and a share", nil, []string{"2", "100m", "1"}, []int{0, 1, 4, 2}, nil, [][]int{{0, 1}, {2}, {4}}},
		{"init containers", []string{"1", "200m", "2"}, []string{"1", "100m"}, []int{6, 7}, [][]int{{6}, {7}, {6, 7}}, [][]int{{6}, {7}}},
		{"no node yet", nil, []string{"1"}, nil, nil, [][]int{nil}},
		{"fewer than it wants", nil, []string{"2", "2"}, []int{0, 1, 2}, nil, [][]int{{0, 1}, {2}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var p pod.Pod
			for i, amount := range tt.inits {
				p.Spec.InitContainers = append(p.Spec.InitContainers, container(string(rune('a'+i)), amount))
			}
			for i, amount := range tt.mains {
				p.Spec.Containers = append(p.Spec.Containers, container(string(rune('m'+i)), amount))
			}
			if tt.have != nil {
				p.Status.Devices = []pod.Devices{{Name: "a.b/gpu", Indexes: tt.have}}
			}
			check := func(cs []pod.Container, want [][]int) {
				for i := range cs {
					var indexes []int
					for _, d := range p.ContainerDevices(&cs[i]) {
						indexes = append(indexes, d.Indexes...)
					}
					require.Equal(t, want[i], indexes, cs[i].Name)
				}
			}
			check(p.Spec.InitContainers, tt.ofInits)
			check(p.Spec.Containers, tt.ofMain)
		})
	}
}

// A container's own variable wins over the one that tells it its devices, and may use it.
func TestDeviceVariables(t *testing.T) {
	p := &pod.Pod{Spec: pod.Spec{Containers: []pod.Container{{Name: "c", Resources: pod.Requirements{Requests: amounts("a.b/x-y", "1")}}}}}
	p.Status.Devices = []pod.Devices{{Name: "a.b/x-y", Indexes: []int{7}}}
	c := &p.Spec.Containers[0]
	c.Env = []pod.EnvVar{{Name: "OTHER_VISIBLE_DEVICES", Value: "$(A_B_X_Y_VISIBLE_DEVICES)"}}
	env, err := pod.Environment(p, c, pod.EnvVar{Name: "PATH", Value: "/"})
	require.NoError(t, err)
	require.Equal(t, []pod.EnvVar{{Name: "PATH", Value: "/"}, {Name: "A_B_X_Y_VISIBLE_DEVICES", Value: "7"}, {Name: "OTHER_VISIBLE_DEVICES", Value: "7"}}, env)
	c.Env = []pod.EnvVar{{Name: "A_B_X_Y_VISIBLE_DEVICES", Value: "none"}}
	env, err = pod.Environment(p, c)
	require.NoError(t, err)
	require.Equal(t, c.Env, env)
}
