package endtoend_test

import (
	"fmt"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	engine "github.com/fsouza/go-dockerclient"
	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/internal/enginetest"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

// BenchmarkStart starts pods of one container on an image that is there, one
// after the other, beside `docker run -d` of the same image, in turns. A pod
// takes from its creation to Running; what its infra container takes is
// measured at the engine, and shown apart.
//
//	go test ./orchestrator/docker/internal/endtoend -run '^$' -bench Start -benchtime 50x
func BenchmarkStart(b *testing.B) {
	client := enginetest.Connect(b)
	image := enginetest.Toy(b, client)
	instance := newInstance(b, client)
	peer := "coracle.test=" + enginetest.Unique()
	enginetest.NothingLeft(b, client, peer)
	counter := newCounter(b, strings.TrimPrefix(client.Endpoint(), "unix://"))
	x := newCluster(b, instance, newNode("n1", counter.endpoint))
	x.until("the node is ready", isReady("n1", true))
	startOne(b, x, image, 0) // the infra image is made, connections are
	counter.take()

	var pods, infras, runs []time.Duration
	listed := make(map[string]int)
	n := 0
	for b.Loop() {
		n++
		runs = append(runs, dockerRun(b, client, image, peer))
		counter.take()
		took := startOne(b, x, image, n)
		pods = append(pods, took)
		calls := counter.take()
		infras = append(infras, infraTime(calls))
		for _, c := range calls {
			listed[c.what]++
		}
		require.NoError(b, x.Pods().Delete(x.ctx, "default", podName(n), orchestrator.DeleteOptions{}))
		x.until("the pod is gone", func(view store.Reader) bool { return view.Pods().Len() == 1 })
	}
	net := make([]time.Duration, len(pods))
	for i := range pods {
		net[i] = pods[i] - infras[i]
	}
	for _, share := range []float64{0.5, 0.99} {
		of := func(list []time.Duration) float64 { return float64(percentile(list, share).Microseconds()) / 1000 }
		name := fmt.Sprintf("p%g", share*100)
		b.ReportMetric(of(pods), "pod-ms-"+name)
		b.ReportMetric(of(infras), "infra-ms-"+name)
		b.ReportMetric(of(runs), "docker-run-ms-"+name)
		b.ReportMetric(of(net)/of(runs), "ratio-"+name)
	}
	for _, what := range slices.Sorted(maps.Keys(listed)) {
		b.Logf("%5.2f per pod  %s", float64(listed[what])/float64(n), what)
	}
}

// startOne returns how long a pod takes from its creation to Running.
func startOne(b *testing.B, x *cluster, image string, i int) time.Duration {
	b.Helper()
	began := time.Now()
	x.create(newPod(podName(i), image, pod.RestartAlways, []string{"wait"}))
	x.until("the pod runs", func(view store.Reader) bool {
		p, err := view.Pods().Get("default", podName(i))
		return err == nil && p.Status.Phase == pod.Running
	})
	return time.Since(began)
}

// dockerRun returns how long `docker run -d` takes, and removes the container.
func dockerRun(b *testing.B, client *engine.Client, image, label string) time.Duration {
	b.Helper()
	began := time.Now()
	out, err := exec.Command("docker", "run", "-d", "--pull", "never", "--label", label, image, "wait").Output()
	took := time.Since(began)
	require.NoError(b, err)
	require.NoError(b, client.RemoveContainer(engine.RemoveContainerOptions{ID: strings.TrimSpace(string(out)), Force: true}))
	return took
}

// infraTime returns what the infra container of the one pod that was started
// took: it is the first that is made, and the first that is started.
func infraTime(calls []call) time.Duration {
	var sum time.Duration
	for _, what := range []string{"POST /containers/create", "POST /containers/NAME/start"} {
		if i := slices.IndexFunc(calls, func(c call) bool { return c.what == what }); i >= 0 {
			sum += calls[i].took
		}
	}
	return sum
}

// percentile returns the time that a share of the list stays within.
func percentile(list []time.Duration, share float64) time.Duration {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[min(len(sorted)-1, int(share*float64(len(sorted))))]
}
