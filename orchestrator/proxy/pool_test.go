package proxy

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// A backend that is picked is not forgotten while it is removed, so that its
// connections are drained, and stay when it comes back.
func TestPickedWhileRemoved(t *testing.T) {
	a := netip.MustParseAddrPort("127.0.0.1:1")
	p := newPool("web", func(string, string) {})
	p.set([]netip.AddrPort{a}, nil, 0)
	b := p.pick(netip.Addr{}, nil, 0)
	require.True(t, p.set(nil, nil, 1), "it is leaving")
	require.EqualValues(t, 1, b.until.Load())
	p.set([]netip.AddrPort{a}, nil, 0)
	require.Zero(t, b.until.Load())
	require.Same(t, b, p.pick(netip.Addr{}, nil, 0))
	b.drop()
	b.drop()
	require.False(t, p.set(nil, nil, 2), "nobody has it")
	require.Nil(t, p.pick(netip.Addr{}, nil, 0))
}

// Whoever picks while the control changes the endpoints gets a backend that it knows.
func TestPickWhileEndpointsChange(t *testing.T) {
	addresses := []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:1"), netip.MustParseAddrPort("127.0.0.1:2")}
	p := newPool("web", func(string, string) {})
	var control sync.Mutex
	var ended atomic.Bool
	var unknown atomic.Int64
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			for !ended.Load() {
				b := p.pick(netip.Addr{}, nil, 0)
				if b == nil {
					continue
				}
				control.Lock()
				if p.all[b.address] != b {
					unknown.Add(1)
				}
				control.Unlock()
				b.drop()
			}
		})
	}
	for i := range 100_000 {
		control.Lock()
		p.set(addresses[i%3:], nil, 1)
		control.Unlock()
	}
	ended.Store(true)
	group.Wait()
	require.Zero(t, unknown.Load())
}
