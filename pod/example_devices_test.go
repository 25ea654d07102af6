package pod_test

import (
	"fmt"

	"github.com/coracle-dev/coracle/pod"
)

func ExampleDeviceVariable() {
	gpus := func(amount string) pod.Requirements {
		return pod.Requirements{Limits: pod.Resources{"example.com/gpu": pod.MustParseQuantity(amount)}}
	}
	p := &pod.Pod{Spec: pod.Spec{Containers: []pod.Container{
		{Name: "train", Resources: gpus("2")},
		{Name: "watch", Resources: gpus("250m")}, // a quarter of another one
	}}}
	p.Status.Devices = []pod.Devices{{Name: "example.com/gpu", Indexes: []int{0, 3, 1}}} // what the scheduler chose

	fmt.Println(pod.DeviceVariable("example.com/gpu"))
	for i := range p.Spec.Containers {
		c := &p.Spec.Containers[i]
		env, _ := pod.Environment(p, c)
		fmt.Println(c.Name, p.ContainerDevices(c), env[0].Value)
	}
	// Output:
	// EXAMPLE_COM_GPU_VISIBLE_DEVICES
	// train [{example.com/gpu [0 3]}] 0,3
	// watch [{example.com/gpu [1]}] 1
}
