package orchestrator

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator/scheduler"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
	"github.com/coracle-dev/coracle/service"
)

// Check verifies the invariants that the type's comment numbers and returns
// what does not hold, joined. Call it between Steps, in tests and simulations.
//
// It looks at every pod, and at all that the engine keeps beside the store. What
// follows from objects alone is remembered until one of them is replaced: what
// the pods of a node request, and whether controllers and services have what
// they ask for. So a Check after a Step that wrote little costs little.
func (e *Engine) Check() error {
	c := checker{e: e, audit: &e.audit, errs: []error{e.broken}}
	c.look()
	starts := c.starts()
	for _, p := range c.pods {
		c.checkPlace(p)
		c.checkDevices(p)
		if len(starts) > 0 {
			c.checkAttempts(p, starts[p.UID])
		}
	}
	c.checkCounts()
	if e.idle() {
		c.checkControllers()
		c.checkEndpoints()
	}
	c.checkPortals()
	c.checkCalls()
	return errors.Join(c.errs...)
}

// audit is what Check knows of the objects of a revision. They never change, and
// neither does what follows from them.
type audit struct {
	revision uint64
	pods     []*pod.Pod                 // all of them, in order
	services []*service.Service         // the same
	counts   map[string]scheduler.Count // what they request, by node
	kept     bool                       // every controller has its pods,
	until    time.Time                  // at least until then; zero: for good
	resolved bool                       // every service has its endpoints
}

type checker struct {
	*audit
	e    *Engine
	errs []error
}

func (c *checker) fail(invariant int, format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf("invariant %d: %s", invariant, fmt.Sprintf(format, args...)))
}

// look takes over the pods as they are now, from a walk over all, so that an
// index which lost one shows. Nodes are counted from nothing if one of their
// pods is new, gone or another than it was.
func (c *checker) look() {
	head := c.e.head()
	if c.counts != nil && c.revision == head.Revision() {
		return
	}
	was := c.pods
	*c.audit = audit{revision: head.Revision(), pods: make([]*pod.Pod, 0, len(was)+1), counts: c.counts}
	if c.counts == nil {
		c.counts = make(map[string]scheduler.Count)
	}
	for p := range head.Pods().All(store.Filter{}) {
		c.pods = append(c.pods, p)
	}
	c.services = slices.Collect(head.Services().All(store.Filter{}))
	stale := make(map[string]bool)
	for _, p := range unlike(was, c.pods) {
		stale[countedOn(p)] = true
	}
	var fresh scheduler.Cluster
	for _, p := range c.pods {
		if at := countedOn(p); at != "" && stale[at] {
			fresh.Place(p, at)
		}
	}
	for name := range stale {
		c.counts[name] = fresh.Count(name)
	}
}

// countedOn returns the node that a pod takes room on, or "".
func countedOn(p *pod.Pod) string {
	if p.Status.Phase.Terminal() {
		return ""
	}
	return cmp.Or(p.Spec.NodeName, p.Status.NominatedNodeName)
}

// unlike returns all pods that only one of two ordered lists has, and maybe some
// that both have.
func unlike(was, is []*pod.Pod) []*pod.Pod {
	for len(was) > 0 && len(is) > 0 && was[0] == is[0] {
		was, is = was[1:], is[1:]
	}
	for len(was) > 0 && len(is) > 0 && was[len(was)-1] == is[len(is)-1] {
		was, is = was[:len(was)-1], is[:len(is)-1]
	}
	if len(was) != len(is) {
		return slices.Concat(was, is)
	}
	var differ []*pod.Pod
	for i := range was {
		if was[i] != is[i] {
			differ = append(differ, was[i], is[i])
		}
	}
	return differ
}

// checkPlace verifies 3: a pod is on exactly one of queue, list of unfit, node, or is terminal.
func (c *checker) checkPlace(p *pod.Pod) {
	places := 0
	for _, there := range []bool{
		c.e.pending.has(p.UID), c.e.unfit.has(p.UID), p.Spec.NodeName != "",
		p.Status.Phase.Terminal() && p.Spec.NodeName == "",
	} {
		if there {
			places++
		}
	}
	if places != 1 {
		c.fail(3, "pod %s/%s is in %d places", p.Namespace, p.Name, places)
	}
}

