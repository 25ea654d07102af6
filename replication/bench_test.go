package replication_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
)

func settled(n int) (*world, *replication.Controller) {
	w := &world{now: t0}
	c := controller("web", n)
	c.Spec.MinReadySeconds = 5
	w.apply(c, w.plan(c))
	for i, p := range w.pods {
		p.UID = p.Name
		w.run(p, fmt.Sprint("n", i%10), true)
	}
	return w, c
}

func TestPlanWithNothingToDoAllocatesNothing(t *testing.T) {
	w, c := settled(100)
	require.Zero(t, testing.AllocsPerRun(100, func() { w.plan(c) }))
}

func BenchmarkPlan(b *testing.B) {
	w, c := settled(1000)
	b.Run("nothing/1000", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			w.plan(c)
		}
	})
	*c.Spec.Replicas = 999
	b.Run("delete-1/1000", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			w.plan(c)
		}
	})
	*c.Spec.Replicas = 2000
	b.Run("create-1000/1000", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			w.plan(c)
		}
	})
}

// BenchmarkTally plans after one of the pods has changed.
func BenchmarkTally(b *testing.B) {
	for _, n := range []int{1000, 10000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			w, c := settled(n)
			tally := replication.NewTally(c, w.pods)
			changed := w.pods[0].Copy()
			changed.Status.Phase = pod.Failed
			b.ReportAllocs()
			for b.Loop() {
				tally.Change(w.pods[0], changed)
				if a, _ := tally.Plan(c, w.now); a.Create != 1 {
					b.Fatal("a pod is missing")
				}
				tally.Change(changed, w.pods[0])
			}
		})
	}
}

func BenchmarkRollout(b *testing.B) {
	w, from := settled(1000)
	to := controller("to", 0)
	b.ReportAllocs()
	for b.Loop() {
		replication.Rollout(from, to, w.pods, replication.Rolling{Replicas: 1000}, w.now)
	}
}
