package orchtest

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/pod"
)

// RuntimeHarness is what the suite has to know about a runtime.
type RuntimeHarness struct {
	// New returns a runtime that runs nothing. It is called once in every test,
	// and cleans up with t.Cleanup. Required.
	New func(t *testing.T) orchestrator.Runtime
	// Forever returns a container that runs until it is stopped, and ends soon
	// when it is asked to. Once it has told the system what SIGTERM means to it, it
	// says a line on its standard output: the suite waits for that before it stops
	// it, with the logs of an orchestrator.Logger. Where the runtime is none, a
	// container must be as far when its Start returns. Required.
	Forever func(name string) pod.Container
	// Exits returns a container that exits with the code soon after its start. Required.
	Exits func(name string, code int) pod.Container
	// Stubborn returns a container that runs until it is killed: it ignores
	// SIGTERM, and says a line once it does, as Forever. Required.
	Stubborn func(name string) pod.Container

	// Reopen returns a new instance on the state of an old one, as a host
	// program does that crashed and was started again. The old instance is not
	// used any more. nil: recovery is not tested.
	Reopen func(t *testing.T, old orchestrator.Runtime) orchestrator.Runtime
	// Missing returns a container that can not be started: there is no such
	// image, or no such program. nil: not tested.
	Missing func(name string) pod.Container
	// OOM returns a container that soon is killed for want of memory. nil: not tested.
	OOM func(name string) pod.Container
	// Kill kills what runs of the attempt from outside, with SIGKILL and
	// without the runtime's help. nil: not tested.
	Kill func(t *testing.T, r orchestrator.Runtime, c orchestrator.ContainerState)

	// Says returns a container that says the lines, one after the other, on its
	// standard output, or its standard error where a line begins with "!"; then it
	// exits with the code, or runs until it is stopped where that is negative.
	// nil: logs are not tested.
	Says func(name string, code int, lines ...string) pod.Container
	// LastWords returns a container that leaves the text as the message of its
	// end, and exits with the code. nil: not tested.
	LastWords func(name, text string, code int) pod.Container
	// Command returns a command that can be run in Forever and does what the words
	// say: "exit" and a code; "say" or "complain" and a word, which it writes to its
	// standard output or error; "echo", which copies its input to its output; "hang", until
	// it is killed. nil: commands and probes are not tested.
	Command func(words ...string) []string
	// Reads returns a container with Stdin and StdinOnce that copies its input to
	// its output, and ends with it. nil: not tested.
	Reads func(name string) pod.Container
	// Serves returns a container that answers HTTP with the text at that port of
	// the pod's address. nil: connections are not tested.
	Serves func(name string, port int, text string) pod.Container

	// Pod changes a pod before it is first used: whatever the runtime wants of
	// it besides a name, a UID and containers. nil: nothing.
	Pod func(p *pod.Pod)
	// Soon is how long anything may take that should be quick. It is the limit
	// of a test that fails, not the length of one that passes. Default: a minute.
	Soon time.Duration
	// NoAddress says that pods have no addresses of their own.
	NoAddress bool
	// Parallel runs the tests beside each other: the functions above are then
	// called by several at a time.
	Parallel bool
	// Virtual runs each test in a testing/synctest bubble: for runtimes whose
	// only time is that of package time.
	Virtual bool
}

// Runtime runs the conformance suite of runtimes, a subtest for each promise.
func Runtime(t *testing.T, h RuntimeHarness) {
	t.Helper()
	if h.New == nil || h.Forever == nil || h.Exits == nil || h.Stubborn == nil {
		t.Fatal("orchtest: New, Forever, Exits and Stubborn of the harness are required")
	}
	if h.Soon <= 0 {
		h.Soon = time.Minute
	}
	for _, test := range runtimeTests {
		if test.needs != nil && !test.needs(&h) {
			t.Logf("%s is not tested: the harness has nothing for it", test.name)
			continue
		}
		run := func(t *testing.T) {
			test.run(&bench{T: t, h: &h, r: h.New(t)})
		}
		t.Run(test.name, func(t *testing.T) {
			if h.Parallel {
				t.Parallel()
			}
			if h.Virtual {
				synctest.Test(t, run)
			} else {
				run(t)
			}
		})
	}
}

// runtimeTest is one promise of a runtime.
type runtimeTest struct {
	name  string
	needs func(h *RuntimeHarness) bool // nil: nothing beyond what is required
	run   func(b *bench)
}

