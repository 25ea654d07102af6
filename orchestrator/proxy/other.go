//go:build !linux

package proxy

import (
	"errors"
	"net/netip"

	"github.com/coracle-dev/coracle/pod"
)

// supported says that the proxy can not work here.
func supported() error { return errors.New("make proxy: it needs Linux") }

// engine needs Linux.
type engine struct{}

func newEngine(Config) (*engine, error) { return nil, supported() }

func (*engine) clock() int64 { return 0 }
func (*engine) run()         {}
func (*engine) stop()        {}
func (*engine) close()       {}
func (*engine) drain()       {}

func (*engine) listen(netip.AddrPort, pod.Protocol, *pool) (func() <-chan struct{}, error) {
	return nil, supported()
}

// ownInterface and neighbours need Linux.
type (
	ownInterface struct{}
	neighbours   struct{}
)

func (*Proxy) hostPortals() error                        { return supported() }
func (*Proxy) closePortals() error                       { return nil }
func (*Proxy) survey()                                   {}
func (*Proxy) claim(netip.Addr) (reason, problem string) { return "", "" }
func (*Proxy) disclaim(netip.Addr)                       {}

func whyNot(_ place, err error) (reason, problem string) { return reasonForbidden, err.Error() }

func openFiles() int { return 1024 }
