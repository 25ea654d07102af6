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
	wary   directory           // of list: those of the pods that keep others away
	named  directory           // of list: those that a term names
	owned  map[string][]*crowd // of list: those of the pods of a controller, by its uid
	of     map[*template]membership
	walks  int    // how many crowds were counted by a walk
	herds  *herds // nil: those were enough so far
	enough int    // some are shed when there are so many, if that is more than maxCrowds
}

// membership is which crowds the pods of a template belong to.
type membership struct {
	crowds []*crowd
	judged int // how many of the crowds were asked about
}

// crowd returns the crowd of a term as it is now.
func (c *Cluster) crowd(t term, wary bool) *crowd {
	return c.counted(c.crowds.enlist(t, wary))
}

// counted returns a crowd as it is now.
func (c *Cluster) counted(x *crowd) *crowd {
	if x.stale {
		c.count(x)
	}
	return x
}

// maxCrowds bounds how many crowds are kept, beside those of pods that are there and keep
// others away. Those that are needed again are counted again.
const maxCrowds = 1 << 12

// enlist returns the crowd of a term, which is still to be counted if it is new.
func (cs *crowds) enlist(t term, wary bool) *crowd {
	if x := cs.byText[crowdKey(t.text, wary)]; x != nil {
		return x
	}
	x := &crowd{term: t, wary: wary, stale: true}
	cs.keep(x)
	return x
}

// crowdKey is what a crowd is found by.
func crowdKey(text string, wary bool) string {
	if wary {
		return "!" + text
	}
	return text
}

// keep adds a crowd.
func (cs *crowds) keep(x *crowd) {
	if cs.byText == nil {
		cs.byText = make(map[string]*crowd)
	}
	cs.byText[crowdKey(x.text, x.wary)] = x
	cs.list = append(cs.list, x)
	switch {
	case x.wary:
		cs.wary.add(x)
	case x.owner == "":
		cs.named.add(x)
	default:
		if cs.owned == nil {
			cs.owned = make(map[string][]*crowd)
		}
		cs.owned[x.owner] = append(cs.owned[x.owner], x)
	}
}

// with returns all crowds that pods of the template belong to: those for which has
// is true.
func (cs *crowds) with(t *template) (list []*crowd) {
	p := t.request.Pod
	cs.named.naming(p, func(x *crowd) { list = append(list, x) })
	if owner, ok := p.Controller(); ok {
		list = append(list, cs.owned[owner.UID]...)
	}
	for _, away := range t.request.away {
		if x := cs.byText[crowdKey(away.text, true)]; x != nil && !slices.Contains(list, x) {
			list = append(list, x)
		}
	}
	return list
}

// shed forgets all crowds, where they are too many, but those of pods that are placed
// and keep others away: wherever these are, and whether that is a node yet.
func (c *Cluster) shed() {
	if len(c.crowds.list) < max(maxCrowds, c.crowds.enough) {
		return
	}
	needed := make(map[string]bool)
	for _, p := range c.placed.all() {
		for _, away := range p.what.request.away {
			needed[away.text] = true
		}
	}
	wary := c.crowds.wary.crowds
	c.crowds = crowds{}
	for _, x := range wary {
		if needed[x.text] {
			c.crowds.keep(x)
		}
	}
	c.crowds.enough = 2 * len(c.crowds.list) // or it would be done again and again, for little
}

// fewWalks is how many crowds are counted by a walk over all pods, before these are
// kept by template: that costs more than a walk, once, and something for each pod after it.
const fewWalks = 8

// count counts a crowd anew.
func (c *Cluster) count(x *crowd) {
	x.counts, x.total, x.stale = make(map[string]int), 0, false
	if c.crowds.walks < fewWalks {
		c.crowds.walks++
		for _, p := range c.placed.all() {
			if slices.Contains(c.crowdsWith(p.what), x) {
				x.add(c.byName.get(p.on), 1)
			}
		}
		return
	}
	for h := range c.herds().of(x) {
		for name, pods := range h.nodes {
			x.add(c.byName.get(name), pods)
		}
	}
}

// crowdsWith returns the crowds that pods of the template belong to. It finds
// them once for each crowd and template, as long as there are such pods.
func (c *Cluster) crowdsWith(t *template) []*crowd {
	if len(c.crowds.list) == 0 {
		return nil
	}
	m := c.crowds.of[t]
	if m.judged == len(c.crowds.list) {
		return m.crowds
	}
	if len(c.crowds.list)-m.judged > fewCrowds {
		m = membership{crowds: c.crowds.with(t), judged: len(c.crowds.list)}
	}
	for ; m.judged < len(c.crowds.list); m.judged++ {
		if x := c.crowds.list[m.judged]; x.has(t) {
			m.crowds = append(m.crowds, x)
		}
	}
	if n := len(c.crowds.of); n == 0 || n >= maxTemplates && n >= 2*c.pods() { // most of their pods are gone
		c.crowds.of = make(map[*template]membership)
	}
	c.crowds.of[t] = m
	return m.crowds
}

// crowded counts a pod of the template on a node, or no longer.
func (c *Cluster) crowded(t *template, n *Candidate, by int) {
	if by > 0 {
		for _, away := range t.request.away { // whoever comes after has to know
			if c.crowds.byText[crowdKey(away.text, true)] == nil {
				c.crowds.keep(&crowd{term: away, wary: true, counts: make(map[string]int)}) // nobody has the term yet
			}
		}
	}
	if c.crowds.herds != nil {
		c.crowds.herds.count(t, n.name, by)
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
