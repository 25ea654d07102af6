package node

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"path"
	"slices"
	"strings"

	"github.com/coracle-dev/coracle/labels"
)

// SyncRules say how nodes follow a cloud's list.
type SyncRules struct {
	// Cloud is the name of the cloud. Its nodes are marked with it
	// ([CloudAnnotation]), and no others are changed or deleted. Required.
	Cloud string
	// Match is the pattern of the ids that count, as path.Match reads it:
	// web-*, node-[0-9]. Default: all.
	Match string
	// MaxDelete is the share of the cloud's nodes that one list may delete; one
	// node always may. Default: 0.2. 1 or more: all of them, unless the list is
	// empty. Negative: one.
	MaxDelete float64
}

// Validate returns what is wrong with the rules, or nil.
func (r SyncRules) Validate() error {
	if _, err := path.Match(r.Match, ""); err != nil {
		return fmt.Errorf("read pattern %q of instances: %w", r.Match, err)
	}
	if r.Cloud == "" {
		return errors.New("read rules of a cloud: it must have a name")
	}
	return nil
}

// SyncState is what one Sync leaves to the next. The zero value begins. It is
// not changed after it was returned.
type SyncState struct {
	// Missing lists the nodes that the last list lacked, and that were kept
	// because it lacked too many. Sorted.
	Missing []string
}

// Synced is what follows from a cloud's list. All of it is in the order of names.
type Synced struct {
	Create []*Node  // new nodes, Pending
	Update []*Node  // copies of nodes, changed
	Delete []string // nodes whose instance has gone
	// Held lists the nodes that would be in Delete if the list could be
	// trusted. Ask for another one soon: what it lacks as well goes.
	Held []string
	// Problems says what was wrong with the list. The rest of it counts all the same.
	Problems []Problem
	// State is for the next Sync.
	State SyncState
}

// Problem is what is wrong with one instance of a list, or with the list.
type Problem struct {
	Instance string // its ID; empty: the list as a whole, or an instance without one
	Reason   string // EventInstanceInvalid or EventDeletionHeld
	Err      error  // names the instance
}

// Event returns the problem as an event of the instance's node, which need not
// exist, or of nothing where there is no instance.
func (p Problem) Event() labels.Event {
	e := event(labels.Warning, p.Reason, p.Err.Error())
	if p.Instance != "" {
		e.InvolvedObject = labels.Reference{Kind: "Node", Name: p.Instance, APIVersion: "v1"}
	}
	return e
}

