package proxy

import (
	"context"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/service"
)

// drainRig is a proxy of one service on virtual time. Its loop does not run: the test ends
// the connections when the loop is asked to look for those whose time is over.
type drainRig struct {
	*testing.T
	p         *Proxy
	pool      *pool
	loop      *loop
	connected []*backend
}

func newDrainRig(t *testing.T, grace time.Duration) *drainRig {
	e := &engine{epoch: time.Now()}
	r := &drainRig{T: t, pool: newPool("default/web:http", func(string, string) {}), loop: &loop{e: e, waker: -1}}
	e.loops = []*loop{r.loop}
	web := &front{ports: []*port{{spec: service.Port{Name: "http", Protocol: pod.TCP}, pool: r.pool}}}
	r.p = &Proxy{
		cfg: Config{Drain: grace}.withDefaults(), engine: e,
		fronts: map[name]*front{{"default", "web"}: web}, timer: time.NewTimer(time.Hour),
	}
	ctx, end := context.WithCancel(t.Context())
	go r.p.keepTrying(ctx)
	t.Cleanup(func() { end(); synctest.Wait() })
	return r
}

// serve makes these the endpoints.
func (r *drainRig) serve(ips ...string) {
	r.Helper()
	r.p.change(name{"default", "web"}, func(f *front) {
		subset := service.Subset{Ports: []service.EndpointPort{{Name: "http", Protocol: pod.TCP, Port: 80}}}
		for _, ip := range ips {
			subset.Addresses = append(subset.Addresses, service.EndpointAddress{IP: ip})
		}
		f.endpoints = &service.Endpoints{Subsets: []service.Subset{subset}}
	})
}

// connect has a client connect to the endpoint of that address.
func (r *drainRig) connect(ip string) {
	r.Helper()
	b := r.pool.all[netip.AddrPortFrom(netip.MustParseAddr(ip), 80)]
	require.NotNil(r, b)
	b.active.Add(1)
	r.connected = append(r.connected, b)
}

// ended does what the loop was asked to do, and returns to where connections ended.
func (r *drainRig) ended() (ips []string) {
	synctest.Wait()
	r.loop.mu.Lock()
	asked := len(r.loop.jobs) > 0
	r.loop.jobs = nil
	r.loop.mu.Unlock()
	r.connected = slices.DeleteFunc(r.connected, func(b *backend) bool {
		over := asked && b.over(r.loop.e.clock())
		if over {
			b.drop()
			ips = append(ips, b.address.Addr().String())
		}
		return over
	})
	return ips
}

// pass lets some time pass, at the end of which the connections to these end, and no others.
func (r *drainRig) pass(d time.Duration, ips ...string) {
	r.Helper()
	if d > 0 {
		time.Sleep(d - 1)
		require.Empty(r, r.ended(), "a nanosecond before %s", time.Since(r.loop.e.epoch)+1)
		time.Sleep(time.Nanosecond)
	}
	require.Equal(r, ips, r.ended(), "after %s", time.Since(r.loop.e.epoch))
}

// The connections to each endpoint that was removed end when its own grace is over, and
// not a nanosecond before, whatever is removed or comes back meanwhile.
func TestDrainClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newDrainRig(t, 0) // which is 30 s
		const a, b, c, d = "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"
		r.serve(a, b, c, d)
		r.connect(a)
		r.connect(b)
		r.connect(c)
		r.pass(time.Minute)
		r.serve(b, c, d)
		r.pass(10 * time.Second)
		r.serve(c, d)
		r.pass(5 * time.Second)
		r.serve(d)
		r.pass(5 * time.Second)
		r.serve(b, d) // b is back
		r.pass(10*time.Second, a)
		r.pass(15*time.Second, c)
		r.pass(time.Hour)

		r.serve(d)
		r.pass(30*time.Second, b)
		r.connect(d)
		r.pass(time.Hour)
	})
}

// Without a grace connections end at once.
func TestNoDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newDrainRig(t, -1)
		r.serve("10.0.0.1")
		r.connect("10.0.0.1")
		r.pass(time.Minute)
		r.serve()
		r.pass(0, "10.0.0.1")
	})
}
