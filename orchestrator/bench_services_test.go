package orchestrator_test

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/service"
)

// manyServices returns an engine with services of ten ready pods each.
func manyServices(b *testing.B, services int) (*orchestrator.Engine, time.Time) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	e, err := orchestrator.NewEngine(orchestrator.Config{Seed: 1}, now)
	require.NoError(b, err)
	write := func(verb orchestrator.Verb, objects ...labels.Object) {
		w := &orchestrator.Write{}
		for _, o := range objects {
			w.Operations = append(w.Operations, orchestrator.Operation{Verb: verb, Object: o})
		}
		e.Apply(now, w)
		require.NoError(b, w.Err)
	}
	for i := range services {
		app := fmt.Sprint("app-", i)
		s := serviceOf(app)
		objects := []labels.Object{s}
		var ready []labels.Object
		for j := range 10 {
			p := policyPod(pod.RestartAlways, 1)
			p.Name, p.Labels = fmt.Sprintf("%s-%d", app, j), labels.Set{"app": app}
			objects = append(objects, p)
			up := p.Copy()
			up.Status = pod.Status{Phase: pod.Running, PodIP: fmt.Sprintf("10.%d.%d.%d", i>>12, i>>4&255, 16*(i&15)+j)}
			up.Status.SetCondition(pod.Condition{Type: pod.Ready, Status: pod.True}, now)
			ready = append(ready, up)
		}
		write(orchestrator.Create, objects...)
		write(orchestrator.UpdateStatus, ready...)
	}
	e.Step(now)
	e.Store().Publish()
	return e, now
}

// BenchmarkServices changes one pod, so that the endpoints of its service change:
// what that takes must not depend on how many services there are. It also reports
// the memory of a service with ten endpoints and their pods.
func BenchmarkServices(b *testing.B) {
	for _, services := range []int{100, 10_000} {
		b.Run(fmt.Sprintf("services=%d/endpoints=%d", services, 10*services), func(b *testing.B) {
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			e, now := manyServices(b, services)
			runtime.GC()
			runtime.ReadMemStats(&after)
			took := make([]time.Duration, 0, 1<<16)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				p, err := e.Store().Head().Pods().Get("default", fmt.Sprintf("app-%d-%d", i*7919%services, i%10))
				require.NoError(b, err)
				p = p.Copy()
				ready := pod.False
				if !p.Status.Is(pod.Ready) {
					ready = pod.True
				}
				p.Status.SetCondition(pod.Condition{Type: pod.Ready, Status: ready}, now)
				w := &orchestrator.Write{Operations: []orchestrator.Operation{{Verb: orchestrator.UpdateStatus, Object: p}}}
				begun := time.Now()
				e.Apply(now, w)
				r := e.Step(now)
				e.Store().Publish()
				if took = append(took, time.Since(begun)); len(r.Changes) != 2 || w.Err != nil {
					b.Fatalf("%d changes, error %v: want those of the pod and its endpoints", len(r.Changes), w.Err)
				}
				if _, ok := r.Changes[1].New.(*service.Endpoints); !ok {
					b.Fatalf("the second change is one of %T", r.Changes[1].New)
				}
			}
			b.ReportMetric(float64(percentile(took, 50).Nanoseconds()), "p50-ns")
			b.ReportMetric(float64(percentile(took, 99).Nanoseconds()), "p99-ns")
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(services), "B/service")
			runtime.KeepAlive(e)
		})
	}
}

// percentile returns the duration that a share of all does not exceed.
func percentile(all []time.Duration, percent int) time.Duration {
	slices.Sort(all)
	return all[(len(all)-1)*percent/100]
}
