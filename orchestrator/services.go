package orchestrator

import (
	"maps"
	"slices"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/service"
)

// services is what the engine keeps beside the store to find the services that
// a change concerns.
type services struct {
	dirty  queue[string]          // uids
	groups map[string]*neighbours // by namespace; those with no service are not there
	told   map[string]string      // by uid: what was said last of it
}

// neighbours are the services of one namespace.
type neighbours struct {
	count     int
	selectors labels.Index[string] // of those that select, by uid

	// The variables of a pod that came after all of them, as they were asked for last.
	env    []pod.EnvVar
	newest time.Time // when the last of them came
	known  bool      // env is up to date
}

// observeService keeps the index of selectors.
func (e *Engine) observeService(old, s *service.Service) {
	e.observeBalanced(old, s)
	x := &e.services
	if s == nil {
		group := x.groups[old.Namespace]
		group.selectors.Delete(old.UID)
		group.known = false
		if group.count--; group.count == 0 {
			delete(x.groups, old.Namespace)
		}
		delete(x.told, old.UID)
		return
	}
	if x.groups == nil {
		x.groups, x.told = make(map[string]*neighbours), make(map[string]string)
	}
	group := x.groups[s.Namespace]
	if group == nil {
		group = &neighbours{}
		x.groups[s.Namespace] = group
	}
	if old == nil {
		group.count++
	}
	group.known = false
	if s.Selects() {
		group.selectors.Put(s.UID, s.Selector())
	} else {
		group.selectors.Delete(s.UID)
	}
	x.dirty.add(s.UID)
}

// observeMembership tells the services whose pod one was or is, if it matters to them.
func (e *Engine) observeMembership(old, p *pod.Pod) {
	if len(e.services.groups) == 0 || !service.Moves(old, p) {
		return
	}
	for _, version := range []*pod.Pod{old, p} {
		if version == nil {
			continue
		}
		if group := e.services.groups[version.Namespace]; group != nil {
			for _, uid := range group.selectors.Matching(version.Labels) {
				e.services.dirty.add(uid)
			}
		}
	}
}

// observeEndpoints has the service looked at whose endpoints somebody wrote.
func (e *Engine) observeEndpoints(c *store.Change) {
	m := c.Object().Identity()
	if s, err := e.head().Services().Get(m.Namespace, m.Name); err == nil {
		e.services.dirty.add(s.UID)
	}
}

// stepServices brings the endpoints of each service that needs a look in line with its pods.
func (e *Engine) stepServices(now time.Time) {
	uids := e.services.dirty.take()
	if len(uids) == 0 {
		return
	}
	head := e.head() // reading past the transaction costs less, and no service changes what another reads
	e.must(func(tx *store.Tx) error {
		for _, uid := range uids {
			if err := e.stepService(tx, head, uid, now); err != nil {
				return err
			}
		}
		return nil
	})
}

// stepService looks at one service, which may have gone.
func (e *Engine) stepService(tx *store.Tx, head store.Reader, uid string, now time.Time) error {
	s, missing := head.Services().ByUID(uid)
	if missing != nil {
		_, _, err := e.stepBalancer(tx, uid, now)
		return err
	}
	s, trouble, err := e.completePortals(tx, s)
	if err != nil {
		return err
	}
	unreached, err := e.stepEndpoints(tx, head, s, now)
	if err != nil {
		return err
	}
	unbalanced, failing, err := e.stepBalancer(tx, uid, now)
	if err != nil {
		return err
	}
	e.tellOfService(s, slices.Concat(trouble, unreached, failing))
	if s.Deleting() && unbalanced {
		return e.dropService(tx, s)
	}
	return nil
}

// stepEndpoints writes the endpoints of a service where they are not what they
// are to be, and returns what keeps its pods from being reached.
func (e *Engine) stepEndpoints(tx *store.Tx, head store.Reader, s *service.Service, now time.Time) ([]labels.Event, error) {
	if !s.Selects() {
		return nil, nil // whoever wrote them keeps them
	}
	r := service.Resolve(s, head.Pods().List(store.Filter{Namespace: s.Namespace, Selector: s.Selector()}))
	old, err := head.Endpoints().Get(s.Namespace, s.Name)
	if err != nil {
		if admissible(tx, r.Endpoints) != nil {
			return nil, nil // its namespace goes, and the service with it
		}
		return r.Events, e.insert(tx, r.Endpoints, now)
	}
	if old.SameSubsets(r.Endpoints) && maps.Equal(old.Labels, r.Endpoints.Labels) {
		return r.Events, nil
	}
	kept := old.Meta.Copy()
	kept.Labels = r.Endpoints.Labels
	if r.Endpoints.Meta = kept; !old.SameSubsets(r.Endpoints) {
		r.Endpoints.Generation++
	}
	return r.Events, tx.Update(r.Endpoints)
}

// tellOfService records what is wrong with a service, once as long as it stays the same.
func (e *Engine) tellOfService(s *service.Service, events []labels.Event) {
	said := ""
	for _, event := range events {
		said += event.Message + "\n"
	}
	if said == e.services.told[s.UID] {
		return
	}
	for _, event := range events {
		e.event(s, "services", "", event)
	}
	if e.services.told[s.UID] = said; said == "" {
		delete(e.services.told, s.UID)
	}
}

// withServices returns container c of p with the variables of services before its own.
func (e *Engine) withServices(p *pod.Pod, c pod.Container) pod.Container {
	group := e.services.groups[p.Namespace]
	if group == nil {
		return c
	}
	env := group.env
	if linked := p.Spec.EnableServiceLinks; !group.known || p.CreationTimestamp.Before(group.newest) || linked != nil {
		all := e.head().Services().List(store.Filter{Namespace: p.Namespace})
		env = service.Environment(p, all)
		group.newest = time.Time{}
		for _, s := range all {
			if s.CreationTimestamp.After(group.newest) {
				group.newest = s.CreationTimestamp
			}
		}
		if linked == nil && !p.CreationTimestamp.Before(group.newest) {
			group.env, group.known = env, true
		}
	}
	c.Env = slices.Concat(env, c.Env)
	return c
}

// dropService deletes a service, its endpoints, and what it has of the portals.
func (e *Engine) dropService(tx *store.Tx, s *service.Service) error {
	if err := tx.Delete(store.KindEndpoints, s.Namespace, s.Name); err != nil && !gone(err) {
		return err
	}
	e.portals.release(s)
	return keyOf(s).delete(tx)
}
