package scheduler

import (
	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/pod"
)

// directory finds those of many crowds whose terms name a pod: it looks only at the ones
// of the pod's namespace that want one of its labels, or none. The zero value is empty.
type directory struct {
	crowds      []*crowd // in the order in which they came
	filed       int      // how many of them are in what follows
	byNamespace map[string]*labels.Index[int]
}

// fewCrowds is how many crowds are tried one by one: so many cost no more than to look
// the labels up.
const fewCrowds = 8

func (d *directory) add(x *crowd) { d.crowds = append(d.crowds, x) }

// naming has each crowd visited whose term names the pod.
func (d *directory) naming(p *pod.Pod, visit func(*crowd)) {
	if len(d.crowds) <= fewCrowds {
		for _, x := range d.crowds {
			if x.names(p) {
				visit(x)
			}
		}
		return
	}
	d.file()
	if x := d.byNamespace[p.Namespace]; x != nil {
		for _, i := range x.Matching(p.Labels) {
			visit(d.crowds[i])
		}
	}
}

// file enters the crowds that have come since.
func (d *directory) file() {
	if d.byNamespace == nil {
		d.byNamespace = make(map[string]*labels.Index[int])
	}
	for ; d.filed < len(d.crowds); d.filed++ {
		x := d.crowds[d.filed]
		if x.nobody {
			continue
		}
		for _, namespace := range x.namespaces {
			index := d.byNamespace[namespace]
			if index == nil {
				index = new(labels.Index[int])
				d.byNamespace[namespace] = index
			}
			index.Put(d.filed, x.selector)
		}
	}
}
