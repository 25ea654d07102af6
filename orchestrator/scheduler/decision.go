package scheduler

import (
	"fmt"
	"slices"
	"strings"

	"github.com/coracle-dev/coracle/pod"
)

// Decision is where a pod goes, or why it goes nowhere.
type Decision struct {
	// Node that the pod goes to. Empty: no node fits.
	Node string
	// Devices that it gets there, by name of the resource. Nil where it wants
	// none, or whoever decides leaves them to Cluster.Accept.
	Devices []pod.Devices
	// Refused counts the nodes by the reason for which they do not take the
	// pod, the most frequent first, where no node fits.
	Refused []Refusal
	// Nodes is how many there were to choose from.
	Nodes int
}

// clone returns a copy that shares nothing with d.
func (d *Decision) clone() Decision {
	copied := *d
	copied.Refused = slices.Clone(d.Refused)
	return copied
}

const (
	maxReasons = 64 // how many are told apart, the others counting as one
	maxListed  = 8  // how many a message lists
	others     = "for other reasons"
)

// Refuse counts one more node, and why it does not take the pod. The zero
// Reason counts nothing. Refused stays sorted. Of more than 64 different
// reasons, those that come up last are counted together: "for other reasons".
func (d *Decision) Refuse(why Reason) {
	if why.IsZero() {
		return
	}
	d.Nodes++
	i := d.group(why)
	group := &d.Refused[i]
	group.Nodes++
	if !group.Wants.IsZero() && group.Left.Cmp(why.Left) < 0 {
		group.Left = why.Left
	}
	for ; i > 0 && d.Refused[i].before(&d.Refused[i-1]); i-- {
		d.Refused[i], d.Refused[i-1] = d.Refused[i-1], d.Refused[i]
	}
}

// group returns where in Refused a reason is counted.
func (d *Decision) group(why Reason) int {
	for i := range d.Refused {
		if group := &d.Refused[i]; group.What == why.What && group.Wants.Cmp(why.Wants) == 0 {
			return i
		}
	}
	switch {
	case len(d.Refused) == maxReasons:
		return maxReasons - 1 // the others
	case len(d.Refused) == maxReasons-1:
		why = Reason{What: others}
	}
	d.Refused = append(d.Refused, Refusal{Reason: why})
	return len(d.Refused) - 1
}

// Message explains a decision that found no node:
// “0 of 3 nodes fit: 2 cordoned, 1 has 100m cpu left, wants 250m”.
// Eight reasons are listed, and the nodes of all others counted together. It is
// empty where there is a node.
func (d Decision) Message() string {
	switch {
	case d.Node != "":
		return ""
	case d.Nodes == 0:
		return "there are no nodes"
	case len(d.Refused) == 0:
		return fmt.Sprintf("0 of %d nodes fit", d.Nodes)
	}
	listed := d.Refused
	rest := Refusal{Reason: Reason{What: others}}
	if len(listed) > maxListed {
		for _, r := range listed[maxListed:] {
			rest.Nodes += r.Nodes
		}
		listed = listed[:maxListed]
	}
	reasons := make([]string, 0, maxListed+1)
	for _, r := range listed {
		reasons = append(reasons, r.String())
	}
	if rest.Nodes > 0 {
		reasons = append(reasons, rest.String())
	}
	return fmt.Sprintf("0 of %d nodes fit: %s", d.Nodes, strings.Join(reasons, ", "))
}
