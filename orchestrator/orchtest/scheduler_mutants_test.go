package orchtest_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator/scheduler"
	"github.com/coracle-dev/coracle/pod"
)

// named returns a pod that asks for nothing.
func named(i int) *pod.Pod {
	p := &pod.Pod{Meta: labels.Meta{Namespace: labels.DefaultNamespace, Name: fmt.Sprint("p-", i), UID: fmt.Sprint("p-", i)}}
	p.Spec.Containers = []pod.Container{{Name: "main", Image: "main:1"}}
	return p
}

// ofRank returns a pod that is p with another priority.
func ofRank(p *pod.Pod, rank int32) *pod.Pod {
	other := *p
	other.Spec.Priority = &rank
	return &other
}

func last(text string) byte { return text[len(text)-1] }

func sameNode(a, b *scheduler.Candidate) bool { return a.Node == b.Node }

var schedulerMutants = map[string]schedulerMutant{
	"none": {},

	"takes a node that is full": {
		fails: []string{"TakesOneThatFits", "RefusesWhatFitsNowhere", "Engine"},
		pick: func(d *defectiveScheduler, p *pod.Pod, c *scheduler.Cluster) scheduler.Decision {
			picked := d.Policy.Pick(p, c)
			for n := range c.Nodes() {
				if picked.Node == "" && len(scheduler.NewRequest(p).Demands()) == 0 {
					return scheduler.Decision{Node: n.Node.Name, Nodes: c.Len()}
				}
			}
			return picked
		},
	},
	"invents a node": {
		fails: []string{"NoNodes", "RefusesWhatFitsNowhere", "Engine"},
		pick: func(d *defectiveScheduler, p *pod.Pod, c *scheduler.Cluster) scheduler.Decision {
			picked := d.Policy.Pick(p, c)
			if picked.Node == "" {
				return scheduler.Decision{Node: "another", Nodes: c.Len()}
			}
			return picked
		},
	},
	"does not count the nodes": {
		fails: []string{"TakesOneThatFits"},
		pick: func(d *defectiveScheduler, p *pod.Pod, c *scheduler.Cluster) scheduler.Decision {
			picked := d.Policy.Pick(p, c)
			picked.Nodes = min(picked.Nodes, 1)
			return picked
		},
	},
	"does not say why": {
		fails: []string{"RefusesWhatFitsNowhere"},
		pick: func(d *defectiveScheduler, p *pod.Pod, c *scheduler.Cluster) scheduler.Decision {
			picked := d.Policy.Pick(p, c)
			picked.Refused = nil
			return picked
		},
	},
	"names the rarest reason first": {
		fails: []string{"RefusesWhatFitsNowhere"},
		pick: func(d *defectiveScheduler, p *pod.Pod, c *scheduler.Cluster) scheduler.Decision {
			picked := d.Policy.Pick(p, c)
			slices.Reverse(picked.Refused)
			return picked
		},
	},
	"gives a device out twice": {
		fails: []string{"DevicesAreFree", "Engine"},
		pick: func(d *defectiveScheduler, p *pod.Pod, c *scheduler.Cluster) scheduler.Decision {
			picked := d.Policy.Pick(p, c)
			for i := range picked.Devices {
				for k := range picked.Devices[i].Indexes {
					picked.Devices[i].Indexes[k] = k
				}
			}
			return picked
		},
	},
	"throws dice": {
		fails: []string{"AskedTwice", "OrderDoesNotMatter", "HistoryDoesNotMatter", "EngineTwice"},
		pick: func(d *defectiveScheduler, p *pod.Pod, c *scheduler.Cluster) scheduler.Decision {
			return scheduler.Random(rand.Uint64()).Pick(p, c)
		},
	},
	"stays with its choice": {
		fails: []string{"HistoryDoesNotMatter"},
		pick: func(d *defectiveScheduler, p *pod.Pod, c *scheduler.Cluster) scheduler.Decision {
			if n := c.Node(d.nodes[p.Labels["app"]]); n != nil && len(scheduler.NewRequest(p).Demands()) == 0 && d.Fits(scheduler.NewRequest(p), n).IsZero() {
				return scheduler.Decision{Node: n.Node.Name, Nodes: c.Len()}
			}
			picked := d.Policy.Pick(p, c)
			d.nodes[p.Labels["app"]] = picked.Node
			return picked
		},
	},
	"goes by more than its key": {
		fails: []string{"HistoryDoesNotMatter"},
		pick: func(d *defectiveScheduler, p *pod.Pod, c *scheduler.Cluster) scheduler.Decision {
			if d.Scorers == nil {
				d.Scorers = []scheduler.Scorer{{Name: "App", Score: func(r *scheduler.Request, n *scheduler.Candidate) float64 {
					return float64(last(r.Labels["app"]) ^ last(n.Node.Name))
				}, Key: func(*scheduler.Request) string { return "" }}}
			}
			return d.Policy.Pick(p, c)
		},
	},
	"writes on the pod": {
		fails: []string{"LeavesThePod"},
		pick: func(d *defectiveScheduler, p *pod.Pod, c *scheduler.Cluster) scheduler.Decision {
			picked := d.Policy.Pick(p, c)
			p.Status.NominatedNodeName = picked.Node
			return picked
		},
	},
	"counts the pod itself": {
		fails: []string{"LeavesTheCluster"},
		pick: func(d *defectiveScheduler, p *pod.Pod, c *scheduler.Cluster) scheduler.Decision {
			picked := d.Policy.Pick(p, c)
			if picked.Node != "" {
				c.Place(p, picked.Node)
			}
			return picked
		},
	},
	"cordons a node": {
		fails: []string{"LeavesTheCluster"},
		pick: func(d *defectiveScheduler, p *pod.Pod, c *scheduler.Cluster) scheduler.Decision {
			for n := range c.Nodes() {
				n.Node.Spec.Unschedulable = n.Node.Spec.Unschedulable || n.Pods > 1
			}
			return d.Policy.Pick(p, c)
		},
	},
	"gives a pod up": {
		fails: []string{"NodesCome", "NodesAreBack", "PodsGo"},
		pick: func(d *defectiveScheduler, p *pod.Pod, c *scheduler.Cluster) (refused scheduler.Decision) {
			if d.texts[p.UID] == "" {
				if picked := d.Policy.Pick(p, c); picked.Node != "" {
					return picked
				}
				d.texts[p.UID] = "tried"
			}
			for range c.Nodes() {
				refused.Refuse(scheduler.Reason{What: "tried"})
			}
			return refused
		},
	},
	"takes a fork for its origin": {
		fails: []string{"Fork"},
		pick: func(d *defectiveScheduler, p *pod.Pod, c *scheduler.Cluster) scheduler.Decision {
			if d.first == nil || !slices.EqualFunc(slices.Collect(c.Nodes()), slices.Collect(d.first.Nodes()), sameNode) {
				d.first = c
			}
			return d.Policy.Pick(p, d.first)
		},
	},
	"does one thing at a time": {
		fails:  []string{"ForksAtOnce"},
		atOnce: true,
		pick: func(d *defectiveScheduler, p *pod.Pod, c *scheduler.Cluster) (busy scheduler.Decision) {
			defer d.calls.Add(-1)
			if d.calls.Add(1) > 1 {
				for range c.Nodes() {
					busy.Refuse(scheduler.Reason{What: "asked too early"})
				}
				return busy
			}
			for range 100 {
				runtime.Gosched()
			}
			return d.Policy.Pick(p, c)
		},
	},

	"takes all pods for alike": {
		fails: []string{"GroupIsAlike", "GroupStaysAlike", "Engine"},
		group: func(*defectiveScheduler, *pod.Pod, *scheduler.Cluster) string { return "pods" },
	},
	"remembers groups": {
		fails: []string{"GroupStaysAlike"},
		group: func(d *defectiveScheduler, p *pod.Pod, c *scheduler.Cluster) string {
			if d.texts[p.UID] == "" {
				d.texts[p.UID] = d.Policy.Group(p, c)
			}
			return d.texts[p.UID]
		},
	},
	"has equals make room": {
		fails: []string{"PreemptSparesEquals"},
		preempt: func(d *defectiveScheduler, p *pod.Pod, c *scheduler.Cluster, on func(string) []*pod.Pod) scheduler.Preemption {
			return d.Policy.Preempt(ofRank(p, p.Spec.Rank()+1), c, on)
		},
	},
	"has too few make room": {
		fails: []string{"PreemptMakesRoom"},
		preempt: func(d *defectiveScheduler, p *pod.Pod, c *scheduler.Cluster, on func(string) []*pod.Pod) scheduler.Preemption {
			room := d.Policy.Preempt(p, c, on)
			room.Victims = room.Victims[:min(1, len(room.Victims))]
			return room
		},
	},
	"has the important make room first": {
		fails: []string{"PreemptMakesRoom"},
		preempt: func(d *defectiveScheduler, p *pod.Pod, c *scheduler.Cluster, on func(string) []*pod.Pod) scheduler.Preemption {
			room := d.Policy.Preempt(p, c, on)
			slices.Reverse(room.Victims)
			return room
		},
	},
	"does not wait for those that leave": {
		fails: []string{"PreemptWaits"},
		preempt: func(d *defectiveScheduler, p *pod.Pod, c *scheduler.Cluster, on func(string) []*pod.Pod) scheduler.Preemption {
			return d.Policy.Preempt(p, c, func(name string) (stay []*pod.Pod) {
				return slices.DeleteFunc(on(name), (*pod.Pod).Deleting)
			})
		},
	},
	"has those make room that leave": {
		fails: []string{"PreemptWaits"},
		preempt: func(d *defectiveScheduler, p *pod.Pod, c *scheduler.Cluster, on func(string) []*pod.Pod) scheduler.Preemption {
			return d.Policy.Preempt(p, c, func(name string) (all []*pod.Pod) {
				for _, o := range on(name) {
					stays := *o
					stays.DeletionTimestamp = time.Time{}
					all = append(all, &stays)
				}
				return all
			})
		},
	},
	"forgets where room is made": {
		fails: []string{"PreemptWaits"},
		preempt: func(d *defectiveScheduler, p *pod.Pod, c *scheduler.Cluster, on func(string) []*pod.Pod) scheduler.Preemption {
			nowhere := *p
			nowhere.Status.NominatedNodeName = ""
			return d.Policy.Preempt(&nowhere, c, on)
		},
	},
	"makes room where nobody goes": {
		fails: []string{"PreemptMakesRoom"},
		preempt: func(d *defectiveScheduler, p *pod.Pod, c *scheduler.Cluster, on func(string) []*pod.Pod) scheduler.Preemption {
			room := d.Policy.Preempt(p, c, on)
			room.Victims = nil
			return room
		},
	},
	"has others make room in vain": {
		fails: []string{"PreemptInVain"},
		preempt: func(d *defectiveScheduler, p *pod.Pod, c *scheduler.Cluster, on func(string) []*pod.Pod) scheduler.Preemption {
			for n := range c.Nodes() {
				for _, victim := range on(n.Node.Name) {
					if victim.Spec.Rank() < p.Spec.Rank() {
						return scheduler.Preemption{Node: n.Node.Name, Victims: []*pod.Pod{victim}}
					}
				}
			}
			return scheduler.Preemption{}
		},
	},
	"explains what fits": {
		fails: []string{"ExplainEveryNode"},
		explain: func(d *defectiveScheduler, p *pod.Pod, c *scheduler.Cluster) []scheduler.Verdict {
			return slices.DeleteFunc(d.Policy.Explain(p, c), func(v scheduler.Verdict) bool { return v.Filter != "" })
		},
	},
	"explains by name": {
		fails: []string{"ExplainEveryNode"},
		explain: func(d *defectiveScheduler, p *pod.Pod, c *scheduler.Cluster) []scheduler.Verdict {
			return slices.SortedFunc(slices.Values(d.Policy.Explain(p, c)), func(v, w scheduler.Verdict) int {
				return cmp.Compare(v.Node, w.Node)
			})
		},
	},
}
