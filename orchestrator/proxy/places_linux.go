package proxy

import (
	"errors"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

// supported says whether the proxy can work here.
func supported() error { return nil }

// hostPortals makes the interface for portals, if they are to be there.
func (p *Proxy) hostPortals() (err error) {
	if p.cfg.Portals == HostPortals {
		p.own, err = newInterface(p.cfg.Interface)
	}
	return err
}

// closePortals removes the interface for portals.
func (p *Proxy) closePortals() error {
	if p.own == nil {
		return nil
	}
	return p.own.close()
}

// survey looks which networks the machine has.
func (p *Proxy) survey() {
	if p.own == nil {
		return
	}
	if n, err := otherInterfaces(p.cfg.Interface); err == nil {
		p.others = n
	}
}

// claim makes an address one of this machine's, where portals are put on an
// interface and it is none yet. It says why that does not work.
func (p *Proxy) claim(a netip.Addr) (reason, problem string) {
	if p.own == nil || a.IsUnspecified() || p.others.has(a) {
		return "", ""
	}
	if p.cfg.Range.Contains(a) {
		if overlap := p.others.overlap(p.cfg.Range); overlap != "" {
			return reasonOverlap, overlap
		}
	}
	if err := p.own.add(a); err != nil {
		return reasonNoPortal, err.Error()
	}
	return "", ""
}

// disclaim ends one use of an address.
func (p *Proxy) disclaim(a netip.Addr) {
	if p.own != nil {
		p.own.remove(a)
	}
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
