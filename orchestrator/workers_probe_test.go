package orchestrator_test

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

// startReal is newRig outside of a bubble, with one node whose pods have
// loopback addresses. Nothing in these tests sleeps: they watch.
func startReal(t *testing.T) *rig {
	machine := &fake.Runtime{Network: netip.MustParsePrefix("127.77.0.0/16")}
	r := newRig(t, orchestrator.Config{
		Machines: []*node.Node{nodeNamed("node-0")},
		Dial:     func(context.Context, *node.Node) (orchestrator.Runtime, error) { return machine, nil },
	}, &fake.Machines{})
	r.run()
	return r
}

// until watches a pod until it is as wanted.
func (r *rig) until(name string, wanted func(*pod.Pod) bool) *pod.Pod {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.ctx(), patience)
	defer cancel()
	for change, err := range r.c.Pods().Watch(ctx, store.Filter{}, 0) {
		require.NoError(r.t, err)
		if p := change.Object; p.Name == name && wanted(p) {
			return p
		}
	}
	require.FailNow(r.t, "the pod does not become what is wanted", "%s: %+v", name, r.pod(name).Status)
	return nil
}

func ready(p *pod.Pod) bool {
	c := p.Status.Condition(pod.Ready)
	return c != nil && c.Status == pod.True
}

func notReady(p *pod.Pod) bool {
	c := p.Status.Condition(pod.Ready)
	return c != nil && c.Status == pod.False
}

// site is what the HTTP probes ask.
func site(w http.ResponseWriter, request *http.Request) {
	switch request.URL.Path {
	case "/":
	case "/redirect":
		http.Redirect(w, request, "/broken", http.StatusFound)
	case "/headers":
		if request.Host != "example.com" || request.Header.Get("X-Probe") != "yes" || request.URL.RawQuery != "a=b" {
			w.WriteHeader(http.StatusBadRequest)
		}
	case "/hangs":
		<-request.Context().Done()
	default:
		w.WriteHeader(http.StatusInternalServerError)
	}
}

// portOf returns the port of a server's address.
func portOf(t *testing.T, address string) int {
	t.Helper()
	_, text, err := net.SplitHostPort(address[strings.LastIndex(address, "/")+1:])
	require.NoError(t, err)
	port, err := strconv.Atoi(text)
	require.NoError(t, err)
	return port
}

