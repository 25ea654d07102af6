package bolt_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/journal/bolt"
	"github.com/coracle-dev/coracle/pod"
)

// benchPod is a pod as a cluster has it, of about a kilobyte in JSON. It fits no node.
func benchPod(i int) *pod.Pod {
	return &pod.Pod{
		Meta: labels.Meta{
			Namespace: "default", Name: fmt.Sprintf("web-%06d", i),
			Labels:      labels.Set{"app": "web", "tier": "front", "version": "v1"},
			Annotations: map[string]string{"example.com/owner": "team-a", "example.com/written": "0"},
		},
		Spec: pod.Spec{
			NodeSelector: map[string]string{"disk": "ssd"},
			Containers: []pod.Container{{
				Name: "main", Image: "registry.example.com/web/front:v1", Args: []string{"-listen", ":8080", "-v"},
				Env:   []pod.EnvVar{{Name: "MODE", Value: "production"}, {Name: "REGION", Value: "eu-1"}},
				Ports: []pod.ContainerPort{{Name: "http", ContainerPort: 8080}},
			}},
		},
	}
}

// BenchmarkWrites has clients write as fast as they are answered, each its own
// pod: through an orchestrator with a journal and without one, straight to
// bbolt with its own Batch, and as bare fsyncs of a page. All on the disk of TMPDIR.
//
//	go test ./orchestrator/journal/bolt -run - -bench Writes
func BenchmarkWrites(b *testing.B) {
	for _, clients := range []int{1, 16, 256} {
		name := fmt.Sprintf("clients=%d/", clients)
		b.Run(name+"durable", func(b *testing.B) {
			journal, err := bolt.Open(filepath.Join(b.TempDir(), "state.db"))
			require.NoError(b, err)
			throughOrchestrator(b, clients, journal)
		})
		b.Run(name+"memory", func(b *testing.B) { throughOrchestrator(b, clients, nil) })
		b.Run(name+"bbolt-batch", func(b *testing.B) { throughBatch(b, clients) })
		b.Run(name+"fsync", func(b *testing.B) { throughFsync(b) })
	}
}

// byClients calls write b.N times in all from so many goroutines.
func byClients(b *testing.B, clients int, write func(client, n int) error) {
	var left atomic.Int64
	left.Store(int64(b.N))
	var group sync.WaitGroup
	b.ResetTimer()
	for c := range clients {
		group.Go(func() {
			for n := 0; left.Add(-1) >= 0; n++ {
				if err := write(c, n); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "writes/s")
}

func throughOrchestrator(b *testing.B, clients int, journal orchestrator.Journal) {
	o, err := orchestrator.New(orchestrator.Config{Dial: new(fake.Machines).Dial, Journal: journal})
	require.NoError(b, err)
	ctx, cancel := context.WithCancel(b.Context())
	var objects []labels.Object
	for i := range clients {
		objects = append(objects, benchPod(i))
	}
	objects, err = o.Client().Apply(ctx, objects...)
	require.NoError(b, err)
	ended := make(chan error)
	go func() { ended <- o.Run(ctx) }()
	byClients(b, clients, func(c, n int) error {
		p := objects[c].(*pod.Pod).Copy()
		p.ResourceVersion = 0
		p.Annotations["example.com/written"] = fmt.Sprint(n + 1)
		_, err := o.Client().Pods().Update(ctx, p)
		return err
	})
	cancel()
	require.NoError(b, <-ended)
}

func throughBatch(b *testing.B, clients int) {
	db, err := bbolt.Open(filepath.Join(b.TempDir(), "raw.db"), 0o600, &bbolt.Options{FreelistType: bbolt.FreelistMapType})
	require.NoError(b, err)
	defer db.Close()
	bucket := []byte("objects")
	require.NoError(b, db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket(bucket)
		return err
	}))
	value, err := json.Marshal(benchPod(0))
	require.NoError(b, err)
	byClients(b, clients, func(c, n int) error {
		return db.Batch(func(tx *bbolt.Tx) error {
			return tx.Bucket(bucket).Put(fmt.Appendf(nil, "Pod/default/web-%06d", c), value)
		})
	})
}

func throughFsync(b *testing.B) {
	f, err := os.Create(filepath.Join(b.TempDir(), "page"))
	require.NoError(b, err)
	defer f.Close()
	page := make([]byte, 4096)
	byClients(b, 1, func(int, int) error {
		if _, err := f.WriteAt(page, 0); err != nil {
			return err
		}
		return f.Sync()
	})
}

// BenchmarkEncoding writes an object as JSON and reads it back: what an append
// and a load spend on each object beside the disk.
func BenchmarkEncoding(b *testing.B) {
	p := benchPod(1)
	text, err := json.Marshal(p)
	require.NoError(b, err)
	b.Run("encode", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			if _, err := json.Marshal(p); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("decode", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			if err := json.Unmarshal(text, new(pod.Pod)); err != nil {
				b.Fatal(err)
			}
		}
	})
}
