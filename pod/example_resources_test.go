package pod_test

import (
	"fmt"

	"github.com/coracle-dev/coracle/pod"
)

func ExampleResources_Add() {
	used := pod.Resources{pod.CPU: pod.MustParseQuantity("1")}
	fmt.Println(used.Add(pod.Resources{pod.CPU: pod.MustParseQuantity("250m"), pod.Memory: pod.MustParseQuantity("64Mi")}))
	// Output: cpu=1250m,memory=64Mi
}

func ExampleResources_Sub() {
	has := pod.Resources{pod.CPU: pod.MustParseQuantity("4"), pod.Memory: pod.MustParseQuantity("8Gi")}
	fmt.Println(has.Sub(pod.Resources{pod.CPU: pod.MustParseQuantity("250m")}))
	// Output: cpu=3750m,memory=8Gi
}

func ExampleResources_Max() {
	a := pod.Resources{pod.CPU: pod.MustParseQuantity("1"), pod.Memory: pod.MustParseQuantity("64Mi")}
	fmt.Println(a.Max(pod.Resources{pod.CPU: pod.MustParseQuantity("2")}))
	// Output: cpu=2,memory=64Mi
}

func ExampleResources_Copy() {
	a := pod.Resources{pod.CPU: pod.MustParseQuantity("1")}
	b := a.Copy()
	b[pod.CPU] = pod.MustParseQuantity("2")
	fmt.Println(a, b)
	// Output: cpu=1 cpu=2
}

func ExampleResources_Equal() {
	a := pod.Resources{pod.CPU: pod.MustParseQuantity("1")}
	fmt.Println(a.Equal(pod.Resources{pod.CPU: pod.MustParseQuantity("1000m")}))
	// Output: true
}

func ExampleResources_Fits() {
	room := pod.Resources{pod.CPU: pod.MustParseQuantity("1")}
	fmt.Println(pod.Resources{pod.CPU: pod.MustParseQuantity("250m")}.Fits(room))
	// Output: true
}

func ExampleResources_Shortage() {
	room := pod.Resources{pod.CPU: pod.MustParseQuantity("100m")}
	want := pod.Resources{pod.CPU: pod.MustParseQuantity("250m"), "example.com/gpu": pod.MustParseQuantity("1")}
	name, short := want.Shortage(room)
	fmt.Println(name, short)
	delete(want, name)
	if name, short := want.Shortage(room); short {
		fmt.Printf("%s %s left, wants %s\n", room[name], name, want[name])
	}
	// Output:
	// cpu true
	// 0 example.com/gpu left, wants 1
}

func ExampleResources_Names() {
	fmt.Println(pod.Resources{pod.Memory: pod.Quantity{}, pod.CPU: pod.Quantity{}}.Names())
	// Output: [cpu memory]
}

func ExampleResources_String() {
	fmt.Println(pod.Resources{pod.Memory: pod.MustParseQuantity("1Gi"), pod.CPU: pod.MustParseQuantity("0.5")}.String())
	// Output: cpu=500m,memory=1Gi
}

func ExampleResourceName_Extended() {
	fmt.Println(pod.CPU.Extended(), pod.ResourceName("example.com/gpu").Extended())
	// Output: false true
}

func ExampleResourceName_Validate() {
	fmt.Println(pod.ResourceName("gpu").Validate())
	// Output: must be cpu, memory, ephemeral-storage or hugepages-<size>, or have a prefix such as example.com/
}

func ExampleRequirements_Request() {
	r := pod.Requirements{Limits: pod.Resources{pod.CPU: pod.MustParseQuantity("1"), pod.Memory: pod.MustParseQuantity("64Mi")},
		Requests: pod.Resources{pod.CPU: pod.MustParseQuantity("250m")}}
	fmt.Println(r.Request(pod.CPU), r.Request(pod.Memory))
	// Output: 250m 64Mi
}

func ExamplePod_Requests() {
	cpu := func(s string) pod.Requirements {
		return pod.Requirements{Requests: pod.Resources{pod.CPU: pod.MustParseQuantity(s)}}
	}
	p := pod.Pod{Spec: pod.Spec{
		InitContainers: []pod.Container{{Name: "fetch", Resources: cpu("2")}},
		Containers:     []pod.Container{{Name: "web", Resources: cpu("1")}, {Name: "log", Resources: cpu("250m")}},
	}}
	fmt.Println(p.Requests())
	// Output: cpu=2
}

func ExamplePod_Request() {
	p := pod.Pod{Spec: pod.Spec{Containers: []pod.Container{{Resources: pod.Requirements{Limits: pod.Resources{pod.CPU: pod.MustParseQuantity("1")}}}}}}
	fmt.Println(p.Request(pod.CPU), p.Request(pod.Memory))
	// Output: 1 0
}

func ExamplePod_HostPorts() {
	p := pod.Pod{Spec: pod.Spec{Containers: []pod.Container{{Ports: []pod.ContainerPort{{ContainerPort: 80, HostPort: 8080}, {ContainerPort: 81}}}}}}
	for _, port := range p.HostPorts() {
		fmt.Println(port.HostPort)
	}
	// Output: 8080
}

func ExampleContainerPort_Conflicts() {
	a := pod.ContainerPort{ContainerPort: 80, HostPort: 8080}
	fmt.Println(a.Conflicts(pod.ContainerPort{ContainerPort: 81, HostPort: 8080, HostIP: "10.0.0.1"}))
	fmt.Println(a.Conflicts(pod.ContainerPort{ContainerPort: 80, HostPort: 8080, Protocol: pod.UDP}))
	// Output:
	// true
	// false
}
