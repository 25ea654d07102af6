package proxy_test

import (
	"flag"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"
)

var (
	rounds = flag.Int("rounds", 3, "how often BenchmarkBeside measures each way; the median counts")
	length = flag.Duration("length", 2*time.Second, "how long BenchmarkBeside measures each time")
)

// BenchmarkBeside measures the proxy beside HAProxy in TCP mode with as many
// threads, and beside no proxy at all, in turns, with the same two servers and
// the same client, each a process of its own:
//
//	go test ./orchestrator/proxy -run '^$' -bench Beside -benchtime 1x
//
// Without HAProxy (Debian's package haproxy) it is left out of the comparison.
func BenchmarkBeside(b *testing.B) {
	servers := []string{start(b, "load-server", "127.0.0.1:0"), start(b, "load-server", "127.0.0.1:0")}
	at, pid := startProcess(b, "load-proxy", append([]string{"127.248.0.1:" + freePort(b, "127.248.0.1")}, servers...)...)
	ways := []way{{"direct", servers[0], 0}, {"coracle", at, pid}}
	if at, pid, err := startHAProxy(b, runtime.NumCPU(), servers...); err == nil {
		ways = append(ways, way{"haproxy", at, pid})
	} else {
		b.Log(err)
	}
	for _, l := range []load{
		{Kind: "bulk", Streams: 1}, {Kind: "bulk", Streams: 8},
		{Kind: "connections", Streams: 32}, {Kind: "requests", Streams: 64},
	} {
		b.Run(fmt.Sprintf("%s/%d", l.Kind, l.Streams), func(b *testing.B) {
			for b.Loop() {
				beside(b, ways, l)
			}
		})
	}
}

// way is how the servers are reached, and by which process.
type way struct {
	name, address string
	pid           int
}

func beside(b *testing.B, ways []way, l load) {
	results := make(map[string][]load)
	for range *rounds {
		for _, w := range ways {
			l.Address, l.For = w.address, *length
			before := processor(b, w.pid)
			got := l.run(b)
			got.CPU = processor(b, w.pid) - before
			if got.Failed > 0 {
				b.Errorf("%s: %d failed", w.name, got.Failed)
			}
			results[w.name] = append(results[w.name], got)
		}
	}
	b.ReportMetric(0, "ns/op") // means nothing here
	for _, w := range ways {
		rate := median(results[w.name], load.perSecond)
		if l.Kind == "bulk" {
			b.ReportMetric(rate*8/1e9, w.name+"-Gbit/s")
			b.ReportMetric(median(results[w.name], load.cost)*1e9/8, w.name+"-cpu-µs/Gbit")
			continue
		}
		b.ReportMetric(median(results[w.name], load.cost), w.name+"-cpu-µs")
		b.ReportMetric(rate, w.name+"/s")
		b.ReportMetric(median(results[w.name], func(l load) float64 { return float64(l.P99.Microseconds()) }), w.name+"-p99-µs")
	}
}

// cost is the time in µs that the proxy used for one of what counts. It says
// what a proxy can do at best, also where others keep the machine busy.
func (l load) cost() float64 {
	counted := float64(l.Count) * float64(l.For+min(l.For, warmUp)) / float64(l.For)
	return float64(l.CPU.Microseconds()) / max(counted, 1)
}

func median(all []load, of func(load) float64) float64 {
	var values []float64
	for _, l := range all {
		values = append(values, of(l))
	}
	slices.Sort(values)
	return values[len(values)/2]
}