// What each kind of probe takes for well, and what it says where it is not.
func TestProbeActions(t *testing.T) {
	plain, secure := httptest.NewServer(http.HandlerFunc(site)), httptest.NewUnstartedServer(http.HandlerFunc(site))
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	defer plain.Close()
	defer secure.Close()
	listener, err := net.Listen("tcp", "0.0.0.0:0")
	require.NoError(t, err)
	defer listener.Close()
	taken, err := net.Dial("tcp", strings.TrimPrefix(plain.URL, "http://"))
	require.NoError(t, err)
	defer taken.Close()
	nobody := portOf(t, taken.LocalAddr().String()) // where nobody can listen while it is taken
	port := func(n int) pod.IntOrString { return pod.FromInt(n) }
	get := func(path string) *pod.HTTPGet {
		return &pod.HTTPGet{Host: "127.0.0.1", Port: port(portOf(t, plain.URL)), Path: path}
	}
	headers := get("/headers?a=b")
	headers.Headers = []pod.HTTPHeader{{Name: "Host", Value: "example.com"}, {Name: "X-Probe", Value: "yes"}}
	named := get("")
	named.Port = pod.FromString("web")
	strange := get("")
	strange.Port = pod.FromString("other")
	https := get("/")
	https.Port, https.Scheme = port(portOf(t, secure.URL)), "HTTPS"

	cases := map[string]struct {
		probe pod.Probe
		want  string // what is wrong; empty: it is well
	}{
		"http":         {pod.Probe{HTTPGet: get("/")}, ""},
		"no-path":      {pod.Probe{HTTPGet: get("")}, ""},
		"redirect":     {pod.Probe{HTTPGet: get("/redirect")}, ""},
		"headers":      {pod.Probe{HTTPGet: headers}, ""},
		"https":        {pod.Probe{HTTPGet: https}, ""},
		"named-port":   {pod.Probe{HTTPGet: named}, ""},
		"broken":       {pod.Probe{HTTPGet: get("/broken")}, "500 Internal Server Error"},
		"hangs":        {pod.Probe{HTTPGet: get("/hangs")}, "deadline exceeded"},
		"no-such-port": {pod.Probe{HTTPGet: strange}, `container "main" has no port of the name "other"`},
		"tcp":          {pod.Probe{TCPSocket: &pod.TCPSocket{Host: "127.0.0.1", Port: port(portOf(t, listener.Addr().String()))}}, ""},
		"nobody":       {pod.Probe{TCPSocket: &pod.TCPSocket{Host: "127.0.0.1", Port: port(nobody)}}, "connection refused"},
		"exec":         {pod.Probe{Exec: &pod.ExecAction{Command: []string{"true"}}}, ""},
	}
	if runtime.GOOS == "linux" { // elsewhere only 127.0.0.1 is a loopback address
		c := cases["tcp"]
		c.probe.TCPSocket = &pod.TCPSocket{Port: c.probe.TCPSocket.Port}
		cases["pod-address"] = c
	}
	r := startReal(t)
	for name, c := range cases {
		p := webPod(name)
		p.Spec.Containers[0].Ports = []pod.ContainerPort{{Name: "web", ContainerPort: portOf(t, plain.URL)}}
		c.probe.PeriodSeconds, c.probe.FailureThreshold = 1, 1
		if name != "hangs" {
			c.probe.TimeoutSeconds = 60 // a slow answer is one
		}
		p.Spec.Containers[0].ReadinessProbe = &c.probe
		r.apply(p)
	}
	for name, c := range cases {
		if c.want == "" {
			r.until(name, ready)
			continue
		}
		require.Contains(t, r.warning(name), c.want, name)
		require.True(t, notReady(r.pod(name)))
	}
}

// warning waits for an event that a pod is unhealthy, and returns its message.
func (r *rig) warning(name string) string {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.ctx(), patience)
	defer cancel()
	for e := range r.c.WatchEvents(ctx, orchestrator.EventFilter{Kind: "Pod", Name: name, Reason: "Unhealthy"}) {
		return e.Message
	}
	require.FailNow(r.t, "no event tells that the pod is unhealthy", name)
	return ""
}

// Readiness comes and goes with the answers; liveness that goes costs a restart.
func TestProbesDecide(t *testing.T) {
	var broken atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if broken.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer server.Close()
	probe := &pod.Probe{
		HTTPGet:       &pod.HTTPGet{Host: "127.0.0.1", Port: pod.FromInt(portOf(t, server.URL))},
		PeriodSeconds: 1, FailureThreshold: 1, TimeoutSeconds: 60,
	}
	r := startReal(t)
	serves, lives := webPod("serves"), webPod("lives")
	serves.Spec.Containers[0].ReadinessProbe = probe
	lives.Spec.Containers[0].LivenessProbe = probe
	r.apply(serves, lives)
	r.until("serves", ready)
	r.until("lives", ready)
	broken.Store(true)
	r.until("serves", notReady)
	restarted := r.until("lives", func(p *pod.Pod) bool { return p.Status.ContainerStatuses[0].RestartCount > 0 })
	require.NotNil(t, restarted.Status.ContainerStatuses[0].LastState.Terminated)
	broken.Store(false)
	r.until("serves", ready)
	require.Zero(t, r.pod("serves").Status.ContainerStatuses[0].RestartCount, "readiness restarts nothing")
}

