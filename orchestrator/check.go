package orchestrator

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator/scheduler"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
	"github.com/coracle-dev/coracle/service"
)

// Check verifies the invariants that the type's comment numbers and returns
// what does not hold, joined. It costs a walk over everything; call it between
// Steps, in tests and simulations.
func (e *Engine) Check() error {
	c := checker{e: e, errs: []error{e.broken}}
	counted := new(scheduler.Cluster)
	for p := range e.head().Pods().All(store.Filter{}) {
		c.checkPlace(p)
		c.checkAttempts(p)
		if at := cmp.Or(p.Spec.NodeName, p.Status.NominatedNodeName); at != "" && !p.Status.Phase.Terminal() {
			counted.Place(p, at)
		}
	}
	c.checkCounts(counted)
	if e.idle() {
		c.checkControllers()
		c.checkEndpoints()
	}
	c.checkPortals()
	c.checkCalls()
	return errors.Join(c.errs...)
}

type checker struct {
	e    *Engine
	errs []error
}

func (c *checker) fail(invariant int, format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf("invariant %d: %s", invariant, fmt.Sprintf(format, args...)))
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

// checkAttempts verifies 1 as far as the engine knows.
func (c *checker) checkAttempts(p *pod.Pod) {
	m := c.e.machines[p.Spec.NodeName]
	if m == nil {
		return
	}
	starting := make(map[string]int)
	for _, call := range m.calls {
		if call.Kind == WorkStart && call.Ref.UID == p.UID {
			starting[call.Ref.Container]++
		}
	}
	for name, n := range starting {
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
func (c *checker) checkCounts(counted *scheduler.Cluster) {
	for n := range c.e.cluster.Nodes() {
		want := counted.Count(n.Node.Name)
		if have := c.e.cluster.Count(n.Node.Name); !have.Equal(want) {
			c.fail(4, "node %s counts %+v, its pods request %+v", n.Node.Name, have, want)
		}
	}
}

// checkControllers verifies 5. Adopting, creating and deleting take one Step,
// so that it holds whenever nothing is queued.
func (c *checker) checkControllers() {
	// Of all pods, so that an index which lost one shows.
	pods := make(map[string][]*pod.Pod)
	for p := range c.e.head().Pods().All(store.Filter{}) {
		pods[p.Namespace] = append(pods[p.Namespace], p)
	}
	for rc := range c.e.head().Controllers().All(store.Filter{}) {
		if rc.Deleting() || rc.Spec.Replicas == nil {
			continue
		}
		if ns, err := c.e.head().Namespaces().Get("", rc.Namespace); err != nil || ns.Deleting() {
			continue
		}
		plan := replication.Plan(rc, pods[rc.Namespace], c.e.now)
		if len(plan.Adopt)+len(plan.Release) > 0 {
			c.fail(5, "controller %s/%s has %d pods to adopt and %d to release", rc.Namespace, rc.Name, len(plan.Adopt), len(plan.Release))
		}
		paused := plan.Status.Replicas < *rc.Spec.Replicas && !plan.Wake.IsZero() // its pods keep failing
		if plan.Status.Replicas != *rc.Spec.Replicas && !paused {
			c.fail(5, "controller %s/%s has %d live pods, wants %d", rc.Namespace, rc.Name, plan.Status.Replicas, *rc.Spec.Replicas)
		}
	}
}

// checkEndpoints verifies 7, from a walk over all services and pods, so that an
// index which lost one shows.
func (c *checker) checkEndpoints() {
	head := c.e.head()
	selectors := make(map[string]*labels.Index[string]) // by namespace
	for s := range head.Services().All(store.Filter{}) {
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
	for s := range head.Services().All(store.Filter{}) {
		if ns, err := head.Namespaces().Get("", s.Namespace); err != nil || ns.Deleting() || !s.Selects() {
			continue
		}
		is, err := head.Endpoints().Get(s.Namespace, s.Name)
		if want := service.Resolve(s, pods[s.UID]).Endpoints; err != nil || !want.SameSubsets(is) {
			c.fail(7, "the endpoints of service %s/%s are not those of its %d pods: %v", s.Namespace, s.Name, len(pods[s.UID]), err)
		}
	}
}

// checkPortals verifies 8.
func (c *checker) checkPortals() {
	ips, ports := make(map[string]string), make(map[int]string)
	for s := range c.e.head().Services().All(store.Filter{}) {
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
	refs := make(map[ContainerRef]int)
	places := 0
	for _, m := range c.e.machines {
		if m.counted {
			places++
		}
		lists := 0
		for _, call := range m.calls {
			if call.Kind == WorkList {
				lists++
			}
			if ref, ok := call.guards(); ok && c.e.calls.byRef[ref] == call {
				refs[ref]++
			}
		}
		if lists > 1 {
			c.fail(6, "node %s is listed %d times at once", m.name, lists)
		}
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
	for ref, n := range refs {
		if n > 1 {
			c.fail(6, "%d calls are under way for %v", n, ref)
		}
	}
}
