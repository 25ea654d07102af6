package fake_test

import (
	"syscall"
	"testing"
	"time"

	"github.com/coracle-dev/coracle/internal/actortest"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/orchtest"
	"github.com/coracle-dev/coracle/pod"
)

// harness runs the suite on a fake.Runtime whose containers say by their image
// what they do.
func harness() orchtest.RuntimeHarness {
	of := func(image string) func(string) pod.Container {
		return func(name string) pod.Container { return pod.Container{Name: name, Image: image} }
	}
	return actortest.Look(orchtest.RuntimeHarness{
		New: func(*testing.T) orchestrator.Runtime {
			return &fake.Runtime{Choose: func(_ *pod.Pod, c *pod.Container, _ int) (fake.Script, bool) {
				if s, known := actortest.Play(c); known {
					return s, true
				}
				s, known := images[c.Image]
				if c.Image == "exits" {
					s.ExitCode = int(c.Ports[0].ContainerPort)
				}
				return s, known
			}}
		},
		Forever: of("forever"),
		Exits: func(name string, code int) pod.Container {
			return pod.Container{Name: name, Image: "exits", Ports: []pod.ContainerPort{{ContainerPort: code}}}
		},
		Stubborn: of("stubborn"),
		Reopen:   func(_ *testing.T, old orchestrator.Runtime) orchestrator.Runtime { return old },
		Missing:  of("missing"),
		OOM:      of("oom"),
		Kill: func(_ *testing.T, r orchestrator.Runtime, c orchestrator.ContainerState) {
			r.(*fake.Runtime).Kill(c.UID, c.Container, int(syscall.SIGKILL))
		},
	})
}

// ready is what containers say that know what SIGTERM means to them.
var ready = []fake.Line{{Text: "ready"}}

var images = map[string]fake.Script{
	"forever": {
		StartDelay: time.Millisecond, StopDelay: 5 * time.Millisecond, Graceful: true, Says: ready,
		Exec: actortest.Obey, Uses: orchestrator.ContainerStats{Memory: 1 << 20}, Cores: 1,
	},
	"exits":    {Runs: 20 * time.Millisecond},
	"stubborn": {IgnoresTerm: true, Says: ready},
	"missing":  {StartErr: &orchestrator.StartError{Reason: "ErrImagePull", Err: syscall.ENOENT}},
	"oom":      {Runs: 20 * time.Millisecond, OOM: true},
}

func TestConformance(t *testing.T) { orchtest.Runtime(t, harness()) }

func TestConformanceOnVirtualTime(t *testing.T) {
	h := harness()
	h.Virtual = true
	orchtest.Runtime(t, h)
}

func TestBalancerConformance(t *testing.T) {
	orchtest.Balancer(t, orchtest.BalancerHarness{
		New: func(*testing.T) orchestrator.Balancer { return &fake.Balancer{} },
		Made: func(_ *testing.T, b orchestrator.Balancer) []string {
			var uids []string
			for _, made := range b.(*fake.Balancer).Made() {
				uids = append(uids, made.Service.UID)
			}
			return uids
		},
		Nodes: func(_ *testing.T, b orchestrator.Balancer, uid string) []string {
			var names []string
			for _, made := range b.(*fake.Balancer).Made() {
				if made.Service.UID != uid {
					continue
				}
				for _, n := range made.Nodes {
					names = append(names, n.Name)
				}
			}
			return names
		},
		Reopen: func(_ *testing.T, old orchestrator.Balancer) orchestrator.Balancer { return old },
	})
}
