//go:build linux

package process_test

import (
	"strconv"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/orchtest"
	"github.com/coracle-dev/coracle/pod"
)

func TestConformance(t *testing.T) {
	var x *rig // of the test that runs
	workload := func(name, what string, args ...string) pod.Container {
		return pod.Container{Name: name, Image: "self", Args: args, Env: []pod.EnvVar{{Name: "WORKLOAD", Value: what}}}
	}
	script := func(name, text string, args ...string) pod.Container {
		return pod.Container{Name: name, Image: "/bin/sh", Args: append([]string{"-c", text}, args...)}
	}
	orchtest.Runtime(t, orchtest.RuntimeHarness{
		New:      func(t *testing.T) orchestrator.Runtime { x = newRig(t); return x.Runtime },
		Forever:  func(name string) pod.Container { return workload(name, "polite") },
		Exits:    func(name string, code int) pod.Container { return workload(name, "exit", strconv.Itoa(code)) },
		Stubborn: func(name string) pod.Container { return workload(name, "stubborn") },
		Reopen:   func(_ *testing.T, _ orchestrator.Runtime) orchestrator.Runtime { x.open(); return x.Runtime },
		Missing:  func(name string) pod.Container { return pod.Container{Name: name, Image: "/no/such/program"} },
		Kill: func(t *testing.T, _ orchestrator.Runtime, c orchestrator.ContainerState) {
			pid, err := strconv.Atoi(c.ID)
			require.NoError(t, err)
			kill(t, pid, syscall.SIGKILL)
		},
		Says: func(name string, code int, lines ...string) pod.Container {
			return script(name, `code=$0; for line; do case "$line" in
				!*) echo "${line#!}" >&2 ;;
				*) echo "$line" ;;
				esac; sleep 0.01; done
				[ "$code" -ge 0 ] && exit "$code"
				exec sleep 1000`, append([]string{strconv.Itoa(code)}, lines...)...)
		},
		LastWords: func(name, text string, code int) pod.Container {
			return script(name, `printf %s "$1" > $TERMINATION_MESSAGE_PATH; exit "$0"`, strconv.Itoa(code), text)
		},
		Command: func(words ...string) []string {
			return append([]string{"/bin/sh", "-c", map[string]string{
				"exit": `exit "$0"`, "say": `echo "$0"`, "complain": `echo "$0" >&2`, "echo": "cat", "hang": "sleep 1000",
			}[words[0]]}, words[1:]...)
		},
		Serves: func(name string, port int, text string) pod.Container {
			return workload(name, "serve", strconv.Itoa(port), text)
		},
	})
}
