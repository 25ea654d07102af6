package dns

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"
)

// socket is an address that is listened on.
type socket struct {
	address netip.AddrPort
	udp     net.PacketConn
	tcp     net.Listener
}

func (s socket) close() error { return errors.Join(s.udp.Close(), s.tcp.Close()) }

// listen opens every address of the config, or none.
func listen(ctx context.Context, cfg Config) ([]socket, error) {
	var sockets []socket
	for _, a := range cfg.Listen {
		s, err := listenOn(ctx, a)
		if err != nil {
			for _, open := range sockets {
				err = errors.Join(err, open.close())
			}
			return nil, fmt.Errorf("listen on %s: %w", a, err)
		}
		s.tcp = &bounded{Listener: s.tcp, places: make(chan struct{}, cfg.Connections), done: make(chan struct{})}
		sockets = append(sockets, s)
	}
	return sockets, nil
}

// listenOn opens one address for UDP and TCP. Where any port will do, one that
// is free for UDP may be taken for TCP: then another is tried.
func listenOn(ctx context.Context, a netip.AddrPort) (socket, error) {
	var lc net.ListenConfig
	for try := 0; ; try++ {
		udp, err := lc.ListenPacket(ctx, "udp", a.String())
		if err != nil {
			return socket{}, err
		}
		s := socket{udp: udp, address: udp.LocalAddr().(*net.UDPAddr).AddrPort()}
		s.address = netip.AddrPortFrom(s.address.Addr().Unmap(), s.address.Port())
		if s.tcp, err = lc.Listen(ctx, "tcp", s.address.String()); err == nil {
			return s, nil
		}
		err = errors.Join(err, udp.Close())
		if a.Port() != 0 || try >= 16 || !errors.Is(err, syscall.EADDRINUSE) {
			return socket{}, err
		}
	}
}

// bounded is a listener with room for some connections. It accepts another when one has ended.
type bounded struct {
	net.Listener
	places chan struct{}
	done   chan struct{}
	once   sync.Once
}

func (l *bounded) Accept() (net.Conn, error) {
	select {
	case l.places <- struct{}{}:
	case <-l.done:
		return nil, net.ErrClosed
	}
	conn, err := l.Listener.Accept()
	if err != nil {
		<-l.places
		return nil, err
	}
	return &guest{Conn: conn, leave: sync.OnceFunc(func() { <-l.places })}, nil
}

func (l *bounded) Close() error {
	l.once.Do(func() { close(l.done) })
	return l.Listener.Close()
}

// guest is a connection that gives its place back.
type guest struct {
	net.Conn
	leave func()
}

func (c *guest) Close() error {
	defer c.leave()
	return c.Conn.Close()
}
