package docker_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/orchtest"
	"github.com/coracle-dev/coracle/pod"
)

func TestConformance(t *testing.T) {
	var x *rig // of the test that runs
	orchtest.Runtime(t, orchtest.RuntimeHarness{
		New:      func(t *testing.T) orchestrator.Runtime { x = newRig(t); return x.Runtime },
		Forever:  func(name string) pod.Container { return x.toy(name, "wait") },
		Exits:    func(name string, code int) pod.Container { return x.toy(name, "exit", strconv.Itoa(code)) },
		Stubborn: func(name string) pod.Container { return x.toy(name, "stubborn") },
		Reopen:   func(_ *testing.T, old orchestrator.Runtime) orchestrator.Runtime { x.open(); return x.Runtime },
		Missing: func(name string) pod.Container {
			c := x.toy(name)
			c.Command = []string{"/no/such/program"}
			return c
		},
		OOM: func(name string) pod.Container {
			c := x.toy(name, "eat", "64", ";", "wait")
			c.Resources.Limits = pod.Resources{pod.Memory: pod.MustParseQuantity("16Mi")}
			return c
		},
		Kill:   func(_ *testing.T, _ orchestrator.Runtime, c orchestrator.ContainerState) { x.kill(c) },
		Settle: time.Second / 2,
	})
}
