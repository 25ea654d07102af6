package pod_test

import (
	"encoding/json"
	"fmt"

	"github.com/coracle-dev/coracle/pod"
)

// A container that registers itself, and leaves before it is stopped.
func ExampleLifecycle() {
	c := pod.Container{
		Name: "server", Image: "web:1",
		Lifecycle: &pod.Lifecycle{
			PostStart: &pod.Handler{Exec: &pod.ExecAction{Command: []string{"register", "me"}}},
			PreStop:   &pod.Handler{Sleep: &pod.Sleep{Seconds: 5}},
		},
		TerminationMessagePolicy: pod.MessageFromLogs,
	}
	text, err := json.Marshal(c.Lifecycle)
	fmt.Println(string(text), err)
	// Output: {"postStart":{"exec":{"command":["register","me"]}},"preStop":{"sleep":{"seconds":5}}} <nil>
}

func ExamplePod_ResourceField() {
	p := &pod.Pod{Spec: pod.Spec{Containers: []pod.Container{{
		Name:      "server",
		Resources: pod.Requirements{Limits: pod.Resources{pod.CPU: pod.MustParseQuantity("1500m")}},
	}}}}
	ref := &pod.ResourceFieldRef{Resource: "limits.cpu", Divisor: pod.MustParseQuantity("1m")}
	fmt.Println(p.ResourceField(&p.Spec.Containers[0], ref, nil))
	// Output: 1500 <nil>
}

func ExampleWithResourceFields() {
	p := &pod.Pod{Spec: pod.Spec{Containers: []pod.Container{{
		Name: "server",
		Env:  []pod.EnvVar{{Name: "GOMAXPROCS", ValueFrom: &pod.EnvSource{ResourceFieldRef: &pod.ResourceFieldRef{Resource: "limits.cpu"}}}},
	}}}}
	node := pod.Resources{pod.CPU: pod.MustParseQuantity("8")}
	c := pod.WithResourceFields(p, p.Spec.Containers[0], node)
	fmt.Println(c.Env)
	// Output: [{GOMAXPROCS 8 <nil>}]
}
