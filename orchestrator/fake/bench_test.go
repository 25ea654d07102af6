package fake_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/pod"
)

// BenchmarkMachineLife starts a container, lets it end and removes its pod, on a
// machine with a hundred others.
func BenchmarkMachineLife(b *testing.B) {
	m := &fake.Machine{Scripts: fake.Scripts{{Image: "job", Attempts: []fake.Script{{Runs: time.Minute}}}}}
	fill(m, 100)
	pods := make([]*pod.Pod, 1000)
	for i := range pods {
		pods[i] = newPod(fmt.Sprint("job-", i), "job")
	}
	now := noon
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		p := pods[i%len(pods)]
		if _, err := m.Start(p, p.Spec.Containers[0], now); err != nil {
			b.Fatal(err)
		}
		now = m.Next()
		m.Remove(p.UID, now)
	}
}

// BenchmarkMachineList lists the containers of a hundred pods.
func BenchmarkMachineList(b *testing.B) {
	m := &fake.Machine{}
	fill(m, 100)
	b.ReportAllocs()
	for b.Loop() {
		if len(m.List(noon)) != 100 {
			b.Fatal("wrong list")
		}
	}
}

// BenchmarkRuntimeStart starts a container through the whole Runtime.
func BenchmarkRuntimeStart(b *testing.B) {
	var r fake.Runtime
	ctx := context.Background()
	pods := make([]*pod.Pod, 1000)
	for i := range pods {
		pods[i] = newPod(fmt.Sprint("web-", i), "app")
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		p := pods[i%len(pods)]
		if r.Start(ctx, p, p.Spec.Containers[0]) != nil || r.Remove(ctx, p.UID) != nil {
			b.Fatal("it did not start")
		}
	}
}

func fill(m *fake.Machine, n int) {
	for i := range n {
		p := newPod(fmt.Sprint("web-", i), "app")
		_, _ = m.Start(p, p.Spec.Containers[0], noon) // has no way to fail
	}
}
