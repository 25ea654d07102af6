package pod_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/pod"
)

func TestExpand(t *testing.T) {
	lookup := func(name string) (string, bool) {
		v, ok := map[string]string{"A": "1", "B": "$(A)", "EMPTY": "", "odd name": "odd", "A$(A": "dollar"}[name]
		return v, ok
	}
	for _, tt := range []struct{ in, want string }{
		{"", ""}, {"plain", "plain"}, {"$(A)", "1"}, {"x$(A)y", "x1y"}, {"$(A)$(A)", "11"}, {"[$(EMPTY)]", "[]"},
		{"$(B)", "$(A)"}, // what was inserted is not expanded again
		{"$(NONE)", "$(NONE)"}, {"$(NONE)$(A)", "$(NONE)1"}, {"$()", "$()"}, {"$(odd name)", "odd"},
		{"$$", "$"}, {"$$(A)", "$(A)"}, {"$$$(A)", "$1"}, {"$$$$(A)", "$$(A)"}, {"$$$$$(A)", "$$1"},
		{"$", "$"}, {"a$", "a$"}, {"$A", "$A"}, {"${A}", "${A}"}, {"$ (A)", "$ (A)"}, {"$é", "$é"}, {"$é$(A)", "$é1"},
		{"$(A", "$(A"}, {"$(", "$("}, {"$(A$(A)", "dollar"}, {"$(x $$ $(y", "$(x $ $(y"}, {"$(A) $(x", "1 $(x"},
	} {
		require.Equal(t, tt.want, pod.Expand(tt.in, lookup), tt.in)
	}
	long := strings.Repeat("$(", 1<<20) // linear, or this never ends
	require.Equal(t, long, pod.Expand(long, lookup))
}

func FuzzExpand(f *testing.F) {
	for _, s := range []string{"$(A)", "$$(A)", "$$$(A", "$(A)$(B)", "x$", "$(", "$$$$"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		none := func(string) (string, bool) { return "", false }
		same := func(name string) (string, bool) { return "$(" + name + ")", true }
		out := pod.Expand(s, none)
		require.Equal(t, out, pod.Expand(s, same), "an unknown name stays as it is")
		if !strings.Contains(s, "$$") {
			require.Equal(t, s, out)
		}
		require.Equal(t, s, pod.Expand(strings.ReplaceAll(s, "$", "$$"), none), "escaped")
	})
}

func TestEnvironment(t *testing.T) {
	p := &pod.Pod{
		Meta:   labels.Meta{Name: "web-1", Namespace: "shop", UID: "u-1", Labels: labels.Set{"app": "web"}, Annotations: map[string]string{"example.com/owner": "ann"}},
		Spec:   pod.Spec{NodeName: "node-1"},
		Status: pod.Status{HostIP: "10.0.0.1", PodIP: "127.1.0.1"},
	}
	field := func(name, path string) pod.EnvVar {
		return pod.EnvVar{Name: name, ValueFrom: &pod.EnvSource{FieldRef: &pod.FieldRef{FieldPath: path}}}
	}
	c := &pod.Container{
		Name: "server",
		Env: []pod.EnvVar{
			field("NAME", "metadata.name"), field("NAMESPACE", "metadata.namespace"), field("UID", "metadata.uid"), field("APP", "metadata.labels['app']"),
			field("OWNER", "metadata.annotations['example.com/owner']"), field("NODE", "spec.nodeName"), field("HOST_IP", "status.hostIP"), field("IP", "status.podIP"),
			field("NONE", "metadata.labels['none']"),
			{Name: "URL", Value: "http://$(IP):$(PORT)/$(LATER)?$$(IP)"},
			{Name: "LATER", Value: "x"},
			{Name: "PORT", Value: "1$(PORT)"},
			{Name: "AGAIN", Value: "$(PORT)"},
		},
		Command: []string{"serve", "--port=$(PORT)"},
		Args:    []string{"$(URL)", "$$(URL)", "$(UNKNOWN)"},
	}
	env, err := pod.Environment(p, c, pod.EnvVar{Name: "PORT", Value: "80"}, pod.EnvVar{Name: "POD_IP", Value: "$(literal)"})
	require.NoError(t, err)
	require.Equal(t, []pod.EnvVar{
		{Name: "PORT", Value: "180"}, {Name: "POD_IP", Value: "$(literal)"},
		{Name: "NAME", Value: "web-1"}, {Name: "NAMESPACE", Value: "shop"}, {Name: "UID", Value: "u-1"}, {Name: "APP", Value: "web"},
		{Name: "OWNER", Value: "ann"}, {Name: "NODE", Value: "node-1"}, {Name: "HOST_IP", Value: "10.0.0.1"}, {Name: "IP", Value: "127.1.0.1"},
		{Name: "NONE"},
		{Name: "URL", Value: "http://127.1.0.1:80/$(LATER)?$(IP)"}, {Name: "LATER", Value: "x"}, {Name: "AGAIN", Value: "180"},
	}, env)

	command, args := pod.CommandLine(c, env)
	require.Equal(t, []string{"serve", "--port=180"}, command)
	require.Equal(t, []string{"http://127.1.0.1:80/$(LATER)?$(IP)", "$(URL)", "$(UNKNOWN)"}, args)

	command, args = pod.CommandLine(&pod.Container{}, env)
	require.Nil(t, command)
	require.Nil(t, args)

	env, err = pod.Environment(p, &pod.Container{})
	require.NoError(t, err)
	require.Nil(t, env)
}

func TestEnvironmentRefuses(t *testing.T) {
	for _, path := range []string{"", "metadata", "spec.hostname", "metadata.labels", "metadata.labels['']", "metadata.labels['a'", "metadata.labels[a]", "spec.nodeSelector['a']"} {
		c := &pod.Container{Name: "server", Env: []pod.EnvVar{{Name: "X", ValueFrom: &pod.EnvSource{FieldRef: &pod.FieldRef{FieldPath: path}}}}}
		_, err := pod.Environment(&pod.Pod{}, c)
		require.ErrorContains(t, err, `resolve variable "X" of container "server": read field "`+path+`": must be metadata.name,`)
	}
	_, err := pod.Environment(&pod.Pod{}, &pod.Container{Name: "server", Env: []pod.EnvVar{{Name: "X", ValueFrom: &pod.EnvSource{}}}})
	require.EqualError(t, err, `resolve variable "X" of container "server": valueFrom names no field`)
}
