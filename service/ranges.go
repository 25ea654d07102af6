package service

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Ranges are what addresses and node ports of services are taken from.
type Ranges struct {
	CIDR  netip.Prefix // of cluster IPs: see ParseCIDR
	Ports PortRange    // of node ports: see ParsePortRange
}

// PortRange is a range of ports, both ends included.
type PortRange struct {
	First, Last int
}

// How many bits of an address may differ within a range: more would be more
// than anybody needs, and each takes a bit of memory.
const minHostBits, maxHostBits = 2, 20

// ParseCIDR reads the range that cluster IPs are taken from, such as
// 10.96.0.0/12 or fd00:1::/112. It has 4 to 1,048,576 addresses. Bits beyond its
// length must be zero, so that nobody means another range than is taken.
func ParseCIDR(text string) (netip.Prefix, error) {
	cidr, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("parse range of addresses %q: must be like 10.96.0.0/12 or fd00:1::/112", text)
	}
	if err := checkCIDR(cidr); err != nil {
		return netip.Prefix{}, fmt.Errorf("parse range of addresses %q: %w", text, err)
	}
	return cidr, nil
}

// checkCIDR returns what is wrong with a range of addresses, or nil.
func checkCIDR(cidr netip.Prefix) error {
	bits := cidr.Addr().BitLen()
	switch first := cidr.Masked().Addr(); {
	case !cidr.IsValid():
		return fmt.Errorf("must be given")
	case cidr.Addr().Is4In6():
		return fmt.Errorf("must be written as one of IPv4")
	case first != cidr.Addr():
		return fmt.Errorf("must begin at its first address: %s", cidr.Masked())
	case first.IsUnspecified() || first.IsMulticast():
		return fmt.Errorf("must be of addresses that one machine may have")
	case bits-cidr.Bits() < minHostBits || bits-cidr.Bits() > maxHostBits:
		return fmt.Errorf("must have 4 to 1048576 addresses: /%d to /%d", bits-maxHostBits, bits-minHostBits)
	}
	return nil
}

// ParsePortRange reads the range that node ports are taken from, such as
// 30000-32767, or a single port.
func ParsePortRange(text string) (PortRange, error) {
	from, to, several := strings.Cut(text, "-")
	if !several {
		to = from
	}
	first, err := strconv.ParseUint(from, 10, 16)
	if err != nil {
		return PortRange{}, fmt.Errorf("parse range of ports %q: must be like 30000-32767", text)
	}
	last, err := strconv.ParseUint(to, 10, 16)
	if err != nil {
		return PortRange{}, fmt.Errorf("parse range of ports %q: must be like 30000-32767", text)
	}
	r := PortRange{First: int(first), Last: int(last)}
	if err := r.check(); err != nil {
		return PortRange{}, fmt.Errorf("parse range of ports %q: %w", text, err)
	}
	return r, nil
}

// check returns what is wrong with a range of ports, or nil.
func (r PortRange) check() error {
	switch {
	case r.First < 1 || r.Last > 65535:
		return fmt.Errorf("must be within 1-65535")
	case r.First > r.Last:
		return fmt.Errorf("must not end before it begins")
	}
	return nil
}

// Contains reports whether a port is in the range.
func (r PortRange) Contains(port int) bool { return r.First <= port && port <= r.Last }

// String returns the range as ParsePortRange reads it.
func (r PortRange) String() string {
	if r.First == r.Last {
		return strconv.Itoa(r.First)
	}
	return strconv.Itoa(r.First) + "-" + strconv.Itoa(r.Last)
}
