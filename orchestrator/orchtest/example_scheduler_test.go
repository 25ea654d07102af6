package orchtest_test

import (
	"fmt"
	"testing"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator/orchtest"
	"github.com/coracle-dev/coracle/orchestrator/scheduler"
	"github.com/coracle-dev/coracle/pod"
)

// A policy's whole conformance test: its scorer goes by an annotation, so some of the
// pods of the test have one. Would its Key not name that, HistoryDoesNotMatter would fail.
func ExampleScheduler() {
	disk := func(r *scheduler.Request) string { return r.Annotations["example.com/disk"] }
	likes := scheduler.Scorer{Name: "Disk", Key: disk, Score: func(r *scheduler.Request, n *scheduler.Candidate) float64 {
		if disk(r) == n.Node.Labels["disk"] {
			return 100
		}
		return 0
	}}
	_ = func(t *testing.T) { // TestScheduler
		orchtest.Scheduler(t, orchtest.SchedulerHarness{
			New: func(*testing.T) scheduler.Scheduler { return &scheduler.Policy{Scorers: []scheduler.Scorer{likes}} },
			Pod: func(i int) *pod.Pod {
				name := fmt.Sprint("web-", i)
				return &pod.Pod{
					Meta: labels.Meta{Namespace: "default", Name: name, UID: name, Annotations: map[string]string{"example.com/disk": []string{"ssd", "hdd"}[i%2]}},
					Spec: pod.Spec{Containers: []pod.Container{{Name: "web", Image: "web:1"}}},
				}
			},
		})
	}
}
