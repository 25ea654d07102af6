package scheduler

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/coracle-dev/coracle/pod"
)

// MaxDevices bounds how many devices of one resource are told apart on a node.
// Where a node lists more, they are only counted, and pods learn no indexes.
const MaxDevices = 1024

// wholeDevice is a device that is entirely free, in thousandths.
const wholeDevice = 1000

// Demand is what a pod asks for of an extended resource, such as example.com/gpu:
// so many devices of its own, and a share of one more. See pod.Devices.
type Demand struct {
	Name  pod.ResourceName
	Whole int   // how many devices
	Share int64 // of one more, in thousandths: 0 (none) to 999

	lacking string // what is wrong with a node that does not have it
}

// demandOf returns what an amount of an extended resource means.
func demandOf(o Amount) Demand {
	d := Demand{Name: o.Name, Whole: int(o.Milli / wholeDevice), Share: o.Milli % wholeDevice}
	free := "a free device"
	if d.Whole > 1 {
		free = fmt.Sprintf("%d free devices", d.Whole)
	}
	share := pod.NewMilliQuantity(d.Share, pod.DecimalSI)
	switch {
	case d.Share == 0:
		d.lacking = fmt.Sprintf("without %s of %s", free, d.Name)
	case d.Whole == 0:
		d.lacking = fmt.Sprintf("without a device of %s that has %s left", d.Name, share)
	default:
		d.lacking = fmt.Sprintf("without %s of %s and %s of another", free, d.Name, share)
	}
	return d
}

// Demands returns what the pod asks for of extended resources, by name;
// read-only. Most pods ask for none.
func (r *Request) Demands() []Demand { return r.demands }

// Fits reports whether devices meet the demand that have so much left each, in
// thousandths: that as many are free as are wanted whole, and another one has
// enough for the share.
func (d *Demand) Fits(left []int64) bool {
	free, shared := 0, d.Share == 0
	for _, l := range left {
		switch {
		case l >= wholeDevice:
			free++
		case l >= d.Share:
			shared = true
		}
	}
	if !shared {
		free--
	}
	return free >= d.Whole
}

// devicesLeft is what is left of the devices of one resource on a node.
type devicesLeft struct {
	name pod.ResourceName
	left []int64 // by index, in thousandths; below 0 where more is taken
}

// inventory is what is known of the devices of a node.
type inventory struct {
	devices  []devicesLeft
	held     []devicesLeft // what pods have, below 0, also of devices that the node does not have
	reserved []reservation // in the order in which they came
}

// copy returns an inventory that shares nothing with x that changes; nil where x is nil.
func (x *inventory) copy() *inventory {
	if x == nil {
		return nil
	}
	return &inventory{cloneDevices(x.devices), cloneDevices(x.held), slices.Clone(x.reserved)}
}

// stock returns the inventory of a node, to be changed.
func (n *Candidate) stock() *inventory {
	if n.inventory == nil {
		n.inventory = new(inventory)
	}
	return n.inventory
}

// Devices returns how much is left of each device of an extended resource, by
// index, in thousandths: 1000 of one that is free, and below 0 of one of which
// more is taken than there is. Nil where the node has none, or more than
// MaxDevices. It costs no memory; it is read-only and of use until the cluster changes.
func (n *Candidate) Devices(name pod.ResourceName) []int64 {
	if n.inventory == nil {
		return nil
	}
	for i := range n.inventory.devices {
		if x := &n.inventory.devices[i]; x.name == name {
			return x.left
		}
	}
	return nil
}

// lacks returns what is wrong with the devices of a node; empty: nothing.
func (n *Candidate) lacks(r *Request) string {
	for i := range r.demands {
		d := &r.demands[i]
		if left := n.Devices(d.Name); left != nil && !d.Fits(left) {
			return d.lacking
		}
	}
	return ""
}

// equipped refuses nodes that have less left of an extended resource than the pod
// wants, or not as it has to be: what roomy says of devices.
func equipped(r *Request, n *Candidate) Reason {
	for i := range r.demands {
		d := &r.demands[i]
		if left := n.Free.other(d.Name); left < int64(d.Whole)*wholeDevice+d.Share {
			return r.short(d.Name, pod.NewMilliQuantity(left, pod.DecimalSI))
		}
	}
	return Reason{What: n.lacks(r)}
}

