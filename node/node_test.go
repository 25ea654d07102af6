package node_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/pod"
)

// amounts makes resources of names and quantities in turn.
func amounts(pairs ...string) pod.Resources {
	r := pod.Resources{}
	for i := 0; i < len(pairs); i += 2 {
		r[pod.ResourceName(pairs[i])] = pod.MustParseQuantity(pairs[i+1])
	}
	return r
}

func TestCopyIsDeep(t *testing.T) {
	requireDeepCopy(t, (*node.Node).Copy)
	requireDeepCopy(t, func(s *node.Spec) *node.Spec { c := s.Copy(); return &c })
	requireDeepCopy(t, func(s *node.Status) *node.Status { c := s.Copy(); return &c })
	bare := &node.Node{Status: node.Status{Conditions: []node.Condition{}}}
	require.Equal(t, 1.0, testing.AllocsPerRun(100, func() { bare.Copy() }))
}

func TestAllocatable(t *testing.T) {
	for _, tt := range []struct {
		name                  string
		capacity, allocatable pod.Resources
		want                  string
	}{
		{"nothing", nil, nil, ""},
		{"capacity", amounts("cpu", "4"), nil, "cpu=4"},
		{"both", amounts("cpu", "4"), amounts("cpu", "3"), "cpu=3"},
		{"part", amounts("cpu", "4", "memory", "8Gi"), amounts("cpu", "3"), "cpu=3,memory=8Gi"},
		{"more names", amounts("cpu", "4"), amounts("a.b/gpu", "2"), "a.b/gpu=2,cpu=4"},
		{"only allocatable", nil, amounts("cpu", "3"), "cpu=3"},
	} {
		n := &node.Node{Status: node.Status{Capacity: tt.capacity, Allocatable: tt.allocatable}}
		require.Equal(t, tt.want, n.Allocatable().String(), tt.name)
	}
}

func TestFree(t *testing.T) {
	n := &node.Node{Status: node.Status{Capacity: amounts("cpu", "4", "memory", "8Gi", "a.b/gpu", "1"), Allocatable: amounts("cpu", "3500m")}}
	free := n.Free(amounts("cpu", "4", "memory", "1Gi", "ephemeral-storage", "1Gi"))
	require.Equal(t, "a.b/gpu=1,cpu=-500m,memory=7Gi", free.String())
	clear(free)
	require.Equal(t, "a.b/gpu=1,cpu=3500m,memory=8Gi", n.Free(nil).String(), "the result is the caller's")
	require.True(t, amounts("cpu", "100", "pods", "1").Fits((&node.Node{}).Free(nil)), "what is not listed is not limited")
	require.False(t, amounts("a.b/gpu", "1").Fits((&node.Node{}).Free(nil)), "but for names with a prefix")
}

func TestTolerated(t *testing.T) {
	taint := node.Taint{Key: "a", Value: "b", Effect: pod.NoExecute}
	seconds := int64(0)
	for _, tt := range []struct {
		name      string
		by        pod.Toleration
		tolerated bool
	}{
		{"all", pod.Toleration{Operator: pod.TolerationExists}, true},
		{"all of another effect", pod.Toleration{Operator: pod.TolerationExists, Effect: pod.NoSchedule}, false},
		{"key", pod.Toleration{Key: "a", Operator: pod.TolerationExists}, true},
		{"another key", pod.Toleration{Key: "x", Operator: pod.TolerationExists}, false},
		{"equal", pod.Toleration{Key: "a", Operator: pod.TolerationEqual, Value: "b"}, true},
		{"equal by default", pod.Toleration{Key: "a", Value: "b", Effect: pod.NoExecute}, true},
		{"another value", pod.Toleration{Key: "a", Value: "x"}, false},
		{"no value", pod.Toleration{Key: "a"}, false},
		{"for a time", pod.Toleration{Key: "a", Value: "b", Effect: pod.NoExecute, TolerationSeconds: &seconds}, true},
		{"no key", pod.Toleration{Operator: pod.TolerationEqual, Value: "b"}, false},
		{"unknown operator", pod.Toleration{Key: "a", Operator: "In", Value: "b"}, false},
	} {
		require.Equal(t, tt.tolerated, taint.Tolerated([]pod.Toleration{tt.by}), tt.name)
		require.Equal(t, tt.tolerated, taint.Tolerated([]pod.Toleration{{Key: "other"}, tt.by}), tt.name)
	}
	require.False(t, taint.Tolerated(nil))
	require.Equal(t, "a=b:NoExecute", taint.String())
	require.Equal(t, "a:NoSchedule", node.Taint{Key: "a", Effect: pod.NoSchedule}.String())
}

func TestUntolerated(t *testing.T) {
	soft, hard, drain := node.Taint{Key: "soft", Effect: pod.PreferNoSchedule}, node.Taint{Key: "hard", Effect: pod.NoSchedule}, node.Taint{Key: "drain", Effect: pod.NoExecute}
	n := &node.Node{Spec: node.Spec{Taints: []node.Taint{soft, hard, drain}}}
	taint, found := n.Untolerated(nil)
	require.True(t, found)
	require.Equal(t, hard, taint)
	taint, found = n.Untolerated([]pod.Toleration{{Key: "hard", Operator: pod.TolerationExists}})
	require.True(t, found)
	require.Equal(t, drain, taint)
	_, found = n.Untolerated([]pod.Toleration{{Key: "hard", Operator: pod.TolerationExists}, {Key: "drain", Operator: pod.TolerationExists}})
	require.False(t, found)
	tolerations := []pod.Toleration{{Operator: pod.TolerationExists}}
	require.Zero(t, testing.AllocsPerRun(100, func() { n.Untolerated(tolerations) }))
}

