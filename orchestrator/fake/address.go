package fake

import (
	"errors"
	"net/netip"
)

// Network returns the n'th network of pods: 10.0.0.0/24, 10.0.1.0/24, … Its
// 254 addresses are enough for the pods of one node. n wraps around at 65,536.
func Network(n int) netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(n >> 8), byte(n), 0}), 24)
}

// anyNetwork is that of a machine which was given none: room for 65,534 pods.
var anyNetwork = netip.MustParsePrefix("10.0.0.0/16")

var errNoAddress = errors.New("every address of the network is taken")

// addresses hands out those of one network, each anew only after all others were.
type addresses struct {
	last netip.Addr
	used map[netip.Addr]bool
}

// take returns a free address. The first of a network is never given, nor the
// last of an IPv4 one.
func (s *addresses) take(network netip.Prefix) (netip.Addr, error) {
	if !network.IsValid() {
		network = anyNetwork
	}
	network = network.Masked()
	if s.used == nil {
		s.used = map[netip.Addr]bool{}
	}
	if !network.Contains(s.last) {
		s.last = network.Addr()
	}
	for ip, wraps := s.last.Next(), 0; wraps < 2; ip = ip.Next() {
		if !network.Contains(ip) {
			ip, wraps = network.Addr(), wraps+1
			continue
		}
		if s.used[ip] || (ip.Is4() && !network.Contains(ip.Next())) {
			continue
		}
		s.last = ip
		s.used[ip] = true
		return ip, nil
	}
	return netip.Addr{}, errNoAddress
}

func (s *addresses) free(ip netip.Addr) { delete(s.used, ip) }