// layDevices takes over how many devices the node has, of which some are held.
func (n *Candidate) layDevices() {
	if n.inventory == nil && len(n.Room.Other) == 0 {
		return
	}
	n.lift()
	x := n.stock()
	x.devices = nil
	for _, o := range n.Room.Other {
		count := o.Milli / wholeDevice
		if !o.Name.Extended() || count == 0 || count > MaxDevices {
			continue
		}
		left := make([]int64, count)
		for i := range left {
			left[i] = wholeDevice
		}
		for _, held := range x.held {
			if held.name == o.Name {
				for i := range min(len(left), len(held.left)) {
					left[i] += held.left[i]
				}
			}
		}
		x.devices = append(x.devices, devicesLeft{o.Name, left})
	}
	n.lower()
}

// hold takes devices for a pod, or gives them back.
func (n *Candidate) hold(r *Request, list []pod.Devices, sign int64) {
	for _, of := range list {
		i := slices.IndexFunc(r.demands, func(d Demand) bool { return d.Name == of.Name })
		if i < 0 {
			continue
		}
		left, held := n.Devices(of.Name), n.stock().heldOf(of.Name)
		for k, index := range of.Indexes {
			amount := int64(wholeDevice)
			if k >= r.demands[i].Whole {
				amount = r.demands[i].Share
			}
			if index < 0 || index >= MaxDevices {
				continue
			}
			for len(*held) <= index {
				*held = append(*held, 0)
			}
			(*held)[index] -= sign * amount
			if index < len(left) {
				left[index] -= sign * amount
			}
		}
	}
}

// heldOf returns what is held of the devices of a resource, below 0, whether the
// node has them or not (yet, or any more).
func (x *inventory) heldOf(name pod.ResourceName) *[]int64 {
	i := slices.IndexFunc(x.held, func(h devicesLeft) bool { return h.name == name })
	if i < 0 {
		i = len(x.held)
		x.held = append(x.held, devicesLeft{name: name})
	}
	return &x.held[i].left
}

// cloneDevices returns what shares nothing with those given.
func cloneDevices(list []devicesLeft) []devicesLeft {
	own := slices.Clone(list)
	for i := range own {
		own[i].left = slices.Clone(own[i].left)
	}
	return own
}

// shareFunc chooses the device of a share: see Policy.
type shareFunc func(r *Request, n *Candidate, d Demand, left []int64) int

// choose returns the devices that a pod gets on a node, by name; nil where it
// wants none. Where the node has too little, it gets those with the most left.
func (n *Candidate) choose(r *Request, share shareFunc) []pod.Devices {
	var list []pod.Devices
	for _, d := range r.demands {
		if left := n.Devices(d.Name); left != nil {
			left = slices.Clone(left)
			indexes := d.takeWhole(left)
			if d.Share > 0 {
				at := -1
				if share != nil {
					at = share(r, n, d, left)
				}
				if at < 0 || at >= len(left) || left[at] < d.Share {
					at = BestFit(d.Share, left)
				}
				indexes = append(indexes, at)
			}
			list = append(list, pod.Devices{Name: d.Name, Indexes: indexes})
		}
	}
	return list
}

// takeWhole takes the devices that are wanted whole: the first that are free, and
// where there are too few of those the ones with the most left.
func (d *Demand) takeWhole(left []int64) []int {
	if d.Whole == 0 {
		return nil
	}
	order := make([]int, len(left))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(left[b], left[a]) })
	taken := order[:min(d.Whole, len(order))]
	slices.Sort(taken)
	for _, i := range taken {
		left[i] -= wholeDevice
	}
	return taken[:len(taken):len(taken)]
}

// BestFit returns the index of the device that has the least left of those that
// have enough for a share, and of equals the first: so shares fill one device
// after the other, and leave the others whole. Where none has enough it is the
// one with the most left; -1 if there are no devices. All is in thousandths.
func BestFit(share int64, left []int64) int {
	best := -1
	for i, l := range left {
		switch {
		case best < 0:
			best = i
		case left[best] < share:
			if l > left[best] {
				best = i
			}
		case l >= share && l < left[best]:
			best = i
		}
	}
	return best
}
