package scheduler

import (
	"net/netip"
	"strconv"

	"github.com/coracle-dev/coracle/pod"
)

// hostPort is a port of a node that one pod can have.
type hostPort struct {
	address  netip.Addr // not valid: every address
	port     int
	protocol pod.Protocol
}

// hostPorts returns the ports of its node that a pod takes.
func hostPorts(p *pod.Pod) []hostPort {
	taken := p.HostPorts()
	if taken == nil {
		return nil
	}
	ports := make([]hostPort, len(taken))
	for i, port := range taken {
		ports[i] = hostPort{addressOf(port.HostIP), port.HostPort, port.Protocol}
		if port.Protocol == "" {
			ports[i].protocol = pod.TCP
		}
	}
	return ports
}

// addressOf reads an address, so that one address in two spellings is the same.
// Every address is what 0.0.0.0, :: and nothing at all mean, and what is no
// address is taken for.
func addressOf(text string) netip.Addr {
	address, err := netip.ParseAddr(text)
	if err != nil || address.IsUnspecified() {
		return netip.Addr{}
	}
	return address.Unmap()
}

// conflicts reports whether no two pods of a node can have both: see
// pod.ContainerPort's Conflicts.
func (a *hostPort) conflicts(b hostPort) bool {
	return a.port == b.port && a.protocol == b.protocol &&
		(a.address == b.address || !a.address.IsValid() || !b.address.IsValid())
}

// String reads 80/TCP.
func (a *hostPort) String() string { return strconv.Itoa(a.port) + "/" + string(a.protocol) }
