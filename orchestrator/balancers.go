package orchestrator

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/service"
)

// balancers are the load balancers that the engine looks after. Of this only the
// mark in a service's status is stored, before anything is asked for: so nothing
// is forgotten, and after a restart each is ensured once more.
type balancers struct {
	of      Balancer             // nil: none
	known   map[string]*balancer // by uid of their service
	calls   map[uint64]string    // uids by work under way
	waiting queue[string]        // uids of those that found too many calls under way
}

// balancer is what is known of one load balancer.
type balancer struct {
	service *service.Service // as it was when it was seen last: it may be gone
	asked   Work             // the call under way, or the last one
	busy    bool             // it is under way
	ensured *service.Service // as of the last Ensure that succeeded; nil: there was none since the start
	nodes   []string         // what was said of the nodes then, or by an Update since
	retry   retry
}

// balancer returns the config's: its own, or the cloud if that is one.
func (c Config) balancer() Balancer {
	if c.Balancer != nil {
		return c.Balancer
	}
	b, _ := c.Cloud.(Balancer)
	return b
}

// observeBalanced notes services that have or need a load balancer.
func (e *Engine) observeBalanced(old, s *service.Service) {
	x := &e.balancers
	if s == nil {
		if b := x.known[old.UID]; b != nil { // by force: what is known is all that is left
			b.service = old
			e.services.dirty.add(old.UID)
		}
		return
	}
	b := x.known[s.UID]
	switch {
	case b != nil:
	case s.Spec.Type != service.LoadBalancer && s.Status.LoadBalancer.Cloud == "":
		return
	default:
		if x.known == nil {
			x.known, x.calls = make(map[string]*balancer), make(map[uint64]string)
		}
		b = &balancer{}
		x.known[s.UID] = b
	}
	b.service = s
}

// balances reports whether there may be a load balancer for the service, to be
// removed before its record.
func (e *Engine) balances(s *service.Service) bool {
	of := e.balancers.of
	return of != nil && s.Status.LoadBalancer.Cloud == of.Name()
}

// observeBackends has all load balancers looked at where a node became one that
// they send to, or ceased to be.
func (e *Engine) observeBackends(old, n *node.Node) {
	if e.balancers.of == nil || len(e.balancers.known) == 0 || backend(old) == backend(n) {
		return
	}
	for _, uid := range slices.Sorted(maps.Keys(e.balancers.known)) {
		e.services.dirty.add(uid)
	}
}

// backend describes a node that load balancers send to; empty: they do not.
func backend(n *node.Node) string {
	if n == nil || n.Deleting() || n.Status.Phase != node.Running || !n.Status.Is(node.Ready) {
		return ""
	}
	if _, excluded := n.Labels[ExcludeLabel]; excluded {
		return ""
	}
	text := n.Name
	for _, a := range n.Status.Addresses {
		text += " " + string(a.Type) + "=" + a.Address
	}
	return text
}

// stepBalancer has the load balancer of a service made, changed or removed. It
// reports whether there is none, and returns what is wrong for the time being.
func (e *Engine) stepBalancer(tx *store.Tx, uid string, now time.Time) (none bool, trouble []labels.Event, err error) {
	x := &e.balancers
	b := x.known[uid]
	if b == nil || b.busy {
		return b == nil, nil, nil
	}
	s, missing := tx.Services().ByUID(uid)
	if missing != nil {
		s = b.service
	}
	needed := missing == nil && !s.Deleting() && s.Spec.Type == service.LoadBalancer
	mark := s.Status.LoadBalancer.Cloud
	if mark != "" && (x.of == nil && !needed || x.of != nil && mark != x.of.Name()) {
		e.event(s, "services", "", warning("BalancerLeft", "the load balancer that %q made is left: the config has no such Balancer", mark))
		if mark = ""; missing == nil {
			if s, err = marked(tx, s, service.LoadBalancerStatus{}); err != nil {
				return false, nil, err
			}
		}
	}
	switch {
	case !needed && mark == "":
		delete(x.known, uid)
		e.timers.set(timerKey{serviceLoop, uid}, time.Time{})
		return true, nil, nil
	case x.of == nil:
		return false, []labels.Event{warning("NoBalancer", "there is no load balancer: the config has no Balancer")}, nil
	case b.retry.at.After(now):
		e.timers.sooner(timerKey{serviceLoop, uid}, b.retry.at)
	case !needed:
		e.balance(b, uid, Work{Kind: WorkDeleteBalancer, Balance: Balance{Service: s}})
	default:
		if mark == "" {
			if s, err = marked(tx, s, service.LoadBalancerStatus{Cloud: x.of.Name()}); err != nil {
				return false, nil, err
			}
		}
		e.refreshBalancer(b, uid, s)
	}
	return false, nil, nil
}

