package orchtest

import (
	"testing"

	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/scheduler"
	"github.com/coracle-dev/coracle/pod"
)

// SchedulerHarness is what the suite has to know about a scheduler.
type SchedulerHarness struct {
	// New returns a scheduler that was never asked anything. It is called several
	// times in every test. Required.
	New func(t *testing.T) scheduler.Scheduler

	// Node returns the i'th node, from 0: each has another name, takes pods (see
	// node.Node's Refusal), and is new at every call. The suite has them cordoned and
	// tainted at times. Default: nodes of several sizes, in two zones, some with GPUs.
	Node func(i int) *node.Node
	// Pod returns the i'th pod, from 0: each has another name and UID, and is new at
	// every call. The suite makes more of each, as a controller does, and gives
	// some a priority. Where there is nothing but eight nodes that come one after the
	// other, all empty, the scheduler takes one of them for the pod. Default: pods
	// that want all kinds of things.
	Pod func(i int) *pod.Pod
	// Fits says which nodes may be chosen for a pod: those for which it returns the zero
	// Reason. The scheduler need not take each of them. Default: the Fits of the
	// zero scheduler.Policy, so that a node takes pods, has what the pod asks for, and
	// has it left. Set it for a scheduler that sees one of these in another way.
	Fits func(r *scheduler.Request, n *scheduler.Candidate) scheduler.Reason
	// Alone says that it can't decide about two clusters at the same time. Then nobody
	// may have it decide for a Fork of a cluster, and that is not tested.
	Alone bool
}

// Scheduler runs the conformance suite of schedulers, a subtest for each promise.
func Scheduler(t *testing.T, h SchedulerHarness) {
	t.Helper()
	if h.New == nil {
		t.Fatal("orchtest: New of the harness is required")
	}
	if h.Node == nil {
		h.Node = anyNode
	}
	if h.Pod == nil {
		h.Pod = anyPod
	}
	overcommits := h.Fits != nil // as far as the suite knows
	if h.Fits == nil {
		h.Fits = new(scheduler.Policy).Fits
	}
	for _, test := range schedulerTests {
		if test.needs != nil && !test.needs(&h, h.New(t)) {
			t.Logf("%s is not tested: the harness, or the scheduler, has nothing for it", test.name)
			continue
		}
		t.Run(test.name, func(t *testing.T) { test.run(newYard(t, &h, overcommits, 1)) })
	}
}

// schedulerTest is one promise of a scheduler.
type schedulerTest struct {
	name  string
	needs func(h *SchedulerHarness, s scheduler.Scheduler) bool // nil: nothing beyond what is required
	run   func(y *yard)
}

var schedulerTests = []schedulerTest{
	{name: "NoNodes", run: noNodes},
	{name: "TakesOneThatFits", run: takesOneThatFits},
	{name: "DevicesAreFree", run: devicesAreFree},
	{name: "RefusesWhatFitsNowhere", run: refusesWhatFitsNowhere},
	{name: "AskedTwice", run: askedTwice},
	{name: "OrderDoesNotMatter", run: orderDoesNotMatter},
	{name: "HistoryDoesNotMatter", run: historyDoesNotMatter},
	{name: "LeavesThePod", run: leavesThePod},
	{name: "LeavesTheCluster", run: leavesTheCluster},

	{name: "NodesCome", run: nodesCome},
	{name: "NodesAreBack", run: nodesAreBack},
	{name: "PodsGo", run: podsGo},

	{name: "Fork", run: forkIsTheSame},
	{name: "ForksAtOnce", run: forksAtOnce, needs: func(h *SchedulerHarness, _ scheduler.Scheduler) bool { return !h.Alone }},

	{name: "GroupIsAlike", run: groupIsAlike, needs: is[scheduler.Grouper]},
	{name: "GroupStaysAlike", run: groupStaysAlike, needs: is[scheduler.Grouper]},
	{name: "PreemptMakesRoom", run: preemptMakesRoom, needs: is[scheduler.Preempter]},
	{name: "PreemptWaits", run: preemptWaits, needs: is[scheduler.Preempter]},
	{name: "PreemptSparesEquals", run: preemptSparesEquals, needs: is[scheduler.Preempter]},
	{name: "PreemptInVain", run: preemptInVain, needs: is[scheduler.Preempter]},
	{name: "ExplainEveryNode", run: explainEveryNode, needs: is[scheduler.Explainer]},

	{name: "Engine", run: engineRuns},
	{name: "EngineTwice", run: engineTwice},
}

func is[T scheduler.Scheduler](_ *SchedulerHarness, s scheduler.Scheduler) bool {
	_, ok := s.(T)
	return ok
}
