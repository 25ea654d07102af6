package endtoend_test

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/internal/enginetest"
	"github.com/coracle-dev/coracle/lifecycle"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

// What happens to a pod when its containers end, for each restart policy, on a
// real engine. The rows are those of the table of semantics; the loss of a node
// and of a volume have tests of their own.
func TestEnds(t *testing.T) {
	t.Parallel()
	engine := enginetest.Connect(t)
	image := enginetest.Toy(t, engine)
	instance := newInstance(t, engine)
	x := newCluster(t, instance, newNode("n1", ""))

	// seen is how a pod has to be in the end.
	type seen func(p *pod.Pod) bool
	status := func(p *pod.Pod, name string) *pod.ContainerStatus { return p.Status.Container(name) }
	phase := func(want pod.Phase) seen { return func(p *pod.Pod) bool { return p.Status.Phase == want } }
	restarted := func(names ...string) seen {
		return func(p *pod.Pod) bool {
			return p.Status.Phase == pod.Running && !slices.ContainsFunc(names, func(name string) bool {
				return status(p, name) == nil || status(p, name).RestartCount == 0
			})
		}
	}
	// outOfMemory reports whether one of the containers had too much, as the engine
	// tells: it may hear of the kernel's kill after the end, and then never says so
	// (https://github.com/containerd/containerd/issues/12260).
	outOfMemory := func(p *pod.Pod) bool {
		return slices.ContainsFunc(p.Status.ContainerStatuses, func(s pod.ContainerStatus) bool {
			end := cmp.Or(s.LastState.Terminated, s.State.Terminated)
			return end != nil && end.Reason == lifecycle.OOMKilled
		})
	}
	ends0, ends1 := []string{"exit", "0"}, []string{"exit", "1"}
	stays := []string{"wait"}
	later := []string{"fetch", "http://localhost:8080/", ";", "exit", "1"} // once the other one serves
	serves := []string{"sleep", "1s", ";", "serve", "8080", ";", "sleep", "1s", ";", "exit", "1"}
	eats, little := []string{"eat", "64", ";", "wait"}, pod.Resources{pod.Memory: pod.MustParseQuantity("16Mi")}

	rows := []struct {
		name       string
		containers [][]string
		limits     pod.Resources
		want       map[pod.RestartPolicy]seen
	}{
		{"exits-0", [][]string{ends0}, nil, map[pod.RestartPolicy]seen{
			pod.RestartAlways: restarted("a"), pod.RestartOnFailure: phase(pod.Succeeded), pod.RestartNever: phase(pod.Succeeded),
		}},
		{"exits-1", [][]string{ends1}, nil, map[pod.RestartPolicy]seen{
			pod.RestartAlways: restarted("a"), pod.RestartOnFailure: restarted("a"), pod.RestartNever: phase(pod.Failed),
		}},
		{"first-exits-1", [][]string{ends1, stays}, nil, map[pod.RestartPolicy]seen{
			pod.RestartAlways: restarted("a"), pod.RestartOnFailure: restarted("a"),
			pod.RestartNever: func(p *pod.Pod) bool {
				return p.Status.Phase == pod.Running && status(p, "a").State.Terminated != nil && status(p, "b").State.Running != nil
			},
		}},
		{"then-second", [][]string{later, serves}, nil, map[pod.RestartPolicy]seen{
			pod.RestartAlways: restarted("a", "b"), pod.RestartOnFailure: restarted("a", "b"), pod.RestartNever: phase(pod.Failed),
		}},
		{"memory", [][]string{eats, eats, eats}, little, map[pod.RestartPolicy]seen{
			pod.RestartAlways:    func(p *pod.Pod) bool { return restarted("a", "b", "c")(p) && outOfMemory(p) },
			pod.RestartOnFailure: func(p *pod.Pod) bool { return restarted("a", "b", "c")(p) && outOfMemory(p) },
			pod.RestartNever:     func(p *pod.Pod) bool { return phase(pod.Failed)(p) && outOfMemory(p) },
		}},
	}
	wanted := make(map[string]seen)
	for _, row := range rows {
		for policy, want := range row.want {
			commands := row.containers
			if row.name == "memory" && policy == pod.RestartNever { // others are told of the next time at the latest
				commands = [][]string{eats, eats, eats, eats, eats, eats, eats, eats}
			}
			p := newPod(row.name+"-"+map[pod.RestartPolicy]string{
				pod.RestartAlways: "always", pod.RestartOnFailure: "onfailure", pod.RestartNever: "never",
			}[policy], image, policy, commands...)
			for i := range p.Spec.Containers {
				p.Spec.Containers[i].Resources.Limits = row.limits
			}
			wanted[x.create(p).Name] = want
		}
	}
	for len(wanted) > 0 {
		var ended []string
		x.until("another pod has come to its end", func(view store.Reader) bool {
			for p := range view.Pods().All(store.Filter{}) {
				if want, waits := wanted[p.Name]; waits && want(p) {
					ended = append(ended, p.Name)
				}
			}
			return len(ended) > 0
		})
		for _, name := range ended { // otherwise their restarts take the engine's time from the others
			delete(wanted, name)
			require.NoError(t, x.Pods().Delete(x.ctx, "default", name, orchestrator.DeleteOptions{}))
		}
	}
	told := make(map[string]bool)
	for _, e := range x.Events(orchestrator.EventFilter{}) {
		if e.Reason == lifecycle.EventOOMKilling {
			told[e.InvolvedObject.Name] = true
		}
	}
	require.Equal(t, map[string]bool{"memory-always": true, "memory-onfailure": true, "memory-never": true}, told)
}