func TestPhases(t *testing.T) {
	phases := []node.Phase{node.Pending, node.Running, node.Terminated}
	for i, from := range phases {
		for j, to := range phases {
			s := node.Status{Phase: from, Conditions: []node.Condition{{Type: node.Ready}, {Type: "DiskPressure"}, {Type: node.Reachable}}}
			legal := j >= i
			require.Equal(t, legal, from.CanBecome(to), "%s to %s", from, to)
			err := (&node.Status{Phase: to}).ValidateUpdate(&s)
			require.Equal(t, legal, err == nil)
			require.Equal(t, legal, s.Become(to))
			switch {
			case !legal:
				require.ErrorContains(t, err, "status.phase: \""+string(to)+"\": cannot follow "+string(from)+": a node's phase never goes back")
				require.Equal(t, from, s.Phase)
				require.Len(t, s.Conditions, 3)
			case to == node.Running:
				require.Equal(t, to, s.Phase)
				require.Len(t, s.Conditions, 3)
			default:
				require.Equal(t, to, s.Phase)
				require.Equal(t, []node.Condition{{Type: "DiskPressure"}}, s.Conditions)
			}
		}
		require.Equal(t, from == node.Pending, from.CanBecome(""), "no phase is Pending")
		require.True(t, node.Phase("").CanBecome(from))
		require.False(t, from.CanBecome("Gone"))
		require.False(t, node.Phase("Gone").CanBecome(from))
	}
}

func TestRefusal(t *testing.T) {
	ready := []node.Condition{{Type: node.Ready, Status: pod.True}}
	for _, tt := range []struct {
		n    node.Node
		want string
	}{
		{node.Node{Status: node.Status{Phase: node.Running, Conditions: ready}}, ""},
		{node.Node{}, "pending"},
		{node.Node{Status: node.Status{Phase: node.Pending, Conditions: ready}}, "pending"},
		{node.Node{Status: node.Status{Phase: node.Running}}, "not ready"},
		{node.Node{Status: node.Status{Phase: node.Running, Conditions: []node.Condition{{Type: node.Ready, Status: pod.Unknown}, {Type: node.Reachable, Status: pod.True}}}}, "not ready"},
		{node.Node{Spec: node.Spec{Unschedulable: true}, Status: node.Status{Phase: node.Running}}, "cordoned"},
		{node.Node{Spec: node.Spec{Unschedulable: true}, Status: node.Status{Phase: node.Terminated, Conditions: ready}}, "terminated"},
		{node.Node{Meta: labels.Meta{DeletionTimestamp: time.Unix(1, 0)}, Status: node.Status{Phase: node.Running, Conditions: ready}}, "deleting"},
	} {
		require.Equal(t, tt.want, tt.n.Refusal())
		require.Equal(t, tt.want == "", tt.n.Schedulable())
	}
}

func TestSetCondition(t *testing.T) {
	first := time.Unix(100, 0).UTC()
	var s node.Status
	step := func(after time.Duration, c node.Condition, changed bool, transition, heartbeat time.Duration) {
		t.Helper()
		require.Equal(t, changed, s.SetCondition(c, first.Add(after)))
		got := *s.Condition(c.Type)
		require.Equal(t, first.Add(transition), got.LastTransitionTime)
		require.Equal(t, first.Add(heartbeat), got.LastHeartbeatTime)
		require.Equal(t, []any{c.Status, c.Reason, c.Message}, []any{got.Status, got.Reason, got.Message})
	}
	require.False(t, s.Is(node.Ready))
	step(0, node.Condition{Type: node.Ready, Status: pod.False}, true, 0, 0)
	step(1, node.Condition{Type: node.Ready, Status: pod.False}, false, 0, 1)
	step(2, node.Condition{Type: node.Ready, Status: pod.False, Message: "x"}, true, 0, 2)
	step(3, node.Condition{Type: node.Ready, Status: pod.True, LastHeartbeatTime: first.Add(9)}, true, 3, 9)
	require.True(t, s.Is(node.Ready))
	step(4, node.Condition{Type: node.Reachable, Status: pod.True}, true, 4, 4)
	require.Len(t, s.Conditions, 2)
}

func TestAddress(t *testing.T) {
	n := &node.Node{Meta: labels.Meta{Name: "10.0.0.9"}}
	require.Equal(t, "10.0.0.9", n.Address(), "without a cloud the name is the address")
	for _, a := range []node.Address{
		{Type: node.Hostname, Address: "box"}, {Type: node.ExternalDNS, Address: "box.example.com"}, {Type: node.ExternalIP, Address: "192.0.2.1"},
		{Type: node.InternalDNS, Address: "box.internal"}, {Type: node.InternalIP, Address: "fd00::1"},
	} {
		n.Status.Addresses = append(n.Status.Addresses, a)
		require.Equal(t, a.Address, n.Address(), "%s comes before those that there were", a.Type)
	}
	n.Status.Addresses = append(n.Status.Addresses, node.Address{Type: node.InternalIP, Address: "10.0.0.1"})
	require.Equal(t, "fd00::1", n.Address(), "the first of a type")
}

func TestDefault(t *testing.T) {
	n := &node.Node{Status: node.Status{Capacity: amounts("cpu", "1")}}
	n.Default()
	require.Equal(t, &node.Node{Status: node.Status{Phase: node.Pending, Capacity: amounts("cpu", "1")}}, n)
	n.Status.Phase = node.Running
	n.Default()
	require.Equal(t, node.Running, n.Status.Phase)
}
