package bolt_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/journal/bolt"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

// BenchmarkRestart starts a program that finds 100,000 running pods on 1,000
// nodes in its journal: how long it takes until the file is open, until all is
// loaded, and until the first Step has decided, and what memory the program then holds.
//
//	go test ./orchestrator/journal/bolt -run - -bench Restart -benchtime 3x
func BenchmarkRestart(b *testing.B) {
	const pods, nodes = 100_000, 1000
	path := filepath.Join(b.TempDir(), "state.db")
	fillCluster(b, path, pods, nodes)
	info, err := os.Stat(path)
	require.NoError(b, err)
	var opened, loaded, stepped time.Duration
	var held uint64
	b.ResetTimer()
	for range b.N {
		began := time.Now()
		journal, err := bolt.Open(path)
		require.NoError(b, err)
		opened += time.Since(began)
		objects, revision, err := journal.Load(b.Context())
		require.NoError(b, err)
		loaded += time.Since(began)
		engine, err := orchestrator.RestoreEngine(orchestrator.Config{}, objects, revision, time.Now())
		require.NoError(b, err)
		engine.Step(time.Now())
		stepped += time.Since(began)

		b.StopTimer()
		objects = nil
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		held = max(held, m.HeapAlloc)
		require.Equal(b, pods, engine.Store().Head().Pods().Len())
		require.NoError(b, journal.Close())
		b.StartTimer()
	}
	n := float64(b.N)
	b.ReportMetric(opened.Seconds()*1000/n, "ms-to-open")
	b.ReportMetric(loaded.Seconds()*1000/n, "ms-to-load")
	b.ReportMetric(stepped.Seconds()*1000/n, "ms-to-step")
	b.ReportMetric(float64(held)/(1<<20), "MiB-held")
	b.ReportMetric(float64(info.Size())/(1<<20), "MiB-file")
}

// fillCluster writes running pods, spread over nodes.
func fillCluster(b *testing.B, path string, pods, nodes int) {
	journal, err := bolt.Open(path)
	require.NoError(b, err)
	revision := uint64(0)
	var changes []store.Change
	add := func(o labels.Object) {
		revision++
		m := o.Identity()
		m.UID, m.ResourceVersion, m.Generation = fmt.Sprintf("00000000-0000-4000-8000-%012x", revision), revision, 1
		m.CreationTimestamp = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		changes = append(changes, store.Change{Revision: revision, Kind: store.KindOf(o), New: o})
		if len(changes) == 5000 {
			require.NoError(b, journal.Append(b.Context(), changes))
			changes = nil
		}
	}
	add(&labels.Namespace{Meta: labels.Meta{Name: labels.DefaultNamespace}, Status: labels.NamespaceStatus{Phase: labels.NamespaceActive}})
	for i := range nodes {
		n := &node.Node{Meta: labels.Meta{Name: fmt.Sprintf("node-%04d", i)}}
		n.Default()
		n.Status.Phase = node.Running
		add(n)
	}
	for i := range pods {
		p := benchPod(i)
		p.Default()
		p.Spec.NodeName, p.Spec.NodeSelector = fmt.Sprintf("node-%04d", i%nodes), nil
		started := time.Date(2026, 1, 2, 3, 5, 0, 0, time.UTC)
		p.Status = pod.Status{
			Phase: pod.Running, PodIP: fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255), StartTime: started,
			Conditions: []pod.Condition{
				{Type: pod.PodScheduled, Status: pod.True, LastTransitionTime: started},
				{Type: pod.Ready, Status: pod.True, LastTransitionTime: started},
			},
			ContainerStatuses: []pod.ContainerStatus{{
				Name: "main", Image: p.Spec.Containers[0].Image, Ready: true,
				State: pod.ContainerState{Running: &pod.Started{StartedAt: started}},
			}},
		}
		add(p)
	}
	if len(changes) > 0 {
		require.NoError(b, journal.Append(b.Context(), changes))
	}
	require.NoError(b, journal.Close())
}

// BenchmarkChurn updates 1,000 pods a million times, through an orchestrator,
// a hundred in each write, and tells how large the file is at the most.
//
//	go test ./orchestrator/journal/bolt -run - -bench Churn -benchtime 1x
func BenchmarkChurn(b *testing.B) {
	const objects, updates, perWrite = 1000, 1_000_000, 100
	for range b.N {
		path := filepath.Join(b.TempDir(), "state.db")
		journal, err := bolt.Open(path)
		require.NoError(b, err)
		o, err := orchestrator.New(orchestrator.Config{Dial: new(fake.Machines).Dial, Journal: journal})
		require.NoError(b, err)
		pods := make([]labels.Object, objects)
		for i := range pods {
			pods[i] = benchPod(i)
		}
		_, err = o.Client().Apply(b.Context(), pods...)
		require.NoError(b, err)
		first, largest := size(b, path), int64(0)
		for n := 0; n < updates; n += perWrite {
			var write []orchestrator.Operation
			for i := range perWrite {
				p := pods[(n+i)*7919%objects].(*pod.Pod)
				p.Annotations["example.com/written"] = fmt.Sprint(n + i)
				write = append(write, orchestrator.Operation{Verb: orchestrator.Update, Object: p})
			}
			_, err := o.Client().Do(b.Context(), write...)
			require.NoError(b, err)
			largest = max(largest, size(b, path))
		}
		require.NoError(b, journal.Close())
		b.ReportMetric(float64(first)/1024, "KiB-at-first")
		b.ReportMetric(float64(largest)/1024, "KiB-at-most")
	}
}

func size(b *testing.B, path string) int64 {
	info, err := os.Stat(path)
	require.NoError(b, err)
	return info.Size()
}