// starts returns the starts under way, by uid of their pod.
func (c *checker) starts() map[string][]*call {
	var starts map[string][]*call
	for _, m := range c.e.machines {
		for _, x := range m.calls {
			if x.Kind != WorkStart {
				continue
			}
			if starts == nil {
				starts = make(map[string][]*call)
			}
			starts[x.Ref.UID] = append(starts[x.Ref.UID], x)
		}
	}
	return starts
}

// checkAttempts verifies 1 as far as the engine knows.
func (c *checker) checkAttempts(p *pod.Pod, starts []*call) {
	m := c.e.machines[p.Spec.NodeName]
	if m == nil {
		return
	}
	starting := make(map[string]int)
	for _, x := range starts {
		if x.Node == m.name {
			starting[x.Ref.Container]++
		}
	}
	for _, name := range slices.Sorted(maps.Keys(starting)) {
		n := starting[name]
		for _, s := range m.seen[p.UID] {
			if s.Container == name && s.live() && s.Attempt != RefTo(p, name).Attempt {
				n++
			}
		}
		if n > 1 {
			c.fail(1, "container %s of pod %s/%s has %d live attempts", name, p.Namespace, p.Name, n)
		}
	}
}

// checkCounts verifies 4.
func (c *checker) checkCounts() {
	for n := range c.e.cluster.Nodes() {
		want := c.counts[n.Node.Name]
		if have := c.e.cluster.Count(n.Node.Name); !have.Equal(want) {
			c.fail(4, "node %s counts %+v, its pods request %+v", n.Node.Name, have, want)
		}
	}
}

// checkDevices verifies 4 for the devices of a pod: what is recorded is what counts.
func (c *checker) checkDevices(p *pod.Pod) {
	if p.Spec.NodeName == "" || p.Status.Phase.Terminal() || len(p.Status.Devices) == 0 {
		return
	}
	if have := c.e.cluster.Devices(p.UID); !slices.EqualFunc(have, p.Status.Devices, pod.Devices.Equal) {
		c.fail(4, "pod %s/%s has the devices %v, but %v are counted", p.Namespace, p.Name, p.Status.Devices, have)
	}
}

// checkControllers verifies 5. Adopting, creating and deleting take one Step,
// so that it holds whenever nothing is queued.
func (c *checker) checkControllers() {
	if c.kept && (c.until.IsZero() || c.e.now.Before(c.until)) {
		return
	}
	type owner struct{ namespace, uid string } // no uid: of pods without one
	pods := make(map[owner][]*pod.Pod)
	for _, p := range c.pods {
		ref, _ := p.Controller()
		of := owner{p.Namespace, ref.UID}
		pods[of] = append(pods[of], p)
	}
	before := len(c.errs)
	c.until = time.Time{}
	for rc := range c.e.head().Controllers().All(store.Filter{}) {
		if rc.Deleting() || rc.Spec.Replicas == nil {
			continue
		}
		if ns, err := c.e.head().Namespaces().Get("", rc.Namespace); err != nil || ns.Deleting() {
			continue
		}
		candidates := slices.Concat(pods[owner{rc.Namespace, rc.UID}], pods[owner{rc.Namespace, ""}])
		c.checkController(rc, replication.Plan(rc, candidates, c.e.now))
	}
	c.kept = len(c.errs) == before
}

func (c *checker) checkController(rc *replication.Controller, plan replication.Actions) {
	if c.until.IsZero() || !plan.Wake.IsZero() && plan.Wake.Before(c.until) {
		c.until = plan.Wake
	}
	if len(plan.Adopt)+len(plan.Release) > 0 {
		c.fail(5, "controller %s/%s has %d pods to adopt and %d to release", rc.Namespace, rc.Name, len(plan.Adopt), len(plan.Release))
	}
	paused := plan.Status.Replicas < *rc.Spec.Replicas && !plan.Wake.IsZero() // its pods keep failing
	if plan.Status.Replicas != *rc.Spec.Replicas && !paused {
		c.fail(5, "controller %s/%s has %d live pods, wants %d", rc.Namespace, rc.Name, plan.Status.Replicas, *rc.Spec.Replicas)
	}
}

