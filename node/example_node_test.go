package node_test

import (
	"fmt"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/pod"
)

// machine is a running node of four cores.
func machine() *node.Node {
	return &node.Node{
		Meta: labels.Meta{Name: "node-1"},
		Status: node.Status{
			Capacity:   pod.Resources{pod.CPU: pod.MustParseQuantity("4"), pod.Memory: pod.MustParseQuantity("8Gi")},
			Phase:      node.Running,
			Conditions: []node.Condition{{Type: node.Ready, Status: pod.True}},
		},
	}
}

func ExampleNode_Free() {
	n := machine()
	free := n.Free(pod.Resources{pod.CPU: pod.MustParseQuantity("3900m")})
	fmt.Println(free)
	fmt.Println(pod.Resources{pod.CPU: pod.MustParseQuantity("250m")}.Fits(free))
	// Output:
	// cpu=100m,memory=8Gi
	// false
}

func ExampleNode_Allocatable() {
	n := machine()
	n.Status.Allocatable = pod.Resources{pod.CPU: pod.MustParseQuantity("3500m")}
	fmt.Println(n.Allocatable())
	// Output: cpu=3500m,memory=8Gi
}

func ExampleNode_Schedulable() {
	n := machine()
	fmt.Println(n.Schedulable())
	n.Spec.Unschedulable = true
	fmt.Println(n.Schedulable())
	// Output:
	// true
	// false
}

func ExampleNode_Refusal() {
	n := machine()
	n.Spec.Unschedulable = true
	fmt.Println(n.Refusal())
	// Output: cordoned
}

func ExampleNode_Untolerated() {
	n := machine()
	n.Spec.Taints = []node.Taint{{Key: "gpu", Effect: pod.NoSchedule}}
	fmt.Println(n.Untolerated(nil))
	fmt.Println(n.Untolerated([]pod.Toleration{{Key: "gpu", Operator: pod.TolerationExists}}))
	// Output:
	// gpu:NoSchedule true
	// : false
}

func ExampleTaint_Tolerated() {
	t := node.Taint{Key: "team", Value: "red", Effect: pod.NoSchedule}
	fmt.Println(t.Tolerated([]pod.Toleration{{Key: "team", Value: "red"}}), t.Tolerated([]pod.Toleration{{Key: "team", Value: "blue"}}))
	// Output: true false
}

func ExampleTaint_String() {
	fmt.Println(node.Taint{Key: "team", Value: "red", Effect: pod.NoSchedule}.String())
	// Output: team=red:NoSchedule
}

func ExampleNode_Address() {
	n := machine()
	n.Name = "192.0.2.7"
	fmt.Println(n.Address())
	n.Status.Addresses = []node.Address{{Type: node.ExternalIP, Address: "192.0.2.1"}, {Type: node.InternalIP, Address: "10.0.0.1"}}
	fmt.Println(n.Address())
	// Output:
	// 192.0.2.7
	// 10.0.0.1
}

func ExamplePhase_CanBecome() {
	fmt.Println(node.Pending.CanBecome(node.Running), node.Terminated.CanBecome(node.Running))
	// Output: true false
}

func ExampleStatus_Become() {
	n := machine()
	fmt.Println(n.Status.Become(node.Pending), n.Status.Phase, len(n.Status.Conditions))
	fmt.Println(n.Status.Become(node.Terminated), n.Status.Phase, len(n.Status.Conditions))
	// Output:
	// false Running 1
	// true Terminated 0
}

func ExampleStatus_SetCondition() {
	now := time.Date(2015, 7, 21, 12, 0, 0, 0, time.UTC)
	var s node.Status
	fmt.Println(s.SetCondition(node.Condition{Type: node.Ready, Status: pod.True}, now))
	fmt.Println(s.SetCondition(node.Condition{Type: node.Ready, Status: pod.True}, now.Add(time.Minute)))
	c := s.Condition(node.Ready)
	fmt.Println(c.LastTransitionTime.Format(time.TimeOnly), c.LastHeartbeatTime.Format(time.TimeOnly))
	// Output:
	// true
	// false
	// 12:00:00 12:01:00
}

func ExampleStatus_Condition() {
	s := node.Status{Conditions: []node.Condition{{Type: node.Ready, Status: pod.Unknown, Reason: "NodeStatusUnknown"}}}
	fmt.Println(s.Condition(node.Ready).Reason, s.Condition(node.Reachable) == nil)
	// Output: NodeStatusUnknown true
}

func ExampleStatus_Is() {
	fmt.Println(machine().Status.Is(node.Ready), machine().Status.Is(node.Reachable))
	// Output: true false
}

func ExampleStatus_ValidateUpdate() {
	old := node.Status{Phase: node.Terminated}
	s := node.Status{Phase: node.Running}
	fmt.Println(s.ValidateUpdate(&old))
	// Output: status.phase: "Running": cannot follow Terminated: a node's phase never goes back
}

func ExampleNode_Default() {
	n := &node.Node{Meta: labels.Meta{Name: "node-1"}}
	n.Default()
	fmt.Println(n.Status.Phase)
	// Output: Pending
}

func ExampleNode_Validate() {
	n := machine()
	n.Status.Addresses = []node.Address{{Type: node.InternalIP, Address: "node-1.internal"}}
	fmt.Println(n.Validate())
	// Output: status.addresses[0].address: "node-1.internal": must be an IP address
}

func ExampleNode_ValidateUpdate() {
	old := machine()
	old.Spec.ProviderID = "cloud://1"
	n := old.Copy()
	n.Spec.ProviderID = "cloud://2"
	fmt.Println(n.ValidateUpdate(old))
	// Output: spec.providerID: "cloud://2": must stay "cloud://1"
}

func ExampleNode_Copy() {
	stored := machine()
	n := stored.Copy()
	n.Spec.Unschedulable = true
	fmt.Println(stored.Spec.Unschedulable)
	// Output: false
}

func ExampleSpec_Copy() {
	s := node.Spec{Taints: []node.Taint{{Key: "gpu"}}}
	own := s.Copy()
	own.Taints[0].Key = "other"
	fmt.Println(s.Taints[0].Key)
	// Output: gpu
}

func ExampleStatus_Copy() {
	s := machine().Status
	own := s.Copy()
	own.Capacity[pod.CPU] = pod.MustParseQuantity("8")
	fmt.Println(s.Capacity)
	// Output: cpu=4,memory=8Gi
}
