package proxy

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// ownInterface is a network interface that has nothing but portals. It is a
// dummy; where the kernel has none, a bridge without ports does the same.
//
// It is known by its alias, so that nobody else's is ever removed, and locked
// as long as its proxy lives, so that a second one does not take it for a leftover.
type ownInterface struct {
	link netlink.Link
	lock int
	uses map[netip.Addr]int // of each address
}

const ownAlias = "portals of coracle"

// newInterface makes the interface, in place of one that was left behind.
func newInterface(name string) (i *ownInterface, err error) {
	fail := func(what string, err error) error {
		if errors.Is(err, unix.EPERM) {
			err = fmt.Errorf("%w: host portals need CAP_NET_ADMIN", err)
		}
		return fmt.Errorf("%s interface %q: %w", what, name, err)
	}
	lock, err := lockInterface(name)
	if err != nil {
		return nil, fail("lock", err)
	}
	defer func() {
		if err != nil {
			closeFD(lock)
		}
	}()
	if old, err := netlink.LinkByName(name); err == nil {
		if old.Attrs().Alias != ownAlias {
			return nil, fail("replace", errors.New("it is not the proxy's: choose another name"))
		}
		if err := netlink.LinkDel(old); err != nil {
			return nil, fail("remove", err)
		}
	}
	attributes := netlink.NewLinkAttrs()
	attributes.Name = name
	var link netlink.Link = &netlink.Dummy{LinkAttrs: attributes}
	if err := netlink.LinkAdd(link); errors.Is(err, unix.EOPNOTSUPP) {
		link = &netlink.Bridge{LinkAttrs: attributes}
		if err := netlink.LinkAdd(link); err != nil {
			return nil, fail("make", err)
		}
	} else if err != nil {
		return nil, fail("make", err)
	}
	if err := errors.Join(netlink.LinkSetAlias(link, ownAlias), netlink.LinkSetUp(link)); err != nil {
		netlink.LinkDel(link)
		return nil, fail("make", err)
	}
	return &ownInterface{link: link, lock: lock, uses: make(map[netip.Addr]int)}, nil
}

// lockInterface takes a name that the kernel frees when this process ends, however it does.
func lockInterface(name string) (int, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	if err := unix.Bind(fd, &unix.SockaddrUnix{Name: "@coracle/proxy/" + name}); err != nil {
		closeFD(fd)
		if errors.Is(err, unix.EADDRINUSE) {
			err = errors.New("another proxy has it: give each its own Config.Interface")
		}
		return 0, err
	}
	return fd, nil
}

// add puts an address on the interface, for one more use.
func (i *ownInterface) add(a netip.Addr) error {
	if i.uses[a] == 0 {
		if err := netlink.AddrAdd(i.link, hostAddress(a)); err != nil && !errors.Is(err, unix.EEXIST) {
			return fmt.Errorf("add address %s to interface %q: %w", a, i.link.Attrs().Name, err)
		}
	}
	i.uses[a]++
	return nil
}

// remove ends one use of an address.
func (i *ownInterface) remove(a netip.Addr) {
	if i.uses[a] == 0 {
		return // it was never put there
	}
	if i.uses[a]--; i.uses[a] == 0 {
		delete(i.uses, a)
		netlink.AddrDel(i.link, hostAddress(a))
	}
}

// close removes the interface with all that is on it.
func (i *ownInterface) close() error {
	defer closeFD(i.lock)
	if err := netlink.LinkDel(i.link); err != nil {
		return fmt.Errorf("remove interface %q: %w", i.link.Attrs().Name, err)
	}
	return nil
}

// hostAddress is an address alone, without a network around it.
func hostAddress(a netip.Addr) *netlink.Addr {
	address := &netlink.Addr{IPNet: &net.IPNet{IP: a.AsSlice(), Mask: net.CIDRMask(a.BitLen(), a.BitLen())}}
	if a.Is6() {
		address.Flags = unix.IFA_F_NODAD // it can be listened on at once
	}
	return address
}

// neighbours are the networks of the machine's other interfaces.
type neighbours struct {
	networks []neighbour
}

type neighbour struct {
	name    string
	network netip.Prefix // with the machine's own address
}

// otherInterfaces lists what the machine has beside the proxy's own interface.
func otherInterfaces(own string) (neighbours, error) {
	var n neighbours
	interfaces, err := net.Interfaces()
	if err != nil {
		return n, fmt.Errorf("list interfaces: %w", err)
	}
	for _, i := range interfaces {
		addresses, err := i.Addrs()
		if i.Name == own || err != nil {
			continue
		}
		for _, a := range addresses {
			text, _, _ := strings.Cut(a.String(), "%")
			if p, err := netip.ParsePrefix(text); err == nil {
				n.networks = append(n.networks, neighbour{i.Name, p})
			}
		}
	}
	return n, nil
}

// has says whether an address is the machine's already.
func (n neighbours) has(a netip.Addr) bool {
	return slices.ContainsFunc(n.networks, func(other neighbour) bool {
		return other.network.Addr() == a || a.IsLoopback()
	})
}

// overlap says which network a range of portals lies in, or has in it; "" if there is none.
func (n neighbours) overlap(portals netip.Prefix) string {
	for _, other := range n.networks {
		if portals.IsValid() && other.network.Overlaps(portals) {
			return fmt.Sprintf("the range of portals %s overlaps the network %s of interface %s", portals, other.network.Masked(), other.name)
		}
	}
	return ""
}