// Sync compares the nodes with a cloud's list of its instances, and returns what
// to create, update and delete, so that they agree.
//
// An instance that does not match the pattern counts as not listed. One that is
// not valid, or that is listed twice with differing data, is reported and
// passed over: its node, if there is one, is neither updated nor deleted. So is
// one whose name belongs to a node that is not this cloud's.
//
// A node that exists gets the addresses, the capacity, the labels and the health
// URL of its instance; labels and annotations that somebody else gave it stay.
// A node whose instance has another ProviderID goes, and a new one comes with a later
// list: it is another machine. A node that is being deleted is left alone.
//
// A list without a single instance that counts, or that lacks more than MaxDelete of the
// cloud's nodes, is more likely to be wrong than right. It deletes nothing,
// and what it lacks is Held; of that, what the next list lacks as well goes. A call
// to the cloud that failed is no list: do not call Sync, and keep the state.
//
// Rules that are not valid change nothing, and are reported.
//
// It is a function of its arguments alone, and changes none of them. Syncing
// again after the result was carried out, with the same list, yields nothing but
// the new nodes of machines that were replaced. It costs n log n in nodes and instances.
func Sync(nodes []*Node, instances []Instance, s SyncState, r SyncRules) Synced {
	x := syncer{rules: r, wanted: make(map[string]*listed, len(instances)), kept: make(map[string]bool), twice: make(map[string]bool)}
	if err := r.Validate(); err != nil {
		x.problem("", err)
		x.State = s
		return x.Synced
	}
	x.read(instances)
	var gone []string
	owned := 0
	byName := make(map[string]*Node, len(nodes))
	for _, n := range nodes {
		byName[n.Name] = n
		if !x.owns(n) || n.Deleting() {
			continue
		}
		owned++
		if x.gone(n) {
			gone = append(gone, n.Name)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(x.wanted)) {
		x.place(byName[id], x.wanted[id])
	}
	slices.Sort(gone)
	x.delete(gone, owned, s)
	slices.SortStableFunc(x.Problems, func(a, b Problem) int { return cmp.Compare(a.Instance, b.Instance) })
	return x.Synced
}

// syncer is one Sync in the making.
type syncer struct {
	Synced
	rules  SyncRules
	wanted map[string]*listed // by ID: valid, and listed once
	kept   map[string]bool    // by ID: listed, but not to be relied on
	twice  map[string]bool    // by ID: reported as listed more than once
}

// listed is an instance, and the node that it would be.
type listed struct {
	*Instance
	node *Node
}

// read sorts the instances out.
func (x *syncer) read(instances []Instance) {
	for k := range instances {
		i := &instances[k]
		if x.rules.Match != "" {
			if ok, _ := path.Match(x.rules.Match, i.ID); !ok {
				continue
			}
		}
		if first, found := x.wanted[i.ID]; x.kept[i.ID] || found {
			if found && !first.equal(*i) {
				delete(x.wanted, i.ID)
				x.kept[i.ID] = true
			}
			if !x.twice[i.ID] {
				x.twice[i.ID] = true
				x.problem(i.ID, fmt.Errorf("read instance %q: it is listed more than once", i.ID))
			}
			continue
		}
		made := i.Node()
		if err := i.validate(made); err != nil {
			x.kept[i.ID] = true
			x.problem(i.ID, err)
			continue
		}
		x.mark(made)
		x.wanted[i.ID] = &listed{i, made}
	}
}

// owns reports whether a node is the cloud's.
func (x *syncer) owns(n *Node) bool {
	name, marked := n.Annotations[CloudAnnotation]
	return marked && name == x.rules.Cloud
}

// gone reports whether a node's machine is not there any more.
func (x *syncer) gone(n *Node) bool {
	i := x.wanted[n.Name]
	if i == nil {
		return !x.kept[n.Name]
	}
	return i.ProviderID != "" && n.Spec.ProviderID != "" && i.ProviderID != n.Spec.ProviderID
}

// place creates or updates the node of an instance.
func (x *syncer) place(n *Node, i *listed) {
	switch {
	case n == nil:
		x.Create = append(x.Create, i.node)
	case n.Deleting():
	case !x.owns(n):
		x.problem(i.ID, fmt.Errorf("read instance %q: a node of that name exists and is not of cloud %q: delete it, or give it the annotation %s", i.ID, x.rules.Cloud, CloudAnnotation))
	case x.gone(n):
	default:
		if updated := x.update(n, i); updated != nil {
			x.Update = append(x.Update, updated)
		}
	}
}

// update returns a copy of the node that says what its instance says; nil where it does.
func (x *syncer) update(n *Node, i *listed) *Node {
	made := i.node
	capacity := made.Status.Capacity
	if i.Capacity == nil {
		capacity = n.Status.Capacity
	}
	provider := cmp.Or(i.ProviderID, n.Spec.ProviderID)
	if agree(n, made) && provider == n.Spec.ProviderID && capacity.Equal(n.Status.Capacity) {
		return nil
	}
	c := n.Copy()
	for _, key := range strings.Split(n.Annotations[CloudLabelsAnnotation], ",") {
		delete(c.Labels, key)
	}
	for _, key := range cloudAnnotations {
		delete(c.Annotations, key)
	}
	if c.Labels == nil {
		c.Labels = make(labels.Set, len(made.Labels))
	}
	maps.Copy(c.Labels, made.Labels)
	maps.Copy(c.Annotations, made.Annotations)
	c.Spec.ProviderID, c.Status.Capacity, c.Status.Addresses = provider, capacity.Copy(), made.Status.Addresses
	return c
}

// cloudAnnotations are those that a cloud writes.
var cloudAnnotations = [...]string{CloudAnnotation, CloudLabelsAnnotation, HealthURLAnnotation}

// agree reports whether a node has the addresses, the labels and the
// annotations that a cloud would give it.
func agree(n, made *Node) bool {
	for _, key := range cloudAnnotations {
		if n.Annotations[key] != made.Annotations[key] {
			return false
		}
	}
	for key, value := range made.Labels {
		if has, ok := n.Labels[key]; !ok || has != value {
			return false
		}
	}
	return slices.Equal(n.Status.Addresses, made.Status.Addresses)
}

// mark makes the node of an instance the cloud's.
func (x *syncer) mark(n *Node) {
	if n.Annotations == nil {
		n.Annotations = make(map[string]string, 2)
	}
	n.Annotations[CloudAnnotation] = x.rules.Cloud
	if len(n.Labels) > 0 {
		n.Annotations[CloudLabelsAnnotation] = strings.Join(slices.Sorted(maps.Keys(n.Labels)), ",")
	}
}

// delete lets the nodes go whose instances have gone, if the list can be trusted.
func (x *syncer) delete(gone []string, owned int, s SyncState) {
	if len(gone) == 0 {
		return
	}
	empty := len(x.wanted)+len(x.kept) == 0
	if !empty && len(gone) <= x.most(owned) {
		x.Delete = gone
		return
	}
	for _, name := range gone {
		if _, agreed := slices.BinarySearch(s.Missing, name); agreed {
			x.Delete = append(x.Delete, name)
		} else {
			x.Held = append(x.Held, name)
		}
	}
	if x.State.Missing = x.Held; len(x.Held) > 0 {
		x.held(fmt.Errorf("read instances of cloud %q: %d of its %d nodes are not listed: they are kept until another list agrees", x.rules.Cloud, len(x.Held), owned))
	}
}

// most is how many of the cloud's nodes one list may delete.
func (x *syncer) most(owned int) int {
	share := cmp.Or(x.rules.MaxDelete, 0.2)
	return max(1, int(math.Floor(min(share, 1)*float64(owned)+1e-9)))
}

// problem reports what is wrong with an instance.
func (x *syncer) problem(id string, err error) {
	x.Problems = append(x.Problems, Problem{Instance: id, Reason: EventInstanceInvalid, Err: err})
}

// held reports that the list lacks too much.
func (x *syncer) held(err error) {
	x.Problems = append(x.Problems, Problem{Reason: EventDeletionHeld, Err: err})
}
