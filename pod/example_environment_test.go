package pod_test

import (
	"fmt"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/pod"
)

func ExampleEnvironment() {
	p := &pod.Pod{
		Meta: labels.Meta{Name: "web-1"},
		Spec: pod.Spec{Containers: []pod.Container{{
			Name: "server",
			Env: []pod.EnvVar{
				{Name: "NAME", ValueFrom: &pod.EnvSource{FieldRef: &pod.FieldRef{FieldPath: "metadata.name"}}},
				{Name: "URL", Value: "http://$(POD_IP)/$(NAME)"},
			},
		}}},
	}
	env, err := pod.Environment(p, &p.Spec.Containers[0], pod.EnvVar{Name: "POD_IP", Value: "127.1.0.1"})
	if err != nil {
		fmt.Println(err)
	}
	for _, v := range env {
		fmt.Println(v.Name + "=" + v.Value)
	}
	// Output:
	// POD_IP=127.1.0.1
	// NAME=web-1
	// URL=http://127.1.0.1/web-1
}

func ExampleCommandLine() {
	c := &pod.Container{Command: []string{"serve"}, Args: []string{"--port=$(PORT)", "$$(PORT)"}}
	command, args := pod.CommandLine(c, []pod.EnvVar{{Name: "PORT", Value: "80"}})
	fmt.Println(command, args)
	// Output: [serve] [--port=80 $(PORT)]
}

func ExampleExpand() {
	lookup := func(name string) (string, bool) { return "80", name == "PORT" }
	fmt.Println(pod.Expand(":$(PORT) $(NONE) $$(PORT)", lookup))
	// Output: :80 $(NONE) $(PORT)
}

func ExamplePod_Field() {
	p := &pod.Pod{Meta: labels.Meta{Labels: labels.Set{"app": "web"}}}
	fmt.Println(p.Field("metadata.labels['app']"))
	fmt.Println(p.Field("spec.hostname"))
	// Output:
	// web <nil>
	//  read field "spec.hostname": must be metadata.name, metadata.namespace, metadata.uid, metadata.labels['key'], metadata.annotations['key'], spec.nodeName, status.hostIP or status.podIP
}
