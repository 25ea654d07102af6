package scheduler

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/pod"
)

// Cluster is what a scheduler sees: every node, and what the pods that are
// bound to it take. Whoever owns it reports each change; nothing is recounted.
//
// Nodes and pods may be reported in any order: a pod counts for the name of its
// node, whether there is a node of that name yet, still, or never. The zero
// value is an empty cluster. It must not be copied once in use.
type Cluster struct {
	nodes  []*Candidate       // those that are nodes, by name
	byName layers[*Candidate] // those that are nodes, and those that pods are bound to
	placed layers[placement]  // by pod uid
	held   layers[*holding]   // by pod uid: the devices of those that want any
	booked bookings           // the pods that are reserved
	last   *Candidate         // of byName: the one that was picked or changed last, to find it without looking
	mine   *owner             // of the candidates that this cluster may change: forks share the others

	members  uint64 // counts how often a node came or went
	numbered uint64 // members when the nodes were last numbered
	changes  changes
	rankings rankings
	ranks    []rankCount // by rank
	moved    uint64      // counts how often a node came, went, or got other labels
	templates
	crowds crowds
}

// placement is where a pod was counted, and with what, so that exactly that is
// taken away again.
type placement struct {
	on   string
	what *template
}

// owner tells the candidates of a cluster from those that it shares with forks.
type owner struct{ _ byte }

// SetNode adds a node, or replaces what is known of it. The cluster keeps n,
// which must not change any more: report a change with another SetNode.
func (c *Cluster) SetNode(n *node.Node) {
	candidate := c.own(n.Name)
	if candidate.Node == nil || !maps.Equal(candidate.Node.Labels, n.Labels) {
		c.scattered()
	}
	if candidate.Node == nil {
		i, _ := c.search(n.Name)
		c.nodes = slices.Insert(c.nodes, i, candidate)
		c.members++
	}
	candidate.set(n)
	c.changed(candidate)
}

// changed notes that a candidate has to be asked about again.
func (c *Cluster) changed(n *Candidate) {
	if n.Node != nil && c.numbered == c.members { // otherwise all are
		c.changes.add(n.number, len(c.nodes))
	}
}

// number numbers the nodes in their order.
func (c *Cluster) number() {
	if c.numbered == c.members {
		return
	}
	for i, n := range c.nodes {
		if n.number != int32(i) {
			c.own(n.name).number = int32(i)
		}
	}
	c.numbered = c.members
}

// DeleteNode removes a node, if there is one of that name. Pods that are bound
// to it stay counted for the name, in case it comes back.
func (c *Cluster) DeleteNode(name string) {
	if c.Node(name) == nil {
		return
	}
	candidate := c.own(name)
	i, _ := c.search(name)
	c.nodes = slices.Delete(c.nodes, i, i+1)
	c.members++
	c.scattered()
	candidate.Node = nil
	c.forget(candidate)
}

// Place counts a pod on a node. The cluster knows the pod by its UID, and keeps
// nothing else of it but what pods made alike have in common, and its devices. A
// pod that is counted elsewhere is moved. One that is counted there already is not
// looked at again: what a pod requests never changes (see pod.Pod's ValidateUpdate).
// Its labels may, which other pods go by: Displace it then, and place it again.
// Pods without a UID are one pod to it: give those of a test one each.
//
// It gets the devices that its status records of the node it is bound to, and
// otherwise those that BestFit chooses. See Accept for a decision's, and Reserve.
func (c *Cluster) Place(p *pod.Pod, nodeName string) {
	c.put(p, hashOf(p.UID), c.templates.of(p), nodeName, nil)
}

// put counts a pod of a template on a node with certain devices; nil: as Place says.
func (c *Cluster) put(p *pod.Pod, uid hashed, t *template, nodeName string, h *holding) {
	c.booked.remove(p.UID)
	if was := c.placed.at(uid, p.UID); was.what != nil {
		if was.on == nodeName && c.settled(p.UID, h) {
			return
		}
		c.Displace(p.UID)
	}
	candidate := c.own(nodeName)
	now := placement{on: candidate.name, what: t}
	candidate.take(t.request)
	if len(t.request.demands) > 0 {
		c.equip(p, candidate, t.request, h)
	}
	c.crowded(t, candidate, 1)
	c.ranked(t.rank, 1)
	c.changed(candidate)
	c.placed.setAt(uid, p.UID, now)
	c.shed()
}

// Displace no longer counts a pod anywhere, and reports whether it was counted.
func (c *Cluster) Displace(uid string) bool {
	hash := hashOf(uid)
	was := c.placed.at(hash, uid)
	if was.what == nil {
		return false
	}
	c.placed.deleteAt(hash, uid)
	c.booked.remove(uid)
	candidate := c.own(was.on)
	candidate.release(was.what.request)
	if len(was.what.request.demands) > 0 {
		c.strip(uid, candidate, was.what.request)
	}
	c.crowded(was.what, candidate, -1)
	c.ranked(was.what.rank, -1)
	c.changed(candidate)
	c.forget(candidate)
	return true
}

