package node_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/pod"
)

// full is a valid node that uses everything.
func full() *node.Node {
	return &node.Node{
		Meta: labels.Meta{Name: "node-1", Labels: labels.Set{"disk": "ssd"}},
		Spec: node.Spec{
			Taints:     []node.Taint{{Key: "a", Effect: pod.NoSchedule}, {Key: "a", Value: "b", Effect: pod.NoExecute}},
			ProviderID: "cloud://1", PodCIDR: "10.1.0.0/24",
		},
		Status: node.Status{
			Capacity:    amounts("cpu", "4", "memory", "8Gi", "pods", "110", "example.com/gpu", "1"),
			Allocatable: amounts("cpu", "3500m", "ephemeral-storage", "1Gi"),
			Phase:       node.Running,
			Conditions:  []node.Condition{{Type: node.Ready, Status: pod.True}, {Type: node.Reachable, Status: pod.True}},
			Addresses: []node.Address{
				{Type: node.InternalIP, Address: "10.0.0.1"}, {Type: node.InternalIP, Address: "fd00::1"}, {Type: node.ExternalIP, Address: "192.0.2.1"},
				{Type: node.Hostname, Address: "box"}, {Type: node.Hostname, Address: "10.0.0.1"}, {Type: node.InternalDNS, Address: "box.internal"}, {Type: node.ExternalDNS, Address: "box.example.com"},
			},
		},
	}
}

func TestValidateTakes(t *testing.T) {
	require.NoError(t, full().Validate())
	require.NoError(t, (&node.Node{Meta: labels.Meta{Name: "127.0.0.1"}}).Validate())
}

func TestValidateRefuses(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*node.Node)
		errs   []string
	}{
		{"identity", func(n *node.Node) { n.Name, n.Namespace = "Node", "default" }, []string{`metadata.name: "Node": must be`, `metadata.namespace: "default": must be empty`}},
		{"taints", func(n *node.Node) {
			n.Spec.Taints = []node.Taint{{}, {Key: "-", Value: "-", Effect: "No"}, {Key: "a", Effect: pod.NoSchedule}, {Key: "a", Value: "b", Effect: pod.NoSchedule}}
		}, []string{
			"spec.taints[0].key: must not be empty", "spec.taints[0].effect: must be NoSchedule, PreferNoSchedule or NoExecute", `spec.taints[1].key: "-": must begin`, `spec.taints[1].value: "-": must begin`,
			`spec.taints[1].effect: "No": must be`, `spec.taints[3]: "a=b:NoSchedule": must be unique: spec.taints[2] has the same key and effect`,
		}},
		{"cidr", func(n *node.Node) { n.Spec.PodCIDR = "10.1.0.0" }, []string{`spec.podCIDR: "10.1.0.0": must be a range of addresses`}},
		{"resources", func(n *node.Node) {
			n.Status.Capacity, n.Status.Allocatable = amounts("cpu", "-1", "gpu", "1", "a.b/gpu", "1500m"), amounts("cpu", "1", "memory", "-1", "a.b/gpu", "1")
		}, []string{
			`status.capacity[a.b/gpu]: "1500m": must be a whole number: so many devices`, `status.capacity[cpu]: "-1": must not be negative`, `status.capacity[gpu]: "gpu": must be cpu, memory`, `status.allocatable[memory]: "-1": must not be negative`, `status.allocatable[cpu]: "1": must not exceed the capacity, which is -1`,
		}},
		{"phase", func(n *node.Node) { n.Status.Phase = "Gone" }, []string{`status.phase: "Gone": must be Pending, Running or Terminated`}},
		{"conditions", func(n *node.Node) {
			n.Status.Conditions = []node.Condition{{}, {Type: node.Ready, Status: "Yes"}, {Type: node.Ready, Status: pod.True}}
		}, []string{
			"status.conditions[0].type: must be given", "status.conditions[0].status: must be True, False or Unknown", `status.conditions[1].status: "Yes": must be`, `status.conditions[2].type: "Ready": must be unique: status.conditions[1] has it`,
		}},
		{"addresses", func(n *node.Node) {
			n.Status.Addresses = []node.Address{
				{}, {Type: "Mail", Address: "x"}, {Type: node.InternalIP}, {Type: node.InternalIP, Address: "box"}, {Type: node.ExternalIP, Address: "fe80::1%eth0"}, {Type: node.ExternalIP, Address: "0.0.0.0"},
				{Type: node.InternalIP, Address: "224.0.0.1"}, {Type: node.InternalIP, Address: "10.0.0.256"}, {Type: node.Hostname, Address: "Box_1"}, {Type: node.InternalDNS, Address: "fd00::1"}, {Type: node.ExternalDNS},
				{Type: node.InternalIP, Address: "10.0.0.1"}, {Type: node.ExternalIP, Address: "10.0.0.1"}, {Type: node.InternalIP, Address: "10.0.0.1"},
			}
		}, []string{
			"status.addresses[0].type: must be Hostname, InternalIP, ExternalIP, InternalDNS, ExternalDNS or DynamicIP", `status.addresses[1].type: "Mail": must be`, "status.addresses[2].address: must be an IP address",
			`status.addresses[3].address: "box": must be an IP address`, `status.addresses[4].address: "fe80::1%eth0": must not have a zone`, `status.addresses[5].address: "0.0.0.0": must be the address of one machine`,
			`status.addresses[6].address: "224.0.0.1": must be the address of one machine`, `status.addresses[7].address: "10.0.0.256": must be an IP address`, `status.addresses[8].address: "Box_1": must be`,
			`status.addresses[9].address: "fd00::1": must be`, "status.addresses[10].address: must not be empty", `status.addresses[13]: "10.0.0.1": must be unique: status.addresses[11] is the same`,
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n := full()
			tt.change(n)
			requireFieldErrors(t, n.Validate(), tt.errs)
		})
	}
}

