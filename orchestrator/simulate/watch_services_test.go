package simulate_test

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/replication"
	"github.com/coracle-dev/coracle/service"
)

// drainWatch plays the changes of steps once more, to know at each of them how
// many pods of a controller are ready.
type drainWatch struct {
	revision uint64                     // of the last change it knows
	wanted   map[string]int             // replicas, by uid of the controller
	ready    map[string]map[string]bool // pods that live and are ready, by the same
}

// drained looks at the pods that had to go for a drain: a ready one only while
// fewer than the limit of its controller were down.
func (w *watch) drained(ready orchestrator.Ready, now time.Time) {
	d := &w.drains
	known := len(ready.Changes) == 0 || d.wanted != nil && ready.Changes[0].Revision == d.revision+1
	if !known { // somebody died in between
		d.recount(w.c.View())
		return
	}
	evicted := make(map[string]bool)
	for _, e := range ready.Events {
		if e.Reason == "Evicted" {
			evicted[e.InvolvedObject.UID] = true
		}
	}
	for _, c := range ready.Changes {
		d.revision = c.Revision
		if rc, ok := c.Object().(*replication.Controller); ok {
			d.wanted[rc.UID] = *rc.Spec.Replicas
			continue
		}
		old, _ := c.Old.(*pod.Pod)
		p, _ := c.New.(*pod.Pod)
		if p != nil && old != nil && p.Deleting() && !old.Deleting() && evicted[p.UID] {
			owner, _ := old.Controller()
			if down := d.wanted[owner.UID] - len(d.ready[owner.UID]); d.ready[owner.UID][p.UID] && down >= mixedLimit {
				w.fail(now, "pod %s had to go for a drain while %d of its controller were down", p.Name, down)
			}
		}
		d.count(old, false)
		d.count(p, true)
	}
}

// recount begins with what is there.
func (d *drainWatch) recount(view store.Reader) {
	*d = drainWatch{revision: view.Revision(), wanted: make(map[string]int), ready: make(map[string]map[string]bool)}
	for rc := range view.Controllers().All(store.Filter{}) {
		d.wanted[rc.UID] = *rc.Spec.Replicas
	}
	for p := range view.Pods().All(store.Filter{}) {
		d.count(p, true)
	}
}

// count takes in a version of a pod that comes, or goes; nil: there is none.
func (d *drainWatch) count(p *pod.Pod, comes bool) {
	if p == nil {
		return
	}
	owner, owned := p.Controller()
	switch {
	case !owned || !replication.Live(p) || !p.Status.Is(pod.Ready):
	case !comes:
		delete(d.ready[owner.UID], p.UID)
	case d.ready[owner.UID] == nil:
		d.ready[owner.UID] = map[string]bool{p.UID: true}
	default:
		d.ready[owner.UID][p.UID] = true
	}
}

// changed reports whether any object of these kinds was.
func changed(ready orchestrator.Ready, kinds ...store.Kind) bool {
	return slices.ContainsFunc(ready.Changes, func(c store.Change) bool { return slices.Contains(kinds, c.Kind) })
}

// served looks at services: no two have an address or a node port in common, none
// gets another while it lives, and traffic goes to those pods that are ready.
func (w *watch) served(ready orchestrator.Ready, now time.Time) {
	if !changed(ready, store.KindService, store.KindEndpoints, store.KindPod) {
		return
	}
	owners := make(map[string]string)
	for s := range w.c.View().Services().All(store.Filter{}) {
		has := []string{s.Spec.ClusterIP}
		if s.Spec.Type == service.NodePort {
			has = append(has, fmt.Sprint(s.Spec.Ports[0].NodePort))
		}
		for _, what := range has {
			if other := owners[what]; other != "" || what == "" || what == "0" {
				w.fail(now, "service %s has %q, and so has %q", s.Name, what, other)
			}
			owners[what] = s.Name
		}
		text := fmt.Sprint(has)
		if was := w.portals[s.UID]; was != "" && was != text {
			w.fail(now, "service %s had %s and has %s", s.Name, was, text)
		}
		w.portals[s.UID] = text
		w.led(s, now)
	}
}

// led looks at the endpoints of a service.
func (w *watch) led(s *service.Service, now time.Time) {
	want, have := make(map[string]bool), make(map[string]bool)
	for p := range w.c.View().Pods().All(store.Filter{Selector: s.Selector()}) {
		if p.Status.Is(pod.Ready) && p.Status.PodIP != "" && !p.Deleting() && !p.Status.Phase.Terminal() {
			want[p.Name+" "+p.Status.PodIP] = true
		}
	}
	if e, err := w.c.View().Endpoints().Get("default", s.Name); err == nil {
		for _, set := range e.Subsets {
			for _, a := range set.Addresses {
				have[a.TargetRef.Name+" "+a.IP] = true
			}
		}
	}
	if !maps.Equal(want, have) {
		w.fail(now, "service %s leads to %v, and should to %v", s.Name, slices.Sorted(maps.Keys(have)), slices.Sorted(maps.Keys(want)))
	}
}

// shared looks at the devices of nodes: each pod that wants a share of one has it,
// and no more have than there is room for.
func (w *watch) shared(ready orchestrator.Ready, now time.Time) {
	for _, c := range ready.Changes {
		p, ok := c.New.(*pod.Pod)
		if !ok || p.Spec.NodeName == "" || len(p.Status.Devices) == 0 {
			continue
		}
		shares := make(map[int]int)
		for p := range w.c.View().Pods().All(store.Filter{Node: p.Spec.NodeName}) {
			if _, wants := p.Requests()[mixedGPU]; !wants || p.Status.Phase.Terminal() {
				continue
			}
			if len(p.Status.Devices) != 1 || len(p.Status.Devices[0].Indexes) != 1 {
				w.fail(now, "pod %s has the devices %v, and wants a share of one", p.Name, p.Status.Devices)
				return
			}
			at := p.Status.Devices[0].Indexes[0]
			if shares[at]++; shares[at] > 3 || at < 0 || at > 1 {
				w.fail(now, "device %d of node %s is shared by %d pods, each of which wants 0.3", at, p.Spec.NodeName, shares[at])
			}
		}
	}
}
