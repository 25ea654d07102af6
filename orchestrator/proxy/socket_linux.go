package proxy

import (
	"encoding/binary"
	"net/netip"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The calls of the loops. They never block, so they go past Go's scheduler: a
// call that lasts a microsecond is not worth telling it. All sockets are
// non-blocking and closed on exec.

// again is what a call returns that would have had to wait.
const again = unix.EAGAIN

// receive reads from a socket. 0 bytes without an error: the other side has ended.
func receive(fd int, b []byte) (int, unix.Errno) {
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), 0, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), 0
}

// send writes to a socket as much as it takes now.
func send(fd int, b []byte) (int, unix.Errno) {
	n, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), unix.MSG_NOSIGNAL, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), 0
}

// splice moves bytes from one descriptor to another, one of which is a pipe,
// without bringing them here.
func splice(from, to, limit int) (int, unix.Errno) {
	n, _, errno := unix.RawSyscall6(unix.SYS_SPLICE, uintptr(from), 0, uintptr(to), 0, uintptr(limit), unix.SPLICE_F_NONBLOCK|unix.SPLICE_F_MOVE)
	if errno != 0 {
		return 0, errno
	}
	return int(n), 0
}

// accept takes the next connection of a listener; its address is in from.
func accept(fd int, from *unix.RawSockaddrAny) (int, unix.Errno) {
	size := uint32(unix.SizeofSockaddrAny)
	n, _, errno := unix.RawSyscall6(unix.SYS_ACCEPT4, uintptr(fd), uintptr(unsafe.Pointer(from)), uintptr(unsafe.Pointer(&size)),
		unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0, 0)
	return int(n), errno
}

// connect begins to connect a socket. EINPROGRESS is what it mostly returns.
func connect(fd int, to *socketAddress) unix.Errno {
	_, _, errno := unix.RawSyscall(unix.SYS_CONNECT, uintptr(fd), uintptr(unsafe.Pointer(&to.raw)), uintptr(to.size))
	return errno
}

// set gives an option of a socket a number.
func set(fd, level, option, value int) unix.Errno {
	v := int32(value)
	_, _, errno := unix.RawSyscall6(unix.SYS_SETSOCKOPT, uintptr(fd), uintptr(level), uintptr(option), uintptr(unsafe.Pointer(&v)), 4, 0)
	return errno
}

// failure returns why a socket failed, and forgets it.
func failure(fd int) unix.Errno {
	var v int32
	size := uint32(4)
	_, _, errno := unix.RawSyscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, unix.SO_ERROR,
		uintptr(unsafe.Pointer(&v)), uintptr(unsafe.Pointer(&size)), 0)
	if errno != 0 {
		return errno
	}
	return unix.Errno(v)
}

func shutdown(fd int) { unix.RawSyscall(unix.SYS_SHUTDOWN, uintptr(fd), unix.SHUT_WR, 0) }

func closeFD(fd int) { unix.RawSyscall(unix.SYS_CLOSE, uintptr(fd), 0, 0) }

// abort closes a connection so that the other side sees it break.
func abort(fd int) {
	now := unix.Linger{Onoff: 1}
	unix.RawSyscall6(unix.SYS_SETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, unix.SO_LINGER, uintptr(unsafe.Pointer(&now)), unsafe.Sizeof(now), 0)
	closeFD(fd)
}

// epollWait fills in what happened, and waits for it at most so many
// milliseconds; -1: for ever. It is the one call that Go's scheduler is told of.
func epollWait(ep int, events []unix.EpollEvent, wait int) int {
	n, _, errno := unix.Syscall6(unix.SYS_EPOLL_WAIT, uintptr(ep), uintptr(unsafe.Pointer(&events[0])), uintptr(len(events)), uintptr(wait), 0, 0)
	if errno != 0 { // EINTR
		return 0
	}
	return int(n)
}

// socket makes a socket for an address of that family.
func socket(address netip.Addr, kind int) (int, unix.Errno) {
	family := unix.AF_INET
	if address.Is6() {
		family = unix.AF_INET6
	}
	fd, _, errno := unix.RawSyscall(unix.SYS_SOCKET, uintptr(family), uintptr(kind|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC), 0)
	return int(fd), errno
}

// socketAddress is an address as the kernel takes it.
type socketAddress struct {
	raw  unix.RawSockaddrInet6 // or Inet4, which is shorter
	size uint32
}