// checkEndpoints verifies 7, from a walk over all services and pods, so that an
// index which lost one shows.
func (c *checker) checkEndpoints() {
	if c.resolved {
		return
	}
	before := len(c.errs)
	head := c.e.head()
	selectors := make(map[string]*labels.Index[string]) // by namespace
	for _, s := range c.services {
		if selectors[s.Namespace] == nil {
			selectors[s.Namespace] = new(labels.Index[string])
		}
		if s.Selects() {
			selectors[s.Namespace].Put(s.UID, s.Selector())
		}
	}
	pods := make(map[string][]*pod.Pod) // by uid of a service
	for namespace, index := range selectors {
		for p := range head.Pods().All(store.Filter{Namespace: namespace}) {
			for _, uid := range index.Matching(p.Labels) {
				pods[uid] = append(pods[uid], p)
			}
		}
	}
	for _, s := range c.services {
		if ns, err := head.Namespaces().Get("", s.Namespace); err != nil || ns.Deleting() || !s.Selects() {
			continue
		}
		is, err := head.Endpoints().Get(s.Namespace, s.Name)
		if want := service.Resolve(s, pods[s.UID]).Endpoints; err != nil || !want.SameSubsets(is) {
			c.fail(7, "the endpoints of service %s/%s are not those of its %d pods: %v", s.Namespace, s.Name, len(pods[s.UID]), err)
		}
	}
	c.resolved = len(c.errs) == before
}

// checkPortals verifies 8.
func (c *checker) checkPortals() {
	ips, ports := make(map[string]string), make(map[int]string)
	for _, s := range c.services {
		name := s.Namespace + "/" + s.Name
		if ip, err := netip.ParseAddr(s.Spec.ClusterIP); err == nil {
			if other := c.e.portals.Owner(ip); other != name || ips[s.Spec.ClusterIP] != "" {
				c.fail(8, "service %s has %s, which is that of %q too", name, ip, other+ips[s.Spec.ClusterIP])
			}
			ips[s.Spec.ClusterIP] = name
		}
		for _, p := range s.Spec.Ports {
			if p.NodePort == 0 {
				continue
			}
			if other := ports[p.NodePort]; other != "" && other != name || c.e.portals.PortOwner(p.NodePort) != name {
				c.fail(8, "service %s has node port %d, which is that of %q too", name, p.NodePort, other)
			}
			ports[p.NodePort] = name
		}
	}
	if addresses, nodePorts := c.e.portals.Taken(); addresses != len(ips) || nodePorts != len(ports) {
		c.fail(8, "%d addresses and %d node ports are taken, services have %d and %d", addresses, nodePorts, len(ips), len(ports))
	}
}

// checkCalls verifies 6.
func (c *checker) checkCalls() {
	places := 0
	for _, name := range slices.Sorted(maps.Keys(c.e.machines)) {
		m := c.e.machines[name]
		if m.counted {
			places++
		}
		c.checkMachine(m)
	}
	if places != c.e.checks.running {
		c.fail(6, "%d checks are counted as under way, and %d are", c.e.checks.running, places)
	}
	busy := 0
	for _, b := range c.e.balancers.known {
		if b.busy {
			busy++
		}
	}
	if under := len(c.e.balancers.calls); busy != under {
		c.fail(6, "%d calls to the Balancer are under way for %d load balancers", under, busy)
	}
}

// checkMachine verifies 6 for the calls on a machine, which are in the order in which
// they were asked for.
func (c *checker) checkMachine(m *machine) {
	lists := 0
	var guards []*call
	for _, x := range m.calls {
		switch {
		case x.Kind == WorkList:
			lists++
		case x.guards:
			guards = append(guards, x)
		}
	}
	if lists > 1 {
		c.fail(6, "node %s is listed %d times at once", m.name, lists)
	}
	slices.SortStableFunc(guards, func(a, b *call) int { return cmp.Compare(a.Ref.UID, b.Ref.UID) })
	for i, x := range guards {
		for j := i - 1; j >= 0 && guards[j].Ref.UID == x.Ref.UID; j-- {
			y := guards[j]
			if x.Ref.Container == y.Ref.Container || x.Kind == WorkRemove || y.Kind == WorkRemove {
				c.fail(6, "%s is under way beside %s", x.Work, y.Work)
			}
		}
	}
}
