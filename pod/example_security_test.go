package pod_test

import (
	"fmt"

	"github.com/coracle-dev/coracle/pod"
)

// The pod says as whom its containers run; one of them says otherwise.
func ExampleSecurity() {
	user, root, yes := int64(1000), int64(0), true
	p := &pod.Pod{Spec: pod.Spec{
		SecurityContext: &pod.PodSecurityContext{RunAsUser: &user, RunAsNonRoot: &yes},
		Containers: []pod.Container{
			{Name: "web"},
			{Name: "tuner", SecurityContext: &pod.SecurityContext{
				RunAsUser: &root, Capabilities: &pod.Capabilities{Add: []string{"NET_ADMIN"}},
			}},
		},
	}}
	for i := range p.Spec.Containers {
		s := pod.Security(p, &p.Spec.Containers[i])
		fmt.Println(*s.RunAsUser, *s.RunAsNonRoot)
	}
	// Output:
	// 1000 true
	// 0 true
}

func ExampleDNSConfig() {
	two := "2"
	s := pod.Spec{DNSPolicy: pod.DNSNone, DNSConfig: &pod.DNSConfig{
		Nameservers: []string{"10.0.0.10"},
		Searches:    []string{"shop.example"},
		Options:     []pod.DNSOption{{Name: "ndots", Value: &two}, {Name: "edns0"}},
	}}
	fmt.Println(s.DNSConfig.Options)
	// Output: [ndots:2 edns0]
}
