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

func (*Proxy) reachable(netip.Addr) (reason, problem string) { return "", "" }

func whyNot(_ place, err error) (reason, problem string) { return reasonForbidden, err.Error() }

func openFiles() int { return 1024 }
