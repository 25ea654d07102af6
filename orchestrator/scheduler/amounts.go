package scheduler

import (
	"cmp"
	"math"
	"slices"

	"github.com/coracle-dev/coracle/pod"
)

// Amounts are resources as plain numbers, for comparing quickly.
type Amounts struct {
	MilliCPU int64    // thousandths of a core
	Memory   int64    // bytes
	Storage  int64    // bytes of ephemeral storage
	Pods     int64    // how many
	Other    []Amount // everything else, by name
	plain    int64    // Milli of a name without a prefix that Other does not list
}

// Amount is how much there is of a resource other than cpu, memory, ephemeral
// storage and pods.
type Amount struct {
	Name  pod.ResourceName
	Milli int64 // thousandths of a unit
}

// Unlimited is the amount that a node has of a resource which it does not limit.
const Unlimited int64 = math.MaxInt64

// most is what a larger amount counts as, so that sums stay far from the end of
// 64 bits: 64 PiB, or 72 million million of anything counted in thousandths.
const most = 1 << 56

// AmountsOf returns what a list of resources comes to, each rounded up. What
// is negative counts as 0, and what is above 2^56 as that.
func AmountsOf(list pod.Resources) Amounts {
	var a Amounts
	for name, q := range list {
		if field := a.field(name); field == nil {
			a.Other = append(a.Other, Amount{name, bounded(q.MilliValue())})
		} else if name == pod.CPU {
			*field = bounded(q.MilliValue())
		} else {
			*field = bounded(q.Value())
		}
	}
	slices.SortFunc(a.Other, Amount.compare)
	return a
}

func bounded(v int64) int64 { return min(max(v, 0), most) }

// roomOf is AmountsOf for a node, by the rule of pod.Resources.Shortage: what
// it does not list is not limited, unless the name has a prefix; of that it has none.
func roomOf(list pod.Resources) Amounts {
	a := AmountsOf(list)
	a.plain = Unlimited
	for _, name := range []pod.ResourceName{pod.CPU, pod.Memory, pod.EphemeralStorage, pod.Pods} {
		if _, listed := list[name]; !listed {
			*a.field(name) = Unlimited
		}
	}
	return a
}

// field returns where the amount of a resource is kept; nil: in Other.
func (a *Amounts) field(name pod.ResourceName) *int64 {
	switch name {
	case pod.CPU:
		return &a.MilliCPU
	case pod.Memory:
		return &a.Memory
	case pod.EphemeralStorage:
		return &a.Storage
	case pod.Pods:
		return &a.Pods
	}
	return nil
}

// Milli returns the amount of a resource by name, in thousandths of its unit.
// It is Unlimited for what is not limited, or too much to count in thousandths.
func (a Amounts) Milli(name pod.ResourceName) int64 {
	field := a.field(name)
	switch {
	case field == nil:
		return a.other(name)
	case name == pod.CPU:
		return *field
	case *field > Unlimited/1000:
		return Unlimited
	}
	return *field * 1000
}

// other returns the amount of a resource that has no field.
func (a *Amounts) other(name pod.ResourceName) int64 {
	for i := range a.Other {
		if a.Other[i].Name == name {
			return a.Other[i].Milli
		}
	}
	if name.Extended() {
		return 0
	}
	return a.plain
}

// beyond returns the first of a.Other that is more than b has; nil: none is.
func (a *Amounts) beyond(b *Amounts) *Amount {
	for i := range a.Other {
		if o := &a.Other[i]; o.Milli > b.other(o.Name) {
			return o
		}
	}
	return nil
}

// Equal reports whether both come to the same. A resource that one of them does
// not list is there 0 times.
func (a Amounts) Equal(b Amounts) bool {
	return a.MilliCPU == b.MilliCPU && a.Memory == b.Memory && a.Storage == b.Storage &&
		a.Pods == b.Pods && a.listedIn(&b) && b.listedIn(&a)
}

// listedIn reports whether b has as much of everything that a.Other lists.
func (a *Amounts) listedIn(b *Amounts) bool {
	for _, o := range a.Other {
		if b.other(o.Name) != o.Milli {
			return false
		}
	}
	return true
}

func (a *Amounts) add(b *Amounts) { a.combine(b, 1) }
func (a *Amounts) sub(b *Amounts) { a.combine(b, -1) }

// combine adds or takes away b. What comes to 0 is no longer listed.
func (a *Amounts) combine(b *Amounts, sign int64) {
	a.MilliCPU += sign * b.MilliCPU
	a.Memory += sign * b.Memory
	a.Storage += sign * b.Storage
	a.Pods += sign * b.Pods
	for _, o := range b.Other {
		if o.Milli == 0 {
			continue
		}
		i, found := slices.BinarySearchFunc(a.Other, o, Amount.compare)
		if !found {
			a.Other = slices.Insert(a.Other, i, Amount{Name: o.Name})
		}
		if a.Other[i].Milli += sign * o.Milli; a.Other[i].Milli == 0 {
			a.Other = slices.Delete(a.Other, i, i+1)
		}
	}
}

// setLeft makes a what is left of room when used is taken: 0 where that is more.
func (a *Amounts) setLeft(room, used *Amounts) {
	a.MilliCPU = left(room.MilliCPU, used.MilliCPU)
	a.Memory = left(room.Memory, used.Memory)
	a.Storage = left(room.Storage, used.Storage)
	a.Pods = left(room.Pods, used.Pods)
	a.plain = room.plain
	a.Other = a.Other[:0]
	for _, o := range room.Other {
		a.Other = append(a.Other, Amount{o.Name, left(o.Milli, used.other(o.Name))})
	}
}

func left(room, used int64) int64 {
	if room == Unlimited {
		return Unlimited
	}
	return max(room-used, 0)
}

// compare orders by name.
func (x Amount) compare(y Amount) int { return cmp.Compare(x.Name, y.Name) }
