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
	dirty     queue[string]                    // uids
	selectors map[string]*labels.Index[string] // by namespace; of the services that select, by uid
	told      map[string]string                // by uid: what was said last of its endpoints
}

// observeService keeps the index of selectors.
func (e *Engine) observeService(old, s *service.Service) {
	e.observeBalanced(old, s)
	x := &e.services
	if s == nil {
		if index := x.selectors[old.Namespace]; index != nil {
			if index.Delete(old.UID); index.Len() == 0 {
				delete(x.selectors, old.Namespace)
			}
		}
		delete(x.told, old.UID)
		return
	}
	if x.selectors == nil {
		x.selectors, x.told = make(map[string]*labels.Index[string]), make(map[string]string)
	}
	index := x.selectors[s.Namespace]
	if index == nil {
		index = new(labels.Index[string])
		x.selectors[s.Namespace] = index
	}
	if s.Selects() {
		index.Put(s.UID, s.Selector())
	} else {
		index.Delete(s.UID)
	}
	x.dirty.add(s.UID)
}

// observeMembership tells the services whose pod one was or is, if it matters to them.
func (e *Engine) observeMembership(old, p *pod.Pod) {
	if !service.Moves(old, p) {
		return
	}
	for _, version := range []*pod.Pod{old, p} {
		if version == nil {
			continue
		}
		if index := e.services.selectors[version.Namespace]; index != nil {
			for _, uid := range index.Matching(version.Labels) {
				e.services.dirty.add(uid)
			}
		}
	}
}

// observeEndpoints has the service looked at whose endpoints somebody wrote.
func (e *Engine) observeEndpoints(c store.Change) {
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

// dropService deletes a service, its endpoints, and what it has of the portals.
func (e *Engine) dropService(tx *store.Tx, s *service.Service) error {
	if err := tx.Delete(store.KindEndpoints, s.Namespace, s.Name); err != nil && !gone(err) {
		return err
	}
	e.portals.release(s)
	return keyOf(s).delete(tx)
}
