package service

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/coracle-dev/coracle/pod"
)

// Environment returns the variables by which the containers of p find services,
// as Kubernetes and, before it, the links of Docker have them. For a service
// redis-master with the address 127.240.1.0 and a port 6379 named redis:
//
//	REDIS_MASTER_SERVICE_HOST=127.240.1.0
//	REDIS_MASTER_SERVICE_PORT=6379              the first port
//	REDIS_MASTER_SERVICE_PORT_REDIS=6379        each port that has a name
//	REDIS_MASTER_PORT=tcp://127.240.1.0:6379    the first port
//	REDIS_MASTER_PORT_6379_TCP=tcp://127.240.1.0:6379
//	REDIS_MASTER_PORT_6379_TCP_PROTO=tcp
//	REDIS_MASTER_PORT_6379_TCP_PORT=6379
//	REDIS_MASTER_PORT_6379_TCP_ADDR=127.240.1.0
//
// Of services, in any namespace, those in the pod's count that have a cluster IP
// and were there when the pod was created: every attempt of a container finds the
// same ones, as long as they are there. They come in the order given. There are no
// variables for a pod with enableServiceLinks: false.
func Environment(p *pod.Pod, services []*Service) []pod.EnvVar {
	if links := p.Spec.EnableServiceLinks; links != nil && !*links {
		return nil
	}
	var env []pod.EnvVar
	for _, s := range services {
		if s.Namespace != p.Namespace || s.CreationTimestamp.After(p.CreationTimestamp) || len(s.Spec.Ports) == 0 {
			continue
		}
		if ip, err := netip.ParseAddr(s.Spec.ClusterIP); err == nil && s.Spec.Type != ExternalName {
			env = s.appendVariables(env, ip)
		}
	}
	return env
}

// appendVariables appends the variables of one service.
func (s *Service) appendVariables(env []pod.EnvVar, ip netip.Addr) []pod.EnvVar {
	prefix, host := variable(s.Name), ip.String()
	set := func(name, value string) { env = append(env, pod.EnvVar{Name: prefix + name, Value: value}) }
	set("_SERVICE_HOST", host)
	for i, p := range s.Spec.Ports {
		number := strconv.Itoa(p.Port)
		if i == 0 {
			set("_SERVICE_PORT", number)
		}
		if p.Name != "" {
			set("_SERVICE_PORT_"+variable(p.Name), number)
		}
	}
	for i, p := range s.Spec.Ports {
		number, protocol := strconv.Itoa(p.Port), p.Protocol
		if protocol == "" {
			protocol = pod.TCP
		}
		lower := strings.ToLower(string(protocol))
		url := lower + "://" + netip.AddrPortFrom(ip, uint16(p.Port)).String()
		if i == 0 {
			set("_PORT", url)
		}
		name := "_PORT_" + number + "_" + string(protocol)
		set(name, url)
		set(name+"_PROTO", lower)
		set(name+"_PORT", number)
		set(name+"_ADDR", host)
	}
	return env
}

// variable returns a name as part of the name of a variable.
func variable(name string) string { return strings.ToUpper(strings.ReplaceAll(name, "-", "_")) }
