package proxy_test

import (
	"flag"
	"fmt"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/proxy"
	"github.com/coracle-dev/coracle/service"
)

var soak = flag.Duration("soak", 3*time.Second, "how long TestSoak takes")

// Under churn of everything nothing is left over: goroutines, descriptors and
// memory are in the end what they were after the first tenth. No connection
// breaks but those that outlast the grace of an endpoint that was removed: where
// the machine is busy with other things, some take that long.
//
//	go test ./orchestrator/proxy -run Soak -soak 10m -timeout 15m
func TestSoak(t *testing.T) {
	r := newRigOf(t, proxy.Config{Drain: 50 * time.Millisecond, Session: 50 * time.Millisecond},
		orchestrator.Config{History: 256, Events: 256}) // full soon: they are no leak
	backends := []string{backend(t, "a"), backend(t, "b"), backend(t, "c")}
	at := r.serve(&service.Service{}, backends...)
	udp := udpService()
	udp.Name = "dns"
	udpAt := r.serve(udp, echoUDP(t, "u"))
	free := portal() // of a service that comes and goes
	var first, last usage
	var broken, done atomic.Int64
	breaks := func(began time.Time, err error) {
		if broken.Add(1) <= 10 {
			t.Logf("broke after %v: %v", time.Since(began), err)
		}
	}
	end := time.Now().Add(*soak)
	const least = 20 // rounds, on however slow a machine
	for round := 0; round < least || time.Now().Before(end); round++ {
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				for range 5 {
					began := time.Now()
					c, err := net.Dial("tcp", at)
					if err != nil {
						breaks(began, err)
						continue
					}
					c.SetDeadline(time.Now().Add(patience))
					if _, err := fmt.Fscanln(c, new(string)); err != nil {
						breaks(began, err)
					}
					done.Add(1)
					c.Close()
				}
				if c, err := net.Dial("udp", udpAt); err == nil {
					fmt.Fprint(c, "x")
					c.Close()
				}
			})
		}
		keep := round % len(backends)
		r.endpoints("web", backends[keep], backends[(keep+1)%len(backends)])
		other := &service.Service{Meta: labels.Meta{Name: fmt.Sprintf("other-%d", round)}, Spec: service.Spec{ClusterIP: free}}
		r.serve(other, backends[0])
		require.NoError(t, r.client.Services().Delete(t.Context(), "", other.Name, orchestrator.DeleteOptions{}))
		group.Wait()
		if first == (usage{}) && round >= least/4 && time.Until(end) < *soak*9/10 {
			r.quiet()
			first = measure(t)
		}
	}
	r.quiet()
	r.until(func() bool {
		last = measure(t)
		return last.goroutines <= first.goroutines+2 && last.files <= first.files+2
	}, "nothing is left over")
	t.Logf("%d connections; after a tenth: %+v, in the end: %+v", done.Load(), first, last)
	require.LessOrEqual(t, broken.Load(), int64(r.status("web").Drained), "broken connections, and those that outlasted the grace")
	require.Less(t, last.heap, first.heap+8<<20)
}

// quiet waits until nothing goes through the proxy.
func (r *rig) quiet() {
	r.until(func() bool {
		for _, s := range r.proxy.Status() {
			if s.Active > 0 {
				return false
			}
		}
		return true
	}, "all connections and sessions have ended")
}

// usage is what may leak.
type usage struct {
	goroutines, files int
	heap              uint64
}

func measure(t *testing.T) usage {
	files, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	n := 0
	for _, f := range files {
		if to, err := os.Readlink("/proc/self/fd/" + f.Name()); err == nil && !strings.HasPrefix(to, "pipe:") {
			n++ // pipes are kept for the next who needs one, up to a bound
		}
	}
	return usage{runtime.NumGoroutine(), n, heap()}
}