// The thresholds, the delay and the start-up probe of exec probes, to the second.
func TestExecProbes(t *testing.T) {
	running(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
		r.machines.Use(fake.Scripts{{Attempts: []fake.Script{{WellAfter: 20 * time.Second, SickAfter: 65 * time.Second}}}})
		exec := &pod.ExecAction{Command: []string{"true"}}
		p := webPod("web")
		p.Spec.Containers[0].StartupProbe = &pod.Probe{Exec: exec, PeriodSeconds: 1, FailureThreshold: 30}
		p.Spec.Containers[0].ReadinessProbe = &pod.Probe{Exec: exec, PeriodSeconds: 5, SuccessThreshold: 2}
		p.Spec.Containers[0].LivenessProbe = &pod.Probe{Exec: exec, PeriodSeconds: 10, FailureThreshold: 2, InitialDelaySeconds: 10}
		r.apply(p)
		r.pass(19 * time.Second)
		require.True(t, notReady(r.pod("web")))
		r.pass(9 * time.Second)
		require.True(t, ready(r.pod("web")), "two readiness probes after start-up")
		r.pass(36 * time.Second)
		require.True(t, ready(r.pod("web")))
		require.Zero(t, r.pod("web").Status.ContainerStatuses[0].RestartCount)
		r.pass(25 * time.Second)
		require.Equal(t, 1, r.pod("web").Status.ContainerStatuses[0].RestartCount, "two liveness probes after it fell sick")
		require.True(t, notReady(r.pod("web")), "the new attempt starts up again")
		require.Contains(t, r.reasons("Pod", "web"), "Unhealthy")
	})
}

// An exec probe on a runtime that cannot run commands fails, and says so.
func TestExecProbeWithoutProber(t *testing.T) {
	var machines fake.Machines
	cfg := orchestrator.Config{Dial: func(_ context.Context, n *node.Node) (orchestrator.Runtime, error) {
		return bare{machines.Node(n.Name)}, nil
	}}
	running(t, cfg, func(t *testing.T, r *rig) {
		p := webPod("web")
		p.Spec.Containers[0].ReadinessProbe = &pod.Probe{Exec: &pod.ExecAction{Command: []string{"true"}}, FailureThreshold: 1}
		r.apply(p)
		r.pass(time.Minute)
		require.True(t, notReady(r.pod("web")))
		require.Contains(t, strings.Join(r.events("Unhealthy"), " "), "cannot run a command")
	})
}

// bare has no ability beyond those of every runtime.
type bare struct{ orchestrator.Runtime }

// A probe that hangs counts as failed after its time-out, and holds up nothing else.
func TestProbesThatHang(t *testing.T) {
	var machines fake.Machines
	cfg := orchestrator.Config{
		Machines: []*node.Node{nodeNamed("node-0")}, CallsPerNode: 1,
		Dial: func(_ context.Context, n *node.Node) (orchestrator.Runtime, error) {
			return hangingProber{machines.Node(n.Name)}, nil
		},
	}
	running(t, cfg, func(t *testing.T, r *rig) {
		p := webPod("web")
		p.Spec.Containers[0].LivenessProbe = &pod.Probe{
			Exec: &pod.ExecAction{Command: []string{"true"}}, FailureThreshold: 2, TimeoutSeconds: 5,
		}
		r.apply(p)
		r.pass(2 * time.Second)
		r.apply(webPod("other"))
		r.pass(time.Second)
		require.Equal(t, pod.Running, r.pod("other").Status.Phase)
		r.pass(11 * time.Second)
		require.Zero(t, r.pod("web").Status.ContainerStatuses[0].RestartCount)
		r.pass(3 * time.Second) // two probes, 10 s apart, of 5 s each
		require.Equal(t, 1, r.pod("web").Status.ContainerStatuses[0].RestartCount)
	})
}

type hangingProber struct{ *fake.Runtime }

func (hangingProber) Probe(ctx context.Context, _ orchestrator.ContainerRef, _ []string) error {
	<-ctx.Done()
	return ctx.Err()
}
