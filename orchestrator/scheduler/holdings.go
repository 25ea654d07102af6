package scheduler

import (
	"fmt"
	"slices"

	"github.com/coracle-dev/coracle/pod"
)

// holding is which devices a pod has on its node.
type holding struct {
	devices []pod.Devices
	// reserved: which ones it gets is not settled. Until then it has those that
	// are best for it, chosen anew whenever others on the node change.
	reserved bool
}

// reservation is a pod on a node whose devices are not settled.
type reservation struct {
	uid     string
	request *Request
	devices []pod.Devices // that it has for now
}

// Devices returns which devices a pod has on the node where it is counted, by
// name of the resource; read-only. Nil where it has none, or is reserved.
func (c *Cluster) Devices(uid string) []pod.Devices {
	if h := c.held.get(uid); h != nil {
		return h.devices
	}
	return nil
}

// Accept counts a pod where a decision puts it, with the devices that it says;
// those of BestFit where it says none. Nothing changes where the pod has no UID, there
// is no such node or device, or these are not as many as the pod wants: then there is
// an error.
func (c *Cluster) Accept(p *pod.Pod, d Decision) error {
	return c.accept(p, hashOf(p.UID), c.templates.of(p), d)
}

// accept is Accept for a pod of a template.
func (c *Cluster) accept(p *pod.Pod, uid hashed, t *template, d Decision) error {
	if p.UID == "" {
		return fmt.Errorf("place pod %q: it has no uid, which pods are told apart by", p.Name)
	}
	n := c.Node(d.Node)
	if n == nil {
		return fmt.Errorf("place pod %q: there is no node %q", p.Name, d.Node)
	}
	r := t.request
	if len(r.demands) == 0 {
		c.put(p, uid, t, d.Node, nil)
		return nil
	}
	if d.Devices == nil {
		d.Devices = n.choose(r, nil)
	}
	if err := n.owns(r, d.Devices); err != nil {
		return fmt.Errorf("place pod %q on node %q: %w", p.Name, d.Node, err)
	}
	c.put(p, uid, t, d.Node, &holding{devices: d.Devices})
	return nil
}

// owns returns what is wrong with devices that somebody chose for a pod, if
// anything is but that others may have them.
func (n *Candidate) owns(r *Request, list []pod.Devices) error {
	for _, d := range r.demands {
		left := n.Devices(d.Name)
		if left == nil {
			continue
		}
		i := slices.IndexFunc(list, func(o pod.Devices) bool { return o.Name == d.Name })
		if i < 0 {
			return fmt.Errorf("no devices of %s", d.Name)
		}
		want := d.Whole
		if d.Share > 0 {
			want++
		}
		indexes := list[i].Indexes
		if len(indexes) != want {
			return fmt.Errorf("devices %d of %s, wants %d", indexes, d.Name, want)
		}
		for k, index := range indexes {
			if index < 0 || index >= len(left) {
				return fmt.Errorf("device %d of %s: there are %d", index, d.Name, len(left))
			}
			if slices.Contains(indexes[:k], index) {
				return fmt.Errorf("device %d of %s twice", index, d.Name)
			}
		}
	}
	return nil
}

// settled reports whether a pod that is counted on its node has nothing to settle
// about its devices: they stay what they are, unless it is no longer reserved.
func (c *Cluster) settled(uid string, h *holding) bool {
	have := c.held.get(uid)
	return have == nil || have.reserved == (h != nil && h.reserved)
}

// recorded returns the devices that a pod has on a node by its status.
func recorded(p *pod.Pod, nodeName string) *holding {
	if len(p.Status.Devices) == 0 || p.Spec.NodeName != nodeName {
		return nil
	}
	return &holding{devices: p.Status.Devices}
}

// equip gives a pod its devices on a node; nil: those that its status records, or
// else the best ones.
func (c *Cluster) equip(p *pod.Pod, n *Candidate, r *Request, h *holding) {
	if h == nil {
		h = recorded(p, n.name)
	}
	n.lift()
	switch {
	case h == nil:
		h = &holding{devices: n.choose(r, nil)}
		fallthrough
	case !h.reserved:
		n.hold(r, h.devices, 1)
	default:
		x := n.stock()
		x.reserved = append(x.reserved, reservation{uid: p.UID, request: r})
	}
	c.held.set(p.UID, h)
	n.lower()
}

// strip takes a pod's devices away.
func (c *Cluster) strip(uid string, n *Candidate, r *Request) {
	h := c.held.get(uid)
	if h == nil {
		return
	}
	n.lift()
	if h.reserved {
		x := n.stock()
		x.reserved = slices.DeleteFunc(x.reserved, func(v reservation) bool { return v.uid == uid })
	} else {
		n.hold(r, h.devices, -1)
	}
	c.held.delete(uid)
	n.lower()
}

// lift takes away the devices of pods for which they are not settled, before
// those of others change.
func (n *Candidate) lift() {
	if n.inventory == nil {
		return
	}
	for i := range n.inventory.reserved {
		v := &n.inventory.reserved[i]
		n.hold(v.request, v.devices, -1)
		v.devices = nil
	}
}

// lower gives the pods whose devices are not settled the ones that are best now.
func (n *Candidate) lower() {
	if n.inventory == nil {
		return
	}
	for i := range n.inventory.reserved {
		v := &n.inventory.reserved[i]
		v.devices = n.choose(v.request, nil)
		n.hold(v.request, v.devices, 1)
	}
}
