package orchestrator_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/fake"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
)

// Whatever is wrong with the runtimes, the orchestrator goes on, says so, asks
// no more often than it must, and has everything in order soon after they mend.
func TestRuntimeMisbehaves(t *testing.T) {
	broken := errors.New("the runtime is broken")
	runs := pod.ContainerState{Running: &pod.Started{StartedAt: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)}}
	ended := pod.ContainerState{Terminated: &pod.Terminated{ExitCode: 1}}
	for _, c := range []struct {
		name   string
		faults fake.Faults
		events []string // that must be told if it lasts
	}{
		{"list leaves out all", fake.Faults{Lie: fake.Lie{DropEvery: 1}}, []string{"NotListed"}},
		{"list leaves out some", fake.Faults{Lie: fake.Lie{DropEvery: 2}}, []string{"NotListed"}},
		{"list repeats", fake.Faults{Lie: fake.Lie{RepeatEvery: 1}}, nil},
		{"list is in the wrong order", fake.Faults{Lie: fake.Lie{Reverse: true}}, nil},
		{"list invents what runs", fake.Faults{Lie: claim(runs)}, []string{"StillListed"}},
		{"list invents what ended", fake.Faults{Lie: claim(ended)}, []string{"RemovedLeftover"}},
		{"list says nothing of a state", fake.Faults{Lie: claim(pod.ContainerState{})}, []string{"StillListed"}},
		{"starts fail", fake.Faults{StartErr: broken}, []string{"Failed"}},
		{"stops fail", fake.Faults{StopErr: broken}, []string{"FailedKillPod"}},
		{"removals fail", fake.Faults{RemoveErr: broken}, []string{"FailedRemove"}},
		{"lists fail", fake.Faults{ListErr: broken}, []string{"RuntimeNotAnswering", "NodeNotReady"}},
		{"answers are lost", fake.Faults{AnswersLost: true}, []string{"Failed", "FailedKillPod", "FailedRemove"}},
		{"calls hang", fake.Faults{Hang: true}, []string{"RuntimeHangs", "NodeNotReady"}},
		{"calls hang for good", fake.Faults{Hang: true, Deaf: true}, []string{"RuntimeHangs", "NodeNotReady"}},
		{"calls are slow", fake.Faults{Latency: 20 * time.Second}, nil},
		{"no hints", fake.Faults{Mute: true}, nil},
		{"the machines are down", fake.Faults{Down: true}, []string{"RuntimeNotAnswering", "NodeNotReady"}},
		{"the network is cut", fake.Faults{Cut: true}, []string{"RuntimeNotAnswering", "NodeNotReady"}},
	} {
		for _, lasts := range []time.Duration{10 * time.Second, 3 * time.Minute, 20 * time.Minute} {
			t.Run(c.name+" for "+lasts.String(), func(t *testing.T) {
				running(t, orchestrator.Config{}, func(t *testing.T, r *rig) {
					rc := webController("web", 6)
					r.apply(rc)
					r.pass(time.Second)
					r.healthy(rc, 6)

					calm := r.calls()
					r.setFaults(c.faults)
					r.unrest(rc)
					r.pass(lasts)
					r.requireFewCalls(calm, lasts)
					r.setFaults(fake.Faults{})
					r.pass(15 * time.Minute)

					r.healthy(rc, 6)
					for _, reason := range c.events {
						if lasts >= 3*time.Minute {
							require.NotEmpty(t, r.events(reason), "there is no event %s", reason)
						}
					}
				})
			})
		}
	}
}

// claim is a list with a container that nobody started.
func claim(state pod.ContainerState) fake.Lie {
	return fake.Lie{Claim: []orchestrator.ContainerState{{
		ContainerRef: orchestrator.ContainerRef{UID: "stranger", Container: "main"},
		Namespace:    "default", Pod: "stranger", State: state,
	}}}
}

// setFaults makes these the faults of all machines. Every call takes a little
// longer, so that a loop without a pause shows in the number of calls.
func (r *rig) setFaults(f fake.Faults) {
	f.Latency += 10 * time.Millisecond
	for _, name := range r.machines.Names() {
		r.machines.Node(name).SetFaults(f)
	}
}

// unrest has something to do for every method of the runtimes: the pods of
// node-0 die, one on node-1 is deleted, and the controller gets a replacement.
func (r *rig) unrest(c *replication.Controller) {
	r.t.Helper()
	r.machines.Node("node-0").Kill("*", "", 9)
	victim := r.c.Pods().List(store.Filter{Node: "node-1"})[0]
	require.NoError(r.t, r.c.Pods().Delete(r.ctx(), "", victim.Name, orchestrator.DeleteOptions{}))
}

// requireFewCalls fails the test if the machines were called much more often
// than every check period and with the back-offs.
func (r *rig) requireFewCalls(before fake.Calls, lasted time.Duration) {
	r.t.Helper()
	now, seconds := r.calls(), int(lasted/time.Second)
	require.LessOrEqual(r.t, now.List-before.List, 30+seconds*6/10, "lists in %s", lasted)
	work := now.Start + now.Stop + now.Remove - before.Start - before.Stop - before.Remove
	require.LessOrEqual(r.t, work, 40+seconds*2/10, "starts, stops and removals in %s", lasted)
}