// requireFieldErrors fails unless err consists of errors that contain the wanted texts, in that order.
func requireFieldErrors(t *testing.T, err error, want []string) {
	t.Helper()
	var errs labels.FieldErrors
	require.ErrorAs(t, err, &errs)
	require.Len(t, errs, len(want), err)
	for i, e := range errs {
		require.Contains(t, e.Error(), want[i])
	}
}

func TestValidateUpdate(t *testing.T) {
	n, old := full(), full()
	require.NoError(t, n.ValidateUpdate(old))
	old.Spec.ProviderID, old.Spec.PodCIDR = "", ""
	n.Labels, n.Spec.Taints, n.Spec.Unschedulable, n.Status = nil, nil, true, node.Status{}
	require.NoError(t, n.ValidateUpdate(old), "given once, and the rest is free")

	old = full()
	n.Name, n.UID, n.Spec.ProviderID, n.Spec.PodCIDR = "x", "y", "", "10.2.0.0/24"
	requireFieldErrors(t, n.ValidateUpdate(old), []string{
		`metadata.name: "x": must stay "node-1"`, `metadata.uid: "y"`, `spec.providerID: must stay "cloud://1"`, `spec.podCIDR: "10.2.0.0/24": must stay "10.1.0.0/24"`,
	})
}

func BenchmarkNode(b *testing.B) {
	n := full()
	used := amounts("cpu", "1", "memory", "1Gi")
	tolerations := []pod.Toleration{{Operator: pod.TolerationExists}}
	for _, bench := range []struct {
		name string
		run  func()
	}{
		{"Copy", func() { n.Copy() }},
		{"Free", func() { n.Free(used) }},
		{"Untolerated", func() { n.Untolerated(tolerations) }},
		{"Schedulable", func() { n.Schedulable() }},
		{"Validate", func() { n.Validate() }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				bench.run()
			}
		})
	}
}
