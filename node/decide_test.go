package node_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/pod"
)

// TestDecideAnything decides on nodes and observations of all kinds, of which
// many cannot be. See decideAndCheck for what holds.
func TestDecideAnything(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(texts ...string) string { return texts[random.IntN(len(texts))] }
	moment := func() time.Time {
		if random.IntN(4) == 0 {
			return time.Time{}
		}
		return t0.Add(time.Duration(random.IntN(800)-500) * time.Second)
	}
	for range 20_000 {
		n := &node.Node{Meta: labels.Meta{Name: "n1", Labels: labels.Set{node.ZoneLabel: pick("a", "b")}}}
		n.Status.Phase = node.Phase(pick("", "Pending", "Running", "Running", "Terminated", "Gone"))
		if random.IntN(4) == 0 {
			n.DeletionTimestamp = moment()
		}
		for range random.IntN(3) {
			n.Status.SetCondition(node.Condition{
				Type: node.ConditionType(pick("Ready", "Reachable", "Checked", "Other")), Status: "True",
				Reason: pick("x", node.NodeStatusUnknown), Message: pick("", "m"),
			}, moment())
		}
		o := node.Observation{
			Since: t0.Add(-time.Duration(random.IntN(500)) * time.Second), Heard: moment(), Passed: moment(), Failure: pick("", "f"), Unhealthy: pick("", "", "u"),
			Invalid: pick("", "", "i"), Pods: random.IntN(2),
		}
		for range random.IntN(3) {
			o.Reported = append(o.Reported, node.Condition{
				Type: node.ConditionType(pick("DiskPressure", "Other", "Ready")), Status: pod.ConditionStatus(pick("True", "False")), Reason: pick("x", "y"),
			})
		}
		if n.Status.Phase == "Gone" { // conditions are left alone with it
			n.Status.Conditions = nil
		}
		decideAndCheck(t, n, o, node.Rules{}, t0)
	}
}

// TestNodesAndZones plays clusters of nodes that fall silent, are unwell, come
// back, and an orchestrator that is started anew, and gives all to Zones. A
// node is given up only if it is lost, no node that is well ever is, and once
// all is well nobody is left out.
func TestNodesAndZones(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 11))
			c := &cluster{now: t0, zones: &node.Zones{}}
			for i := range 12 {
				n := &node.Node{Meta: labels.Meta{Name: fmt.Sprint("n", i), Labels: labels.Set{node.ZoneLabel: string(rune('a' + i%3))}}}
				c.nodes = append(c.nodes, n)
				c.seen = append(c.seen, node.Observation{Since: c.now})
				c.down = append(c.down, "")
			}
			for range 600 {
				switch i := random.IntN(len(c.nodes)); random.IntN(40) {
				case 0, 1:
					c.down[i] = "silent"
				case 2:
					c.down[i] = "unwell"
				case 3, 4:
					c.down[i] = ""
				case 5:
					c.restart()
				}
				c.step(t)
			}
			for i := range c.down {
				c.down[i] = ""
			}
			c.step(t)
			for _, n := range c.nodes {
				require.True(t, n.Schedulable(), "%s: %s", n.Name, n.Refusal())
				require.False(t, c.zones.Evicted(n.Name))
			}
		})
	}
}

// cluster is nodes, and what is known of them.
type cluster struct {
	now   time.Time
	nodes []*node.Node
	seen  []node.Observation
	down  []string
	zones *node.Zones
}

// restart forgets all that is not written.
func (c *cluster) restart() {
	c.zones = &node.Zones{}
	for i := range c.seen {
		c.seen[i] = node.Observation{Since: c.now}
		c.seen[i].Unwell, c.seen[i].Silent = c.nodes[i].Unwell(node.Rules{})
	}
}

// step lets 10 s pass: every node is checked and decided on.
func (c *cluster) step(t *testing.T) {
	c.now = c.now.Add(10 * time.Second)
	lost := map[string]bool{}
	for i, n := range c.nodes {
		o := &c.seen[i]
		switch c.down[i] {
		case "":
			o.Heard, o.Passed, o.Unhealthy = c.now, c.now, ""
		case "unwell":
			o.Heard, o.Unhealthy = c.now, "503"
		}
		d := decideAndCheck(t, n, *o, node.Rules{}, c.now)
		next := *n
		next.Status = d.Status
		c.nodes[i] = &next
		lost[n.Name] = d.Lost != ""
		c.zones.Set(n.Name, d.Standing, c.now)
	}
	for _, name := range c.zones.Evict(node.Rules{}, c.now).Nodes {
		require.True(t, lost[name], "%s is given up and not lost", name)
	}
}

