package docker_test

import (
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/orchtest"
	"github.com/coracle-dev/coracle/pod"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	x := newRig(t)    // for what the tests have in common
	var rigs sync.Map // *docker.Runtime to the rig that it is of
	orchtest.Runtime(t, orchtest.RuntimeHarness{
		Parallel: true, Soon: patience,
		New: func(t *testing.T) orchestrator.Runtime {
			x := newRig(t)
			rigs.Store(x.Runtime, x)
			return x.Runtime
		},
		Forever:  func(name string) pod.Container { return x.toy(name, "wait", "ready") },
		Exits:    func(name string, code int) pod.Container { return x.toy(name, "exit", strconv.Itoa(code)) },
		Stubborn: func(name string) pod.Container { return x.toy(name, "stubborn", "ready") },
		Reopen: func(_ *testing.T, old orchestrator.Runtime) orchestrator.Runtime {
			x, _ := rigs.Load(old)
			x.(*rig).open()
			rigs.Store(x.(*rig).Runtime, x)
			return x.(*rig).Runtime
		},
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
		Says: func(name string, code int, lines ...string) pod.Container {
			var words []string
			for _, text := range lines {
				how := "print"
				if after, cut := strings.CutPrefix(text, "!"); cut {
					how, text = "complain", after
				}
				words = append(words, how, text, ";")
			}
			if code < 0 {
				return x.toy(name, append(words, "wait")...)
			}
			return x.toy(name, append(words, "exit", strconv.Itoa(code))...)
		},
		LastWords: func(name, text string, code int) pod.Container {
			c := x.toy(name, "write", "/last-words", text, ";", "exit", strconv.Itoa(code))
			c.TerminationMessagePath = "/last-words"
			return c
		},
		Command: func(words ...string) []string {
			words[0] = map[string]string{"exit": "exit", "say": "print", "complain": "complain", "echo": "echo", "hang": "stubborn"}[words[0]]
			return append([]string{"/toy"}, words...)
		},
		Reads: func(name string) pod.Container {
			c := x.toy(name, "echo")
			c.Stdin, c.StdinOnce = true, true
			return c
		},
		Serves: func(name string, port int, text string) pod.Container {
			return x.toy(name, "serve", strconv.Itoa(port), text, ";", "wait")
		},
		Kill: func(_ *testing.T, _ orchestrator.Runtime, c orchestrator.ContainerState) { x.kill(c) },
	})
}