// Two containers of a pod talk over localhost, and the pod keeps its address
// when they start anew.
func TestPodKeepsAddress(t *testing.T) {
	t.Parallel()
	engine := enginetest.Connect(t)
	image := enginetest.Toy(t, engine)
	x := newCluster(t, newInstance(t, engine), newNode("n1", ""))
	x.create(newPod("web", image, pod.RestartAlways,
		[]string{"serve", "8080", ";", "sleep", "3s", ";", "exit", "1"}, // it ends by itself
		[]string{"fetch", "http://localhost:8080/", ";", "wait"},
	))
	address := ""
	x.until("the server was started three times", func(view store.Reader) bool {
		p, err := view.Pods().Get("default", "web")
		if err != nil || p.Status.PodIP == "" {
			return false
		}
		if address == "" {
			address = p.Status.PodIP
		}
		require.Equal(t, address, p.Status.PodIP)
		a, b := p.Status.Container("a"), p.Status.Container("b")
		return a.RestartCount >= 2 && b.State.Running != nil
	})
}

// What a start costs an engine is counted: that of a pod of one container makes and
// starts two, and asks little.
func TestCallsOfAStart(t *testing.T) {
	t.Parallel()
	client := enginetest.Connect(t)
	image := enginetest.Toy(t, client)
	counter := newCounter(t, strings.TrimPrefix(client.Endpoint(), "unix://"))
	x := newCluster(t, newInstance(t, client), newNode("n1", counter.endpoint))
	x.until("the node is ready", isReady("n1", true))
	x.create(newPod("first", image, pod.RestartAlways, []string{"wait"})) // the infra image is made
	x.until("it runs", allReady(1))
	counter.take()
	x.create(newPod("second", image, pod.RestartAlways, []string{"wait"}))
	x.until("it runs", allReady(2))
	calls := make(map[string]int)
	for _, c := range counter.take() {
		calls[c.what]++
	}
	t.Log(calls)
	require.Equal(t, 2, calls["POST /containers/create"])
	require.Equal(t, 2, calls["POST /containers/NAME/start"])
	require.Equal(t, 1, calls["GET /images/NAME/json"])
	for what := range calls {
		require.True(t, strings.HasPrefix(what, "GET ") || strings.HasPrefix(what, "POST /containers/"), what)
	}
}