// A node that is well, and one that was lost long ago, cost little.
func TestDecideAllocations(t *testing.T) {
	n, o, now := well()
	require.Zero(t, testing.AllocsPerRun(100, func() { node.Decide(n, o, node.Rules{}, now) }))
	require.Zero(t, testing.AllocsPerRun(100, func() { node.Rules{}.NextCheck(n.Name, now) }))
	var z node.Zones
	d := node.Decide(n, o, node.Rules{}, now)
	z.Set(n.Name, d.Standing, now)
	z.Evict(node.Rules{}, now)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		z.Set(n.Name, d.Standing, now)
		z.Evict(node.Rules{}, now)
	}))
}

// well returns a node that is, and what is heard of it.
func well() (*node.Node, node.Observation, time.Time) {
	n := full()
	n.Status.Conditions = nil
	o := node.Observation{Since: t0, Heard: t0}
	n.Status = node.Decide(n, o, node.Rules{}, t0).Status
	o.Heard = t0.Add(10 * time.Second)
	return n, o, t0.Add(12 * time.Second)
}

// TestNextCheck asks that every node has its turn once in a period, that turns
// are spread over it, and that a turn is never now.
func TestNextCheck(t *testing.T) {
	const nodes = 5000
	var buckets [100]int
	for i := range nodes {
		name := fmt.Sprint("node-", i)
		at := node.Rules{}.NextCheck(name, t0)
		require.True(t, at.After(t0))
		require.LessOrEqual(t, at.Sub(t0), 10*time.Second)
		require.Equal(t, at.Add(10*time.Second), node.Rules{}.NextCheck(name, at))
		require.Equal(t, at, node.Rules{}.NextCheck(name, at.Add(-time.Nanosecond)))
		buckets[(at.Sub(t0)-1)/(100*time.Millisecond)]++
	}
	for i, n := range buckets {
		require.InDelta(t, nodes/len(buckets), n, 30, "between %d and %d ms", i*100, i*100+100)
	}
	at := node.Rules{CheckPeriod: time.Second}.NextCheck("n", time.Unix(-100, 5))
	require.True(t, at.After(time.Unix(-100, 5)) && !at.After(time.Unix(-99, 5)), at)
}

func TestFault(t *testing.T) {
	for _, tt := range []struct {
		change func(*node.Node)
		want   string
	}{
		{func(*node.Node) {}, ""},
		{func(n *node.Node) { n.Status.Capacity, n.Status.Allocatable = nil, nil }, ""},
		{func(n *node.Node) { n.Status.Allocatable = amounts("cpu", "0") }, `status.capacity[cpu]: "0": must be above 0`},
		{func(n *node.Node) { n.Status.Capacity = amounts("pods", "0", "memory", "0", "example.com/gpu", "0") }, `status.capacity[memory]: "0": must be above 0; status.capacity[pods]: "0": must be above 0`},
		{func(n *node.Node) { n.Name = "N" }, `metadata.name: "N": must be made of lower-case letters, digits, '-' and '.', not 'N' (character 1)`},
	} {
		n := full()
		tt.change(n)
		require.Equal(t, tt.want, n.Fault())
	}
}

func TestHealthURL(t *testing.T) {
	for url, valid := range map[string]bool{
		"http://n1:10248/healthz": true, "https://10.0.0.1": true, "http://[fd00::1]:1/": true, "http://[fd00::1]/x": true, "http://N1.example?x=1": true, "http://n1#a": true,
		"": false, "n1": false, "/healthz": false, "ftp://n1": false, "http://": false, "http:///x": false, "http://n 1": false, "http://n1:0": false, "http://n1:65536": false, "http://n1:": false,
		"http://n1:1x": false, "http://[fd00::1": false, "http://[n1]": false, "http://fd00::1": false, "http://user@n1": false, "http://n1/ä": false, "http://n1:99999999999999999999": false,
	} {
		n := full()
		n.Annotations = map[string]string{node.HealthURLAnnotation: url}
		require.Equal(t, valid, n.Validate() == nil, url)
		require.Equal(t, url, n.HealthURL())
	}
}

func TestInstanceCopyIsDeep(t *testing.T) {
	requireDeepCopy(t, func(i *node.Instance) *node.Instance { c := i.Copy(); return &c })
}
