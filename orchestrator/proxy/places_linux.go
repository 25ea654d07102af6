package proxy

import (
	"errors"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

// supported says whether the proxy can work here.
func supported() error { return nil }

// reachable says why clients can not come to an address, if that is known
// before it is tried.
func (p *Proxy) reachable(address netip.Addr) (reason, problem string) {
	return "", ""
}

// whyNot puts an error of listening into words that say what to do.
func whyNot(at place, err error) (reason, problem string) {
	where := fmt.Sprintf("%s %s", at.protocol, at.address)
	switch {
	case errors.Is(err, unix.EADDRINUSE):
		return reasonPortTaken, where + " is taken by another program"
	case errors.Is(err, unix.EADDRNOTAVAIL):
		return reasonNoPortal, where + " is not an address of this machine: portals must lie in 127.0.0.0/8, or Config.Portals be host"
	case errors.Is(err, unix.EACCES):
		return reasonForbidden, where + " needs CAP_NET_BIND_SERVICE, a port from 1024, or the sysctl net.ipv4.ip_unprivileged_port_start=0"
	case errors.Is(err, unix.EMFILE), errors.Is(err, unix.ENFILE):
		return reasonExhausted, where + ": " + err.Error()
	}
	return reasonForbidden, where + ": " + err.Error()
}
