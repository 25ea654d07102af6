package proxy_test

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/proxy"
	"github.com/coracle-dev/coracle/service"
)

// heap returns the bytes in use after a collection.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// many returns a service and its ten endpoints, of which round says the last one.
func many(i, round int) (*service.Service, *service.Endpoints) {
	meta := labels.Meta{Name: fmt.Sprintf("s%d", i)}
	e := &service.Endpoints{Meta: meta, Subsets: []service.Subset{{Ports: []service.EndpointPort{{Port: 8080}}}}}
	for j := range 10 {
		last := byte(j + 1)
		if j == 9 {
			last += byte(round % 2)
		}
		e.Subsets[0].Addresses = append(e.Subsets[0].Addresses, service.EndpointAddress{
			IP: netip.AddrFrom4([4]byte{10, byte(i >> 8), byte(i), last}).String(),
		})
	}
	return &service.Service{Meta: meta, Spec: service.Spec{Ports: []service.Port{{Port: 8000}}}}, e
}

// BenchmarkScale has 10,000 services listen, with ten endpoints each, and
// measures how long the change of one endpoint takes from the client's call to
// the proxy, and what a service costs the proxy:
//
//	go test ./orchestrator/proxy -run '^$' -bench Scale -benchtime 2000x
func BenchmarkScale(b *testing.B) {
	const services = 10_000
	r := newRig(b, proxy.Config{})
	ctx := context.Background()
	for i := 0; i < services; i += 500 {
		var objects []labels.Object
		for j := range 500 {
			s, e := many(i+j, 0)
			objects = append(objects, s, e)
		}
		_, err := r.client.Apply(ctx, objects...)
		require.NoError(b, err)
	}
	name := func(i int) string { return fmt.Sprintf("s%d", i) }
	r.until(func() bool {
		last := r.proxy.Service("default", name(services-1))
		return len(last) > 0 && len(last[0].Listening) == 1 && len(last[0].Endpoints) == 10
	}, "all listen")
	var took []time.Duration
	for i := 0; b.Loop(); i++ {
		at := i * 7919 % services
		_, e := many(at, 1)
		want := netip.MustParseAddrPort(e.Subsets[0].Addresses[9].IP + ":8080")
		began := time.Now()
		_, err := r.client.Endpoints().Apply(ctx, e)
		require.NoError(b, err)
		for !slices.ContainsFunc(r.proxy.Service("default", name(at))[0].Endpoints, func(e proxy.Endpoint) bool { return e.Address == want }) {
			runtime.Gosched()
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
	with := heap()
	before := len(r.proxy.Status())
	for i := range services { // the orchestrator's own share is in both figures but for the objects
		r.client.Services().Delete(ctx, "", name(i), orchestrator.DeleteOptions{})
	}
	r.until(func() bool { return len(r.proxy.Status()) == 0 }, "all are gone")
	b.ReportMetric(float64(with-heap())/float64(before), "B/service")
}

// BenchmarkIdle holds idle connections, and says what one costs the proxy beside
// the kernel's own buffers. Clients and endpoints are other processes. Each takes
// two descriptors here: root gets as many as it takes, others what they may have.
//
//	go test ./orchestrator/proxy -run '^$' -bench Idle -benchtime 1x
func BenchmarkIdle(b *testing.B) {
	var files syscall.Rlimit
	require.NoError(b, syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files))
	more := syscall.Rlimit{Cur: max(files.Cur, 20_500), Max: max(files.Max, 20_500)}
	if syscall.Setrlimit(syscall.RLIMIT_NOFILE, &more) == nil {
		files = more
	}
	limit := min(10_000, int(files.Cur-100)/2)
	for b.Loop() {
		r := newRig(b, proxy.Config{Connections: limit})
		at := r.serve(&service.Service{}, start(b, "load-server", "127.0.0.1:0"))
		before := heap()
		begin := resident(b)
		hold(b, at, limit)
		r.until(func() bool { return r.status("web").Active == limit }, "all are there")
		b.ReportMetric(float64(heap()-before)/float64(limit), "heap-B/conn")
		b.ReportMetric(float64(resident(b)-begin)/float64(limit), "resident-B/conn")
		b.ReportMetric(float64(limit), "conns")
	}
}

// hold has another process hold idle connections until the benchmark ends.
func hold(b *testing.B, address string, n int) {
	require.Equal(b, "held", start(b, "load-holder", address, fmt.Sprint(n)))
}

// loadHolder opens connections and keeps them.
func loadHolder(args []string) error {
	var n int
	fmt.Sscan(args[1], &n)
	all := make([]net.Conn, n)
	for i := range all {
		var err error
		if all[i], err = net.Dial("tcp", args[0]); err != nil {
			return err
		}
	}
	fmt.Println("held")
	select {}
}

// resident returns the bytes of memory that this process has.
func resident(b *testing.B) int64 {
	text, err := os.ReadFile("/proc/self/statm")
	require.NoError(b, err)
	var size, pages int64
	fmt.Sscan(string(text), &size, &pages)
	return pages * int64(os.Getpagesize())
}
