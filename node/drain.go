package node

import (
	"cmp"
	"maps"
	"slices"
	"strconv"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/pod"
)

// DrainRequest asks for a node to be emptied of pods. It is kept in the
// annotations of the node, so that a drain goes on after a restart.
type DrainRequest struct {
	// Limit is how many pods of one controller may be down at once, here and
	// elsewhere, for this drain. At least 1.
	Limit int
	// Force says that pods which no controller makes again are deleted for
	// good. False: they stay, and the drain does not end.
	Force bool
}

// RequestDrain asks for the node to be drained, and cordons it.
func (n *Node) RequestDrain(r DrainRequest) {
	n.Annotations = maps.Clone(n.Annotations)
	if n.Annotations == nil {
		n.Annotations = make(map[string]string, 2)
	}
	n.Annotations[DrainAnnotation] = strconv.Itoa(r.Limit)
	delete(n.Annotations, DrainForceAnnotation)
	if r.Force {
		n.Annotations[DrainForceAnnotation] = "true"
	}
	n.Spec.Unschedulable = true
}

// CancelDrain takes the request back. The node stays cordoned.
func (n *Node) CancelDrain() {
	n.Annotations = maps.Clone(n.Annotations)
	delete(n.Annotations, DrainAnnotation)
	delete(n.Annotations, DrainForceAnnotation)
}

// DrainRequest returns what is asked for, and whether anything is. The error is
// a labels.FieldErrors that says which annotation can't be read; then nothing is
// to be evicted.
func (n *Node) DrainRequest() (r DrainRequest, asked bool, err error) {
	var errs labels.FieldErrors
	r, asked = n.drainRequest(&errs)
	return r, asked, errs.Err()
}

// drainRequest reads the annotations of a drain.
func (n *Node) drainRequest(errs *labels.FieldErrors) (r DrainRequest, asked bool) {
	text, asked := n.Annotations[DrainAnnotation]
	if asked {
		limit, err := strconv.Atoi(text)
		if err != nil || limit < 1 {
			errs.Add("metadata.annotations["+DrainAnnotation+"]", text, "must be a whole number of at least 1: how many pods of one controller may be down")
		}
		r.Limit = limit
	}
	switch text, given := n.Annotations[DrainForceAnnotation]; {
	case !given || text == "false":
	case text == "true":
		r.Force = true
	default:
		errs.Add("metadata.annotations["+DrainForceAnnotation+"]", text, "must be true or false")
	}
	return r, asked
}

// draining reports whether a drain was asked for, in whatever words.
func (n *Node) draining() bool {
	_, asked := n.Annotations[DrainAnnotation]
	return asked
}

// Drained is what follows for the pods of a node that is drained.
type Drained struct {
	// Evict lists the pods to be deleted now, those that are not ready first,
	// and otherwise in the order of namespace and name.
	Evict []*pod.Pod
	// Waiting is how many are to go later, when fewer of their controller are down.
	Waiting int
	// Stuck lists the pods that no controller makes again, in order. Without
	// Force they stay.
	Stuck []*pod.Pod
	// Left is how many pods are still on the node: all of the above, and those
	// that are being deleted. A drain is done when it is 0.
	Left int
}

// Drain returns which of a node's pods to delete now.
//
// down says how many of the pods that a controller, named by its uid, is asked
// for are not ready now, wherever they are; false where there is no such
// controller. A pod that is being deleted is not ready. A ready pod is deleted
// only while fewer than the limit are down, those that this call deletes
// included, so that a drain by itself never takes a controller below what it is
// asked for by more than the limit. A pod that is not ready is down already:
// it is deleted at once, so that what is broken does not hold a drain up.
//
// Pods that have ended do not count. A request without a limit evicts nothing
// that is ready. The pods may come in any order, and are not changed.
//
// It decides from the whole state: asking again before anything happened
// yields the same, asking after the pods were deleted yields what is left to do.
func Drain(pods []*pod.Pod, down func(owner string) (n int, exists bool), r DrainRequest) Drained {
	var d Drained
	budget := make(map[string]int)
	for _, p := range drainOrder(pods) {
		d.Left++
		if p.Deleting() {
			continue
		}
		owner, owned := p.Controller()
		if owned {
			n := 0
			if n, owned = down(owner.UID); owned {
				if _, known := budget[owner.UID]; !known {
					budget[owner.UID] = r.Limit - n
				}
			}
		}
		switch {
		case !owned && !r.Force:
			d.Stuck = append(d.Stuck, p)
		case !owned || !p.Status.Is(pod.Ready):
			d.Evict = append(d.Evict, p)
		case budget[owner.UID] > 0:
			budget[owner.UID]--
			d.Evict = append(d.Evict, p)
		default:
			d.Waiting++
		}
	}
	return d
}

// drainOrder returns the pods that have not ended, in the order in which they go.
func drainOrder(pods []*pod.Pod) []*pod.Pod {
	order := make([]*pod.Pod, 0, len(pods))
	for _, p := range pods {
		if !p.Status.Phase.Terminal() {
			order = append(order, p)
		}
	}
	slices.SortStableFunc(order, func(a, b *pod.Pod) int {
		return cmp.Or(readiness(a)-readiness(b), cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name), cmp.Compare(a.UID, b.UID))
	})
	return order
}

func readiness(p *pod.Pod) int {
	if p.Status.Is(pod.Ready) {
		return 1
	}
	return 0
}
