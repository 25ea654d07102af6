package scheduler

import (
	"slices"
	"strings"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/pod"
)

// term names pods and the label of nodes that tells places apart.
type term struct {
	namespaces []string // sorted
	selector   labels.Selector
	nobody     bool // there is no selector: it names no pod
	topology   string
	owner      string // the uid of a controller: its pods, and no others, in place of a selector
	weight     float64
	text       string // the same for terms that are the same
}

// newTerm returns a term of a pod in a namespace.
func newTerm(selector *pod.LabelSelector, namespaces []string, own, topology string) term {
	t := term{namespaces: slices.Sorted(slices.Values(namespaces)), topology: topology, nobody: selector == nil}
	if len(t.namespaces) == 0 {
		t.namespaces = []string{own}
	}
	if selector != nil {
		var err error
		if t.selector, err = selector.Compiled(); err != nil {
			t.nobody = true
		}
	}
	t.text = strings.Join(t.namespaces, ",") + "|" + t.selector.String() + "|" + topology
	if t.nobody {
		t.text += "|nobody"
	}
	return t
}

// names reports whether it names the pod.
func (t *term) names(p *pod.Pod) bool {
	switch {
	case t.owner != "":
		owner, ok := p.Controller()
		return ok && owner.UID == t.owner
	case t.nobody:
		return false
	}
	return slices.Contains(t.namespaces, p.Namespace) && t.selector.Matches(p.Labels)
}

// crowd is how many of some pods are in each place: of those that a term names,
// or of those that require to be away from what it names.
type crowd struct {
	term
	wary   bool           // counts the pods that have the term, not those that it names
	counts map[string]int // by place; never 0
	total  int
	stale  bool // nodes have changed: count again
}

// has reports whether a pod of the template belongs to it.
func (x *crowd) has(t *template) bool {
	if !x.wary {
		return x.names(t.request.Pod)
	}
	return slices.ContainsFunc(t.request.away, func(own term) bool { return own.text == x.text })
}

func (x *crowd) add(n *Candidate, by int) {
	place, ok := n.place(x.topology)
	if !ok {
		return
	}
	x.total += by
	if x.counts[place] += by; x.counts[place] == 0 {
		delete(x.counts, place)
	}
}

// place returns where the node is, among the places that a label tells apart.
func (n *Candidate) place(topology string) (string, bool) {
	if n.Node == nil {
		return "", false
	}
	place, ok := n.Node.Labels[topology]
	if !ok && topology == pod.HostnameLabel {
		return n.name, true
	}
	return place, ok
}

// crowds are those that somebody has asked for, kept with every change.
type crowds struct {
	list   []*crowd
	byText map[string]*crowd
	wary   []*crowd // of list
	of     map[*template]membership
}

// membership is which crowds the pods of a template belong to.
type membership struct {
	crowds []*crowd
	judged int // how many of the crowds were asked about
}

// crowd returns the crowd of a term as it is now.
func (c *Cluster) crowd(t term, wary bool) *crowd {
	x := c.crowds.enlist(t, wary)
	if x.stale {
		c.count(x)
	}
	return x
}

// maxCrowds bounds how many crowds are kept. Those that are needed again are
// counted again.
const maxCrowds = 1 << 12

// enlist returns the crowd of a term, which is still to be counted if it is new.
func (cs *crowds) enlist(t term, wary bool) *crowd {
	key := t.text
	if wary {
		key = "!" + key
	}
	if x := cs.byText[key]; x != nil {
		return x
	}
	if len(cs.list) >= maxCrowds {
		cs.shed()
	}
	x := &crowd{term: t, wary: wary, stale: true}
	if cs.byText == nil {
		cs.byText = make(map[string]*crowd)
	}
	cs.byText[key] = x
	cs.list = append(cs.list, x)
	if wary {
		cs.wary = append(cs.wary, x)
	}
	return x
}

// shed forgets all crowds but those of pods that keep others away.
func (cs *crowds) shed() {
	wary := cs.wary
	*cs = crowds{}
	for _, x := range wary {
		if x.stale || x.total > 0 {
			cs.enlist(x.term, true)
		}
	}
}

// count counts a crowd anew.
func (c *Cluster) count(x *crowd) {
	x.counts, x.total, x.stale = make(map[string]int), 0, false
	for _, p := range c.placed.all() {
		if slices.Contains(c.crowdsWith(p.what), x) {
			x.add(c.byName.get(p.on), 1)
		}
	}
}

// crowdsWith returns the crowds that pods of the template belong to. It finds
// them once for each crowd and template.
func (c *Cluster) crowdsWith(t *template) []*crowd {
	if len(c.crowds.list) == 0 {
		return nil
	}
	m := c.crowds.of[t]
	if m.judged == len(c.crowds.list) {
		return m.crowds
	}
	for ; m.judged < len(c.crowds.list); m.judged++ {
		if x := c.crowds.list[m.judged]; x.has(t) {
			m.crowds = append(m.crowds, x)
		}
	}
	if c.crowds.of == nil {
		c.crowds.of = make(map[*template]membership)
	}
	c.crowds.of[t] = m
	return m.crowds
}

// crowded counts a pod of the template on a node, or no longer.
func (c *Cluster) crowded(t *template, n *Candidate, by int) {
	if by > 0 {
		for _, away := range t.request.away {
			c.crowd(away, true) // whoever comes after has to know
		}
	}
	for _, x := range c.crowdsWith(t) {
		if !x.stale {
			x.add(n, by)
		}
	}
}

// scattered has all crowds counted again: nodes are not where they were.
func (c *Cluster) scattered() {
	for _, x := range c.crowds.list {
		x.stale = true
	}
	c.moved++
}
