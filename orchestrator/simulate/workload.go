package simulate

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/pod"
)

// Workload is pods that come as time passes, each made by a client from one
// template: jobs, say. What they do is said by a Model or a script.
type Workload struct {
	// Name of the workload. Its pods are called after it: NAME-1, NAME-2, …. Required.
	Name string
	// Template that the pods are made from.
	Template pod.Template
	// Every is the time between two arrivals; the first pod comes after one.
	// Exponential makes a Poisson process. Nil: the pods come At.
	Every Distribution
	// At are the times of the arrivals, from now. Used if Every is nil.
	At []time.Duration
	// Count is how many pods come at most. Zero: no limit.
	Count int
	// For is how long pods come. Zero: without end.
	For time.Duration
}

// Offer has the pods of a workload come from now on. When they come follows from
// the seed of the cluster and the name of the workload. A pod that comes while
// the orchestrator is down comes again when it is back. It is an error if the
// workload has no name, or says neither Every nor At. What shows only when a pod
// comes Advance and Settle tell: a template that is not valid, a pod of that name that is
// there, pods without number at one time.
func (c *Cluster) Offer(w Workload) error {
	switch {
	case w.Name == "":
		return errors.New("offer workload: Name is empty")
	case w.Every == nil && len(w.At) == 0:
		return fmt.Errorf("offer workload %q: neither Every nor At is given", w.Name)
	case w.Every != nil && len(w.At) > 0:
		return fmt.Errorf("offer workload %q: both Every and At are given", w.Name)
	case w.Count < 0:
		return fmt.Errorf("offer workload %q: Count %d is negative", w.Name, w.Count)
	case w.For < 0:
		return fmt.Errorf("offer workload %q: For %s is negative", w.Name, w.For)
	}
	w.At = slices.Sorted(slices.Values(w.At))
	o := &offer{Workload: w, from: c.now, last: c.now, rng: rand.New(rand.NewPCG(c.cfg.Orchestrator.Seed, hashOf(w.Name)))}
	c.expect(o)
	return nil
}

// offer is a workload that is under way.
type offer struct {
	Workload
	rng        *rand.Rand
	from, last time.Time // when it began, and when the last of its pods came
	came       int
	atOnce     int // how many of them came at that time
}

// arrival is a pod of a workload that comes.
type arrival struct {
	of    *offer
	n     int
	write *orchestrator.Write
	late  bool // it came while nobody was there
	again bool // the client has tried before, and does not know what came of it
}

// expect puts the next pod of a workload on the agenda, if there is one.
func (c *Cluster) expect(o *offer) {
	if o.Count > 0 && o.came == o.Count {
		return
	}
	at := o.last
	switch {
	case o.Every != nil:
		at = at.Add(max(0, o.Every.Draw(o.rng)))
	case o.came < len(o.At):
		at = o.from.Add(max(0, o.At[o.came]))
	default:
		return
	}
	if o.For > 0 && at.After(o.from.Add(o.For)) {
		return
	}
	if o.atOnce++; at.After(o.last) {
		o.atOnce = 1
	}
	if o.Every != nil && o.Count == 0 && o.atOnce > restless {
		c.err = cmp.Or(c.err, fmt.Errorf("workload %q: Every is %s: %d pods come at one time, and there is no Count", o.Name, o.Every, restless))
		return
	}
	o.came++
	o.last = at
	c.agenda.add(entry{at: at, arrival: &arrival{of: o, n: o.came}})
}

// arrive has a client create the pod that comes, and expects the next one.
func (c *Cluster) arrive(a *arrival) {
	if !a.late && !a.again {
		c.expect(a.of)
	}
	if c.host.dead {
		a.late = true
		c.comeAgain(a)
		return
	}
	t := &a.of.Template
	p := &pod.Pod{Meta: labels.Meta{
		Namespace: t.Namespace, Name: fmt.Sprintf("%s-%d", a.of.Name, a.n), Labels: t.Labels, Annotations: t.Annotations,
	}, Spec: t.Spec}
	a.write = &orchestrator.Write{Operations: []orchestrator.Operation{{Verb: orchestrator.Create, Object: p}}}
	c.inputs = append(c.inputs, a.write)
	c.arriving = append(c.arriving, a)
}

// comeAgain has the client of a pod try once more, when there is somebody again.
func (c *Cluster) comeAgain(a *arrival) {
	c.agenda.add(entry{at: c.host.back.Add(time.Second), arrival: a})
}

// answered takes in what became of the pods that came with this step.
func (c *Cluster) answered() {
	for _, a := range c.arriving {
		// One whose first answer was lost may be there.
		if err := a.write.Err; err != nil && !(a.again && errors.Is(err, orchestrator.ErrExists)) && c.err == nil {
			c.err = fmt.Errorf("workload %q: %w", a.of.Name, err)
		}
	}
	c.arriving = c.arriving[:0]
}
