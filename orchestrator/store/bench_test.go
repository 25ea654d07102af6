package store_test

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

// benchPod returns pod number i: one of fifty of its application, on node
// number i modulo 5000 where bound.
func benchPod(i int, bound bool) *pod.Pod {
	app := i / 50
	p := &pod.Pod{Meta: labels.Meta{
		Namespace: "default",
		Name:      fmt.Sprintf("app-%d-%05x", app, i*7919&0xfffff),
		UID:       fmt.Sprintf("%08x-0000-4000-8000-%012x", i, i),
		Labels:    labels.Set{"app": "app-" + strconv.Itoa(app), "tier": "web", "version": "v1"},
		OwnerReferences: []labels.OwnerReference{{
			APIVersion: "v1", Kind: "ReplicationController", Name: "app-" + strconv.Itoa(app),
			UID: "owner-" + strconv.Itoa(app), Controller: true,
		}},
	}}
	if bound {
		p.Spec.NodeName = "node-" + strconv.Itoa(i%5000)
	}
	return p
}

// filled returns a store with n pods, all published.
func filled(tb testing.TB, n int, bound bool) *store.Store {
	tb.Helper()
	s, err := store.New(store.Config{})
	require.NoError(tb, err)
	for start := 0; start < n; start += 1000 {
		require.NoError(tb, s.Update(func(tx *store.Tx) error {
			for i := start; i < min(start+1000, n); i++ {
				if err := tx.Create(benchPod(i, bound)); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	s.Take()
	s.Publish()
	return s
}

func BenchmarkInsert(b *testing.B) {
	for _, batch := range []int{1, 100} {
		b.Run("per-tx="+strconv.Itoa(batch), func(b *testing.B) {
			s := filled(b, 50000, false)
			pods := make([]*pod.Pod, b.N)
			for i := range pods {
				pods[i] = benchPod(50000+i, false)
				pods[i].Name += "-" + strconv.Itoa(i)
			}
			b.ReportAllocs()
			b.ResetTimer()
			inBatches(b, s, batch, func(tx *store.Tx, i int) error { return tx.Create(pods[i]) })
		})
	}
}

// BenchmarkUpdate writes what a status report does: no index is touched.
func BenchmarkUpdate(b *testing.B) {
	for _, batch := range []int{1, 100} {
		b.Run("pods=50000/per-tx="+strconv.Itoa(batch), func(b *testing.B) {
			s := filled(b, 50000, true)
			names := shuffledNames(s)
			b.ReportAllocs()
			b.ResetTimer()
			inBatches(b, s, batch, func(tx *store.Tx, i int) error {
				p, err := tx.Pods().Get("default", names[i%len(names)])
				if err != nil {
					return err
				}
				changed := *p
				changed.Status.Phase = pod.Running
				return tx.Update(&changed)
			})
		})
	}
}

// BenchmarkBind writes what a scheduler does: every pod gets a node, or
// another one.
func BenchmarkBind(b *testing.B) {
	s := filled(b, 50000, false)
	names := shuffledNames(s)
	nodes := make([]string, 5000)
	for i := range nodes {
		nodes[i] = "node-" + strconv.Itoa(i)
	}
	b.ReportAllocs()
	b.ResetTimer()
	inBatches(b, s, 100, func(tx *store.Tx, i int) error {
		p, err := tx.Pods().Get("default", names[i%len(names)])
		if err != nil {
			return err
		}
		bound := *p
		bound.Spec.NodeName = nodes[(i+i/len(names))%len(nodes)]
		return tx.Update(&bound)
	})
}

// inBatches calls write b.N times, so many in one transaction, and publishes
// each transaction.
func inBatches(b *testing.B, s *store.Store, batch int, write func(tx *store.Tx, i int) error) {
	for i := 0; i < b.N; {
		err := s.Update(func(tx *store.Tx) error {
			for end := min(i+batch, b.N); i < end; i++ {
				if err := write(tx, i); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
		s.Take()
		s.Publish()
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
}

// shuffledNames returns the names of all pods in an order that is not theirs.
func shuffledNames(s *store.Store) []string {
	var names []string
	for p := range s.View().Pods().All(store.Filter{}) {
		names = append(names, p.Name)
	}
	out := make([]string, len(names))
	for i := range names {
		out[i] = names[i*7919%len(names)]
	}
	return out
}

func BenchmarkGet(b *testing.B) {
	s := filled(b, 50000, true)
	names := shuffledNames(s)
	for _, side := range []string{"head", "view"} {
		b.Run(side, func(b *testing.B) {
			r := s.Head()
			if side == "view" {
				r = s.View()
			}
			b.ReportAllocs()
			for i := range b.N {
				if _, err := r.Pods().Get("default", names[i%len(names)]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkList(b *testing.B) {
	s := filled(b, 100000, true)
	app, err := labels.Parse("app=app-77,tier=web")
	require.NoError(b, err)
	negative, err := labels.Parse("tier!=web")
	require.NoError(b, err)
	for _, c := range []struct {
		name   string
		filter store.Filter
		want   int
	}{
		{"node", store.Filter{Node: "node-77"}, 20},
		{"owner", store.Filter{Owner: "owner-77"}, 50},
		{"selector", store.Filter{Selector: app}, 50},
		{"scan", store.Filter{Selector: negative}, 0},
		{"all", store.Filter{}, 100000},
	} {
		for _, side := range []string{"head", "view"} {
			b.Run(c.name+"/"+side, func(b *testing.B) {
				r := s.Head()
				if side == "view" {
					r = s.View()
				}
				b.ReportAllocs()
				for b.Loop() {
					if got := len(r.Pods().List(c.filter)); got != c.want {
						b.Fatalf("%d pods, want %d", got, c.want)
					}
				}
			})
		}
	}
}

// BenchmarkWatch commits 100 updates at a time while watchers follow.
func BenchmarkWatch(b *testing.B) {
	for _, watchers := range []int{0, 1, 10, 1000} {
		b.Run("watchers="+strconv.Itoa(watchers), func(b *testing.B) {
			s := filled(b, 50000, true)
			names := shuffledNames(s)
			ctx, cancel := context.WithCancel(b.Context())
			var wg sync.WaitGroup
			for range watchers {
				w, err := s.Watch(s.View().Revision())
				require.NoError(b, err)
				wg.Go(func() {
					for {
						if _, err := w.Next(ctx); err != nil {
							return
						}
					}
				})
			}
			b.ReportAllocs()
			b.ResetTimer()
			inBatches(b, s, 100, func(tx *store.Tx, i int) error {
				p, err := tx.Pods().Get("default", names[i%len(names)])
				if err != nil {
					return err
				}
				changed := *p
				return tx.Update(&changed)
			})
			b.StopTimer()
			cancel()
			wg.Wait()
		})
	}
}
