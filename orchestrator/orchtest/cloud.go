package orchtest

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/pod"
)

// CloudHarness is what the suite has to know about a cloud.
type CloudHarness struct {
	// New returns a cloud that has these machines and no others. It is called
	// once in every test, and cleans up with t.Cleanup. A cloud that is an
	// orchestrator.CloudRunner is run by the suite. Required.
	New func(t *testing.T, instances []node.Instance) orchestrator.Cloud

	// Instance returns the i'th machine, from 0, as the cloud lists it: every i
	// has another id and other addresses, and all fields that the cloud fills in
	// are filled in. Default: a machine with every field.
	Instance func(i int) node.Instance
	// Invalid returns the i'th machine with something wrong about it, as the
	// cloud lists it. nil: the cloud can't have one, and it is not tested.
	Invalid func(i int) node.Instance

	// Set makes these the cloud's machines, in place of all that were. The suite
	// adds machines, takes some away, and changes their addresses. nil: the
	// machines never change, and what follows from a change is not tested.
	Set func(t *testing.T, c orchestrator.Cloud, instances []node.Instance)
	// Fail makes every call of Instances fail until mend is called. nil: not tested.
	Fail func(t *testing.T, c orchestrator.Cloud) (mend func())
	// Hang makes no call of Instances return before its context ends, until mend
	// is called. nil: not tested.
	Hang func(t *testing.T, c orchestrator.Cloud) (mend func())
	// Reopen returns a new value for the same cloud, as a host program makes it
	// that was started again. nil: not tested.
	Reopen func(t *testing.T, old orchestrator.Cloud) orchestrator.Cloud

	// Many is how many machines a large cloud has: more than it lists on one
	// page, if it has pages. Default: 1200.
	Many int
	// Soon is how long anything may take that should be quick. It is the limit
	// of a test that fails, not the length of one that passes. Default: a minute.
	Soon time.Duration
	// Virtual runs each test in a testing/synctest bubble: for clouds whose only
	// time is that of package time.
	Virtual bool
}

// Cloud runs the conformance suite of clouds, a subtest for each promise.
func Cloud(t *testing.T, h CloudHarness) {
	t.Helper()
	if h.New == nil {
		t.Fatal("orchtest: New of the harness is required")
	}
	if h.Instance == nil {
		h.Instance = machine
	}
	if h.Many <= 0 {
		h.Many = 1200
	}
	if h.Soon <= 0 {
		h.Soon = time.Minute
	}
	for _, test := range cloudTests {
		if test.needs != nil && !test.needs(&h) {
			t.Logf("%s is not tested: the harness has nothing for it", test.name)
			continue
		}
		run := func(t *testing.T) { test.run(&sky{T: t, h: &h}) }
		t.Run(test.name, func(t *testing.T) {
			if h.Virtual {
				synctest.Test(t, run)
			} else {
				run(t)
			}
		})
	}
}

// cloudTest is one promise of a cloud.
type cloudTest struct {
	name  string
	needs func(h *CloudHarness) bool // nil: nothing beyond what is required
	run   func(s *sky)
}

var cloudTests = []cloudTest{
	{name: "Name", run: cloudName},
	{name: "ListsEverything", run: listsEverything},
	{name: "ListsNothing", run: listsNothing},
	{name: "ListsMany", run: listsMany},
	{name: "ListsTheInvalid", run: listsTheInvalid, needs: func(h *CloudHarness) bool { return h.Invalid != nil }},
	{name: "ListBelongsToTheCaller", run: listBelongsToTheCaller},
	{name: "ListsAtOnce", run: listsAtOnce},
	{name: "ContextHasEnded", run: contextHasEnded},

	{name: "MachinesCome", run: machinesCome, needs: canSet},
	{name: "MachinesGo", run: machinesGo, needs: canSet},
	{name: "TheLastOneGoes", run: theLastOneGoes, needs: canSet},
	{name: "AddressesChange", run: addressesChange, needs: canSet},
	{name: "CloudHints", run: cloudHints, needs: canSet},
	{name: "ChangesUnderCalls", run: changesUnderCalls, needs: canSet},

	{name: "FailureIsNoList", run: failureIsNoList, needs: func(h *CloudHarness) bool { return h.Fail != nil }},
	{name: "ContextEndsInstances", run: contextEndsInstances, needs: func(h *CloudHarness) bool { return h.Hang != nil }},
	{name: "Reopened", run: reopened, needs: func(h *CloudHarness) bool { return h.Reopen != nil }},
}

func canSet(h *CloudHarness) bool { return h.Set != nil }

// machine is the i'th machine where a harness has none of its own.
func machine(i int) node.Instance {
	return node.Instance{
		ID:         fmt.Sprintf("m-%04d", i),
		ProviderID: fmt.Sprintf("orchtest://m-%04d", i),
		Type:       []string{"small", "large"}[i%2],
		Zone:       []string{"zone-a", "zone-b", "zone-c"}[i%3],
		Region:     "region-1",
		Addresses: []node.Address{
			{Type: node.InternalIP, Address: fmt.Sprintf("10.%d.%d.1", i/256, i%256)},
			{Type: node.ExternalIP, Address: fmt.Sprintf("2001:db8::%x", i+1)},
			{Type: node.Hostname, Address: fmt.Sprintf("m-%04d.example.com", i)},
		},
		Capacity: pod.Resources{
			pod.CPU:    pod.NewMilliQuantity(int64(1000*(i%4+1)), pod.DecimalSI),
			pod.Memory: pod.NewQuantity(int64(i%4+1)<<30, pod.BinarySI),
		},
		Labels:    map[string]string{"rack": fmt.Sprint("r", i%5)},
		HealthURL: fmt.Sprintf("http://10.%d.%d.1:10248/healthz", i/256, i%256),
	}
}