var runtimeTests = []runtimeTest{
	{name: "StartShowsRunning", run: startShowsRunning},
	{name: "StartTwiceRunsOnce", run: startTwiceRunsOnce},
	{name: "StartDoesNotRepeatEnded", run: startDoesNotRepeatEnded},
	{name: "ExitCodes", run: exitCodes},
	{name: "EndedStaysListed", run: endedStaysListed},
	{name: "StartMissing", run: startMissing, needs: func(h *RuntimeHarness) bool { return h.Missing != nil }},
	{name: "OutOfMemory", run: outOfMemory, needs: func(h *RuntimeHarness) bool { return h.OOM != nil }},
	{name: "KilledFromOutside", run: killedFromOutside, needs: func(h *RuntimeHarness) bool { return h.Kill != nil }},

	{name: "StopIsPolite", run: stopIsPolite},
	{name: "StopIsIdempotent", run: stopIsIdempotent},
	{name: "StopKillsAfterGrace", run: stopKillsAfterGrace},
	{name: "StopWithoutGraceKills", run: stopWithoutGraceKills},
	{name: "StopEndsOneAttempt", run: stopEndsOneAttempt},
	{name: "StopUnknown", run: stopUnknown},

	{name: "RestartIsNewAttempt", run: restartIsNewAttempt},
	{name: "OldAttemptIsHarmless", run: oldAttemptIsHarmless},

	{name: "RemoveKillsAndForgets", run: removeKillsAndForgets},
	{name: "RemoveIsIdempotent", run: removeIsIdempotent},
	{name: "RemoveDoesNotWaitForGrace", run: removeDoesNotWait},
	{name: "RemoveLeavesOthers", run: removeLeavesOthers},
	{name: "SameNameOtherUID", run: sameNameOtherUID},

	{name: "ListIsACopy", run: listIsACopy},
	{name: "ContextEndsCalls", run: contextEndsCalls},
	{name: "ContextEndsStop", run: contextEndsStop},
	{name: "ConcurrentPods", run: concurrentPods},
	{name: "Hints", run: hints},
	{name: "ReportIsIdempotent", run: reportIsIdempotent},
	{name: "AddressIsThePods", run: addressIsThePods, needs: hasAddress},
	{name: "AddressSurvivesRestart", run: addressSurvivesRestart, needs: hasAddress},

	{name: "LogsSayWhatWasSaid", run: logsSayWhatWasSaid, needs: hasLogs},
	{name: "LogsOfEachStream", run: logsOfEachStream, needs: hasLogs},
	{name: "LogsTail", run: logsTail, needs: hasLogs},
	{name: "LogsLimit", run: logsLimit, needs: hasLogs},
	{name: "LogsTimes", run: logsTimes, needs: hasLogs},
	{name: "LogsOfAttempts", run: logsOfAttempts, needs: hasLogs},
	{name: "LogsFollow", run: logsFollow, needs: hasLogs},
	{name: "LogsFollowEndsWithContext", run: logsFollowEndsWithContext, needs: hasLogs},
	{name: "LogsRecover", run: logsRecover, needs: func(h *RuntimeHarness) bool { return hasLogs(h) && canReopen(h) }},

	{name: "LastWords", run: lastWords, needs: func(h *RuntimeHarness) bool { return h.LastWords != nil }},
	{name: "LastWordsOfLogs", run: lastWordsOfLogs, needs: hasLogs},

	{name: "ProbeTellsSuccess", run: probeTellsSuccess, needs: hasCommands},
	{name: "ProbeEndsWithContext", run: probeEndsWithContext, needs: hasCommands},
	{name: "ExecCodes", run: execCodes, needs: hasCommands},
	{name: "ExecStreams", run: execStreams, needs: hasCommands},
	{name: "ExecConcurrent", run: execConcurrent, needs: hasCommands},
	{name: "ExecEndsWithContext", run: execEndsWithContext, needs: hasCommands},
	{name: "ExecNeedsContainer", run: execNeedsContainer, needs: hasCommands},

	{name: "AttachEndsWithContainer", run: attachEndsWithContainer},
	{name: "AttachEndsWithContext", run: attachEndsWithContext},
	{name: "AttachReads", run: attachReads, needs: func(h *RuntimeHarness) bool { return h.Reads != nil }},

	{name: "PortForwardConnects", run: portForwardConnects, needs: func(h *RuntimeHarness) bool { return h.Serves != nil }},
	{name: "PortForwardRefuses", run: portForwardRefuses},
	{name: "StatsOfWhatRuns", run: statsOfWhatRuns},

	{name: "RecoverRunning", run: recoverRunning, needs: canReopen},
	{name: "RecoverEnded", run: recoverEnded, needs: canReopen},
	{name: "RecoverEndUnseen", run: recoverEndUnseen, needs: canReopen},
	{name: "RecoverAddress", run: recoverAddress, needs: func(h *RuntimeHarness) bool { return hasAddress(h) && canReopen(h) }},
}

func hasLogs(h *RuntimeHarness) bool     { return h.Says != nil }
func hasCommands(h *RuntimeHarness) bool { return h.Command != nil }

func hasAddress(h *RuntimeHarness) bool { return !h.NoAddress }
func canReopen(h *RuntimeHarness) bool  { return h.Reopen != nil }