// refreshBalancer asks for what differs from what was asked for last.
func (e *Engine) refreshBalancer(b *balancer, uid string, s *service.Service) {
	var nodes []*node.Node
	var described []string
	for n := range e.head().Nodes().All(store.Filter{}) {
		if text := backend(n); text != "" {
			nodes, described = append(nodes, n), append(described, text)
		}
	}
	w := Work{Kind: WorkEnsureBalancer, Balance: Balance{Service: s, Nodes: nodes}}
	if b.ensured != nil && b.ensured.Generation == s.Generation && maps.Equal(b.ensured.Annotations, s.Annotations) {
		if slices.Equal(b.nodes, described) {
			return
		}
		w.Kind = WorkUpdateBalancer
	}
	e.balance(b, uid, w)
}

// balance gives out a call, unless there are as many as may be.
func (e *Engine) balance(b *balancer, uid string, w Work) {
	x := &e.balancers
	if len(x.calls) >= e.cfg.CallsPerNode {
		x.waiting.add(uid)
		return
	}
	e.calls.last++
	w.ID = e.calls.last
	b.asked, b.busy = w, true
	x.calls[w.ID] = uid
	e.work = append(e.work, w)
}

// balanced takes in the end of a call, if r is one.
func (e *Engine) balanced(r Result, now time.Time) bool {
	x := &e.balancers
	uid, ok := x.calls[r.Work]
	if !ok {
		return false
	}
	delete(x.calls, r.Work)
	for _, next := range x.waiting.take() {
		e.services.dirty.add(next)
	}
	e.services.dirty.add(uid)
	b := x.known[uid]
	b.busy = false
	if r.Err != nil {
		b.retry = b.retry.next(now)
		b.ensured = nil // whatever failed, all of it is said again
		e.event(b.service, "services", "", warning(b.asked.Kind.failure(), "%s: %v", x.of.Name(), r.Err))
		return true
	}
	b.retry = retry{}
	e.must(func(tx *store.Tx) error { return e.acknowledge(tx, b, uid, r) })
	return true
}

// failure is the reason of the event that tells of a failed call.
func (k WorkKind) failure() string { return "Failed" + string(k) }

// acknowledge records what a call has brought about.
func (e *Engine) acknowledge(tx *store.Tx, b *balancer, uid string, r Result) error {
	s, missing := tx.Services().ByUID(uid)
	switch b.asked.Kind {
	case WorkDeleteBalancer:
		delete(e.balancers.known, uid)
		e.event(b.service, "services", "", normal("DeletedBalancer", "the load balancer is gone"))
		if missing == nil {
			_, err := marked(tx, s, service.LoadBalancerStatus{})
			return err
		}
		return nil
	case WorkEnsureBalancer:
		b.ensured = b.asked.Balance.Service
		e.event(b.service, "services", "", normal("EnsuredBalancer", "the load balancer is there"))
		r.Balancer.Cloud = e.balancers.of.Name()
		if missing == nil && !slices.Equal(s.Status.LoadBalancer.Ingress, r.Balancer.Ingress) {
			if _, err := marked(tx, s, r.Balancer); err != nil {
				return err
			}
		}
	}
	b.nodes = b.nodes[:0:0]
	for _, n := range b.asked.Balance.Nodes {
		b.nodes = append(b.nodes, backend(n))
	}
	return nil
}

// marked writes what is known of a load balancer to the status of its service.
func marked(tx *store.Tx, s *service.Service, status service.LoadBalancerStatus) (*service.Service, error) {
	changed := *s
	changed.Status.LoadBalancer = status
	return &changed, tx.Update(&changed)
}

// askBalancer makes one call for Run.
func (w *workers) askBalancer(item Work) {
	w.group.Go(func() {
		ctx, cancel := context.WithTimeout(w.ctx, w.cfg.CallTimeout)
		defer cancel()
		w.report(item.Balanced(ctx, w.cfg.balancer()))
	})
}

// Balanced carries out a work that is one for a Balancer.
func (w Work) Balanced(ctx context.Context, b Balancer) Result {
	result := Result{Work: w.ID}
	switch w.Kind {
	case WorkEnsureBalancer:
		result.Balancer, result.Err = b.EnsureBalancer(ctx, w.Balance)
	case WorkUpdateBalancer:
		result.Err = b.UpdateBalancer(ctx, w.Balance)
	case WorkDeleteBalancer:
		result.Err = b.DeleteBalancer(ctx, w.Balance)
	}
	return result
}
