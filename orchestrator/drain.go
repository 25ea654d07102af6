package orchestrator

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
)

// drains are the nodes that are to be emptied, by name.
type drains []string

// note keeps the list in step with a node; nil: it is gone.
func (d *drains) note(name string, n *node.Node) {
	asked := false
	if n != nil {
		_, asked, _ = n.DrainRequest()
	}
	i, listed := slices.BinarySearch(*d, name)
	switch {
	case asked && !listed:
		*d = slices.Insert(*d, i, name)
	case !asked && listed:
		*d = slices.Delete(*d, i, i+1)
	}
}

// drain deletes those pods of a node that may go now, if it is to be emptied.
func (e *Engine) drain(m *machine, n *node.Node, now time.Time) {
	request, asked, err := n.DrainRequest()
	if !asked || n.Deleting() {
		m.drain = ""
		return
	}
	if err != nil {
		e.event(n, "node", n.Name, warning("DrainRefused", "%v", err))
		return
	}
	d := node.Drain(e.head().Pods().List(store.Filter{Node: n.Name}), e.down, request)
	e.must(func(tx *store.Tx) error {
		for _, p := range d.Evict {
			if _, err := e.condemn(tx, p, nil, now); err != nil {
				return err
			}
			e.event(p, "node", n.Name, normal("Evicted", "node %s is drained", n.Name))
		}
		return nil
	})
	progress := fmt.Sprintf("%d pods are left, of which %d wait for others to be ready and %d would not be made again", d.Left, d.Waiting, len(d.Stuck))
	switch {
	case progress == m.drain: // said already
	case d.Left == 0:
		e.event(n, "node", n.Name, normal("Drained", "no pods are left"))
	default:
		e.event(n, "node", n.Name, normal("Draining", "%s", progress))
	}
	m.drain = progress
}

// down returns how many of a controller's pods are missing or not ready.
func (e *Engine) down(owner string) (int, bool) {
	c, err := e.head().Controllers().ByUID(owner)
	if err != nil || c.Spec.Replicas == nil {
		return 0, false
	}
	ready := 0
	for p := range e.head().Pods().All(store.Filter{Namespace: c.Namespace, Owner: c.UID}) {
		if replication.Live(p) && p.Status.Is(pod.Ready) {
			ready++
		}
	}
	return max(0, *c.Spec.Replicas-ready), true
}

// DrainProgress is how far the drain of a node has come.
type DrainProgress struct {
	Left int // pods that have not ended and are still on the node
	// Stuck are those of them that no controller makes again. Without
	// DrainRequest.Force they stay: where all that are Left are Stuck the drain
	// comes no further by itself.
	Stuck int
}

// Drain cordons a node, asks for it to be emptied, and yields how many pods are
// left whenever that changes, until there are none, or ctx ends.
//
// The request is kept with the node: a drain goes on when the loop has ended,
// and after a restart of the host program. (*node.Node).CancelDrain takes it
// back; the node stays cordoned until Spec.Unschedulable is false again.
//
// It ends with an error where the request has no Limit (ErrInvalid), where there is no
// such node (ErrNotFound), or that of [Client.Wait].
func (c *Client) Drain(ctx context.Context, name string, request node.DrainRequest) iter.Seq2[DrainProgress, error] {
	return func(yield func(DrainProgress, error) bool) {
		if request.Limit < 1 {
			yield(DrainProgress{}, fmt.Errorf("drain node %q: %w: DrainRequest.Limit: %d: must be at least 1", name, ErrInvalid, request.Limit))
			return
		}
		_, err := c.Nodes().Patch(ctx, "", name, func(n *node.Node) error {
			n.RequestDrain(request)
			return nil
		})
		if err != nil {
			yield(DrainProgress{}, fmt.Errorf("drain node %q: %w", name, err))
			return
		}
		last := DrainProgress{Left: -1}
		moved := func(view store.Reader) bool {
			now := drained(view, name, request)
			differs := now != last
			last = now
			return differs
		}
		for last.Left != 0 {
			err := c.Wait(ctx, moved)
			if err != nil {
				err = fmt.Errorf("drain node %q: %w", name, err)
			}
			if !yield(last, err) || err != nil {
				return
			}
		}
	}
}

// drained returns what is left on a node.
func drained(view store.Reader, name string, request node.DrainRequest) DrainProgress {
	var d DrainProgress
	for p := range view.Pods().All(store.Filter{Node: name}) {
		if p.Status.Phase.Terminal() {
			continue
		}
		d.Left++
		if p.Deleting() || request.Force {
			continue
		}
		owner, owned := p.Controller()
		if _, err := view.Controllers().ByUID(owner.UID); !owned || err != nil {
			d.Stuck++
		}
	}
	return d
}
