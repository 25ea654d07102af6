package scheduler

import (
	"iter"

	"github.com/coracle-dev/coracle/labels"
)

// herds are the placed pods by template, so that a crowd is counted by a look at those
// that belong to it, and not at every pod. They are kept once some crowds were counted: see fewWalks.
type herds struct {
	all    map[*template]*herd
	byID   map[uint64]*herd
	labels labels.SetIndex[uint64]       // of the pods, by id
	byText map[string]map[*herd]struct{} // by what herdKeys returns
	newest uint64                        // id
}

// herd is the placed pods of one template.
type herd struct {
	id       uint64
	template *template
	nodes    map[string]int // how many are on each; never 0
}

// herds returns those of the cluster, as they are now.
func (c *Cluster) herds() *herds {
	if c.crowds.herds == nil {
		hs := &herds{all: make(map[*template]*herd), byID: make(map[uint64]*herd), byText: make(map[string]map[*herd]struct{})}
		for _, p := range c.placed.all() {
			hs.count(p.what, p.on, 1)
		}
		c.crowds.herds = hs
	}
	return c.crowds.herds
}

// count counts so many pods more of a template on a node.
func (hs *herds) count(t *template, node string, by int) {
	h := hs.all[t]
	if h == nil {
		h = hs.enter(t)
	}
	if h.nodes[node] += by; h.nodes[node] != 0 {
		return
	}
	if delete(h.nodes, node); len(h.nodes) == 0 {
		hs.leave(h)
	}
}

func (hs *herds) enter(t *template) *herd {
	hs.newest++
	h := &herd{id: hs.newest, template: t, nodes: make(map[string]int, 1)}
	hs.all[t], hs.byID[h.id] = h, h
	hs.labels.Put(h.id, t.request.Labels)
	for key := range herdKeys(t) {
		if hs.byText[key] == nil {
			hs.byText[key] = make(map[*herd]struct{}, 1)
		}
		hs.byText[key][h] = struct{}{}
	}
	return h
}

func (hs *herds) leave(h *herd) {
	delete(hs.all, h.template)
	delete(hs.byID, h.id)
	hs.labels.Delete(h.id)
	for key := range herdKeys(h.template) {
		if delete(hs.byText[key], h); len(hs.byText[key]) == 0 {
			delete(hs.byText, key)
		}
	}
}

// herdKeys yields what the herd of a template is found by beside its labels: the controller
// of its pods, and what they must be away from.
func herdKeys(t *template) iter.Seq[string] {
	return func(yield func(string) bool) {
		if owner, ok := t.request.Controller(); ok && !yield("="+owner.UID) {
			return
		}
		for _, away := range t.request.away {
			if !yield(crowdKey(away.text, true)) {
				return
			}
		}
	}
}

// of yields the herds that belong to a crowd, in no order.
func (hs *herds) of(x *crowd) iter.Seq[*herd] {
	return func(yield func(*herd) bool) {
		switch {
		case x.wary:
			yieldAll(hs.byText[crowdKey(x.text, true)], yield)
		case x.nobody:
		case x.owner != "":
			yieldAll(hs.byText["="+x.owner], yield)
		default:
			for _, id := range hs.labels.Matching(x.selector) {
				if h := hs.byID[id]; x.has(h.template) && !yield(h) {
					return
				}
			}
		}
	}
}

func yieldAll(some map[*herd]struct{}, yield func(*herd) bool) {
	for h := range some {
		if !yield(h) {
			return
		}
	}
}
