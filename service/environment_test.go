package service_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/service"
)

// asked returns the variables that a pod of the second second gets from one service.
func asked(change func(*service.Service)) []string {
	s := &service.Service{
		Meta: labels.Meta{Namespace: "shop", Name: "redis-master", CreationTimestamp: time.Unix(1, 0)},
		Spec: service.Spec{ClusterIP: "10.0.0.11", Ports: []service.Port{{Port: 6379}}},
	}
	change(s)
	p := &pod.Pod{Meta: labels.Meta{Namespace: "shop", Name: "web", CreationTimestamp: time.Unix(2, 0)}}
	var lines []string
	for _, v := range service.Environment(p, []*service.Service{s}) {
		lines = append(lines, v.Name+"="+v.Value)
	}
	return lines
}

func TestEnvironment(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*service.Service)
		want   []string
	}{
		"one port": {func(*service.Service) {}, []string{
			"REDIS_MASTER_SERVICE_HOST=10.0.0.11", "REDIS_MASTER_SERVICE_PORT=6379", "REDIS_MASTER_PORT=tcp://10.0.0.11:6379",
			"REDIS_MASTER_PORT_6379_TCP=tcp://10.0.0.11:6379", "REDIS_MASTER_PORT_6379_TCP_PROTO=tcp",
			"REDIS_MASTER_PORT_6379_TCP_PORT=6379", "REDIS_MASTER_PORT_6379_TCP_ADDR=10.0.0.11",
		}},
		"named ports of IPv6": {func(s *service.Service) {
			s.Name, s.Spec.ClusterIP = "dns", "fd00:1::a"
			s.Spec.Ports = []service.Port{{Name: "dns-udp", Port: 53, Protocol: pod.UDP}, {Name: "web", Port: 80, Protocol: pod.TCP}}
		}, []string{
			"DNS_SERVICE_HOST=fd00:1::a", "DNS_SERVICE_PORT=53", "DNS_SERVICE_PORT_DNS_UDP=53", "DNS_SERVICE_PORT_WEB=80", "DNS_PORT=udp://[fd00:1::a]:53",
			"DNS_PORT_53_UDP=udp://[fd00:1::a]:53", "DNS_PORT_53_UDP_PROTO=udp", "DNS_PORT_53_UDP_PORT=53", "DNS_PORT_53_UDP_ADDR=fd00:1::a",
			"DNS_PORT_80_TCP=tcp://[fd00:1::a]:80", "DNS_PORT_80_TCP_PROTO=tcp", "DNS_PORT_80_TCP_PORT=80", "DNS_PORT_80_TCP_ADDR=fd00:1::a",
		}},
		"at the same moment": {func(s *service.Service) { s.CreationTimestamp, s.Name, s.Spec.Ports[0].Port = time.Unix(2, 0), "a", 1 }, []string{
			"A_SERVICE_HOST=10.0.0.11", "A_SERVICE_PORT=1", "A_PORT=tcp://10.0.0.11:1", "A_PORT_1_TCP=tcp://10.0.0.11:1",
			"A_PORT_1_TCP_PROTO=tcp", "A_PORT_1_TCP_PORT=1", "A_PORT_1_TCP_ADDR=10.0.0.11",
		}},
		"another namespace": {func(s *service.Service) { s.Namespace = "default" }, nil},
		"later":             {func(s *service.Service) { s.CreationTimestamp = time.Unix(3, 0) }, nil},
		"headless":          {func(s *service.Service) { s.Spec.ClusterIP = service.Headless }, nil},
		"no address yet":    {func(s *service.Service) { s.Spec.ClusterIP = "" }, nil},
		"a name elsewhere":  {func(s *service.Service) { s.Spec.Type = service.ExternalName }, nil},
		"no ports":          {func(s *service.Service) { s.Spec.Ports = nil }, nil},
	} {
		require.Equal(t, tt.want, asked(tt.change), name)
	}
}

func TestEnvironmentIsNotForEverybody(t *testing.T) {
	s := &service.Service{Spec: service.Spec{ClusterIP: "10.0.0.11", Ports: []service.Port{{Port: 6379}}}}
	p := &pod.Pod{}
	require.NotEmpty(t, service.Environment(p, []*service.Service{s}))
	p.Spec.EnableServiceLinks = new(bool)
	require.Empty(t, service.Environment(p, []*service.Service{s}))
	*p.Spec.EnableServiceLinks = true
	require.NotEmpty(t, service.Environment(p, []*service.Service{s}))
}

func ExampleEnvironment() {
	s := &service.Service{Meta: labels.Meta{Name: "redis-master"},
		Spec: service.Spec{ClusterIP: "127.240.1.0", Ports: []service.Port{{Name: "redis", Port: 6379}}}}
	for _, v := range service.Environment(&pod.Pod{}, []*service.Service{s}) {
		fmt.Println(v.Name + "=" + v.Value)
	}
	// Output:
	// REDIS_MASTER_SERVICE_HOST=127.240.1.0
	// REDIS_MASTER_SERVICE_PORT=6379
	// REDIS_MASTER_SERVICE_PORT_REDIS=6379
	// REDIS_MASTER_PORT=tcp://127.240.1.0:6379
	// REDIS_MASTER_PORT_6379_TCP=tcp://127.240.1.0:6379
	// REDIS_MASTER_PORT_6379_TCP_PROTO=tcp
	// REDIS_MASTER_PORT_6379_TCP_PORT=6379
	// REDIS_MASTER_PORT_6379_TCP_ADDR=127.240.1.0
}
