package orchestrator

import (
	"cmp"
	"fmt"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/service"
)

// What services get where the Config says nothing else.
const (
	// DefaultServiceCIDR is in the upper half of the addresses that every
	// machine has for itself; package process takes those of pods from the lower one.
	DefaultServiceCIDR = "127.240.0.0/12"
	// DefaultNodePortRange is that of Kubernetes.
	DefaultNodePortRange = "30000-32767"
)

// portals are the addresses and node ports of services, and what the transaction
// under way has done to them, which is undone if it fails.
type portals struct {
	*service.Allocator
	undo []func()
}

// serviceRanges returns the ranges of the config.
func (c Config) serviceRanges() (r service.Ranges, err error) {
	if r.CIDR, err = service.ParseCIDR(cmp.Or(c.ServiceCIDR, DefaultServiceCIDR)); err != nil {
		return r, fmt.Errorf("config field ServiceCIDR: %w", err)
	}
	if r.Ports, err = service.ParsePortRange(cmp.Or(c.NodePortRange, DefaultNodePortRange)); err != nil {
		return r, fmt.Errorf("config field NodePortRange: %w", err)
	}
	return r, nil
}

// settle ends a transaction.
func (x *portals) settle(committed bool) {
	for i := len(x.undo) - 1; i >= 0 && !committed; i-- {
		x.undo[i]()
	}
	x.undo = nil
}

// assign gives a service that is about to be stored what it needs; old is what it
// was, or nil.
func (x *portals) assign(s, old *service.Service) error {
	if err := x.Assign(s, old); err != nil {
		return invalid(err)
	}
	x.undo = append(x.undo, func() {
		x.Release(s)
		if old != nil {
			x.retain(old)
		}
	})
	return nil
}

// release takes back what a service has that is about to go.
func (x *portals) release(s *service.Service) {
	x.Release(s)
	x.undo = append(x.undo, func() { x.retain(s) })
}

// retain is Hold of what s had a moment ago, which may be out of range and is nobody else's.
func (x *portals) retain(s *service.Service) { _ = x.Hold(s) }

// holdPortals takes in a service that a journal kept.
func (e *Engine) holdPortals(s *service.Service) {
	if err := e.portals.Hold(s); err != nil {
		e.event(s, "services", "", warning("PortalUnfit", "%v: delete the service and create it anew", err))
	}
}

// completePortals gives a stored service what it has not got yet: one that was
// stored before there were portals. It returns the service as it is then, and why not.
func (e *Engine) completePortals(tx *store.Tx, s *service.Service) (*service.Service, []labels.Event, error) {
	if s.Complete() {
		return s, nil, nil
	}
	full := s.Copy()
	full.Default()
	if err := e.portals.assign(full, s); err != nil {
		return s, []labels.Event{warning("NoPortal", "%v", err)}, nil
	}
	return full, nil, tx.Update(full)
}