func toSocketAddress(a netip.AddrPort) socketAddress {
	var s socketAddress
	var port [2]byte
	binary.BigEndian.PutUint16(port[:], a.Port())
	if a.Addr().Is4() {
		raw := (*unix.RawSockaddrInet4)(unsafe.Pointer(&s.raw))
		raw.Family = unix.AF_INET
		raw.Port = binary.NativeEndian.Uint16(port[:])
		raw.Addr = a.Addr().As4()
		s.size = unix.SizeofSockaddrInet4
		return s
	}
	s.raw.Family = unix.AF_INET6
	s.raw.Port = binary.NativeEndian.Uint16(port[:])
	s.raw.Addr = a.Addr().As16()
	s.size = unix.SizeofSockaddrInet6
	return s
}

// addressOf returns what the kernel wrote; an IPv4 address in IPv6 is IPv4.
func addressOf(raw *unix.RawSockaddrAny) netip.AddrPort {
	var port [2]byte
	if raw.Addr.Family == unix.AF_INET {
		in := (*unix.RawSockaddrInet4)(unsafe.Pointer(raw))
		binary.NativeEndian.PutUint16(port[:], in.Port)
		return netip.AddrPortFrom(netip.AddrFrom4(in.Addr), binary.BigEndian.Uint16(port[:]))
	}
	in := (*unix.RawSockaddrInet6)(unsafe.Pointer(raw))
	binary.NativeEndian.PutUint16(port[:], in.Port)
	return netip.AddrPortFrom(netip.AddrFrom16(in.Addr).Unmap(), binary.BigEndian.Uint16(port[:]))
}

// listen opens a socket on an address that others can connect or send to.
func listen(address netip.AddrPort, kind int) (int, error) {
	fd, errno := socket(address.Addr(), kind)
	if errno != 0 {
		return 0, os.NewSyscallError("socket", errno)
	}
	if err := listenOn(fd, address, kind); err != nil {
		closeFD(fd)
		return 0, err
	}
	return fd, nil
}

// listenOn makes a socket one that listens.
func listenOn(fd int, address netip.AddrPort, kind int) error {
	for _, o := range listenOptions(address.Addr(), kind) {
		if errno := set(fd, o[0], o[1], o[2]); errno != 0 {
			return os.NewSyscallError("setsockopt", errno)
		}
	}
	to := toSocketAddress(address)
	if _, _, errno := unix.RawSyscall(unix.SYS_BIND, uintptr(fd), uintptr(unsafe.Pointer(&to.raw)), uintptr(to.size)); errno != 0 {
		return os.NewSyscallError("bind", errno)
	}
	if kind == unix.SOCK_STREAM {
		return os.NewSyscallError("listen", unix.Listen(fd, backlog))
	}
	return nil
}

// listenOptions returns level, option and value of what is set before a socket listens.
func listenOptions(address netip.Addr, kind int) (options [][3]int) {
	if address.Is6() {
		options = append(options, [3]int{unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1})
	}
	switch {
	case kind == unix.SOCK_STREAM: // what is accepted inherits all but the first
		options = append(options, [3]int{unix.SOL_SOCKET, unix.SO_REUSEADDR, 1}, noDelay)
		options = append(options, keepAlive...)
	case !address.IsUnspecified():
	case address.Is6(): // to answer from the address that was asked
		options = append(options, [3]int{unix.IPPROTO_IPV6, unix.IPV6_RECVPKTINFO, 1})
	default:
		options = append(options, [3]int{unix.IPPROTO_IP, unix.IP_PKTINFO, 1})
	}
	return options
}

// Options of connections: what is written goes out at once, and a peer that is
// silent for a minute is asked whether it is still there. Nine questions ten
// seconds apart without an answer end the connection.
var (
	noDelay   = [3]int{unix.IPPROTO_TCP, unix.TCP_NODELAY, 1}
	keepAlive = [][3]int{
		{unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1},
		{unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, 60},
		{unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, 10},
	}
)

// backlog is how many connections may wait to be accepted; the kernel makes it
// net.core.somaxconn at most.
const backlog = 4096

// openFiles returns how many connections the limit of open files allows: two
// descriptors each, with some kept for everything else.
func openFiles() int {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return 1024
	}
	return max(16, int(min(limit.Cur, 1<<24))*3/8)
}
