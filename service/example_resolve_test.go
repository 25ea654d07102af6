package service_test

import (
	"fmt"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/service"
)

// running returns a pod that has an address, and is ready or not.
func running(name, ip string, ready pod.ConditionStatus) *pod.Pod {
	p := &pod.Pod{Meta: labels.Meta{Name: name, Labels: labels.Set{"app": "web"}}}
	p.Status = pod.Status{Phase: pod.Running, PodIP: ip}
	p.Status.SetCondition(pod.Condition{Type: pod.Ready, Status: ready}, time.Time{})
	return p
}

func ExampleResolve() {
	s := web()
	s.Spec.Ports[0].TargetPort = pod.FromInt(8080)
	s.Default()
	r := service.Resolve(s, []*pod.Pod{
		running("web-2", "127.4.0.2", pod.True),
		running("web-1", "127.4.0.1", pod.True),
		running("web-3", "127.4.0.3", pod.False),
	})
	for _, subset := range r.Endpoints.Subsets {
		for _, a := range subset.Addresses {
			fmt.Println(a.IP, subset.Ports[0].Port, a.TargetRef.Name)
		}
		fmt.Println("not ready:", subset.NotReadyAddresses[0].IP)
	}
	// Output:
	// 127.4.0.1 8080 web-1
	// 127.4.0.2 8080 web-2
	// not ready: 127.4.0.3
}

// A selector that matches nothing is told, for most often it is a mistake.
func ExampleResolution() {
	s := web()
	s.Default()
	for _, e := range service.Resolve(s, nil).Events {
		fmt.Println(e.Type, e.Reason, e.Message)
	}
	// Output: Warning NoPods no pod matches the selector app=web
}

func ExampleMoves() {
	before, after := running("web-1", "127.4.0.1", pod.True), running("web-1", "127.4.0.1", pod.True)
	after.Status.Message = "restarted"
	fmt.Println(service.Moves(before, after))
	after.Status.PodIP = "127.4.0.9"
	fmt.Println(service.Moves(before, after))
	// Output:
	// false
	// true
}

func ExampleService_Selects() {
	s := web()
	fmt.Println(s.Selects(), s.Selector())
	s.Spec.Selector = nil // somebody else writes its endpoints
	fmt.Println(s.Selects())
	// Output:
	// true app=web
	// false
}

func ExampleService_Selector() {
	fmt.Println(web().Selector().Matches(running("web-1", "", pod.True).Labels))
	// Output: true
}

func ExampleEndpoints_SameSubsets() {
	s, p := web(), running("web-1", "127.4.0.1", pod.True)
	before := service.Resolve(s, []*pod.Pod{p}).Endpoints
	fmt.Println(before.SameSubsets(service.Resolve(s, []*pod.Pod{p}).Endpoints))
	fmt.Println(before.SameSubsets(service.Resolve(s, nil).Endpoints))
	// Output:
	// true
	// false
}