// Fork returns a cluster that is the same, and changes on its own from here on;
// so does this one. It costs a pointer for each node, and what later changes on
// either side costs a copy of the node. Each may belong to a goroutine of its own.
func (c *Cluster) Fork() *Cluster {
	f := &Cluster{
		nodes: slices.Clone(c.nodes), byName: c.byName.fork(), placed: c.placed.fork(), held: c.held.fork(), mine: new(owner), booked: c.booked.fork(),
		members: c.members, numbered: c.numbered, ranks: slices.Clone(c.ranks), moved: c.moved,
	}
	c.mine = new(owner)
	f.crowds.enough = c.crowds.enough
	for _, x := range c.crowds.wary.crowds { // pods that are there must keep others away
		f.crowds.enlist(x.term, true)
	}
	return f
}

// rankCount is how many pods of a priority are placed: one at least.
type rankCount struct {
	rank int32
	pods int
}

// ranked counts a pod of a priority, or no longer.
func (c *Cluster) ranked(rank int32, by int) {
	i, found := slices.BinarySearchFunc(c.ranks, rank, func(r rankCount, rank int32) int { return cmp.Compare(r.rank, rank) })
	if !found {
		c.ranks = slices.Insert(c.ranks, i, rankCount{rank: rank})
	}
	if c.ranks[i].pods += by; c.ranks[i].pods == 0 {
		c.ranks = slices.Delete(c.ranks, i, i+1)
	}
}

// pods returns how many pods are placed.
func (c *Cluster) pods() (n int) {
	for _, r := range c.ranks {
		n += r.pods
	}
	return n
}

// outranked reports whether a pod is placed that has a lower priority.
func (c *Cluster) outranked(rank int32) bool { return len(c.ranks) > 0 && c.ranks[0].rank < rank }

// Nodes yields the nodes by name. The cluster must not change meanwhile.
func (c *Cluster) Nodes() iter.Seq[*Candidate] { return slices.Values(c.nodes) }

// Len returns how many nodes there are.
func (c *Cluster) Len() int { return len(c.nodes) }

// Node returns what is known of a node, or nil where there is none of that name.
func (c *Cluster) Node(name string) *Candidate {
	if candidate := c.known(name); candidate != nil && candidate.Node != nil {
		return candidate
	}
	return nil
}

// Placed returns the name that a pod is counted for, or "".
func (c *Cluster) Placed(uid string) string { return c.placed.get(uid).on }

// Count returns what the pods on a node come to, also where there is no node
// of that name.
func (c *Cluster) Count(nodeName string) Count {
	candidate := c.known(nodeName)
	if candidate == nil {
		return Count{}
	}
	count := Count{Pods: candidate.Pods, Used: candidate.Used}
	count.Used.Other = slices.Clone(count.Used.Other)
	return count
}

// Count is how many pods a node has, and what they request together. It does
// not change with the cluster.
type Count struct {
	Pods int
	Used Amounts
}

// Equal reports whether both count the same.
func (c Count) Equal(d Count) bool { return c.Pods == d.Pods && c.Used.Equal(d.Used) }

// own returns what is known of a name, to be changed. It is added where it is
// new, and copied where a fork knows the same.
func (c *Cluster) own(name string) *Candidate {
	if c.mine == nil {
		c.mine = new(owner)
	}
	candidate := c.known(name)
	switch {
	case candidate == nil:
		candidate = &Candidate{name: name, owner: c.mine, details: new(details)}
		c.byName.set(name, candidate)
	case candidate.owner != c.mine:
		candidate = candidate.copy()
		candidate.owner = c.mine
		c.byName.set(name, candidate)
		if candidate.Node != nil {
			i, _ := c.search(name)
			c.nodes[i] = candidate
		}
	}
	c.last = candidate
	return candidate
}

// known returns what is known of a name, or nil.
func (c *Cluster) known(name string) *Candidate {
	if c.last != nil && c.last.name == name {
		return c.last
	}
	return c.byName.get(name)
}

// forget drops a name that neither is a node nor has pods.
func (c *Cluster) forget(candidate *Candidate) {
	if candidate.Node == nil && candidate.Pods == 0 {
		c.byName.delete(candidate.name)
		c.last = nil
	}
}

// search returns where in c.nodes a node of that name is, or belongs.
func (c *Cluster) search(name string) (int, bool) {
	return slices.BinarySearchFunc(c.nodes, name, func(n *Candidate, name string) int {
		return strings.Compare(n.name, name)
	})
}
